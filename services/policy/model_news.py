"""What a department publishes beside policies, as it stands: investment projects, parks, news for talent, notices; and who may do what with
it when, as a table. Pure.

What it says is checked in `model_news_content`, acts are in `model_news_acts`, events turn into state in `model_news_evolve`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from google.protobuf.json_format import ParseDict

from chassis.acts import OFFICER, Actor
from chassis.errors import PERMISSION_DENIED, Refused, not_found, require
from services.policy.model_portal import POLICY, SUPERVISE, Move, along, looks_after
from services.policy.model_writing import Writing
from yiwang.policy.v1 import news_pb2 as pb

DRAFT, PUBLISHED, TAKEN_DOWN = pb.NEWS_STATUS_DRAFT, pb.NEWS_STATUS_PUBLISHED, pb.NEWS_STATUS_TAKEN_DOWN
STATUSES: Final[Mapping[int, str]] = {DRAFT: "未发布", PUBLISHED: "已发布", TAKEN_DOWN: "已下架"}
# Why it was taken down.
WITHDRAWN, EXPIRED, UNCONFIRMED = "WITHDRAWN", "EXPIRED", "UNCONFIRMED"
# Working days it stays public, flagged, after nobody confirmed it in time.
GRACE_DAYS: Final = 5
# Natural days it holds at most before somebody confirms it again.
MOST_DAYS: Final = 366
# What is due by itself.
REVIEW, END, EXPIRE = "review", "end", "expire"
# Who makes a move.
DESK, SUPERVISOR, SYSTEM = "desk", "supervisor", "system"


@dataclass(frozen=True, slots=True)
class News:
    """The present state of one. Contents are proto3 JSON."""

    id: str
    kind: int
    region: str
    county: str
    department: str
    department_name: str
    status: int
    opened_at: datetime
    # What is public, or was before it was taken down; empty in a draft.
    content: dict[str, Any] = field(default_factory=dict)
    writing: Writing = field(default_factory=Writing)
    edition: int = 0
    published_at: datetime | None = None
    review_due: datetime | None = None
    expires_at: datetime | None = None
    # Nobody confirmed it in time; it is taken down at `ends_at`.
    unconfirmed: bool = False
    ends_at: datetime | None = None
    taken_down: str = ""
    taken_down_reason: str = ""
    # The earliest instant something is due by itself, and what; None = nothing is.
    due: datetime | None = None
    due_of: str = ""


def content_of(content: Mapping[str, Any]) -> pb.NewsContent:
    """A content as its message."""
    return ParseDict(dict(content), pb.NewsContent(), ignore_unknown_fields=True)


def writes(actor: Actor, news: News) -> bool:
    """Whether the actor writes and reviews for its department."""
    return is_writer(actor) and actor.department == news.department


def is_writer(actor: Actor) -> bool:
    """Whether the actor writes for a department at all."""
    return actor.realm == OFFICER and POLICY in actor.roles and bool(actor.department)


def supervises(actor: Actor, news: News) -> bool:
    """Whether the actor supervises its region."""
    return looks_after(actor, SUPERVISE, news.region)


def works_on(actor: Actor, news: News) -> bool:
    """Whether the actor may see what is being written."""
    return writes(actor, news) or supervises(actor, news)


def sees(actor: Actor, news: News) -> bool:
    """Whether the actor may read anything of it: what is published everybody may."""
    return news.status == PUBLISHED or works_on(actor, news)


_ALL: Final = tuple(STATUSES)
_STAYS: Final = (PUBLISHED,)
_BY_DESK, _BY_SYSTEM = (DESK,), (SYSTEM,)

# By the name of the RPC, or of the event where the clock does it.
MOVES: Final[Mapping[str, Move]] = {
    "SaveNews": Move("修改", _BY_DESK, _ALL, _ALL),
    "ReviewNews": Move("审核发布", _BY_DESK, _ALL, _STAYS),
    "ReturnNews": Move("退回", _BY_DESK, _ALL, _ALL),
    "ConfirmNews": Move("确认有效", _BY_DESK, _STAYS, _STAYS),
    "WithdrawNews": Move("下架", (DESK, SUPERVISOR), _STAYS, (TAKEN_DOWN,)),
    # By the clock.
    "NewsUnconfirmed": Move("逾期未确认", _BY_SYSTEM, _STAYS, _STAYS),
    "NewsTakenDown": Move("到期下架", _BY_SYSTEM, _STAYS, (TAKEN_DOWN,)),
}
_IS: Final[Mapping[str, Callable[[Actor, News], bool]]] = {
    DESK: writes,
    SUPERVISOR: supervises,
    SYSTEM: lambda _actor, _news: False,
}


def leads(name: str) -> list[tuple[int, int]]:
    """The (status, status) pairs a move leads along; none when it stays."""
    return along(MOVES[name])


def require_by(news: News, name: str, actor: Actor) -> None:
    """NOT_FOUND for whom what is being written is not there; PERMISSION_DENIED NOT_YOURS for who reads it, but does not make this move;
    MOVE_NOT_ALLOWED where the status does not allow it."""
    if not works_on(actor, news):
        raise not_found()
    move = MOVES[name]
    if not any(_IS[who](actor, news) for who in move.by):
        raise Refused(PERMISSION_DENIED, "NOT_YOURS", f"您不能{move.title}")
    require(
        news.status in move.sources, "MOVE_NOT_ALLOWED", f"该信息处于“{STATUSES[news.status]}”状态，不能{move.title}"
    )


def open_moves(news: News, actor: Actor) -> list[str]:
    """Names of the moves the actor may make on one he sees."""
    reviewed = {
        "ReviewNews": news.writing.waiting and actor.by not in news.writing.writers,
        "ReturnNews": news.writing.waiting,
    }
    return [
        name
        for name, move in MOVES.items()
        if news.status in move.sources and any(_IS[who](actor, news) for who in move.by) and reviewed.get(name, True)
    ]
