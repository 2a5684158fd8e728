"""What is published, on paper: its fields by kind, at every status which move may come, and what the clock makes of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.acts import Actor
from chassis.errors import ABORTED, NOT_FOUND, Refused
from services.policy import model_news as news_of
from services.policy import model_news_acts as acts
from services.policy import model_news_content as contents
from services.policy.model_news import DRAFT, PUBLISHED, STATUSES, TAKEN_DOWN, News
from services.policy.model_news_evolve import EVOLVE
from standards.workdays import local_day
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, officer, person, supervisor
from tests.support.policy_portal import NOW, evolved, news_content
from yiwang.policy.v1 import news_pb2 as pb

WRITER, REVIEWER = officer("policy", id="w"), officer("policy", id="r")
BOSS = supervisor()
TODAY = local_day(NOW)
LATER = NOW + timedelta(days=400)


def request(**told: Any) -> pb.SaveNewsRequest:
    version = told.pop("version", 0)
    return pb.SaveNewsRequest(content=news_content(now=NOW, **told), department_name="招商局", version=version)


def saved(news: News | None = None, by: Actor = WRITER, **told: Any) -> News:
    event = acts.save("n", news, request(**told), by, NOW)
    after: News = evolved(EVOLVE, news, event, by=by.by)
    return after


def news_in(status: int, waiting: bool = False) -> News:
    """One that stands so, with or without something to review."""
    news = saved()
    if status == DRAFT:
        return news if waiting else evolved(EVOLVE, news, acts.send_back(news, REVIEWER, "请补充建设内容"))
    news = evolved(EVOLVE, news, acts.review(news, REVIEWER, 0, NOW))
    if status == TAKEN_DOWN:
        news = evolved(EVOLVE, news, acts.withdraw(news, WRITER, "项目已签约"))
    return saved(news, title="改过的标题") if waiting else news


ACTS: dict[str, Any] = {
    "SaveNews": lambda one: acts.save(one.id, one, request(title="又一个标题"), WRITER, NOW),
    "ReviewNews": lambda one: acts.review(one, REVIEWER, 0, NOW),
    "ReturnNews": lambda one: acts.send_back(one, REVIEWER, "请补充建设内容"),
    "ConfirmNews": lambda one: acts.confirm(one, WRITER, str(TODAY + timedelta(days=30)), NOW),
    "WithdrawNews": lambda one: acts.withdraw(one, WRITER, "项目已签约"),
}
_STILL: dict[str, dict[int, int]] = {
    "SaveNews": {DRAFT: DRAFT, PUBLISHED: PUBLISHED, TAKEN_DOWN: TAKEN_DOWN},
    "ConfirmNews": {PUBLISHED: PUBLISHED},
    "WithdrawNews": {PUBLISHED: TAKEN_DOWN},
}
# From the contract, not from the code: where a move leads from where; only what waits is reviewed or returned.
MAY: dict[bool, dict[str, dict[int, int]]] = {
    False: _STILL,
    True: _STILL
    | {
        "ReviewNews": dict.fromkeys(STATUSES, PUBLISHED),
        "ReturnNews": {status: status for status in STATUSES},
    },
}


def test_the_tables_name_every_move_status_and_kind() -> None:
    assert set(ACTS) | {"NewsUnconfirmed", "NewsTakenDown"} == set(news_of.MOVES)
    assert set(STATUSES) == set(pb.NewsStatus.values()) - {0}
    assert set(contents.KINDS) == set(contents.FIELDS) == set(pb.NewsKind.values()) - {0}
    rpcs = {method.name for method in pb.DESCRIPTOR.services_by_name["NewsService"].methods}
    assert set(ACTS) == {name for name in rpcs if not name.startswith(("Get", "List"))}


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("waiting", [False, True])
@pytest.mark.parametrize("status", STATUSES)
def test_a_move_is_made_where_it_may_be_and_nowhere_else(status: int, waiting: bool, name: str) -> None:
    news = news_in(status, waiting)
    assert (news.status, news.writing.waiting) == (status, waiting)
    leads = MAY[waiting].get(name, {})
    assert (name in news_of.open_moves(news, REVIEWER)) == (status in leads)
    if status not in leads:
        with pytest.raises(Refused):
            ACTS[name](news)
        return
    after = evolved(EVOLVE, news, ACTS[name](news))
    assert after.status == leads[status] and after.writing.version == news.writing.version + 1
    assert status == after.status or (status, after.status) in news_of.leads(name)


@pytest.mark.parametrize("status", STATUSES)
def test_whoever_wrote_any_of_it_does_not_publish_it(status: int) -> None:
    news = saved(news_in(status, True), by=REVIEWER, title="第三个标题")
    for writer in (WRITER, REVIEWER):
        with pytest.raises(Refused, match="WRITER_MAY_NOT_REVIEW"):
            acts.review(news, writer, 0, NOW)
        assert "ReviewNews" not in news_of.open_moves(news, writer)
    assert acts.review(news, officer("policy"), 0, NOW).content.title == "第三个标题"


def test_what_was_looked_at_is_what_is_published() -> None:
    news = news_in(PUBLISHED, True)
    for act in (
        lambda: acts.review(news, REVIEWER, news.writing.version - 1, NOW),
        lambda: acts.save("n", news, request(version=1), WRITER, NOW),
    ):
        with pytest.raises(Refused, match="VERSION_MOVED") as refused:
            act()
        assert refused.value.code == ABORTED
    assert news.content["title"] != news.writing.working["title"]
    with pytest.raises(Refused, match="DAYS_PAST"):
        acts.review(news, REVIEWER, 0, LATER)


@pytest.mark.parametrize("status", STATUSES)
def test_to_others_only_what_is_published_is_there(status: int) -> None:
    news = news_in(status, True)
    others = (
        Actor(),
        person(),
        officer("review"),
        officer("policy", department=OTHER_DEPARTMENT),
        supervisor(region="990122"),
        replace(WRITER, department=""),
    )
    for other in others:
        assert news_of.sees(other, news) == (status == PUBLISHED) and not news_of.works_on(other, news)
        for name in ACTS:
            with pytest.raises(Refused) as refused:
                news_of.require_by(news, name, other)
            assert refused.value.code == NOT_FOUND
        assert news_of.open_moves(news, other) == []
    assert news_of.works_on(BOSS, news)
    assert news_of.open_moves(news, BOSS) == (["WithdrawNews"] if status == PUBLISHED else [])


def test_what_nobody_confirms_is_flagged_and_then_taken_down() -> None:
    news = news_in(PUBLISHED)
    assert news.due_of == news_of.REVIEW and acts.fire(news, NOW) is None
    flagged = evolved(EVOLVE, news, acts.fire(news, LATER))
    assert flagged.unconfirmed and flagged.due_of == news_of.END and flagged.status == PUBLISHED
    down = evolved(EVOLVE, flagged, acts.fire(flagged, LATER + timedelta(days=30)))
    assert (down.status, down.taken_down, down.due) == (TAKEN_DOWN, news_of.UNCONFIRMED, None)
    assert acts.fire(down, LATER + timedelta(days=60)) is None
    kept = evolved(EVOLVE, flagged, acts.confirm(flagged, WRITER, str(TODAY + timedelta(days=60)), NOW))
    assert not kept.unconfirmed and kept.content["reviewOn"] == str(TODAY + timedelta(days=60))
    assert kept.due_of == news_of.REVIEW


def test_what_is_over_is_taken_down_whether_or_not_it_was_confirmed() -> None:
    for days in (10, 89):
        news = saved(expires_on=str(TODAY + timedelta(days=days)))
        news = evolved(EVOLVE, news, acts.review(news, REVIEWER, 0, NOW))
        assert news.due_of == news_of.EXPIRE
        down = evolved(EVOLVE, news, acts.fire(news, LATER))
        assert (down.status, down.taken_down) == (TAKEN_DOWN, news_of.EXPIRED)


def test_what_was_taken_down_may_be_published_again_as_it_was() -> None:
    down = news_in(TAKEN_DOWN)
    again = saved(down)
    published = evolved(EVOLVE, again, acts.review(again, REVIEWER, 0, NOW))
    assert (published.status, published.edition, published.taken_down) == (PUBLISHED, 2, "")
    # What is public already changes nothing.
    assert acts.save("n", published, request(), WRITER, NOW) is None


PARK = {
    "area": "100000",
    "vacant_area": "20000",
    "industries": "食品、医药",
    "location": "某镇",
    "office_phone": "12345",
}


@pytest.mark.parametrize(
    ("told", "faults"),
    [
        ({}, {}),
        ({"kind": pb.NEWS_KIND_PARK, "fields": PARK}, {}),
        ({"kind": pb.NEWS_KIND_NOTICE, "fields": {}}, {}),
        ({"kind": pb.NEWS_KIND_TALENT, "fields": {"headcount": "3", "apply_until": "2026-12-01"}}, {}),
        ({"kind": pb.NEWS_KIND_PARK, "fields": PARK | {"vacant_area": "100001"}}, {"fields.vacant_area": "ABOVE_AREA"}),
        ({"kind": pb.NEWS_KIND_PARK, "fields": PARK | {"industries": "食品、"}}, {"fields.industries": "MALFORMED"}),
        ({"kind": pb.NEWS_KIND_TALENT, "fields": {"apply_until": "2026-02-30"}}, {"fields.apply_until": "MALFORMED"}),
        ({"kind": pb.NEWS_KIND_NOTICE}, dict.fromkeys(("fields.amount_fen", "fields.industry", "fields.location"), "UNKNOWN")),
        ({"more": {"amount_fen": "五千万"}}, {"fields.amount_fen": "MALFORMED"}),
        ({"more": {"amount_fen": "007"}}, {"fields.amount_fen": "MALFORMED"}),
        ({"more": {"office_phone": "19900000560"}}, {"fields.office_phone": "MALFORMED"}),
        ({"more": {"proposer": "联系19900000560"}}, {"fields.proposer": "PERSONAL_DATA"}),
        ({"text": "联系电话19900000560"}, {"text": "PERSONAL_DATA"}),
        ({"title": " 一 "}, {"title": "TOO_SHORT"}),
        ({"fields": {"industry": "食品"}}, dict.fromkeys(("fields.amount_fen", "fields.location", "fields.office_phone"), "REQUIRED")),
        ({"region": "990122"}, {"region": "REGION_NOT_COVERED"}),
        ({"region": "000000"}, {"region": "REGION_UNKNOWN"}),
        ({"review_on": str(TODAY)}, {"review_on": "NOT_AFTER_TODAY"}),
        ({"review_on": "2026-13-01"}, {"review_on": "NOT_AFTER_TODAY"}),
        ({"review_on": str(TODAY + timedelta(days=367))}, {"review_on": "TOO_FAR"}),
        ({"expires_on": str(TODAY)}, {"expires_on": "NOT_AFTER_TODAY"}),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_content_is_named_by_its_field(told: dict[str, Any], faults: dict[str, str]) -> None:
    content = news_content(now=NOW, **told)
    if not faults:
        contents.require_sound(content, WRITER, None, NOW)
        return
    with pytest.raises(Refused) as refused:
        contents.require_sound(content, WRITER, None, NOW)
    assert {one.field.removeprefix("content."): one.reason for one in refused.value.violations} == faults


def test_kind_and_region_stay_and_a_field_is_told_once() -> None:
    news = news_in(PUBLISHED)
    other = news_content(now=NOW, kind=pb.NEWS_KIND_NOTICE, fields={}, region="990121101")
    other.fields.extend([pb.NewsField(name="document_number", value="一号")] * 2)
    with pytest.raises(Refused) as refused:
        contents.require_sound(other, WRITER, news, NOW)
    found = {one.field: one.reason for one in refused.value.violations}
    assert found == {
        "content.kind": "KIND_FIXED",
        "content.region": "REGION_FIXED",
        "content.fields.document_number": "TWICE",
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*ACTS, "fire"]), max_size=25))
def test_whatever_is_done_nothing_is_public_that_was_not_reviewed(steps: list[str]) -> None:
    news, reviewed = saved(), [None]
    for number, name in enumerate(steps):
        try:
            if name == "SaveNews":
                done = acts.save("n", news, request(title=f"第{number}个标题"), WRITER, NOW)
            else:
                done = acts.fire(news, LATER) if name == "fire" else ACTS[name](news)
        except Refused:
            continue
        if done is None:
            continue
        if name == "ReviewNews":
            reviewed.append(done.content.title)  # type: ignore[arg-type]
        news = evolved(EVOLVE, news, done, by=WRITER.by)
        assert news.content.get("title") == reviewed[-1] and news.edition == len(reviewed) - 1
        assert (news.due is not None) == (news.status == PUBLISHED)
    assert news.region == REGION and news.department == DEPARTMENT
