"""Officers' pages of the catalogue: what is worked on, one item with its findings and acts, and what changed between editions."""

import asyncio
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import catalog_terms, comparing, editing_words
from services.gateway.acts import Act, Tried, do, form, number, only, refused, shown, texts
from services.gateway.calls import CallError, backends
from services.gateway.editing import anchor
from services.gateway.forms import text, whole
from services.gateway.pages import Page, go
from services.gateway.render import show
from services.gateway.session import ask, ask_public, session_of
from services.gateway.words import Word
from yiwang.catalog.v1 import items_pb2 as items
from yiwang.catalog.v1 import service_pb2 as catalog

DESK = "/desk/catalog"
ITEM = DESK + "/items/{item_id:uuid}"
CATALOG = ("catalog",)
PAGE_SIZE = 30
HITS = 8
DRAFT = {
    catalog.DRAFT_STATUS_NONE: Word("无待办", "quiet"),
    catalog.DRAFT_STATUS_WRITTEN: Word("待审核", "warn"),
    catalog.DRAFT_STATUS_REVIEWED: Word("审核通过", "good"),
    catalog.DRAFT_STATUS_RETURNED: Word("已退回", "bad"),
    catalog.DRAFT_STATUS_SCHEDULED: Word("定时生效", "go"),
}
STATUS = {
    catalog.ITEM_STATUS_DRAFT: Word("未发布", "quiet"),
    catalog.ITEM_STATUS_PUBLISHED: Word("已发布", "good"),
    catalog.ITEM_STATUS_SUSPENDED: Word("已暂停", "warn"),
    catalog.ITEM_STATUS_WITHDRAWN: Word("已取消", "bad"),
}
LEVEL = {
    items.FINDING_LEVEL_ERROR: Word("错误", "bad"),
    items.FINDING_LEVEL_WARNING: Word("警告", "warn"),
    items.FINDING_LEVEL_HINT: Word("提示", "quiet"),
}
LABELS = {
    "effective_from": "生效时间", "reason": "理由", "successors": "接替事项", "parts": "拆分后的事项",
    "into.code": "编码", "into.name": "名称", "item_ids": "要合并的事项",
}  # fmt: skip
COUNTER = {"limit": "承诺时限（工作日）", "materials": "材料", "steps": "环节", "visits": "到现场次数"}


async def listed(request: Request) -> Response:
    """What is worked on in the officer's region, newest change first."""
    asked = request.query_params
    chosen = {name: value for name, value in asked.items() if name in ("draft", "status", "department", "q") and value}
    message = items.ListDraftsRequest(
        draft_status=one_of(DRAFT, asked.get("draft", "")),  # type: ignore[arg-type]
        status=one_of(STATUS, asked.get("status", "")),  # type: ignore[arg-type]
        department=asked.get("department", "")[:18],
        query=asked.get("q", "").strip()[:100],
        page_size=PAGE_SIZE,
        page_token=asked.get("page", "")[:200],
    )
    found = await ask(request, backends(request).catalog_items.ListDrafts, message)
    context: dict[str, Any] = {
        "found": found,
        "asked": asked,
        "chosen": chosen,
        "draft_words": DRAFT,
        "status_words": STATUS,
    }
    return show(request, "catalog_items.html", **context)


def one_of(known: dict[Any, Word], typed: str) -> int:
    """A number out of an address, 0 when it is none of those known."""
    asked = whole(typed)
    return asked if asked in known else 0


async def draft(request: Request) -> catalog.Item:
    """The item of the path as it is worked on."""
    message = items.GetItemDraftRequest(item_id=str(request.path_params["item_id"]))
    return await ask(request, backends(request).catalog_items.GetItemDraft, message)


async def lint(request: Request, definition: catalog.ItemDefinition) -> items.LintDefinitionResponse:
    """The findings of a definition, and which of its fields a standard owns."""
    message = items.LintDefinitionRequest(definition=definition)
    return await ask(request, backends(request).catalog_items.LintDefinition, message)


async def item(request: Request, tried: Tried) -> Response:
    """One item: where it stands, its findings by section, its editions, and what may be done with it."""
    found = await draft(request)
    findings, editions, (hits, picked) = await asyncio.gather(
        lint(request, found.definition), _editions(request, found), _standing_in(request, found, tried)
    )
    sections = {key: _of_section(findings, names) for key, (_, names) in editing_words.SECTIONS.items()}
    context = {
        "item": found, "d": found.definition, "findings": findings.findings, "owned": findings.owned, "editions": editions,
        "by_section": sections, "sections": editing_words.SECTIONS, "draft_words": DRAFT, "status_words": STATUS,
        "level_words": LEVEL, "section_of": _section_of, "anchor": anchor, "tried": tried,
        "successors": await _successors(request, found), "edition_words": catalog_terms.EDITION,
        "hits": hits, "picked": picked,
    }  # fmt: skip
    return show(request, "catalog_item.html", tried.status, problems=tried.problems, **context)


async def _standing_in(
    request: Request, found: catalog.Item, tried: Tried
) -> tuple[list[catalog.ItemHit], list[tuple[str, str]]]:
    """Items a search of the withdrawal's form found, and those ticked in it already: id and name."""
    # A ticked item is kept as `id name`: the name would else have to be looked up again.
    picked = [(id, name) for id, _, name in (one.partition(" ") for one in tried.values("withdraw", "successors"))]
    if not (typed := str(tried.value("withdraw", "q"))[:100]):
        return [], picked
    message = catalog.SearchItemsRequest(query=typed, page_size=HITS, place=session_of(request).region)
    answer = await ask_public(request, backends(request).catalog.SearchItems, message)
    taken = {found.id, *(id for id, _ in picked)}
    return [hit for hit in answer.hits if hit.id not in taken], picked


async def _editions(request: Request, found: catalog.Item) -> list[catalog.EditionLine]:
    if not found.latest_edition:
        return []
    message = catalog.ListEditionsRequest(item_id=found.id)
    return list((await ask_public(request, backends(request).catalog.ListEditions, message)).editions)


async def _successors(request: Request, found: catalog.Item) -> list[catalog.Item]:
    """The items that stand for it, and those it came from, by name where they can be read."""
    ids = [*found.successors, *found.predecessors]
    stub = backends(request).catalog
    asked = [ask_public(request, stub.GetItem, catalog.GetItemRequest(item_id=id)) for id in ids]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    named = []
    for id, answer in zip(ids, answers, strict=True):
        if isinstance(answer, catalog.Item):
            named.append(answer)
        elif isinstance(answer, CallError):  # not published yet: its draft has no public guide
            named.append(catalog.Item(id=id))
        else:
            raise answer
    return named


def _of_section(findings: items.LintDefinitionResponse, names: Any) -> list[items.Finding]:
    return [one for one in findings.findings if one.field.partition(".")[0].partition("[")[0] in names]


def _section_of(field: str) -> str:
    """The section a finding's field is edited in."""
    head = field.partition(".")[0].partition("[")[0]
    return next((key for key, (_, names) in editing_words.SECTIONS.items() if head in names), "basic")


async def compare(request: Request) -> Response:
    """What changed between two editions, or between an edition and the working definition."""
    found, asked = await draft(request), request.query_params
    before, after = (whole(asked.get(name, ""), 5) for name in ("from", "to"))
    before = before or max(1, found.latest_edition)
    message = items.CompareEditionsRequest(item_id=found.id, to=after, **{"from": before})
    told = await ask(request, backends(request).catalog_items.CompareEditions, message)
    changes = comparing.changes(told.differences, found.definition.questions)
    context: dict[str, Any] = {"item": found, "changes": changes, "before": before, "after": after, "counters": COUNTER}
    context["reductions"] = told.reductions
    return show(request, "catalog_compare.html", **context)


def review(form: FormData) -> dict[str, Any]:
    """What a review says: of which version, and what of it."""
    return {"version": number(form, "version"), "note": text(form, "note")}


def _effective(form: FormData) -> dict[str, Any]:
    """The instant typed is one of Shanghai's clocks."""
    typed = text(form, "effective_from")
    return {"effective_from": f"{typed}:00+08:00" if typed else ""}


def _withdrawal(form: FormData) -> dict[str, Any]:
    return {"reason": text(form, "reason"), "successors": [one.partition(" ")[0] for one in texts(form, "successors")]}


def _parts(form: FormData) -> dict[str, Any]:
    """One part a line: its code, a blank, its name."""
    lines = (line.split(None, 1) for line in texts(form, "parts"))
    return {"parts": [items.Part(code=line[0], name="".join(line[1:])) for line in lines]}


def _merge(form: FormData) -> dict[str, Any]:
    into = items.Part(code=text(form, "code"), name=text(form, "name"))
    return {"item_ids": texts(form, "item_ids"), "into": into}


def _act(name: str, method: str, request: Any, done: str, fields: Any = None) -> Act:
    return Act(name, f"catalog_items.{method}", request, done, fields or (lambda form: {}), LABELS)


ACTS = (
    _act("review", "ReviewItem", items.ReviewItemRequest, "item-reviewed", review),
    _act("return", "ReturnItem", items.ReturnItemRequest, "item-returned", only("reason")),
    _act("publish", "PublishItem", items.PublishItemRequest, "item-published", _effective),
    _act("suspend", "SuspendItem", items.SuspendItemRequest, "item-suspended", only("reason")),
    _act("resume", "ResumeItem", items.ResumeItemRequest, "item-resumed"),
    _act("withdraw", "WithdrawItem", items.WithdrawItemRequest, "item-withdrawn", _withdrawal),
    _act("split", "SplitItem", items.SplitItemRequest, "item-split", _parts),
)
MERGE = _act("merge", "MergeItems", items.MergeItemsRequest, "item-merged", _merge)


async def merging(request: Request, tried: Tried) -> Response:
    """The form that merges items: those chosen in the list, and what the one in their place is called."""
    ids = tried.values("merge", "item_ids") or request.query_params.getlist("item")
    stub = backends(request).catalog_items
    asked = (ask(request, stub.GetItemDraft, items.GetItemDraftRequest(item_id=id)) for id in ids[:20])
    chosen = await asyncio.gather(*asked)
    return show(request, "catalog_merge.html", tried.status, problems=tried.problems, chosen=chosen, tried=tried)


async def merge(request: Request) -> Response:
    """Merges, and goes to the draft that came of it."""
    try:
        merged = await do(request, MERGE)
    except CallError as error:
        return await merging(request, await refused(request, MERGE, error))
    return go(f"{DESK}/items/{merged.id}", done=MERGE.done)


PAGES = (
    Page(DESK, listed, None, "officer", CATALOG),
    Page(DESK + "/merge", shown(merging), merge, "officer", CATALOG),
    Page(ITEM, shown(item), None, "officer", CATALOG),
    Page(ITEM + "/compare", compare, None, "officer", CATALOG),
    *(form(f"{ITEM}/{act.name}", act, item, DESK + "/items/{item_id}", "officer", CATALOG) for act in ACTS),
)
