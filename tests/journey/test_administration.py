"""Administration in a real browser: two administrators and one new officer; the county's look; windows, devices, systems, helpers."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import OKPKey
from playwright.sync_api import Page, expect

from tests.journey.conftest import Visitor, until

PASSWORD = "Demo-2026-yiwang"
NUMBER, NAME = "sj-301", "欧阳测试金丝雀"
DEPARTMENT = "示范县市场监督管理局"


def _office(visit: Callable[..., Visitor], accounts: dict[str, Any], number: str, width: int = 1280) -> Visitor:
    visitor = visit(width)
    visitor.sign_in(number, accounts["officers"][number]["password"])
    return visitor


@pytest.fixture
def first(visit: Callable[..., Visitor], accounts: dict[str, Any]) -> Visitor:
    return _office(visit, accounts, "zw-901")


def _save(page: Page, button: str = "保存") -> None:
    page.get_by_role("button", name=button, exact=True).first.click()


def test_one_administrator_proposes_and_another_lets_it_hold(
    first: Visitor, visit: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    expect(first.page).to_have_url(re.compile("/admin$"))
    first.shot("60-admin")
    page = first.go("/admin/officers/new")
    page.get_by_label("工号").fill(NUMBER)
    page.get_by_label("姓名").fill(NAME)
    page.locator("select[name=department]").select_option(label=DEPARTMENT)
    page.locator("input[name=roles][value=decide]").check()
    page.get_by_label("初始密码").fill(PASSWORD)
    first.shot("61-appoint")
    _save(page)
    expect(page.get_by_text("须由另一名管理员批准后生效")).to_be_visible()
    assert not page.get_by_role("button", name="批准").count(), "who proposes may not approve"
    first.shot("62-proposed-own")

    second = _office(visit, accounts, "zw-902", 390)
    page = second.go("/admin")
    page.get_by_role("link", name=f"{NAME}（{NUMBER}）").click()
    expect(page.locator("section", has_text="待第二人批准")).to_contain_text("管示范（zw-901）")
    second.shot("63-approve-phone")
    page.get_by_role("button", name="批准", exact=True).click()
    expect(page.get_by_text("已批准")).to_be_visible()

    new = visit()
    new.sign_in(NUMBER, PASSWORD)
    expect(new.page.get_by_role("heading", name="收件箱")).to_be_visible()
    expect(new.page.locator(".section-head")).to_contain_text("决定")


def test_a_dismissed_officer_is_out_within_seconds(first: Visitor, visit: Callable[..., Visitor]) -> None:
    officer = visit()
    officer.sign_in(NUMBER, PASSWORD)
    page = first.go("/admin/officers")
    first.shot("64-officers")
    page.get_by_role("link", name=NAME).click()
    page.locator("summary", has_text="免职").click()
    first.shot("65-officer")
    page.get_by_role("button", name="免职", exact=True).click()
    expect(page.get_by_text("已免职").first).to_be_visible()
    until(lambda: "/sign-in" in _reopened(officer, "/desk"), 10)


def _reopened(visitor: Visitor, path: str) -> str:
    visitor.page.goto(visitor.url + path)
    return visitor.page.url


def test_the_county_gets_its_look_and_an_unreadable_colour_is_refused(
    first: Visitor, visit: Callable[..., Visitor]
) -> None:
    page = first.go("/admin/county")
    page.get_by_label("标语").fill("高效办成一件事")
    page.get_by_label("热线电话").fill("0990-12345")
    page.get_by_label("使用本县的主色").check()
    page.locator("input[type=color]").fill("#ffcc00")
    _save(page, "保存设置")
    expect(page.locator("#county-color-error")).to_be_visible()
    first.shot("66-colour-refused")
    page.locator("input[type=color]").fill("#8a1f2b")
    _save(page, "保存设置")
    expect(page.get_by_text("已保存")).to_be_visible()
    somebody = visit()
    until(lambda: somebody.go("/").get_by_text("高效办成一件事").count(), 10)
    expect(somebody.page.get_by_text("0990-12345")).to_be_visible()
    somebody.shot("67-home-of-the-county")


def test_windows_are_set_up_and_signed_on_to(
    first: Visitor, visit: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    page = first.go("/admin/windows")
    page.get_by_label("大厅").fill("示范县政务服务中心")
    page.get_by_label("窗口号").fill("9")
    page.locator("select[name=department]").select_option(label=DEPARTMENT)
    _save(page)
    officer = _office(visit, accounts, "sj-101", 390)
    page = officer.go("/desk/window")
    officer.shot("68-windows-phone")
    page.get_by_role("button", name=re.compile("在此上岗.*9 号")).click()
    expect(page.get_by_text("您已在此窗口上岗")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("您正在值守.*9 号"))).to_be_visible()
    officer.shot("69-on-duty-phone")
    page = first.go("/admin/windows")
    expect(page.get_by_text("张示范")).to_be_visible()
    first.shot("70-windows")
    page.get_by_role("link", name=re.compile("值守记录.* 9 号")).click()
    expect(page.get_by_text("值守中")).to_be_visible()
    first.shot("71-duties")
    officer.page.get_by_role("button", name="离岗").click()
    expect(officer.page.get_by_text("您已离岗")).to_be_visible()


def test_a_device_is_trusted_by_its_public_key_only(first: Visitor) -> None:
    key = Ed25519PrivateKey.generate()
    jwk = OKPKey.import_key(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    private = OKPKey.generate_key("Ed25519")
    page = first.go("/admin/devices")
    for content in (json.dumps(private.as_dict(private=True)), json.dumps(jwk.as_dict(private=False))):
        page.get_by_label("类别").select_option(label="自助终端")
        page.get_by_label("名称").fill("一楼东侧 1 号机")
        page.get_by_label("设备公钥").fill(content)
        _save(page, "登记")
        if content.count('"d"'):
            expect(page.locator("#device-jwk_json-error")).to_be_visible()
            first.shot("72-private-key-refused")
    expect(page.get_by_text("设备已登记")).to_be_visible()
    page.get_by_role("button", name=re.compile("停用")).click()
    expect(page.get_by_text("设备已停用")).to_be_visible()
    first.shot("73-devices")


def test_a_system_gets_its_secret_once_and_can_be_stopped(first: Visitor) -> None:
    page = first.go("/admin/clients/new")
    page.get_by_label("代码", exact=False).first.fill("bdc-test")
    page.get_by_label("名称").fill("不动产登记系统")
    page.locator("select[name=department]").select_option(label="示范县自然资源局")
    page.get_by_label("身份证明方式").select_option(value="CLIENT_PROOF_SECRET")
    page.get_by_label("回调地址").fill("http://bdc.example/cb")
    page.get_by_label("生成新的客户端密钥").check()
    _save(page)
    expect(page.locator("#client-redirect_uris-error")).to_be_visible()
    first.shot("74-client-refused")
    page.get_by_label("回调地址").fill("https://bdc.example/cb")
    page.get_by_label("生成新的客户端密钥").check()
    _save(page)
    expect(page.get_by_text("只显示这一次")).to_be_visible()
    secret = page.locator(".voucher dd").nth(1).inner_text()
    first.shot("75-secret")
    page.get_by_role("link", name="我已保存").click()
    assert len(secret) >= 20 and secret not in page.content()
    first.shot("76-client")
    page.get_by_role("button", name="停用").click()
    expect(page.get_by_text("已停用", exact=True)).to_be_visible()
    first.go("/admin/clients")
    first.shot("77-clients")


def test_helpers_departments_and_accounts_have_their_pages(first: Visitor) -> None:
    page = first.go("/admin/agents")
    page.locator("summary", has_text="任用代办员").click()
    page.get_by_label("代办员编号").fill("bb-302")
    page.locator("details", has_text="任用代办员").get_by_label("姓名").fill("王重阳")
    page.get_by_label("所在点").select_option(index=1)
    page.get_by_label("密码").fill(PASSWORD)
    page.locator("details", has_text="任用代办员").get_by_role("button", name="保存").click()
    expect(page.get_by_text("bb-302")).to_be_visible()
    first.shot("78-agents")
    for number, path in ((79, "departments"), (80, "persons")):
        first.go(f"/admin/{path}")
        first.shot(f"{number}-{path}")


def test_a_supervisor_sees_figures_and_duties_only(visit: Callable[..., Visitor], accounts: dict[str, Any]) -> None:
    visitor = _office(visit, accounts, "jd-801")
    page = visitor.go("/admin")
    expect(page.get_by_text("工作人员").first).to_be_visible()
    visitor.shot("81-admin-supervisor")
    assert not page.get_by_role("link", name="本县设置").count()
    assert page.goto(visitor.url + "/admin/county").status == 403  # type: ignore[union-attr]
