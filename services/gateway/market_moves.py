"""What owners, winners, operators and supervisors may do in the supermarket, as forms: one row per move, its inputs as data. Pages draw
what a service offers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.gateway import market_words
from services.gateway.acts import Act
from services.gateway.market_forms import Entry, act, read
from services.gateway.moves import Move, offered
from yiwang.intermediary.v1 import agencies_pb2 as agencies
from yiwang.intermediary.v1 import performance_pb2 as performance
from yiwang.intermediary.v1 import selection_pb2 as selection
from yiwang.intermediary.v1 import service_pb2 as pb


def _move(
    rpc: str, request: type[Any], title: str, done: str, inputs: Sequence[Entry] = (), hint: str = "", first: bool = False,
    danger: bool = False,
) -> Move:  # fmt: skip
    return Move(act(rpc, request, done, lambda form: read(inputs, form)), title, inputs, hint, first, danger)


def _open_objections(one: pb.Procurement) -> list[tuple[str, str]]:
    return [(found.id, f"{found.agency_name}：{found.text[:40]}") for found in one.objections if not found.decision]


def _milestones(status: str) -> Any:
    def options(one: pb.Procurement) -> list[tuple[str, str]]:
        return [(str(row.number), row.name) for row in one.performance.milestones if row.status == status]

    return options


def _grades(_one: pb.Procurement) -> list[tuple[str, str]]:
    return [("5", "非常满意"), ("4", "满意"), ("3", "基本满意"), ("2", "不满意"), ("1", "非常不满意")]


def _decisions(_one: pb.Procurement) -> list[tuple[str, str]]:
    return [
        ("DISMISSED", "异议不成立"),
        ("PASSED_OVER", "异议成立，取消中选资格，由下一名递补"),
        ("ANNULLED", "结果无效，终止采购"),
    ]


def _faults(_one: pb.Procurement) -> list[tuple[str, str]]:
    return [("agency", "中选机构"), ("owner", "业主"), ("neither", "双方均无")]


_REASON: Final = Entry("reason", "理由")
_PUBLIC_REASON: Final = Entry("reason", "理由", hint="会向社会公开，不写任何人的姓名、电话。")
_APPROVED: Final = Entry("approved", "审核结果", "yes", words=("通过", "退回"))
_FILES_HINT: Final = "PDF、JPG 或 PNG，每个不超过 5 MB，全部合计不超过 12 MB。"

# By the name of the RPC, as `moves` of a procurement tells them.
PROCUREMENT: Final[Mapping[str, Move]] = {
    "ReviewProcurement": _move(
        "procurements.ReviewProcurement", pb.ReviewProcurementRequest, "审核需求", "market-reviewed",
        (_APPROVED, Entry("reason", "退回理由", required=False, hint="退回时必填，业主据此修改。")),
        "通过后立即发布公告，开始报名。", True,
    ),
    "CommitNonce": _move(
        "selection.CommitNonce", selection.CommitNonceRequest, "提交随机数承诺", "market-committed",
        (Entry("commitment", "承诺值（随机数的 SHA-256）", "commit",
               hint="点击按钮，随机数在您的浏览器里产生，只提交它的承诺值。请务必下载保存随机数文件，公开时要用。"),),
        "报名截止以前提交，只能提交一次。", True,
    ),
    "RevealNonce": _move(
        "selection.RevealNonce", selection.RevealNonceRequest, "公开随机数", "market-revealed",
        (Entry("nonce", "随机数（64 位十六进制）", "reveal", hint="本浏览器保存过的会自动填入，也可以选择下载的文件。"),),
        "选取时间以前公开；逾期未公开的，按公告约定代替，不会重抽。", True,
    ),
    "RecordBeacon": _move(
        "selection.RecordBeacon", selection.RecordBeaconRequest, "录入公共随机数", "market-beacon",
        (Entry("value", "公共随机数", "text", hint="照来源公布的原文填写，任何人可以核对。", most=256),), first=True,
    ),
    "DrawEvaluators": _move(
        "selection.DrawEvaluators", selection.DrawEvaluatorsRequest, "抽取评审专家", "market-drawn",
        hint="从专家库中抽取，与业主或报名机构有利害关系的自动排除。", first=True,
    ),
    "DecideResultObjection": _move(
        "procurements.DecideResultObjection", pb.DecideResultObjectionRequest, "处理异议", "market-decided",
        (Entry("objection_id", "异议", "choice", options=_open_objections),
         Entry("decision", "处理结论", "choice", options=_decisions),
         Entry("reason", "理由", most=1000, hint="会向社会公开，不写任何人的姓名、电话。")), first=True,
    ),
    "PassOverWinner": _move(
        "procurements.PassOverWinner", pb.PassOverWinnerRequest, "取消中选资格", "market-passed-over", (_REASON,),
        "合同备案已逾期。取消后由下一名递补。", True,
    ),
    "FileContract": _move(
        "performance.FileContract", performance.FileContractRequest, "提交合同备案", "market-contract",
        (Entry("amount_fen", "合同金额（元）", "yuan", hint="竞价选取的，应与中选报价一致。"),
         Entry("signed_on", "签订日期", "day"),
         Entry("milestones", "履约节点", "milestones", hint="各节点比例之和为 100%。"),
         Entry("file_ids", "合同文件", "files", hint=_FILES_HINT)), first=True,
    ),
    "ConfirmContract": _move(
        "performance.ConfirmContract", performance.ConfirmContractRequest, "确认合同", "market-contracted",
        hint="确认后开始履约。", first=True,
    ),
    "ReturnContract": _move(
        "performance.ReturnContract", performance.ReturnContractRequest, "退回合同", "market-contract-returned", (_REASON,)
    ),
    "ReportMilestone": _move(
        "performance.ReportMilestone", performance.ReportMilestoneRequest, "报告节点完成", "market-milestone",
        (Entry("number", "节点", "chosen", options=_milestones("OPEN")), Entry("note", "说明", required=False)), first=True,
    ),
    "AnswerMilestone": _move(
        "performance.AnswerMilestone", performance.AnswerMilestoneRequest, "确认节点", "market-milestone",
        (Entry("number", "节点", "chosen", options=_milestones("REPORTED")),
         Entry("confirmed", "结果", "yes", words=("确认完成", "尚未完成")),
         Entry("reason", "理由", required=False, hint="尚未完成的，请写明原因。")), first=True,
    ),
    "Deliver": _move(
        "performance.Deliver", performance.DeliverRequest, "提交成果", "market-delivered",
        (Entry("file_ids", "成果文件", "files", hint=_FILES_HINT), Entry("note", "说明", required=False)), first=True,
    ),
    "ConfirmDeliverable": _move(
        "performance.ConfirmDeliverable", performance.ConfirmDeliverableRequest, "确认成果", "market-confirmed",
        hint="确认后进入双方互评；关联办件会收到成果和文件摘要。", first=True,
    ),
    "ReturnDeliverable": _move(
        "performance.ReturnDeliverable", performance.ReturnDeliverableRequest, "退回成果", "market-returned",
        (Entry("reason", "需要修改的内容", most=1000),),
    ),
    "RatePartner": _move(
        "performance.RatePartner", performance.RatePartnerRequest, "评价对方", "market-rated",
        (Entry("grade", "满意程度", "grade", options=_grades), Entry("text", "评价内容", required=False, most=1000)),
        "只能评价一次；双方都评价或者到期以后互相可见。", True,
    ),
    "AskBreakOff": _move(
        "performance.AskBreakOff", performance.AskBreakOffRequest, "申请提前终止合同", "market-break-off",
        (Entry("reason", "理由", most=1000),), "由监管部门决定是否终止，并认定责任方。", danger=True,
    ),
    "DecideBreakOff": _move(
        "performance.DecideBreakOff", performance.DecideBreakOffRequest, "处理提前终止", "market-decided",
        (Entry("ended", "是否终止", "yes", words=("终止", "不终止")),
         Entry("fault", "责任方", "choice", False, "终止时必选。", options=_faults), Entry("reason", "理由", most=1000)),
        first=True,
    ),
    "GiveUpAward": _move(
        "procurements.GiveUpAward", pb.GiveUpAwardRequest, "放弃中选", "market-gave-up", (_REASON,),
        "放弃中选扣减信用分，由下一名递补。", danger=True,
    ),
    "WithdrawProcurement": _move(
        "procurements.WithdrawProcurement", pb.WithdrawProcurementRequest, "撤回需求", "market-need-withdrawn",
        (_PUBLIC_REASON,), "名单冻结以后不能再撤回。", danger=True,
    ),
    "StopProcurement": _move(
        "procurements.StopProcurement", pb.StopProcurementRequest, "终止采购", "market-stopped", (_PUBLIC_REASON,), danger=True
    ),
}  # fmt: skip


def _unjudged(status: int) -> Any:
    def options(one: agencies.Agency) -> list[tuple[str, str]]:
        return [
            (row.id, f"{row.kind_name}{row.grade} {row.certificate_number}")
            for row in one.qualifications
            if row.status == status
        ]

    return options


def _agency_objections(one: agencies.Agency) -> list[tuple[str, str]]:
    return [(found.id, found.text[:40] or found.at) for found in one.objections if not found.decision]


_PENDING: Final = agencies.QUALIFICATION_STATUS_PENDING
_APPROVED_ONE: Final = agencies.QUALIFICATION_STATUS_APPROVED
# By the name of the RPC, as `moves` of an agency tells them; one RPC may have two forms.
AGENCY: Final[Mapping[str, Move]] = {
    "ReviewAgency": _move(
        "market_agencies.ReviewAgency", agencies.ReviewAgencyRequest, "审核入驻", "market-reviewed",
        (_APPROVED, Entry("reason", "退回理由", required=False, hint="退回时必填。")),
        "通过须至少有一项已核实且有效的资质；通过后进入公示。", True,
    ),
    "DecideAgencyObjection": _move(
        "market_agencies.DecideAgencyObjection", agencies.DecideAgencyObjectionRequest, "处理异议", "market-decided",
        (Entry("objection_id", "异议", "choice", options=_agency_objections),
         Entry("upheld", "结论", "yes", words=("异议成立，退回入驻", "异议不成立")), _REASON), first=True,
    ),
    "DecideBlacklistAppeal": _move(
        "market_agencies.DecideBlacklistAppeal", agencies.DecideBlacklistAppealRequest, "处理申诉", "market-decided",
        (Entry("overturned", "结论", "yes", words=("撤销列入", "维持列入")), _REASON), first=True,
    ),
    "ResumeAgency": _move(
        "market_agencies.ResumeAgency", agencies.ResumeAgencyRequest, "恢复", "market-resumed", first=True
    ),
    "SuspendAgency": _move(
        "market_agencies.SuspendAgency", agencies.SuspendAgencyRequest, "暂停参加选取", "market-suspended", (_REASON,)
    ),
    "BlacklistAgency": _move(
        "market_agencies.BlacklistAgency", agencies.BlacklistAgencyRequest, "列入黑名单", "market-blacklisted",
        (Entry("months", "期限（月）", "number", hint="1 到 60 个月，到期自动移出。"), _REASON),
        "原因向社会公开，机构可以申诉。", danger=True,
    ),
}  # fmt: skip


def _decided(form: Any) -> dict[str, Any]:
    """The review of a pending qualification: approved or refused."""
    approved = read((_APPROVED,), form)["approved"]
    told = read((Entry("qualification_id", "资质", "text"), _REASON), form)
    return told | {"decision": _APPROVED_ONE if approved else agencies.QUALIFICATION_STATUS_REFUSED}


def _revoked(form: Any) -> dict[str, Any]:
    """The revocation of an approved one."""
    told = read((Entry("qualification_id", "资质", "text"), _REASON, Entry("false_statement", "", "tick")), form)
    return told | {"decision": agencies.QUALIFICATION_STATUS_REVOKED}


_REVIEW: Final = ("market_agencies.ReviewQualification", agencies.ReviewQualificationRequest, "market-reviewed")
QUALIFICATIONS: Final = (
    Move(
        Act("qualification", *_REVIEW, _decided, market_words.FIELD), "核实资质",
        (Entry("qualification_id", "资质", "choice", options=_unjudged(_PENDING)), _APPROVED,
         Entry("reason", "不通过的理由", required=False)), first=True,
    ),
    Move(
        Act("revoke", *_REVIEW, _revoked, market_words.FIELD), "撤销资质",
        (Entry("qualification_id", "资质", "choice", options=_unjudged(_APPROVED_ONE)), _REASON,
         Entry("false_statement", "机构弄虚作假（扣减信用分）", "tick", False)), danger=True,
    ),
)  # fmt: skip
REVIEW_EVALUATOR: Final = _move(
    "selection.ReviewEvaluator", selection.ReviewEvaluatorRequest, "审核专家", "market-reviewed",
    (Entry("approved", "结果", "yes", words=("入库", "不通过或出库")), Entry("reason", "理由", required=False)), first=True,
)  # fmt: skip
REPLACE: Final = _move(
    "selection.ReplaceEvaluator", selection.ReplaceEvaluatorRequest, "更换评审专家", "market-replaced",
    (Entry("evaluator_id", "专家", "choice",
           options=lambda one: [(seat.evaluator_id, seat.name or seat.evaluator_id[:8]) for seat in one.seats if not seat.scored]),
     _REASON), "未按时评分或者有利害关系的，由顺序中的下一名接替。",
)  # fmt: skip


def of_agency(one: agencies.Agency) -> list[tuple[str, Move]]:
    """The same for an agency; a qualification is approved and revoked by forms of their own, where there is any for it."""
    found = offered(AGENCY, list(one.moves))
    if "ReviewQualification" in one.moves:
        fit = [(move.act.name, move) for move in QUALIFICATIONS if (move.inputs[0].options or (lambda _: ()))(one)]
        found = sorted([*fit, *found], key=lambda item: not item[1].first)
    return found
