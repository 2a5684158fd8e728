"""Policies for enterprises as everybody sees them: documents with their clauses and editions, payout items with their rules."""

import asyncio
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from services.gateway import policy_words
from services.gateway.calls import backends
from services.gateway.overview import or_none
from services.gateway.pages import Page, at
from services.gateway.policy_reading import AT, PAGE_SIZE, TABS, item_of, kinds_of, own, region
from services.gateway.render import show
from services.gateway.session import ask_public
from yiwang.policy.v1 import items_pb2 as items
from yiwang.policy.v1 import service_pb2 as pb

ITEMS: Final = AT + "/items"
POLICY: Final = AT + "/{policy_id:uuid}"
ITEM: Final = ITEMS + "/{item_id:uuid}"


async def home(request: Request) -> Response:
    """What there is for enterprises here, and the policies, by kind, words, and whether anything of them is paid."""
    asked, page = request.query_params, request.query_params.get("page", "")[:200]
    picked = {
        "region": region(request),
        "kind": asked.get("kind", ""),
        "words": asked.get("words", "")[:50],
        "payable": "1" if asked.get("payable") == "1" else "",
        "past": "1" if asked.get("past") == "1" else "",
    }
    message = pb.ListPoliciesRequest(
        region=picked["region"],
        kind=policy_words.KINDS.get(picked["kind"], 0),  # type: ignore[arg-type]
        words=picked["words"].strip(),
        payable=bool(picked["payable"]),
        past=bool(picked["past"]),
        page_size=PAGE_SIZE,
        page_token=page,
    )
    found = await ask_public(request, backends(request).policies.ListPolicies, message)
    context: dict[str, Any] = {"found": found, "picked": picked, "page": page, "tabs": TABS}
    return show(request, "policies.html", at=lambda **more: at(AT, **(picked | more)), **context)


async def listed(request: Request) -> Response:
    """Payout items, by mode and words."""
    asked, page = request.query_params, request.query_params.get("page", "")[:200]
    picked = {
        "region": region(request),
        "mode": asked.get("mode", ""),
        "words": asked.get("words", "")[:50],
        "past": "1" if asked.get("past") == "1" else "",
    }
    message = items.ListPayoutItemsRequest(
        region=picked["region"],
        mode=policy_words.MODES.get(picked["mode"], 0),  # type: ignore[arg-type]
        words=picked["words"].strip(),
        past=bool(picked["past"]),
        page_size=PAGE_SIZE,
        page_token=page,
    )
    found = await ask_public(request, backends(request).payout_items.ListPayoutItems, message)
    context: dict[str, Any] = {"found": found, "picked": picked, "page": page, "tabs": TABS}
    return show(request, "policy_items.html", at=lambda **more: at(ITEMS, **(picked | more)), **context)


async def policy(request: Request) -> Response:
    """One policy: its newest edition, what is paid of it, and its editions."""
    id, stub = str(request.path_params["policy_id"]), backends(request).policies
    of_it = items.ListPayoutItemsRequest(policy_id=id, past=True, page_size=100)
    one, paid, editions = await asyncio.gather(
        ask_public(request, stub.GetPolicy, pb.GetPolicyRequest(policy_id=id)),
        or_none(ask_public(request, backends(request).payout_items.ListPayoutItems, of_it)),
        or_none(ask_public(request, stub.ListPolicyEditions, pb.ListPolicyEditionsRequest(policy_id=id))),
    )
    context: dict[str, Any] = {"one": one, "text": one.text, "paid": paid, "editions": editions, "edition": one.edition}
    return show(request, "policy.html", **context)


async def edition(request: Request) -> Response:
    """The text of one edition of a policy."""
    id, number = str(request.path_params["policy_id"]), int(request.path_params["edition"])
    stub = backends(request).policies
    one, found, editions = await asyncio.gather(
        ask_public(request, stub.GetPolicy, pb.GetPolicyRequest(policy_id=id)),
        ask_public(request, stub.GetPolicyEdition, pb.GetPolicyEditionRequest(policy_id=id, edition=number)),
        or_none(ask_public(request, stub.ListPolicyEditions, pb.ListPolicyEditionsRequest(policy_id=id))),
    )
    context: dict[str, Any] = {"one": one, "text": found.text, "paid": None, "editions": editions, "edition": number}
    return show(request, "policy.html", **context)


async def item(request: Request) -> Response:
    """One item: to whom, how much, by which conditions, with which materials; its clauses as the policy has them."""
    one = await item_of(request)
    stub = backends(request).policies
    message = pb.GetPolicyRequest(policy_id=one.definition.policy_id)
    found, kinds, mine = await asyncio.gather(
        or_none(ask_public(request, stub.GetPolicy, message)), kinds_of(request), own(request)
    )
    clauses = [clause for clause in found.text.clauses if clause.id in one.definition.clauses] if found else []
    vetoes = [kinds[name].title if name in kinds else name for name in one.definition.vetoes]
    context: dict[str, Any] = {
        "one": one,
        "policy": found,
        "clauses": clauses,
        "vetoes": vetoes,
        "own": mine,
        "may_claim": one.status == items.PAYOUT_ITEM_STATUS_OPEN
        and one.payable
        and one.definition.mode != items.PAYOUT_MODE_PROACTIVE,
    }
    return show(request, "policy_item.html", **context)


PAGES = (
    Page(AT, home),
    Page(ITEMS, listed),
    Page(POLICY, policy),
    Page(POLICY + "/editions/{edition:int}", edition),
    Page(ITEM, item),
)
