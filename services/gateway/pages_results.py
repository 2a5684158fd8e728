"""Public results of ratings (结果全公开): rates with formula and what they are made of, coverage, published ratings, bulletins."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from services.gateway import charts, rating_words
from services.gateway.calls import FILE_DEADLINE, CallError, backends, call
from services.gateway.forms import Problem
from services.gateway.overview import departments_of, or_none
from services.gateway.pages import Page
from services.gateway.pages_rating_desk import county_of
from services.gateway.render import show
from services.gateway.session import ask_public
from services.gateway.words import SHANGHAI
from yiwang.rating.v1 import results_pb2 as results
from yiwang.rating.v1 import service_pb2 as rating
from yiwang.rating.v1 import tickets_pb2 as tickets

AT: Final = "/ratings"
DAYS: Final = 30
PAGE_SIZE: Final = 50
# A table of these is what a page shows of each row; the rest is behind the formulas.
SHOWN: Final = ("active_rate", "satisfaction", "good_rate", "rectified_on_time_rate", "called_back_rate")
GRADES: Final = (
    ("very_satisfied", "非常满意", "good"),
    ("satisfied", "满意", "good"),
    ("fairly_satisfied", "基本满意", "go"),
    ("dissatisfied", "不满意", "warn"),
    ("very_dissatisfied", "非常不满意", "bad"),
)


class Asked(NamedTuple):
    """What is asked for: a county, a period, and what it is split by."""

    county: str
    first: str
    last: str
    by: str

    def query(self, **more: str) -> str:
        """The query of an address within this question."""
        kept = {"county": self.county, "from": self.first, "to": self.last, "by": self.by} | more
        return urlencode({name: value for name, value in kept.items() if value})

    @property
    def of(self) -> dict[str, str]:
        """The fields of a request."""
        return {"county": self.county, "from_day": self.first, "to_day": self.last}


def asked_of(request: Request) -> Asked:
    """What the address asks for; the last thirty days where it says nothing."""
    query, today = request.query_params, datetime.now(UTC).astimezone(SHANGHAI).date()
    county = county_of(query.get("county", "")) or str(request.app.state.settings.region)
    last = _day(query.get("to", ""), today)
    by = query.get("by", "")
    first = _day(query.get("from", ""), last - timedelta(days=DAYS - 1))
    return Asked(county, first.isoformat(), last.isoformat(), by if by in rating_words.BY else "department")


def _day(typed: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return otherwise


async def overview(request: Request) -> Response:
    """The rates of a county in a period, whole and split, with charts."""
    asked, stub = asked_of(request), backends(request).results
    kind, _ = rating_words.BY[asked.by]
    message = results.GetResultsRequest(by=kind, **asked.of)  # type: ignore[arg-type]
    try:
        found, formulas, counts = await asyncio.gather(
            ask_public(request, stub.GetResults, message), formulas_of(request), or_none(_tickets(request, asked))
        )
    except CallError as error:
        if error.status != 400:
            raise
        problems = [Problem("from" if "from" in one.field else "to", one.text) for one in error.fields]
        return show(request, "results_period.html", 400, asked=asked, problems=problems or [Problem("", error.message)])
    whole = found.whole.counters
    context: dict[str, Any] = {
        "asked": asked,
        "found": found,
        "formulas": formulas,
        "tickets": counts,
        "shown": SHOWN,
        "grades": GRADES,
        "grade_bars": _grade_bars(whole),
        "day_columns": charts.columns([_of_day(row) for row in found.days]),
        "row_bars": _row_bars(found.rows),
    }
    return show(request, "results.html", **context)


async def formulas_of(request: Request) -> Mapping[str, results.Formula]:
    """Every counter and rate with its words, by key."""
    rpc = backends(request).results.ListFormulas
    return {one.key: one for one in (await ask_public(request, rpc, results.ListFormulasRequest())).formulas}


async def _tickets(request: Request, asked: Asked) -> tickets.TicketCounts:
    message = tickets.CountTicketsRequest(**asked.of)
    return await ask_public(request, backends(request).tickets.CountTickets, message)


def _grade_bars(counters: Mapping[str, int]) -> charts.Bars:
    return charts.bars([(name, counters.get(key, 0), str(counters.get(key, 0)), tone) for key, name, tone in GRADES])


def _of_day(row: results.ResultRow) -> tuple[str, int, int]:
    return row.id or row.name, row.counters.get("invited", 0), row.counters.get("active", 0)


def _row_bars(rows: Sequence[results.ResultRow], most: int = 12) -> charts.Bars:
    """How satisfied people were, of the rows with most ratings."""
    rated = [(row, rate) for row in rows for rate in row.rates if rate.key == "satisfaction"]
    rated.sort(key=lambda one: (-one[1].denominator, one[0].id))
    drawn = [
        (_short(row.name or row.id), rate.basis_points, rating_words.rate_text(rate), "go")
        for row, rate in rated[:most]
    ]
    return charts.bars(drawn, most=10_000)


def _short(name: str, most: int = 7) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


async def behind(request: Request) -> Response:
    """The services behind one number."""
    asked, query = asked_of(request), request.query_params
    page, id, counter = query.get("page", "")[:200], query.get("id", "")[:64], query.get("counter", "")[:40]
    kind = rating_words.BY[asked.by][0] if id else results.BREAKDOWN_UNSPECIFIED
    message = results.ListBehindRequest(
        counter=counter, by=kind, id=id, page_size=PAGE_SIZE, page_token=page, **asked.of  # type: ignore[arg-type]
    )  # fmt: skip
    found, formulas = await asyncio.gather(
        ask_public(request, backends(request).results.ListBehind, message), formulas_of(request)
    )
    context: dict[str, Any] = {"asked": asked, "counter": counter, "formula": formulas.get(counter), "id": id}
    return show(request, "results_behind.html", found=found, page=page, name=query.get("name", "")[:60], **context)


async def coverage(request: Request) -> Response:
    """What was asked and rated where, by item and channel."""
    asked = asked_of(request)
    message = results.GetCoverageRequest(**asked.of)
    found, formulas = await asyncio.gather(
        ask_public(request, backends(request).results.GetCoverage, message), formulas_of(request)
    )
    channels = [(rating.RatingChannel.Name(value), name) for value, name in rating_words.CHANNEL.items()]
    return show(request, "results_coverage.html", asked=asked, found=found, formulas=formulas, channels=channels)


async def published(request: Request) -> Response:
    """Negative ratings with their public replies."""
    asked, query = asked_of(request), request.query_params
    department, page = query.get("department", "")[:18], query.get("page", "")[:200]
    message = results.ListPublishedRequest(
        county=asked.county, department=department, page_size=PAGE_SIZE, page_token=page
    )
    found, known = await asyncio.gather(
        ask_public(request, backends(request).results.ListPublished, message), or_none(departments_of(request))
    )
    context: dict[str, Any] = {"asked": asked, "department": department, "page": page, "departments": known or []}
    return show(request, "results_published.html", found=found, **context)


async def bulletins(request: Request) -> Response:
    """The bulletins of a county, newest first."""
    asked, query = asked_of(request), request.query_params
    tab, page = query.get("kind", ""), query.get("page", "")[:200]
    message = results.ListBulletinsRequest(
        county=asked.county,
        kind=rating_words.BULLETINS.get(tab, 0),  # type: ignore[arg-type]
        page_size=PAGE_SIZE,
        page_token=page,
    )
    found = await ask_public(request, backends(request).results.ListBulletins, message)
    return show(request, "bulletins.html", asked=asked, found=found, picked=tab, page=page)


async def bulletin(request: Request) -> Response:
    """One bulletin with its numbers as they were published, and what came late."""
    message = results.GetBulletinRequest(bulletin_id=str(request.path_params["bulletin_id"]))
    one, formulas = await asyncio.gather(
        ask_public(request, backends(request).results.GetBulletin, message), formulas_of(request)
    )
    context: dict[str, Any] = {
        "one": one,
        "formulas": formulas,
        "shown": SHOWN,
        "grades": GRADES,
        "grade_bars": _grade_bars(one.whole.counters),
        "day_columns": charts.columns([_of_day(row) for row in one.days]),
        "row_bars": _row_bars(one.departments),
    }
    return show(request, "bulletin.html", **context)


async def bulletin_pdf(request: Request) -> Response:
    """The same as PDF, to be kept."""
    message = results.GetBulletinPdfRequest(bulletin_id=str(request.path_params["bulletin_id"]))
    rpc, trace = backends(request).results.GetBulletinPdf, request.state.traceparent
    found = await call(rpc, message, traceparent=trace, timeout=FILE_DEADLINE)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.filename, safe='')}"}
    return Response(found.content, 200, headers, "application/pdf")


ONE: Final = AT + "/bulletins/{bulletin_id:uuid}"
PAGES = (
    Page(AT, overview),
    Page(AT + "/behind", behind),
    Page(AT + "/coverage", coverage),
    Page(AT + "/published", published),
    Page(AT + "/bulletins", bulletins),
    Page(ONE, bulletin),
    Page(ONE + "/pdf", bulletin_pdf),
)
