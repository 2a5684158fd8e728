"""A notice on paper, with its proof of service to be signed (送达回证); and the proof of what was sent, as evidence. A4."""

import io
from collections.abc import Iterator
from threading import Lock
from typing import Any, Final, NamedTuple

from chassis import paper
from services.message.contacts import Contact
from services.message.model import STATUSES, Notice, Sending
from services.message.model_sending import OUTCOMES
from services.message.model_templates import Text
from services.message.model_texts import CENTRE, EMAIL, LETTER, PUSH, SMS
from standards.workdays import SHANGHAI

LEFT, RIGHT, TOP = 25 * paper.MM, 185 * paper.MM, 270 * paper.MM
WIDTH: Final = RIGHT - LEFT
# Where a window envelope (DL) shows the address.
WINDOW: Final = (22 * paper.MM, 250 * paper.MM)
CODE: Final = 28 * paper.MM
SLIP: Final = 85 * paper.MM
CHANNELS: Final = {CENTRE: "消息中心", SMS: "短信", EMAIL: "电子邮件", PUSH: "小程序消息", LETTER: "信函"}
# reportlab reads a shared font file at places it remembers there.
_PRINTING: Final = Lock()


class Letter(NamedTuple):
    """All that stands on a letter."""

    notice: Notice
    text: Text
    contact: Contact
    sender: str
    hotline: str
    address: str


def pdf(letter: Letter) -> bytes:
    """A letter: address in the window, text, QR code, and the slip the recipient signs."""
    return _printed(f"{letter.text.title} {letter.notice.subject_number}", lambda canvas: _letter(canvas, letter))


def proof(notice: Notice, text: Text, digest: str, address: str) -> bytes:
    """The proof of a notice: what was told, when, by which channel, and whether it arrived."""
    return _printed(f"送达证明 {notice.subject_number}", lambda canvas: _proof(canvas, notice, text, digest, address))


def _printed(title: str, draw: Any) -> bytes:
    from reportlab.pdfgen.canvas import Canvas  # late: few calls need it, every process would carry it

    written = io.BytesIO()
    with _PRINTING:
        canvas = Canvas(written, pagesize=paper.PAGE, invariant=1)
        canvas.setTitle(title)
        draw(canvas)
        canvas.save()
    return written.getvalue()


class _Pen:
    """Writes lines from the top down; a page that is full is followed by another."""

    def __init__(self, canvas: Any, y: float, floor: float = 25 * paper.MM) -> None:
        self.canvas, self.y, self._floor = canvas, y, floor

    def text(self, said: str, size: int = 11, indent: float = 0, gap: float = 1.6) -> None:
        """One paragraph."""
        font = paper.font_name()
        rows = paper.wrapped(said, lambda text: self.canvas.stringWidth(text, font, size), WIDTH - indent, 60)
        for row in rows or [""]:
            if self.y < self._floor:
                self.canvas.showPage()
                self.y = TOP
            self.canvas.setFont(font, size)
            self.canvas.drawString(LEFT + indent, self.y, row)
            self.y -= size * gap


def _letter(canvas: Any, letter: Letter) -> None:
    x, y = WINDOW
    for row in (letter.contact.address, f"{letter.contact.name} 收"):
        canvas.setFont(paper.font_name(), 11)
        for line in paper.wrapped(row, lambda text: canvas.stringWidth(text, paper.font_name(), 11), 90 * paper.MM, 3):
            canvas.drawString(x, y, line)
            y -= 16
    pen = _Pen(canvas, 215 * paper.MM, SLIP + 10 * paper.MM)
    pen.text(letter.text.title, 16)
    pen.y -= 6
    for line in letter.text.body.split("\n"):
        pen.text(f"　　{line}", 12)
    if letter.notice.must:
        pen.text(f"依据：{letter.notice.must}", 10)
    when = letter.notice.raised_at.astimezone(SHANGHAI)
    pen.text(f"{letter.sender}政务服务　{when:%Y年%m月%d日}　服务热线：{letter.hotline or '12345'}", 10)
    pen.text("扫码登录后可以查看和办理。", 10)
    paper.draw_code(canvas, letter.address, RIGHT - CODE, 222 * paper.MM, CODE)
    _slip(canvas, letter)


def _slip(canvas: Any, letter: Letter) -> None:
    canvas.setDash(3, 3)
    canvas.line(LEFT, SLIP, RIGHT, SLIP)
    canvas.setDash()
    pen = _Pen(canvas, SLIP - 10 * paper.MM)
    pen.text("送达回证（请投递人员交收件人签字后寄回）", 12)
    pen.text(f"文件：{letter.text.title}　编号：{letter.notice.subject_number}　通知号：{letter.notice.id}", 10)
    for label in ("收件人签名", "代收人签名及与收件人的关系", "签收日期", "未能送达的原因", "投递人员签名"):
        pen.text(f"{label}：", 11, gap=2.1)


def _proof(canvas: Any, notice: Notice, text: Text, digest: str, address: str) -> None:
    canvas.setFont(paper.font_name(), 18)
    canvas.drawCentredString(paper.PAGE[0] / 2, TOP, "送达证明")
    paper.draw_code(canvas, address, RIGHT - CODE, TOP - CODE - 12, CODE)
    pen = _Pen(canvas, TOP - 45)
    for label, said in lines(notice, digest):
        pen.text(f"{label}：{said}", 10)
    pen.y -= 8
    pen.text("通知内容", 12)
    for line in (text.title, *text.body.split("\n")):
        pen.text(line, 10, 12)
    pen.y -= 8
    pen.text("发送记录", 12)
    for one in notice.sendings:
        pen.text(sending_words(one), 10, 12)
    if not notice.sendings:
        pen.text("没有经站外渠道发送。", 10, 12)


def lines(notice: Notice, digest: str) -> Iterator[tuple[str, str]]:
    """What a proof tells, label by label. Nobody's name or address: who was told stands in the case."""
    yield "通知号", notice.id
    yield "事项编号", notice.subject_number or "无"
    yield "依据", notice.must or "无法定告知要求"
    yield "发出时间", _minute(notice.raised_at)
    yield "状态", STATUSES[notice.status]
    yield "送达时间", f"{_minute(notice.told_at)}（{CHANNELS[notice.told_by]}）" if notice.told_at else "未送达"
    yield "阅读时间", _minute(notice.read_at) if notice.read_at else "未阅读"
    yield "内容摘要（SHA-256）", digest


def sending_words(one: Sending) -> str:
    """One sending, in a line."""
    told = "已送达" if one.delivered else OUTCOMES.get(one.outcome, "") if one.ended_at else "等待回执"
    more = "　".join(part for part in (one.code, one.reference) if part)
    ended = f"　{_minute(one.ended_at)}" if one.ended_at else ""
    return f"{one.number}. {CHANNELS[one.channel]}　{one.provider}　{_minute(one.begun_at)}　{told}{ended}　{more}".rstrip()


def _minute(at: Any) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def filename(notice: Notice) -> str:
    """The name to keep a proof under."""
    return f"proof-{notice.subject_number or notice.id}.pdf"
