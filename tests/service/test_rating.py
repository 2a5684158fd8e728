"""rating over the wire and from events: one invitation per case, one rating, totals that no order and no repeat falsifies."""

import itertools
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from pymongo.database import Database

from chassis import poll, rpc, sessions, tally, tokens
from chassis.acts import Actor
from chassis.config import Settings
from chassis.events import Heard
from chassis.parts import Parts
from chassis.records import broken_at
from chassis.sealed import Keyring
from services.rating import api as rating_api
from services.rating import store, worker
from standards.workdays import SHANGHAI
from tests.support.actors import officer, person, service, trust
from tests.support.broking import outgoing, send
from tests.support.calling import As, refused
from tests.support.serving import MASTER
from tests.support.waiting import wait_until
from yiwang.case.v1.events_pb2 import CaseClosed
from yiwang.identity.v1.events_pb2 import PersonErased, SessionEnded
from yiwang.rating.v1 import service_pb2 as pb

ROOT = Path(__file__).resolve().parents[2]
RATING = pb.DESCRIPTOR.services_by_name["RatingService"]
Db = Database[dict[str, Any]]
ITEM, OTHER_ITEM, DEPARTMENT = str(uuid.uuid4()), str(uuid.uuid4()), "11990121MB0000001K"
EVENTS = {"InvitationOpened": "count", "CaseRated": "count_rating"}


def closed(applicant: str, case: str = "", item: str = ITEM, region: str = "990121101") -> CaseClosed:
    return CaseClosed(
        case_id=case or str(uuid.uuid4()),
        number="9901212611220000001",
        applicant_id=applicant,
        item_id=item,
        item_name="取水许可",
        department=DEPARTMENT,
        department_name="水务局",
        region=region,
    )


@dataclass
class Here:
    """The api and the worker of rating inside this process."""

    parts: Parts
    channel: grpc.Channel
    worker: worker.Worker
    verifier: tokens.Verifier

    def by(self, actor: Actor | None) -> As:
        return As(self.channel, RATING, actor)

    def hear(self, name: str, event: Message, record: str, seq: int) -> None:
        heard: Heard[Any] = Heard(
            f"{record}.{seq}", record, seq, "", "2026-11-22T00:00:00Z", event, f"rating.{name}", ""
        )
        getattr(self.worker, name)(heard)

    def close(self, event: CaseClosed) -> str:
        """As if the case had been closed; returns its id."""
        self.hear("open_invitation", event, event.case_id, 6)
        return event.case_id

    def deliveries(self) -> list[tuple[str, Message, str, int]]:
        """What the relay would send of every invitation: handler, event, record, seq."""
        invitations = store.invitations(self.parts.database)
        return [
            (EVENTS[entry["type"]], invitations.event(entry), document["_id"], entry["seq"])
            for document in invitations.collection.find({})
            for entry in document["journal"]
        ]

    def totals(self, scope: int, id: str, **days: str) -> pb.Totals:
        self.worker.count_ratings()
        found: pb.Totals = self.by(None).GetTotals(scope=scope, id=id, **days)
        return found


@pytest.fixture
def rating(database: Db, monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    monkeypatch.setattr(tally, "SHARE", 1e9)  # recount whenever asked
    trust(database)
    settings = Settings(master_key=MASTER)
    keyring = Keyring(database["keys"], settings.master)
    keyring.ensure_indexes()
    sessions.ensure_indexes(database)
    store.ensure_indexes(database)
    parts = Parts("rating", settings, database, keyring)
    verifier = tokens.Verifier(tokens.KeyBook(database["signing_keys_heard"], lambda: '{"keys": []}').find)
    address = f"unix:/tmp/yiwang-{os.getpid()}-{uuid.uuid4().hex[:8]}.sock"
    server = rpc.Server(address)
    server.add(RATING, rating_api.build(parts).servicer, rpc.Guard(verifier, keyring.request_digest))
    server.start()
    channel = grpc.insecure_channel(address)
    yield Here(parts, channel, worker.build(parts)(), verifier)
    channel.close()
    server._server.stop(0).wait()


# -- one invitation, one rating ----------------------------------------------------------------------------------------


def test_a_closed_case_is_rated_once(rating: Here) -> None:
    ann = person()
    citizen = rating.by(ann)
    case = str(uuid.uuid4())
    with refused(grpc.StatusCode.NOT_FOUND):
        citizen.GetInvitation(case_id=case)
    rating.close(closed(ann.id, case))
    invitation = citizen.GetInvitation(case_id=case)
    assert (invitation.grade, invitation.case_id, invitation.version) == (pb.GRADE_UNSPECIFIED, case, 1)
    rated = citizen.RateCase(case_id=case, grade=pb.GRADE_SATISFIED, comment=" 办得很快 ")
    assert (rated.grade, rated.comment, rated.version) == (pb.GRADE_SATISFIED, "办得很快", 2)
    assert citizen.GetInvitation(case_id=case) == rated
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "RATED_ALREADY"):
        citizen.RateCase(case_id=case, grade=pb.GRADE_VERY_DISSATISFIED)
    document = rating.parts.database["invitations"].find_one({})
    assert document is not None and broken_at(document["journal"]) is None
    assert store.invitations(rating.parts.database).drift(document) == []
    assert "办得很快" not in str(document)


def test_the_same_case_closed_twice_is_one_invitation(rating: Here) -> None:
    event = closed("ann")
    for _ in range(3):
        rating.close(event)
    assert len(rating.deliveries()) == 1


def test_of_ten_ratings_at_one_moment_one_counts(rating: Here) -> None:
    ann = person()
    case, barrier = rating.close(closed(ann.id)), threading.Barrier(10)

    def rate(number: int) -> str:
        barrier.wait()
        try:
            rating.by(ann).RateCase(case_id=case, grade=1 + number % 5)
        except grpc.RpcError as error:
            return str(error.code())
        return "rated"

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(rate, range(10)))
    assert answers.count("rated") == 1
    assert set(answers) == {"rated", str(grpc.StatusCode.FAILED_PRECONDITION)}
    assert [name for name, *_ in rating.deliveries()] == ["count", "count_rating"]


def test_the_same_request_twice_is_one_rating(rating: Here) -> None:
    ann = person()
    case, citizen = rating.close(closed(ann.id)), rating.by(ann)
    once = citizen.RateCase(request_id="request-1", case_id=case, grade=5)
    assert citizen.RateCase(request_id="request-1", case_id=case, grade=5) == once
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        citizen.RateCase(request_id="request-1", case_id=case, grade=1)


def test_a_grade_must_be_given(rating: Here) -> None:
    ann = person()
    case = rating.close(closed(ann.id))
    for grade in (0, 6):
        with refused(grpc.StatusCode.INVALID_ARGUMENT) as said:
            rating.by(ann).RateCase(case_id=case, grade=grade)
        assert list(said.fields) == ["grade"]


# -- whose -------------------------------------------------------------------------------------------------------------


def test_nobody_sees_or_rates_the_case_of_another(rating: Here) -> None:
    ann, bob = person(), person()
    case = rating.close(closed(ann.id))
    with refused(grpc.StatusCode.NOT_FOUND, "NOT_FOUND"):
        rating.by(bob).GetInvitation(case_id=case)
    with refused(grpc.StatusCode.NOT_FOUND, "NOT_FOUND"):
        rating.by(bob).RateCase(case_id=case, grade=5)
    assert list(rating.by(bob).ListInvitations().invitations) == []
    assert [one.case_id for one in rating.by(ann).ListInvitations().invitations] == [case]


@pytest.mark.parametrize("actor", [None, officer("receive", "decide"), service()])
def test_only_persons_have_invitations(rating: Here, actor: Actor | None) -> None:
    case = rating.close(closed(actor.id if actor else ""))
    code = grpc.StatusCode.PERMISSION_DENIED if actor else grpc.StatusCode.UNAUTHENTICATED
    caller = rating.by(actor)
    for call in (
        lambda: caller.GetInvitation(case_id=case),
        lambda: caller.ListInvitations(),
        lambda: caller.RateCase(case_id=case, grade=5),
    ):
        with refused(code):
            call()


def test_invitations_are_listed_newest_first_page_by_page(rating: Here) -> None:
    ann = person()
    cases = [rating.close(closed(ann.id)) for _ in range(7)]
    rating.close(closed("bob"))
    seen, token = [], ""
    for _ in range(4):
        answer = rating.by(ann).ListInvitations(page_size=3, page_token=token)
        seen += [one.case_id for one in answer.invitations]
        token = answer.next_page_token
        if not token:
            break
    assert set(seen) == set(cases) and len(seen) == 7
    times = [one.opened_at for one in rating.by(ann).ListInvitations().invitations]
    assert times == sorted(times, reverse=True)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED"):
        rating.by(ann).ListInvitations(page_token="x")


def test_a_person_who_is_forgotten_leaves_a_grade_and_no_word(rating: Here) -> None:
    ann = person()
    case, citizen = rating.close(closed(ann.id)), rating.by(ann)
    citizen.RateCase(case_id=case, grade=5, comment="办得很快")
    for _ in range(2):
        rating.hear("forget_person", PersonErased(person_id=ann.id), ann.id, 9)
    invitation = citizen.GetInvitation(case_id=case)
    assert (invitation.comment, invitation.grade) == ("", 5)


def test_a_session_that_ended_is_refused(rating: Here) -> None:
    ann = person()
    event = SessionEnded(session_id=ann.session, reason="SIGNED_OUT", tokens_end="2999-01-01T00:00:00Z")
    for _ in range(2):
        rating.hear("refuse_session", event, "s", 2)
    poll._once(rating.parts, rating.verifier, [], datetime.now(UTC) - timedelta(hours=1))
    with refused(grpc.StatusCode.UNAUTHENTICATED):
        rating.by(ann).ListInvitations()


# -- totals ------------------------------------------------------------------------------------------------------------


def some_ratings(rating: Here) -> None:
    """Five cases of one item and one of another: four rated, two not."""
    for grade, item in ((5, ITEM), (5, ITEM), (3, ITEM), (0, ITEM), (0, ITEM), (1, OTHER_ITEM)):
        one = person()
        case = rating.close(closed(one.id, item=item))
        if grade:
            rating.by(one).RateCase(case_id=case, grade=grade)


def as_counted(totals: pb.Totals) -> tuple[int, ...]:
    return (
        totals.invited,
        totals.rated,
        totals.very_satisfied,
        totals.satisfied,
        totals.fairly_satisfied,
        totals.dissatisfied,
        totals.very_dissatisfied,
    )


@pytest.mark.parametrize("order", ["as they come", "reversed", "twice", "reversed twice", "alternating"])
def test_totals_are_the_same_in_any_order_and_however_often(rating: Here, order: str) -> None:
    some_ratings(rating)
    heard = rating.deliveries()
    if "reversed" in order:
        heard.reverse()
    if "twice" in order:
        heard *= 2
    if order == "alternating":
        heard = list(itertools.chain.from_iterable(zip(heard, reversed(heard), strict=True)))
    for delivery in heard:
        rating.hear(*delivery)
    assert as_counted(rating.totals(pb.TOTAL_SCOPE_ITEM, ITEM)) == (5, 3, 2, 0, 1, 0, 0)
    assert as_counted(rating.totals(pb.TOTAL_SCOPE_ITEM, OTHER_ITEM)) == (1, 1, 0, 0, 0, 0, 1)
    assert as_counted(rating.totals(pb.TOTAL_SCOPE_DEPARTMENT, DEPARTMENT)) == (6, 4, 2, 0, 1, 0, 1)
    assert as_counted(rating.totals(pb.TOTAL_SCOPE_COUNTY, "990121")) == (6, 4, 2, 0, 1, 0, 1)


def test_totals_of_days_count_the_day_the_invitation_was_opened(rating: Here) -> None:
    some_ratings(rating)
    for delivery in rating.deliveries():
        rating.hear(*delivery)
    today = datetime.now(SHANGHAI).date()
    past, coming = (today - timedelta(days=1)).isoformat(), (today + timedelta(days=1)).isoformat()
    scope, id = pb.TOTAL_SCOPE_COUNTY, "990121"
    assert rating.totals(scope, id, from_day=past, to_day=coming).invited == 6
    assert rating.totals(scope, id, from_day=today.isoformat(), to_day=today.isoformat()).invited == 6
    assert rating.totals(scope, id, to_day=past).invited == 0
    assert rating.totals(scope, id, from_day=coming).invited == 0


def test_totals_of_what_nobody_rated_are_nothing(rating: Here) -> None:
    some_ratings(rating)
    for delivery in rating.deliveries():
        rating.hear(*delivery)
    for scope, id in ((pb.TOTAL_SCOPE_COUNTY, "9901"), (pb.TOTAL_SCOPE_ITEM, DEPARTMENT), (pb.TOTAL_SCOPE_ITEM, "x")):
        assert as_counted(rating.totals(scope, id)) == (0,) * 7
    with refused(grpc.StatusCode.INVALID_ARGUMENT):
        rating.by(None).GetTotals(scope=pb.TOTAL_SCOPE_ITEM, id=ITEM, from_day="yesterday")


# -- the worker itself -------------------------------------------------------------------------------------------------


def test_a_closed_case_reaches_the_totals_through_the_broker(rating: Here, mongodb_uri: str, amqp_uri: str) -> None:
    environment = os.environ | {
        "MONGODB_URI": mongodb_uri,
        "AMQP_URI": amqp_uri,
        "MASTER_KEY": MASTER,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
    }
    ann = person()
    event = closed(ann.id)
    send(amqp_uri, *[outgoing(event, event.case_id, 6)] * 2)
    command = [sys.executable, "-m", "services.rating", "worker"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        citizen, everyone = rating.by(ann), rating.by(None)
        wait_until(lambda: list(citizen.ListInvitations().invitations), "the invitation", 40)
        citizen.RateCase(case_id=event.case_id, grade=pb.GRADE_VERY_SATISFIED)

        def counted() -> bool:
            totals = everyone.GetTotals(scope=pb.TOTAL_SCOPE_ITEM, id=ITEM)
            return as_counted(totals) == (1, 1, 1, 0, 0, 0, 0)

        wait_until(counted, "the totals", 20)
    finally:
        process.terminate()
        process.wait(30)
