"""An enterprise's own entry: the organisation it is, what it wants to be told of, what it opted out of, what it newly matches. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from google.protobuf.message import Message

from chassis.acts import OFFICER, PERSON, Actor, Evolve, Moment, holder
from chassis.errors import Violation, invalid
from standards.codes import region_covers
from yiwang.policy.v1 import events_pb2 as events

# The base is walked through in so many parts of about the same size.
BUCKETS: Final = 256
OFFICERS: Final = frozenset(("policy", "payout", "finance", "supervise"))
MOST_OPTED_OUT: Final = 200


@dataclass(frozen=True, slots=True)
class Matched:
    """An item it newly matched: the edition, since when, and whether it has seen it."""

    edition: int
    at: datetime
    fen: int
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Enterprise:
    """The present state of an entry."""

    id: str
    uscc: str
    organization_id: str
    # Its part of the base.
    bucket: int
    opened_at: datetime
    subscribed: bool = True
    # PayoutModes it wants to be told of; none = all.
    modes: list[int] = field(default_factory=list)
    opted_out: list[str] = field(default_factory=list)
    matched: dict[str, Matched] = field(default_factory=dict)


def bucket(uscc: str) -> int:
    """The part of the base an enterprise is in."""
    return hashlib.sha256(uscc.encode()).digest()[0]


def require_own(actor: Actor, uscc: str) -> None:
    """INVALID_ARGUMENT NOT_OWN unless the handler's organisation has this USCC."""
    if not is_own(actor, uscc):
        raise invalid(Violation("uscc", "NOT_OWN", "请填写本单位的统一社会信用代码"))


def is_own(actor: Actor, uscc: str) -> bool:
    """Whether the caller acts for the organisation with this USCC."""
    handler = actor.realm == PERSON and actor.acting is not None and actor.acting.channel == "handler"
    return handler and bool(actor.holder) and holder(actor.id, uscc) == actor.holder


def sees(actor: Actor, uscc: str, region: str) -> bool:
    """Who may read what is known of an enterprise: its own handlers, and officers of policies and money of its region."""
    if actor.realm != OFFICER:
        return is_own(actor, uscc)
    return bool(actor.roles & OFFICERS) and bool(region) and region_covers(actor.region, region)


def open(id: str, uscc: str, organization: str) -> events.EnterpriseOpened:
    """An entry, for the first time or for another organisation of identity."""
    return events.EnterpriseOpened(enterprise_id=id, uscc=uscc, organization_id=organization)


def subscribe(one: Enterprise, subscribed: bool, modes: Iterable[int]) -> Message | None:
    """It wants to be told of new matches, or not; nothing when it is so already."""
    wanted = sorted(set(modes))
    if (one.subscribed, one.modes) == (subscribed, wanted):
        return None
    return events.SubscriptionSet(enterprise_id=one.id, subscribed=subscribed, modes=wanted)  # type: ignore[arg-type]


def opt_out(one: Enterprise, item: str, out: bool) -> Message | None:
    """An item is not for it, or is again; nothing when it is so already."""
    if (item in one.opted_out) == out:
        return None
    if out and len(one.opted_out) >= MOST_OPTED_OUT:
        raise invalid(Violation("item_id", "TOO_MANY", f"不得超过{MOST_OPTED_OUT}项"))
    return events.ItemOptedOut(enterprise_id=one.id, item_id=item, out=out)


def wants(one: Enterprise, item: str, edition: int, mode: int) -> bool:
    """Whether it is to be told that it matches an edition of an item: it asked for it, and was not told yet."""
    told = one.matched.get(item)
    asked = one.subscribed and (not one.modes or mode in one.modes) and item not in one.opted_out
    return asked and (told is None or told.edition < edition)


def acknowledge(one: Enterprise, items: Iterable[str]) -> Message | None:
    """It has seen these; nothing when none of them is new."""
    fresh = sorted({item for item in items if item in one.matched and not one.matched[item].seen})
    return events.MatchesAcknowledged(enterprise_id=one.id, items=fresh) if fresh else None


def new(one: Enterprise) -> list[str]:
    """Items it matched and has not seen, the newest first."""
    fresh = [(told.at, item) for item, told in one.matched.items() if not told.seen and item not in one.opted_out]
    return [item for _, item in sorted(fresh, reverse=True)]


# -- evolve ------------------------------------------------------------------------------------------------------------


def _opened(one: Enterprise | None, event: events.EnterpriseOpened, moment: Moment) -> Enterprise:
    if one is not None:
        return replace(one, organization_id=event.organization_id)
    return Enterprise(event.enterprise_id, event.uscc, event.organization_id, bucket(event.uscc), moment.at)


def _subscribed(one: Enterprise, event: events.SubscriptionSet, _moment: Moment) -> Enterprise:
    return replace(one, subscribed=event.subscribed, modes=list(event.modes))


def _opted_out(one: Enterprise, event: events.ItemOptedOut, _moment: Moment) -> Enterprise:
    kept = set(one.opted_out) - {event.item_id}
    return replace(one, opted_out=sorted(kept | {event.item_id} if event.out else kept))


def _matched(one: Enterprise, event: events.EnterpriseMatched, moment: Moment) -> Enterprise:
    return replace(one, matched=one.matched | {event.item_id: Matched(event.edition, moment.at, event.fen)})


def _acknowledged(one: Enterprise, event: events.MatchesAcknowledged, _moment: Moment) -> Enterprise:
    seen: dict[str, Any] = {item: replace(one.matched[item], seen=True) for item in event.items if item in one.matched}
    return replace(one, matched=one.matched | seen)


EVOLVE: Evolve = {
    events.EnterpriseOpened: _opened,
    events.SubscriptionSet: _subscribed,
    events.ItemOptedOut: _opted_out,
    events.EnterpriseMatched: _matched,
    events.MatchesAcknowledged: _acknowledged,
}
