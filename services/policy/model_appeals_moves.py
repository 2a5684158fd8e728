"""What may be done to an appeal as data: every move with who makes it, from where to where. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from chassis.acts import Actor
from chassis.errors import PERMISSION_DENIED, Refused, not_found, require
from services.policy import model_appeals as appeals
from services.policy.model_appeals import (
    ACCEPTED,
    ANSWERED,
    CLOSED,
    DEPARTMENT,
    ENTERPRISE,
    RECEIVED,
    ROUTED,
    ROUTER,
    STATUSES,
    SYSTEM,
    Appeal,
)
from services.policy.model_portal import Guard, Move, along

_UNDER_WAY: Final = (RECEIVED, ROUTED, ACCEPTED)

# By the name of the RPC, or of the event where the clock does it.
MOVES: Final[Mapping[str, Move]] = {
    # Until somebody accepted it, it may be routed better.
    "RouteAppeal": Move("转办", (ROUTER,), (RECEIVED, ROUTED), (ROUTED,)),
    "AcceptAppeal": Move("受理", (DEPARTMENT,), (ROUTED,), (ACCEPTED,)),
    "ReturnRouting": Move("退回转办", (DEPARTMENT,), (ROUTED,), (RECEIVED,)),
    "AnswerAppeal": Move("答复", (DEPARTMENT,), (ACCEPTED,), (ANSWERED,)),
    "ExtendAppeal": Move("延期", (DEPARTMENT,), (ACCEPTED,), (ACCEPTED,)),
    "RateAppeal": Move("评价", (ENTERPRISE,), (ANSWERED,), (CLOSED,)),
    "ReopenAppeal": Move("再次提出", (ENTERPRISE,), (ANSWERED, CLOSED), (RECEIVED,)),
    # By the clock.
    "AppealOverdue": Move("超期", (SYSTEM,), _UNDER_WAY, _UNDER_WAY),
    "AppealClosed": Move("到期办结", (SYSTEM,), (ANSWERED,), (CLOSED,)),
}

# What beside the status has to hold at an instant.
_GUARDS: Final[Mapping[str, tuple[Guard, ...]]] = {
    "ReturnRouting": (
        (
            lambda appeal, _: appeal.returns < appeals.MOST_RETURNS,
            "RETURNED_OFTEN",
            "该诉求已两次退回，请受理并牵头办理",
        ),
    ),
    "ExtendAppeal": (
        (lambda appeal, _: not appeal.extended, "EXTENDED_ALREADY", "答复期限只能延长一次"),
        (lambda appeal, now: now <= appeal.step_due, "APPEAL_OVERDUE", "答复期限已过，不能再延期"),
    ),
    "ReopenAppeal": (
        (lambda appeal, _: appeal.reopened < appeals.MOST_REOPENED, "REOPENED_OFTEN", "再次提出的次数已达上限"),
        (lambda appeal, now: now < appeal.reopen_until, "REOPEN_OVER", "再次提出的期限已过，请提交新的诉求"),
    ),
}


def leads(name: str) -> list[tuple[int, int]]:
    """The (status, status) pairs a move leads along; none when it stays."""
    return along(MOVES[name])


def require_move(appeal: Appeal, name: str, now: datetime) -> None:
    """FAILED_PRECONDITION MOVE_NOT_ALLOWED where the status does not allow the move, or the guard's own reason."""
    move = MOVES[name]
    told = STATUSES[appeal.status]
    require(appeal.status in move.sources, "MOVE_NOT_ALLOWED", f"该诉求处于“{told}”状态，不能{move.title}")
    for holds, reason, message in _GUARDS.get(name, ()):
        require(holds(appeal, now), reason, message)


def require_by(appeal: Appeal, name: str, actor: Actor) -> None:
    """NOT_FOUND for whom it is not there; PERMISSION_DENIED NOT_YOURS for who reads it, but does not make this move."""
    if not appeals.sees(actor, appeal):
        raise not_found()
    if not made_by(appeal, name, actor):
        raise Refused(PERMISSION_DENIED, "NOT_YOURS", f"您不能{MOVES[name].title}")


def made_by(appeal: Appeal, name: str, actor: Actor) -> str:
    """As whom the actor makes a move; empty when he is none of those who may."""
    return next((who for who in MOVES[name].by if _IS[who](actor, appeal)), "")


def open_moves(appeal: Appeal, actor: Actor, now: datetime) -> list[str]:
    """Names of the moves the actor may make on an appeal he sees."""
    return [
        name
        for name, move in MOVES.items()
        if appeal.status in move.sources
        and made_by(appeal, name, actor)
        and all(holds(appeal, now) for holds, _, _ in _GUARDS.get(name, ()))
    ]


# Whether the actor is the one a move is made by.
_IS: Final[Mapping[str, Callable[[Actor, Appeal], bool]]] = {
    ENTERPRISE: appeals.submits,
    ROUTER: appeals.routes,
    DEPARTMENT: appeals.handles,
    SYSTEM: lambda _actor, _appeal: False,
}
