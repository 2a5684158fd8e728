"""Events turn into the state of what is published: one pure function each; when something is due by itself stands in `_settled`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis import contracts
from chassis.acts import Evolve, Moment
from chassis.plain import plain
from services.policy import model_news as news_of
from services.policy import model_writing
from services.policy.model_news import News
from services.policy.model_portal import COUNTY_DIGITS
from standards.instants import instant
from yiwang.policy.v1 import events_pb2 as events


def _saved(before: News | None, event: events.NewsSaved, moment: Moment) -> News:
    news = before or News(
        id=event.news_id,
        kind=event.content.kind,
        region=event.content.region,
        county=event.content.region[:COUNTY_DIGITS],
        department=event.department,
        department_name=event.department_name,
        status=news_of.DRAFT,
        opened_at=moment.at,
    )
    writing = model_writing.after_saved(before.writing if before else None, plain(event.content), moment)
    return replace(news, writing=writing, department_name=event.department_name)


def _published(news: News, event: events.NewsPublished, moment: Moment) -> News:
    content = plain(event.content)
    return replace(
        news,
        status=news_of.PUBLISHED,
        content=content,
        writing=model_writing.after_public(news.writing, model_writing.size(content)),
        edition=event.edition,
        published_at=moment.at,
        review_due=instant(event.review_due),
        expires_at=instant(event.expires_at),
        unconfirmed=False,
        ends_at=None,
        taken_down="",
        taken_down_reason="",
    )


def _returned(news: News, event: events.NewsReturned, _moment: Moment) -> News:
    return replace(news, writing=model_writing.after_returned(news.writing, event.reason))


def _confirmed(news: News, event: events.NewsConfirmed, _moment: Moment) -> News:
    content = {**news.content, "reviewOn": event.review_on}
    # What is public now is what a writer may bring back without anything to review.
    writing = replace(model_writing.moved(news.writing), public_digest=contracts.digest(content))
    return replace(
        news,
        content=content,
        writing=writing,
        review_due=instant(event.review_due),
        unconfirmed=False,
        ends_at=None,
    )


def _unconfirmed(news: News, event: events.NewsUnconfirmed, _moment: Moment) -> News:
    return replace(news, unconfirmed=True, ends_at=instant(event.ends_at), writing=model_writing.moved(news.writing))


def _taken_down(news: News, event: events.NewsTakenDown, _moment: Moment) -> News:
    # Nothing is public: the same content may be laid before a second officer again.
    writing = replace(model_writing.moved(news.writing), public_digest="")
    return replace(
        news, status=news_of.TAKEN_DOWN, taken_down=event.why, taken_down_reason=event.reason, writing=writing
    )


def _settled(evolve: Callable[[Any, Any, Moment], News]) -> Callable[[News | None, Any, Moment], News]:
    """The state after the event, with when something is due by itself."""

    def settled(before: News | None, event: Any, moment: Moment) -> News:
        news = evolve(before, event, moment)
        due, due_of = _due(news)
        return replace(news, due=due, due_of=due_of)

    return settled


def _due(news: News) -> tuple[datetime | None, str]:
    if news.status != news_of.PUBLISHED:
        return None, ""
    confirmed = (news.ends_at, news_of.END) if news.unconfirmed else (news.review_due, news_of.REVIEW)
    ends = [(at, what) for at, what in (confirmed, (news.expires_at, news_of.EXPIRE)) if at is not None]
    return min(ends) if ends else (None, "")


_EVOLVE: Evolve = {
    events.NewsSaved: _saved,
    events.NewsPublished: _published,
    events.NewsReturned: _returned,
    events.NewsConfirmed: _confirmed,
    events.NewsUnconfirmed: _unconfirmed,
    events.NewsTakenDown: _taken_down,
}
EVOLVE: Evolve = {event: _settled(evolve) for event, evolve in _EVOLVE.items()}
