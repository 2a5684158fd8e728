"""Wherever a process dies on a claim's way to its money, and whatever the bank answers: it is paid once, no more than was approved, and
bank, budget and ledger say the same.

Every write and every question to the bank of the whole way is a place to die at, before it and after it. Who comes next does all acts
again, as enterprises, officers and workers do who got no answer.
"""

import signal
import subprocess  # nosec
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from pymongo.database import Database

from chassis import outside
from chassis.acts import now
from services.policy import model, store_pots, tasks
from tests.fakes import program
from tests.fakes.bank import Bank
from tests.support.dying import marks, mortal, steps
from tests.support.policy_money import PAYER, Company, Money
from tests.support.policy_ways import WAYS, Way, paid
from tests.support.sources import ROOT

Db = Database[dict[str, Any]]
BEHAVIOURS: Final = ("answers", "no answer", "doubled", "late")
STEP: Final = 20
PRINTED: Final = ROOT / "build" / "policy-kill-matrix.txt"
LATER: Final = datetime(2100, 1, 1, tzinfo=UTC)
# (way, behaviour) → [(step, what is wrong after a death after it, and before it)]
TABLE: dict[tuple[str, str], list[tuple[str, list[list[str]]]]] = {}


class Died(BaseException):
    """Nothing of the process's own runs any more."""


def die() -> None:
    raise Died


@pytest.fixture
def bank() -> Iterator[Bank]:
    with program.running(Bank()) as running:
        yield running


@pytest.fixture
def money(database: Db, bank: Bank) -> Money:
    return Money(database, bank)


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    """What came of each death, as a table: build/policy-kill-matrix.txt, which `make service` prints."""
    yield
    told = []
    for (way, behaviour), rows in TABLE.items():
        told += ["", f"{way}, bank: {behaviour}", f"{'dies at':64} after before"]
        told += [
            " ".join([f"{step:64}", *(f"{'FAULT' if cell else 'ok':5}" for cell in cells)]) for step, cells in rows
        ]
    told += ["", f"{sum(len(cells) for rows in TABLE.values() for _, cells in rows)} deaths", ""]
    PRINTED.parent.mkdir(exist_ok=True)
    PRINTED.write_text("\n".join(told))


# -- the matrix ---------------------------------------------------------------------------------------------------------


def behave(bank: Bank, behaviour: str, patch: pytest.MonkeyPatch) -> None:
    """The bank behaves so from now on."""
    bank._line.clear()
    bank.answers = {"no answer": "no", "late": "late"}.get(behaviour, "")
    if behaviour == "no answer":
        for kind in ("CHECK", "STATE"):
            bank.script(kind, 503)
    if behaviour == "doubled":
        for name in ("post", "get"):
            patch.setattr(outside, name, _twice(getattr(outside, name)))


def _twice(ask: Callable[..., Any]) -> Callable[..., Any]:
    def call(*told: Any) -> Any:
        ask(*told)
        return ask(*told)

    return call


def noted(money: Money, way: Way, behaviour: str) -> list[str]:
    """The steps of a way by name, in order: nobody dies."""
    found: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        behave(money.bank, behaviour, patch)
        for owner, name in steps(asking=True):
            patch.setattr(owner, name, _noting(getattr(owner, name), name, found))
        way(money, money.company(total=None))
    return found


def _noting(call: Callable[..., Any], name: str, found: list[str]) -> Callable[..., Any]:
    def noted(*told: Any, **named: Any) -> Any:
        if marks(told[0]):
            return call(*told, **named)
        found.append(
            f"bank {name} {told[1].split('?')[0].rsplit('/', 1)[0]}" if isinstance(told[0], str) else _write(*told)
        )
        return call(*told, **named)

    return noted


def _write(collection: Any, first: dict[str, Any], change: dict[str, Any] | None = None) -> str:
    pushed = (change or {}).get("$push", {}).get("journal", {}).get("$each", []) or first.get("journal", [])
    what = "+".join(entry["type"] for entry in pushed)
    moved = "/".join(
        sorted({path.split(".")[0] for part in ("$set", "$unset") for path in (change or {}).get(part, {})})
    )
    return f"{collection.name} {what or first.get('state', {}).get('type') or moved or 'new'}"


def wrong(money: Money, one: Company, way: str) -> list[str]:
    """What does not hold after a death and a life."""
    found = money.wrong(one.budget, one)
    claim, pot = one.state, money.pot(one.budget)
    ended = {"withdrawn": (model.WITHDRAWN, 0), "came_back": (model.LAPSED, 0), "recovered": (model.RECOVERED, 500_00)}
    status, spent = ended.get(way, (model.PAID, 800_00))
    total = 800_00 if way == "budgeted" else 1500_00
    told = {
        "the claim came to its end": claim.status == status,
        "one order, or one more for another account": len(claim.orders) == {"withdrawn": 0, "rejected": 2}.get(way, 1),
        "the pot has spent it": (pot["spent"], pot["held"], pot["total"]) == (spent, {}, total),
        "the journal gives the claim": money.drift(one) == [],
        "nothing above the budget": store_pots.reserve(money.database, one.budget, "rival", 1500_01, LATER)
        in (store_pots.EXHAUSTED, store_pots.CLOSED),
        "the benefit is held as long as the claim stands": len(
            store_pots.taken(money.database, one.group, "2026", one.uscc)
        )
        == (status not in model.ENDED),
    }
    return found + [name for name, holds in told.items() if not holds]


def death(money: Money, way: str, behaviour: str, number: int, lands: bool) -> list[str]:
    """A life that ends at a step, and another one after it: what does not hold then."""
    one = money.company(total=None)
    with pytest.MonkeyPatch.context() as patch:
        behave(money.bank, behaviour, patch)
        left = [number]
        for owner, name in steps(asking=True):
            patch.setattr(owner, name, mortal(getattr(owner, name), left, lands, die))
        with pytest.raises(Died):
            WAYS[way](money, one)
    with pytest.MonkeyPatch.context() as patch:
        behave(money.bank, behaviour, patch)
        money.fresh()
        WAYS[way](money, one)
        return wrong(money, one, way)


MATRIX: Final = [("paid", behaviour) for behaviour in BEHAVIOURS] + [(way, "answers") for way in WAYS if way != "paid"]


@pytest.mark.parametrize(("way", "behaviour"), MATRIX, ids=[f"{way}, {behaviour}" for way, behaviour in MATRIX])
def test_wherever_it_dies_it_is_paid_once_and_all_say_the_same(money: Money, way: str, behaviour: str) -> None:
    rows = TABLE[way, behaviour] = []
    way_itself = way == "paid"
    # A byway begins as the way itself; and after a step it is as before the next one: both are tried on the way itself, on its byways one.
    begins = [] if way_itself else noted(money, paid, behaviour)
    steps_of = noted(money, WAYS[way], behaviour)
    same = next(
        (at for at, (one, other) in enumerate(zip(begins, steps_of, strict=False)) if one != other), len(begins)
    )
    for number in range(same, len(steps_of)):
        cells = [death(money, way, behaviour, number, lands) for lands in ((True, False) if way_itself else (True,))]
        rows.append((steps_of[number], cells))
    assert [row for row in rows if any(row[1])] == [] and len(rows) >= 3


def test_kill_9_of_a_worker_that_pays_loses_nothing_and_pays_nothing_twice(money: Money, mongodb_uri: str) -> None:
    one = money.company()
    one.submit()
    money.work(one)
    one.review()
    one.approve()
    told = [sys.executable, "-W", "ignore", "-m", "tests.support.dying", mongodb_uri]
    # The order is written down, and nothing sent; then it is sent, and the answer lost.
    for step, sent in ((0, 0), (1, 1)):
        call = [*told, str(step), "1", "policy", f"bank_url={money.bank.url}", f"payer_account={PAYER}"]
        killed = subprocess.run(call, cwd=ROOT, capture_output=True, timeout=60, check=False)  # nosec
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
        assert [order.state for order in one.state.orders] == [model.ORDERED]
        assert len(money.bank.orders) == sent
    money.settle(one)
    assert one.state.status == model.PAID and money.wrong(one.budget, one) == []


def test_a_bank_that_is_away_for_an_hour_is_asked_seldom_and_pays_everything_once_it_is_back(
    money: Money, monkeypatch: pytest.MonkeyPatch
) -> None:
    companies = [money.company() for _ in range(5)]
    for one in companies:
        one.submit()
        money.work(one)
        one.review()
        one.approve()
    clock = [now()]
    monkeypatch.setattr(tasks, "now", lambda: clock[0])
    money.fresh()
    before, money.bank.away = len(money.bank.asked), True
    for _ in range(3600 // STEP):
        clock[0] += timedelta(seconds=STEP)
        money.tasks.round()
    asked = (len(money.bank.asked) - before) / len(companies)
    assert 10 <= asked <= 25 and not money.bank.orders
    money.bank.away = False
    clock[0] += tasks.LATER
    money.tasks.round()
    assert [one.state.status for one in companies] == [model.PAID] * len(companies)
    monkeypatch.undo()
    money.settle(*companies)
    assert [money.wrong(one.budget, one) for one in companies] == [[]] * len(companies)


def test_a_check_of_this_file_finds_money_that_is_paid_twice(money: Money) -> None:
    """What the tests above lean on can fail."""
    one = money.company()
    paid(money, one)
    assert wrong(money, one, "paid") == []
    money.bank.twice(one.state.orders[0].id)
    assert wrong(money, one, "paid") == ["the bank has paid what was approved", "each order is paid once"]
    money.database["postings"].delete_one({"state.type": "PaymentSettled"})
    assert {"the ledger has paid what was approved", "nothing is left on the way"} <= set(wrong(money, one, "paid"))
