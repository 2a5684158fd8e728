"""Issuing bulletins, and reading them with what came late."""

from collections.abc import Iterable
from datetime import date, datetime

from chassis.acts import Cause
from chassis.paging import newest
from chassis.parts import Parts
from services.rating import model_bulletins, store, store_bulletins
from services.rating.model_bulletins import Period
from services.rating.model_splits import WHOLE
from services.rating.store_results import Counts
from yiwang.rating.v1 import results_pb2 as pb

_BY = "system:rating"


class Bulletins:
    """The bulletins of all counties."""

    def __init__(self, parts: Parts) -> None:
        self.records = store_bulletins.bulletins(parts.database)
        self.ratings = store.ratings(parts.database)
        self.counts = Counts(parts.database)
        # Periods that need no look any more: a bulletin is there, or nothing was recorded by the cutoff, which stays so.
        self._settled: set[str] = set()

    def issue_due(self, counties: Iterable[str], now: datetime) -> int:
        """Issues every bulletin that is due and not there; how many."""
        return sum(self.issue(county, period, now) for county in counties for period in model_bulletins.due(now))

    def issue(self, county: str, period: Period, now: datetime) -> bool:
        """Issues the bulletin of a period once; False when it is there, or nothing was recorded by its cutoff."""
        id = store_bulletins.bulletin_id(county, period)
        if id in self._settled:
            return False
        fresh = False
        if self.records.find({"_id": id}) is None:
            bulletin = self.made(county, period)
            if fresh := bulletin.HasField("whole"):
                cause = Cause(key=f"timer/bulletin/{county}/{period.kind}/{period.first}", by=_BY)
                self.records.create(cause, lambda new: model_bulletins.issued(new, bulletin, now), id)
        self._settled.add(id)
        return fresh

    def made(self, county: str, period: Period) -> pb.Bulletin:
        """A period's numbers from the journals as of its cutoff; the same each time once it has passed."""
        groups = store_bulletins.as_of(self.ratings, county, period.first, period.last, period.cutoff)
        return model_bulletins.made(county, period, {day: counted.items() for day, counted in groups.items()})

    def list(self, county: str, kind: int, token: str, count: int) -> tuple[list[pb.Bulletin], str]:
        """A page of a county's bulletins, the newest period first, and the next page's token."""
        match = {"state.county": county} | ({"state.kind": kind} if kind else {})
        rows, following = newest(self.records, match, "cutoff", token, count)
        return [model_bulletins.head(row.state) for row in rows], following

    def get(self, id: str) -> pb.Bulletin:
        """One as it was published, with corrections. NOT_FOUND."""
        view = model_bulletins.full(self.records.get(id).state)
        first, last = date.fromisoformat(view.from_day), date.fromisoformat(view.to_day)
        now = model_bulletins.only(self.counts.between(view.county, WHOLE, first, last).split)
        view.corrections.extend(model_bulletins.corrections(view, now))
        return view
