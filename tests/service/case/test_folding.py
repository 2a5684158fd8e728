"""Rows become cases: whatever the order, however often, by however many, and whoever dies in between."""

import random
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import Parse

from chassis.records import broken_at
from services.case import store_reported
from services.case.folding import Folder
from services.case.model_reported import ReportedCase
from tests.support import broking
from tests.support import reported as r
from tests.support.case_service import Db
from tests.support.serving import Here, odd_worker, places_for, text_of
from tests.support.waiting import wait_until
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import exchange_pb2 as pb

Send = Callable[[Iterable[pb.ReportRow]], pb.ReportCasesResponse]


@pytest.fixture
def send(case_api: Here) -> Send:
    """Reports rows as the department's system."""
    system = r.system()
    return lambda rows: r.report(case_api.channel, system, rows)


def kept(database: Db, number: str = "A-1") -> ReportedCase:
    found = store_reported.cases(database).find({"_id": store_reported.case_id(r.DEPARTMENT, number)})
    assert found is not None
    return found.state


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def waiting(database: Db) -> int:
    return sum(1 for row in database["reported_rows"].find({}) if "unfolded" in row)


def journal(database: Db, number: str = "A-1") -> list[dict[str, Any]]:
    found = store_reported.cases(database).find({"_id": store_reported.case_id(r.DEPARTMENT, number)})
    assert found is not None
    return list(found.journal)


def test_rows_that_landed_are_folded_into_their_cases_once(send: Send, database: Db) -> None:
    send([one for serial in range(20) for one in r.whole(f"N{serial}", serial)])
    folder = Folder(database)
    assert folder.round() == 100 and waiting(database) == 0
    assert folder.round() == 0
    cases = [one.state for one in store_reported.cases(database).select({})]
    assert len(cases) == 20 and {one.status for one in cases} == {pb.REPORTED_STATUS_CLOSED}
    assert {one.result for one in cases} == {"GRANTED"} and {one.last_seq for one in cases} == {5}
    assert len(journal(database, "N3")) == 1


def test_the_order_of_rows_and_folds_makes_no_difference_to_the_case(send: Send, database: Db) -> None:
    folder, states = Folder(database), set()
    for count, order in enumerate(permutations(range(4))):
        number = f"P{count}"
        rows = [r.applied(number), r.correction(number, 2), r.accepted(number, 3), r.closed(number, 4)]
        for position in order:
            send([rows[position]])
            folder.round()
        case = kept(database, number)
        states.add((case.status, case.applied_at, case.accepted_at, case.closed_at, case.last_seq))
        assert case.missing_seqs == [] and broken_at(journal(database, number)) is None
    assert len(states) == 1


def test_a_late_first_row_completes_the_case(send: Send, database: Db) -> None:
    folder = Folder(database)
    send([r.closed("A-1", 4), r.accepted("A-1")])
    folder.round()
    case = kept(database)
    assert case.status == pb.REPORTED_STATUS_INCOMPLETE and case.missing_seqs == [1, 3]
    send([r.applied("A-1")])
    folder.round()
    case = kept(database)
    assert case.status == pb.REPORTED_STATUS_CLOSED and case.missing_seqs == [3] and case.item_code == r.ITEM


def test_killed_between_the_record_and_the_mark_the_next_one_folds_and_nothing_is_done_twice(
    send: Send, database: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(r.whole("A-1"))
    with monkeypatch.context() as patch:
        patch.setattr(store_reported, "UpdateOne", killed)
        with pytest.raises(KeyboardInterrupt):
            Folder(database).round()
    assert len(journal(database)) == 1 and waiting(database) == 5
    database["leases"].delete_many({})
    assert Folder(database).round() == 5
    assert len(journal(database)) == 1 and waiting(database) == 0


def test_with_a_row_that_came_meanwhile_the_fold_after_a_kill_tells_it_too(send: Send, database: Db) -> None:
    send([r.applied("A-1")])
    case = store_reported.case_id(r.DEPARTMENT, "A-1")
    folder = Folder(database)
    folder.fold(case, r.DEPARTMENT, "A-1", [f"{r.DEPARTMENT}/A-1/1"])
    send([r.accepted("A-1")])
    assert folder.round() == 2
    assert kept(database).status == pb.REPORTED_STATUS_ACCEPTED and len(journal(database)) == 2


def test_only_one_works_and_the_next_goes_on_when_it_is_gone(send: Send, database: Db) -> None:
    first, second = Folder(database), Folder(database)
    send(r.whole("A-1"))
    assert first.round() == 5
    send(r.whole("B-1"))
    assert second.round() == 0, "the first has the lease"
    first.lease.release()
    assert second.round() == 5


def test_many_at_once_without_a_lease_lose_nothing(send: Send, database: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    """Correctness does not lean on the lease: with four that all believe to hold it the cases are those of one."""
    monkeypatch.setattr("chassis.relay.Lease.held", lambda _: True)
    rows = [one for serial in range(30) for one in r.whole(f"N{serial}", serial)]
    random.Random(7).shuffle(rows)
    folders = [Folder(database) for _ in range(4)]
    with ThreadPoolExecutor(5) as pool:
        sending = pool.submit(lambda: [send(rows[start : start + 10]) for start in range(0, 150, 10)])
        while not sending.done():
            list(pool.map(Folder.round, folders))
    while any(list(map(Folder.round, folders))):
        pass
    assert waiting(database) == 0
    for serial in range(30):
        case = kept(database, f"N{serial}")
        assert case.status == pb.REPORTED_STATUS_CLOSED and case.missing_seqs == [] and case.last_seq == 5
        assert broken_at(journal(database, f"N{serial}")) is None


def test_500_rows_folded_one_by_one_fill_the_journal_and_no_more(send: Send, database: Db) -> None:
    rows = [r.applied("A-1"), *(r.step("A-1", seq) for seq in range(2, 501))]
    send(rows[:495])
    folder = Folder(database)
    folder.round()
    for one in rows[495:]:
        send([one])
        assert folder.round() == 1
    assert kept(database).last_seq == 500 and len(journal(database)) == 6


def test_a_round_ends_in_time_and_the_next_goes_on(send: Send, database: Db) -> None:
    send([r.applied(f"N{serial}") for serial in range(60)])
    folder = Folder(database)
    folded = folder.round(0.02)
    assert 0 < folded < 60
    while waiting(database):
        folded += folder.round(0.02)
    assert folded == 60


def test_a_case_that_cannot_be_folded_waits_alone(send: Send, database: Db) -> None:
    send([r.applied(f"N{serial}") for serial in range(20)])
    key = f"{r.DEPARTMENT}/N7/1"
    facts = database["reported_rows"].find_one({"_id": key}, {"facts": 1})
    database["reported_rows"].update_one({"_id": key}, {"$unset": {"facts": ""}})
    folder = Folder(database)
    assert folder.round() == 19 and folder.round() == 0 and waiting(database) == 1
    assert facts is not None
    database["reported_rows"].update_one({"_id": key}, {"$set": {"facts": facts["facts"]}})
    assert folder.round() == 1 and kept(database, "N7").status == pb.REPORTED_STATUS_APPLIED


def test_the_worker_gives_the_lease_back_so_that_a_job_gets_its_turn(send: Send, database: Db) -> None:
    send(r.whole("A-1"))
    worker = Folder(database)
    assert worker.turn(5.0) == 5
    wait_until(Folder(database).lease.held, "the job has its turn", 2)


def test_the_job_folds_what_waits_and_says_how_fast(send: Send, database: Db, mongodb_uri: str, tmp_path: Path) -> None:
    send([one for serial in range(20) for one in r.whole(f"N{serial}", serial)])
    environment = places_for(tmp_path, mongodb_uri).environment("case", "fold")
    command = [sys.executable, "-m", "services.case", "fold", "--once"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("100 rows folded in ") and waiting(database) == 0


def test_every_case_replays_from_its_journal(send: Send, database: Db) -> None:
    folder = Folder(database)
    for one in r.whole("A-1"):
        send([one])
        folder.round()
    cases = store_reported.cases(database)
    document = cases.collection.find_one({})
    assert document is not None and cases.drift(document) == [] and document["version"] == 5
    assert kept(database).applied_at is not None


def test_the_worker_folds_and_publishes_nothing_personal(
    send: Send, database: Db, mongodb_uri: str, amqp_uri: str, tmp_path: Path
) -> None:
    worker = odd_worker(places_for(tmp_path, mongodb_uri, amqp_uri))
    try:
        with broking.spying(amqp_uri) as spy:
            send(r.whole("A-1", 7))
            worker.launch()
            (message,) = spy.take(1, 40)
        wait_until(lambda: waiting(database) == 0, "the marks are gone")
    finally:
        if worker.alive:
            worker.kill()
        worker.stop()
    event = events.ReportedCaseFolded()
    Parse(message.body, event)
    assert event.number == "A-1" and event.status == pb.REPORTED_STATUS_CLOSED and event.last_seq == 5
    told = str(message.body) + text_of(tmp_path)
    for canary in (r.NAME, r.PHONE, r.ADDRESS, r.id_number(7), r.OPINION, "卫证1号"):
        assert canary not in told
