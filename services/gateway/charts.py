"""Charts as shapes for inline SVG. Pure; pages show the numbers in a table beside each, for whoever does not see them. Where scripts run,
`static/charts.js` draws the same numbers with ECharts, to be pointed at and enlarged."""

from collections.abc import Sequence
from typing import Final, NamedTuple

# Units of a view box; on a phone about a pixel each.
WIDTH: Final = 360
ROW: Final = 28
LABEL: Final = 96
VALUE: Final = 56
HEIGHT: Final = 150
FOOT: Final = 20
HEAD: Final = 18


class Bar(NamedTuple):
    """One bar: what it is of, its number in words, and where it is drawn."""

    label: str
    text: str
    y: int
    length: float
    tone: str
    value: float


class Bars(NamedTuple):
    """A chart of bars, one below the other."""

    height: int
    bars: list[Bar]


def bars(rows: Sequence[tuple[str, float, str, str]], most: float = 0) -> Bars:
    """Bars of (label, value, text, tone); the longest, or `most`, fills the width."""
    top = max([most, *(value for _, value, _, _ in rows)], default=0)
    room = WIDTH - LABEL - VALUE
    drawn = [
        Bar(label, text, at * ROW, round(room * value / top, 1) if top else 0.0, tone, value)
        for at, (label, value, text, tone) in enumerate(rows)
    ]
    return Bars(max(ROW, len(drawn) * ROW), drawn)


class Column(NamedTuple):
    """One day: the whole and a part of it, one before the other; and the numbers themselves."""

    x: float
    width: float
    whole: float
    part: float
    label: str
    numbers: tuple[int, int]


class Columns(NamedTuple):
    """A chart of columns in the order of days."""

    columns: list[Column]
    most: int
    first: str
    last: str
    base: int


def columns(rows: Sequence[tuple[str, int, int]]) -> Columns | None:
    """Columns of (day, whole, part); None without anything to draw."""
    most = max((max(whole, part) for _, whole, part in rows), default=0)
    if not most:
        return None
    step, room = WIDTH / len(rows), HEIGHT - FOOT - HEAD
    drawn = [
        Column(
            round(at * step + step * 0.12, 2),
            round(step * 0.76, 2),
            round(room * whole / most, 1),
            round(room * part / most, 1),
            label,
            (whole, part),
        )
        for at, (label, whole, part) in enumerate(rows)
    ]
    return Columns(drawn, most, rows[0][0], rows[-1][0], HEIGHT - FOOT)
