"""The timer of the cases: what is due happens, county by county, once (chassis.timers)."""

from typing import Any

from pymongo.database import Database

from chassis import timers
from chassis.records import Records
from services.case import model_timers
from services.case.model import Case
from services.case.store_timers import BY_COUNTY, Timers


def timing_of(database: Database[dict[str, Any]], cases: Records[Case]) -> timers.Timing[Case]:
    """The timer over the cases of one store."""
    return timers.Timing("case", cases, model_timers.fire, Timers(database).counties, BY_COUNTY)
