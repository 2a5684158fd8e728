"""Two processes write and a worker counts whenever it comes to it: the totals are those of a recount from the journals.

What tests/unit/rating/test_results_stateful.py does over the model, over a real store.
"""

import itertools
import uuid
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.acts import Cause, now
from chassis.errors import Refused
from services.rating import store
from tests.support.rating_numbers import ACTS, recount
from tests.support.rating_service import RatingHere, closed, served
from yiwang.case.v1 import events_pb2 as case_events
from yiwang.rating.v1 import results_pb2 as pb

_counties = itertools.count(1)
NAMES = {"invite_closed": 7, "invite_applied": 3, "invite_refused": 4}
DAYS = ("2026-10-31", "2026-11-21", "2026-11-22")
# Chance alone seldom finds the way of a loop.
WALKS = (
    ("give 1", "assign", "verify 1", "rectify", "call 1", "publish"),
    ("give 2", "assign", "verify 2", "review 2", "appeal", "review 1", "rectify"),
    ("give 1 anonymously", "assign", "verify 3", "review 3", "publish"),
    ("give 5", "flag 1", "lift 1", "again 1", "assign", "verify 1"),
)
ratings_of = st.integers(0, 5)
steps = st.one_of(
    st.tuples(st.just("hear"), st.integers(0, 2), st.sampled_from(sorted(NAMES))),
    st.tuples(st.just("happen"), ratings_of, st.sampled_from(sorted(ACTS))),
    st.tuples(st.just("walk"), ratings_of, st.sampled_from(WALKS)),
    st.tuples(st.just("again"), ratings_of, st.none()),
    st.tuples(st.just("count"), st.none(), st.none()),
)


class Town:
    """A county of three cases, written by two processes."""

    def __init__(self, rating: RatingHere) -> None:
        self.rating, self.county = rating, f"{990200 + next(_counties)}"
        self.cases = [str(uuid.uuid4()) for _ in DAYS]
        self.processes = itertools.cycle([store.ratings(rating.parts.database), store.ratings(rating.parts.database)])
        self.done: list[tuple[str, Cause, str]] = []

    def documents(self) -> list[dict[str, Any]]:
        return sorted(self.rating.ratings.collection.find({"state.county": self.county}), key=lambda row: row["_id"])

    def hear(self, number: int, name: str) -> None:
        case, told = self.cases[number], served("ann", region=self.county)
        events = {
            "invite_closed": closed("ann", case, region=self.county),
            "invite_applied": case_events.CaseAccepted(case_id=case, served=told),
            "invite_refused": case_events.CaseRefused(case_id=case, served=told),
        }
        self.rating.hear(name, events[name], case, NAMES[name], f"{DAYS[number]}T04:00:00Z")

    def walk(self, number: int, names: tuple[str, ...]) -> None:
        for name in names:
            self.happen(number, name)

    def happen(self, number: int, name: str) -> None:
        there = self.documents()
        if number < len(there):
            self.done.append((there[number]["_id"], Cause(f"test/{uuid.uuid4()}", "officer:1"), name))
            self._do(*self.done[-1])

    def again(self, number: int, _: None) -> None:
        for one in self.done[-number:]:
            self._do(*one)

    def _do(self, id: str, cause: Cause, name: str) -> None:
        with suppress(Refused):
            next(self.processes).change(id, cause, lambda rating: ACTS[name](rating, now()))

    def count(self, *_: None) -> None:
        self.rating.worker.count_ratings()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=8, max_size=30))
def test_totals_are_a_recount_from_the_journals_after_any_interleaving(rating: RatingHere, told: list[Any]) -> None:
    town = Town(rating)
    town.hear(0, "invite_closed")
    for step, number, name in told:
        getattr(town, step)(number, name)
    town.count()
    there = town.documents()
    service = rating.by(None, service="ResultService")
    period = {"county": town.county, "from_day": "2026-10-20", "to_day": "2026-11-30"}
    answer = service.GetResults(**period, by=pb.BREAKDOWN_NODE)
    assert dict(answer.whole.counters) == recount(row["journal"] for row in there)
    nodes = {row.id.removeprefix("SERVICE_NODE_"): dict(row.counters) for row in answer.rows}
    for name, number in (("APPLY", 2), ("CLOSE", 5)):
        assert nodes.get(name, {}) == recount(row["journal"] for row in there if row["state"]["node"] == number)
    for row in there:
        assert rating.ratings.drift(row) == []
