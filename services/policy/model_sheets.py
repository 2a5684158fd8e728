"""Sheets of facts: what one source told of one enterprise in one year, and what may be told. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from chassis.acts import Evolve, Moment
from chassis.errors import Violation
from services.policy import model_facts
from services.policy.model_facts import LIST, TEXT, Fact, Kind
from standards import instants, personal_data
from standards.codes import region_covers, region_valid
from standards.identifiers import uscc_valid
from standards.workdays import SHANGHAI
from yiwang.policy.v1 import enterprises_pb2 as pb
from yiwang.policy.v1 import events_pb2 as events

# Sources that are no departments.
ENTERPRISE, IDENTITY, INTERMEDIARY = "enterprise", "identity", "intermediary"
SOURCES: Final[Mapping[str, str]] = {ENTERPRISE: "企业自报", IDENTITY: "统一身份认证", INTERMEDIARY: "中介超市"}
MESSAGES: Final[Mapping[str, str]] = {
    "USCC": "统一社会信用代码无效",
    "REGION": "行政区划代码无效，或不在本部门区域内",
    "INSTANT": "时间不是有效的RFC 3339时间",
    "IN_THE_FUTURE": "时间晚于现在",
    "NO_FACTS": "没有填写任何事实",
    "FACT_UNKNOWN": "没有这一事实",
    "TWICE": "同一事实填写了两次",
    "WRONG_TYPE": "内容的类型或长度不符",
    "PERSONAL_DATA": "内容含有个人信息",
    "NOT_TO_STATE": "该事实由部门提供，无需自报",
    "JOURNAL_FULL": "该企业本年度上报次数已达上限",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a source told of an enterprise in a year: the last value of each fact, as JSON."""

    uscc: str
    source: str
    source_name: str
    facts: dict[str, str]


class Told(NamedTuple):
    """What is to be written of one enterprise: facts with their values as JSON, and when they were true."""

    uscc: str
    facts: tuple[tuple[str, str], ...]
    at: datetime


def year_of(at: datetime) -> int:
    """The year of an instant, where we are."""
    return at.astimezone(SHANGHAI).year


def row(told: pb.FactRow, kinds: Mapping[str, Kind], region: str, now: datetime) -> tuple[Told | None, list[Violation]]:
    """What a department's row tells, or all that is wrong with it. `region` is the department's own."""
    found: list[Violation] = []
    if not uscc_valid(told.uscc):
        found.append(fault("uscc", "USCC"))
    if told.region and not region_covers(region, told.region):
        found.append(fault("region", "REGION"))
    at = instants.stated(told.at)
    if at is None:
        found.append(fault("at", "INSTANT"))
    elif at > now:
        found.append(fault("at", "IN_THE_FUTURE"))
    own = [
        (name, model_facts.written(value)) for name, value in (("name", told.name), ("region", told.region)) if value
    ]
    rows = [(one.name, one.value) for one in told.facts]
    if not own and not rows:
        found.append(fault("facts", "NO_FACTS"))
    # The name of an organisation is public whatever it looks like; everything else is looked through.
    facts, faults = listed(rows, kinds, {name for name, _ in own})
    found += faults
    if found or at is None:
        return None, found
    return Told(told.uscc, (*own, *facts), at), []


def listed(
    rows: Iterable[tuple[str, str]], kinds: Mapping[str, Kind], taken: Iterable[str] = (), claimed: bool = False
) -> tuple[list[tuple[str, str]], list[Violation]]:
    """The facts of rows (name, JSON) in the writing of this platform, and what is wrong with them. `taken` are names told already;
    an enterprise that claims them may state no more than what costs it something."""
    seen, facts, faults = set(taken), [], []
    for place, (name, told) in enumerate(rows):
        kind = kinds.get(name)
        if kind is None:
            faults.append(fault(f"facts[{place}].name", "FACT_UNKNOWN"))
            continue
        if name in seen:
            faults.append(fault(f"facts[{place}].name", "TWICE"))
        seen.add(name)
        if claimed and not kind.cost:
            faults.append(fault(f"facts[{place}].name", "NOT_TO_STATE"))
        value, odd = value_of(name, kind, told)
        if odd:
            faults.append(fault(f"facts[{place}].value", odd))
        facts.append((name, model_facts.written(value)))
    return facts, faults


def value_of(name: str, kind: Kind, told: str) -> tuple[Any, str]:
    """The value a JSON text tells, and what is wrong with it: nothing, WRONG_TYPE or PERSONAL_DATA."""
    value, odd = model_facts.read(kind, told)
    if name == "region" and not (isinstance(value, str) and region_valid(value)):
        return None, "WRONG_TYPE"
    if odd or value is None or kind.type not in (TEXT, LIST) or name == "name":
        return value, odd
    said = value if isinstance(value, list) else [value]
    return value, "PERSONAL_DATA" if any(personal_data.found(one) for one in said) else ""


def stated(id: str, told: Told, source: str, source_name: str, kind: str) -> events.FactsStated:
    """A source told facts."""
    return events.FactsStated(
        sheet_id=id,
        uscc=told.uscc,
        source=source,
        source_name=source_name,
        kind=kind,
        facts=[events.FactStated(name=name, value=value) for name, value in told.facts],
        at=instants.text(told.at),
    )


def facts_in(event: events.FactsStated, kinds: Mapping[str, Kind], seq: int) -> list[Fact]:
    """The facts an event tells; those of kinds nobody knows any more are left out."""
    at = datetime.fromisoformat(event.at)
    found = []
    for told in event.facts:
        kind = kinds.get(told.name)
        value, odd = model_facts.read(kind, told.value) if kind else (None, "FACT_UNKNOWN")
        if not odd:
            by = (event.source, event.source_name, event.kind, at, event.sheet_id, seq)
            found.append(Fact(told.name, value, *by))
    return found


def fault(field: str, reason: str) -> Violation:
    """What is wrong with a field, for people too."""
    return Violation(field, reason, MESSAGES[reason])


def _stated(sheet: Sheet | None, event: events.FactsStated, _moment: Moment) -> Sheet:
    told = {one.name: one.value for one in event.facts}
    if sheet is None:
        return Sheet(event.uscc, event.source, event.source_name, told)
    return replace(sheet, source_name=event.source_name, facts=sheet.facts | told)


EVOLVE: Evolve = {events.FactsStated: _stated}
