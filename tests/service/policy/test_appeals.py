"""Appeals of enterprises as they are asked, routed, answered and rated, and who reads them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import grpc
import pytest

from services.policy import store_appeals, worker_portal
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, officer, person, supervisor
from tests.support.calling import refused
from tests.support.policy_portal import Db, PortalHere, enterprise, portal_here
from yiwang.policy.v1 import appeals_pb2 as pb

Code = grpc.StatusCode
SECRETS = ("扩建用地指标", "厂房扩建用地预审", "19900000558")


@pytest.fixture
def portal(database: Db) -> Iterator[PortalHere]:
    with portal_here(database) as here:
        yield here


def test_an_appeal_goes_its_way_and_everything_of_it_is_on_record(portal: PortalHere) -> None:
    id = portal.appeal_in(pb.APPEAL_STATUS_ANSWERED)
    own = portal.appeals(portal.enterprise.actor)
    with refused(Code.INVALID_ARGUMENT, "REQUIRED") as refusal:
        own.RateAppeal(appeal_id=id, score=1, reason="  ")
    assert list(refusal.fields) == ["reason"]
    rated = own.RateAppeal(appeal_id=id, score=1, reason="没有解决")
    assert rated.status == pb.APPEAL_STATUS_CLOSED and rated.open_moves == ["ReopenAppeal"]
    again = own.ReopenAppeal(appeal_id=id, reason="指标仍未到位")
    assert (again.status, again.reopened, again.department) == (pb.APPEAL_STATUS_RECEIVED, 1, "")
    assert [(one.score, one.reason) for one in again.ratings] == [(1, "没有解决")]
    told = {(line.who, line.what, line.text) for line in again.lines}
    assert ("承办部门", "答复", "指标已于本月下达") in told and ("企业", "再次提出", "指标仍未到位") in told
    # What officers say to each other is no answer.
    assert ("转办人员", "转办", "") in told
    boss = portal.appeals(portal.boss).GetAppeal(appeal_id=id)
    assert ("转办人员", "转办", "请按时受理") in {(line.who, line.what, line.text) for line in boss.lines}
    all = store_appeals.appeals(portal.database)
    assert all.drift(all.collection.find_one({"_id": id})) == []


def test_the_same_request_is_the_same_appeal(portal: PortalHere) -> None:
    first, second = (portal.appeal(request_id="request-of-the-appeal") for _ in range(2))
    assert first == second
    with refused(Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        portal.appeal(request_id="request-of-the-appeal", title="另一件事")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("uscc", "91990121MA0000000X", "NOT_OWN"),
        ("region", "000000", "REGION_UNKNOWN"),
        ("title", " 一 ", "TOO_SHORT"),
        ("text", "  不好  ", "TOO_SHORT"),
    ],
)
def test_what_is_wrong_is_named(portal: PortalHere, field: str, value: str, reason: str) -> None:
    with refused(Code.INVALID_ARGUMENT, reason) as refusal:
        portal.appeal(**{field: value})
    assert list(refusal.fields) == [field]
    assert store_appeals.counties(portal.database).all() == []


def test_only_an_enterprise_asks(portal: PortalHere) -> None:
    for actor in (portal.desk, portal.boss):
        with refused(Code.PERMISSION_DENIED):
            portal.appeal(portal.enterprise._replace(actor=actor))
    with refused(Code.INVALID_ARGUMENT, "NOT_OWN"):
        portal.appeal(portal.enterprise._replace(actor=person(level=3)))


def test_an_appeal_is_there_for_its_enterprise_its_department_and_who_routes_and_for_nobody_else(
    portal: PortalHere,
) -> None:
    id = portal.appeal_in(pb.APPEAL_STATUS_ROUTED)
    for actor in (portal.enterprise.actor, portal.desk, portal.router, portal.boss):
        assert portal.appeals(actor).GetAppeal(appeal_id=id).text == "厂房扩建用地预审已半年没有结果"
    strangers = (
        enterprise().actor,
        person(id=portal.enterprise.actor.id),
        officer("review", department=OTHER_DEPARTMENT),
        supervisor(region="990122"),
        replace(officer("policy", department=OTHER_DEPARTMENT), region="990122"),
    )
    for stranger in strangers:
        service = portal.appeals(stranger)
        with refused(Code.NOT_FOUND):
            service.GetAppeal(appeal_id=id)
        listed = service.ListAppealDesk if stranger.roles else service.ListMyAppeals
        assert not listed(page_size=100).appeals
        acts = [
            ("RouteAppeal", {"department": DEPARTMENT, "department_name": "某局"}),
            ("AcceptAppeal", {}),
            ("ReturnRouting", {"reason": "不属我局"}),
            ("AnswerAppeal", {"text": "已经办了"}),
            ("ExtendAppeal", {"days": 2, "reason": "情况复杂"}),
            ("RateAppeal", {"score": 5}),
            ("ReopenAppeal", {"reason": "没有解决"}),
        ]
        for name, told in acts:
            with refused() as refusal:
                getattr(service, name)(appeal_id=id, **told)
            assert refusal.code in (Code.NOT_FOUND, Code.PERMISSION_DENIED), (name, refusal)
    with refused(Code.UNAUTHENTICATED):
        portal.appeals(None).GetAppeal(appeal_id=id)
    assert portal.appeals(portal.boss).GetAppeal(appeal_id=id).version == 2


def test_a_department_that_gives_it_back_sees_it_no_more(portal: PortalHere) -> None:
    id = portal.appeal_in(pb.APPEAL_STATUS_ROUTED)
    portal.appeals(portal.desk).ReturnRouting(appeal_id=id, reason="属住建局职责")
    with refused(Code.NOT_FOUND):
        portal.appeals(portal.desk).GetAppeal(appeal_id=id)
    assert not portal.appeals(portal.desk).ListAppealDesk().appeals
    lines = portal.appeals(portal.router).GetAppeal(appeal_id=id).lines
    assert "属住建局职责" in {line.text for line in lines}


def test_desks_are_listed_by_department_by_county_and_by_what_is_late(portal: PortalHere) -> None:
    new, routed = portal.appeal().appeal_id, portal.appeal_in(pb.APPEAL_STATUS_ROUTED)
    away = portal.appeal(region="990122101").appeal_id

    def listed(actor: object, **told: object) -> set[str]:
        rows = portal.appeals(actor).ListAppealDesk(**told).appeals  # type: ignore[arg-type]
        assert all(row.title and not row.text and not row.contact and not row.lines for row in rows)
        return {row.appeal_id for row in rows}

    assert listed(portal.desk) == {routed} == listed(portal.desk, mine=True)
    assert listed(portal.router) == {new, routed} and listed(portal.router, mine=True) == set()
    city = supervisor(region="990100")
    assert listed(city) == {new, routed, away} and listed(city, county="990122") == {away}
    assert listed(city, status=pb.APPEAL_STATUS_RECEIVED) == {new, away}
    assert listed(city, kind=pb.APPEAL_KIND_TAX) == set() == listed(city, overdue=True)
    portal.appeals_come_due(new)
    assert listed(city, overdue=True) == {new}
    with refused(Code.INVALID_ARGUMENT, "COUNTY"):
        listed(portal.router, county="990122")
    mine = portal.appeals(portal.enterprise.actor)
    assert {row.appeal_id for row in mine.ListMyAppeals().appeals} == {new, routed, away}
    first = mine.ListMyAppeals(page_size=2)
    rest = mine.ListMyAppeals(page_size=2, page_token=first.next_page_token)
    assert [row.appeal_id for row in (*first.appeals, *rest.appeals)] == [away, routed, new]


def test_what_is_late_is_flagged_once_and_goes_on(portal: PortalHere) -> None:
    id = portal.appeal().appeal_id
    assert portal.appeals_come_due(id).late == ["ROUTING"]
    routed = portal.route(id)
    assert not routed.overdue and list(routed.late) == ["ROUTING"]
    assert portal.appeals_come_due(id).late == ["ROUTING", "ACCEPTANCE"]
    portal.appeals(portal.desk).AcceptAppeal(appeal_id=id)
    portal.appeals_come_due(id)
    with refused(Code.FAILED_PRECONDITION, "APPEAL_OVERDUE"):
        portal.appeals(portal.desk).ExtendAppeal(appeal_id=id, days=2, reason="情况复杂")
    answered = portal.appeals(portal.desk).AnswerAppeal(appeal_id=id, text="已经办结")
    assert list(answered.late) == ["ROUTING", "ACCEPTANCE", "ANSWER"] and not answered.overdue


def test_what_nobody_rates_is_closed_without_a_rating_and_may_still_be_opened_again(portal: PortalHere) -> None:
    id = portal.appeal_in(pb.APPEAL_STATUS_ANSWERED)
    closed = portal.appeals_come_due(id)
    assert closed.status == pb.APPEAL_STATUS_CLOSED and [one.score for one in closed.ratings] == [0]
    own = portal.appeals(portal.enterprise.actor)
    with refused(Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        own.RateAppeal(appeal_id=id, score=5)
    found = counted(portal)
    assert found["rated_default"] == 1 and "rated_5" not in found
    assert own.ReopenAppeal(appeal_id=id, reason="没有解决").reopened == 1
    assert counted(portal)["reopened"] == 1


def test_the_worker_does_by_the_clock_what_is_due(portal: PortalHere) -> None:
    class Alone(worker_portal.HearsPortal):
        """The portal's part of the worker."""

    worker_portal.prepare(Alone, portal.parts)
    appeal, complaint, news = portal.appeal().appeal_id, portal.complain(None).complaint_id, portal.publish()
    portal.accept(complaint)
    question = portal.complaints(portal.boss).AskDepartment(complaint_id=complaint, text="贵局是否一次性告知？")
    past = {"$set": {"state.due": datetime.now(UTC) - timedelta(seconds=1)}}
    due = {"appeals": appeal, "complaints": complaint, "supervision_questions": question.question_id, "news": news}
    for collection, id in due.items():
        portal.database[collection].update_one({"_id": id}, past)
    worker = Alone()
    for fire in (worker.fire_appeal_timers, worker.fire_complaint_timers, worker.fire_news_timers):
        fire()
    for collection, id in due.items():
        state = portal.database[collection].find_one({"_id": id})["state"]
        assert state.get("overdue") or state.get("unconfirmed"), collection


def test_the_stores_clock_ends_the_time_to_open_it_again(portal: PortalHere) -> None:
    id = portal.appeal_in(pb.APPEAL_STATUS_CLOSED)
    past = {"state.reopen_until": datetime.now(UTC) - timedelta(seconds=1)}
    store_appeals.appeals(portal.database).collection.update_one({"_id": id}, {"$set": past})
    with refused(Code.FAILED_PRECONDITION, "REOPEN_OVER"):
        portal.appeals(portal.enterprise.actor).ReopenAppeal(appeal_id=id, reason="没有解决")


def counted(portal: PortalHere) -> dict[str, int]:
    instant = datetime.now(UTC)
    span = instant - timedelta(hours=1), instant + timedelta(hours=1)
    return store_appeals.counts(portal.database, REGION, *span)


def test_numbers_are_of_a_county_and_a_time(portal: PortalHere) -> None:
    portal.appeal()
    portal.appeal(region="990122")
    assert counted(portal) == {"received": 1, "kind_LAND": 1, "status_RECEIVED": 1}
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    assert store_appeals.counts(portal.database, REGION, long_ago, long_ago + timedelta(days=9)) == {}


def test_nothing_that_was_written_stands_in_clear_and_an_erased_organisations_is_gone(portal: PortalHere) -> None:
    id = portal.appeal_in(pb.APPEAL_STATUS_ANSWERED)
    kept = str(portal.database["appeals"].find_one({"_id": id}))
    assert not any(secret in kept for secret in (*SECRETS, "指标已于本月下达", "请按时受理"))
    portal.keyring.erase(portal.enterprise.actor.id, datetime.now(UTC))
    seen = portal.appeals(portal.desk).GetAppeal(appeal_id=id)
    assert (seen.title, seen.text, seen.contact) == ("", "", "") and seen.enterprise_name == "某某食品有限公司"


def test_how_an_enterprise_is_reached_is_for_who_has_something_to_settle(portal: PortalHere) -> None:
    id = portal.appeal_in(pb.APPEAL_STATUS_ANSWERED)
    assert portal.appeals(portal.desk).GetAppeal(appeal_id=id).contact == "19900000558"
    portal.appeals(portal.enterprise.actor).RateAppeal(appeal_id=id, score=5)
    assert portal.appeals(portal.desk).GetAppeal(appeal_id=id).contact == ""
    assert portal.appeals(portal.enterprise.actor).GetAppeal(appeal_id=id).contact == "19900000558"
