"""Sign-in with the province's provider: one person one file, the level it vouches for, and a refusal of everything that is wrong."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import grpc
import pytest

from chassis.config import ConfigurationError
from services.identity import people, store, upstream_client, upstreams
from tests.fakes.upstream_provider import Provider, row
from tests.support.calling import refused
from tests.support.identity_service import fresh_number, fresh_phone
from tests.support.sso import Stage, led_to, upstreams_file, web

Status = grpc.StatusCode
CODE = "province"


@pytest.fixture(autouse=True)
def friendly(province: Provider) -> None:
    province.fault = ""


def somebody(**changes: str) -> dict[str, str]:
    claims = {"name": "端木上游", "idcard": fresh_number(), "mobile": fresh_phone(), "user_real_lvl": "3"}
    return claims | changes


def begun(stage: Stage, code: str = CODE) -> Any:
    return stage.sso().BeginUpstream(code=code)


def answered(start: Any, who: str) -> list[dict[str, str]]:
    """What the provider sends back when this row of its people signs in."""
    answer = web.get(f"{start.redirect_to}&login_hint={who}")
    return [{"name": name, "value": value} for name, value in parse_qsl(urlsplit(answer.headers["location"]).query)]


def come(stage: Stage, who: str, **fields: Any) -> Any:
    start = begun(stage)
    return stage.sso().FinishUpstream(**({"keep": start.keep, "parameters": answered(start, who)} | fields))


def test_who_is_new_gets_a_file_with_the_level_the_province_vouches_for(stage: Stage, province: Provider) -> None:
    claims = somebody()
    session = come(stage, province.person(**claims))
    me = session.me.person
    assert (me.name, me.level, me.password) == (claims["name"], 4, False)
    assert me.phone_masked.endswith(claims["mobile"][-4:])
    again = come(stage, str(len(province.people) - 1))
    assert (again.me.person.id, again.id) != (me.id, session.id) and again.me.person.id == me.id
    record = stage.here.opening.sessions.get(session.id)
    assert (record.state.methods, record.state.principal) == (["upstream"], f"person:{me.id}")


def test_the_suite_may_prove_itself_to_a_provider_by_its_key(stage: Stage, province: Provider) -> None:
    start = begun(stage, "city")
    parameters = answered(start, province.person(**somebody()))
    assert stage.sso().FinishUpstream(keep=start.keep, parameters=parameters).me.person.id
    mixed = begun(stage), begun(stage, "city")
    with refused(Status.UNAUTHENTICATED, "UPSTREAM_REFUSED"):
        stage.sso().FinishUpstream(keep=mixed[1].keep, parameters=answered(mixed[0], "0"))


def test_who_has_a_file_finds_it_again_and_its_level_rises_and_never_falls(stage: Stage, province: Provider) -> None:
    person = stage.here.person(name="端木上游")
    who = province.person(**somebody(idcard=person.number, user_real_lvl="2"))
    assert come(stage, who).me.person.id == person.id
    assert person.level == 3
    assert [entry["type"] for entry in person.record.journal] == ["PersonRegistered", "PersonLevelRaised"]
    assert person.record.journal[-1]["data"]["source"] == f"upstream:{CODE}"
    province.people[int(who)]["user_real_lvl"] = "1"
    come(stage, who)
    assert (person.level, person.record.version) == (3, 2)


def test_one_person_has_one_file_however_many_come_at_once(stage: Stage, province: Provider) -> None:
    claims = somebody()
    who = province.person(**claims)
    starts = [begun(stage) for _ in range(6)]
    answers = [{"keep": start.keep, "parameters": answered(start, who)} for start in starts]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda fields: stage.sso().FinishUpstream(**fields).me.person.id, answers))
    assert len(set(found)) == 1
    person = people.find(stage.here.parts, claims["idcard"])
    assert person is not None and person.id == found[0]


def test_a_phone_that_is_anothers_is_left_out_of_the_new_file(stage: Stage, province: Provider) -> None:
    other = stage.here.person()
    session = come(stage, province.person(**somebody(mobile=other.phone)))
    assert session.me.person.phone_masked == ""


def test_the_same_request_has_the_same_answer_though_the_code_is_used_up(stage: Stage, province: Provider) -> None:
    start = begun(stage)
    fields = {
        "request_id": uuid.uuid4().hex,
        "keep": start.keep,
        "parameters": answered(start, province.person(**somebody())),
    }
    first, second = (stage.sso().FinishUpstream(**fields) for _ in range(2))
    assert first.id == second.id
    with refused(Status.UNAUTHENTICATED, "UPSTREAM_REFUSED"):
        stage.sso().FinishUpstream(**fields | {"request_id": uuid.uuid4().hex})


@pytest.mark.parametrize(
    "fault",
    [
        *("mixed_up", "no_iss", "denied", "issuer", "audience", "audiences", "expired", "not_yet", "nonce", "subject"),
        *("id_number", "name", "alg_none", "other_key", "oversized"),
    ],
)
def test_every_fault_of_the_providers_answer_is_refused_alike(stage: Stage, province: Provider, fault: str) -> None:
    who = province.person(**somebody())
    before = stage.here.parts.database["persons"].count_documents({})
    province.fault = fault
    with refused(Status.UNAUTHENTICATED, "UPSTREAM_REFUSED") as told:
        come(stage, who)
    assert told.message == upstreams.refused().message
    assert stage.here.parts.database["persons"].count_documents({}) == before
    province.fault = ""
    assert come(stage, who).me.person.id


def test_an_answer_to_something_else_is_refused(stage: Stage, province: Provider) -> None:
    who = province.person(**somebody())
    first, second = begun(stage), begun(stage)
    sent = answered(first, who)
    state = next(one for one in sent if one["name"] == "state")
    wrong: list[dict[str, Any]] = [
        {"keep": second.keep, "parameters": sent},
        {"keep": first.keep[:-4] + "AAAA", "parameters": sent},
        {"keep": "x" * 40, "parameters": sent},
        {"keep": first.keep, "parameters": []},
        {"keep": first.keep, "parameters": [*sent, state]},
        {"keep": begun(stage).keep, "parameters": [{"name": "state", "value": '{"$gt": ""}'}]},
    ]
    for fields in wrong:
        with refused(Status.UNAUTHENTICATED, "UPSTREAM_REFUSED"):
            stage.sso().FinishUpstream(**fields)


def test_another_name_for_a_number_we_know_is_refused(stage: Stage, province: Provider) -> None:
    person = stage.here.person()
    with refused(Status.UNAUTHENTICATED, "UPSTREAM_REFUSED"):
        come(stage, province.person(**somebody(idcard=person.number)))
    assert person.level == 1


def test_who_is_suspended_is_told_so(stage: Stage, province: Provider) -> None:
    person = stage.here.person(level=4, name="端木上游")
    stage.here.by(stage.halls.first).SuspendPerson(person_id=person.id, reason="账号被冒用")
    with refused(Status.PERMISSION_DENIED, "ACCOUNT_SUSPENDED"):
        come(stage, province.person(**somebody(idcard=person.number)))


def test_the_providers_keys_may_change_between_two_who_come(stage: Stage, province: Provider) -> None:
    who = province.person(**somebody())
    come(stage, who)
    province.rotate()
    stage_client(stage)._keys.at -= 31
    assert come(stage, who).me.person.id


def stage_client(stage: Stage) -> Any:
    """The client of the province in the api."""
    return stage.here.servicers["SsoService"].upstreams.clients[CODE]


def test_a_provider_nobody_configured_and_one_that_is_away_are_told_apart(stage: Stage, province: Provider) -> None:
    listed = [(one.code, one.name) for one in stage.sso().ListUpstreams().upstreams]
    assert listed == [(CODE, "省统一身份认证平台"), ("city", "市统一身份认证平台")]
    with refused(Status.NOT_FOUND):
        stage.sso().BeginUpstream(code="nobody")
    client, kept = stage_client(stage), stage_client(stage)._discovered
    client._discovered = type(kept)()
    issuer, client.provider.issuer = client.provider.issuer, "http://127.0.0.1:1"
    try:
        with refused(Status.UNAVAILABLE, "UPSTREAM_AWAY"):
            begun(stage)
        client.provider.issuer = issuer
        with refused(Status.UNAVAILABLE, "UPSTREAM_AWAY"):  # not asked again at once: those who come do not wait for it
            begun(stage)
        client._discovered.failed -= upstream_client.REST_SECONDS
        assert begun(stage).keep
    finally:
        client.provider.issuer, client._discovered = issuer, kept


def test_nothing_of_who_came_is_kept_in_clear(stage: Stage, province: Provider) -> None:
    claims = somebody(name="公孙上游")
    session = come(stage, province.person(**claims))
    database = stage.here.parts.database
    kept = "".join(str(one) for name in database.list_collection_names() for one in database[name].find({}))
    assert not [value for value in (claims["name"], claims["idcard"], claims["mobile"]) if value in kept]
    assert store.persons(database).get(session.me.person.id).journal[0]["by"] == f"person:{session.me.person.id}"


@pytest.mark.parametrize(
    "changes",
    [
        {"claims": {"name": "name"}},
        {"claims": {"id_number": "a", "name": "b", "shoe": "c"}},
        {"profile": "unheard-of"},
        {"profile": {"1": "VERY_SURE"}},
        {"issuer": None, "colour": "red"},
    ],
)
def test_a_file_of_providers_that_is_wrong_stops_the_start_and_shows_no_secret(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError) as told:
        upstreams.read(upstreams_file(tmp_path, row("https://province.example") | changes))
    assert "row 1" in str(told.value) and row("")["client_secret"] not in str(told.value)
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(ConfigurationError):
        upstreams.read(str(tmp_path / "bad.json"))


# -- in the browser ----------------------------------------------------------------------------------------------------


def test_a_button_of_the_sign_in_page_leads_to_the_province_and_back_to_where_one_wanted_to_go(
    stage: Stage, province: Provider
) -> None:
    browser, system = stage.browser(), stage.system()
    page = browser.follow(browser.page(system.request()))
    assert "省统一身份认证平台" in page.text
    link = page.text.split('href="/sign-in/upstream/')[1].split('"')[0]
    away = browser.page(f"/sign-in/upstream/{link}")
    assert away.headers["location"].startswith(province.url)
    answer = web.get(f"{away.headers['location']}&login_hint={province.person(**somebody())}")
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}" == stage.url
    landed = browser.page(f"{back.path}?{back.query}", **{"sec-fetch-site": "cross-site"})
    assert landed.headers["location"].startswith("/oauth/authorize?")
    asked = browser.follow(landed)
    assert "是否允许登录" in asked.text and "端木上游" in asked.text
    assert "code" in led_to(browser.consent(asked))[1]


def test_the_callback_of_somebody_elses_sign_in_signs_nobody_in(stage: Stage, province: Provider) -> None:
    mallory, victim = stage.browser(), stage.browser()
    away = mallory.page(f"/sign-in/upstream/{CODE}")
    answer = web.get(f"{away.headers['location']}&login_hint={province.person(**somebody())}")
    back = urlsplit(answer.headers["location"])
    for visitor in (victim, stage.browser()):
        page = visitor.page(f"{back.path}?{back.query}")
        assert page.status_code == 401 and "上级平台登录未成功" in page.text
    assert victim.page("/cases").headers["location"].startswith("/sign-in")
    evil = mallory.page(f"/sign-in/upstream/{CODE}?{urlencode({'next': 'https://evil.example/'})}")
    answer = web.get(f"{evil.headers['location']}&login_hint=0")
    back = urlsplit(answer.headers["location"])
    assert mallory.page(f"{back.path}?{back.query}").headers["location"] == "/cases"


def test_what_the_fake_is_told_is_what_it_says(province: Provider) -> None:
    """The fake is a provider of its own: its discovery, keys and errors are those of OpenID Connect."""
    found = web.get(f"{province.url}/.well-known/openid-configuration").json()
    assert found["issuer"] == province.url and json.loads(web.get(found["jwks_uri"]).text)["keys"]
    assert (
        web.post(found["token_endpoint"], data={"code": "x"}, headers={"Authorization": "Basic eA=="}).status_code
        == 400
    )
