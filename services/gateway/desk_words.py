"""The Chinese words of the officers' pages, and of the parts of a case. Tables, and the texts made from them."""

from services.gateway import words
from services.gateway.words import Word
from yiwang.case.v1 import exchange_pb2 as exchange
from yiwang.case.v1 import service_pb2 as cases
from yiwang.case.v1 import supervision_pb2 as supervision

DECISION = {
    cases.DECISION_KIND_ORDINARY: "审查后决定",
    cases.DECISION_KIND_AUTOMATIC: "秒批：按规则自动决定",
    cases.DECISION_KIND_COMMITMENT: "告知承诺：准予后核查",
    cases.DECISION_KIND_DEFERRED: "容缺：材料待补",
    cases.DECISION_KIND_ON_SITE: "现勘现审：当日决定",
    cases.DECISION_KIND_DEEMED: "逾期未决定，视为准予延续",
    cases.DECISION_KIND_PUSHED: "部门系统作出",
}
DELIVERY = {
    cases.DELIVERY_WAY_PICK_UP: "窗口领取",
    cases.DELIVERY_WAY_EXPRESS: "快递送达",
    cases.DELIVERY_WAY_ELECTRONIC: "电子送达",
}
PARCEL = {
    "ORDERED": "已下单",
    "COLLECTED": "已揽收",
    "IN_TRANSIT": "运送中",
    "DELIVERED": "已签收",
    "RETURNED": "已退回",
}
PROMISE = {"KEPT": Word("与承诺一致", "good"), "BROKEN": Word("与承诺不符", "bad")}
AUTOMATIC = {"TRUE": "符合秒批规则", "FALSE": "不符合秒批规则，转人工", "UNKNOWN": "事实不全，转人工"}

FINDING = {
    supervision.FINDING_STATUS_OPEN: Word("待答复", "warn"),
    supervision.FINDING_STATUS_ANSWERED: Word("已答复", "go"),
    supervision.FINDING_STATUS_CLOSED: Word("已办结", "done"),
}
# As an address has them.
FINDINGS = {
    "open": supervision.FINDING_STATUS_OPEN,
    "answered": supervision.FINDING_STATUS_ANSWERED,
    "closed": supervision.FINDING_STATUS_CLOSED,
}
WARNING = {
    supervision.WARNING_KIND_NOTICE: Word("预警", "quiet"),
    supervision.WARNING_KIND_YELLOW: Word("黄牌", "warn"),
    supervision.WARNING_KIND_RED: Word("红牌", "bad"),
}

# The figures of a board, in their order.
FIGURES = (
    ("received_today", "今日收件"),
    ("closed_today", "今日办结"),
    ("open", "在办"),
    ("yellow", "临近期限"),
    ("red", "已超期"),
    ("findings", "待答复监察事项"),
)

REPORTED = {
    exchange.REPORTED_STATUS_APPLIED: Word("已申请", "wait"),
    exchange.REPORTED_STATUS_CORRECTION: Word("待补正", "warn"),
    exchange.REPORTED_STATUS_ACCEPTED: Word("已受理", "go"),
    exchange.REPORTED_STATUS_SUSPENDED: Word("特别程序中", "warn"),
    exchange.REPORTED_STATUS_CLOSED: Word("已办结", "done"),
    exchange.REPORTED_STATUS_INCOMPLETE: Word("数据不全", "bad"),
}
RESULT = {
    "GRANTED": "准予",
    "DENIED": "不予许可",
    "RETURNED": "退件",
    "VOIDED": "作废",
    "TRANSFERRED": "转报",
    "LAPSED": "逾期终止",
    "OTHER": "其他",
}

# What the officers' forms call their fields.
FIELD = words.FIELD | {
    "reason": "理由",
    "number": "特别程序",
    "kind": "种类",
    "expected_until": "预计结束日期",
    "hearing": "听证安排",
    "outcome": "结果",
    "days": "工作日数",
    "department": "部门",
    "question": "征求意见的内容",
    "agrees": "意见",
    "text": "内容",
    "passed": "勘验结论",
    "findings": "勘验情况",
    "at": "时间",
    "place": "地点",
    "signature": "签名",
    "evidence": "现场照片或记录",
    "fees": "金额",
    "receipt_number": "缴款单号",
    "tracking_number": "快递单号",
    "taker": "代领人",
    "to_department": "决定机关代码",
    "to_department_name": "决定机关名称",
    "not_needed": "原因",
    "material": "证照对应的材料",
    "holds": "核验结果",
    "note": "核验说明",
    "kept": "核查结果",
    "finding": "核查情况",
    "receipt_digest": "材料摘要",
    "id_number": "公民身份号码",
    "window_id": "窗口",
    "county": "县区",
    "status": "状态",
    "slots": "时段",
    "start": "开始时间",
    "end": "结束时间",
    "capacity": "可约件数",
}

DONE = {
    "bulk-none": "没有选择办件，未作任何办理。",
    "case-pre-passed": "预审已通过，申请人可以正式递交。",
    "case-pre-rejected": "预审未通过，申请人可以修改后再报。",
    "case-not-accepted": "已告知申请人不属于受理范围。",
    "case-licence-checked": "证照核验结果已登记。",
    "case-special": "特别程序已启动，申请人将收到告知。",
    "case-special-ended": "特别程序已结束。",
    "case-extension-asked": "延长申请已提出，等待负责人批准。",
    "case-extended": "已批准延长，新的时限开始适用。",
    "case-extension-declined": "未批准延长，时限不变。",
    "case-opinion-asked": "已发出征求意见。",
    "case-opinion-given": "意见已反馈。",
    "case-rescheduled": "已取消原预约，申请人可以另选时间。",
    "case-signed": "勘验签字已登记。",
    "case-fees-set": "费用已核定。",
    "case-paid": "缴费已登记。",
    "case-dispatched": "结果已交寄。",
    "case-delivered": "送达已登记。",
    "case-withdrawal-confirmed": "已确认撤回，办件终止。",
    "case-sent-up": "已转报上级机关。",
    "case-voided": "办件已作废。",
    "case-verified": "核查结果已登记。",
    "case-decision-revoked": "决定已撤销。",
    "case-cancelled": "结果已注销。",
    "case-handed-over": "已登记移交。",
    "case-taken-over": "已接收移交，等待受理。",
    "case-received": "收件已登记，请打印收件凭证交申请人。",
    "finding-answered": "答复已提交。",
    "finding-returned": "已退回，要求重新答复。",
    "finding-closed": "该监察事项已办结。",
    "case-urged": "督办已发出，责任部门须按期答复。",
    "slots-opened": "时段已开放，申请人可以预约。",
    "block-lifted": "已解除限制。",
}


def money(fen: int) -> str:
    """An amount in yuan; zero is shown as zero: 0 元, 80 元, 80.50 元."""
    return f"{fen / 100:,.2f}".removesuffix(".00") + " 元"
