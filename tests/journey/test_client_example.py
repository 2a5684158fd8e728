"""The example of docs/integrating.md runs as it is printed; what it began goes on in a browser of another size."""

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from deploy.local.daemon import ROOT
from deploy.local.suite import Suite
from tests.journey.conftest import Visitor

ITEM = "公共场所卫生许可"
PROGRAM = [sys.executable, "docs/client_example.py"]


def run(suite: Suite, login: str, password: str, wanted: str) -> subprocess.CompletedProcess[str]:
    command = [*PROGRAM, suite.gateway_url, login, wanted]
    return subprocess.run(
        command, cwd=ROOT, input=password + "\n", capture_output=True, text=True, timeout=60, check=False
    )


def test_a_program_begins_an_application_that_goes_on_in_the_browser(
    suite: Suite, accounts: dict[str, Any], visit: Callable[..., Visitor]
) -> None:
    person = accounts["people"][0]
    done = run(suite, person["phone"], person["password"], ITEM)
    assert done.returncode == 0, done.stderr
    assert ITEM in done.stdout
    address = done.stdout.split("可以继续填写：")[1].split()[0]
    visitor = visit(1280)
    visitor.sign_in(person["phone"], person["password"])
    page = visitor.go(address.removeprefix(suite.gateway_url))
    expect(page.locator("h1")).to_contain_text(ITEM)
    assert page.locator("[value='由程序填写']").count()
    page = visitor.go("/drafts")
    page.get_by_role("button", name=re.compile("删除|丢弃|放弃")).first.click()
    expect(page.get_by_role("link", name=re.compile("继续填写"))).to_have_count(0)


def test_a_program_that_may_not_come_in_says_why(suite: Suite, accounts: dict[str, Any]) -> None:
    done = run(suite, accounts["people"][0]["phone"], "falsch-falsch", ITEM)
    assert done.returncode and "SIGN_IN_REFUSED" in done.stderr and "falsch" not in done.stderr
