"""A department's own system tells the decision it came to, once, on a case of its own that is in review."""

from datetime import timedelta

import pytest

from chassis.acts import now
from tests.support.actors import OTHER_DEPARTMENT, machine, officer
from tests.support.calling import As, refused
from tests.support.case_service import INVALID, NOT_FOUND, PRECONDITION, Db, journal, status
from tests.support.items import publish, simple
from tests.support.serving import Here

PUSH = "yiwang.case.v1.ExchangeService/PushResult"


@pytest.fixture
def case(case_api: Here, citizen: As, database: Db) -> str:
    id = citizen.SubmitCase(item_id=publish(database, simple())).id
    case_api.by(officer("receive")).AcceptCase(case_id=id)
    return str(id)


def system(case_api: Here, department: str = "") -> As:
    actor = machine(PUSH, department=department) if department else machine(PUSH)
    return case_api.by(actor, service="ExchangeService")


def moment(minutes: int = 0) -> str:
    return (now() + timedelta(minutes=minutes)).isoformat()


def test_a_pushed_grant_with_its_number_is_issued_and_pushed_again_it_is_the_same(
    case_api: Here, citizen: As, database: Db, case: str
) -> None:
    pushed = {
        "case_id": case,
        "granted": True,
        "result_number": "卫证字1号",
        "decided_at": moment(),
        "request_id": "push-0001",
    }
    answers = [system_.PushResult(**pushed) for system_ in [system(case_api)] for _ in range(2)]
    assert answers[0] == answers[1] and status(answers[0]) == "ISSUED"
    seen = citizen.GetCase(case_id=case)
    assert (seen.result_number, seen.review_steps_passed) == ("卫证字1号", 2) and seen.deliver_due
    assert [one["type"] for one in journal(database, case)].count("ResultPushed") == 1


def test_a_denial_needs_its_reason_and_the_applicant_reads_it(
    case_api: Here, citizen: As, case: str, database: Db
) -> None:
    one = system(case_api)
    with refused(INVALID) as refusal:
        one.PushResult(case_id=case, granted=False, decided_at=moment())
    assert refusal.fields == {"reason": "REQUIRED"}
    one.PushResult(case_id=case, granted=False, reason="场地不符合要求", decided_at=moment())
    assert citizen.GetCase(case_id=case).timeline[-1].text == "场地不符合要求"
    assert "场地" not in str(journal(database, case))


@pytest.mark.parametrize(
    ("decided_at", "reason"),
    [
        ("yesterday", "MALFORMED"),
        ("2026-01-01T00:00:00", "MALFORMED"),
        ("2001-01-01T00:00:00+08:00", "BEFORE_ACCEPTANCE"),
        ("2099-01-01T00:00:00+08:00", "FUTURE_TIME"),
    ],
)
def test_an_instant_that_cannot_be_is_refused(case_api: Here, case: str, decided_at: str, reason: str) -> None:
    with refused(INVALID) as refusal:
        system(case_api).PushResult(case_id=case, granted=True, decided_at=decided_at)
    assert refusal.fields == {"decided_at": reason}


def test_another_departments_system_finds_no_case_and_a_decided_one_takes_no_second_result(
    case_api: Here, case: str
) -> None:
    with refused(NOT_FOUND):
        system(case_api, OTHER_DEPARTMENT).PushResult(case_id=case, granted=True, decided_at=moment())
    one = system(case_api)
    one.PushResult(case_id=case, granted=True, decided_at=moment())
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        one.PushResult(case_id=case, granted=False, reason="改判", decided_at=moment())
