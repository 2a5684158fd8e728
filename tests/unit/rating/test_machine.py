"""Every way a rating can go: given or not, once more, flagged, and its loop moved by anybody at all while the clock runs on."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from pytest import MonkeyPatch, raises

from chassis import records
from chassis.acts import Cause
from chassis.errors import Refused
from chassis.records import broken_at, record_id
from services.rating import inviting, model, model_giving, model_moves, model_timers
from services.rating.model import Rating
from services.rating.model_moves import MOVES
from services.rating.model_rules import DEFAULTS, Rules
from tests.support import rating_holds, rating_memory
from tests.support.rating_service import closed
from tests.support.rating_ways import ACTORS, WAYS, WORKED, World, attempt
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb

RUNS, STEPS, STRETCH = 260, 6, 12
SEEDS = st.integers(0, 2**24 - 1)
FIRST = datetime(2026, 9, 1, 1, tzinfo=UTC)
ID = record_id("rating/case-1")
# How far time moves at once: within a day, over a weekend, over the holiday of October, past every limit.
LEAPS = tuple(timedelta(hours=hours) for hours in (0.1, 0.1, 1, 1, 5, 12, 24, 48, 120, 240, 800))
CHANCES = (60, 18, 5, 7, 10)
# Ends, so seldom that loops get far.
SELDOM = {"CloseRating": 1, "PublishRating": 4}
BY_CLOCK = {"StepOverdue", "LoopClosed"}
SYSTEM = "system:rating"
counted: Counter[str] = Counter()
made: Counter[str] = Counter()
edges: set[tuple[str, int]] = set()
led: set[tuple[str, int, int]] = set()
Decide = Callable[[Rating], Any]


class Walk(RuleBasedStateMachine):
    """One rating from when somebody was served on; every write is checked as it is made."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = rating_memory.Memory()
        self.ratings = rating_memory.ratings(self.memory)
        self.now = FIRST
        self._clock = MonkeyPatch()
        self._clock.setattr(records, "now", lambda: self.now)
        # What was written: by which cause, and what decided it.
        self.causes: list[tuple[Cause, Decide]] = []
        counted["runs"] += 1

    def teardown(self) -> None:
        self._clock.undo()

    # -- what happens --------------------------------------------------------------------------------------------------

    @initialize(seed=SEEDS)
    def served(self, seed: int) -> None:
        """A case is closed and its applicant asked, or somebody rates who was not; then the first things happen."""
        self.first, dice = seed, random.Random(seed)
        self.now = FIRST + timedelta(minutes=dice.randrange(300 * 24 * 60))
        self.rules = Rules("990121", {name: dice.randrange(1, 9) for name in DEFAULTS}) if dice.random() < 0.3 else None
        served, person = inviting.served_of(closed("ann", "case-1", "item-1", officer_ids=[WORKED]), self.now)
        asked, at = dice.random() < 0.85, self.now
        if asked:
            self.begin = lambda: model_giving.open_invitation(ID, served, person, self.rules, at)
        else:
            given = events.GivenRating(grade=dice.choice(pb.Grade.values()[1:]), channel=pb.RATING_CHANNEL_TABLET)
            self.begin = lambda: model_giving.begin(ID, served, "", given, self.rules, at)
        self.cause = Cause("case-1.6/invite", "system:rating")
        self.ratings.create(self.cause, lambda _: self.begin(), ID)
        self.known = {name: getattr(self.rating, name) for name in rating_holds.FIXED}
        self.checked(None, "")
        if asked and dice.random() < 0.85:
            self.try_it("GiveRating", "rater", dice)
        self.stretch(dice)

    @rule(seed=SEEDS)
    def a_stretch(self, seed: int) -> None:
        """Some of what follows, one after the other: many steps for one choice of hypothesis, so that loops get far."""
        self.stretch(self.dice(seed))

    @rule(seed=SEEDS, name=st.sampled_from(sorted(WAYS)), who=st.sampled_from(sorted(ACTORS)))
    def attempted(self, seed: int, name: str, who: str) -> None:
        """Anything, by anybody."""
        self.try_it(name, who, self.dice(seed))

    def stretch(self, dice: random.Random) -> None:
        if not self.moves():
            dice.choice((self.move, self.day))(dice)
            return
        for _ in range(STRETCH):
            dice.choices((self.move, self.day, self.once_more, self.flag, self.meddle), CHANCES)[0](dice)

    def moves(self) -> bool:
        """Whether there is much to be done."""
        loop = self.rating.loop
        return loop is not None and loop.status != model_moves.CLOSED

    def dice(self, seed: int) -> random.Random:
        """Dice of this place of this walk: the same choice of hypothesis elsewhere is another throw."""
        return random.Random(f"{self.first}/{seed}/{len(self.journal)}")

    def move(self, dice: random.Random) -> None:
        """What somebody may do now is done by him, if there is anything."""
        rating = self.rating
        offers = [(name, who) for who, actor in ACTORS.items() for name in model_moves.open_moves(rating, actor)]
        names = sorted({name for name, _ in offers})
        if not names:
            self.try_it(dice.choice(("GiveRating", "RateAgain", "RateAgain")), "rater", dice)
            return
        name = dice.choices(names, [SELDOM.get(one, 10) for one in names])[0]
        self.try_it(name, dice.choice([who for one, who in offers if one == name]), dice)

    def meddle(self, dice: random.Random) -> None:
        """Somebody tries something."""
        self.try_it(dice.choice(sorted(WAYS)), dice.choice(sorted(ACTORS)), dice)

    def day(self, dice: random.Random) -> None:
        """Hours or days go by, or all the time there is; the timer makes its round, and once more, unless the worker is away."""
        rating = self.rating
        rest = rating.due - self.now if rating.due else LEAPS[0]
        to_the_end = rating.status == model.OPEN or dice.random() < 0.4
        self.now += max(rest, LEAPS[0]) if to_the_end else dice.choice(LEAPS)
        if dice.random() < 0.85:
            for _ in range(2):
                self.round()
            assert self.rating.due is None or self.rating.due > self.now

    def round(self) -> None:
        """As chassis.timers does it."""
        rating = self.rating
        if rating.due is None or rating.due > self.now:
            assert model_timers.fire(rating, self.now) is None, "nothing is due before its time"
            return
        event = model_timers.fire(rating, self.now)
        cause = Cause(f"timer/{rating.due_of}/{rating.due.isoformat()}", SYSTEM)
        self.write(cause, lambda one: model_timers.fire(one, self.now), type(event).__name__)
        assert (self.rating.due, self.rating.due_of) != (rating.due, rating.due_of), "it is due for ever"

    def flag(self, dice: random.Random) -> None:
        """The worker finds something about what was given."""
        kind = dice.choice((pb.FLAG_KIND_BURST, pb.FLAG_KIND_COPIED))

        def decide(rating: Rating) -> Any:
            known = any(one.kind == kind for one in rating.flags)
            raised = events.RatingFlagged(rating_id=ID, flags=[events.Raised(kind=kind, reason="同一设备")])
            return None if known else raised

        if self.rating.status == model.RATED:
            self.write(Cause(f"flag/{kind}", SYSTEM), decide, "RatingFlagged")
            self.try_it("LiftFlag", "supervisor", dice)

    def once_more(self, dice: random.Random) -> None:
        """What was asked before comes once more and changes nothing; under its id, something else is refused."""
        before = self.memory.find_one({"_id": ID})
        self.ratings.create(self.cause, lambda _: self.begin(), ID)
        with raises(Refused, match="REQUEST_ID_REUSED"):
            self.ratings.create(Cause("case-1.7/invite", SYSTEM), lambda _: self.begin(), ID)
        if self.causes:
            cause, decide = dice.choice(self.causes)
            self.ratings.change(ID, cause, decide)
            with raises(Refused, match="REQUEST_ID_REUSED"):
                self.ratings.change(ID, Cause(cause.key, cause.by, "another"), decide)
        assert self.memory.find_one({"_id": ID}) == before

    # -- how it is written ---------------------------------------------------------------------------------------------

    @property
    def rating(self) -> Rating:
        return self.ratings.get(ID).state

    @property
    def journal(self) -> list[dict[str, Any]]:
        return self.memory.documents[ID]["journal"]  # type: ignore[no-any-return]

    def try_it(self, name: str, who: str, dice: random.Random) -> None:
        """A request of this actor; what is refused leaves nothing behind, and what was offered is not refused."""
        actor, before = ACTORS[who], self.rating
        chance = dice.randrange(2**32)
        self.offers_hold(before, who, dice)

        def decide(rating: Rating) -> Any:
            return attempt(name, World(rating, actor, self.rules, self.now, random.Random(chance)))

        try:
            self.write(Cause(f"{actor.by}/{name}/{len(self.journal)}", actor.by), decide, name)
        except Refused as refused:
            counted["refused"] += 1
            assert self.rating == before
            blind = refused.reason in ("NOT_FOUND", "NOT_ALLOWED")
            assert blind or not model.concerned(actor, before), f"{who} is concerned and told {refused.reason}"

    def offers_hold(self, rating: Rating, who: str, dice: random.Random) -> None:
        """What he is offered is exactly what he can do."""
        actor = ACTORS[who]
        offered = set(model_moves.open_moves(rating, actor))
        for name in MOVES.keys() - BY_CLOCK:
            try:
                attempt(name, World(rating, actor, self.rules, self.now, dice))
                possible = True
            except Refused:
                possible = False
            assert possible == (name in offered), (name, who, "is offered" if name in offered else "is not offered")

    def write(self, cause: Cause, decide: Decide, name: str) -> None:
        """One atomic write as the records make it, and all that must hold after it."""
        self.now += timedelta(seconds=1)
        before, entries = self.rating, len(self.journal)
        self.ratings.change(ID, cause, decide)
        if len(self.journal) > entries:
            self.causes.append((cause, decide))
            made[name] += 1
            self.checked(before, name)

    def checked(self, before: Rating | None, name: str) -> None:
        document, rating = self.memory.documents[ID], self.rating
        assert broken_at(self.journal) is None and self.ratings.drift(document) == []
        assert {field: getattr(rating, field) for field in self.known} == self.known, "it counts where it was served"
        rating_holds.holds(rating, self.journal)
        if before is not None:
            self.follows_the_table(before, rating, name)

    def follows_the_table(self, before: Rating, rating: Rating, name: str) -> None:
        """A loop moves as the table says, which the diagram is drawn from, and in no other way."""
        source = before.loop.status if before.loop else None
        target = rating.loop.status if rating.loop else None
        if name not in MOVES:
            opened = source is None and target == model_moves.RECEIVED
            assert source == target or opened, f"{name} moves nothing"
            return
        assert source in MOVES[name].sources and target in MOVES[name].targets, (name, source, target)
        assert source is not None and target is not None
        edges.add((name, source))
        if source != target:
            led.add((name, source, target))


def test_whatever_is_done_to_a_rating_by_whomever_all_that_must_hold_holds() -> None:
    quietly = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        # Nothing is told by a smaller seed.
        phases=(Phase.generate,),
        report_multiple_bugs=False,
    )
    run_state_machine_as_test(Walk, settings=quietly)
    table = {(name, source) for name, move in MOVES.items() for source in move.sources}
    drawn = {(name, *pair) for name in MOVES for pair in model_moves.leads(name)}
    unseen = sorted((name, model_moves.STATUSES[status]) for name, status in table - edges)
    seen = f"{len(edges)} of {len(table)} pairs, {len(led)} of {len(drawn)} ways drawn"
    print(
        f"\n  {counted['runs']} runs, {made.total()} writes, {counted['refused']} refused; {seen}; not seen: {unseen}"
    )
    assert counted["runs"] >= RUNS
    assert {*MOVES, *WAYS, "RatingDefaulted", "RatingFlagged"} <= made.keys(), "everything is done"
    assert len(unseen) <= len(table) // 10, "the table is made of what happens"
    assert len(drawn - led) <= len(drawn) // 10, "the diagram is drawn from what happens"
