"""Whatever happens to ratings, in whatever order and however often it is told: the totals are those of a recount from the journals.

Here over the model alone, with the store in memory; tests/service/rating/test_results_stateful.py does the same over a real one.
"""

import copy
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from pymongo.errors import DuplicateKeyError

from chassis import records
from chassis.acts import Cause
from chassis.errors import Refused
from chassis.records import Records
from services.rating import inviting, model_bulletins, model_giving, model_results, model_splits, store
from services.rating.model import Rating
from services.rating.model_evolve import EVOLVE
from tests.support.rating_numbers import ACTS, recount
from tests.support.rating_service import closed, served
from yiwang.case.v1 import events_pb2 as case_events
from yiwang.rating.v1 import events_pb2 as events

START = datetime(2026, 11, 22, 4, tzinfo=UTC)
CASES = ("case-1", "case-2", "case-3")
# What case tells of each, of which several end the same service node.
TOLD = {
    "closed": lambda case: closed("ann", case, "item-1", number=case),
    "accepted": lambda case: case_events.CaseAccepted(case_id=case, served=served("ann", "item-2", number=case)),
    "refused": lambda case: case_events.CaseRefused(case_id=case, served=served("ann", "item-2", number=case)),
}


class Memory:
    """As much of a collection as records write."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}

    def find_one(self, query: dict[str, Any], _only: Any = None) -> dict[str, Any] | None:
        return copy.deepcopy(self.documents.get(query["_id"]))

    def insert_one(self, document: dict[str, Any]) -> None:
        if document["_id"] in self.documents:
            raise DuplicateKeyError("")
        self.documents[document["_id"]] = copy.deepcopy(document)

    def update_one(self, query: dict[str, Any], change: dict[str, Any]) -> Any:
        document = self.documents[query["_id"]]
        assert document["version"] == query["version"]
        for path, value in change["$set"].items():
            if path.startswith("state."):
                document["state"][path.removeprefix("state.")] = copy.deepcopy(value)
        document["journal"] += copy.deepcopy(change["$push"]["journal"]["$each"])
        document["version"] += change["$inc"]["version"]
        return Written


class Written:
    """What an update answers."""

    matched_count = 1


class Numbers(RuleBasedStateMachine):
    """Ratings of three cases, to which everything happens that can."""

    @initialize()
    def begin(self) -> None:
        self.memory = Memory()
        self.ratings: Records[Rating] = Records(self.memory, Rating, EVOLVE, events)  # type: ignore[arg-type]
        self.at = START
        self.causes: list[tuple[str, Cause, str]] = []
        # What was published: a cutoff, and the numbers by then.
        self.published: list[tuple[datetime, str]] = []

    @rule(case=st.sampled_from(CASES), name=st.sampled_from(sorted(TOLD)))
    def hear(self, case: str, name: str) -> None:
        """An event of case, perhaps again, perhaps before one that was earlier."""
        told, person = inviting.served_of(TOLD[name](case), START)
        id = store.rating_id(case, told.node, told.occasion)
        cause = Cause(f"{case}.{name}/invite", "system:case")
        with self._later():
            try:
                self.ratings.create(cause, lambda new: model_giving.open_invitation(new, told, person, None, START), id)
            except Refused as refused:
                assert refused.reason == "REQUEST_ID_REUSED"

    @rule(number=st.integers(0, 5), name=st.sampled_from(sorted(ACTS)))
    def happen(self, number: int, name: str) -> None:
        """Something happens to a rating, or is refused."""
        self._act(number, name)

    @rule(
        number=st.integers(0, 5),
        way=st.sampled_from(("verify 1", "verify 2", "verify 3")),
        grade=st.sampled_from((1, 2)),
    )
    def dissatisfy(self, number: int, way: str, grade: int) -> None:
        """The beginning of a loop, which chance alone seldom finds."""
        for name in (f"give {grade}", "assign", way):
            self._act(number, name)

    @rule(number=st.integers(0, 5), days=st.integers(1, 12))
    def wait(self, number: int, days: int) -> None:
        """Days pass, and the clock does what it does."""
        self.at += timedelta(days=days)
        self._act(number, "clock")

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """What happened before is told once more."""
        if self.causes:
            id, cause, name = data.draw(st.sampled_from(self.causes))
            version = self.memory.documents[id]["version"]
            self.ratings.change(id, cause, lambda rating: ACTS[name](rating, self.at))
            assert self.memory.documents[id]["version"] == version

    @rule()
    def publish(self) -> None:
        """A bulletin as of now."""
        self.published.append((self.at, self._numbers(self.at)))

    @contextmanager
    def _later(self) -> Iterator[None]:
        """A minute later, by which what is written is dated."""
        self.at += timedelta(minutes=1)
        with pytest.MonkeyPatch.context() as clock:
            clock.setattr(records, "now", lambda: self.at)
            yield

    def _act(self, number: int, name: str) -> None:
        ids = sorted(self.memory.documents)
        if number >= len(ids):
            return
        id, cause = ids[number], Cause(f"test/{uuid.uuid4()}", "officer:1")
        with self._later():
            try:
                before = self.memory.documents[id]["version"]
                after = self.ratings.change(id, cause, lambda rating: ACTS[name](rating, self.at))
            except Refused:
                return
        if after.version > before:
            self.causes.append((id, cause, name))

    def _numbers(self, instant: datetime) -> str:
        """A bulletin from the journals up to an instant."""
        found = []
        for document in self.memory.documents.values():
            known = [entry for entry in document["journal"] if entry["at"] <= instant]
            if known:
                state = self.ratings.replay(known)
                found.append((model_splits.group(document["state"], state.kind), 1))
        period = model_bulletins.period_of(model_bulletins.DAILY, START.date())
        return model_bulletins.canonical(model_bulletins.made("990121", period, {"2026-11-22": found} if found else {}))

    @invariant()
    def totals_are_those_of_the_journals(self) -> None:
        documents = list(self.memory.documents.values())
        stored = model_splits.split((model_splits.group(one["state"], one["state"]["kind"]), 1) for one in documents)
        assert stored["whole"].rows.get("", {}) == recount(one["journal"] for one in documents)
        by_item = stored["item"].rows
        for item, row in by_item.items():
            own = [one["journal"] for one in documents if one["state"]["item_id"] == item]
            assert row == recount(own)
        assert model_results.summed(by_item.values()) == stored["whole"].rows.get("", {})

    @invariant()
    def what_was_published_is_the_same_again(self) -> None:
        for cutoff, numbers in self.published[-2:]:
            assert self._numbers(cutoff) == numbers


Numbers.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestTotalsAreARecountFromTheJournals = Numbers.TestCase
