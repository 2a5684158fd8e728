"""`recount [--county SIX_DIGITS] [--from DAY] [--to DAY]`: counts anew from the journals alone, entry by entry, and says whether states,
counts by day and month, and the bulletins that were issued agree. Exit code 1 when something does not.

Ratings are read once, a county at a time, without stopping anybody: days that change meanwhile are marked, and counted before they are
compared.
"""

import argparse
import sys
from collections import Counter
from datetime import date
from typing import Final

from chassis.parts import Parts
from services.rating import model_bulletins, model_splits, store, store_bulletins
from services.rating.model_bulletins import Period
from services.rating.model_splits import SPLITS, Group, Span, Split
from services.rating.store_results import Counts, Document

FIRST, LAST = date(2000, 1, 1), date(9998, 12, 31)
Journals = dict[str, Counter[Group]]
# Of one kind no more are told one by one.
TOLD: Final = 20


class Recount:
    """One county's recount; what does not agree is in `faults`."""

    def __init__(self, parts: Parts, county: str, first: date, last: date) -> None:
        self.county, self.first, self.last = county, first, last
        self.ratings = store.ratings(parts.database)
        self.bulletins = store_bulletins.bulletins(parts.database)
        self.counts = Counts(parts.database)
        self.seen, self.faults = 0, list[str]()

    def run(self) -> None:
        """All of it."""
        issued = self._issued()
        then: dict[str, Journals] = {id: {} for id in issued}
        now: Journals = {}
        for document in store_bulletins.days(self.ratings, self.county, self.first, self.last):
            self.seen += 1
            self._one(document, now, issued, then)
        self._totals(now)
        for id, bulletin in issued.items():
            period = Period(bulletin.kind, *_days(bulletin))
            made = model_bulletins.made(self.county, period, {day: groups.items() for day, groups in then[id].items()})
            if (model_bulletins.canonical(made), model_bulletins.digest(made)) != (bulletin.numbers, bulletin.digest):
                self.faults.append(f"bulletin {id} of {bulletin.from_day} to {bulletin.to_day}")

    def _issued(self) -> dict[str, model_bulletins.Bulletin]:
        """The bulletins whose whole period is looked at."""
        found = (row.state for row in self.bulletins.select({"state.county": self.county}))
        return {
            one.id: one for one in found if str(self.first) <= one.from_day and one.to_day <= str(self.last)
        }

    def _one(
        self,
        document: Document,
        now: Journals,
        issued: dict[str, model_bulletins.Bulletin],
        then: dict[str, Journals],
    ) -> None:
        """One rating: its state, what it counts as now, and what it counted as at each cutoff."""
        day, journal = document["state"]["day"], document["journal"]
        replayed = self.ratings.replay(journal)
        if fields := self.ratings.drift(document):
            self.faults.append(f"state {document['_id']}: {', '.join(fields)}")
        state = document["state"] | {"department": replayed.department, "item_id": replayed.item_id}
        _add(now, day, model_splits.group(state, replayed.kind))
        for id, bulletin in issued.items():
            if bulletin.from_day <= day <= bulletin.to_day:
                if kind := store_bulletins.kind_at(self.ratings, journal, bulletin.cutoff):
                    _add(then[id], day, model_splits.group(state, kind))

    def _totals(self, now: Journals) -> None:
        marked = self.counts.marked(self.county)
        known = {day for day in marked if str(self.first) <= day <= str(self.last)}
        wanted = {day: model_splits.split(groups.items()) for day, groups in now.items()}
        for day in sorted(known | set(wanted)):
            if marked.get(day):
                self.counts.count(f"{self.county}:{day}")
                wanted[day] = self.counts.recounted(self.county, day)
            for name in SPLITS:
                self._compare(f"{name} of {day}", name, Span(f"d:{day}", f"d:{day}"), wanted.get(day, {}).get(name))
        for month in sorted({model_splits.month_of(day) for day in known}):
            for name in SPLITS:
                days = self.counts.read(self.county, name, Span(f"d:{month}-01", f"d:{month}-31")).split
                self._compare(f"{name} of {month}", name, Span(f"m:{month}", f"m:{month}"), days)

    def _compare(self, what: str, name: str, span: Span, wanted: Split | None) -> None:
        found = self.counts.read(self.county, name, span).split.rows
        if found != (wanted.rows if wanted else {}):
            self.faults.append(f"counts by {what}")


def _add(journals: Journals, day: str, group: Group) -> None:
    journals.setdefault(day, Counter())[group] += 1


def _days(bulletin: model_bulletins.Bulletin) -> tuple[date, date]:
    return date.fromisoformat(bulletin.from_day), date.fromisoformat(bulletin.to_day)


def main(parts: Parts, arguments: list[str]) -> None:
    """The job."""
    parser = argparse.ArgumentParser(prog="rating recount")
    parser.add_argument("--county", metavar="SIX_DIGITS")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, default=FIRST, metavar="DAY")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, default=LAST, metavar="DAY")
    wanted = parser.parse_args(arguments)
    bad = 0
    for county in [wanted.county] if wanted.county else store.Counties(parts.database).all():
        recount = Recount(parts, county, wanted.first, wanted.last)
        recount.run()
        for fault in recount.faults[:TOLD]:
            print(f"{county}: {fault} does not agree with the journals")
        bad += len(recount.faults)
        print(f"{county}: {recount.seen} ratings recounted, {len(recount.faults)} numbers or states do not agree")
    if bad:
        sys.exit(1)

