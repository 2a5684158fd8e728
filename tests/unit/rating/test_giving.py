"""Ratings as the model gives them: once per service node, replayable, seen by their own person alone, counted on the day the service
ended."""

from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import PERSON, REALMS, Acting, Actor, Cause
from chassis.errors import FAILED_PRECONDITION, Refused
from chassis.filters import matches
from chassis.records import Records, _converter, broken_at, record_id
from services.rating import inviting, model, model_giving, model_kinds, model_results, model_timers, results
from services.rating.model import Rating
from services.rating.model_evolve import EVOLVE
from services.rating.model_rules import Rules
from tests.support.rating_service import closed
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb

RECORDS: Records[Rating] = Records(None, Rating, EVOLVE, events)  # type: ignore[arg-type]
OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
ID = record_id("rating/case-1")
grades = st.sampled_from(sorted(model.GRADES))


def apply(rating: Rating | None, decided: Message | list[Message], entries: list[dict[str, Any]]) -> Rating:
    """The rating after these events, and their entries beside the others."""
    listed = decided if isinstance(decided, list) else [decided]
    head = entries[-1]["digest"] if entries else ""
    after, more = RECORDS._apply(rating, listed, Cause(f"c{len(entries)}", "person:ann"), len(entries), head)
    entries.extend(more)
    return after


def opened(applicant: str = "ann", at: datetime = NOON, rules: Rules | None = None) -> tuple[Rating, list[Any]]:
    served, person = inviting.served_of(closed(applicant, "case-1", "item-1"), at)
    entries: list[Any] = []
    return apply(None, model_giving.open_invitation(ID, served, person, rules, at), entries), entries


def rate(rating: Rating, grade: int, sealed: str = "", at: datetime = NOON) -> list[Message]:
    told = events.GivenRating(grade=grade, sealed_comment=sealed, channel=1)  # type: ignore[arg-type]
    return model_giving.give(rating, rating.applicant_id, told, "", None, at)


@given(grades, st.text(max_size=20))
def test_the_journal_replays_to_the_state_as_stored(grade: int, sealed: str) -> None:
    rating, entries = opened()
    rated = apply(rating, rate(rating, grade, sealed), entries)
    document = bson.decode(bson.encode({"journal": entries, "state": _converter.unstructure(rated)}), OPTIONS)
    assert broken_at(document["journal"]) is None
    assert RECORDS.drift(document) == []


@given(grades, grades)
def test_a_service_node_is_rated_once(first: int, second: int) -> None:
    rating, entries = opened()
    rated = apply(rating, rate(rating, first), entries)
    with pytest.raises(Refused) as refused:
        rate(rated, second)
    assert (refused.value.code, refused.value.reason) == (FAILED_PRECONDITION, "RATED_ALREADY")


def test_nobody_rated_in_time_is_the_default_and_never_an_active_rating() -> None:
    rating, entries = opened()
    assert rating.closes_at is not None and rating.due == rating.closes_at
    # The thirtieth day ends at midnight in China.
    assert rating.closes_at == datetime(2026, 12, 22, 15, 59, 59, tzinfo=UTC)
    assert model_timers.fire(rating, rating.closes_at - timedelta(seconds=1)) is None
    fired = model_timers.fire(rating, rating.closes_at)
    assert isinstance(fired, events.RatingDefaulted)
    defaulted = apply(rating, fired, entries)
    assert (defaulted.status, defaulted.due) == (model.DEFAULTED, None)
    with pytest.raises(Refused) as refused:
        rate(defaulted, pb.GRADE_SATISFIED)
    assert refused.value.reason == "RATING_LAPSED"
    counted = model_results.counted(defaulted.kind)
    assert counted == ("invited", "defaulted")


def test_a_county_states_its_own_days() -> None:
    rating, _ = opened(rules=Rules("990121", {"default_after_days": 7}))
    assert rating.closes_at == datetime(2026, 11, 29, 15, 59, 59, tzinfo=UTC)


def test_the_second_rating_is_given_within_ninety_days() -> None:
    rating, entries = opened()
    rated = apply(rating, rate(rating, pb.GRADE_SATISFIED), entries)
    assert rated.rated_at is not None
    last = rated.rated_at + timedelta(days=90)
    assert model_giving.rate_again(rated, pb.GRADE_SATISFIED, "", "", None, last)
    with pytest.raises(Refused) as refused:
        model_giving.rate_again(rated, pb.GRADE_SATISFIED, "", "", None, last + timedelta(milliseconds=1))
    assert refused.value.reason == "RATING_LAPSED"


@given(
    st.builds(
        Actor,
        id=st.sampled_from(["ann", "bob", ""]),
        realm=st.sampled_from([0, *REALMS]),
        acting=st.none()
        | st.builds(
            Acting, st.just("person:x"), st.just("王某"), st.sampled_from(["handler", "helper", "bank", "person"])
        ),
    ),
    st.sampled_from(["ann", "bob"]),
)
def test_the_filter_finds_exactly_what_the_predicate_sees(actor: Actor, applicant: str) -> None:
    rating, _ = opened(applicant)
    found = matches({"state": _converter.unstructure(rating)}, model.visible(actor))
    own = actor.acting is None or actor.acting.channel == "handler"
    assert found == model.sees(actor, rating) == (actor.realm == PERSON and own and actor.id == applicant)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC), "2026-11-22"),
        (datetime(2026, 11, 22, 16, 0, tzinfo=UTC), "2026-11-23"),
    ],
)
def test_the_day_is_the_day_in_china(instant: datetime, day: str) -> None:
    assert opened(at=instant)[0].day == day


@given(grades)
def test_what_a_rating_counts_as_is_read_back_as_it_was_written(grade: int) -> None:
    rating, entries = opened()
    rated = apply(rating, rate(rating, grade), entries)
    kind = model_kinds.kind_of(rated)
    assert model_kinds.parse(model_kinds.text(kind)) == kind
    assert (kind.grade, kind.named) == (grade, True)


def test_every_grade_is_counted_under_its_name() -> None:
    assert set(model.GRADES) == set(pb.Grade.values()) - {pb.GRADE_UNSPECIFIED}
    assert set(results.SCOPES) == set(pb.TotalScope.values()) - {pb.TOTAL_SCOPE_UNSPECIFIED}


def test_it_was_rated_when_it_was_given_and_goes_out_when_it_was_noted() -> None:
    rating, entries = opened()
    told = events.GivenRating(grade=5, channel=6, given_at="2026-11-01T02:00:00+00:00")  # type: ignore[arg-type]
    rated = apply(rating, model_giving.give(rating, "ann", told, "", None, NOON), entries)
    assert rated.rated_at == datetime(2026, 11, 1, 2, tzinfo=UTC) and rated.record_at == entries[-1]["at"]
    unasked = apply(None, model_giving.begin(ID, events.ServiceServed(), "", told, None, NOON), [])
    assert (unasked.rated_at, unasked.applicant_id, unasked.rater_id) == (rated.rated_at, "", ID)
    lapsed, entries = opened()
    lapsed = apply(lapsed, [model_timers.fire(lapsed, lapsed.closes_at)], entries)  # type: ignore[list-item,arg-type]
    assert lapsed.record_at == entries[-1]["at"] and lapsed.rated_at is None


def test_a_case_keeps_its_own_window_and_has_the_one_it_was_rated_at_where_it_was_at_none() -> None:
    told = events.GivenRating(grade=5, channel=4)  # type: ignore[arg-type]
    for own, expected in (("", "w-2"), ("w-1", "w-1")):
        served, _ = inviting.served_of(closed("ann", "case-1", window_id=own, officer_ids=["o-1"]), NOON)
        rating = apply(None, model_giving.open_invitation(ID, served, "ann", None, NOON), [])
        given = model_giving.give(rating, "ann", told, "", None, NOON, officers=["o-2", "o-1"], window_id="w-2")
        rated = apply(rating, given, [])
        assert (rated.window_id, rated.officers) == (expected, ["o-1", "o-2"])
