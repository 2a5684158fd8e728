"""The Chinese words of the pages of ratings, tickets and results. Tables, and the texts made from them."""

from collections.abc import Mapping
from typing import Final

from services.gateway import words
from services.gateway.words import Word
from yiwang.rating.v1 import results_pb2 as results
from yiwang.rating.v1 import service_pb2 as rating
from yiwang.rating.v1 import tickets_pb2 as tickets

# Best first, as they stand on every page; each with the curve of the mouth its face has.
FACES: Final = (
    (rating.GRADE_VERY_SATISFIED, "M7.5 13.5c1 3.4 8 3.4 9 0z"),
    (rating.GRADE_SATISFIED, "M8 14c1.600 2.4 6.400 2.4 8 0"),
    (rating.GRADE_FAIRLY_SATISFIED, "M8 14.800c2 .8 6 .8 8 0"),
    (rating.GRADE_DISSATISFIED, "M8 16c1.600-2.2 6.400-2.2 8 0"),
    (rating.GRADE_VERY_DISSATISFIED, "M7.500 17c1-3.600 8-3.600 9 0z"),
)
GRADE: Final = {
    rating.GRADE_VERY_SATISFIED: Word("非常满意", "good"),
    rating.GRADE_SATISFIED: Word("满意", "good"),
    rating.GRADE_FAIRLY_SATISFIED: Word("基本满意", "go"),
    rating.GRADE_DISSATISFIED: Word("不满意", "warn"),
    rating.GRADE_VERY_DISSATISFIED: Word("非常不满意", "bad"),
}
NODE: Final = {
    rating.SERVICE_NODE_CONSULT: "咨询",
    rating.SERVICE_NODE_APPLY: "申报",
    rating.SERVICE_NODE_CORRECT: "补正",
    rating.SERVICE_NODE_PAY: "缴费",
    rating.SERVICE_NODE_CLOSE: "办结",
    rating.SERVICE_NODE_WINDOW: "窗口服务",
}
CHANNEL: Final = {
    rating.RATING_CHANNEL_PC: "电脑端",
    rating.RATING_CHANNEL_MOBILE: "移动端",
    rating.RATING_CHANNEL_QR: "二维码",
    rating.RATING_CHANNEL_TABLET: "大厅平板",
    rating.RATING_CHANNEL_TERMINAL: "大厅终端",
    rating.RATING_CHANNEL_PHONE: "电话",
    rating.RATING_CHANNEL_SMS: "短信",
}
STATUS: Final = {
    rating.RATING_STATUS_OPEN: Word("待评价", "wait"),
    rating.RATING_STATUS_RATED: Word("已评价", "done"),
    rating.RATING_STATUS_DEFAULTED: Word("默认评价", "quiet"),
}
LOOP: Final = {
    rating.LOOP_STATUS_RECEIVED: Word("待转办", "warn"),
    rating.LOOP_STATUS_ASSIGNED: Word("待核实", "wait"),
    rating.LOOP_STATUS_VERIFIED: Word("待复核", "warn"),
    rating.LOOP_STATUS_RECTIFYING: Word("整改中", "go"),
    rating.LOOP_STATUS_RECTIFIED: Word("待回访", "go"),
    rating.LOOP_STATUS_CALLED_BACK: Word("已回访", "go"),
    rating.LOOP_STATUS_PUBLISHED: Word("已公开", "good"),
    rating.LOOP_STATUS_CLOSED: Word("已办结", "done"),
    rating.LOOP_STATUS_APPEALED: Word("申诉中", "warn"),
    rating.LOOP_STATUS_REVIEWED: Word("已复核", "go"),
}
# The tabs of the desk, as an address has them.
LOOPS: Final[Mapping[str, int]] = {
    "received": rating.LOOP_STATUS_RECEIVED,
    "assigned": rating.LOOP_STATUS_ASSIGNED,
    "verified": rating.LOOP_STATUS_VERIFIED,
    "rectifying": rating.LOOP_STATUS_RECTIFYING,
    "rectified": rating.LOOP_STATUS_RECTIFIED,
    "called": rating.LOOP_STATUS_CALLED_BACK,
    "appealed": rating.LOOP_STATUS_APPEALED,
    "reviewed": rating.LOOP_STATUS_REVIEWED,
    "published": rating.LOOP_STATUS_PUBLISHED,
    "closed": rating.LOOP_STATUS_CLOSED,
}
# What the rater may expect next.
OUTLOOK: Final = {
    rating.LOOP_STATUS_RECEIVED: "监察部门已收到您的评价，将转给责任部门核实。",
    rating.LOOP_STATUS_ASSIGNED: "责任部门正在核实，被评价的工作人员不参与处理。",
    rating.LOOP_STATUS_VERIFIED: "责任部门已核实，监察部门正在复核核实结论。",
    rating.LOOP_STATUS_RECTIFYING: "情况属实，责任部门正在整改。",
    rating.LOOP_STATUS_RECTIFIED: "责任部门已整改，留有联系方式的将回访您。",
    rating.LOOP_STATUS_CALLED_BACK: "已回访，结果将向社会公开。",
    rating.LOOP_STATUS_PUBLISHED: "处理结果已公开，公开内容不含个人信息。",
    rating.LOOP_STATUS_CLOSED: "该评价已处理完毕。",
    rating.LOOP_STATUS_APPEALED: "申诉已收到，监察部门正在复核。",
    rating.LOOP_STATUS_REVIEWED: "监察部门已作出复核结论。",
}
VERDICT: Final = {
    rating.VERDICT_VALID: "属实",
    rating.VERDICT_MISTAKEN: "误评",
    rating.VERDICT_MALICIOUS: "恶意差评",
    rating.VERDICT_NOT_ATTRIBUTABLE: "非承办部门原因",
}
OUTCOME: Final = {
    rating.CALL_BACK_OUTCOME_SATISFIED: "满意",
    rating.CALL_BACK_OUTCOME_NOT_SATISFIED: "不满意",
    rating.CALL_BACK_OUTCOME_UNREACHED: "三次未接通",
}
FLAG: Final = {
    rating.FLAG_KIND_BURST: "短时间集中评价",
    rating.FLAG_KIND_SELF: "工作人员自评",
    rating.FLAG_KIND_COPIED: "内容雷同",
    rating.FLAG_KIND_CONTRADICTION: "等级与指标矛盾",
}
TICKET_KIND: Final = {
    tickets.TICKET_KIND_CONSULT: "咨询",
    tickets.TICKET_KIND_COMPLAINT: "投诉",
    tickets.TICKET_KIND_SUPERVISION: "码上监督",
    tickets.TICKET_KIND_STUCK: "办不成事",
    tickets.TICKET_KIND_SUGGESTION: "建议",
    tickets.TICKET_KIND_HOTLINE: "12345 热线",
}
# Those that are begun on the page of asking, as an address has them; what they are for.
ASKED: Final[Mapping[str, tuple[int, str]]] = {
    "consult": (tickets.TICKET_KIND_CONSULT, "政策、流程、材料有疑问"),
    "complaint": (tickets.TICKET_KIND_COMPLAINT, "对服务态度、效率、收费等不满"),
    "stuck": (tickets.TICKET_KIND_STUCK, "办件没有办成，请求协调解决"),
    "suggestion": (tickets.TICKET_KIND_SUGGESTION, "对服务有改进的想法"),
}
TICKET: Final = {
    tickets.TICKET_STATUS_RECEIVED: Word("待转办", "warn"),
    tickets.TICKET_STATUS_ASSIGNED: Word("待答复", "wait"),
    tickets.TICKET_STATUS_ANSWERED: Word("已答复", "good"),
    tickets.TICKET_STATUS_CLOSED: Word("已办结", "done"),
    tickets.TICKET_STATUS_WITHDRAWN: Word("已撤回", "quiet"),
}
TICKETS: Final[Mapping[str, int]] = {
    "received": tickets.TICKET_STATUS_RECEIVED,
    "assigned": tickets.TICKET_STATUS_ASSIGNED,
    "answered": tickets.TICKET_STATUS_ANSWERED,
    "closed": tickets.TICKET_STATUS_CLOSED,
}
EXTENSION: Final = {"asked": "已申请延期，待审批", "granted": "已批准延期", "declined": "未批准延期"}
BULLETIN: Final = {
    results.BULLETIN_KIND_DAILY: "日报",
    results.BULLETIN_KIND_WEEKLY: "周报",
    results.BULLETIN_KIND_MONTHLY: "月报",
}
BULLETINS: Final[Mapping[str, int]] = {
    "daily": results.BULLETIN_KIND_DAILY,
    "weekly": results.BULLETIN_KIND_WEEKLY,
    "monthly": results.BULLETIN_KIND_MONTHLY,
}
# What results are split by, as an address has it.
BY: Final[Mapping[str, tuple[int, str]]] = {
    "department": (results.BREAKDOWN_DEPARTMENT, "部门"),
    "item": (results.BREAKDOWN_ITEM, "事项"),
    "window": (results.BREAKDOWN_WINDOW, "窗口"),
    "channel": (results.BREAKDOWN_CHANNEL, "评价渠道"),
    "node": (results.BREAKDOWN_NODE, "服务环节"),
}
# Codes of window codes that hold no more, with what to do instead.
CODE: Final = {
    "CODE_FORGED": ("这不是本地窗口的评价码", "二维码可能被人替换过。请不要填写任何信息，并告诉大厅工作人员。"),
    "CODE_EXPIRED": ("评价码已过期", "请在窗口重新扫描屏幕上的二维码。"),
    "CODE_REVOKED": ("评价码已作废", "窗口已换用新的二维码，请扫描窗口现在张贴的二维码。"),
    "CODE_FOREIGN": ("这不是本地窗口的评价码", "它属于其他地方，请扫描您所在窗口的二维码。"),
    "CODE_USED": ("这个评价码已经用过", "一个二维码只能评价一次。您的第一次评价有效，无需重复提交。"),
}

FIELD: Final = words.FIELD | {
    "tags": "评价指标",
    "contact": "回访电话",
    "contact_name": "称呼",
    "file_ids": "图片或文件",
    "files": "图片或文件",
    "title": "标题",
    "text": "内容",
    "region": "行政区划代码",
    "case_number": "办件编号",
    "verdict": "核实结论",
    "finding": "核实情况",
    "measures": "整改措施",
    "days": "工作日数",
    "outcome": "回访结果",
    "note": "说明",
    "public_comment": "公开的评价内容",
    "public_reply": "公开的答复",
    "kind": "类别",
    "department": "部门",
    "satisfied": "是否满意",
    "call_number": "来电编号",
    "rules.assign_days": "转办",
    "rules.verify_days": "核实",
    "rules.review_days": "复核",
    "rules.rectify_days": "整改",
    "rules.call_back_days": "回访",
    "rules.publish_days": "公开",
    "rules.default_after_days": "默认评价",
    "rules.consult_days": "答复咨询",
    "rules.complaint_days": "答复投诉",
}

DONE: Final = {
    "rating-given": "感谢您的评价。",
    "rating-negative": "感谢您的评价。差评由监察部门督办，处理进展会显示在这里。",
    "rating-again": "追评已提交。",
    "rating-appealed": "申诉已提交，由监察部门复核。",
    "rating-reopened": "已要求再次整改。",
    "rating-assigned": "已转责任部门核实。",
    "rating-verified": "核实结论已登记。",
    "rating-reviewed": "复核结论已登记。",
    "rating-rectified": "整改情况已登记。",
    "rating-extended": "整改期限已延长。",
    "rating-called": "回访结果已登记。",
    "rating-contested": "申诉已提交，等待监察部门复核。",
    "rating-published": "处理结果已公开。",
    "rating-closed": "该差评已办结。",
    "flag-lifted": "已解除标记，该评价重新计入统计。",
    "rules-saved": "时限已保存，从下一步起适用。",
    "codes-revoked": "此前打印的评价码已全部作废，请打印并张贴新的。",
    "ticket-opened": "已提交。请记下编号和查询码，可随时查询进展。",
    "ticket-confirmed": "感谢您的反馈。",
    "ticket-withdrawn": "已撤回。",
    "ticket-assigned": "已转办。",
    "ticket-answered": "答复已提交。",
    "ticket-extension": "延期申请已提交，等待监察部门审批。",
    "ticket-decided": "延期审批结果已登记。",
    "ticket-closed": "已办结。",
    "ticket-call": "来电已关联。",
}


def percent(basis_points: int) -> str:
    """Hundredths of a percent as people read them: 98.76 %."""
    return f"{basis_points / 100:.2f}%"


def rate_text(rate: results.Rate) -> str:
    """A rate; a dash without a denominator."""
    return percent(rate.basis_points) if rate.denominator else "—"
