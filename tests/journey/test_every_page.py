"""Every page of the route table in Chromium, with real records in it: nothing axe finds fault with, nothing wider than a small phone,
one heading that names it, nothing from elsewhere, no mistake of a script."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Request

from deploy.local.stores import Store
from services.gateway.app import PAGES
from tests.journey.conftest import Look, Twin
from tests.service.gateway import outside as outsides
from tests.service.gateway.outside import Outside
from tests.service.gateway.walked import Seen, walk

# The narrowest phone and a desk, in the colours of night and day by turns.
LOOKS: tuple[tuple[Look, ...], ...] = (((320, "light"), (1280, "dark")), ((320, "dark"), (1280, "light")))
WHOLE = """document.documentElement.lang + '|' + [...document.querySelectorAll('h1')].filter(one => one.checkVisibility()).length
    + '|' + (document.title.length > 4)"""


@pytest.fixture(scope="module")
def outside(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """The gateway's own process in front of the seven services, with a record of every kind."""
    with outsides.outside(store, tmp_path_factory.mktemp("every-page")) as outside:
        yield outside


class Answered(NamedTuple):
    """A page as it was answered, for a browser to show."""

    url: str
    text: str

    def content(self) -> str:
        return self.text


class Watched:
    """A browser that looks at pages, and what it heard of them."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.twin, self.url = Twin(browser), url
        self.heard: list[str] = []
        self.twin.page.on("console", self._said)
        self.twin.page.on("pageerror", lambda error: self.heard.append(f"script: {error}"))
        self.twin.page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        # News of a page need the session, which this browser does not have.
        if message.type == "error" and not message.text.startswith("EventSource"):
            self.heard.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.heard.append(f"asks elsewhere: {request.url}")

    def faults(self, seen: Seen, looks: tuple[Look, ...]) -> list[str]:
        """What is wrong with a page."""
        self.heard.clear()
        found = self.twin.faults(Answered(seen.answer.url, seen.answer.text), looks)  # type: ignore[arg-type]
        whole = str(self.twin.page.evaluate(WHOLE))
        found += [] if whole == "zh-CN|1|true" else [f"language, headings, title: {whole}"]
        return [f"{seen.page.path} by {seen.by or 'nobody'}: {one}" for one in (*found, *self.heard)]


@pytest.mark.timeout(900)
def test_no_page_has_anything_axe_finds_fault_with_or_does_not_fit(outside: Outside, browser: Browser) -> None:
    watched, found, looked = Watched(browser, outside.url), list[str](), set[str]()
    pages = [one for one in walk(outside) if one.html and one.answer.status_code == 200]
    for number, seen in enumerate(pages):
        # What a page looks like to nobody is looked at where only nobody comes there.
        if seen.by or seen.page.path not in looked:
            looked.add(seen.page.path)
            found += watched.faults(seen, LOOKS[number % 2])
    assert not found, "\n".join(found)
    assert len(looked) > len(PAGES) / 3, "the rest are files, refusals and ways back"
