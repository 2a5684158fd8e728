"""What a worker has to do with procurements beside a single write: freezes and selections. One that cannot be done now keeps no other
waiting, and is tried again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from chassis import store as stores
from chassis.acts import now
from chassis.errors import Refused
from chassis.parts import Parts
from chassis.telemetry import log
from services.intermediary import store
from services.intermediary.freezing import Freezing
from services.intermediary.selecting import Selecting

# One that waits for a beacon or a score is looked at again so soon; one that cannot be changed is left alone for longer.
SOON, PATIENCE = timedelta(seconds=5), timedelta(minutes=1)
# Beside the store's own guard: the clocks of worker and store differ a little.
_RETRY: Final = frozenset(("NOT_YET",))


class Tasks:
    """The tasks of one store."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.procurements = store.procurements(parts.database)
        freezing, selecting = Freezing(parts), Selecting(parts)
        self._do: dict[str, Callable[[str], bool]] = {"select": selecting.select, "freeze": _always(freezing.freeze)}
        self._left_alone: dict[str, datetime] = {}

    def round(self) -> int:
        """One round; how many tasks were done."""
        instant, done = now(), 0
        if not stores.clocks_agree(self.database):
            log("tasks").warning("clocks_differ")
            return 0
        self._left_alone = {id: until for id, until in self._left_alone.items() if until > instant}
        for id, task in store.tasks(self.procurements, instant):
            if id not in self._left_alone:
                done += self._try(id, task, instant)
        return done

    def _try(self, id: str, task: str, instant: datetime) -> bool:
        try:
            done = self._do[task](id)
        except Exception as error:  # whatever is wrong with one procurement: the others' times are their notices'
            reason = error.reason if isinstance(error, Refused) else type(error).__name__
            if reason in _RETRY:
                return False
            self._left_alone[id] = instant + PATIENCE
            log("tasks").error("task_refused", record=id, task=task, reason=reason)
            return False
        if not done:
            self._left_alone[id] = instant + SOON
        return done


def _always(act: Callable[[str], None]) -> Callable[[str], bool]:
    def done(id: str) -> bool:
        act(id)
        return True

    return done
