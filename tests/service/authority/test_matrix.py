"""Every RPC of every service against everybody: who may and what he may see is read from the contracts, and compared with what the
running services do. Lists, search and exports are RPCs like others.

Where a grant's scope does not reach the record, a request that names it is refused as if there were none (or as not allowed), an
answer that lists does not show it, and no record of any service has changed.
"""

from collections.abc import Iterator

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor

from chassis import contracts
from chassis.acts import MACHINE
from tests.service.authority.asked import Target
from tests.service.authority.callers import CALLERS, OWN, Caller
from tests.service.authority.targets import TARGETS
from tests.service.authority.world import World
from tests.support.calling import Refusal, refused
from tests.support.sources import SERVICES
from yiwang.access.v1 import access_pb2

Code = grpc.StatusCode
KEPT_OUT = {Code.PERMISSION_DENIED, Code.NOT_FOUND, Code.UNAUTHENTICATED}
# Who is let in may wait for ever for the first answer of a stream; who is not is told at once.
STREAM_SECONDS = 2.0
# These end what others in the matrix need; they come last.
LAST = ("EndSessions", "SignOut", "ErasePerson")


def methods() -> Iterator[MethodDescriptor]:
    found = [method for name in SERVICES for one in contracts.services(name) for method in one.methods]
    yield from sorted(found, key=lambda method: method.name in LAST)


METHODS = {contracts.path(method): method for method in methods()}
GRANTED = [path for path, method in METHODS.items() if not contracts.rule_of(method).public]


def grants_of(method: MethodDescriptor, caller: Caller) -> list[access_pb2.Grant]:
    """The grants of a method that let this caller in, as the contract's own words say."""
    return [
        grant
        for grant in contracts.rule_of(method).grants
        if grant.realm == caller.realm
        and (not grant.roles or caller.role in grant.roles)
        and caller.level >= grant.level
        and caller.acting <= grant.acting
        and (caller.realm != MACHINE or caller.registered)
    ]


def reaches(grant: access_pb2.Grant, caller: Caller, target: Target) -> bool:
    """Whether the scope of a grant covers the record: it is in the own department of the own county and belongs to its owner."""
    if grant.scope == access_pb2.SCOPE_DEPARTMENT:
        return caller.department == OWN
    if grant.scope == access_pb2.SCOPE_REGION:
        return caller.county == OWN
    if grant.scope == access_pb2.SCOPE_OWN:
        return target.kind == "self" or caller.name in target.owner
    return True


def ask(world: World, path: str, caller: Caller) -> tuple[Refusal | None, str]:
    """The refusal, or the answer as text."""
    world.caller = caller.name
    service, _, name = path.rpartition("/")
    fields = TARGETS[path].fields(world)
    stub, streams = world.by(caller, service), METHODS[path].server_streaming
    try:
        with refused() as refusal:
            answer = (
                getattr(stub, name)(deadline=STREAM_SECONDS, **fields) if streams else getattr(stub, name)(**fields)
            )
            text = str(next(answer) if streams else answer)
            raise Answered
    except Answered:
        return None, text
    return refusal, ""


class Answered(Exception):
    """The call was answered."""


def test_the_table_names_every_rpc_that_is_not_public() -> None:
    assert set(TARGETS) == set(GRANTED)


@pytest.mark.parametrize("path", GRANTED)
def test_nobody_reaches_further_than_the_contract_says(world: World, path: str) -> None:
    method, target = METHODS[path], TARGETS[path]
    wrong, before = [], world.versions()
    for caller in CALLERS:
        grants = grants_of(method, caller)
        if any(reaches(grant, caller, target) for grant in grants):
            continue
        refusal, answer = ask(world, path, caller)
        if not grants and (refusal is None or refusal.code not in (Code.PERMISSION_DENIED, Code.UNAUTHENTICATED)):
            wrong.append(f"{caller.name} is let in: {refusal or answer[:200]}")
        if grants and target.kind == "record" and (refusal is None or refusal.code not in KEPT_OUT):
            wrong.append(f"{caller.name} reaches the record: {refusal or answer[:200]}")
        if target.kind == "list" and target.shows(world) in answer:
            wrong.append(f"{caller.name} sees the record in the list")
    assert wrong == []
    assert world.versions() == before, "who was refused has changed something"


@pytest.mark.parametrize("path", GRANTED)
def test_everybody_reaches_what_the_contract_says(world: World, path: str) -> None:
    method, target = METHODS[path], TARGETS[path]
    wrong = []
    for caller in CALLERS:
        if not any(reaches(grant, caller, target) for grant in grants_of(method, caller)):
            continue
        refusal, answer = ask(world, path, caller)
        # What a request about the caller himself names he may simply not have.
        if refusal and refusal.code in KEPT_OUT and (target.kind != "self" or refusal.code != Code.NOT_FOUND):
            wrong.append(f"{caller.name} is kept out: {refusal.reason}")
        if target.kind == "list" and refusal is None and target.shows(world) not in answer:
            wrong.append(f"{caller.name} does not see the record")
    assert wrong == []
