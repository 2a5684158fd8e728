"""What pages cost: the time the gateway takes for each of the five most asked, what a browser loads for it, and how soon somebody on a
phone sees what he searched for.

`python -m loadtests.bench_pages` measures it alone. Server time is the gateway's own: what it writes to its log for each request. The
load comes at its rate whatever is answered; weights and seconds are Chromium's, with nothing kept from an earlier visit.
"""

import base64
import itertools
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import grpc
import orjson
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from deploy.local.install import BROWSERS
from deploy.local.places import master_key
from deploy.local.suite import Suite
from loadtests import bench_search, world
from loadtests.campaign import Campaign, scratch, until_true
from loadtests.figures import Figure, publish
from services.gateway.session import Sealer, Session
from yiwang.catalog.v1 import service_pb2, service_pb2_grpc

ITEMS, CASES = 10_000, 1_000
RATE, SECONDS, WARM = 50, 20, 100
PEOPLE, DESKS = 40, 20
P99, WEIGHT, SHOWN = 50, 150, 2.5
# By the names of the figures: the route of each page as the gateway's log calls it.
ROUTES = {"home": "/", "search": "/items", "guide": "/items/{item_id:uuid}", "my_cases": "/cases", "inbox": "/desk"}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
# Lighthouse's phone: slow 4G (kbit/s down and up, round trip in ms), and a processor four times slower. The second is as slow as such
# a line gets.
SLOW_4G, SLOWEST, RTT, CPU = (1600, 750), (400, 400), 150, 4
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 3}
VISITS = 5
# When the largest thing of the page was painted, in ms since it was asked for; text that waits for its style sheets is not painted.
PAINTED = """new Promise(done => new PerformanceObserver(seen => done(seen.getEntries().pop().startTime))
    .observe({type: 'largest-contentful-paint', buffered: true}))"""


class Asked(NamedTuple):
    """One request of the load: an address, and the cookie of who asks."""

    path: str
    cookie: str


class Visitors:
    """People and officers of the campaign's world, signed in without identity: their sessions are sealed as the gateway does."""

    def __init__(self, campaign: Campaign) -> None:
        suite = campaign.suite
        self.sealer = Sealer(base64.b64decode(master_key(suite.folder, "gateway")), secure=False)
        stores = [world.database(suite.store(name).uri, name) for name in suite.services]
        key = world.signing_key(*stores)
        self.people = [
            self._cookie(world.person_token(key, number), f"load-person-{number}", realm="person", name="测试人")
            for number in range(PEOPLE)
        ]
        self.officers = [
            self._cookie(
                world.officer_token(key, number, "receive"),
                f"load-officer-{number}",
                realm="officer",
                name="测试官",
                roles=["receive"],
                department=world.department(number),
                department_name=f"第{number}部门",
                region="990121",
            )
            for number in range(DESKS)
        ]

    def _cookie(self, token: str, id: str, **told: Any) -> str:
        session = Session(access_token=token, refresh_token="none", expires=int(time.time()) + 3600, id=id, **told)
        session.form_token()
        return self.sealer.seal(session)


def measure() -> list[Figure]:
    """The figures, with a suite of their own that holds a catalogue of ten thousand items and a thousand cases."""
    folder = scratch("pages")
    with Suite(folder / "suite") as suite:
        campaign = Campaign(suite, folder / "loads").prepare()
        bench_search.import_items(campaign, ITEMS)
        submitted = campaign.load("submit", 100, CASES / 100)
        if submitted["errors"]:
            raise RuntimeError(f"submit: {submitted['errors']}")
        until_true(lambda: campaign.cases.find_one({"unsent": True}) is None, 120)
        visitors, guides = Visitors(campaign), _guides(suite)
        found = served(campaign, visitors, guides)
        with _browser() as browser:
            return [*found, *weights(browser, suite, visitors, guides[0]), *on_a_phone(browser, suite)]


def _guides(suite: Suite) -> list[str]:
    """Ids of some items of the catalogue."""
    stub = service_pb2_grpc.CatalogServiceStub(grpc.insecure_channel(suite.address("catalog")))
    hits = stub.SearchItems(service_pb2.SearchItemsRequest(query="许可", page_size=100), timeout=20).hits
    return [hit.id for hit in hits]


# -- time of the server ------------------------------------------------------------------------------------------------


def served(campaign: Campaign, visitors: Visitors, guides: list[str]) -> list[Figure]:
    """Milliseconds the gateway takes for each page while all of them are asked for, and what a page costs in CPU."""
    log = campaign.suite.folder / "logs" / "gateway.log"
    asked = [one._asdict() for one in itertools.islice(_asked(visitors, guides), RATE * SECONDS)]
    campaign.load("pages", RATE, WARM / RATE, asked=asked)
    before = log.stat().st_size
    result = campaign.load("pages", RATE, SECONDS, asked=asked)
    if result["errors"]:
        raise RuntimeError(f"pages: {result['errors']}")
    times = _times(log, before)
    figures = [Figure("site.pages", sum(map(len, times.values())), "pages")]
    for name in ROUTES:
        figures += [
            Figure(f"site.{name}_p50", _share(times[name], 50), "ms"),
            Figure(f"site.{name}_p99", _share(times[name], 99), "ms", P99),
        ]
    spent = {name: value for name, value in result["cpu_by"].items() if value > 0.05}
    return [
        *figures,
        Figure("site.client_p50", result["p50"], "ms"),
        Figure("site.client_p99", result["p99"], "ms"),
        *(Figure(f"site.page_cpu.{name}", spent[name], "ms") for name in sorted(spent)),
    ]


def _asked(visitors: Visitors, guides: list[str]) -> Iterator[Asked]:
    """The five pages in turn, each time by somebody else, for something else."""
    words, pages = itertools.cycle(bench_search.queries(200)), itertools.cycle(guides)
    for person, officer in zip(itertools.cycle(visitors.people), itertools.cycle(visitors.officers), strict=False):
        yield Asked("/", person)
        yield Asked(f"/items?q={quote(next(words))}", "")
        yield Asked(f"/items/{next(pages)}", "")
        yield Asked("/cases", person)
        yield Asked("/desk", officer)


def _times(log: Path, start: int) -> dict[str, list[float]]:
    """Milliseconds by page, from what the gateway has logged since."""
    names = {route: name for name, route in ROUTES.items()}
    found: dict[str, list[float]] = {name: [] for name in ROUTES}
    with log.open("rb") as lines:
        lines.seek(start)
        for line in lines:
            told = orjson.loads(line) if line.startswith(b"{") else {}
            if told.get("event") == "request" and told["route"] in names and told["status"] == 200:
                found[names[told["route"]]].append(told["ms"])
    return found


def _share(times: list[float], share: int) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]


# -- in a browser ------------------------------------------------------------------------------------------------------


@contextmanager
def _browser() -> Iterator[Browser]:
    path = next(found for name in BROWSERS if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def weights(browser: Browser, suite: Suite, visitors: Visitors, guide: str) -> list[Figure]:
    """Kilobytes a browser takes for each page that it sees for the first time: the document and all it loads, with headers."""
    pages = {
        "home": Asked("/", ""),
        "search": Asked(f"/items?q={quote('食品经营许可')}", ""),
        "guide": Asked(f"/items/{guide}", ""),
        "my_cases": Asked("/cases", visitors.people[0]),
        "inbox": Asked("/desk", visitors.officers[0]),
    }
    figures = []
    for name, asked in pages.items():
        with _visit(browser, suite, asked.cookie) as (page, wire):
            loaded: list[float] = []
            wire.on("Network.loadingFinished", lambda told, loaded=loaded: loaded.append(told["encodedDataLength"]))
            page.goto(suite.gateway_url + asked.path, wait_until="networkidle")
            figures += [
                Figure(f"site.{name}_weight", sum(loaded) / 1000, "kB", WEIGHT),
                Figure(f"site.{name}_requests", len(loaded), "requests"),
            ]
    return figures


def on_a_phone(browser: Browser, suite: Suite) -> list[Figure]:
    """Seconds until the results of a search are painted, on a slow line and a slow phone: the median of some first visits."""
    address = f"{suite.gateway_url}/items?q={quote('食品经营许可')}"
    figures = []
    for name, line, goal in (("slow_4g", SLOW_4G, SHOWN), ("slowest_4g", SLOWEST, None)):
        seconds = [_painted(browser, suite, address, line) for _ in range(VISITS)]
        figures.append(Figure(f"site.results_on_{name}", statistics.median(seconds), "s", goal))
    return figures


def _painted(browser: Browser, suite: Suite, address: str, line: tuple[int, int]) -> float:
    with _visit(browser, suite, "", **PHONE) as (page, wire):
        down, up = (kbits * 1000 / 8 for kbits in line)
        slow = {"offline": False, "latency": RTT, "downloadThroughput": down, "uploadThroughput": up}
        wire.send("Network.emulateNetworkConditions", slow)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": CPU})
        page.goto(address, wait_until="load")
        if page.locator(".hits li").count() == 0:
            raise RuntimeError("nothing was found, so nothing was measured")
        return float(page.evaluate(PAINTED)) / 1000


@contextmanager
def _visit(browser: Browser, suite: Suite, cookie: str, **look: Any) -> Iterator[tuple[Page, CDPSession]]:
    """A page of a browser that has never been here, and the line to watch and slow its network by."""
    context: BrowserContext = browser.new_context(locale="zh-CN", **look)
    if cookie:
        context.add_cookies([{"name": "yiwang", "value": cookie, "url": suite.gateway_url}])
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    yield page, wire
    context.close()


if __name__ == "__main__":
    publish("pages", measure())
