"""How performance ends: two sides at one moment, the clock, a break-off, an owner who is erased."""

import uuid
from datetime import timedelta
from typing import Any

import grpc
import pytest

from chassis import records
from chassis.acts import now
from services.intermediary.model_performance_evolve import milestone_end
from tests.support.actors import handler, officer, person
from tests.support.calling import at_once, refused
from tests.support.market import MarketHere
from tests.support.performing import REASON, Deal, at, deal, far
from yiwang.identity.v1.events_pb2 import PersonErased
from yiwang.intermediary.v1 import service_pb2 as pb

Code = grpc.StatusCode
TEXT = "诸葛试真名认为做得很好"


def ends(one: Deal, name: str) -> list[Any]:
    """The events of a kind in its journal."""
    document = one.market.procurements.collection.find_one({"_id": one.id}) or {}
    assert one.market.procurements.drift(document) == [] and records.broken_at(document["journal"]) is None
    return [one.market.procurements.event(entry) for entry in document["journal"] if entry["type"] == name]


# -- at one moment -----------------------------------------------------------------------------------------------------


def test_of_two_sides_who_file_a_contract_at_one_moment_one_does(market: MarketHere) -> None:
    one = deal(market)
    sides = [(one.own, one.terms(one.owner)), (one.win, one.terms(one.agent.actor))]
    answers = at_once(2, lambda number: sides[number][0].FileContract(**sides[number][1]))
    assert answers == {"done": 1, str(Code.FAILED_PRECONDITION): 1}
    assert one.journal.count("ContractFiled") == 1


def test_of_a_confirmation_and_a_return_at_one_moment_one_holds(market: MarketHere) -> None:
    one = deal(market)
    one.filed()
    colleague = one.to(officer("procure"))
    acts = [
        lambda: one.own.ConfirmContract(procurement_id=one.id),
        lambda: colleague.ReturnContract(procurement_id=one.id, reason=REASON),
    ]
    assert at_once(2, lambda number: acts[number]()) == {"done": 1, str(Code.FAILED_PRECONDITION): 1}
    assert len({"ContractConfirmed", "ContractReturned"} & set(one.journal)) == 1


def test_both_rate_at_one_moment_and_it_is_archived_once_with_both(market: MarketHere) -> None:
    one = deal(market)
    one.completed()
    sides = [one.own, one.win]
    answers = at_once(2, lambda number: sides[number].RatePartner(procurement_id=one.id, grade=4 + number))
    assert answers == {"done": 2}
    (archived,) = ends(one, "ProcurementArchived")
    assert (archived.owner_grade, archived.agency_grade) == (4, 5)


def test_a_deliverable_is_confirmed_once_however_often_at_one_moment(market: MarketHere) -> None:
    one = deal(market)
    one.delivered()
    ways = [one.to(officer("procure")) for _ in range(4)]
    answers = at_once(4, lambda number: ways[number].ConfirmDeliverable(procurement_id=one.id))
    assert answers == {"done": 1, str(Code.FAILED_PRECONDITION): 3}
    assert one.journal.count("DeliverableConfirmed") == 1


# -- the clock ---------------------------------------------------------------------------------------------------------


def test_a_milestone_is_overdue_once_however_late_and_often_the_timer_comes(
    market: MarketHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = deal(market)
    one.contracted()
    end = milestone_end(one.state.performance.milestones[0])
    with at(monkeypatch, end - timedelta(milliseconds=1)):
        market.worker.fire_timers()
    assert "MilestoneOverdue" not in one.journal
    with at(monkeypatch, far(400)):
        for _ in range(4):
            market.worker.fire_timers()
        assert [event.number for event in ends(one, "MilestoneOverdue")] == [1, 2]
        seen = one.win.ReportMilestone(procurement_id=one.id, number=2)
    assert [step.overdue for step in seen.performance.milestones] == [True, True]
    (reported,) = ends(one, "MilestoneReported")
    assert reported.late


def test_a_contract_filed_after_it_was_due_is_late_and_the_timer_need_not_have_come(
    market: MarketHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = deal(market)
    terms = one.terms(one.owner)
    with at(monkeypatch, far(15)), monkeypatch.context() as patch:
        patch.setattr("chassis.files.now", now)  # the file is as old as it is
        seen = one.own.FileContract(**terms)
        assert seen.performance.contract_late and seen.contract_overdue
        assert one.journal[-2:] == ["ContractOverdue", "ContractFiled"]
        assert not one.win.ConfirmContract(procurement_id=one.id).contract_overdue


@pytest.mark.parametrize("rated", [True, False])
def test_ratings_that_do_not_come_in_time_are_archived_without(
    market: MarketHere, monkeypatch: pytest.MonkeyPatch, rated: bool
) -> None:
    one = deal(market)
    one.completed()
    if rated:
        one.own.RatePartner(procurement_id=one.id, grade=2, text=TEXT)
    due = one.state.performance.rating_due
    with at(monkeypatch, due - timedelta(milliseconds=1)):
        market.worker.fire_timers()
        assert one.seen(one.owner).status == pb.PROCUREMENT_STATUS_COMPLETED
    with at(monkeypatch, due + timedelta(days=90)):
        for _ in range(2):
            market.worker.fire_timers()
    (archived,) = ends(one, "ProcurementArchived")
    assert (archived.owner_grade, archived.agency_grade) == (2 * rated, 0)
    seen = one.seen(one.agent.actor).performance
    assert (seen.by_owner.grade, seen.by_owner.text) == ((2, TEXT) if rated else (0, ""))


def test_who_rates_too_late_is_refused_whether_or_not_the_timer_came_round(
    market: MarketHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = deal(market)
    one.completed()
    late = one.state.performance.rating_due + timedelta(milliseconds=1)
    with at(monkeypatch, late), refused(Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        one.own.RatePartner(procurement_id=one.id, grade=5)
    assert one.seen(one.owner).status == pb.PROCUREMENT_STATUS_ARCHIVED
    assert one.journal[-1] == "ProcurementArchived"


# -- a break-off -------------------------------------------------------------------------------------------------------


def test_a_supervisor_ends_a_contract_by_somebodys_fault_and_the_case_hears_of_it(market: MarketHere) -> None:
    case = str(uuid.uuid4())
    one = deal(market, case=case)
    one.contracted()
    asked = one.win.AskBreakOff(procurement_id=one.id, reason=TEXT)
    assert (asked.performance.break_off, asked.performance.break_off_by) == ("asked", "agency")
    with refused(Code.FAILED_PRECONDITION, "ASKED_ALREADY"):
        one.own.AskBreakOff(procurement_id=one.id, reason=REASON)
    one.win.ReportMilestone(procurement_id=one.id, number=1)
    chief = one.to(market.supervisor)
    ended = {"procurement_id": one.id, "ended": True, "fault": "agency", "reason": "机构不能继续服务"}
    for told, field, reason in (
        ({"fault": ""}, "fault", "REQUIRED"),
        ({"ended": False}, "fault", "NOT_WANTED"),
        ({"reason": "张伟先生13912345678反映属实"}, "reason", "PERSONAL_DATA"),
        ({"fault": "both"}, "fault", "STRING_IN"),
    ):
        with refused(Code.INVALID_ARGUMENT) as refusal:
            chief.DecideBreakOff(**ended | told)
        assert refusal.fields == {field: reason}
    with refused(Code.FAILED_PRECONDITION, "OWN_DEPARTMENT"):
        one.to(officer("supervise", department=one.owner.department)).DecideBreakOff(**ended)
    done = chief.DecideBreakOff(**ended)
    assert (done.status, done.ended_reason, done.performance.fault) == (
        pb.PROCUREMENT_STATUS_ENDED,
        "BROKEN_OFF",
        "agency",
    )
    assert one.seen(None).ended_note == "机构不能继续服务", "why it ended is public"
    (heard,) = ends(one, "ProcurementEnded")
    assert (heard.case_id, heard.reason) == (case, "BROKEN_OFF")
    assert one.journal[-2:] == ["BreakOffDecided", "ProcurementEnded"]
    with refused(Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        one.own.AnswerMilestone(procurement_id=one.id, number=1, confirmed=True)


def test_a_break_off_that_is_declined_lets_it_go_on_and_may_be_asked_for_again(market: MarketHere) -> None:
    one = deal(market)
    one.delivered()
    chief = one.to(market.supervisor)
    with refused(Code.FAILED_PRECONDITION, "NOT_ASKED"):
        chief.DecideBreakOff(procurement_id=one.id, reason=REASON)
    one.own.AskBreakOff(procurement_id=one.id, reason=TEXT)
    declined = chief.DecideBreakOff(procurement_id=one.id, reason="理由不成立")
    assert (declined.status, declined.performance.break_off) == (pb.PROCUREMENT_STATUS_DELIVERED, "declined")
    assert declined.performance.break_off_answer == "理由不成立"
    again = one.win.AskBreakOff(procurement_id=one.id, reason=REASON)
    assert (again.performance.break_off, again.performance.break_off_by) == ("asked", "agency")
    confirmed = one.own.ConfirmDeliverable(procurement_id=one.id)
    assert confirmed.performance.break_off == "lapsed"
    with refused(Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        chief.DecideBreakOff(procurement_id=one.id, reason=REASON)


# -- an owner who is erased --------------------------------------------------------------------------------------------


def erased(market: MarketHere, id: str) -> None:
    """It is heard, twice."""
    for _ in range(2):
        market.hear("forget_person", PersonErased(person_id=id), id, 9)


def test_of_an_erased_owner_what_binds_nobody_ends_and_the_case_hears_of_it(market: MarketHere) -> None:
    ann, case = person(level=3), str(uuid.uuid4())
    bound = deal(market, ann)
    bound.contracted()
    waiting = [deal(market, ann, case, status) for status in ("submitted", "published", "selected", "awarded")]
    others = deal(market, person())
    for one in waiting:
        assert one.seen(ann).owner_name == "诸葛试真名"
    erased(market, ann.id)
    for one in waiting:
        (told,) = ends(one, "ProcurementEnded")
        assert (told.reason, told.case_id) == ("OWNER_ERASED", case)
        assert one.state.status == pb.PROCUREMENT_STATUS_ENDED
    assert bound.state.status == pb.PROCUREMENT_STATUS_CONTRACTED, "a contract binds the other side too"
    assert others.state.status == pb.PROCUREMENT_STATUS_AWARDED
    assert "诸葛试真名" not in str(bound.seen(market.operator))
    with refused(Code.FAILED_PRECONDITION, "PERSON_ERASED"):
        market.submit(ann)


def test_of_an_erased_owner_the_open_rating_is_archived_without_and_his_words_are_gone(market: MarketHere) -> None:
    ann = person()
    one, rated = deal(market, ann), deal(market, ann)
    for each in (one, rated):
        each.completed()
    one.win.RatePartner(procurement_id=one.id, grade=4)
    rated.own.RatePartner(procurement_id=rated.id, grade=5, text=TEXT)
    assert rated.seen(ann).performance.by_owner.text == TEXT
    erased(market, ann.id)
    for each, grades in ((one, (0, 4)), (rated, (5, 0))):
        (archived,) = ends(each, "ProcurementArchived")
        assert (archived.owner_grade, archived.agency_grade) == grades
    seen = rated.seen(rated.agent.actor).performance
    assert (seen.by_owner.grade, seen.by_owner.text) == (5, ""), "the grade names nobody"


def test_the_files_an_erased_owner_brought_are_gone_and_the_agencys_are_not(market: MarketHere) -> None:
    ann = person()
    one = deal(market, ann)
    one.filed(ann)
    one.win.ConfirmContract(procurement_id=one.id)
    one.reached()
    one.handed()
    told = one.seen(ann).performance
    contract, deliverable = told.contract_files[0].file_id, told.deliverables[0].file_id
    erased(market, ann.id)
    with refused(Code.NOT_FOUND, "NOT_FOUND"):
        one.win.DownloadDeliverable(procurement_id=one.id, file_id=contract)
    assert one.win.DownloadDeliverable(procurement_id=one.id, file_id=deliverable).content
    assert one.seen(one.agent.actor).performance.contract_files[0].filename == "附件1.pdf"
    one.win.AskBreakOff(procurement_id=one.id, reason=REASON)
    ended = one.to(market.supervisor).DecideBreakOff(
        procurement_id=one.id, ended=True, fault="neither", reason="业主已注销"
    )
    assert ended.status == pb.PROCUREMENT_STATUS_ENDED


def test_an_organisation_whose_handler_is_erased_goes_on(market: MarketHere) -> None:
    company = market.company()
    one = deal(market, company)
    assert company.acting is not None
    erased(market, company.acting.id)
    assert one.state.status == pb.PROCUREMENT_STATUS_AWARDED
    one.filed()
    assert one.to(handler(company)).ConfirmContract(procurement_id=one.id).status == pb.PROCUREMENT_STATUS_CONTRACTED
