"""A worker that dies at any write of a freeze or a selection: what comes after finishes it, with the one result there is."""

import json
import signal
import subprocess  # nosec
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from pymongo.collection import Collection

from services.intermediary import model
from services.intermediary.tasks import Tasks
from standards import draw
from tests.support.draws import verified
from tests.support.dying import mortal
from tests.support.market import NONCES, Agent, MarketHere, now
from tests.support.sources import ROOT
from yiwang.intermediary.v1 import service_pb2 as pb

FREEZE, SELECT = "freeze", "select"
NAMES = {model.DRAW: "draw", model.PRICE: "price"}


class Died(BaseException):
    """Nothing of the process's own runs any more."""


def die() -> None:
    raise Died


def due(market: MarketHere, mode: int, stage: str, agents: list[Agent]) -> str:
    """A procurement with these sign-ups whose freeze, or whose selection, is due."""
    told = {"price_method": pb.PRICE_METHOD_LOWEST} if mode == model.PRICE else {}
    id = market.publish(mode=mode, **told)
    for value, one in enumerate(agents, 100):
        sealed = {"bid_commitment": market.sealed(id, one, value)} if mode == model.PRICE else {}
        market.sign_up(id, one, **sealed)
    market.ahead(id, signup_end=now() - timedelta(milliseconds=1))
    if stage == SELECT:
        Tasks(market.parts).round()
        opened(market, id, agents)
        market.ahead(id, selection_at=now() - timedelta(milliseconds=1))
    return id


def opened(market: MarketHere, id: str, agents: list[Agent]) -> None:
    """All bids are told, where they can be."""
    for value, one in enumerate(agents, 100) if market.state(id).mode == model.PRICE else ():
        service = market.by(one.actor, service="SignUpService")
        service.OpenBid(procurement_id=id, value=value, nonce=NONCES["owner"])


def finish(market: MarketHere, id: str, agents: list[Agent]) -> None:
    """Another process comes, and all that is due happens."""
    Tasks(market.parts).round()
    if market.state(id).status == model.FROZEN:
        opened(market, id, agents)
        market.ahead(id, selection_at=now() - timedelta(milliseconds=1))
        Tasks(market.parts).round()


def check(market: MarketHere, id: str, agents: list[Agent]) -> None:
    """One list with all of them, one result, and its proof."""
    state, types = market.state(id), [entry["type"] for entry in market.procurements.get(id).journal]
    assert (state.status, state.candidates) == (model.SELECTED, len(agents))
    assert [types.count(name) for name in ("CandidatesFrozen", "ResultFound", "ProcurementEnded")] == [1, 1, 0]
    if state.mode == model.PRICE:
        assert (state.winner.uscc, state.winner.value) == (agents[0].uscc, 100)
        return
    assert types.count("NonceRevealed") == 1
    told = json.loads(market.by(None, service="SelectionService").GetTranscript(procurement_id=id).json)
    assert draw.faults(told) == [] and verified(told) == [] and told["winner"] == state.winner.uscc


@pytest.fixture
def crowd(market: MarketHere) -> list[Agent]:
    market.rules(result_notice_days=1)
    return [market.agent() for _ in range(4)]


@pytest.mark.parametrize("lands", [True, False], ids=["after the write", "before the write"])
@pytest.mark.parametrize("stage", [FREEZE, SELECT])
@pytest.mark.parametrize("mode", list(NAMES), ids=list(NAMES.values()))
def test_whichever_write_a_worker_dies_at_there_is_one_result(
    market: MarketHere, crowd: list[Agent], mode: int, stage: str, lands: bool
) -> None:
    writes, died = -1, True
    while died:
        writes += 1
        id = due(market, mode, stage, crowd)
        with pytest.MonkeyPatch.context() as patch:
            left = [writes]
            for name in ("insert_one", "update_one"):
                patch.setattr(Collection, name, mortal(getattr(Collection, name), left, lands, die))
            try:
                Tasks(market.parts).round()
                died = False
            except Died:
                died = True
        finish(market, id, crowd)
        check(market, id, crowd)
    # A freeze closes both sheets, keeps the list and names it; a selection reveals or ends the bids, keeps the order and names it.
    assert writes >= 4, "the deaths reached every step"


@pytest.mark.parametrize("stage", [FREEZE, SELECT])
def test_kill_9_in_the_middle_leaves_one_result(
    market: MarketHere, mongodb_uri: str, crowd: list[Agent], stage: str
) -> None:
    id = due(market, model.DRAW, stage, crowd)
    for write in (0, 1):
        told = [sys.executable, "-W", "ignore", "-m", "tests.support.dying", mongodb_uri, str(write), "1"]
        killed = subprocess.run(told, cwd=ROOT, capture_output=True, timeout=60, check=False)  # nosec
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
        assert market.state(id).order_digest == ""
    finish(market, id, crowd)
    check(market, id, crowd)


@pytest.mark.parametrize("mode", list(NAMES), ids=list(NAMES.values()))
def test_workers_at_the_same_time_come_to_one_result(market: MarketHere, crowd: list[Agent], mode: int) -> None:
    for stage in (FREEZE, SELECT):
        id = due(market, mode, stage, crowd)
        faults: list[BaseException] = []
        gate = threading.Barrier(4)

        def work(gate: threading.Barrier = gate, faults: list[BaseException] = faults) -> None:
            tasks = Tasks(market.parts)
            gate.wait()
            try:
                tasks.round()
            except BaseException as fault:
                faults.append(fault)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        finish(market, id, crowd)
        check(market, id, crowd)


def test_a_check_of_this_file_finds_a_second_result(market: MarketHere, crowd: list[Agent]) -> None:
    """What the tests above lean on can fail."""
    id: Any = due(market, model.DRAW, FREEZE, crowd)
    with pytest.raises(AssertionError):
        check(market, id, crowd)
