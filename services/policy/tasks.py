"""What a worker has to do with claims beside a single write: reservations, accounts, payments. One that cannot be done now keeps no other
waiting, and is tried again; the bank is asked again soon at first, then more seldom."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from chassis import store as stores
from chassis.acts import now
from chassis.answers import Fault
from chassis.errors import Refused
from chassis.outside import Away
from chassis.parts import Parts
from chassis.telemetry import log
from services.policy import store_claims
from services.policy.paying import Paying
from services.policy.reserving import Reserving

SOON, LATER = timedelta(seconds=2), timedelta(minutes=5)


class Tasks:
    """The tasks of one store. Done by whoever comes first; done twice is done once."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.claims = store_claims.claims(parts.database)
        reserving, paying = Reserving(parts), Paying(parts)
        self._do: Final[dict[str, Callable[[str], bool]]] = {
            "reserve": reserving.reserve,
            "free": reserving.free,
            "spend": reserving.spend,
            "restore": reserving.restore,
            "check": paying.check,
            "pay": paying.pay,
        }
        # Until when a claim is left alone, and how long that was.
        self._left_alone: dict[str, tuple[datetime, timedelta]] = {}

    def round(self) -> int:
        """One round; how many tasks were done."""
        instant, done = now(), 0
        if not stores.clocks_agree(self.database):
            log("tasks").warning("clocks_differ")
            return 0
        # What nobody came back to is done by another.
        self._left_alone = {id: left for id, left in self._left_alone.items() if left[0] > instant - LATER}
        for id, task in store_claims.tasks(self.claims, instant, len(self._left_alone)):
            until, _ = self._left_alone.get(id, (instant, SOON))
            if until <= instant:
                done += self.attempt(id, task)
        return done

    def attempt(self, id: str, task: str) -> bool:
        """One task of one claim, now; whether it is done. What is wrong with one is logged and keeps no other waiting."""
        try:
            done = self._do[task](id)
        except Away as away:
            log("tasks").info("outside_away", record=id, task=task, error=str(away))
            done = False
        except Exception as error:  # whatever is wrong with one claim: the others' money is theirs
            reason = error.reason if isinstance(error, Refused) else str(error) if isinstance(error, Fault) else ""
            log("tasks").error("task_refused", record=id, task=task, reason=reason or type(error).__name__)
            done = False
        if done:
            self._left_alone.pop(id, None)
            return True
        _, pause = self._left_alone.get(id, (now(), SOON))
        self._left_alone[id] = (now() + pause, min(pause * 2, LATER))
        return False
