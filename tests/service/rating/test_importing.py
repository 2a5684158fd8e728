"""Ratings of other systems: rows and files land once, each by itself, within their region."""

import csv
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import grpc
import pytest

from chassis.records import broken_at
from services.rating import importing
from services.rating.importing import Importing
from tests.service.authority.asked import uscc
from tests.support.actors import machine, officer, person, supervisor
from tests.support.calling import As, refused
from tests.support.rating_service import RatingHere, closed
from yiwang.identity.v1.events_pb2 import PersonErased
from yiwang.rating.v1 import records_pb2 as pb
from yiwang.rating.v1 import service_pb2 as service

RPCS = [f"yiwang.rating.v1.RecordService/{name}" for name in ("ImportRatings", "ExportRecords", "ReceiveRecords")]
DEPARTMENT = uscc("11990121MB0000001")
INVALID, NOT_NOW = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION


def system(rating: RatingHere, region: str = "990121") -> As:
    """A call centre of a region."""
    return rating.by(replace(machine(*RPCS), region=region), service="RecordService")


def desk(rating: RatingHere, region: str = "990121") -> As:
    return rating.by(supervisor(region=region), service="RecordService")


def row(reference: str, **told: Any) -> dict[str, Any]:
    """A row of a telephone interview that can be taken."""
    return {
        "reference": reference,
        "channel": service.RATING_CHANNEL_PHONE,
        "grade": service.GRADE_SATISFIED,
        "rated_at": "2026-11-20T09:30:00+08:00",
        "department": DEPARTMENT,
        "department_name": "水务局",
        "item_name": "取水许可",
        "region": "990121101",
    } | told


def of_case(reference: str, number: str, **told: Any) -> dict[str, Any]:
    return row(reference, case_number=number, department="", department_name="", region="", item_name="") | told


def counts(answer: pb.ImportRatingsResponse) -> tuple[int, int, int]:
    return answer.landed, answer.known, answer.refused


def faults(answer: pb.ImportRatingsResponse) -> list[tuple[int, str, str]]:
    return [(one.number, one.field, one.reason) for one in answer.rows]


def rated(rating: RatingHere) -> int:
    return len(rating.ratings.select({"state.status": service.RATING_STATUS_RATED}))


# -- rows --------------------------------------------------------------------------------------------------------------


def test_a_row_becomes_a_rating_with_a_journal_of_its_own(rating: RatingHere) -> None:
    told = row("HOT-1", grade=service.GRADE_DISSATISFIED, tags=["401"], comment="等了很久", contact="0999-1234567")
    assert counts(system(rating).ImportRatings(system="hotline", ratings=[told])) == (1, 0, 0)
    (found,) = rating.ratings.select({})
    state = found.state
    assert (state.status, state.grade, state.channel) == (service.RATING_STATUS_RATED, 2, service.RATING_CHANNEL_PHONE)
    assert (state.system, state.reference, state.day, state.county) == ("hotline", "HOT-1", "2026-11-20", "990121")
    assert state.rated_at == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    # A negative one is dealt with, whichever way it came.
    assert state.loop is not None and state.negative
    document = rating.database["ratings"].find_one({}) or {}
    assert broken_at(document["journal"]) is None and rating.ratings.drift(document) == []
    for secret in ("等了很久", "1234567"):
        assert secret.encode() not in bson.encode(document)
    assert rating.keyring.open_text(state.rater_id, state.sealed_comment) == "等了很久"
    assert rating.keyring.open_text(state.rater_id, state.sealed_contact) == "0999-1234567"


def test_who_rated_anonymously_leaves_no_phone(rating: RatingHere) -> None:
    system(rating).ImportRatings(system="hotline", ratings=[row("H", anonymous=True, contact="0999-1234567")])
    assert rating.ratings.select({})[0].state.sealed_contact == ""


def test_of_five_hundred_rows_thirty_seven_are_refused_and_the_others_count(rating: RatingHere) -> None:
    bad: list[dict[str, Any]] = [
        {"grade": 0},
        {"grade": 6},
        {"channel": 0},
        {"channel": 8},
        {"reference": ""},
        {"reference": "x" * 65},
        {"rated_at": "2026-11-20"},
        {"rated_at": "2199-01-01T00:00:00Z"},
        {"rated_at": "2026-11-20T09:30:00+0800x"},
        {"tags": ["499"]},
        {"tags": ["999"]},
        {"tags": ["401", "401"]},
        {"comment": "长" * 1001},
        {"contact": "call me"},
        {"department": ""},
        {"department": DEPARTMENT[:-1] + "X"},
        {"department_name": ""},
        {"department_name": "长" * 61},
        {"region": ""},
        {"region": "9901"},
        {"region": "990122"},
        {"region": "nowhere"},
        {"item_code": "x" * 41},
        {"item_name": "长" * 201},
        {"node": 7},
        {"case_number": "9901212611220000001"},
        {"case_number": "x" * 25},
    ]
    bad += [{"grade": 0}] * (37 - len(bad))
    places = {13 * number: fault for number, fault in enumerate(bad, 1)}
    rows = [row(f"R-{number}") | places.get(number, {}) for number in range(1, 501)]
    answer = system(rating).ImportRatings(system="hotline", ratings=rows)
    assert counts(answer) == (463, 0, 37)
    assert [one.number for one in answer.rows] == sorted(places)
    assert all(one.outcome == "REFUSED" and one.field and one.reason and one.message for one in answer.rows)
    assert [one.field for one in answer.rows] == [
        next(iter(places[one.number])) if one.field.partition("[")[0] != "tags" else one.field for one in answer.rows
    ]
    assert rated(rating) == 463
    assert rating.totals(service.TOTAL_SCOPE_COUNTY, "990121").rated == 463


def test_a_row_that_comes_again_is_known_and_one_that_changed_is_refused(rating: RatingHere) -> None:
    caller = system(rating)
    rows = [row("A"), row("B")]
    assert counts(caller.ImportRatings(system="hotline", ratings=rows)) == (2, 0, 0)
    again = caller.ImportRatings(system="hotline", ratings=[row("A"), row("B", grade=1), row("C")])
    assert counts(again) == (1, 1, 1) and faults(again) == [(2, "reference", "ROW_CHANGED")]
    # Within a request too.
    twice = caller.ImportRatings(system="hotline", ratings=[row("D"), row("D", grade=1)])
    assert counts(twice) == (1, 0, 1)
    # References are a system's own.
    assert counts(caller.ImportRatings(system="sms-gateway", ratings=rows)) == (2, 0, 0)
    assert rated(rating) == 6


def test_the_same_request_has_the_same_answer(rating: RatingHere) -> None:
    caller = system(rating)
    request = {"request_id": "import-2026-11-20", "system": "hotline", "ratings": [row("A"), row("B", grade=0)]}
    first = caller.ImportRatings(**request)
    assert caller.ImportRatings(**request) == first and counts(first) == (1, 0, 1)
    assert rated(rating) == 1


def test_the_same_rows_at_the_same_time_count_once(rating: RatingHere) -> None:
    rows = [row(f"R-{number}") for number in range(20)]
    start = threading.Barrier(4)

    def send(_: int) -> tuple[int, int, int]:
        caller = system(rating)
        start.wait()
        return counts(caller.ImportRatings(system="hotline", ratings=rows))

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert sum(landed for landed, _, _ in answers) == 20 and sum(known for _, known, _ in answers) == 60
    assert rated(rating) == 20


# -- cases of ours -----------------------------------------------------------------------------------------------------


def test_a_row_of_a_case_rates_its_node_once(rating: RatingHere) -> None:
    ann, caller = person(), system(rating)
    id = rating.close(closed(ann.id, number="9901212611220000901"))
    told = of_case("S-1", "9901212611220000901", grade=service.GRADE_VERY_SATISFIED, comment="谢谢")
    assert counts(caller.ImportRatings(system="sms", ratings=[told])) == (1, 0, 0)
    mine = rating.by(ann).GetRating(rating_id=id)
    assert (mine.grade, mine.comment, mine.channel) == (5, "谢谢", service.RATING_CHANNEL_PHONE)
    assert counts(caller.ImportRatings(system="sms", ratings=[told])) == (0, 1, 0)
    other = caller.ImportRatings(system="sms", ratings=[of_case("S-2", "9901212611220000901")])
    assert faults(other) == [(1, "case_number", "RATED_ALREADY")]
    with refused(NOT_NOW, "RATED_ALREADY"):
        rating.by(ann).GiveRating(rating_id=id, grade=1)
    # The same reference for a service without a case is the same rating all the same.
    assert faults(caller.ImportRatings(system="sms", ratings=[row("S-1")])) == [(1, "reference", "ROW_CHANGED")]
    assert rated(rating) == 1


def test_who_rated_himself_is_not_rated_for(rating: RatingHere) -> None:
    ann = person()
    id = rating.close(closed(ann.id, number="9901212611220000902"))
    rating.by(ann).GiveRating(rating_id=id, grade=2)
    answer = system(rating).ImportRatings(system="sms", ratings=[of_case("S", "9901212611220000902")])
    assert faults(answer) == [(1, "case_number", "RATED_ALREADY")]
    assert rating.by(ann).GetRating(rating_id=id).grade == 2


def test_a_supervisor_brings_no_rating_of_his_own_case(rating: RatingHere) -> None:
    """He would rate himself, and shut out who was served."""
    chief = supervisor(region="990121")
    number = "9901212611220000903"
    rating.close(closed(person().id, number=number, officer_ids=[chief.id]))
    rows = f"评价编号,评价渠道,满意度,评价时间,办件编号\nS-9,电话,非常满意,2026-11-22 09:30:00,{number}\n".encode()
    own = rating.by(chief, service="RecordService").ImportFile(filename="a.csv", content=rows)
    assert faults(own) == [(1, "case_number", "NOT_FOUND")]
    assert counts(desk(rating).ImportFile(filename="a.csv", content=rows)) == (1, 0, 0)


def test_what_is_not_there_not_asked_about_foreign_or_erased_is_told_alike(rating: RatingHere) -> None:
    ann = person()
    rating.close(closed("bob", number="9901212611220000903", region="990122101"))
    rating.close(closed(ann.id, number="9901212611220000904"))
    rating.hear("forget_person", PersonErased(person_id=ann.id), ann.id, 9)
    rows = [
        of_case("1", "9901212611220000999"),
        of_case("2", "9901212611220000903"),
        of_case("3", "9901212611220000904", comment="再见"),
        of_case("4", "9901212611220000904", node=service.SERVICE_NODE_PAY),
    ]
    answer = system(rating).ImportRatings(system="sms", ratings=rows)
    assert faults(answer) == [(number, "case_number", "NOT_FOUND") for number in range(1, 5)]
    assert len({one.message for one in answer.rows}) == 1
    assert rated(rating) == 0
    # The machine of the other region may.
    theirs = system(rating, "990122").ImportRatings(system="sms", ratings=[of_case("2", "9901212611220000903")])
    assert counts(theirs) == (1, 0, 0)


# -- regions -----------------------------------------------------------------------------------------------------------


def test_a_machine_of_another_region_neither_counts_here_nor_takes_our_references(rating: RatingHere) -> None:
    stranger, caller = system(rating, "990122"), system(rating)
    told = row("A")
    answer = stranger.ImportRatings(system="hotline", ratings=[told])
    assert faults(answer) == [(1, "region", "NOT_FOUND")] and rated(rating) == 0
    assert counts(stranger.ImportRatings(system="hotline", ratings=[row("A", region="990122")])) == (1, 0, 0)
    assert counts(caller.ImportRatings(system="hotline", ratings=[told])) == (1, 0, 0)
    assert counts(caller.ImportRatings(system="hotline", ratings=[told])) == (0, 1, 0)


def test_nobody_but_a_registered_machine_sends_rows(rating: RatingHere) -> None:
    for actor in (person(), officer("supervise"), machine(), supervisor()):
        with refused(grpc.StatusCode.PERMISSION_DENIED):
            rating.by(actor, service="RecordService").ImportRatings(system="hotline", ratings=[row("A")])
    with refused(grpc.StatusCode.PERMISSION_DENIED):
        system(rating).ImportFile(filename="x.csv", content=b"x")
    assert rated(rating) == 0


@pytest.mark.parametrize("told", [{"system": "Hot Line"}, {"ratings": []}, {"ratings": [row("A")] * 501}])
def test_a_request_that_breaks_the_contract_is_refused_as_a_whole(rating: RatingHere, told: dict[str, Any]) -> None:
    with refused(INVALID):
        system(rating).ImportRatings(**({"system": "hotline", "ratings": [row("A")]} | told))
    assert rated(rating) == 0


# -- files -------------------------------------------------------------------------------------------------------------

HEADER = ["评价编号", "评价渠道", "满意度", "评价时间", "评价内容", "部门代码", "部门名称", "行政区划"]


def file(count: int, bad: int = 0, encoding: str = "utf-8", first: int = 1) -> bytes:
    """A file of so many lines, the first of which are at fault."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for number in range(first, first + count):
        grade = "5分" if number < first + bad else "满意"
        told = ["短信", grade, "2026-11-20 09:30:00", "好" if number % 7 == 0 else "", DEPARTMENT, "水务局", "990121"]
        writer.writerow([f"F-{number}", *told])
    return text.getvalue().encode(encoding)


def test_a_file_lands_and_is_refused_the_second_time(rating: RatingHere) -> None:
    caller, content = desk(rating), file(500, 37, "gb18030")
    answer = caller.ImportFile(filename="十一月.csv", content=content)
    assert counts(answer) == (463, 0, 37)
    assert faults(answer) == [(number, "grade", "WORD_UNKNOWN") for number in range(1, 38)]
    assert rated(rating) == 463
    for name in ("十一月.csv", "十一月(1).csv"):
        with refused(NOT_NOW, "FILE_IMPORTED"):
            caller.ImportFile(filename=name, content=content)
    with refused(NOT_NOW, "FILE_IMPORTED"):
        desk(rating).ImportFile(filename="x.csv", content=content)
    assert rated(rating) == 463
    # What was put right is another file; its other lines are known.
    mended = desk(rating).ImportFile(filename="x.csv", content=file(500, 0, "gb18030"))
    assert counts(mended) == (37, 463, 0)


def test_the_same_request_with_a_file_has_the_same_answer(rating: RatingHere) -> None:
    caller = desk(rating)
    request = {"request_id": "file-2026-11-20", "filename": "a.csv", "content": file(12, 2)}
    first = caller.ImportFile(**request)
    assert caller.ImportFile(**request) == first and counts(first) == (10, 0, 2)
    (noted,) = rating.database["imports"].find({})
    assert noted["state"]["rows"] == 12 and noted["version"] == 1


def test_a_file_of_another_region_lands_nothing_and_is_not_noted(rating: RatingHere) -> None:
    content = file(3)
    assert counts(desk(rating).ImportFile(filename="a.csv", content=content)) == (3, 0, 0)
    stranger = desk(rating, "990122")
    for _ in range(2):  # nothing was imported, so it is no file that was
        answer = stranger.ImportFile(filename="a.csv", content=content)
        assert faults(answer) == [(number, "region", "NOT_FOUND") for number in (1, 2, 3)]
    assert rated(rating) == 3


@pytest.mark.parametrize("same_request", [True, False])
def test_a_file_whose_import_was_killed_half_way_is_finished(
    rating: RatingHere, monkeypatch: pytest.MonkeyPatch, same_request: bool
) -> None:
    caller, content = desk(rating), file(40)
    landed = []

    def killed(self: Importing, told: Any, source: Any) -> Any:
        if len(landed) == 25:
            raise RuntimeError("killed")
        landed.append(told)
        return whole(self, told, source)

    whole = Importing._row
    monkeypatch.setattr(importing.Importing, "_row", killed)
    with refused(grpc.StatusCode.INTERNAL):
        caller.ImportFile(request_id="file-1-of-today", filename="a.csv", content=content)
    monkeypatch.setattr(importing.Importing, "_row", whole)
    assert rated(rating) == 25
    request_id = "file-1-of-today" if same_request else "file-2-of-today"
    answer = caller.ImportFile(request_id=request_id, filename="a.csv", content=content)
    assert counts(answer) == ((40, 0, 0) if same_request else (15, 25, 0))
    assert rated(rating) == 40
    with refused(NOT_NOW, "FILE_IMPORTED"):
        caller.ImportFile(request_id="file-3-of-today", filename="a.csv", content=content)


def test_a_file_that_takes_longer_than_a_call_goes_on_where_it_ended(
    rating: RatingHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller, whole = desk(rating), Importing._row
    request = {"request_id": "file-1-of-today", "filename": "a.csv", "content": file(10)}

    def slow(self: Importing, told: Any, source: Any) -> Any:
        clock[0] += 3
        return whole(self, told, source)

    clock = [0.0]
    monkeypatch.setattr(importing, "monotonic", lambda: clock[0])
    monkeypatch.setattr(importing.Importing, "_row", slow)
    with refused(grpc.StatusCode.UNAVAILABLE, "IMPORT_GOES_ON") as refusal:
        caller.ImportFile(**request)
    assert "3行" in refusal.message and rated(rating) == 3
    monkeypatch.undo()
    assert counts(caller.ImportFile(**request)) == (10, 0, 0) and rated(rating) == 10


def test_a_file_sent_twice_at_the_same_time_counts_once(rating: RatingHere) -> None:
    content, start = file(30), threading.Barrier(2)

    def send(_: int) -> int:
        caller = desk(rating)
        start.wait()
        try:
            return int(caller.ImportFile(filename="a.csv", content=content).landed)
        except grpc.RpcError as error:
            assert error.code() == NOT_NOW  # the other one was done already
            return 0

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(send, range(2))) == 30
    assert rated(rating) == 30
    assert len(list(rating.database["imports"].find({}))) == 1


@pytest.mark.parametrize(
    ("content", "reason"), [(b"\xff\xff", "FILE_ENCODING"), (b"a,b\n1,2\n", "FILE_HEADER"), (file(0), "FILE_ROWS")]
)
def test_a_file_nobody_can_read_counts_nothing_and_may_come_mended(
    rating: RatingHere, content: bytes, reason: str
) -> None:
    with refused(INVALID, reason) as refusal:
        desk(rating).ImportFile(filename="a.csv", content=content)
    assert list(refusal.fields) == ["content"]
    assert rated(rating) == 0 and rating.database["imports"].find_one({}) is None


@pytest.mark.parametrize("actor", [person(), officer("review"), officer("decide")])
def test_only_a_supervisor_imports_files(rating: RatingHere, actor: Any) -> None:
    with refused(grpc.StatusCode.PERMISSION_DENIED):
        rating.by(actor, service="RecordService").ImportFile(filename="a.csv", content=file(1))


def test_ratings_of_files_are_in_the_days_they_were_given(rating: RatingHere) -> None:
    desk(rating).ImportFile(filename="a.csv", content=file(3))
    county = service.TOTAL_SCOPE_COUNTY
    assert rating.totals(county, "990121", from_day="2026-11-20", to_day="2026-11-20").rated == 3
    today = (datetime.now(UTC) + timedelta(hours=8)).date().isoformat()
    if today != "2026-11-20":
        assert rating.totals(county, "990121", from_day=today, to_day=today).rated == 0
