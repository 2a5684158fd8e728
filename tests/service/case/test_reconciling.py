"""What is read of reported cases: by the department, by who supervises, by the public; and who has what of a day."""

import uuid
from datetime import timedelta
from typing import Any

import grpc
import pytest

from chassis.acts import now
from services.case.folding import Folder
from services.case.reporting import owner
from services.case.store_reported import case_id
from standards.workdays import SHANGHAI
from tests.support import reported as r
from tests.support.actors import OTHER_DEPARTMENT, officer, person, supervisor
from tests.support.calling import As, refused
from tests.support.case_service import DENIED, INVALID, NOT_FOUND, Db
from tests.support.serving import Here
from yiwang.case.v1 import exchange_pb2 as pb

EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
SERVICE, DAY = "ExchangeService", "2026-11-03"


@pytest.fixture
def system(case_api: Here) -> As:
    return case_api.by(r.system(), service=SERVICE)


@pytest.fixture
def told(case_api: Here, database: Db) -> Any:
    """Reports rows and folds them."""

    def tell(*rows: pb.ReportRow, profile: str = "") -> None:
        answer = r.report(case_api.channel, r.system(), rows, profile=profile)
        assert not answer.faults, answer
        Folder(database).turn(20)

    return tell


def kinds(answer: pb.ReconcileResponse) -> dict[str, str]:
    return {one.number: pb.DifferenceKind.Name(one.kind).removeprefix("DIFFERENCE_KIND_") for one in answer.differences}


# -- reading -----------------------------------------------------------------------------------------------------------


def test_the_department_reads_its_case_in_words_with_the_applicant_masked(system: As, told: Any) -> None:
    told(*r.whole("A-1"))
    case = system.GetReportedCase(department=r.DEPARTMENT, number="A-1")
    assert case.status == pb.REPORTED_STATUS_CLOSED and case.result == "GRANTED" and case.result_number == "卫证1号"
    assert case.applicant_masked == "欧阳*****"
    assert [one.title for one in case.lines] == ["提交申请", "予以受理", "办理环节", "办理环节", "办结（准予）"]
    assert case.lines[2].text == f"通过；审核；{r.OPINION}" and case.lines[0].text == "窗口；申请书"
    assert case.promised_due == "2026-11-20T09:00:00+00:00" and case.last_seq == 5 and not case.missing_seqs
    content = case.SerializeToString()
    for canary in (r.PHONE, r.ADDRESS, r.id_number()):
        assert canary.encode() not in content


def test_phones_and_id_numbers_in_what_was_written_are_masked(system: As, told: Any) -> None:
    told(r.applied("A-1"), r.step("A-1", 2, opinion=f"已电话{r.PHONE}，证件{r.id_number()}"))
    text = system.GetReportedCase(department=r.DEPARTMENT, number="A-1").lines[1].text
    assert "139****4321" in text and r.id_number() not in text


def test_only_who_may_sees_a_case_and_the_others_are_told_that_there_is_none(case_api: Here, told: Any) -> None:
    told(*r.whole("A-1"))
    told(r.accepted("B-1"))
    seeing = [officer("receive", department=r.DEPARTMENT), officer("decide", department=r.DEPARTMENT), supervisor()]
    blind = [
        r.system(r.OTHER_DEPARTMENT),
        officer("receive", department=OTHER_DEPARTMENT),
        supervisor(region="990122"),
        supervisor(region="99012199"),
    ]
    for actor in seeing:
        reader = case_api.by(actor, service=SERVICE)
        assert reader.GetReportedCase(department=r.DEPARTMENT, number="A-1").number == "A-1"
        assert "A-1" in {one.number for one in reader.ListReportedCases(department=r.DEPARTMENT).cases}
    for actor in blind:
        reader = case_api.by(actor, service=SERVICE)
        for number in ("A-1", "nobodys"):
            with refused(NOT_FOUND, "NOT_FOUND"):
                reader.GetReportedCase(department=r.DEPARTMENT, number=number)
        assert not reader.ListReportedCases(department=r.DEPARTMENT).cases
    with refused(NOT_FOUND):  # whose region nobody knows yet
        case_api.by(supervisor(), service=SERVICE).GetReportedCase(department=r.DEPARTMENT, number="B-1")
    for actor in (person(), officer("edit", department=r.DEPARTMENT)):
        with refused(DENIED):
            case_api.by(actor, service=SERVICE).ListReportedCases()


def test_the_list_runs_from_new_to_old_page_by_page_and_names_no_applicant(system: As, told: Any) -> None:
    rows = [r.applied(f"N{serial}") for serial in range(25)]
    for serial, one in enumerate(rows):
        one.at = f"2026-11-{1 + serial % 20:02d}T08:00:00+08:00"
    told(*rows, r.accepted("late-1"))
    found, token = list[pb.ReportedCase](), ""
    while True:
        answer = system.ListReportedCases(page_size=10, page_token=token)
        assert len(answer.cases) <= 10
        found += answer.cases
        token = answer.next_page_token
        if not token:
            break
    assert len(found) == 26 and len({one.number for one in found}) == 26
    assert found[-1].number == "late-1" and found[-1].status == pb.REPORTED_STATUS_INCOMPLETE
    instants = [one.applied_at for one in found[:-1]]
    assert instants == sorted(instants, reverse=True)
    assert not any(one.applicant_masked or one.lines or one.result_number for one in found)
    with refused(INVALID, "MALFORMED"):
        system.ListReportedCases(page_token="x")


def test_of_an_erased_applicant_the_case_stays_and_nothing_he_wrote(
    case_api: Here, system: As, told: Any, database: Db
) -> None:
    told(*r.whole("A-1"))
    case_api.keyring.erase(owner(case_id(r.DEPARTMENT, "A-1")), now())
    case = system.GetReportedCase(department=r.DEPARTMENT, number="A-1")
    assert case.status == pb.REPORTED_STATUS_CLOSED and not case.applicant_masked and len(case.lines) == 5
    assert r.OPINION not in str(case)


# -- the public query --------------------------------------------------------------------------------------------------


def test_anybody_with_number_and_last_six_characters_is_told_how_far_it_is(case_api: Here, told: Any) -> None:
    certificate = next(number for number in map(r.id_number, range(1, 99)) if number.endswith("X"))
    told(r.applied("A-1", certificate), r.accepted("A-1"))
    public = case_api.by(None, service=SERVICE)
    for last_six in (certificate[-6:], certificate[-6:].lower()):
        progress = public.GetReportedProgress(number="A-1", last_six=last_six)
        assert progress.status == pb.REPORTED_STATUS_ACCEPTED and progress.item_name == "公共场所卫生许可"
    assert [(one.title, one.text) for one in progress.lines] == [("提交申请", ""), ("予以受理", "")]


def test_a_wrong_one_an_unknown_number_and_an_incomplete_case_have_one_answer(case_api: Here, told: Any) -> None:
    told(r.applied("A-1"), r.accepted("B-1"))
    public, answers = case_api.by(None, service=SERVICE), set()
    for number in ("A-1", "B-1", "nobodys"):
        with refused(NOT_FOUND) as refusal:
            public.GetReportedProgress(number=number, last_six="000000")
        answers.add((refusal.reason, refusal.message))
    assert len(answers) == 1
    for last_six in ("00000", "０００００００"[:6], "0000000", ""):
        with refused(INVALID):
            public.GetReportedProgress(number="A-1", last_six=last_six)


def test_the_tries_of_a_number_are_bounded_by_the_hour_whether_there_is_one_or_not(case_api: Here, told: Any) -> None:
    told(r.applied("A-1"))
    public = case_api.by(None, service=SERVICE)
    for number in ("A-1", "nobodys"):
        for _ in range(20):
            with refused(NOT_FOUND):
                public.GetReportedProgress(number=number, last_six="000000")
        with refused(EXHAUSTED, "TOO_MANY_TRIES"):
            public.GetReportedProgress(number=number, last_six=r.id_number()[-6:])
    told(r.applied("C-1"))
    assert public.GetReportedProgress(number="C-1", last_six=r.id_number()[-6:]).number == "C-1"


# -- who has what ------------------------------------------------------------------------------------------------------


def test_a_day_is_compared_case_by_case(system: As, told: Any) -> None:
    told(*r.whole("same"), r.applied("gap"), r.accepted("gap", 4), *r.whole("ours"), *r.whole("newer-here"))
    told(r.applied("newer-there"), r.applied("tomorrow-there"), r.accepted("no-application"))
    tomorrow = r.applied("tomorrow")
    tomorrow.at = "2026-11-04T00:00:00+08:00"
    told(tomorrow)
    there = {"same": 5, "gap": 4, "newer-here": 2, "newer-there": 3, "theirs": 2, "tomorrow-there": 1}
    there |= {"no-application": 2}
    entries = [pb.ReconcileEntry(number=number, seq=seq) for number, seq in there.items()]
    answer = system.Reconcile(day=DAY, entries=entries)
    assert kinds(answer) == {
        "gap": "BEHIND_HERE",
        "newer-here": "BEHIND_THERE",
        "newer-there": "BEHIND_HERE",
        "no-application": "BEHIND_HERE",
        "ours": "MISSING_THERE",
        "theirs": "MISSING_HERE",
    }
    found = {one.number: one for one in answer.differences}
    assert found["gap"].missing_seqs == [2, 3] and found["newer-there"].missing_seqs == [2, 3]
    assert found["no-application"].missing_seqs == [1] and found["newer-here"].seq_here == 5
    assert (answer.there, answer.here) == (7, 7)


def test_the_day_is_one_in_china(system: As, told: Any) -> None:
    instants = {"first": "2026-11-02T16:00:00Z", "last": "2026-11-03T15:59:59.999Z", "next": "2026-11-03T16:00:00Z"}
    for number, at in instants.items():
        row = r.applied(number)
        row.at = at
        told(row)
    assert set(kinds(system.Reconcile(day=DAY))) == {"first", "last"}


def test_what_is_reported_again_after_reconciling_leaves_no_difference(system: As, told: Any) -> None:
    rows = r.whole("A-1")
    told(*rows[:2], rows[4])
    entry = pb.ReconcileEntry(number="A-1", seq=5)
    (difference,) = system.Reconcile(day=DAY, entries=[entry]).differences
    told(*(rows[seq - 1] for seq in difference.missing_seqs))
    assert not system.Reconcile(day=DAY, entries=[entry]).differences


def test_cases_handled_here_are_compared_by_their_journals(case_api: Here, database: Db, told: Any) -> None:
    day = now().astimezone(SHANGHAI)
    told(r.applied("reported"))
    rows = [
        (number, version, at, department)
        for number, version, at, department in (
            ("here-1", 3, day, r.DEPARTMENT),
            ("here-2", 2, day, r.DEPARTMENT),
            ("yesterday", 1, day - timedelta(days=1), r.DEPARTMENT),
            ("foreign", 1, day, r.OTHER_DEPARTMENT),
        )
    ]
    for number, version, at, department in rows:
        state = {"number": number, "department": department, "submitted_at": at}
        database["cases"].insert_one({"_id": str(uuid.uuid4()), "version": version, "state": state})
    system = case_api.by(r.system(), service=SERVICE)
    entries = [pb.ReconcileEntry(number="here-1", seq=3), pb.ReconcileEntry(number="foreign", seq=1)]
    answer = system.Reconcile(day=f"{day:%Y-%m-%d}", handled_here=True, entries=entries)
    assert kinds(answer) == {"here-2": "MISSING_THERE", "foreign": "MISSING_HERE"}
    assert (answer.there, answer.here) == (2, 2)


def test_another_departments_cases_are_not_told(case_api: Here, told: Any) -> None:
    told(*r.whole("A-1"))
    other = case_api.by(r.system(r.OTHER_DEPARTMENT), service=SERVICE)
    answer = other.Reconcile(day=DAY, entries=[pb.ReconcileEntry(number="A-1", seq=5)])
    assert kinds(answer) == {"A-1": "MISSING_HERE"} and answer.here == 0


def test_a_day_that_is_none_and_a_case_named_twice_are_refused(system: As) -> None:
    with refused(INVALID, "MALFORMED") as refusal:
        system.Reconcile(day="2026-02-30")
    assert refusal.fields == {"day": "MALFORMED"}
    twice = [pb.ReconcileEntry(number="A-1", seq=1)] * 2
    with refused(INVALID, "REPEATED") as refusal:
        system.Reconcile(day=DAY, entries=twice)
    assert refusal.fields == {"entries[1].number": "REPEATED"}
    with refused(INVALID):
        system.Reconcile(day=DAY, entries=[pb.ReconcileEntry(number=f"N{n}") for n in range(20_001)])
