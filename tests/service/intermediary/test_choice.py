"""The choice among proposals: evaluators nobody picks, interests that are found, scores nobody sees before all are in."""

import json
import threading
from dataclasses import replace
from typing import Any

import grpc
import pytest

from chassis.acts import holder
from services.intermediary import model, model_choice, store, store_evaluators
from tests.support import agencies
from tests.support.actors import REGION, person
from tests.support.calling import refused
from tests.support.choosing import SELECTION, Expert, expert, pool, proposing, scores, uploaded
from tests.support.market import SERVICE, Agent, MarketHere, now
from yiwang.intermediary.v1 import service_pb2

POINTS = ((90, 80), (70, 70), (80, 95))


def drawn(market: MarketHere, experts: int = 4, **told: Any) -> tuple[str, list[Agent], list[Expert], list[Expert]]:
    """A choice, its agencies, the evaluators who have seats and those who have none."""
    all = [expert(market) for _ in range(experts)]
    id, agents = proposing(market, **told)
    market.by(market.operator, service=SELECTION).DrawEvaluators(procurement_id=id)
    seated = {seat.evaluator_id for seat in market.state(id).seats}
    return id, agents, [one for one in all if one.id in seated], [one for one in all if one.id not in seated]


def give(market: MarketHere, id: str, one: Expert, agents: list[Agent], **told: Any) -> Any:
    return market.by(one.actor, service=SELECTION).GiveScores(procurement_id=id, scores=scores(agents, *POINTS), **told)


def test_the_best_proposal_by_all_evaluators_wins_and_anyone_can_count_again(market: MarketHere) -> None:
    id, agents, seated, _ = drawn(market)
    for one in seated:
        give(market, id, one, agents)
    state = market.select(id)
    # 90·0.6 + 80·0.4 = 86.00, 70.00, 80·0.6 + 95·0.4 = 86.00: the earlier sign-up of the two.
    assert (state.winner.uscc, state.winner.value) == (agents[0].uscc, 8600)
    told = json.loads(market.by(None, service=SELECTION).GetTranscript(procurement_id=id).json)
    assert [row["uscc"] for row in told["order"]] == [agents[0].uscc, agents[2].uscc, agents[1].uscc]
    assert "报名较早" in told["order"][0]["why"]
    for sheet in told["scores"]:
        seat = next(seat for seat in state.seats if seat.evaluator_id == sheet["evaluator"])
        digest = sheet.pop("digest")
        assert digest == seat.digest == model_choice.digest_of(sheet)


def test_nobody_sees_scores_before_all_are_in(market: MarketHere) -> None:
    id, agents, seated, _ = drawn(market)
    for one in seated[:2]:
        give(market, id, one, agents)
    readers = [market.procurer, market.operator, market.supervisor, seated[2].actor, seated[0].actor]
    for actor in readers:
        seen = market.by(actor, service=SELECTION).GetEvaluation(procurement_id=id)
        told = [seat for seat in seen.seats if seat.scores]
        assert all(seat.mine for seat in told) and len(told) == (1 if actor is seated[0].actor else 0)
        assert not any(one.total or one.place for one in seen.candidates)
    assert "scores" not in json.loads(market.by(None, service=SELECTION).GetTranscript(procurement_id=id).json)
    assert market.select(id).status == model.FROZEN
    give(market, id, seated[2], agents)
    seen = market.by(market.procurer, service=SELECTION).GetEvaluation(procurement_id=id)
    assert all(len(seat.scores) == 6 for seat in seen.seats)


def test_strangers_and_losers_are_told_nothing_they_may_not_know(market: MarketHere) -> None:
    id, agents, seated, left = drawn(market)
    strangers = [agents[0].actor, left[0].actor, person(), market.company()]
    for actor in strangers:
        with refused(grpc.StatusCode.NOT_FOUND):
            market.by(actor, service=SELECTION).GetEvaluation(procurement_id=id)
        assert (
            not any(
                one.procurement_id == id for one in market.by(actor, service=SELECTION).ListMyEvaluations().evaluations
            )
            if actor.acting is None
            else True
        )
    for one in seated:
        give(market, id, one, agents)
        assert [
            row.procurement_id for row in market.by(one.actor, service=SELECTION).ListMyEvaluations().evaluations
        ] == [id]
    market.select(id)
    seen = market.by(agents[1].actor, service=SELECTION).GetEvaluation(procurement_id=id)
    assert [one.place for one in seen.candidates] and not seen.seats
    assert not any(one.HasField("proposal") for one in seen.candidates)


def test_who_has_an_interest_is_left_out_with_the_reason(market: MarketHere) -> None:
    code, owner = agencies.uscc(), agencies.uscc()
    free = [expert(market) for _ in range(3)]
    employed, owners = expert(market, [code]), expert(market, [owner])
    part = expert(market)
    key = pool(market).get(part.id).state.person_key
    id = market.publish(
        market.company(owner),
        owner,
        mode=service_pb2.MODE_CHOICE,
        criteria=[{"name": "方案", "weight": 10000}],
        evaluators=3,
    )
    for one in (market.agent(code=code), market.agent(person_keys=[key])):
        market.sign_up(id, one, proposal=uploaded(market, one))
    market.freeze(id)
    seen = market.by(market.operator, service=SELECTION).DrawEvaluators(procurement_id=id)
    assert {seat.evaluator_id for seat in seen.seats} == {one.id for one in free}
    assert {(one.evaluator_id, one.reason) for one in seen.left_out} == {
        (employed.id, "EMPLOYED"),
        (owners.id, "EMPLOYED"),
        (part.id, "PART_OF"),
    }
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "DRAWN_ALREADY"):
        market.by(market.operator, service=SELECTION).DrawEvaluators(procurement_id=id)


@pytest.mark.parametrize(
    ("told", "field", "reason"),
    [
        ({"fields": [SERVICE, "环评，请致电13912345678"]}, "fields[1]", "PERSONAL_DATA"),
        ({"ties": ["1" * 18]}, "ties[0]", "USCC"),
        ({"region": "000000"}, "region", "REGION_UNKNOWN"),
        ({"id_number": agencies.id_number()}, "id_number", "NOT_YOURS"),
    ],
)
def test_a_wrong_application_names_its_field_and_enters_nobody(
    market: MarketHere, told: dict[str, Any], field: str, reason: str
) -> None:
    number, citizen = agencies.id_number(), person(level=3)
    actor = replace(citizen, holder=holder(citizen.id, number))
    right: dict[str, Any] = {"name": "上官评审", "id_number": number, "region": REGION, "fields": [SERVICE]}
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as refusal:
        market.by(actor, service=SELECTION).ApplyAsEvaluator(**right | told)
    assert refusal.fields == {field: reason}
    with refused(grpc.StatusCode.NOT_FOUND):
        market.by(actor, service=SELECTION).GetMyEvaluator()
    assert store.counties(market.database, store_evaluators.COUNTIES).all() == []


def test_an_interest_that_came_up_later_keeps_the_scores_out(market: MarketHere) -> None:
    id, agents, seated, left = drawn(market)
    market.database["evaluators"].update_one({"_id": seated[0].id}, {"$set": {"state.ties": [agents[1].uscc]}})
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "INTEREST"):
        give(market, id, seated[0], agents)
    market.by(seated[0].actor, service=SELECTION).RecuseEvaluator(procurement_id=id, reason="与候选机构有业务往来")
    assert left[0].id in {seat.evaluator_id for seat in market.state(id).seats}
    with refused(grpc.StatusCode.NOT_FOUND):
        give(market, id, seated[0], agents)
    give(market, id, left[0], agents)


def test_who_scored_is_not_replaced_and_an_empty_pool_is_told(market: MarketHere) -> None:
    id, agents, seated, _ = drawn(market, experts=3)
    operator = market.by(market.operator, service=SELECTION)
    give(market, id, seated[0], agents)
    told = {"procurement_id": id, "reason": "逾期未评分"}
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "SCORED_ALREADY"):
        operator.ReplaceEvaluator(evaluator_id=seated[0].id, **told)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "POOL_TOO_SMALL"):
        operator.ReplaceEvaluator(evaluator_id=seated[1].id, **told)
    other, _ = proposing(market, evaluators=4)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "POOL_TOO_SMALL"):
        operator.DrawEvaluators(procurement_id=other)


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        (lambda rows: rows[:-1], "scores", "MISSING"),
        (lambda rows: [*rows, rows[0]], "scores[6]", "TWICE"),
        (lambda rows: [*rows[:-1], type(rows[0])(uscc="0" * 18, points=1)], "scores[5]", "UNKNOWN"),
        (lambda rows: [*rows[:-1], type(rows[0])(uscc=rows[0].uscc, criterion=7)], "scores[5]", "UNKNOWN"),
    ],
)
def test_scores_are_of_every_candidate_by_every_criterion(
    market: MarketHere, change: Any, field: str, reason: str
) -> None:
    id, agents, seated, _ = drawn(market)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, reason) as refusal:
        market.by(seated[0].actor, service=SELECTION).GiveScores(
            procurement_id=id, scores=change(scores(agents, *POINTS))
        )
    assert list(refusal.fields) == [field]


def test_scores_are_given_once_and_all_at_once_lose_nothing(market: MarketHere) -> None:
    id, agents, seated, _ = drawn(market)
    threads = [threading.Thread(target=give, args=(market, id, one, agents)) for one in seated]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert model_choice.opened(market.state(id))
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "SCORED_ALREADY"):
        give(market, id, seated[0], agents)


def test_a_repeated_request_gives_scores_once(market: MarketHere) -> None:
    id, agents, seated, _ = drawn(market)
    first = give(market, id, seated[0], agents, request_id="scores-once")
    again = give(market, id, seated[0], agents, request_id="scores-once")
    assert first.version == again.version


def test_an_evaluator_is_who_he_says_and_is_reviewed_by_his_region(market: MarketHere) -> None:
    citizen = person(level=3)
    told = {"name": "上官评审", "region": "990121", "fields": ["环评"]}
    mine = market.by(citizen, service=SELECTION)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "NOT_YOURS") as refusal:
        mine.ApplyAsEvaluator(id_number=agencies.id_number(), **told)
    assert list(refusal.fields) == ["id_number"]
    with refused(grpc.StatusCode.NOT_FOUND):
        mine.GetMyEvaluator()
    one = expert(market)
    listed = market.by(market.operator, service=SELECTION).ListEvaluators(status="IN").evaluators
    assert [row.id for row in listed] == [one.id] and listed[0].name not in ("", "上官评审")
    out = market.by(market.operator, service=SELECTION).ReviewEvaluator(
        evaluator_id=one.id, approved=False, reason="不再聘任"
    )
    assert out.status == "OUT" and market.by(one.actor, service=SELECTION).GetMyEvaluator().name == "上官评审"
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        market.by(market.operator, service=SELECTION).ReviewEvaluator(evaluator_id=one.id, approved=True)
    market.keyring.erase(one.actor.id, now())
    listed = market.by(market.operator, service=SELECTION).ListEvaluators(status="OUT").evaluators
    assert [row.name for row in listed] == [""]
