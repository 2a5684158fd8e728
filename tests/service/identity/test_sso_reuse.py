"""Codes and refresh tokens that are used twice, and keys that rotate while people are signed on."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import grpc
from joserfc import jws

from chassis.acts import now
from chassis.records import broken_at
from services.identity import store, store_clients, store_sso
from tests.support.sso import SCOPES, Stage, led_to, web

Status = grpc.StatusCode


def test_a_refresh_token_used_again_within_ten_seconds_has_the_same_successor_and_later_ends_the_session(
    stage: Stage,
) -> None:
    system = stage.system()
    token = system.exchange(system.code(stage.browser(stage.here.person()), scope=" ".join(SCOPES))).json()
    with ThreadPoolExecutor(6) as pool:
        answers = [one.json() for one in pool.map(lambda _: system.refresh(token["refresh_token"]), range(6))]
    assert len({one["refresh_token"] for one in answers}) == 1 and token["refresh_token"] != answers[0]["refresh_token"]
    id = system.id_token(token["id_token"])["sid"]
    sessions = stage.here.parts.database["sessions"]
    before = sessions.find_one({"_id": id})["state"]["refreshed_at"] - timedelta(seconds=11)
    sessions.update_one({"_id": id}, {"$set": {"state.refreshed_at": before}})
    late = system.refresh(token["refresh_token"])
    assert (late.status_code, late.json()["error"]) == (400, "invalid_grant")
    assert store.sessions(stage.here.parts.database).get(id).state.reason == "REFRESH_REUSED"
    assert system.refresh(answers[0]["refresh_token"]).json()["error"] == "invalid_grant"
    assert system.userinfo(answers[0]["access_token"]).status_code == 401


def test_a_code_used_twice_ends_what_was_made_of_it(stage: Stage) -> None:
    system = stage.system()
    code = system.code(stage.browser(stage.here.person()), scope=" ".join(SCOPES))
    token = system.exchange(code).json()
    assert system.userinfo(token["access_token"]).status_code == 200
    assert system.exchange(code).json()["error"] == "invalid_grant"
    assert system.userinfo(token["access_token"]).status_code == 401
    assert system.refresh(token["refresh_token"]).json()["error"] == "invalid_grant"
    id = system.id_token(token["id_token"])["sid"]
    assert store.sessions(stage.here.parts.database).get(id).state.reason == "CODE_REUSED"


def test_of_many_who_exchange_one_code_at_once_none_keeps_what_he_got(stage: Stage) -> None:
    system = stage.system()
    code = system.code(stage.browser(stage.here.person()))
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: system.exchange(code), range(6)))
    assert {one.status_code for one in answers} <= {200, 400} and 400 in {one.status_code for one in answers}
    sessions = [
        one["state"]["reason"]
        for one in stage.here.parts.database["sessions"].find({"state.client_id": system.client.id})
    ]
    assert sessions == ["CODE_REUSED"], "one was opened for the code, and it has ended"
    good = [one.json()["access_token"] for one in answers if one.status_code == 200]
    assert len(good) <= 1
    assert all(system.userinfo(one).status_code == 401 for one in good)


def test_signing_keys_rotate_while_people_are_signed_on(stage: Stage) -> None:
    system = stage.system()
    token = system.exchange(system.code(stage.browser(stage.here.person()), scope=" ".join(SCOPES))).json()
    old = system.id_token(token["id_token"])
    keys = stage.here.opening.keys
    born = stage.here.parts.database["signing_keys"]
    for document in born.find({}):
        born.update_one({"_id": document["_id"]}, {"$set": {"created_at": document["created_at"] - timedelta(days=31)}})
    keys.refresh()
    fresh = next(one for one in born.find({}) if one["created_at"] > now() - timedelta(days=1))
    born.update_one({"_id": fresh["_id"]}, {"$set": {"created_at": now() - timedelta(minutes=6)}})
    keys.refresh()
    later = system.refresh(token["refresh_token"]).json()
    assert jws.extract_compact(later["id_token"].encode()).headers()["kid"] == fresh["_id"]
    assert jws.extract_compact(token["id_token"].encode()).headers()["kid"] != fresh["_id"]
    assert system.id_token(token["id_token"]) == old and system.id_token(later["id_token"])["sub"] == old["sub"]
    assert (
        system.userinfo(token["access_token"]).status_code == system.userinfo(later["access_token"]).status_code == 200
    )
    leave = web.get(f"{stage.url}/oauth/end-session", params={"id_token_hint": token["id_token"]})
    assert "您已退出该系统" in leave.text and system.userinfo(later["access_token"]).status_code == 401


def test_the_discovery_document_is_the_same_for_programs_of_plain_oauth(stage: Stage) -> None:
    found = web.get(f"{stage.url}/.well-known/oauth-authorization-server")
    assert found.json() == web.get(f"{stage.url}/.well-known/openid-configuration").json()
    assert found.headers["cache-control"] == "public, max-age=120"
    kinds = {(key["kty"], key["alg"]) for key in web.get(f"{stage.url}/oauth/jwks").json()["keys"]}
    assert kinds == {("OKP", "EdDSA"), ("RSA", "RS256")}
    assert not {"d", "p", "q"} & {name for key in web.get(f"{stage.url}/oauth/jwks").json()["keys"] for name in key}


def test_a_system_may_send_people_by_a_form_of_its_own(stage: Stage) -> None:
    system, browser = stage.system(), stage.browser(stage.here.person())
    system.code(browser)
    form = dict(parse_qsl(urlsplit(system.request()).query))
    there = browser.http.post("/oauth/authorize", data=form, headers={"sec-fetch-site": "cross-site"})
    assert there.status_code == 303 and there.headers["location"].startswith("/oauth/authorize?")
    assert "code" in led_to(browser.page(there.headers["location"]))[1]


def test_journals_of_sign_on_replay_to_their_state(stage: Stage) -> None:
    system, person = stage.system(), stage.here.person()
    system.exchange(system.code(stage.browser(person)))
    person.at("SsoService").RevokeConsent(client_id=system.client.id)
    stage.clients().DisableClient(client_id=system.client.id, reason="停用")
    database = stage.here.parts.database
    for records in (*store_sso.records(database), *store_clients.records(database)):
        for document in records.collection.find({}):
            assert broken_at(document["journal"]) is None
            # Another test makes a code older than it is.
            assert records.drift(document) in ([], ["begun_at"]), records.collection.name
