"""A reported case is what all its rows tell together, in whatever order they came."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import Moment
from services.case.model_reported import (
    EVOLVE,
    ReportedCase,
    difference,
    fold,
    folded,
    missing,
    same,
    version_difference,
)
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import exchange_pb2 as pb

START = datetime(2026, 11, 3, 1, tzinfo=UTC)
FACTS: dict[str, dict[str, Any]] = {
    "applied": {"item_code": "I-1", "item_name": "许可", "region": "990121", "project_code": ""},
    "accepted": {"promised_due": START + timedelta(days=10)},
    "step": {"action": "PASSED", "state": "DONE"},
    "asked": {"answered": False},
    "answered": {"answered": True},
    "paused": {"special": "OTHER", "ended": False},
    "resumed": {"special": "OTHER", "ended": True},
    "extended": {"special": "EXTENSION", "ended": False},
    "closed": {"result": "GRANTED"},
}
KINDS = {
    "asked": "correction",
    "answered": "correction",
    "paused": "special",
    "resumed": "special",
    "extended": "special",
}


def rows(*kinds: str, seqs: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    numbers = seqs or tuple(range(1, len(kinds) + 1))
    return [
        {"seq": seq, "kind": KINDS.get(kind, kind), "at": START + timedelta(hours=seq), "facts": FACTS[kind]}
        for seq, kind in zip(numbers, kinds, strict=True)
    ]


def state(*kinds: str, seqs: tuple[int, ...] = ()) -> ReportedCase:
    event = fold("id", "D", "N", rows(*kinds, seqs=seqs))
    return folded(None, event, Moment(START, ""))


STATUSES = [
    (("applied",), pb.REPORTED_STATUS_APPLIED),
    (("applied", "asked"), pb.REPORTED_STATUS_CORRECTION),
    (("applied", "asked", "answered"), pb.REPORTED_STATUS_APPLIED),
    (("applied", "accepted"), pb.REPORTED_STATUS_ACCEPTED),
    (("applied", "accepted", "step"), pb.REPORTED_STATUS_ACCEPTED),
    (("applied", "accepted", "paused"), pb.REPORTED_STATUS_SUSPENDED),
    (("applied", "accepted", "paused", "resumed"), pb.REPORTED_STATUS_ACCEPTED),
    (("applied", "accepted", "paused", "extended", "resumed"), pb.REPORTED_STATUS_SUSPENDED),
    (("applied", "accepted", "resumed"), pb.REPORTED_STATUS_ACCEPTED),
    (("applied", "accepted", "paused", "closed"), pb.REPORTED_STATUS_CLOSED),
    (("applied", "closed", "step"), pb.REPORTED_STATUS_CLOSED),
]


@pytest.mark.parametrize(("kinds", "status"), STATUSES)
def test_the_rows_tell_where_the_case_stands(kinds: tuple[str, ...], status: int) -> None:
    assert state(*kinds).status == status


def test_without_the_first_row_a_case_is_incomplete_and_stands_behind_all_others() -> None:
    case = state("accepted", "closed", seqs=(2, 5))
    assert case.status == pb.REPORTED_STATUS_INCOMPLETE and case.missing_seqs == [1, 3, 4] and case.last_seq == 5
    assert case.listed_at.year == 1970 and case.applied_at is None and case.item_name == ""


def test_of_two_acceptances_the_one_with_the_higher_seq_counts() -> None:
    case = state("applied", "accepted", "step", "accepted")
    assert case.accepted_at == START + timedelta(hours=4)


def test_a_close_before_its_application_by_time_is_told_as_it_was_reported() -> None:
    all = rows("applied", "closed")
    all[1]["at"] = START - timedelta(days=1)
    case = folded(None, fold("id", "D", "N", all), Moment(START, ""))
    assert case.closed_at is not None and case.applied_at is not None and case.closed_at < case.applied_at
    assert case.status == pb.REPORTED_STATUS_CLOSED


@given(st.lists(st.sampled_from(sorted(FACTS.keys() - {"applied"})), max_size=12), st.data())
def test_the_order_in_which_rows_came_makes_no_difference(kinds: list[str], data: st.DataObject) -> None:
    ordered = rows("applied", *kinds)
    known = data.draw(st.permutations(ordered))
    assert fold("id", "D", "N", known) == fold("id", "D", "N", ordered)
    part = known[: data.draw(st.integers(1, len(known)))]
    event = fold("id", "D", "N", part)
    present = {row["seq"] for row in part}
    assert set(event.missing_seqs) | present == set(range(1, max(present) + 1))


def test_nothing_new_is_told_apart_from_something_new() -> None:
    case = state("applied", "accepted")
    assert same(case, fold("id", "D", "N", rows("applied", "accepted")))
    assert not same(case, fold("id", "D", "N", rows("applied", "accepted", "step")))


def test_the_event_carries_the_whole_state_and_nothing_that_is_sealed() -> None:
    assert list(EVOLVE) == [events.ReportedCaseFolded]
    names = {field.name for field in events.ReportedCaseFolded.DESCRIPTOR.fields}
    assert not {one for one in names if "applicant" in one or "certificate" in one or "text" in one}


def test_seqs_that_have_not_come_are_those_below_the_last() -> None:
    assert missing([]) == [] and missing([1, 2]) == [] and missing([500]) == list(range(1, 500))


DIFFERENCES = [
    (None, 3, pb.DIFFERENCE_KIND_MISSING_HERE, []),
    ((1, 2), None, pb.DIFFERENCE_KIND_MISSING_THERE, []),
    ((1, 2), 2, None, []),
    ((1, 2), 4, pb.DIFFERENCE_KIND_BEHIND_HERE, [3, 4]),
    ((1, 3), 3, pb.DIFFERENCE_KIND_BEHIND_HERE, [2]),
    ((1, 3), 2, pb.DIFFERENCE_KIND_BEHIND_HERE, [2]),
    ((1, 2), 1, pb.DIFFERENCE_KIND_BEHIND_THERE, []),
    ((1, 2), 400, pb.DIFFERENCE_KIND_BEHIND_HERE, list(range(3, 53))),
]


@pytest.mark.parametrize(("here", "there", "kind", "gaps"), DIFFERENCES)
def test_two_sides_are_compared_case_by_case(
    here: tuple[int, ...] | None, there: int | None, kind: int | None, gaps: list[int]
) -> None:
    case = state("applied", "step", seqs=here) if here else None
    found = difference(case, there, "N")
    assert (found.kind if found else None) == kind
    if found:
        assert found.missing_seqs == gaps and found.number == "N"


def test_versions_of_a_journal_are_compared_without_gaps() -> None:
    kinds = {
        (None, 1): pb.DIFFERENCE_KIND_MISSING_HERE,
        (1, None): pb.DIFFERENCE_KIND_MISSING_THERE,
        (2, 1): pb.DIFFERENCE_KIND_BEHIND_THERE,
        (1, 2): pb.DIFFERENCE_KIND_BEHIND_HERE,
    }
    for (here, there), kind in kinds.items():
        found = version_difference(here, there, "N")
        assert found is not None and found.kind == kind
    assert version_difference(2, 2, "N") is None
