"""The public progress: what a number and its code tell anyone, and no more."""

from datetime import UTC, datetime

from tests.support.calling import As, refused
from tests.support.case_service import INVALID, NOT_FOUND, submit
from tests.support.items import FORM
from tests.support.serving import Here
from yiwang.case.v1 import service_pb2 as pb


def test_number_and_code_tell_anyone_how_far_the_case_is_and_no_more(
    case_api: Here, citizen: As, desk: dict[str, As], item: str
) -> None:
    case = submit(citizen, item)
    desk["receive"].RequestCorrection(case_id=case.id, materials=["plan"], notice="请张三丰补平面图")
    anyone = case_api.by(None)
    said = anyone.GetProgress(number=case.number, query_code=case.query_code)
    assert (said.number, pb.CaseStatus.Name(said.status)) == (case.number, "CASE_STATUS_CORRECTION")
    assert [entry.title for entry in said.timeline] == ["提交申请", "一次性告知补正"]
    text = str(said) + said.SerializeToString().decode(errors="replace")
    for secret in (*FORM.values(), case.applicant_id, "平面图", "officer:"):
        assert secret not in text
    lower = anyone.GetProgress(number=case.number, query_code=case.query_code.lower())
    assert lower.number == case.number


def test_a_wrong_code_and_an_unknown_number_have_one_answer(case_api: Here, citizen: As, plain_item: str) -> None:
    from standards.identifiers import case_number

    case = citizen.SubmitCase(item_id=plain_item)
    anyone, answers = case_api.by(None), set()
    unknown = case_number("990121", datetime.now(UTC).date(), b"\x01" * 8)
    wrong = "A" * 8 if case.query_code != "A" * 8 else "B" * 8
    for number, code in ((case.number, wrong), (unknown, wrong), (unknown, case_api.keyring.code(unknown))):
        with refused(NOT_FOUND) as refusal:
            anyone.GetProgress(number=number, query_code=code)
        answers.add((refusal.reason, refusal.message))
    assert len(answers) == 1


def test_a_mistyped_number_is_told_by_its_check_character(case_api: Here, citizen: As, plain_item: str) -> None:
    case = citizen.SubmitCase(item_id=plain_item)
    mistyped = case.number[:-1] + ("0" if case.number[-1] != "0" else "1")
    with refused(INVALID, "CHECK_CHARACTER") as refusal:
        case_api.by(None).GetProgress(number=mistyped, query_code=case.query_code)
    assert refusal.fields == {"number": "CHECK_CHARACTER"}


def test_numbers_are_all_different_and_tell_no_count(citizen: As, plain_item: str) -> None:
    numbers = [citizen.SubmitCase(item_id=plain_item).number for _ in range(20)]
    assert len(set(numbers)) == 20
    assert numbers != sorted(numbers) and numbers != sorted(numbers, reverse=True)
    assert {number[:6] for number in numbers} == {"990121"}
