"""The life of everything the catalogue publishes: written, reviewed by somebody who wrote none of it, published, suspended,
withdrawn. Items, entries, implementations and themes share it. Pure: one function per act that refuses, one per event that moves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
from google.protobuf.message import Message

from chassis import contracts
from chassis.acts import OFFICER, Actor, Moment
from chassis.errors import ABORTED, PERMISSION_DENIED, Refused, Violation, invalid, require
from chassis.plain import plain
from standards import codes
from yiwang.catalog.v1 import service_pb2 as pb

DRAFT, PUBLISHED = pb.ITEM_STATUS_DRAFT, pb.ITEM_STATUS_PUBLISHED
SUSPENDED, WITHDRAWN = pb.ITEM_STATUS_SUSPENDED, pb.ITEM_STATUS_WITHDRAWN
NOTHING, WRITTEN = pb.DRAFT_STATUS_NONE, pb.DRAFT_STATUS_WRITTEN
REVIEWED, RETURNED, SCHEDULED = pb.DRAFT_STATUS_REVIEWED, pb.DRAFT_STATUS_RETURNED, pb.DRAFT_STATUS_SCHEDULED
# A record keeps every definition it ever had and stays below 1 MB.
MOST_BYTES = 900_000


@dataclass(frozen=True, slots=True)
class Life:
    """Where something stands: what the public sees of it (`status`, `edition`), and its working definition (`draft`, `digest`)."""

    status: int = DRAFT
    draft: int = NOTHING
    # Entries of the journal so far: the record's version.
    version: int = 0
    # Principals who wrote any of the working definition since the last edition.
    writers: list[str] = field(default_factory=list)
    digest: str = ""
    # Bytes of all definitions in the journal, and of what the history keeps of them.
    written: int = 0
    edition: int = 0
    published_digest: str = ""
    published_at: datetime | None = None
    changed_at: datetime | None = None
    # Of the suspension, the withdrawal, or the return.
    reason: str = ""
    return_reason: str = ""


def visible(actor: Actor) -> dict[str, Any]:
    """The one filter of drafts and writes: officers see what is of the regions theirs covers."""
    if actor.realm == OFFICER and codes.region_valid(actor.region):
        prefix = codes.region_prefix(actor.region)
        return {"state.region": {"$gte": prefix, "$lt": prefix + ":"}}
    return {"state.region": ""}


def covers(actor: Actor, region: str) -> bool:
    """The same as `visible`, as a predicate."""
    return actor.realm == OFFICER and codes.region_covers(actor.region, region)


def published() -> dict[str, Any]:
    """The filter of what everyone may read: whatever has an edition."""
    return {"state.life.edition": {"$gte": 1}}


def require_region(actor: Actor, region: str, path: str = "definition.region") -> None:
    """PERMISSION_DENIED REGION_NOT_COVERED unless the officer's region covers it."""
    if not codes.region_covers(actor.region, region):
        message = "所属区划不在您的管辖范围内"
        raise Refused(
            PERMISSION_DENIED, "REGION_NOT_COVERED", message, (Violation(path, "REGION_NOT_COVERED", message),)
        )


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of a definition's proto3 JSON with sorted keys."""
    return contracts.digest(content)


def require_version(life: Life, seen: int) -> None:
    """ABORTED VERSION_MOVED when it is no longer what was looked at; 0 = whatever it is."""
    if seen and seen != life.version:
        raise Refused(ABORTED, "VERSION_MOVED", "内容已被他人修改，请重新查看后再操作")


def save(life: Life | None, definition: Message, seen: int = 0) -> bool:
    """Whether saving this definition changes anything. Refuses where it is withdrawn, moved on, or has no room left."""
    if life is not None:
        require_version(life, seen)
        require(life.status != WITHDRAWN, "WITHDRAWN", "已取消的内容不能再修改")
    content = plain(definition)
    # It stands in two entries, saved and published, and in the state; its facts with each turn of the history.
    _require_room(life, 4 * size(content))
    return life is None or life.digest != digest(content)


def review(life: Life, by: str, seen: int) -> None:
    """Whether this principal may approve what stands at the version seen (四眼: no writer reviews his own)."""
    require_version(life, seen)
    require(life.draft in (WRITTEN, RETURNED), "NOTHING_TO_REVIEW", "没有待审核的修改")
    if by in life.writers:
        raise Refused(PERMISSION_DENIED, "WRITER_MAY_NOT_REVIEW", "编写人不得审核自己编写的内容，请由他人审核")


def give_back(life: Life) -> None:
    """Whether there is anything to send back."""
    require(life.draft in (WRITTEN, REVIEWED, SCHEDULED), "NOTHING_TO_RETURN", "没有可退回的修改")


def publish(life: Life) -> None:
    """Whether the working definition may become the next edition."""
    require(life.status != WITHDRAWN, "WITHDRAWN", "已取消的内容不能再发布")
    require(life.draft != NOTHING, "NOTHING_TO_PUBLISH", "当前内容已经发布，没有可发布的修改")
    require(life.draft in (REVIEWED, SCHEDULED), "NOT_REVIEWED", "尚未审核通过，不能发布")


def suspend(life: Life) -> None:
    """Whether it can be suspended."""
    require(life.status == PUBLISHED, "NOT_PUBLISHED", "未处于发布状态，不能暂停")


def resume(life: Life, bytes: int = 0) -> None:
    """Whether it can be brought back as it was; each coming back, and the next suspension, keeps so many bytes."""
    require(life.status == SUSPENDED, "NOT_SUSPENDED", "未处于暂停状态，不需恢复")
    _require_room(life, 2 * bytes)


def withdraw(life: Life) -> None:
    """Whether it can end: whatever is not withdrawn already can."""
    require(life.status != WITHDRAWN, "WITHDRAWN", "已经取消")


def size(content: Mapping[str, Any]) -> int:
    """Bytes of a content as JSON."""
    return len(orjson.dumps(content))


def require_room(life: Life, content: Mapping[str, Any]) -> None:
    """INVALID_ARGUMENT TOO_LARGE when the record has no room left for another definition, saved and published."""
    _require_room(life, 4 * size(content))


def _require_room(life: Life | None, bytes: int) -> None:
    if (life.written if life else 0) + bytes > MOST_BYTES:
        raise invalid(Violation("definition", "TOO_LARGE", "内容连同历次版本过大，无法保存"))


def after_saved(life: Life | None, content: Mapping[str, Any], moment: Moment, also: Sequence[str] = ()) -> Life:
    """Written: a review before this no longer counts. What is published already, brought back, waits for nothing.

    `also` are principals who count as writers beside who wrote it here.
    """
    base, fresh = life or Life(), digest(content)
    writers = list(dict.fromkeys((*base.writers, moment.by, *also)))
    moved = _moved(base, moment)
    written = base.written + size(content)
    draft = NOTHING if fresh == base.published_digest else WRITTEN
    return replace(moved, draft=draft, writers=writers, digest=fresh, written=written, return_reason="")


def after_reviewed(life: Life, moment: Moment) -> Life:
    """Approved as it stands."""
    return replace(_moved(life, moment), draft=REVIEWED, return_reason="")


def after_returned(life: Life, reason: str, moment: Moment) -> Life:
    """Sent back: it has to be written, or at least reviewed, again."""
    return replace(_moved(life, moment), draft=RETURNED, return_reason=reason)


def after_scheduled(life: Life, moment: Moment) -> Life:
    """Approved, and waiting for its day."""
    return replace(_moved(life, moment), draft=SCHEDULED)


def after_published(life: Life, edition: int, content: Mapping[str, Any], moment: Moment) -> Life:
    """In force. What is published may be older than the working definition (an import beside an officer): that one waits on."""
    fresh = digest(content)
    same = fresh == life.digest
    return replace(
        _moved(life, moment),
        status=PUBLISHED,
        draft=NOTHING if same else life.draft,
        writers=[] if same else life.writers,
        edition=edition,
        published_digest=fresh,
        published_at=moment.at,
        written=life.written + size(content),
        reason="",
    )


def after_suspended(life: Life, reason: str, moment: Moment) -> Life:
    """Not for new applications; what waited for its day waits for a person again."""
    draft = REVIEWED if life.draft == SCHEDULED else life.draft
    return replace(_moved(life, moment), status=SUSPENDED, draft=draft, reason=reason)


def after_resumed(life: Life, moment: Moment) -> Life:
    """As it was."""
    return replace(_moved(life, moment), status=PUBLISHED, reason="")


def after_withdrawn(life: Life, reason: str, moment: Moment) -> Life:
    """Over for ever; what was being written ends with it."""
    return replace(_moved(life, moment), status=WITHDRAWN, draft=NOTHING, writers=[], reason=reason)


def after_kept(life: Life, bytes: int) -> Life:
    """So many bytes more in the record."""
    return replace(life, written=life.written + bytes)


def moved(life: Life, moment: Moment) -> Life:
    """Anything else that happened: one entry more."""
    return _moved(life, moment)


def _moved(life: Life, moment: Moment) -> Life:
    return replace(life, version=life.version + 1, changed_at=moment.at)
