"""Signing on to departments' systems by OpenID Connect, driven over HTTP through the gateway: by authlib's client and by a raw one."""

import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import grpc
import pytest
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jws, jwt
from joserfc.jwk import KeySet

from chassis.acts import Cause
from services.identity import store
from tests.support.calling import refused
from tests.support.identity_service import PASSWORD, act
from tests.support.sso import BACK, LEFT, SCOPES, Stage, key_pair, led_to, web
from yiwang.identity.v1 import clients_pb2 as pb
from yiwang.identity.v1 import events_pb2 as events

Status = grpc.StatusCode


# -- the whole way -----------------------------------------------------------------------------------------------------


def test_authlibs_client_signs_a_person_on_reads_who_he_is_refreshes_and_leaves(stage: Stage) -> None:
    person, system = stage.here.person(level=3), stage.system()
    metadata = web.get(f"{stage.url}/.well-known/openid-configuration").json()
    OpenIDProviderMetadata(metadata).validate()
    own = {"client_id": system.client.id, "client_secret": system.secret, "redirect_uri": BACK}
    client = OAuth2Client(**own, scope=" ".join(SCOPES), code_challenge_method="S256")
    address, state = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=system.verifier, nonce="n-1"
    )
    browser = stage.browser()
    to_sign_in = browser.follow(browser.page(address.removeprefix(stage.url), **{"sec-fetch-site": "cross-site"}))
    assert to_sign_in.status_code == 200 and "登录" in to_sign_in.text
    asked = browser.follow(browser.send(to_sign_in.text, "/sign-in", login=person.number, password=PASSWORD))
    assert "市场监管业务系统" in asked.text and "示范县市场监督管理局" in asked.text and "公民身份号码" in asked.text
    back = browser.consent(asked).headers["refresh"].removeprefix("0; url=")
    token = client.fetch_token(
        metadata["token_endpoint"], authorization_response=back, state=state, code_verifier=system.verifier
    )
    keys = KeySet.import_key_set(web.get(metadata["jwks_uri"]).json())
    found = jwt.decode(token["id_token"], keys, algorithms=metadata["id_token_signing_alg_values_supported"])
    params = {"client_id": system.client.id, "nonce": "n-1", "access_token": token["access_token"]}
    options: Any = {
        "iss": {"essential": True, "value": stage.url},
        "aud": {"essential": True, "value": system.client.id},
    }
    claims = CodeIDToken(found.claims, found.header, options, params)
    claims.validate(leeway=5)
    assert (claims["sub"], claims["acr"], claims["amr"]) == (person.id, "MEDIUM", ["pwd"])
    told = client.get(metadata["userinfo_endpoint"]).json()
    assert told == {
        "sub": person.id,
        "realm": "person",
        "name": person.name,
        "phone_number": f"+86{person.phone}",
        "id_number": person.number,
        "level": "MEDIUM",
    }
    fresh = client.refresh_token(metadata["token_endpoint"], token["refresh_token"])
    assert fresh["access_token"] != token["access_token"]
    assert client.get(metadata["userinfo_endpoint"]).json() == told
    leave = {"id_token_hint": token["id_token"], "post_logout_redirect_uri": LEFT, "state": "bye"}
    left = browser.http.get("/oauth/end-session", params=leave)
    assert led_to(left) == (LEFT, {"state": "bye"})
    assert client.get(metadata["userinfo_endpoint"]).status_code == 401


def test_authlibs_client_proves_itself_by_its_key(stage: Stage) -> None:
    key = key_pair()
    system = stage.system(key, id_token_alg="RS256")
    code = system.code(stage.browser(stage.here.person()))
    client = OAuth2Client(system.client.id, key, token_endpoint_auth_method="private_key_jwt", redirect_uri=BACK)
    # authlib's own assertions are good for an hour, ours take five minutes.
    soon = {"exp": int(time.time()) + 120}
    client.register_client_auth_method(PrivateKeyJWT(f"{stage.url}/oauth/token", soon, alg="EdDSA"))
    token = client.fetch_token(f"{stage.url}/oauth/token", code=code, code_verifier=system.verifier)
    assert system.id_token(token["id_token"])["aud"] == system.client.id
    assert jws.extract_compact(token["id_token"].encode()).headers()["alg"] == "RS256"


def test_a_system_that_asked_before_is_not_asked_for_again_and_the_browser_is_sent_on_at_once(stage: Stage) -> None:
    person, system = stage.here.person(), stage.system()
    browser = stage.browser(person)
    system.code(browser)
    again = browser.page(system.request(), **{"sec-fetch-site": "cross-site"})
    address, query = led_to(again)
    assert (again.status_code, address) == (303, BACK)
    assert (query["state"], query["iss"]) == ("a state & more", stage.url) and query["code"]
    more = browser.page(system.request(scope="openid profile id_number"))
    assert "公民身份号码" in more.text and "不同意" in more.text
    assert "同意并登录" in browser.page(system.request(prompt="consent")).text


def test_after_a_form_of_ours_no_redirect_leaves_the_site(stage: Stage) -> None:
    """Chromium lets `form-action 'self'` stop redirects that follow a form, too."""
    person, system = stage.here.person(), stage.system()
    browser = stage.browser()
    answer = browser.follow(browser.page(system.request()))
    asked = browser.follow(browser.send(answer.text, "/sign-in", login=person.number, password=PASSWORD))
    page = browser.consent(asked)
    assert page.status_code == 200 and page.headers["refresh"].startswith(f"0; url={BACK}?")
    assert "form-action 'self';" in page.headers["content-security-policy"]
    assert "继续" in page.text
    signed_in = browser.follow(browser.page(system.request()))
    assert signed_in.status_code == 200 and signed_in.headers["refresh"].startswith(f"0; url={BACK}?")


def test_who_says_no_gives_nothing_and_is_asked_again_next_time(stage: Stage) -> None:
    person, system = stage.here.person(), stage.system()
    browser = stage.browser(person)
    answer = browser.consent(browser.page(system.request()), "no")
    address, query = led_to(answer)
    assert (address, query["error"], query["iss"]) == (BACK, "access_denied", stage.url)
    assert "code" not in query and query["state"] == "a state & more"
    assert "是否允许登录" in browser.page(system.request()).text
    stage.here.work()


def test_consent_cannot_be_given_by_another_site_or_left_out(stage: Stage) -> None:
    person, system = stage.here.person(), stage.system()
    browser = stage.browser(person)
    page = browser.page(system.request()).text
    forged = browser.send(
        page.replace('name="csrf"', 'name="other"'), system.request().replace("authorize", "consent"), decision="yes"
    )
    assert forged.status_code == 403
    parameters = [{"name": k, "value": v} for k, v in parse_qsl(urlsplit(system.request()).query)]
    with refused(Status.FAILED_PRECONDITION, "CONSENT_NEEDED"):
        person.at("SsoService").Authorize(parameters=parameters)
    with refused(Status.FAILED_PRECONDITION, "SIGN_IN_NEEDED"):
        person.at("SsoService").Authorize(parameters=[*parameters, {"name": "prompt", "value": "login"}], approved=True)
    assert person.at("SsoService").ListConsents().consents == []


def test_prompt_and_max_age_ask_for_what_they_say(stage: Stage) -> None:
    person, system = stage.here.person(), stage.system()
    nobody, browser = stage.browser(), stage.browser(person)
    assert led_to(nobody.page(system.request(prompt="none")))[1]["error"] == "login_required"
    assert led_to(browser.page(system.request(prompt="none")))[1]["error"] == "consent_required"
    system.code(browser)
    assert "code" in led_to(browser.page(system.request(prompt="none")))[1]
    assert "code" in led_to(browser.page(system.request(max_age="60")))[1]
    fresh = browser.page(system.request(prompt="login"))
    assert fresh.status_code == 303 and fresh.headers["location"].startswith("/sign-in?next=")
    form = browser.page(fresh.headers["location"])
    back = browser.follow(browser.send(form.text, "/sign-in", login=person.number, password=PASSWORD))
    assert "code" in led_to(back)[1]
    assert browser.page(system.request(max_age="0")).headers["location"].startswith("/sign-in?next=")
    assert led_to(browser.page(system.request(prompt="none", max_age="0")))[1]["error"] == "login_required"


def test_an_officer_signs_on_with_his_post_and_without_anybodys_numbers(stage: Stage) -> None:
    officer, system = stage.halls.appoint("receive"), stage.system()
    browser = stage.browser()
    form = browser.page("/sign-in").text
    assert browser.send(form, "/sign-in", login=officer.staff_number, password=PASSWORD).status_code == 303
    token = system.exchange(system.code(browser, scope=" ".join(SCOPES))).json()
    told = system.userinfo(token["access_token"]).json()
    assert told == {
        "sub": officer.id,
        "realm": "officer",
        "name": officer.name,
        "department": officer.department,
        "department_name": officer.department_name,
        "region": officer.region,
    }
    assert "acr" not in system.id_token(token["id_token"])


def test_an_app_without_a_secret_signs_on_by_pkce_alone(stage: Stage) -> None:
    app = stage.system(proof=pb.CLIENT_PROOF_NONE)
    code = app.code(stage.browser(stage.here.person()))
    assert app.exchange(code, code_verifier=None).json()["error"] == "invalid_request"
    assert app.exchange(code).status_code == 200


# -- what tokens open --------------------------------------------------------------------------------------------------


def test_userinfo_tells_what_was_consented_to_and_no_more(stage: Stage) -> None:
    person, system = stage.here.person(), stage.system()
    token = system.exchange(system.code(stage.browser(person), scope="openid profile")).json()
    assert system.userinfo(token["access_token"]).json() == {"sub": person.id, "realm": "person", "name": person.name}
    assert token["scope"] == "openid profile" and "refresh_token" not in token
    posted = web.post(f"{stage.url}/oauth/userinfo", headers={"Authorization": f"Bearer {token['access_token']}"})
    assert posted.json()["sub"] == person.id and posted.headers["cache-control"] == "no-store"


def test_a_refreshed_token_may_be_narrower_and_never_wider(stage: Stage) -> None:
    person, system = stage.here.person(), stage.system()
    token = system.exchange(system.code(stage.browser(person), scope="openid phone offline_access")).json()
    narrow = system.refresh(token["refresh_token"], scope="openid").json()
    assert set(system.userinfo(narrow["access_token"]).json()) == {"sub", "realm"}
    wide = system.refresh(narrow["refresh_token"], scope="openid id_number")
    assert (wide.status_code, wide.json()["error"]) == (400, "invalid_scope")
    full = system.refresh(narrow["refresh_token"]).json()
    assert system.userinfo(full["access_token"]).json()["phone_number"] == f"+86{person.phone}"
    assert system.id_token(full["id_token"])["sub"] == person.id and "nonce" not in system.id_token(full["id_token"])


def test_nothing_a_client_gets_opens_our_own_services(stage: Stage) -> None:
    person, system = stage.here.person(), stage.system()
    token = system.exchange(system.code(stage.browser(person), scope=" ".join(SCOPES))).json()
    for one in (token["access_token"], token["id_token"]):
        with refused(Status.UNAUTHENTICATED, "TOKEN_REFUSED"):
            stage.here.by(None, one).GetMe()
    with refused(Status.UNAUTHENTICATED, "TOKEN_REFUSED"):
        stage.here.by(None).RefreshSession(refresh_token=token["refresh_token"])
    own = person.sign_in()
    assert system.userinfo(own.access_token).status_code == 401
    assert system.userinfo(token["id_token"]).status_code == 401
    assert system.refresh(own.refresh_token).json()["error"] == "invalid_grant"


def test_consents_are_listed_and_taken_back_and_everything_given_under_them_ends(stage: Stage) -> None:
    person, system, other = stage.here.person(), stage.system(), stage.system()
    browser = stage.browser(person)
    token = system.exchange(system.code(browser, scope=" ".join(SCOPES))).json()
    kept = other.exchange(other.code(browser)).json()
    listed = person.at("SsoService").ListConsents().consents
    assert {one.client_id for one in listed} == {system.client.id, other.client.id}
    first = next(one for one in listed if one.client_id == system.client.id)
    assert (first.client_name, first.department_name) == ("市场监管业务系统", "示范县市场监督管理局")
    assert list(first.scopes) == sorted(SCOPES)
    with refused(Status.NOT_FOUND):
        stage.here.person().at("SsoService").RevokeConsent(client_id=system.client.id)
    person.at("SsoService").RevokeConsent(client_id=system.client.id)
    assert system.userinfo(token["access_token"]).status_code == 401
    assert system.refresh(token["refresh_token"]).json()["error"] == "invalid_grant"
    stage.here.work()
    ended = store.sessions(stage.here.parts.database).get(system.id_token(token["id_token"])["sid"])
    assert ended.state.reason == "CONSENT_REVOKED"
    assert other.userinfo(kept["access_token"]).status_code == 200
    assert "是否允许登录" in browser.page(system.request()).text


@pytest.mark.parametrize("end", ["erased", "suspended"])
def test_who_is_erased_or_suspended_is_told_to_no_system(stage: Stage, end: str) -> None:
    person, system = stage.here.person(), stage.system()
    token = system.exchange(system.code(stage.browser(person), scope=" ".join(SCOPES))).json()
    if end == "erased":
        person.at("IdentityService").ErasePerson()
    else:
        event = events.PersonSuspended(person_id=person.id)
        store.persons(stage.here.parts.database).change(person.id, Cause(act(), "system:tests"), lambda _: event)
    told = system.userinfo(token["access_token"])
    assert (told.status_code, told.json()) == (401, {"error": "invalid_token"})
    assert told.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert system.refresh(token["refresh_token"]).json()["error"] == "invalid_grant"
