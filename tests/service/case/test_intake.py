"""One window: any window receives, the item's department decides, and what goes from one to the other is compared by its receipt."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc
import pytest

from chassis.acts import now
from services.case import store, store_items
from services.case.timing import timing_of
from standards import real_names
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, delegate, officer, person
from tests.support.calling import As, refused
from tests.support.case_service import DENIED, INVALID, NOT_FOUND, PRECONDITION, Db, drifted, hear, journal, status
from tests.support.items import FORM, PDF, definition, publish, simple
from tests.support.serving import Here
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.identity.v1.events_pb2 import CountySaved

APPLICANT = person()


@pytest.fixture
def window(case_api: Here) -> As:
    """An officer at a window of another department than the one that decides."""
    return case_api.by(officer("receive", id="at-the-window", department=OTHER_DEPARTMENT), service="IntakeService")


@pytest.fixture
def deciding(case_api: Here) -> As:
    return case_api.by(officer("receive", id="deciding"), service="IntakeService")


def uploaded(case_api: Here, window: As) -> list[pb.HandedIn]:
    one = case_api.by(window.actor).UploadAttachment(filename="申请书.pdf", content=PDF, applicant_id=APPLICANT.id)
    return [pb.HandedIn(material="application", attachments=[one.id])]


def receive(case_api: Here, window: As, item: str, **more: Any) -> pb.Case:
    asked = {"applicant_id": APPLICANT.id, "item_id": item, "form": FORM, "window_id": "A01"}
    return window.ReceiveApplication(**(asked | {"materials": uploaded(case_api, window)} | more))


def test_what_a_window_receives_goes_to_the_department_of_the_item_and_is_handed_over_by_its_receipt(
    case_api: Here, window: As, deciding: As, database: Db
) -> None:
    case = receive(case_api, window, publish(database, definition(online=False)))
    assert (status(case), case.department, case.receiving_department) == ("RECEIVED", DEPARTMENT, OTHER_DEPARTMENT)
    assert pb.Channel.Name(case.channel) == "CHANNEL_WINDOW" and case.accept_due
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        deciding.TakeOverCase(case_id=case.id, receipt_digest=case.receipt_digest)
    assert [one.id for one in window.ListReceived(waiting=True).cases] == [case.id]
    with refused(PRECONDITION, "RECEIPT_DIFFERS"):
        window.HandOverCase(case_id=case.id, receipt_digest="0" * 64)
    sent = window.HandOverCase(case_id=case.id, receipt_digest=case.receipt_digest)
    assert sent.sent_at and not window.ListReceived(waiting=True).cases
    with refused(PRECONDITION, "RECEIPT_DIFFERS"):
        deciding.TakeOverCase(case_id=case.id, receipt_digest="0" * 64)
    taken = deciding.TakeOverCase(case_id=case.id, receipt_digest=case.receipt_digest)
    assert (status(taken), bool(taken.taken_at)) == ("SUBMITTED", True)
    assert taken.accept_due == case.accept_due, "the five days count from the window"
    assert drifted(case_api) == {}


def test_once_handed_over_the_window_sees_how_far_it_is_and_nothing_that_was_filled_in(
    case_api: Here, window: As, deciding: As, database: Db
) -> None:
    case = receive(case_api, window, publish(database, definition()))
    at_window = case_api.by(window.actor)
    assert at_window.GetCase(case_id=case.id).answers
    window.HandOverCase(case_id=case.id, receipt_digest=case.receipt_digest)
    deciding.TakeOverCase(case_id=case.id, receipt_digest=case.receipt_digest)
    seen = at_window.GetCase(case_id=case.id)
    assert not seen.answers and not any(one.attachments for one in seen.materials) and list(seen.moves) == []
    assert status(seen) == "SUBMITTED"
    reviewer = case_api.by(officer("review", id="reviewer"))
    case_api.by(deciding.actor).AcceptCase(case_id=case.id)
    written = reviewer.PassReviewStep(case_id=case.id, opinion="内部审查意见")
    assert written.timeline[-1].text and not any(one.text for one in at_window.GetCase(case_id=case.id).timeline)
    for act in ("AcceptCase", "RequestCorrection"):
        fields = {"notice": "请补正", "materials": ["plan"]} if act == "RequestCorrection" else {}
        with refused(NOT_FOUND):
            getattr(at_window, act)(case_id=case.id, **fields)
    with refused(NOT_FOUND):
        case_api.by(deciding.actor, service="IntakeService").HandOverCase(
            case_id=case.id, receipt_digest=case.receipt_digest
        )


def test_what_the_own_department_decides_is_received_on_the_spot_by_somebody_who_may_not_decide_it(
    case_api: Here, deciding: As, database: Db
) -> None:
    case = receive(case_api, deciding, publish(database, definition(steps=[])))
    assert (status(case), case.receiving_department) == ("SUBMITTED", "")
    assert not case_api.by(deciding.actor, service="IntakeService").ListReceived().cases, "nothing goes anywhere"
    case_api.by(officer("receive", id="accepting")).AcceptCase(case_id=case.id)
    for id in ("deciding", "accepting"):
        with refused(PRECONDITION, "RECEIVER_MAY_NOT_DECIDE"):
            case_api.by(officer("decide", id=id)).DecideCase(case_id=case.id, granted=True)


def test_who_received_it_at_a_window_does_not_decide_it_after_a_move_to_the_department_that_does(
    case_api: Here, window: As, deciding: As, database: Db
) -> None:
    case = receive(case_api, window, publish(database, definition(steps=[])))
    window.HandOverCase(case_id=case.id, receipt_digest=case.receipt_digest)
    deciding.TakeOverCase(case_id=case.id, receipt_digest=case.receipt_digest)
    case_api.by(deciding.actor).AcceptCase(case_id=case.id)
    with refused(PRECONDITION, "RECEIVER_MAY_NOT_DECIDE"):
        case_api.by(officer("decide", id="at-the-window")).DecideCase(case_id=case.id, granted=True)


def test_receiving_and_deciding_departments_do_nothing_in_each_others_name(
    case_api: Here, window: As, deciding: As, database: Db
) -> None:
    case = receive(case_api, window, publish(database, definition()))
    same = {"case_id": case.id, "receipt_digest": case.receipt_digest}
    with refused(NOT_FOUND):
        deciding.HandOverCase(**same)
    at_window = case_api.by(officer("receive", "review", "decide", department=OTHER_DEPARTMENT))
    for act, told in (("AcceptCase", {}), ("RefuseCase", {"reason": "不符合"}), ("DecideCase", {"granted": True})):
        with refused(NOT_FOUND):
            getattr(at_window, act)(case_id=case.id, **told)
    window.HandOverCase(**same)
    with refused(NOT_FOUND):
        window.TakeOverCase(**same)
    for role in ("review", "decide", "issue"):
        with refused(DENIED, "NOT_ALLOWED"):
            case_api.by(officer(role), service="IntakeService").TakeOverCase(**same)


def test_of_two_who_hand_over_or_take_over_at_once_one_does(
    case_api: Here, window: As, deciding: As, database: Db
) -> None:
    case = receive(case_api, window, publish(database, definition()))
    same = {"case_id": case.id, "receipt_digest": case.receipt_digest}

    def outcome(act: Any) -> str:
        try:
            act(**same)
        except grpc.RpcError as error:
            assert error.code() == PRECONDITION
            return "refused"
        return "done"

    for act in (window.HandOverCase, deciding.TakeOverCase):
        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(outcome, [act] * 4)) == ["done", "refused", "refused", "refused"]
    types = [one["type"] for one in journal(database, case.id)]
    assert types == ["CaseSubmitted", "MaterialsSent", "MaterialsTaken"] and drifted(case_api) == {}


def test_the_same_request_again_is_the_same_case_and_the_same_hand_over(
    case_api: Here, window: As, database: Db
) -> None:
    item = publish(database, simple())
    asked = {"applicant_id": APPLICANT.id, "item_id": item, "window_id": "A01", "request_id": "at-the-window-1"}
    first = window.ReceiveApplication(**asked)
    assert window.ReceiveApplication(**asked).id == first.id
    with refused(INVALID, "REQUEST_ID_REUSED"):
        window.ReceiveApplication(**(asked | {"window_id": "A02"}))
    sending = {"case_id": first.id, "receipt_digest": first.receipt_digest, "request_id": "sending-it-on-1"}
    assert window.HandOverCase(**sending).version == window.HandOverCase(**sending).version == 2


def test_what_a_window_received_is_listed_newest_first_page_by_page(case_api: Here, window: As, database: Db) -> None:
    item = publish(database, simple())
    asked = {"applicant_id": APPLICANT.id, "item_id": item, "window_id": "A01"}
    ids = [window.ReceiveApplication(**asked).id for _ in range(3)]
    window.HandOverCase(case_id=ids[2], receipt_digest=window.ListReceived(page_size=1).cases[0].receipt_digest)
    first = window.ListReceived(page_size=2)
    rest = window.ListReceived(page_size=2, page_token=first.next_page_token)
    assert [one.id for one in (*first.cases, *rest.cases)] == ids[::-1]
    assert [one.id for one in window.ListReceived(waiting=True).cases] == [ids[1], ids[0]]
    assert not any(one.answers or one.timeline for one in first.cases)


def test_a_window_takes_nothing_where_the_county_closed_it_or_the_item_takes_no_applications(
    case_api: Here, window: As, database: Db
) -> None:
    item = publish(database, simple(required_level=real_names.IN_PERSON))
    asked = {"applicant_id": APPLICANT.id, "item_id": item, "window_id": "A01"}
    assert window.ReceiveApplication(**asked).id, "who stands there has every level"
    with refused(PRECONDITION, "ITEM_CHANGED"):
        window.ReceiveApplication(**asked, edition=2)
    closed = CountySaved(region=REGION, channels=["web", "mobile"])
    hear(case_api, "keep_county", closed, f"county-{REGION}", 1)
    case_api.poll()
    with refused(PRECONDITION, "CHANNEL_CLOSED"):
        window.ReceiveApplication(**asked)
    store_items.Items(database).withdraw(item, 2)
    case_api.poll()
    with refused(PRECONDITION, "ITEM_WITHDRAWN"):
        window.ReceiveApplication(**asked)
    with refused(INVALID, "ITEM_UNKNOWN"):
        window.ReceiveApplication(**(asked | {"item_id": str(uuid.uuid4())}))


@pytest.mark.parametrize(
    ("kind", "stated", "arrived", "point"),
    [
        ("helper", pb.CHANNEL_WEB, pb.CHANNEL_AGENT, True),
        ("bank", pb.CHANNEL_KIOSK, pb.CHANNEL_BANK, True),
        ("person", pb.CHANNEL_MOBILE, pb.CHANNEL_MOBILE, False),
        ("", pb.CHANNEL_KIOSK, pb.CHANNEL_KIOSK, False),
        ("", pb.CHANNEL_MOBILE, pb.CHANNEL_MOBILE, False),
    ],
)
def test_each_way_in_arrives_as_what_it_is_with_the_point_that_received_it(
    case_api: Here, database: Db, kind: str, stated: pb.Channel, arrived: pb.Channel, point: bool
) -> None:
    who = delegate(APPLICANT, kind) if kind else APPLICANT
    case = case_api.by(who).SubmitCase(item_id=publish(database, simple()), channel=stated)
    assert (case.channel, case.agent_organization_id) == (arrived, "organisation-of-agents" if point else "")
    assert (case.department, status(case), case.receiving_department) == (DEPARTMENT, "SUBMITTED", "")
    seen = case_api.by(officer("receive")).GetCase(case_id=case.id)
    assert (seen.channel, seen.agent_organization_id) == (case.channel, case.agent_organization_id)


def test_a_case_deemed_accepted_at_the_window_is_the_departments_from_then_on(
    case_api: Here, window: As, deciding: As, database: Db
) -> None:
    case = receive(case_api, window, publish(database, definition()))
    past = now() - timedelta(minutes=1)
    due = {"state.accept_due": past, "state.due": past, "state.due_of": "ACCEPT"}
    database["cases"].update_one({"_id": case.id}, {"$set": due})
    timing_of(database, store.cases(database)).round()
    seen = case_api.by(window.actor).GetCase(case_id=case.id)
    assert (status(seen), seen.deemed, list(seen.answers)) == ("IN_REVIEW", True, [])
    assert case_api.by(deciding.actor).GetCase(case_id=case.id).answers


@pytest.mark.parametrize(
    ("reach", "taken"),
    [
        (catalog.REACH_NONE, False),
        (catalog.REACH_CITY, False),
        (catalog.REACH_PROVINCE, False),
        (catalog.REACH_NATION, True),
    ],
)
def test_a_window_elsewhere_receives_as_far_as_the_item_reaches(
    case_api: Here, database: Db, reach: int, taken: bool
) -> None:
    far = replace(officer("receive", department=OTHER_DEPARTMENT), region="450103")
    item = publish(database, simple(reach=reach))
    window = case_api.by(far, service="IntakeService")
    asked = {"applicant_id": APPLICANT.id, "item_id": item, "window_id": "B02"}
    if taken:
        case = window.ReceiveApplication(**asked)
        assert (case.receiving_region, case.region) == ("450103", REGION)
        return
    with refused(DENIED, "REACH"):
        window.ReceiveApplication(**asked)


def test_a_window_names_what_is_wrong_and_only_hands_in_what_it_uploaded_for_this_applicant(
    case_api: Here, window: As, database: Db
) -> None:
    item = publish(database, definition())
    with refused(INVALID) as refusal:
        receive(case_api, window, item, form={}, materials=[])
    assert set(refusal.fields) == {"form[name]", "form[phone]", "materials[application]"}
    others = case_api.by(officer("receive", id="another", department=OTHER_DEPARTMENT))
    foreign = others.UploadAttachment(filename="a.pdf", content=PDF, applicant_id=APPLICANT.id)
    at_window, elses = case_api.by(window.actor), person()
    another_persons = at_window.UploadAttachment(filename="a.pdf", content=PDF, applicant_id=elses.id)
    own = case_api.by(APPLICANT).UploadAttachment(filename="a.pdf", content=PDF, applicant_id=elses.id)
    for file in (foreign, another_persons, own):
        with refused(INVALID) as refusal:
            receive(case_api, window, item, materials=[pb.HandedIn(material="application", attachments=[file.id])])
        assert refusal.fields == {"materials[application]": "ATTACHMENT_UNKNOWN"}
    with refused(INVALID) as refusal:
        at_window.UploadAttachment(filename="a.pdf", content=PDF)
    assert refusal.fields == {"case_id": "REQUIRED"}
    assert store.cases(database).find({"state.applicant_id": APPLICANT.id}) is None, "nothing half-written"


def test_the_applicant_sees_what_the_window_received_for_him_and_nobody_elses_window_does(
    case_api: Here, window: As, database: Db
) -> None:
    case = receive(case_api, window, publish(database, definition()))
    assert case_api.by(APPLICANT).GetCase(case_id=case.id).query_code
    third = case_api.by(officer("receive", department="11990121MB0000009"), service="IntakeService")
    assert not third.ListReceived().cases
    with refused(NOT_FOUND):
        third.HandOverCase(case_id=case.id, receipt_digest=case.receipt_digest)
    assert "张三丰" not in str(journal(database, case.id))
