"""What may be done to a ticket as data: every move with who makes it, from where to where. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from chassis.acts import MACHINE, OFFICER, PERSON, SERVICE, Actor
from chassis.errors import require
from services.rating import model
from services.rating import model_tickets as tickets
from services.rating.model_moves import Move
from services.rating.model_tickets import (
    ANSWERED,
    ASKER,
    ASSIGNED,
    CLOSED,
    DEPARTMENT,
    PLATFORM,
    RECEIVED,
    STATUSES,
    SUPERVISOR,
    SYSTEM,
    UNANSWERED,
    WITHDRAWN,
    Ticket,
)

_ALL: Final = tuple(STATUSES)
_DESK: Final = tuple(sorted(tickets.DESK_ROLES))
_SUPERVISE: Final = (model.SUPERVISE,)
_BY_ASKER, _BY_DEPARTMENT, _BY_SUPERVISOR, _BY_SYSTEM = (ASKER,), (DEPARTMENT,), (SUPERVISOR,), (SYSTEM,)
_BY_OFFICERS: Final = (DEPARTMENT, SUPERVISOR)

# By the name of the RPC, or of what happens where no RPC of its own does it.
MOVES: Final[Mapping[str, Move]] = {
    "AssignTicket": Move("转办", OFFICER, _SUPERVISE, UNANSWERED, (ASSIGNED,), _BY_SUPERVISOR),
    "AnswerTicket": Move("答复", OFFICER, (*_DESK, *_SUPERVISE), (ASSIGNED,), (ANSWERED,), _BY_OFFICERS),
    "AskTicketExtension": Move("申请延期", OFFICER, _DESK, (ASSIGNED,), (ASSIGNED,), _BY_DEPARTMENT),
    "DecideTicketExtension": Move("延期审批", OFFICER, _SUPERVISE, (ASSIGNED,), (ASSIGNED,), _BY_SUPERVISOR),
    "ConfirmTicket": Move("确认答复", PERSON, (), (ANSWERED,), (CLOSED, RECEIVED), _BY_ASKER),
    "WithdrawTicket": Move("撤回", PERSON, (), UNANSWERED, (WITHDRAWN,), _BY_ASKER),
    "CloseTicket": Move("办结", OFFICER, _SUPERVISE, (ANSWERED,), (CLOSED,), _BY_SUPERVISOR),
    "LinkCall": Move("关联来电", OFFICER, (*_DESK, *_SUPERVISE), _ALL, _ALL, _BY_OFFICERS),
    # By what the 12345 platform tells (TellHotlineStatus): told where it leads nowhere, it is noted.
    "HotlineSentBack": Move("热线退回", MACHINE, (), (ANSWERED, CLOSED), (RECEIVED,), (PLATFORM,)),
    "HotlineClosed": Move("热线办结", MACHINE, (), (*UNANSWERED, ANSWERED), (CLOSED,), (PLATFORM,)),
    # By the clock.
    "TicketOverdue": Move("超期", SERVICE, (), UNANSWERED, UNANSWERED, _BY_SYSTEM),
    "TicketClosed": Move("到期办结", SERVICE, (), (ANSWERED,), (CLOSED,), _BY_SYSTEM),
}

# What beside the status has to hold at an instant; its reason and message otherwise.
_GUARDS: Final[Mapping[str, tuple[tuple[Callable[[Ticket, datetime], bool], str, str], ...]]] = {
    "AskTicketExtension": (
        (lambda ticket, _: not ticket.extension, "EXTENDED_ALREADY", "答复期限只能申请延长一次"),
        (lambda ticket, now: now <= ticket.answer_due, "TICKET_OVERDUE", "答复期限已过，不能再申请延期"),
    ),
    "DecideTicketExtension": (
        (lambda ticket, _: ticket.extension == tickets.ASKED, "NO_EXTENSION_ASKED", "没有待审批的延期申请"),
    ),
}


def require_move(ticket: Ticket, name: str, now: datetime) -> None:
    """FAILED_PRECONDITION MOVE_NOT_ALLOWED where the status does not allow the move, or the guard's own reason."""
    move = MOVES[name]
    told = STATUSES[ticket.status]
    require(ticket.status in move.sources, "MOVE_NOT_ALLOWED", f"该诉求处于“{told}”状态，不能{move.title}")
    for holds, reason, message in _GUARDS.get(name, ()):
        require(holds(ticket, now), reason, message)


def made_by(ticket: Ticket, name: str, actor: Actor) -> str:
    """As whom the actor makes a move: asker, department or supervisor; empty when he is none of those who may."""
    move = MOVES[name]
    if move.roles and actor.roles.isdisjoint(move.roles):
        return ""
    return next((who for who in move.sees if _IS[who](actor, ticket)), "")


def open_moves(ticket: Ticket, actor: Actor, now: datetime) -> list[str]:
    """Names of the moves the actor may make on a ticket he sees."""
    return [
        name
        for name, move in MOVES.items()
        if ticket.status in move.sources
        and (who := made_by(ticket, name, actor))
        and (name != "AnswerTicket" or answers(who, ticket))
        and all(holds(ticket, now) for holds, _, _ in _GUARDS.get(name, ()))
    ]


def answers(who: str, ticket: Ticket) -> bool:
    """Whether who makes the move is with whom the ticket is: supervision answers what it kept, and nothing a department has."""
    return who == DEPARTMENT or not ticket.department


# Whether the actor is the one a move is made by.
_IS: Final[Mapping[str, Callable[[Actor, Ticket], bool]]] = {
    ASKER: tickets.asks,
    DEPARTMENT: tickets.handles,
    SUPERVISOR: tickets.oversees,
    PLATFORM: lambda _actor, _ticket: False,
    SYSTEM: lambda _actor, _ticket: False,
}


def leads(name: str) -> list[tuple[int, int]]:
    """The (status, status) pairs a move leads along; none when it stays."""
    move = MOVES[name]
    return [] if move.sources == move.targets else [(a, b) for a in move.sources for b in move.targets if a != b]
