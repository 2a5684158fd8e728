"""What people ask and complain of: where it goes, who sees it, who answers, and that it is answered in time."""

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import grpc
import pytest

from chassis.acts import now
from chassis.records import broken_at
from services.rating import model_tickets_counts, store
from standards.workdays import local_day, working_days_between
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, delegate, handler, officer, person, supervisor
from tests.support.calling import refused
from tests.support.items import PDF
from tests.support.rating_service import RatingHere
from tests.support.tickets import ANSWER, NAME, PHONE, SECRETS, TEXT, TITLE, TicketsHere
from yiwang.identity.v1.events_pb2 import PersonErased
from yiwang.rating.v1 import service_pb2 as rating_pb
from yiwang.rating.v1 import tickets_pb2 as pb
from yiwang.rating.v1.events_pb2 import TicketAnswered

Code = grpc.StatusCode
CONSULT, COMPLAINT, SUPERVISION = pb.TICKET_KIND_CONSULT, pb.TICKET_KIND_COMPLAINT, pb.TICKET_KIND_SUPERVISION
STUCK, SUGGESTION = pb.TICKET_KIND_STUCK, pb.TICKET_KIND_SUGGESTION
RECEIVED, ASSIGNED, ANSWERED = pb.TICKET_STATUS_RECEIVED, pb.TICKET_STATUS_ASSIGNED, pb.TICKET_STATUS_ANSWERED
CLOSED, WITHDRAWN = pb.TICKET_STATUS_CLOSED, pb.TICKET_STATUS_WITHDRAWN


@pytest.fixture
def desk(rating: RatingHere) -> TicketsHere:
    return TicketsHere(rating)


def shown(answer: pb.ListTicketsResponse) -> list[str]:
    return [one.id for one in answer.tickets]


# -- where it goes --------------------------------------------------------------------------------------------------------


def test_a_question_goes_to_the_department_it_names_and_a_complaint_to_supervision(desk: TicketsHere) -> None:
    ann = person()
    for kind in (CONSULT, SUGGESTION):
        asked = desk.open(ann, kind, department=DEPARTMENT)
        assert (asked.status, asked.department, asked.department_name) == (ASSIGNED, DEPARTMENT, "水务局")
        assert desk.open(ann, kind).status == RECEIVED
        assert desk.open(ann, kind, department="11990121MB0000009X").status == RECEIVED, "nobody heard of it"
    told = desk.open(ann, COMPLAINT, department=DEPARTMENT)
    assert (told.status, told.department) == (RECEIVED, "")
    assert "水务局" in desk.by(desk.supervisor).GetTicket(ticket_id=told.id).lines[0].text
    with refused(Code.NOT_FOUND):
        desk.by(desk.officer).GetTicket(ticket_id=told.id)


def test_a_case_that_failed_is_brought_by_its_applicant_alone(desk: TicketsHere) -> None:
    ann = person()
    number = desk.case(ann, "officer-of-the-case")
    stuck = desk.open(ann, STUCK, case_number=number, region="")
    assert (stuck.status, stuck.case_number, stuck.item_name) == (RECEIVED, number, "取水许可")
    assert stuck.region == "990121101"
    for who, told in ((person(), number), (ann, "990121000000000000"), (ann, "")):
        with refused(Code.INVALID_ARGUMENT, "CASE_UNKNOWN") as said:
            desk.open(who, STUCK, case_number=told)
        assert list(said.fields) == ["case_number"]
    for who in (officer("review", id="officer-of-the-case"), supervisor()):
        found = shown(desk.by(who).ListTickets(case_number=number))
        assert found == ([stuck.id] if "supervise" in who.roles else [])


def test_without_a_session_only_a_windows_code_lets_somebody_complain(desk: TicketsHere) -> None:
    window = desk.window(duty="on-duty")
    opened = desk.open(None, SUPERVISION, window_code=desk.code(window), region="")
    assert (opened.status, opened.department, opened.window_id) == (RECEIVED, "", window)
    assert opened.query_code and opened.number
    for kind in (COMPLAINT, CONSULT):
        with refused(Code.UNAUTHENTICATED, "TOKEN_MISSING"):
            desk.open(None, kind, window_code=desk.code(window))
    with refused(Code.UNAUTHENTICATED, "TOKEN_MISSING"):
        desk.open(None, SUPERVISION)
    with refused(Code.INVALID_ARGUMENT, "WINDOW_CODE_MISSING") as said:
        desk.open(person(), SUPERVISION)
    assert list(said.fields) == ["window_code"]
    with refused(Code.PERMISSION_DENIED):
        desk.open(delegate(person()), COMPLAINT)
    progress = desk.by(None).FollowTicket(number=opened.number, query_code=opened.query_code)
    assert (progress.status, progress.kind) == (RECEIVED, SUPERVISION)
    assert not any(secret in str(progress) for secret in SECRETS)


def test_a_code_that_does_not_hold_lets_nobody_complain(desk: TicketsHere) -> None:
    window = desk.window()
    good = desk.code(window)
    wrong = {
        "CODE_FORGED": good[:-6] + "AAAAAA",
        "CODE_EXPIRED": desk.code(window, printed=False, issued=timedelta(hours=1)),
    }
    for reason, code in wrong.items():
        with refused(Code.INVALID_ARGUMENT, reason) as said:
            desk.open(None, SUPERVISION, window_code=code)
        assert said.fields == {"window_code": reason}
    foreign = desk.code(window)
    desk.rating.parts.database["windows"].delete_one({"_id": window})
    with refused(Code.INVALID_ARGUMENT, "CODE_FOREIGN"):
        desk.open(None, SUPERVISION, window_code=foreign)
    assert desk.records.collection.count_documents({}) == 0


def test_a_code_of_a_case_binds_the_complaint_to_it_for_nobody_elses_eyes(desk: TicketsHere) -> None:
    ann, eve, window = person(), person(), desk.window(duty="on-duty")
    number = desk.case(ann, "of-the-case")
    rating = store.ratings(desk.rating.parts.database).find({"state.case_number": number})
    assert rating is not None
    code = desk.code(window, printed=False, case=rating.id)
    for who in (ann, None, eve):
        opened = desk.open(who, SUPERVISION, window_code=code)
        ticket = desk.records.get(opened.id).state
        assert opened.case_number == (number if who is ann else "")
        assert ticket.case_number == ("" if who is eve else number)
        assert set(ticket.officers) == ({"on-duty"} if who is eve else {"on-duty", "of-the-case"})


def test_it_needs_a_place_and_says_something(desk: TicketsHere) -> None:
    ann = person()
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"region": ""}, "region"),
        ({"text": "    "}, "text"),
        ({"title": "  "}, "title"),
    )
    for told, field in wrong:
        with refused(Code.INVALID_ARGUMENT) as said:
            desk.open(ann, **told)
        assert list(said.fields) == [field]
    with refused(Code.INVALID_ARGUMENT, "FILE_UNKNOWN"):
        desk.open(ann, file_ids=[str(uuid.uuid4())])
    assert desk.records.collection.count_documents({}) == 0


# -- who sees it ----------------------------------------------------------------------------------------------------------


def test_the_officer_it_is_about_sees_neither_it_nor_its_answer(desk: TicketsHere) -> None:
    his = officer("receive", "review", "decide", "supervise")
    window = desk.window(duty=his.id)
    told = desk.open(person(), SUPERVISION, window_code=desk.code(window))
    desk.assign(told.id)
    about, reads = desk.by(his), [desk.by(desk.officer), desk.by(desk.supervisor)]
    for step in (lambda: None, lambda: desk.answer(told.id)):
        step()
        with refused(Code.NOT_FOUND):
            about.GetTicket(ticket_id=told.id)
        with refused(Code.NOT_FOUND):
            about.LinkCall(ticket_id=told.id, call_number="CALL-1")
        assert shown(about.ListTickets()) == []
        assert all(shown(one.ListTickets()) == [told.id] for one in reads)
    for name, more in (
        ("AssignTicket", {"department": DEPARTMENT}),
        ("AnswerTicket", {"text": ANSWER}),
        ("AskTicketExtension", {"days": 1, "reason": "案情复杂"}),
        ("DecideTicketExtension", {"granted": True}),
        ("CloseTicket", {}),
    ):
        with refused(Code.NOT_FOUND):
            getattr(about, name)(ticket_id=told.id, **more)


def test_a_ticket_is_read_by_who_asked_the_department_it_is_with_and_the_regions_supervisor(desk: TicketsHere) -> None:
    ann, organization = person(), person()
    told = desk.assigned(ann)
    by_handler = desk.open(handler(organization))
    assert shown(desk.by(handler(organization)).ListMyTickets()) == [by_handler.id]
    may = [ann, desk.officer, desk.supervisor, officer("receive"), supervisor(region="9901")]
    may_not = [person(), officer("review", department=OTHER_DEPARTMENT), supervisor(region="990221")]
    for who in may:
        assert desk.by(who).GetTicket(ticket_id=told.id).text == TEXT
    for who in may_not:
        with refused(Code.NOT_FOUND):
            desk.by(who).GetTicket(ticket_id=told.id)
    assert shown(desk.by(may_not[0]).ListMyTickets()) == []
    for who in may_not[1:]:
        assert shown(desk.by(who).ListTickets()) == []
        assert shown(desk.by(who).ListTickets(department=DEPARTMENT)) == []
    with refused(Code.INVALID_ARGUMENT, "COUNTY"):
        desk.by(may_not[2]).ListTickets(county=REGION)
    for who in (officer("issue"), officer("catalog")):
        with refused(Code.PERMISSION_DENIED):
            desk.by(who).GetTicket(ticket_id=told.id)


def test_who_wants_to_stay_unknown_is_unknown_to_the_department(desk: TicketsHere) -> None:
    ann = person()
    number = desk.case(ann)
    told = desk.assigned(ann, kind=STUCK, confidential=True, case_number=number)
    plain = desk.assigned(ann, kind=STUCK, case_number=number)
    for who, named in ((desk.officer, False), (desk.supervisor, True), (ann, True)):
        view = desk.by(who).GetTicket(ticket_id=told.id)
        assert (view.asker_name, view.contact) == ((NAME, PHONE) if named else ("", ""))
        assert (view.case_number, view.item_name) == ((number, "取水许可") if named else ("", ""))
        assert bool(view.query_code) == (who is ann)
    assert shown(desk.by(desk.officer).ListTickets(case_number=number)) == [plain.id]
    assert shown(desk.by(desk.supervisor).ListTickets(case_number=number)) == [plain.id, told.id]
    view = desk.by(desk.officer).GetTicket(ticket_id=plain.id)
    assert (view.asker_name, view.contact) == (NAME, PHONE)
    masked = desk.answer(plain.id)
    assert (masked.asker_name, masked.contact) == ("诸葛***", "199****0777"), "nobody has to call any more"


def test_what_names_somebody_in_a_text_is_masked_but_for_who_has_to_answer(desk: TicketsHere) -> None:
    ann, said = person(), f"请回电{PHONE}，谢谢"
    plain, unknown = (desk.assigned(ann, text=said, confidential=one) for one in (False, True))

    def texts(id: str) -> list[str]:
        return [desk.by(who).GetTicket(ticket_id=id).text for who in (ann, desk.supervisor, desk.officer)]

    masked = said.replace(PHONE, "*" * len(PHONE))
    assert texts(plain.id) == [said, said, said]
    assert texts(unknown.id) == [said, said, masked]
    desk.answer(plain.id)
    assert texts(plain.id) == [said, masked, masked]


def test_a_file_goes_with_it_to_who_may_read_it(desk: TicketsHere) -> None:
    ann, eve = person(), person()
    bring = desk.rating.by(ann).UploadRatingFile
    file = bring(filename="现场照片.pdf", content=PDF)
    with refused(Code.INVALID_ARGUMENT, "FILE_UNKNOWN"):
        desk.open(eve, file_ids=[file.file_id])
    told = desk.assigned(ann, file_ids=[file.file_id])
    for who in (ann, desk.officer, desk.supervisor):
        (seen,) = desk.by(who).GetTicket(ticket_id=told.id).files
        assert (seen.filename, seen.size) == ("现场照片.pdf", len(PDF))
        read = desk.rating.by(who).DownloadRatingFile(record_id=told.id, file_id=file.file_id)
        assert read.content == PDF
    for who in (eve, officer("review", department=OTHER_DEPARTMENT)):
        with refused(Code.NOT_FOUND):
            desk.rating.by(who).DownloadRatingFile(record_id=told.id, file_id=file.file_id)


def test_a_number_without_its_code_tells_nothing(desk: TicketsHere) -> None:
    told = desk.open(person())
    other = desk.open(person())
    for number, code in ((told.number, other.query_code), ("990121000000AAAAAAAA", told.query_code)):
        with refused(Code.NOT_FOUND):
            desk.by(None).FollowTicket(number=number, query_code=code)
    assert desk.by(None).FollowTicket(number=told.number.lower(), query_code=told.query_code.lower()).due == told.due


def test_nothing_that_names_anybody_stands_in_clear_and_all_goes_with_the_person(desk: TicketsHere) -> None:
    ann = person()
    told = desk.assigned(ann)
    desk.answer(told.id)
    again = desk.by(ann).ConfirmTicket(ticket_id=told.id, satisfied=False, text="还是不行啊")
    assert (again.status, again.department) == (RECEIVED, "")
    document = desk.records.collection.find_one({})
    assert document is not None and broken_at(document["journal"]) is None
    assert desk.records.drift(document) == []
    assert not any(secret in str(document) for secret in (*SECRETS, ANSWER, "还是不行啊", "请尽快答复"))
    desk.rating.hear("forget_person", PersonErased(person_id=ann.id), ann.id, 9)
    view = desk.by(desk.supervisor).GetTicket(ticket_id=told.id)
    assert not any(secret in str(view) for secret in (*SECRETS, ANSWER))
    # It goes its way: nobody is left to read what is said.
    desk.assign(told.id)
    assert desk.answer(told.id).status == ANSWERED


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
