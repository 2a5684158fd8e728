"""Sign-ups and sealed bids: who may, until which millisecond of the store's clock, and what nobody can change afterwards."""

import threading
import time
from datetime import timedelta

import grpc
import pytest

from chassis import records
from services.intermediary import model, model_sheets, store
from services.intermediary.tasks import Tasks
from tests.support import agencies
from tests.support.calling import refused
from tests.support.market import NONCES, Agent, MarketHere, now
from yiwang.intermediary.v1 import service_pb2 as pb

SIGN_UPS = "SignUpService"


def entries(market: MarketHere, id: str) -> list[model_sheets.Entry]:
    rows = store.sheets(market.database).select({})
    return model_sheets.signed_up([row.state for row in rows if row.state.procurement_id == id])


def price(market: MarketHere, method: int = pb.PRICE_METHOD_LOWEST, **told: object) -> str:
    return market.publish(mode=pb.MODE_PRICE, price_method=method, **told)


def bidding(market: MarketHere, id: str, *bids: tuple[Agent, int]) -> None:
    for one, value in bids:
        market.sign_up(id, one, bid_commitment=market.sealed(id, one, value))


def opening(market: MarketHere, id: str, *bids: tuple[Agent, int]) -> None:
    for one, value in bids:
        market.by(one.actor, service=SIGN_UPS).OpenBid(procurement_id=id, value=value, nonce=NONCES["owner"])


def test_an_agency_signs_up_once_and_may_come_back_twice(market: MarketHere) -> None:
    id, one = market.publish(), market.agent()
    mine = market.by(one.actor, service=SIGN_UPS)
    for _ in range(3):
        assert mine.SignUp(procurement_id=id).status == "SIGNED_UP"
        with refused(grpc.StatusCode.FAILED_PRECONDITION, "SIGNED_UP_ALREADY"):
            mine.SignUp(procurement_id=id)
        assert mine.WithdrawSignUp(procurement_id=id).status == "WITHDRAWN"
        with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOT_SIGNED_UP"):
            mine.WithdrawSignUp(procurement_id=id)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "TOO_OFTEN"):
        mine.SignUp(procurement_id=id)


def test_a_repeated_request_is_one_sign_up_also_after_the_end(market: MarketHere) -> None:
    id, one = market.publish(), market.agent()
    mine = market.by(one.actor, service=SIGN_UPS)
    first = mine.SignUp(procurement_id=id, request_id="the-same-request")
    market.freeze(id)
    assert mine.SignUp(procurement_id=id, request_id="the-same-request").at == first.at
    assert len(entries(market, id)) == 1


@pytest.mark.parametrize("act", ["SignUp", "WithdrawSignUp"])
def test_one_millisecond_after_the_end_is_too_late_by_the_stores_clock(
    market: MarketHere, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, one, other = market.publish(), market.agent(), market.agent()
    market.sign_up(id, one if act == "WithdrawSignUp" else other)
    market.ahead(id, signup_end=now() - timedelta(milliseconds=1))
    # What this process takes the time to be does not count.
    monkeypatch.setattr(records, "now", lambda: now() - timedelta(hours=2))
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "SIGNUP_OVER"):
        getattr(market.by(one.actor, service=SIGN_UPS), act)(procurement_id=id)


def test_who_signs_up_at_the_closing_instant_is_in_the_list_or_was_refused(market: MarketHere) -> None:
    id, agents = market.publish(), [market.agent() for _ in range(24)]
    market.sign_up(id, *agents[:2])
    market.ahead(id, signup_end=now() + timedelta(milliseconds=150))
    acknowledged, late = list[str](), list[str]()

    def sign_up(one: Agent) -> None:
        try:
            market.by(one.actor, service=SIGN_UPS).SignUp(procurement_id=id)
        except grpc.RpcError:
            late.append(one.uscc)
        else:
            acknowledged.append(one.uscc)

    def freeze() -> None:
        tasks = Tasks(market.parts)
        while market.state(id).status == model.OPEN:
            tasks.round()

    threads = [threading.Thread(target=freeze)]
    for position, one in enumerate(agents[2:]):
        threads.append(threading.Thread(target=lambda one=one, at=position: (time.sleep(at * 0.012), sign_up(one))))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    listed = {one.uscc for one in entries(market, id)}
    assert listed == {*acknowledged, *(one.uscc for one in agents[:2])}
    assert acknowledged and late and market.state(id).candidates == len(listed)
    assert not any(sheet.state.open for sheet in store.sheets(market.database).select({}))


def test_two_bids_at_once_are_one(market: MarketHere) -> None:
    id, one = price(market), market.agent()
    answers: list[str] = []

    def bid(value: int) -> None:
        try:
            market.sign_up(id, one, bid_commitment=market.sealed(id, one, value))
        except grpc.RpcError as error:
            answers.append(error.code().name)
        else:
            answers.append("taken")

    threads = [threading.Thread(target=bid, args=(value,)) for value in (100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["FAILED_PRECONDITION", "taken"] and len(entries(market, id)) == 1


def test_the_lowest_of_the_bids_that_were_opened_wins(market: MarketHere) -> None:
    id, agents = price(market), [market.agent() for _ in range(4)]
    bidding(market, id, *zip(agents, (300, 100, 200, 50), strict=True))
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "OPENING_NOT_YET"):
        opening(market, id, (agents[0], 300))
    market.freeze(id)
    opening(market, id, *zip(agents[:3], (300, 100, 200), strict=True))
    state = market.select(id)
    assert (state.winner.uscc, state.winner.value, state.places) == (agents[1].uscc, 100, 3)
    unopened = market.by(agents[3].actor, service=SIGN_UPS).GetMySignUp(procurement_id=id)
    assert (unopened.outcome, unopened.place) == ("NOT_OPENED", 0)
    assert market.by(agents[2].actor, service=SIGN_UPS).GetMySignUp(procurement_id=id).place == 2


@pytest.mark.parametrize(
    ("value", "nonce", "field", "reason"),
    [
        (-1, "owner", "value", "BELOW_ZERO"),
        (99, "owner", "value", "BELOW_LEAST"),
        (501, "owner", "value", "ABOVE_MOST"),
        (201, "owner", "nonce", "DOES_NOT_MATCH"),
        (200, "supervisor", "nonce", "DOES_NOT_MATCH"),
    ],
)
def test_another_bid_than_was_sealed_is_refused_by_its_field(
    market: MarketHere, value: int, nonce: str, field: str, reason: str
) -> None:
    id, one = price(market, bid_least=100, bid_most=500), market.agent()
    bidding(market, id, (one, 200))
    market.freeze(id)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, reason) as refusal:
        market.by(one.actor, service=SIGN_UPS).OpenBid(procurement_id=id, value=value, nonce=NONCES[nonce])
    assert list(refusal.fields) == [field]
    assert entries(market, id)[0].opened_at is None


def test_a_bid_is_opened_once_and_not_after_the_selection_time(market: MarketHere) -> None:
    id, one, other = price(market), market.agent(), market.agent()
    bidding(market, id, (one, 200), (other, 100))
    market.freeze(id)
    opening(market, id, (one, 200))
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "OPENED_ALREADY"):
        opening(market, id, (one, 200))
    market.ahead(id, selection_at=now())
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "OPENING_OVER"):
        opening(market, id, (other, 100))
    assert market.select(id).winner.uscc == one.uscc


def test_a_price_selection_nobody_opened_a_bid_of_ends(market: MarketHere) -> None:
    id, one = price(market), market.agent()
    bidding(market, id, (one, 200))
    market.freeze(id)
    state = market.select(id)
    assert (state.status, state.ended_reason) == (model.ENDED, model.TOO_FEW)


def test_who_must_be_avoided_or_has_no_valid_qualification_is_refused_with_the_reason(market: MarketHere) -> None:
    avoided, expired, shy = market.agent(), market.agent(), market.agent(avoids=[market.procurer.department])
    need = pb.Requirement(qualifications=[pb.QualificationNeed(kind="surveying", grade="甲级")])
    strict = market.publish(requirement=need)
    open_to_all = market.publish(avoidances=[pb.Avoidance(uscc=avoided.uscc, reason="参股单位")])
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "AVOIDED"):
        market.sign_up(open_to_all, avoided)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "AVOIDED"):
        market.sign_up(open_to_all, shy)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOT_QUALIFIED") as refusal:
        market.sign_up(strict, expired)
    assert "甲级" in refusal.message
    verdict = market.by(expired.actor, service=SIGN_UPS).CheckQualification(procurement_id=strict)
    assert [part.id for part in verdict.parts if part.truth != 1] == ["qualification.1"]


def test_a_qualification_that_ends_before_the_freeze_leaves_its_agency_out(market: MarketHere) -> None:
    need = pb.Requirement(qualifications=[pb.QualificationNeed(kind="surveying")])
    id = market.publish(requirement=need)
    stays, goes = market.agent(), market.agent()
    market.sign_up(id, stays, goes)
    market.database["agencies"].update_one(
        {"_id": goes.id}, {"$set": {"state.qualifications.0.valid_to": "2026-01-01"}}
    )
    state = market.freeze(id)
    assert (state.candidates, state.excluded) == (1, 1)
    mine = market.by(goes.actor, service=SIGN_UPS).GetMySignUp(procurement_id=id)
    assert mine.outcome == "NOT_QUALIFIED" and "资质" in mine.outcome_note


def test_agencies_of_one_hand_have_one_chance(market: MarketHere) -> None:
    id = market.publish()
    first = market.agent(legal_key="the same")
    second = market.agent(legal_key="the same", address_key="one house")
    third, alone = market.agent(address_key="one house"), market.agent()
    market.sign_up(id, first, second, third, alone)
    state = market.freeze(id)
    assert (state.candidates, state.excluded) == (2, 2)
    for one in (second, third):
        mine = market.by(one.actor, service=SIGN_UPS).GetMySignUp(procurement_id=id)
        assert mine.outcome == "SAME_GROUP"


def test_the_last_winner_is_left_out_where_the_county_says_so(market: MarketHere) -> None:
    market.rules(rotation=1)
    agents = [market.agent(), market.agent()]
    first = market.publish()
    market.sign_up(first, *agents)
    market.freeze(first)
    won = market.select(first).winner.uscc
    second = market.publish()
    market.sign_up(second, *agents)
    market.freeze(second)
    assert market.select(second).winner.uscc != won


def test_without_an_agency_nobody_signs_up(market: MarketHere) -> None:
    id = market.publish()
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NO_AGENCY"):
        market.by(market.company(agencies.uscc()), service=SIGN_UPS).SignUp(procurement_id=id)
