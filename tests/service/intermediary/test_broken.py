"""A worker that dies at any write of a freeze or a selection: what comes after finishes it, with the one result there is."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pymongo.collection import Collection

from services.intermediary import model
from services.intermediary.tasks import Tasks
from standards import draw
from tests.support.draws import verified
from tests.support.market import NONCES, MarketHere, now
from yiwang.intermediary.v1 import service_pb2 as pb


class Died(BaseException):
    """kill -9: nothing of the process's own runs any more."""


class Dying:
    """Lets a number of writes through, and the next one too or not; then the process is dead."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, writes: int, lands: bool) -> None:
        self.left, self.lands = writes, lands
        for name in ("insert_one", "update_one"):
            monkeypatch.setattr(Collection, name, self.wrapped(getattr(Collection, name)))

    def wrapped(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **told: Any) -> Any:
            if self.left == 0:
                if self.lands:
                    write(*arguments, **told)
                raise Died
            self.left -= 1
            return write(*arguments, **told)

        return call


def begun(market: MarketHere, mode: int) -> str:
    """Four sign-ups, whose end has come."""
    told = {"price_method": pb.PRICE_METHOD_LOWEST} if mode == model.PRICE else {}
    id, agents = market.publish(mode=mode, **told), [market.agent() for _ in range(4)]
    for value, one in enumerate(agents, 100):
        sealed = {"bid_commitment": market.sealed(id, one, value)} if mode == model.PRICE else {}
        market.sign_up(id, one, **sealed)
    market.ahead(id, signup_end=now() - timedelta(milliseconds=1))
    if mode == model.PRICE:
        Tasks(market.parts).round()
        for value, one in enumerate(agents, 100):
            market.by(one.actor, service="SignUpService").OpenBid(procurement_id=id, value=value, nonce=NONCES["owner"])
    return id


def finish(market: MarketHere, id: str) -> Any:
    """Another process comes, and all that is due happens."""
    for _ in range(3):
        if market.state(id).status == model.FROZEN:
            market.ahead(id, selection_at=now() - timedelta(milliseconds=1))
        Tasks(market.parts).round()
    return market.state(id)


@pytest.mark.parametrize("lands", [True, False], ids=["after the write", "before the write"])
@pytest.mark.parametrize("mode", [model.DRAW, model.PRICE], ids=["draw", "price"])
def test_whichever_write_a_worker_dies_at_there_is_one_result(market: MarketHere, mode: int, lands: bool) -> None:
    deaths = writes = 0
    while True:
        id = begun(market, mode)
        with pytest.MonkeyPatch.context() as patch:
            Dying(patch, writes, lands)
            try:
                for _ in range(2):
                    Tasks(market.parts).round()
                    if market.state(id).status == model.FROZEN:
                        # Past the patched writes: this is the test's own.
                        patch.undo()
                        market.ahead(id, selection_at=now() - timedelta(milliseconds=1))
                        Dying(patch, max(0, writes - 8), lands)
            except Died:
                deaths += 1
                died = True
            else:
                died = False
        state = finish(market, id)
        types = [entry["type"] for entry in market.procurements.get(id).journal]
        assert state.status in (model.SELECTED, model.AWARDED), writes
        assert types.count("CandidatesFrozen") == types.count("ResultFound") == 1, (writes, types)
        assert types.count("NonceRevealed") == (1 if mode == model.DRAW else 0)
        if mode == model.DRAW:
            said = market.by(None, service="SelectionService").GetTranscript(procurement_id=id).json
            assert draw.faults(json.loads(said)) == [] and verified(json.loads(said)) == []
        else:
            assert state.winner.value == 100
        if not died:
            break
        writes += 1
    assert deaths >= 6
