"""A worker of case that notes what it handles and misbehaves where the environment says so; started as a process.

ODD_NOTES: file that gets a line `<start|end|fail> <handler> <event id> <unix time>` for each.
ODD_FAIL: file with record ids, one a line; their events fail as long as they stand in it.
ODD_SLOW: seconds each handler takes. ODD_SCHEDULE: delays of retries. ODD_PATIENCE: seconds the store may take to answer.
"""

import os

import eventlet

eventlet.monkey_patch()

import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from chassis import bus, events, run, store  # noqa: E402


def note(what: str, heard: Any) -> None:
    if path := os.environ.get("ODD_NOTES"):
        with Path(path).open("a") as file:
            file.write(f"{what} {heard.handler} {heard.id} {time.time()}\n")


def make_odd() -> None:
    plain = events._run

    def odd(handle: Any, heard: Any) -> None:
        note("start", heard)
        time.sleep(float(os.environ.get("ODD_SLOW", "0")))
        failing = Path(os.environ.get("ODD_FAIL", "/nonexistent"))
        if failing.exists() and heard.record in failing.read_text().split():
            note("fail", heard)
            raise ValueError("王重阳 cannot be handled")
        plain(handle, heard)
        note("end", heard)

    events._run = odd
    if schedule := os.environ.get("ODD_SCHEDULE"):
        bus.SCHEDULE = tuple(schedule.split(","))
    if patience := os.environ.get("ODD_PATIENCE"):
        connect = store.MongoClient
        store.MongoClient = lambda *given, **options: connect(
            *given, **options | {"socketTimeoutMS": int(float(patience) * 1000)}
        )


if __name__ == "__main__":
    make_odd()
    run.start("case")
