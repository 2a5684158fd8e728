"""What may be done to a complaint as data: every move with who makes it, from where to where. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

from chassis.acts import Actor
from chassis.errors import not_found, require
from services.policy import model_complaints as complaints
from services.policy.model_complaints import (
    ACCEPTED,
    CONCLUDED,
    OPEN,
    RECEIVED,
    STATUSES,
    WITHDRAWN,
    Complaint,
    Marks,
)
from services.policy.model_portal import Move, along

COMPLAINANT, SUPERVISOR, SYSTEM = "complainant", "supervisor", "system"

# By the name of the RPC, or of the event where the clock does it.
MOVES: Final[Mapping[str, Move]] = {
    "AcceptComplaint": Move("受理", (SUPERVISOR,), (RECEIVED,), (ACCEPTED,)),
    "AskDepartment": Move("询问部门", (SUPERVISOR,), (ACCEPTED,), (ACCEPTED,)),
    "ConcludeComplaint": Move("办结", (SUPERVISOR,), (ACCEPTED,), (CONCLUDED,)),
    "WithdrawComplaint": Move("撤回", (COMPLAINANT,), OPEN, (WITHDRAWN,)),
    # By the clock.
    "ComplaintOverdue": Move("超期", (SYSTEM,), OPEN, OPEN),
}


def leads(name: str) -> list[tuple[int, int]]:
    """The (status, status) pairs a move leads along; none when it stays."""
    return along(MOVES[name])


def require_move(complaint: Complaint, name: str) -> None:
    """FAILED_PRECONDITION MOVE_NOT_ALLOWED where the status does not allow the move."""
    move = MOVES[name]
    told = STATUSES[complaint.status]
    require(complaint.status in move.sources, "MOVE_NOT_ALLOWED", f"该投诉处于“{told}”状态，不能{move.title}")


def require_by(complaint: Complaint, name: str, actor: Actor, marks: Marks) -> None:
    """NOT_FOUND for whoever is none of those who make the move: to the department complained about nothing tells that it is there."""
    if not made_by(complaint, name, actor, marks):
        raise not_found()


def made_by(complaint: Complaint, name: str, actor: Actor, marks: Marks) -> str:
    """As whom the actor makes a move; empty when he is none of those who may."""
    return next((who for who in MOVES[name].by if _IS[who](actor, complaint, marks)), "")


def open_moves(complaint: Complaint, actor: Actor, marks: Marks) -> list[str]:
    """Names of the moves the actor may make on a complaint he sees."""
    return [
        name
        for name, move in MOVES.items()
        if complaint.status in move.sources and made_by(complaint, name, actor, marks)
    ]


# Whether the actor is the one a move is made by.
_IS: Final[Mapping[str, Callable[[Actor, Complaint, Marks], bool]]] = {
    COMPLAINANT: complaints.complains,
    SUPERVISOR: complaints.supervises,
    SYSTEM: lambda _actor, _complaint, _marks: False,
}
