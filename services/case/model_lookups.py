"""A look-up at the licence source (免证办): what was asked about whom and why, and whether it stands for a material. Pure.

Each is a record of its own, written once, whatever the source said; the person reads all about him.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from chassis.acts import Actor, Evolve, Moment
from services.case import model_seeing
from standards.instants import instant
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import promises_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

FOUND, NONE, VOID, AWAY = "FOUND", "NONE", "VOID", "AWAY"
OUTCOMES: Final[Mapping[str, int]] = {
    FOUND: pb.LOOK_UP_OUTCOME_FOUND,
    NONE: pb.LOOK_UP_OUTCOME_NONE,
    VOID: pb.LOOK_UP_OUTCOME_VOID,
    AWAY: pb.LOOK_UP_OUTCOME_AWAY,
}
# What the person reads beside the purpose.
WORDS: Final[Mapping[str, str]] = {
    FOUND: "查询到有效证照",
    NONE: "未查询到证照",
    VOID: "查询到的证照已失效",
    AWAY: "证照源未应答",
}
# How long a proof can be handed in.
GOOD_FOR = timedelta(hours=24)
# Ways of a material that a licence proves.
BY_LICENCE = (catalog.WAIVER_LICENCE, catalog.WAIVER_DATA)


@dataclass(frozen=True, slots=True)
class LookUp:
    """One question. The licence, the number, the purpose and who asked are sealed under the person's key."""

    id: str
    applicant_id: str
    item_id: str
    item_code: str
    item_name: str
    material: str
    licence_type: str
    outcome: str
    sealed: str
    by: str
    at: datetime
    expires_at: datetime


def visible(actor: Actor) -> dict[str, Any]:
    """The one filter of the list: who was asked about reads it, and nobody else does."""
    return {"state.applicant_id": actor.id if actor.id and model_seeing.is_applicant(actor) else ""}


def sees(actor: Actor, lookup: LookUp) -> bool:
    """The same as `visible`, as a predicate."""
    return bool(actor.id) and model_seeing.is_applicant(actor) and lookup.applicant_id == actor.id


def offered(material: catalog.Material) -> bool:
    """Whether a licence that is looked up can stand for the material."""
    return material.waiver in BY_LICENCE and bool(material.licence_code)


def looked_up(
    id: str,
    applicant_id: str,
    item_id: str,
    item: catalog.ItemDefinition,
    material: catalog.Material,
    outcome: str,
    sealed: str,
    now: datetime,
) -> events.LicenceLookedUp:
    """The source was asked, and this is what it said."""
    return events.LicenceLookedUp(
        lookup_id=id,
        applicant_id=applicant_id,
        item_id=item_id,
        item_code=item.code,
        item_name=item.name,
        material=material.key,
        licence_type=material.licence_code,
        outcome=outcome,
        sealed=sealed,
        expires_at=(now + GOOD_FOR).isoformat(),
    )


def proves(lookup: LookUp | None, applicant_id: str, item_id: str, material: catalog.Material, now: datetime) -> bool:
    """Whether a look-up stands for this material of this item, for this person, now; where the source was away it does until an officer
    has looked."""
    return (
        lookup is not None
        and lookup.applicant_id == applicant_id
        and lookup.item_id == item_id
        and (lookup.material, lookup.licence_type) == (material.key, material.licence_code)
        and lookup.outcome in (FOUND, AWAY)
        and now < lookup.expires_at
    )


def masked_number(number: str) -> str:
    """A licence's number, as much of it as its holder needs to know it again."""
    shown = min(4, len(number) // 4)
    return number[:shown] + "*" * (len(number) - 2 * shown) + (number[-shown:] if shown else "")


def _looked_up(_lookup: None, event: events.LicenceLookedUp, moment: Moment) -> LookUp:
    return LookUp(
        id=event.lookup_id,
        applicant_id=event.applicant_id,
        item_id=event.item_id,
        item_code=event.item_code,
        item_name=event.item_name,
        material=event.material,
        licence_type=event.licence_type,
        outcome=event.outcome,
        sealed=event.sealed,
        by=moment.by,
        at=moment.at,
        expires_at=instant(event.expires_at) or moment.at,
    )


EVOLVE: Evolve = {events.LicenceLookedUp: _looked_up}
