"""How the events of a case read in its timeline."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from yiwang.catalog.v1 import service_pb2 as catalog


class Line(NamedTuple):
    """How an event reads in the timeline: its title, the sealed text of its data, and whether the applicant reads that."""

    title: str
    text: str = ""
    for_applicant: bool = True


TIMELINE: Mapping[str, Line] = {
    "CaseSubmitted": Line("提交申请"),
    "DraftSubmitted": Line("由草稿提交"),
    "PreReviewPassed": Line("网上预审通过"),
    "PreReviewRejected": Line("网上预审未通过", "sealedReason"),
    "PreReviewRevised": Line("修改后再报预审"),
    "CaseHandedIn": Line("递交申请"),
    "MaterialsSent": Line("窗口移交审批部门"),
    "MaterialsTaken": Line("审批部门接收"),
    "CorrectionRequested": Line("一次性告知补正", "sealedNotice"),
    "CaseCorrected": Line("已补正材料"),
    "CorrectionLapsed": Line("逾期未补正，申请终止"),
    "CaseAccepted": Line("予以受理"),
    "CaseRefused": Line("不予受理", "sealedReason"),
    "CaseNotAccepted": Line("不属于受理范围", "sealedReason"),
    "AutomaticJudged": Line("系统自动审查"),
    "LicenceChecked": Line("人工核验证照", "sealedNote", for_applicant=False),
    "ReviewStepPassed": Line("通过审查环节", "sealedOpinion", for_applicant=False),
    "OpinionRequested": Line("征求部门意见", "sealedQuestion", for_applicant=False),
    "OpinionGiven": Line("部门意见已反馈", "sealedText", for_applicant=False),
    "SpecialProcedureStarted": Line("启动特别程序", "sealedNotice"),
    "SpecialProcedureEnded": Line("特别程序结束", "sealedOutcome"),
    "ExtensionProposed": Line("申请延长审批时限", "sealedReason", for_applicant=False),
    "LimitExtended": Line("审批时限延长", "sealedReason"),
    "ExtensionDeclined": Line("未批准延长审批时限", "sealedReason", for_applicant=False),
    "DeadlinesRecalculated": Line("按新公布的节假日安排重新计算时限"),
    "DueReached": Line("时限提醒"),
    "VisitBooked": Line("预约现场勘验"),
    "VisitCancelled": Line("取消现场勘验", "sealedReason"),
    "VisitSigned": Line("现场勘验签字", "sealedFindings", for_applicant=False),
    "DeferredSupplied": Line("补交容缺材料"),
    "CaseDecided": Line("作出决定", "sealedReason"),
    "ResultPushed": Line("部门系统作出决定", "sealedReason"),
    "FeesSet": Line("核定费用"),
    "PaymentOrdered": Line("发起缴费"),
    "PaymentReceived": Line("缴费完成"),
    "PaymentClosed": Line("缴费关闭"),
    "ResultIssued": Line("制作结果文书"),
    "DeliveryChosen": Line("选择送达方式"),
    "ResultDispatched": Line("结果寄出"),
    "ParcelMoved": Line("物流更新"),
    "ResultDelivered": Line("结果送达"),
    "CaseClosed": Line("办结"),
    "WithdrawalAsked": Line("申请人申请撤回", "sealedReason"),
    "CaseWithdrawn": Line("撤回申请", "sealedReason"),
    "CaseVoided": Line("作废", "sealedReason"),
    "CaseTransferred": Line("转报", "sealedReason"),
    "PromiseVerified": Line("告知承诺核查", "sealedFinding"),
    "DecisionRevoked": Line("撤销决定", "sealedReason"),
    "ResultCancelled": Line("注销结果", "sealedReason"),
    "CaseHandedOver": Line("办理人员变更"),
    "IntermediaryRequested": Line("申请中介服务"),
    "ProcurementNoted": Line("中介服务开始采购"),
    "DeliverableKept": Line("收到中介服务成果"),
    "ProcurementEndNoted": Line("中介服务采购终止"),
    "NoticeProofKept": Line("通知已送达"),
}
PROCEDURES: Mapping[str, str] = {
    "HEARING": "听证",
    "TENDER": "招标",
    "AUCTION": "拍卖",
    "INSPECTION": "检验",
    "TESTING": "检测",
    "QUARANTINE": "检疫",
    "APPRAISAL": "鉴定",
    "EXPERT_REVIEW": "专家评审",
    "PUBLICITY": "公示",
    "SITE_INSPECTION": "现场勘验",
    "OTHER": "其他",
}
CLOCKS: Mapping[str, str] = {
    "YELLOW": "承诺时限即将届满",
    "PROMISED": "超过承诺时限",
    "STATUTORY": "超过法定时限",
    "PROCEDURE": "特别程序超过告知期限",
    "OPINION": "部门意见逾期未反馈",
    "DELIVERY": "超过送达期限",
    "DEFERRED": "容缺材料逾期未补",
    "PROMISE": "承诺逾期未核查",
    "MEND": "承诺整改期限届满",
    "HAND_OVER": "窗口逾期未移交",
    "TAKE_OVER": "部门逾期未接收移交",
}
PARCELS: Mapping[str, str] = {
    "ORDERED": "已下单",
    "COLLECTED": "已揽收",
    "IN_TRANSIT": "运输中",
    "DELIVERED": "已签收",
    "RETURNED": "已退回",
}


# Why a procurement in the intermediary supermarket ends early.
REASONS: Mapping[str, str] = {
    "NOBODY_SIGNED_UP": "无机构报名",
    "TOO_FEW": "报名机构不足",
    "OWNER_WITHDREW": "业主撤回",
    "WINNERS_GAVE_UP": "中选机构均放弃",
    "STOPPED": "超市管理部门终止",
    "RESULT_ANNULLED": "中选结果被撤销",
    "BROKEN_OFF": "合同解除",
    "OWNER_ERASED": "业主账户已注销",
}


# What the law has told of a case, by the code of the template it is told with; and how it arrived.
NOTICES: Mapping[str, str] = {
    "case.correction": "补正告知",
    "case.accepted": "受理",
    "case.refused": "不予受理",
    "case.not_accepted": "不属于受理范围",
    "case.procedure": "特别程序",
    "case.extended": "延长办理时限",
    "case.decided": "决定",
    "case.delivered": "结果送达",
    "case.revoked": "撤销决定",
    "case.cancelled": "注销结果",
}
CHANNELS: Mapping[str, str] = {
    "CENTRE": "消息中心",
    "SMS": "短信",
    "EMAIL": "电子邮件",
    "PUSH": "小程序消息",
    "LETTER": "信函",
}


def _notice(data: Mapping[str, Any]) -> str:
    return f"{NOTICES.get(data['template'], '')}（{CHANNELS[data['channel']]}）"


def _procedure(data: Mapping[str, Any]) -> str:
    return procedure_words(catalog.ProcedureKind.Value(data.get("kind", "PROCEDURE_KIND_OTHER")))


def procedure_words(kind: int) -> str:
    """A kind of special procedure in Chinese."""
    return PROCEDURES[catalog.ProcedureKind.Name(kind).removeprefix("PROCEDURE_KIND_")]  # type: ignore[arg-type]


# What is said beside the title, of events that tell more.
_MORE: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "ReviewStepPassed": lambda data: str(data["step"]),
    "CaseDecided": lambda data: "准予" if data.get("granted") else "不予许可",
    "ResultPushed": lambda data: "准予" if data.get("granted") else "不予许可",
    "CaseAccepted": lambda data: "逾期未告知，视为受理" if data.get("deemed") else "",
    "SpecialProcedureStarted": _procedure,
    "OpinionRequested": lambda data: str(data.get("departmentName", "")),
    "LimitExtended": lambda data: f"{data.get('days', 0)}个工作日",
    "DueReached": lambda data: CLOCKS.get(data.get("clock", ""), ""),
    "ParcelMoved": lambda data: PARCELS.get(data.get("state", ""), ""),
    "PromiseVerified": lambda data: "符合承诺" if data.get("kept") else "不符合承诺",
    "CaseTransferred": lambda data: str(data.get("toDepartmentName", "")),
    "IntermediaryRequested": lambda data: str(data["service"]),
    "ProcurementNoted": lambda data: str(data["procurementNumber"]),
    "DeliverableKept": lambda data: str(data.get("agencyName", "")),
    "NoticeProofKept": _notice,
    "ProcurementEndNoted": lambda data: REASONS.get(data.get("reason", ""), ""),
}


def title(entry: Mapping[str, Any]) -> str:
    """What a journal entry says, in Chinese."""
    words = TIMELINE[entry["type"]].title
    more = _MORE[entry["type"]](entry["data"]) if entry["type"] in _MORE else ""
    return f"{words}：{more}" if more else words


def time_text(instant: datetime | None) -> str:
    """An instant as answers have it, RFC 3339 in UTC; empty for none."""
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z") if instant else ""
