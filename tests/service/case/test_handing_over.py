"""Open work of officers who leave: it goes to the successor, however the events arrive, and two persons stay two."""

import itertools
import uuid
from datetime import timedelta

import pytest
from google.protobuf.message import Message

from chassis.acts import now
from services.case import worker
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, officer
from tests.support.calling import As, refused
from tests.support.case_service import PRECONDITION, Db, drifted, handed_in, hear, journal
from tests.support.items import definition, publish, simple
from tests.support.serving import Here
from yiwang.case.v1 import service_pb2 as pb
from yiwang.identity.v1.events_pb2 import OfficerDismissed, OfficerTransferred

ROLES = ("receive", "review", "decide", "issue")


class Post:
    """An officer of the department, and how he leaves it."""

    def __init__(self, case_api: Here, department: str = DEPARTMENT) -> None:
        self.id, self._api, self.department = str(uuid.uuid4()), case_api, department
        self.desk: As = case_api.by(officer(*ROLES, id=self.id, department=department))

    def leaves(
        self, successor: "Post | None" = None, seq: int = 2, time: str = ""
    ) -> "tuple[str, Message, str, int, str]":
        """The event of it, to be delivered: by transfer when there is a successor, else by dismissal."""
        kind, handler = (OfficerTransferred, "hand_over") if successor else (OfficerDismissed, "take_back")
        event = kind(officer_id=self.id, department=self.department, successor_id=successor.id if successor else "")
        return handler, event, self.id, seq, time or now().isoformat()


def handler_of(database: Db, case: str) -> str:
    return str((database["cases"].find_one({"_id": case}) or {})["state"]["handler_id"])


def handed(database: Db, case: str) -> list[tuple[str, str]]:
    data = [entry["data"] for entry in journal(database, case) if entry["type"] == "CaseHandedOver"]
    return [(one["fromOfficerId"], one.get("toOfficerId", "")) for one in data]


@pytest.fixture
def ann(case_api: Here) -> Post:
    return Post(case_api)


@pytest.fixture
def bob(case_api: Here) -> Post:
    return Post(case_api)


@pytest.fixture
def cai(case_api: Here) -> Post:
    return Post(case_api)


def test_who_acts_on_a_case_handles_it_and_has_it_in_his_own_inbox(
    citizen: As, ann: Post, bob: Post, plain_item: str
) -> None:
    case, untouched = (citizen.SubmitCase(item_id=plain_item).id for _ in range(2))
    assert not ann.desk.ListInbox(mine=True).cases
    assert ann.desk.AcceptCase(case_id=case).handler_id == ann.id
    assert [one.id for one in ann.desk.ListInbox(mine=True).cases] == [case]
    for light, count in ((pb.LIGHT_GREEN, 1), (pb.LIGHT_RED, 0)):
        assert len(ann.desk.ListInbox(mine=True, light=light).cases) == count
        assert not bob.desk.ListInbox(mine=True, light=light).cases
    assert bob.desk.PassReviewStep(case_id=case, opinion="合格").handler_id == bob.id, "who acted last"
    assert not ann.desk.ListInbox(mine=True).cases
    assert {one.id for one in ann.desk.ListInbox().cases} == {case, untouched}
    assert citizen.GetCase(case_id=case).handler_id == "", "the applicant does not learn who"


@pytest.mark.parametrize("deliveries", [1, 3])
def test_open_work_goes_to_the_successor_and_ended_or_untouched_or_others_work_does_not(
    case_api: Here, citizen: As, ann: Post, bob: Post, cai: Post, plain_item: str, database: Db, deliveries: int
) -> None:
    open_ones, (ended, untouched, others) = (
        [citizen.SubmitCase(item_id=plain_item).id for _ in range(count)] for count in (3, 3)
    )
    for id in open_ones:
        ann.desk.AcceptCase(case_id=id)
    ann.desk.RefuseCase(case_id=ended, reason="不属于本机关")
    cai.desk.AcceptCase(case_id=others)
    left = ann.leaves(bob)
    for _ in range(deliveries):
        hear(case_api, *left)
    for id in open_ones:
        assert handed(database, id) == [(ann.id, bob.id)]
        assert journal(database, id)[-1]["by"] == "system:case"
    assert {one.id for one in bob.desk.ListInbox(mine=True).cases} == set(open_ones)
    assert handed(database, ended) == handed(database, untouched) == handed(database, others) == []
    assert citizen.GetCase(case_id=open_ones[0]).timeline[-1].title == "办理人员变更"
    assert drifted(case_api) == {}


def test_without_a_successor_it_stays_in_the_departments_inbox_without_a_handler(
    case_api: Here, citizen: As, ann: Post, bob: Post, plain_item: str, database: Db
) -> None:
    case = citizen.SubmitCase(item_id=plain_item).id
    ann.desk.AcceptCase(case_id=case)
    for _ in range(2):
        hear(case_api, *ann.leaves())
    assert handed(database, case) == [(ann.id, "")]
    assert [one.id for one in bob.desk.ListInbox().cases] == [case] and not bob.desk.ListInbox(mine=True).cases


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_whoever_leaves_after_whom_and_whatever_is_heard_first_the_work_ends_with_who_is_there(
    case_api: Here, citizen: As, plain_item: str, database: Db, order: tuple[int, ...]
) -> None:
    ann, bob, cai, dan = (Post(case_api) for _ in range(4))
    posts = (ann, bob, cai)
    ids = [citizen.SubmitCase(item_id=plain_item).id for _ in posts]
    for post, id in zip(posts, ids, strict=True):
        post.desk.AcceptCase(case_id=id)
    base = now()
    times = [(base + timedelta(minutes=number)).isoformat() for number in range(3)]
    events = [ann.leaves(bob, 2, times[0]), bob.leaves(cai, 2, times[1]), cai.leaves(dan, 2, times[2])]
    for number in order:
        hear(case_api, *events[number])
        hear(case_api, *events[number])
    assert [handler_of(database, id) for id in ids] == [dan.id] * 3
    assert drifted(case_api) == {}


def test_an_event_heard_late_takes_nothing_from_who_has_come_back(
    case_api: Here, citizen: As, ann: Post, bob: Post, plain_item: str, database: Db
) -> None:
    case = citizen.SubmitCase(item_id=plain_item).id
    ann.desk.AcceptCase(case_id=case)
    long_ago = (now() - timedelta(days=1)).isoformat()
    hear(case_api, *ann.leaves(bob, 2, long_ago))
    assert (handler_of(database, case), handed(database, case)) == (ann.id, [])


def test_an_older_departure_heard_after_a_newer_one_changes_nothing(
    case_api: Here, citizen: As, ann: Post, bob: Post, cai: Post, plain_item: str, database: Db
) -> None:
    case = citizen.SubmitCase(item_id=plain_item).id
    ann.desk.AcceptCase(case_id=case)
    newer, older = ann.leaves(cai, 9), ann.leaves(bob, 4, (now() - timedelta(days=30)).isoformat())
    for event in (newer, older, newer):
        hear(case_api, *event)
    assert handed(database, case) == [(ann.id, cai.id)]


def test_what_was_taken_up_while_he_was_leaving_is_handed_over_by_the_clock(
    case_api: Here, citizen: As, ann: Post, bob: Post, plain_item: str, database: Db
) -> None:
    case = citizen.SubmitCase(item_id=plain_item).id
    hear(case_api, *ann.leaves(bob))
    ann.desk.AcceptCase(case_id=case)  # with a token that is good for some seconds still
    assert handler_of(database, case) == ann.id
    timed = worker.build(case_api.parts)()
    for _ in range(2):
        timed.finish_hand_overs()
    assert handed(database, case) == [(ann.id, bob.id)]


def test_work_in_another_department_stays_with_him(
    case_api: Here, citizen: As, ann: Post, bob: Post, database: Db
) -> None:
    department = definition().department
    department.code = OTHER_DEPARTMENT
    elsewhere = citizen.SubmitCase(item_id=publish(database, simple(department=department))).id
    same = case_api.by(officer(*ROLES, id=ann.id, department=OTHER_DEPARTMENT))
    same.AcceptCase(case_id=elsewhere)
    hear(case_api, *ann.leaves(bob))
    assert handler_of(database, elsewhere) == ann.id


def test_two_persons_stay_two_whatever_was_handed_over(
    case_api: Here, citizen: As, ann: Post, bob: Post, cai: Post, database: Db
) -> None:
    """Asked for by one, accepted by another, handed over: none of the receivers decides, the successor may."""
    item = publish(database, definition(steps=[], form_fields=[]))
    case = citizen.SubmitCase(item_id=item, materials=handed_in(citizen)).id
    ann.desk.RequestCorrection(case_id=case, materials=["plan"], notice="请补平面图")
    citizen.CorrectCase(case_id=case, materials=handed_in(citizen, "plan"))
    bob.desk.AcceptCase(case_id=case)
    hear(case_api, *bob.leaves(cai))
    for receiver in (ann, bob):
        with refused(PRECONDITION, "RECEIVER_MAY_NOT_DECIDE"):
            receiver.desk.DecideCase(case_id=case, granted=True)
        assert "DecideCase" not in receiver.desk.GetCase(case_id=case).moves
    assert cai.desk.DecideCase(case_id=case, granted=True).status
