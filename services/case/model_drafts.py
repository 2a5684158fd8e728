"""A draft: an application that is not submitted yet. Its content is sealed; nothing in it is checked but its shape. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chassis.acts import PERSON, Actor, Evolve, Moment
from chassis.errors import require
from services.case import model_seeing
from yiwang.case.v1 import events_pb2 as events

MOST_OPEN = 30
# Untouched for so long it ends.
KEPT_FOR = timedelta(days=90)
# Journal entries left for what ends it.
ROOM = 50


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft. `open_of` is whose it is while it is open, the key of his list; empty afterwards."""

    id: str
    person_id: str
    open_of: str
    item_id: str
    edition: int
    sealed_content: str
    attachments: list[str]
    delegation_id: str
    saved_at: datetime


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
    """A draft as it is now."""
    return events.DraftSaved(
        draft_id=id,
        person_id=actor.id,
        item_id=item_id,
        edition=edition,
        sealed_content=sealed_content,
        attachments=attachments,
        delegation_id=actor.acting.delegation if actor.acting else "",
    )


def save_again(draft: Draft, saved: events.DraftSaved) -> events.DraftSaved:
    """The same draft, saved again; it stays of the item it was begun for. FAILED_PRECONDITION DRAFT_OF_ANOTHER_ITEM."""
    require(draft.item_id == saved.item_id, "DRAFT_OF_ANOTHER_ITEM", "该草稿属于另一事项")
    return saved


def end(draft: Draft, submitted: bool) -> events.DraftEnded | None:
    """Submitted, discarded or left alone too long; nothing for one that ended."""
    return events.DraftEnded(draft_id=draft.id, submitted=submitted) if draft.open_of else None


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
    )


def _ended(draft: Draft, _event: events.DraftEnded, _moment: Moment) -> Draft:
    return replace(draft, open_of="", attachments=[], sealed_content="")


EVOLVE: Evolve = {events.DraftSaved: _saved, events.DraftEnded: _ended}
