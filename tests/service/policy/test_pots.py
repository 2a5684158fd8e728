"""Budgets and benefits that many reach for at once: exactly what there is, to the fen, and nothing for who is late."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database

from services.policy import model, model_claims, store_pots
from services.policy.model import HIGHEST, NO_REPEAT
from services.policy.model_budgets import APPLIED, REFUSED
from services.policy.store_pots import BELOW, CLOSED, EXHAUSTED, EXPIRED, HELD, MISSING, REPEATED
from tests.fakes import program
from tests.fakes.bank import Bank
from tests.support.policy_money import PERIOD, Company, Money
from tests.support.waiting import wait_until

Db = Database[dict[str, Any]]
LATER = datetime(2100, 1, 1, tzinfo=UTC)
BUDGET = "b"


@pytest.fixture
def money(database: Db) -> Iterator[Money]:
    with program.running(Bank()) as bank:
        yield Money(database, bank)


@pytest.fixture
def pot(database: Db) -> Db:
    """A pot with a thousand fen."""
    store_pots.ensure_indexes(database)
    assert store_pots.adjust(database, BUDGET, "c1", 1000) == APPLIED
    return database


def at_once(many: int, act: Callable[[int], Any]) -> list[Any]:
    """What so many threads get that begin at one moment."""
    gate = threading.Barrier(many)

    def one(number: int) -> Any:
        gate.wait()
        return act(number)

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(one, range(many)))


def sums(database: Db) -> tuple[int, int, int]:
    """Available, reserved and spent."""
    found = store_pots.sums(database, BUDGET)
    return found.available, found.reserved, found.spent


def test_200_claims_at_once_get_what_there_is_to_the_fen_and_not_one_more(money: Money) -> None:
    item, fen, fits = str(uuid.uuid4()), 1234_56, 77
    first = money.company(item=item, fen=fen, total=fits * fen + fen - 1)
    companies = [first, *(money.company(item=item, fen=fen, total=None) for _ in range(199))]
    at_once(200, lambda number: companies[number].submit())
    states = [one.state for one in companies]
    held = [one.id for one in states if one.reservation == model.HELD]
    reasons = Counter(one.reason_code for one in states if one.status == model.REFUSED)
    assert (len(held), reasons) == (fits, {"BUDGET_EXHAUSTED": 200 - fits})
    pot = money.pot(first.budget)
    assert (pot["available"], sum(pot["held"].values()), pot["holds"]) == (fen - 1, fits * fen, fits)
    money.settle(*companies)
    assert money.wrong(first.budget, *companies) == []


def test_what_does_not_fit_keeps_nothing_that_does_from_fitting(pot: Db) -> None:
    got = at_once(40, lambda number: store_pots.reserve(pot, BUDGET, f"h{number}", 700 if number % 2 else 100, LATER))
    held = pot["pots"].find_one({"_id": BUDGET})
    assert held is not None and sums(pot)[1] == sum(held["held"].values()) and sums(pot)[0] >= 0
    assert got.count(HELD) == len(held["held"]) and set(got) == {HELD, EXHAUSTED}
    # What is left is less than the smallest that was refused.
    assert sums(pot)[0] < 100


def test_one_claim_reserved_by_many_processes_is_reserved_once(money: Money, monkeypatch: pytest.MonkeyPatch) -> None:
    one = money.company()
    monkeypatch.setattr(money.reserving, "reserve", lambda _: True)
    one.submit()
    money.fresh()
    assert one.state.reservation == model.ASKED
    at_once(20, lambda _: type(money.reserving)(money.parts).reserve(one.id))
    assert money.pot(one.budget)["held"] == {model.hold(one.state): one.fen}
    types = [entry["type"] for entry in money.claims.get(one.id).journal]
    assert types.count("ClaimReserved") == 1


def test_who_was_asleep_beyond_the_deadline_reserves_nothing(money: Money, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_claims, "RESERVE", timedelta(seconds=1))
    one = money.company()
    asleep = type(money.reserving)(money.parts)
    woken: list[str] = []

    def sleep(claim: Any) -> str:
        """Another process reserves; the claim is withdrawn and its budget freed, which takes the deadline; then it wakes."""
        money.fresh()
        money.reserving.reserve(one.id)
        one.withdraw()
        assert not money.reserving.free(one.id), "not before the deadline"
        wait_until(lambda: money.reserving.free(one.id), "the deadline is over")
        woken.append(hold(claim))
        return woken[0]

    hold = asleep._hold
    monkeypatch.setattr(asleep, "_hold", sleep)
    money.reserving = asleep
    one.submit()
    assert woken == [EXPIRED]
    assert one.state.reservation == model.FREE and one.state.status == model.WITHDRAWN
    assert (money.pot(one.budget)["held"], store_pots.taken(money.database, one.group, PERIOD, one.uscc)) == ({}, {})
    money.settle(one)
    assert money.wrong(one.budget, one) == []


def test_nothing_is_charged_or_freed_before_the_deadline(pot: Db) -> None:
    assert store_pots.reserve(pot, BUDGET, "h", 400, LATER) == HELD
    assert not store_pots.free(pot, BUDGET, "h", LATER) and not store_pots.spend(pot, BUDGET, "h", 300, LATER)
    assert not store_pots.free(pot, BUDGET, "nobody", LATER), "it may still come"
    assert sums(pot) == (600, 400, 0)
    past = datetime.now(UTC) - timedelta(seconds=1)
    assert at_once(8, lambda _: store_pots.spend(pot, BUDGET, "h", 300, past)).count(True) >= 1
    assert sums(pot) == (700, 0, 300) and store_pots.free(pot, BUDGET, "h", past)


def test_a_deadline_that_is_over_reserves_nothing_and_says_so(pot: Db) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    assert store_pots.reserve(pot, BUDGET, "h", 400, past) == EXPIRED
    assert store_pots.reserve(pot, BUDGET, "h", 4000, past) == EXHAUSTED
    assert store_pots.reserve(pot, "no pot", "h", 1, LATER) == MISSING
    assert store_pots.reserve(pot, BUDGET, "h", 400, LATER) == HELD
    assert store_pots.reserve(pot, BUDGET, "h", 400, past) == HELD, "it is held already"
    assert sums(pot) == (600, 400, 0)


def test_what_was_refused_is_held_by_nobody_later_and_what_is_held_is_not_refused(pot: Db) -> None:
    assert store_pots.reserve(pot, BUDGET, "h", 4000, LATER, "h-1") == EXHAUSTED
    assert store_pots.refuse(pot, BUDGET, "h", "h-1")
    assert store_pots.adjust(pot, BUDGET, "c2", 9000) == APPLIED
    assert store_pots.reserve(pot, BUDGET, "h", 4000, LATER, "h-1") == EXPIRED and sums(pot) == (10_000, 0, 0)
    assert store_pots.reserve(pot, BUDGET, "h", 4000, LATER, "h-2") == HELD
    assert not store_pots.refuse(pot, BUDGET, "h", "h-2") and sums(pot) == (6000, 4000, 0)
    assert store_pots.refuse(pot, "no pot", "h", "h-1"), "or a list would be public without any money"


def test_of_one_group_an_enterprise_gets_one_benefit_whichever_ten_items_it_claims_at_once(money: Money) -> None:
    first = money.company(total=1000_00)
    companies = [first, *(money.company(uscc=first.uscc, total=1000_00) for _ in range(9))]
    at_once(10, lambda number: companies[number].submit())
    states = Counter((one.state.reservation, one.state.reason_code) for one in companies)
    assert states == {(model.HELD, ""): 1, (model.FREEING, "REPEATED"): 9}
    money.settle(*companies)
    got = next(one for one in companies if one.state.reservation == model.HELD)
    assert store_pots.taken(money.database, first.group, PERIOD, first.uscc) == {model.hold(got.state): got.fen}
    assert sum(len(money.pot(one.budget)["held"]) for one in companies) == 1


def test_the_highest_of_a_group_counts_what_was_judged_and_no_more(database: Db) -> None:
    store_pots.ensure_indexes(database)

    def take(hold: str, already: int, overlap: int = HIGHEST) -> str:
        return store_pots.take(database, "g/2026/u", hold, 100, overlap, already, LATER)

    assert take("a", 0) == HELD
    assert take("b", 0) == REPEATED, "judged before the first was held"
    assert take("b", 100) == HELD == take("b", 0)
    assert take("c", 200, NO_REPEAT) == REPEATED
    past = datetime.now(UTC) - timedelta(seconds=1)
    assert not store_pots.leave(database, "g/2026/u", "b", LATER)
    assert store_pots.leave(database, "g/2026/u", "b", past)
    assert store_pots.taken(database, "g", "2026", "u") == {"a": 100}
    assert store_pots.take(database, "g/2026/u", "d", 1, HIGHEST, 500, past) == EXPIRED


def test_a_cut_below_what_is_reserved_changes_nothing_for_ever(money: Money) -> None:
    one = money.company(total=1500_00)
    one.submit()
    before = money.pot(one.budget)
    assert one.give(999_99, "too far") == REFUSED
    assert {**money.pot(one.budget), "changes": {}} == {**before, "changes": {}}
    assert money.budgets.get(one.budget).state.total_fen == 1500_00
    assert one.give(1000_00, "to the fen") == APPLIED
    assert one.give(9000_00, "raise") == APPLIED
    # Who asked for the refused cut, and was asleep, is answered as then, though it would fit now.
    changes = money.budgets.get(one.budget).state.changes
    refused = next(change for change in changes if change.state == REFUSED)
    assert store_pots.adjust(money.database, one.budget, refused.id, refused.delta_fen) == BELOW
    assert money.pot(one.budget)["total"] == 9000_00
    money.deliver(one)
    assert money.wrong(one.budget, one) == []


def test_cuts_and_claims_at_once_never_leave_less_than_nothing(pot: Db) -> None:
    def act(number: int) -> str:
        if number % 2:
            return store_pots.adjust(pot, BUDGET, f"cut{number}", -100)
        return store_pots.reserve(pot, BUDGET, f"h{number}", 100, LATER)

    got = Counter(at_once(40, act))
    assert got[APPLIED] + got[HELD] == 10 and got[BELOW] + got[EXHAUSTED] == 30
    assert sums(pot) == (0, 100 * got[HELD], 0)


def test_the_claims_of_a_list_take_over_what_it_has_set_aside_and_no_more(pot: Db) -> None:
    roll = str(uuid.uuid4())
    assert store_pots.reserve(pot, BUDGET, roll, 500, LATER) == HELD
    got = at_once(8, lambda number: store_pots.take_over(pot, BUDGET, roll, f"{roll}-{number}", 100, LATER))
    assert Counter(got) == {HELD: 5, EXHAUSTED: 3}
    assert store_pots.take_over(pot, BUDGET, roll, f"{roll}-{got.index(HELD)}", 100, LATER) == HELD
    assert sums(pot) == (500, 500, 0)


def test_a_closed_pot_gives_nothing_and_hands_back_what_is_left_once_for_each_time(pot: Db) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    assert store_pots.reserve(pot, BUDGET, "h", 400, LATER) == HELD
    assert store_pots.settle(pot, BUDGET, 1, always=True) is None, "it is open"
    store_pots.close(pot, BUDGET)
    assert store_pots.reserve(pot, BUDGET, "other", 1, LATER) == CLOSED == store_pots.adjust(pot, BUDGET, "c2", 5)
    assert store_pots.settle(pot, BUDGET, 1, always=True) is None, "something is held"
    assert store_pots.spend(pot, BUDGET, "h", 300, past)
    assert at_once(8, lambda _: store_pots.settle(pot, BUDGET, 1, always=True)) == [(700, 300)] * 8
    assert sums(pot) == (0, 0, 300) and store_pots.late(pot) == []
    # What comes back afterwards goes back by itself.
    for _ in range(2):
        store_pots.give_back(pot, BUDGET, store_pots.recovery("claim", "line.$1"), 50)
    assert store_pots.late(pot) == [BUDGET]
    assert store_pots.settle(pot, BUDGET, 1, always=True) == (700, 300)
    assert store_pots.settle(pot, BUDGET, 2, always=False) == (50, 250)
    assert store_pots.settle(pot, BUDGET, 3, always=False) is None
    assert sums(pot) == (0, 0, 250)


def test_a_company_of_these_tests_claims_what_it_says(money: Money) -> None:
    one: Company = money.company(total=None)
    one.submit()
    assert (one.state.status, one.state.reason_code) == (model.REFUSED, "BUDGET_MISSING")
