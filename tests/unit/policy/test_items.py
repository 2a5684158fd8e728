"""Payout items as pure functions: what may be claimed when, who sees what, what a definition may read."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import Actor, Moment
from chassis.errors import Refused
from services.policy import model_facts, model_items, model_items_faults
from services.policy.model_items import PayoutItem
from services.policy.model_items_evolve import EVOLVE
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, officer, person, supervisor
from tests.support.policy_items import CITY, ELSEWHERE, another, definition
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2 as pb

AT = datetime(2026, 11, 20, 4, tzinfo=UTC)
DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))
BOUNDS = st.one_of(st.just(""), DAYS.map(date.isoformat))


def item(**told: object) -> PayoutItem:
    saved = events.PayoutItemSaved(
        item_id="i", number="n", department=DEPARTMENT, definition=definition(another(), **told)
    )
    found: PayoutItem = EVOLVE[events.PayoutItemSaved](None, saved, Moment(AT, "officer:anna"))
    return found


def opened(**told: object) -> PayoutItem:
    one = item(**told)
    event = model_items.open_next(one, "officer:bert", 0, True, [])
    found: PayoutItem = EVOLVE[events.PayoutItemOpened](one, event, Moment(AT, "officer:bert"))
    return found


@given(BOUNDS, BOUNDS, DAYS, st.sampled_from(pb.PayoutItemStatus.values()))
def test_an_item_is_claimable_on_its_days_while_it_is_open_and_at_no_other_time(
    opens: str, closes: str, day: date, status: int
) -> None:
    told = definition(another(), opens_on=opens, closes_on=closes)
    within = (not opens or date.fromisoformat(opens) <= day) and (not closes or day <= date.fromisoformat(closes))
    try:
        model_items.require_claimable(status, told, day)
    except Refused:
        assert status != model_items.OPEN or not within
    else:
        assert status == model_items.OPEN and within


@pytest.mark.parametrize(
    ("reader", "works", "writes"),
    [
        (Actor(), False, False),
        (person(), False, False),
        (officer("policy"), True, True),
        (officer("payout"), True, False),
        (officer("review"), False, False),
        (officer("policy", department=OTHER_DEPARTMENT), False, False),
        (officer("payout", department=OTHER_DEPARTMENT), False, False),
        (officer("finance", department=OTHER_DEPARTMENT), True, False),
        (supervisor(), True, False),
        (supervisor(region=CITY), True, False),
        (supervisor(region=ELSEWHERE), False, False),
        (replace(officer("policy"), region=ELSEWHERE), True, True),
        (replace(officer("finance"), region="990121101"), False, False),
        (replace(officer("policy"), region=""), True, True),
    ],
)
def test_what_is_written_is_seen_by_its_officers_and_written_by_its_departments(
    reader: Actor, works: bool, writes: bool
) -> None:
    draft = item()
    assert (model_items.works(reader, draft), model_items.writes(reader, draft)) == (works, writes)
    assert model_items.sees(reader, draft) == works and model_items.sees(reader, opened())


@pytest.mark.parametrize("told", [{}, {"rule": None}, {"amount": None}])
def test_money_is_claimed_through_an_open_item_with_rule_and_formula_alone(told: dict[str, None]) -> None:
    one = opened(**told)
    moment = Moment(AT, "officer:bert")
    through = one.policy_id if not told else ""
    assert one.payable_policy == through
    paused = EVOLVE[events.PayoutItemPaused](one, model_items.pause(one, "停"), moment)
    assert paused.payable_policy == "" and paused.status_reason == "停"
    resumed = EVOLVE[events.PayoutItemResumed](paused, model_items.resume(paused, True), moment)
    assert resumed.payable_policy == through and not resumed.status_reason
    closed = EVOLVE[events.PayoutItemClosed](resumed, model_items.close(resumed, "关"), moment)
    assert closed.payable_policy == "" and closed.definition == one.definition


def test_the_public_knows_an_edition_as_it_was_opened_whatever_is_being_written() -> None:
    one = opened(title="原来的标题", region=REGION)
    later = Moment(AT + timedelta(days=1), "officer:carl")
    told = events.PayoutItemSaved(
        item_id="i", department=DEPARTMENT, definition=definition(one.policy_id, title="新标题", region="990121101")
    )
    written = EVOLVE[events.PayoutItemSaved](one, told, later)
    public = ("definition", "title", "region", "county", "policy_id", "mode", "opened_at", "payable", "edition")
    assert all(getattr(written, name) == getattr(one, name) for name in public)
    assert written.writing.waiting and written.changed_at == later.at


def test_rules_read_facts_the_days_of_dates_and_what_the_platform_tells() -> None:
    readable = model_items_faults.readable(model_facts.KINDS)
    assert {"region", "registered_on", "registered_on_days", "dishonest", "today"} <= readable
    assert {"claimed_this_period", "group_claims", "group_fen"} <= readable
    assert not readable & {"region_days", "best_fen", "once"}
