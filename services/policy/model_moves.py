"""What may be done to a claim as data: every move with who makes it, and from where. Pure."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from chassis.acts import PERSON, Actor
from chassis.errors import not_found, require
from services.policy import model
from services.policy.model import (
    ACCOUNT,
    APPROVING,
    CORRECTING,
    DECLINED,
    LAPSED,
    OBJECTED,
    PAID,
    PAYING,
    PUBLICITY,
    RECOVERED,
    RECOVERING,
    RECOVERY_ENDED,
    REFUSED,
    RESERVING,
    REVIEWING,
    SECOND_REVIEW,
    STATUSES,
    WITHDRAWN,
    Claim,
)

# Who makes a move.
ENTERPRISE, REVIEWER, FINANCE, SUPERVISOR = "enterprise", "reviewer", "finance", "supervisor"
ANYBODY, SYSTEM = "anybody", "system"


class Move(NamedTuple):
    """One move: what it is called, who makes it, from which statuses to which."""

    title: str
    by: tuple[str, ...]
    sources: tuple[int, ...]
    targets: tuple[int, ...]


# Where a claim goes on to once what it waited for is done: as its mode, its amount and its account want it.
_ONWARD: Final = (SECOND_REVIEW, PUBLICITY, ACCOUNT, APPROVING, PAYING)
_UNPAID: Final = (REVIEWING, CORRECTING, SECOND_REVIEW, PUBLICITY, OBJECTED, ACCOUNT, APPROVING)

# By the name of the RPC, or of what happens where the clock or the bank does it.
MOVES: Final[Mapping[str, Move]] = {
    "SubmitClaim": Move("申报", (ENTERPRISE,), (REFUSED, WITHDRAWN, DECLINED, LAPSED), (RESERVING, REVIEWING, REFUSED)),
    "CorrectClaim": Move("补正", (ENTERPRISE,), (CORRECTING,), (REVIEWING,)),
    "ConfirmAccount": Move("确认账户", (ENTERPRISE,), (ACCOUNT,), (ACCOUNT,)),
    "WithdrawClaim": Move("撤回", (ENTERPRISE,), _UNPAID, (WITHDRAWN, DECLINED)),
    "ReviewClaim": Move("审核", (REVIEWER,), (REVIEWING,), (RESERVING, CORRECTING, REFUSED, *_ONWARD)),
    "SecondReviewClaim": Move("复核", (REVIEWER,), (SECOND_REVIEW,), (REVIEWING, REFUSED, *_ONWARD[1:])),
    "ObjectToClaim": Move("提出异议", (ANYBODY,), (PUBLICITY, OBJECTED), (OBJECTED,)),
    "DecideClaimObjection": Move("处理异议", (SUPERVISOR,), (OBJECTED,), (OBJECTED, PUBLICITY, REFUSED, *_ONWARD[2:])),
    "ApproveClaim": Move("财政审批", (FINANCE,), (APPROVING,), (PAYING, REFUSED)),
    "OpenSpotCheck": Move("抽查", (SUPERVISOR,), (PAID,), (PAID,)),
    "ConcludeSpotCheck": Move("抽查结论", (SUPERVISOR,), (PAID,), (PAID, RECOVERING)),
    "EndRecovery": Move("终止追回", (FINANCE,), (RECOVERING,), (RECOVERY_ENDED,)),
    # By the system.
    "Reserve": Move("核对预算", (SYSTEM,), (RESERVING,), (REVIEWING, REFUSED, *_ONWARD)),
    "EndPublicity": Move("公示期满", (SYSTEM,), (PUBLICITY,), _ONWARD[2:]),
    "AccountTaken": Move("账户核验通过", (SYSTEM,), (ACCOUNT,), (APPROVING, PAYING)),
    "AccountNotTaken": Move("账户核验未通过", (SYSTEM,), (APPROVING, PAYING), (ACCOUNT,)),
    "Lapse": Move("逾期未答复", (SYSTEM,), (ACCOUNT, CORRECTING), (LAPSED,)),
    "Settle": Move("拨付到账", (SYSTEM,), (PAYING,), (PAID,)),
    "Reject": Move("银行退回指令", (SYSTEM,), (PAYING,), (ACCOUNT,)),
    "Return": Move("退汇", (SYSTEM,), (PAYING, PAID), (ACCOUNT,)),
    "Recover": Move("收回资金", (SYSTEM,), (RECOVERING,), (RECOVERING, RECOVERED)),
}


def _reviewed_it(claim: Claim) -> tuple[str, ...]:
    return tuple(claim.reviewers)


# Who may not make a move for what he did before (四眼).
OTHERS: Final[Mapping[str, Callable[[Claim], tuple[str, ...]]]] = {
    "SecondReviewClaim": _reviewed_it,
    "ApproveClaim": _reviewed_it,
    "DecideClaimObjection": _reviewed_it,
    "OpenSpotCheck": _reviewed_it,
    "ConcludeSpotCheck": _reviewed_it,
    # Nor who released the money.
    "EndRecovery": lambda one: (*one.reviewers, one.approved_by),
}

# What beside the status has to hold; its reason and message otherwise.
Guard = tuple[Callable[[Claim], bool], str, str]
_GUARDS: Final[Mapping[str, tuple[Guard, ...]]] = {
    "OpenSpotCheck": ((lambda one: one.check != "OPEN", "OPEN_ALREADY", "该笔兑付正在抽查"),),
    "ConcludeSpotCheck": ((lambda one: one.check == "OPEN", "NOT_OPEN", "没有进行中的抽查"),),
    "ConfirmAccount": ((lambda one: one.account != model.CHECKING, "CHECKING", "账户正在核验，请稍候"),),
}


def leads(name: str) -> list[tuple[int, int]]:
    """The (status, status) pairs a move leads along; none when it stays."""
    move = MOVES[name]
    return [] if move.sources == move.targets else [(a, b) for a in move.sources for b in move.targets if a != b]


def require_move(claim: Claim, name: str) -> None:
    """FAILED_PRECONDITION MOVE_NOT_ALLOWED where the status does not allow the move, or the guard's own reason."""
    move, told = MOVES[name], STATUSES[claim.status]
    require(claim.status in move.sources, "MOVE_NOT_ALLOWED", f"该兑付申请处于“{told}”状态，不能{move.title}")
    for holds, reason, message in _GUARDS.get(name, ()):
        require(holds(claim), reason, message)


def require_by(claim: Claim, name: str, actor: Actor) -> None:
    """The move is allowed, and the actor is one of those who make it: NOT_FOUND to whom the claim is not there, MOVE_NOT_ALLOWED to whom
    it is."""
    if not made_by(claim, name, actor):
        if not model.sees(actor, claim):
            raise not_found()
        require(False, "MOVE_NOT_ALLOWED", f"您不能{MOVES[name].title}")
    require_move(claim, name)


def made_by(claim: Claim, name: str, actor: Actor) -> bool:
    """Whether the actor is one of those who make a move."""
    return any(_IS[who](actor, claim) for who in MOVES[name].by)


def open_moves(claim: Claim, actor: Actor) -> list[str]:
    """Names of the moves the actor may make on a claim he sees, as far as status and guards tell."""
    return [
        name
        for name, move in MOVES.items()
        if claim.status in move.sources
        and ANYBODY not in move.by
        and made_by(claim, name, actor)
        and all(holds(claim) for holds, _, _ in _GUARDS.get(name, ()))
        and not _same(claim, name, actor)
    ]


def require_other(claim: Claim, name: str, actor: Actor) -> None:
    """FAILED_PRECONDITION SAME_OFFICER for who may not make this move for what he did before (四眼)."""
    require(not _same(claim, name, actor), "SAME_OFFICER", "您已审核过该笔兑付，应由另一名工作人员处理")


def _same(claim: Claim, name: str, actor: Actor) -> bool:
    return name in OTHERS and actor.id in OTHERS[name](claim)


_IS: Final[Mapping[str, Callable[[Actor, Claim], bool]]] = {
    ENTERPRISE: model.owns,
    REVIEWER: model.reviews,
    FINANCE: model.finances,
    SUPERVISOR: model.supervises,
    ANYBODY: lambda actor, claim: actor.realm == PERSON and bool(actor.id) and not model.owns(actor, claim),
    SYSTEM: lambda _actor, _claim: False,
}
