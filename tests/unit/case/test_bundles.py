"""A parent (一件事) over any graph of branches, whatever becomes of them and in whatever order it is told."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.acts import Moment
from chassis.errors import Refused
from services.case import model, model_bundles, model_bundles_course
from services.case.model_bundles import Bundle, Seen
from services.case.model_bundles_evolve import EVOLVE
from standards import themes_graph
from tests.support.actors import officer, person
from tests.support.cases import case_in
from yiwang.case.v1 import bundles_pb2 as pb
from yiwang.case.v1 import events_pb2 as events
from yiwang.catalog.v1 import themes_pb2

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
CONTINUE, IGNORE, STOP = (
    themes_pb2.FAILURE_POLICY_CONTINUE,
    themes_pb2.FAILURE_POLICY_IGNORE,
    themes_pb2.FAILURE_POLICY_STOP,
)
OPEN_KINDS = {pb.BRANCH_STATUS_OPEN, pb.BRANCH_STATUS_WELL, pb.BRANCH_STATUS_FAILED}
WAITING_KINDS = {pb.BRANCH_STATUS_WAITING, pb.BRANCH_STATUS_BLOCKED}


def branch(key: str, *after: str, **more: Any) -> events.BundleItem:
    told: dict[str, Any] = {
        "key": key,
        "item_id": f"item-{key}",
        "edition": 1,
        "after": after,
        "applies": True,
        "department": "d",
    }
    return events.BundleItem(**(told | more))


def begin(*items: events.BundleItem) -> Bundle:
    submitted = events.BundleSubmitted(bundle_id="b", applicant_id="p", department="lead", items=items)
    bundle: Bundle = EVOLVE[events.BundleSubmitted](None, submitted, Moment(NOW, "person:p"))
    return bundle


def seen(key: str, version: int = 1, ended: bool = False, well: bool = False, over: bool = False) -> Seen:
    return Seen(key, f"case-{key}", f"number-{key}", 1, version, ended, well, over)


def settled(bundle: Bundle, *found: Seen, **faults: str) -> Bundle:
    for event in model_bundles_course.settle(bundle, found, faults, NOW) or []:
        bundle = EVOLVE[type(event)](bundle, event, Moment(NOW, "system:case"))
    return bundle


def course(bundle: Bundle) -> dict[str, int]:
    return {one.key: model_bundles.status_of(one) for one in bundle.branches}


@st.composite
def graphs(draw: st.DrawFn) -> list[events.BundleItem]:
    """Up to seven branches, each after some of those before it, some of them outside or not part of it, with any policy."""
    count, items = draw(st.integers(1, 7)), list[events.BundleItem]()
    for number in range(count):
        after = draw(st.lists(st.sampled_from([one.key for one in items]), unique=True, max_size=3)) if items else []
        policy = draw(st.sampled_from([0, CONTINUE, IGNORE, STOP]))
        applies = draw(st.booleans()) or number == 0
        item_id = f"item-{number}" if draw(st.integers(0, 5)) or number == 0 else ""
        stage = draw(st.sampled_from(["", "一", "二"]))
        items.append(branch(f"k{number}", *after, on_failure=policy, applies=applies, item_id=item_id, stage=stage))
    return items


class World:
    """The cases as they stand, and every way they ever stood."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.cases: dict[str, Seen] = {}
        self.snapshots: list[dict[str, Seen]] = [{}]

    def open(self) -> None:
        for key in model_bundles.ready(self.bundle):
            self.cases.setdefault(key, seen(key))
        self.tell(self.cases)

    def tell(self, cases: dict[str, Seen]) -> None:
        self.snapshots.append(dict(cases))
        self.bundle = settled(self.bundle, *cases.values())
        again = settled(self.bundle, *cases.values())
        assert again == self.bundle, "told twice is told once"

    def move(self, key: str, well: bool, over: bool) -> None:
        case = self.cases[key]
        ended = replace(case, version=case.version + 1, ended=True, well=case.well if case.ended else well)
        self.cases[key] = replace(ended, over=case.over or over or not ended.well)


def check(bundle: Bundle) -> None:
    """Every branch that takes part is open or ended, waits, or is given up; and the whole is what its branches make it."""
    waiting = set(model_bundles.ready(bundle))
    before = themes_graph.preceding({one.key: one.after for one in bundle.branches})
    taking_part = {one.key: one for one in model_bundles.parts(bundle)}
    for one in taking_part.values():
        kind = model_bundles.status_of(one)
        kinds = [kind in OPEN_KINDS, kind in WAITING_KINDS, kind == pb.BRANCH_STATUS_GIVEN_UP]
        assert kinds.count(True) == 1
        if kind in WAITING_KINDS and bundle.status == model_bundles.RUNNING and not bundle.withdrawn:
            assert one.key in waiting or model_bundles.waits_for(bundle, one), "what waits knows for what"
        if one.case_id and not bundle.withdrawn:
            for other in before[one.key] & taking_part.keys():
                assert taking_part[other].ended or taking_part[other].given_up, "nothing begins before its turn"
    over = all(model_bundles.is_over(one) for one in taking_part.values())
    assert over == (bundle.status != model_bundles.RUNNING)
    if over and not bundle.withdrawn:
        every = all(one.well or (one.ended and one.on_failure == IGNORE) for one in taking_part.values())
        some = any(one.well for one in taking_part.values())
        wanted = model_bundles.DONE if every and some else model_bundles.PARTLY_DONE if some else model_bundles.FAILED
        assert bundle.status == wanted
    for stage in {one.stage for one in taking_part.values() if not bundle.withdrawn} - {""}:
        members = [one for one in taking_part.values() if one.stage == stage]
        complete = all(one.well or (one.ended and one.on_failure == IGNORE) for one in members)
        assert complete == (stage in bundle.stages_closed)


@settings(max_examples=100, deadline=None)
@given(graphs(), st.data())
def test_every_branch_is_open_ended_waiting_or_given_up_whatever_happens(
    items: list[events.BundleItem], data: st.DataObject
) -> None:
    world = World(begin(*items))
    for _ in range(20):
        act = data.draw(st.sampled_from(["open", "move", "stale", "block", "withdraw"]))
        if act == "open":
            world.open()
        elif act == "move" and world.cases:
            key = data.draw(st.sampled_from(sorted(world.cases)))
            world.move(key, data.draw(st.booleans()), data.draw(st.booleans()))
            if data.draw(st.booleans()):
                world.tell(world.cases)
        elif act == "stale":
            world.bundle = settled(world.bundle, *data.draw(st.sampled_from(world.snapshots)).values())
        elif act == "block":
            faults = dict.fromkeys(model_bundles.ready(world.bundle), "ITEM_SUSPENDED")
            world.bundle = settled(world.bundle, **faults)
        elif act == "withdraw" and data.draw(st.integers(0, 9)) == 0:
            _withdraw(world)
        check(world.bundle)
    _finish(world)
    assert world.bundle.status != model_bundles.RUNNING
    assert not world.bundle.pending


def _withdraw(world: World) -> None:
    if model_bundles_course.may_withdraw(world.bundle):
        for event in model_bundles_course.withdraw(world.bundle, "", "", NOW):
            world.bundle = EVOLVE[type(event)](world.bundle, event, Moment(NOW, "person:p"))


def _finish(world: World) -> None:
    """Everything that can begin begins, and everything that has begun ends."""
    for _ in range(8):
        world.open()
        for key in world.cases:
            world.move(key, True, True)
        world.tell(world.cases)
        check(world.bundle)


@settings(max_examples=60, deadline=None)
@given(graphs(), st.data())
def test_the_outcome_does_not_hang_on_the_order_in_which_it_is_told(
    items: list[events.BundleItem], data: st.DataObject
) -> None:
    roots = model_bundles.ready(begin(*items))
    ends = {key: data.draw(st.booleans()) for key in roots}
    steps = [seen(key, 1) for key in roots] + [seen(key, 2, True, well, True) for key, well in ends.items()]
    orders = [steps, steps[::-1], data.draw(st.permutations(steps * 2))]
    found = []
    for order in orders:
        bundle = begin(*items)
        for one in order:
            bundle = settled(bundle, one)
        found.append((course(bundle), bundle.status, sorted(bundle.stages_closed)))
    assert found[0] == found[1] == found[2]


def test_an_older_version_of_a_case_counts_for_nothing() -> None:
    bundle = settled(begin(branch("a")), seen("a", 5, True, True))
    assert settled(bundle, seen("a", 3)) == bundle
    assert settled(bundle, seen("a", 3, True, False, True)) == bundle


def test_a_reason_that_flutters_is_written_a_few_times_only() -> None:
    bundle, written = begin(branch("a")), 0
    for number in range(50):
        faults = {"a": "ITEM_SUSPENDED" if number % 2 else "ITEM_WITHDRAWN"}
        written += len(model_bundles_course.settle(bundle, [], faults, NOW) or [])
        bundle = settled(bundle, **faults)
    assert written == model_bundles_course.MOST_FAULTS
    assert bundle.pending, "it is tried again all the same"


def test_a_branch_that_takes_no_part_keeps_nothing_waiting() -> None:
    bundle = begin(branch("a"), branch("b", "a", applies=False), branch("c", "b"), branch("bank", "a", item_id=""))
    assert model_bundles.ready(bundle) == ["a"]
    assert model_bundles.waits_for(bundle, bundle.branches[2]) == ["a"]
    bundle = settled(bundle, seen("a", 2, True, True, True))
    assert model_bundles.ready(bundle) == ["c"]
    bundle = settled(bundle, seen("c", 2, True, True, True))
    assert bundle.status == model_bundles.DONE


def test_a_child_that_is_granted_and_not_closed_keeps_the_whole_open_but_nothing_waiting() -> None:
    bundle = settled(begin(branch("a"), branch("b", "a")), seen("a", 4, True, True, over=False))
    assert model_bundles.ready(bundle) == ["b"]
    bundle = settled(bundle, seen("b", 9, True, True, True))
    assert bundle.status == model_bundles.RUNNING
    assert settled(bundle, seen("a", 5, True, True, True)).status == model_bundles.DONE


@pytest.mark.parametrize(
    ("status", "ended", "over"),
    [(status, status in model.ENDED, status in model.ENDED) for status in (*model.UNACCEPTED, *model.UNDECIDED)]
    + [(status, True, True) for status in (model.REFUSED, model.NOT_ACCEPTED, model.WITHDRAWN, model.TRANSFERRED)],
)
def test_a_case_that_was_not_granted_is_no_good_end(status: int, ended: bool, over: bool) -> None:
    told = model_bundles.seen(case_in(status), 3)
    assert (told.ended, told.well, told.over) == (ended, False, over)


def test_a_grant_stays_a_good_end_whatever_becomes_of_it() -> None:
    for status in (model.GRANTED, model.ISSUED, model.DELIVERED, model.CLOSED, model.REVOKED):
        told = model_bundles.seen(case_in(status, decided_at=NOW, deliver_due=NOW), 3)
        assert (told.ended, told.well) == (True, True)
    told = model_bundles.seen(case_in(model.DENIED, decided_at=NOW), 3)
    assert (told.ended, told.well, told.over) == (True, False, False)


def test_only_the_lead_and_the_applicant_end_a_branch_that_has_not_begun() -> None:
    bundle = begin(branch("a"), branch("b", "a"))
    for actor in (person("p"), officer("decide", department="lead")):
        (event, *_) = model_bundles_course.give_up(bundle, "b", actor, "", "", NOW)
        assert isinstance(event, events.BundleChildGivenUp)
    with pytest.raises(Refused) as refusal:
        model_bundles_course.give_up(bundle, "b", officer("decide", department="d"), "", "", NOW)
    assert refusal.value.reason == "NOT_THE_LEAD"
