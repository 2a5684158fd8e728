"""Tokens: what was not signed for this caller now is refused, and everything else works without identity."""

import base64
import time
from collections.abc import Callable
from typing import Any

import grpc
import orjson
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey
from pymongo.database import Database

from chassis import sessions, tokens
from chassis.acts import Actor
from chassis.errors import UNAUTHENTICATED, Refused
from chassis.tokens import AUDIENCE, ISSUER, KeyBook, Verifier
from services.identity.machines import open_rpcs
from tests.support.actors import (
    KEY,
    SERVICE_SECRET,
    agent,
    delegate,
    device,
    find_key,
    handler,
    machine,
    officer,
    person,
    service,
    token,
    trust,
)
from tests.support.calling import refused
from tests.support.serving import Here
from tests.support.waiting import wait_until
from yiwang.access.v1 import access_pb2

Db = Database[dict[str, Any]]
UNKNOWN = OKPKey.generate_key("Ed25519", {"kid": "unknown"}, auto_kid=False)
IMPOSTOR = OKPKey.generate_key("Ed25519", {"kid": KEY.kid}, auto_kid=False)


def claims(**changes: Any) -> dict[str, Any]:
    instant = int(time.time())
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "p",
        "sid": "s",
        "realm": "person",
        "roles": [],
        "dept": "",
        "region": "",
        "lvl": 2,
        "iat": instant,
        "nbf": instant,
        "exp": instant + 900,
    }
    return {key: value for key, value in (good | changes).items() if value is not None}


def signed(key: OKPKey = KEY, kid: str = "", **changes: Any) -> str:
    return jwt.encode({"alg": "EdDSA", "kid": kid or key.kid}, claims(**changes), key, algorithms=["EdDSA"])


def part(content: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(content)).rstrip(b"=").decode()


def unsigned() -> str:
    return f"{part({'alg': 'none', 'kid': KEY.kid})}.{part(claims())}."


def with_public_key_as_secret(kid: str = KEY.kid) -> str:
    """The old trick: the public key, which everybody has, taken for a shared secret."""
    public = KEY.public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return by_service(kid, public) if kid != KEY.kid else hs256(KEY.kid, public, claims())


def hs256(kid: str, secret: bytes, content: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256", "kid": kid}, content, OctKey.import_key(secret), algorithms=["HS256"])


OF_SERVICE: dict[str, Any] = {"sub": "message", "realm": "service"}


def by_service(kid: str = "service:message", secret: bytes = base64.b64decode(SERVICE_SECRET), **changes: Any) -> str:
    """What message would sign for itself, good for a minute."""
    usual = OF_SERVICE | {"iss": "yiwang.message", "sid": "", "lvl": 0, "exp": int(time.time()) + 60}
    return hs256(kid, secret, claims(**usual | changes))


def swapped_claims() -> str:
    """The claims of another, with the signature of ours."""
    head, _, signature = signed().split(".")
    return f"{head}.{part(claims(realm='officer', roles=['decide']))}.{signature}"


def swapped_header() -> str:
    _, body, signature = signed().split(".")
    return f"{part({'alg': 'none', 'kid': KEY.kid})}.{body}.{signature}"


FORGED: dict[str, Callable[[], str]] = {
    "algorithm none": unsigned,
    "algorithm none over a good signature": swapped_header,
    "HS256 with the public key": with_public_key_as_secret,
    "HS256 with the public key for a service": lambda: with_public_key_as_secret("service:message"),
    "EdDSA for a service": lambda: signed(kid="service:message", iss="yiwang.message", **OF_SERVICE),
    "EdDSA that says it is a service": lambda: signed(**OF_SERVICE),
    "a service's secret under the id of the public key": lambda: by_service(kid=KEY.kid),
    "a service's secret for a person": lambda: by_service(realm="person"),
    "a service's secret for an officer": lambda: by_service(realm="officer", roles=["administer"]),
    "a service in the name of another": lambda: by_service(sub="case"),
    "a service as another issuer": lambda: by_service(iss=ISSUER),
    "a service that is nobody's": lambda: by_service(kid="service:", sub="", iss="yiwang."),
    "a service for another audience": lambda: by_service(aud="client"),
    "a service for two minutes": lambda: by_service(exp=int(time.time()) + 120),
    "a service for ever": lambda: by_service(exp=None),
    "a service that began in the past": lambda: by_service(iat=int(time.time()) - 3600, exp=int(time.time()) + 30),
    "a service whose time is over": lambda: by_service(exp=int(time.time()) - 60, iat=int(time.time()) - 120),
    "a service that is not good yet": lambda: by_service(nbf=int(time.time()) + 120),
    "another secret": lambda: by_service(secret=b"x" * 32),
    "claims of another under a good signature": swapped_claims,
    "unknown key id": lambda: signed(UNKNOWN),
    "another key under a known id": lambda: signed(IMPOSTOR),
    "no key id": lambda: jwt.encode({"alg": "EdDSA"}, claims(), KEY, algorithms=["EdDSA"]),
    "expired": lambda: signed(exp=int(time.time()) - 60),
    "never expires": lambda: signed(exp=None),
    "not good yet": lambda: signed(nbf=int(time.time()) + 120),
    "issued in the future": lambda: signed(iat=int(time.time()) + 120),
    "another issuer": lambda: signed(iss="somebody.else"),
    "no issuer": lambda: signed(iss=None),
    "another audience": lambda: signed(aud="another-client"),
    "a list of audiences": lambda: signed(aud=[AUDIENCE, "another-client"]),
    "no audience": lambda: signed(aud=None),
    "an id token of the same key": lambda: signed(iss="https://county.example", aud="client", nonce="n"),
    "somebody acts who is no object": lambda: signed(act="agent:1"),
    "somebody acts who has no name": lambda: signed(act={"sub": "agent:1", "ch": "helper"}),
    "somebody acts by no channel": lambda: signed(act={"sub": "agent:1", "name": "张三丰"}),
    "items that are a number": lambda: signed(act={"sub": "agent:1", "name": "张三丰", "ch": "bank", "items": 7}),
    "RPCs that are a number": lambda: signed(realm="machine", rpcs=7),
    "a quota that is no number": lambda: signed(realm="machine", rpcs=[], quota="much"),
    "no subject": lambda: signed(sub=None),
    "a realm that does not exist": lambda: signed(realm="god"),
    "a level that is no number": lambda: signed(lvl="high"),
    "an end that is no number": lambda: signed(exp="never"),
    "first half of a good one": lambda: signed()[: len(signed()) // 2],
    "last character missing": lambda: signed()[:-1],
    "one part": lambda: signed().split(".")[0],
    "four parts": lambda: signed() + ".x",
    "header that is a list": lambda: f"{part(['EdDSA'])}.{part(claims())}.AAAA",
    "header that is no JSON": lambda: f"AAAA.{part(claims())}.AAAA",
    "claims that are a list": lambda: jwt_of([1, 2]),
    "not Base64 at all": lambda: "!!!.???.###",
    "blanks": lambda: "   ",
    "5 kB": lambda: signed(note="x" * 4000),
}


def jwt_of(content: Any) -> str:
    head = part({"alg": "EdDSA", "kid": KEY.kid})
    signature = KEY.private_key.sign(f"{head}.{part(content)}".encode())
    return f"{head}.{part(content)}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_token_is_refused_in_one_way_whatever_is_wrong_with_it(kind: str) -> None:
    verifier = Verifier(find_key)
    with pytest.raises(Refused) as caught:
        verifier.actor(FORGED[kind]())
    assert (caught.value.code, caught.value.reason) == (UNAUTHENTICATED, "TOKEN_REFUSED")
    assert Verifier(find_key).actor(by_service()) == service("message")


def test_every_forged_token_is_refused_on_the_wire_too_and_a_good_one_is_not(case_api: Here) -> None:
    said = set()
    for forge in FORGED.values():
        with refused(grpc.StatusCode.UNAUTHENTICATED) as refusal:
            case_api.by(None, forge()).ListMyCases()
        said.add((refusal.reason, refusal.message))
    assert said == {("TOKEN_REFUSED", "登录状态无效或已过期，请重新登录")}
    assert case_api.by(None, signed()).ListMyCases().cases == []


def test_a_token_of_ten_kilobytes_is_refused(case_api: Here) -> None:
    with refused() as refusal:
        case_api.by(None, signed(note="x" * 10_000)).ListMyCases()
    # gRPC itself may refuse headers of this size.
    assert refusal.code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.RESOURCE_EXHAUSTED)
    assert case_api.by(None, signed()).ListMyCases().cases == []


def test_a_call_without_a_token_is_told_to_sign_in(case_api: Here) -> None:
    with refused(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING") as refusal:
        case_api.by(None).ListMyCases()
    assert refusal.message == "请先登录"


ACTORS = {
    "person": person(),
    "officer": officer("receive", "decide"),
    "service": service(),
    "agent": agent(),
    "device": device(),
    "machine": machine("yiwang.case.v1.CaseService/GetCase", "yiwang.case.v1.CaseService/ListInbox", quota=7),
    "machine that may call nothing": machine(quota=0),
    "delegate within items": delegate(person(), "bank", items=["A-1", "A-2"]),
    "delegate within a case": delegate(person(), "person", case="a-case"),
    "handler": handler(person(level=4)),
}


@pytest.mark.parametrize("actor", ACTORS.values(), ids=ACTORS)
def test_a_token_gives_back_the_actor_it_was_made_for(actor: Actor) -> None:
    assert Verifier(find_key).actor(token(actor)) == actor


def test_a_service_signs_for_a_minute_and_others_who_were_told_no_secret_take_nothing_of_it(database: Db) -> None:
    access = tokens.service_token("message", SERVICE_SECRET)
    found = Verifier(find_key).actor(access)
    assert (found.principal, found.session, found.roles, found.acting) == ("service:message", "", frozenset(), None)
    content = orjson.loads(base64.urlsafe_b64decode(access.split(".")[1] + "=="))
    assert content["exp"] - content["iat"] == tokens.SERVICE_SECONDS == 60
    identity = Identity(KEY)
    with pytest.raises(Refused):
        Verifier(book_of(database, identity).find).actor(access)
    assert identity.asked == 0, "nobody asks identity for a secret"


def test_a_services_token_is_refused_once_its_minute_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier, access = Verifier(find_key), tokens.service_token("message", SERVICE_SECRET)
    verifier.actor(access)
    later = time.time() + tokens.SERVICE_SECONDS + tokens.LEEWAY_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(Refused):
        verifier.actor(access)


def test_who_acts_for_somebody_stands_beside_him_and_is_no_principal() -> None:
    for actor, kind in (
        (delegate(person()), access_pb2.ACTING_DELEGATE),
        (handler(person()), access_pb2.ACTING_HANDLER),
    ):
        found = Verifier({KEY.kid: KEY}.get).actor(token(actor))  # type: ignore[dict-item]
        assert found.acting is not None and found.acting.kind == kind
        assert (found.principal, found.by) == (actor.principal, f"{found.acting.agent}/{actor.principal}")


def test_the_limits_of_a_delegation_are_those_of_its_token() -> None:
    one_item, one_case, all_items = (
        delegate(person(), items=["A"]).acting,
        delegate(person(), case="c").acting,
        delegate(person()).acting,
    )
    assert one_item and one_case and all_items
    assert (one_item.covers("A", ""), one_item.covers("B", ""), one_item.covers("A", "any")) == (True, False, True)
    assert (one_case.covers("A", "c"), one_case.covers("A", ""), one_case.covers("A", "d")) == (True, False, False)
    assert all_items.covers("A", "") and all_items.covers("B", "c")


def test_a_token_with_a_long_registration_still_fits() -> None:
    """A machine with every RPC it can be registered for: its token is not longer than what is taken."""
    rpcs = sorted(open_rpcs())
    access = token(machine(*rpcs))
    assert len(access) < tokens.LONGEST
    assert Verifier({KEY.kid: KEY}.get).actor(access).rpcs == set(rpcs)  # type: ignore[dict-item]


def test_a_verified_token_is_refused_once_it_has_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier, access = Verifier({KEY.kid: KEY}.get), token(person(), seconds=60)  # type: ignore[dict-item]
    verifier.actor(access)
    later = time.time() + 60 + tokens.LEEWAY_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(Refused):
        verifier.actor(access)


def test_clocks_may_differ_by_half_a_minute() -> None:
    verifier, instant = Verifier({KEY.kid: KEY}.get), int(time.time())  # type: ignore[dict-item]
    assert verifier.actor(signed(exp=instant - 10)).id == "p"
    assert verifier.actor(signed(nbf=instant + 20, iat=instant + 20)).id == "p"


def test_a_session_that_ended_is_refused_after_the_next_poll_and_the_others_are_not(case_api: Here) -> None:
    ended, other = person(), person()
    assert case_api.by(ended).ListMyCases().cases == []
    tokens_end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 900))
    sessions.refuse(case_api.database, ended.session, tokens_end)
    case_api.poll()
    with refused(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_REFUSED"):
        case_api.by(ended).ListMyCases()
    assert case_api.by(other).ListMyCases().cases == []


def test_an_ended_session_is_forgotten_when_none_of_its_tokens_could_be_good() -> None:
    verifier = Verifier({KEY.kid: KEY}.get)  # type: ignore[dict-item]
    verifier.end({"old": time.time() - 60, "new": time.time() + 60})
    assert verifier._ended.keys() == {"new"}


class Identity:
    """Where keys are fetched from; can be away, and counts how often it was asked."""

    def __init__(self, *keys: OKPKey) -> None:
        self.keys, self.asked, self.away = list(keys), 0, False

    def __call__(self) -> str:
        self.asked += 1
        if self.away:
            raise grpc.RpcError
        return orjson.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).decode()


def book_of(database: Db, identity: Identity) -> KeyBook:
    return KeyBook(database["signing_keys_heard"], identity)


def test_a_key_fetched_once_is_kept_in_the_own_store_so_that_identity_may_be_away(database: Db) -> None:
    identity = Identity(KEY)
    assert book_of(database, identity).find(KEY.kid) is not None
    identity.away = True
    after_restart = book_of(database, identity)
    assert Verifier(after_restart.find).actor(signed()).id == "p"
    assert identity.asked == 1
    with pytest.raises(Refused):
        Verifier(after_restart.find).actor(signed(UNKNOWN))


def test_only_public_keys_are_kept(database: Db) -> None:
    book_of(database, Identity(KEY)).find(KEY.kid)
    assert '"d"' not in str(list(database["signing_keys_heard"].find()))


def test_unknown_key_ids_make_nobody_ask_identity_more_than_once_in_two_seconds(database: Db) -> None:
    identity = Identity(KEY)
    book = book_of(database, identity)
    for number in range(50):
        assert book.find(f"made-up-{number}") is None
    assert identity.asked == 1


def test_a_new_signing_key_is_taken_up_when_it_shows_up(database: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = Identity(KEY)
    book = book_of(database, identity)
    verifier = Verifier(book.find)
    verifier.actor(signed())
    identity.keys.append(UNKNOWN)
    book._fetched -= 2.1  # two seconds later
    assert verifier.actor(signed(UNKNOWN)).id == "p"


def test_a_key_another_process_has_heard_of_is_found_in_the_store(database: Db) -> None:
    identity = Identity()
    identity.away = True
    book = book_of(database, identity)
    assert book.find(KEY.kid) is None
    trust(database)
    wait_until(lambda: book.find(KEY.kid) is not None, "the key is found")
