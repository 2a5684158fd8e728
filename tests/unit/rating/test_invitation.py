"""Invitations and ratings: once per case, replayable, seen by their own person alone, counted on the day they were opened."""

from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions
from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import PERSON, REALMS, Acting, Actor, Cause
from chassis.errors import FAILED_PRECONDITION, Refused
from chassis.records import Records, _converter, broken_at
from services.rating import model, store
from services.rating.model import Invitation
from yiwang.case.v1.events_pb2 import CaseClosed
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb

RECORDS: Records[Invitation] = Records(None, Invitation, model.EVOLVE, events)  # type: ignore[arg-type]
OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
grades = st.sampled_from(sorted(model.KINDS))


def closed(applicant: str = "ann", region: str = "990121101") -> CaseClosed:
    return CaseClosed(
        case_id="case-1",
        number="9901212611220000001",
        applicant_id=applicant,
        item_id="item-1",
        item_name="取水许可",
        department="D",
        department_name="水务局",
        region=region,
    )


def opened(applicant: str = "ann") -> tuple[Invitation, list[dict[str, Any]]]:
    event = model.open_invitation(store.invitation_id("case-1"), closed(applicant), NOON)
    return RECORDS._apply(None, [event], Cause("e.1/rating.open_invitation", "system:rating"), 0, "")


@given(grades, st.text(max_size=20))
def test_the_journal_replays_to_the_state_as_stored(grade: int, sealed: str) -> None:
    invitation, entries = opened()
    event = model.rate(invitation, grade, sealed, "sealed name")
    rated, more = RECORDS._apply(invitation, [event], Cause("r", "person:ann"), 1, entries[-1]["digest"])
    document = bson.decode(bson.encode({"journal": entries + more, "state": _converter.unstructure(rated)}), OPTIONS)
    assert broken_at(document["journal"]) is None
    assert RECORDS.drift(document) == []


@given(grades, grades)
def test_a_case_is_rated_once(first: int, second: int) -> None:
    invitation, entries = opened()
    event = model.rate(invitation, first, "")
    rated, _ = RECORDS._apply(invitation, [event], Cause("r", "person:ann"), 1, entries[-1]["digest"])
    with pytest.raises(Refused) as refused:
        model.rate(rated, second, "")
    assert (refused.value.code, refused.value.reason) == (FAILED_PRECONDITION, "RATED_ALREADY")


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
    invitation, _ = opened(applicant)
    ((field, wanted),) = model.visible(actor).items()
    found = getattr(invitation, field.removeprefix("state.")) == wanted
    own = actor.acting is None or actor.acting.channel == "handler"
    assert found == model.sees(actor, invitation) == (actor.realm == PERSON and own and actor.id == applicant)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC), "2026-11-22"),
        (datetime(2026, 11, 22, 16, 0, tzinfo=UTC), "2026-11-23"),
    ],
)
def test_the_day_is_the_day_in_china(instant: datetime, day: str) -> None:
    assert model.open_invitation("i", closed(), instant).day == day


def test_a_case_counts_in_its_item_its_department_and_its_county() -> None:
    event = model.open_invitation("i", closed(), NOON)
    wanted = ["item:item-1:2026-11-22", "department:D:2026-11-22", "county:990121:2026-11-22"]
    assert model.buckets(event) == wanted
    invitation, _ = opened()
    assert model.buckets(model.rate(invitation, pb.GRADE_SATISFIED, "")) == wanted


@given(st.dates(), st.dates(), st.dates())
def test_a_span_holds_the_days_from_the_first_to_the_last(first: Any, last: Any, day: Any) -> None:
    low, high = model.span(pb.TOTAL_SCOPE_COUNTY, "990121", first.isoformat(), last.isoformat())
    assert (low <= f"county:990121:{day}" <= high) == (first <= day <= last)
    low, high = model.span(pb.TOTAL_SCOPE_COUNTY, "990121", "", "")
    assert low <= f"county:990121:{day}" <= high
    assert not low <= f"county:9901211:{day}" <= high


def test_who_rated_was_asked_too() -> None:
    totals = model.totals(pb.TOTAL_SCOPE_ITEM, "i", {"invited": 3, "satisfied": 2, "very_dissatisfied": 1})
    assert (totals.invited, totals.rated, totals.satisfied, totals.very_dissatisfied) == (6, 3, 2, 1)


def test_every_grade_is_counted_under_its_name() -> None:
    assert set(model.KINDS) == set(pb.Grade.values()) - {pb.GRADE_UNSPECIFIED}
    assert set(model.SCOPES) == set(pb.TotalScope.values()) - {pb.TOTAL_SCOPE_UNSPECIFIED}
