"""The whole suite with the demonstration county, and real browsers."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from deploy.local import county
from deploy.local.suite import Suite
from tests.support import left_behind
from yiwang.catalog.v1.service_pb2 import SearchItemsRequest
from yiwang.catalog.v1.service_pb2_grpc import CatalogServiceStub

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMPLE", "own")
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
    return {"people": content["people"], "officers": {one["staffNumber"]: one for one in content["officers"]}}


@dataclass
class Visitor:
    """Somebody at a browser of his own."""

    page: Page
    url: str

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
        self.page.get_by_role("button", name="登录").click()

    def shot(self, name: str) -> None:
        """A screenshot for a person to look at, in build/screenshots."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


@pytest.fixture
def visit(browser: Browser, suite: Suite) -> Iterator[Callable[..., Visitor]]:
    """Opens a browser of its own for somebody; `javascript=False` for one without scripts."""
    contexts: list[BrowserContext] = []

    def come(width: int = 1280, **options: Any) -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, locale="zh-CN", java_script_enabled=False, **options
        )
        contexts.append(context)
        return Visitor(context.new_page(), suite.gateway_url)

    yield come
    for context in contexts:
        context.close()


def until(look: Callable[[], Any], seconds: float = 20) -> Any:
    """What `look` gives once it gives something; AssertionError after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.3)
    return found
