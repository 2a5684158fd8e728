"""The way of a case over gRPC, from submission to close, and its other ends: denied, not accepted, withdrawn."""

from chassis.records import broken_at
from services.case import store
from standards.identifiers import case_number_valid
from tests.support.actors import officer
from tests.support.calling import As, refused
from tests.support.case_service import INVALID, PRECONDITION, Db, handed_in, status, submit
from tests.support.items import FORM, publish, simple
from tests.support.serving import Here
from yiwang.case.v1 import service_pb2 as pb


def answers(case: pb.Case) -> dict[str, str]:
    """What was answered, without the questions left open."""
    return {answer.field.key: answer.value for answer in case.answers if answer.value}


def test_a_case_goes_its_whole_way_and_each_reader_sees_his_part_of_it(
    case_api: Here, citizen: As, desk: dict[str, As], item: str
) -> None:
    case = submit(citizen, item, channel=pb.CHANNEL_MOBILE)
    assert (status(case), case.version, case.item_name) == ("SUBMITTED", 1, "公共场所卫生许可")
    assert answers(case) == FORM and case_number_valid(case.number) and case.query_code
    assert list(case.moves) == ["ChooseDelivery", "WithdrawCase"]

    case = desk["receive"].RequestCorrection(case_id=case.id, materials=["application", "plan"], notice="请补平面图")
    assert (status(case), case.correction_notice) == ("CORRECTION", "请补平面图")
    seen = citizen.GetCase(case_id=case.id)
    assert [m.key for m in seen.materials if m.correction_open] == ["application", "plan"]
    assert list(seen.moves) == ["CorrectCase", "ChooseDelivery", "WithdrawCase"]

    files = handed_in(citizen, "application", "plan", "report")
    case = citizen.CorrectCase(case_id=case.id, materials=files, form={"phone": "13900000000"})
    assert (status(case), case.correction_notice) == ("SUBMITTED", "")
    assert answers(case) == FORM | {"phone": "13900000000"}, "answers left out stay"
    assert {m.key: len(m.attachments) for m in case.materials} == {"application": 1, "plan": 1, "report": 1}

    case = desk["receive"].AcceptCase(case_id=case.id)
    assert (status(case), bool(case.promised_due), bool(case.statutory_due)) == ("IN_REVIEW", True, True)
    for number, step in enumerate(("材料审查", "现场勘验"), 1):
        case = desk["review"].PassReviewStep(case_id=case.id, opinion=f"{step}合格")
        assert case.review_steps_passed == number
    assert status(case) == "REVIEWED"
    case = desk["decide"].DecideCase(case_id=case.id, granted=True)
    assert status(case) == "GRANTED"
    case = desk["issue"].IssueResult(case_id=case.id, result_number="卫证字2026第1号")
    assert (status(case), case.result_number) == ("ISSUED", "卫证字2026第1号")
    case = desk["issue"].CloseCase(case_id=case.id)
    assert (status(case), bool(case.closed_at), list(case.moves)) == ("CLOSED", True, ["CancelResult"])

    told = citizen.GetCase(case_id=case.id, min_version=case.version)
    assert [entry.title for entry in told.timeline] == [
        "提交申请",
        "一次性告知补正",
        "已补正材料",
        "予以受理",
        "通过审查环节：材料审查",
        "通过审查环节：现场勘验",
        "作出决定：准予",
        "制作结果文书",
        "办结",
    ]
    assert [entry.seq for entry in told.timeline] == list(range(1, 10))
    assert {entry.by for entry in told.timeline} == {""}, "the applicant does not learn who"
    opinions = [entry.text for entry in told.timeline if entry.type == "ReviewStepPassed"]
    assert opinions == ["", ""], "opinions are for officers"
    read = desk["review"].GetCase(case_id=case.id)
    assert [e.text for e in read.timeline if e.type == "ReviewStepPassed"] == ["材料审查合格", "现场勘验合格"]
    assert read.timeline[3].by == f"officer:{desk['receive'].actor.id}" and not read.query_code

    records = store.cases(case_api.database)
    document = records.collection.find_one({"_id": case.id}) or {}
    assert broken_at(document["journal"]) is None and records.drift(document) == []


def test_a_denial_gives_its_reason_to_the_applicant_and_is_closed_without_a_document(
    citizen: As, desk: dict[str, As], plain_item: str
) -> None:
    case = citizen.SubmitCase(item_id=plain_item)
    desk["receive"].AcceptCase(case_id=case.id)
    for _ in range(2):
        desk["review"].PassReviewStep(case_id=case.id, opinion="不合格")
    with refused(INVALID, "REQUIRED") as refusal:
        desk["decide"].DecideCase(case_id=case.id, granted=False)
    assert refusal.fields == {"reason": "REQUIRED"}
    desk["decide"].DecideCase(case_id=case.id, granted=False, reason="场所不符合卫生标准")
    assert status(desk["decide"].CloseCase(case_id=case.id)) == "CLOSED"
    decided = citizen.GetCase(case_id=case.id).timeline[-2]
    assert (decided.title, decided.text) == ("作出决定：不予许可", "场所不符合卫生标准")


def test_a_refusal_to_accept_ends_the_case_with_its_reason(citizen: As, desk: dict[str, As], plain_item: str) -> None:
    case = citizen.SubmitCase(item_id=plain_item)
    assert status(desk["receive"].RefuseCase(case_id=case.id, reason="不属于本机关职权范围")) == "REFUSED"
    seen = citizen.GetCase(case_id=case.id)
    assert (seen.timeline[-1].title, seen.timeline[-1].text) == ("不予受理", "不属于本机关职权范围")
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        citizen.WithdrawCase(case_id=case.id)


def test_an_application_is_withdrawn_before_the_decision_and_not_after(
    citizen: As, desk: dict[str, As], database: Db
) -> None:
    item = publish(database, simple(steps=[]))
    case = citizen.SubmitCase(item_id=item)
    assert status(citizen.WithdrawCase(case_id=case.id, reason="另行申请")) == "WITHDRAWN"
    late = citizen.SubmitCase(item_id=item)
    desk["receive"].AcceptCase(case_id=late.id)
    desk["decide"].DecideCase(case_id=late.id, granted=True)
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        citizen.WithdrawCase(case_id=late.id)


def test_a_case_withdrawn_during_correction_asks_for_nothing_any_more(
    citizen: As, desk: dict[str, As], item: str
) -> None:
    case = submit(citizen, item)
    desk["receive"].RequestCorrection(case_id=case.id, materials=["plan"], notice="请补平面图")
    citizen.WithdrawCase(case_id=case.id)
    seen = citizen.GetCase(case_id=case.id)
    assert seen.correction_notice == "" and not any(material.correction_open for material in seen.materials)


def test_the_officer_who_received_a_case_cannot_decide_it(case_api: Here, citizen: As, database: Db) -> None:
    both = case_api.by(officer("receive", "decide"))
    case = citizen.SubmitCase(item_id=publish(database, simple(steps=[])))
    both.AcceptCase(case_id=case.id)
    with refused(PRECONDITION, "RECEIVER_MAY_NOT_DECIDE"):
        both.DecideCase(case_id=case.id, granted=True)
    assert "DecideCase" not in both.GetCase(case_id=case.id).moves
