"""Whatever happens to ratings, in whatever order and however often it is told: the totals are those of a recount from the journals.

Here over the model alone, with the store in memory; tests/service/rating/test_results_stateful.py does the same over a real one.
"""

import copy
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chassis import records
from chassis.acts import Cause
from chassis.errors import Refused
from chassis.records import record_id
from services.rating import inviting, model_bulletins, model_giving, model_results, model_splits
from tests.support import rating_memory
from tests.support.rating_numbers import ACTS, recount
from tests.support.rating_service import closed, served
from yiwang.case.v1 import events_pb2 as case_events

START = datetime(2026, 11, 22, 4, tzinfo=UTC)
CASES = ("case-1", "case-2", "case-3")
# What case tells of each, of which several end the same service node.
TOLD = {
    "closed": lambda case: closed("ann", case, "item-1", number=case),
    "accepted": lambda case: case_events.CaseAccepted(case_id=case, served=served("ann", "item-2", number=case)),
    "refused": lambda case: case_events.CaseRefused(case_id=case, served=served("ann", "item-2", number=case)),
}


class Numbers(RuleBasedStateMachine):
    """Ratings of three cases, to which everything happens that can."""

    @initialize()
    def begin(self) -> None:
        self.memory = rating_memory.Memory()
        self.ratings = rating_memory.ratings(self.memory)
        self.at = START
        self.causes: list[tuple[str, Cause, str]] = []
        # What was published: a cutoff, and the numbers by then.
        self.published: list[tuple[datetime, str]] = []
        self.hear(CASES[0], "closed")

    @rule(case=st.sampled_from(CASES), name=st.sampled_from(sorted(TOLD)))
    def hear(self, case: str, name: str) -> None:
        """An event of case, perhaps again, perhaps before one that was earlier."""
        told, person = inviting.served_of(TOLD[name](case), START)
        id = record_id(f"{case}/{told.node}/{told.occasion}")
        cause = Cause(f"{case}.{name}/invite", "system:case")
        with self._later():
            try:
                self.ratings.create(cause, lambda new: model_giving.open_invitation(new, told, person, None, START), id)
            except Refused as refused:
                assert refused.reason == "REQUEST_ID_REUSED"

    @rule(data=st.data(), count=st.integers(1, 6))
    def happen(self, data: st.DataObject, count: int) -> None:
        """Things happen to a rating that may, one after the other."""
        id = data.draw(st.sampled_from(sorted(self.memory.documents)))
        for _ in range(count):
            if names := self._possible(id):
                self._act(id, data.draw(st.sampled_from(names)))

    @rule(data=st.data(), days=st.integers(1, 12))
    def wait(self, data: st.DataObject, days: int) -> None:
        """Days pass, and the clock does what it does."""
        self.at += timedelta(days=days)
        for id in sorted(self.memory.documents):
            self._act(id, "clock")

    @rule(data=st.data(), name=st.sampled_from(sorted(ACTS)))
    def refuse(self, data: st.DataObject, name: str) -> None:
        """Anything is tried; what may not be changes nothing."""
        id = data.draw(st.sampled_from(sorted(self.memory.documents)))
        if name not in self._possible(id):
            before = copy.deepcopy(self.memory.documents[id])
            self._act(id, name)
            assert self.memory.documents[id] == before

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

    def _possible(self, id: str) -> list[str]:
        """What may happen to a rating now and would be noted."""
        state, found = self.ratings.get(id).state, []
        for name, act in ACTS.items():
            with suppress(Refused):
                found += [name] if act(state, self.at) else []
        return found

    def _act(self, id: str, name: str) -> None:
        cause, before = Cause(f"test/{uuid.uuid4()}", "officer:1"), self.memory.documents[id]["version"]
        with self._later(), suppress(Refused):
            self.ratings.change(id, cause, lambda rating: ACTS[name](rating, self.at))
        if self.memory.documents[id]["version"] > before:
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


Numbers.TestCase.settings = settings(max_examples=120, stateful_step_count=25, deadline=None)
TestTotalsAreARecountFromTheJournals = Numbers.TestCase
