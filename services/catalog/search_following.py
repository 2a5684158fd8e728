"""Keeps the index of a process in step with the store: everything at the start, then what changed, every second or two."""

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from chassis import telemetry
from chassis.acts import now
from chassis.records import Records
from services.catalog import store, store_vocabulary
from services.catalog.model import Item
from services.catalog.model_vocabulary import Vocabulary
from services.catalog.search import Index
from services.catalog.search_chapters import milliseconds
from services.catalog.store import Listed

# A publication is stamped before it is written, and clocks differ: each step looks back a little, one a minute further.
OVERLAP, SWEEP, SWEEP_BACK = timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=10)
# Longest step beside searches, in seconds; an import of thousands is followed over several.
STEP_SECONDS: Final = 2.0
# With so many to read, all are read in one go.
_MANY: Final = 2_000
# After so many changes what is written is merged.
_UNTIDY: Final = 20_000
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


class Follower:
    """Brings one index up to what the store has. Its steps take turns; searches do not wait for them."""

    def __init__(self, items: Records[Item], vocabularies: Records[Vocabulary], index: Index) -> None:
        self._items, self._vocabularies, self._index = items, vocabularies, index
        self._turn = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._since = self._swept = self._told = _EVER
        self._compared = self._damaged = False
        self._changes = 0

    def step(self) -> None:
        """One step. The first compares every item's version with the store's, whatever the file was left with."""
        with self._turn:
            try:
                self._learn()
                changed = self._follow() if self._compared else self._compare()
                self._tidy(changed)
            except sqlite3.OperationalError as error:
                # The disk is full or slow: what was written stays, the rest is tried again.
                telemetry.log("search").error("index_not_written", error=type(error).__name__)
            except sqlite3.DatabaseError as error:
                # By the next step, which tries again until it can.
                self._damaged = True
                telemetry.log("search").error("index_damaged", error=type(error).__name__)
            else:
                if changed:
                    telemetry.log("search").info("index_refreshed", changed=changed, items=len(self._index))

    def replace(self) -> None:
        """Makes the next step begin with an empty file: what is there cannot be read."""
        self._damaged = True

    def _replace(self) -> None:
        self._index.begin_anew()
        self._begin()
        telemetry.log("search").info("index_begun_anew")

    def _compare(self) -> int:
        started, known = now(), self._index.known()
        there = {id: (version, milliseconds(at)) for id, version, at in store.listing_keys(self._items)}
        dropped = self._index.drop([id for id in known if id not in there])
        stale = [id for id, seen in there.items() if known.get(id) != seen]
        read = store.listed_since(self._items, _EVER) if len(stale) > _MANY else store.listed(self._items, stale)
        changed = self._index.keep(read, anew=True) if stale else 0
        self._since, self._swept, self._compared = started, started, True
        return dropped + changed

    def _follow(self) -> int:
        started = now()
        sweep = started - self._swept > SWEEP
        since = self._since - (SWEEP_BACK if sweep else OVERLAP)
        rest = _Bounded(store.listed_since(self._items, since, self._index.version))
        changed = self._index.keep(rest)
        if rest.finished:
            self._since, self._swept = started, started if sweep else self._swept
        return changed

    def _learn(self) -> None:
        """The words of counties that changed. All of them are few: they are kept in memory alone."""
        if self._damaged:
            self._replace()
        started = now()
        for one in store_vocabulary.saved_since(self._vocabularies, self._told - OVERLAP):
            self._index.vocabularies.put(one.region, one.groups)
        self._told = started

    def _tidy(self, changed: int) -> None:
        self._changes += changed
        if self._changes > _UNTIDY:
            self._index.tidy()
            self._changes = 0


class _Bounded(Iterable[Listed]):
    """As many as can be had within STEP_SECONDS."""

    def __init__(self, listed: Iterator[Listed]) -> None:
        self._listed = listed
        self.finished = False

    def __iter__(self) -> Iterator[Listed]:
        until = time.monotonic() + STEP_SECONDS
        for one in self._listed:
            yield one
            if time.monotonic() > until:
                return
        self.finished = True
