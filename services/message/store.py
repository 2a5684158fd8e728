"""What message keeps: notices, what they are about, templates, and what counties and recipients set."""

from collections.abc import Callable, Container
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from google.protobuf.message import Message
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis import paging
from chassis.acts import Cause
from chassis.errors import NOT_FOUND, Refused
from chassis.records import Record, Records, record_id
from chassis.tally import Tally
from chassis.timers import Groups
from services.message import model, model_rules, model_templates
from services.message.model import COUNTY_DIGITS, Notice
from services.message.model_matters import Change
from services.message.model_raising import Matter
from services.message.model_rules import Rules, Wanted
from services.message.model_templates import Wordings
from yiwang.message.v1 import events_pb2 as events

S = TypeVar("S")
Document = dict[str, Any]
# Notices that were put off longer wait for a backup that was restored: found all the same.
REACH: Final = timedelta(days=3660)
WINDOW: Final = timedelta(seconds=1)
MOST_UNREAD: Final = 100


class Notices(Records[Notice]):
    """The notices. Before one is written its county's day is marked to be counted anew."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database["notices"], Notice, model.EVOLVE, events)
        self.figures = figures(database)

    def before_write(self, state: Notice) -> None:
        """Its day is to be counted."""
        self.figures.mark(state.buckets)


def notices(database: Database[Document]) -> Notices:
    """The notices."""
    return Notices(database)


def wordings(database: Database[Document]) -> Records[Wordings]:
    """The templates' wordings, everybody's and the counties'."""
    return Records(database["wordings"], Wordings, model_templates.EVOLVE, events)


def rules(database: Database[Document]) -> Records[Rules]:
    """What counties set."""
    return Records(database["message_rules"], Rules, model_rules.RULES_EVOLVE, events)


def preferences(database: Database[Document]) -> Records[Wanted]:
    """What recipients want."""
    return Records(database["preferences"], Wanted, model_rules.PREFERENCES_EVOLVE, events)


def figures(database: Database[Document]) -> Tally:
    """How notices went, by county and day."""
    return Tally(database, "notice_figures", "notices", ("state.buckets", "state.counted"))


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [notices(database), wordings(database), rules(database), preferences(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    notices(database).ensure_indexes(
        [("state.recipient", 1), ("state.raised_at", 1)],
        [("state.recipient", 1), ("state.unread", 1), ("state.raised_at", 1)],
        [("state.subject_id", 1), ("state.raised_at", 1)],
        [("state.channel", 1), ("state.county", 1), ("state.due", 1)],
        [("state.digest", 1), ("state.due", 1)],
        [("state.status", 1), ("state.region", 1), ("state.raised_at", 1)],
    )
    for one in (wordings(database), rules(database), preferences(database)):
        one.ensure_indexes()
    figures(database).ensure_indexes()
    for name in ("matters", "matter_changes", "counties"):
        database[name].create_index([("_id", 1), ("order", 1)], name="id_order")


def county(region: str) -> str:
    """The county a region lies in."""
    return region[:COUNTY_DIGITS]


def counties(database: Database[Document]) -> Groups:
    """Counties that have notices, so that each is served by itself."""
    return Groups(database["notice_counties"], COUNTY_DIGITS)


# -- read models ---------------------------------------------------------------------------------------------------------


def _keep(collection: Collection[Document], id: str, order: int, content: Document) -> None:
    """Keeps the newest, whatever order it is heard in."""
    older = {"_id": id, "order": {"$lt": order}}
    change = {"$set": {**content, "order": order}}
    try:
        collection.update_one(older, change, upsert=True)
    except DuplicateKeyError:
        # There is one already, perhaps an older one inserted this very moment.
        collection.update_one(older, change)


def know(database: Database[Document], matter: Matter, order: int) -> None:
    """Keeps what a matter is; of two the newer."""
    content = {name: value for name, value in matter._asdict().items() if name != "id"}
    _keep(database["matters"], f"{matter.subject}/{matter.id}", order, {**content, "fields": dict(matter.fields)})


def note_change(database: Database[Document], change: Change, order: int) -> None:
    """Keeps what became of it."""
    content = {"who": change.who, "fields": dict(change.fields)}
    _keep(database["matter_changes"], f"{change.subject}/{change.id}", order, content)


def matter(database: Database[Document], subject: str, id: str, seq: int) -> Matter | None:
    """What a matter was when the entry `seq` of its record was written, as far as it is known: whoever it went over to later was not told
    of it then, and is not when it is heard again. None while nothing is known."""
    key = {"_id": f"{subject}/{id}"}
    found = database["matters"].find_one(key)
    if found is None:
        return None
    changed = database["matter_changes"].find_one(key) or {}
    if changed.get("order", seq) >= seq:
        changed = {}
    told = {name: found[name] for name in Matter._fields if name not in ("id", "who", "fields")}
    fields = {**found["fields"], **changed.get("fields", {})}
    return Matter(**told, id=id, who=changed.get("who") or found["who"], fields=fields)


def keep_county(database: Database[Document], region: str, name: str, hotline: str, order: int) -> None:
    """What a county is called, and its hotline."""
    _keep(database["counties"], region, order, {"name": name, "hotline": hotline})


def county_of(database: Database[Document], region: str) -> tuple[str, str]:
    """A county's name and hotline; empty while nothing was heard."""
    found = database["counties"].find_one({"_id": county(region)}) or {}
    return found.get("name", ""), found.get("hotline", "")


# -- templates, rules, preferences ---------------------------------------------------------------------------------------


def wordings_id(region: str, code: str) -> str:
    """The id of a template's wordings; no region = everybody's."""
    return record_id(f"template/{region}/{code}")


def rules_id(region: str) -> str:
    """The id of what a county set."""
    return record_id(f"message_rules/{county(region)}")


def preferences_id(recipient: str) -> str:
    """The id of what a recipient wants."""
    return record_id(f"preferences/{recipient}")


def found(all: Records[S], id: str) -> S | None:
    """A record's state; None when there is none."""
    record = all.find({"_id": id})
    return record.state if record else None


def saved(all: Records[S], id: str, cause: Cause, decide: Callable[[S | None], Message]) -> Record[S]:
    """Writes what is stated anew, for the first time or again; who loses the race to be first changes it."""
    while True:
        try:
            return all.change(id, cause, decide)
        except Refused as refused:
            if refused.code != NOT_FOUND:
                raise
        try:
            return all.create(cause, lambda _: decide(None), id)
        except Refused:
            record = all.find({"_id": id})
            if record is None or any(entry["cause"] == cause.key for entry in record.journal):
                raise


# -- lists ---------------------------------------------------------------------------------------------------------------


def told(
    all: Notices, matches: list[Document], unread: bool, keep: Callable[[Notice], bool], token: str, count: int
) -> tuple[list[Record[Notice]], str]:
    """A page of what somebody is told, newest first, and the next page's token."""
    asked = [{**one, "state.unread": True} for one in matches] if unread else matches
    return paging.kept(all, asked, "raised_at", keep, token, count)


def unread(all: Notices, matches: list[Document]) -> int:
    """How many nobody has read, up to MOST_UNREAD."""
    rows = [row.id for one in matches for row in told(all, [one], True, lambda _: True, "", MOST_UNREAD)[0]]
    return min(len(set(rows)), MOST_UNREAD)


def about(all: Notices, subject: str, subject_id: str) -> list[Record[Notice]]:
    """The notices about one thing, newest first: some dozens."""
    rows, _ = paging.newest(all, {"state.subject_id": subject_id}, "raised_at", "", 200)
    return [row for row in rows if row.state.subject == subject]


def failed(all: Notices, region: Document, token: str, count: int) -> tuple[list[Record[Notice]], str]:
    """What had to be told and did not arrive, in a region, newest first."""
    match = {"state.status": model.FAILED, **region}
    return paging.kept(all, [match], "raised_at", lambda notice: bool(notice.must), token, count)


def due(
    all: Notices, channel: int, county: str, since: datetime, at: datetime, most: int, but: Container[str] = ()
) -> list[Record[Notice]]:
    """What is due by a channel in a county, the longest first, from an instant on; `but` are left alone. Looked for in windows that grow: a
    store may sort all it finds in memory, and of a flood ten thousand are due."""
    found, lower, window = list[Record[Notice]](), since, WINDOW
    while lower < at and len(found) < most:
        upper = min(lower + window, at)
        query = {"state.channel": channel, "state.county": county, "state.due": {"$gte": lower, "$lt": upper}}
        found += [row for row in all.select(query, [("state.due", 1)]) if row.id not in but]
        lower, window = upper, window * 4
    return found[:most]


def for_digest(all: Notices, digest: str, at: datetime) -> list[Record[Notice]]:
    """What waits for the digest of a recipient's channel and is due."""
    query = {"state.digest": digest, "state.due": {"$gte": at - REACH, "$lte": at}}
    return all.select(query, [("state.due", 1)], limit=200)
