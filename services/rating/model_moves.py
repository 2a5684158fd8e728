"""The closed loop of a negative rating as data (C.5.4): every move with who makes it, from where to where.

docs/moves.md is drawn from this table; acts and views ask it and nothing else.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from chassis.acts import OFFICER, PERSON, SERVICE, Actor
from chassis.errors import require
from services.rating import model
from services.rating.model import Loop, Rating
from yiwang.rating.v1 import service_pb2 as pb

RECEIVED, ASSIGNED, VERIFIED = pb.LOOP_STATUS_RECEIVED, pb.LOOP_STATUS_ASSIGNED, pb.LOOP_STATUS_VERIFIED
RECTIFYING, RECTIFIED = pb.LOOP_STATUS_RECTIFYING, pb.LOOP_STATUS_RECTIFIED
CALLED_BACK, PUBLISHED, CLOSED = pb.LOOP_STATUS_CALLED_BACK, pb.LOOP_STATUS_PUBLISHED, pb.LOOP_STATUS_CLOSED
APPEALED, REVIEWED = pb.LOOP_STATUS_APPEALED, pb.LOOP_STATUS_REVIEWED
STATUSES: Final[Mapping[int, str]] = {
    RECEIVED: "待转办",
    ASSIGNED: "待核实",
    VERIFIED: "待复核",
    RECTIFYING: "整改中",
    RECTIFIED: "已整改",
    REVIEWED: "已复核",
    APPEALED: "申诉中",
    CALLED_BACK: "已回访",
    PUBLISHED: "已公开",
    CLOSED: "已办结",
}
# Who makes a move, and by whose filter he finds the rating.
RATER, DEPARTMENT, SUPERVISOR, SYSTEM = "rater", "department", "supervisor", "system"
_DESK: Final = tuple(sorted(model.DESK_ROLES))


class Move(NamedTuple):
    """One way a loop can go, or a ticket (model_tickets_moves)."""

    title: str
    realm: int
    roles: tuple[str, ...]
    sources: tuple[int, ...]
    # Where it can lead; more than one where the record tells which. The same as a source: it stays.
    targets: tuple[int, ...]
    sees: tuple[str, ...]


_BY_DEPARTMENT, _BY_SUPERVISOR, _BY_RATER = (DEPARTMENT,), (SUPERVISOR,), (RATER,)
_SUPERVISE: Final = (model.SUPERVISE,)
_OPEN: Final = tuple(status for status in STATUSES if status not in (PUBLISHED, CLOSED))

# By the name of the RPC, or of the event where the clock does it.
MOVES: Final[Mapping[str, Move]] = {
    "AssignRating": Move("转办", OFFICER, _SUPERVISE, (RECEIVED, ASSIGNED), (ASSIGNED,), _BY_SUPERVISOR),
    "VerifyRating": Move("核实", OFFICER, _DESK, (ASSIGNED,), (RECTIFYING, VERIFIED), _BY_DEPARTMENT),
    "ReviewRating": Move("复核", OFFICER, _SUPERVISE, (VERIFIED, APPEALED), (RECTIFYING, REVIEWED), _BY_SUPERVISOR),
    "ContestRating": Move("部门申诉", OFFICER, ("decide",), (RECTIFYING,), (APPEALED,), _BY_DEPARTMENT),
    "ExtendRectification": Move("整改延期", OFFICER, _SUPERVISE, (RECTIFYING,), (RECTIFYING,), _BY_SUPERVISOR),
    "RectifyRating": Move("整改", OFFICER, _DESK, (RECTIFYING,), (RECTIFIED,), _BY_DEPARTMENT),
    "CallBackRating": Move(
        "回访", OFFICER, (*_DESK, *_SUPERVISE), (RECTIFIED, REVIEWED), (CALLED_BACK, RECTIFYING),
        (DEPARTMENT, SUPERVISOR),
    ),
    "AppealRating": Move("评价人申诉", PERSON, (), (REVIEWED, CALLED_BACK), (APPEALED,), _BY_RATER),
    "ReopenRating": Move("要求再次整改", PERSON, (), (RECTIFIED, CALLED_BACK, PUBLISHED), (RECTIFYING,), _BY_RATER),
    "PublishRating": Move(
        "公开", OFFICER, _SUPERVISE, (RECTIFIED, REVIEWED, CALLED_BACK), (PUBLISHED,), _BY_SUPERVISOR
    ),
    "CloseRating": Move("办结", OFFICER, _SUPERVISE, (PUBLISHED,), (CLOSED,), _BY_SUPERVISOR),
    # By the clock.
    "StepOverdue": Move("超期", SERVICE, (), _OPEN, _OPEN, (SYSTEM,)),
    "LoopClosed": Move("到期办结", SERVICE, (), (PUBLISHED,), (CLOSED,), (SYSTEM,)),
}  # fmt: skip


# So often it is handed from one department to another: there must be room for all that follows.
MOST_ASSIGNED: Final = 20


def _assigned(loop: Loop) -> int:
    return sum(said.what == "RatingAssigned" for said in loop.said)


def _uncalled(_rating: Rating, loop: Loop) -> bool:
    return loop.status != CALLED_BACK


# What beside the status has to hold; its reason and message otherwise.
_GUARDS: Final[Mapping[str, tuple[tuple[Callable[[Rating, Loop], bool], str, str], ...]]] = {
    "AssignRating": (
        (
            lambda _, loop: _assigned(loop) < MOST_ASSIGNED,
            "ASSIGNED_TOO_OFTEN",
            f"该差评已转办{MOST_ASSIGNED}次，不能再转办",
        ),
    ),
    "ContestRating": (
        (lambda _, loop: not loop.overdue, "STEP_OVERDUE", "整改已超期，不能申诉"),
        (lambda _, loop: not loop.department_appealed, "CONTESTED_ALREADY", "该差评已申诉过一次"),
        (lambda _, loop: not loop.reviewed, "REVIEWED_ALREADY", "该差评已由监察部门复核认定，不能再申诉"),
    ),
    "ExtendRectification": (
        (lambda _, loop: not loop.extended, "EXTENDED_ALREADY", "整改期限只能延长一次"),
        (lambda _, loop: not loop.overdue, "STEP_OVERDUE", "整改已超期，不能延长"),
    ),
    "CallBackRating": ((lambda rating, _: not rating.anonymous, "NO_CONTACT", "匿名评价不回访"),),
    "AppealRating": (
        (lambda _, loop: loop.verdict_final, "NOT_EXCUSED", "该评价未被认定为误评、恶意差评或非承办部门原因"),
        (lambda _, loop: not loop.rater_appealed, "APPEALED_ALREADY", "您已申诉过一次"),
    ),
    "ReopenRating": (
        (lambda _, loop: not loop.verdict_final, "NOT_RECTIFIED", "该评价无需整改，可以申诉"),
        (lambda _, loop: not loop.reopened, "REOPENED_ALREADY", "该评价已再次整改过一次"),
    ),
    "PublishRating": (
        (
            lambda rating, loop: rating.anonymous or not _uncalled(rating, loop),
            "CALL_BACK_FIRST",
            "实名评价须先回访，再公开",
        ),
    ),
}


def require_move(rating: Rating, name: str) -> Loop:
    """The loop of the rating, when this move may be made on it. FAILED_PRECONDITION MOVE_NOT_ALLOWED, or the guard's own reason."""
    loop = rating.loop
    move = MOVES[name]
    told = STATUSES[loop.status] if loop else "无差评"
    allowed = loop is not None and loop.status in move.sources
    require(allowed, "MOVE_NOT_ALLOWED", f"该评价处于“{told}”状态，不能{move.title}")
    assert loop is not None
    for holds, reason, message in _GUARDS.get(name, ()):
        require(holds(rating, loop), reason, message)
    return loop


def open_moves(rating: Rating, actor: Actor) -> list[str]:
    """Names of the moves the actor may make on a rating he sees."""
    loop = rating.loop
    if loop is None:
        return []
    return [
        name
        for name, move in MOVES.items()
        if loop.status in move.sources
        and any(_SEES[who](actor, rating) for who in move.sees)
        and (not move.roles or not actor.roles.isdisjoint(move.roles))
        and all(holds(rating, loop) for holds, _, _ in _GUARDS.get(name, ()))
        and not (name == "ReviewRating" and actor.id in loop.parties)
    ]


# Whether the actor is the one a move is made by.
_SEES: Final[Mapping[str, Callable[[Actor, Rating], bool]]] = {
    RATER: model.sees,
    DEPARTMENT: model.handles,
    SUPERVISOR: model.oversees,
    SYSTEM: lambda _actor, _rating: False,
}


# Of an excuse that holds there is nothing to rectify, whatever the rater says when he is called.
_NEVER: Final = frozenset({("CallBackRating", REVIEWED, RECTIFYING)})


def leads(name: str) -> list[tuple[int, int]]:
    """The (status, status) pairs a move leads along; none when it stays."""
    move = MOVES[name]
    pairs = () if move.sources == move.targets else ((a, b) for a in move.sources for b in move.targets)
    return [(a, b) for a, b in pairs if a != b and (name, a, b) not in _NEVER]
