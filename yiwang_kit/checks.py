"""The table of checks, and what a run came to."""

from typing import Final, NamedTuple

from yiwang_kit import checks_calls, checks_push, checks_report, checks_watch
from yiwang_kit.checks_calls import Check, Result
from yiwang_kit.recorder import Log
from yiwang_kit.settings import Settings

CHECKS: Final[tuple[Check, ...]] = (
    *checks_calls.CHECKS,
    *checks_report.CHECKS,
    *checks_watch.CHECKS,
    *checks_push.CHECKS,
)


class Line(NamedTuple):
    """One check and what it came to."""

    check: Check
    needed: bool
    result: Result


def needed(check: Check, settings: Settings) -> bool:
    """Whether a run has to exercise it."""
    if check.need == "full":
        return settings.plan == "full" and settings.silence > 0
    return check.need == "always" or (check.need == "assertion" and settings.proof == "assertion")


def lines(log: Log, settings: Settings) -> list[Line]:
    """Every check over what was seen."""
    return [Line(check, needed(check, settings), check.run(log)) for check in CHECKS]


def conforms(found: list[Line]) -> bool:
    """Whether nothing failed, and everything that has to be exercised was."""
    return all(line.result.state == "passed" or (line.result.state == "none" and not line.needed) for line in found)
