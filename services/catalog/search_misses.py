"""Counts what was looked for in vain, in memory until the next poll writes it."""

import threading
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

from pymongo.database import Database

from chassis.acts import now
from services.catalog import model_misses, store_misses
from services.catalog.search import Index
from services.catalog.search_columns import Wanted
from services.catalog.search_words import tagged
from standards import codes

# Different words between two polls; what is more is not counted.
MOST_WAITING: Final = 500
_SHANGHAI: Final = timezone(timedelta(hours=8))
_TIDIED: Final = timedelta(hours=1)


class Misses:
    """The misses of one process. Any thread notes, one writes."""

    def __init__(self, database: Database[dict[str, Any]], index: Index) -> None:
        self._database, self._index = database, index
        self._lock = threading.Lock()
        self._waiting: Counter[tuple[str, date, str]] = Counter()
        self._forgot = datetime.min.replace(tzinfo=_SHANGHAI)

    def note(self, region: str, text: str) -> None:
        """Somebody found nothing in a region the catalogue has items of; whatever may name a person is forgotten here."""
        prefix = codes.region_prefix(region)
        if not codes.region_valid(region) or not self._index.has(Wanted(region=prefix)):
            return
        if kept := model_misses.kept(text, tagged(text), self._index.knows):
            key = (prefix, now().astimezone(_SHANGHAI).date(), kept)
            with self._lock:
                if key in self._waiting or len(self._waiting) < MOST_WAITING:
                    self._waiting[key] += 1

    def flush(self) -> None:
        """Writes what was gathered, and once an hour drops what is old."""
        with self._lock:
            waiting, self._waiting = self._waiting, Counter()
        store_misses.flush(self._database, waiting.items())
        instant = now()
        if instant - self._forgot > _TIDIED:
            store_misses.forget(self._database, instant.astimezone(_SHANGHAI).date())
            self._forgot = instant
