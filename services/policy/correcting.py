"""A correction that was accepted becomes a fact, once, whoever comes first: the api that decided it or the handler of its event."""

from typing import Any

from pymongo.database import Database

from chassis.acts import Cause
from chassis.records import Record
from services.policy import store_enterprises
from services.policy.model_corrections import ACCEPTED, Correction
from services.policy.model_facts import CORRECTED
from services.policy.model_sheets import Told


def correct(database: Database[dict[str, Any]], record: Record[Correction], trace: str) -> None:
    """The department's own word of the fact, from the instant it decided on."""
    one = record.state
    if one.status != ACCEPTED or one.decided_at is None:
        return
    told = Told(one.uscc, ((one.fact, one.decided),), one.decided_at)
    cause = Cause(key=f"correction/{one.id}", by="system:policy", trace=trace)
    by = (one.department, one.department_name, CORRECTED)
    store_enterprises.tell(database, told, by, cause, store_enterprises.kinds(database))
