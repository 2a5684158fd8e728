"""QR codes of items (一事一码): the short address an item keeps for ever, as squares, PNG, SVG, and sheets of labels in PDF."""

import io
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import segno
from starlette.requests import Request

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
# A4 in points; 3 × 7 labels of 63.5 × 38.1 mm, as label paper is sold.
PAGE = (595.28, 841.89)
MM = 72 / 25.4
COLUMNS, ROWS = 3, 7
LABEL = (63.5 * MM, 38.1 * MM)
GAP = 2.5 * MM
SQUARE = 27 * MM


class Label(NamedTuple):
    """What one label says."""

    name: str
    department: str
    short_code: str


def base_url(request: Request) -> str:
    """Where browsers reach the site: as the operator says, else as this request was addressed."""
    settings = request.app.state.settings
    scheme = "https" if settings.secure_cookies else "http"
    return settings.public_url or f"{scheme}://{request.url.netloc}"


def short_url(base: str, short_code: str) -> str:
    """The address in the code."""
    return f"{base}/i/{short_code}"


def readable(url: str) -> str:
    """The address as it is printed for people to type."""
    return url.partition("://")[2]


def _code(url: str) -> segno.QRCode:
    return segno.make(url, error="m", micro=False)


def squares(url: str) -> list[list[bool]]:
    """The code with its quiet zone, row by row: where it is dark."""
    return [[bool(dark) for dark in row] for row in _code(url).matrix_iter(border=QUIET)]


def png(url: str, scale: int = 12) -> bytes:
    """The code as PNG, some 400 pixels wide."""
    out = io.BytesIO()
    _code(url).save(out, kind="png", scale=scale, border=QUIET)
    return out.getvalue()


def svg(url: str) -> bytes:
    """The code as SVG."""
    out = io.BytesIO()
    _code(url).save(out, kind="svg", scale=8, border=QUIET, light="#fff", xmldecl=False)
    return out.getvalue()


def archive(labels: Sequence[Label], base: str) -> bytes:
    """PNGs of the codes in a ZIP, by code and name, with a list of them."""
    out, lines = io.BytesIO(), ["短码\t事项\t部门\t地址"]
    # PNGs are compressed already.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        for label in labels:
            file.writestr(f"{label.short_code} {file_name(label.name)}.png", png(short_url(base, label.short_code)))
            lines.append("\t".join((label.short_code, label.name, label.department, short_url(base, label.short_code))))
        file.writestr("清单.txt", "\ufeff" + "\r\n".join(lines) + "\r\n")
    return out.getvalue()


def file_name(name: str) -> str:
    """A name no file system minds."""
    return "".join("_" if one in '<>:"/\\|?*' or not one.isprintable() else one for one in name)[:60].strip(" .") or "_"


def sheets(labels: Sequence[Label], base: str) -> bytes:
    """Labels on A4 sheets: the code, and beside it what it is for, who handles it, and the address to type."""
    from reportlab.pdfgen import canvas  # 20 MB an idle gateway does without

    out, font = io.BytesIO(), font_name()
    paper = canvas.Canvas(out, pagesize=PAGE, pageCompression=1)
    paper.setTitle("事项二维码")
    width, height = COLUMNS * LABEL[0] + (COLUMNS - 1) * GAP, ROWS * LABEL[1]
    left, top = (PAGE[0] - width) / 2, PAGE[1] - (PAGE[1] - height) / 2
    for number, label in enumerate(labels):
        place = number % (COLUMNS * ROWS)
        if number and not place:
            paper.showPage()
        row, column = divmod(place, COLUMNS)
        x, y = left + column * (LABEL[0] + GAP), top - (row + 1) * LABEL[1]
        _draw(paper, font, label, short_url(base, label.short_code), x, y)
    paper.save()
    return out.getvalue()


def _draw(paper: Any, font: str, label: Label, url: str, x: float, y: float) -> None:
    """One label; its corner is at (x, y)."""
    paper.setStrokeGray(0.8)
    paper.setLineWidth(0.4)
    paper.roundRect(x, y, LABEL[0], LABEL[1], 4)
    paper.setFillGray(0)
    bottom = y + (LABEL[1] - SQUARE) / 2 + 2 * MM
    matrix = squares(url)
    size = SQUARE / len(matrix)
    for row, line in enumerate(matrix):
        # Neighbours as one bar: fewer strokes, and no hairlines between them.
        for start, length in _runs(line):
            paper.rect(x + start * size, bottom + SQUARE - (row + 1) * size, length * size, size, stroke=0, fill=1)
    text, room = x + SQUARE, LABEL[0] - SQUARE - 2 * MM
    at = y + LABEL[1] - 7 * MM
    at = _lines(paper, font, 9, label.name, (text, at, room), 4)
    paper.setFillGray(0.3)
    _lines(paper, font, 7, label.department, (text, at - 1, room), 2)
    paper.setFillGray(0)
    paper.setFont("Helvetica", 6.5)
    paper.drawString(x + 3 * MM, y + 2.2 * MM, readable(url))


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


def _lines(paper: Any, font: str, size: float, text: str, box: tuple[float, float, float], most: int) -> float:
    """Text in lines of a width, at most so many (the last one ends in …); where the next line would be."""
    x, y, width = box
    paper.setFont(font, size)
    for line in wrapped(text, lambda part: float(paper.stringWidth(part, font, size)), width, most):
        paper.drawString(x, y, line)
        y -= size * 1.35
    return y


def wrapped(text: str, measure: Any, width: float, most: int) -> list[str]:
    """Text cut into lines no wider than `width`; Chinese may be cut anywhere."""
    lines, rest = list[str](), text
    while rest and len(lines) < most:
        fits = next((n for n in range(len(rest), 0, -1) if measure(rest[:n]) <= width), 1)
        if len(lines) == most - 1 and fits < len(rest):
            return [*lines, rest[: fits - 1] + "…"]
        lines.append(rest[:fits])
        rest = rest[fits:]
    return lines


@cache
def font_name() -> str:
    """The font of the labels, made known to reportlab: one of this machine, which is embedded, else a stand-in."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    for file in FONTS:
        if not Path(file).exists():
            continue
        try:
            pdfmetrics.registerFont(TTFont("labels", file))
            return "labels"
        except TTFError:
            continue
    pdfmetrics.registerFont(UnicodeCIDFont(STAND_IN))
    return STAND_IN
