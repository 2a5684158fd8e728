"""Ratings, tickets and results as services tell them in tests of pages; every text has a script in it, which no page may run."""

from typing import Any

from yiwang.rating.v1 import results_pb2 as results
from yiwang.rating.v1 import service_pb2 as rating
from yiwang.rating.v1 import tickets_pb2 as tickets
from yiwang.rating.v1 import windows_pb2 as windows

RATING = "7b0f3c1e-0000-4000-8000-0000000000a1"
TICKET = "7b0f3c1e-0000-4000-8000-0000000000a2"
BULLETIN = "7b0f3c1e-0000-4000-8000-0000000000a3"
WINDOW = "7b0f3c1e-0000-4000-8000-0000000000a4"
CODE = "A" * 76
SCRIPT = "<script>alert(1)</script>"
AT = "2026-11-20T06:07:00Z"
TAGS = rating.ListTagsResponse(
    tags=[
        rating.Tag(code="101", grade=rating.GRADE_VERY_SATISFIED, name="在线提交材料"),
        rating.Tag(code="501", grade=rating.GRADE_VERY_DISSATISFIED, name="态度差"),
        rating.Tag(code="551", grade=rating.GRADE_VERY_DISSATISFIED, name="大厅找不到人", hall=True),
    ]
)


def a_rating(**facts: Any) -> rating.Rating:
    """A closing that waits to be rated."""
    told: dict[str, Any] = {
        "id": RATING, "status": rating.RATING_STATUS_OPEN, "node": rating.SERVICE_NODE_CLOSE, "occasion": 1, "subject": f"事项{SCRIPT}",
        "department_name": "测试局", "case_number": "990121261120ABC", "opened_at": AT, "closes_at": AT,
    }  # fmt: skip
    return rating.Rating(**told | facts)


def a_negative(status: int = rating.LOOP_STATUS_RECEIVED, *moves: str, **facts: Any) -> rating.Rating:
    """A negative rating at a step of its loop."""
    loop = rating.Loop(
        status=status,  # type: ignore[arg-type]
        step_due=AT,
        overdue=True,
        verdict=rating.VERDICT_MISTAKEN,
        lines=[rating.LoopLine(at=AT, by="评价人", title="提交差评", text=SCRIPT)],
        contact="0990-0000123",
        public_reply=SCRIPT,
    )
    told: dict[str, Any] = {
        "status": rating.RATING_STATUS_RATED, "grade": rating.GRADE_VERY_DISSATISFIED, "comment": SCRIPT, "tags": ["501"], "rated_at": AT,
        "channel": rating.RATING_CHANNEL_QR, "loop": loop, "moves": moves,
        "files": [rating.RatingFile(file_id=TICKET, filename=f"{SCRIPT}.png", size=2048)],
    }  # fmt: skip
    return a_rating(**told | facts)


def a_ticket(status: int = tickets.TICKET_STATUS_RECEIVED, *moves: str, **facts: Any) -> tickets.Ticket:
    """A complaint."""
    told: dict[str, Any] = {
        "id": TICKET, "number": "990121261120ABCD2345", "query_code": "K7Q2M9XW", "kind": tickets.TICKET_KIND_COMPLAINT, "status": status,
        "title": f"等了很久{SCRIPT}", "text": SCRIPT, "opened_at": AT, "due": AT, "moves": moves, "overdue_days": 2,
        "lines": [tickets.TicketLine(at=AT, by="诉求人", title="提交", text=SCRIPT)],
    }  # fmt: skip
    return tickets.Ticket(**told | facts)


A_WINDOW = windows.WindowOfCode(
    window_id=WINDOW, window_number="12", hall=f"一楼大厅{SCRIPT}", department_name="测试局", staff_number="sj-101"
)


def a_row(id: str = "", name: str = "", **counters: int) -> results.ResultRow:
    """Numbers, with the rates they make."""
    row = results.ResultRow(id=id, name=name, counters={"invited": 8, "active": 4, "satisfied": 3} | counters)
    row.rates.add(key="satisfaction", numerator=3, denominator=4, basis_points=7500)
    return row


RESULTS = results.Results(
    whole=a_row(),
    rows=[a_row("11990121000001011B", f"测试局{SCRIPT}"), results.ResultRow(id="x", name="没有评价的局")],
    days=[a_row("2026-11-19"), a_row("2026-11-20", active=8)],
    counted_at=AT,
)
FORMULAS = results.ListFormulasResponse(
    formulas=[
        results.Formula(key="invited", name="应评服务", formula="在期间内结束的服务环节"),
        results.Formula(key="active", name="主动评价", formula="主动作出的首次评价"),
        results.Formula(key="contented", name="满意及以上", formula="非常满意、满意的"),
        results.Formula(
            key="satisfaction",
            name="满意率",
            formula="满意及以上 ÷ 主动评价",
            numerator="contented",
            denominator="active",
        ),
    ]
)
A_BULLETIN = results.Bulletin(
    id=BULLETIN, kind=results.BULLETIN_KIND_WEEKLY, county="990121", from_day="2026-11-16", to_day="2026-11-22", published_at=AT,
    cutoff=AT, whole=a_row(), departments=[a_row("11990121000001011B", SCRIPT)], days=[a_row("2026-11-16")], digest="ab" * 32,
    corrections=[results.Correction(counter="active", published=4, now=5)],
)  # fmt: skip
