"""Open work of officers who left a department goes to their successors.

What is heard is kept, since two departures may be heard in any order: work that goes to somebody who left after that goes on to
his own successor at once. A departure is gone over again for some minutes, for acts that were under way, or done with a token that
was good still, when it was heard first.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.acts import Cause, now
from chassis.records import Records
from services.case import model_asides
from services.case.model import CLOCKS_DIFFER, Case

Document = dict[str, Any]
COLLECTION = "departures"
AGAIN_FOR = timedelta(minutes=10)
# Successors who left, too, one after the other.
LONGEST_CHAIN = 50


class Departure(NamedTuple):
    """An officer left a department, and who takes over his open work there; empty = nobody."""

    officer_id: str
    department: str
    successor_id: str
    left: datetime
    cause: Cause


def ensure_indexes(database: Database[Document]) -> None:
    """By the guard of the write, and by when it was heard (to go over it again)."""
    database[COLLECTION].create_index("heard", name="heard")
    database[COLLECTION].create_index([("_id", 1), ("seq", 1)], name="id_seq")


class HandingOver:
    """The departures of one store, and the cases they are about."""

    def __init__(self, database: Database[Document], cases: Records[Case]) -> None:
        self._departures = database[COLLECTION]
        self._cases = cases

    def leave(self, departure: Departure, seq: int) -> None:
        """Keeps a departure and hands the officer's open work over. Of two from one department the newer (seq) holds."""
        self._keep(departure, seq)
        kept = self._departures.find_one({"_id": _key(departure.officer_id, departure.department)})
        self._hand_over(_departure(kept) if kept else departure)

    def again(self) -> None:
        """Goes over the departures heard lately once more."""
        bounds = {"$gte": now() - AGAIN_FOR, "$lt": now() + timedelta(days=1)}
        for document in list(self._departures.find({"heard": bounds})):
            self._hand_over(_departure(document))

    def _keep(self, departure: Departure, seq: int) -> None:
        values = departure._asdict() | {"cause": departure.cause.key, "by": departure.cause.by, "seq": seq}
        values |= {"trace": departure.cause.trace, "heard": now()}
        older = {"_id": _key(departure.officer_id, departure.department), "seq": {"$lt": seq}}
        try:
            self._departures.update_one(older, {"$set": values}, upsert=True)
        except DuplicateKeyError:
            # A newer one is there, or an older one was inserted this very moment.
            self._departures.update_one(older, {"$set": values})

    def _hand_over(self, departure: Departure) -> None:
        successor = self._successor(departure)
        for id, handled_at in self._open_work(departure):
            self._change(departure, successor, id, handled_at)

    def _successor(self, departure: Departure) -> str:
        heir, left = departure.successor_id, departure.left
        for _ in range(LONGEST_CHAIN):
            document = self._departures.find_one({"_id": _key(heir, departure.department)}) if heir else None
            if document is None or document["left"] <= left:
                return heir
            heir, left = document["successor_id"], document["left"]
        return ""

    def _open_work(self, departure: Departure) -> list[tuple[str, datetime]]:
        """Ids of the officer's open cases of before he left, and since when they were his."""
        query = {"state.desk": departure.department, "state.handler_id": departure.officer_id}
        found = self._cases.collection.find(query, {"state.handled_at": 1})
        rows = [(row["_id"], row["state"]["handled_at"]) for row in found]
        return [(id, handled_at) for id, handled_at in rows if handled_at <= departure.left + CLOCKS_DIFFER]

    def _change(self, departure: Departure, successor: str, id: str, handled_at: datetime) -> None:
        """One case; its cause is the event, the case and since when it was his, so that a second delivery does nothing."""
        cause = departure.cause
        key = f"{cause.key}/{id}/{round(handled_at.timestamp() * 1000)}"
        self._cases.change(
            id,
            Cause(key, cause.by, "", cause.trace),
            lambda case: model_asides.hand_over(case, departure.officer_id, successor, departure.left),
        )


def _key(officer_id: str, department: str) -> str:
    return f"{officer_id}/{department}"


def _departure(document: Document) -> Departure:
    cause = Cause(document["cause"], document["by"], "", document["trace"])
    fields = {name: document[name] for name in ("officer_id", "department", "successor_id", "left")}
    return Departure(**fields, cause=cause)
