"""Departments' systems are registered, changed, stopped and let work again, by administrators of their region."""

import itertools
import json
from typing import Any

import grpc
import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from chassis.acts import OFFICER, Actor
from services.identity import machines, store_clients
from tests.support.calling import refused
from tests.support.halls import MARKET, POLICE
from tests.support.sso import BACK, RPC, Stage, jwks, key_pair
from yiwang.identity.v1 import clients_pb2 as pb

Status = grpc.StatusCode
MACHINE: dict[str, Any] = {
    "kind": pb.CLIENT_KIND_MACHINE,
    "proof": pb.CLIENT_PROOF_PRIVATE_KEY_JWT,
    "redirect_uris": [],
    "post_logout_redirect_uris": [],
    "scopes": [],
    "rpcs": [RPC],
    "quota_per_minute": 5,
}


def elsewhere(*roles: str) -> Actor:
    """An officer of another county."""
    return Actor("far", OFFICER, frozenset(roles or ("administer",)), region="990200", session="far.1")


def test_a_client_is_registered_changed_and_listed_in_its_region(stage: Stage) -> None:
    first = stage.saved(code="water-system")
    assert first.client.version == 1 and len(first.secret) == 64
    second = stage.saved(code="water-system", name="水务系统")
    assert (second.client.id, second.client.version, second.client.name, second.secret) == (
        first.client.id,
        2,
        "水务系统",
        "",
    )
    seen, page = [], ""
    while True:
        answer = stage.clients().ListClients(page_size=3, page_token=page)
        seen += [one.code for one in answer.clients]
        if not (page := answer.next_page_token):
            break
    assert "water-system" in seen and seen == sorted(seen) and len(seen) == len(set(seen))
    assert stage.clients(elsewhere()).ListClients().clients == []


def test_the_same_request_has_the_same_secret_and_an_older_one_brings_no_older_secret_back(stage: Stage) -> None:
    request = {"request_id": "req-secret-1", "code": "secret-system"}
    first = stage.saved(**request)
    assert stage.saved(**request).secret == first.secret
    fresh = stage.saved(code="secret-system", new_secret=True)
    assert fresh.secret not in ("", first.secret)
    assert stage.saved(**request).secret == first.secret, "the answer is the same"
    client = machines.client_of(stage.here.parts, first.client.id)
    assert client is not None
    assert machines.secret_matches(stage.here.parts, client, fresh.secret), "and the secret of now stays"
    assert not machines.secret_matches(stage.here.parts, client, first.secret)
    with refused(Status.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        stage.saved(**request, name="另一系统")


def test_a_secret_is_made_when_a_client_comes_to_prove_itself_by_one(stage: Stage) -> None:
    keyed = stage.saved(code="turning", proof=pb.CLIENT_PROOF_PRIVATE_KEY_JWT, jwks_json=jwks(key_pair()))
    assert keyed.secret == ""
    turned = stage.saved(code="turning")
    client = machines.client_of(stage.here.parts, turned.client.id)
    assert client is not None and machines.secret_matches(stage.here.parts, client, turned.secret)
    stage.saved(code="turning", proof=pb.CLIENT_PROOF_NONE)
    open_one = machines.client_of(stage.here.parts, turned.client.id)
    assert open_one is not None and not machines.secret_matches(stage.here.parts, open_one, turned.secret)


def test_a_crash_before_the_secret_was_kept_is_mended_by_asking_again(stage: Stage) -> None:
    first = stage.saved(code="crashed", request_id="req-crashed-1")
    stage.here.parts.database[store_clients.SECRETS].delete_one({"_id": first.client.id})
    assert stage.saved(code="crashed", request_id="req-crashed-1").secret == first.secret
    client = machines.client_of(stage.here.parts, first.client.id)
    assert client is not None and machines.secret_matches(stage.here.parts, client, first.secret)


def test_nobody_reads_a_secret_again(stage: Stage) -> None:
    saved = stage.saved(code="quiet-system")
    listed = stage.clients().ListClients(page_size=200).clients
    kept = [one for name in ("clients", "client_secrets") for one in stage.here.parts.database[name].find({})]
    assert saved.secret not in f"{listed}{kept}"


def test_administrators_act_within_their_region_only(stage: Stage) -> None:
    client = stage.saved(code="near-system").client
    far = stage.clients(elsewhere())
    fields = {
        "code": "near-system",
        "name": "外县系统",
        "kind": 1,
        "proof": 3,
        "redirect_uris": [BACK],
        "scopes": ["openid"],
    }
    for region in ("990121", "990200"):
        with refused(Status.PERMISSION_DENIED, "OUTSIDE_REGION"):
            far.SaveClient(**fields, department=MARKET, region=region)
    # Nor does a system of theirs see what a department of another region does.
    with refused(Status.PERMISSION_DENIED, "OUTSIDE_REGION"):
        far.SaveClient(**fields | {"code": "far-system"}, department=MARKET, region="990200")
    for call in (far.DisableClient, far.EnableClient):
        with refused(Status.NOT_FOUND):
            call(client_id=client.id)
    with refused(Status.NOT_FOUND):
        far.GetClientFigures(client_id=client.id, days=1)
    for actor in (stage.here.officer("receive"), stage.here.officer("supervise")):
        with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
            stage.clients(actor).ListClients()
    assert stage.clients(stage.here.officer("supervise")).GetClientFigures(client_id=client.id, days=31).days


@pytest.mark.parametrize(
    "uri",
    [
        "http://system.example/back",
        "https://system.example/back#part",
        "https://*.example/back",
        "https://user@system.example/",
        "https://system.example/a b",
        "https:///back",
        "https://[bad/",
        "javascript:alert(1)//x",
        "com.example.app:/back",
        "http://127.0.0.1.example/back",
        "https://系统.example/",
        "//system.example/back",
        "https://system.example:99999/",
    ],
)
def test_people_are_sent_to_safe_addresses_only(stage: Stage, uri: str) -> None:
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        with refused(Status.INVALID_ARGUMENT, "REDIRECT_URI_REFUSED") as told:
            stage.saved(code="bad-system", **{name: [BACK, uri]})
        assert list(told.fields) == [f"{name}[1]"]
    for good in (
        "http://127.0.0.1:8080/back",
        "http://[::1]/back",
        "http://localhost/back",
        "https://a.example:8443/b?c=d",
    ):
        assert stage.saved(code="good-system", redirect_uris=[good]).client.redirect_uris == [good]


def private(kid: str = "one") -> str:
    return json.dumps({"keys": [key_pair(kid).as_dict(private=True) | {"kid": kid}]})


@pytest.mark.parametrize(
    "told",
    [
        "",
        "{}",
        "[]",
        '{"keys": []}',
        '{"keys": {}}',
        '{"keys": ["x"]}',
        '{"keys": [{"kty": "OKP"}]}',
        '{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": 5, "kid": "a"}]}',
        '{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "a"}]}',
        "not json",
        private(),
        json.dumps({"keys": [OctKey.generate_key(256).as_dict() | {"kid": "a"}]}),
        jwks(RSAKey.generate_key(1024, {"kid": "a"}, auto_kid=False)),
        jwks(OKPKey.generate_key("X25519", {"kid": "a"}, auto_kid=False)),
        jwks(ECKey.generate_key("secp256k1", {"kid": "a"}, auto_kid=False)),
        jwks(key_pair("a"), key_pair("a")),
        '{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "Y1z8cgF-TSbtbGHt0D0Yy0b-HkOTBnUcc1d68RCB3RU"}]}',
    ],
    ids=map(str, itertools.count()),
)
def test_only_public_keys_of_signatures_are_registered(stage: Stage, told: str) -> None:
    with refused(Status.INVALID_ARGUMENT, "JWKS_REFUSED") as refusal:
        stage.saved(code="bad-keys", proof=pb.CLIENT_PROOF_PRIVATE_KEY_JWT, jwks_json=told)
    assert list(refusal.fields) == ["jwks_json"]


def test_several_good_keys_are_registered(stage: Stage) -> None:
    keys = (
        key_pair("a"),
        ECKey.generate_key("P-256", {"kid": "b"}, auto_kid=False),
        RSAKey.generate_key(2048, {"kid": "c"}, auto_kid=False),
    )
    client = stage.saved(code="good-keys", proof=pb.CLIENT_PROOF_PRIVATE_KEY_JWT, jwks_json=jwks(*keys)).client
    assert [one["kid"] for one in json.loads(client.jwks_json)["keys"]] == ["a", "b", "c"]
    again = stage.saved(code="good-keys", proof=pb.CLIENT_PROOF_PRIVATE_KEY_JWT, jwks_json=jwks(*reversed(keys))).client
    assert again.version == client.version, "the same keys in another order are the same client"


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"rpcs": []}, "rpcs", "REQUIRED"),
        ({"rpcs": [RPC, "yiwang.identity.v1.OfficerService/AppointOfficer"]}, "rpcs[1]", "RPC_NOT_FOR_MACHINES"),
        ({"rpcs": ["yiwang.case.v1.CaseService/Nothing"]}, "rpcs[0]", "RPC_NOT_FOR_MACHINES"),
        ({"rpcs": ["$where: 1 == 1"]}, "rpcs[0]", "RPC_NOT_FOR_MACHINES"),
        ({"quota_per_minute": 0}, "quota_per_minute", "QUOTA_OVER_COUNTY"),
        ({"quota_per_minute": 6001}, "quota_per_minute", "QUOTA_OVER_COUNTY"),
        ({"redirect_uris": [BACK]}, "redirect_uris", "NOT_FOR_KIND"),
        ({"scopes": ["openid"]}, "scopes", "NOT_FOR_KIND"),
        ({"proof": pb.CLIENT_PROOF_SECRET}, "proof", "PROOF_NOT_FOR_KIND"),
        ({"proof": pb.CLIENT_PROOF_NONE}, "proof", "PROOF_NOT_FOR_KIND"),
        ({"proof": pb.CLIENT_PROOF_MUTUAL_TLS}, "certificate_sha256", "REQUIRED"),
        ({"department": "1199012100000199XX"}, "department", "DEPARTMENT_UNKNOWN"),
        ({"name": "　　 "}, "name", "REQUIRED"),
        ({"region": "000000"}, "region", ""),
    ],
)
def test_what_is_wrong_of_a_machine_is_named(stage: Stage, changes: dict[str, Any], field: str, reason: str) -> None:
    with refused() as told:
        stage.saved(**(MACHINE | {"code": "bad-machine", "jwks_json": jwks(key_pair())} | changes))
    if reason:
        assert told.code == Status.INVALID_ARGUMENT and told.fields.get(field) == reason, told
    assert stage.here.parts.database["clients"].find_one({"_id": store_clients.client_id("bad-machine")}) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"redirect_uris": []}, "redirect_uris"),
        ({"scopes": ["profile"]}, "scopes"),
        ({"proof": pb.CLIENT_PROOF_MUTUAL_TLS, "certificate_sha256": "0" * 64}, "proof"),
        ({"rpcs": [RPC]}, "rpcs"),
        ({"quota_per_minute": 5}, "quota_per_minute"),
        ({"jwks_json": jwks(key_pair())}, "jwks_json"),
        ({"proof": pb.CLIENT_PROOF_NONE, "new_secret": True}, "new_secret"),
        ({"scopes": ["openid", "email"]}, "scopes[1]"),
        ({"code": "Bad Code"}, "code"),
        ({"id_token_alg": "none"}, "id_token_alg"),
    ],
)
def test_what_is_wrong_of_a_client_of_sign_on_is_named(stage: Stage, changes: dict[str, Any], field: str) -> None:
    with refused(Status.INVALID_ARGUMENT) as told:
        stage.saved(**({"code": "bad-client"} | changes))
    assert field in told.fields, told


def test_a_client_stays_what_it_is(stage: Stage) -> None:
    stage.saved(code="one-kind")
    with refused(Status.INVALID_ARGUMENT, "KIND_FIXED"):
        stage.saved(**(MACHINE | {"code": "one-kind", "jwks_json": jwks(key_pair())}))


def test_the_county_says_how_much_a_machine_may_be_given(stage: Stage) -> None:
    counties = stage.halls.counties()
    settings = {"region": "990121", "name": "示范县", "channels": counties.GetCounty(region="990121").channels}
    counties.SaveCounty(**settings, quotas={"machine_calls_per_minute": 100})
    fields = MACHINE | {"code": "measured", "jwks_json": jwks(key_pair()), "department": POLICE}
    assert stage.saved(**fields | {"quota_per_minute": 100}).client.quota_per_minute == 100
    with refused(Status.INVALID_ARGUMENT, "QUOTA_OVER_COUNTY"):
        stage.saved(**fields | {"quota_per_minute": 101})
    counties.SaveCounty(**settings)


def test_people_are_signed_out_of_a_client_that_is_stopped_also_when_it_is_heard_late(stage: Stage) -> None:
    system = stage.system()
    browser = stage.browser(stage.here.person())
    before = system.id_token(system.exchange(system.code(browser)).json()["id_token"])["sid"]
    stage.clients().DisableClient(client_id=system.client.id, reason="停用")
    stage.clients().EnableClient(client_id=system.client.id)
    token = system.exchange(system.code(browser)).json()
    stage.here.work()
    sessions = stage.here.opening.sessions
    assert sessions.get(before).state.reason == "CLIENT_ENDED"
    assert sessions.get(system.id_token(token["id_token"])["sid"]).state.reason == ""
    assert system.userinfo(token["access_token"]).status_code == 200
