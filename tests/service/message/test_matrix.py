"""The fault matrix of a provider: whatever it answers, and whenever the job dies, everybody is told, once.

Two providers of SMS; the first has the fault, the second is friendly. What arrived is counted at the phones. The table is kept in
build/message-fault-matrix.txt.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pymongo.collection import Collection

from services.message import job_send, providers
from tests.support.messages import MessageHere, somebody

MANY = 12
TABLE = Path(__file__).resolve().parents[3] / "build" / "message-fault-matrix.txt"
ANSWERS = ("", "no", "break", "lose", "twice", "half", "silent", "late", "away", "gone")
CALLBACKS = ("none", "once", "twice", "before the answer")
ROWS: list[tuple[str, str, int, int, int]] = []


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    """The table of this run, kept where people find it."""
    ROWS.clear()
    yield
    width = max(len(one[0]) for one in ROWS)
    lines = [f"{'the first provider':{width}}  {'callback':18} {'told':>6} {'twice':>6} {'not':>6}"]
    lines += [
        f"{fault:{width}}  {callback:18} {once:6} {twice:6} {never:6}" for fault, callback, once, twice, never in ROWS
    ]
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text("\n".join(lines) + "\n")


def begin(here: MessageHere, many: int = MANY) -> list[str]:
    """Many people are to be told; the ids of their notices."""
    return [here.correction(somebody(here)[0].id).id for _ in range(many)]


def count(here: MessageHere, ids: list[str], fault: str, callback: str) -> None:
    """Everybody was told, once, and the notices say so."""
    arrived = Counter(min(one, 2) for one in here.arrivals(ids))
    ROWS.append((fault or "friendly", callback, arrived[1], arrived[2], arrived[0]))
    assert arrived == {1: MANY}
    assert [here.state(id).told_at is not None for id in ids] == [True] * MANY
    for id in ids:
        assert not here.notices.drift(strict(here, id))


def strict(here: MessageHere, id: str) -> dict[str, Any]:
    """A notice as it is stored, but for what the tests moved: when it is due."""
    found = here.notices.collection.find_one({"_id": id}) or {}
    found["state"]["due"] = here.notices.replay(found["journal"]).due
    return found


def call_back(here: MessageHere, how: str) -> None:
    """The first provider tells what it knows."""
    if how == "none" or not here.first.messages:
        return
    for _ in range(2 if how == "twice" else 1):
        here.call_back("first", here.first)


@pytest.mark.parametrize("callback", CALLBACKS)
@pytest.mark.parametrize("answers", ANSWERS)
def test_everybody_is_told_once(
    here: MessageHere, answers: str, callback: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = begin(here)
    if answers == "away":
        here.first.away = True
    elif answers == "gone":
        here.leave("first")
    else:
        here.first.answers = answers
    if callback == "before the answer":
        given = providers.give

        def give(*asked: Any) -> Any:
            try:
                return given(*asked)
            finally:
                here.call_back("first", here.first)

        monkeypatch.setattr(providers, "give", give)
    here.hurry()
    here.send()
    call_back(here, callback)
    # After a while the provider is itself again.
    here.first.away, here.first.answers = False, "late" if answers == "late" else ""
    here.finish()
    call_back(here, callback)
    count(here, ids, answers, callback)


class Died(BaseException):
    """The job was killed."""


def mortal(act: Callable[..., Any], left: list[int], lands: bool) -> Callable[..., Any]:
    """An act that is the last one of a process when none are left; done, or not."""

    def call(*arguments: Any, **told: Any) -> Any:
        if left[0] == 0:
            left[0] = -1
            if lands:
                act(*arguments, **told)
            raise Died
        left[0] -= 1
        return act(*arguments, **told)

    return call


@pytest.mark.parametrize("lands", [False, True])
@pytest.mark.parametrize("answers", ["", "no", "lose", "half"])
def test_a_job_that_dies_at_any_step_tells_nobody_twice(
    here: MessageHere, answers: str, lands: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: Counter[int] = Counter()
    for step in range(100):
        here.first.answers = answers
        ids, left = begin(here, 2), [step]
        with monkeypatch.context() as patch:
            patch.setattr(providers, "give", mortal(providers.give, left, lands))
            patch.setattr(providers, "ask", mortal(providers.ask, left, lands))
            patch.setattr(Collection, "update_one", mortal(Collection.update_one, left, lands))
            with suppress(Died):
                for _ in range(4):
                    if here.hurry():
                        job_send.drain(here.job())
        here.first.answers = ""
        here.finish()
        told += Counter(min(one, 2) for one in here.arrivals(ids))
        assert not [one for id in ids for one in here.notices.drift(strict(here, id))]
        if left[0] >= 0:  # there were fewer steps than this
            break
    assert step > 6
    what = f"job killed {'after' if lands else 'before'} each of {step} steps, {answers or 'friendly'}"
    ROWS.append((what, "none", told[1], told[2], told[0]))
    assert set(told) == {1}
