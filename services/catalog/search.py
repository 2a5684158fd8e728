"""Search over the published items: an SQLite FTS5 index in memory, kept in step with the store by the api's poll.

A query is answered in tiers: all words; then any of its telling words; then its single characters. Each tier ranks at most
RANKED matches (bm25), because a word that half of all items have says nothing and would cost a sort of half of all items.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from services.catalog.model_facts import Facts
from services.catalog.model_life import PUBLISHED
from services.catalog.search_words import MOST_LETTERS, asked, indexed, runs, spelled
from services.catalog.store import Listed
from standards import codes
from yiwang.catalog.v1 import service_pb2 as pb

# Matches that are ranked, and hits a query can be paged through (the total is exact so far).
RANKED = 1500
MOST_HITS = 1000
# With fewer hits than this the next tier is asked too.
FEW = 10
BATCH = 200
_REGION_LENGTHS = (2, 4, 6, 9, 12)
_SHORTEST_CODE = 6

_SCHEMA = """
CREATE VIRTUAL TABLE words USING fts5(name, aliases, topics, department, spelled, facets, tokenize = 'unicode61');
CREATE TABLE items (number INTEGER PRIMARY KEY, place TEXT, region TEXT, department TEXT, type TEXT, topics TEXT, hit BLOB);
CREATE INDEX items_place ON items (place, region, department, type, topics);
"""
_RANK = """
SELECT words.rowid FROM words JOIN items ON items.number = words.rowid WHERE words MATCH ? AND words.rowid <= ?
ORDER BY bm25(words, 10, 8, 3, 2, 4, 0), items.place LIMIT ?
"""
_INSERT = """
INSERT INTO words (rowid, name, aliases, topics, department, spelled, facets) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_LAST = "SELECT rowid FROM words WHERE words MATCH ? LIMIT 1 OFFSET ?"
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
_FILTER = """
FROM items WHERE region >= :region AND region < :region || ':' AND (:department = '' OR department = :department)
AND (:type = '' OR type = :type) AND (:topic = '' OR instr(topics, :topic))
"""
_LIST = " ".join(("SELECT number", _FILTER, "ORDER BY place LIMIT :size OFFSET :offset"))
_LIST_COUNT = " ".join(("SELECT count(*) FROM (SELECT 1", _FILTER, "LIMIT :most)"))


class Query(NamedTuple):
    """What is looked for; empty = any."""

    text: str = ""
    region: str = ""
    department: str = ""
    type_code: str = ""
    topic: str = ""


class Found(NamedTuple):
    """One page of hits, whether more follow, and how many there are (exact up to MOST_HITS)."""

    hits: list[pb.ItemHit]
    more: bool
    total: int


class Index:
    """The index of one process. Threads may share it; searches take turns and hold no GIL inside SQLite."""

    def __init__(self) -> None:
        self._sql = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        try:
            self._sql.executescript(_SCHEMA)
        except sqlite3.OperationalError as error:
            raise RuntimeError("this Python's SQLite was built without FTS5") from error
        self._lock = threading.Lock()
        # item id -> (row number, version of the record)
        self._known: dict[str, tuple[int, int]] = {}
        self._next = 1

    def __len__(self) -> int:
        return self._sql.execute("SELECT count(*) FROM items").fetchone()[0]  # type: ignore[no-any-return]

    def version(self, id: str) -> int:
        """The version of the record an item is known by; -1 for one never heard of."""
        return self._known.get(id, (0, -1))[1]

    def keep(self, listed: Iterable[Listed]) -> int:
        """Takes items in, anew or for the first time, and out when they have no listing; returns how many changed."""
        changed = 0
        fresh = (one for one in listed if self.version(one.id) < one.version)
        while batch := [(one, *_rows(one)) for one in islice(fresh, BATCH)]:
            changed += len(batch)
            with self._lock:
                self._sql.execute("BEGIN")
                for one, words, item in batch:
                    self._replace(one, words, item)
                self._sql.execute("COMMIT")
        return changed

    def _replace(self, one: Listed, words: tuple[str, ...], item: tuple[str | bytes, ...]) -> None:
        number, _ = self._known.get(one.id, (self._next, -1))
        if number == self._next:
            self._next += 1
        else:
            self._sql.execute("DELETE FROM words WHERE rowid = ?", (number,))
            self._sql.execute("DELETE FROM items WHERE number = ?", (number,))
        self._known[one.id] = (number, one.version)
        if words:
            self._sql.execute(_INSERT, (number, *words))
            self._sql.execute("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?)", (number, *item))

    def find(self, query: Query, offset: int = 0, size: int = 20) -> Found:
        """One page of the items found; the same query on the same items gives the same order."""
        with self._lock:
            if not runs(query.text):
                return self._list(query, offset, size)
            numbers = self._search(query)
            page = numbers[offset : offset + size]
            return Found(self._hits(page), offset + size < len(numbers), len(numbers))

    def _list(self, query: Query, offset: int, size: int) -> Found:
        """Everything the filters let through, by department and name."""
        values = {
            "region": codes.region_prefix(query.region),
            "department": query.department,
            "type": query.type_code,
            "topic": f"\n{query.topic}\n" if query.topic else "",
        }
        page = {"size": size + 1, "offset": offset}
        numbers = [row[0] for row in self._sql.execute(_LIST, values | page)]
        total = self._sql.execute(_LIST_COUNT, values | {"most": MOST_HITS}).fetchone()[0]
        return Found(self._hits(numbers[:size]), len(numbers) > size, total)

    def _search(self, query: Query) -> list[int]:
        """Row numbers in order of rank, tier after tier until there are enough."""
        told, facets = asked(query.text), _facets_wanted(query)
        tiers = self._tiers(told.whole, told.words, told.characters, facets)
        numbers: dict[int, None] = {}
        for expression in tiers:
            numbers.update(dict.fromkeys(self._ranked(expression)))
            if len(numbers) >= FEW:
                break
        return list(numbers)[:MOST_HITS]

    def _tiers(self, whole: str, words: list[str], characters: list[str], facets: str) -> Iterator[str]:
        every = " AND ".join(_term(word) for word in words)
        yield _within(f"{_term(whole)} OR ({every})", facets)
        telling = [word for word in words if len(word) > 1]
        if any_of := self._rarest(telling, facets) or self._rarest(characters, facets):
            yield _within(any_of, facets)

    def _rarest(self, words: list[str], facets: str) -> str:
        """The words that fewest items have, as many as fit into what is ranked; at least one that any item has."""
        counted = ((self._count(_within(_term(word), facets)), word) for word in words)
        chosen: list[str] = []
        room = RANKED
        for count, word in sorted(pair for pair in counted if pair[0]):
            if not chosen or count <= room:
                chosen.append(_term(word))
                room -= count
        return " OR ".join(chosen)

    def _count(self, expression: str) -> int:
        return self._sql.execute(_COUNT, (expression, RANKED + 1)).fetchone()[0]  # type: ignore[no-any-return]

    def _ranked(self, expression: str) -> list[int]:
        last = self._sql.execute(_LAST, (expression, RANKED)).fetchone()
        upto = last[0] if last else self._next
        return [row[0] for row in self._sql.execute(_RANK, (expression, upto, MOST_HITS))]

    def _hits(self, numbers: list[int]) -> list[pb.ItemHit]:
        select = "SELECT hit FROM items WHERE number = ?"
        return [pb.ItemHit.FromString(self._sql.execute(select, (number,)).fetchone()[0]) for number in numbers]


def _term(word: str) -> str:
    """A word as FTS5 takes it. Words are letters, digits or characters only, and quoted, so that none is syntax."""
    quoted = f'"{word}"'
    if not word.isascii() or len(word) < 2:
        return quoted
    found = [quoted, f'spelled : "{word[:MOST_LETTERS]}" *']
    if len(word) >= _SHORTEST_CODE and any(character.isdigit() for character in word):
        found.append(f'facets : "c{word}" *')
    return f"({' OR '.join(found)})"


def _within(expression: str, facets: str) -> str:
    return f"({expression}) AND facets : ({facets})" if facets else expression


def _facets_wanted(query: Query) -> str:
    wanted = [
        f'"{name}"' for name in (_department(query.department), _type(query.type_code), _topic(query.topic)) if name
    ]
    if prefix := codes.region_prefix(query.region):
        wanted.append(f'"r{prefix}"' + ("" if len(prefix) in _REGION_LENGTHS else " *"))
    return " AND ".join(wanted)


def _facets(listing: Facts) -> str:
    regions = [f"r{listing.region[:length]}" for length in _REGION_LENGTHS if length <= len(listing.region)]
    code = "c" + "".join(runs(listing.code))
    topics = (_topic(topic) for topic in listing.topics)
    return " ".join((*regions, code, _department(listing.department), _type(listing.type_code), *topics))


def _department(code: str) -> str:
    return "d" + code.encode().hex() if code else ""


def _type(code: str) -> str:
    return "t" + code if code else ""


def _topic(topic: str) -> str:
    return "p" + hashlib.sha256(topic.encode()).hexdigest()[:12] if topic else ""


def _rows(one: Listed) -> tuple[tuple[str, ...], tuple[str | bytes, ...]]:
    """An item's row of words and its row of facts."""
    newest = one.history[-1] if one.history else None
    if newest is None or newest.status != PUBLISHED:
        return (), ()
    listing = newest.facts
    words = (
        indexed([listing.name]),
        indexed(listing.aliases),
        indexed(listing.topics),
        indexed([listing.department_name]),
        spelled([listing.name, *listing.aliases]),
        _facets(listing),
    )
    place = "\n".join((listing.department_name, listing.name, one.id))
    topics = "\n".join(("", *listing.topics, ""))
    hit = _hit(one, newest.edition, listing).SerializeToString()
    return words, (place, listing.region, listing.department, listing.type_code, topics, hit)


def _hit(one: Listed, edition: int, listing: Facts) -> pb.ItemHit:
    amount, unit = listing.promised or (0, 0)
    return pb.ItemHit(
        id=one.id,
        edition=edition,
        code=listing.code,
        name=listing.name,
        department=pb.Department(code=listing.department, name=listing.department_name),
        region=listing.region,
        type_code=listing.type_code,
        promised_limit=pb.Limit(amount=amount, unit=unit) if unit else None,  # type: ignore[arg-type]
        online=listing.online,
        visits=listing.visits,
        traits=listing.traits,  # type: ignore[arg-type]
        short_code=one.short_code,
    )
