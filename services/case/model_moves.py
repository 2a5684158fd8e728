"""The state machine of a case as data (C.2.3): every move with who makes it, from where to where, by what law, and what it does
to the clocks.

docs/moves.md is drawn from this table; acts and views ask it and nothing else.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from chassis.acts import MACHINE, OFFICER, PERSON, SERVICE, Actor
from chassis.errors import require
from services.case import model, model_deadlines
from services.case.model import Case
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

# What a move does to the clocks.
STARTS, PAUSES, RESUMES, EXTENDS, STOPS, NONE = "计时开始", "计时暂停", "计时恢复", "时限延长", "计时终止", ""
# Whose filter finds the case: of its department, its applicant, the window that received it, a department that was asked.
DEPARTMENT, APPLICANT, RECEIVER, CONSULTED, SYSTEM = "department", "applicant", "receiver", "consulted", "system"


class Move(NamedTuple):
    """One way a case can go."""

    title: str
    realm: int
    role: tuple[str, ...]
    sources: tuple[int, ...]
    # Where it can lead; more than one where the case tells which. The same as a source: it stays.
    targets: tuple[int, ...]
    clock: str = NONE
    # What it must state: reason, materials, opinion, evidence, document.
    states: tuple[str, ...] = ()
    law: str = ""
    sees: str = DEPARTMENT


_BEFORE: Final = (model.SUBMITTED, model.CORRECTION)
_PRE: Final = (model.PRE_REVIEW, model.PRE_PASSED, model.PRE_REJECTED)
_REVIEWING: Final = (model.IN_REVIEW, model.REVIEWED)
_UNDECIDED: Final = (*_REVIEWING, model.SUSPENDED)
_OPEN: Final = (*_PRE, model.RECEIVED, *_BEFORE, *_REVIEWING, model.SUSPENDED)
_GIVEN: Final = (model.GRANTED, model.ISSUED, model.DELIVERED)
_DONE: Final = (model.IN_REVIEW, model.REVIEWED)

# By the name of the RPC. A new way a case can go is a new line here, an act and an event.
MOVES: Final[Mapping[str, Move]] = {
    # 预审
    "PassPreReview": Move("预审通过", OFFICER, ("receive",), (model.PRE_REVIEW,), (model.PRE_PASSED,)),
    "RejectPreReview": Move(
        "预审不通过", OFFICER, ("receive",), (model.PRE_REVIEW,), (model.PRE_REJECTED,), states=("reason",)
    ),
    "RevisePreReview": Move(
        "修改后再报预审", PERSON, (), (model.PRE_REJECTED, model.PRE_PASSED), (model.PRE_REVIEW,), sees=APPLICANT
    ),
    "HandInCase": Move(
        "递交申请", PERSON, (), (model.PRE_PASSED,), (model.SUBMITTED, *_DONE), STARTS, sees=APPLICANT,
        law="预审通过的同一材料不再审查",
    ),
    # 收件、移交
    "HandOverCase": Move(
        "移交审批部门", OFFICER, ("receive",), (model.RECEIVED,), (model.RECEIVED,), states=("document",), sees=RECEIVER
    ),
    "TakeOverCase": Move(
        "接收移交", OFFICER, ("receive",), (model.RECEIVED,), (model.SUBMITTED,), states=("document",)
    ),
    # 受理
    "RequestCorrection": Move(
        "一次性告知补正", OFFICER, ("receive",), (model.SUBMITTED,), (model.CORRECTION,), STOPS, ("materials", "reason"),
        "行政许可法第三十二条第一款第四项",
    ),
    "CorrectCase": Move(
        "补正", PERSON, (), (model.CORRECTION,), (model.SUBMITTED,), STARTS, ("materials",), sees=APPLICANT
    ),
    "AcceptCase": Move(
        "受理", OFFICER, ("receive",), (model.SUBMITTED,), _DONE, STARTS, law="行政许可法第三十二条第一款第五项"
    ),
    "DeemAccepted": Move(
        "逾期未告知视为受理", SERVICE, (), (model.SUBMITTED, model.RECEIVED), _DONE, STARTS, sees=SYSTEM,
        law="行政许可法第三十二条第一款第四项：自收到申请材料之日起即为受理",
    ),
    "LapseCorrection": Move(
        "逾期未补正", SERVICE, (), (model.CORRECTION,), (model.CORRECTION_LAPSED,), STOPS, sees=SYSTEM
    ),
    "RefuseCase": Move(
        "不予受理", OFFICER, ("receive",), (model.SUBMITTED,), (model.REFUSED,), STOPS, ("reason",),
        "行政许可法第三十二条第二款",
    ),
    "NotAcceptCase": Move(
        "不属于受理范围", OFFICER, ("receive",), (model.SUBMITTED,), (model.NOT_ACCEPTED,), STOPS, ("reason",),
        "行政许可法第三十二条第一款第一、二项",
    ),
    # 审查
    "PassReviewStep": Move("通过审查环节", OFFICER, ("review",), (model.IN_REVIEW,), _DONE, states=("opinion",)),
    "RequestOpinion": Move("征求部门意见", OFFICER, ("review",), _REVIEWING, _REVIEWING, states=("opinion",)),
    "GiveOpinion": Move(
        "反馈部门意见", OFFICER, ("review", "decide"), (*_REVIEWING, model.SUSPENDED), (*_REVIEWING, model.SUSPENDED),
        states=("opinion",), sees=CONSULTED,
    ),
    "StartSpecialProcedure": Move(
        "启动特别程序", OFFICER, ("review",), _UNDECIDED, _UNDECIDED, PAUSES, ("reason", "document"),
        "行政许可法第四十五条",
    ),
    "EndSpecialProcedure": Move(
        "结束特别程序", OFFICER, ("review",), _UNDECIDED, _UNDECIDED, RESUMES, ("evidence",),
        "行政许可法第四十五条",
    ),
    "ProposeExtension": Move(
        "申请延长审批", OFFICER, ("review",), _REVIEWING, _REVIEWING, states=("reason",), law="行政许可法第四十二条"
    ),
    "ApproveExtension": Move(
        "批准延长审批", OFFICER, ("decide",), _REVIEWING, _REVIEWING, EXTENDS, ("reason",),
        "行政许可法第四十二条：经本行政机关负责人批准",
    ),
    "DeclineExtension": Move("不批准延长审批", OFFICER, ("decide",), _REVIEWING, _REVIEWING, states=("reason",)),
    "CheckLicence": Move(
        "核验证照", OFFICER, ("receive", "review"), (model.SUBMITTED, *_REVIEWING), (model.SUBMITTED, *_REVIEWING),
        states=("evidence",),
    ),
    "SupplyDeferred": Move(
        "补交容缺材料", PERSON, (), (*_REVIEWING, model.SUSPENDED, *_GIVEN),
        (*_REVIEWING, model.SUSPENDED, *_GIVEN), states=("materials",), sees=APPLICANT,
    ),
    # Where a law of the item's own lets an inspection pause the clocks, it takes place while they stand still.
    "BookVisit": Move("预约现场勘验", PERSON, (), _UNDECIDED, _UNDECIDED, sees=APPLICANT),
    "CancelVisit": Move("取消现场勘验", PERSON, (), _UNDECIDED, _UNDECIDED, sees=APPLICANT),
    "RescheduleVisit": Move("改期现场勘验", OFFICER, ("review",), _UNDECIDED, _UNDECIDED, states=("reason",)),
    "SignVisit": Move(
        "勘验签字", OFFICER, ("review",), _UNDECIDED, _UNDECIDED, states=("evidence",),
        law="行政许可法第三十四条：指派两名以上工作人员",
    ),
    # 决定
    "DecideCase": Move(
        "作出决定", OFFICER, ("decide",), (model.REVIEWED,), (model.GRANTED, model.DENIED), STOPS, ("reason",),
        "行政许可法第三十八条",
    ),
    "DecideAutomatically": Move(
        "秒批", SERVICE, (), (model.SUBMITTED,), (model.GRANTED, model.ISSUED, model.CLOSED), STOPS, sees=SYSTEM
    ),
    "DeemRenewed": Move(
        "逾期未决定视为准予延续", SERVICE, (), (model.SUBMITTED, *_REVIEWING, model.SUSPENDED), (model.GRANTED,), STOPS,
        law="行政许可法第五十条", sees=SYSTEM,
    ),
    "PushResult": Move(
        "部门系统推送结果", MACHINE, (), _REVIEWING, (model.GRANTED, model.ISSUED, model.DENIED), STOPS, ("reason",)
    ),
    # 制证、缴费、送达
    "SetFees": Move(
        "核定费用", OFFICER, ("review", "decide", "issue"), (*_REVIEWING, model.GRANTED), (*_REVIEWING, model.GRANTED)
    ),
    "PayFees": Move(
        "缴费", PERSON, (), (*_REVIEWING, model.GRANTED), (*_REVIEWING, model.GRANTED), sees=APPLICANT
    ),
    "RecordPayment": Move(
        "登记窗口缴费", OFFICER, ("issue",), (*_REVIEWING, model.GRANTED), (*_REVIEWING, model.GRANTED), states=("document",)
    ),
    "IssueResult": Move(
        "制证", OFFICER, ("issue",), (model.GRANTED,), (model.ISSUED,), states=("document",), law="行政许可法第四十四条"
    ),
    "ChooseDelivery": Move(
        "选择送达方式", PERSON, (), (*_BEFORE, *_REVIEWING, model.SUSPENDED, model.GRANTED, model.ISSUED),
        (*_BEFORE, *_REVIEWING, model.SUSPENDED, model.GRANTED, model.ISSUED), sees=APPLICANT,
    ),
    "DispatchResult": Move("寄出结果", OFFICER, ("issue",), (model.ISSUED,), (model.ISSUED,)),
    "DeliverResult": Move(
        "送达", OFFICER, ("issue",), (model.ISSUED,), (model.DELIVERED,), states=("document",),
        law="行政许可法第四十四条",
    ),
    "CloseCase": Move(
        "办结", OFFICER, ("issue", "decide"), (model.DENIED, model.GRANTED, model.ISSUED, model.DELIVERED), (model.CLOSED,)
    ),
    # 旁出
    "WithdrawCase": Move(
        "撤回申请", PERSON, (), _OPEN, (model.WITHDRAWN, model.WITHDRAW_PENDING), STOPS, sees=APPLICANT
    ),
    "ConfirmWithdrawal": Move(
        "确认撤回", OFFICER, ("receive", "review"), (model.WITHDRAW_PENDING,), (model.WITHDRAWN,), STOPS
    ),
    "WithdrawBySilence": Move(
        "逾期未确认视为撤回", SERVICE, (), (model.WITHDRAW_PENDING,), (model.WITHDRAWN,), STOPS, sees=SYSTEM
    ),
    "VoidCase": Move(
        "作废", OFFICER, ("receive",), (*_PRE, model.RECEIVED, *_BEFORE), (model.VOIDED,), STOPS, ("reason",)
    ),
    "TransferCase": Move(
        "转报", OFFICER, ("review",), _REVIEWING, (model.TRANSFERRED,), STOPS, ("reason",), "行政许可法第四十三条"
    ),
    # 事后
    "VerifyPromise": Move(
        "承诺核查", OFFICER, ("review",), (*_GIVEN, model.CLOSED), (*_GIVEN, model.CLOSED), states=("evidence",),
        law="国办发〔2020〕42号",
    ),
    "RevokeDecision": Move(
        "撤销决定", OFFICER, ("decide",), (*_GIVEN, model.CLOSED), (model.REVOKED,), STOPS, ("reason",),
        "行政许可法第六十九条",
    ),
    "CancelResult": Move(
        "注销结果", OFFICER, ("issue",), (model.CLOSED,), (model.CANCELLED,), states=("reason",),
        law="行政许可法第七十条",
    ),
}  # fmt: skip


# Moves that lead from some of their statuses to some of their targets only.
_LEADS: Final[Mapping[str, list[tuple[int, int]]]] = {
    "StartSpecialProcedure": [(one, model.SUSPENDED) for one in _REVIEWING],
    "EndSpecialProcedure": [(model.SUSPENDED, one) for one in _REVIEWING],
    "WithdrawCase": [(one, model.WITHDRAWN if one in model.UNACCEPTED else model.WITHDRAW_PENDING) for one in _OPEN],
}


def leads(name: str) -> list[tuple[int, int]]:
    """The changes of status a move can bring about, from and to; none where the case stays as it stands."""
    move = MOVES[name]
    if name in _LEADS or move.sources == move.targets:
        return _LEADS.get(name, [])
    return [(source, target) for source in move.sources for target in move.targets if source != target]


def allowed(case: Case, name: str, actor: Actor) -> bool:
    """Whether an actor whose filter finds the case could make this move now, as far as the table and the two-person rule tell."""
    move = MOVES[name]
    return (
        may_come(case, name)
        and actor.realm == move.realm
        and (not move.role or not actor.roles.isdisjoint(move.role))
        and (name not in _OFFERED or _OFFERED[name](case, actor))
    )


def received(case: Case, officer: Actor) -> bool:
    """Whether the officer took part in receiving the case: he asked for its correction, passed its pre-review, or accepted it."""
    return officer.id == case.received_by or officer.id in case.receivers


def may_come(case: Case, name: str) -> bool:
    """Whether the table has the move from where the case stands, and the case is one that can go this way."""
    return case.status in MOVES[name].sources and _FITS.get(name, _always)(case)


def require_move(case: Case, name: str) -> None:
    """FAILED_PRECONDITION MOVE_NOT_ALLOWED unless the table has the move from the present status."""
    require(may_come(case, name), "MOVE_NOT_ALLOWED", f"办件当前状态不允许“{MOVES[name].title}”")


def _always(_case: Case) -> bool:
    return True


def _can_close(case: Case) -> bool:
    """A grant that ends in no document is closed as it is; a result that is to be handed out or sent is delivered first."""
    if case.status == model.GRANTED:
        return not case.result_name
    return case.status != model.ISSUED or case.delivery in (pb.DELIVERY_WAY_UNSPECIFIED, pb.DELIVERY_WAY_ELECTRONIC)


def _open_visit(case: Case) -> bool:
    return model.open_visit(case) is not None


def _can_book(case: Case) -> bool:
    return case.handling.get("visit", 0) in (
        catalog.VISIT_NEED_POSSIBLE,
        catalog.VISIT_NEED_REQUIRED,
    ) and not _open_visit(case)


# Which cases can go a way at all, beside their status.
_FITS: Final[Mapping[str, Callable[[Case], bool]]] = {
    "HandOverCase": lambda case: case.sent_at is None,
    "TakeOverCase": lambda case: case.sent_at is not None,
    "EndSpecialProcedure": lambda case: any(one.ended_at is None for one in case.procedures),
    "ApproveExtension": lambda case: bool(case.extension_by),
    "DeclineExtension": lambda case: bool(case.extension_by),
    "GiveOpinion": lambda case: any(one.given_at is None for one in case.opinions),
    "CheckLicence": model.unchecked,
    "SupplyDeferred": lambda case: bool(case.deferred or case.lacking),
    "BookVisit": _can_book,
    "CancelVisit": _open_visit,
    "RescheduleVisit": _open_visit,
    "SignVisit": _open_visit,
    "SetFees": lambda case: bool(case.fees) and case.paid_at is None,
    "PayFees": lambda case: model.owed(case) > 0,
    "RecordPayment": lambda case: model.owed(case) > 0,
    "DispatchResult": lambda case: case.delivery == pb.DELIVERY_WAY_EXPRESS and not case.parcel_id,
    "CloseCase": _can_close,
    "VerifyPromise": lambda case: bool(case.promise_digest) and case.promise_kept is not True and model.granted(case),
    "DeemRenewed": model_deadlines.renews_by_silence,
    # art. 69, 70: what was granted is taken back, or deregistered.
    "RevokeDecision": model.granted,
    "CancelResult": model.granted,
}
# What is not offered although the act, which has a reason of its own for it, would refuse it.
_OFFERED: Final[Mapping[str, Callable[[Case, Actor], bool]]] = {
    "RequestCorrection": lambda case, _: not case.correction_asked,
    "AcceptCase": lambda case, _: not model.unchecked(case) and not case.lacking,
    "DecideCase": lambda case, actor: not received(case, actor),
    "ProposeExtension": lambda case, _: not case.extended_days and not case.extension_by,
    "ApproveExtension": lambda case, actor: case.extension_by != actor.id,
    "DeclineExtension": lambda case, actor: case.extension_by != actor.id,
    "GiveOpinion": lambda case, actor: any(
        one.given_at is None and one.department == actor.department for one in case.opinions
    ),
    "PushResult": lambda _, actor: any(path.endswith("/PushResult") for path in actor.rpcs),
    "SignVisit": lambda case, actor: not signed(case, actor.id),
}


def signed(case: Case, officer_id: str) -> bool:
    """Whether the officer signed the visit that is under way."""
    visit = model.open_visit(case)
    return visit is not None and any(one.officer_id == officer_id for one in visit.signatures)
