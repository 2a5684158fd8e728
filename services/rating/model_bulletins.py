"""Bulletins: the numbers of a past day, week or month as they were recorded by a cutoff. Pure.

The cutoff and the journals alone make the numbers, so that running a period again gives the same bytes; what came later is a correction.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson
from google.protobuf.json_format import MessageToDict, ParseDict

from chassis.acts import Evolve, Moment
from services.rating import model_results, model_splits
from services.rating.model_rows import rows
from services.rating.model_splits import ALL, CHANNEL, DEPARTMENT, WHOLE, Group, Split
from standards.instants import instant, text
from standards.workdays import SHANGHAI
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import results_pb2 as pb

DAILY, WEEKLY, MONTHLY = pb.BULLETIN_KIND_DAILY, pb.BULLETIN_KIND_WEEKLY, pb.BULLETIN_KIND_MONTHLY
KINDS: Final[Mapping[int, str]] = {DAILY: "日报", WEEKLY: "周报", MONTHLY: "月报"}
# A bulletin has what was recorded by this time of the day after its last, in China; acts under way by then are written by SETTLED later.
CUTOFF, SETTLED = "06:00", timedelta(minutes=5)
# As many periods back a worker that was away still issues.
BACK: Final[Mapping[int, int]] = {DAILY: 14, WEEKLY: 4, MONTHLY: 2}
# What the numbers of a bulletin are; the rest tells of it.
_NUMBERS: Final = ("kind", "county", "fromDay", "toDay", "cutoff", "whole", "departments", "channels", "days")


@dataclass(frozen=True, slots=True)
class Bulletin:
    """A bulletin that was issued. `numbers` is their canonical JSON."""

    id: str
    kind: int
    county: str
    from_day: str
    to_day: str
    cutoff: datetime
    published_at: datetime
    digest: str
    numbers: str


class Period(NamedTuple):
    """What a bulletin is of."""

    kind: int
    first: date
    last: date

    @property
    def cutoff(self) -> datetime:
        """What was recorded by then is in it."""
        return datetime.fromisoformat(f"{self.last + timedelta(days=1)}T{CUTOFF}").replace(tzinfo=SHANGHAI)


def period_of(kind: int, day: date) -> Period:
    """The day, week (Monday to Sunday) or month a day lies in."""
    if kind == DAILY:
        return Period(kind, day, day)
    if kind == WEEKLY:
        monday = day - timedelta(days=day.weekday())
        return Period(kind, monday, monday + timedelta(days=6))
    first = day.replace(day=1)
    return Period(kind, first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))


def due(now: datetime) -> list[Period]:
    """Periods whose bulletins are out by now, the oldest first of each kind."""
    found: list[Period] = []
    for kind, back in BACK.items():
        period = period_of(kind, now.astimezone(SHANGHAI).date())
        for _ in range(back + 1):
            if period.cutoff + SETTLED <= now:
                found.insert(0, period)
            period = period_of(kind, period.first - timedelta(days=1))
    return found


def made(county: str, period: Period, groups: Mapping[str, Iterable[tuple[Group, int]]]) -> pb.Bulletin:
    """A bulletin's numbers from what was recorded by its cutoff, by day."""
    days = {day: model_splits.split(groups[day]) for day in sorted(groups)}

    def whole(name: str) -> Split:
        return model_splits.added(split[name] for split in days.values())

    everything = rows(WHOLE, whole(WHOLE))
    return pb.Bulletin(
        kind=period.kind,  # type: ignore[arg-type]
        county=county,
        from_day=str(period.first),
        to_day=str(period.last),
        cutoff=text(period.cutoff),
        whole=everything[0] if everything else None,
        departments=rows(DEPARTMENT, whole(DEPARTMENT)),
        channels=rows(CHANNEL, whole(CHANNEL)),
        days=[_of_day(day, split[WHOLE]) for day, split in days.items()],
    )


def _of_day(day: str, split: Split) -> pb.ResultRow:
    row = rows(WHOLE, split)[0]
    row.id, row.name = day, day
    return row


def canonical(bulletin: pb.Bulletin) -> str:
    """The canonical JSON (RFC 8785) of a bulletin's numbers."""
    plain = MessageToDict(bulletin)
    return orjson.dumps({name: plain[name] for name in _NUMBERS if name in plain}, option=orjson.OPT_SORT_KEYS).decode()


def digest(bulletin: pb.Bulletin) -> str:
    """SHA-256 of the numbers."""
    return hashlib.sha256(canonical(bulletin).encode()).hexdigest()


def issued(id: str, bulletin: pb.Bulletin, now: datetime) -> events.BulletinIssued:
    """A bulletin is out."""
    told = pb.Bulletin(id=id, published_at=text(now), digest=digest(bulletin))
    told.MergeFrom(bulletin)
    return events.BulletinIssued(bulletin_id=told.id, bulletin=told)


def _issued(_: Bulletin | None, event: events.BulletinIssued, moment: Moment) -> Bulletin:
    told = event.bulletin
    return Bulletin(
        id=told.id,
        kind=told.kind,
        county=told.county,
        from_day=told.from_day,
        to_day=told.to_day,
        cutoff=instant(told.cutoff) or moment.at,
        published_at=instant(told.published_at) or moment.at,
        digest=told.digest,
        numbers=canonical(told),
    )


EVOLVE: Evolve = {events.BulletinIssued: _issued}


def head(bulletin: Bulletin) -> pb.Bulletin:
    """What it is, without its numbers."""
    return pb.Bulletin(
        id=bulletin.id,
        kind=bulletin.kind,  # type: ignore[arg-type]
        county=bulletin.county,
        from_day=bulletin.from_day,
        to_day=bulletin.to_day,
        cutoff=text(bulletin.cutoff),
        published_at=text(bulletin.published_at),
        digest=bulletin.digest,
    )


def full(bulletin: Bulletin) -> pb.Bulletin:
    """With its numbers as they were published."""
    numbers: dict[str, Any] = orjson.loads(bulletin.numbers)
    view = ParseDict(numbers, pb.Bulletin())
    view.MergeFrom(head(bulletin))
    return view


def corrections(bulletin: pb.Bulletin, now: Mapping[str, int]) -> list[pb.Correction]:
    """Counters that are not any more what was published, in the order of the table."""
    then = bulletin.whole.counters
    return [
        pb.Correction(counter=key, published=then.get(key, 0), now=now.get(key, 0))
        for key in model_results.COUNTERS
        if then.get(key, 0) != now.get(key, 0)
    ]


def only(split: Split) -> Mapping[str, int]:
    """The counters of the whole."""
    return split.rows.get(ALL, {})
