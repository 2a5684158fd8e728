"""Boards over the running service: figures right after moves, told to who may know them, and the cases behind each figure."""

import random
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import cattrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.acts import Actor, now
from services.case import model, model_deadlines, store, store_board
from services.case.model import Case
from services.case.store_timers import Timers
from standards.workdays import SHANGHAI
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, machine, officer, person, supervisor
from tests.support.calling import As, refused
from tests.support.case_service import DENIED, INVALID, NOT_FOUND, PRECONDITION, Db, hear, journal
from tests.support.cases import case_in
from tests.support.items import publish, simple
from tests.support.serving import Here
from yiwang.case.v1 import board_pb2 as pb
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2

NEAR = "990122"
HANDLERS = {
    events.CaseSubmitted: ("note_arrival",),
    events.CaseAccepted: ("count_accepted",),
    events.CaseDecided: ("count_decided",),
    events.CaseClosed: ("note_closing", "count_closed"),
}
FIGURES = {
    "received_today": pb.BOARD_FIGURE_RECEIVED_TODAY,
    "closed_today": pb.BOARD_FIGURE_CLOSED_TODAY,
    "open": pb.BOARD_FIGURE_OPEN,
    "yellow": pb.BOARD_FIGURE_YELLOW,
    "red": pb.BOARD_FIGURE_RED,
}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that was counted is kept."""
    monkeypatch.setattr(store_board, "SECONDS", 0.0)
    monkeypatch.setattr(store_board, "SHARE", 1e9)


def board_of(case_api: Here, actor: Actor) -> As:
    return case_api.by(actor, service="BoardService")


@pytest.fixture
def own(case_api: Here) -> As:
    return board_of(case_api, officer("review"))


@pytest.fixture
def watcher(case_api: Here) -> As:
    return board_of(case_api, supervisor())


def today() -> str:
    return str(datetime.now(SHANGHAI).date())


def heard(case_api: Here, database: Db, case: str, shuffled: random.Random | None = None) -> None:
    """The worker heard of everything that happened to the case, in any order and each twice, and counted it."""
    entries = [(entry, name) for entry in journal(database, case) for name in _handlers(entry["type"])] * 2
    (shuffled or random.Random(1)).shuffle(entries)
    for entry, handler in entries:
        event = store.cases(database).event(entry)
        hear(case_api, handler, event, case, entry["seq"], entry["at"].isoformat())
    for tally in (store.arrivals(database), store.closings(database), store.work(database)):
        tally.recount()


def _handlers(kind: str) -> tuple[str, ...]:
    return next((names for event, names in HANDLERS.items() if event.DESCRIPTOR.name == kind), ())


def figures(board: pb.Board) -> dict[str, int]:
    return {field.name: getattr(board.whole, field.name) for field in pb.Figures.DESCRIPTOR.fields}


def overdue(database: Db, case: str, hours: int) -> None:
    """The promised limit ends so many hours from now, and has been yellow for long."""
    due = now() + timedelta(hours=hours)
    ends = {"state.promised_due": due, "state.yellow_at": due - timedelta(days=9)}
    database["cases"].update_one({"_id": case}, {"$set": ends})


def test_figures_are_right_after_each_move(
    case_api: Here, citizen: As, desk: dict[str, As], own: As, watcher: As, database: Db
) -> None:
    item = publish(database, simple(steps=[], result_name=""))
    empty = {"received_today": 0, "closed_today": 0, "open": 0, "yellow": 0, "red": 0, "findings": 0}
    assert figures(own.GetBoard()) == empty and figures(watcher.GetBoard()) == empty

    def told(**changed: int) -> None:
        for board in (own.GetBoard(), watcher.GetBoard(), watcher.GetBoard(department=DEPARTMENT)):
            assert figures(board) == empty | changed
        (row,) = watcher.GetBoard().rows
        assert row.id == DEPARTMENT and row.figures == watcher.GetBoard().whole

    one, two = (citizen.SubmitCase(item_id=item).id for _ in range(2))
    told(open=2)
    for case in (one, two):
        heard(case_api, database, case)
        desk["receive"].AcceptCase(case_id=case)
    told(open=2, received_today=2)
    overdue(database, one, 2)
    told(open=2, received_today=2, yellow=1)
    overdue(database, one, -2)
    told(open=2, received_today=2, red=1)
    urging = case_api.by(supervisor(), service="SupervisionService")
    finding = urging.UrgeCase(case_id=one, text="请尽快办理").id
    told(open=2, received_today=2, red=1, findings=1)
    case_api.by(officer("review"), service="SupervisionService").AnswerFinding(finding_id=finding, text="正在办理")
    desk["decide"].DecideCase(case_id=one, granted=True)
    told(open=2, received_today=2)
    desk["decide"].CloseCase(case_id=one)
    heard(case_api, database, one)
    told(open=1, received_today=2, closed_today=1)
    days = own.GetBoard().days
    assert (days[-1].day, days[-1].arrived, days[-1].closed, len(days)) == (today(), 2, 1, 14)
    assert watcher.GetBoard(department=DEPARTMENT).days == days


def test_a_board_that_has_not_changed_says_only_that(case_api: Here, citizen: As, own: As, plain_item: str) -> None:
    first = own.GetBoard()
    again = own.GetBoard(if_version=first.version)
    assert again == pb.Board(version=first.version, unchanged=True)
    citizen.SubmitCase(item_id=plain_item)
    changed = own.GetBoard(if_version=first.version)
    assert not changed.unchanged and changed.version != first.version and changed.whole.open == 1
    assert own.GetBoard(if_version="of another board").whole.open == 1


def test_who_asks_within_a_second_is_answered_from_one_count(
    case_api: Here, citizen: As, own: As, plain_item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_board, "SECONDS", 60.0)
    first = own.GetBoard()
    citizen.SubmitCase(item_id=plain_item)
    others = board_of(case_api, officer("decide"))
    assert others.GetBoard() == first and others.GetBoard(if_version=first.version).unchanged


def test_a_department_is_told_of_itself_alone(case_api: Here, citizen: As, plain_item: str, database: Db) -> None:
    case = citizen.SubmitCase(item_id=plain_item).id
    heard(case_api, database, case)
    foreign = board_of(case_api, officer("review", department=OTHER_DEPARTMENT))
    assert figures(foreign.GetBoard())["open"] == figures(foreign.GetBoard())["received_today"] == 0
    for asked in ({"department": DEPARTMENT}, {"region": REGION}, {"region": REGION, "department": OTHER_DEPARTMENT}):
        with refused(NOT_FOUND):
            foreign.GetBoard(**asked)
        with refused(NOT_FOUND):
            foreign.ListBoardCases(figure=pb.BOARD_FIGURE_OPEN, **asked)
    for figure in FIGURES.values():
        assert not foreign.ListBoardCases(figure=figure).cases
    with refused(PRECONDITION, "NO_DEPARTMENT"):
        board_of(case_api, officer("review", department="")).GetBoard()
    for other in (person(), officer("catalog"), machine("yiwang.case.v1.BoardService/GetBoard")):
        with refused(DENIED):
            board_of(case_api, other).GetBoard()
        with refused(DENIED):
            board_of(case_api, other).ListBoardCases(figure=pb.BOARD_FIGURE_OPEN)


def test_a_supervisor_is_told_of_his_region_and_of_nothing_beside_it(
    case_api: Here, citizen: As, plain_item: str, database: Db, watcher: As
) -> None:
    heard(case_api, database, citizen.SubmitCase(item_id=plain_item).id)
    city, near = (board_of(case_api, supervisor(region=region)) for region in ("9901", NEAR))
    assert figures(city.GetBoard())["open"] == figures(city.GetBoard(region=REGION))["received_today"] == 1
    (row,) = city.GetBoard(region="990100").rows
    assert (row.id, row.figures.open, row.figures.received_today) == (REGION, 1, 1)
    assert figures(near.GetBoard())["open"] == figures(near.GetBoard(department=DEPARTMENT))["open"] == 0
    assert figures(near.GetBoard(department=DEPARTMENT))["received_today"] == 0
    for region in (REGION, "9901", "990100", "450103"):
        with refused(NOT_FOUND):
            near.GetBoard(region=region)
    assert not near.ListBoardCases(figure=pb.BOARD_FIGURE_OPEN, department=DEPARTMENT).cases
    with refused(INVALID, "NOT_A_COUNTY") as refusal:
        city.GetBoard(department=DEPARTMENT)
    assert refusal.fields == {"region": "NOT_A_COUNTY"}
    with refused(INVALID, "REQUIRED") as refusal:
        watcher.ListBoardCases(figure=pb.BOARD_FIGURE_OPEN)
    assert refusal.fields == {"department": "REQUIRED"}
    with refused(INVALID) as refusal:
        watcher.ListBoardCases(department=DEPARTMENT)
    assert list(refusal.fields) == ["figure"]
    for region in ("9", "99012", "990121101", "九九〇一"):
        with refused(INVALID) as refusal:
            watcher.GetBoard(region=region)
        assert list(refusal.fields) == ["region"]


def test_lists_behind_figures_tell_no_answers_and_are_noted_for_nobody(
    case_api: Here, citizen: As, plain_item: str, watcher: As
) -> None:
    case = citizen.SubmitCase(item_id=plain_item).id
    (row,) = watcher.ListBoardCases(figure=pb.BOARD_FIGURE_OPEN, department=DEPARTMENT).cases
    assert row.id == case and not row.answers and not row.timeline and not row.query_code
    assert not citizen.ListCaseAccesses().accesses
    for figure in (pb.BOARD_FIGURE_RED, pb.BOARD_FIGURE_RECEIVED_TODAY):
        for token in ("x", "-1", "999999"):
            with refused(INVALID, "MALFORMED"):
                watcher.ListBoardCases(figure=figure, department=DEPARTMENT, page_token=token)


# -- a plain recount ---------------------------------------------------------------------------------------------------

# Few instants, so that many cases share one: two days late, an hour late, an hour to go, and so on.
HOURS = (-48, -1, 1, 30, 24 * 30)
statuses = st.sampled_from(sorted({model.SUBMITTED, *model.RUNNING, model.GRANTED, model.CLOSED, model.WITHDRAWN}))
drawn = st.lists(
    st.tuples(
        statuses,
        st.sampled_from([DEPARTMENT, OTHER_DEPARTMENT]),
        st.sampled_from([REGION, NEAR]),
        st.none() | st.sampled_from(HOURS),
        st.booleans(),
        st.integers(0, 3),
        st.booleans(),
    ),
    max_size=25,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(drawn)
def test_a_board_is_what_a_plain_recount_of_all_cases_says(case_api: Here, database: Db, drawn: list[Any]) -> None:
    instant = now()
    cases = list(planted(database, drawn, instant))
    own, city = board_of(case_api, officer("decide")), board_of(case_api, supervisor(region="9901"))
    mine = [one for one in cases if one.department == DEPARTMENT]
    assert figures(own.GetBoard()) == plainly(database, mine, instant)
    whole = city.GetBoard()
    assert figures(whole) == plainly(database, cases, instant)
    assert [row.id for row in whole.rows] == [REGION, NEAR]
    for region in (REGION, NEAR):
        here = [one for one in cases if one.county == region]
        board = city.GetBoard(region=region)
        assert figures(board) == plainly(database, here, instant)
        by_department = {row.id: row.figures for row in board.rows}
        for department in (DEPARTMENT, OTHER_DEPARTMENT):
            there = [one for one in here if one.department == department]
            expected = plainly(database, there, instant)
            assert figures(pb.Board(whole=by_department.get(department))) == expected
            assert figures(city.GetBoard(region=region, department=department)) == expected
            for name, figure in FIGURES.items():
                asked = {"figure": figure, "region": region, "department": department}
                assert len(walked(city, **asked)) == expected[name], name
    for name, figure in FIGURES.items():
        assert len(walked(own, figure=figure)) == plainly(database, mine, instant)[name], name


def planted(database: Db, drawn: list[Any], instant: datetime) -> Iterator[Case]:
    """These cases and no others, with what the worker would have counted of them, and with some findings."""
    for name in (
        "cases",
        "findings",
        *(f"{one}{part}" for one in ("arrivals", "closings") for part in ("", "_totals")),
    ):
        database[name].delete_many({})
    timers, arrivals, closings = Timers(database), store.arrivals(database), store.closings(database)
    for region in (REGION, NEAR):
        timers.know(region)
    for number, (status, department, region, hours, turns, findings, new) in enumerate(drawn):
        due = None if hours is None else instant + timedelta(hours=hours)
        yellow = due - timedelta(hours=48) if due and turns else None
        ended = status in model.ENDED
        case = case_in(
            status,
            id=str(uuid.uuid4()),
            number=f"990121261124{number:06}",
            region=region,
            county=region,
            department=department,
            desk="" if ended else department,
            submitted_at=instant - timedelta(minutes=number),
            promised_due=due,
            yellow_at=yellow,
        )
        plant(database, "cases", case)
        told = events.CaseSubmitted(department=department, region=region, item_code="X")
        day = instant.astimezone(SHANGHAI).date() - timedelta(days=0 if new else 1)
        arrivals.contribute(case.id, store.buckets(told, day), "arrived", 1)
        if status == model.CLOSED:
            closings.contribute(case.id, store.buckets(told, day), "closed", 2)
        for answered in range(findings):
            state = {"department": department, "county": region, "region": region, "status": 1 + answered % 3}
            database["findings"].insert_one({"_id": str(uuid.uuid4()), "state": state})
        yield case
    arrivals.recount()
    closings.recount()


def plant(database: Db, collection: str, state: Case) -> None:
    document = {"_id": state.id, "version": 1, "sent": 1, "state": cattrs.unstructure(state), "journal": []}
    database[collection].insert_one(document)


def plainly(database: Db, cases: list[Case], instant: datetime) -> dict[str, int]:
    """The figures of these cases, by a look at each of everything there is."""
    lights = Counter(model_deadlines.light(one, instant) for one in cases)
    places, ids = {(one.department, one.county) for one in cases}, {one.id for one in cases}
    found = [row["state"] for row in database["findings"].find({})]

    def counted(name: str) -> int:
        rows = database[name].find({})
        return sum(row["_id"] in ids and any(one.endswith(f"/{today()}") for one in row["buckets"]) for row in rows)

    return {
        "received_today": counted("arrivals"),
        "closed_today": counted("closings"),
        "open": sum(bool(one.desk) for one in cases),
        "yellow": lights[service_pb2.LIGHT_YELLOW],
        "red": lights[service_pb2.LIGHT_RED],
        "findings": sum((one["department"], one["county"]) in places and one["status"] == 1 for one in found),
    }


def walked(stub: As, **asked: Any) -> set[str]:
    """Ids of all pages."""
    found, token = list[str](), "first"
    while token:
        page = stub.ListBoardCases(page_size=3, page_token="" if token == "first" else token, **asked)
        found += [one.id for one in page.cases]
        token = page.next_page_token
        assert page.cases or not token, "no page is empty before the end"
    assert len(found) == len(set(found))
    return set(found)


# -- one's own desk ----------------------------------------------------------------------------------------------------


def test_an_officer_is_told_what_he_did_and_how_long_decisions_take(case_api: Here, citizen: As, database: Db) -> None:
    item = publish(database, simple(steps=[], result_name=""))
    receiver, decider, other = officer("receive"), officer("decide"), officer("decide")
    cases = [citizen.SubmitCase(item_id=item).id for _ in range(4)]
    for case in cases:
        case_api.by(receiver).AcceptCase(case_id=case)
    backdated(database, cases[0], 7)
    for case, who in ((cases[0], decider), (cases[1], decider), (cases[2], other)):
        case_api.by(who).DecideCase(case_id=case, granted=True)
    case_api.by(decider).CloseCase(case_id=cases[0])
    shuffled = random.Random(3)
    for case in cases:
        heard(case_api, database, case, shuffled)
    mine = board_of(case_api, decider).GetMyDesk()
    assert (mine.open, mine.accepted, mine.decided, mine.closed) == (1, 0, 2, 1)
    assert (mine.own.decisions, mine.own.days) == (2, days_of(7))
    assert (mine.department.decisions, mine.department.days) == (3, days_of(7))
    assert mine.month == today()[:7] and (mine.days[-1].day, mine.days[-1].decided) == (today(), 2)
    received = board_of(case_api, receiver).GetMyDesk()
    assert (received.open, received.accepted, received.decided) == (1, 4, 0)
    assert received.own == pb.Taken() and received.department == mine.department
    foreign = board_of(case_api, officer("decide", department=OTHER_DEPARTMENT)).GetMyDesk()
    assert (foreign.open, foreign.decided, foreign.department) == (0, 0, pb.Taken())


def backdated(database: Db, case: str, days: int) -> None:
    """It was accepted so many days ago."""
    at = now() - timedelta(days=days)
    database["cases"].update_one({"_id": case}, {"$set": {"state.accepted_at": at, "state.clock_from": at}})


def days_of(days: int) -> int:
    """Working days from so many days ago until today, as the calendar has them."""
    from standards.workdays import local_day, working_days_between

    return working_days_between(local_day(now() - timedelta(days=days)), local_day(now()), REGION)


def test_ones_own_desk_tells_what_is_due_and_overdue_of_ones_own(
    case_api: Here, citizen: As, plain_item: str, database: Db
) -> None:
    receiver = officer("receive")
    cases = [citizen.SubmitCase(item_id=plain_item).id for _ in range(3)]
    for case, hours in zip(cases, (-2, 2, 24 * 40), strict=True):
        case_api.by(receiver).AcceptCase(case_id=case)
        due = now() + timedelta(hours=hours)
        ends = {"state.promised_due": due, "state.yellow_at": due - timedelta(days=1)}
        database["cases"].update_one({"_id": case}, {"$set": ends})
    mine = board_of(case_api, receiver).GetMyDesk()
    assert (mine.open, mine.yellow, mine.red) == (3, 1, 1)
    assert board_of(case_api, officer("receive")).GetMyDesk().open == 0
    with refused(PRECONDITION, "NO_DEPARTMENT"):
        board_of(case_api, officer("receive", department="")).GetMyDesk()
    for who in (supervisor(), person(), officer("catalog")):
        with refused(DENIED):
            board_of(case_api, who).GetMyDesk()


def test_what_is_decided_without_an_officer_is_nobodys_work(case_api: Here, database: Db) -> None:
    decided = events.CaseDecided(case_id="none", granted=True)
    hear(case_api, "count_decided", decided, "none", 3)
    assert not list(database["work"].find({}))
