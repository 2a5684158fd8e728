"""What officers and the clock do to what is published. Pure: one function per act, refusing is raising."""

from datetime import datetime

from google.protobuf.message import Message

from chassis.acts import Actor
from chassis.errors import invalid, require
from chassis.plain import plain
from services.policy import model_news as news_of
from services.policy import model_news_content, model_writing
from services.policy.model_news import News, content_of, require_by
from services.policy.model_portal import end, plain_text, said
from standards.instants import text
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import news_pb2 as pb

# A content at most, and how often it stands in the journal: saved, published.
MOST_BYTES, COPIES = 60_000, 2


def save(
    id: str, news: News | None, request: pb.SaveNewsRequest, actor: Actor, now: datetime
) -> events.NewsSaved | None:
    """What is to be published is written; None when it changes nothing. Refused as SaveNews."""
    writing = news.writing if news else None
    if news is not None:
        require_by(news, "SaveNews", actor)
        model_writing.require_version(news.writing, request.version)
    model_news_content.require_sound(request.content, actor, news, now)
    content = plain(request.content)
    model_writing.require_room(writing, content, "content", MOST_BYTES, COPIES)
    if not model_writing.changes(writing, content):
        return None
    name = request.department_name.strip() or (news.department_name if news else "")
    return events.NewsSaved(
        news_id=id, content=request.content, officer_id=actor.id, department=actor.department, department_name=name
    )


def review(news: News, actor: Actor, version: int, now: datetime) -> events.NewsPublished:
    """A second officer publishes what was written. Refused as ReviewNews."""
    require_by(news, "ReviewNews", actor)
    model_writing.require_version(news.writing, version)
    model_writing.require_other(news.writing, actor.by, "NOTHING_TO_REVIEW", "WRITER_MAY_NOT_REVIEW")
    content = content_of(news.writing.working)
    require(not model_news_content.over(content, now), "DAYS_PAST", "确认日期或者截止日期已过，请退回修改")
    return events.NewsPublished(
        news_id=news.id,
        officer_id=actor.id,
        edition=news.edition + 1,
        content=content,
        review_due=text(model_news_content.end_of(content.review_on)),
        expires_at=text(model_news_content.end_of(content.expires_on)),
    )


def send_back(news: News, actor: Actor, reason: str) -> events.NewsReturned:
    """It goes back to its writers. INVALID_ARGUMENT `reason` PERSONAL_DATA; FAILED_PRECONDITION NOTHING_TO_REVIEW."""
    require_by(news, "ReturnNews", actor)
    require(news.writing.waiting, "NOTHING_TO_REVIEW", "没有待审核的修改")
    return events.NewsReturned(news_id=news.id, officer_id=actor.id, reason=_plain(reason))


def confirm(news: News, actor: Actor, review_on: str, now: datetime) -> events.NewsConfirmed:
    """It still holds. INVALID_ARGUMENT `review_on` NOT_AFTER_TODAY, TOO_FAR."""
    require_by(news, "ConfirmNews", actor)
    if faults := list(model_news_content.review_faults("review_on", review_on, now)):
        raise invalid(*faults)
    return events.NewsConfirmed(
        news_id=news.id,
        officer_id=actor.id,
        review_on=review_on,
        review_due=text(model_news_content.end_of(review_on)),
    )


def withdraw(news: News, actor: Actor, reason: str) -> events.NewsTakenDown:
    """It is taken down. INVALID_ARGUMENT `reason` PERSONAL_DATA."""
    require_by(news, "WithdrawNews", actor)
    return events.NewsTakenDown(news_id=news.id, why=news_of.WITHDRAWN, officer_id=actor.id, reason=_plain(reason))


def fire(news: News, now: datetime) -> Message | None:
    """What the clock makes of it; nothing where it was done meanwhile."""
    if news.due is None or news.due > now:
        return None
    if news.due_of == news_of.REVIEW:
        return events.NewsUnconfirmed(news_id=news.id, ends_at=text(end(now, news_of.GRACE_DAYS, news.region)))
    why = news_of.EXPIRED if news.due_of == news_of.EXPIRE else news_of.UNCONFIRMED
    return events.NewsTakenDown(news_id=news.id, why=why)


def _plain(reason: str) -> str:
    if faults := list(plain_text("reason", reason)):
        raise invalid(*faults)
    return said("reason", reason, 4)
