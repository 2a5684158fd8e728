"""Ends of periods as instants, and instants as events carry them."""

from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day

from standards import workdays


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


def instant(text: str) -> datetime | None:
    """An instant of an event; None for an empty text."""
    return datetime.fromisoformat(text) if text else None
