"""The message centre: what somebody is told stands there, nobody else sees it, and a receipt is real."""

import uuid

import pytest

from chassis.errors import NotYet
from services.message import model, store
from services.message.model_texts import CENTRE
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, handler, officer, person
from tests.support.calling import refused
from tests.support.messages import MessageHere, somebody
from yiwang.case.v1 import events_pb2 as case
from yiwang.identity.v1 import events_pb2 as identity
from yiwang.message.v1 import service_pb2 as pb
from yiwang.policy.v1 import events_pb2 as policy


def test_a_person_reads_his_own_notices_newest_first_and_nobody_elses(here: MessageHere) -> None:
    one, actor = somebody(here)
    notices = [here.correction(one.id).id for _ in range(3)]
    other = person(str(uuid.uuid4()))
    listed = here.told(actor).ListNotices(page_size=2)
    rest = here.told(actor).ListNotices(page_size=2, page_token=listed.next_page_token)
    assert [row.id for row in [*listed.notices, *rest.notices]] == notices[::-1]
    assert listed.notices[0].title == "请补齐申请材料（补正告知）" and "2026年12月3日" in listed.notices[0].text
    assert not here.told(other).ListNotices().notices
    with refused() as refusal:
        here.told(other).GetNotice(notice_id=notices[0])
    assert refusal.reason == "NOT_FOUND"
    with refused() as refusal:
        here.told(other).ReadNotice(notice_id=notices[0])
    assert refusal.reason == "NOT_FOUND"


def test_a_receipt_says_who_opened_it_first_and_is_proof(here: MessageHere) -> None:
    one, actor = somebody(here)
    notice = here.correction(one.id)
    assert here.told(actor).CountUnread().unread == 1
    read = here.told(actor).ReadNotice(notice_id=notice.id)
    assert read.read_at and read.status == model.TOLD and read.told_by == CENTRE
    again = here.told(actor).ReadNotice(notice_id=notice.id)
    assert (again.read_at, again.version) == (read.read_at, read.version)
    assert here.told(actor).CountUnread().unread == 0
    assert not here.told(actor).ListNotices(unread_only=True).notices
    entries = [entry["type"] for entry in here.notices.get(notice.id).journal]
    assert entries == ["NoticeRaised", "NoticeRead", "NoticeProven"]


def test_a_handler_reads_what_the_organisation_is_told_and_the_organisation_alone(here: MessageHere) -> None:
    company = person(str(uuid.uuid4()), level=4)
    notice = here.correction(company.id)
    clerk = handler(company)
    assert [row.id for row in here.told(clerk).ListNotices().notices] == [notice.id]
    read = here.told(clerk).ReadNotice(notice_id=notice.id)
    assert read.read_at
    assert here.state(notice.id).read_by == clerk.acting.agent  # type: ignore[union-attr]


def test_an_officer_reads_what_his_desk_is_told(here: MessageHere) -> None:
    one, _ = somebody(here)
    id = here.case(one.id)
    told = here.hear("tell_case", case.CaseCorrected(case_id=id), id, 2)
    (notice,) = here.of_event(told)
    assert notice.state.recipient == f"desk:{DEPARTMENT}:review" and notice.state.status == model.KEPT
    desk, other_role = officer("review"), officer("issue")
    elsewhere = officer("review", department=OTHER_DEPARTMENT)
    assert [row.id for row in here.told(desk).ListNotices().notices] == [notice.id]
    assert here.told(desk).ListNotices().notices[0].link == f"/desk/{id}"
    assert not here.told(other_role).ListNotices().notices and not here.told(elsewhere).ListNotices().notices


def test_kinds_can_be_asked_for_alone(here: MessageHere) -> None:
    one, actor = somebody(here)
    notice = here.correction(one.id)
    listed = here.told(actor).ListNotices(kind=pb.NOTICE_KIND_LEGAL)
    assert [row.id for row in listed.notices] == [notice.id]
    assert not here.told(actor).ListNotices(kind=pb.NOTICE_KIND_RATING).notices


def test_what_the_law_has_told_cannot_be_opted_out_of(here: MessageHere) -> None:
    _, actor = somebody(here)
    with refused() as refusal:
        here.told(actor).SavePreferences(preferences=pb.Preferences(off=[pb.NOTICE_KIND_LEGAL]))
    assert refusal.fields == {"preferences.off[0]": "MUST_BE_TOLD"}
    saved = here.told(actor).SavePreferences(preferences=pb.Preferences(off=[pb.NOTICE_KIND_RATING], digest=True))
    assert (saved.version, list(saved.off), saved.digest) == (1, [pb.NOTICE_KIND_RATING], True)
    with refused() as refusal:
        here.told(actor).SavePreferences(preferences=pb.Preferences())
    assert refusal.reason == "VERSION_MOVED"
    assert here.told(actor).GetPreferences().version == 1


def test_an_event_heard_before_its_case_waits_for_it(here: MessageHere) -> None:
    id = str(uuid.uuid4())
    with pytest.raises(NotYet):
        here.hear("tell_case", case.CorrectionRequested(case_id=id, answer_due="2026-12-03T15:59:59+00:00"), id, 2)
    assert here.notices.collection.count_documents({}) == 0


def test_read_models_keep_the_newest_whatever_order_they_are_heard_in(here: MessageHere) -> None:
    later = policy.ClaimSubmitted(claim_id="c", number="DF1", item_title="新名称", region=REGION)
    earlier = policy.ClaimSubmitted(claim_id="c", number="DF1", item_title="旧名称", region=REGION)
    here.hear("know", policy.ClaimTied(claim_id="c", organization_id="o"), "c", 2)
    here.hear("know", later, "c", 5)
    here.hear("know", earlier, "c", 1)
    matter = store.matter(here.database, "claim", "c", 6)
    assert matter and (matter.who, matter.fields["title"]) == ("person:o", "新名称")
    before = store.matter(here.database, "claim", "c", 2)
    assert before and before.who == "", "nobody was told of what happened before it was anybody's"


def test_a_session_that_ended_reads_nothing(here: MessageHere) -> None:
    one, actor = somebody(here)
    here.correction(one.id)
    here.hear(
        "refuse_session",
        identity.SessionEnded(session_id=actor.session, tokens_end="2100-01-01T00:00:00+00:00"),
        "s",
        1,
    )
    here.poll()
    with refused() as refusal:
        here.told(actor).ListNotices()
    assert refusal.reason == "TOKEN_REFUSED"
