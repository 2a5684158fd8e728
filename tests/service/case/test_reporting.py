"""What departments' own systems report: rows land once, the bad ones alone are refused, and nothing personal stands in clear."""

from types import SimpleNamespace
from typing import Any

import bson
import grpc
import pytest

from chassis.acts import now
from chassis.sealed import Keyring
from services.case import reporting
from services.case.reporting import Reporting, owner
from services.case.store_reported import Rows, case_id
from tests.support import reported as r
from tests.support.calling import refused
from tests.support.case_service import DENIED, INVALID, Db
from tests.support.serving import Here
from yiwang.case.v1 import exchange_pb2 as pb


def counts(answer: pb.ReportCasesResponse) -> tuple[int, int, int, int]:
    return answer.read, answer.landed, answer.known, answer.refused


def stored(database: Db) -> list[dict[str, Any]]:
    return list(database["reported_rows"].find({}))


def test_of_ten_thousand_rows_37_are_bad_and_the_others_land(case_api: Here, database: Db) -> None:
    rows = [one for serial in range(2000) for one in r.whole(f"N{serial:05d}", serial)]
    bad = list(range(0, 37 * 263, 263))
    reasons = ("FUTURE_TIME", "FOREIGN_DEPARTMENT", "CHECK_DIGIT")
    for count, position in enumerate(bad):
        row = rows[position]
        if count % 3 == 0:
            row.at = "2199-01-01T00:00:00Z"
        else:
            row.department = r.OTHER_DEPARTMENT if count % 3 == 1 else r.DEPARTMENT[:17] + "9"
    answer = r.report(case_api.channel, r.system(), rows)
    assert counts(answer) == (10_000, 9_963, 0, 37) and not answer.stopped
    assert [one.position for one in answer.faults] == bad and not answer.faults_left_off
    assert [one.reason for one in answer.faults] == [reasons[count % 3] for count in range(37)]
    assert [(one.number, one.seq) for one in answer.faults] == [(rows[at].number, rows[at].seq) for at in bad]
    assert len(stored(database)) == 9_963


def test_a_row_sent_again_is_known_and_with_another_content_refused(case_api: Here, database: Db) -> None:
    system, rows = r.system(), r.whole("A-1")
    assert counts(r.report(case_api.channel, system, rows)) == (5, 5, 0, 0)
    before = stored(database)
    assert counts(r.report(case_api.channel, system, rows)) == (5, 0, 5, 0)
    rows[2].step.opinion = "另一意见"
    answer = r.report(case_api.channel, system, [*rows, r.step("A-1", 6)])
    assert counts(answer) == (6, 1, 4, 1)
    fault = answer.faults[0]
    assert (fault.position, fault.number, fault.seq, fault.reason) == (2, "A-1", 3, "ROW_CHANGED")
    assert [row for row in stored(database) if row["seq"] < 6] == before


def test_the_same_row_twice_in_a_stream_lands_once(case_api: Here) -> None:
    changed = r.accepted("A-1")
    changed.accepted.document_number = "受字2号"
    rows = [r.applied("A-1"), r.accepted("A-1"), r.accepted("A-1"), changed]
    for size in (1, 2000):
        number = f"A-{size}"
        for row in rows:
            row.number = number
        assert counts(r.report(case_api.channel, r.system(), rows, size)) == (4, 2, 1, 1)


@pytest.mark.parametrize("size", [1, 7, 2000])
def test_it_does_not_matter_how_the_rows_are_put_into_messages(case_api: Here, database: Db, size: int) -> None:
    rows = [one for serial in range(9) for one in r.whole(f"N{serial}", serial)]
    rows[20].number = ""
    answer = r.report(case_api.channel, r.system(), rows, size)
    assert counts(answer) == (45, 44, 0, 1) and [one.position for one in answer.faults] == [20]


def test_only_the_first_thousand_faults_are_told_and_the_others_counted(case_api: Here) -> None:
    rows = [r.row("", seq, correction=pb.ReportedCorrection()) for seq in [2] * 1_100]
    answer = r.report(case_api.channel, r.system(), rows)
    assert counts(answer) == (1_100, 0, 0, 1_100)
    assert len(answer.faults) == 1_000 and answer.faults_left_off == 100


def test_an_unknown_profile_and_too_many_rows_in_a_message_are_refused(case_api: Here, database: Db) -> None:
    with refused(INVALID, "PROFILE_UNKNOWN") as refusal:
        r.report(case_api.channel, r.system(), r.whole("A-1"), profile="nobodys")
    assert refusal.fields == {"profile": "PROFILE_UNKNOWN"}
    with refused(INVALID):
        r.report(case_api.channel, r.system(), [r.accepted("A-1")] * 2_001, size=2_001)
    assert stored(database) == []


def test_codes_are_kept_by_name_whatever_the_profile_calls_them(case_api: Here, database: Db) -> None:
    close = r.row("G-1", 2, closed=pb.ReportedClose(result_code="5"))
    application = r.applied("G-1", source_code="")
    answer = r.report(case_api.channel, r.system(), [application, close], profile="guangdong")
    assert counts(answer) == (2, 2, 0, 0), answer
    facts = {row["kind"]: row["facts"] for row in stored(database)}
    assert facts["closed"]["result"] == "LAPSED" and facts["applied"]["certificate"] == "ID_CARD"


def test_hostile_rows_are_refused_one_by_one_and_nothing_of_them_is_told_back(case_api: Here, database: Db) -> None:
    long, nul = r.step("A-1", 2, opinion="毒" * 2**20), r.step("A-1", 3, opinion="毒\x00")
    zone, zero, far = r.accepted("A-1", 4), r.accepted("A-1"), r.accepted("A-1", 501)
    zone.at, zero.seq = "2026-11-03T08:00:00", 0
    digits = r.applied("B-1", "９９０１２１１９９００３０７００１８")
    numbered = r.accepted("毒" * 2**20)
    answer = r.report(case_api.channel, r.system(), [long, nul, zone, zero, far, digits, numbered], size=1)
    told = ("TOO_LONG", "MALFORMED", "MALFORMED", "REQUIRED", "MALFORMED", "MALFORMED", "TOO_LONG")
    assert tuple(one.reason for one in answer.faults) == told
    assert all(len(one.number) <= 50 and "毒" not in one.message for one in answer.faults)
    assert stored(database) == []


def test_only_a_registered_system_reports(case_api: Here) -> None:
    from tests.support.actors import machine, officer, person

    for actor in (machine(department=r.DEPARTMENT), officer("receive", department=r.DEPARTMENT), person()):
        with refused(DENIED):
            r.report(case_api.channel, actor, r.whole("A-1"))
    with refused(grpc.StatusCode.INVALID_ARGUMENT):
        r.report(case_api.channel, r.system(), r.whole("A-1"), profile="x" * 41)


def test_another_departments_system_cannot_report_for_this_one(case_api: Here, database: Db) -> None:
    answer = r.report(case_api.channel, r.system(r.OTHER_DEPARTMENT), r.whole("A-1"))
    assert counts(answer) == (5, 0, 0, 5) and {one.reason for one in answer.faults} == {"FOREIGN_DEPARTMENT"}
    answer = r.report(case_api.channel, r.system(region="990122"), [r.applied("A-1")])
    assert [one.reason for one in answer.faults] == ["FOREIGN_REGION"] and stored(database) == []


def test_nothing_personal_stands_in_clear_in_what_is_stored(case_api: Here, database: Db, keyring: Keyring) -> None:
    number = r.id_number(7)
    r.report(case_api.channel, r.system(), r.whole("A-1", 7))
    content = b"".join(bson.encode(one) for name in database.list_collection_names() for one in database[name].find({}))
    for canary in (r.NAME, r.PHONE, r.ADDRESS, number, number[-6:], r.OPINION, "卫证1号"):
        assert canary.encode() not in content, canary
    first = Rows(database).whole(case_id(r.DEPARTMENT, "A-1"))[0]
    assert keyring.open(owner(first["case"]), first["sealed"])["applicant_name"] == r.NAME


def test_rows_of_the_same_case_are_sealed_under_one_key_that_another_process_finds_again(
    case_api: Here, database: Db, keyring: Keyring
) -> None:
    r.report(case_api.channel, r.system(), r.whole("A-1"))
    first = database["keys"].find_one({"_id": owner(case_id(r.DEPARTMENT, "A-1"))})
    Reporting(database, keyring)  # another process, with no key at hand
    keyring.ready([owner(case_id(r.DEPARTMENT, "A-1")), owner("another")])
    assert database["keys"].find_one({"_id": owner(case_id(r.DEPARTMENT, "A-1"))}) == first
    row = Rows(database).whole(case_id(r.DEPARTMENT, "A-1"))[2]
    assert keyring.open(owner(row["case"]), row["sealed"])["opinion"] == r.OPINION


def test_with_too_much_waiting_to_be_folded_the_server_reads_no_further(
    case_api: Here, database: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "STOP_AT", 16)
    monkeypatch.setattr(reporting, "SLOW_FROM", 16)
    database["reported_rows"].insert_many(
        [{"_id": f"x{bucket}", "unfolded": bucket, "landed_at": now()} for bucket in range(16)]
    )
    answer = r.report(case_api.channel, r.system(), r.whole("A-1"))
    assert answer.stopped and counts(answer) == (0, 0, 0, 0)
    database["reported_rows"].delete_many({})
    assert counts(r.report(case_api.channel, r.system(), r.whole("A-1"))) == (5, 5, 0, 0)


def test_with_much_waiting_to_be_folded_the_server_reads_slowly(
    case_api: Here, database: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(reporting, "SLOW_FROM", 0)
    monkeypatch.setattr("services.case.reporting.time", SimpleNamespace(sleep=slept.append))
    rows = [one for serial in range(500) for one in r.whole(f"N{serial}", serial)]
    assert counts(r.report(case_api.channel, r.system(), rows, 500)) == (2_500, 2_500, 0, 0)
    assert slept == [reporting.SLOW_SECONDS] * 3


def test_two_streams_at_once_land_every_row_once(case_api: Here, database: Db) -> None:
    from concurrent.futures import ThreadPoolExecutor

    rows = [one for serial in range(200) for one in r.whole(f"N{serial}", serial)]
    system = r.system()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda order: r.report(case_api.channel, system, order, 100), (rows, rows[::-1])))
    assert sum(one.landed for one in answers) == 1_000 and sum(one.known for one in answers) == 1_000
    assert len(stored(database)) == 1_000


@pytest.fixture
def keyring(case_api: Here) -> Keyring:
    """The keys as a process sees them that has none in memory."""
    from chassis.masters import masters_of

    return Keyring(case_api.database["keys"], masters_of(case_api.parts.settings))
