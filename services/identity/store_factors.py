"""What identity keeps of factors: one record a principal says which there are; what they are checked with is beside it, by their id.

The record decides: a secret that no record names is nobody's.
"""

from collections.abc import Callable
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.acts import Cause
from chassis.records import Records, record_id
from services.identity import challenges, model_factors
from services.identity.model_factors import Factors
from yiwang.identity.v1 import events_pb2 as events

Document = dict[str, Any]
SECRETS = "factor_secrets"
ATTEMPTS = 10


def factors(database: Database[Document]) -> Records[Factors]:
    """The factors of each principal who ever had one."""
    return Records(database["factors"], Factors, model_factors.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [factors(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    factors(database).ensure_indexes()
    database[SECRETS].create_index([("_id", 1), ("version", 1)], name="id_version")
    database[SECRETS].create_index("principal", name="principal")
    challenges.ensure_indexes(database)


def factors_id(principal: str) -> str:
    """The id of a principal's record."""
    return record_id(f"factors/{principal}")


def passkey_id(credential_id: str) -> str:
    """The id of a passkey, by the id its authenticator gave it."""
    return record_id(f"passkey/{credential_id}")


def of(database: Database[Document], principal: str) -> Factors | None:
    """The factors of a principal; None when there never were any."""
    found = factors(database).find({"_id": factors_id(principal)})
    return found.state if found else None


def keep_pending(database: Database[Document], principal: str, id: str, sealed: str) -> str:
    """Keeps the secret of an authenticator that is not confirmed, in the place of one before; the same id again changes nothing.
    The sealed secret as it is kept."""
    pending = {"_id": f"pending/{principal}"}
    found = database[SECRETS].find_one(pending)
    if found and found["factor"] == id:
        return str(found["sealed"])
    database[SECRETS].update_one(
        pending, {"$set": {"principal": principal, "factor": id, "sealed": sealed}}, upsert=True
    )
    return sealed


def pending(database: Database[Document], principal: str) -> Document | None:
    """The unconfirmed authenticator: `factor` and `sealed`."""
    return database[SECRETS].find_one({"_id": f"pending/{principal}"})


def drop(database: Database[Document], id: str) -> None:
    """Forgets a secret, by a factor's id or `pending/<principal>`."""
    database[SECRETS].delete_one({"_id": id})


def keep(database: Database[Document], id: str, principal: str, **state: Any) -> bool:
    """Keeps what a factor is checked with; what is there stays. False when it is another principal's."""
    try:
        database[SECRETS].insert_one({"_id": id, "principal": principal, "version": 1, **state})
    except DuplicateKeyError:
        found = secret(database, id)
        return found is not None and found["principal"] == principal
    return True


def secret(database: Database[Document], id: str) -> Document | None:
    """What a factor is checked with."""
    return database[SECRETS].find_one({"_id": id})


def spend(database: Database[Document], id: str, cause: Cause, decide: Callable[[Document], Document | None]) -> bool:
    """Changes what is kept of a factor by `decide(kept)` in one write; False when that is None. The same act again is True, and changes
    nothing; who loses a race decides again."""
    act = f"{cause.key}/{cause.request}"
    for _ in range(ATTEMPTS):
        found = secret(database, id)
        if found is None:
            return False
        if found.get("spent_by") == act:
            return True
        change = decide(found)
        if change is None:
            return False
        guard = {"_id": id, "version": found["version"]}
        write = {"$set": {**change, "spent_by": act}, "$inc": {"version": 1}}
        if database[SECRETS].update_one(guard, write).matched_count:
            return True
    return False


def forget(database: Database[Document], principal: str) -> None:
    """Forgets every secret of a principal."""
    for found in list(database[SECRETS].find({"principal": principal}, {"_id": 1})):
        drop(database, found["_id"])
