"""What may be had of a budget, and who holds how much of it: a guarded update on one document each, so that no number of claims at once can
take more than there is. Benefits of one group are held in the same way.

Everything is repeatable under the name of its hold. Nothing is reserved from the deadline of the store's clock on, and nothing that was
reserved is taken off before: a process that was asleep meanwhile reserves nothing a second time.
"""

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, NamedTuple

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.policy.model import HIGHEST, NAMESPACE

Document = dict[str, Any]
HELD, EXPIRED = "HELD", "EXPIRED"
MISSING, CLOSED, EXHAUSTED, REPEATED = "BUDGET_MISSING", "PERIOD_CLOSED", "BUDGET_EXHAUSTED", "REPEATED"
APPLIED, BELOW = "APPLIED", "BELOW_COMMITTED"
ATTEMPTS: Final = 50


def ensure_indexes(database: Database[Document]) -> None:
    """By the guards of the writes; safe to repeat."""
    pots(database).create_index([("_id", 1), ("available", 1)], name="id_available")
    pots(database).create_index([("closed", 1), ("available", 1)], name="closed_available")
    benefits(database).create_index([("_id", 1), ("rev", 1)], name="id_rev")


def pots(database: Database[Document]) -> Collection[Document]:
    """The pots, by budget: total, available, held by hold, spent, what came back, was refused, was taken over."""
    return database["pots"]


def benefits(database: Database[Document]) -> Collection[Document]:
    """What enterprises hold of benefit groups, by group, period and USCC."""
    return database["benefits"]


def open_pot(database: Database[Document], budget: str) -> None:
    """An empty pot, unless it is there."""
    empty = {
        "_id": budget,
        "total": 0,
        "available": 0,
        "held": {},
        "holds": 0,
        "spent": 0,
        "back": {},
        "changes": {},
        "surplus": {},
        "refused": {},
        "taken": {},
        "closed": False,
    }
    with suppress(DuplicateKeyError):
        pots(database).insert_one(empty)


def there(database: Database[Document], budget: str) -> bool:
    """Whether finance ever set this budget."""
    return pots(database).find_one({"_id": budget}, {"total": 1}) is not None


def adjust(database: Database[Document], budget: str, change: str, delta: int) -> str:
    """The whole is so much more, or less, once for each change: APPLIED; BELOW_COMMITTED when less is left; PERIOD_CLOSED. What it was
    answered once it is answered for ever, also a process that was asleep meanwhile."""
    _pot(database, budget)
    asked = {
        "_id": budget,
        "closed": False,
        "available": {"$gte": -delta},
        f"changes.{change}": {"$exists": False},
    }
    made = {"$inc": {"total": delta, "available": delta}, "$set": {f"changes.{change}": APPLIED}}
    if pots(database).update_one(asked, made).matched_count:
        return APPLIED
    pot = _pot(database, budget)
    if change not in pot["changes"]:
        refused = {"$set": {f"changes.{change}": CLOSED if pot["closed"] else BELOW}}
        pots(database).update_one({"_id": budget, f"changes.{change}": {"$exists": False}}, refused)
        pot = _pot(database, budget)
    return str(pot["changes"][change])


def reserve(database: Database[Document], budget: str, hold: str, fen: int, until: datetime, ask: str = "") -> str:
    """Holds so much, before the deadline: HELD, also when it is held already; BUDGET_MISSING, PERIOD_CLOSED, BUDGET_EXHAUSTED; EXPIRED when
    the deadline is over and nothing is held, or when this `ask` was refused for good."""
    asked: Document = {
        "_id": budget,
        "closed": False,
        "available": {"$gte": fen},
        f"held.{hold}": {"$exists": False},
        "$expr": {"$lt": ["$$NOW", until]},
    }
    if ask:
        asked[f"refused.{ask}"] = {"$exists": False}
    made = {"$inc": {"available": -fen, "holds": 1}, "$set": {f"held.{hold}": fen}}
    if pots(database).update_one(asked, made).matched_count:
        return HELD
    pot = _part(database, budget, hold)
    if pot is None:
        return MISSING
    if hold in pot["held"]:
        return HELD
    if pot["closed"]:
        return CLOSED
    return EXHAUSTED if pot["available"] < fen else EXPIRED


def refuse(database: Database[Document], budget: str, hold: str, ask: str) -> bool:
    """This ask is refused for good, also to a process that was asleep meanwhile. False when the hold is held; a pot that is not there holds
    nothing."""
    asked = {"_id": budget, f"held.{hold}": {"$exists": False}}
    _pot(database, budget)
    return bool(pots(database).update_one(asked, {"$set": {f"refused.{ask}": True}}).matched_count)


def take_over(database: Database[Document], budget: str, source: str, hold: str, fen: int, until: datetime) -> str:
    """As `reserve`, out of what another hold has (a roll's)."""
    asked = {
        "_id": budget,
        f"held.{source}": {"$gte": fen},
        f"held.{hold}": {"$exists": False},
        "$expr": {"$lt": ["$$NOW", until]},
    }
    # What was taken over is counted for good: a claim that ends and is made again takes its part twice.
    counts = {f"held.{source}": -fen, f"taken.{source}": fen, "holds": 1}
    made = {"$inc": counts, "$set": {f"held.{hold}": fen}}
    if pots(database).update_one(asked, made).matched_count:
        return HELD
    pot = _part(database, budget, hold, source)
    if pot is None:
        return MISSING
    if hold in pot["held"]:
        return HELD
    return EXHAUSTED if pot["held"].get(source, 0) < fen else EXPIRED


def taken_over(database: Database[Document], budget: str, source: str) -> int:
    """How much was ever taken over of a hold, in fen."""
    pot = pots(database).find_one({"_id": budget}, {f"taken.{source}": 1})
    return int(pot.get("taken", {}).get(source, 0)) if pot else 0


def free(database: Database[Document], budget: str, hold: str, until: datetime | None) -> bool:
    """Takes a hold off, once its deadline is over; whether it is off. Nothing is held: it is."""
    return _end(database, budget, hold, until, lambda held: {"available": held})


def spend(database: Database[Document], budget: str, hold: str, fen: int, until: datetime | None) -> bool:
    """Charges so much of a hold and frees the rest, once its deadline is over; whether it is done."""
    return _end(database, budget, hold, until, lambda held: {"spent": fen, "available": held - fen})


def _end(
    database: Database[Document],
    budget: str,
    hold: str,
    until: datetime | None,
    counts: Callable[[int], Mapping[str, int]],
) -> bool:
    pot = _part(database, budget, hold)
    held = pot["held"].get(hold) if pot else None
    if held is None:
        # Not even a process that was asleep may take it from now on.
        return until is None or _over(database, until)
    asked: Document = {"_id": budget, f"held.{hold}": held}
    if until is not None:
        asked["$expr"] = {"$gte": ["$$NOW", until]}
    made = {"$inc": {**counts(held), "holds": -1}, "$unset": {f"held.{hold}": ""}}
    return bool(pots(database).update_one(asked, made).matched_count)


def _part(database: Database[Document], budget: str, *holds: str) -> Document | None:
    """What a pot says of these holds; it may have very many."""
    fields = {"available": 1, "closed": 1, **{f"held.{hold}": 1 for hold in holds}}
    pot = pots(database).find_one({"_id": budget}, fields)
    return pot and {**pot, "held": pot.get("held", {})}


def _over(database: Database[Document], until: datetime) -> bool:
    """Whether an instant is over by the store's clock."""
    return bool(database.command("hello")["localTime"].replace(tzinfo=until.tzinfo) >= until)


def give_back(database: Database[Document], budget: str, name: str, fen: int) -> None:
    """What was spent came back, once under its name."""
    asked = {"_id": budget, f"back.{name}": {"$exists": False}}
    made = {"$inc": {"spent": -fen, "available": fen}, "$set": {f"back.{name}": fen}}
    pots(database).update_one(asked, made)


def recovery(claim: str, line: str) -> str:
    """The name of what an enterprise gave back by a line of the bank's, which may have any letters."""
    return f"{claim}-{uuid.uuid5(NAMESPACE, line)}"


def close(database: Database[Document], budget: str) -> None:
    """Nothing is reserved from it any more."""
    pots(database).update_one({"_id": budget}, {"$set": {"closed": True}})


def settle(database: Database[Document], budget: str, number: int, always: bool) -> tuple[int, int] | None:
    """What is left of a closed pot nobody holds anything of goes back to finance, once for each number: how much, and how much is spent;
    the same when it is asked again. None while something is held; and when nothing is left, unless `always`."""
    name = str(number)
    for _ in range(ATTEMPTS):
        pot = _pot(database, budget)
        if name in pot["surplus"]:
            return int(pot["surplus"][name]["left"]), int(pot["surplus"][name]["spent"])
        left, spent = pot["available"], pot["spent"]
        if not pot["closed"] or pot["holds"] or not (left or always):
            return None
        asked = {"_id": budget, "available": left, "spent": spent, "holds": 0, f"surplus.{name}": {"$exists": False}}
        made = {
            "$set": {f"surplus.{name}": {"left": left, "spent": spent}},
            "$inc": {"available": -left, "total": -left},
        }
        if pots(database).update_one(asked, made).matched_count:
            return int(left), int(spent)
    return None


def late(database: Database[Document]) -> list[str]:
    """The budgets whose pots are closed, and still have something: it came back."""
    found = pots(database).find({"closed": True, "available": {"$gt": 0}}, {"closed": 1})
    return [row["_id"] for row in found]


class Sums(NamedTuple):
    """What is in a pot, in fen."""

    total: int = 0
    available: int = 0
    reserved: int = 0
    spent: int = 0


def sums(database: Database[Document], budget: str) -> Sums:
    """What is in a pot; nothing without one. What is reserved is what may not be had any more and is not spent yet."""
    pot = pots(database).find_one({"_id": budget}, {"total": 1, "available": 1, "spent": 1})
    if pot is None:
        return Sums()
    return Sums(pot["total"], pot["available"], pot["total"] - pot["available"] - pot["spent"], pot["spent"])


def _pot(database: Database[Document], budget: str) -> Document:
    pot = pots(database).find_one({"_id": budget})
    if pot is None:
        open_pot(database, budget)
        return _pot(database, budget)
    return pot


def benefit_id(group: str, period: str, uscc: str) -> str:
    """What an enterprise holds of a group in a period stands under this id."""
    return f"{group}/{period}/{uscc}"


def taken(database: Database[Document], group: str, period: str, uscc: str) -> dict[str, int]:
    """What an enterprise holds of a group in a period, by hold, in fen."""
    found = benefits(database).find_one({"_id": benefit_id(group, period, uscc)})
    return dict(found["taken"]) if found else {}


def take(
    database: Database[Document], id: str, hold: str, fen: int, overlap: int, already: int, until: datetime
) -> str:
    """Holds a benefit: HELD; REPEATED when another of the group is held that excludes it, or more than `already` when it was judged;
    EXPIRED."""
    with suppress(DuplicateKeyError):
        benefits(database).insert_one({"_id": id, "rev": 0, "taken": {}})
    for _ in range(ATTEMPTS):
        found = benefits(database).find_one({"_id": id})
        assert found is not None
        if hold in found["taken"]:
            return HELD
        others = sum(found["taken"].values())
        if found["taken"] and (overlap != HIGHEST or others > already):
            return REPEATED
        asked = {"_id": id, "rev": found["rev"], "$expr": {"$lt": ["$$NOW", until]}}
        made = {"$inc": {"rev": 1}, "$set": {f"taken.{hold}": fen}}
        if benefits(database).update_one(asked, made).matched_count:
            return HELD
        if _over(database, until):
            return EXPIRED
    return EXPIRED


def leave(database: Database[Document], id: str, hold: str, until: datetime | None) -> bool:
    """The benefit is not held any more, once the deadline is over; whether it is not."""
    return (until is None or _over(database, until)) and _put(database, id, hold, None)


def lower(database: Database[Document], id: str, hold: str, fen: int) -> bool:
    """No more than this is held as a benefit: so much was paid in the end; whether it is so. What is not held any more stays off."""
    return _put(database, id, hold, fen)


def _put(database: Database[Document], id: str, hold: str, fen: int | None) -> bool:
    # By id and rev, which one index has: by the hold itself the whole collection would be looked through.
    for _ in range(ATTEMPTS):
        found = benefits(database).find_one({"_id": id})
        held = found["taken"].get(hold) if found else None
        if found is None or held is None or (fen is not None and held <= fen):
            return True
        change = {"$unset": {f"taken.{hold}": ""}} if fen is None else {"$set": {f"taken.{hold}": fen}}
        if (
            benefits(database)
            .update_one({"_id": id, "rev": found["rev"]}, {"$inc": {"rev": 1}, **change})
            .matched_count
        ):
            return True
    return False
