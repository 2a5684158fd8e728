"""`recount [--county SIX_DIGITS] [--from DAY] [--to DAY]`: counts anew from the journals alone, entry by entry, and says whether states,
counts by day and month, and the bulletins that were issued agree. Exit code 1 when something does not.

Nobody is stopped meanwhile: what does not agree is looked at again before it is told, since a worker may be about to count it.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Final

from chassis.parts import Parts
from services.rating import model_bulletins, model_splits, store, store_bulletins
from services.rating.model import Rating
from services.rating.model_bulletins import Bulletin, Period
from services.rating.model_splits import SPLITS, Group, Span
from services.rating.store_results import Counts, Document

FIRST, LAST = date(2000, 1, 1), date(9998, 12, 31)
# Looks at what does not agree, and seconds between them: a worker counts every two seconds.
LOOKS, PAUSE = 3, 3.0
# No more faults are told one by one.
TOLD: Final = 20
Groups = Counter[Group]


class Recount:
    """One county's recount; what does not agree is in `faults`."""

    def __init__(self, parts: Parts, county: str, first: date, last: date) -> None:
        self.county, self.first, self.last = county, first, last
        self.ratings = store.ratings(parts.database)
        self.counts = Counts(parts.database)
        self.seen, self.faults = 0, list[str]()
        bulletins = (row.state for row in store_bulletins.bulletins(parts.database).select({"state.county": county}))
        self.issued = [one for one in bulletins if str(first) <= one.from_day and one.to_day <= str(last)]

    def run(self) -> None:
        """All of it, day by day."""
        there = {str(row["state"]["day"]) for row in self._documents(self.first, self.last, {"state.day": 1})}
        known = {day for day in self.counts.marked(self.county) if str(self.first) <= day <= str(self.last)}
        for day in sorted(there | known):
            self._day(day)
        for month in sorted({model_splits.month_of(day) for day in there | known}):
            self._agrees(f"counts of {month}", partial(self._month_differs, month))
        for bulletin in self.issued:
            self._bulletin(bulletin)

    def _documents(self, first: date, last: date, only: Document | None = None) -> list[Document]:
        return list(store_bulletins.days(self.ratings, self.county, first, last, only))

    def _day(self, day: str) -> None:
        documents = self._documents(date.fromisoformat(day), date.fromisoformat(day))
        self.seen += len(documents)
        for document in documents:
            if fields := self.ratings.drift(document):
                self.faults.append(f"state of {document['_id']}: {', '.join(fields)}")
        self._agrees(f"counts of {day}", lambda: self._day_differs(day))

    def _agrees(self, what: str, differs: Callable[[], list[str]]) -> None:
        """Notes a fault where something differs each time it is looked at."""
        for look in range(LOOKS):
            if look:
                time.sleep(PAUSE)
            if not (found := differs()):
                return
        self.faults.append(f"{what}: {', '.join(found)}")

    def _day_differs(self, day: str) -> list[str]:
        one = date.fromisoformat(day)
        wanted = model_splits.split(self._groups(self._documents(one, one)).items())
        span = Span(f"d:{day}", f"d:{day}")
        return [name for name in SPLITS if self.counts.read(self.county, name, span).split.rows != wanted[name].rows]

    def _month_differs(self, month: str) -> list[str]:
        whole, days = Span(f"m:{month}", f"m:{month}"), Span(f"d:{month}-01", f"d:{month}-31")
        read = self.counts.read
        return [
            name
            for name in SPLITS
            if read(self.county, name, whole).split.rows != read(self.county, name, days).split.rows
        ]

    def _groups(self, documents: list[Document]) -> Groups:
        """What ratings count as by their journals."""
        return Counter(_group(self.ratings.replay(document["journal"])) for document in documents)

    def _bulletin(self, bulletin: Bulletin) -> None:
        """Makes a bulletin again from the journals up to its cutoff."""
        first, last = date.fromisoformat(bulletin.from_day), date.fromisoformat(bulletin.to_day)
        days: dict[str, Groups] = {}
        for document in store_bulletins.days(self.ratings, self.county, first, last):
            if known := store_bulletins.until(document["journal"], bulletin.cutoff):
                rating = self.ratings.replay(known)
                days.setdefault(rating.day, Counter())[_group(rating)] += 1
        period = Period(bulletin.kind, first, last)
        made = model_bulletins.made(self.county, period, {day: groups.items() for day, groups in days.items()})
        if (model_bulletins.canonical(made), model_bulletins.digest(made)) != (bulletin.numbers, bulletin.digest):
            self.faults.append(f"bulletin {bulletin.id} of {first} to {last}")


def _group(rating: Rating) -> Group:
    return Group(
        rating.department, rating.department_name, rating.item_id, rating.subject, rating.window_id, rating.kind
    )


def main(parts: Parts, arguments: list[str]) -> None:
    """The job."""
    parser = argparse.ArgumentParser(prog="rating recount")
    parser.add_argument("--county", metavar="SIX_DIGITS")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, default=FIRST, metavar="DAY")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, default=LAST, metavar="DAY")
    wanted = parser.parse_args(arguments)
    bad = 0
    for county in [wanted.county] if wanted.county else store.counties(parts.database).all():
        recount = Recount(parts, county, wanted.first, wanted.last)
        recount.run()
        for fault in recount.faults[:TOLD]:
            print(f"{county}: {fault}")
        bad += len(recount.faults)
        print(f"{county}: {recount.seen} ratings recounted from their journals, {len(recount.faults)} faults")
    if bad:
        sys.exit(1)
