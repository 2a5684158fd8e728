"""A need from its submission to the award: what is wrong with it, who may do what, objections, and the order that is never drawn again."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc
import pytest

from services.intermediary import model, model_needs, store
from tests.support import agencies
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, officer, person, supervisor
from tests.support.calling import refused
from tests.support.market import MarketHere, now
from yiwang.intermediary.v1 import service_pb2 as pb

HOUR = timedelta(hours=1)
OWN = agencies.uscc()


def selected(market: MarketHere, agents: int = 3) -> tuple[str, list[Any]]:
    """A draw whose result is public, and its agencies in the order of their places."""
    market.rules(result_notice_days=3)
    id, found = market.publish(), [market.agent() for _ in range(agents)]
    market.sign_up(id, *found)
    market.freeze(id)
    market.select(id)
    by_uscc = {one.uscc: one for one in found}
    told = market.by(None, service="SelectionService").GetTranscript(procurement_id=id)
    return id, [by_uscc[uscc] for uscc in json.loads(told.json)["order"]]


@pytest.mark.parametrize(
    ("told", "field", "reason"),
    [
        ({"item_code": "no such item"}, "need.item_code", "ITEM_UNKNOWN"),
        ({"description": "联系人电话 13800138000，请来电"}, "need.description", "PERSONAL_DATA"),
        ({"region": "000000"}, "need.region", "REGION_UNKNOWN"),
        ({"signup_end": (now() - HOUR).isoformat()}, "need.signup_end", "TOO_SOON"),
        ({"signup_end": "yesterday"}, "need.signup_end", "MALFORMED"),
        ({"selection_at": now().isoformat()}, "need.selection_at", "NOT_AFTER"),
        ({"avoidances": [pb.Avoidance(uscc="1" * 18, reason="参股单位")]}, "need.avoidances[0].uscc", "USCC"),
        ({"avoidances": [pb.Avoidance(uscc=OWN, reason="就是自己")] * 2}, "need.avoidances[0].uscc", "OWN"),
        (
            {"requirement": pb.Requirement(qualifications=[pb.QualificationNeed(kind="magic")])},
            "need.requirement.qualifications[0].kind",
            "KIND_UNKNOWN",
        ),
        ({"requirement": pb.Requirement(people=2)}, "need.requirement.certificate_kind", "REQUIRED"),
        (
            {"requirement": pb.Requirement(people=1, certificate_kind="测绘师13800138000")},
            "need.requirement.certificate_kind",
            "PERSONAL_DATA",
        ),
        ({"bid_most": 5}, "need.bid_most", "NOT_WANTED"),
        (
            {"beacon": pb.Beacon(source="drand", round=1, at=now().isoformat())},
            "need.beacon.at",
            "BEFORE_SELECTION",
        ),
        ({"mode": pb.MODE_PRICE}, "need.price_method", "REQUIRED"),
        (
            {"mode": pb.MODE_PRICE, "price_method": pb.PRICE_METHOD_LOWEST, "bid_most": 99_000_000},
            "need.bid_most",
            "ABOVE_BUDGET",
        ),
        (
            {"mode": pb.MODE_PRICE, "price_method": pb.PRICE_METHOD_DISCOUNT, "bid_most": 10_001},
            "need.bid_most",
            "ABOVE_WHOLE",
        ),
        ({"mode": pb.MODE_CHOICE, "evaluators": 3}, "need.criteria", "WEIGHTS"),
        (
            {"mode": pb.MODE_CHOICE, "evaluators": 2, "criteria": [pb.Criterion(name="方案", weight=10_000)]},
            "need.evaluators",
            "TOO_FEW",
        ),
        ({"mode": pb.MODE_DIRECT, "budget_fen": 5_000_001}, "need.mode", "ABOVE_DIRECT_LIMIT"),
        ({"mode": pb.MODE_DIRECT, "direct_uscc": ""}, "need.direct_uscc", "USCC"),
    ],
)
def test_what_is_wrong_with_a_need_is_told_by_its_field(
    market: MarketHere, told: dict[str, Any], field: str, reason: str
) -> None:
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as refusal:
        market.submit(market.company(OWN), OWN, **told)
    assert refusal.fields[field] == reason
    assert market.procurements.select({}) == []
    assert store.counties(market.database).all() == []


def test_an_organisation_procures_in_its_own_name_alone(market: MarketHere) -> None:
    mine, other = agencies.uscc(), agencies.uscc()
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "NOT_OWN"):
        market.submit(market.company(mine), other)
    owner = market.company(mine)
    id = market.submit(owner, mine).id
    with refused(grpc.StatusCode.NOT_FOUND):
        market.by(market.company()).GetProcurement(procurement_id=id)
    with refused(grpc.StatusCode.NOT_FOUND):
        market.by(None).GetProcurement(procurement_id=id)
    assert market.by(owner).GetProcurement(procurement_id=id).need.contact == "19900000556"


def test_a_natural_persons_name_is_not_published(market: MarketHere) -> None:
    citizen = person(level=3)
    id = market.publish(citizen)
    public = market.by(None).GetProcurement(procurement_id=id)
    assert (public.owner_name, public.owner, public.need.contact) == ("个人业主", "", "")
    assert market.by(citizen).GetProcurement(procurement_id=id).owner_name == "某水务局"
    assert "某水务局" not in market.state(id).notice


def test_a_returned_need_is_laid_before_the_operator_again(market: MarketHere) -> None:
    id = market.submit().id
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "REQUIRED"):
        market.by(market.operator).ReviewProcurement(procurement_id=id, approved=False)
    market.by(market.operator).ReviewProcurement(procurement_id=id, approved=False, reason="请补充资质要求")
    mine = market.by(market.procurer).GetProcurement(procurement_id=id)
    assert mine.returned_reason == "请补充资质要求" and "SubmitProcurement" in mine.moves
    again = market.submit(id=id, title="某产业园环境影响评价（修改）")
    assert again.id == id and again.status == model.SUBMITTED and again.number == mine.number


def test_nobody_reviews_what_his_own_department_wants(market: MarketHere) -> None:
    id = market.submit().id
    own = officer("market", "procure", department=DEPARTMENT)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "OWN_DEPARTMENT"):
        market.by(own).ReviewProcurement(procurement_id=id, approved=True)
    elsewhere = replace(officer("market", department=OTHER_DEPARTMENT), region="990122")
    with refused(grpc.StatusCode.NOT_FOUND):
        market.by(elsewhere).ReviewProcurement(procurement_id=id, approved=True)


def test_a_notice_is_open_for_the_countys_days(market: MarketHere) -> None:
    market.rules(signup_days=3)
    id = market.submit().id
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "TIMES_PAST"):
        market.by(market.operator).ReviewProcurement(procurement_id=id, approved=True)


def test_an_owner_ends_it_before_sign_up_is_over_and_not_after(market: MarketHere) -> None:
    first, second = market.publish(), market.publish()
    market.by(market.procurer).WithdrawProcurement(procurement_id=first, reason="项目暂停实施")
    told = market.by(None).GetProcurement(procurement_id=first)
    assert (told.ended_reason, told.ended_note) == (model.OWNER_WITHDREW, "项目暂停实施")
    one = market.agent()
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        market.sign_up(first, one)
    market.ahead(second, signup_end=now() - timedelta(milliseconds=1))
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "SIGNUP_OVER"):
        market.by(market.procurer).WithdrawProcurement(procurement_id=second, reason="名单不理想，重来")


def test_a_supervisor_stops_nothing_whose_result_may_be_known(market: MarketHere) -> None:
    id = market.publish()
    market.sign_up(id, market.agent())
    market.freeze(id)
    market.ahead(id, selection_at=now() - timedelta(milliseconds=1))
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "SELECTION_BEGUN"):
        market.by(market.supervisor).StopProcurement(procurement_id=id, reason="结果不合意")
    other = market.publish()
    market.by(market.supervisor).StopProcurement(procurement_id=other, reason="业主资格存疑")
    assert market.state(other).ended_reason == model.STOPPED


def test_a_direct_selection_is_of_an_agency_that_may(market: MarketHere) -> None:
    one, avoids = market.agent(), market.agent(avoids=[DEPARTMENT])
    told = {"mode": pb.MODE_DIRECT, "budget_fen": 4_000_000, "direct_reason": "限额以下，业主自行选取"}
    good = market.publish(direct_uscc=one.uscc, **told)
    bad = market.publish(direct_uscc=avoids.uscc, **told)
    none = market.publish(direct_uscc=agencies.uscc(), **told)
    market.worker.tasks.round()
    assert market.state(good).winner.uscc == one.uscc
    assert [market.state(id).ended_reason for id in (bad, none)] == [model.TOO_FEW, model.TOO_FEW]


def test_an_objection_holds_the_award_until_it_is_decided(market: MarketHere) -> None:
    id, order = selected(market)
    loser = market.by(order[1].actor)
    loser.ObjectToResult(procurement_id=id, text="中选机构的资质证书已被注销")
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "OBJECTED_ALREADY"):
        loser.ObjectToResult(procurement_id=id, text="再说一次同样的话")
    market.procurements.collection.update_one(
        {"_id": id}, {"$set": {"state.result_until": now() - timedelta(seconds=1)}}
    )
    assert market.award(id).status == model.OBJECTED
    public = market.by(None).GetProcurement(procurement_id=id).objections[0]
    assert (public.text, public.agency_name) == ("", "")
    desk = market.by(market.supervisor)
    objection = desk.GetProcurement(procurement_id=id).objections[0]
    assert objection.text == "中选机构的资质证书已被注销"
    desk.DecideResultObjection(
        procurement_id=id, objection_id=objection.id, decision="DISMISSED", reason="经核实证书有效"
    )
    state = market.state(id)
    assert state.status == model.SELECTED and state.result_until > now()


@pytest.mark.parametrize("decision", ["PASSED_OVER", "ANNULLED"])
def test_an_objection_that_is_right_takes_the_award_away(market: MarketHere, decision: str) -> None:
    id, order = selected(market)
    market.by(order[2].actor).ObjectToResult(procurement_id=id, text="中选机构的资质证书已被注销")
    desk = market.by(market.supervisor)
    objection = desk.GetProcurement(procurement_id=id).objections[0].id
    told = {"procurement_id": id, "objection_id": objection, "reason": "经核实属实"}
    desk.DecideResultObjection(decision=decision, **told)
    state = market.state(id)
    if decision == "ANNULLED":
        assert (state.status, state.ended_reason) == (model.ENDED, model.ANNULLED)
    else:
        assert (state.status, state.winner.uscc, state.winner.place) == (model.SELECTED, order[1].uscc, 2)
        assert state.passed[0].reason == "OBJECTION_UPHELD"


def test_only_who_signed_up_objects_and_only_during_the_notice(market: MarketHere) -> None:
    id, order = selected(market)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOT_A_CANDIDATE"):
        market.by(market.agent().actor).ObjectToResult(procurement_id=id, text="我没有报名，但是有意见")
    market.ahead(id, due=now() - HOUR, result_until=now() - HOUR)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        market.by(order[1].actor).ObjectToResult(procurement_id=id, text="公示期已过才提出的异议")
    assert market.state(id).status == model.AWARDED


def test_the_next_who_may_not_have_it_any_more_is_skipped(market: MarketHere) -> None:
    id, order = selected(market)
    market.database["agencies"].update_one({"_id": order[1].id}, {"$set": {"state.standing": 6}})
    market.by(order[0].actor).GiveUpAward(procurement_id=id, reason="人员不足，无法承接")
    state = market.state(id)
    assert (state.winner.uscc, state.winner.place) == (order[2].uscc, 3)
    assert [(one.place, one.reason) for one in state.passed] == [(1, "GAVE_UP"), (2, "NOT_ELIGIBLE")]


def test_a_winner_who_files_no_contract_in_time_is_passed_over_by_a_supervisor(market: MarketHere) -> None:
    id, order = selected(market)
    market.ahead(id, due=now() - HOUR, result_until=now() - HOUR)
    assert market.award(id).status == model.AWARDED
    desk = market.by(market.supervisor)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOT_OVERDUE"):
        desk.PassOverWinner(procurement_id=id, reason="未按时签订合同")
    market.ahead(id, due=now() - HOUR, contract_due=now() - HOUR)
    market.award(id)
    assert [one.id for one in desk.ListProcurementDesk(late=True).procurements] == [id]
    desk.PassOverWinner(procurement_id=id, reason="未按时签订合同")
    assert market.state(id).winner.uscc == order[1].uscc


def test_lists_show_to_everybody_his_own(market: MarketHere) -> None:
    published, submitted = market.publish(title="某水库水土保持方案"), market.submit().id
    open_list = market.by(None).ListProcurements(region="990121").procurements
    assert [one.id for one in open_list] == [published]
    assert [one.id for one in market.by(None).ListProcurements(words="水库").procurements] == [published]
    assert not market.by(None).ListProcurements(words="公路").procurements
    mine = market.by(market.procurer).ListMyProcurements().procurements
    assert {one.id for one in mine} == {published, submitted}
    assert not market.by(market.company()).ListMyProcurements().procurements
    desk = market.by(market.operator).ListProcurementDesk(status=model.SUBMITTED).procurements
    assert [one.id for one in desk] == [submitted]
    elsewhere = market.by(replace(supervisor(), region="990122")).ListProcurementDesk().procurements
    assert not elsewhere


def test_every_journal_gives_its_state(market: MarketHere) -> None:
    id, order = selected(market)
    market.by(order[0].actor).GiveUpAward(procurement_id=id, reason="人员不足，无法承接")
    for all in (market.procurements, store.sheets(market.database)):
        for document in all.collection.find({}):
            assert set(all.drift(document)) <= {"closes_at", "signup_end", "selection_at", "rules"}


def test_the_notice_says_by_which_rules_it_is_chosen(market: MarketHere) -> None:
    notice = json.loads(market.state(market.publish()).notice)
    assert notice["missing_rule"] == model_needs.MISSING_RULE and notice["rules"]["candidates_least"] == 1
