"""The security of an account in a real browser: a second factor with its recovery codes, and a passkey of Chromium's own authenticator."""

import re
from collections.abc import Callable, Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.local.suite import Suite
from tests.journey.conftest import Twin, Visitor
from tests.support.identity_service import fresh_number, fresh_phone

PASSWORD = "Journey-Password-1"
HOME = "/account/security"


@pytest.fixture
def visitor(browser: Browser, suite: Suite, twin: Twin) -> Iterator[Visitor]:
    """Somebody with scripts, at localhost: passkeys need a domain."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    yield Visitor(context.new_page(), suite.gateway_url.replace("127.0.0.1", "localhost"), twin)
    context.close()


@pytest.fixture
def with_authenticator(visitor: Visitor) -> None:
    """Chromium's virtual authenticator: built in, discoverable, with a finger that is always right."""
    session = visitor.page.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def register(visitor: Visitor) -> str:
    """A new account, signed in; its phone."""
    page, phone = visitor.go("/register"), fresh_phone()
    page.get_by_label("姓名").fill("司徒试行")
    page.get_by_label("公民身份号码").fill(fresh_number())
    page.get_by_label("手机号").fill(phone)
    page.get_by_label("密码", exact=False).nth(0).fill(PASSWORD)
    page.get_by_label("再输一次密码").fill(PASSWORD)
    page.get_by_role("button", name="注册并登录").click()
    expect(page).to_have_url(re.compile("/cases$"))
    return phone


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="退出", exact=True).first.click()
    expect(page.get_by_text("您已安全退出")).to_be_visible()


@pytest.mark.usefixtures("with_authenticator")
def test_a_passkey_is_added_signs_in_without_a_password_and_is_removed(visitor: Visitor) -> None:
    register(visitor)
    page = visitor.go(HOME)
    page.get_by_label("给新的通行密钥起个名称").fill("测试电脑")
    page.get_by_role("button", name="添加通行密钥").click()
    expect(page.get_by_text("通行密钥已添加")).to_be_visible()
    visitor.shot("50-security")
    sign_out(page)
    visitor.go("/sign-in")
    visitor.shot("51-sign-in-passkey")
    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page).to_have_url(re.compile("/cases$"))
    visitor.go(HOME)
    expect(page.get_by_role("row", name=re.compile("当前"))).to_contain_text("通行密钥")
    page.get_by_role("button", name=re.compile("删除.*测试电脑")).click()
    expect(page.get_by_text("通行密钥已删除")).to_be_visible()
    sign_out(page)
    visitor.go("/sign-in")
    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page.get_by_text("账号或密码不正确").first).to_be_visible()


def test_a_second_factor_is_set_up_and_asked_for_without_scripts(
    visit: Callable[..., Visitor],
) -> None:
    visitor = visit()
    phone = register(visitor)
    page = visitor.go(HOME)
    expect(page.get_by_role("button", name="添加通行密钥")).to_be_hidden()
    page.get_by_role("button", name="开启动态验证码").click()
    secret = page.locator("#secret").inner_text().replace(" ", "")
    expect(page.locator("svg.qr")).to_be_visible()
    visitor.shot("52-totp")
    totp = pyotp.TOTP(secret)
    page.get_by_role("textbox", name="验证码").fill("000000")
    page.get_by_role("button", name="开启", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("验证码不正确")
    assert page.locator("#secret").inner_text().replace(" ", "") == secret
    page.get_by_role("textbox", name="验证码").fill(totp.now())
    page.get_by_role("button", name="开启", exact=True).click()
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    visitor.shot("53-recovery-codes")
    sign_out(page)
    visitor.sign_in(phone, PASSWORD)
    expect(page).to_have_url(re.compile("/sign-in/code$"))
    visitor.shot("54-second-factor")
    page.get_by_role("textbox", name="验证码").fill(codes[0])
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(re.compile("/cases$"))
    visitor.go(HOME)
    expect(page.get_by_text("还有 9 个恢复码")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("当前"))).to_contain_text("密码、动态验证码")
