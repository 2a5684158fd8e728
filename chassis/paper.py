"""What is printed: a Chinese font for reportlab, lines that fit, QR codes as squares. reportlab is imported when something is printed."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import segno

# A4 in points.
PAGE = (595.28, 841.89)
MM = 72 / 25.4
QUIET = 4
# TrueType fonts with Chinese characters, where systems have them; what is found is embedded into the PDF.
FONTS = (
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/arphic/ukai.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "C:/Windows/Fonts/simhei.ttf",
)
# Without one: a font every PDF reader with Chinese characters stands in for.
STAND_IN = "STSong-Light"
EMBEDDED = "chinese"


@cache
def font_name() -> str:
    """The font, made known to reportlab: one of this machine, which is embedded, else a stand-in."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    for file in FONTS:
        if not Path(file).exists():
            continue
        try:
            pdfmetrics.registerFont(TTFont(EMBEDDED, file))
            return EMBEDDED
        except TTFError:
            continue
    pdfmetrics.registerFont(UnicodeCIDFont(STAND_IN))
    return STAND_IN


def code(url: str) -> segno.QRCode:
    """An address as a QR code."""
    return segno.make(url, error="m", micro=False)


def squares(url: str) -> list[list[bool]]:
    """The code with its quiet zone, row by row: where it is dark."""
    return [[bool(dark) for dark in row] for row in code(url).matrix_iter(border=QUIET)]


def draw_code(canvas: Any, url: str, x: float, y: float, size: float) -> None:
    """The code with its quiet zone on a reportlab canvas; its lower left corner is at (x, y)."""
    matrix = squares(url)
    unit = size / len(matrix)
    for row, line in enumerate(matrix):
        # Neighbours as one bar: fewer strokes, and no hairlines between them.
        for start, length in _runs(line):
            canvas.rect(x + start * unit, y + size - (row + 1) * unit, length * unit, unit, stroke=0, fill=1)


def _runs(line: Sequence[bool]) -> list[tuple[int, int]]:
    """Where a row is dark: start and length of each run."""
    found, start = [], None
    for place, dark in enumerate([*line, False]):
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            found.append((start, place - start))
            start = None
    return found


def wrapped(text: str, measure: Callable[[str], float], width: float, most: int) -> list[str]:
    """Text cut into at most so many lines no wider than `width`, the last one with … where more was cut; Chinese may be cut anywhere."""
    lines, rest = list[str](), text
    while rest and len(lines) < most:
        fits = next((n for n in range(len(rest), 0, -1) if measure(rest[:n]) <= width), 1)
        if len(lines) == most - 1 and fits < len(rest):
            return [*lines, rest[: fits - 1] + "…"]
        lines.append(rest[:fits])
        rest = rest[fits:]
    return lines
