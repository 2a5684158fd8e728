"""What departments publish, over the wire: written by one, published by another, down by itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from services.policy import store_news
from standards.workdays import local_day
from tests.support.actors import OTHER_DEPARTMENT, REGION, officer, person, supervisor
from tests.support.calling import refused
from tests.support.policy_portal import Db, PortalHere, news_content, portal_here
from yiwang.policy.v1 import news_pb2 as pb

Code = grpc.StatusCode
PARK = {
    "area": "100000",
    "vacant_area": "20000",
    "industries": "食品、医药",
    "location": "某镇",
    "office_phone": "0826-2345678",
}


@pytest.fixture
def portal(database: Db) -> Iterator[PortalHere]:
    with portal_here(database) as here:
        yield here


def test_one_writes_another_publishes_and_everybody_reads(portal: PortalHere) -> None:
    written = portal.write()
    everybody, reviewer = portal.news(None), portal.news(portal.reviewer)
    for reader in (None, person(), officer("review"), officer("policy", department=OTHER_DEPARTMENT)):
        with refused(Code.NOT_FOUND):
            portal.news(reader).GetNews(news_id=written.news_id)
    assert not everybody.ListNews().news
    with refused(Code.FAILED_PRECONDITION, "WRITER_MAY_NOT_REVIEW"):
        portal.news(portal.writer).ReviewNews(news_id=written.news_id, version=written.version)
    returned = reviewer.ReturnNews(news_id=written.news_id, reason="请补充建设内容")
    assert (returned.waiting, returned.return_reason) == (False, "请补充建设内容")
    again = portal.write(written.news_id, text="园区提供标准厂房二万平方米")
    with refused(Code.ABORTED, "VERSION_MOVED"):
        reviewer.ReviewNews(news_id=written.news_id, version=written.version)
    reviewer.ReviewNews(news_id=written.news_id, version=again.version)
    (listed,) = everybody.ListNews().news
    assert listed.content.text == "园区提供标准厂房二万平方米" and listed.edition == 1
    assert listed == everybody.GetNews(news_id=written.news_id)
    assert not listed.HasField("working") and not listed.writers and not listed.open_moves
    # What is written after it is nobody's yet.
    portal.write(written.news_id, title="改过的标题")
    assert everybody.GetNews(news_id=written.news_id).content.title == "年产五万吨柚子深加工项目"
    assert portal.news(portal.writer).GetNews(news_id=written.news_id).working.title == "改过的标题"
    all = store_news.news(portal.database)
    assert all.drift(all.collection.find_one({"_id": written.news_id})) == []


def test_the_same_request_writes_once(portal: PortalHere) -> None:
    content = news_content()
    first, second = (
        portal.news(portal.writer).SaveNews(request_id="request-of-news", content=content) for _ in range(2)
    )
    assert first == second and len(portal.news(portal.writer).ListNewsDesk().news) == 1


def test_what_is_wrong_is_named_and_leaves_nothing_behind(portal: PortalHere) -> None:
    with refused(Code.INVALID_ARGUMENT) as refusal:
        portal.write(text="联系电话19900000561", more={"office_phone": "19900000561"}, region="990122")
    assert refusal.fields == {
        "content.text": "PERSONAL_DATA",
        "content.fields.office_phone": "MALFORMED",
        "content.region": "REGION_NOT_COVERED",
    }
    assert store_news.counties(portal.database).all() == []
    id = portal.publish()
    for name, told in (("ReturnNews", {}), ("WithdrawNews", {})):
        with refused(Code.INVALID_ARGUMENT) as refusal:
            portal.write(id, title="改过的标题")
            getattr(portal.news(portal.reviewer), name)(news_id=id, reason="请致电19900000561", **told)
        assert refusal.fields == {"reason": "PERSONAL_DATA"}


def test_nobody_else_writes_reviews_or_takes_down(portal: PortalHere) -> None:
    id = portal.publish()
    version = portal.write(id, title="改过的标题").version
    acts: list[tuple[str, dict[str, Any]]] = [
        ("SaveNews", {"content": news_content()}),
        ("ReviewNews", {"version": version}),
        ("ReturnNews", {"reason": "请补充建设内容"}),
        ("ConfirmNews", {"review_on": str(local_day(datetime.now(UTC)) + timedelta(days=30))}),
        ("WithdrawNews", {"reason": "项目已签约"}),
    ]
    others = (
        None,
        person(),
        officer("review"),
        officer("policy", department=OTHER_DEPARTMENT),
        supervisor(region="990122"),
    )
    for other in others:
        for name, told in acts:
            with refused() as refusal:
                getattr(portal.news(other), name)(news_id=id, **told)
            assert refusal.code in (Code.NOT_FOUND, Code.PERMISSION_DENIED, Code.UNAUTHENTICATED), (name, refusal)
    assert portal.news(portal.writer).GetNews(news_id=id).version == version


def test_lists_are_by_kind_region_and_words(portal: PortalHere) -> None:
    project = portal.publish()
    park = portal.publish(kind=pb.NEWS_KIND_PARK, title="某某产业园", fields=PARK, region="990121101")
    portal.write(kind=pb.NEWS_KIND_NOTICE, title="还没有审核的公告", fields={})

    def listed(**told: Any) -> list[str]:
        return [one.news_id for one in portal.news(None).ListNews(**told).news]

    assert listed() == [park, project] == listed(region="990100") == listed(region=REGION)
    assert listed(region="990121101") == [park] == listed(kind=pb.NEWS_KIND_PARK)
    assert listed(region="990122") == [] == listed(kind=pb.NEWS_KIND_NOTICE)
    assert listed(words="柚子 龙头") == [project] and listed(words="医药") == [park] and listed(words="风电") == []
    first = portal.news(None).ListNews(page_size=1)
    assert [one.news_id for one in first.news] == [park]
    assert listed(page_size=1, page_token=first.next_page_token) == [project]
    assert store_news.counts(portal.database, REGION) == {"INVESTMENT_PROJECT": 1, "PARK": 1}
    assert store_news.counts(portal.database, "990122") == {}


def test_a_desk_sees_its_departments_and_supervision_its_region(portal: PortalHere) -> None:
    published, waiting = portal.publish(), portal.write(title="还没有审核的项目").news_id

    def listed(actor: Any, **told: Any) -> set[str]:
        return {one.news_id for one in portal.news(actor).ListNewsDesk(**told).news}

    for reader in (portal.writer, portal.boss, supervisor(region="990100")):
        assert listed(reader) == {published, waiting} and listed(reader, waiting=True) == {waiting}
    assert listed(portal.writer, kind=pb.NEWS_KIND_PARK) == set()
    assert listed(officer("policy", department=OTHER_DEPARTMENT)) == set() == listed(supervisor(region="990122"))
    for other in (person(), officer("review"), officer("finance")):
        with refused(Code.PERMISSION_DENIED):
            listed(other)
    with refused(Code.UNAUTHENTICATED):
        listed(None)


def test_what_nobody_confirms_is_flagged_then_taken_down(portal: PortalHere) -> None:
    id = portal.publish()
    past = datetime.now(UTC) - timedelta(seconds=1)
    assert portal.news_come_due(id, review_due=past).unconfirmed
    assert portal.news(None).GetNews(news_id=id).unconfirmed
    assert [one.news_id for one in portal.news(portal.writer).ListNewsDesk(unconfirmed=True).news] == [id]
    until = str(local_day(datetime.now(UTC)) + timedelta(days=30))
    confirmed = portal.news(portal.writer).ConfirmNews(news_id=id, review_on=until)
    assert not confirmed.unconfirmed and confirmed.content.review_on == until
    portal.news_come_due(id, review_due=past)
    assert portal.news_come_due(id, ends_at=past).taken_down == "UNCONFIRMED"
    with refused(Code.NOT_FOUND):
        portal.news(None).GetNews(news_id=id)
    assert not portal.news(None).ListNews().news
    assert portal.news(portal.writer).GetNews(news_id=id).taken_down == "UNCONFIRMED"


def test_what_is_over_is_taken_down_and_may_be_published_again(portal: PortalHere) -> None:
    today = local_day(datetime.now(UTC))
    id = portal.publish(expires_on=str(today + timedelta(days=10)))
    past = datetime.now(UTC) - timedelta(seconds=1)
    down = portal.news_come_due(id, expires_at=past)
    assert (down.status, down.taken_down) == (pb.NEWS_STATUS_TAKEN_DOWN, "EXPIRED")
    with refused(Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        portal.news(portal.writer).ConfirmNews(news_id=id, review_on=str(today + timedelta(days=30)))
    again = portal.write(id, expires_on=str(today + timedelta(days=20)))
    assert portal.news(portal.reviewer).ReviewNews(news_id=id, version=again.version).edition == 2
    assert portal.news(None).GetNews(news_id=id).status == pb.NEWS_STATUS_PUBLISHED


def test_supervision_takes_down_what_it_may_not_write(portal: PortalHere) -> None:
    id = portal.publish()
    boss = portal.news(portal.boss)
    assert boss.GetNews(news_id=id).open_moves == ["WithdrawNews"]
    with refused(Code.PERMISSION_DENIED):
        boss.SaveNews(news_id=id, content=news_content())
    assert boss.WithdrawNews(news_id=id, reason="内容与规划不符").taken_down_reason == "内容与规划不符"
    with refused(Code.NOT_FOUND):
        portal.news(None).GetNews(news_id=id)


def test_kinds_tell_their_fields(portal: PortalHere) -> None:
    kinds = {one.title: {field.name: field for field in one.fields} for one in portal.news(None).GetNewsKinds().kinds}
    assert set(kinds) == {"招商项目", "产业园区", "人才资讯", "通知公告"}
    assert kinds["招商项目"]["amount_fen"].required and kinds["招商项目"]["amount_fen"].type == "FEN"
    assert {"area", "vacant_area", "rent_fen", "industries"} <= set(kinds["产业园区"])
