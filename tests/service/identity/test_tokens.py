"""Tokens and the keys that sign them: what identity has not signed just so is refused."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import grpc
import orjson
from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis import tokens
from chassis.acts import Actor
from tests.support.identity_service import Identity, appointment, bearer, own_key, refusal, sign_in
from yiwang.identity.v1 import service_pb2 as pb


def test_the_published_keys_verify_what_is_signed_and_hold_nothing_private(identity: Identity, registered: Any) -> None:
    request, person = registered
    sets = [
        json.loads(one.GetSigningKeys(pb.GetSigningKeysRequest()).jwks_json) for one in (identity.stub, identity.other)
    ]
    assert sets[0] == sets[1]
    for key in sets[0]["keys"]:
        assert key["kty"] == "OKP" and key["crv"] == "Ed25519" and "d" not in key
        assert key["kid"] == OKPKey.import_key(key).thumbprint()
    book = {key["kid"]: OKPKey.import_key(key) for key in sets[0]["keys"]}
    actor = tokens.Verifier(book.get).actor(sign_in(identity, request.phone).access_token)
    assert (actor.id, actor.principal, actor.level) == (person.id, f"person:{person.id}", 1)


def encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(part)).decode().rstrip("=")


def forgeries(key: OKPKey) -> dict[str, str]:
    instant = int(time.time())
    claims = {
        "iss": tokens.ISSUER,
        "sub": "p1",
        "sid": "s1",
        "realm": "officer",
        "roles": ["administer"],
        "dept": "",
        "region": "99",
        "lvl": 5,
        "iat": instant,
        "nbf": instant,
        "exp": instant + 900,
    }
    stranger = OKPKey.generate_key("Ed25519", {"kid": "stranger"})
    posing = OKPKey.import_key(stranger.as_dict(private=True), {"kid": key.kid})

    def signed(by: OKPKey = key, **changes: Any) -> str:
        header = {"alg": "EdDSA", "kid": by.kid}
        kept = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode(header, kept, by, algorithms=["EdDSA"])

    head_hs = f"{encoded({'alg': 'HS256', 'kid': key.kid})}.{encoded(claims)}"
    public = base64.urlsafe_b64decode(key.as_dict(private=False)["x"] + "=")
    mac = base64.urlsafe_b64encode(hmac.new(public, head_hs.encode(), hashlib.sha256).digest()).decode().rstrip("=")
    good = signed()
    head, body, signature = good.split(".")
    return {
        "alg none": f"{encoded({'alg': 'none', 'kid': key.kid})}.{body}.",
        "alg none with a signature": f"{encoded({'alg': 'none', 'kid': key.kid})}.{body}.{signature}",
        "HS256 with the public key": f"{head_hs}.{mac}",
        "unknown kid": signed(stranger),
        "another's signature under our kid": signed(posing),
        "no kid": f"{encoded({'alg': 'EdDSA'})}.{body}.{signature}",
        "expired": signed(iat=instant - 2000, nbf=instant - 2000, exp=instant - 100),
        "future nbf": signed(nbf=instant + 3600),
        "future iat": signed(iat=instant + 3600),
        "wrong issuer": signed(iss="somebody.else"),
        "no expiry": signed(exp=None),
        "no realm": signed(realm=None),
        "unknown realm": signed(realm="root"),
        "truncated": good[:-10],
        "without signature": f"{head}.{body}.",
        "other claims": f"{head}.{encoded(claims | {'sub': 'p2'})}.{signature}",
        "huge": good + "A" * 4500,
        "huge body": signed(dept="x" * 3500),
        "no token": "nonsense",
        "dots": "...",
        "not JSON": "e30x.e30.e30",
        "a list": f"{encoded([1])}.{body}.{signature}",
    }


def test_every_forged_token_is_refused(identity: Identity) -> None:
    key = own_key(identity)
    outcomes = {}
    for fault, token in forgeries(key).items():
        listing = pb.ListOfficersRequest()
        outcomes[fault] = refusal(identity.stub.ListOfficers, listing, metadata=bearer(token))[:2]
    refused = (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_REFUSED")
    assert outcomes == dict.fromkeys(outcomes, refused)
    assert refusal(identity.stub.GetMe, pb.GetMeRequest())[1] == "TOKEN_MISSING"


def test_a_person_may_not_do_what_officers_do(identity: Identity, registered: Any) -> None:
    token = sign_in(identity, registered[0].phone).access_token
    for rpc, request in (
        (identity.stub.ListOfficers, pb.ListOfficersRequest()),
        (identity.stub.AppointOfficer, appointment()),
    ):
        assert refusal(rpc, request, metadata=bearer(token))[:2] == (grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")


def test_a_key_another_process_made_is_known_at_once_and_rotation_waits_five_minutes(identity: Identity) -> None:
    database, keyring = identity.parts.database, identity.parts.keyring
    from services.identity.keys import SigningKeys

    keys = SigningKeys(database, keyring)
    keys.refresh()
    present = keys.signing_key().kid
    keys._create()
    newest = max(database["signing_keys"].find({}), key=lambda one: one["created_at"])["_id"]
    actor = Actor("p1", 1, session="s1")
    private = OKPKey.import_key(
        orjson.loads(keyring.unwrap(newest, database["signing_keys"].find_one({"_id": newest})["wrapped"])),
        {"kid": newest},
    )
    time.sleep(1.1)
    assert (
        refusal(identity.stub.GetMe, pb.GetMeRequest(), metadata=bearer(tokens.mint(private, actor)))[1] == "NOT_FOUND"
    )
    keys.refresh()
    assert keys.signing_key().kid == present
    published = json.loads(identity.stub.GetSigningKeys(pb.GetSigningKeysRequest()).jwks_json)["keys"]
    assert {present, newest} <= {key["kid"] for key in published}
