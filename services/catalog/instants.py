"""Instants as the contracts write and read them: RFC 3339 in UTC; a date is a day of Shanghai."""

from datetime import UTC, date, datetime, time

from chassis.errors import Violation, invalid
from standards.workdays import SHANGHAI

START_OF_DAY, END_OF_DAY = time(0, 0, tzinfo=SHANGHAI), time(23, 59, 59, 999000, SHANGHAI)


def told(instant: datetime | None) -> str:
    """RFC 3339 in UTC with milliseconds; empty for none."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if instant else ""


def read(text: str, field: str, day: time = END_OF_DAY) -> datetime | None:
    """The instant of an RFC 3339 text, or the end (or start) of a date's day in Shanghai; None for the empty text.

    INVALID_ARGUMENT MALFORMED names the field.
    """
    if not text:
        return None
    try:
        if len(text) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text), day).astimezone(UTC)
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise ValueError(text)
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid(Violation(field, "MALFORMED", "时间格式不正确")) from None
