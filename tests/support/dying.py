"""A worker's round over the market's tasks, in a process that kills itself (kill -9) at one of its writes.

`python -m tests.support.dying <uri> <write, from 0> <0 before it, 1 after it>`; ends by itself when there are fewer writes."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from pymongo.collection import Collection

from chassis import store
from services.intermediary.tasks import Tasks
from tests.support.serving import parts_of


def mortal(write: Callable[..., Any], left: list[int], lands: bool, die: Callable[[], None]) -> Callable[..., Any]:
    """A write of the driver that is the last one when none are left, done or not."""

    def call(*arguments: Any, **told: Any) -> Any:
        if left[0] == 0:
            if lands:
                write(*arguments, **told)
            die()
        left[0] -= 1
        return write(*arguments, **told)

    return call


def main(uri: str, writes: str, lands: str) -> None:
    """One round."""
    parts = parts_of(store.connect(uri, "intermediary"), "intermediary")
    left = [int(writes)]
    for name in ("insert_one", "update_one"):
        dead = mortal(getattr(Collection, name), left, lands == "1", lambda: os.kill(os.getpid(), signal.SIGKILL))
        setattr(Collection, name, dead)
    Tasks(parts).round()


if __name__ == "__main__":
    main(*sys.argv[1:])
