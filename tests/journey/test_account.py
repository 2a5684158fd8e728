"""A person's own account in a real browser: register, prove who one is, read who saw what, and leave for good."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from standards.identifiers import id_number_check_digit
from tests.fakes.verification_source import CODE, TICKET
from tests.journey.conftest import Visitor, press, said, until

NUMBER = "99010419950505101"
PERSON = {"姓名": "诸葛试真名", "公民身份号码": NUMBER + id_number_check_digit(NUMBER), "手机号": "19900000321"}
PASSWORD = "Demo-2026-yiwang"


@pytest.fixture
def person(visit: Callable[..., Visitor]) -> Visitor:
    visitor = visit()
    visitor.sign_in(PERSON["手机号"], PASSWORD)
    return visitor


def _verified(visitor: Visitor, word: str) -> None:
    """Waits for the answer of the source, as a person would by reloading."""
    until(lambda: visitor.go("/account/level").locator(".who-in", has_text=word).count())


def test_somebody_registers_and_finds_himself_with_masked_numbers(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.go("/register")
    visitor.shot("20-register")
    for label, value in PERSON.items():
        page.get_by_label(label).fill(value)
    page.get_by_label("密码", exact=False).first.fill(PASSWORD)
    page.get_by_label("再输一次密码").fill(PASSWORD)
    page.get_by_role("button", name="注册并登录").click()
    page.get_by_role("link", name="我的账户").first.click()
    expect(page.locator(".who")).to_contain_text("未核验")
    assert PERSON["公民身份号码"] not in page.content() and PERSON["手机号"] not in page.content()
    visitor.shot("21-account")


def test_the_level_rises_by_a_code_a_register_and_a_face(person: Visitor) -> None:
    page = person.go("/account/level")
    page.get_by_label("手机短信").check()
    page.get_by_role("button", name="开始核验").click()
    person.shot("22-level-pending")
    until(lambda: person.go("/account/level").get_by_label("回应内容").count())
    page.get_by_label("回应内容").fill(CODE)
    person.shot("23-level-challenged")
    page.get_by_role("button", name="提交", exact=True).click()
    _verified(person, "手机号已核验")
    page.get_by_label("姓名和身份证号比对").check()
    page.get_by_role("button", name="开始核验").click()
    _verified(person, "实名已核验")
    page.get_by_label("人脸核验").check()
    page.get_by_role("button", name="开始核验").click()
    until(lambda: person.go("/account/level").get_by_label("回应内容").count())
    page.get_by_label("回应内容").fill(TICKET)
    page.get_by_role("button", name="提交", exact=True).click()
    _verified(person, "人脸或银行卡已核验")
    person.shot("24-level-strong")


def test_who_is_verified_claims_his_company_and_acts_for_it(person: Visitor) -> None:
    page = person.go("/account/organizations")
    page.get_by_label("统一社会信用代码").fill("91990121MA00000A1X")
    page.get_by_label("企业名称").fill("示范县试真名餐饮有限公司")
    page.get_by_role("button", name="提交认领").click()
    expect(page.get_by_role("alert")).to_contain_text("统一社会信用代码")
    person.shot("25-claim-refused")
    page.get_by_label("统一社会信用代码").fill("91990121MA00000122")
    page.get_by_role("button", name="提交认领").click()
    until(lambda: person.go("/account/organizations").get_by_role("button", name="以企业身份办事").count())
    person.shot("26-organizations")
    page.get_by_role("link", name="示范县试真名餐饮有限公司", exact=True).click()
    person.shot("27-organization")
    page.get_by_role("button", name="以企业身份办事").click()
    expect(page.get_by_role("region", name="代办提示")).to_contain_text("您正在代 示范县试真名餐饮有限公司 办理")
    person.shot("28-acting-organization")
    page.get_by_role("button", name="结束代办").click()
    expect(page.get_by_text("代办已结束")).to_be_visible()


def test_somebody_states_where_he_is_reached(person: Visitor) -> None:
    page = person.go("/account")
    page.get_by_role("link", name="联系方式").click()
    expect(page.locator("main")).to_contain_text("未绑定")
    page.get_by_label("电子邮箱").fill("zhuge.shi@example")
    page.get_by_label("通信地址").fill("1号")
    press(page, "保存")
    expect(page.get_by_role("alert")).to_contain_text("电子邮箱不正确")
    expect(page.get_by_role("alert")).to_contain_text("通信地址请写完整")
    person.shot("29-contact-refused")
    page.get_by_label("电子邮箱").fill("zhuge.shi@example.cn")
    page.get_by_label("通信地址").fill("示范县城关镇人民路12号3单元402")
    press(page, "保存")
    said(page, "联系方式已保存。")
    page = person.go("/account/contact")
    expect(page.get_by_label("电子邮箱")).to_have_value("zhuge.shi@example.cn")
    person.shot("29-contact")
    page.get_by_label("通信地址").fill("")
    press(page, "保存")
    expect(page.get_by_label("通信地址")).to_have_value("")
    expect(page.get_by_label("电子邮箱")).to_have_value("zhuge.shi@example.cn")


def test_every_page_of_the_account_can_be_used_by_everybody(person: Visitor) -> None:
    for number, path in enumerate(("accesses", "consents", "delegations", "delegations/new", "security", "erase"), 30):
        person.go(f"/account/{path}")
        person.shot(f"{number}-{path.replace('/', '-')}")


def test_erasing_needs_the_words_and_leaves_nothing_to_sign_in_to(
    person: Visitor, visit: Callable[..., Visitor]
) -> None:
    page = person.go("/account/erase")
    page.get_by_label("以确认").fill("注销")
    page.get_by_role("button", name="永久注销").click()
    expect(page.get_by_role("alert")).to_contain_text("请完整输入")
    page.get_by_label("以确认").fill("注销账号")
    page.get_by_role("button", name="永久注销").click()
    expect(page.get_by_text("账号已注销")).to_be_visible()
    again = visit()
    again.sign_in(PERSON["手机号"], PASSWORD)
    expect(again.page).to_have_url(re.compile("/sign-in"))
    expect(again.page.get_by_role("alert")).to_be_visible()
