"""How items get into the index file: one batch, one transaction."""

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

import orjson

from services.catalog import search_chapters, search_nearby, search_rows
from services.catalog.search_chapters import milliseconds
from services.catalog.search_rows import Tags, Words
from services.catalog.store import Listed

MOST_KEYS, MOST_WORDS = 1000, 500
_NUMBER: Final = "SELECT number FROM items WHERE id = ?"
_PUT: Final = """
INSERT OR REPLACE INTO items (number, id, version, listed, live, edition, digest, place, name, aliases, about, tags, hit)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_PUT_WORDS: Final = "INSERT INTO words (rowid, title, about, spelled, codes) VALUES (?, ?, ?, ?, ?)"


class Put(NamedTuple):
    """A row as it was written; nothing but its number when the item is not in force (any more)."""

    number: int
    fresh: bool
    name: str = ""
    tags: Tags | None = None
    words: Words | None = None


def put(writer: sqlite3.Connection, batch: Iterable[Listed]) -> list[Put]:
    """Writes items over what was there of them."""
    return [_put(writer, one) for one in batch]


def drop(writer: sqlite3.Connection, ids: Iterable[str]) -> list[Put]:
    """Forgets items altogether. Their numbers are not given again, since searches under way may hold them."""
    gone = []
    for id in ids:
        for (number,) in writer.execute(_NUMBER, (id,)).fetchall():
            _empty(writer, number)
            writer.execute("UPDATE items SET id = NULL, live = 0 WHERE number = ?", (number,))
            gone.append(Put(number, False))
    return gone


def _put(writer: sqlite3.Connection, one: Listed) -> Put:
    row = writer.execute(_NUMBER, (one.id,)).fetchone()
    if row:
        _empty(writer, row[0])
    newest, now = one.history[-1] if one.history else None, search_rows.in_force(one)
    common = (one.id, one.version, milliseconds(newest.since) if newest else 0, int(now is not None))
    edition = (newest.edition, one.published_digest) if newest else (0, "")
    number = row[0] if row else None
    if now is None:
        cursor = writer.execute(_PUT, (number, *common, *edition, "", "", "", "", "", b""))
        found = Put(number or int(cursor.lastrowid or 0), row is None)
    else:
        facts, tags, words = now.facts, search_rows.tags(now.facts), search_rows.words(now.facts)
        texts = search_rows.texts(facts)
        hit = search_rows.hit(one, now.edition, facts).SerializeToString()
        shown = (search_rows.place(one, facts), *texts, orjson.dumps(list(tags.values())).decode(), hit)
        cursor = writer.execute(_PUT, (number, *common, *edition, *shown))
        found = Put(number or int(cursor.lastrowid or 0), row is None, texts[0], tags, words)
        writer.execute(_PUT_WORDS, (found.number, *words))
        _put_lexicon(writer, [facts.name, *facts.aliases])
    writer.executemany(search_chapters.INSERT, [(found.number, *chapter) for chapter in search_chapters.rows(one)])
    return found


def _empty(writer: sqlite3.Connection, number: int) -> None:
    writer.execute("DELETE FROM words WHERE rowid = ?", (number,))
    writer.execute(search_chapters.DELETE, (number,))


def _put_lexicon(writer: sqlite3.Connection, names: list[str]) -> None:
    """Words never go again: whatever is corrected to is looked for before it is shown."""
    for word in search_nearby.lexicon(names):
        if writer.execute("INSERT OR IGNORE INTO lexicon VALUES (?)", (word,)).rowcount:
            writer.executemany(
                "INSERT OR IGNORE INTO near VALUES (?, ?)", [(key, word) for key in search_nearby.keys(word)]
            )


def nearby(reader: sqlite3.Connection, keys: set[str]) -> dict[str, list[str]]:
    """Words by their key (`search_nearby`), for at most MOST_KEYS keys."""
    found: dict[str, list[str]] = {}
    chosen = sorted(keys)[:MOST_KEYS]
    select = f"SELECT key, word FROM near WHERE key IN ({', '.join('?' * len(chosen))}) LIMIT {MOST_WORDS}"  # noqa: S608 - marks
    for key, word in reader.execute(select, chosen):
        found.setdefault(key, []).append(word)
    return found
