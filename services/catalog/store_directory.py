"""What catalog keeps of the basic directory and of implementations, and which standard holds for an item."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.database import Database

from chassis.records import Record, Records, record_id
from services.catalog import model_directory, model_implementations, model_lines, model_standard
from services.catalog.model_directory import ENTRY
from services.catalog.model_life import PUBLISHED
from services.catalog.model_lines import Kind, Line
from standards import codes
from yiwang.catalog.v1 import directory_pb2 as pb
from yiwang.catalog.v1 import events_pb2 as events

Document = dict[str, Any]
State = Mapping[str, Any]
PAGE = 20
_BELOW = {"state.code": 1, "state.life.status": 1}
# Behind every digit and letter of a code.
_LAST = "~"


def entries(database: Database[Document]) -> Records[Line]:
    """The entries of the basic directory."""
    return Records(database["entries"], Line, model_directory.EVOLVE, events)


def implementations(database: Database[Document]) -> Records[Line]:
    """The implementations."""
    return Records(database["implementations"], Line, model_implementations.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [entries(database), implementations(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes; safe to repeat."""
    shared = [[("state.region", 1)], [("state.life.status", 1)], [("state.code", 1)]]
    entries(database).ensure_indexes(
        *shared, [("state.codes", 1)], [("state.published.parentCode", 1)], [("state.life.published_at", 1)]
    )
    implementations(database).ensure_indexes(
        *shared,
        [("state.published.baseCode", 1)],
        [("state.published.department.code", 1)],
        [("state.life.changed_at", 1)],
        [("state.codes", 1)],
    )


def entry_id(code: str) -> str:
    """The id of the entry with this code: one code is one entry for ever."""
    return record_id(f"entry/{code}")


def implementation_id(code: str) -> str:
    """The id of the implementation with this code."""
    return record_id(f"implementation/{code}")


# -- standards ---------------------------------------------------------------------------------------------------------


class Standard(NamedTuple):
    """The edition of an entry that holds for an item. `name` is what the item's events call it: `<entry id>/<edition>`."""

    id: str
    edition: int
    entry: pb.EntryDefinition

    @property
    def name(self) -> str:
        """What an item's events call it."""
        return f"{self.id}/{self.edition}"


def standard_for(database: Database[Document], base_code: str, region: str) -> Standard | None:
    """The published entry that has or had this code and whose owner's region covers the place; of several that of the nearest owner."""
    if not base_code:
        return None
    found = [
        line.state
        for line in entries(database).select({"state.codes": base_code})
        if line.state.life.status == PUBLISHED and codes.region_covers(line.state.published["region"], region)
    ]
    if not found:
        return None
    nearest = max(found, key=lambda line: _nearness(line, base_code))
    return Standard(nearest.id, nearest.life.edition, model_lines.definition_of(ENTRY, nearest.published))


def standard_of(database: Database[Document], definition: Any) -> Standard | None:
    """The standard of an item (its definition): by the base code it states, else by the one in its own code."""
    found = (standard_for(database, code, definition.region) for code in model_standard.base_codes(definition))
    return next((one for one in found if one), None)


def codes_in_force(database: Database[Document]) -> set[str]:
    """Every code that a published entry has or had: an import asks for the standards of these alone."""
    rows = database["entries"].find({"state.life.status": PUBLISHED}, {"state.codes": 1}, batch_size=1000)
    return {code for row in rows for code in row["state"]["codes"]}


def edition(database: Database[Document], name: str) -> pb.EntryDefinition | None:
    """The definition of a standard by its name, as it was published then; None for no name or one nobody gave."""
    id, _, number = name.partition("/")
    all = entries(database)
    record = all.find({"_id": id}) if id else None
    for entry in reversed(record.journal if record else ()):
        if entry["type"] == "EntryPublished" and str(entry["data"]["edition"]) == number:
            event = all.event(entry)
            assert isinstance(event, events.EntryPublished)
            return event.definition
    return None


def _nearness(line: Line, base_code: str) -> tuple[int, bool, str]:
    return len(codes.region_prefix(line.published["region"])), line.code == base_code, line.code


def no_duties(database: Database[Document], named: Iterable[str]) -> list[str]:
    """Those of the codes that no implementation in force has, or had before: they are in no 权责清单."""
    held, wanted = database["implementations"], {"state.life.status": 1}
    return [
        code for code in named if not any(_in_force(row["state"]) for row in held.find({"state.codes": code}, wanted))
    ]


def items_below(
    database: Database[Document], request: pb.ListImplementationItemsRequest
) -> tuple[list[tuple[str, State]], str]:
    """Published items of an implementation by code, as (id, state without the journal); and the next page's token."""
    rows = database["items"].find({"state.implementation": request.implementation_code}, _BELOW)
    found = sorted((row["state"]["code"], row["_id"]) for row in rows if _in_force(row["state"]))
    page, token = _cut(found, request.page_token, request.page_size, reverse=False)
    shown = {"state.history": 1, "state.short_code": 1}
    states = ((id, database["items"].find_one({"_id": id}, shown)) for id in page)
    return [(id, document["state"]) for id, document in states if document], token


def published_since(database: Database[Document], instant: datetime) -> list[Record[Line]]:
    """Entries that were published since then and are in force."""
    found = entries(database).select({"state.life.published_at": {"$gte": instant}})
    return [entry for entry in found if entry.state.life.status == PUBLISHED]


def items_of(database: Database[Document], entry: Line) -> list[str]:
    """Ids of the items whose draft or edition has one of the entry's codes, within its owner's region; none when it is not in force."""
    if entry.life.status != PUBLISHED:
        return []
    found: dict[str, None] = {}
    for field in ("state.base_codes", "state.published_base_codes"):
        for code in entry.codes:
            rows = database["items"].find({field: code}, {"state.region": 1})
            found |= {
                row["_id"]: None
                for row in rows
                if codes.region_covers(entry.published["region"], row["state"]["region"])
            }
    return list(found)


def codes_given(database: Database[Document], stem: str) -> list[str]:
    """Every base code that begins so: of entries ever written, in force or not, and of items whose entry is not here."""
    span = {"$gte": stem, "$lt": stem + _LAST}
    found = {row["state"]["code"] for row in database["entries"].find({"state.code": span}, {"state.code": 1})}
    for collection, field in (("entries", "codes"), ("items", "base_codes")):
        for row in database[collection].find({f"state.{field}": span}, {f"state.{field}": 1}):
            found.update(code for code in row["state"][field] if code.startswith(stem))
    return sorted(found)


def has_subs(database: Database[Document], code: str) -> bool:
    """Whether a published sub-item stands below this main item."""
    rows = database["entries"].find({"state.published.parentCode": code}, {"state.life.status": 1})
    return any(row["state"]["life"]["status"] == PUBLISHED for row in rows)


# -- lists -------------------------------------------------------------------------------------------------------------

# What a list asks of a line before it reads the whole of it.
_ASKED = {
    f"state.{name}": 1
    for name in (
        "code",
        "region",
        "life.status",
        "life.draft",
        "life.changed_at",
        *(
            f"{side}.{part}"
            for side in ("published", "definition")
            for part in ("name", "typeCode", "parentCode", "baseCode", "department.code")
        ),
    )
}


def entries_page(database: Database[Document], request: pb.ListEntriesRequest) -> tuple[list[Record[Line]], str]:
    """Published entries by code: main items, or the sub-items of one; and the next page's token."""
    query = {"state.published.parentCode": request.parent_code} if request.parent_code else _PUBLISHED

    def keep(state: State) -> bool:
        shown = state.get("published", {})
        below = shown.get("parentCode", "") == request.parent_code
        typed = request.type_code in ("", shown.get("typeCode"))
        return _in_force(state) and below and typed and _told(request.query, state, "published")

    return _page(entries(database), query, keep, _by_code, request.page_token, request.page_size)


def implementations_page(
    database: Database[Document], request: pb.ListImplementationsRequest
) -> tuple[list[Record[Line]], str]:
    """Published implementations by code, of a region and what is below it, a department or an entry; and the next page's token."""
    prefix = codes.region_prefix(request.region)
    if request.base_code:
        query: dict[str, Any] = {"state.published.baseCode": request.base_code}
    elif request.department:
        query = {"state.published.department.code": request.department}
    else:
        query = _below(prefix) if prefix else _PUBLISHED

    def keep(state: State) -> bool:
        shown = state.get("published", {})
        return (
            _in_force(state)
            and state["region"].startswith(prefix)
            and request.base_code in ("", shown.get("baseCode"))
            and request.department in ("", shown.get("department", {}).get("code"))
            and request.type_code in ("", shown.get("typeCode"))
        )

    return _page(implementations(database), query, keep, _by_code, request.page_token, request.page_size)


def drafts_page(all: Records[Line], visible: Mapping[str, Any], request: Any) -> tuple[list[Record[Line]], str]:
    """Lines of an officer's region as they are worked on, newest change first; and the next page's token. `request` is that of
    ListEntryDrafts or ListImplementationDrafts."""

    def keep(state: State) -> bool:
        wanted = not request.draft_status or state["life"]["draft"] == request.draft_status
        return wanted and _told(request.query, state, "definition")

    return _page(all, visible, keep, _by_change, request.page_token, request.page_size, reverse=True)


_PUBLISHED = {"state.life.status": PUBLISHED}


def _below(prefix: str) -> dict[str, Any]:
    return {"state.region": {"$gte": prefix, "$lt": prefix + ":"}}


def _in_force(state: State) -> bool:
    return bool(state["life"]["status"] == PUBLISHED)


def _told(query: str, state: State, side: str) -> bool:
    """Whether the text is part of the name or the beginning of the code."""
    return query in state.get(side, {}).get("name", "") or state["code"].startswith(query)


def _by_code(state: State) -> str:
    return str(state["code"])


def _by_change(state: State) -> str:
    # Two of one instant are told apart by their codes.
    return f"{state['life']['changed_at'].timestamp():017.3f}/{state['code']}"


def _page(
    all: Records[Line],
    query: Mapping[str, Any],
    keep: Callable[[State], bool],
    key: Callable[[State], str],
    token: str,
    count: int,
    reverse: bool = False,
) -> tuple[list[Record[Line]], str]:
    """The keys of all that match first, then the lines of the page: a large directory costs its keys only. The page token is the key of
    the page's last line."""
    rows = all.collection.find(query, _ASKED, batch_size=1000)
    found = sorted(((key(row["state"]), row["_id"]) for row in rows if keep(row["state"])), reverse=reverse)
    page, next_token = _cut(found, token, count, reverse)
    return [line for id in page for line in all.select({"_id": id})], next_token


def _cut(found: list[tuple[str, str]], token: str, count: int, reverse: bool) -> tuple[list[str], str]:
    """Ids of the page behind the token, of (key, id) in their order."""
    count = count or PAGE
    rest = [one for one in found if not token or (one[0] < token if reverse else one[0] > token)][: count + 1]
    return [id for _, id in rest[:count]], rest[count - 1][0] if len(rest) > count else ""


def id_of(kind: Kind, code: str) -> str:
    """The id of a line of this kind by its code."""
    return entry_id(code) if kind is ENTRY else implementation_id(code)


def of_kind(database: Database[Document], kind: Kind) -> Records[Line]:
    """The records of this kind."""
    return entries(database) if kind is ENTRY else implementations(database)
