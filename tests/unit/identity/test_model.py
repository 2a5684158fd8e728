"""Persons and officers, with nothing running."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import OFFICER, PERSON, Actor, Moment
from chassis.errors import Refused
from services.identity import model
from services.identity.model import OFFICER_EVOLVE, PERSON_EVOLVE, Officer, Person
from standards.identifiers import id_number_check_digit
from yiwang.access.v1 import access_pb2
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import service_pb2 as pb

TODAY = date(2026, 11, 22)
FIRST17 = "99010119900307101"
NUMBER = FIRST17 + id_number_check_digit(FIRST17)
MOMENT = Moment(datetime(2026, 11, 22, tzinfo=UTC), "person:p1")


def refusal(act: Any, *arguments: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        act(*arguments)
    return caught.value


def post(region: str = "990121", **changes: Any) -> events.OfficerAppointed:
    fields = {
        "officer_id": "o1",
        "staff_number": "sj-101",
        "roles": ["receive"],
        "department": "11990121000001011B",
        "department_name": "示范县市场监督管理局",
        "region": region,
        "sealed": "c2VhbGVk",
    }
    return events.OfficerAppointed(**(fields | changes))


def wanted(**changes: str) -> pb.AppointOfficerRequest:
    fields = {"staff_number": "sj-101", "name": "张示范", "region": "990121", "password": "long enough"}
    return pb.AppointOfficerRequest(**(fields | changes))


def replay(evolve: Any, *journal: Message) -> Any:
    state: Any = None
    for event in journal:
        state = evolve[type(event)](state, event, MOMENT)
    return state


def officer(region: str = "990121") -> Officer:
    return replay(OFFICER_EVOLVE, post(region))


def admin(region: str) -> Actor:
    return Actor("a1", OFFICER, frozenset({"administer"}), region=region)


def test_a_registration_with_a_true_number_is_taken_whichever_case_its_x_has() -> None:
    with_x = next(n for n in (f"9901011990030710{i}" for i in range(10)) if id_number_check_digit(n) == "X")
    for number in (NUMBER, f"{with_x}X", f"{with_x}x"):
        model.check_registration("方小示", number, TODAY)


@pytest.mark.parametrize(
    ("name", "number", "fields"),
    [
        ("方小示", NUMBER[:17] + ("0" if NUMBER[17] != "0" else "1"), ["id_number"]),
        ("方小示", "99010119900231101" + id_number_check_digit("99010119900231101"), ["id_number"]),
        ("方小示", "99010120900307101" + id_number_check_digit("99010120900307101"), ["id_number"]),
        ("  ", NUMBER, ["name"]),
        (" ", "9" * 18, ["name", "id_number"]),
    ],
)
def test_a_wrong_registration_names_every_field_at_fault(name: str, number: str, fields: list[str]) -> None:
    assert [one.field for one in refusal(model.check_registration, name, number, TODAY).violations] == fields


@pytest.mark.parametrize(("field", "reason"), [("id_number", "ID_NUMBER_TAKEN"), ("phone", "PHONE_TAKEN")])
def test_what_is_taken_is_said_with_its_field(field: str, reason: str) -> None:
    refused = model.taken(field)
    assert (refused.reason, refused.violations[0].field) == (reason, field)


def test_a_registered_person_has_stated_and_proved_nothing() -> None:
    person = replay(PERSON_EVOLVE, model.register("p1", "sealed", "i", "p"))
    assert person == Person("p1", "sealed", "i", "p", access_pb2.IDENTITY_LEVEL_NONE)


def test_erasure_happens_once_and_leaves_indexes_that_find_nobody_and_collide_with_nobody() -> None:
    born = [model.register(id, "sealed", f"i-{id}", f"p-{id}") for id in ("p1", "p2")]
    gone = [replay(PERSON_EVOLVE, one, events.PersonErased(person_id=one.person_id)) for one in born]
    assert model.erase(replay(PERSON_EVOLVE, born[0])) == events.PersonErased(person_id="p1")
    assert all(model.erase(one) is None and one.erased for one in gone)
    indexes = {index for one in gone for index in (one.id_index, one.phone_index)}
    assert len(indexes) == 2 and not indexes & {"", "i-p1", "p-p1"}
    assert refusal(model.require_present, gone[0]).reason == "PERSON_ERASED"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"staff_number": NUMBER}, "staff_number"),
        ({"staff_number": "19900000001"}, "staff_number"),
        ({"region": "012345"}, "region"),
        ({"name": " "}, "name"),
        ({"password": ""}, "password"),
        ({"password": "short"}, "password"),
    ],
)
def test_a_wrong_appointment_names_its_field(changes: dict[str, str], field: str) -> None:
    refused = refusal(model.check_appointment, None, wanted(**changes), admin("990000"))
    assert [one.field for one in refused.violations] == [field]


def test_an_officer_in_office_keeps_the_password_when_none_is_given() -> None:
    model.check_appointment(officer(), wanted(password=""), admin("990121"))


@pytest.mark.parametrize(
    ("own", "present", "region", "allowed"),
    [
        ("990121", None, "990121", True),
        ("990121", None, "990121101", True),
        ("990000", None, "990121", True),
        ("990121", None, "990200", False),
        ("990121101", None, "990121", False),
        ("990121", "990200", "990121", False),  # fetched from another county
        ("990000", "990200", "990121", True),
        ("", None, "990121", False),
    ],
)
def test_an_administrator_appoints_within_his_own_region_only(
    own: str, present: str | None, region: str, allowed: bool
) -> None:
    arguments = (officer(present) if present else None, wanted(region=region), admin(own))
    if allowed:
        model.check_appointment(*arguments)
    else:
        assert refusal(model.check_appointment, *arguments).reason == "OUTSIDE_REGION"


def test_the_same_post_again_is_no_event_and_another_is() -> None:
    assert model.appoint(None, post()) == post()
    assert model.appoint(officer(), post()) is None
    for change in ({"roles": ["decide"]}, {"region": "990101"}, {"sealed": "b3RoZXI="}, {"department_name": "x"}):
        assert model.appoint(officer(), post(**change)) == post(**change)


def test_the_journal_of_an_officer_replays_to_the_last_post() -> None:
    assert replay(OFFICER_EVOLVE, post(), post("990121101", roles=["decide", "issue"])) == Officer(
        "o1", "sj-101", ["decide", "issue"], "11990121000001011B", "示范县市场监督管理局", "990121101", "c2VhbGVk"
    )


digits = st.sampled_from("0129")
regions = st.one_of(
    *(st.text(digits, min_size=length, max_size=length) for length in (0, 2, 4, 6, 9, 12)),
    st.sampled_from(["990121", "990121101", "990000", "9901", "99", "999999", "990199", "x", "99010x"]),
)


@given(own=regions, region=regions, realm=st.sampled_from([OFFICER, PERSON, 0]))
def test_filter_and_predicate_show_the_same_officers(own: str, region: str, realm: int) -> None:
    actor = Actor("a1", realm, region=own)
    try:
        model.check_appointment(None, wanted(region=region), None)
    except Refused:
        return  # nobody holds a post there
    condition = model.visible(actor)["state.region"]
    matches = region == condition if isinstance(condition, str) else condition["$gte"] <= region < condition["$lt"]
    assert matches == model.sees(actor, officer(region))
