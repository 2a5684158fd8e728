"""Which rows have a word: read from the index once, kept as a set, and brought up to date with every change."""

import sqlite3
import threading
from collections import OrderedDict
from typing import Final, NamedTuple

from services.catalog import search_bits
from services.catalog.search_rows import Words

# Sets kept: a common word's takes 1.3 KB per 10,000 items.
MOST_KEPT: Final = 600
_ROWS = "SELECT group_concat(rowid) FROM words WHERE words MATCH ?"


class Term(NamedTuple):
    """A token of one column, or all that begin so."""

    column: str
    token: str
    prefix: bool = False

    def expression(self) -> str:
        """As FTS5 takes it. Tokens are letters, digits or characters only, and quoted, so that none is syntax."""
        return f'{self.column} : "{self.token}"{" *" if self.prefix else ""}'


class Terms:
    """The sets of one index. One thread changes, others read; nobody waits longer than a dictionary takes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Term, int] = OrderedDict()
        self._lock = threading.Lock()
        self._state = 0

    @property
    def state(self) -> int:
        """How many changes there were: to be read before a connection begins to see the index."""
        return self._state

    def rows(self, reader: sqlite3.Connection, state: int, term: Term) -> int:
        """The rows that have it, as a set. It is kept only when nothing changed since `state`: later changes are not seen by the reader,
        and would be missing from the set for ever."""
        with self._lock:
            if (kept := self._kept.get(term)) is not None:
                self._kept.move_to_end(term)
                return kept
        # One row from SQLite, so that the interpreter goes on while it reads.
        (listed,) = reader.execute(_ROWS, (term.expression(),)).fetchone()
        found = search_bits.from_rows([int(row) for row in listed.split(",")]) if listed else 0
        with self._lock:
            if state == self._state:
                self._kept[term] = found
                if len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
        return found

    def change(self, changed: dict[int, Words | None]) -> None:
        """Puts rows that were committed right in all sets."""
        gone = search_bits.from_rows(list(changed))
        tokens = {
            column: [(row, set(getattr(words, column).split())) for row, words in changed.items() if words]
            for column in Words._fields
        }
        with self._lock:
            self._state += 1
            for term, kept in self._kept.items():
                have = [row for row, known in tokens[term.column] if _has(known, term)]
                self._kept[term] = kept & ~gone | search_bits.from_rows(have)


def _has(tokens: set[str], term: Term) -> bool:
    if term.prefix:
        return any(token.startswith(term.token) for token in tokens)
    return term.token in tokens
