"""What happens to a case by itself, and when. Pure.

A case has one `due`, the earliest of its ends; the worker's timer takes what is due, county by county, and calls `fire`. Every end is an
instant that an event stated, so a replay needs no calendar. What was told once (`told`) is not due again.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final

from google.protobuf.message import Message

from services.case import model, model_acts, model_asides, model_deadlines
from services.case.model import Case
from yiwang.case.v1 import events_pb2 as events

End = tuple[datetime, str]


def _in_statuses(case: Case) -> Iterator[tuple[datetime | None, str]]:
    status = case.status
    if status in (model.SUBMITTED, model.RECEIVED):
        yield case.accept_due, "ACCEPT"
    if status == model.RECEIVED:
        yield case.hand_over_due, "TAKE_OVER" if case.sent_at else "HAND_OVER"
    if status == model.CORRECTION:
        yield case.answer_due, "ANSWER"
    if status in model.RUNNING and model.open_procedure(case) is None:
        yield case.yellow_at, "YELLOW"
        yield case.promised_due, "PROMISED"
        yield case.statutory_due, "STATUTORY"
    if status == model.WITHDRAW_PENDING:
        yield case.confirm_due, "CONFIRM"
    if status in (model.GRANTED, model.ISSUED):
        yield case.deliver_due, "DELIVERY"
    if status in (model.SUBMITTED, *model.RUNNING) and model_deadlines.renews_by_silence(case):
        yield case.renews_until, "RENEWAL"


def _in_parts(case: Case) -> Iterator[tuple[datetime | None, str]]:
    running = case.status in model.RUNNING
    for procedure in case.procedures:
        if running and procedure.ended_at is None:
            yield procedure.expected_until, f"PROCEDURE/{procedure.number}"
    for opinion in case.opinions:
        if running and opinion.given_at is None:
            yield opinion.due, f"OPINION/{opinion.number}"
    if case.deferred and (running or case.status in (model.GRANTED, model.ISSUED, model.DELIVERED)):
        yield case.deferred_due, "DEFERRED"
    if case.status not in (model.REVOKED, model.CANCELLED):
        if case.promise_kept is None:
            yield case.verify_due, "PROMISE"
        elif not case.promise_kept:
            yield case.mend_due, "MEND"


def key(what: str, due: datetime) -> str:
    """How an end that was told is remembered: another due is another end."""
    return f"{what}@{due.isoformat(timespec='seconds')}"


def upcoming(case: Case) -> tuple[datetime | None, str]:
    """The earliest end that was not told yet, and of what."""
    ends = [
        (due, what)
        for ends_of in (_in_statuses(case), _in_parts(case))
        for due, what in ends_of
        if due is not None and key(what, due) not in case.told
    ]
    return min(ends) if ends else (None, "")


def fire(case: Case, now: datetime) -> list[Message] | None:
    """What the end that is due brings about; None when nothing is due (somebody acted meanwhile)."""
    if case.due is None or case.due > now:
        return None
    return _ACTS.get(case.due_of, _tell)(case, now)


def _tell(case: Case, _now: datetime) -> list[Message]:
    clock, _, number = case.due_of.partition("/")
    return [
        events.DueReached(
            case_id=case.id,
            clock=clock,
            number=int(number or 0),
            due=case.due.isoformat() if case.due else "",
            department=case.department,
            region=case.region,
            case_number=case.number,
            item_code=case.item_code,
            item_name=case.item_name,
        )
    ]


_ACTS: Final[Mapping[str, Callable[[Case, datetime], list[Message]]]] = {
    "ACCEPT": model_acts.deem_accepted,
    "ANSWER": model_acts.lapse,
    "CONFIRM": model_asides.withdraw_by_silence,
    "RENEWAL": model_acts.deem_renewed,
}
