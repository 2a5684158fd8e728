"""The bulletin of a region, put together from what each subject counts; and the visits an api counts until it writes them down."""

import threading
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from pymongo.database import Database

from chassis.acts import now
from services.policy import (
    model,
    model_bulletins,
    model_items,
    model_policies,
    store_appeals,
    store_bulletins,
    store_claims,
    store_complaints,
    store_enterprises,
    store_items,
    store_news,
    store_policies,
)
from services.policy.model_bulletins import Counted
from standards.codes import region_covers
from standards.instants import text
from standards.workdays import SHANGHAI, local_day
from yiwang.policy.v1 import bulletins_pb2 as pb
from yiwang.policy.v1 import items_pb2

Document = dict[str, Any]
SATISFIED: Final = ("rated_4", "rated_5")
RATED: Final = tuple(f"rated_{score}" for score in range(1, 6))


class Visits:
    """Reads of policies and items, counted here and written down every second or two: what a killed process had not written is lost."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def note(self, region: str) -> None:
        """One more read in a region; none is counted where no region is told."""
        if region:
            with self._lock:
                self._counts[region[: model.COUNTY_DIGITS], local_day(now()).isoformat()] += 1

    def flush(self) -> None:
        """Writes down what was counted since."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        for (county, day), count in counts.items():
            store_bulletins.visited(self._database, county, day, count)


def bulletin(database: Database[Document], region: str, months: list[str]) -> pb.Bulletin:
    """The numbers of a region and these months."""
    first, last = months[0], months[-1]
    told = pb.Bulletin(region=region, first_month=first, last_month=last, counted_at=text(now()))
    counts = store_bulletins.Counts(database)
    by_month = {month: Counted() for month in months}
    for county in store_claims.counties(database).within(region):
        for month, found in counts.between(county, first, last).items():
            by_month[month].join(found)
    _claims(told, by_month)
    _present(database, told, region)
    _portal(database, told, region, first, last)
    return told


def _claims(told: pb.Bulletin, by_month: dict[str, Counted]) -> None:
    whole = Counted()
    for month, found in by_month.items():
        whole.join(found)
        row = pb.BulletinMonth(month=month, claims=found.claims, payments=found.payments, paid_fen=found.paid_fen)
        told.months.append(row)
    told.claims, told.refused, told.payments = whole.claims, whole.refused, whole.payments
    told.paid_fen, told.proactive_fen = whole.paid_fen, whole.proactive_fen
    told.enterprises_paid = len(whole.payees)
    told.modes.extend(_parts(whole, "mode"))
    told.departments.extend(_parts(whole, "department"))
    told.items_paid.extend(_parts(whole, "item")[: model_bulletins.MOST_ITEMS])
    for part in told.modes:
        part.key = items_pb2.PayoutMode.Name(int(part.key))  # type: ignore[arg-type]


def _parts(whole: Counted, kind: str) -> list[pb.BulletinPart]:
    found = []
    for key, counts in whole.parts.items():
        of, _, id = key.partition(":")
        if of == kind:
            numbers = {"claims": counts["claims"], "payments": counts["payments"], "paid_fen": counts["fen"]}
            found.append(pb.BulletinPart(key=id, name=whole.names[key], **numbers))
    return sorted(found, key=lambda part: (-part.paid_fen, -part.claims, part.key))


def _present(database: Database[Document], told: pb.Bulletin, region: str) -> None:
    """Policies, items and enterprises as they are now."""
    payable = store_items.payable_policies(database)
    for row in _states(database[store_policies.COLLECTION], store_policies.counties(database).within(region)):
        if row["state"]["status"] == model_policies.PUBLISHED:
            told.policies += 1
            told.payable_policies += row["_id"] in payable
    for row in _states(database[store_items.COLLECTION], store_items.counties(database).within(region)):
        if row["state"]["status"] == model_items.OPEN and region_covers(region, row["state"]["region"]):
            told.items += 1
            told.payable_items += bool(row["state"]["payable_policy"])
    for county, enterprises, joined in store_bulletins.enterprises(database):
        if county.startswith(region[: model.COUNTY_DIGITS].rstrip("0")):
            told.enterprises += enterprises
            told.enterprises_joined += joined


def _states(collection: Any, counties: Iterable[str]) -> Iterable[Document]:
    fields = {f"state.{name}": 1 for name in ("status", "region", "payable_policy")}
    for county in counties:
        yield from collection.find({"state.county": county}, fields)


def _portal(database: Database[Document], told: pb.Bulletin, region: str, first: str, last: str) -> None:
    """Visits, appeals, complaints and news."""
    since = datetime.fromisoformat(f"{first}-01").replace(tzinfo=SHANGHAI)
    until = datetime.fromisoformat(f"{_after(last)}-01").replace(tzinfo=SHANGHAI)
    for county in store_appeals.counties(database).within(region):
        found = Counter(store_appeals.counts(database, county, since, until))
        told.appeals += found["received"]
        told.appeals_closed += found["status_CLOSED"]
        told.appeals_satisfied += sum(found[name] for name in SATISFIED)
        told.appeals_rated += sum(found[name] for name in RATED)
    for county in store_complaints.counties(database).within(region):
        told.complaints += store_complaints.counts(database, county, since, until).get("received", 0)
    for county in store_news.counties(database).within(region):
        for kind, count in store_news.counts(database, county).items():
            told.news[kind] += count
    told.visits = sum(
        store_bulletins.visits(database, county, first, last)
        for county in store_bulletins.visited_within(database, region)
    )


def _after(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def joined(database: Database[Document]) -> Counter[str]:
    """How many enterprises of each county somebody acts for."""
    found: Counter[str] = Counter()
    for row in list(store_enterprises.entries(database).collection.find({}, {"state.uscc": 1})):
        known = store_enterprises.enterprise(database, row["state"]["uscc"])
        found[known["county"] if known else ""] += 1
    return found
