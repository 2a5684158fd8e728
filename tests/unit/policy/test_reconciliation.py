"""What a day's statement and our orders have against each other, and how a day closes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chassis.acts import Moment
from chassis.errors import Refused
from services.policy import model, model_payments
from services.policy import model_reconciliation as rec
from services.policy.model import Claim, Order
from tests.support.actors import REGION, officer
from yiwang.policy.v1 import events_pb2 as events

DAY = date(2026, 7, 1)
AT = datetime(2026, 7, 1, 1, 30, tzinfo=UTC)
FINANCE = officer("finance")


def order(**told: Any) -> Order:
    said: dict[str, Any] = {"state": model.SETTLED, "paid_at": AT, "ordered_at": AT}
    return Order(**{"id": "o", "number": 1, "fen": 100, "tail": "0001", **said, **told})


def claim(*orders: Order) -> Claim:
    return Claim(
        id="c",
        number="n",
        status=model.PAID,
        attempt=1,
        item_id="i",
        edition=1,
        item_title="",
        period="2026",
        mode=model.INSTANT,
        uscc="u",
        name="",
        region=REGION,
        county=REGION,
        department="",
        department_name="",
        submitted_at=AT,
        orders=list(orders),
    )


def kind(found: rec.Finding | None) -> tuple[str, int, int] | None:
    return (found.kind, found.fen, found.expected_fen) if found else None


@pytest.mark.parametrize(
    ("told", "fen", "again", "found"),
    [
        ({}, 100, False, None),
        ({"reconciled_on": "2026-07-01"}, 100, False, None),
        ({"state": model.RETURNED}, 100, False, None),
        ({}, 99, False, ("WRONG_AMOUNT", 99, 100)),
        ({}, 100, True, ("TWICE", 100, 0)),
        ({"reconciled_on": "2026-06-30"}, 100, False, ("TWICE", 100, 0)),
        ({"state": model.REJECTED, "paid_at": None}, 100, False, ("WRONG_AMOUNT", 100, 0)),
    ],
)
def test_a_line_that_goes_out_is_its_order_or_an_exception(told: Any, fen: int, again: bool, found: Any) -> None:
    one = order(**told)
    assert kind(rec.paid_out(claim(one), one, DAY.isoformat(), "l", fen, again)) == found


@pytest.mark.parametrize(
    ("told", "fen", "again", "found"),
    [
        ({"state": model.RETURNED}, 100, False, None),
        ({"state": model.RETURNED}, 60, False, ("WRONG_AMOUNT", 60, 100)),
        ({"state": model.RETURNED}, 100, True, ("TWICE", 100, 0)),
        ({"state": model.REJECTED, "paid_at": None}, 100, False, ("RETURN_OF_UNPAID", 100, 0)),
        ({}, 100, False, ("UNKNOWN_INCOME", 100, 0)),
    ],
)
def test_a_line_that_comes_back_is_a_return_or_an_exception(told: Any, fen: int, again: bool, found: Any) -> None:
    one = order(**told)
    assert kind(rec.came_back(claim(one), one, "l", fen, again)) == found


def test_what_was_paid_on_the_day_and_is_in_no_line_is_missing() -> None:
    midnight = datetime(2026, 6, 30, 16, tzinfo=UTC)
    orders = [
        order(id="there"),
        order(id="missing"),
        order(id="first second of the day in China", paid_at=midnight),
        order(id="the day before", paid_at=midnight - timedelta(milliseconds=1)),
        order(id="in another day's statement", reconciled_on="2026-07-02"),
        order(id="came back", state=model.RETURNED),
        order(id="never paid", state=model.ORDERED, paid_at=None),
    ]
    found = rec.lacking([claim(*orders)], DAY, {"there"})
    assert [(one.order_id, one.expected_fen) for one in found] == [
        ("missing", 100),
        ("first second of the day in China", 100),
    ]
    assert {one.kind for one in found} == {"NOT_IN_STATEMENT"}
    assert rec.span(DAY) == (midnight, midnight + timedelta(days=1))


def test_the_days_up_to_yesterday_are_compared_and_none_is_left_out() -> None:
    today = date(2026, 11, 23)
    assert rec.due_days(None, today, 31) == [date(2026, 11, 22)]
    assert rec.due_days(date(2026, 11, 19), today, 31) == [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)]
    assert rec.due_days(date(2026, 11, 22), today, 31) == []
    assert rec.due_days(date(2020, 1, 1), today, 2) == [date(2026, 11, 21), date(2026, 11, 22)]


@pytest.mark.parametrize(
    ("counties", "region"),
    [
        ([], ""),
        (["990121"], "990121"),
        (["990121", "990122"], "990100"),
        (["990121", "990221"], "990000"),
        (["110101", "120101"], ""),
    ],
)
def test_a_day_is_for_who_oversees_everybody_that_is_paid(counties: list[str], region: str) -> None:
    assert rec.region_of(counties) == region


def test_no_more_is_given_back_than_was_asked_and_each_line_once() -> None:
    one = replace(claim(order()), status=model.RECOVERING, recover_fen=50, recovery_code="ZHAAAAAAAA")
    assert model_payments.recovered(one, 51, "l1", "2026-07-01") is None
    first = model_payments.recovered(one, 20, "l1", "2026-07-01")
    assert first is not None and first.fen == 20
    half = replace(one, recovered_fen=20, recovery_lines=["l1"])
    assert model_payments.to_recover(half) == 30
    for fen, line in ((30, "l1"), (31, "l2")):
        assert model_payments.recovered(half, fen, line, "2026-07-01") is None
    assert model_payments.recovered(replace(half, status=model.RECOVERED), 30, "l2", "2026-07-01") is None
    assert model_payments.recovered(half, 30, "l2", "2026-07-01") is not None


def evolved(one: Any, *said: Any) -> Any:
    for event in said:
        one = rec.EVOLVE[type(event)](one, event, Moment(AT, "test"))
    return one


def compared(*found: rec.Finding) -> Any:
    opened = events.ReconciliationOpened(reconciliation_id="r", day="2026-07-01", region=REGION, payer_tail="0001")
    told = events.DayReconciled(
        reconciliation_id="r",
        day="2026-07-01",
        exceptions=[events.ExceptionFound(exception_id=one.id, kind=one.kind, fen=one.fen) for one in found],
    )
    return evolved(None, opened, told)


def test_a_day_without_exceptions_closes_by_itself_and_another_with_its_last_one() -> None:
    assert compared().status == "CLOSED"
    found = [rec.finding(rec.UNKNOWN_INCOME, line, None, "", 5) for line in ("l1", "l2")]
    day = compared(*found)
    assert day.status == "EXCEPTIONS"
    with pytest.raises(Refused, match="TOO_SHORT"):
        rec.resolve(day, found[0].id, FINANCE, " 误 ")
    with pytest.raises(Refused, match="NOT_FOUND"):
        rec.resolve(day, "no such", FINANCE, "误付，已退回")
    day = evolved(day, rec.resolve(day, found[0].id, FINANCE, " 误付，已退回 "))
    assert (day.status, day.exceptions[0].resolution) == ("EXCEPTIONS", "误付，已退回")
    with pytest.raises(Refused, match="RESOLVED_ALREADY"):
        rec.resolve(day, found[0].id, FINANCE, "误付，已退回")
    assert evolved(day, rec.resolve(day, found[1].id, FINANCE, "次日入账")).status == "CLOSED"


def test_the_same_exception_has_the_same_id() -> None:
    first, second = (rec.finding(rec.TWICE, "l1", claim(order()), "o", fen) for fen in (5, 5))
    assert first == second
    assert first.id != rec.finding(rec.TWICE, "l2", claim(order()), "o", 5).id
