"""A ticket on paper: at every status, which move may come; and any way it can go, with nothing lost in the counting."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chassis.acts import Actor, Moment
from chassis.errors import FAILED_PRECONDITION, Refused
from chassis.plain import plain
from chassis.records import Records, _converter
from services.rating import model_tickets as tickets
from services.rating import model_tickets_acts as acts
from services.rating import model_tickets_counts as counts
from services.rating import model_tickets_moves as moves
from services.rating.model_tickets import ANSWERED, ASSIGNED, CLOSED, RECEIVED, STATUSES, WITHDRAWN, Ticket
from services.rating.model_tickets_evolve import EVOLVE
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, handler, machine, officer, person, supervisor
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import tickets_pb2 as pb

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
MOMENT = Moment(NOW, "person:asker")
ASKER, OFFICER, SUPERVISOR = person("asker"), officer("review", id="o"), supervisor()
RECORDS: Records[Ticket] = Records(None, Ticket, EVOLVE, events)  # type: ignore[arg-type]
RUNS, STEPS = 120, 25
PLATFORM_SAYS = (acts.SATISFIED, acts.NOT_SATISFIED, acts.SENT_BACK, acts.CLOSED)


def opened(
    kind: pb.TicketKind.ValueType = tickets.COMPLAINT, department: str = DEPARTMENT, **told: Any
) -> events.TicketOpened:
    """Somebody asks."""
    given = {"asker_id": ASKER.id, "sealer_id": ASKER.id, "sealed": "…", "region": REGION, **told}
    event = events.TicketOpened(ticket_id="t", number="n", kind=kind, department=department, **given)
    return acts.receive(event, None, NOW)


def evolved(ticket: Ticket | None, *said: Message, at: datetime = NOW) -> Ticket:
    """The ticket after these events."""
    for event in said:
        ticket = EVOLVE[type(event)](ticket, event, replace(MOMENT, at=at))
    assert ticket is not None
    return ticket


def ticket_in(status: int, **told: Any) -> Ticket:
    """A complaint that stands so."""
    ticket = evolved(None, opened(**told))
    if status == RECEIVED:
        return ticket
    if status == WITHDRAWN:
        return evolved(ticket, acts.withdraw(ticket, NOW))
    ticket = evolved(ticket, acts.assign(ticket, SUPERVISOR, DEPARTMENT, "水务局", "", NOW))
    if status == ASSIGNED:
        return ticket
    ticket = evolved(ticket, acts.answer(ticket, OFFICER, "", NOW))
    return ticket if status == ANSWERED else evolved(ticket, acts.close(ticket, SUPERVISOR, "", NOW))


def asked_for_time(ticket: Ticket) -> Ticket:
    """The same while more time is asked for, where it can be."""
    if ticket.status != ASSIGNED:
        return ticket
    return evolved(ticket, acts.ask_extension(ticket, OFFICER, 3, "", NOW))


ACTS: dict[str, Any] = {
    "AssignTicket": lambda ticket: acts.assign(ticket, SUPERVISOR, DEPARTMENT, "水务局", "", NOW),
    "AnswerTicket": lambda ticket: acts.answer(ticket, OFFICER, "", NOW),
    "AskTicketExtension": lambda ticket: acts.ask_extension(ticket, OFFICER, 3, "", NOW),
    "DecideTicketExtension": lambda ticket: acts.decide_extension(asked_for_time(ticket), SUPERVISOR, True, "", NOW),
    "ConfirmTicket": lambda ticket: acts.confirm(ticket, False, "", None, NOW),
    "WithdrawTicket": lambda ticket: acts.withdraw(ticket, NOW),
    "CloseTicket": lambda ticket: acts.close(ticket, SUPERVISOR, "", NOW),
}
# From the contract, not from the code: what may be done to a ticket that stands here, by whoever may do it.
MAY: dict[int, set[str]] = {
    RECEIVED: {"AssignTicket", "WithdrawTicket"},
    ASSIGNED: {"AssignTicket", "AnswerTicket", "AskTicketExtension", "DecideTicketExtension", "WithdrawTicket"},
    ANSWERED: {"ConfirmTicket", "CloseTicket"},
    CLOSED: set(),
    WITHDRAWN: set(),
}
LEADS = {
    "AssignTicket": ASSIGNED,
    "AnswerTicket": ANSWERED,
    "AskTicketExtension": ASSIGNED,
    "DecideTicketExtension": ASSIGNED,
    "ConfirmTicket": RECEIVED,
    "WithdrawTicket": WITHDRAWN,
    "CloseTicket": CLOSED,
}
# What never refuses, or has no RPC.
OTHERS = {"LinkCall", "HotlineSentBack", "HotlineClosed", "TicketOverdue", "TicketClosed"}


def test_the_tables_name_every_move_and_status() -> None:
    assert set(ACTS) | OTHERS == set(moves.MOVES)
    assert set(MAY) == set(STATUSES)
    rpcs = {method.name for method in pb.DESCRIPTOR.services_by_name["TicketService"].methods}
    assert set(ACTS) | {"LinkCall"} <= rpcs


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("status", STATUSES)
def test_a_move_is_made_where_it_may_be_and_nowhere_else(status: int, name: str) -> None:
    ticket = ticket_in(status)
    if name in MAY[status]:
        done = ACTS[name](ticket)
        after = evolved(asked_for_time(ticket) if name == "DecideTicketExtension" else ticket, *_listed(done))
        assert after.status == LEADS[name]
        leads = {(ticket.status, after.status)} - {(status, status)}
        assert leads <= set(moves.leads(name))
    else:
        with pytest.raises(Refused) as said:
            ACTS[name](ticket)
        assert (said.value.code, said.value.reason) == (FAILED_PRECONDITION, "MOVE_NOT_ALLOWED")
        assert STATUSES[status] in said.value.message


@pytest.mark.parametrize("status", STATUSES)
def test_the_offered_moves_are_those_that_may_be_made(status: int) -> None:
    ticket = ticket_in(status)
    everybody = (ASKER, OFFICER, SUPERVISOR)
    offered = {name for who in everybody for name in moves.open_moves(ticket, who, NOW)} - {"LinkCall"}
    assert offered == MAY[status] - {"DecideTicketExtension"}, "nobody asked for time"
    waiting = asked_for_time(ticket)
    if status == ASSIGNED:
        assert "DecideTicketExtension" in moves.open_moves(waiting, SUPERVISOR, NOW)
        assert "AskTicketExtension" not in moves.open_moves(waiting, OFFICER, NOW)
        assert "AskTicketExtension" not in moves.open_moves(ticket, OFFICER, ticket.answer_due + timedelta(seconds=1))
        assert "AnswerTicket" not in moves.open_moves(ticket, SUPERVISOR, NOW)
    for stranger in (person(), officer("review", department=OTHER_DEPARTMENT), machine(), Actor()):
        assert moves.open_moves(ticket, stranger, NOW) == []


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("word", PLATFORM_SAYS)
def test_whatever_the_platform_says_is_taken(status: int, word: str) -> None:
    ticket = ticket_in(status)
    told = acts.hear_hotline(ticket, "cb", word, "", None, NOW)
    after = evolved(ticket, told)
    expected: dict[str, int] = {
        acts.SENT_BACK: RECEIVED if status in (ANSWERED, CLOSED) else status,
        acts.CLOSED: status if status == WITHDRAWN else CLOSED,
    }
    assert after.status == expected.get(word, status)
    assert told.reopened == (word == acts.SENT_BACK and status in (ANSWERED, CLOSED))
    said = word in (acts.SATISFIED, acts.NOT_SATISFIED)
    assert (after.satisfied, after.confirmed_at is not None) == (word == acts.SATISFIED, said)


def test_the_platforms_words_end_the_same_in_any_order() -> None:
    ends = set()
    for words in permutations(PLATFORM_SAYS):
        ticket = ticket_in(ANSWERED)
        for word in words:
            ticket = evolved(ticket, acts.hear_hotline(ticket, f"cb-{word}", word, "", None, NOW))
        ends.add((ticket.status, ticket.satisfied))
    assert ends == {(CLOSED, True)}
    twice = evolved(ticket_in(ANSWERED), acts.hear_hotline(ticket_in(ANSWERED), "a", acts.SENT_BACK, "", None, NOW))
    again = evolved(evolved(twice, acts.assign(twice, SUPERVISOR, "", "", "", NOW)))
    again = evolved(again, acts.answer(again, SUPERVISOR, "", NOW))
    assert not acts.hear_hotline(again, "b", acts.SENT_BACK, "", None, NOW).reopened, "once"


def test_the_clock_does_what_is_due_and_nothing_else() -> None:
    for status in STATUSES:
        ticket = ticket_in(status)
        assert acts.fire(ticket, NOW) is None
        late = acts.fire(ticket, datetime(2027, 1, 1, tzinfo=UTC))
        expected: dict[int, str] = {RECEIVED: "TicketOverdue", ASSIGNED: "TicketOverdue", ANSWERED: "TicketClosed"}
        assert (late.DESCRIPTOR.name if late else None) == expected.get(status)
        if late is not None:
            after = evolved(ticket, late)
            assert acts.fire(after, datetime(2028, 1, 1, tzinfo=UTC)) is None, "once"


def test_what_a_person_reads_is_his_own_and_filter_and_predicate_agree() -> None:
    organization = person("org")
    mine, theirs = ticket_in(RECEIVED), ticket_in(RECEIVED, asker_id="org", sealer_id="org")
    for actor in (ASKER, person(), organization, handler(organization), officer("review"), machine(), Actor()):
        for ticket in (mine, theirs, replace(mine, asker_id="")):
            document = {"state": {"asker_id": ticket.asker_id, "id": ticket.id}}
            (path, wanted), *_ = tickets.asked_by(actor).items()
            assert tickets.asks(actor, ticket) == (document["state"][path.removeprefix("state.")] == wanted)


def test_the_officers_it_is_about_see_nothing_whatever_their_roles() -> None:
    his = officer("receive", "review", "decide", "supervise", id="about")
    for status in STATUSES:
        ticket = ticket_in(status, officer_ids=["about"])
        assert not tickets.sees(his, ticket)
        assert moves.open_moves(ticket, his, datetime(2026, 6, 2, tzinfo=UTC)) == []
        assert tickets.sees(SUPERVISOR, ticket)


class Way(RuleBasedStateMachine):
    """Tickets and all that can happen to them, in any order, told twice; the journal and the counts always agree."""

    @initialize(kinds=st.lists(st.sampled_from(sorted(tickets.KINDS)), min_size=1, max_size=3))
    def begin(self, kinds: list[pb.TicketKind.ValueType]) -> None:
        self.now = NOW
        self.tickets: list[Ticket] = []
        self.journals: list[list[tuple[Message, Moment]]] = []
        for kind in kinds:
            journal: list[tuple[Message, Moment]] = []
            self.journals.append(journal)
            self.tickets.append(self._told(None, journal, opened(kind, asker_id=ASKER.id)))

    def _told(self, ticket: Ticket | None, journal: list[tuple[Message, Moment]], *said: Message) -> Ticket:
        for event in said:
            moment = Moment(self.now, "system:rating")
            ticket = EVOLVE[type(event)](ticket, event, moment)
            journal.append((event, moment))
        assert ticket is not None
        return ticket

    @rule(number=st.integers(0, 2), name=st.sampled_from(sorted(ACTS)), satisfied=st.booleans())
    def act(self, number: int, name: str, satisfied: bool) -> None:
        place = number % len(self.tickets)
        ticket = self.tickets[place]
        try:
            done = self._act(ticket, name, satisfied)
        except Refused as refused:
            # Only where the table says so, or a guard does.
            assert refused.code == FAILED_PRECONDITION
            return
        self.tickets[place] = self._told(ticket, self.journals[place], *_listed(done))

    def _act(self, ticket: Ticket, name: str, satisfied: bool) -> Any:
        if name == "ConfirmTicket":
            return acts.confirm(ticket, satisfied, "", None, self.now)
        if name == "DecideTicketExtension":
            return acts.decide_extension(ticket, SUPERVISOR, satisfied, "", self.now)
        if name == "AssignTicket":
            return acts.assign(ticket, SUPERVISOR, DEPARTMENT if satisfied else "", "水务局", "", self.now)
        if name == "AnswerTicket":
            who = OFFICER if ticket.department else SUPERVISOR
            return acts.answer(ticket, who, "", self.now)
        if name == "AskTicketExtension":
            return acts.ask_extension(ticket, OFFICER, 3, "", self.now)
        if name == "CloseTicket":
            return acts.close(ticket, SUPERVISOR, "", self.now)
        return acts.withdraw(ticket, self.now)

    @rule(number=st.integers(0, 2), word=st.sampled_from(PLATFORM_SAYS), callback=st.integers(0, 4))
    def platform(self, number: int, word: str, callback: int) -> None:
        place = number % len(self.tickets)
        ticket = self.tickets[place]
        said = acts.hear_hotline(ticket, f"cb{callback}", word, "", None, self.now)
        self.tickets[place] = self._told(ticket, self.journals[place], said)

    @rule(days=st.sampled_from((0, 1, 4, 10, 30)))
    def time(self, days: int) -> None:
        self.now += timedelta(days=days)
        for place, ticket in enumerate(self.tickets):
            fired = acts.fire(ticket, self.now)
            if fired is not None:
                self.tickets[place] = self._told(ticket, self.journals[place], fired)
                # The same timer again finds nothing to do.
                assert acts.fire(self.tickets[place], self.now) is None

    @invariant()
    def counts_equal_a_recount_of_the_journals(self) -> None:
        if not hasattr(self, "tickets"):
            return
        recounted = Counter(_replayed(journal).counted for journal in self.journals)
        found = Counter(ticket.counted for ticket in self.tickets)
        assert found == recounted
        numbers = counts.counts(found)
        assert sum(one.received for one in numbers.kinds) == len(self.tickets)
        open = sum(one.open for one in numbers.kinds)
        assert open == sum(ticket.status in tickets.UNANSWERED for ticket in self.tickets)
        assert numbers.on_time_denominator <= len(self.tickets)

    @invariant()
    def what_follows_from_the_rest_does(self) -> None:
        for ticket in getattr(self, "tickets", []):
            assert (ticket.status == ANSWERED) == (ticket.close_due is not None and ticket.ended_at is None)
            assert (ticket.due is None) == (
                ticket.status in (CLOSED, WITHDRAWN) or (ticket.status in tickets.UNANSWERED and ticket.overdue)
            )
            assert ticket.reopened <= 1
            assert not (ticket.overdue and ticket.status == ANSWERED)
            assert tickets.overdue_days(ticket, self.now) >= 0


def _listed(done: Any) -> list[Message]:
    return done if isinstance(done, list) else [done]


def _replayed(journal: list[tuple[Message, Moment]]) -> Ticket:
    """As the stored journal gives it, on the way through what the store keeps."""
    entries = [
        {
            "type": event.DESCRIPTOR.name,
            "data": plain(event),
            "at": moment.at,
            "by": moment.by,
        }
        for event, moment in journal
    ]
    replayed = RECORDS.replay(entries)
    kept = _converter.structure(_converter.unstructure(replayed), Ticket)
    assert kept == replayed
    return kept


def test_any_way_a_ticket_can_go_is_counted_as_its_journal_tells() -> None:
    settings_ = settings(max_examples=RUNS, stateful_step_count=STEPS, deadline=None)
    run_state_machine_as_test(Way, settings=settings_)


def test_days_over_the_due_date_are_working_days() -> None:
    ticket = ticket_in(ASSIGNED)
    # The due date is a Friday: the Monday after is one working day over.
    due = datetime(2026, 6, 5, 15, 59, 59, tzinfo=UTC)
    ticket = replace(ticket, answer_due=due)
    monday = datetime(2026, 6, 8, 2, tzinfo=UTC)
    assert [tickets.overdue_days(ticket, at) for at in (NOW, due, monday, monday + timedelta(days=1))] == [0, 0, 1, 2]
    answered = evolved(ticket, acts.answer(ticket, OFFICER, "", monday), at=monday)
    assert tickets.overdue_days(answered, monday + timedelta(days=60)) == 1
    assert answered.late
    assert acts.answer(ticket, OFFICER, "", due).late is False


def test_the_rate_is_rounded_from_its_own_parts_and_zero_of_nothing() -> None:
    found = {counts.text(counts.Counted(tickets.CONSULT, counts.DONE, counts.IN_TIME, "")): 2}
    found[counts.text(counts.Counted(tickets.CONSULT, counts.DONE, counts.LATE, ""))] = 1
    numbers = counts.counts(found)
    assert (numbers.on_time_numerator, numbers.on_time_denominator) == (2, 3)
    assert numbers.on_time_basis_points == 6667
    assert counts.counts({}).on_time_basis_points == 0
