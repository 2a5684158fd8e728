"""Inspections on site over gRPC: slots are never oversold, a crash between slot and case is mended, two inspectors sign."""

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from chassis.acts import Cause, now
from services.case import model_visits, store
from services.case.slots import Booking
from services.case.store_slots import Held
from tests.support.actors import OTHER_DEPARTMENT, delegate, officer, person
from tests.support.calling import As, Refusal, refused
from tests.support.case_service import INVALID, NOT_FOUND, PRECONDITION, Db, drifted, hear, journal, status, upload
from tests.support.items import publish, simple
from tests.support.serving import Here
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import procedures_pb2 as pb
from yiwang.case.v1 import service_pb2 as case_pb
from yiwang.catalog.v1 import service_pb2 as catalog

VISITS = "VisitService"
SIGNED = {"findings": "场所符合要求", "place": "东经113.02，北纬28.19", "signature": "甲"}


@pytest.fixture
def inspected_item(database: Db) -> str:
    handling = catalog.Handling(visit=catalog.VISIT_NEED_REQUIRED, decided_on_site=True)
    return publish(database, simple(steps=[], handling=handling))


@pytest.fixture
def inspector(case_api: Here) -> As:
    return case_api.by(officer("review"), service=VISITS)


@pytest.fixture
def booking(case_api: Here) -> Booking:
    return Booking(case_api.database, store.cases(case_api.database), case_api.keyring)


@pytest.fixture
def accepted(case_api: Here, desk: dict[str, As], inspected_item: str) -> Callable[[], tuple[As, str]]:
    """Another applicant each time, as he calls about visits, and his case in review."""

    def make() -> tuple[As, str]:
        who = person()
        case = case_api.by(who).SubmitCase(item_id=inspected_item)
        desk["receive"].AcceptCase(case_id=case.id)
        return case_api.by(who, service=VISITS), case.id

    return make


def times(hours: float = 24, capacity: int = 1, place: str = "城东片区") -> pb.SlotTimes:
    start = now() + timedelta(hours=hours)
    return pb.SlotTimes(
        start=start.isoformat(), end=(start + timedelta(hours=2)).isoformat(), capacity=capacity, place=place
    )


def slot(inspector: As, **more: Any) -> str:
    id: str = inspector.OpenSlots(slots=[times(**more)]).slots[0].id
    return id


def id_of(one: As) -> str:
    return one.actor.id if one.actor else ""


def begin(database: Db, case_id: str, slot_id: str) -> None:
    """As if the slot had begun a minute ago: no clock of a running service can be moved. The case says so, too."""
    earlier = now() - timedelta(minutes=1)
    database["slots"].update_one({"_id": slot_id}, {"$set": {"start": earlier}})
    document = database["cases"].find_one({"_id": case_id}) or {}
    visits = document["state"]["visits"]
    visits[-1]["start"] = earlier
    database["cases"].update_one({"_id": case_id}, {"$set": {"state.visits": visits}})


def room(database: Db, id: str) -> tuple[int, list[str]]:
    """Places left in a slot, and the cases that have one."""
    found = database["slots"].find_one({"_id": id}) or {}
    return found["available"], sorted(found["held"])


def heard(case_api: Here, case: str, handler: str, event: type[Any]) -> None:
    """The worker hears each event of this kind that the case has, twice."""
    for entry in journal(case_api.database, case):
        if entry["type"] == event.__name__:
            body = store.cases(case_api.database).event(entry)
            for _ in range(2):
                hear(case_api, handler, body, case, entry["seq"])


def test_an_inspection_from_slot_to_a_decision_on_the_day(
    case_api: Here, desk: dict[str, As], inspector: As, accepted: Callable[[], tuple[As, str]], database: Db
) -> None:
    citizen, case_id = accepted()
    id = slot(inspector, capacity=2)
    (offered,) = citizen.ListSlots(case_id=case_id).slots
    assert (offered.id, offered.capacity, offered.available, offered.place) == (id, 2, 2, "城东片区")
    case = citizen.BookVisit(case_id=case_id, slot_id=id)
    assert case.visits[0].start == offered.start and "CancelVisit" in case.moves
    heard(case_api, case_id, "settle_slot", events.VisitBooked)
    assert room(database, id) == (1, [case_id])
    with refused(PRECONDITION, "VISIT_MISSING"):
        desk["decide"].DecideCase(case_id=case_id, granted=True)
    begin(database, case_id, id)
    second = officer("review")
    for who, findings in ((inspector.actor, "甲查：合格"), (second, "乙查：合格，联系人电话13912345678")):
        photo = upload(case_api.by(who), filename="现场.pdf", case_id=case_id)
        by = case_api.by(who, service=VISITS)
        told = SIGNED | {"findings": findings}
        case = by.SignVisit(case_id=case_id, passed=True, at=now().isoformat(), evidence=[photo.id], **told)
    signed = case.visits[0].signatures
    assert [one.officer_id for one in signed] == [id_of(inspector), second.id] and all(one.passed for one in signed)
    assert "乙查：合格，联系人电话139****5678" in signed[1].findings and SIGNED["place"] in signed[0].findings
    assert [file.filename for one in signed for file in one.evidence] == ["现场.pdf", "现场.pdf"]
    file = signed[0].evidence[0].id
    assert desk["decide"].DownloadAttachment(case_id=case_id, attachment_id=file).content
    asked = officer("review", department=OTHER_DEPARTMENT)
    case_api.by(inspector.actor, service="ProcedureService").RequestOpinion(
        case_id=case_id, department=OTHER_DEPARTMENT, department_name="某局", question="可否"
    )
    shown = case_api.by(asked).GetCase(case_id=case_id).visits[0].signatures[0]
    assert (shown.passed, shown.findings, len(shown.evidence)) == (True, "", 0), "what was found is not its matter"
    with refused(NOT_FOUND):
        case_api.by(asked).DownloadAttachment(case_id=case_id, attachment_id=file)
    case_api.by(asked, service="ProcedureService").GiveOpinion(case_id=case_id, agrees=True, text="同意")
    case = desk["decide"].DecideCase(case_id=case_id, granted=True)
    assert (status(case), case.decision_kind) == ("GRANTED", case_pb.DECISION_KIND_ON_SITE)

    seen = case_api.by(citizen.actor).GetCase(case_id=case_id)
    assert [(one.officer_id, one.findings, len(one.evidence)) for one in seen.visits[0].signatures] == [("", "", 0)] * 2
    with refused(NOT_FOUND):
        case_api.by(citizen.actor).DownloadAttachment(case_id=case_id, attachment_id=file)
    written = str([journal(database, case_id), list(database["slots"].find({}))])
    assert not any(word in written for word in ("合格", "东经113.02", "现场.pdf", "13912345678"))
    assert drifted(case_api).get(case_id) == ["visits"], "whose start the test itself has moved"


def test_thirty_who_book_five_places_at_once_get_five_and_the_others_are_told_that_it_is_full(
    inspector: As, accepted: Callable[[], tuple[As, str]], database: Db
) -> None:
    id, all = slot(inspector, capacity=5), [accepted() for _ in range(30)]

    def book(one: tuple[As, str]) -> str:
        refusal = Refusal()
        try:
            with refused() as refusal:
                one[0].BookVisit(case_id=one[1], slot_id=id)
                raise StopIteration
        except StopIteration:
            return "BOOKED"
        return refusal.reason

    with ThreadPoolExecutor(10) as pool:
        answers = Counter(pool.map(book, all))
    assert answers == {"BOOKED": 5, "SLOT_FULL": 25}
    left, holders = room(database, id)
    booked = {case for _, case in all if any(e["type"] == "VisitBooked" for e in journal(database, case))}
    assert left == 0 and set(holders) == booked and len(booked) == 5


def test_one_case_books_one_place_however_often_and_at_once_it_asks(
    inspector: As, accepted: Callable[[], tuple[As, str]], database: Db
) -> None:
    slots, (citizen, case_id) = [slot(inspector, capacity=3), slot(inspector, hours=30, capacity=3)], accepted()

    def book(number: int) -> bool:
        try:
            return bool(citizen.BookVisit(case_id=case_id, slot_id=slots[number % 2]))
        except Exception:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(book, range(6))) == 1
    assert sorted(room(database, id)[0] for id in slots) == [2, 3]
    again = {"request_id": uuid.uuid4().hex, "case_id": case_id, "slot_id": slots[0]}
    citizen.CancelVisit(case_id=case_id)
    assert citizen.BookVisit(**again).version == citizen.BookVisit(**again).version
    assert room(database, slots[0])[0] == 2, "the same request again takes no second place"


def test_a_place_that_was_given_back_is_free_once_and_may_be_booked_again_before_that_was_heard(
    case_api: Here, inspector: As, accepted: Callable[[], tuple[As, str]], database: Db
) -> None:
    id, (citizen, case_id) = slot(inspector), accepted()
    citizen.BookVisit(case_id=case_id, slot_id=id)
    citizen.CancelVisit(case_id=case_id, reason="改日")
    citizen.BookVisit(case_id=case_id, slot_id=id)
    heard(case_api, case_id, "free_slot", events.VisitCancelled)
    assert room(database, id) == (0, [case_id]), "that of the second visit is kept"
    heard(case_api, case_id, "settle_slot", events.VisitBooked)
    assert room(database, id) == (0, [case_id])
    citizen.CancelVisit(case_id=case_id)
    # The cancellation is heard before the booking.
    heard(case_api, case_id, "free_slot", events.VisitCancelled)
    heard(case_api, case_id, "settle_slot", events.VisitBooked)
    assert room(database, id) == (1, [])
    assert drifted(case_api) == {}


def test_a_crash_between_slot_and_case_leaves_no_place_taken(
    booking: Booking, inspector: As, accepted: Callable[[], tuple[As, str]], database: Db
) -> None:
    id, (citizen, case_id), (other, other_id) = slot(inspector, capacity=2), accepted(), accepted()
    other.BookVisit(case_id=other_id, slot_id=id)
    assert booking.slots.claim(id, case_id, 1, now())  # and the process dies
    assert room(database, id)[0] == 0
    assert booking.sweep(now()) == 0, "it may be on its way"
    assert booking.sweep(now() + timedelta(minutes=2)) == 1
    assert room(database, id) == (1, [other_id])
    assert booking.sweep(now() + timedelta(minutes=2)) == 0 and "marked_at" not in (database["slots"].find_one() or {})
    assert citizen.BookVisit(case_id=case_id, slot_id=id).visits


def test_a_booking_whose_place_was_lost_gets_it_again_or_is_dropped_with_the_reason(
    case_api: Here, booking: Booking, inspector: As, accepted: Callable[[], tuple[As, str]], database: Db
) -> None:
    id, (citizen, case_id) = slot(inspector), accepted()
    citizen.BookVisit(case_id=case_id, slot_id=id)
    booking.slots.release(Held(id, case_id, 1))
    heard(case_api, case_id, "settle_slot", events.VisitBooked)
    assert room(database, id) == (0, [case_id])
    booking.slots.release(Held(id, case_id, 1))
    other, other_id = accepted()
    other.BookVisit(case_id=other_id, slot_id=id)
    heard(case_api, case_id, "settle_slot", events.VisitBooked)
    seen = case_api.by(citizen.actor).GetCase(case_id=case_id)
    assert [one.cancelled for one in seen.visits] == [True] and "BookVisit" in seen.moves
    assert seen.timeline[-1].text == "所选时段已无空位，请另选时段"
    assert room(database, id) == (0, [other_id])


def test_places_of_cases_that_ended_are_free_again_and_slots_long_over_are_forgotten(
    case_api: Here, booking: Booking, desk: dict[str, As], inspector: As, accepted: Callable[[], tuple[As, str]]
) -> None:
    id, (citizen, case_id), (other, other_id) = slot(inspector, capacity=2), accepted(), accepted()
    for one, case in ((citizen, case_id), (other, other_id)):
        one.BookVisit(case_id=case, slot_id=id)
    desk["decide"].DecideCase(case_id=case_id, granted=False, reason="不符合")
    old = slot(inspector)
    for days, left in ((89, True), (91, False)):
        case_api.database["slots"].update_one({"_id": old}, {"$set": {"start": now() - timedelta(days=days)}})
        assert booking.tidy(now()) == left
        assert (booking.slots.get(old) is not None) == left
    assert room(case_api.database, id) == (1, [other_id])


def test_a_booking_that_the_case_refuses_gives_its_place_back(
    booking: Booking, inspector: As, accepted: Callable[[], tuple[As, str]], database: Db, monkeypatch: Any
) -> None:
    id, (citizen, case_id) = slot(inspector), accepted()

    def meanwhile(*_: Any) -> Any:
        store.cases(database).change(
            case_id, Cause("officer:x/DecideCase/1", "officer:x"), lambda case: events.CaseDecided(case_id=case.id)
        )
        return original(*_)

    original = model_visits.book
    monkeypatch.setattr(model_visits, "book", meanwhile)
    with refused():
        citizen.BookVisit(case_id=case_id, slot_id=id)
    assert room(database, id) == (1, [])


def test_a_second_call_that_comes_too_late_does_not_give_back_the_place_the_first_one_booked(
    booking: Booking, inspector: As, accepted: Callable[[], tuple[As, str]], database: Db, monkeypatch: Any
) -> None:
    id, (citizen, case_id) = slot(inspector, capacity=2), accepted()

    def meanwhile(*_: Any) -> Any:
        monkeypatch.setattr(model_visits, "book", original)
        booking.book(case_id, id, {}, Cause("person:x/BookVisit/another", "person:x"))
        return original(*_)

    original = model_visits.book
    monkeypatch.setattr(model_visits, "book", meanwhile)
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        citizen.BookVisit(case_id=case_id, slot_id=id)
    assert room(database, id) == (1, [case_id])


def test_what_cannot_be_booked_is_refused_by_name_and_takes_no_place(
    case_api: Here, inspector: As, accepted: Callable[[], tuple[As, str]], database: Db, plain_item: str
) -> None:
    citizen, case_id = accepted()
    elsewhere = slot(case_api.by(officer("review", department=OTHER_DEPARTMENT), service=VISITS))
    for wrong in (elsewhere, str(uuid.uuid4())):
        with refused(INVALID, "SLOT_UNKNOWN") as refusal:
            citizen.BookVisit(case_id=case_id, slot_id=wrong)
        assert refusal.fields == {"slot_id": "SLOT_UNKNOWN"}
    past = slot(inspector)
    database["slots"].update_one({"_id": past}, {"$set": {"start": now() - timedelta(seconds=1)}})
    with refused(PRECONDITION, "SLOT_PAST"):
        citizen.BookVisit(case_id=case_id, slot_id=past)
    open = slot(inspector)
    uninspected = case_api.by(citizen.actor).SubmitCase(item_id=plain_item).id
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        citizen.BookVisit(case_id=uninspected, slot_id=open)
    for stranger in (person(), delegate(citizen.actor)):  # type: ignore[arg-type]
        with refused(NOT_FOUND):
            case_api.by(stranger, service=VISITS).BookVisit(case_id=case_id, slot_id=open)
    assert room(database, open) == (1, [])


def test_slots_are_listed_page_by_page_to_those_of_the_case_only(
    case_api: Here, inspector: As, accepted: Callable[[], tuple[As, str]], database: Db
) -> None:
    citizen, case_id = accepted()
    opened = [slot(inspector, hours=hours) for hours in (24, 25, 26, 27)]
    full, past = slot(inspector, hours=28), slot(inspector, hours=29)
    other, other_id = accepted()
    other.BookVisit(case_id=other_id, slot_id=full)
    database["slots"].update_one({"_id": past}, {"$set": {"start": now() - timedelta(seconds=1)}})
    found, token = [], ""
    while True:
        page = citizen.ListSlots(case_id=case_id, page_size=3, page_token=token)
        found += [one.id for one in page.slots]
        token = page.next_page_token
        if not token:
            break
    assert found == opened
    assert [one.id for one in inspector.ListSlots().slots] == opened
    assert not case_api.by(officer("review", department=OTHER_DEPARTMENT), service=VISITS).ListSlots().slots
    for stranger in (person(), officer("review", department=OTHER_DEPARTMENT)):
        with refused(NOT_FOUND):
            case_api.by(stranger, service=VISITS).ListSlots(case_id=case_id)
    with refused(INVALID, "REQUIRED"):
        citizen.ListSlots()
    with refused(INVALID, "MALFORMED"):
        citizen.ListSlots(case_id=case_id, page_token="nonsense")


def test_slots_are_opened_once_by_one_request_and_none_of_them_when_one_is_wrong(inspector: As, database: Db) -> None:
    request = {"request_id": uuid.uuid4().hex, "slots": [times(), times(hours=30)]}
    first = [one.id for one in inspector.OpenSlots(**request).slots]
    assert [one.id for one in inspector.OpenSlots(**request).slots] == first
    with refused(INVALID, "REQUEST_ID_REUSED"):
        inspector.OpenSlots(request_id=request["request_id"], slots=[times(hours=50)])
    with refused(INVALID, "SLOT_PAST") as refusal:
        inspector.OpenSlots(slots=[times(), times(hours=-1)])
    assert refusal.fields == {"slots[1].start": "SLOT_PAST"}
    with refused(INVALID) as refusal:
        inspector.OpenSlots(slots=[times(capacity=51)])
    assert list(refusal.fields) == ["slots[0].capacity"]
    assert len(list(database["slots"].find({}))) == 2


def test_when_nobody_came_an_officer_reschedules_with_a_reason_and_the_applicant_books_again(
    case_api: Here, inspector: As, accepted: Callable[[], tuple[As, str]], database: Db
) -> None:
    id, (citizen, case_id) = slot(inspector), accepted()
    citizen.BookVisit(case_id=case_id, slot_id=id)
    begin(database, case_id, id)
    with refused(PRECONDITION, "VISIT_BEGUN"):
        citizen.CancelVisit(case_id=case_id)
    with refused(NOT_FOUND):
        case_api.by(officer("review", department=OTHER_DEPARTMENT), service=VISITS).RescheduleVisit(
            case_id=case_id, reason="改期"
        )
    inspector.RescheduleVisit(case_id=case_id, reason="勘验人员因故未到场")
    seen = case_api.by(citizen.actor).GetCase(case_id=case_id)
    assert seen.timeline[-1].text == "勘验人员因故未到场" and "BookVisit" in seen.moves
    again = citizen.BookVisit(case_id=case_id, slot_id=slot(inspector, hours=48))
    assert [one.cancelled for one in again.visits] == [True, False]


def test_an_inspectors_evidence_is_his_own_upload_for_the_case(
    case_api: Here, desk: dict[str, As], inspector: As, accepted: Callable[[], tuple[As, str]], database: Db
) -> None:
    id, (citizen, case_id), (_, other_id) = slot(inspector), accepted(), accepted()
    citizen.BookVisit(case_id=case_id, slot_id=id)
    begin(database, case_id, id)
    mine = case_api.by(inspector.actor)
    with refused(INVALID, "REQUIRED") as refusal:
        upload(mine)
    assert refusal.fields == {"case_id": "REQUIRED"}
    with refused(NOT_FOUND):
        upload(case_api.by(officer("review", department=OTHER_DEPARTMENT)), case_id=case_id)
    foreign = (
        upload(mine, case_id=other_id).id,
        upload(desk["review"], case_id=case_id).id,
        upload(case_api.by(citizen.actor)).id,
        str(uuid.uuid4()),
    )
    for one in foreign:
        with refused(INVALID, "ATTACHMENT_UNKNOWN") as refusal:
            inspector.SignVisit(case_id=case_id, at=now().isoformat(), evidence=[one], **SIGNED)
        assert refusal.fields == {"evidence": "ATTACHMENT_UNKNOWN"}
    kept = upload(mine, case_id=case_id).id
    inspector.SignVisit(case_id=case_id, at=now().isoformat(), evidence=[kept], **SIGNED)
    with refused(PRECONDITION, "ALREADY_SIGNED"):
        inspector.SignVisit(case_id=case_id, at=now().isoformat(), **SIGNED)
    files = store.attachments(database)
    cases = store.cases(database)
    files.sweep(now() + timedelta(days=1), lambda file: store.uses_file(cases, file))
    assert files.get(kept) and not files.get(foreign[0]), "evidence of a signature is not swept"
