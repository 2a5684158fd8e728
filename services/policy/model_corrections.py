"""Corrections (更正): an enterprise says that a fact a department reported is wrong, and the department decides. And kinds of facts that
counties have of their own. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from chassis.acts import OFFICER, Actor, Evolve, Moment
from chassis.errors import Violation, invalid, not_found, require
from services.policy import model_facts, model_sheets, model_values
from services.policy.model_enterprises import is_own
from services.policy.model_facts import BOOL, CORRECTED, DATE, INT, KINDS, LIST, MONEY, REPORTED, TEXT, Fact, Kind
from standards.codes import region_covers
from yiwang.policy.v1 import enterprises_pb2 as pb
from yiwang.policy.v1 import events_pb2 as events

ASKED, ACCEPTED, REFUSED = "ASKED", "ACCEPTED", "REFUSED"
DECIDERS: Final = frozenset(("policy", "payout"))
SUPERVISE: Final = "supervise"
TYPES: Final[Mapping[int, str]] = {
    pb.FACT_TYPE_BOOL: BOOL,
    pb.FACT_TYPE_INT: INT,
    pb.FACT_TYPE_MONEY: MONEY,
    pb.FACT_TYPE_DATE: DATE,
    pb.FACT_TYPE_TEXT: TEXT,
    pb.FACT_TYPE_LIST: LIST,
}
NUMBERS: Final[Mapping[str, int]] = {name: number for number, name in TYPES.items()}
COUNTY_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Correction:
    """The present state of a correction."""

    id: str
    uscc: str
    organization_id: str
    region: str
    county: str
    fact: str
    value: str
    wanted: str
    sealed_reason: str
    department: str
    department_name: str
    status: str
    asked_at: datetime
    decided_at: datetime | None = None
    # What the fact is by the decision, JSON; empty when it stays.
    decided: str = ""
    sealed_answer: str = ""


@dataclass(frozen=True, slots=True)
class OwnKind:
    """A kind of fact of a region's own."""

    fact: str
    type: str
    title: str
    unit: str
    cost: int
    reporter: str
    region: str


def require_reported(fact: Fact | None) -> Fact:
    """The fact a department reported. INVALID_ARGUMENT FACT_UNKNOWN, FAILED_PRECONDITION NOT_REPORTED."""
    if fact is None:
        raise invalid(Violation("fact", "FACT_UNKNOWN", "企业库中没有该企业的这一事实"))
    require(fact.kind in (REPORTED, CORRECTED), "NOT_REPORTED", "该事实不是部门上报的，无需申请更正")
    return fact


def required(field: str, name: str, kind: Kind, told: str) -> str:
    """A value somebody tells, as JSON; INVALID_ARGUMENT with the field when it does not fit."""
    value, fault = model_sheets.value_of(name, kind, told)
    if fault:
        raise invalid(Violation(field, fault, model_sheets.MESSAGES[fault]))
    return model_facts.written(value)


def sees(actor: Actor, one: Correction) -> bool:
    """Who may read a correction: the enterprise, the department that is to decide, and who supervises the region."""
    return is_own(actor, one.uscc) or decides(actor, one) or supervises(actor, one)


def decides(actor: Actor, one: Correction) -> bool:
    """Whether it is this officer's department's to decide."""
    return actor.realm == OFFICER and bool(actor.roles & DECIDERS) and actor.department == one.department


def supervises(actor: Actor, one: Correction) -> bool:
    """Whether this officer looks after the region."""
    covered = bool(one.region) and region_covers(actor.region, one.region)
    return actor.realm == OFFICER and SUPERVISE in actor.roles and covered


def decide(one: Correction, actor: Actor, accepted: bool, value: str, sealed: str) -> events.CorrectionDecided:
    """A department decides. NOT_FOUND to others; FAILED_PRECONDITION ALREADY_DECIDED."""
    if not decides(actor, one):
        raise not_found()
    require(one.status == ASKED, "ALREADY_DECIDED", "该更正申请已处理")
    return events.CorrectionDecided(
        correction_id=one.id,
        officer_id=actor.id,
        accepted=accepted,
        value=(value or one.wanted) if accepted else "",
        sealed_answer=sealed,
    )


def save_kind(known: OwnKind | None, id: str, told: pb.FactKind, actor: Actor) -> events.FactKindSaved:
    """A region's own kind of fact, new or changed. INVALID_ARGUMENT BUILT_IN, TYPE_FIXED; NOT_FOUND for another region's."""
    if told.name in KINDS or model_values.is_derived(told.name):
        raise invalid(Violation("kind.name", "BUILT_IN", "这是内置的事实，不能修改"))
    if known is not None and known.region != actor.region:
        raise not_found()
    if known is not None and known.type != TYPES[told.type]:
        raise invalid(Violation("kind.type", "TYPE_FIXED", "事实的类型不能更改"))
    return events.FactKindSaved(
        kind_id=id,
        fact=told.name,
        type=told.type,
        title=told.title.strip(),
        unit=told.unit.strip(),
        cost=told.cost,
        reporter=told.reporter.strip(),
        region=actor.region,
        officer_id=actor.id,
    )


def kind_of(one: OwnKind) -> Kind:
    """A region's own kind as the built-in ones are."""
    return Kind(one.type, one.title, one.unit, one.cost, one.reporter)


# -- evolve ------------------------------------------------------------------------------------------------------------


def _asked(_one: Correction | None, event: events.CorrectionAsked, moment: Moment) -> Correction:
    return Correction(
        id=event.correction_id,
        uscc=event.uscc,
        organization_id=event.organization_id,
        region=event.region,
        county=event.region[:COUNTY_DIGITS],
        fact=event.fact,
        value=event.value,
        wanted=event.wanted,
        sealed_reason=event.sealed_reason,
        department=event.department,
        department_name=event.department_name,
        status=ASKED,
        asked_at=moment.at,
    )


def _decided(one: Correction, event: events.CorrectionDecided, moment: Moment) -> Correction:
    return replace(
        one,
        status=ACCEPTED if event.accepted else REFUSED,
        decided_at=moment.at,
        decided=event.value,
        sealed_answer=event.sealed_answer,
    )


def _kind_saved(_one: OwnKind | None, event: events.FactKindSaved, _moment: Moment) -> OwnKind:
    told = (event.title, event.unit, event.cost, event.reporter, event.region)
    return OwnKind(event.fact, TYPES[event.type], *told)


EVOLVE: Evolve = {events.CorrectionAsked: _asked, events.CorrectionDecided: _decided}
KINDS_EVOLVE: Evolve = {events.FactKindSaved: _kind_saved}
