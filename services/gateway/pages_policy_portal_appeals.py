"""What enterprises ask for and are stuck with (企业诉求): submitting, following, rating; and the desks that route and answer."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import rating_moves
from services.gateway.acts import Act, Tried, do, form, number, only, refused, shown
from services.gateway.calls import CallError, backends
from services.gateway.case_acts import act_page
from services.gateway.desk_inputs import wrong
from services.gateway.forms import text
from services.gateway.moves import Move, offered
from services.gateway.pages import Page, at, go
from services.gateway.pages_officer import known_departments
from services.gateway.pages_policy_enterprise import nobody
from services.gateway.pages_rating_desk import county_of
from services.gateway.policy_portal_words import APPEAL_KIND, APPEALS, FIELD
from services.gateway.policy_reading import AT as POLICIES
from services.gateway.policy_reading import PAGE_SIZE, own
from services.gateway.rating_moves import Entry
from services.gateway.render import show
from services.gateway.session import ask, session_of
from yiwang.policy.v1 import appeals_pb2 as pb

MINE: Final = POLICIES + "/appeals"
ONE: Final = MINE + "/{appeal_id:uuid}"
DESK: Final = "/desk/policies/appeals"
DESK_ONE: Final = DESK + "/{appeal_id:uuid}"
BACK, DESK_BACK = MINE + "/{appeal_id}", DESK + "/{appeal_id}"
ROUTERS: Final = ("supervise", "policy")
READS: Final = ("receive", "review", "decide", "policy", "payout", "supervise")


def _submitted(form: FormData) -> dict[str, Any]:
    kind = text(form, "kind")
    return {
        **only("title", "text", "region", "contact")(form),
        "kind": int(kind) if kind in {str(one) for one in APPEAL_KIND} else 0,
    }


def _act(rpc: str, request: type[Any], done: str, fields: Any = lambda form: {}) -> Act:
    return Act(rpc.partition(".")[2].lower(), rpc, request, done, fields, FIELD)


SUBMIT: Final = _act("appeals.SubmitAppeal", pb.SubmitAppealRequest, "appeal-submitted", _submitted)
RATE: Final = _act(
    "appeals.RateAppeal",
    pb.RateAppealRequest,
    "appeal-rated",
    lambda form: {"score": number(form, "score", 9), "reason": text(form, "reason")},
)
REOPEN: Final = _act("appeals.ReopenAppeal", pb.ReopenAppealRequest, "appeal-reopened", only("reason"))


async def mine(request: Request) -> Response:
    """The enterprise's own, newest first."""
    about = await own(request)
    if not about.uscc:
        return nobody(request)
    tab, page = request.query_params.get("status", ""), request.query_params.get("page", "")[:200]
    message = pb.ListMyAppealsRequest(
        status=APPEALS.get(tab, 0),  # type: ignore[arg-type]
        page_size=PAGE_SIZE,
        page_token=page,
    )
    found = await ask(request, backends(request).appeals.ListMyAppeals, message)
    context: dict[str, Any] = {"own": about, "found": found, "picked": tab, "page": page}
    return show(request, "policy_portal_appeals.html", at=lambda **more: at(MINE, **more), **context)


async def new(request: Request, tried: Tried) -> Response:
    """The form of an appeal."""
    about = await own(request)
    if not about.uscc:
        return nobody(request)
    context: dict[str, Any] = {"own": about, "region": str(request.app.state.settings.region), "tried": tried}
    return show(request, "policy_portal_appeal_new.html", tried.status, problems=tried.problems, **context)


async def submit(request: Request) -> Response:
    """Submits it in the name of the visitor's enterprise, whose code no input states."""
    about = await own(request)
    if not about.uscc:
        return nobody(request)
    try:
        one: pb.Appeal = await do(request, SUBMIT, uscc=about.uscc, enterprise_name=about.name)
    except CallError as error:
        return await new(request, await refused(request, SUBMIT, error))
    return go(f"{MINE}/{one.appeal_id}", done=SUBMIT.done)


async def one_appeal(request: Request, tried: Tried) -> Response:
    """One of the enterprise's: what became of it, by when, and what it may say to the answer."""
    one = await _appeal(request)
    return show(request, "policy_portal_appeal.html", tried.status, problems=tried.problems, one=one, tried=tried)


async def _appeal(request: Request) -> pb.Appeal:
    message = pb.GetAppealRequest(appeal_id=str(request.path_params["appeal_id"]))
    return await ask(request, backends(request).appeals.GetAppeal, message)


def _routed(form: FormData) -> dict[str, Any]:
    code, _, name = text(form, "department").partition(" ")
    if not name:
        raise wrong("department", "请选择承办部门")
    return {"department": code[:18], "department_name": name[:100], "note": text(form, "note")}


def _move(act: Act, title: str, entries: tuple[Entry, ...] = (), hint: str = "", first: bool = False) -> Move:
    return Move(act, title, entries, hint, first)


_REASON: Final = Entry("reason", "理由", most=500, hint="企业会看到。")
_NOTE: Final = Entry("note", "说明", required=False, most=500, hint="只有工作人员看得到。")
MOVES: Final[Mapping[str, Move]] = {
    "RouteAppeal": _move(
        _act("appeals.RouteAppeal", pb.RouteAppealRequest, "appeal-routed", _routed), "转办",
        (Entry("department", "承办部门", "department"), _NOTE), "一个工作日内转办。", True,
    ),
    "AcceptAppeal": _move(
        _act("appeals.AcceptAppeal", pb.AcceptAppealRequest, "appeal-accepted"), "受理", (), "受理后答复期限开始计算。", True,
    ),
    "ReturnRouting": _move(
        _act("appeals.ReturnRouting", pb.ReturnRoutingRequest, "appeal-returned", only("reason")), "退回转办",
        (Entry("reason", "理由", most=500, hint="说明不属于本部门的理由，并指出可能的承办部门。"),),
    ),
    "AnswerAppeal": _move(
        _act("appeals.AnswerAppeal", pb.AnswerAppealRequest, "appeal-answered", only("text")), "答复",
        (Entry("text", "答复内容", most=4000),), "企业会看到这段文字并作出评价。", True,
    ),
    "ExtendAppeal": _move(
        _act(
            "appeals.ExtendAppeal", pb.ExtendAppealRequest, "appeal-extended",
            lambda form: {"days": number(form, "days", 1000), "reason": text(form, "reason")},
        ),
        "延长答复期限", (Entry("days", "延长工作日数", "number", hint="1 到 20 个工作日，只能延长一次。"), _REASON),
    ),
}  # fmt: skip


async def desk(request: Request) -> Response:
    """Those with the officer's department; who routes sees all of his region."""
    asked, routes = request.query_params, bool({*ROUTERS} & {*session_of(request).roles})
    tab, kind, page = asked.get("status", ""), asked.get("kind", ""), asked.get("page", "")[:200]
    picked = {
        "kind": kind if kind in {str(one) for one in APPEAL_KIND} else "",
        "county": county_of(asked.get("county", "")) if routes else "",
        "mine": "1" if routes and asked.get("mine") == "1" else "",
    }
    message = pb.ListAppealDeskRequest(
        status=APPEALS.get(tab, 0),  # type: ignore[arg-type]
        kind=int(picked["kind"] or 0),  # type: ignore[arg-type]
        overdue=tab == "overdue",
        county=picked["county"],
        mine=bool(picked["mine"]),
        page_size=PAGE_SIZE,
        page_token=page,
    )
    found = await ask(request, backends(request).appeals.ListAppealDesk, message)
    context: dict[str, Any] = {"found": found, "picked": picked, "chosen": tab, "page": page, "routes": routes}
    context["at"] = lambda tab, page="": at(DESK, **picked, status=tab, page=page)
    return show(request, "desk_policy_portal_appeals.html", **context)


async def desk_appeal(request: Request, tried: Tried) -> Response:
    """One at a desk, with a form for every move that may be made now."""
    one = await _appeal(request)
    moves = offered(MOVES, list(one.open_moves))
    departments = await known_departments(request) if rating_moves.needs_departments(moves) else []
    context: dict[str, Any] = {"one": one, "moves": moves, "departments": departments, "tried": tried}
    return show(request, "desk_policy_portal_appeal.html", tried.status, problems=tried.problems, **context)


def _to(name: str) -> str:
    """Where a move leads: what was returned is not the department's any more."""
    return DESK if name == "ReturnRouting" else DESK_BACK


PAGES = (
    Page(MINE, mine, None, "person", acting=True),
    Page(MINE + "/new", shown(new), submit, "person", acting=True),
    Page(ONE, shown(one_appeal), None, "person", acting=True),
    act_page(f"{ONE}/{RATE.name}", RATE, one_appeal, BACK),
    act_page(f"{ONE}/{REOPEN.name}", REOPEN, one_appeal, BACK),
    Page(DESK, desk, None, "officer", READS),
    Page(DESK_ONE, shown(desk_appeal), None, "officer", READS),
    *(
        form(f"{DESK_ONE}/{move.act.name}", move.act, desk_appeal, _to(name), "officer", READS)
        for name, move in MOVES.items()
    ),
)
