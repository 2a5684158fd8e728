"""What departments publish beside policies: records, lists and numbers."""

from collections.abc import Callable, Sequence
from typing import Any

from pymongo.database import Database

from chassis import paging
from chassis.records import Filter, Record, Records
from chassis.timers import Groups, Timing
from services.policy import model_news_acts
from services.policy.model_news import PUBLISHED, News
from services.policy.model_news_evolve import EVOLVE
from services.policy.model_portal import COUNTY_DIGITS
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import news_pb2 as pb

Document = dict[str, Any]


def news(database: Database[Document]) -> Records[News]:
    """All that is or was published, and drafts."""
    return Records(database["news"], News, EVOLVE, events)


def counties(database: Database[Document]) -> Groups:
    """Which counties have any, so that the timers and the lists of a region take each by itself."""
    return Groups(database["news_counties"], COUNTY_DIGITS)


def timing(database: Database[Document]) -> Timing[News]:
    """The timer over the news of one store."""
    return Timing("policy", news(database), model_news_acts.fire, counties(database).all, "state.county")


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [news(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of news; safe to repeat."""
    public = [("state.county", 1), ("state.status", 1)]
    news(database).ensure_indexes(
        [("state.county", 1), ("state.due", 1)],
        [*public, ("state.published_at", 1)],
        [*public, ("state.kind", 1), ("state.published_at", 1)],
        [("state.department", 1), ("state.opened_at", 1)],
        [("state.county", 1), ("state.opened_at", 1)],
    )


def published(
    all: Records[News], counties: Sequence[str], kind: int, keep: Callable[[News], bool], token: str, count: int
) -> tuple[list[Record[News]], str]:
    """A page of what is published in these counties (kind 0 = any) and is to be kept, newest first, and the next page's token."""
    matches: list[Filter] = []
    for county in counties:
        bound: Filter = {"state.county": county, "state.status": PUBLISHED}
        matches.append({**bound, "state.kind": kind} if kind else bound)
    return paging.kept(all, matches, "published_at", keep, token, count)


def desk(
    all: Records[News], matches: Sequence[Filter], keep: Callable[[News], bool], token: str, count: int
) -> tuple[list[Record[News]], str]:
    """A page of what officers work on, newest first, and the next page's token."""
    return paging.kept(all, matches, "opened_at", keep, token, count)


def counts(database: Database[Document], county: str) -> dict[str, int]:
    """How much of each kind is published in a county now, by the kind's name: PARK, TALENT …"""
    match = {"$match": {"state.county": county, "state.status": PUBLISHED}}
    rows = news(database).collection.aggregate([match, {"$group": {"_id": "$state.kind", "count": {"$sum": 1}}}])
    return {pb.NewsKind.Name(row["_id"]).removeprefix("NEWS_KIND_"): row["count"] for row in rows}
