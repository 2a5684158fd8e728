"""What a ticket counts as, and the numbers of a county from that. Pure, so that a recount from the journals gives the same."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from services.rating import model_tickets as tickets
from services.rating.model import COUNTY_DIGITS
from services.rating.model_tickets import Ticket
from yiwang.rating.v1 import tickets_pb2 as pb

# How far it is: to be answered, answered, or ended without an answer.
OPEN, DONE, ENDED = "open", "answered", "ended"
# How it stands to its due date: not answered yet and not late, answered in time or late, not answered and late.
RUNNING, IN_TIME, LATE, OVERDUE = "running", "in_time", "late", "overdue"
SATISFIED, NOT_SATISFIED = "satisfied", "not_satisfied"
FORMULA: Final = "按期办结率 = 按期答复件数 ÷（已答复件数 + 超期未答复件数）"


class Counted(NamedTuple):
    """What a ticket counts as."""

    kind: int
    stage: str
    timing: str
    # SATISFIED, NOT_SATISFIED, or empty: not said.
    word: str


def counted_of(ticket: Ticket) -> Counted:
    """What it counts as now. One that was late before counts as late, though it was opened again and answered in time."""
    stage = OPEN if ticket.status in tickets.UNANSWERED else DONE if ticket.answered_at else ENDED
    in_time, late = (IN_TIME, LATE) if stage == DONE else (RUNNING, OVERDUE)
    timing = late if (ticket.late if stage == DONE else ticket.overdue) else in_time
    word = SATISFIED if ticket.satisfied else NOT_SATISFIED
    return Counted(ticket.kind, stage, timing, word if ticket.confirmed_at else "")


def text(counted: Counted) -> str:
    """As it stands in the record."""
    return f"{int(counted.kind)}|{counted.stage}|{counted.timing}|{counted.word}"


def parse(counted: str) -> Counted:
    """From how it stands in the record; ValueError for another shape."""
    kind, stage, timing, word = counted.split("|")
    return Counted(int(kind), stage, timing, word)


def buckets(region: str, day: str) -> list[str]:
    """The buckets a ticket counts in: its county's, by the day it was received."""
    return [f"county:{region[:COUNTY_DIGITS]}:{day}"]


def counts(found: Mapping[str, int]) -> pb.TicketCounts:
    """Counts by what they counted as, as the numbers of a county: all kinds, each with what it has."""
    rows = [(parse(name), count) for name, count in found.items()]
    answer = pb.TicketCounts(on_time_formula=FORMULA)
    for kind in tickets.KINDS:
        own = [(one, count) for one, count in rows if one.kind == kind]
        answer.kinds.add(
            kind=kind,
            received=sum(count for _, count in own),
            answered_in_time=_sum(own, timing=IN_TIME),
            answered_late=_sum(own, timing=LATE),
            open=_sum(own, stage=OPEN),
            overdue=_sum(own, timing=OVERDUE),
            satisfied=_sum(own, word=SATISFIED),
            not_satisfied=_sum(own, word=NOT_SATISFIED),
        )
    in_time = _sum(rows, timing=IN_TIME)
    whole = in_time + _sum(rows, timing=LATE) + _sum(rows, timing=OVERDUE)
    answer.on_time_numerator, answer.on_time_denominator = in_time, whole
    answer.on_time_basis_points = (in_time * 20_000 + whole) // (2 * whole) if whole else 0
    return answer


def _sum(rows: list[tuple[Counted, int]], **wanted: str) -> int:
    return sum(count for one, count in rows if all(getattr(one, name) == value for name, value in wanted.items()))
