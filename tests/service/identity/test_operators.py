"""Operators of the store in every string field of every request of identity: refused with the field named, or plain text."""

import uuid
from collections.abc import Iterator

import grpc
import protovalidate
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from chassis import contracts, fields
from chassis import store as chassis_store
from chassis.acts import AGENT, DEVICE, MACHINE, OFFICER, PERSON, SERVICE, Actor
from deploy.local.stores import Store, with_database
from services.identity import store as identity_store
from tests.fakes.verification_source import Source
from tests.support import actors, left_behind
from tests.support.calling import refused
from tests.support.identity_here import IdentityHere, Person, identity_here
from tests.support.identity_service import PASSWORD, fresh_number, fresh_phone
from yiwang.access.v1 import access_pb2

TEXTS = ('{"$gt": ""}', "$where: sleep(1000) || true", '"}, {"$ne": 1')
# What the fields take that have a form; others take a word.
GOOD = {
    "request_id": lambda: uuid.uuid4().hex,
    "id_number": fresh_number,
    "phone": fresh_phone,
    "region": lambda: "990121",
    "uscc": lambda: "11990121000001011B",
    "code": lambda: "123456",
    "password": lambda: PASSWORD,
    "new_password": lambda: PASSWORD,
    "name": lambda: "方小示",
    "until": lambda: "2027-03-01",
    "from": lambda: "2026-12-01",
}
METHODS = [(one.name, method) for one in contracts.services("identity") for method in one.methods]


@pytest.fixture(scope="module")
def here(store: Store) -> Iterator[IdentityHere]:
    database = chassis_store.connect(with_database(store.uri, f"operators_{uuid.uuid4().hex[:12]}"), "identity")
    with identity_here(database, Source()) as here:
        yield here
    left_behind.drop(database)


def strings(message: Descriptor, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of the string fields of a message, those in its parts too."""
    for field in message.fields:
        if field.type == FieldDescriptor.TYPE_STRING:
            yield (*path, field.name)
        elif field.type == FieldDescriptor.TYPE_MESSAGE and field.message_type.full_name.startswith("yiwang."):
            yield from strings(field.message_type, (*path, field.name))


def word(field: FieldDescriptor) -> str:
    if make := GOOD.get(field.name):
        return make()
    return str(uuid.uuid4()) if field.name.endswith("_id") else "word-of-some-length-12"


def filled(message: Message) -> None:
    """Puts something likely into every field, lists with one of it."""
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof and message.WhichOneof(field.containing_oneof.name):
            continue
        part = getattr(message, field.name)
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            inner = part.add() if field.is_repeated and hasattr(part, "add") else part
            if isinstance(inner, Message):
                filled(inner)
        elif field.type == FieldDescriptor.TYPE_STRING:
            part.append(word(field)) if field.is_repeated else setattr(message, field.name, word(field))
        elif field.type == FieldDescriptor.TYPE_ENUM and not field.is_repeated:
            setattr(message, field.name, 1)


def spoil(message: Message, path: tuple[str, ...], text: str) -> None:
    *parts, last = path
    for name in parts:
        part = getattr(message, name)
        message = part if isinstance(part, Message) else part[0]
    field = message.DESCRIPTOR.fields_by_name[last]
    if field.is_repeated:
        getattr(message, last)[:] = [text]
    else:
        setattr(message, last, text)


def spoilt(method: MethodDescriptor) -> Iterator[tuple[Message, str]]:
    """Requests with one field that holds an operator, and that field's name."""
    for path in strings(method.input_type):
        for text in TEXTS:
            request = GetMessageClass(method.input_type)()
            filled(request)
            spoil(request, path, text)
            yield request, ".".join(path)


def caller(method: MethodDescriptor, person: Person) -> tuple[Actor | None, str]:
    """Somebody who may: a real person, else a token for the first grant."""
    rule = contracts.rule_of(method)
    if rule.public:
        return None, ""
    grant = rule.grants[0]
    if grant.realm == PERSON:
        return None, person.session.access_token
    whole: dict[int, Actor] = {
        OFFICER: actors.officer(*(grant.roles or ["administer"])),
        AGENT: Actor(str(uuid.uuid4()), AGENT, region="990121", session="a"),
        MACHINE: Actor("m", MACHINE, rpcs=frozenset({contracts.path(method)}), quota=10_000, session="m.1"),
        DEVICE: Actor("d", DEVICE, region="990121", session="d.1"),
        SERVICE: Actor("case", SERVICE),
    }
    return whole[grant.realm], ""


@pytest.mark.parametrize(("service", "method"), METHODS, ids=[f"{s}.{m.name}" for s, m in METHODS])
def test_an_operator_is_refused_with_its_field_or_is_plain_text(
    here: IdentityHere, service: str, method: MethodDescriptor
) -> None:
    if method.name == "ErasePerson":
        return  # it takes nothing but a request_id, and would erase the person of this test
    person, bystander = here.person(level=access_pb2.IDENTITY_LEVEL_IN_PERSON), here.person()
    actor, access = caller(method, person)
    call = getattr(here.by(actor, access, service), method.name)
    before = identity_store.persons(here.parts.database).collection.find_one({"_id": bystander.id})
    for request, path in spoilt(method):
        faults = {fields._violation(one).field for one in protovalidate.collect_violations(request)}
        at_field = path in {field.split("[")[0] for field in faults}
        try:
            answer = call(request)
        except grpc.RpcError as error:
            assert error.code() not in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN), f"{path}: {error.details()}"
            if at_field and error.code() != grpc.StatusCode.RESOURCE_EXHAUSTED:
                with refused(grpc.StatusCode.INVALID_ARGUMENT) as told:
                    call(request)
                assert any(field.split("[")[0] == path for field in told.fields), f"{path}: {told.fields}"
        else:
            assert not at_field, path
            assert bystander.id not in str(answer) and bystander.phone[-4:] not in str(answer), path
    assert identity_store.persons(here.parts.database).collection.find_one({"_id": bystander.id}) == before
    assert not here.refuses(bystander.session.access_token)
