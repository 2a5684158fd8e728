"""From the award to the archive over gRPC: both sides' acts, what refuses them, and what is written."""

import uuid
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from chassis import records
from chassis.acts import Actor
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, handler, officer, person, supervisor
from tests.support.calling import refused
from tests.support.market import MarketHere
from tests.support.performing import AMOUNT, REASON, Deal, day, deal, plan
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import service_pb2 as pb

Code = grpc.StatusCode
SAID = "诸葛试真名说水样要重做"


def kept_in_order(one: Deal) -> None:
    """The record replays to its state, its chain is whole, and nobody's words stand in it."""
    document = one.market.procurements.collection.find_one({"_id": one.id}) or {}
    assert one.market.procurements.drift(document) == []
    assert records.broken_at(document["journal"]) is None
    assert SAID not in str(document) and "诸葛试真名" not in str(document)


def test_a_contract_is_filed_returned_filed_again_performed_delivered_rated_and_archived(market: MarketHere) -> None:
    one = deal(market, case=str(uuid.uuid4()))
    id = {"procurement_id": one.id}
    seen = one.filed()
    assert (seen.status, seen.performance.contract, seen.performance.contract_by) == (
        pb.PROCUREMENT_STATUS_AWARDED,
        "filed",
        "agency",
    )
    seen = one.own.ReturnContract(**id, reason=SAID)
    assert (seen.performance.contract, seen.performance.contract_note) == ("returned", SAID)
    seen = one.filed(one.owner, amount_fen=AMOUNT - 1)
    assert (seen.performance.contract_by, seen.performance.amount_fen) == ("owner", AMOUNT - 1)
    seen = one.win.ConfirmContract(**id)
    assert (seen.status, seen.performance.contract) == (pb.PROCUREMENT_STATUS_CONTRACTED, "confirmed")
    seen = one.win.ReportMilestone(**id, number=2, note=SAID)
    assert [(step.status, step.note) for step in seen.performance.milestones] == [("OPEN", ""), ("REPORTED", SAID)]
    seen = one.own.AnswerMilestone(**id, number=2, reason=REASON)
    assert [(step.status, step.note) for step in seen.performance.milestones] == [("OPEN", ""), ("OPEN", REASON)]
    assert one.handed(note=SAID).performance.delivery_note == SAID
    with refused(Code.FAILED_PRECONDITION, "MILESTONES_OPEN"):
        one.own.ConfirmDeliverable(**id)
    one.reached()
    seen = one.own.ReturnDeliverable(**id, reason=SAID)
    assert (seen.status, seen.performance.returned_reason) == (pb.PROCUREMENT_STATUS_CONTRACTED, SAID)
    seen = one.handed()
    assert (seen.performance.deliveries, seen.performance.returned_reason) == (2, "")
    seen = one.own.ConfirmDeliverable(**id)
    assert (seen.status, seen.performance.deliverables[0].filename) == (pb.PROCUREMENT_STATUS_COMPLETED, "报告书.pdf")
    one.win.RatePartner(**id, grade=5, text=SAID)
    seen = one.own.RatePartner(**id, grade=4, text=REASON)
    assert seen.status == pb.PROCUREMENT_STATUS_ARCHIVED and seen.performance.archived_at
    assert list(seen.moves) == []
    assert one.journal[-2:] == ["PartnerRated", "ProcurementArchived"]
    kept_in_order(one)


def test_a_linked_case_is_told_of_the_confirmed_deliverable_by_its_hash(market: MarketHere) -> None:
    case = str(uuid.uuid4())
    one = deal(market, case=case)
    file = one.completed().performance.deliverables[0]
    document = market.procurements.collection.find_one({"_id": one.id}) or {}
    (entry,) = [entry for entry in document["journal"] if entry["type"] == "DeliverableConfirmed"]
    told = market.procurements.event(entry)
    assert isinstance(told, events.DeliverableConfirmed)
    assert (told.case_id, told.service, told.agency_uscc, told.in_time) == (
        case,
        one.state.service,
        one.agent.uscc,
        True,
    )
    (kept,) = told.files
    assert (kept.file_id, kept.sha256, kept.size) == (file.file_id, file.sha256, file.size)
    assert "报告书" not in str(entry)


def test_a_contract_beyond_what_was_awarded_is_refused_by_its_fields_and_nothing_is_written(market: MarketHere) -> None:
    one = deal(market, days=30)
    before = one.journal
    wrong = one.terms(
        one.owner, amount_fen=30_000_001, signed_on=day(1), milestones=plan((0, 5000), (40, 4000)), file_ids=[]
    )
    with refused(Code.INVALID_ARGUMENT) as refusal:
        one.own.FileContract(**wrong)
    assert set(refusal.fields) == {"file_ids"}, "field rules come first"
    with refused(Code.INVALID_ARGUMENT, "ABOVE_BUDGET") as refusal:
        one.own.FileContract(**wrong | {"file_ids": [one.file(one.owner)]})
    assert refusal.fields == {
        "amount_fen": "ABOVE_BUDGET",
        "signed_on": "FUTURE",
        "milestones": "SHARES",
        "milestones[0].due": "DUE",
        "milestones[1].due": "DUE",
    }
    assert one.journal == before and not any(refusal.messages[field] == "" for field in refusal.fields)


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("amount_fen", {"amount_fen": -1}),
        ("signed_on", {"signed_on": "20261123"}),
        ("milestones", {"milestones": []}),
        ("milestones", {"milestones": plan(*[(1, 500)] * 21)}),
        ("milestones[0].due", {"milestones": [{"name": "第一步", "due": "明天", "share": 10_000}]}),
        ("file_ids[0]", {"file_ids": ["x"]}),
        ("file_ids", {"file_ids": [str(uuid.UUID(int=1))] * 2}),
    ],
)
def test_a_malformed_contract_names_the_field(market: MarketHere, field: str, told: dict[str, Any]) -> None:
    one = deal(market)
    with refused(Code.INVALID_ARGUMENT) as refusal:
        one.filed(**told)
    assert field in refusal.fields and "ContractFiled" not in one.journal


def test_a_file_is_its_bringers_and_one_records(market: MarketHere) -> None:
    one, other = deal(market), deal(market)
    foreign = one.file(one.owner)
    colleague = officer("procure")
    for wrong in (str(uuid.uuid4()), foreign, other.file(other.agent.actor)):
        with refused(Code.INVALID_ARGUMENT, "FILE_UNKNOWN") as refusal:
            one.filed(file_ids=[wrong])
        assert set(refusal.fields) == {"file_ids"}
    with refused(Code.INVALID_ARGUMENT, "FILE_UNKNOWN"):
        one.filed(colleague, file_ids=[foreign])
    own = one.file(one.owner)
    one.filed(one.owner, file_ids=[own])
    with refused(Code.INVALID_ARGUMENT, "FILE_UNKNOWN"):
        other.filed(one.owner, file_ids=[own])
    one.win.ReturnContract(procurement_id=one.id, reason=REASON)
    again = one.filed(one.owner, file_ids=[own])
    assert [file.file_id for file in again.performance.contract_files] == [own], "the same record may take it again"


# Each act with the status it is for, and what a request for it says.
ACTS: dict[str, tuple[str, Callable[[Deal], dict[str, Any]]]] = {
    "FileContract": ("awarded", lambda one: one.terms(one.agent.actor)),
    "ConfirmContract": ("filed", lambda one: {}),
    "ReturnContract": ("filed", lambda one: {"reason": REASON}),
    "ReportMilestone": ("contracted", lambda one: {"number": 1}),
    "AnswerMilestone": ("contracted", lambda one: {"number": 1, "confirmed": True}),
    "Deliver": ("contracted", lambda one: {"file_ids": [one.file(one.agent.actor)]}),
    "ConfirmDeliverable": ("delivered", lambda one: {}),
    "ReturnDeliverable": ("delivered", lambda one: {"reason": REASON}),
    "RatePartner": ("completed", lambda one: {"grade": 5}),
    "AskBreakOff": ("contracted", lambda one: {"reason": REASON}),
    "DecideBreakOff": ("contracted", lambda one: {"ended": True, "fault": "agency", "reason": REASON}),
}
# Acts of one side: of the other's it is no act.
ONE_SIDED = {
    "owner": ("AnswerMilestone", "ConfirmDeliverable", "ReturnDeliverable"),
    "winner": ("ReportMilestone", "Deliver"),
}


def brought(one: Deal, status: str) -> None:
    """It is brought so far."""
    if status != "awarded":
        getattr(one, status)()


def strangers(one: Deal) -> dict[str, Actor]:
    """Who has no part in it, but sees what was published."""
    return {
        "another agency": one.market.agent().actor,
        "another owner": officer("procure", department=OTHER_DEPARTMENT),
        "a person": person(),
        "an operator": one.market.operator,
        "a supervisor": one.market.supervisor,
        "a supervisor of elsewhere": supervisor(region="350000"),
        "an officer of the owner's without the role": officer("review"),
    }


def test_nobody_else_moves_it_whatever_he_is_granted(market: MarketHere) -> None:
    one = deal(market)
    one.contracted()
    for name, (_, fields) in ACTS.items():
        told = {"procurement_id": one.id} | fields(one)
        for who, actor in strangers(one).items():
            if name == "DecideBreakOff" and who == "a supervisor":
                continue
            with refused() as refusal:
                getattr(one.to(actor), name)(**told)
            assert (refusal.code, refusal.reason) in (
                (Code.PERMISSION_DENIED, "NOT_ALLOWED"),
                (Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"),
            ), (name, who, refusal)
    assert one.journal[-1] == "ContractConfirmed"


def test_an_act_of_one_side_is_none_of_the_others(market: MarketHere) -> None:
    one = deal(market)
    one.delivered()
    for name in ONE_SIDED["owner"]:
        with refused() as refusal:
            getattr(one.win, name)(procurement_id=one.id, **ACTS[name][1](one))
        assert (refusal.code, refusal.reason) == (Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"), name
    company = deal(market, market.company())
    company.contracted()
    for name in ONE_SIDED["winner"]:
        with refused() as refusal:
            getattr(company.own, name)(procurement_id=company.id, **ACTS[name][1](company))
        assert (refusal.code, refusal.reason) == (Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"), name
    filed = deal(market)
    filed.filed(filed.owner)
    for name in ("ConfirmContract", "ReturnContract"):
        with refused(Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
            getattr(filed.own, name)(procurement_id=filed.id, **ACTS[name][1](filed))
        assert name not in filed.seen(filed.owner).moves and name in filed.seen(filed.agent.actor).moves


def test_what_is_not_published_is_not_there_for_others(market: MarketHere) -> None:
    one = deal(market, status="submitted")
    for name, (_, fields) in ACTS.items():
        actor = market.other_supervisor if name == "DecideBreakOff" else market.agent().actor
        told = {"procurement_id": one.id} | fields(one)
        for id in (one.id, str(uuid.uuid4())):
            if name == "DecideBreakOff" and id == one.id:
                actor = supervisor(region="350000")
            with refused(Code.NOT_FOUND, "NOT_FOUND"):
                getattr(one.to(actor), name)(**told | {"procurement_id": id})


@pytest.mark.parametrize("name", ["RatePartner", "ConfirmContract", "ConfirmDeliverable", "ReturnDeliverable"])
def test_an_act_before_its_time_is_refused(market: MarketHere, name: str) -> None:
    one = deal(market)
    with refused(Code.FAILED_PRECONDITION) as refusal:
        getattr(one.own, name)(procurement_id=one.id, **ACTS[name][1](one))
    assert refusal.reason == ("NO_CONTRACT" if name == "ConfirmContract" else "MOVE_NOT_ALLOWED")
    assert one.journal[-1] == "AwardIssued"


def test_a_retried_request_is_one_act_and_another_under_its_id_is_refused(market: MarketHere) -> None:
    for name, (status, fields) in ACTS.items():
        one = deal(market)
        brought(one, status)
        if name == "AnswerMilestone":
            one.win.ReportMilestone(procurement_id=one.id, number=1)
        if name == "DecideBreakOff":
            one.own.AskBreakOff(procurement_id=one.id, reason=REASON)
        winner = name in ("FileContract", *ONE_SIDED["winner"])
        actor = market.supervisor if name == "DecideBreakOff" else one.agent.actor if winner else one.owner
        told = {"request_id": f"retry-{name}", "procurement_id": one.id} | fields(one)
        act = getattr(one.to(actor), name)
        once, written = act(**told), one.journal
        assert act(**told) == once, name
        assert one.journal == written, name
        if "reason" in told:
            with refused(Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
                act(**told | {"reason": "另一个理由"})
        kept_in_order(one)


@pytest.mark.parametrize(
    ("name", "status", "field"),
    [
        ("ReturnContract", "filed", "reason"),
        ("ReturnDeliverable", "delivered", "reason"),
        ("AskBreakOff", "contracted", "reason"),
        ("AnswerMilestone", "contracted", "reason"),
    ],
)
def test_a_reason_of_blanks_is_none(market: MarketHere, name: str, status: str, field: str) -> None:
    one = deal(market)
    brought(one, status)
    if name == "AnswerMilestone":
        one.win.ReportMilestone(procurement_id=one.id, number=1)
    fields = {"number": 1} if name == "AnswerMilestone" else {}
    before = one.journal
    with refused(Code.INVALID_ARGUMENT, "REQUIRED") as refusal:
        getattr(one.own, name)(procurement_id=one.id, reason=" " * 8, **fields)
    assert set(refusal.fields) == {field} and one.journal == before


def test_a_colleague_goes_on_with_what_a_department_began_and_another_handler_too(market: MarketHere) -> None:
    one = deal(market)
    one.filed(one.owner)
    colleague = officer("procure", department=DEPARTMENT)
    second = handler(one.agent.actor)
    one.to(second).ReturnContract(procurement_id=one.id, reason=SAID)
    assert one.seen(colleague).performance.contract_note == SAID
    one.filed(second)
    assert one.to(colleague).ConfirmContract(procurement_id=one.id).status == pb.PROCUREMENT_STATUS_CONTRACTED
    assert market.procurements.get(one.id).state.county == REGION
