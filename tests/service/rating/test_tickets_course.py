"""How a ticket goes: answered in time, confirmed, opened again once, closed; counted, and rated."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import grpc
import pytest

from chassis.acts import now
from services.rating import model_tickets_counts
from standards.workdays import local_day, working_days_between
from tests.support.actors import DEPARTMENT, REGION, person
from tests.support.calling import refused
from tests.support.rating_service import RatingHere
from tests.support.tickets import ANSWER, TITLE, TicketsHere
from yiwang.rating.v1 import service_pb2 as rating_pb
from yiwang.rating.v1 import tickets_pb2 as pb
from yiwang.rating.v1.events_pb2 import TicketAnswered

Code = grpc.StatusCode
CONSULT, COMPLAINT, SUGGESTION = pb.TICKET_KIND_CONSULT, pb.TICKET_KIND_COMPLAINT, pb.TICKET_KIND_SUGGESTION
RECEIVED, ANSWERED = pb.TICKET_STATUS_RECEIVED, pb.TICKET_STATUS_ANSWERED
CLOSED, WITHDRAWN = pb.TICKET_STATUS_CLOSED, pb.TICKET_STATUS_WITHDRAWN


@pytest.fixture
def desk(rating: RatingHere) -> TicketsHere:
    return TicketsHere(rating)


def shown(answer: pb.ListTicketsResponse) -> list[str]:
    return [one.id for one in answer.tickets]


# -- its way --------------------------------------------------------------------------------------------------------------


def test_an_answer_that_satisfies_closes_it(desk: TicketsHere) -> None:
    ann = person()
    told = desk.assigned(ann)
    answered = desk.answer(told.id)
    assert (answered.status, answered.overdue_days) == (ANSWERED, 0)
    seen = desk.by(ann).GetTicket(ticket_id=told.id)
    assert [(line.by, line.title, line.text) for line in seen.lines[1:]] == [
        ("监察", "转办", ""),
        ("责任部门", "答复", ANSWER),
    ]
    assert list(seen.moves) == ["ConfirmTicket"]
    done = desk.by(ann).ConfirmTicket(ticket_id=told.id, satisfied=True)
    assert (done.status, done.satisfied, list(done.moves)) == (CLOSED, True, [])
    with refused(Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        desk.by(ann).ConfirmTicket(ticket_id=told.id, satisfied=False)


def test_an_answer_that_does_not_opens_it_once_more_with_supervision(desk: TicketsHere) -> None:
    ann = person()
    told = desk.assigned(ann)
    desk.answer(told.id)
    again = desk.by(ann).ConfirmTicket(ticket_id=told.id, satisfied=False, text="没有解决")
    assert (again.status, again.department, again.answered_at) == (RECEIVED, "", "")
    with refused(Code.NOT_FOUND):
        desk.by(desk.officer).GetTicket(ticket_id=told.id)
    desk.by(desk.supervisor).AssignTicket(ticket_id=told.id)
    desk.by(desk.supervisor).AnswerTicket(ticket_id=told.id, text=ANSWER)
    done = desk.by(ann).ConfirmTicket(ticket_id=told.id, satisfied=False)
    assert (done.status, done.satisfied) == (CLOSED, False)
    assert desk.count(COMPLAINT).not_satisfied == 1


def test_supervision_answers_what_it_kept_and_nothing_a_department_has(desk: TicketsHere) -> None:
    told = desk.assigned(person())
    watching = desk.by(desk.supervisor)
    assert "AnswerTicket" not in watching.GetTicket(ticket_id=told.id).moves
    with refused(Code.FAILED_PRECONDITION, "WITH_DEPARTMENT"):
        watching.AnswerTicket(ticket_id=told.id, text=ANSWER)
    kept = watching.AssignTicket(ticket_id=told.id)
    assert (kept.department, "AnswerTicket" in kept.moves) == ("", True)
    assert watching.AnswerTicket(ticket_id=told.id, text=ANSWER).status == ANSWERED
    assert watching.CloseTicket(ticket_id=told.id, note="已回访").status == CLOSED
    with refused(Code.INVALID_ARGUMENT, "DEPARTMENT_UNKNOWN"):
        watching.AssignTicket(ticket_id=desk.open(person()).id, department="11990121MB0000009X")


def test_it_is_taken_back_before_it_is_answered(desk: TicketsHere) -> None:
    ann = person()
    for told in (desk.open(ann), desk.assigned(ann)):
        assert desk.by(ann).WithdrawTicket(ticket_id=told.id).status == WITHDRAWN
    answered = desk.assigned(ann)
    desk.answer(answered.id)
    with refused(Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        desk.by(ann).WithdrawTicket(ticket_id=answered.id)
    with refused(Code.NOT_FOUND):
        desk.by(person()).WithdrawTicket(ticket_id=answered.id)


def test_each_act_is_done_once_by_its_request(desk: TicketsHere) -> None:
    ann = person()
    once = desk.open(ann, request_id="request-1")
    assert desk.open(ann, request_id="request-1") == once
    with refused(Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        desk.open(ann, request_id="request-1", title="另一标题")
    desk.assign(once.id)
    answers = [desk.by(desk.officer).AnswerTicket(request_id="request-2", ticket_id=once.id, text=ANSWER) for _ in "ab"]
    assert answers[0].version == answers[1].version == 3
    # Who is not at the desk any more is not told by an old request.
    desk.by(ann).ConfirmTicket(ticket_id=once.id, satisfied=False)
    with refused(Code.NOT_FOUND):
        desk.by(desk.officer).AnswerTicket(request_id="request-2", ticket_id=once.id, text=ANSWER)


# -- in time --------------------------------------------------------------------------------------------------------------


def test_due_dates_are_the_countys_working_days(desk: TicketsHere) -> None:
    ann, days = person(), {CONSULT: 5, SUGGESTION: 5, COMPLAINT: 15}
    for kind, working in days.items():
        due = datetime.fromisoformat(desk.open(ann, kind).due)
        assert working_days_between(local_day(now()), local_day(due), REGION) == working


def test_more_time_is_given_once_before_it_is_due_by_a_supervisor(desk: TicketsHere) -> None:
    told = desk.assigned(person())
    ours, watching = desk.by(desk.officer), desk.by(desk.supervisor)
    with refused(Code.FAILED_PRECONDITION, "NO_EXTENSION_ASKED"):
        watching.DecideTicketExtension(ticket_id=told.id, granted=True)
    asked = ours.AskTicketExtension(ticket_id=told.id, days=3, reason="需要现场核实")
    assert (asked.extension, asked.extension_days, asked.due) == ("asked", 3, told.due)
    granted = watching.DecideTicketExtension(ticket_id=told.id, granted=True, reason="同意")
    assert granted.extension == "granted"
    before, after = local_day(datetime.fromisoformat(told.due)), local_day(datetime.fromisoformat(granted.due))
    assert working_days_between(before, after, REGION) == 3
    with refused(Code.FAILED_PRECONDITION, "EXTENDED_ALREADY"):
        ours.AskTicketExtension(ticket_id=told.id, days=3, reason="还需要时间")
    late = desk.assigned(person())
    ours.AskTicketExtension(ticket_id=late.id, days=3, reason="需要现场核实")
    assert watching.DecideTicketExtension(ticket_id=late.id, granted=False).due == late.due


def test_what_is_overdue_is_not_given_time_and_supervision_sees_it(desk: TicketsHere) -> None:
    told, other, third = (desk.assigned(person()) for _ in range(3))
    desk.by(desk.officer).AskTicketExtension(ticket_id=third.id, days=3, reason="需要现场核实")
    past = now() - timedelta(days=14)
    for one in (told, third):
        desk.records.collection.update_one({"_id": one.id}, {"$set": {"state.answer_due": past, "state.due": past}})
    with refused(Code.FAILED_PRECONDITION, "TICKET_OVERDUE"):
        desk.by(desk.officer).AskTicketExtension(ticket_id=told.id, days=3, reason="需要时间")
    with refused(Code.FAILED_PRECONDITION, "TICKET_OVERDUE"):
        desk.by(desk.supervisor).DecideTicketExtension(ticket_id=third.id, granted=True)
    for _ in range(3):
        desk.rating.worker.fire_tickets()
    assert set(shown(desk.by(desk.supervisor).ListTickets(overdue=True))) == {told.id, third.id}
    assert set(shown(desk.by(desk.officer).ListTickets(overdue=True))) == {told.id, third.id}
    view = desk.by(desk.supervisor).GetTicket(ticket_id=told.id)
    assert [line.title for line in view.lines].count("超期") == 1
    assert view.overdue_days == working_days_between(local_day(past), local_day(now()), REGION)
    assert desk.by(desk.supervisor).GetTicket(ticket_id=other.id).overdue_days == 0
    assert desk.answer(told.id).overdue_days == view.overdue_days
    assert shown(desk.by(desk.supervisor).ListTickets(overdue=True)) == [third.id]
    found = desk.counts()
    numbers = next(one for one in found.kinds if one.kind == COMPLAINT)
    assert (numbers.received, numbers.answered_late, numbers.open, numbers.overdue) == (3, 1, 2, 1)
    assert (found.on_time_numerator, found.on_time_denominator, found.on_time_basis_points) == (0, 2, 0)
    assert "÷" in found.on_time_formula


def test_an_answered_ticket_ends_by_itself_after_ten_days(desk: TicketsHere) -> None:
    told = desk.assigned(person())
    desk.answer(told.id)
    state = desk.records.get(told.id).state
    assert state.due is not None and (local_day(state.due) - local_day(now())).days == 10
    desk.rating.worker.fire_tickets()
    assert desk.records.get(told.id).state.status == ANSWERED
    desk.records.collection.update_one({"_id": told.id}, {"$set": {"state.due": now() - timedelta(seconds=1)}})
    for _ in range(2):
        desk.rating.worker.fire_tickets()
    record = desk.records.get(told.id)
    assert record.state.status == CLOSED
    assert [entry["type"] for entry in record.journal].count("TicketClosed") == 1


def test_counts_equal_what_was_done_whatever_was_told_twice(desk: TicketsHere) -> None:
    ann = person()
    answered = desk.assigned(ann)
    desk.answer(answered.id)
    desk.by(ann).ConfirmTicket(ticket_id=answered.id, satisfied=True)
    desk.open(ann)
    desk.by(ann).WithdrawTicket(ticket_id=desk.open(ann).id)
    desk.open(ann, CONSULT)
    for _ in range(2):
        numbers = desk.count(COMPLAINT)
        assert (numbers.received, numbers.answered_in_time, numbers.open, numbers.satisfied) == (3, 1, 1, 1)
    assert desk.counts().on_time_basis_points == 10_000
    assert desk.count(CONSULT).received == 1
    for fields in (
        {"from_day": "2026-02-30", "to_day": "2026-03-01"},
        {"from_day": "2026-03-01", "to_day": "2026-02-01"},
    ):
        with refused(Code.INVALID_ARGUMENT):
            desk.by(None).CountTickets(county=REGION, **fields)


def test_the_numbers_are_those_a_recount_of_the_journals_gives(desk: TicketsHere) -> None:
    ann, records = person(), desk.records
    kinds = (COMPLAINT, CONSULT, SUGGESTION, COMPLAINT, CONSULT, COMPLAINT)
    ids = [desk.open(ann, kind, request_id=f"opened-{number}").id for number, kind in enumerate(kinds)]
    past = {"$set": {"state.answer_due": now() - timedelta(days=3), "state.due": now() - timedelta(days=3)}}

    def step(number: int, turn: int) -> None:
        id, request = ids[number], f"step-{number}-{turn}"
        watching, asker = desk.by(desk.supervisor), desk.by(ann)
        acts = (
            lambda: watching.AssignTicket(request_id=request, ticket_id=id, department=DEPARTMENT),
            lambda: desk.by(desk.officer).AnswerTicket(request_id=request, ticket_id=id, text=ANSWER),
            lambda: asker.ConfirmTicket(request_id=request, ticket_id=id, satisfied=number % 2 == 0),
            lambda: asker.WithdrawTicket(request_id=request, ticket_id=id),
        )
        for _ in "ab":  # each request twice
            try:
                acts[(number + turn) % len(acts)]()
            except grpc.RpcError as error:
                assert error.code() in (Code.FAILED_PRECONDITION, Code.NOT_FOUND)

    for turn in range(6):
        for number in range(len(ids)):
            step(number, turn)
        if turn == 2:
            records.collection.update_one({"_id": ids[5]}, past)
            desk.rating.worker.fire_tickets()
        desk.counts()
    recounted = Counter(records.replay(document["journal"]).counted for document in records.collection.find({}))
    assert desk.counts() == model_tickets_counts.counts(recounted)
    assert len(recounted) > 2 and sum(recounted.values()) == len(ids)


# -- rated ----------------------------------------------------------------------------------------------------------------


def test_who_asked_a_question_may_rate_how_he_was_answered_once(desk: TicketsHere) -> None:
    ann = person()
    told = desk.open(ann, CONSULT, department=DEPARTMENT)
    desk.answer(told.id)
    desk.heard("follow_answered", told.id, TicketAnswered)
    (asked,) = desk.rating.by(ann).ListRatings().ratings
    assert (asked.node, asked.ticket_id, asked.department) == (
        rating_pb.SERVICE_NODE_CONSULT,
        told.id,
        DEPARTMENT,
    )
    assert desk.rating.ratings.get(asked.id).state.officers == [desk.officer.id]
    # Answered again, it is the same consultation.
    desk.by(ann).ConfirmTicket(ticket_id=told.id, satisfied=False)
    desk.assign(told.id)
    desk.answer(told.id)
    desk.heard("follow_answered", told.id, TicketAnswered)
    assert len(desk.rating.by(ann).ListRatings().ratings) == 1
    assert desk.rating.by(ann).GiveRating(rating_id=asked.id, grade=4).grade == 4


def test_nobody_is_asked_to_rate_how_his_complaint_was_answered(desk: TicketsHere) -> None:
    ann = person()
    told = desk.assigned(ann)
    desk.answer(told.id)
    desk.heard("follow_answered", told.id, TicketAnswered)
    assert len(desk.rating.by(ann).ListRatings().ratings) == 0


def test_lists_run_from_new_to_old_page_by_page(desk: TicketsHere) -> None:
    ann = person()
    ids = [desk.open(ann, (COMPLAINT, CONSULT)[number % 2]).id for number in range(5)]
    pages: tuple[Callable[..., Any], ...] = (desk.by(ann).ListMyTickets, desk.by(desk.supervisor).ListTickets)
    for page in pages:
        found, token = [], ""
        while True:
            answer = page(page_size=2, page_token=token)
            found += shown(answer)
            token = answer.next_page_token
            if not token:
                break
        assert found == ids[::-1]
    assert shown(desk.by(desk.supervisor).ListTickets(kind=CONSULT)) == [ids[3], ids[1]]
    assert shown(desk.by(desk.supervisor).ListTickets(status=ANSWERED)) == []
    assert [one.title for one in desk.by(ann).ListMyTickets().tickets] == [TITLE] * 5
