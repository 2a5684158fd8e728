"""Which payout items an enterprise gets, by the facts alone: a plan of all open items, and what an item says of one enterprise. Pure.

The plan knows which items read a fact, so that a fact that changes is looked at by those alone. What an enterprise has of an item already
is no matter here: that is the explanation's, and the claim's.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from chassis import rules
from services.policy import model_amounts
from standards.codes import region_covers
from yiwang.policy.v1 import items_pb2 as pb
from yiwang.rules.v1 import rules_pb2

# What a rule may read of claims: of nobody who asks for the first time is there any.
UNTAKEN: Final[Mapping[str, int]] = {"claimed_this_period": 0, "group_claims": 0, "group_fen": 0}
TODAY, DAYS, ON = "today", "_days", "_on"
REGION: Final = "region"


class Judged(NamedTuple):
    """An open item, ready to be judged of many."""

    id: str
    edition: int
    region: str
    mode: int
    title: str
    judgement: rules.Prepared
    vetoes: tuple[str, ...]
    amount: pb.AmountFormula
    # Facts it reads, as rules name them, sorted.
    reads: tuple[str, ...]
    # Whether its answer may be another one tomorrow.
    daily: bool


class Plan(NamedTuple):
    """All open items, and which of them read a fact."""

    items: Mapping[str, Judged]
    readers: Mapping[str, frozenset[str]]
    daily: frozenset[str]


class Outcome(NamedTuple):
    """What an item says of an enterprise: a Truth, how much, which facts are missing, and why the formula has no result."""

    truth: int
    fen: int = 0
    missing: tuple[str, ...] = ()
    fault: str = ""


NO: Final = Outcome(rules.FALSE)


def judged(id: str, edition: int, definition: pb.PayoutItemDefinition) -> Judged:
    """An item as it is judged of many; its rule and its formula have no faults."""
    ready, amount = rules.prepared(definition.rule), definition.amount
    reads = ready.reads | rules.formula_reads(amount.cel) | set(definition.vetoes)
    return Judged(
        id=id,
        edition=edition,
        region=definition.region,
        mode=definition.mode,
        title=definition.title,
        judgement=ready,
        vetoes=tuple(definition.vetoes),
        amount=amount,
        reads=tuple(sorted(reads)),
        daily=any(name == TODAY or name.endswith(DAYS) for name in reads),
    )


def plan(items: Iterable[Judged]) -> Plan:
    """All open items together."""
    found = {one.id: one for one in items}
    readers: dict[str, set[str]] = {}
    for one in found.values():
        for name in one.reads:
            readers.setdefault(name, set()).add(one.id)
    daily = frozenset(one.id for one in found.values() if one.daily)
    return Plan(found, {name: frozenset(ids) for name, ids in readers.items()}, daily)


def affected(plan: Plan, names: Iterable[str]) -> frozenset[str]:
    """Items whose answer may change with these facts: those that read them, or the days since; all with the region."""
    found: set[str] = set()
    for name in names:
        if name == REGION:
            return frozenset(plan.items)
        found |= plan.readers.get(name, frozenset())
        if name.endswith(ON):
            found |= plan.readers.get(f"{name}{DAYS}", frozenset())
    return frozenset(found)


def values(told: Mapping[str, Any], day: date) -> dict[str, Any]:
    """Facts as rules read them on a day: the values, days since each day `x_on` as `x_on_days`, and `today` as 20260131."""
    found = {TODAY: day.year * 10_000 + day.month * 100 + day.day, **UNTAKEN, **told}
    for name, value in told.items():
        if name.endswith(ON):
            days = None if value is None else _days(str(value), day)
            if value is None or days is not None:
                found[f"{name}{DAYS}"] = days
    return found


@lru_cache(maxsize=50_000)
def _days(text: str, day: date) -> int | None:
    try:
        return (day - date.fromisoformat(text)).days
    except ValueError:
        return None


def outcomes(items: Iterable[Judged], told: Mapping[str, Any], region: str, day: date) -> dict[str, Outcome]:
    """What items say of one enterprise; those that say no are left out."""
    here = [one for one in items if covers(one.region, region)]
    if not here:
        return {}
    facts = values(told, day)
    ready, seen = rules.context(facts), dict[str, int]()
    found = {one.id: outcome(one, facts, ready, seen) for one in here}
    return {id: one for id, one in found.items() if one.truth != rules.FALSE}


def outcome(one: Judged, facts: Mapping[str, Any], ready: Any, seen: dict[str, int]) -> Outcome:
    """What an item says over facts; `ready` is their context, `seen` what conditions said over it already."""
    truth = one.judgement.judge(facts, ready, seen)
    # A veto that is known not to exist was told by nobody who could: it is none the less no clean record.
    if truth == rules.FALSE or any(facts.get(name, False) is not False for name in one.vetoes):
        return NO
    if truth == rules.UNKNOWN or any(name not in facts for name in one.vetoes):
        return Outcome(rules.UNKNOWN, missing=_missing(one, facts))
    found = model_amounts.best(one.amount, facts, ready)
    if found.fault == "MISSING":
        return Outcome(rules.UNKNOWN, missing=_missing(one, facts), fault=found.fault)
    fen = model_amounts.paid(one.amount, found.value, 0) if found.value is not None else 0
    return Outcome(rules.TRUE, fen) if fen > 0 else Outcome(rules.FALSE, fault=found.fault)


def _missing(one: Judged, facts: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in one.reads if name not in facts)


@lru_cache(maxsize=10_000)
def covers(item: str, region: str) -> bool:
    """Whether an enterprise of a region may have an item of another."""
    return region_covers(item, region)


def renewed(
    known: Mapping[str, Any],
    fresh: Mapping[str, Outcome],
    looked: Collection[str],
    plan: Plan,
    at: datetime,
) -> dict[str, Any]:
    """An enterprise's matches, with what was looked at put anew. What goes on being so keeps since when; items that are no longer open are
    left out."""
    kept = {id: told for id, told in known.items() if id in plan.items and id not in looked}
    for id, one in fresh.items():
        edition, before = plan.items[id].edition, known.get(id)
        same = before is not None and (before["truth"], before["edition"]) == (one.truth, edition)
        kept[id] = {
            "truth": one.truth,
            "qualifies": one.truth == rules.TRUE,
            "edition": edition,
            "fen": one.fen,
            "fault": one.fault,
            "missing": list(one.missing),
            "since": before["since"] if before is not None and same else at,
        }
    return kept


def failing(definition: pb.PayoutItemDefinition, facts: Mapping[str, Any]) -> list[str]:
    """Ids of the conditions that are false, where all of them have to hold: leaves of the rule, and `veto.<fact>`."""
    found = [f"veto.{name}" for name in definition.vetoes if facts.get(name) is True]
    return found + _false(rules.judge(definition.rule, facts))


def _false(verdict: rules_pb2.Verdict) -> list[str]:
    if verdict.truth != rules.FALSE:
        return []
    if verdict.kind == rules_pb2.NODE_KIND_ALL:
        return [id for part in verdict.parts for id in _false(part)]
    # Of an any or a not no leaf fails by itself: it counts as one condition, by its first leaf.
    return [_first(verdict)]


def _first(verdict: rules_pb2.Verdict) -> str:
    return verdict.id if not verdict.parts else _first(verdict.parts[0])
