"""The desk of negative ratings: a supervisor sees those of his region, a department those assigned to it; and the days of a county."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import rating_forms, rating_words
from services.gateway.acts import Act, Tried, form, post, shown
from services.gateway.calls import backends
from services.gateway.moves import offered
from services.gateway.overview import or_none
from services.gateway.pages import Page, at
from services.gateway.pages_officer import PAGE_SIZE, known_departments
from services.gateway.pages_officers import ADMINISTER, names
from services.gateway.rating_moves import LIFT, LOOP
from services.gateway.render import show
from services.gateway.session import ask, ask_public, session_of
from yiwang.rating.v1 import loop_pb2 as loop

AT: Final = "/desk/ratings"
ONE: Final = AT + "/{rating_id:uuid}"
BACK: Final = AT + "/{rating_id}"
READS: Final = ("review", "decide", "supervise")
RULES: Final = "/admin/rating-rules"
# The days of a county, with what they are for and their unit.
DAYS: Final = (
    ("assign_days", "转办", "工作日"),
    ("verify_days", "核实", "工作日"),
    ("review_days", "复核", "工作日"),
    ("rectify_days", "整改", "工作日"),
    ("call_back_days", "回访", "工作日"),
    ("publish_days", "公开", "工作日"),
    ("default_after_days", "默认评价", "自然日"),
    ("consult_days", "答复咨询", "工作日"),
    ("complaint_days", "答复投诉", "工作日"),
)


def county_of(typed: str) -> str:
    """A county's six digits as typed; empty for anything else."""
    return typed if typed.isascii() and typed.isdecimal() and len(typed) == 6 else ""


def scope_of(request: Request) -> dict[str, str]:
    """What a supervisor looks at: one department, or one county; nothing for others, who see their own."""
    if "supervise" not in session_of(request).roles:
        return {"department": "", "county": ""}
    asked = request.query_params
    return {"department": asked.get("department", "")[:18], "county": county_of(asked.get("county", ""))}


async def listed(request: Request) -> Response:
    """The list, by status; what is overdue or flagged on tabs of their own."""
    asked, scope = request.query_params, scope_of(request)
    tab, page = asked.get("status", ""), asked.get("page", "")[:200]
    supervises = "supervise" in session_of(request).roles
    message = loop.ListNegativeRequest(
        **scope,
        status=rating_words.LOOPS.get(tab, 0),  # type: ignore[arg-type]
        overdue=tab == "overdue",
        flagged=tab == "flagged" and supervises,
        page_size=PAGE_SIZE,
        page_token=page,
    )
    found = await ask(request, backends(request).loop.ListNegative, message)
    known = await known_departments(request)
    context: dict[str, Any] = {"found": found, "picked": tab, "page": page, "scope": scope, "supervises": supervises}
    context |= {"departments": known, "names": names(known), "tabs": _tabs(supervises), "at": _at(scope)}
    return show(request, "desk_ratings.html", **context)


def _tabs(supervises: bool) -> list[tuple[str, str]]:
    tabs = [("", "全部"), ("overdue", "超期")]
    tabs += [(key, rating_words.LOOP[status].text) for key, status in rating_words.LOOPS.items()]  # type: ignore[index]
    return [*tabs, ("flagged", "计分外")] if supervises else tabs


def _at(scope: Mapping[str, str]) -> Any:
    return lambda tab, page="": at(AT, **scope, status=tab, page=page)


async def one_rating(request: Request, tried: Tried) -> Response:
    """One with its line of events, and a form for every move that may be made now."""
    message = loop.GetNegativeRequest(rating_id=str(request.path_params["rating_id"]))
    one = await ask(request, backends(request).loop.GetNegative, message)
    moves = offered(LOOP, list(one.moves))
    if "supervise" in session_of(request).roles and any(not flag.lifted for flag in one.flags):
        moves.append((LIFT.act.name, LIFT))
    tags, known = await asyncio.gather(rating_forms.tag_names(request), known_departments(request))
    context: dict[str, Any] = {
        "one": one,
        "moves": moves,
        "departments": known,
        "names": names(known),
        "tags": tags,
        "tried": tried,
        "problems": tried.problems,
    }
    return show(request, "desk_rating.html", tried.status, **context)


async def rules(request: Request, tried: Tried) -> Response:
    """The days of the officer's county, and what they are where it says nothing."""
    county = _county(request)
    message = loop.GetRatingRulesRequest(region=county)
    found = await or_none(ask_public(request, backends(request).loop.GetRatingRules, message))
    context: dict[str, Any] = {"rules": found or loop.RatingRules(), "place": county, "days": DAYS, "tried": tried}
    return show(request, "admin_rating_rules.html", tried.status, problems=tried.problems, **context)


def _county(request: Request) -> str:
    asked = county_of(request.query_params.get("county", ""))
    own = session_of(request).region[:6]
    return asked or county_of(own) or str(request.app.state.settings.region)


def _rules(form: FormData) -> dict[str, Any]:
    days = {name: rating_forms.whole_number(form, name) for name, _, _ in DAYS}
    return {"rules": loop.RatingRules(region=county_of(str(form.get("region", ""))), **days)}


SAVE_RULES = Act(
    "rules", "loop.SaveRatingRules", loop.SaveRatingRulesRequest, "rules-saved", _rules, rating_words.FIELD
)

PAGES = (
    Page(AT, listed, None, "officer", READS),
    Page(ONE, shown(one_rating), None, "officer", READS),
    *(form(f"{ONE}/{move.act.name}", move.act, one_rating, BACK, "officer", READS) for move in (*LOOP.values(), LIFT)),
    Page(RULES, shown(rules), post(SAVE_RULES, rules, RULES), "officer", ADMINISTER),
)
