"""The ways a claim goes to its money and back, as enterprises, officers, workers and the bank do it together: each act is done again until
it is done, by whoever comes."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from services.policy import model
from services.policy.model_budgets import APPLIED, CLOSED, REFUSED
from tests.support.policy_money import QUIET, Company, Money

BAD = "6222000000000404"
Way = Callable[[Money, Company], None]
# The day of the bank on which a claim's money was given back.
DAYS: dict[str, date] = {}


def rounds(money: Money, one: Company, acts: Callable[[], bool], twice: bool = False) -> None:
    """Workers come round, and people act, until all is done and heard."""
    for _ in range(QUIET):
        done = acts()
        money.fresh()
        money.work(one)
        money.deliver(one, twice=twice)
        if done and not one.state.task:
            return
    raise AssertionError(f"never quiet: {one.state.status} {one.state.task}")


def paid(money: Money, one: Company) -> None:
    """Claimed, reviewed for less than was reserved, approved, paid."""

    def acts() -> bool:
        one.review()
        one.approve()
        return one.state.status == model.PAID

    one.give(1500_00)
    one.submit()
    rounds(money, one, acts)


def paid_doubled(money: Money, one: Company) -> None:
    """The same, and every event comes twice and out of order."""

    def acts() -> bool:
        one.review()
        one.approve()
        if order := model.order(one.state):
            for number in range(2):
                money.notify(order.id, one.id, f"{order.id}/{number}")
        return one.state.status == model.PAID

    one.give(1500_00)
    one.submit()
    rounds(money, one, acts, twice=True)


def withdrawn(money: Money, one: Company) -> None:
    """Claimed, and taken back before it was approved."""

    def acts() -> bool:
        one.review()
        if one.state.status == model.APPROVING:
            one.withdraw()
        return one.state.status == model.WITHDRAWN

    one.give(1500_00)
    one.submit()
    rounds(money, one, acts)


def rejected(money: Money, one: Company) -> None:
    """The bank rejects the first order; another account is stated, and the second is paid."""
    money.bank.refuse(BAD)
    one.number = BAD

    def acts() -> bool:
        one.review()
        one.approve()
        if one.state.status == model.ACCOUNT:
            one.account("6222000000000002")
        return one.state.status == model.PAID

    one.give(1500_00)
    one.submit()
    rounds(money, one, acts)


def came_back(money: Money, one: Company) -> None:
    """What was paid comes back, the bank calls, nobody states another account, and the claim lapses."""

    def acts() -> bool:
        one.review()
        one.approve()
        order = model.order(one.state)
        if order and order.state == model.SETTLED:
            if money.bank.orders[order.id]["state"] == "PAID":
                money.bank.give_back(order.id)
            money.notify(order.id, one.id, f"{order.id}/back")
            money.worker.paying.look(one.id)
        one.lapse()
        return one.state.status == model.LAPSED

    one.give(1500_00)
    one.submit()
    rounds(money, one, acts)


def recovered(money: Money, one: Company) -> None:
    """Paid, checked, and given back in part by a line of the statement of a day of its own."""
    day = DAYS.setdefault(one.id, date(2026, 1, 1) + timedelta(days=len(DAYS)))
    money.bank.day = day.isoformat()

    def acts() -> bool:
        one.review()
        one.approve()
        if one.state.status == model.PAID and not one.state.task:
            one.check(300_00)
        if code := one.state.recovery_code:
            if not any(line["subject"] == code for line in money.bank.moved):
                money.bank.receive(code, 300_00)
            money.reconcile()
        return one.state.status == model.RECOVERED

    one.give(1500_00)
    one.submit()
    rounds(money, one, acts)


def budgeted(money: Money, one: Company) -> None:
    """A budget is set, raised, cut, cut too far, and closed while something is still reserved of it."""
    one.give(1000_00)
    one.submit()
    assert one.give(2000_00, "raise") == APPLIED
    assert one.give(1500_00, "cut") == APPLIED
    assert one.give(900_00, "too far") == REFUSED
    one.close()

    def acts() -> bool:
        one.review()
        one.approve()
        return one.state.status == model.PAID and money.budgets.get(one.budget).state.status == CLOSED

    rounds(money, one, acts)


WAYS: Final[dict[str, Way]] = {
    way.__name__: way for way in (paid, paid_doubled, withdrawn, rejected, came_back, recovered, budgeted)
}
