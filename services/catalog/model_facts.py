"""What lists, rates and search know of one edition of an item: small, and kept in the state for every edition. Pure."""

from dataclasses import dataclass, field
from datetime import datetime

from standards import codes
from yiwang.catalog.v1 import service_pb2 as pb


@dataclass(frozen=True, slots=True)
class Facts:
    """One edition in brief."""

    code: str
    name: str
    aliases: list[str]
    former_codes: list[str]
    department: str
    department_name: str
    region: str
    type_code: str
    # Of natural and of legal persons together.
    topics: list[str]
    service_objects: list[str]
    exercise_level: str
    handling_forms: list[int]
    # yiwang.catalog.v1.Trait
    traits: list[int]
    # Amount and unit; empty when none is stated.
    promised: list[int]
    statutory: list[int]
    visits: int
    online: bool
    # Codes 1 to 8 of C.1.5.
    depths: list[int]
    duty_codes: list[str]
    # Words for the lists: fees, intermediary services, the summary of 秒批, why it is not in the hall.
    fee: str
    intermediaries: list[str]
    automatic: str
    at_centre: bool
    not_at_centre_reason: str
    # Whether materials are shown by scenario.
    scenarios: bool
    materials: int
    steps: int
    # Visits, materials, steps, and the limit's amount and unit before the reform; empty when not stated.
    baseline: list[int] = field(default_factory=list)
    # yiwang.catalog.v1.Reach
    reach: int = 0


@dataclass(frozen=True, slots=True)
class Chapter:
    """What the item was from an instant on: an edition in force, suspended, or withdrawn. The next chapter ends it."""

    edition: int
    # yiwang.catalog.v1.ItemStatus
    status: int
    since: datetime
    facts: Facts
    reason: str = ""
    successors: list[str] = field(default_factory=list)


def facts_of(definition: pb.ItemDefinition) -> Facts:
    """The facts of a definition."""
    return Facts(
        code=definition.code,
        name=definition.name,
        aliases=list(definition.aliases),
        former_codes=list(definition.former_codes),
        department=definition.department.code,
        department_name=definition.department.name,
        region=definition.region,
        type_code=definition.type_code,
        topics=list(dict.fromkeys((*definition.topics, *definition.corporate_topics))),
        service_objects=list(definition.service_objects),
        exercise_level=definition.exercise_level,
        handling_forms=[int(form) for form in definition.handling_forms],
        traits=traits(definition),
        promised=_limit(definition.promised_limit),
        statutory=_limit(definition.statutory_limit),
        visits=definition.visits,
        online=definition.online,
        depths=sorted(definition.online_depths),
        duty_codes=list(definition.duty_codes),
        fee="；".join(fee.standard or fee.name for fee in definition.fees) or definition.fee_note,
        intermediaries=list(definition.intermediary_services),
        automatic=definition.automatic.summary,
        at_centre=definition.at_service_centre,
        not_at_centre_reason=definition.not_at_centre_reason,
        scenarios=bool(definition.questions),
        materials=len(definition.materials),
        steps=len(definition.steps),
        baseline=_baseline(definition),
        reach=int(definition.reach),
    )


def traits(definition: pb.ItemDefinition) -> list[int]:
    """What is derived of a definition, in the order of the enum."""
    near = len(codes.region_prefix(definition.region)) > 6 or any(len(place.region) > 6 for place in definition.places)
    holds = {
        pb.TRAIT_ONLINE: definition.online,
        pb.TRAIT_ONE_VISIT: definition.visits <= 1,
        pb.TRAIT_AT_ONCE: definition.case_kind == pb.CASE_KIND_AT_ONCE
        or definition.promised_limit.unit == pb.TIME_UNIT_AT_ONCE,
        pb.TRAIT_NEARBY: near,
        pb.TRAIT_NO_VISIT: definition.online and definition.visits == 0,
        pb.TRAIT_AUTOMATIC: definition.HasField("automatic"),
        pb.TRAIT_ANYWHERE: definition.reach >= pb.REACH_CITY,
        pb.TRAIT_COMMITMENT: definition.commitment,
        pb.TRAIT_CHARGED: definition.charged,
        pb.TRAIT_INTERMEDIARY: bool(definition.intermediary_services),
    }
    return [int(trait) for trait, is_so in holds.items() if is_so]


def _limit(limit: pb.Limit) -> list[int]:
    return [limit.amount, int(limit.unit)] if limit.unit else []


def _baseline(definition: pb.ItemDefinition) -> list[int]:
    if not definition.HasField("baseline"):
        return []
    told = definition.baseline
    return [told.visits, told.materials, told.steps, told.limit.amount, int(told.limit.unit)]
