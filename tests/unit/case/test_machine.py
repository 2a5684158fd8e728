"""Every way a case can go: random acts by random roles over random items, while time moves over holidays and calendars land."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import bson
import pytest
from bson.codec_options import CodecOptions
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from chassis import records
from chassis.acts import Cause, Moment
from chassis.errors import Refused
from chassis.records import Records, _converter, broken_at, chain
from services.case import model, model_asides, model_deadlines, model_moves, model_timers
from services.case.model import Case
from services.case.model_evolve import EVOLVE
from standards import calendars, workdays
from tests.support import case_begins as begins
from tests.support import case_holds
from tests.support import case_ways as ways
from tests.support.case_ways import World
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb

RUNS, STEPS = 2_000, 10
RECORDS: Records[Case] = Records(None, Case, EVOLVE, events)  # type: ignore[arg-type]
OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
SEEDS = st.integers(0, 2**24 - 1)
SHIPPED = calendars.Calendar(calendars.read([workdays.CALENDARS]))
FIRST = datetime(2025, 12, 1, 0, tzinfo=UTC)
# How far time moves at once: within a day, over a weekend, over the Spring Festival, past every limit.
LEAPS = tuple(timedelta(hours=hours) for hours in (0.1, 1, 5, 12, 24, 24, 48, 72, 120, 240, 500, 1000))
# Of acts that answer before they look at where the case stands, since that tells more.
SAY_MORE = {"GiveOpinion": "OPINION_GIVEN", "SignVisit": "ALREADY_SIGNED"}
STRETCH, CHANCES = 8, (70, 8, 17, 5)
# How often a move is taken, of 40: an end, and what is always possible, so seldom that cases get far.
WEIGHTS = {
    "WithdrawCase": 2,
    "VoidCase": 1,
    "RefuseCase": 1,
    "NotAcceptCase": 1,
    "TransferCase": 1,
    "RequestOpinion": 15,
}
WEIGHTS |= {"ConfirmWithdrawal": 3, "": 5}
WEIGHTS |= {
    "ChooseDelivery": 4,
    "RequestCorrection": 20,
    "StartSpecialProcedure": 15,
    "PushResult": 5,
    "RevokeDecision": 5,
}
# What an actor who is offered a move is never told.
UNTRUE = {"MOVE_NOT_ALLOWED", "RECEIVER_MAY_NOT_DECIDE", "PROPOSER_MAY_NOT_APPROVE", "ALREADY_SIGNED", "OPINION_GIVEN"}
UNTRUE |= {"CORRECTION_ASKED_ALREADY", "EXTENDED_ALREADY", "EXTENSION_PROPOSED"}
BY_CLOCK = {
    "timer/ACCEPT": "DeemAccepted",
    "timer/ANSWER": "LapseCorrection",
    "timer/CONFIRM": "WithdrawBySilence",
    "timer/RENEWAL": "DeemRenewed",
}
JUDGED = {"TRUE": "DecideAutomatically", "FALSE": "judged", "UNKNOWN": "judged"}
counted: Counter[str] = Counter()
made: Counter[str] = Counter()
led: set[tuple[str, int, int]] = set()


@pytest.fixture
def another_calendar(tmp_path: Path) -> Iterator[None]:
    """Another calendar beside the one shipped: the year to come as its notice might have it, and a week more of Spring Festival."""
    off = [f"2026-02-{day:02d}" for day in range(24, 29)]
    notices = {"2026.json": (2026, "2026-02-01", off), "2027.json": (2027, "2026-11-05", ["2027-01-01", "2027-01-04"])}
    for name, (year, published, days) in notices.items():
        notice = {"year": year, "published": published, "notice": "", "off": days, "work": []}
        (tmp_path / name).write_text(json.dumps(notice))
    Walk.another = calendars.Calendar(calendars.read([workdays.CALENDARS, tmp_path]))
    yield
    workdays._in_force = None


class Walk(RuleBasedStateMachine):
    """One case from its submission on; every step is checked as it is made."""

    another: calendars.Calendar

    def __init__(self) -> None:
        super().__init__()
        self.now = FIRST
        self.journal: list[dict[str, Any]] = []
        self.replayed: Any = None
        self.case: Any = None
        # Where each clock ended last, and by which calendar.
        self.ended: case_holds.Ended = {}
        self._clock = mock.patch.object(records, "now", lambda: self.now)
        self._clock.start()
        self.lands = False
        counted["runs"] += 1

    def teardown(self) -> None:
        self._clock.stop()
        workdays._in_force = SHIPPED
        document = {"state": _converter.unstructure(self.case), "journal": self.journal}
        stored = bson.decode(bson.encode(document), OPTIONS)
        assert RECORDS.drift(stored) == [] and broken_at(stored["journal"]) is None

    # -- what happens --------------------------------------------------------------------------------------------------

    @initialize(seed=SEEDS)
    def submitted(self, seed: int) -> None:
        """An application, and at once what a rule decides."""
        self.first, dice = seed, random.Random(seed)
        self.known = begins.item_of(dice.randrange(begins.ITEMS))
        self.now = FIRST + timedelta(minutes=dice.randrange(400 * 24 * 60))
        actor, begun = begins.submission(self.known, self.now, dice)
        self.write(begun, actor.by, "SubmitCase")
        waits = any(one.manual for one in self.case.stood_for) or self.case.status != model.SUBMITTED
        if not waits and dice.random() < 0.3:
            truth = dice.choice(("TRUE", "FALSE", "UNKNOWN"))
            self.write(begins.automatic(self.case, self.now, truth), actor.by, JUDGED[truth])
        self.stretch(dice)

    @rule(seed=SEEDS)
    def a_stretch(self, seed: int) -> None:
        """Some of what follows, one after the other: many steps for one choice of hypothesis, so that cases get far."""
        self.stretch(self.dice(seed))

    def stretch(self, dice: random.Random) -> None:
        for _ in range(STRETCH):
            dice.choices((self.move, self.told_from_outside, self.day, self.officer_leaves), CHANCES)[0](dice)

    @rule(seed=SEEDS, name=st.sampled_from(sorted(ways.ACTS)))
    def attempted(self, seed: int, name: str) -> None:
        """Any move at all; those of the clock come by the clock."""
        if self.by_person(name) or not model_moves.may_come(self.case, name):
            self.attempt(name, self.dice(seed))

    @rule()
    def a_calendar_lands(self) -> None:
        """Another one, or the one of before; every open case is calculated anew."""
        self.lands = not self.lands
        workdays._in_force = self.another if self.lands else SHIPPED
        digest = workdays.calendar_digest()
        event = model_deadlines.recalculate(self.case, digest)
        if event is not None:
            self.write([event], "system:case", "recalculated")
            assert model_deadlines.recalculate(self.case, digest) is None, "once for each calendar"
        running = [] if self.case.status == model.SUSPENDED else case_holds.CLOCKS
        self.ended = {name: (getattr(self.case, name), digest) for name in running}

    def dice(self, seed: int) -> random.Random:
        """Dice of this place of this walk: the same choice of hypothesis elsewhere is another throw."""
        return random.Random(f"{self.first}/{seed}/{len(self.journal)}")

    def move(self, dice: random.Random) -> None:
        """A move the table has from here."""
        may = [name for name in ways.ACTS if self.by_person(name) and model_moves.may_come(self.case, name)]
        name = dice.choices([*may, ""], [WEIGHTS.get(name, 40) for name in [*may, ""]])[0]
        if name:
            self.attempt(name, dice)
        else:
            self.day(dice)

    def told_from_outside(self, dice: random.Random) -> None:
        """A payment, a parcel, a slot."""
        what = dice.choice(sorted(ways.OUTSIDERS))
        event = ways.OUTSIDERS[what](World(self.case, self.known, self.now, begins.SYSTEM, dice))
        if event is not None:
            self.write(event if isinstance(event, list) else [event], "system:case", what)

    def day(self, dice: random.Random) -> None:
        """Some hours or days; the timer makes its rounds, unless the worker is away."""
        self.now += dice.choice(LEAPS)
        if dice.random() < 0.85:
            self.rounds()

    def officer_leaves(self, dice: random.Random) -> None:
        """His open work goes to somebody, or to nobody."""
        leaver, successor = dice.choice(begins.OFFICERS).id, dice.choice(["", "ann", "cai"])
        event = model_asides.hand_over(self.case, leaver, successor, self.now - timedelta(days=dice.choice((0, 0, 3))))
        if event is not None:
            self.write([event], "system:case", "handed over")
            assert self.case.handler_id == successor

    # -- how it is written ---------------------------------------------------------------------------------------------

    def by_person(self, name: str) -> bool:
        return model_moves.MOVES[name].sees != model_moves.SYSTEM

    def attempt(self, name: str, dice: random.Random) -> None:
        """The move by somebody who has the role; what the table does not have is refused by name."""
        actor = dice.choice(ways.actors(self.case, name))
        may, offered = model_moves.may_come(self.case, name), model_moves.allowed(self.case, name, actor)
        try:
            found = ways.ACTS[name](World(self.case, self.known, self.now, actor, dice))
        except Refused as refused:
            counted["refused"] += 1
            assert may or refused.reason in ("MOVE_NOT_ALLOWED", SAY_MORE.get(name)), (name, refused.reason)
            assert not (may and refused.reason == "MOVE_NOT_ALLOWED"), name
            assert not (offered and refused.reason in UNTRUE), (name, refused.reason, "was offered")
            return
        assert may, f"{name} is not in the table for {pb.CaseStatus.Name(self.case.status)}"
        if found is not None:
            self.write(found if isinstance(found, list) else [found], actor.by, name)

    def rounds(self) -> None:
        """The rounds of the timer: everything due by now happens, each end once."""
        for _ in range(60):
            due, what = self.case.due, self.case.due_of
            found = model_timers.fire(self.case, self.now)
            if found is None:
                break
            self.write(found, "system:case", f"timer/{what}")
            assert (self.case.due, self.case.due_of) != (due, what), f"{what} is due for ever"
        assert self.case.due is None or self.case.due > self.now

    def write(self, found: list[Any], by: str, name: str) -> None:
        """One atomic write as the records make it, and all that must hold after it."""
        before, self.now = self.case, self.now + timedelta(seconds=1)
        cause = Cause(f"{by}/{name}/{len(self.journal)}", by, "digest", "")
        head = self.journal[-1]["digest"] if self.journal else ""
        self.case, entries = RECORDS._apply(before, found, cause, len(self.journal), head)
        self.journal += entries
        made[name] += 1
        self.replays(entries, head)
        if before is not None:
            self.follows_the_table(before, name)
            case_holds.keeps_its_clocks(before, self.case, found, self.ended)
        case_holds.holds(self.case, Counter(entry["type"] for entry in self.journal))
        case_holds.people(self.case, self.journal)

    # -- what must hold ------------------------------------------------------------------------------------------------

    def replays(self, entries: list[dict[str, Any]], head: str) -> None:
        for entry in entries:
            entry = bson.decode(bson.encode(entry), OPTIONS)
            assert entry["digest"] == chain(head, entry)
            head, event = entry["digest"], RECORDS.event(entry)
            self.replayed = EVOLVE[type(event)](self.replayed, event, Moment(entry["at"], entry["by"]))
        assert self.replayed == self.case

    def follows_the_table(self, before: Case, name: str) -> None:
        """A status changes as the table says, which the diagram is drawn from, and in no other way."""
        source, target = before.status, self.case.status
        name = BY_CLOCK.get(name, name)
        name = "DeliverResult" if name == "parcel" and source != target else name
        if name not in model_moves.MOVES:
            assert source == target, f"{name} moves nothing"
            return
        assert (source, target) in model_moves.leads(name) or source == target in model_moves.MOVES[name].targets, (
            name, pb.CaseStatus.Name(source), pb.CaseStatus.Name(target),  # type: ignore[arg-type]
        )  # fmt: skip
        if source != target:
            led.add((name, source, target))


@pytest.mark.usefixtures("another_calendar")
def test_whatever_is_done_to_a_case_by_whomever_all_that_must_hold_holds() -> None:
    quietly = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(Walk, settings=quietly)
    drawn = {(name, *pair) for name in model_moves.MOVES for pair in model_moves.leads(name)}
    unseen = [(name, pb.CaseStatus.Name(source), pb.CaseStatus.Name(target)) for name, source, target in drawn - led]
    print(f"\n  {counted['runs']} runs, {made.total()} steps, {counted['refused']} refused; not seen: {sorted(unseen)}")
    assert counted["runs"] >= RUNS and made.total() >= 5 * RUNS
    assert {*model_moves.MOVES, *BY_CLOCK} - made.keys() == set(BY_CLOCK.values()), "every move is made"
    assert len(unseen) <= len(drawn) // 10, "the diagram is drawn from what happens"
