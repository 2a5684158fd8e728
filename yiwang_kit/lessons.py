"""Which fault is played when: a list for each RPC, taken off from the front, one for each call that can show something.

A fault comes before what needs nothing more: a system with ten rows has to go through all of them to get its rows landed.
"""

import threading
from typing import Final

# The token is over · the quota is used up · the stream ends after the rows landed, before the answer · it ends after the first
# batch · `stopped` half way · single rows refused.
REPORT: Final = {
    "quick": ("expired", "quota", "cut_after", "cut_midway", "stopped", "faults"),
    "full": ("expired", "quota", "quota", "cut_after", "cut_after", "cut_midway", "stopped", "stopped", "faults"),
}
# Events with one of them twice, then cut · heartbeats, then cut · too many watchers · the token is too old · nothing at all, where that is
# tried · events from now on.
WATCH: Final = ("events_cut", "heartbeats_cut", "too_many", "reconcile_needed", "silent", "steady")
# One for each case that is pushed: taken, but not answered · lost race · not allowed any more · well.
PUSH: Final = ("cut_after", "aborted", "not_allowed", "well")
# For what the department reported, and for what is handled here.
RECONCILE: Final = {False: ("away", "differences"), True: ("well",)}


class Lessons:
    """What is still to be played. Several threads take from it."""

    def __init__(self, plan: str, silent: bool) -> None:
        self._lock = threading.Lock()
        watch = [one for one in WATCH if silent or one != "silent"]
        self.left: dict[str, list[str]] = {
            "report": list(REPORT[plan]),
            "watch": watch,
            "push": list(PUSH),
            "reconcile": list(RECONCILE[False]),
            "reconcile_here": list(RECONCILE[True]),
        }

    def next(self, rpc: str) -> str:
        """What the coming call would play; empty when there is nothing left."""
        with self._lock:
            return next(iter(self.left[rpc]), "")

    def take(self, rpc: str, lesson: str = "") -> str:
        """Takes the next one off, only when it is `lesson` if one is named; empty when there is none."""
        with self._lock:
            left = self.left[rpc]
            if not left or (lesson and left[0] != lesson):
                return ""
            return left.pop(0)

    def over(self) -> bool:
        """Whether everything was played."""
        with self._lock:
            return not any(self.left.values())
