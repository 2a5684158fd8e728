"""What departments publish beside policies (招商项目、产业园区、人才资讯、通知公告): for everybody; and the desk where it is written by
kind and reviewed by a second officer."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Act, Tried, do, form, only, refused, shown
from services.gateway.calls import CallError, FieldError, backends
from services.gateway.forms import text, whole
from services.gateway.market_forms import fen
from services.gateway.pages import Page, at, go
from services.gateway.policy_portal_words import FIELD, NEWS_KINDS, unit
from services.gateway.policy_reading import AT as POLICIES
from services.gateway.policy_reading import PAGE_SIZE, TABS, region
from services.gateway.render import show
from services.gateway.session import ask, ask_public, session_of
from yiwang.policy.v1 import news_pb2 as pb

AT: Final = POLICIES + "/news"
ONE: Final = AT + "/{news_id:uuid}"
DESK: Final = "/desk/policies/news"
DESK_ONE: Final = DESK + "/{news_id:uuid}"
READS, WRITES = ("policy", "supervise"), ("policy",)
# A field of its kind, as its input is called.
OF_KIND: Final = "field_"
_TEXTS: Final = ("title", "summary", "text", "region", "review_on", "expires_on")


async def kinds_of(request: Request) -> Mapping[int, pb.NewsKindFields]:
    """The kinds with their fields, by number."""
    found = await ask_public(request, backends(request).news.GetNewsKinds, pb.GetNewsKindsRequest())
    return {one.kind: one for one in found.kinds}


async def listed(request: Request) -> Response:
    """What is published of a region, by kind and words."""
    asked, page = request.query_params, request.query_params.get("page", "")[:200]
    picked = {"region": region(request), "kind": asked.get("kind", ""), "words": asked.get("words", "")[:50]}
    message = pb.ListNewsRequest(
        kind=NEWS_KINDS.get(picked["kind"], 0),  # type: ignore[arg-type]
        region=picked["region"],
        words=picked["words"].strip(),
        page_size=PAGE_SIZE,
        page_token=page,
    )
    found = await ask_public(request, backends(request).news.ListNews, message)
    context: dict[str, Any] = {"found": found, "picked": picked, "page": page, "tabs": TABS}
    return show(request, "policy_portal_news_list.html", at=lambda **more: at(AT, **(picked | more)), **context)


async def one_news(request: Request) -> Response:
    """One of them, as everybody may read it."""
    message = pb.GetNewsRequest(news_id=str(request.path_params["news_id"]))
    one = await ask_public(request, backends(request).news.GetNews, message)
    fields = _told(one.content, await kinds_of(request))
    return show(request, "policy_portal_news.html", one=one, fields=fields, is_public=one.HasField("content"))


def _told(content: pb.NewsContent, kinds: Mapping[int, pb.NewsKindFields]) -> list[tuple[pb.NewsFieldKind, str]]:
    """The fields of a content in the order of its kind, those that are filled in."""
    values = {field.name: field.value for field in content.fields}
    kind = kinds.get(content.kind, pb.NewsKindFields())
    return [(field, values[field.name]) for field in kind.fields if field.name in values]


async def desk(request: Request) -> Response:
    """Those of the officer's department, or of the region he supervises; what waits for somebody on tabs of its own."""
    asked = request.query_params
    tab, page, kind = asked.get("status", ""), asked.get("page", "")[:200], asked.get("kind", "")
    message = pb.ListNewsDeskRequest(
        kind=NEWS_KINDS.get(kind, 0),  # type: ignore[arg-type]
        waiting=tab == "waiting",
        unconfirmed=tab == "unconfirmed",
        page_size=PAGE_SIZE,
        page_token=page,
    )
    found = await ask(request, backends(request).news.ListNewsDesk, message)
    context: dict[str, Any] = {"found": found, "chosen": tab, "page": page, "kind": kind}
    context["at"] = lambda tab, page="": at(DESK, status=tab, kind=kind, page=page)
    context["writes"] = "policy" in session_of(request).roles
    return show(request, "desk_policy_portal_news_list.html", **context)


def _act(rpc: str, request: type[Any], done: str, fields: Any = lambda form: {}) -> Act:
    return Act(rpc.partition(".")[2].lower(), rpc, request, done, fields, FIELD)


def _version(form: FormData) -> dict[str, Any]:
    return {"version": whole(text(form, "version"), 18)}


SAVE: Final = _act("news.SaveNews", pb.SaveNewsRequest, "news-saved")
ACTS: Final = {
    "ReviewNews": _act("news.ReviewNews", pb.ReviewNewsRequest, "news-published", _version),
    "ReturnNews": _act("news.ReturnNews", pb.ReturnNewsRequest, "news-returned", only("reason")),
    "ConfirmNews": _act("news.ConfirmNews", pb.ConfirmNewsRequest, "news-confirmed", only("review_on")),
    "WithdrawNews": _act("news.WithdrawNews", pb.WithdrawNewsRequest, "news-withdrawn", only("reason")),
}


async def _known(request: Request) -> pb.News:
    message = pb.GetNewsRequest(news_id=str(request.path_params["news_id"]))
    return await ask(request, backends(request).news.GetNews, message)


async def desk_news(request: Request, tried: Tried) -> Response:
    """One at the desk: what is published, what is being written, and what may be done now."""
    one, kinds = await _known(request), await kinds_of(request)
    parts = [
        (title, content, _told(content, kinds))
        for title, content, has in (
            ("待发布的内容", one.working, one.HasField("working")),
            ("已发布的内容", one.content, one.HasField("content")),
        )
        if has
    ]
    context: dict[str, Any] = {"one": one, "parts": parts, "tried": tried}
    return show(request, "desk_policy_portal_news.html", tried.status, problems=tried.problems, **context)


async def edit(request: Request, tried: Tried) -> Response:
    """The form of one, new or known; a new one's kind is chosen first, since its fields follow from it."""
    known = await _known(request) if "news_id" in request.path_params else None
    content = (known.working if known.HasField("working") else known.content) if known else pb.NewsContent()
    number = content.kind if known else NEWS_KINDS.get(tried.value(SAVE.name, "kind", _asked(request)), 0)
    kind = (await kinds_of(request)).get(number) if number else None
    session = session_of(request)
    context: dict[str, Any] = {
        "known": known,
        "content": content,
        "kind": kind,
        "kind_key": next((key for key, value in NEWS_KINDS.items() if value == number), ""),
        "values": {field.name: field.value for field in content.fields},
        "region": content.region or session.region or str(request.app.state.settings.region),
        "tried": tried,
    }
    return show(request, "desk_policy_portal_news_edit.html", tried.status, problems=tried.problems, **context)


def _asked(request: Request) -> str:
    return request.query_params.get("kind", "")


async def save(request: Request) -> Response:
    """Writes one, and lays it before a second officer."""
    typed, kinds = await request.form(), await kinds_of(request)
    number = NEWS_KINDS.get(text(typed, "kind"), 0)
    kind = kinds.get(number, pb.NewsKindFields())
    fields: list[pb.NewsField] = []
    try:
        fields += [pb.NewsField(name=one.name, value=value) for one in kind.fields if (value := _value(typed, one))]
        content = pb.NewsContent(kind=number, fields=fields, **only(*_TEXTS)(typed))  # type: ignore[arg-type]
        name = session_of(request).department_name
        saved: pb.News = await do(request, SAVE, content=content, department_name=name, **_version(typed))
    except CallError as error:
        return await edit(request, await refused(request, SAVE, _at_inputs(error, fields)))
    return go(f"{DESK}/{saved.news_id}", done=SAVE.done)


def _value(form: FormData, kind: pb.NewsFieldKind) -> str:
    """One field as typed: money in yuan becomes fen. CallError at its input for what is no money."""
    name = OF_KIND + kind.name
    typed = text(form, name)
    return str(fen(form, name, f"{kind.title}（{unit(kind)}）")) if typed and kind.type == "FEN" else typed


def _at_inputs(error: CallError, fields: list[pb.NewsField]) -> CallError:
    """The refusal with the contract's paths as the inputs are called: content.fields.area, content.fields[1].value → field_area."""
    places = {f"fields[{place}]": OF_KIND + one.name for place, one in enumerate(fields)}

    def called(path: str) -> str:
        rest = path.removeprefix("content.")
        if rest.startswith("fields."):
            return OF_KIND + rest.removeprefix("fields.")
        return places.get(rest.partition(".")[0], rest)

    moved = [FieldError(called(one.field), one.text, one.code) for one in error.fields]
    return CallError(error.code, error.reason, error.message, moved)


PAGES = (
    Page(AT, listed),
    Page(ONE, one_news),
    Page(DESK, desk, None, "officer", READS),
    Page(DESK + "/new", shown(edit), save, "officer", WRITES),
    Page(DESK_ONE, shown(desk_news), None, "officer", READS),
    Page(DESK_ONE + "/edit", shown(edit), save, "officer", WRITES),
    *(form(f"{DESK_ONE}/{one.name}", one, desk_news, DESK + "/{news_id}", "officer", READS) for one in ACTS.values()),
)
