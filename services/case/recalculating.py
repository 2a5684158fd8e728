"""A calendar that lands moves the ends of open clocks: each open case is calculated anew, once for each calendar, county by county."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from pymongo.database import Database

from chassis.acts import Cause, now
from chassis.errors import Refused
from chassis.records import Records
from chassis.telemetry import log
from chassis.timers import due
from services.case import model_deadlines
from services.case.model import Case
from services.case.store_timers import BY_COUNTY, Timers
from standards import workdays

# Open cases have something due within this.
AHEAD = timedelta(days=3660)


def reread(folder: str) -> None:
    """The notices of the folder, when one is given; a broken one is said, and the calendar of before stays in force."""
    if not folder:
        return
    try:
        workdays.use_folder(Path(folder))
    except (OSError, ValueError) as error:
        log("calendar").error("calendar_refused", error=type(error).__name__)


def run(database: Database[dict[str, Any]], cases: Records[Case]) -> int:
    """Calculates the open cases of every county that was calculated with another calendar; how many ends were moved."""
    digest, timers, moved = workdays.calendar_digest(), Timers(database), 0
    for county in timers.calculated_otherwise(digest):
        instant = now()
        for id, _, _ in due(cases, (BY_COUNTY, county), instant - AHEAD, instant + AHEAD, 0):
            moved += _recalculate(cases, id, digest)
        timers.calculated(county, digest)
    return moved


def _recalculate(cases: Records[Case], id: str, digest: str) -> int:
    cause = Cause(key=f"calendar/{digest}", by="system:case")
    try:
        before = cases.get(id).version
        return int(cases.change(id, cause, lambda case: model_deadlines.recalculate(case, digest)).version > before)
    except Refused as refused:  # a full journal: its ends stay as they are, and the others go on
        log("calendar").warning("not_recalculated", record=id, reason=refused.reason)
        return 0
