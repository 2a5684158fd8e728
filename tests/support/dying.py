"""A worker's round over its tasks, in a process that kills itself (kill -9) at one of its writes, or of its questions outside.

`python -m tests.support.dying <uri> <step, from 0> <0 before it, 1 after it> [<service> [<setting>=<value> …]]`; ends by itself when there
are fewer steps. Questions outside are steps of policy alone."""

import importlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from pymongo.collection import Collection

from chassis import outside, store
from tests.support.serving import parts_of


def mortal(write: Callable[..., Any], left: list[int], lands: bool, die: Callable[[], None]) -> Callable[..., Any]:
    """A write of the driver that is the last one when none are left, done or not."""

    def call(*arguments: Any, **told: Any) -> Any:
        if marks(arguments[0]):
            return write(*arguments, **told)
        if left[0] == 0:
            if lands:
                write(*arguments, **told)
            die()
        left[0] -= 1
        return write(*arguments, **told)

    return call


def marks(target: Any) -> bool:
    """Whether a write only says that numbers are to be counted anew: it is left out within some seconds of the last, so it is no step."""
    return isinstance(target, Collection) and target.name.endswith("_months")


def steps(asking: bool) -> list[tuple[Any, str]]:
    """Where a process does something that others see: every write, and every question outside if these are wanted."""
    return [(Collection, name) for name in ("insert_one", "update_one")] + (
        [(outside, name) for name in ("post", "get")] if asking else []
    )


def main(uri: str, number: str, lands: str, service: str = "intermediary", *told: str) -> None:
    """One round."""
    parts = parts_of(store.connect(uri, service), service, **dict(one.split("=", 1) for one in told))
    tasks = importlib.import_module(f"services.{service}.tasks").Tasks(parts)
    left = [int(number)]
    for owner, name in steps(asking=service == "policy"):
        dead = mortal(getattr(owner, name), left, lands == "1", lambda: os.kill(os.getpid(), signal.SIGKILL))
        setattr(owner, name, dead)
    tasks.round()


if __name__ == "__main__":
    main(*sys.argv[1:])
