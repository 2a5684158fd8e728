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
from tests.support.identity_service import Identity, appointment, bearer, own_key, refresh, refusal, sign_in
from tests.support.waiting import wait_until
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
        "aud": tokens.AUDIENCE,
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
        "wrong audience": signed(aud="another-client"),
        "an id token of the same key": signed(
            iss="http://127.0.0.1:8000", aud="client", nonce="n", realm=None, roles=None
        ),
        "no audience": signed(aud=None),
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
    outcomes, forged = {}, forgeries(key)
    good = forged["huge"].removesuffix("A" * 4500)
    assert identity.by(good, "OfficerService").ListOfficers().DESCRIPTOR  # what they are made from would be taken
    for fault, token in forged.items():
        outcomes[fault] = refusal(identity.by(token, "OfficerService").ListOfficers)[:2]
    refused = (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_REFUSED")
    assert outcomes == dict.fromkeys(outcomes, refused)
    assert refusal(identity.stub.GetMe, pb.GetMeRequest())[1] == "TOKEN_MISSING"


def test_a_person_may_not_do_what_officers_do(identity: Identity, registered: Any) -> None:
    token = sign_in(identity, registered[0].phone).access_token
    officers = identity.by(token, "OfficerService")
    for rpc, arguments in ((officers.ListOfficers, ()), (officers.AppointOfficer, (appointment(),))):
        assert refusal(rpc, *arguments)[:2] == (grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")


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


def kid_of(token: str) -> str:
    head = token.split(".", maxsplit=1)[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"])


def test_the_key_rotates_while_everybody_stays_signed_in(identity: Identity, registered: Any) -> None:
    from datetime import timedelta

    from services.identity.keys import ANNOUNCED_FOR, SigningKeys

    database = identity.parts.database
    before = sign_in(identity, registered[0].phone)
    signing = SigningKeys(database, identity.parts.keyring)
    signing.refresh()
    signing._create()
    newest = max(database["signing_keys"].find({}), key=lambda one: one["created_at"])
    both = {kid_of(before.access_token), newest["_id"]}
    for stub in (identity.stub, identity.other):  # announced, minutes before it signs
        wait_until(lambda stub=stub: both <= published(stub), "the new key is published", 6)
    assert kid_of(refresh(identity, before.refresh_token).access_token) == kid_of(before.access_token)
    earlier = newest["created_at"] - ANNOUNCED_FOR - timedelta(seconds=1)
    database["signing_keys"].update_one({"_id": newest["_id"]}, {"$set": {"created_at": earlier}})
    found: list[pb.Session] = []

    def signs() -> bool:
        found.append(refresh(identity, (found or [before])[-1].refresh_token))
        return kid_of(found[-1].access_token) == newest["_id"]

    wait_until(signs, "the new key signs", 6)
    for stub in (identity.stub, identity.other):
        assert both <= published(stub)
        for token in (before.access_token, found[-1].access_token):
            assert stub.GetMe(pb.GetMeRequest(), metadata=bearer(token)).person.id == registered[1].id


def published(stub: Any) -> set[str]:
    keys = json.loads(stub.GetSigningKeys(pb.GetSigningKeysRequest()).jwks_json)["keys"]
    return {key["kid"] for key in keys}
