"""Verifications and organisations as pure functions: whatever happens in whatever order, what must hold holds."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import PERSON, Actor, Moment
from chassis.errors import Refused
from services.identity import model, model_organizations, model_verifications
from services.identity.model import Person
from services.identity.model_organizations import Organization
from services.identity.model_verifications import Answer, Verification
from standards.real_names import IN_PERSON, MEDIUM, NONE, STRONG, WEAK
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import verifications_pb2 as pb

T0 = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
PERSON_FILE = Person(id="p", sealed="s", id_index="i", phone_index="h", level=NONE)
KNOWN = {"name": "慕容试", "id_number": "990101199003070018", "phone": "19900000000"}
PHONE, FACE = pb.VERIFICATION_METHOD_PHONE, pb.VERIFICATION_METHOD_FACE


def evolve(state: Verification | None, event: Message, at: datetime = T0) -> Verification:
    found: Verification = model_verifications.EVOLVE[type(event)](state, event, Moment(at, "tests"))
    return found


def requested(method: int = PHONE, at: datetime = T0) -> Verification:
    event = model_verifications.request("v", PERSON_FILE, method, "sealed", [], at)
    return evolve(None, event, at)


# -- levels --------------------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(NONE, IN_PERSON), max_size=8))
def test_a_level_rises_or_stays(levels: list[int]) -> None:
    person = PERSON_FILE
    for level in levels:
        before = person.level
        event = model.raise_level(person, level, "officer:o")
        if event is not None:
            person = model.PERSON_EVOLVE[type(event)](person, event, Moment(T0, "tests"))
        assert person.level == max(before, level)


def test_who_is_forgotten_rises_no_more() -> None:
    assert model.raise_level(replace(PERSON_FILE, erased=True), STRONG, "officer:o") is None


def test_each_method_gives_what_the_contract_says() -> None:
    given_levels = {method: rule.level for method, rule in model_verifications.METHODS.items()}
    assert given_levels == {1: WEAK, 2: MEDIUM, 3: STRONG, 4: STRONG}
    assert set(given_levels) == {number for number in pb.VerificationMethod.values() if number}


def test_the_source_is_told_what_the_method_needs_and_no_more() -> None:
    assert set(model_verifications.told(PHONE, "", KNOWN)) == {"phone"}
    assert set(model_verifications.told(FACE, "", KNOWN)) == {"name", "id_number"}
    assert set(model_verifications.told(pb.VERIFICATION_METHOD_BANK_CARD, "6222", KNOWN)) == {*KNOWN, "card_number"}


def test_a_file_without_a_phone_cannot_be_verified_by_phone() -> None:
    with pytest.raises(Refused, match="FILE_INCOMPLETE"):
        model_verifications.check_request(PERSON_FILE, PHONE, "", KNOWN | {"phone": ""})


# -- the way of a verification ---------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(["passed", "failed", "challenged", "answer", "expire"]), max_size=25))
def test_a_verification_ends_once_and_keeps_nothing_sealed_then(acts: list[str]) -> None:
    one, at, finished = requested(), T0, 0
    for act in acts:
        at += timedelta(minutes=1)
        event: Message | None = None
        if act == "answer":
            try:
                event = model_verifications.answer(one, "sealed answer", at)
            except Refused:
                continue
        elif act == "expire":
            event = model_verifications.expire(one, at)
        elif model_verifications.waits(one, one.sealed_answer):
            status = {"passed": 4, "failed": 5, "challenged": 2}[act]
            event = model_verifications.heard(one, Answer(status, reason="MISMATCH", prompt="码"), "sealed prompt")
        if event is None:
            continue
        one = evolve(one, event, at)
        if one.status not in model_verifications.OPEN:
            finished += 1
            assert (one.sealed, one.sealed_prompt, one.sealed_answer, one.due) == ("", "", "", None)
        else:
            assert one.due is not None
            assert one.due <= one.requested_at + timedelta(hours=24)
        assert one.challenges <= model_verifications.MOST_CHALLENGES
    assert finished <= 1


def test_an_open_one_of_the_method_is_enough_until_it_expires() -> None:
    other = requested(FACE)
    with pytest.raises(Refused, match="VERIFICATION_OPEN"):
        model_verifications.request("w", PERSON_FILE, FACE, "s", [other], T0)
    assert model_verifications.request("w", PERSON_FILE, PHONE, "s", [other], T0)
    assert model_verifications.request("w", PERSON_FILE, FACE, "s", [other], T0 + timedelta(hours=25))


def test_an_answer_comes_within_a_quarter_of_an_hour() -> None:
    event = model_verifications.heard(requested(), Answer(2, prompt="码"), "sealed prompt")
    one = evolve(requested(), event)
    assert model_verifications.answer(one, "s", T0 + timedelta(minutes=14))
    with pytest.raises(Refused, match="VERIFICATION_EXPIRED"):
        model_verifications.answer(one, "s", T0 + timedelta(minutes=15))


def test_an_answer_the_source_heard_already_is_not_told_again() -> None:
    one = evolve(requested(), events.VerificationChallenged(verification_id="v", sealed_prompt="p"))
    one = evolve(one, events.VerificationAnswered(verification_id="v", sealed="first"))
    assert model_verifications.waits(one, "first")
    one = evolve(one, events.VerificationChallenged(verification_id="v", sealed_prompt="p"))
    one = evolve(one, events.VerificationAnswered(verification_id="v", sealed="second"))
    assert not model_verifications.waits(one, "first")
    assert model_verifications.waits(one, "second")
    assert not model_verifications.waits(one)


# -- organisations ---------------------------------------------------------------------------------------------------------------

PEOPLE = ("a", "b", "c")


def acted(one: Organization | None, event: Message) -> Organization:
    found: Organization = model_organizations.EVOLVE[type(event)](one, event, Moment(T0, "tests"))
    return found


def walked(steps: list[tuple[str, str]]) -> Organization:
    """An organisation after these acts, refused ones left out."""
    one = acted(None, model_organizations.claim(None, "o", "U", "s", "a"))
    for act, person in steps:
        try:
            if act == "claim":
                found: list[Message | None] = [model_organizations.claim(one, "o", "U", "s", person)]
            elif act == "authorize":
                wanted = events.HandlerAuthorized(
                    organization_id="o", person_id=person, until="2026-12-31", **{"from": "2026-11-01"}
                )
                by = one.representative_id or "nobody"
                found = list(model_organizations.authorize(one, wanted, by, TODAY))
            elif act == "revoke":
                found = [model_organizations.revoke(one, person, one.representative_id)]
            else:
                reason = "" if act == "confirm" else "NOT_REPRESENTATIVE"
                found = [model_organizations.settle(one, person, "s", reason, "")]
        except Refused:
            continue
        for event in found:
            one = acted(one, event) if event else one
    return one


STEPS = st.lists(
    st.tuples(st.sampled_from(["claim", "confirm", "refuse", "authorize", "revoke"]), st.sampled_from(PEOPLE)),
    max_size=30,
)


@given(STEPS, st.sampled_from(PEOPLE))
def test_who_may_act_for_an_organisation_sees_it(steps: list[tuple[str, str]], person: str) -> None:
    one, actor = walked(steps), Actor(id=person, realm=PERSON)
    may = model_organizations.may_act(one, person, TODAY)
    assert not may or model_organizations.sees(actor, one, TODAY)
    # The predicate never shows more than the filter of the store.
    assert not model_organizations.sees(actor, one, TODAY) or person in one.members
    assert may <= bool(one.representative_id)


@given(STEPS)
def test_an_organisation_has_one_representative_and_a_person_one_authorisation(steps: list[tuple[str, str]]) -> None:
    one = walked(steps)
    handlers = [own.person_id for own in one.handlers]
    claims = [own.person_id for own in one.claims]
    assert len(set(handlers)) == len(handlers)
    assert len(set(claims)) == len(claims)
    assert all(own.times <= model_organizations.MOST_CLAIMS for own in one.claims)


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        ("2026-11-22", "2029-11-22", ""),
        ("2026-11-22", "2029-11-23", "TOO_LONG"),
        ("2024-02-29", "2027-02-28", ""),
        ("2024-02-29", "2027-03-01", "TOO_LONG"),
        ("2026-11-22", "2026-11-22", ""),
        ("2020-01-01", "2022-12-31", "PAST"),
        ("2026-11-23", "2026-11-22", "BEFORE_FROM"),
        ("2026-02-29", "2026-12-31", "DATE"),
        ("9999-01-01", "9999-12-31", "DATE"),
        ("0000-01-01", "2026-12-31", "DATE"),
    ],
)
def test_days_of_a_handler_are_real_in_order_and_at_most_three_years(first: str, last: str, reason: str) -> None:
    if not reason:
        model_organizations.check_days(first, last, TODAY)
        return
    with pytest.raises(Refused) as caught:
        model_organizations.check_days(first, last, TODAY)
    assert caught.value.reason == reason
