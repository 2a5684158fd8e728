"""The rules of a county's market: days, limits, how many candidates there must be. Pure.

No national numbers are known to us; a county states its own, and what it does not state is the default. All of them are public, and every
notice carries those it runs under.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from chassis.acts import Evolve, Moment
from standards.instants import after
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import market_pb2 as pb

DEFAULTS: Final[Mapping[str, int]] = {
    "agency_notice_days": 5,
    "result_notice_days": 3,
    "contract_days": 10,
    "rating_days": 10,
    "signup_days": 3,
    "reveal_minutes": 60,
    "direct_most_fen": 5_000_000,
    "candidates_least": 3,
    "proposals_least": 3,
    "credit_line": 60,
    "rotation": 0,
    "appeal_days": 10,
}
# Where nought is a number of its own, and not what a county leaves open.
NOUGHT: Final = frozenset(
    ("direct_most_fen", "rotation", "reveal_minutes", "signup_days", "result_notice_days", "agency_notice_days")
)


@dataclass(frozen=True, slots=True)
class Rules:
    """A county's own rules, by name; a missing one is the default."""

    county: str
    values: dict[str, int]


def value(rules: Rules | None, name: str) -> int:
    """What holds in a county."""
    return rules.values.get(name, DEFAULTS[name]) if rules else DEFAULTS[name]


def values(rules: Rules | None) -> dict[str, int]:
    """All that holds in a county, by name."""
    return {name: value(rules, name) for name in DEFAULTS}


def end(at: datetime, days: int, region: str) -> datetime:
    """The end of so many working days after an instant; of none the instant itself."""
    return after(at, days, region) if days else at


def saved(county: str, officer: str, rules: pb.MarketRules) -> events.MarketRulesSaved:
    """A county states its rules."""
    told = pb.MarketRules()
    told.CopyFrom(rules)
    told.county, told.version = county, 0
    return events.MarketRulesSaved(county=county, officer_id=officer, rules=told)


def view(county: str, holding: Mapping[str, int], version: int = 0) -> pb.MarketRules:
    """The rules as they are told."""
    return pb.MarketRules(county=county, version=version, **holding)


def of_message(rules: pb.MarketRules) -> dict[str, int]:
    """The rules a message carries, by name."""
    return {name: getattr(rules, name) for name in DEFAULTS}


def _saved(rules: Rules | None, event: events.MarketRulesSaved, _moment: Moment) -> Rules:
    told = {name: number for name, number in of_message(event.rules).items() if number or name in NOUGHT}
    return replace(rules, values=told) if rules else Rules(event.county, told)


EVOLVE: Evolve = {events.MarketRulesSaved: _saved}
