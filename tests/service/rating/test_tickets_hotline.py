"""The 12345 platform: its tickets are taken once, its words in any order, and it is told of each answer until it has it, once."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc
import pytest

from chassis import tally
from chassis.acts import now
from chassis.errors import NotYet
from services.rating import hotline
from services.rating.store_tickets import ERRANDS
from standards.instants import text
from tests.fakes.hotline import Hotline
from tests.fakes.program import running
from tests.support.actors import DEPARTMENT, person, supervisor
from tests.support.calling import refused
from tests.support.rating_service import Db, RatingHere
from tests.support.serving import serving
from tests.support.tickets import ANSWER, SECRETS, TicketsHere
from yiwang.rating.v1 import tickets_pb2 as pb
from yiwang.rating.v1.events_pb2 import TicketAnswered, TicketClosed

Code = grpc.StatusCode
RECEIVED, ASSIGNED, ANSWERED = pb.TICKET_STATUS_RECEIVED, pb.TICKET_STATUS_ASSIGNED, pb.TICKET_STATUS_ANSWERED
CLOSED = pb.TICKET_STATUS_CLOSED
NUMBER = "HL-20261122-0001"


class Line(TicketsHere):
    """rating with a platform outside."""

    def __init__(self, rating: RatingHere, platform: Hotline) -> None:
        super().__init__(rating)
        self.outside = platform

    def errands(self, rounds: int = 1) -> None:
        """The worker's round, as if everything were due."""
        for _ in range(rounds):
            due = {"$set": {"next": now() - timedelta(seconds=1)}}
            self.rating.parts.database[ERRANDS].update_many({"open": True}, due)
            self.rating.worker.tell_hotline()

    def answered(self, number: str = NUMBER) -> str:
        """A ticket of the platform's that the department answered; its id."""
        self.hotline(number, department=DEPARTMENT)
        id = self.of_hotline(number).id
        self.answer(id)
        return id

    def told(self, number: str = NUMBER) -> list[tuple[str, str]]:
        """What the platform knows, in order."""
        return [(one["status"], one.get("text", "")) for one in self.outside.of_ticket(number)]


@pytest.fixture
def line(database: Db, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    monkeypatch.setattr(tally, "SHARE", 1e9)
    with ExitStack() as stack:
        platform = stack.enter_context(running(Hotline()))
        here = stack.enter_context(serving("rating", database, RatingHere, hotline_url=platform.url))
        yield Line(here, platform)


# -- in -------------------------------------------------------------------------------------------------------------------


def test_a_ticket_of_the_platform_is_taken_once_by_its_own_number(line: Line) -> None:
    called = text(now() - timedelta(hours=1))
    received = [line.hotline(NUMBER, called_at=called) for _ in range(3)]
    assert received[0] == received[1] == received[2]
    assert (received[0].hotline_number, received[0].status) == (NUMBER, RECEIVED)
    assert not any(secret in str(received) for secret in SECRETS)
    with refused(Code.INVALID_ARGUMENT, "HOTLINE_NUMBER_REUSED") as said:
        line.hotline(NUMBER, called_at=called, title="另一件事情")
    assert list(said.fields) == ["hotline_number"]
    assert line.records.collection.count_documents({}) == 1
    view = line.by(line.supervisor).GetTicket(ticket_id=line.of_hotline(NUMBER).id)
    assert (view.hotline_number, view.kind) == (NUMBER, pb.TICKET_KIND_HOTLINE)
    assert view.lines[0].text.startswith("来电时间：")
    assert line.hotline(department=DEPARTMENT).status == ASSIGNED


def test_it_is_answered_when_the_platform_wants_it_or_in_the_countys_days(line: Line) -> None:
    due = text(now() + timedelta(days=2))
    assert line.hotline(due=due).due == due
    assert line.hotline().due > due
    for told, field in (
        ({"due": "morgen"}, "due"),
        ({"called_at": "gestern um drei Uhr nachts"}, "called_at"),
        ({"called_at": text(now() + timedelta(hours=1))}, "called_at"),
        ({"due": text(now() - timedelta(days=1))}, "due"),
        ({"text": "      "}, "text"),
    ):
        with refused(Code.INVALID_ARGUMENT) as said:
            line.hotline(**told)
        assert list(said.fields) == [field]


def test_a_platform_reaches_its_own_region_and_no_other(line: Line) -> None:
    line.hotline(NUMBER)
    with refused(Code.PERMISSION_DENIED, "REGION_NOT_COVERED"):
        line.hotline(region="990221")
    elsewhere = replace(line.platform, id="elsewhere", region="990221")
    with refused(Code.NOT_FOUND):
        line.by(elsewhere).TellHotlineStatus(hotline_number=NUMBER, callback_id="cb-0001", status="CLOSED")
    # Numbers are each platform's own.
    other = line.by(elsewhere).ReceiveHotlineTicket(
        hotline_number=NUMBER, title="另一件事", text="另一地方的事", region="990221", called_at=text(now())
    )
    assert other.number != line.hotline("HL-0002").number
    assert line.records.collection.count_documents({}) == 3
    with refused(Code.NOT_FOUND):
        line.tell("HL-9999", "CLOSED")


def test_a_callback_counts_once_and_another_content_under_its_id_is_refused(line: Line) -> None:
    line.answered()
    for _ in range(3):
        line.tell(NUMBER, "SENT_BACK", "cb-0001", text="来电人要求重办")
    record = line.of_hotline(NUMBER)
    assert (record.state.status, record.state.reopened, record.state.department) == (RECEIVED, 1, "")
    with refused(Code.INVALID_ARGUMENT, "CALLBACK_REUSED") as said:
        line.tell(NUMBER, "CLOSED", "cb-0001")
    assert list(said.fields) == ["callback_id"]
    view = line.by(line.supervisor).GetTicket(ticket_id=record.id)
    assert [(one.by, one.title, one.text) for one in view.lines[-1:]] == [("12345 热线", "热线退回", "来电人要求重办")]
    # Answered again and sent back again, it is noted and stays answered.
    line.by(line.supervisor).AssignTicket(ticket_id=record.id)
    line.by(line.supervisor).AnswerTicket(ticket_id=record.id, text=ANSWER)
    assert line.tell(NUMBER, "SENT_BACK", "cb-0002").status == ANSWERED
    line.tell(NUMBER, "SENT_BACK", "cb-0001", text="来电人要求重办")
    assert line.of_hotline(NUMBER).state.reopened == 1


@pytest.mark.parametrize("ours_first", [True, False])
def test_words_that_overtake_each_other_and_our_own_close_end_the_same(line: Line, ours_first: bool) -> None:
    id = line.answered()
    words = [("SATISFIED", "cb-0003"), ("CLOSED", "cb-0004"), ("NOT_SATISFIED", "cb-0001"), ("SENT_BACK", "cb-0002")]

    def ours() -> None:
        line.by(line.supervisor).CloseTicket(ticket_id=id)

    if ours_first:
        ours()
    for status, callback in [*words, *reversed(words)]:
        line.tell(NUMBER, status, callback)
    state = line.of_hotline(NUMBER).state
    assert (state.status, state.satisfied, state.ended_outside) == (CLOSED, True, True)
    if not ours_first:
        with refused(Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
            ours()
    assert line.count(pb.TICKET_KIND_HOTLINE).satisfied == 1


def test_sent_back_after_our_own_close_it_is_open_again(line: Line) -> None:
    id = line.answered()
    line.by(line.supervisor).CloseTicket(ticket_id=id)
    assert line.tell(NUMBER, "SENT_BACK").status == RECEIVED
    assert line.count(pb.TICKET_KIND_HOTLINE).open == 1


def test_a_call_is_linked_so_that_who_answers_the_next_one_sees_it(line: Line) -> None:
    ann = person()
    number = line.case(ann, region="990121101")
    line.hotline(NUMBER, case_number=number, department=DEPARTMENT)
    id = line.of_hotline(NUMBER).id
    for _ in range(2):
        view = line.by(line.officer).LinkCall(ticket_id=id, call_number="CALL-0001")
    assert list(view.calls) == ["CALL-0001"]
    assert view.item_name == "取水许可"
    for who in (line.officer, line.supervisor):
        found = line.by(who).ListTickets(case_number=number).tickets
        assert [one.id for one in found] == [id]
    assert [one.id for one in line.by(supervisor(region="990221")).ListTickets(case_number=number).tickets] == []
    # A number nobody here knows is found again as it was told.
    line.hotline("HL-0002", case_number="OTHER-CASE-1")
    found = line.by(line.supervisor).ListTickets(case_number="OTHER-CASE-1").tickets
    assert [one.id for one in found] == [line.of_hotline("HL-0002").id]


def test_no_number_that_is_a_phones_or_a_persons_stands_in_clear(line: Line) -> None:
    line.hotline(NUMBER)
    id = line.of_hotline(NUMBER).id
    for number in ("19900000777", "010-12345678", "990101199003071018"):
        with refused(Code.INVALID_ARGUMENT, "PERSONAL"):
            line.hotline(number)
        with refused(Code.INVALID_ARGUMENT, "PERSONAL"):
            line.hotline(case_number=number)
        with refused(Code.INVALID_ARGUMENT, "PERSONAL"):
            line.tell(NUMBER, "SATISFIED", number)
        with refused(Code.INVALID_ARGUMENT, "PERSONAL"):
            line.by(line.supervisor).LinkCall(ticket_id=id, call_number=number)
    with refused(Code.INVALID_ARGUMENT, "MALFORMED"):
        line.hotline(case_number="诸葛试真名")
    assert line.of_hotline(NUMBER).version == 1
    assert line.records.collection.count_documents({}) == 1


# -- out ------------------------------------------------------------------------------------------------------------------


def test_the_platform_is_told_of_answer_and_end_once_however_often_they_are_heard(line: Line) -> None:
    id = line.answered()
    line.by(line.supervisor).CloseTicket(ticket_id=id)
    line.heard("follow_closed", id, TicketClosed)
    line.heard("follow_answered", id, TicketAnswered)
    line.errands(2)
    # Heard once more when all was told: nothing goes out again.
    asked = len(line.outside.asked)
    line.heard("follow_closed", id, TicketClosed)
    line.heard("follow_answered", id, TicketAnswered)
    line.errands(2)
    assert line.told() == [("ANSWERED", ANSWER), ("CLOSED", "")]
    assert len(line.outside.asked) == asked == 2
    (answer, _) = line.outside.of_ticket(NUMBER)
    assert (answer["department_name"], answer["late"]) == ("水务局", False)
    errands = list(line.rating.parts.database[ERRANDS].find({}))
    assert ANSWER not in str(errands)


def test_answers_wait_while_the_platform_is_away_and_none_is_lost(line: Line) -> None:
    ids = [line.answered(number) for number in ("HL-0001", "HL-0002")]
    line.outside.away = True
    for id in ids:
        line.heard("follow_answered", id, TicketAnswered)
        line.by(line.supervisor).CloseTicket(ticket_id=id)
        line.heard("follow_closed", id, TicketClosed)
    line.errands(3)
    assert line.outside.told == {}
    line.outside.away = False
    line.errands(3)
    for number in ("HL-0001", "HL-0002"):
        assert line.told(number) == [("ANSWERED", ANSWER), ("CLOSED", "")]
        assert [one["sequence"] for one in line.outside.of_ticket(number)] == [2, 3]


def test_what_was_taken_and_not_confirmed_is_told_again_under_the_same_id(line: Line) -> None:
    """As if rating had been killed between the platform's answer and its own note."""
    id = line.answered()
    line.heard("follow_answered", id, TicketAnswered)
    before = list(line.rating.parts.database[ERRANDS].find({}))
    line.errands()
    line.rating.parts.database[ERRANDS].delete_many({})
    line.rating.parts.database[ERRANDS].insert_many(before)
    line.errands()
    assert len(line.outside.asked) == 2
    assert line.told() == [("ANSWERED", ANSWER)], "the platform has it once"


@pytest.mark.parametrize("said", [422, b"not json", {"id": "another"}, 500, {}])
def test_an_answer_that_is_none_is_told_again_and_keeps_no_other_waiting(line: Line, said: Any) -> None:
    first, second = line.answered("HL-0001"), line.answered("HL-0002")
    line.outside.script("PROGRESS", said)
    line.heard("follow_answered", first, TicketAnswered)
    line.rating.worker.tell_hotline()
    assert line.told("HL-0001") == []
    line.heard("follow_answered", second, TicketAnswered)
    line.rating.worker.tell_hotline()
    assert line.told("HL-0002") == [("ANSWERED", ANSWER)]
    line.errands()
    assert line.told("HL-0001") == [("ANSWERED", ANSWER)]


def test_it_is_asked_more_and_more_seldom(line: Line) -> None:
    id = line.answered()
    line.outside.away = True
    line.heard("follow_answered", id, TicketAnswered)
    errands, waits = line.rating.parts.database[ERRANDS], []
    for minutes in (0, 4, 60):
        since = now() - timedelta(minutes=minutes)
        errands.update_many({}, {"$set": {"since": since}})
        line.errands()
        (errand,) = errands.find({})
        waits.append(errand["next"] - now())
    assert waits[0] < timedelta(seconds=3) < waits[1] < waits[2] <= hotline.LATER


def test_the_answer_of_nobody_elses_ticket_goes_out(line: Line) -> None:
    ticket = line.assigned(person())
    line.answer(ticket.id)
    line.heard("follow_answered", ticket.id, TicketAnswered)
    line.errands()
    assert line.outside.asked == []


def test_without_a_platform_nothing_waits(rating: RatingHere) -> None:
    desk = TicketsHere(rating)
    desk.hotline(NUMBER, department=DEPARTMENT)
    id = desk.of_hotline(NUMBER).id
    desk.answer(id)
    desk.heard("follow_answered", id, TicketAnswered)
    rating.worker.tell_hotline()
    assert list(rating.parts.database[ERRANDS].find({})) == []


def test_an_event_before_its_ticket_waits_for_it(line: Line) -> None:
    id = line.answered()
    entry = line.records.get(id).journal[-1]
    with pytest.raises(NotYet):
        line.hear("follow_answered", "00000000-0000-4000-8000-000000000000", entry)
