"""The Chinese words of the pages of the intermediary supermarket. Tables, and the texts made from them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from services.gateway import words
from services.gateway.words import Word
from yiwang.intermediary.v1 import agencies_pb2 as agencies
from yiwang.intermediary.v1 import service_pb2 as pb

STATUS: Final = {
    pb.PROCUREMENT_STATUS_DRAFT: Word("待完善", "warn"),
    pb.PROCUREMENT_STATUS_SUBMITTED: Word("审核中", "wait"),
    pb.PROCUREMENT_STATUS_RETURNED: Word("已退回", "warn"),
    pb.PROCUREMENT_STATUS_OPEN: Word("报名中", "good"),
    pb.PROCUREMENT_STATUS_FROZEN: Word("选取中", "go"),
    pb.PROCUREMENT_STATUS_SELECTED: Word("中选公示", "go"),
    pb.PROCUREMENT_STATUS_OBJECTED: Word("异议处理中", "warn"),
    pb.PROCUREMENT_STATUS_AWARDED: Word("待签合同", "go"),
    pb.PROCUREMENT_STATUS_CONTRACTED: Word("服务中", "go"),
    pb.PROCUREMENT_STATUS_DELIVERED: Word("待确认成果", "wait"),
    pb.PROCUREMENT_STATUS_COMPLETED: Word("待评价", "wait"),
    pb.PROCUREMENT_STATUS_ARCHIVED: Word("已归档", "done"),
    pb.PROCUREMENT_STATUS_ENDED: Word("已终止", "quiet"),
}
# As an address has them: those everybody may see.
STATUSES: Final[Mapping[str, int]] = {
    "open": pb.PROCUREMENT_STATUS_OPEN,
    "frozen": pb.PROCUREMENT_STATUS_FROZEN,
    "selected": pb.PROCUREMENT_STATUS_SELECTED,
    "objected": pb.PROCUREMENT_STATUS_OBJECTED,
    "awarded": pb.PROCUREMENT_STATUS_AWARDED,
    "contracted": pb.PROCUREMENT_STATUS_CONTRACTED,
    "delivered": pb.PROCUREMENT_STATUS_DELIVERED,
    "completed": pb.PROCUREMENT_STATUS_COMPLETED,
    "archived": pb.PROCUREMENT_STATUS_ARCHIVED,
    "ended": pb.PROCUREMENT_STATUS_ENDED,
}
MODE: Final = {
    pb.MODE_DRAW: "随机抽取",
    pb.MODE_PRICE: "竞价选取",
    pb.MODE_CHOICE: "择优选取",
    pb.MODE_DIRECT: "直接选取",
}
MODES: Final[Mapping[str, int]] = {
    "draw": pb.MODE_DRAW,
    "price": pb.MODE_PRICE,
    "choice": pb.MODE_CHOICE,
    "direct": pb.MODE_DIRECT,
}
MODE_MEANS: Final[Mapping[str, str]] = {
    "draw": "符合条件的机构机会均等，由三方随机数决定，过程任何人可以复算",
    "price": "报名时提交密封报价，截止后公开，按公告的方法定出中选机构",
    "choice": "机构提交方案，三名以上评审专家独立评分",
    "direct": "预算在直接选取限额以内，写明依据后直接选定一家",
}
PRICE: Final = {
    pb.PRICE_METHOD_LOWEST: "最低价",
    pb.PRICE_METHOD_DISCOUNT: "下浮率",
    pb.PRICE_METHOD_AVERAGE: "平均价",
}
PRICES: Final[Mapping[str, tuple[int, str]]] = {
    "lowest": (pb.PRICE_METHOD_LOWEST, "报价最低者中选"),
    "discount": (pb.PRICE_METHOD_DISCOUNT, "下浮率最高者中选，报价填百分比"),
    "average": (pb.PRICE_METHOD_AVERAGE, "最接近有效报价平均价者中选"),
}
ENDING: Final = {
    "NOBODY_SIGNED_UP": "无人报名",
    "TOO_FEW": "有效报名不足",
    "OWNER_WITHDREW": "业主撤回",
    "WINNERS_GAVE_UP": "中选机构均放弃",
    "STOPPED": "监管终止",
    "RESULT_ANNULLED": "结果无效",
    "BROKEN_OFF": "合同提前终止",
    "OWNER_ERASED": "业主已注销",
}
PASSED: Final = {
    "GAVE_UP": "放弃中选",
    "PASSED_OVER": "逾期未签合同，取消中选资格",
    "OBJECTION_UPHELD": "异议成立，取消中选资格",
    "NOT_ELIGIBLE": "递补时已不符合条件",
}
OBJECTION: Final = {
    "": Word("待处理", "warn"),
    "DISMISSED": Word("不成立", "quiet"),
    "PASSED_OVER": Word("成立，取消中选资格", "bad"),
    "ANNULLED": Word("结果无效", "bad"),
    "UPHELD": Word("成立，退回入驻", "bad"),
}
PARTY: Final = {"platform": "平台", "owner": "业主", "supervisor": "监管部门"}
SIGNED_UP: Final = {"SIGNED_UP": Word("已报名", "good"), "WITHDRAWN": Word("已撤回", "quiet")}
CONTRACT: Final = {
    "filed": Word("待对方确认", "wait"),
    "returned": Word("已退回", "warn"),
    "confirmed": Word("已备案", "good"),
}
SIDE: Final = {"owner": "业主", "agency": "中选机构"}
MILESTONE: Final = {
    "OPEN": Word("未完成", "quiet"),
    "REPORTED": Word("待业主确认", "wait"),
    "CONFIRMED": Word("已确认", "good"),
}
STANDING: Final = {
    agencies.AGENCY_STANDING_SUBMITTED: Word("待审核", "wait"),
    agencies.AGENCY_STANDING_RETURNED: Word("已退回", "warn"),
    agencies.AGENCY_STANDING_NOTICED: Word("公示中", "go"),
    agencies.AGENCY_STANDING_ACTIVE: Word("正常", "good"),
    agencies.AGENCY_STANDING_SUSPENDED: Word("已暂停", "warn"),
    agencies.AGENCY_STANDING_BLACKLISTED: Word("黑名单", "bad"),
    agencies.AGENCY_STANDING_LEFT: Word("已退出", "quiet"),
}
# As an address has them.
STANDINGS: Final[Mapping[str, int]] = {
    "active": agencies.AGENCY_STANDING_ACTIVE,
    "noticed": agencies.AGENCY_STANDING_NOTICED,
    "suspended": agencies.AGENCY_STANDING_SUSPENDED,
    "blacklisted": agencies.AGENCY_STANDING_BLACKLISTED,
}
SUSPENDED_FOR: Final = {"NO_VALID_QUALIFICATION": "没有有效资质", "SUPERVISOR": "监管部门暂停"}
QUALIFICATION: Final = {
    agencies.QUALIFICATION_STATUS_PENDING: Word("待核实", "wait"),
    agencies.QUALIFICATION_STATUS_APPROVED: Word("已核实", "good"),
    agencies.QUALIFICATION_STATUS_REFUSED: Word("未通过", "bad"),
    agencies.QUALIFICATION_STATUS_REVOKED: Word("已撤销", "bad"),
}
APPEAL: Final = {
    "asked": Word("申诉处理中", "warn"),
    "overturned": Word("已撤销列入", "good"),
    "kept": Word("维持列入", "bad"),
}
EVALUATOR: Final = {
    "APPLIED": Word("待审核", "wait"),
    "IN": Word("在库", "good"),
    "REFUSED": Word("未通过", "bad"),
    "OUT": Word("已出库", "quiet"),
}
LEFT_OUT: Final = {
    "EMPLOYED": "受聘于有关单位",
    "PART_OF": "在有关单位任职",
    "TIED": "与有关单位有利害关系",
    "RECUSED": "自行回避",
    "REPLACED": "已更换",
}
PATTERN: Final = {
    "SHARE": "集中度高",
    "DIRECT": "多次直接选取",
    "ALONE": "多次仅一家参与",
    "RUNNERS_UP": "陪同落选者相同",
}
# The rules of a county in words: name of the field, what it says with its number, unit.
RULES: Final = (
    ("agency_notice_days", "机构入驻公示", "个工作日"),
    ("signup_days", "公告报名时间至少", "个工作日"),
    ("reveal_minutes", "报名截止到选取至少间隔", "分钟"),
    ("result_notice_days", "中选结果公示", "个工作日"),
    ("contract_days", "中选后签订并备案合同", "个工作日内"),
    ("rating_days", "双方互评", "个工作日内"),
    ("appeal_days", "对列入黑名单申诉", "个工作日内"),
    ("candidates_least", "抽取、竞价至少有效报名", "家"),
    ("proposals_least", "择优至少有效方案", "份"),
    ("rotation", "轮空：业主同类服务最近中选机构", "次"),
    ("credit_line", "信用警戒线", "分"),
)

FIELD: Final = words.FIELD | {
    "title": "项目名称",
    "description": "服务内容",
    "service": "中介服务",
    "item_code": "事项编码",
    "budget_fen": "预算",
    "mode": "选取方式",
    "signup_end": "报名截止时间",
    "selection_at": "选取时间",
    "bid_commitment": "密封承诺",
    "proposal": "方案文件",
    "value": "报价",
    "nonce": "随机数",
    "commitment": "承诺值",
    "uscc": "统一社会信用代码",
    "name": "名称",
    "owner_name": "业主名称",
    "owner_uscc": "业主统一社会信用代码",
    "contact": "联系方式",
    "text": "内容",
    "amount_fen": "合同金额",
    "file_ids": "文件",
    "files": "文件",
    "scores": "评分",
    "milestones": "履约节点",
    "number": "节点",
    "region": "行政区划",
    "months": "期限",
}

DONE: Final = {
    "market-submitted": "需求已提交，等待审核。",
    "market-need-withdrawn": "需求已撤回。",
    "market-signed-up": "报名成功。",
    "market-signup-withdrawn": "报名已撤回。",
    "market-bid-opened": "报价已公开，不能再更改。",
    "market-committed": "承诺已提交。名单冻结以后、选取时间以前，请回来公开随机数。",
    "market-revealed": "随机数已公开。",
    "market-beacon": "公共随机数已录入。",
    "market-objected": "异议已提交，由监管部门处理。",
    "market-decided": "处理结果已登记。",
    "market-gave-up": "已放弃中选。",
    "market-passed-over": "已取消中选资格，由下一名递补。",
    "market-contract": "合同已提交，等待对方确认。",
    "market-contracted": "合同已确认，服务开始。",
    "market-contract-returned": "合同已退回对方修改。",
    "market-milestone": "节点已登记。",
    "market-delivered": "成果已提交，等待业主确认。",
    "market-confirmed": "成果已确认。",
    "market-returned": "已退回。",
    "market-rated": "评价已提交，双方都评价后公开给对方。",
    "market-break-off": "已向监管部门申请提前终止。",
    "market-reviewed": "审核结果已登记。",
    "market-stopped": "采购已终止。",
    "market-entered": "入驻申请已提交，等待审核。",
    "market-changed": "机构信息已变更。",
    "market-qualification": "资质已提交，等待核实。",
    "market-left": "已退出中介超市。",
    "market-appealed": "申诉已提交。",
    "market-suspended": "机构已暂停参加选取。",
    "market-resumed": "机构已恢复。",
    "market-blacklisted": "机构已列入黑名单。",
    "market-applied": "申请已提交，审核通过后进入专家库。",
    "market-scored": "评分已提交，不能再更改。",
    "market-recused": "已登记回避，由下一名专家递补。",
    "market-drawn": "评审专家已抽取。",
    "market-replaced": "评审专家已更换。",
    "market-rules": "规则已保存，正在进行的采购按原规则执行。",
}


def percent(basis_points: int) -> str:
    """Hundredths of a percent as people read them: 12.5%."""
    return f"{basis_points / 100:.2f}".rstrip("0").rstrip(".") + "%"


def yuan(fen: int) -> str:
    """An amount: 12,000 元, 80.50 元."""
    return f"{fen / 100:,.2f}".removesuffix(".00") + " 元"


def typed(hundredths: int) -> str:
    """Fen as an input has yuan, basis points as it has percent; empty for nothing."""
    return f"{hundredths / 100:.2f}".removesuffix(".00") if hundredths else ""


def budget(need: pb.Need) -> str:
    """The budget of a need; none means that it is not estimated."""
    return yuan(need.budget_fen) if need.budget_fen else "暂不评估"


def exact(at: str) -> str:
    """An instant of a draw to the second, in China: 2026年3月5日 14:07:09; empty for none."""
    try:
        moment = datetime.fromisoformat(at).astimezone(words.SHANGHAI)
    except ValueError:
        return ""
    return f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M:%S}"


def bid(need: pb.Need, value: int) -> str:
    """What a winner or a bidder offered, as the mode has it; empty in a draw."""
    if need.mode == pb.MODE_PRICE:
        return f"下浮 {percent(value)}" if need.price_method == pb.PRICE_METHOD_DISCOUNT else yuan(value)
    return f"{value / 100:.2f} 分" if need.mode == pb.MODE_CHOICE else ""


def bounds(need: pb.Need) -> str:
    """Between what a bid must be, in words; empty without bounds."""
    parts = [(need.bid_least, "不低于"), (need.bid_most, "不高于")]
    discount = need.price_method == pb.PRICE_METHOD_DISCOUNT
    return "，".join(said + (percent(value) if discount else yuan(value)) for value, said in parts if value)


def grade(one: pb.QualificationNeed, kinds: Mapping[str, str]) -> str:
    """A qualification that is asked for."""
    return kinds.get(one.kind, one.kind) + (f"（{one.grade}及以上）" if one.grade else "")
