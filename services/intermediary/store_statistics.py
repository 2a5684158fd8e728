"""Numbers of the market as they are kept."""

from datetime import datetime
from typing import Any, Final

from pymongo.database import Database

from chassis.records import Records

Document = dict[str, Any]
INDEXES: Final[tuple[list[tuple[str, int]], ...]] = ()


class Counts:
    """Numbers by county and month."""

    def __init__(self, database: Database[Document]) -> None:
        self.database = database

    def mark(self, county: str, opened_at: datetime) -> None:
        """This county's month is counted anew."""


def records(_database: Database[Document]) -> list[Records[Any]]:
    """Nothing here has a journal."""
    return []


def ensure_indexes(_database: Database[Document]) -> None:
    """Indexes of numbers; safe to repeat."""
