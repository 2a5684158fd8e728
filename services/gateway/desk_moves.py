"""What officers may do with a case, as forms: one row per move, its inputs as data. The page draws whatever the case offers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from google.protobuf.message import Message

from services.gateway.catalog_terms import PROCEDURE
from services.gateway.desk_inputs import OF_THE_CASE, Input
from services.gateway.words import limit_text
from yiwang.case.v1 import fulfilment_pb2, intake_pb2, procedures_pb2, promises_pb2
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog


@dataclass(frozen=True)
class Move:
    """A move: the stub and the request behind it, its form, and what is said when it is done."""

    rpc: str
    stub: str
    request: Callable[..., Message]
    title: str
    done: str
    inputs: Sequence[Input] = ()
    hint: str = ""
    tone: str = "plain"
    # Shown open, not folded: what the officer comes for.
    first: bool = False
    # Where the button says it otherwise.
    button: str = ""


def _reason(label: str, hint: str = "申请人会看到这段文字。") -> Input:
    return Input("reason", label, hint=hint)


def _procedures(case: cases.Case, _item: catalog.ItemDefinition) -> list[tuple[str, str]]:
    return [(str(one.number), one.title) for one in case.procedures if not one.ended_at]


def _kinds(_case: cases.Case, item: catalog.ItemDefinition) -> list[tuple[str, str]]:
    """Those the item lists, with what they are called there and how long they may take; all there are where it is not at hand."""
    listed = [(str(one.kind), _listed(one)) for one in item.special_procedures if one.kind in PROCEDURE]
    return listed or [(str(value), title) for value, title in PROCEDURE.items()]


def _listed(one: catalog.SpecialProcedure) -> str:
    cap = limit_text(one.cap)
    more = "，".join(part for part in (one.name, f"不超过{cap}" if cap else "") if part)
    return f"{PROCEDURE[one.kind]}（{more}）" if more else PROCEDURE[one.kind]


def _manual(case: cases.Case, _item: catalog.ItemDefinition) -> list[tuple[str, str]]:
    names = {one.key: one.name for one in case.materials}
    open_ = [one.material for one in case.stood_for if one.manual and not one.settled]
    return [(key, names.get(key, key)) for key in open_]


DEPARTMENT = Input("department", "部门", "department")
MOVES: Final[Mapping[str, Move]] = {
    "take-over": Move(
        "TakeOverCase", "intake", intake_pb2.TakeOverCaseRequest, "接收移交", "case-taken-over",
        [Input("receipt_digest", "材料摘要", "digest", hint="与收件凭证上的摘要核对。")], first=True,
        hint="窗口已送出本件。材料与收件凭证一致的，接收后进入受理。",
    ),
    "hand-over": Move(
        "HandOverCase", "intake", intake_pb2.HandOverCaseRequest, "移交审批部门", "case-handed-over",
        [Input("receipt_digest", "材料摘要", "digest", hint="与收件凭证上的摘要核对。")], first=True,
        hint="材料送出后登记；由审批部门核对同一摘要后接收。",
    ),
    "pre-pass": Move(
        "PassPreReview", "pre_reviews", intake_pb2.PassPreReviewRequest, "预审通过", "case-pre-passed", first=True,
        hint="预审不是受理；在有效期内递交同样的材料，不再重复审查。",
    ),
    "pre-reject": Move(
        "RejectPreReview", "pre_reviews", intake_pb2.RejectPreReviewRequest, "预审不通过", "case-pre-rejected",
        [Input("materials", "需要修改的材料", "materials", required=False), _reason("需要修改的内容")],
    ),
    "pass": Move(
        "PassReviewStep", "case", cases.PassReviewStepRequest, "通过本环节", "passed", [Input("opinion", "审查意见")],
        first=True,
    ),
    "accept": Move(
        "AcceptCase", "case", cases.AcceptCaseRequest, "予以受理", "accepted", first=True,
        hint="材料齐全、符合法定形式的，予以受理，时限从次日起算。",
    ),
    "correction": Move(
        "RequestCorrection", "case", cases.RequestCorrectionRequest, "一次性告知补正", "asked",
        [Input("materials", "需要补正的材料", "materials", required=False),
         Input("notice", "告知内容", hint="只能告知一次，请写全需要补正的全部内容。")],
        button="发出补正通知",
    ),
    "refuse": Move(
        "RefuseCase", "case", cases.RefuseCaseRequest, "不予受理", "refused", [_reason("不予受理的理由")], tone="danger"
    ),
    "not-accept": Move(
        "NotAcceptCase", "case", cases.NotAcceptCaseRequest, "不属于受理范围", "case-not-accepted",
        [Input("not_needed", "原因", "yes", words=("依法不需要取得许可", "不属于本机关职权范围")),
         _reason("说明", "不属于本机关职权的，请写明应向哪个机关申请。")],
        tone="danger",
    ),
    "decide": Move(
        "DecideCase", "case", cases.DecideCaseRequest, "作出决定", "decided",
        [Input("granted", "审批决定", "yes", words=("准予", "不予许可")),
         Input("reason", "理由", required=False, hint="不予许可时必须说明理由。")],
        first=True,
    ),
    "check-licence": Move(
        "CheckLicence", "promises", promises_pb2.CheckLicenceRequest, "核验免提交的证照", "case-licence-checked",
        [Input("material", "证照对应的材料", "choice", options=_manual),
         Input("holds", "核验结果", "yes", words=("真实有效", "无效或查不到")),
         Input("note", "核验说明")],
        hint="证照源当时没有应答，须由您核验后才能受理。",
        first=True,
    ),
    "special": Move(
        "StartSpecialProcedure", "procedures", procedures_pb2.StartSpecialProcedureRequest, "启动特别程序", "case-special",
        [Input("kind", "种类", "choice", options=_kinds),
         Input("expected_until", "预计结束日期", "day", hint="书面告知申请人所需时间；期间不计入审批时限。"),
         Input("notice", "告知内容", hint="申请人会看到这段文字。"),
         Input("hearing", "听证安排", "hearing", required=False, hint="只有听证需要填写。")],
    ),
    "end-special": Move(
        "EndSpecialProcedure", "procedures", procedures_pb2.EndSpecialProcedureRequest, "结束特别程序", "case-special-ended",
        [Input("number", "哪一项", "choice", options=_procedures), Input("outcome", "结果")],
        first=True,
    ),
    "extend": Move(
        "ProposeExtension", "procedures", procedures_pb2.ProposeExtensionRequest, "申请延长审批时限", "case-extension-asked",
        [Input("days", "延长工作日数", "number"), _reason("理由", "只能延长一次，须经负责人批准。")],
    ),
    "approve-extension": Move(
        "ApproveExtension", "procedures", procedures_pb2.ApproveExtensionRequest, "批准延长审批时限", "case-extended",
        [Input("reason", "告知申请人的理由", required=False, hint="留空则使用申请延长时填写的理由。")],
        first=True,
    ),
    "decline-extension": Move(
        "DeclineExtension", "procedures", procedures_pb2.DeclineExtensionRequest, "不批准延长", "case-extension-declined",
        [_reason("理由", "只有经办人员看到。")],
    ),
    "opinion": Move(
        "RequestOpinion", "procedures", procedures_pb2.RequestOpinionRequest, "征求部门意见", "case-opinion-asked",
        [DEPARTMENT, Input("question", "征求意见的内容"), Input("days", "反馈期限（工作日）", "number", value="5")],
    ),
    "give-opinion": Move(
        "GiveOpinion", "procedures", procedures_pb2.GiveOpinionRequest, "反馈意见", "case-opinion-given",
        [Input("agrees", "意见", "yes", words=("同意", "不同意")), Input("text", "意见内容")],
        first=True,
    ),
    "reschedule": Move(
        "RescheduleVisit", "visits", procedures_pb2.RescheduleVisitRequest, "改期现场勘验", "case-rescheduled",
        [_reason("改期原因", "申请人会看到，并重新选择时间。")],
    ),
    "sign": Move(
        "SignVisit", "visits", procedures_pb2.SignVisitRequest, "现场勘验签字", "case-signed",
        [Input("passed", "勘验结论", "yes", words=("合格", "不合格")),
         Input("findings", "勘验情况"),
         Input("at", "勘验时间", "instant", hint="在现场的时间。"),
         Input("place", "勘验地点", "text", hint="如：示范路 8 号，或经纬度。"),
         Input("signature", "签名", "text", hint="本人姓名。须两名以上工作人员分别签字。"),
         Input("evidence", "现场照片或记录", "files", required=False)],
        first=True,
    ),
    "fees": Move(
        "SetFees", "fulfilment", fulfilment_pb2.SetFeesRequest, "核定费用", "case-fees-set", [Input("fees", "金额（元）", "fees")]
    ),
    "paid": Move(
        "RecordPayment", "fulfilment", fulfilment_pb2.RecordPaymentRequest, "登记窗口缴费", "case-paid",
        [Input("receipt_number", "缴款单号", "text")],
    ),
    "issue": Move(
        "IssueResult", "case", cases.IssueResultRequest, "登记结果文书", "issued",
        [Input("result_number", "{result}编号", "text")], first=True,
    ),
    "dispatch": Move(
        "DispatchResult", "fulfilment", fulfilment_pb2.DispatchResultRequest, "寄出结果", "case-dispatched",
        [Input("tracking_number", "快递单号", "text", required=False, hint="已接入快递平台的留空，由平台取件。")],
        first=True,
    ),
    "deliver": Move(
        "DeliverResult", "fulfilment", fulfilment_pb2.DeliverResultRequest, "确认送达", "case-delivered",
        [Input("taker", "代领人", "text", required=False, hint="本人领取的留空。")],
        first=True,
    ),
    "close": Move(
        "CloseCase", "case", cases.CloseCaseRequest, "办结", "closed", hint="办结后系统会邀请申请人评价。", first=True
    ),
    "confirm-withdrawal": Move(
        "ConfirmWithdrawal", "case", cases.ConfirmWithdrawalRequest, "确认撤回", "case-withdrawal-confirmed", first=True,
        hint="申请人已申请撤回；两个工作日内未确认的，视为撤回。",
    ),
    "transfer": Move(
        "TransferCase", "case", cases.TransferCaseRequest, "转报上级机关", "case-sent-up",
        [Input("to_department", "决定机关统一社会信用代码", "text"), Input("to_department_name", "决定机关名称", "text"),
         _reason("转报意见")],
    ),
    "void": Move("VoidCase", "case", cases.VoidCaseRequest, "作废", "case-voided", [_reason("作废原因")], tone="danger"),
    "verify-promise": Move(
        "VerifyPromise", "promises", promises_pb2.VerifyPromiseRequest, "承诺核查", "case-verified",
        [Input("kept", "核查结果", "yes", words=("与承诺一致", "与承诺不符")), Input("finding", "核查情况")],
    ),
    "revoke": Move(
        "RevokeDecision", "case", cases.RevokeDecisionRequest, "撤销决定", "case-decision-revoked", [_reason("撤销的理由和依据")],
        tone="danger",
    ),
    "cancel": Move(
        "CancelResult", "case", cases.CancelResultRequest, "注销结果", "case-cancelled", [_reason("注销的理由")], tone="danger"
    ),
}  # fmt: skip

# Moves that may be made on many cases at once, with the roles that may: nothing that is judged case by case, such as a decision.
FOR_MANY: Final[Mapping[str, tuple[str, ...]]] = {
    "accept": ("receive",),
    "pre-pass": ("receive",),
    "pass": ("review",),
    "confirm-withdrawal": ("receive", "review"),
    "close": ("issue", "decide"),
}


def for_many(roles: Iterable[str]) -> list[tuple[str, str]]:
    """The moves an officer with these roles may make on many: name and title."""
    return [(name, MOVES[name].title) for name, may in FOR_MANY.items() if set(may) & set(roles)]


def offered(case: cases.Case) -> list[tuple[str, Move]]:
    """The moves the officer may make now: what he comes for first, then the rest, and last what ends the case badly."""
    found = [(name, move) for name, move in MOVES.items() if move.rpc in case.moves]
    return sorted(found, key=lambda one: (not one[1].first, one[1].tone == "danger"))


def needs_departments(case: cases.Case) -> bool:
    """Whether a form offered asks for a department."""
    return any(one.kind == "department" for _, move in offered(case) for one in move.inputs)


def needs_item(case: cases.Case) -> bool:
    """Whether a form offered chooses from what the item lists."""
    return any(one.options is _kinds for _, move in offered(case) for one in move.inputs)


def needs_case(move: Move) -> bool:
    """Whether what is typed into its form can only be read beside the case."""
    return any(one.kind in OF_THE_CASE for one in move.inputs)
