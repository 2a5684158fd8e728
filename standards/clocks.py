"""The deadline engine: every clock of a case, pure (time is passed in) over the calendar of `workdays`.

`clocks_spans`: the end of a clock with pauses and an extension; `clocks_lights`: green, yellow, red; `clocks_hours`: service hours
and submissions after them; `clocks_law`: the limits of the 行政许可法 and its two fictions.
"""

from standards.clocks_hours import Opening, ServiceHours, counted_from, is_open, next_opening, openings
from standards.clocks_law import LAW, Renewal, Rule, deemed_accepted_on, latest_before, renewal
from standards.clocks_lights import GREEN, RED, YELLOW, YELLOW_WORKING_DAYS, light, yellow_at
from standards.clocks_spans import COUNTED_IN, Elapsed, Pause, Span, due, elapsed, half_days_between, merged
from standards.workdays import Due

__all__ = [
    "COUNTED_IN",
    "GREEN",
    "LAW",
    "RED",
    "YELLOW",
    "YELLOW_WORKING_DAYS",
    "Due",
    "Elapsed",
    "Opening",
    "Pause",
    "Renewal",
    "Rule",
    "ServiceHours",
    "Span",
    "counted_from",
    "deemed_accepted_on",
    "due",
    "elapsed",
    "half_days_between",
    "is_open",
    "latest_before",
    "light",
    "merged",
    "next_opening",
    "openings",
    "renewal",
    "yellow_at",
]
