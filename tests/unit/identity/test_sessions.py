"""Sessions and signing keys by the clock, with nothing running."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from chassis import tokens
from chassis.acts import OFFICER, PERSON, Acting, Actor, Moment
from chassis.errors import Refused
from services.identity import keys, model_sessions
from services.identity.keys import ANNOUNCED_FOR, PUBLISHED_FOR, Kept
from services.identity.model_sessions import EVOLVE, LIFETIME, Session
from yiwang.identity.v1 import events_pb2 as events

START = datetime(2026, 11, 22, 1, tzinfo=UTC)


def evolve(session: Session | None, event: Message, at: datetime = START) -> Any:
    return EVOLVE[type(event)](session, event, Moment(at, "person:p1"))


def opened() -> Session:
    return evolve(None, model_sessions.start("s1", "person:p1", ["pwd"]))


def refreshed(times: int) -> Session:
    session = opened()
    for _ in range(times):
        session = evolve(session, model_sessions.refresh(session, session.generation, START))
    return session


def reason(act: Any, *arguments: Any) -> str:
    with pytest.raises(Refused) as caught:
        act(*arguments)
    return caught.value.reason


def test_a_session_starts_with_its_principal_and_the_first_generation() -> None:
    assert opened() == Session("s1", "p1", "person", 1, START, ["pwd"], actor="person:p1")
    assert opened().principal == "person:p1"


def test_each_refresh_gives_the_next_generation() -> None:
    assert refreshed(3).generation == 4


@given(used=st.integers(1, 6), behind=st.integers(1, 6), seconds=st.floats(10.001, 3600))
def test_any_older_generation_ends_the_session_after_ten_seconds(used: int, behind: int, seconds: float) -> None:
    session, later = refreshed(used), START + timedelta(seconds=seconds)
    event = model_sessions.refresh(session, session.generation - behind, later)
    assert isinstance(event, events.SessionEnded) and event.reason == "REFRESH_REUSED"
    assert not model_sessions.succeeds(session, session.generation - behind, later)
    assert reason(model_sessions.refresh, evolve(session, event), session.generation, START) == "SESSION_ENDED"


@given(used=st.integers(1, 6), seconds=st.floats(0, 10))
def test_the_generation_before_has_its_successor_again_within_ten_seconds(used: int, seconds: float) -> None:
    session, later = refreshed(used), START + timedelta(seconds=seconds)
    assert model_sessions.refresh(session, session.generation - 1, later) is None
    assert model_sessions.succeeds(session, session.generation - 1, later)


@given(used=st.integers(2, 6), behind=st.integers(2, 6))
def test_generations_before_that_end_the_session_at_once(used: int, behind: int) -> None:
    session = refreshed(used)
    event = model_sessions.refresh(session, session.generation - behind, START)
    assert isinstance(event, events.SessionEnded) and not model_sessions.succeeds(
        session, session.generation - behind, START
    )


def test_a_session_ends_once_and_its_tokens_before_the_time_it_says() -> None:
    event = model_sessions.end(opened(), "SIGNED_OUT", START)
    assert isinstance(event, events.SessionEnded)
    last = START + timedelta(seconds=model_sessions.ACCESS_SECONDS + tokens.LEEWAY_SECONDS)
    assert datetime.fromisoformat(event.tokens_end) > last
    ended = evolve(opened(), event)
    assert (ended.reason, ended.ended_at) == ("SIGNED_OUT", START)
    assert model_sessions.end(ended, "PERSON_ERASED", START) is None


def test_nothing_outlives_twelve_hours() -> None:
    session = opened()
    assert model_sessions.access_seconds(session, START) == 900
    assert model_sessions.access_seconds(session, START + LIFETIME - timedelta(minutes=4)) == 240
    assert reason(model_sessions.access_seconds, session, START + LIFETIME) == "SESSION_ENDED"
    assert reason(model_sessions.refresh, session, 1, START + LIFETIME) == "SESSION_ENDED"


def test_a_session_that_is_refreshed_all_the_time_can_still_be_ended() -> None:
    session = refreshed(model_sessions.MOST_GENERATIONS - 1)
    assert reason(model_sessions.refresh, session, session.generation, START) == "SESSION_ENDED"
    assert model_sessions.end(session, "SIGNED_OUT", START) is not None
    assert model_sessions.MOST_GENERATIONS < 499


def acted_in(agent: str) -> Session:
    acting = events.ActingAs(agent=agent, channel="person", delegation_id="d1")
    return evolve(None, model_sessions.start("s2", "person:p1", ["pwd"], acting))


@pytest.mark.parametrize(
    ("actor", "own", "delegates"),
    [
        (Actor("p1", PERSON), True, False),
        (Actor("p2", PERSON), False, True),  # acts for p1 in it
        (Actor("p1", PERSON, acting=Acting("person:p2", "名", "person")), False, True),
        (Actor("p1", OFFICER), False, False),
        (Actor("p3", PERSON), False, False),
    ],
)
def test_everyone_sees_his_own_sessions_and_those_he_acts_in_and_no_others(
    actor: Actor, own: bool, delegates: bool
) -> None:
    condition = model_sessions.visible(actor)["state.actor"]
    assert (opened().actor == condition, acted_in("person:p2").actor == condition) == (own, delegates)


def at(*minutes: float) -> list[Kept]:
    return [Kept(START + timedelta(minutes=one), f"k{number}") for number, one in enumerate(minutes)]


def test_the_only_key_signs_at_once_and_a_new_one_after_five_minutes() -> None:
    assert keys.signing(at(0), START).kid == "k0"
    both = at(0, 100)
    assert keys.signing(both, START + timedelta(minutes=104)).kid == "k0"
    assert keys.signing(both, START + timedelta(minutes=105)).kid == "k1"


def test_two_processes_that_both_make_the_first_key_sign_with_the_same() -> None:
    both = at(0, 0.01)
    assert keys.signing(both, START + timedelta(minutes=1)) == keys.signing(both[::-1], START + timedelta(minutes=1))


def test_an_old_key_is_published_two_days_longer_than_it_signs() -> None:
    both, stops = at(0, 100), START + timedelta(minutes=100) + ANNOUNCED_FOR
    assert [key.kid for key in keys.published(both, stops + PUBLISHED_FOR - timedelta(seconds=1))] == ["k0", "k1"]
    assert [key.kid for key in keys.published(both, stops + PUBLISHED_FOR)] == ["k1"]


@given(st.lists(st.integers(0, 10_000), min_size=1, unique=True), st.integers(0, 20_000))
def test_what_signs_is_always_published(minutes: list[int], later: int) -> None:
    kept, instant = at(*minutes), START + timedelta(minutes=min(minutes) + later)
    assert keys.signing(kept, instant) in keys.published(kept, instant)


@pytest.mark.parametrize(
    ("methods", "changes", "minutes", "may"),
    [
        (["passkey"], {}, 9, True),
        (["upstream"], {}, 0, True),
        (["passkey"], {}, 10, False),
        (["pwd", "otp"], {}, 0, False),
        (["passkey"], {"client_id": "c-1"}, 0, False),
        (["passkey"], {"reason": "SIGNED_OUT"}, 0, False),
    ],
)
def test_a_password_is_set_without_the_old_one_in_a_young_session_of_ones_own_by_other_means(
    methods: list[str], changes: dict[str, str], minutes: int, may: bool
) -> None:
    instant = datetime(2026, 3, 5, 6, 7, tzinfo=UTC)
    session = Session("s-1", "p-1", "person", 1, instant, methods, **changes)  # type: ignore[arg-type]
    assert model_sessions.sets_password(session, instant + timedelta(minutes=minutes)) is may


@pytest.mark.parametrize(("minutes", "may"), [(0, True), (29, True), (30, False), (600, False)])
def test_a_new_factor_needs_a_sign_in_of_the_last_half_hour(minutes: int, may: bool) -> None:
    session = opened()
    instant = session.started_at + timedelta(minutes=minutes)
    if may:
        model_sessions.require_fresh(session, instant)
    else:
        with pytest.raises(Refused, match="SIGN_IN_AGAIN"):
            model_sessions.require_fresh(session, instant)
