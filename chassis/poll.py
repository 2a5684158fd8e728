"""What a process does every second or two beside its work: hear what its worker wrote to the own store, and say that it lives."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pymongo
from pymongo.errors import PyMongoError

from chassis.masters import KeysUnavailable
from chassis.parts import Parts
from chassis.sessions import ended_since
from chassis.telemetry import log

if TYPE_CHECKING:  # the heartbeat runs in workers, which must not reach grpc
    from chassis.tokens import Verifier

POLL_SECONDS = 1.5
# Clocks of two processes may differ; what was seen already does no harm.
OVERLAP = timedelta(seconds=60)
BEAT_SECONDS = 5
# A store that stands still must be noticed, not waited for.
STORE_SECONDS = 4


def start(parts: Parts, verifier: "Verifier", ready: Callable[[bool], None], polls: list[Callable[[], None]]) -> None:
    """Polls in a thread of the api: ended sessions, erased persons, and what the service itself keeps in memory."""
    _once(parts, verifier, polls, datetime.now(UTC) - timedelta(days=1))

    def run() -> None:
        since = datetime.now(UTC)
        while True:
            time.sleep(POLL_SECONDS)
            instant = datetime.now(UTC)
            try:
                with pymongo.timeout(STORE_SECONDS):
                    _once(parts, verifier, polls, since - OVERLAP)
            except PyMongoError as error:
                ready(False)
                log("poll").warning("store_away", error=type(error).__name__)
            except Exception as error:
                # Whatever it is, it must not end the thread: then nobody would hear of ended sessions any more, and nobody would know.
                ready(False)
                log("poll").error("poll_failed", error=type(error).__name__)
            else:
                ready(True)
                since = instant

    ready(True)
    threading.Thread(target=run, name="poll", daemon=True).start()


def _once(parts: Parts, verifier: "Verifier", polls: list[Callable[[], None]], since: datetime) -> None:
    verifier.end(ended_since(parts.database, since))
    parts.keyring.forget(parts.keyring.erased_since(since))
    for poll in polls:
        with suppress(KeysUnavailable):  # which is told where it is raised; who is known is served on
            poll()


def heartbeat(parts: Parts, alive: Callable[[], bool]) -> None:
    """Touches the heartbeat file of a worker while its relay works and its store answers; the probe looks at its age."""
    file = Path(parts.settings.heartbeat_file) if parts.settings.heartbeat_file else None
    while file is not None:
        try:
            with pymongo.timeout(STORE_SECONDS):
                parts.database.command("ping")
            if alive():
                file.touch()
        except (PyMongoError, OSError) as error:
            log("poll").warning("no_heartbeat", error=type(error).__name__)
        time.sleep(BEAT_SECONDS)
