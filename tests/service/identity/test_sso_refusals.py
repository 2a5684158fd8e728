"""What the addresses of sign-on refuse, each clearly, and what of it is counted. Raw HTTP."""

import base64
import json
import time
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc
import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis.acts import AGENT, MACHINE, Acting, Actor
from services.identity import store_clients
from tests.support.actors import person
from tests.support.calling import refused
from tests.support.sso import BACK, LEFT, SCOPES, Stage, System, assertion, key_pair, led_to, web

Status = grpc.StatusCode
# Operators of the store, and other things that are no value of any parameter.
ODD = ('{"$gt": ""}', "$ne", "a\x00b", "' || true", "中文", "\U0001d4b6", '"', "\\", "x" * 3000)


@pytest.fixture(scope="module")
def system(stage: Stage) -> System:
    return stage.system()


def error(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/json" and answer.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in answer.headers
    return answer.status_code, answer.json()["error"]


# -- the authorization endpoint ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": str(uuid.uuid4())},
        {"client_id": '{"$gt": ""}'},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/back"},
        {"redirect_uri": f"{BACK}/"},
        {"redirect_uri": f"{BACK}?x=1"},
        {"redirect_uri": BACK.upper()},
        {"redirect_uri": f"{BACK}#x"},
        {"redirect_uri": "https://system.example@evil.example/back"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": 'https://system.example/back"'},
    ],
)
def test_an_unknown_client_or_a_forged_address_is_shown_and_never_redirected_to(
    stage: Stage, system: System, changes: dict[str, str | None]
) -> None:
    page = stage.browser().page(system.request(**changes), **{"sec-fetch-site": "cross-site"})
    assert page.status_code == 400 and "location" not in page.headers and "refresh" not in page.headers
    assert "未在本平台登记" in page.text


def test_an_address_named_twice_is_shown_and_never_redirected_to(stage: Stage, system: System) -> None:
    for extra in (f"&redirect_uri={BACK}", f"&client_id={system.client.id}"):
        assert stage.browser().page(system.request() + extra).status_code == 400


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": "openid email"}, "invalid_scope"),
        ({"scope": '{"$gt":""}'}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_type": '"'}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"nonce": "n" * 201}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
    ],
)
def test_another_fault_leads_back_to_the_system_with_its_state(
    stage: Stage, system: System, changes: dict[str, str | None], told: str
) -> None:
    address, query = led_to(stage.browser(stage.here.person()).page(system.request(**changes)))
    assert (address, query["error"], query["state"], query["iss"]) == (BACK, told, "a state & more", stage.url)
    assert "code" not in query


def test_a_parameter_that_comes_twice_leads_back_with_a_refusal(stage: Stage, system: System) -> None:
    for extra in ("&state=other", "&scope=openid", "&code_challenge_method=plain", "&anything=1&anything=2"):
        address, query = led_to(stage.browser().page(system.request() + extra))
        assert (address, query["error"]) == (BACK, "invalid_request")


@pytest.mark.parametrize(
    "name", ["state", "nonce", "scope", "prompt", "code_challenge", "client_id", "redirect_uri", "max_age"]
)
def test_no_parameter_makes_the_site_stumble(stage: Stage, system: System, name: str) -> None:
    for odd in ODD:
        assert stage.browser().page(system.request(**{name: odd})).status_code in (200, 303, 400), odd


def test_a_system_that_was_stopped_is_unknown(stage: Stage) -> None:
    system = stage.system()
    browser = stage.browser(stage.here.person())
    token = system.exchange(system.code(browser, scope=" ".join(SCOPES))).json()
    stage.clients().DisableClient(client_id=system.client.id, reason="合同到期")
    assert browser.page(system.request()).status_code == 400
    assert error(system.refresh(token["refresh_token"])) == (401, "invalid_client")
    assert system.userinfo(token["access_token"]).status_code == 401
    stage.clients().EnableClient(client_id=system.client.id)
    assert "code" in led_to(browser.page(system.request()))[1]


def test_who_acts_for_another_or_helps_signs_on_nowhere(stage: Stage, system: System) -> None:
    client = [{"name": "client_id", "value": system.client.id}]
    for actor in (Actor("x", MACHINE, session="x.1", rpcs=frozenset({"x"}), quota=9), Actor("x", AGENT, session="x.1")):
        with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
            stage.sso(actor=actor).CheckAuthorization(parameters=client)
    acting = replace(person(), acting=Acting("person:y", "某人", "person", "delegation"))
    with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
        stage.sso(actor=acting).CheckAuthorization(parameters=client)
    with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
        stage.sso(actor=acting).Authorize(parameters=client)


# -- the token endpoint ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": None},
        {"code_verifier": "x" * 50},
        {"code_verifier": "short"},
        {"redirect_uri": "https://evil.example/back"},
        {"redirect_uri": None},
        {"code": None},
        {"code": "nothing"},
        {"code": '{"$gt": ""}'},
        {"code": f"{uuid.uuid4()}.{'0' * 64}"},
    ],
)
def test_a_code_is_good_with_its_verifier_and_its_address_only(
    stage: Stage, system: System, changes: dict[str, str | None]
) -> None:
    code = system.code(stage.browser(stage.here.person()))
    status, told = error(system.exchange(code, **changes))
    assert status == 400 and told in ("invalid_grant", "invalid_request")
    assert system.exchange(code).status_code == 200, "a wrong attempt does not use the code up"


def test_a_code_of_another_system_or_too_old_is_refused(stage: Stage, system: System) -> None:
    other = stage.system()
    code = system.code(stage.browser(stage.here.person()))
    other.verifier = system.verifier
    assert error(other.exchange(code)) == (400, "invalid_grant")
    sign_ons = stage.here.parts.database["sign_ons"]
    found = sign_ons.find_one({"_id": code.split(".")[0]})
    sign_ons.update_one(
        {"_id": found["_id"]}, {"$set": {"state.begun_at": found["state"]["begun_at"] - timedelta(seconds=61)}}
    )
    assert error(system.exchange(code)) == (400, "invalid_grant")


def test_a_refresh_token_of_another_system_is_refused_and_stays_good(stage: Stage, system: System) -> None:
    token = system.exchange(system.code(stage.browser(stage.here.person()), scope=" ".join(SCOPES))).json()
    held = token["refresh_token"]
    for forged in (
        held[:-1] + ("0" if held[-1] != "0" else "1"),
        held.replace(".1.", ".2."),
        "x",
        '{"$gt":""}',
        "x" * 5000,
    ):
        assert error(system.refresh(forged))[0] == 400
    assert error(stage.system().refresh(held)) == (400, "invalid_grant")
    assert system.refresh(held).status_code == 200


def test_every_wrong_proof_of_a_client_has_one_answer(stage: Stage, system: System) -> None:
    code = system.code(stage.browser(stage.here.person()))
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": system.verifier}
    keyed = stage.system(key_pair())
    seen = set()
    for pair in (
        f"{system.client.id}:wrong",
        f"{uuid.uuid4()}:x",
        f"{keyed.client.id}:x",
        ":",
        '{"$gt":""}:x',
        "\x00:\x00",
    ):
        header = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        answer = web.post(f"{stage.url}/oauth/token", data=form, headers=header)
        assert error(answer) == (401, "invalid_client") and answer.headers["www-authenticate"].startswith("Basic")
        seen.add(answer.text)
    for extra in ({"client_id": system.client.id}, {"client_id": str(uuid.uuid4())}, {}):
        seen.add(web.post(f"{stage.url}/oauth/token", data=form | extra).text)
    assert len(seen) == 1
    posted = {"client_id": system.client.id, "client_secret": system.secret}
    assert error(web.post(f"{stage.url}/oauth/token", data=form | posted)) == (401, "invalid_client")
    assert system.exchange(code).status_code == 200


def test_two_proofs_or_a_parameter_twice_are_refused(stage: Stage, system: System) -> None:
    keyed = stage.system(key_pair())
    pair = base64.b64encode(f"{system.client.id}:{system.secret}".encode()).decode()
    both = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": keyed.assertion(),
    }
    answer = web.post(
        f"{stage.url}/oauth/token",
        data={"grant_type": "refresh_token", **both},
        headers={"Authorization": f"Basic {pair}"},
    )
    assert error(answer) == (400, "invalid_request")
    twice = "grant_type=refresh_token&grant_type=authorization_code"
    headers = {"Authorization": f"Basic {pair}", "content-type": "application/x-www-form-urlencoded"}
    assert error(web.post(f"{stage.url}/oauth/token", content=twice, headers=headers)) == (400, "invalid_request")


def test_only_forms_of_a_sane_size_are_read(stage: Stage, system: System) -> None:
    address = f"{stage.url}/oauth/token"
    assert error(web.get(address)) == (405, "invalid_request")
    assert error(web.post(address, json={"grant_type": "authorization_code"})) == (400, "invalid_request")
    assert error(web.post(address, data={"grant_type": "x" * 70_000})) == (400, "invalid_request")
    assert error(web.post(address, data={f"p{n}": "" for n in range(60)})) == (400, "invalid_request")
    assert (
        error(web.post(address, data={"grant_type": "password", "client_id": system.client.id}))[1]
        == "unsupported_grant_type"
    )
    for odd in ODD:
        for name in ("grant_type", "code", "client_id", "scope", "client_assertion", "refresh_token"):
            answer = system.token(**({"grant_type": "authorization_code"} | {name: odd}))
            assert answer.status_code in (400, 401), (name, odd)


@pytest.mark.parametrize(
    "fault",
    ["none", "key", "audience", "expired", "later", "far", "subject", "jti", "hmac", "again", "oversized", "operator"],
)
def test_an_assertion_that_is_wrong_in_one_thing_is_no_proof(stage: Stage, fault: str) -> None:
    key, instant = key_pair(), int(time.time())
    system = stage.system(key)
    good = system.assertion()
    wrong: dict[str, Any] = {
        "key": lambda: system.assertion(key_pair()),
        "audience": lambda: system.assertion(aud="https://other.example/token"),
        "expired": lambda: system.assertion(exp=instant - 60),
        "later": lambda: system.assertion(nbf=instant + 120),
        "far": lambda: system.assertion(exp=instant + 3600),
        "subject": lambda: system.assertion(sub=str(uuid.uuid4())),
        "jti": lambda: system.assertion(jti=None),
        "operator": lambda: system.assertion(sub={"$gt": ""}, iss={"$gt": ""}),
        "again": lambda: good,
        "oversized": lambda: system.assertion(more="x" * 5000),
        "none": lambda: unsigned(good),
        "hmac": lambda: by_public_key(good, key),
    }
    form = {"grant_type": "refresh_token", "refresh_token": "x" * 30}
    if fault == "again":
        assert error(system.token(**form, client_assertion=good)) == (400, "invalid_grant")
    assert error(system.token(**form, client_assertion=wrong[fault]())) == (401, "invalid_client")
    assert error(system.token(**form)) == (400, "invalid_grant"), "a right one still proves"


def unsigned(token: str) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
    return f"{header}.{token.split('.')[1]}."


def by_public_key(token: str, key: OKPKey) -> str:
    """The old trick: the public key as the secret of an HMAC."""
    from joserfc.jwk import OctKey

    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    secret = OctKey.import_key(json.dumps(key.as_dict(private=False)))
    return jwt.encode({"alg": "HS256", "kid": key.kid}, claims, secret, algorithms=["HS256"])


# -- userinfo and leaving ----------------------------------------------------------------------------------------------


def test_userinfo_takes_our_access_tokens_only(stage: Stage, system: System) -> None:
    token = system.exchange(system.code(stage.browser(stage.here.person()))).json()["access_token"]
    own = stage.here.opening.keys.signing_key()
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    instant = int(time.time())

    def signed(key: OKPKey = own, **changes: Any) -> str:
        return jwt.encode({"alg": "EdDSA", "kid": own.kid}, claims | changes, key, algorithms=["EdDSA"])

    wrong = [
        unsigned(token),
        signed(key_pair(own.kid)),
        signed(aud="yiwang"),
        signed(iss="https://other.example"),
        signed(exp=instant - 1),
        signed(iat=instant + 3600),
        signed(sid={"$gt": ""}),
        signed(sid=str(uuid.uuid4())),
        token + "x" * 5000,
        "x",
    ]
    assert system.userinfo(signed()).status_code == 200
    for one in wrong:
        answer = system.userinfo(one)
        assert error(answer) == (401, "invalid_token") and 'error="invalid_token"' in answer.headers["www-authenticate"]
    bare = web.get(f"{stage.url}/oauth/userinfo")
    assert (bare.status_code, bare.headers["www-authenticate"]) == (401, "Bearer")


def test_leaving_by_a_token_that_is_not_ours_ends_nothing_and_leads_nowhere(stage: Stage, system: System) -> None:
    token = system.exchange(system.code(stage.browser(stage.here.person()))).json()
    hint = token["id_token"]
    other = stage.system()
    wrong: list[dict[str, str]] = [
        {"post_logout_redirect_uri": LEFT},
        {"id_token_hint": unsigned(hint), "post_logout_redirect_uri": LEFT},
        {"id_token_hint": assertion(key_pair(), system.client.id, system.client.id), "post_logout_redirect_uri": LEFT},
        {"id_token_hint": token["access_token"], "post_logout_redirect_uri": LEFT, "client_id": system.client.id},
        {"id_token_hint": hint, "client_id": other.client.id, "post_logout_redirect_uri": LEFT},
        {"id_token_hint": '{"$gt": ""}'},
    ]
    for one in wrong:
        page = stage.browser().http.get("/oauth/end-session", params=one)
        assert page.status_code == 200 and "refresh" not in page.headers
        assert system.userinfo(token["access_token"]).status_code == 200
    page = stage.browser().http.post(
        "/oauth/end-session", data={"id_token_hint": hint, "post_logout_redirect_uri": "https://evil.example/"}
    )
    assert page.status_code == 200 and "refresh" not in page.headers
    assert system.userinfo(token["access_token"]).status_code == 401


# -- figures -----------------------------------------------------------------------------------------------------------


def test_an_administrator_sees_how_many_sign_ons_came_to_an_end_and_what_the_others_failed_of(stage: Stage) -> None:
    system, browser = stage.system(), stage.browser(stage.here.person())
    begun = [system.code(browser) for _ in range(3)]
    assert system.exchange(begun[0]).status_code == 200
    assert error(system.exchange(begun[1], code_verifier="x" * 50)) == (400, "invalid_grant")
    led_to(stage.browser().page(system.request(prompt="none")))
    web.post(f"{stage.url}/oauth/token", data={"grant_type": "authorization_code", "client_id": system.client.id})
    stage.here.work()
    store_clients.figures(stage.here.parts.database).recount()
    figures = stage.clients().GetClientFigures(client_id=system.client.id, days=7)
    today = figures.days[-1]
    assert (len(figures.days), today.begun, today.succeeded) == (7, 3, 1)
    assert dict(today.refused) == {"invalid_grant": 1, "login_required": 1, "invalid_client": 1}
    assert not figures.days[0].begun


def test_whoever_floods_a_system_with_bad_requests_fills_no_store(stage: Stage) -> None:
    system = stage.system()
    for _ in range(30):
        web.post(f"{stage.url}/oauth/token", data={"grant_type": "authorization_code", "client_id": system.client.id})
    kept = [
        one for one in stage.here.parts.database["sign_ons"].find({}) if one["state"]["client_id"] == system.client.id
    ]
    assert 0 < len(kept) <= 40, "twenty a minute"
    web.post(f"{stage.url}/oauth/token", data={"grant_type": "authorization_code", "client_id": str(uuid.uuid4())})


def test_what_is_kept_of_sign_ons_names_nobody(stage: Stage) -> None:
    one, system = stage.here.person(), stage.system()
    code = system.code(stage.browser(one), scope=" ".join(SCOPES))
    token = system.exchange(code).json()
    database = stage.here.parts.database
    names = ("sign_ons", "consents", "clients", "sessions", "client_secrets")
    kept = "".join(str(row) for name in names for row in database[name].find({}))
    secrets = (code, token["access_token"], token["refresh_token"], system.secret)
    assert not [secret for secret in (one.name, one.number, one.phone, *secrets) if secret in kept]
