"""Public results: what everybody sees of ratings, with charts and tables, down to the services behind a number; and a bulletin as PDF."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from chassis.acts import Cause
from deploy.local.suite import Suite
from loadtests.world import database
from services.rating import model_bulletins, store_bulletins
from tests.journey.applying import apply_on_the_web
from tests.journey.conftest import AGAIN, FITS, Look, Visitor, until
from yiwang.rating.v1 import results_pb2 as results

ITEM, DEPARTMENT = "生育登记", "示范县卫生健康局"
NARROW: tuple[Look, ...] = ((320, "light"), (1280, "dark"))


@pytest.fixture(scope="module")
def bulletin(suite: Suite) -> str:
    """A bulletin of a week before the suite was there, which no page could have made in time."""
    row = results.ResultRow(counters={"invited": 10, "active": 8, "contented": 6, "satisfied": 6, "dissatisfied": 2})
    row.rates.add(key="satisfaction", numerator=6, denominator=8, basis_points=7500)
    department = results.ResultRow(id="119901210000010383", name=DEPARTMENT, counters=row.counters, rates=row.rates)
    told = results.Bulletin(
        kind=results.BULLETIN_KIND_WEEKLY, county="990121", from_day="2026-11-02", to_day="2026-11-08",
        cutoff="2026-11-08T16:00:00Z", whole=row, departments=[department],
        days=[results.ResultRow(id="2026-11-02", counters=row.counters)],
    )  # fmt: skip
    records = store_bulletins.bulletins(database(suite.store("rating").uri, "rating"))
    cause = Cause(key=f"journey-{uuid.uuid4().hex}", by="system:rating")
    return records.create(cause, lambda new: model_bulletins.issued(new, told, datetime.now(UTC))).id


def test_a_rating_is_counted_and_can_be_looked_into(visit: Callable[..., Visitor], accounts: dict[str, Any]) -> None:
    visitor, person = visit(390), accounts["people"][0]
    visitor.sign_in(person["phone"], person["password"])
    page = visitor.page
    apply_on_the_web(visitor, ITEM)
    case = page.url.partition("?")[0].removeprefix(visitor.url)
    link = page.locator(".node", has_text="办结").get_by_role("link", name="满意", exact=True)
    until(lambda: visitor.go(case) and link.count())
    link.click()
    page.get_by_role("button", name="提交评价").click()
    expect(page.get_by_role("heading", name="您的评价")).to_be_visible()
    anybody = visit()
    page = anybody.page
    row = page.locator(".numbers tr", has_text=DEPARTMENT)
    # A number is counted anew within seconds.
    active = page.locator(".tiles div", has_text="主动评价").get_by_role("link")
    until(lambda: anybody.go("/ratings") and row.count() and active.count())
    expect(page.get_by_role("img", name="评价等级分布")).to_be_visible()
    anybody.shot("350-results", AGAIN)
    active.click()
    expect(page.locator("tbody tr", has_text=ITEM).first).to_be_visible()
    assert person["name"] not in page.content()
    anybody.shot("351-behind", AGAIN)
    anybody.go("/ratings/coverage")
    anybody.shot("353-coverage", ((320, "light"),))


def test_the_results_fit_a_narrow_phone_and_large_letters(visit: Callable[..., Visitor]) -> None:
    visitor = visit(320)
    for by in ("item", "window", "channel", "node"):
        assert visitor.go(f"/ratings?by={by}").evaluate(FITS), by
    page = visitor.go("/ratings")
    visitor.shot("354-results-phone", NARROW)
    page.get_by_role("link", name="大字").click()
    visitor.shot("355-results-large-phone", AGAIN)


def test_a_bulletin_is_read_and_kept_as_pdf(visit: Callable[..., Visitor], bulletin: str) -> None:
    visitor = visit()
    page = visitor.go("/ratings/bulletins?kind=weekly")
    visitor.shot("356-bulletins", AGAIN)
    page.locator(f"h2 a[href='/ratings/bulletins/{bulletin}']").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2026-11-02 至 2026-11-08")
    expect(page.get_by_text("75.00%").first).to_be_visible()
    visitor.shot("357-bulletin", NARROW)
    with page.expect_download() as download:
        page.get_by_role("link", name="下载 PDF").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
