"""What leaves the site: an acceptance told by SMS, as its provider says; and one that reaches nobody, which supervision sees."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from deploy.local.suite import Suite
from loadtests import world
from tests.fakes.message_provider import Provider, signed
from tests.journey.applying import apply_for, signed_in
from tests.journey.conftest import CALLBACK_SECRET, Look, Visitor, press, said, until

ITEM = "公共场所卫生许可"
RECEIVER, SUPERVISOR, ADMINISTRATOR = "wj-101", "jd-801", "zw-901"
ACCEPTED = "您的申请已受理"
NARROW: tuple[Look, ...] = ((320, "light"), (1280, "dark"))


@pytest.fixture(scope="module", autouse=True)
def day(come_once: Visitor, sms: Provider) -> Iterator[None]:
    """No hours without messages in the county, and a provider by which they arrive."""
    page = come_once.go("/admin/messages/rules")
    page.get_by_label("免打扰开始").fill("00:00")
    page.get_by_label("免打扰结束").fill("00:00")
    press(page, "保存规则")
    said(page, "消息规则已保存")
    sms.answers = ""
    # What a county sets is followed within two seconds.
    page.wait_for_timeout(2500)
    yield
    sms.answers = "never"


@pytest.fixture(scope="module")
def come_once(browser: Any, suite: Suite, twin: Any, accounts: dict[str, Any]) -> Iterator[Visitor]:
    """The administrator of messages."""
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    visitor = Visitor(context.new_page(), suite.gateway_url, twin)
    visitor.sign_in(ADMINISTRATOR, accounts["officers"][ADMINISTRATOR]["password"])
    yield visitor
    context.close()


def accepted(suite: Suite, accounts: dict[str, Any], person: dict[str, Any]) -> dict[str, Any]:
    """A case of somebody's that has just been accepted."""
    case = apply_for(signed_in(suite.gateway_url, person["phone"], person["password"]), ITEM)
    officer = accounts["officers"][RECEIVER]
    desk = signed_in(suite.gateway_url, officer["staffNumber"], officer["password"])
    desk.act("case.v1.CaseService/AcceptCase", caseId=case["id"])
    return case


def told(suite: Suite, sms: Provider, secret: str, *ids: str) -> int:
    """The status of the answer to a callback of the provider."""
    body = sms.callback(list(ids))
    timestamp, signature = signed(secret, body)
    headers = {"X-Timestamp": timestamp, "X-Signature": signature}
    return requests.post(f"{suite.gateway_url}/callbacks/messages/sms", body, headers=headers, timeout=20).status_code


def test_an_acceptance_arrives_by_sms_and_the_case_says_so(
    suite: Suite, visit: Callable[..., Visitor], accounts: dict[str, Any], sms: Provider
) -> None:
    person = accounts["people"][1]
    case = accepted(suite, accounts, person)

    def given() -> dict[str, Any] | None:
        return next((one for one in list(sms.messages.values()) if case["number"] in one["text"]), None)

    message = until(given)
    assert message["to"] == person["phone"]
    assert ITEM in message["text"] and person["name"] not in message["text"]
    assert told(suite, sms, "not-the-secret-it-shares", message["id"]) == 401
    assert [told(suite, sms, CALLBACK_SECRET, message["id"]) for _ in range(2)] == [204, 204]
    citizen = visit(390)
    citizen.sign_in(person["phone"], person["password"])
    row = citizen.go(f"/cases/{case['id']}").locator("#notices tr", has_text=ACCEPTED)
    expect(row).to_contain_text("已送达（短信）")
    row.get_by_role("link", name=ACCEPTED, exact=True).click()
    said(citizen.page, "发送记录")
    citizen.shot("412-notice-by-sms-phone", NARROW)
    seen = citizen.go("/account/accesses").locator("tr", has_text=case["number"]).first
    expect(seen).to_contain_text("消息服务")
    expect(seen).to_contain_text("发送通知：受理")
    expect(seen).to_contain_text("手机号码")


def test_what_reaches_nobody_is_a_finding_of_the_supervisor(
    suite: Suite, come: Callable[..., Visitor], accounts: dict[str, Any], sms: Provider
) -> None:
    person = accounts["people"][2]
    sms.bad.add(person["phone"])
    case = accepted(suite, accounts, person)
    notices = world.database(suite.store("message").uri, "message")["notices"]

    def nothing_left() -> Any:
        found = notices.find({"state.subject_id": case["id"]})
        return next((row for row in found if row["state"]["must"] and not row["state"]["channel"]), None)

    # As if he had not opened it for a day.
    notices.update_one({"_id": until(nothing_left)["_id"]}, {"$set": {"state.due": datetime.now(UTC)}})
    supervisor = come(SUPERVISOR)
    page = until(lambda: _failed(supervisor, case["number"]))
    expect(page.locator("tr", has_text=case["number"])).to_contain_text("短信")
    supervisor.shot("413-failed-notice", NARROW)
    page = until(lambda: _found(supervisor, case["number"]))
    supervisor.shot("414-finding-of-a-notice", NARROW)
    page.get_by_role("link", name="依法应当告知申请人的通知未能送达").first.click()
    said(page, case["number"])
    expect(supervisor.go(f"/desk/{case['id']}").locator("#notices")).to_contain_text("未能送达")


def _failed(supervisor: Visitor, number: str) -> Any:
    page = supervisor.go("/desk/messages/failed")
    return page if page.get_by_text(number).count() else None


def _found(supervisor: Visitor, number: str) -> Any:
    page = supervisor.go("/desk/findings?county=990121")
    return (
        page
        if page.get_by_text("依法应当告知申请人的通知未能送达").count() and page.get_by_text(number).count()
        else None
    )
