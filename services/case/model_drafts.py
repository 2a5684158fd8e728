"""A draft: an application that is not submitted yet. Its content is sealed; nothing in it is checked but its shape. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chassis.acts import PERSON, Actor, Evolve, Moment
from chassis.errors import ABORTED, Refused, require
from services.case import model_seeing
from yiwang.case.v1 import events_pb2 as events

MOST_OPEN = 30
# How often one draft is saved, and characters of ciphertext it takes in all: its journal keeps every save.
MOST_SAVES, MOST_STORED = 400, 1_000_000
# Untouched for so long it ends.
KEPT_FOR = timedelta(days=90)
_FULL = "该草稿保存的次数或内容已达上限，请直接提交申请，或删除后重新填写"


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft. `open_of` is whose it is while it is open, the key of his list; empty afterwards. `version` is the record's, `stored`
    how many characters of ciphertext its journal has, `ends_at` when it ends unless it is touched."""

    id: str
    person_id: str
    open_of: str
    item_id: str
    edition: int
    sealed_content: str
    attachments: list[str]
    delegation_id: str
    saved_at: datetime
    version: int
    stored: int
    ends_at: datetime | None


def visible(actor: Actor) -> dict[str, Any]:
    """The one filter of every read and write: a person's own open drafts; for who acts for him those of the delegation."""
    if actor.realm != PERSON or not actor.id:
        return {"state.open_of": "nobody"}
    own: dict[str, Any] = {"state.open_of": actor.id}
    if actor.acting is None or model_seeing.handles(actor):
        return own
    return own | {"state.delegation_id": actor.acting.delegation or "none"}


def sees(actor: Actor, draft: Draft) -> bool:
    """The same as `visible`, as a predicate."""
    if actor.realm != PERSON or not actor.id or draft.open_of != actor.id:
        return False
    if actor.acting is None or model_seeing.handles(actor):
        return True
    return bool(actor.acting.delegation) and draft.delegation_id == actor.acting.delegation


def save(
    id: str, actor: Actor, item_id: str, edition: int, sealed_content: str, attachments: Sequence[str]
) -> events.DraftSaved:
    """A draft as it is now. FAILED_PRECONDITION DRAFT_FULL when it is longer than any may be."""
    _require_room(0, sealed_content)
    return events.DraftSaved(
        draft_id=id,
        person_id=actor.id,
        item_id=item_id,
        edition=edition,
        sealed_content=sealed_content,
        attachments=attachments,
        delegation_id=actor.acting.delegation if actor.acting else "",
    )


def save_again(draft: Draft, saved: events.DraftSaved, seen: int = 0) -> events.DraftSaved:
    """The same draft, saved again; it stays of the item it was begun for. `seen` is the version it was opened at, 0 = whatever it is.

    FAILED_PRECONDITION DRAFT_OF_ANOTHER_ITEM, DRAFT_FULL; ABORTED VERSION_MOVED.
    """
    require(draft.item_id == saved.item_id, "DRAFT_OF_ANOTHER_ITEM", "该草稿属于另一事项")
    if seen and seen != draft.version:
        raise Refused(ABORTED, "VERSION_MOVED", "草稿已在其他设备或页面上修改")
    require(draft.version < MOST_SAVES, "DRAFT_FULL", _FULL)
    _require_room(draft.stored, saved.sealed_content)
    return saved


def _require_room(stored: int, sealed_content: str) -> None:
    require(stored + len(sealed_content) <= MOST_STORED, "DRAFT_FULL", _FULL)


def end(draft: Draft, submitted: bool) -> events.DraftEnded | None:
    """Submitted, discarded or left alone too long; nothing for one that ended."""
    return events.DraftEnded(draft_id=draft.id, submitted=submitted) if draft.open_of else None


def lapse(draft: Draft, now: datetime) -> events.DraftEnded | None:
    """Its time is over; nothing for one that ended, or that somebody saved meanwhile."""
    return end(draft, submitted=False) if draft.ends_at is not None and draft.ends_at <= now else None


def _saved(draft: Draft | None, event: events.DraftSaved, moment: Moment) -> Draft:
    return Draft(
        id=event.draft_id,
        person_id=event.person_id,
        open_of=event.person_id,
        item_id=event.item_id,
        edition=event.edition,
        sealed_content=event.sealed_content,
        attachments=list(event.attachments),
        # Whose delegation it was begun under stays, whoever saves it later.
        delegation_id=draft.delegation_id if draft else event.delegation_id,
        saved_at=moment.at,
        version=(draft.version if draft else 0) + 1,
        stored=(draft.stored if draft else 0) + len(event.sealed_content),
        ends_at=moment.at + KEPT_FOR,
    )


def _ended(draft: Draft, _event: events.DraftEnded, _moment: Moment) -> Draft:
    return replace(draft, open_of="", attachments=[], sealed_content="", version=draft.version + 1, ends_at=None)


EVOLVE: Evolve = {events.DraftSaved: _saved, events.DraftEnded: _ended}
