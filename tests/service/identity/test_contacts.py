"""Where somebody is reached: stated by himself, read by nobody else, told to a service only with a line in his access record."""

import base64
import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import grpc
import pytest
from bson import encode

from chassis import tokens
from chassis.acts import Actor
from chassis.config import ConfigurationError
from services.identity import api_contacts, service_keys, store_contacts
from services.identity.store_privacy import accesses
from standards.identifiers import case_number, phone_mask
from tests.support import actors
from tests.support.calling import As, refused
from tests.support.identity_here import IdentityHere, Person
from tests.support.identity_service import act
from tests.support.organizing import ADDRESS as REGISTERED
from tests.support.organizing import NAME as COMPANY
from tests.support.organizing import act_for, confirmed
from yiwang.identity.v1 import contacts_pb2 as pb

Status = grpc.StatusCode
SMS, EMAIL, PUSH, LETTER = 1, 2, 3, 4
FOUND, NONE, GONE = pb.CONTACT_STATUS_FOUND, pb.CONTACT_STATUS_NONE, pb.CONTACT_STATUS_GONE
PURPOSE = "通知办件进度"
STATED: Final[Mapping[str, str]] = {
    "email": "zhuge.shi@example.cn",
    "address": "示范县城关镇人民路12号3单元402",
    "push_id": "oGZUI0egBJY1zhBYw2KhdUfwVJJE",
}
# What a person reads of a look-up, by its channel.
FIELDS = {SMS: "手机号码", EMAIL: "电子邮箱", PUSH: "小程序标识", LETTER: "姓名和通信地址"}


def own(person: Person) -> As:
    return person.at("ContactService")


def stated(person: Person, **changes: str) -> pb.Contact:
    """A person who stated all of it."""
    saved: pb.Contact = own(person).SaveContact(**STATED | changes)
    return saved


def by(here: IdentityHere, actor: Actor | None = None) -> As:
    """The service as message calls it, unless told."""
    return here.by(actor or actors.service("message"), service="ContactService")


def wanted(principal: str, for_id: str = "", case: str = "") -> pb.ContactWanted:
    return pb.ContactWanted(principal=principal, for_id=for_id or act(), case_number=case)


def look_up(here: IdentityHere, channel: int, *recipients: pb.ContactWanted) -> list[pb.ContactFound]:
    return list(by(here).LookUpContacts(channel=channel, purpose=PURPOSE, recipients=recipients).contacts)


def lines(here: IdentityHere, person_id: str) -> int:
    return len(accesses(here.parts.database).select({"state.person_id": person_id}))


# -- one's own ---------------------------------------------------------------------------------------------------------


def test_what_a_person_states_is_what_he_reads(here: IdentityHere) -> None:
    person = here.person()
    before = own(person).GetContact()
    assert (before.version, before.phone_masked, before.email) == (0, phone_mask(person.phone), "")
    saved = stated(person, email=f"  {STATED['email']} ", address=f" {STATED['address']}　")
    assert saved == own(person).GetContact()
    assert (saved.version, saved.email, saved.address, saved.push_id) == (1, *STATED.values())
    without = own(person).SaveContact(version=1, email=STATED["email"])
    assert (without.version, without.email, without.address, without.push_id) == (2, STATED["email"], "", "")


@pytest.mark.parametrize("actor", [actors.officer("receive"), actors.officer(), actors.agent()])
def test_officers_and_agents_state_theirs_and_have_no_phone_here(here: IdentityHere, actor: Actor) -> None:
    saved = by(here, actor).SaveContact(**STATED)
    assert (saved.phone_masked, saved.email) == ("", STATED["email"])
    assert [one.status for one in look_up(here, SMS, wanted(actor.principal))] == [NONE]
    [told] = look_up(here, EMAIL, wanted(actor.principal))
    assert (told.status, told.address, told.name) == (FOUND, STATED["email"], "")
    assert lines(here, actor.id) == 0


def test_the_same_request_again_is_one_act(here: IdentityHere) -> None:
    person = here.person()
    request = pb.SaveContactRequest(request_id="contact-once", **STATED)
    assert own(person).SaveContact(request) == own(person).SaveContact(request)
    record = store_contacts.contacts(here.parts.database).get(store_contacts.contact_id(f"person:{person.id}"))
    assert [entry["type"] for entry in record.journal] == ["ContactSaved"]
    with refused(Status.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        own(person).SaveContact(request_id="contact-once", version=1, email="other@example.cn")


@pytest.mark.parametrize("seen", [0, 2, 99])
def test_who_saw_another_version_changes_nothing(here: IdentityHere, seen: int) -> None:
    person = here.person()
    with refused(Status.ABORTED, "VERSION_MOVED"):
        own(person).SaveContact(version=1, email=STATED["email"])
    stated(person)
    with refused(Status.ABORTED, "VERSION_MOVED"):
        own(person).SaveContact(version=seen, email="other@example.cn")
    assert own(person).GetContact().email == STATED["email"]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        *(
            ("email", value, "MALFORMED")
            for value in (
                "zhuge",
                "zhuge@",
                "@example.cn",
                "zhuge@example",
                "zhuge@example..cn",
                "zhu ge@example.cn",
                "zhuge@example.cn, other@example.cn",
                "zhuge@example.cn\r\nBcc: other@example.cn",
                "zhuge\u200b@example.cn",
                "<zhuge@example.cn>",
                f"{'a' * 65}@example.cn",
            )
        ),
        ("email", f"{'a' * 120}@example.cn", "STRING_MAX_LEN"),
        ("address", "城关镇1号", "TOO_SHORT"),
        ("address", "   城关镇1号    ", "TOO_SHORT"),
        ("address", "示范县城关镇人民路\u202e12号", "NAME_UNCLEAR"),
        ("address", "示范县城关镇\n人民路12号", "NAME_UNCLEAR"),
        ("address", "长" * 201, "STRING_MAX_LEN"),
        ("push_id", "short", "STRING_PATTERN"),
        ("push_id", "has a blank in it", "STRING_PATTERN"),
        ("push_id", "x" * 129, "STRING_PATTERN"),
    ],
)
def test_each_field_at_fault_is_named_and_nothing_kept(here: IdentityHere, field: str, value: str, reason: str) -> None:
    person = here.person()
    with refused(Status.INVALID_ARGUMENT) as refusal:
        stated(person, **{field: value})
    assert refusal.fields == {field: reason}
    assert own(person).GetContact().version == 0


def test_nobody_reads_or_changes_what_is_anothers(here: IdentityHere) -> None:
    person, other = here.person(), here.person()
    stated(person)
    stated(other, email="other@example.cn")
    assert own(person).GetContact().email == STATED["email"]
    # An id of one realm is nobody's in another.
    for namesake in (
        Actor(id=person.id, realm=actors.OFFICER, session=uuid.uuid4().hex),
        Actor(id=person.id, realm=actors.AGENT, session=uuid.uuid4().hex),
    ):
        assert by(here, namesake).GetContact().email == ""


def test_who_acts_for_another_comes_near_nobodys(here: IdentityHere) -> None:
    person = here.person(level=4)
    session = act_for(person, confirmed(here, person))
    acting = here.by(None, session.access_token, "ContactService")
    delegate = by(here, actors.delegate(actors.person(person.id)))
    for caller in (acting, delegate, by(here, actors.machine()), by(here, actors.device()), by(here)):
        for call in (caller.GetContact, lambda caller=caller: caller.SaveContact(**STATED)):
            with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
                call()
    for call in (here.by(None, service="ContactService").GetContact,):
        with refused(Status.UNAUTHENTICATED, "TOKEN_MISSING"):
            call()


def test_it_lies_sealed_in_the_store(here: IdentityHere) -> None:
    person = here.person()
    stated(person)
    look_up(here, LETTER, wanted(f"person:{person.id}"))
    database = here.parts.database
    kept = b"".join(encode(row) for name in ("contacts", "accesses") for row in database[name].find())
    for clear in (*STATED.values(), person.phone, person.name, PURPOSE):
        assert clear.encode() not in kept


# -- told to a service -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", [SMS, EMAIL, PUSH, LETTER])
def test_an_address_is_told_with_a_line_in_the_persons_record(here: IdentityHere, channel: int) -> None:
    person, number = here.person(), case_number("990121", date(2026, 11, 22), b"abcd")
    stated(person)
    shown = f"{number[:6]}-{number[6:12]}-{number[12:]}"
    [found] = look_up(here, channel, wanted(f"person:{person.id}", case=shown))
    address = {SMS: person.phone, EMAIL: STATED["email"], PUSH: STATED["push_id"], LETTER: STATED["address"]}[channel]
    assert (found.status, found.address) == (FOUND, address)
    assert found.name == (person.name if channel == LETTER else "")
    [line] = person.at("PrivacyService").ListAccesses().accesses
    assert (line.by, line.by_name, line.purpose, line.service) == ("service:message", "消息服务", PURPOSE, "identity")
    assert (line.what, list(line.fields), line.case_number) == ("发送通知", [FIELDS[channel]], number)


def test_one_line_for_one_message_however_often_it_is_asked_for(here: IdentityHere) -> None:
    person, other = here.person(), here.person()
    for _ in range(3):
        [first, second] = look_up(
            here, SMS, wanted(f"person:{person.id}", "message-1/sms"), wanted(f"person:{other.id}", "message-1/sms")
        )
        assert (first.address, second.address) == (person.phone, other.phone)
    assert (lines(here, person.id), lines(here, other.id)) == (1, 1)
    look_up(here, SMS, wanted(f"person:{person.id}", "message-2/sms"))
    assert lines(here, person.id) == 2


def test_answers_come_in_the_order_of_the_questions(here: IdentityHere) -> None:
    person, silent, erased = here.person(), here.person(), here.person()
    for one in (person, erased):
        stated(one)
    erased.at("IdentityService").ErasePerson()
    ids = (f"person:{uuid.uuid4()}", f"person:{silent.id}", f"person:{person.id}", f"person:{erased.id}")
    found = look_up(here, EMAIL, *(wanted(id) for id in ids))
    assert [(one.status, one.address) for one in found] == [
        (GONE, ""),
        (NONE, ""),
        (FOUND, STATED["email"]),
        (GONE, ""),
    ]
    assert [lines(here, one.id) for one in (silent, person, erased)] == [0, 1, 0]


def test_an_officer_or_agent_nobody_knows_has_no_address(here: IdentityHere) -> None:
    for channel in (SMS, EMAIL, PUSH, LETTER):
        found = look_up(here, channel, wanted(f"officer:{uuid.uuid4()}"), wanted(f"agent:{uuid.uuid4()}"))
        assert [one.status for one in found] == [NONE, NONE]


def test_who_is_erased_has_left_nothing_to_read(here: IdentityHere) -> None:
    person = here.person()
    stated(person)
    person.at("IdentityService").ErasePerson()
    late = by(here, actors.person(person.id))
    after = late.GetContact()
    assert (after.phone_masked, after.email, after.address, after.push_id) == ("", "", "", "")
    with refused(Status.FAILED_PRECONDITION, "PERSON_ERASED"):
        late.SaveContact(version=after.version, **STATED)
    for channel in (SMS, EMAIL, PUSH, LETTER):
        assert look_up(here, channel, wanted(f"person:{person.id}")) == [pb.ContactFound(status=GONE)]


def test_an_organisation_is_reached_by_its_representative_and_written_to_under_its_own_name(here: IdentityHere) -> None:
    person = here.person(level=4)
    organization = confirmed(here, person)
    stated(person)
    told = {channel: look_up(here, channel, wanted(f"person:{organization}"))[0] for channel in FIELDS}
    assert [told[channel].address for channel in (SMS, EMAIL, PUSH)] == [
        person.phone,
        STATED["email"],
        STATED["push_id"],
    ]
    assert (told[LETTER].name, told[LETTER].address) == (COMPANY, REGISTERED)
    assert {one.status for one in told.values()} == {FOUND}
    assert (lines(here, person.id), lines(here, organization)) == (4, 0)
    person.at("IdentityService").ErasePerson()
    for channel in FIELDS:
        assert look_up(here, channel, wanted(f"person:{organization}")) == [pb.ContactFound(status=GONE)]


def test_without_the_line_no_address_is_told(here: IdentityHere, monkeypatch: pytest.MonkeyPatch) -> None:
    person = here.person()

    def fails(*_: object, **__: object) -> bool:
        raise RuntimeError("the store is full")

    with monkeypatch.context() as broken:
        broken.setattr(api_contacts.accesses, "note", fails)
        with refused(Status.INTERNAL):
            look_up(here, SMS, wanted(f"person:{person.id}"))
    with monkeypatch.context() as erased:  # between the look and the line
        erased.setattr(api_contacts.accesses, "note", lambda *_, **__: False)
        assert look_up(here, SMS, wanted(f"person:{person.id}")) == [pb.ContactFound(status=GONE)]


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": 0},
        {"channel": 9},
        {"purpose": "通知"},
        {"recipients": []},
        {"recipients": [pb.ContactWanted(principal="service:message", for_id="message-1")]},
        {"recipients": [pb.ContactWanted(principal="person:*", for_id="message-1")]},
        {"recipients": [pb.ContactWanted(principal="person:x", for_id="short")]},
        {"recipients": [pb.ContactWanted(principal="person:x", for_id="message-1")] * 201},
    ],
)
def test_a_question_that_is_none_is_refused(here: IdentityHere, changes: dict[str, Any]) -> None:
    usual = {"channel": SMS, "purpose": PURPOSE, "recipients": [wanted("person:x")]}
    with refused(Status.INVALID_ARGUMENT):
        by(here).LookUpContacts(**usual | changes)


def test_only_a_service_that_proves_its_name_looks_up(here: IdentityHere) -> None:
    person = here.person()
    recipients = [wanted(f"person:{person.id}")]
    question = {"channel": SMS, "purpose": PURPOSE, "recipients": recipients}
    everybody = (actors.officer("administer", "supervise"), actors.agent(), actors.machine(), actors.device())
    for caller in (own(person), *(by(here, actor) for actor in everybody)):
        with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
            caller.LookUpContacts(**question)
    for access in (
        tokens.mint(here.opening.keys.signing_key(), actors.service("message")),
        tokens.service_token("rating", actors.SERVICE_SECRET),
        tokens.service_token("message", base64.b64encode(b"another secret of 32 bytes, or so").decode()),
    ):
        with refused(Status.UNAUTHENTICATED, "TOKEN_REFUSED"):
            here.by(None, access, "ContactService").LookUpContacts(**question)
    assert lines(here, person.id) == 0


# -- the secrets of services -------------------------------------------------------------------------------------------


def test_the_published_keys_have_no_secret_among_them(here: IdentityHere) -> None:
    published = here.by(None).GetSigningKeys().jwks_json
    assert "service:" not in published and '"oct"' not in published and '"k"' not in published


@pytest.mark.parametrize(
    "text", ["message", "message=", "=c2VjcmV0", "message=c2VjcmV0", "message=!not base64!", "message=密钥"]
)
def test_a_secret_that_is_none_is_refused_without_being_told(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^SERVICE_SECRETS ") as caught:
        service_keys.beside(lambda _: None, f"case={actors.SERVICE_SECRET} {text}")
    assert "c2VjcmV0" not in str(caught.value) and actors.SERVICE_SECRET not in str(caught.value)
    assert service_keys.beside(lambda kid: kid, "")("service:message") == "service:message"
