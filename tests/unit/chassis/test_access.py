"""The authority matrix: every RPC against every kind of caller, as a table and as the grants of the contracts say."""

import itertools

import grpc_health.v1.health_pb2 as health_pb2
import pytest
from google.protobuf.descriptor import MethodDescriptor

from chassis import rpc
from chassis.acts import ANONYMOUS, OFFICER, PERSON, SERVICE, Actor
from chassis.errors import PERMISSION_DENIED, UNAUTHENTICATED, Refused
from chassis.tokens import Verifier
from tests.support.actors import KEY, officer, person, service, token
from yiwang.access.v1 import access_pb2
from yiwang.case.v1 import service_pb2 as case
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.identity.v1 import service_pb2 as identity
from yiwang.rating.v1 import service_pb2 as rating

ROLES = ("receive", "review", "decide", "issue", "supervise", "catalog", "administer")
CALLERS: dict[str, Actor] = {
    "anonymous": ANONYMOUS,
    "person": person(),
    "officer": officer(),
    **{role: officer(role) for role in ROLES},
    "service": service(),
}
PUBLIC = frozenset(CALLERS)
DESK = frozenset({"receive", "review", "decide", "issue"})
OFFICERS = frozenset({"officer", *ROLES})
NOBODY_ELSE = frozenset({"person"})
# Who may call what. A change of rights in a contract has to be made here too, by somebody who means it.
MAY: dict[str, frozenset[str]] = {
    "UploadAttachment": NOBODY_ELSE,
    "DownloadAttachment": NOBODY_ELSE | DESK,
    "SubmitCase": NOBODY_ELSE,
    "GetCase": NOBODY_ELSE | DESK,
    "ListMyCases": NOBODY_ELSE,
    "ListInbox": DESK,
    "GetProgress": PUBLIC,
    "RequestCorrection": frozenset({"receive"}),
    "CorrectCase": NOBODY_ELSE,
    "AcceptCase": frozenset({"receive"}),
    "RefuseCase": frozenset({"receive"}),
    "PassReviewStep": frozenset({"review"}),
    "DecideCase": frozenset({"decide"}),
    "IssueResult": frozenset({"issue"}),
    "CloseCase": frozenset({"issue", "decide"}),
    "WithdrawCase": NOBODY_ELSE,
    "SearchItems": PUBLIC,
    "GetItem": PUBLIC,
    "GetItemDraft": frozenset({"catalog"}),
    "SaveItem": frozenset({"catalog"}),
    "PublishItem": frozenset({"catalog"}),
    "SuspendItem": frozenset({"catalog"}),
    "RegisterPerson": PUBLIC,
    "SignIn": PUBLIC,
    "RefreshSession": PUBLIC,
    "SignOut": NOBODY_ELSE | OFFICERS,
    "GetMe": NOBODY_ELSE | OFFICERS,
    "GetSigningKeys": PUBLIC,
    "AppointOfficer": frozenset({"administer"}),
    "ListOfficers": frozenset({"administer"}),
    "ErasePerson": NOBODY_ELSE,
    "GetInvitation": NOBODY_ELSE,
    "ListInvitations": NOBODY_ELSE,
    "RateCase": NOBODY_ELSE,
    "GetTotals": PUBLIC,
}
METHODS = {
    method.name: method
    for module in (case, catalog, identity, rating)
    for contract in module.DESCRIPTOR.services_by_name.values()
    for method in contract.methods
}
VERIFIER = Verifier({"tests": KEY}.get)
TOKENS = {name: f"Bearer {token(actor)}" if actor.realm else "" for name, actor in CALLERS.items()}


def is_admitted(method: MethodDescriptor, caller: str) -> bool:
    try:
        actor = rpc.admit(rpc.rule_of(method), TOKENS[caller], VERIFIER)
    except Refused as refused:
        assert refused.code == (PERMISSION_DENIED if TOKENS[caller] else UNAUTHENTICATED)
        return False
    assert actor == CALLERS[caller]
    return True


def is_granted(method: MethodDescriptor, actor: Actor) -> bool:
    """What the contract's own words say, read without the interceptor."""
    rule = method.GetOptions().Extensions[access_pb2.access]
    roles = [set(grant.roles) for grant in rule.grants if grant.realm == actor.realm]
    return rule.public or any(not wanted or wanted & actor.roles for wanted in roles)


def test_the_table_names_every_method_of_every_service() -> None:
    assert METHODS.keys() == MAY.keys()


@pytest.mark.parametrize("name", METHODS)
def test_only_those_of_the_table_are_admitted(name: str) -> None:
    assert {caller for caller in CALLERS if is_admitted(METHODS[name], caller)} == MAY[name]


@pytest.mark.parametrize("name", METHODS)
def test_the_interceptor_admits_whom_the_grants_name(name: str) -> None:
    for caller, actor in CALLERS.items():
        assert is_admitted(METHODS[name], caller) == is_granted(METHODS[name], actor), caller


@pytest.mark.parametrize("name", METHODS)
def test_every_grant_says_for_whom_and_on_which_records(name: str) -> None:
    rule = rpc.rule_of(METHODS[name])
    assert rule.public != bool(rule.grants), "public, or granted: exactly one"
    for grant in rule.grants:
        assert grant.realm and grant.scope
        assert set(grant.roles) <= set(ROLES)
        assert grant.realm == access_pb2.REALM_OFFICER or not grant.roles


def test_a_method_without_an_access_rule_cannot_be_served_at_all() -> None:
    bare = health_pb2.DESCRIPTOR.services_by_name["Health"].methods_by_name["Check"]
    with pytest.raises(LookupError, match="access rule"):
        rpc.rule_of(bare)
    with pytest.raises(LookupError, match="access rule"):
        rpc.pipeline(bare, lambda request, call: request, rpc.Guard(VERIFIER, lambda command: ""))


def test_an_empty_rule_admits_nobody() -> None:
    for caller in CALLERS:
        with pytest.raises(Refused):
            rpc.admit(access_pb2.Access(), TOKENS[caller], VERIFIER)


@pytest.mark.parametrize("name", [name for name, may in MAY.items() if may == PUBLIC])
def test_a_public_method_refuses_a_bad_token_all_the_same(name: str) -> None:
    with pytest.raises(Refused) as caught:
        rpc.admit(rpc.rule_of(METHODS[name]), "Bearer garbage", VERIFIER)
    assert caught.value.code == UNAUTHENTICATED


@pytest.mark.parametrize(("wanted", "has"), list(itertools.product(range(6), range(6))))
def test_a_grant_with_a_level_admits_that_level_and_higher(wanted: int, has: int) -> None:
    rule = access_pb2.Access(grants=[access_pb2.Grant(realm=access_pb2.REALM_PERSON, level=wanted)])  # type: ignore[arg-type]
    access = f"Bearer {token(person(level=has))}"
    if has >= wanted:
        assert rpc.admit(rule, access, VERIFIER).level == has
    else:
        with pytest.raises(Refused):
            rpc.admit(rule, access, VERIFIER)


def test_one_of_several_roles_is_enough_and_the_realm_must_fit_too() -> None:
    rule = access_pb2.Access(grants=[access_pb2.Grant(realm=access_pb2.REALM_OFFICER, roles=["issue", "decide"])])
    assert rpc.admit(rule, f"Bearer {token(officer('decide', 'review'))}", VERIFIER).realm == OFFICER
    for realm in (PERSON, SERVICE):
        pretender = Actor(id="x", realm=realm, roles=frozenset({"decide"}))
        with pytest.raises(Refused):
            rpc.admit(rule, f"Bearer {token(pretender)}", VERIFIER)
