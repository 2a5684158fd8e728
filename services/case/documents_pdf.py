"""Documents of a case on paper: A4, with number, code and QR code on each page. The same words give the same bytes (on one kind of
machine: fonts and reportlab are part of them)."""

import io
import threading
from html import escape
from typing import Any

from chassis.paper import MM, PAGE, draw_code, font_name
from services.case.documents import address, grouped
from services.case.documents_words import GONE, Block, Quote, Rows, Sheet, Table

SIDE, TOP, BOTTOM = 26 * MM, 24 * MM, 44 * MM
# reportlab keeps 6 points free on both sides.
WIDTH = PAGE[0] - 2 * SIDE - 12
SQUARE = 27 * MM
LABEL = 38 * MM
# Number, digest: the rest is for the name and for what stands between.
NUMBER, SIZE, DIGEST = 14 * MM, 22 * MM, 56 * MM
DIGEST_LINE = 32
# reportlab reads a shared font file at places it remembers there; printing is work for one processor anyway.
_TURN = threading.Lock()


def pdf(sheet: Sheet, base: str, code: str) -> bytes:
    """A document as PDF. `base` is where people reach the suite, `code` what verifies the document."""
    from reportlab.platypus import SimpleDocTemplate  # 20 MB an idle api does without

    with _TURN:
        out, font = io.BytesIO(), font_name()
        paper = SimpleDocTemplate(
            out,
            pagesize=PAGE,
            leftMargin=SIDE,
            rightMargin=SIDE,
            topMargin=TOP,
            bottomMargin=BOTTOM,
            title=f"{sheet.title} {sheet.number}",
            author=sheet.authority,
            lang="zh-CN",
            invariant=1,
        )
        pages = _pages(sheet, base, code, font)
        paper.build(_story(sheet, font), canvasmaker=pages)
        return out.getvalue()


def _pages(sheet: Sheet, base: str, code: str, font: str) -> Any:
    """A canvas that says on each page which document it is, how it is verified, and how many pages there are."""
    from reportlab.pdfgen.canvas import Canvas

    class Pages(Canvas):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self._kept: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, state in enumerate(self._kept, 1):
                self.__dict__.update(state)
                _foot(self, sheet, (base, code, font), f"第 {number} 页，共 {len(self._kept)} 页")
                super().showPage()
            super().save()

    return Pages


def _foot(canvas: Any, sheet: Sheet, told: tuple[str, str, str], page: str) -> None:
    """The foot of a page."""
    base, code, font = told
    canvas.setStrokeGray(0.6)
    canvas.setLineWidth(0.5)
    canvas.line(SIDE, BOTTOM - 4 * MM, PAGE[0] - SIDE, BOTTOM - 4 * MM)
    canvas.setFillGray(0)
    draw_code(canvas, address(base, sheet.number, code), SIDE - 3 * MM, 9 * MM, SQUARE)
    x, y = SIDE + SQUARE, BOTTOM - 11 * MM
    for label, value in (("文书编号", sheet.number), ("验证码", grouped(code)), ("验证网址", f"{base}/verify")):
        canvas.setFont(font, 8.5)
        canvas.drawString(x, y, label)
        canvas.setFont("Courier", 8.5)
        canvas.drawString(x + 17 * MM, y, value)
        y -= 5 * MM
    canvas.setFillGray(0.35)
    canvas.setFont(font, 7.5)
    canvas.drawString(x, y, "扫描二维码，或者在验证网址输入文书编号和验证码，可以核对本文书的真伪和效力。")
    canvas.drawRightString(PAGE[0] - SIDE, 8 * MM, page)


def _story(sheet: Sheet, font: str) -> list[Any]:
    """What flows over the pages."""
    from reportlab.platypus import KeepTogether, Paragraph, Spacer

    style = _styles(font)
    story: list[Any] = [
        Paragraph(_plain(sheet.authority), style["authority"]),
        Paragraph(_plain(sheet.title), style["title"]),
        Paragraph(f"编号：{_plain(sheet.number)}", style["number"]),
    ]
    if sheet.addressee or not sheet.erased:
        story.append(Paragraph(f"{_plain(sheet.addressee) or '　' * 6}：", style["flat"]))
    else:
        story.append(Paragraph(_plain(GONE), style["flat"]))
    for block in sheet.body:
        story += _block(block, style)
    signed = [Spacer(1, 9 * MM), Paragraph(_plain(sheet.signed_by) or "　", style["right"])]
    if not sheet.by_applicant:
        signed.append(Paragraph("（印章）", style["seal"]))
    signed.append(Paragraph(sheet.day, style["right"]))
    if sheet.by_hand:
        signed += [
            Spacer(1, 6 * MM),
            Paragraph("签名（盖章）：＿＿＿＿＿＿＿＿　　日期：＿＿＿＿年＿＿月＿＿日", style["flat"]),
        ]
    # Nobody signs a page of its own.
    return [*story[:-1], KeepTogether([story[-1], *signed])]


def _styles(font: str) -> dict[str, Any]:
    from reportlab.lib.styles import ParagraphStyle

    def style(size: float, **more: Any) -> Any:
        named = {"fontName": font, "fontSize": size, "leading": size * 1.75, "wordWrap": "CJK"} | more
        return ParagraphStyle(str(size), **named)

    return {
        "authority": style(15, alignment=1),
        "title": style(21, alignment=1, leading=32),
        "number": style(10.5, alignment=1, spaceAfter=7 * MM),
        "text": style(12, firstLineIndent=24, spaceAfter=2),
        "flat": style(12, spaceAfter=2),
        "right": style(12, alignment=2),
        "seal": style(9, alignment=2, textColor="#8a8a8a"),
        "label": style(10.5, textColor="#444444", leading=16),
        "value": style(10.5, leading=16),
        "quote": style(11.5, leftIndent=24, rightIndent=12, leading=19, spaceAfter=3),
        "cell": style(9.5, leading=13),
        "digest": style(7.5, fontName="Courier", leading=10),
    }


def _block(block: Block, style: dict[str, Any]) -> list[Any]:
    from reportlab.platypus import Paragraph, Spacer

    if isinstance(block, str):
        return [Paragraph(_plain(block), style["text"])]
    if isinstance(block, Quote):
        return [Paragraph(f"{block.label}：", style["text"]), *_lines(block.text, style["quote"])]
    return [Spacer(1, 2 * MM), _grid(block, style), Spacer(1, 3 * MM)]


def _lines(text: str, style: Any) -> list[Any]:
    """A text of a person line by line, so that it may go over pages."""
    from reportlab.platypus import Paragraph

    return [Paragraph(_plain(line), style) for line in text.splitlines() if line.strip()]


def _grid(block: Table | Rows, style: dict[str, Any]) -> Any:
    """A table with its head on every page, or labels beside values."""
    from reportlab.platypus import Paragraph
    from reportlab.platypus import Table as Grid

    look: list[Any] = [("GRID", (0, 0), (-1, -1), 0.5, "#999999"), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
    if isinstance(block, Rows):
        rows = [[Paragraph(label, style["label"]), _value(value, style)] for label, value in block.rows]
        look.append(("BACKGROUND", (0, 0), (0, -1), "#f4f4f4"))
        return Grid(rows, colWidths=(LABEL, WIDTH - LABEL), style=look)
    # Only names may need several lines; the rest is drawn as it is, which takes a fifth of the time.
    table = [
        (number, Paragraph(_plain(name), style["cell"]), size, _halves(digest))
        for number, name, size, digest in block.rows
    ]
    look += [("BACKGROUND", (0, 0), (-1, 0), "#f4f4f4"), ("TEXTCOLOR", (0, 0), (-1, 0), "#444444")]
    look += [("FONT", (0, 0), (-1, -1), style["cell"].fontName, 9.5), ("FONT", (-1, 1), (-1, -1), "Courier", 7.5, 10)]
    widths = (NUMBER, WIDTH - NUMBER - SIZE - DIGEST, SIZE, DIGEST)
    return Grid([block.head, *table], colWidths=widths, repeatRows=1, style=look)


def _value(value: str, style: dict[str, Any]) -> Any:
    """A value; a digest in lines that can be compared."""
    from reportlab.platypus import Paragraph

    if len(value) == 2 * DIGEST_LINE and value.isalnum() and value.isascii():
        return Paragraph(_halves(value).replace("\n", "<br/>"), style["digest"])
    return Paragraph(_plain(value), style["value"])


def _halves(digest: str) -> str:
    return f"{digest[:DIGEST_LINE]}\n{digest[DIGEST_LINE:]}"


def _plain(text: str) -> str:
    """A text that is no markup, without what cannot be printed."""
    return escape("".join(one if one.isprintable() else " " for one in text))
