"""A line of the access record that case keeps of a person: who saw a case of his as a supervisor, or answers in clear. Pure.

Each line is a record of its own, written once, before what it tells of is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.acts import Actor, Evolve, Moment
from services.case import model_seeing
from services.case.model import Case
from services.case.model_bundles import Bundle
from yiwang.case.v1 import events_pb2 as events

VIEWED, DOWNLOADED, UNMASKED = "VIEWED", "DOWNLOADED", "UNMASKED"
# What the person reads.
WORDS: Mapping[str, str] = {VIEWED: "监督查阅", DOWNLOADED: "监督查阅附件", UNMASKED: "查看明文"}


@dataclass(frozen=True, slots=True)
class Access:
    """One look at a case. Department, fields and purpose are sealed under the applicant's key."""

    id: str
    case_id: str
    case_number: str
    person_id: str
    by: str
    what: str
    sealed: str
    at: datetime


def visible(actor: Actor) -> dict[str, Any]:
    """The one filter of the list: whoever applied reads who looked, and nobody else does."""
    return {"state.person_id": actor.id if actor.id and model_seeing.is_applicant(actor) else ""}


def sees(actor: Actor, access: Access) -> bool:
    """The same as `visible`, as a predicate."""
    return bool(actor.id) and model_seeing.is_applicant(actor) and access.person_id == actor.id


def noted(id: str, case: Case | Bundle, by: str, what: str, sealed: str) -> events.CaseAccessNoted:
    """Somebody is about to see something of a case."""
    return events.CaseAccessNoted(
        access_id=id,
        case_id=case.id,
        case_number=case.number,
        person_id=case.applicant_id,
        by=by,
        what=what,
        sealed=sealed,
    )


def _noted(_access: None, event: events.CaseAccessNoted, moment: Moment) -> Access:
    return Access(
        id=event.access_id,
        case_id=event.case_id,
        case_number=event.case_number,
        person_id=event.person_id,
        by=event.by,
        what=event.what,
        sealed=event.sealed,
        at=moment.at,
    )


EVOLVE: Evolve = {events.CaseAccessNoted: _noted}
