"""Ends of periods as instants, and instants as events carry them."""

import re
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day

from standards import workdays

# Strict, since a parser of the language takes digits of any script, weeks and times without a zone, too.
_STATED = re.compile(
    r"(?:19[5-9]|20[0-9]|21[0-9])[0-9]-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def after(at: datetime, working_days: int, region: str) -> datetime:
    """The end of so many working days after an instant, whose own day is not counted (art. 82, 民法典 art. 201)."""
    return workdays.add_working_days(at.astimezone(workdays.SHANGHAI).date(), working_days, region).instant


def after_natural(at: datetime, days: int) -> datetime:
    """The end of a natural day so many days later."""
    day = at.astimezone(workdays.SHANGHAI).date() + timedelta(days=days)
    return datetime.combine(day, time_of_day(23, 59, 59), workdays.SHANGHAI).astimezone(UTC)


def text(instant: datetime | None) -> str:
    """An instant as events carry it, at the store's precision of a millisecond: what is finer would be another one when it is read
    again. Empty for none."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000).isoformat() if instant else ""


def stated(text: str) -> datetime | None:
    """The instant of an RFC 3339 text with its zone, as somebody states it, in UTC to the millisecond; None when it is none."""
    if not _STATED.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


def instant(text: str) -> datetime | None:
    """An instant of an event; None for an empty text."""
    return datetime.fromisoformat(text) if text else None
