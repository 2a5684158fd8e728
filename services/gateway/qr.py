"""QR codes of items (一事一码): the short address an item keeps for ever, as squares, PNG, SVG, and sheets of labels in PDF."""

import io
import zipfile
from collections.abc import Sequence
from typing import Any, NamedTuple

from starlette.requests import Request

from chassis.paper import MM, PAGE, QUIET, code, draw_code, font_name, wrapped

# 3 × 7 labels of 63.5 × 38.1 mm on A4, as label paper is sold.
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


def png(url: str, scale: int = 12) -> bytes:
    """The code as PNG, some 400 pixels wide."""
    out = io.BytesIO()
    code(url).save(out, kind="png", scale=scale, border=QUIET)
    return out.getvalue()


def svg(url: str) -> bytes:
    """The code as SVG."""
    out = io.BytesIO()
    code(url).save(out, kind="svg", scale=8, border=QUIET, light="#fff", xmldecl=False)
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
    draw_code(paper, url, x, bottom, SQUARE)
    text, room = x + SQUARE, LABEL[0] - SQUARE - 2 * MM
    at = y + LABEL[1] - 7 * MM
    at = _lines(paper, font, 9, label.name, (text, at, room), 4)
    paper.setFillGray(0.3)
    _lines(paper, font, 7, label.department, (text, at - 1, room), 2)
    paper.setFillGray(0)
    paper.setFont("Helvetica", 6.5)
    paper.drawString(x + 3 * MM, y + 2.2 * MM, readable(url))


def _lines(paper: Any, font: str, size: float, text: str, box: tuple[float, float, float], most: int) -> float:
    """Text in lines of a width, at most so many (the last one ends in …); where the next line would be."""
    x, y, width = box
    paper.setFont(font, size)
    for line in wrapped(text, lambda part: float(paper.stringWidth(part, font, size)), width, most):
        paper.drawString(x, y, line)
        y -= size * 1.35
    return y
