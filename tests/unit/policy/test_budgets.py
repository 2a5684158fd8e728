"""Budgets as records: changes that are asked for and answered, the end of a period, and who reads them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.acts import Actor, Moment
from chassis.errors import Refused
from services.policy import model_budgets as model
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, officer, person, supervisor
from yiwang.policy.v1 import events_pb2 as events

AT = datetime(2026, 11, 20, 4, tzinfo=UTC)
FINANCE = officer("finance", department=OTHER_DEPARTMENT)


def told(number: int) -> events.BudgetChangeAsked:
    return events.BudgetChangeAsked(
        budget_id="b",
        item_id="i",
        period="2026",
        region=REGION,
        department=DEPARTMENT,
        change_id=f"change-{number}",
        document="某财〔2026〕1号",
    )


def evolved(budget: Any, *said: Any) -> Any:
    for event in said:
        assert event is not None
        budget = model.EVOLVE[type(event)](budget, event, Moment(AT, "test"))
    return budget


def given(*totals: int) -> model.Budget:
    """A budget that was set to these totals, one after the other."""
    budget: Any = None
    for number, total in enumerate(totals):
        budget = evolved(budget, model.ask(budget, told(number), total))
        budget = evolved(budget, model.adjusted(budget, f"change-{number}", model.APPLIED))
    return budget  # type: ignore[no-any-return]


def test_a_total_is_kept_as_the_change_it_makes() -> None:
    budget = given(1000, 1500, 1500, 200)
    assert [one.delta_fen for one in budget.changes] == [1000, 500, 0, -1300]
    assert (budget.total_fen, budget.task) == (200, "")


def test_one_change_at_a_time_and_its_answer_once() -> None:
    budget = evolved(given(1000), model.ask(given(1000), told(1), 700))
    assert (budget.total_fen, budget.task, [one.id for one in model.pending(budget)]) == (1000, "adjust", ["change-1"])
    with pytest.raises(Refused, match="CHANGED_MEANWHILE"):
        model.ask(budget, told(2), 900)
    refused = evolved(budget, model.adjusted(budget, "change-1", "BELOW_COMMITTED"))
    assert (refused.total_fen, refused.task, refused.changes[-1].state) == (1000, "", "REFUSED")
    for known in ("change-1", "change-9"):
        assert model.adjusted(refused, known, model.APPLIED) is None


def test_a_closed_period_takes_no_change_and_gives_back_each_time_once() -> None:
    budget = evolved(given(1000), model.close(given(1000), FINANCE))
    assert (budget.status, budget.task) == ("CLOSING", "close")
    for act in (lambda: model.ask(budget, told(1), 2000), lambda: model.close(budget, FINANCE)):
        with pytest.raises(Refused, match="PERIOD_CLOSED"):
            act()
    closed = evolved(budget, model.closed(budget, 1, 300, 700))
    assert (closed.status, closed.surplus_fen, closed.task) == ("CLOSED", 300, "")
    assert model.closed(closed, 1, 300, 700) is None
    late = evolved(closed, model.closed(closed, 2, 50, 650))
    assert (late.surplus_fen, late.total_fen, late.closings) == (350, 1000, 2)
    assert model.closed(given(1000), 1, 0, 0) is None


def test_what_was_asked_before_the_end_comes_before_the_end() -> None:
    asked = evolved(given(1000), model.ask(given(1000), told(1), 700))
    closing = evolved(asked, events.BudgetClosing(budget_id="b"))
    assert closing.task == "adjust"
    assert evolved(closing, model.adjusted(closing, "change-1", model.APPLIED)).task == "close"


@pytest.mark.parametrize(
    ("actor", "sees", "oversees", "finances"),
    [
        (FINANCE, True, True, True),
        (replace(FINANCE, region="990100"), True, True, True),
        (replace(FINANCE, region="990122"), False, False, False),
        (supervisor(), True, True, False),
        (supervisor(region="990122"), False, False, False),
        (officer("payout"), True, False, False),
        (officer("policy"), True, False, False),
        (officer("payout", department=OTHER_DEPARTMENT), False, False, False),
        (replace(officer("payout"), region="990122"), True, False, False),
        (officer("review"), False, False, False),
        (replace(person(), roles=frozenset(("finance",)), region=REGION), False, False, False),
    ],
)
def test_money_is_read_by_who_leads_the_item_and_who_oversees_the_region(
    actor: Actor, sees: bool, oversees: bool, finances: bool
) -> None:
    budget = given(1000)
    assert model.sees(actor, budget) == sees
    assert (model.oversees(actor, REGION), model.finances(actor, REGION)) == (oversees, finances)
