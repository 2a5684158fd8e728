"""Complaints to supervision, over the wire: who complains stays unknown, and the department complained about sees nothing."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import grpc
import orjson
import pytest
from google.protobuf.message import Message

from chassis import contracts
from chassis.acts import Actor, Cause
from services.policy import api_complaints, store_complaints, worker_portal
from services.policy.model_portal import DESK_ROLES
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, delegate, officer, person, supervisor
from tests.support.calling import refused
from tests.support.policy_portal import COMPLAINT, COMPLAINT_SECRETS, Db, PortalHere, enterprise, portal_here
from yiwang.policy.v1 import complaints_pb2 as pb

Code = grpc.StatusCode
QUESTION, ANSWER = "贵局补正要求是否一次性告知？", "本局均一次性告知"
CONTRACT = next(one for one in contracts.services("policy") if one.name == "ComplaintService")


@pytest.fixture
def portal(database: Db) -> Iterator[PortalHere]:
    with portal_here(database) as here:
        yield here


def test_a_complaint_goes_its_way_and_who_complained_is_told(portal: PortalHere) -> None:
    citizen = person()
    told = portal.complain(citizen)
    assert all(getattr(told, name) == value for name, value in COMPLAINT.items()) and not told.anonymous
    assert portal.accept(told.complaint_id).status == pb.COMPLAINT_STATUS_ACCEPTED
    boss, desk = portal.complaints(portal.boss), portal.complaints(portal.desk)
    asked = boss.AskDepartment(complaint_id=told.complaint_id, text=QUESTION)
    assert [one.text for one in desk.ListSupervisionQuestions(open=True).questions] == [QUESTION]
    desk.AnswerSupervisionQuestion(question_id=asked.question_id, text=ANSWER)
    assert not desk.ListSupervisionQuestions(open=True).questions
    seen = boss.GetComplaint(complaint_id=told.complaint_id)
    assert [(one.text, one.answer) for one in seen.questions] == [(QUESTION, ANSWER)]
    assert seen.text == COMPLAINT["text"] and seen.contact == COMPLAINT["contact"] and not seen.retrieval_code
    with refused(Code.INVALID_ARGUMENT, "REQUIRED") as refusal:
        boss.ConcludeComplaint(
            complaint_id=told.complaint_id, outcome=pb.COMPLAINT_OUTCOME_PARTLY, reply="经查部分属实"
        )
    assert list(refusal.fields) == ["measures"]
    boss.ConcludeComplaint(
        complaint_id=told.complaint_id, outcome=pb.COMPLAINT_OUTCOME_PARTLY, reply="经查部分属实", measures="责令整改"
    )
    own = portal.complaints(citizen).GetComplaint(complaint_id=told.complaint_id)
    assert (own.outcome, own.reply, own.measures) == (pb.COMPLAINT_OUTCOME_PARTLY, "经查部分属实", "责令整改")
    assert not own.questions and not own.open_moves
    assert [one.department for one in own.looks] == [portal.boss.department]
    after = boss.GetComplaint(complaint_id=told.complaint_id)
    assert after.text and not after.contact and not after.complainant_name and not after.looks


def calls(portal: PortalHere, id: str, code: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every RPC there is, as somebody would call it who knows the complaint's id but not its code."""
    fields: dict[str, Any] = {"complaint_id": id, "question_id": id, "page_size": 100, "code": code}
    texts = {
        "text": "这是怎么回事",
        "reply": "经查部分属实",
        "measures": "责令整改",
        "outcome": pb.COMPLAINT_OUTCOME_PARTLY,
    }
    for method in CONTRACT.methods:
        named = {field.name for field in method.input_type.fields}
        if method.name != "SubmitComplaint":
            told = {name: value for name, value in (fields | texts).items() if name in named}
            if method.name == "WithdrawComplaint":
                del told["code"]
            yield method.name, told


def test_no_officer_of_the_department_complained_about_sees_anything_of_it_through_any_rpc(portal: PortalHere) -> None:
    citizen = person()
    told = portal.complain(citizen)
    portal.accept(told.complaint_id)
    portal.complaints(portal.boss).AskDepartment(complaint_id=told.complaint_id, text=QUESTION)
    before = portal.database["complaints"].find_one({"_id": told.complaint_id})
    secrets = (*COMPLAINT_SECRETS, told.complaint_id, told.number, citizen.id, told.retrieval_code)
    roles = ("supervise", *sorted(DESK_ROLES), "finance")
    insiders = [
        replace(officer("supervise", *some, department=DEPARTMENT), region=region)
        for some in (*combinations(roles[1:], 1), roles[1:])
        for region in (REGION, "990100")
    ]
    insiders += [officer(role, department=DEPARTMENT) for role in roles[1:]]
    for insider in insiders:
        service = portal.complaints(insider)
        wrong = uuid.uuid4().hex[:16].upper()
        for name, fields in calls(portal, told.complaint_id, wrong):
            answer, refusal = called(service, name, fields)
            assert answer is not None or refusal in (Code.NOT_FOUND, Code.PERMISSION_DENIED), (name, refusal)
            kept = str(answer) if answer is not None else ""
            assert not any(secret in kept for secret in secrets), (name, insider.roles)
            assert answer is None or name.startswith("List"), name
    # What it is asked is all there is for it.
    assert portal.complaints(portal.desk).ListSupervisionQuestions().questions[0].text == QUESTION
    assert portal.database["complaints"].find_one({"_id": told.complaint_id}) == before
    assert list(portal.database["complaint_looks"].find({})) == []


def called(service: Any, name: str, fields: dict[str, Any]) -> tuple[Message | None, grpc.StatusCode | None]:
    try:
        return getattr(service, name)(**fields), None
    except grpc.RpcError as error:
        return None, error.code()


def test_a_complaint_is_not_there_for_anybody_else(portal: PortalHere) -> None:
    citizen = person()
    told = portal.complain(citizen)
    strangers = (
        person(),
        enterprise().actor,
        delegate(citizen),
        officer("review", department=OTHER_DEPARTMENT),
        supervisor(region="990122"),
    )
    for stranger in strangers:
        service = portal.complaints(stranger)
        for name, fields in calls(portal, told.complaint_id, "A" * 16):
            answer, refusal = called(service, name, fields)
            assert answer is not None or refusal in (Code.NOT_FOUND, Code.PERMISSION_DENIED), (name, refusal)
            assert answer is None or (name.startswith("List") and told.number not in str(answer)), name
    for name, fields in calls(portal, told.complaint_id, "A" * 16):
        with refused() as refusal:
            getattr(portal.complaints(None), name)(**fields)
        assert refusal.code in (Code.NOT_FOUND, Code.UNAUTHENTICATED), name


def test_who_complains_and_about_whom_stands_nowhere_in_clear(portal: PortalHere) -> None:
    citizen = person()
    told = portal.complain(citizen, request_id="of-the-complaint")
    portal.accept(told.complaint_id)
    portal.complaints(portal.boss).AskDepartment(complaint_id=told.complaint_id, text=QUESTION)
    portal.complaints(citizen).WithdrawComplaint(complaint_id=told.complaint_id, reason="已经解决")
    kept = orjson.dumps(portal.database["complaints"].find_one({"_id": told.complaint_id})).decode()
    secrets = (*COMPLAINT_SECRETS, citizen.id, told.retrieval_code, "of-the-complaint", "已经解决")
    assert not any(secret in kept for secret in secrets)
    # A department that complained of itself knows nothing of other complaints about it.
    others = {portal.complain(None).complaint_id for _ in range(2)} | {told.complaint_id}
    states = [portal.database["complaints"].find_one({"_id": id})["state"] for id in others]
    assert len({state["department_index"] for state in states}) == 3
    # Nor does a question lead to its complaint.
    (question,) = portal.database["supervision_questions"].find({})
    asked = orjson.dumps(question).decode()
    assert not any(secret in asked for secret in (told.complaint_id, told.number, QUESTION))


def test_who_gives_no_name_finds_it_by_its_code_alone(portal: PortalHere) -> None:
    citizen = person()
    for actor, anonymous in ((None, False), (citizen, True), (None, True)):
        told = portal.complain(actor, anonymous=anonymous)
        assert told.anonymous and len(told.retrieval_code) == 16
        typed = "-".join(told.retrieval_code[at : at + 4].lower() for at in range(0, 16, 4))
        found = portal.complaints(None).GetComplaintByCode(code=typed)
        assert (found.complaint_id, found.text) == (told.complaint_id, COMPLAINT["text"])
        assert not found.retrieval_code
        with refused(Code.NOT_FOUND):
            portal.complaints(citizen).GetComplaint(complaint_id=told.complaint_id)
        ended = portal.complaints(None).WithdrawComplaint(code=typed, reason="已经解决")
        assert ended.status == pb.COMPLAINT_STATUS_WITHDRAWN
    assert not portal.complaints(citizen).ListMyComplaints().complaints


def test_codes_are_not_guessed(portal: PortalHere) -> None:
    told, other = portal.complain(None), portal.complain(None)
    anybody = portal.complaints(None)
    wrong = told.retrieval_code[:-1] + ("A" if told.retrieval_code[-1] != "A" else "B")
    for number in range(api_complaints.MOST_TRIES):
        with refused(Code.NOT_FOUND):
            if number % 2:
                anybody.GetComplaintByCode(code=wrong)
            else:
                anybody.WithdrawComplaint(code=wrong)
    refusals = [called(anybody, "GetComplaintByCode", {"code": wrong})[1] for _ in range(api_complaints.MOST_TRIES)]
    assert Code.RESOURCE_EXHAUSTED in refusals
    # Whose code begins otherwise is not kept out.
    if other.retrieval_code[: api_complaints.ALIKE] != told.retrieval_code[: api_complaints.ALIKE]:
        assert anybody.GetComplaintByCode(code=other.retrieval_code).complaint_id == other.complaint_id


def test_who_has_no_session_complains_no_more_often_than_the_limit(
    portal: PortalHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_complaints, "MOST_PUBLIC", 0)
    with refused(Code.RESOURCE_EXHAUSTED, "QUOTA_EXHAUSTED"):
        portal.complain(None)
    assert portal.complain(person()).number


def test_the_same_request_is_the_same_complaint(portal: PortalHere) -> None:
    first, second = (portal.complain(None, request_id="request-of-complaint") for _ in range(2))
    assert first == second
    with refused(Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        portal.complain(None, request_id="request-of-complaint", title="另一件事")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [("region", "000000", "REGION_UNKNOWN"), ("text", "  不好  ", "TOO_SHORT"), ("title", " 一 ", "TOO_SHORT")],
)
def test_what_is_wrong_is_named(portal: PortalHere, field: str, value: str, reason: str) -> None:
    with refused(Code.INVALID_ARGUMENT, reason) as refusal:
        portal.complain(None, **{field: value})
    assert list(refusal.fields) == [field]


def test_a_question_quotes_nothing_and_there_are_not_endlessly_many(
    portal: PortalHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, boss = portal.complain(None).complaint_id, portal.complaints(portal.boss)
    with refused(Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        boss.AskDepartment(complaint_id=id, text=QUESTION)
    portal.accept(id)
    with refused(Code.INVALID_ARGUMENT, "QUOTES_COMPLAINT"):
        boss.AskDepartment(complaint_id=id, text="为何暗示找指定中介代办？材料被要求补正四次，每次理由都不一样")
    again = [boss.AskDepartment(complaint_id=id, text=QUESTION, request_id="the-question") for _ in range(2)]
    assert again[0] == again[1]
    monkeypatch.setattr(api_complaints.model_questions, "MOST", 1)
    with refused(Code.FAILED_PRECONDITION, "TOO_MANY_QUESTIONS"):
        boss.AskDepartment(complaint_id=id, text=QUESTION)


def test_a_question_is_there_for_the_department_that_is_asked(portal: PortalHere) -> None:
    id = portal.complain(None).complaint_id
    portal.accept(id)
    asked = portal.complaints(portal.boss).AskDepartment(complaint_id=id, text=QUESTION)
    for stranger in (officer("review", department=OTHER_DEPARTMENT), portal.boss, officer("finance"), person()):
        service = portal.complaints(stranger)
        listed, refusal = called(service, "ListSupervisionQuestions", {})
        assert refusal == Code.PERMISSION_DENIED or (listed is not None and not listed.questions)  # type: ignore[attr-defined]
        with refused() as found:
            service.AnswerSupervisionQuestion(question_id=asked.question_id, text=ANSWER)
        assert found.code in (Code.NOT_FOUND, Code.PERMISSION_DENIED)
    desk = portal.complaints(portal.desk)
    late = portal.complaints_come_due(asked.question_id, "supervision_questions")
    assert late.overdue and desk.ListSupervisionQuestions().questions[0].overdue
    desk.AnswerSupervisionQuestion(question_id=asked.question_id, text=ANSWER)
    with refused(Code.FAILED_PRECONDITION, "ANSWERED_ALREADY"):
        desk.AnswerSupervisionQuestion(question_id=asked.question_id, text=ANSWER)


def test_a_desk_lists_its_region_in_numbers_only_and_not_its_own_department(portal: PortalHere) -> None:
    here, away = portal.complain(person()).complaint_id, portal.complain(None, region="990122").complaint_id
    own = portal.complain(None, department=OTHER_DEPARTMENT).complaint_id

    def listed(actor: Actor, **told: Any) -> set[str]:
        rows = portal.complaints(actor).ListComplaintDesk(**told).complaints
        for row in rows:
            assert not any(secret in str(row) for secret in COMPLAINT_SECRETS)
        return {row.complaint_id for row in rows}

    assert listed(portal.boss) == {here} and listed(supervisor(region="990100")) == {here, away}
    assert listed(supervisor(department=DEPARTMENT)) == {own}
    assert listed(portal.boss, status=pb.COMPLAINT_STATUS_ACCEPTED) == set() == listed(portal.boss, overdue=True)
    assert portal.complaints_come_due(here).late == ["ACCEPTANCE"]
    assert listed(portal.boss, overdue=True) == {here}
    with refused(Code.INVALID_ARGUMENT, "COUNTY"):
        listed(portal.boss, county="990122")
    assert counted(portal, REGION) == {"received": 2, "status_RECEIVED": 2, "late": 1}


def counted(portal: PortalHere, county: str) -> dict[str, int]:
    instant = datetime.now(UTC)
    return store_complaints.counts(portal.database, county, instant - timedelta(hours=1), instant + timedelta(hours=1))


def test_each_look_of_supervision_is_on_record_and_none_of_others(portal: PortalHere) -> None:
    citizen = person()
    id = portal.complain(citizen).complaint_id
    for _ in range(2):
        portal.complaints(portal.boss).GetComplaint(complaint_id=id)
    portal.complaints(citizen).GetComplaint(complaint_id=id)
    rows = store_complaints.looks(portal.database).select({"state.complaint_id": id})
    assert [row.state.officer_id for row in rows] == [portal.boss.id] * 2
    assert len(portal.complaints(citizen).GetComplaint(complaint_id=id).looks) == 2


def test_of_who_is_erased_nothing_is_left_open_or_readable(portal: PortalHere) -> None:
    citizen = person()
    open, ended = portal.complain(citizen).complaint_id, portal.complain(citizen).complaint_id
    portal.complaints(citizen).WithdrawComplaint(complaint_id=ended)
    others = portal.complain(person()).complaint_id
    for _ in range(2):
        worker_portal.forget_complainant(portal.parts, citizen.id, Cause(key="erased.1/policy.x", by="system:policy"))
    boss = portal.complaints(portal.boss)
    for id in (open, ended):
        seen = boss.GetComplaint(complaint_id=id)
        assert seen.status == pb.COMPLAINT_STATUS_WITHDRAWN and not seen.text
    assert boss.GetComplaint(complaint_id=others).text == COMPLAINT["text"]
    all = store_complaints.complaints(portal.database)
    assert all.drift(all.collection.find_one({"_id": open})) == []
