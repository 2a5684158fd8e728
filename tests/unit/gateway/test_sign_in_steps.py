"""Signing in step by step: password, second factor, passkey; where the visitor comes from; and the page of an account's security."""

import json
import re

import grpc
import pytest

from services.gateway.calls import CallError, FieldError
from tests.unit.gateway.told import Services, Site, hidden, refuse, session
from yiwang.identity.v1 import factors_pb2 as factors
from yiwang.identity.v1 import service_pb2 as identity
from yiwang.rating.v1 import service_pb2 as rating

CHALLENGE = "c" * 300
HOME = "/account/security"
WRONG = "验证码不正确或已使用过"
CODE_WRONG = CallError(grpc.StatusCode.INVALID_ARGUMENT, "CODE_WRONG", WRONG, [FieldError("code", WRONG)])


def challenged(*kinds: str) -> identity.Session:
    return identity.Session(challenge=identity.Challenge(challenge=CHALLENGE, factors=kinds or ("totp", "recovery")))


def first_step(site: Site, services: Services, next: str = "") -> None:
    services.on("SignIn", challenged())
    answer = site.send("/sign-in", {"login": "who", "password": "secret-password", "next": next})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/code")


def test_a_second_factor_is_asked_for_and_leads_where_the_visitor_wanted_to_go(site: Site, services: Services):
    first_step(site, services, "/items")
    assert site.get("/cases").headers["location"].startswith("/sign-in?")
    page = site.get("/sign-in/code").text
    assert "恢复码" in page and CHALLENGE not in page
    services.on("AnswerChallenge", session())
    answer = site.post(
        "/sign-in/code", {"csrf": hidden(page, "csrf"), "request_id": "act-00000009", "code": " 123456 "}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/items")
    (asked,) = services.requests("AnswerChallenge")
    assert (asked.challenge, asked.code, asked.request_id) == (CHALLENGE, "123456", "act-00000009")
    assert site.get("/cases").status_code == 200
    assert site.get("/sign-in/code").headers["location"] == "/sign-in"


def test_a_wrong_code_is_told_at_its_input_and_the_challenge_stays(site: Site, services: Services):
    first_step(site, services)
    services.on("AnswerChallenge", refuse("UNAUTHENTICATED", "SIGN_IN_REFUSED", "账号或密码不正确"))
    answer = site.send("/sign-in/code", {"code": "000000"})
    assert answer.status_code == 401 and 'aria-invalid="true"' in answer.text and "验证码不正确" in answer.text
    assert "000000" not in answer.text
    services.on("AnswerChallenge", session())
    assert site.send("/sign-in/code", {"code": "111111"}).status_code == 303


def test_nobody_comes_to_the_second_step_without_the_first(site: Site, services: Services):
    assert site.get("/sign-in/code").headers["location"] == "/sign-in"
    assert site.send("/sign-in/code", {"code": "123456"}).headers["location"] == "/sign-in"
    assert not services.requests("AnswerChallenge")


@pytest.mark.parametrize(
    ("refused", "status", "text"),
    [
        (refuse("RESOURCE_EXHAUSTED", "SIGN_IN_LOCKED", "登录失败次数过多，请2分钟后重试"), 429, "请2分钟后重试"),
        (refuse("PERMISSION_DENIED", "ACCOUNT_SUSPENDED", "该账号已被暂停使用，原因：冒用"), 403, "原因：冒用"),
        (refuse("UNAUTHENTICATED", "SIGN_IN_REFUSED", "账号或密码不正确"), 401, "账号或密码不正确"),
    ],
)
def test_why_a_sign_in_is_refused_stands_on_its_page(site: Site, services: Services, refused, status: int, text: str):
    services.on("SignIn", refused)
    answer = site.send("/sign-in", {"login": "who", "password": "secret-password"})
    assert answer.status_code == status and text in answer.text and 'action="/sign-in"' in answer.text


def test_a_passkey_signs_in_and_what_the_browser_needs_is_told_to_own_pages_only(site: Site, services: Services):
    page = site.get("/sign-in").text
    assert re.search(r'<div hidden data-passkey-shown="passkey-sign-in">', page) and "passkey.js" in page
    services.on("BeginPasskeySignIn", factors.BeginPasskeySignInResponse(options_json="{}", challenge=CHALLENGE))
    told = site.post("/sign-in/passkey/options", {"csrf": hidden(page, "csrf")})
    assert json.loads(told.text) == {"options": "{}", "challenge": CHALLENGE}
    assert site.post("/sign-in/passkey/options", {"csrf": "x"}).status_code == 403
    services.on("FinishPasskeySignIn", session())
    shown = {"challenge": CHALLENGE, "credential_json": '{"id": "x"}', "next": "/items"}
    answer = site.send("/sign-in/passkey", shown)
    assert (answer.status_code, answer.headers["location"]) == (303, "/items")
    services.on("FinishPasskeySignIn", refuse("UNAUTHENTICATED", "SIGN_IN_REFUSED", "账号或密码不正确"))
    assert site.send("/sign-in/passkey", shown).status_code == 401


def address(site: Site, services: Services, forwarded: str = "") -> str:
    services.on("SignIn", session())
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    site.post("/sign-in", {"csrf": site.token(), "login": "w", "password": "p"}, headers=headers)
    return str(services.requests("SignIn")[-1].address)


def test_nobody_tells_his_own_address(site: Site, services: Services):
    assert address(site, services) == "127.0.0.1"
    assert address(site, services, "203.0.113.9") == "127.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "nonsense'; drop", ""),
    ],
)
def test_an_address_counts_as_far_as_our_own_proxies_told_it(
    settings, request: pytest.FixtureRequest, proxies: int, forwarded: str, seen: str
):
    settings["trusted_proxies"] = proxies
    site = request.getfixturevalue("site")
    assert address(site, site.services, forwarded) == seen


def test_registration_and_second_step_tell_the_address_too(site: Site, services: Services):
    services.on("RegisterPerson", identity.Person(id="p-1"))
    services.on("SignIn", session())
    typed = {"name": "测试人甲", "id_number": "990101199001010011", "phone": "13800000001"}
    site.send("/register", {**typed, "password": "secret-pass-1", "password_again": "secret-pass-1"})
    assert services.requests("RegisterPerson")[0].address == services.requests("SignIn")[0].address == "127.0.0.1"
    site.client.cookies.clear()
    first_step(site, services)
    services.on("AnswerChallenge", session())
    site.send("/sign-in/code", {"code": "123456"})
    assert services.requests("AnswerChallenge")[0].address == "127.0.0.1"


# -- security of an account --------------------------------------------------------------------------------------------


@pytest.fixture
def signed_in(site: Site, services: Services) -> Site:
    site.sign_in()
    services.on("GetMe", identity.Me(person=identity.Person(id="p-1", name="测试人甲", password=True)))
    services.on("ListFactors", factors.Factors())
    here = identity.OpenSession(id="s-1", started_at="2026-03-05T06:07:00+00:00", methods=["pwd", "otp"], here=True)
    there = identity.OpenSession(id="s-2", started_at="2026-03-04T06:07:00+00:00", methods=["upstream"])
    services.on("ListSessions", identity.ListSessionsResponse(sessions=[here, there]))
    return site


def sent(site: Site, path: str, **form: str):
    token = hidden(site.get(HOME).text, "csrf")
    return site.post(path, {"csrf": token, "request_id": "act-00000001", **form})


def test_the_security_page_shows_factors_and_sessions(signed_in: Site, services: Services):
    passkey = factors.Passkey(id="k-1", label="我的<手机>", added_at="2026-03-05T06:07:00+00:00")
    services.on("ListFactors", factors.Factors(totp=True, recovery_codes_left=7, passkeys=[passkey]))
    page = signed_in.get(HOME).text
    for text in ("已开启", "还有 7 个恢复码", "我的&lt;手机&gt;", "还没有用过", "密码、动态验证码", "上级平台", "当前"):
        assert text in page
    assert page.count('name="session_id"') == 1 and 'value="s-2"' in page


def test_the_password_is_changed_and_never_shown_again(signed_in: Site, services: Services):
    typed = {"old_password": "old secret ", "new_password": "new-secret-1", "password_again": "new-secret-1"}
    services.on("ChangePassword", identity.ChangePasswordResponse())
    assert sent(signed_in, HOME + "/password", **typed).headers["location"] == HOME + "?done=password-changed"
    (asked,) = services.requests("ChangePassword")
    assert (asked.old_password, asked.new_password) == ("old secret ", "new-secret-1")
    services.on(
        "ChangePassword", refuse("INVALID_ARGUMENT", "PASSWORD_WRONG", "原密码不正确", old_password="原密码不正确")
    )
    refused = sent(signed_in, HOME + "/password", **typed)
    assert refused.status_code == 400 and 'id="password-old_password-error"' in refused.text
    unlike = sent(signed_in, HOME + "/password", **{**typed, "password_again": "new-secret-2"})
    assert unlike.status_code == 400 and "两次输入的新密码不一致" in unlike.text
    for page in (refused.text, unlike.text):
        assert "secret" not in page
    assert len(services.requests("ChangePassword")) == 2


def test_who_has_no_password_is_not_asked_for_one(signed_in: Site, services: Services):
    services.on("GetMe", identity.Me(person=identity.Person(id="p-1", name="测试人甲")))
    page = signed_in.get(HOME).text
    assert 'name="old_password"' not in page and "没有单独的密码" in page


@pytest.mark.parametrize(("password", "old"), [(True, True), (False, False)])
def test_just_after_a_passkey_or_an_upstream_provider_a_password_is_set_without_the_old_one(
    signed_in: Site, services: Services, password: bool, old: bool
):
    services.on("GetMe", identity.Me(person=identity.Person(id="p-1", name="测试人甲", password=password)))
    here = identity.OpenSession(id="s-1", methods=["passkey"], here=True, sets_password=True)
    services.on("ListSessions", identity.ListSessionsResponse(sessions=[here]))
    page = signed_in.get(HOME).text
    inputs = re.findall(r'<input id="password-old_password"[^>]*>', page)
    assert len(inputs) == old and not any(" required" in one for one in inputs)
    assert "10分钟内" in page and ("设置密码" in page) is not password
    services.on("ChangePassword", identity.ChangePasswordResponse())
    sent(signed_in, HOME + "/password", new_password="new-secret-1", password_again="new-secret-1")
    assert services.requests("ChangePassword")[0].old_password == ""


def begun(request: factors.BeginTotpRequest) -> factors.BeginTotpResponse:
    secret = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return factors.BeginTotpResponse(secret=secret, uri=f"otpauth://totp/x?secret={secret}")


def test_a_second_factor_is_set_up_with_a_picture_and_letters_and_its_codes_are_shown_once(
    signed_in: Site, services: Services
):
    services.on("BeginTotp", begun)
    page = sent(signed_in, HOME + "/totp")
    assert (
        page.status_code == 200
        and re.search(r'<svg class="qr"[^>]*viewBox="0 0 (\d+) \1"', page.text)
        and "ABCD EFGH" in page.text
        and "style=" not in page.text
    )
    form = {"begun": "act-00000001", "code": "123 456"}
    services.on("ConfirmTotp", CODE_WRONG)
    again = sent(signed_in, HOME + "/totp/confirm", **form)
    assert again.status_code == 400 and "ABCD EFGH" in again.text and 'id="code-error"' in again.text
    assert {one.request_id for one in services.requests("BeginTotp")} == {"act-00000001"}
    services.on("ConfirmTotp", factors.ConfirmTotpResponse(recovery_codes=["ABCDE-FGHIJ", "KLMNO-PQRST"]))
    done = sent(signed_in, HOME + "/totp/confirm", **form)
    assert "ABCDE-FGHIJ" in done.text and "只显示这一次" in done.text
    assert services.requests("ConfirmTotp")[-1].code == "123456"
    assert done.headers["cache-control"] == "no-store"


def test_a_second_factor_that_is_on_is_not_set_up_again_but_switched_off_by_a_code(signed_in: Site, services: Services):
    services.on("ListFactors", factors.Factors(totp=True, recovery_codes_left=10))
    services.on("BeginTotp", refuse("FAILED_PRECONDITION", "TOTP_ON", "已开启动态验证码，请先关闭再重新设置"))
    assert "请先关闭再重新设置" in sent(signed_in, HOME + "/totp").text
    services.on("RemoveTotp", CODE_WRONG)
    refused = sent(signed_in, HOME + "/totp/remove", code="987654")
    assert refused.status_code == 400 and 'id="totp-code-error"' in refused.text and "987654" not in refused.text
    services.on("RemoveTotp", factors.Factors())
    assert sent(signed_in, HOME + "/totp/remove", code="123456").headers["location"] == HOME + "?done=totp-off"


def test_passkeys_are_added_and_removed(signed_in: Site, services: Services):
    services.on("BeginPasskey", factors.BeginPasskeyResponse(options_json="{}", challenge=CHALLENGE))
    told = sent(signed_in, HOME + "/passkeys/options")
    assert json.loads(told.text) == {"options": "{}", "challenge": CHALLENGE}
    services.on("FinishPasskey", factors.Factors())
    added = sent(signed_in, HOME + "/passkeys", challenge=CHALLENGE, credential_json="{}", label="我的手机")
    assert added.headers["location"] == HOME + "?done=passkey-added"
    assert services.requests("FinishPasskey")[0].label == "我的手机"
    services.on("FinishPasskey", refuse("INVALID_ARGUMENT", "PASSKEY_REFUSED", "未通过", credential_json="未通过验证"))
    assert "未通过验证" in sent(signed_in, HOME + "/passkeys", challenge=CHALLENGE, label="我的手机").text
    services.on("RemovePasskey", factors.Factors())
    assert sent(signed_in, HOME + "/passkeys/remove", passkey_id="k-1").status_code == 303
    assert services.requests("RemovePasskey")[0].passkey_id == "k-1"


def test_sessions_are_ended_one_by_one_or_all_others_at_once(signed_in: Site, services: Services):
    services.on("EndSessions", identity.ListSessionsResponse())
    assert sent(signed_in, HOME + "/sessions", session_id="s-2").status_code == 303
    assert sent(signed_in, HOME + "/sessions/others").headers["location"] == HOME + "?done=sessions-ended"
    assert [one.session_id for one in services.requests("EndSessions")] == ["s-2", ""]


def test_nobody_reads_or_changes_the_security_of_an_account_without_a_session(site: Site, services: Services):
    assert site.get(HOME).headers["location"].startswith("/sign-in")
    for path in ("/password", "/totp", "/totp/confirm", "/passkeys", "/passkeys/options", "/sessions"):
        assert site.send(HOME + path).headers["location"].startswith("/sign-in")
    assert not services.requests("ListFactors")


def test_the_device_an_officer_signs_in_at_is_told_to_rating_and_no_citizens(site: Site, services: Services):
    site.sign_in()
    assert not services.requests("NoteOfficerDevice")
    site.sign_in(as_officer=True)
    services.on("NoteOfficerDevice", rating.NoteOfficerDeviceResponse())
    site.sign_in(as_officer=True)
    first, second = services.requests("NoteOfficerDevice")
    assert len(first.source.device) == 64
    assert first.source == second.source, "one browser is one device, and who cannot tell rating signs in all the same"
    assert first.request_id != second.request_id
