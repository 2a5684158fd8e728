"""Search over the published items, and their whole history for lists and rates: what one api process has in its index.

Words are in a file (SQLite FTS5), what is filtered and counted by in memory. A query goes through `search_words` (its words),
`search_synonyms` (what they stand for), `search_matching` (which rows), `search_nearby` (what was meant, when nothing is found),
`search_ranking` (in which order).
"""

import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final, NamedTuple

import orjson

from services.catalog import (
    search_bits,
    search_chapters,
    search_columns,
    search_matching,
    search_nearby,
    search_ranking,
    search_writing,
)
from services.catalog.search_columns import Columns, Wanted
from services.catalog.search_file import File
from services.catalog.search_matching import Look, Matched
from services.catalog.search_ranking import CLOSE, Line, Prior
from services.catalog.search_rows import DEPARTMENT, KINDS, LEVEL, TRAIT, TYPE, read_tags
from services.catalog.search_synonyms import Vocabularies
from services.catalog.search_terms import Terms
from services.catalog.search_words import Asked, asked
from services.catalog.search_writing import Put
from services.catalog.store import Listed
from standards import codes
from yiwang.catalog.v1 import service_pb2 as pb

# Hits a query can be paged through (the total is exact so far).
MOST_HITS: Final = 1000
BATCH: Final = 200
_LABELS: Final = {TYPE: codes.ITEM_TYPES, LEVEL: codes.LEVELS}


class Query(NamedTuple):
    """What is looked for; empty = any."""

    text: str = ""
    wanted: Wanted = Wanted()
    facets: bool = False
    # Whose words are understood when no region is wanted.
    place: str = ""


class Found(NamedTuple):
    """One page of hits, whether more follow, and how many there are (exact up to MOST_HITS)."""

    hits: list[pb.ItemHit]
    more: bool
    total: int
    facets: list[pb.Facet]
    # What was looked for instead of what was typed.
    corrected: str = ""
    # Nothing was found, or nothing but single characters.
    missed: bool = False


class Index:
    """The index of one process. One thread keeps it up (keep, drop, tidy, version, known); searches run beside it and each other."""

    def __init__(self, folder: str = "") -> None:
        self.vocabularies = Vocabularies()
        self._file = File(folder)
        self._load()

    def _load(self) -> None:
        """What is in memory, from the file."""
        self._terms, self._columns, self._labels = Terms(), Columns(), dict[str, str]()
        self._lengths = array("H")
        for number, live, name, tags in self._file.writer.execute("SELECT number, live, name, tags FROM items"):
            self._remember(Put(number, True, name, read_tags(orjson.loads(tags)) if live else None))
        self._settle()

    def begin_anew(self) -> None:
        """Throws away what is there: a damaged file."""
        self._file.begin_anew()
        self._load()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __len__(self) -> int:
        return self._columns.live().bit_count()

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._file.size

    def version(self, id: str) -> int:
        """The version of the record an item is known by; -1 for one never heard of."""
        row = self._file.writer.execute("SELECT version FROM items WHERE id = ?", (id,)).fetchone()
        return row[0] if row else -1

    def known(self) -> dict[str, tuple[int, int]]:
        """Every item that is known: version of the record, and when its listing changed last (milliseconds since 1970)."""
        select = "SELECT id, version, listed FROM items WHERE id > ''"
        return {id: (version, listed) for id, version, listed in self._file.writer.execute(select)}

    def keep(self, listed: Iterable[Listed], anew: bool = False) -> int:
        """Takes items in, new ones and newer ones (`anew`: whatever is known of them); returns how many changed."""
        changed = 0
        fresh = (one for one in listed if anew or self.version(one.id) < one.version)
        try:
            while batch := list(islice(fresh, BATCH)):
                with self._file.writing() as writer:
                    put = search_writing.put(writer, batch)
                self._changed(put)
                changed += len(batch)
        finally:
            # Also what was taken in before the rest could not be read: nobody will take it in again.
            if changed:
                self._settle()
        return changed

    def drop(self, ids: Iterable[str]) -> int:
        """Forgets items the store does not have; returns how many were known."""
        with self._file.writing() as writer:
            gone = search_writing.drop(writer, ids)
        self._changed(gone)
        self._settle()
        return len(gone)

    def tidy(self) -> None:
        """Merges what many batches wrote, which makes searches quicker. Takes seconds after many."""
        self._file.writer.execute("INSERT INTO words (words) VALUES ('optimize')")
        self._file.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def find(self, query: Query, offset: int = 0, size: int = 20) -> Found:
        """One page of the items found; the same query on the same items gives the same order. Reads side by side with others."""
        told, filters = asked(query.text), self._columns.sets(query.wanted)
        live = self._columns.live()
        within = search_columns.merged(filters.values(), live)
        terms = self._terms
        state = terms.state
        with self._file.reading() as reader:
            look = partial(terms.rows, reader, state)
            matched, corrected = (
                self._match(reader, look, told, query.wanted.region or query.place, within) if told.text else (None, "")
            )
            shown = matched.rows & within if matched else within
            rows = self._ranked(reader, matched, shown) if matched else self._listed(shown, offset + size)
            hits = _hits(reader, rows[offset : offset + size])
        total = shown.bit_count()
        more = offset + size < (min(total, MOST_HITS) if matched else total)
        facets = self._facets(filters, matched.rows & live if matched else live) if query.facets else []
        missed = bool(matched) and (not total or matched.weak)  # type: ignore[union-attr]
        return Found(hits, more, min(total, MOST_HITS), facets, corrected, missed)

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection of one's own that sees one state of the index and changes none; there are few: held briefly."""
        return self._file.reading()

    def chapters(self, region: str, department: str, at: datetime) -> Iterator[search_chapters.Row]:
        """What was in force at an instant (published, suspended or withdrawn), in no order; empty = any region, any department."""
        with self._file.reading() as reader:
            yield from search_chapters.select(reader, region, department, at)

    def copies(self, after: str, count: int) -> list[pb.Copy]:
        """What is held of each item that was ever published, by id, from the one after this id on."""
        select = "SELECT id, edition, live, digest FROM items WHERE id > ? AND edition > 0 ORDER BY id LIMIT ?"
        with self._file.reading() as reader:
            rows = reader.execute(select, (after, count)).fetchall()
        return [
            pb.Copy(item_id=id, edition=edition, live=bool(live), digest=digest) for id, edition, live, digest in rows
        ]

    def has(self, wanted: Wanted) -> bool:
        """Whether any item is let through by these filters."""
        return bool(search_columns.merged(self._columns.sets(wanted).values(), self._columns.live()))

    def knows(self, words: list[str]) -> set[str]:
        """Those of these words that some item's name or alias has."""
        marks = ", ".join("?" * len(words))
        with self._file.reading() as reader:
            rows = reader.execute(f"SELECT word FROM lexicon WHERE word IN ({marks})", words)  # noqa: S608 - marks
            return {word for (word,) in rows}

    def _changed(self, put: list[Put]) -> None:
        """What was committed, in memory."""
        for one in put:
            self._remember(one)
        self._terms.change({one.number: one.words for one in put})

    def _remember(self, one: Put) -> None:
        while len(self._lengths) <= one.number:
            self._lengths.append(0)
        self._lengths[one.number] = min(len(one.name), 65535)
        self._columns.put(one.number, one.tags, one.fresh)
        if one.tags:
            code, label = one.tags[DEPARTMENT]
            self._labels[code] = label

    def _settle(self) -> None:
        """The order of lists, and what decides between rows that say the same: short names first, then that order."""
        (told,) = self._file.writer.execute(
            "SELECT group_concat(number) FROM (SELECT number FROM items WHERE live = 1 ORDER BY place)"
        ).fetchone()
        listed = array("I", map(int, told.split(","))) if told else array("I")
        by_row = array("Q", bytes(8 * len(self._lengths)))
        for position, number in enumerate(listed):
            by_row[number] = self._lengths[number] << 32 | position
        best = array("I", sorted(listed, key=by_row.__getitem__))
        self._listing, self._prior = listed, Prior(by_row, best)

    def _match(
        self, reader: sqlite3.Connection, look: Look, told: Asked, region: str, within: int
    ) -> tuple[Matched, str]:
        """What the words as typed match, or else those that were meant, with these."""
        typed = self._matched(look, told, region, within)
        if typed.every & within:
            return typed, ""
        for text in self._meant(reader, typed):
            other = self._matched(look, asked(text), region, within)
            if other.every & within:
                return other, text
        return typed, ""

    def _matched(self, look: Look, told: Asked, region: str, within: int) -> Matched:
        expansions = self.vocabularies.expansions(region, told.text)
        return search_matching.match(told, expansions, look, within, len(self._lengths))

    def _meant(self, reader: sqlite3.Connection, typed: Matched) -> Iterator[str]:
        """What may have been meant by words nobody has, or that stand alone."""
        doubtful = [
            (one.start, one.end) for one in typed.known if not one.meant and (not one.rows or len(one.word) == 1)
        ]
        asked_for = [
            (key, window)
            for window in search_nearby.windows(typed.text, doubtful)
            for key in search_nearby.asked_keys(window)
        ]
        found = search_writing.nearby(reader, {key for key, _ in asked_for})
        pairs = ((window, word) for key, window in asked_for for word in found.get(key, ()))
        return search_nearby.corrected(typed.text, search_nearby.repairs(dict.fromkeys(pairs)))

    def _ranked(self, reader: sqlite3.Connection, matched: Matched, shown: int) -> list[int]:
        rows = search_ranking.first(matched, shown, self._prior)[:MOST_HITS]
        return [*search_ranking.closely(matched, _lines(reader, rows[:CLOSE])), *rows[CLOSE:]]

    def _listed(self, shown: int, most: int) -> list[int]:
        """The first of these rows in the order of lists."""
        raw = search_bits.as_bytes(shown)
        chosen = (number for number in self._listing if search_bits.has(raw, number))
        return list(islice(chosen, most))

    def _facets(self, filters: dict[int, int], rows: int) -> list[pb.Facet]:
        """Each kind counted under the other kinds' filters; traits, all of which must hold, under their own, too."""
        found = []
        for kind in KINDS:
            others = (rows_of for of, rows_of in filters.items() if of != kind or kind == TRAIT)
            counted = self._columns.count(kind, search_columns.merged(others, rows))
            labels = self._labels if kind == DEPARTMENT else _LABELS.get(kind, {})
            values = [pb.FacetValue(value=value, label=labels.get(value, ""), count=count) for value, count in counted]
            found.append(pb.Facet(kind=kind, values=values))  # type: ignore[arg-type]
        return found


def _lines(reader: sqlite3.Connection, rows: list[int]) -> list[Line]:
    select = "SELECT number, place, name, aliases, about FROM items WHERE +live = 1 AND number IN "
    return [Line(*row) for row in reader.execute(f"{select} ({', '.join('?' * len(rows))})", rows)]


def _hits(reader: sqlite3.Connection, rows: list[int]) -> list[pb.ItemHit]:
    select = "SELECT number, hit FROM items WHERE +live = 1 AND number IN "
    found = dict(reader.execute(f"{select} ({', '.join('?' * len(rows))})", rows))
    return [pb.ItemHit.FromString(found[row]) for row in rows if row in found]
