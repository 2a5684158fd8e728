"""Waiting for what is away at start: it is said once, and comes back by itself."""

import time
from collections.abc import Callable

from chassis.telemetry import log


def until(what: str, attempt: Callable[[], object], *errors: type[Exception]) -> None:
    """Returns when the attempt succeeds; these errors mean not yet, any other is a fault."""
    said = False
    while True:
        try:
            attempt()
            return
        except errors as error:
            if not said:
                log("wait").warning(f"waiting_for_{what}", error=type(error).__name__)
            said = True
            time.sleep(1)
