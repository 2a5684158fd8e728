"""The whole suite with the demonstration county, and real browsers."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from deploy.local import county
from deploy.local.suite import Suite
from standards.workdays import local_day
from tests.fakes import bank as paying_bank
from tests.fakes import licence_source, message_provider, payment_provider, program, verification_source
from tests.support import left_behind
from yiwang.catalog.v1.service_pb2 import SearchItemsRequest
from yiwang.catalog.v1.service_pb2_grpc import CatalogServiceStub

CHROMIUM = "/usr/bin/chromium"
# The treasury's, which the bank pays from.
PAYER_ACCOUNT = "3300000000000001"
# What the provider of messages signs with.
CALLBACK_SECRET = "journey-callback-secret"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# How every page is looked at for mistakes of accessibility and for what does not fit: width and colours.
Look = tuple[int, str]
LOOKS: tuple[Look, ...] = ((1280, "light"), (390, "dark"), (390, "light"), (1280, "dark"))
# Enough for a page whose parts another page showed in all looks: the narrow one, where things do not fit, in the colours few see.
AGAIN: tuple[Look, ...] = ((390, "dark"),)
RUN = "axe.run({resultTypes: ['violations']}).then(found => found.violations)"
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
SHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"


@pytest.fixture(scope="session")
def licences() -> Iterator[licence_source.LicenceSource]:
    """The licence source of the county."""
    with program.running(licence_source.LicenceSource()) as source:
        yield source


@pytest.fixture(scope="session")
def payments() -> Iterator[payment_provider.PaymentProvider]:
    """Its payment provider."""
    with program.running(payment_provider.PaymentProvider()) as provider:
        yield provider


@pytest.fixture(scope="session")
def bank() -> Iterator[paying_bank.Bank]:
    """The bank policies' money is paid by."""
    with program.running(paying_bank.Bank(day=f"{local_day(datetime.now(UTC)):%Y-%m-%d}")) as paying:
        yield paying


@pytest.fixture(scope="session")
def sms() -> Iterator[message_provider.Provider]:
    """Its provider of SMS. Nothing it takes arrives, unless a story tells it otherwise: what is not opened in the message centre waits."""
    with program.running(message_provider.Provider(answers="never")) as provider:
        yield provider


@pytest.fixture(scope="session")
def suite(
    tmp_path_factory: pytest.TempPathFactory,
    licences: licence_source.LicenceSource,
    payments: payment_provider.PaymentProvider,
    bank: paying_bank.Bank,
    sms: message_provider.Provider,
) -> Iterator[Suite]:
    with pytest.MonkeyPatch.context() as patch, verification_source.running() as source:
        patch.setenv("SAMPLE", "own")
        patch.setenv("VERIFICATION_URL", source.url)
        patch.setenv("LICENCE_SOURCE_URL", licences.url)
        patch.setenv("PAYMENT_URL", payments.url)
        patch.setenv("BANK_URL", bank.url)
        patch.setenv("PAYER_ACCOUNT", PAYER_ACCOUNT)
        patch.setenv("SMS_PROVIDERS", f"sms={sms.url}")
        patch.setenv("CALLBACK_SECRETS", f"sms={CALLBACK_SECRET}")
        with Suite(tmp_path_factory.mktemp("journey") / "suite") as suite:
            faults = county.load(suite.places, "journey", lambda *_: None)
            assert not faults, f"not loaded: {faults}"
            catalog = CatalogServiceStub(grpc.insecure_channel(suite.address("catalog")))
            until(lambda: catalog.SearchItems(SearchItemsRequest()).total)
            yield suite
            left_behind.require_clean_suite(suite)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def accounts() -> dict[str, Any]:
    """The demonstration accounts, officers by staff number."""
    content = json.loads((county.SAMPLE / "people.json").read_text())
    officers = {one["staffNumber"]: one for one in content["officers"]}
    return {"people": content["people"], "officers": officers, "agents": content["agents"]}


class Twin:
    """A browser with scripts that shows what a visitor's without them shows, so that axe can look it through."""

    def __init__(self, browser: Browser) -> None:
        # Colours that fade over would be measured on their way.
        context = browser.new_context(locale="zh-CN", reduced_motion="reduce")
        self.page, self.axe = context.new_page(), Axe()

    def faults(self, page: Page, looks: Sequence[Look] = LOOKS) -> list[str]:
        """What axe finds, and where the page is wider than the screen; in each of these looks."""
        address, content, found = page.url.partition("#")[0], page.content(), []

        def same(route: Route) -> None:
            route.fulfill(body=content, content_type="text/html; charset=utf-8")

        self.page.route(lambda url: url == address, same)
        self.page.goto(address)
        self.page.evaluate(self.axe.axe_script)
        for width, scheme in looks:
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for one in self.page.evaluate(RUN):
                where = [node["html"][:120] for node in one["nodes"][:2]]
                found.append(f"{address} {width} {scheme}: {one['id']} {one['help']} {where}")
            if not self.page.evaluate(FITS):
                found.append(f"{address} {width} {scheme}: wider than the screen")
        self.page.unroute_all()
        return found


@pytest.fixture(scope="session")
def twin(browser: Browser) -> Twin:
    return Twin(browser)


def said(page: Page, text: str) -> None:
    """The page says this."""
    expect(page.get_by_text(text).first).to_be_visible()


def press(page: Page, name: str) -> None:
    """Presses the button of this name."""
    page.get_by_role("button", name=name, exact=True).click()


@dataclass
class Visitor:
    """Somebody at a browser of his own."""

    page: Page
    url: str
    twin: Twin

    def go(self, path: str) -> Page:
        """Opens a page of the site."""
        answer = self.page.goto(self.url + path)
        assert answer is not None and answer.ok, f"{path}: {answer and answer.status}"
        return self.page

    def sign_in(self, login: str, password: str) -> None:
        """Signs in by the form."""
        if not self.page.url.startswith(self.url + "/sign-in"):
            self.go("/sign-in")
        self.page.get_by_label("账号").fill(login)
        self.page.get_by_label("密码").fill(password)
        self.page.get_by_role("button", name="登录", exact=True).click()

    def shot(self, name: str, looks: Sequence[Look] = LOOKS) -> None:
        """A screenshot for a person to look at, in build/screenshots; and nothing on it that axe finds fault with."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
        assert self.twin.faults(self.page, looks) == []

    def answer(self) -> None:
        """Answers the scenario questions, the first option each, until the form itself is there."""
        page = self.page
        for _ in range(20):
            if page.locator("form[enctype]").count():
                return
            names = {
                field.get_attribute("name")
                for field in page.locator("#scenario input[type=radio], #scenario input[type=checkbox]").all()
            }
            for name in names:
                page.locator(f"#scenario input[name='{name}']").first.check()
            for field in page.locator("#scenario input[inputmode=numeric]").all():
                field.fill("3")
            page.locator("#scenario button[type=submit]").click()


@pytest.fixture
def visit(browser: Browser, suite: Suite, twin: Twin) -> Iterator[Callable[..., Visitor]]:
    """Opens a browser of its own for somebody, without scripts: no page needs them."""
    contexts: list[BrowserContext] = []

    def come(width: int = 1280, **options: Any) -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, locale="zh-CN", java_script_enabled=False, **options
        )
        contexts.append(context)
        return Visitor(context.new_page(), suite.gateway_url, twin)

    yield come
    for context in contexts:
        context.close()


@pytest.fixture
def scripted(browser: Browser, suite: Suite, twin: Twin) -> Iterator[Callable[..., Visitor]]:
    """Opens a browser with scripts, for what is made in it and must not leave it before its time."""
    contexts: list[BrowserContext] = []

    def come(width: int = 1280) -> Visitor:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN"))
        return Visitor(contexts[-1].new_page(), suite.gateway_url, twin)

    yield come
    for context in contexts:
        context.close()


@pytest.fixture
def come(visit: Callable[..., Visitor], accounts: dict[str, Any]) -> Callable[..., Visitor]:
    """An officer at his browser."""

    def come(number: str, width: int = 1280) -> Visitor:
        visitor = visit(width)
        visitor.sign_in(number, accounts["officers"][number]["password"])
        return visitor

    return come


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """What one test of a story hands to the next."""
    return {}


def until(look: Callable[[], Any], seconds: float = 20) -> Any:
    """What `look` gives once it gives something; AssertionError after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.3)
    return found
