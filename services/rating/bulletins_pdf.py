"""A bulletin on paper: A4, each table beside its chart. The same bulletin gives the same bytes (on one kind of machine: fonts and
reportlab are part of them), so corrections, which come later, are not in it."""

import io
import threading
from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any, Final

from chassis.paper import MM, PAGE, font_name
from services.rating import model_results
from services.rating.model_bulletins import DAILY, KINDS
from standards.workdays import SHANGHAI
from yiwang.rating.v1 import results_pb2 as pb

SIDE, END = 20 * MM, 20 * MM
WIDTH = PAGE[0] - 2 * SIDE - 12
BAR, LINE = 5.2 * MM, 3.4 * MM
HEIGHT, MOST_BARS = 42 * MM, 31
DARK, LIGHT, GRID = "#2f6db3", "#eef3f9", "#999999"
GRADES: Final = ("very_satisfied", "satisfied", "fairly_satisfied", "dissatisfied", "very_dissatisfied")
# Of a department: what its line tells.
SHOWN: Final = {"good_rate": "好评率", "rectified_on_time_rate": "按期整改率", "called_back_rate": "回访率"}
# As in services.case.documents_pdf: reportlab shares its font files.
_TURN = threading.Lock()


def filename(bulletin: pb.Bulletin) -> str:
    """The name to keep it under."""
    kind = pb.BulletinKind.Name(bulletin.kind).removeprefix("BULLETIN_KIND_").lower()
    return f"rating-{kind}-{bulletin.county}-{bulletin.from_day}.pdf"


def title(bulletin: pb.Bulletin) -> str:
    """What it is called."""
    return f"政务服务“好差评”{KINDS[bulletin.kind]}"


def pdf(bulletin: pb.Bulletin) -> bytes:
    """A bulletin as PDF."""
    from reportlab.platypus import SimpleDocTemplate  # 20 MB an idle api does without

    with _TURN:
        out, font = io.BytesIO(), font_name()
        named = {"title": f"{title(bulletin)} {bulletin.county} {bulletin.from_day}", "lang": "zh-CN", "invariant": 1}
        edges = {"leftMargin": SIDE, "rightMargin": SIDE, "topMargin": END, "bottomMargin": END}
        SimpleDocTemplate(out, pagesize=PAGE, **edges, **named).build(_story(bulletin, font))
        return out.getvalue()


def _story(bulletin: pb.Bulletin, font: str) -> list[Any]:
    """What flows over the pages."""
    from reportlab.platypus import Paragraph, Spacer

    style = _styles(font)
    cutoff = datetime.fromisoformat(bulletin.cutoff).astimezone(SHANGHAI)
    days = bulletin.from_day if bulletin.kind == DAILY else f"{bulletin.from_day} 至 {bulletin.to_day}"
    head = f"行政区划：{bulletin.county}　统计期间：{days}　数据截止：{cutoff:%Y-%m-%d %H:%M}"
    story = [Paragraph(title(bulletin), style["title"]), Paragraph(head, style["line"]), Spacer(1, 5 * MM)]
    for name, block in (
        ("一、总体指标", _rates(bulletin.whole, font)),
        ("二、评价等级", _grades(bulletin.whole, font)),
        ("三、评价渠道", _channels(bulletin.channels, font)),
        ("四、部门", _departments(bulletin.departments, font, style["cell"])),
        ("五、每日应评服务与主动评价", _days(bulletin.days, font) if bulletin.kind != DAILY else None),
    ):
        if block is not None:
            story += [Paragraph(name, style["head"]), block, Spacer(1, 4 * MM)]
    note = f"各项指标的计算公式见好差评公开页面；截止后到达的数据在该页面以更正列示。数据摘要（SHA-256）：{bulletin.digest}"
    return [*story, Paragraph(note, style["note"])]


def _styles(font: str) -> dict[str, Any]:
    from reportlab.lib.styles import ParagraphStyle

    def style(size: float, **more: Any) -> Any:
        named = {"fontName": font, "fontSize": size, "leading": size * 1.6, "wordWrap": "CJK"} | more
        return ParagraphStyle(str(size), **named)

    return {
        "title": style(19, alignment=1, leading=30),
        "line": style(9.5, alignment=1),
        "head": style(12.5, spaceAfter=2 * MM),
        "cell": style(8.5, leading=11),
        "note": style(8, textColor="#555555"),
    }


def _table(rows: Sequence[Sequence[Any]], widths: Sequence[float], font: str) -> Any:
    from reportlab.platypus import Table

    look = [
        ("GRID", (0, 0), (-1, -1), 0.5, GRID),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("FONT", (0, 0), (-1, -1), font, 8.5),
        ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("BACKGROUND", (0, 0), (-1, 0), LIGHT),
        *((side, (0, 0), (-1, -1), 2.5) for side in ("TOPPADDING", "BOTTOMPADDING")),
    ]
    return Table(list(rows), colWidths=list(widths), repeatRows=1, style=look)


def _beside(table: Any, chart: Any) -> Any:
    from reportlab.platypus import Table

    look = [("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (0, 0), 0)]
    return Table([[table, chart]], colWidths=(WIDTH * 0.5, WIDTH * 0.5), style=look)


def _rates(whole: pb.ResultRow, font: str) -> Any:
    rates = {one.key: one for one in whole.rates}
    rows: list[Sequence[Any]] = [("指标", "分子", "分母", "比率")]
    bars = []
    for key, one in model_results.RATES.items():
        if key in rates:
            rate = rates[key]
            rows.append((one.name, str(rate.numerator), str(rate.denominator), percent(rate.basis_points)))
            bars.append((one.name, rate.basis_points, percent(rate.basis_points)))
    widths = [WIDTH * share for share in (0.2, 0.09, 0.09, 0.1)]
    return _beside(_table(rows, widths, font), _bars(bars, 10_000, font))


def _grades(whole: pb.ResultRow, font: str) -> Any:
    found = [(model_results.COUNTERS[key].name, whole.counters.get(key, 0)) for key in GRADES]
    return _counted("等级", found, font)


def _channels(channels: Sequence[pb.ResultRow], font: str) -> Any:
    return _counted("渠道", [(row.name, row.counters.get("active", 0)) for row in channels], font)


def _counted(head: str, found: list[tuple[str, int]], font: str) -> Any:
    rows = [(head, "主动评价"), *((name, str(count)) for name, count in found)]
    bars = [(name, count, str(count)) for name, count in found]
    most = max((count for _, count in found), default=0)
    return _beside(_table(rows, (WIDTH * 0.3, WIDTH * 0.18), font), _bars(bars, most, font))


def _departments(departments: Sequence[pb.ResultRow], font: str, cell: Any) -> Any:
    from reportlab.platypus import Paragraph

    rows: list[Sequence[Any]] = [("部门", "应评", "主动", "差评", *SHOWN.values(), "得分", "得分图")]
    for row in departments:
        rates = {one.key: percent(one.basis_points) for one in row.rates}
        numbers = [str(row.counters.get(key, 0)) for key in ("invited", "active", "negative")]
        score = (
            f"{row.score / 100:.2f}" if row.counters.get("active") else "—",
            _bars([("", row.score, "")], 10_000, font, 0.12),
        )
        rows.append(
            (Paragraph(escape(row.name or row.id), cell), *numbers, *(rates.get(key, "—") for key in SHOWN), *score)
        )
    widths = [WIDTH * share for share in (0.24, 0.07, 0.07, 0.07, 0.1, 0.12, 0.1, 0.08, 0.15)]
    return _table(rows, widths, font)


def _days(days: Sequence[pb.ResultRow], font: str) -> Any:
    found = [(row.id[-5:], row.counters.get("invited", 0), row.counters.get("active", 0)) for row in days[-MOST_BARS:]]
    return _columns(found, font)


def percent(points: int) -> str:
    """Basis points as they are read."""
    return f"{points // 100}.{points % 100:02}%"


def _bars(bars: list[tuple[str, int, str]], most: int, font: str, share: float = 0.48) -> Any:
    """Bars that lie, each with its name before and its value behind; without names as wide as they can be."""

    def draw(canvas: Any) -> None:
        width, named = WIDTH * share, any(name for name, _, _ in bars)
        begin, room = (26 * MM, width - 40 * MM) if named else (0, width)
        for number, (name, value, told) in enumerate(bars):
            y = (len(bars) - 1 - number) * BAR + (BAR - LINE) / 2
            long = room * value / most if most else 0
            canvas.setFillColor(LIGHT)
            canvas.rect(begin, y, room, LINE, stroke=0, fill=1)
            canvas.setFillColor(DARK)
            canvas.rect(begin, y, long, LINE, stroke=0, fill=1)
            canvas.setFillGray(0)
            canvas.setFont(font, 7)
            canvas.drawRightString(begin - 3, y + 2, name)
            canvas.drawString(begin + room + 3, y + 2, told)

    return _drawing(WIDTH * share, BAR * len(bars), draw)


def _columns(found: list[tuple[str, int, int]], font: str) -> Any:
    """Columns that stand: services in light, active ratings in dark before them."""

    def draw(canvas: Any) -> None:
        most = max((invited for _, invited, _ in found), default=0) or 1
        step, room = WIDTH / max(len(found), 1), HEIGHT - 10 * MM
        for number, (name, invited, active) in enumerate(found):
            x, wide = number * step + step * 0.15, step * 0.7
            for color, value in (("#b9cfe8", invited), (DARK, active)):
                canvas.setFillColor(color)
                canvas.rect(x, 5 * MM, wide, room * value / most, stroke=0, fill=1)
            canvas.setFillGray(0)
            canvas.setFont(font, 6)
            canvas.drawCentredString(x + wide / 2, 5 * MM + room * invited / most + 2, f"{active}/{invited}")
            canvas.drawCentredString(x + wide / 2, 1.5 * MM, name if len(found) <= 7 else name[-2:])

    return _drawing(WIDTH, HEIGHT, draw)


def _drawing(width: float, height: float, draw: Any) -> Any:
    from reportlab.platypus import Flowable

    class Drawing(Flowable):  # type: ignore[misc]
        def wrap(self, *_room: float) -> tuple[float, float]:
            return width, height

        def draw(self) -> None:
            draw(self.canv)

    return Drawing()
