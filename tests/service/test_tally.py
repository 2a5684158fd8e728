"""Tallies on a real store: counts that duplicates, any order and a crash cannot falsify."""

import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.collection import Collection
from pymongo.database import Database

from chassis import tally
from chassis.tally import Tally
from tests.support.waiting import wait_until

Db = Database[dict[str, Any]]


@pytest.fixture
def counts(database: Db, monkeypatch: pytest.MonkeyPatch) -> Tally:
    # Recount whenever asked, mark always, take marks off at once.
    monkeypatch.setattr(tally, "SHARE", 1e9)
    monkeypatch.setattr(tally, "MARK_SECONDS", -1.0)
    monkeypatch.setattr(tally, "CLEAN_AFTER", timedelta(0))
    counts = Tally(database, "counts")
    counts.ensure_indexes()
    return counts


# A source counts in the same buckets all its life, as an item, a department and the day a case was opened do.
BUCKETS = {"a": ["x"], "b": ["x", "y"], "c": ["y", "z"], "d": ["z"]}
contributions = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(["asked", "rated"]), st.integers(1, 4)),
    min_size=1,
    max_size=10,
    unique_by=lambda one: (one[0], one[2]),
)


def truth(given: list[tuple[str, str, int]], bucket: str) -> dict[str, int]:
    """What a bucket must say: the newest contribution of each source, once."""
    newest = {source: kind for source, kind, _ in sorted(given, key=lambda one: one[2])}
    kinds = [kind for source, kind in newest.items() if bucket in BUCKETS[source]]
    return {kind: kinds.count(kind) for kind in set(kinds)}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(contributions, st.randoms(use_true_random=False), st.booleans())
def test_in_any_order_and_however_often_a_total_counts_the_newest_of_each_source(
    database: Db, counts: Tally, given: list[tuple[str, str, int]], shuffle: random.Random, between: bool
) -> None:
    counts = Tally(database, f"counts{uuid.uuid4().hex[:8]}")
    counts.ensure_indexes()
    heard = given * 2
    shuffle.shuffle(heard)
    for source, kind, order in heard:
        counts.contribute(source, BUCKETS[source], kind, order)
        if between:
            counts.recount()
    counts.recount()
    for bucket in ("x", "y", "z"):
        assert counts.totals([bucket]) == truth(given, bucket)


def test_totals_are_summed_over_buckets_and_an_unknown_bucket_is_nothing(counts: Tally) -> None:
    counts.contribute("a", ["mon"], "asked", 1)
    counts.contribute("b", ["tue"], "asked", 1)
    counts.contribute("c", ["tue"], "rated", 1)
    assert counts.recount() == 2
    assert counts.totals(["mon", "tue", "wed"]) == {"asked": 2, "rated": 1}
    assert counts.totals([]) == {}


def test_only_what_changed_is_counted_anew(counts: Tally) -> None:
    counts.contribute("a", ["x"], "asked", 1)
    wait_until(lambda: counts.recount() == 0, "the mark is taken off")
    counts.contribute("b", ["y"], "asked", 1)
    assert counts.recount() == 1
    assert counts.totals(["x", "y"]) == {"asked": 2}


def test_a_store_emptied_under_a_running_process_is_counted_when_the_contributions_come_again(
    counts: Tally, database: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "MARK_SECONDS", 60.0)
    monkeypatch.setattr(tally, "CLEAN_AFTER", timedelta(seconds=120))
    counts.contribute("a", ["x"], "asked", 1)
    counts.recount()
    for name in ("counts", "counts_totals"):
        database[name].delete_many({})
    counts.contribute("a", ["x"], "asked", 1)
    wait_until(lambda: counts.recount() == 1, "the lost mark is set again")
    assert counts.totals(["x"]) == {"asked": 1}


def test_what_is_contributed_during_a_recount_is_in_the_next(
    counts: Tally, database: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts.contribute("a", ["x"], "asked", 1)
    plain: Any = Collection.aggregate

    def late(self: Any, *arguments: Any, **options: Any) -> Any:
        rows = list(plain(self, *arguments, **options))
        counts.contribute("b", ["x"], "asked", 1)
        return rows

    monkeypatch.setattr(Collection, "aggregate", late)
    counts.recount()
    monkeypatch.setattr(Collection, "aggregate", plain)
    counts.recount()
    assert counts.totals(["x"]) == {"asked": 2}


def test_a_process_that_dies_in_a_recount_leaves_the_bucket_to_the_next(
    counts: Tally, database: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts.contribute("a", ["x"], "asked", 1)
    counts.recount()
    counts.contribute("b", ["x"], "asked", 1)

    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> Any:
        raise Killed

    plain: Any = Collection.aggregate
    monkeypatch.setattr(Collection, "aggregate", die)
    with pytest.raises(Killed):
        counts.recount()
    monkeypatch.setattr(Collection, "aggregate", plain)
    monkeypatch.setattr(tally, "SHARE", 1e9)
    Tally(database, "counts").recount()
    assert counts.totals(["x"]) == {"asked": 2}


def test_a_slow_recount_does_not_undo_a_quicker_one(
    counts: Tally, database: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "CLEAN_AFTER", timedelta(seconds=0.3))
    counts.contribute("a", ["x"], "asked", 1)
    quicker, plain = Tally(database, "counts"), Collection.aggregate

    def overtaken(self: Any, *arguments: Any, **options: Any) -> Any:
        rows = list(plain(self, *arguments, **options))
        monkeypatch.setattr(Collection, "aggregate", plain)
        counts.contribute("b", ["x"], "asked", 1)
        quicker.recount()
        return rows

    monkeypatch.setattr(Collection, "aggregate", overtaken)
    wait_until(lambda: counts.recount() == 0, "the mark is taken off")
    assert counts.totals(["x"]) == {"asked": 2}


def test_an_older_contribution_never_replaces_a_newer_one_even_at_the_same_moment(counts: Tally) -> None:
    barrier = threading.Barrier(8)

    def contribute(round: int, order: int) -> None:
        barrier.wait()
        counts.contribute(f"source{round}", ["x"], f"kind{order}", order)

    with ThreadPoolExecutor(8) as pool:
        for round in range(5):
            list(pool.map(partial(contribute, round), range(1, 9)))
    counts.recount()
    assert counts.totals(["x"]) == {"kind8": 5}
