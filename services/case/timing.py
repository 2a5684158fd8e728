"""The timer of the cases: what is due happens, county by county, once. A county whose cases cannot be changed keeps no other waiting.

Survives kills (what is due stays due, the cause says whether it was done) and jumps of the clock: nothing fires while the clocks of
worker and store differ, since a deemed acceptance cannot be undone.
"""

from datetime import datetime, timedelta

from pymongo.database import Database

from chassis import store as stores
from chassis.acts import Cause, now
from chassis.errors import Refused
from chassis.records import Records
from chassis.telemetry import log
from services.case import model_timers
from services.case.model import Case
from services.case.store_timers import Timers

# What is due longer than this has been looked at already, or waits for a backup that was restored: the first round looks back further.
REACH = timedelta(days=3660)
# A case that cannot be changed is left alone for so long.
PATIENCE = timedelta(minutes=1)
# No case has more of them at once.
MOST_ENDS = 50


class Timing:
    """The timer over the cases of one store."""

    def __init__(self, database: Database[dict[str, object]], cases: Records[Case]) -> None:
        self._database = database
        self._cases = cases
        self._timers = Timers(database)
        self._left_alone: dict[str, datetime] = {}

    def round(self) -> int:
        """One round over all counties; how many ends were acted on."""
        if not stores.clocks_agree(self._database):
            log("timing").warning("clocks_differ")
            return 0
        return sum(self._county(county) for county in self._timers.counties())

    def _county(self, county: str) -> int:
        instant, fired = now(), 0
        self._left_alone = {id: until for id, until in self._left_alone.items() if until > instant}
        for id, due, what in self._timers.due(county, instant - REACH, instant, beside=len(self._left_alone)):
            if id in self._left_alone:
                continue
            try:
                _fire(self._cases, id, due, what)
                fired += 1
            except Exception as error:  # whatever is wrong with one case: the others' ends are the law's
                self._left_alone[id] = instant + PATIENCE
                reason = error.reason if isinstance(error, Refused) else type(error).__name__
                log("timing").error("timer_refused", record=id, timer=what, reason=reason)
        return fired


def catch_up(cases: Records[Case], id: str) -> None:
    """All that is due in a case happens now, the earliest first, as the timer would do it."""
    for _ in range(MOST_ENDS):
        case = cases.get(id).state
        if case.due is None or case.due > now():
            return
        _fire(cases, id, case.due, case.due_of)


def _fire(cases: Records[Case], id: str, due: datetime, what: str) -> None:
    cause = Cause(key=f"timer/{what}/{due.isoformat()}", by="system:case")
    cases.change(id, cause, lambda case: model_timers.fire(case, now()))
