"""The way of a notice, whatever its providers say: one sending at a time, no second provider while the first may have it, an end."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.acts import Moment
from services.message import model, model_raising, model_rules, model_sending
from services.message.model import Notice, open_sending
from services.message.model_raising import Matter, Wording
from services.message.model_rules import NOTHING_STATED, Rules, Wanted
from services.message.model_templates import TEMPLATES
from services.message.model_texts import CENTRE, EMAIL, LETTER, PUSH, SMS
from yiwang.message.v1 import service_pb2 as pb

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)  # ten in the morning in China
DAY = Rules("990121")
KNOWN = {SMS: ("one", "two"), EMAIL: ("post",), LETTER: ("print",)}
FIELDS = {
    "item": "食品经营许可",
    "number": "N1",
    "department": "某局",
    "due": "2026年12月3日",
    "time": "",
    "outcome": "准予",
}


def notice(
    code: str = "case.correction", at: datetime = NOW, wanted: Wanted = NOTHING_STATED, rules: Rules = DAY
) -> Notice:
    """A notice that was just raised."""
    matter = Matter("case", "c", number="N1", department="D", region="990121", fields=FIELDS)
    raised = model_raising.raised(
        str(uuid.uuid4()), TEMPLATES[code], Wording(1, ""), matter, "person:p", "c.2", rules, wanted, at
    )
    return model.EVOLVE[type(raised)](None, raised, Moment(at, "system:message"))  # type: ignore[no-any-return]


def apply(one: Notice, decided: Any, at: datetime) -> Notice:
    """The notice after what was decided."""
    for event in decided if isinstance(decided, list) else [decided] if decided is not None else []:
        one = model.EVOLVE[type(event)](one, event, Moment(at, "system:message"))
    return one


REACTIONS = ("accepted", "silent", "refused", "bad", "failed", "delivered", "unreached", "late")


def react(one: Notice, what: str, at: datetime) -> Any:
    """What a provider says of the open sending."""
    sending = open_sending(one)
    assert sending is not None
    outcomes = {
        "refused": model_sending.REFUSED,
        "bad": model_sending.BAD_ADDRESS,
        "failed": model_sending.UNDELIVERED,
        "unreached": model_sending.UNREACHED,
    }
    if what in outcomes:
        return model_sending.ended(one, sending.number, outcomes[what], "X", at)
    if what == "delivered":
        return model_sending.delivered(one, sending.number, at, "R", "d", at)
    if what == "late":
        return model_sending.delivered(one, 1, at, "R", "d", at)
    return model_sending.unknown(one, sending.number, at, taken=what == "accepted")


@settings(max_examples=300, deadline=None)
@given(
    reactions=st.lists(st.sampled_from(REACTIONS), min_size=0, max_size=120),
    away=st.sets(st.sampled_from(["one", "two"])),
)
def test_a_notice_comes_to_an_end_and_is_never_with_two_providers(reactions: list[str], away: set[str]) -> None:
    one, at, said = notice(), NOW, iter(reactions)
    for _ in range(600):
        if one.status != model.WAITING or one.due is None:
            break
        at = max(at, one.due) + timedelta(milliseconds=1)
        step = model_sending.step(one, at, DAY, KNOWN, lambda name: name not in away)
        if step.do == model_sending.SEND:
            assert open_sending(one) is None, "nobody else has it"
            one = apply(one, model_sending.begin(one, step.provider, at), at)
            one = apply(one, react(one, next(said, "accepted"), at), at)
        elif step.do == model_sending.ASK:
            assert step.provider == open_sending(one).provider  # type: ignore[union-attr]
            one = apply(one, react(one, next(said, "silent"), at), at)
        elif step.do == model_sending.REST:
            away.clear()
        elif step.do == model_sending.PUT_OFF:
            one = apply(one, model_sending.put_off(one, step.reason, step.until or at), at)
        elif step.do == model_sending.GIVE_UP:
            assert at >= one.raised_at + model_sending.TO_READ
            one = apply(one, model_sending.give_up(one), at)
        else:
            assert step.do == model_sending.SKIP
            one = apply(one, model_sending.skipped(one, step.reason, DAY, at), at)
    assert one.status in (model.TOLD, model.FAILED)
    assert sum(sending.ended_at is None for sending in one.sendings) <= 1
    assert (one.status == model.TOLD) == (one.told_at is not None)
    by_channel = [sending.channel for sending in one.sendings]
    assert by_channel == sorted(by_channel, key=one.channels.index), "one channel after the other"


def test_what_is_read_is_told_once_though_it_arrives_later() -> None:
    one = apply(notice(), model_sending.begin(notice(), "one", NOW), NOW)
    one = apply(one, model_sending.read(one, "person:p", "d", NOW), NOW)
    assert (one.status, one.told_by, one.due) == (model.TOLD, CENTRE, None)
    later = NOW + timedelta(minutes=1)
    one = apply(one, model_sending.delivered(one, 1, later, "R", "d", later), later)
    assert (one.told_by, one.sendings[0].delivered) == (CENTRE, True)
    assert model_sending.read(one, "person:p", "d", later) is None
    assert model_sending.delivered(one, 1, later, "R", "d", later) is None


def test_a_provider_cannot_deliver_before_it_was_given_nor_in_the_future() -> None:
    first = notice()
    one = apply(first, model_sending.begin(first, "one", NOW), NOW)
    for said, kept in ((NOW - timedelta(days=1), NOW), (NOW + timedelta(days=1), NOW + timedelta(minutes=1))):
        told = apply(one, model_sending.delivered(one, 1, said, "R", "d", NOW + timedelta(minutes=1)), NOW)
        assert told.told_at == kept


@pytest.mark.parametrize(
    ("hour", "channel", "urgent", "wait"),
    [
        (10, SMS, False, 0),
        (22, SMS, False, 10),
        (3, PUSH, False, 5),
        (22, SMS, True, 0),
        (22, EMAIL, False, 0),
        (22, LETTER, False, 0),
        (21, SMS, False, 11),
        (8, SMS, False, 0),
    ],
)
def test_the_night_is_quiet_for_what_is_loud(hour: int, channel: int, urgent: bool, wait: int) -> None:
    at = datetime(2026, 11, 23, (hour - 8) % 24, tzinfo=UTC) - (timedelta(days=1) if hour < 8 else timedelta())
    assert model_rules.awake(DAY, channel, urgent, at) - at == timedelta(hours=wait)


def test_a_day_without_a_night_has_none() -> None:
    always = Rules("990121", quiet_from=0, quiet_until=0)
    assert model_rules.awake(always, SMS, False, NOW.replace(hour=18)) == NOW.replace(hour=18)


def test_what_may_wait_goes_out_with_the_digest_and_what_must_be_done_does_not() -> None:
    daily = Wanted("person:p", [], [], True)
    digest_at = datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert notice("rating.invited").due == digest_at and notice("rating.invited").digest
    assert notice("case.dispatched", wanted=daily).due == digest_at
    assert notice("case.correction", wanted=daily).due == NOW and not notice("case.correction", wanted=daily).digest


def test_opting_out_leaves_the_law_and_the_message_centre() -> None:
    off = Wanted("person:p", [pb.NOTICE_KIND_PROGRESS], [SMS, EMAIL], False)
    assert notice("case.dispatched", wanted=off).status == model.KEPT
    assert notice("case.correction", wanted=off).channels == [SMS, EMAIL, LETTER]


def test_officers_are_told_in_the_message_centre_alone() -> None:
    matter = Matter("case", "c", fields=FIELDS)
    raised = model_raising.raised(
        "n", TEMPLATES["work.corrected"], Wording(1, ""), matter, "desk:D:review", "c.3", DAY, NOTHING_STATED, NOW
    )
    assert not raised.channels and not raised.send_at
