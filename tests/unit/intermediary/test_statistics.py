"""The market's numbers as one pass over its procurements."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.intermediary import model, model_statistics
from services.intermediary.model import Procurement
from services.intermediary.model_statistics import Counted, counted, kept, of_kept, view
from tests.support.intermediary_performance import AWARDED_AT, BUDGET, completed, contracted, procurement

# A life's instants in hours before the award.
SUBMITTED_AT = AWARDED_AT - timedelta(hours=100)
LIFE: dict[str, Any] = {
    "submitted_at": SUBMITTED_AT,
    "published_at": AWARDED_AT - timedelta(hours=90),
    "frozen_at": AWARDED_AT - timedelta(hours=30),
    "selected_at": AWARDED_AT - timedelta(hours=29),
    "awarded_at": AWARDED_AT,
}


def alive(**told: Any) -> Procurement:
    return procurement(**LIFE | told)


def ended(reason: str) -> Procurement:
    return alive(status=model.ENDED, ended_reason=reason)


def phases(*procurements: Procurement) -> dict[str, tuple[int, float, float, float]]:
    told = view(counted(procurements), {}).phases
    return {one.name: (one.count, one.mean_hours, one.median_hours, one.longest_hours) for one in told}


def test_the_phases_are_those_of_the_life_in_their_order() -> None:
    whole = replace(completed(**LIFE), archived_at=AWARDED_AT + timedelta(hours=48))
    assert phases(whole) == {
        "提交→公告": (1, 10, 10, 10),
        "公告→报名截止": (1, 60, 60, 60),
        "报名截止→选取": (1, 1, 1, 1),
        "选取→中选通知": (1, 29, 29, 29),
        "中选通知→合同": (1, 24, 24, 24),
        "合同→成果确认": (1, 0, 0, 0),
        "成果确认→归档": (1, 24, 24, 24),
    }
    assert list(phases(whole)) == list(model_statistics.PHASES)


def test_mean_median_and_longest_are_hours_of_those_that_got_so_far() -> None:
    waited = [alive(published_at=SUBMITTED_AT + timedelta(hours=hours)) for hours in (1, 2, 9)]
    unpublished = alive(published_at=None, frozen_at=None, selected_at=None, awarded_at=None)
    assert phases(*waited, unpublished)["提交→公告"] == (3, 4, 2, 9)
    assert phases(unpublished) == {}


def test_what_has_no_sign_up_has_no_time_of_it() -> None:
    assert phases(alive(mode=model.DIRECT, frozen_at=None)) == {
        "提交→公告": (1, 10, 10, 10),
        "选取→中选通知": (1, 29, 29, 29),
    }


def test_completed_are_counted_against_those_that_are_over_and_not_those_under_way() -> None:
    done = [alive(status=status) for status in (model.COMPLETED, model.ARCHIVED)]
    over = [ended(model.NOBODY), ended(model.NOBODY), ended(model.OWNER_WITHDREW)]
    told = view(counted([*done, *over, alive(), alive(status=model.CONTRACTED)]), {"ACTIVE": 2, "LEFT": 0})
    assert (told.needs, told.completed, told.completion_basis_points) == (7, 2, 4000)
    assert [(one.kind, one.count) for one in told.ended] == [(model.NOBODY, 2), (model.OWNER_WITHDREW, 1)]
    assert {one.kind: one.count for one in told.statuses} == {
        "ENDED": 3,
        "ARCHIVED": 1,
        "COMPLETED": 1,
        "AWARDED": 1,
        "CONTRACTED": 1,
    }
    assert [(one.kind, one.count) for one in told.agencies] == [("ACTIVE", 2)]


def test_of_nothing_there_is_no_share() -> None:
    told = view(Counted(), {})
    assert (told.needs, told.completed, told.completion_basis_points, list(told.phases)) == (0, 0, 0, [])
    assert "办结率" in told.completion_formula


@pytest.mark.parametrize(
    ("one", "contracts", "saved"),
    [
        (contracted(submitted_at=SUBMITTED_AT), 9_000_00, BUDGET - 9_000_00),
        (contracted(submitted_at=SUBMITTED_AT, need={"budgetFen": "0"}), 9_000_00, 0),
        (alive(), 0, 0),
    ],
)
def test_what_was_saved_is_known_where_contract_and_budget_are(one: Procurement, contracts: int, saved: int) -> None:
    told = view(counted([one]), {})
    assert (told.contracts_fen, told.saved_fen) == (contracts, saved)


def test_a_draft_is_no_need() -> None:
    assert counted([alive(submitted_at=None, status=model.DRAFT, mode=0)]) == Counted()


def test_months_apart_are_what_they_are_together() -> None:
    some = [contracted(**LIFE), ended(model.TOO_FEW), alive(service="a.b$c")]
    others = [alive(mode=model.PRICE), completed(**LIFE)]
    apart = of_kept(kept(counted(some)))
    apart.join(of_kept(kept(counted(others))))
    together = counted([*some, *others])
    assert kept(apart) == kept(together)
    assert view(apart, {}) == view(together, {})
