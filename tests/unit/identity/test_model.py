"""Persons, with nothing running."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from google.protobuf.message import Message

from chassis.acts import Moment
from chassis.errors import Refused
from services.identity import model
from services.identity.model import PERSON_EVOLVE, Person
from standards.identifiers import id_number_check_digit
from yiwang.access.v1 import access_pb2
from yiwang.identity.v1 import events_pb2 as events

TODAY = date(2026, 11, 22)
FIRST17 = "99010119900307101"
NUMBER = FIRST17 + id_number_check_digit(FIRST17)
MOMENT = Moment(datetime(2026, 11, 22, tzinfo=UTC), "person:p1")


def refusal(act: Any, *arguments: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        act(*arguments)
    return caught.value


def replay(evolve: Any, *journal: Message) -> Any:
    state: Any = None
    for event in journal:
        state = evolve[type(event)](state, event, MOMENT)
    return state


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


def test_an_account_is_stopped_and_let_in_again_each_once() -> None:
    born = model.register("p1", "sealed", "i", "p")
    stop = model.suspend(replay(PERSON_EVOLVE, born), "c2VhbGVk")
    assert stop == events.PersonSuspended(person_id="p1", sealed_reason="c2VhbGVk")
    stopped = replay(PERSON_EVOLVE, born, stop)
    assert stopped.suspended and stopped.sealed_reason == "c2VhbGVk" and model.suspend(stopped, "other") is None
    again = replay(PERSON_EVOLVE, born, stop, model.resume(stopped))
    assert again == replay(PERSON_EVOLVE, born) and model.resume(again) is None
    gone = replay(PERSON_EVOLVE, born, events.PersonErased(person_id="p1"))
    assert {refusal(act, gone, *more).reason for act, more in ((model.suspend, ("x",)), (model.resume, ()))} == {
        "PERSON_ERASED"
    }


@pytest.mark.parametrize("name", ["张\u200b三", "\u0410nna", "\u202e三张", "张 三", "{$gt: 1}"])
def test_a_name_that_hides_something_is_refused_with_its_field(name: str) -> None:
    refused = refusal(model.check_registration, name, NUMBER, TODAY)
    assert (refused.reason, [one.field for one in refused.violations]) == ("NAME_UNCLEAR", ["name"])


@pytest.mark.parametrize("reason", ["", "   ", " abc "])
def test_a_reason_somebody_is_to_read_says_something(reason: str) -> None:
    assert [one.field for one in refusal(model.reason_of, reason).violations] == ["reason"]
    assert model.reason_of("  账号被盗用 ") == "账号被盗用"
