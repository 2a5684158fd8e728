"""Records on a real store: one act is one write, applied once, whatever happens around it."""

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.message import Message
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis import records as records_module
from chassis.acts import Cause
from chassis.errors import ABORTED, FAILED_PRECONDITION, NOT_FOUND, Refused, not_found, require
from chassis.records import MAX_ENTRIES, Record, Records, broken_at, record_id
from services.case import model
from services.case.model import Case
from yiwang.case.v1 import events_pb2 as events

Db = Database[dict[str, Any]]
FILE = events.HandedInFile(attachment_id="f1", material="application", media_type="application/pdf", size=3)


def cause(key: str = "", request: str = "digest") -> Cause:
    return Cause(key or uuid.uuid4().hex, "person:p", request, "")


def submitted(id: str, number: str = "", steps: int = 2) -> events.CaseSubmitted:
    return events.CaseSubmitted(
        case_id=id,
        number=number or uuid.uuid4().hex,
        applicant_id="p",
        department="d",
        review_steps=[f"环节{n}" for n in range(steps)],
        files=[FILE],
    )


def new(cases: Records[Case], steps: int = 2) -> Record[Case]:
    return cases.create(cause(), lambda id: submitted(id, steps=steps))


def step(_case: Case) -> Message:
    return events.ReviewStepPassed(step="环节")


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work(0..count-1)` gives, all begun at the same moment in threads of their own."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Any:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def documents(database: Db) -> dict[str, list[Any]]:
    return {name: list(database[name].find()) for name in sorted(database.list_collection_names())}


def test_what_was_created_is_read_back_with_its_journal_and_the_mark_for_the_relay(cases: Records[Case]) -> None:
    made = new(cases)
    read = cases.get(made.id)
    assert (read.version, read.state, list(read.journal)) == (1, made.state, list(made.journal))
    document = cases.collection.find_one({"_id": made.id}) or {}
    assert (document["sent"], document["unsent"]) == (0, True)


def test_same_cause_gives_the_same_record_and_writes_nothing(cases: Records[Case], database: Db) -> None:
    why = cause("person:p/SubmitCase/1")
    first = cases.create(why, submitted)
    before = documents(database)
    again = cases.create(why, submitted)
    assert (again.id, again.version, again.state) == (first.id, 1, first.state)
    assert first.id == record_id(why.key)
    assert documents(database) == before


def test_same_cause_with_another_command_is_refused(cases: Records[Case], database: Db) -> None:
    made = cases.create(cause("k", "one"), submitted)
    cases.change(made.id, cause("k2", "one"), step)
    before = documents(database)
    for act in (
        lambda: cases.create(cause("k", "two"), submitted),
        lambda: cases.change(made.id, cause("k2", "two"), step),
    ):
        with pytest.raises(Refused) as caught:
            act()
        assert (caught.value.reason, caught.value.violations[0].field) == ("REQUEST_ID_REUSED", "request_id")
    assert documents(database) == before


def test_eight_at_once_with_one_cause_create_one_record(cases: Records[Case]) -> None:
    why = cause()
    made = at_once(8, lambda _: cases.create(why, submitted))
    assert len({record.id for record in made}) == 1
    assert len({record.state.number for record in made}) == 1, "everybody was told the same"
    assert cases.collection.count_documents({}) == 1


def test_a_repeated_creation_answers_with_the_record_as_it_is_now(cases: Records[Case]) -> None:
    why = cause()
    made = cases.create(why, submitted)
    cases.change(made.id, cause(), step)
    again = cases.create(why, submitted)
    assert (again.version, again.state.steps_passed) == (2, 1)


def test_a_repeated_creation_answers_although_it_would_be_refused_by_now(cases: Records[Case]) -> None:
    why = cause()
    made = cases.create(why, submitted)

    def suspended(_id: str) -> Message:
        require(False, "ITEM_SUSPENDED", "该事项已暂停受理")
        raise AssertionError

    assert cases.create(why, suspended).id == made.id
    with pytest.raises(Refused, match="ITEM_SUSPENDED"):
        cases.create(cause(), suspended)


def test_a_repeated_change_changes_nothing_and_answers_with_the_present(cases: Records[Case]) -> None:
    made, why = new(cases), cause()
    cases.change(made.id, why, step)
    cases.change(made.id, cause(), step)
    again = cases.change(made.id, why, step)
    assert (again.version, again.state.steps_passed) == (3, 2)
    assert cases.get(made.id).version == 3


def test_a_change_that_decides_nothing_writes_nothing(cases: Records[Case], database: Db) -> None:
    made = new(cases)
    before = documents(database)
    assert cases.change(made.id, cause(), lambda case: None).version == 1
    assert documents(database) == before


def test_a_refused_act_writes_nothing(cases: Records[Case], database: Db) -> None:
    made = new(cases)
    before = documents(database)

    def refuse(_case: Case) -> Message:
        raise not_found()

    with pytest.raises(Refused):
        cases.change(made.id, cause(), refuse)
    with pytest.raises(Refused):
        cases.create(cause(), lambda id: refuse(made.state))
    assert documents(database) == before


def test_sixteen_at_once_on_one_record_apply_every_act_exactly_once_without_a_gap(cases: Records[Case]) -> None:
    made = new(cases, steps=400)
    per_thread = 12

    def insist(why: Cause) -> int:
        """As a client does: the same request again until it is answered."""
        while True:
            try:
                return cases.change(made.id, why, step).version
            except Refused as refused:
                assert refused.code == ABORTED

    def work(number: int) -> list[int]:
        causes = [cause(f"{number}/{n}") for n in range(per_thread)]
        return [insist(why) for why in causes for _ in range(2)]

    at_once(16, work)
    total = 16 * per_thread
    document = cases.collection.find_one({"_id": made.id}) or {}
    assert document["state"]["steps_passed"] == total
    assert document["version"] == total + 1
    assert [entry["seq"] for entry in document["journal"]] == list(range(1, total + 2))
    assert len({entry["cause"] for entry in document["journal"]}) == total + 1
    assert broken_at(document["journal"]) is None
    assert cases.drift(document) == []


def test_two_events_of_one_act_are_one_write(cases: Records[Case]) -> None:
    made = new(cases)
    seen: list[int] = []
    after = cases.change(made.id, cause(), lambda case: [events.ReviewStepPassed(step="a"), events.ReviewStepPassed()])
    seen += [entry["seq"] for entry in after.journal]
    assert (after.version, seen, after.state.steps_passed) == (3, [1, 2, 3], 2)
    assert cases.get(made.id).version == 3


def test_a_race_that_is_always_lost_is_aborted_and_leaves_nothing(cases: Records[Case]) -> None:
    made = new(cases, steps=100)

    def overtaken(case: Case) -> Message:
        cases.change(made.id, cause(), step)
        return events.CaseWithdrawn(case_id=case.id)

    with pytest.raises(Refused) as caught:
        cases.change(made.id, cause(), overtaken)
    assert (caught.value.code, caught.value.reason) == (ABORTED, "CHANGED_MEANWHILE")
    after = cases.get(made.id)
    assert {entry["type"] for entry in after.journal} == {"CaseSubmitted", "ReviewStepPassed"}
    assert after.state.status != model.WITHDRAWN


def test_fields_of_a_newer_version_survive_an_older_writer(cases: Records[Case]) -> None:
    made = new(cases)
    newer = {"state.priority": 7, "state.files.0.pages": 12, "tenant": "x"}
    cases.collection.update_one({"_id": made.id}, {"$set": newer})
    cases.change(made.id, cause(), step)
    document = cases.collection.find_one({"_id": made.id}) or {}
    assert (document["state"]["steps_passed"], document["state"]["priority"], document["tenant"]) == (1, 7, "x")
    assert document["state"]["files"][0]["pages"] == 12


def test_a_read_waits_for_the_version_it_asks_for(cases: Records[Case]) -> None:
    made = new(cases)
    writer = threading.Timer(0.3, lambda: cases.change(made.id, cause(), step))
    writer.start()
    assert cases.get(made.id, min_version=2).version == 2
    writer.join()


def test_a_read_says_so_when_the_version_does_not_come_and_never_gives_an_older_truth(cases: Records[Case]) -> None:
    made, began = new(cases), time.monotonic()
    with pytest.raises(Refused) as caught:
        cases.get(made.id, min_version=2)
    assert (caught.value.code, caught.value.reason) == (ABORTED, "NOT_THAT_NEW_YET")
    assert time.monotonic() - began < 3


def test_what_is_not_there_and_what_may_not_be_seen_have_one_answer(cases: Records[Case]) -> None:
    made, said = new(cases), set()
    for id, visible in ((str(uuid.uuid4()), None), (made.id, {"state.applicant_id": "somebody else"})):
        for act in (
            lambda id=id, visible=visible: cases.get(id, visible),
            lambda id=id, visible=visible: cases.change(id, cause(), step, visible),
        ):
            with pytest.raises(Refused) as caught:
                act()
            said.add((caught.value.code, caught.value.reason, caught.value.message))
    assert len(said) == 1 and said.pop()[0] == NOT_FOUND
    assert cases.get(made.id).version == 1


def test_a_journal_is_full_at_500_entries_and_says_so(cases: Records[Case]) -> None:
    made = new(cases, steps=1000)
    cases.change(made.id, cause(), lambda case: [events.ReviewStepPassed(step="a") for _ in range(MAX_ENTRIES - 2)])
    assert cases.change(made.id, cause(), step).version == MAX_ENTRIES == 500
    with pytest.raises(Refused) as caught:
        cases.change(made.id, cause(), step)
    assert (caught.value.code, caught.value.reason) == (FAILED_PRECONDITION, "JOURNAL_FULL")
    assert cases.get(made.id).version == MAX_ENTRIES


def test_a_taken_number_is_told_to_the_caller_and_no_record_is_left(cases: Records[Case]) -> None:
    cases.create(cause(), lambda id: submitted(id, "N1"))
    with pytest.raises(DuplicateKeyError):
        cases.create(cause(), lambda id: submitted(id, "N1"))
    assert cases.collection.count_documents({}) == 1


def test_only_changed_fields_are_written(cases: Records[Case], monkeypatch: pytest.MonkeyPatch) -> None:
    made, written = new(cases), []
    plain: Any = Collection.update_one

    def watch(self: Any, query: Any, update: Any, **options: Any) -> Any:
        written.append(update)
        return plain(self, query, update, **options)

    monkeypatch.setattr(Collection, "update_one", watch)
    cases.change(made.id, cause(), step)
    (update,) = written
    assert set(update["$set"]) == {"state.steps_passed", "state.status", "state.handled_at", "unsent"}


def test_an_entry_altered_in_the_store_is_found_and_so_is_a_state_beside_its_journal(cases: Records[Case]) -> None:
    made = new(cases)
    cases.change(made.id, cause(), step)
    cases.collection.update_one({"_id": made.id}, {"$set": {"journal.0.data.applicantId": "thief"}})
    document = cases.collection.find_one({"_id": made.id}) or {}
    assert broken_at(document["journal"]) == 1
    cases.collection.update_one({"_id": made.id}, {"$set": {"state.number": "forged"}})
    document = cases.collection.find_one({"_id": made.id}) or {}
    assert set(cases.drift(document)) == {"applicant_id", "number"}


def test_a_journal_that_changes_its_digest_under_way_stays_whole_and_replays(
    cases: Records[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records_module, "_digest", {"alg": "sha256"})
    made = new(cases)
    records_module.digest_by("sm3")
    cases.change(made.id, cause(), step)
    document = cases.collection.find_one({"_id": made.id}) or {}
    assert [entry.get("alg") for entry in document["journal"]] == [None, "sm3"]
    assert broken_at(document["journal"]) is None and cases.drift(document) == []
    cases.collection.update_one({"_id": made.id}, {"$set": {"journal.1.by": "thief"}})
    document = cases.collection.find_one({"_id": made.id}) or {}
    assert broken_at(document["journal"]) == 2


def test_a_list_comes_without_journals(cases: Records[Case]) -> None:
    made = new(cases)
    bounds = {"$gte": datetime(2026, 1, 1, tzinfo=UTC)}
    (row,) = cases.select({"state.applicant_id": "p", "state.submitted_at": bounds})
    assert (row.id, row.version, row.state, list(row.journal)) == (made.id, 1, made.state, [])
