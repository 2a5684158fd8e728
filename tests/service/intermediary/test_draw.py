"""A draw from the need to the award, over gRPC: what anyone can check, and what nobody can force."""

import json
from dataclasses import replace
from datetime import timedelta

import grpc
import pytest

from services.intermediary import model
from standards import draw
from tests.support.calling import refused
from tests.support.market import NONCES, MarketHere, now

COMMITTED = {name: draw.commitment(nonce) for name, nonce in NONCES.items()}


def transcript(market: MarketHere, id: str) -> dict[str, object]:
    told = market.by(None, service="SelectionService").GetTranscript(procurement_id=id)
    found: dict[str, object] = json.loads(told.json)
    return found


def begun(market: MarketHere, agents: int = 4, **told: object) -> str:
    """A draw with so many agencies, both parties committed."""
    id = market.publish(**told)
    market.sign_up(id, *(market.agent() for _ in range(agents)))
    market.by(market.procurer, service="SelectionService").CommitNonce(procurement_id=id, commitment=COMMITTED["owner"])
    market.by(market.supervisor, service="SelectionService").CommitNonce(
        procurement_id=id, commitment=COMMITTED["supervisor"]
    )
    return id


def test_a_draw_is_made_from_what_everybody_can_see(market: MarketHere) -> None:
    id = begun(market)
    frozen = market.freeze(id)
    assert (frozen.status, frozen.candidates, frozen.excluded) == (model.FROZEN, 4, 0)
    for party, actor in (("owner", market.procurer), ("supervisor", market.supervisor)):
        market.by(actor, service="SelectionService").RevealNonce(procurement_id=id, nonce=NONCES[party])
    state = market.select(id)
    assert state.status == model.SELECTED and state.places == 4
    told = transcript(market, id)
    assert draw.faults(told) == []
    assert told["winner"] == state.winner.uscc and told["seed"] == state.seed
    assert market.award(id).status == model.AWARDED


def test_a_nonce_that_is_withheld_forces_no_other_draw(market: MarketHere) -> None:
    id = begun(market)
    market.freeze(id)
    state = market.select(id)
    told = transcript(market, id)
    assert state.status == model.SELECTED and draw.faults(told) == []
    assert [bool(one["nonce"]) for one in told["parties"]] == [True, False, False]  # type: ignore[attr-defined]


def test_a_party_commits_once_before_the_end_and_reveals_after_it(market: MarketHere) -> None:
    id = begun(market)
    owner = market.by(market.procurer, service="SelectionService")
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "COMMITTED_ALREADY"):
        owner.CommitNonce(procurement_id=id, commitment="0" * 64)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "REVEAL_NOT_YET"):
        owner.RevealNonce(procurement_id=id, nonce=NONCES["owner"])
    market.freeze(id)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "DOES_NOT_MATCH") as refusal:
        owner.RevealNonce(procurement_id=id, nonce=NONCES["supervisor"])
    assert refusal.fields == {"nonce": "DOES_NOT_MATCH"}
    market.ahead(id, selection_at=now())
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "REVEAL_OVER"):
        owner.RevealNonce(procurement_id=id, nonce=NONCES["owner"])


def test_a_copied_commitment_is_refused(market: MarketHere) -> None:
    id = market.publish()
    market.by(market.procurer, service="SelectionService").CommitNonce(procurement_id=id, commitment=COMMITTED["owner"])
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "TAKEN"):
        market.by(market.supervisor, service="SelectionService").CommitNonce(
            procurement_id=id, commitment=COMMITTED["owner"]
        )


def test_a_draw_waits_for_its_beacon_which_is_entered_by_another_supervisor(market: MarketHere) -> None:
    at = (now() + timedelta(hours=2, minutes=1)).isoformat()
    id = begun(market, beacon={"source": "drand", "round": 7, "at": at})
    market.freeze(id)
    state = market.select(id)
    assert state.status == model.FROZEN and model.party(state, model.PLATFORM).nonce
    other = market.by(market.other_supervisor, service="SelectionService")
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "BEACON_NOT_YET"):
        other.RecordBeacon(procurement_id=id, value="ab" * 32)
    market.procurements.collection.update_one(
        {"_id": id}, {"$set": {"state.need.beacon.at": (now() - timedelta(minutes=1)).isoformat()}}
    )
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "OWN_NONCE"):
        market.by(market.supervisor, service="SelectionService").RecordBeacon(procurement_id=id, value="ab" * 32)
    other.RecordBeacon(procurement_id=id, value="ab" * 32)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "BEACON_KNOWN"):
        other.RecordBeacon(procurement_id=id, value="cd" * 32)
    assert market.select(id).status == model.SELECTED


@pytest.mark.parametrize("agents", [0, 1])
def test_too_few_end_it_with_the_reason(market: MarketHere, agents: int) -> None:
    market.rules(candidates_least=2)
    id = market.publish()
    market.sign_up(id, *(market.agent() for _ in range(agents)))
    state = market.freeze(id)
    assert (state.status, state.ended_reason) == (model.ENDED, model.TOO_FEW if agents else model.NOBODY)


def test_the_next_of_the_order_has_the_award_when_the_winner_gives_up(market: MarketHere) -> None:
    id = begun(market, agents=3)
    market.freeze(id)
    order: list[str] = []
    for place in (1, 2, 3):
        state = market.select(id) if place == 1 else market.state(id)
        assert state.winner.place == place
        order.append(state.winner.uscc)
        winner = next(row for row in market.database["agencies"].find({}) if row["state"]["uscc"] == state.winner.uscc)
        handler = market.company(state.winner.uscc)
        actor = replace(handler, id=winner["state"]["organization_id"])
        market.by(actor).GiveUpAward(procurement_id=id, reason="人员不足，无法承接")
    assert transcript(market, id)["order"] == order
    ended = market.state(id)
    assert (ended.status, ended.ended_reason) == (model.ENDED, model.WINNERS_GAVE_UP)


def test_nothing_is_drawn_from_a_list_that_was_changed_after_the_freeze(market: MarketHere) -> None:
    id = begun(market)
    digest = market.freeze(id).list_digest
    chunk = market.database["frozen"].find_one({"_id": f"{digest}/0"})
    assert chunk is not None
    changed = bytes(chunk["data"]).replace("某环评公司".encode(), "某关系公司".encode())
    market.database["frozen"].update_one({"_id": chunk["_id"]}, {"$set": {"data": changed}})
    assert market.select(id).status == model.FROZEN
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "LIST_CHANGED"):
        transcript(market, id)
    market.database["frozen"].update_one({"_id": chunk["_id"]}, {"$set": {"data": chunk["data"]}})
    assert market.select(id).status == model.SELECTED
