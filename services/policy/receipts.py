"""The receipt of a payment (拨付回单) as a PDF: what was paid, to whom, when, out of what, by which order."""

import io
from collections.abc import Iterator
from threading import Lock
from typing import Any, Final

from chassis import paper
from services.policy import model
from services.policy.model import Claim, Order
from standards.amounts import capital
from standards.workdays import SHANGHAI

LEFT, TOP, LINE, LABEL = 25 * paper.MM, 265 * paper.MM, 11 * paper.MM, 40 * paper.MM
WIDTH: Final = 160 * paper.MM
# reportlab reads a shared font file at places it remembers there.
_PRINTING: Final = Lock()


def of(claim: Claim) -> bytes:
    """The receipt of a claim that was paid."""
    from reportlab.pdfgen.canvas import Canvas  # late: few calls need it, every process would carry it

    written = io.BytesIO()
    with _PRINTING:
        canvas = Canvas(written, pagesize=paper.PAGE)
        canvas.setTitle(f"拨付回单 {claim.number}")
        canvas.setFont(paper.font_name(), 18)
        canvas.drawCentredString(paper.PAGE[0] / 2, TOP, "惠企政策兑付资金拨付回单")
        y = TOP - 2 * LINE
        for label, said in lines(claim):
            y = _line(canvas, label, said, y)
        canvas.setFont(paper.font_name(), 9)
        canvas.drawString(LEFT, y - LINE, "本回单由惠企政策兑付系统依据代理银行的支付结果生成。")
        canvas.save()
    return written.getvalue()


def _line(canvas: Any, label: str, said: str, y: float) -> float:
    canvas.setFont(paper.font_name(), 11)
    canvas.drawString(LEFT, y, label)
    rows = paper.wrapped(said, lambda text: canvas.stringWidth(text, paper.font_name(), 11), WIDTH - LABEL, 4)
    for row in rows or [""]:
        canvas.drawString(LEFT + LABEL, y, row)
        y -= LINE * 0.7
    canvas.line(LEFT, y + LINE * 0.35, LEFT + WIDTH, y + LINE * 0.35)
    return y - LINE * 0.2


def lines(claim: Claim) -> Iterator[tuple[str, str]]:
    """What stands on it, label by label: of the order that stayed paid, not of one that came back."""
    paid = next(one for one in reversed(claim.orders) if one.state == model.SETTLED)
    yield "兑付编号", claim.number
    yield "兑付事项", claim.item_title
    yield "兑付期间", "一次性" if claim.period == "ONCE" else claim.period
    yield "兑付方式", model.MODES.get(claim.mode, "")
    yield "收款单位", claim.name
    yield "统一社会信用代码", claim.uscc
    yield "收款账户", f"****{paid.tail}  {claim.account_bank}"
    yield "金额（小写）", f"￥{paid.fen // 100:,}.{paid.fen % 100:02}"
    yield "金额（大写）", capital(paid.fen)
    yield "资金分担", "；".join(f"{one.bearer} {one.basis_points / 100:g}%" for one in claim.terms.shares) or "本级财政"
    yield "拨付时间", _at(paid)
    yield "支付指令", paid.id
    yield "银行流水号", paid.reference
    yield "牵头部门", claim.department_name or claim.department


def _at(order: Order) -> str:
    assert order.paid_at is not None
    return order.paid_at.astimezone(SHANGHAI).strftime("%Y年%m月%d日 %H:%M:%S")
