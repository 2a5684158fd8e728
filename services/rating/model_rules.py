"""The days of a county: until a rating is entered by default, and for each step of the closed loop. Pure.

No national number of days for the rectification is known (5 working days in 德州, 15 in 四川): a county states its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from chassis.acts import Evolve, Moment
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import loop_pb2 as pb

# Working days unless the county says otherwise; default_after_days are natural days.
DEFAULTS: Final[Mapping[str, int]] = {
    "assign_days": 1,
    "verify_days": 2,
    "review_days": 3,
    "rectify_days": 5,
    "call_back_days": 3,
    "publish_days": 5,
    "default_after_days": 30,
    "consult_days": 5,
    "complaint_days": 15,
}
# Natural days: the second rating after the first, and until a published loop is closed by itself.
AGAIN_WITHIN, CLOSED_AFTER = 90, 10


@dataclass(frozen=True, slots=True)
class Rules:
    """A county's own days; a missing one is the default."""

    region: str
    days: dict[str, int]


def days(rules: Rules | None, name: str) -> int:
    """How many days a county gives for something."""
    return (rules.days.get(name) if rules else None) or DEFAULTS[name]


def saved(rules: pb.RatingRules) -> events.RatingRulesSaved:
    """A county's days are set."""
    return events.RatingRulesSaved(region=rules.region, rules=rules)


def _saved(rules: Rules | None, event: events.RatingRulesSaved, _moment: Moment) -> Rules:
    told = event.rules
    days = {name: value for name in DEFAULTS if (value := getattr(told, name))}
    return replace(rules, days=days) if rules else Rules(event.region, days)


EVOLVE: Evolve = {events.RatingRulesSaved: _saved}


def view(region: str, rules: Rules | None) -> pb.RatingRules:
    """The days a county has, defaults filled in."""
    return pb.RatingRules(region=region, **{name: days(rules, name) for name in DEFAULTS})
