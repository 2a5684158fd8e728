"""What pages about policies ask for: the visitor's enterprise, an item, a claim, kinds of facts; and what can be done about an answer."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from starlette.requests import Request

from services.gateway.calls import backends
from services.gateway.forms import whole
from services.gateway.market_reading import own_name
from services.gateway.overview import or_none
from services.gateway.session import ask, ask_public, session_of
from yiwang.policy.v1 import claims_pb2 as claims
from yiwang.policy.v1 import enterprises_pb2 as enterprises
from yiwang.policy.v1 import items_pb2 as items

PAGE_SIZE: Final = 20
AT: Final = "/policies"
MINE: Final = AT + "/mine"
CLAIMS: Final = AT + "/claims"
TABS: Final = (
    (AT, "政策"),
    (AT + "/items", "兑付事项"),
    (AT + "/published", "结果公示"),
    (AT + "/rolls", "免申即享名单"),
    (AT + "/news", "招商和资讯"),
    (AT + "/bulletin", "统计公报"),
)
_REGION: Final = re.compile(r"[0-9]{6,12}")
_DEPARTMENTS: Final = ("REPORTED", "CORRECTED")


class Own(NamedTuple):
    """The enterprise the visitor acts for; without a code he acts for none."""

    uscc: str
    name: str


def region(request: Request) -> str:
    """The region of the address; else the gateway's own."""
    typed = request.query_params.get("region", "").strip()
    return typed if _REGION.fullmatch(typed) else str(request.app.state.settings.region)


async def own(request: Request) -> Own:
    """The enterprise the visitor acts for as its handler."""
    session = session_of(request)
    if session.realm != "person" or not session.own:
        return Own("", "")
    uscc, name = await own_name(request)
    return Own(uscc, name)


async def item_of(request: Request, id: str = "") -> items.PayoutItem:
    """The item of the path, or of this id, as everybody may read it."""
    id = id or str(request.path_params["item_id"])
    return await ask_public(
        request, backends(request).payout_items.GetPayoutItem, items.GetPayoutItemRequest(item_id=id)
    )


async def claim_of(request: Request) -> claims.Claim:
    """The claim of the path as the visitor may see it, at least as new as his own last act."""
    message = claims.GetClaimRequest(
        claim_id=str(request.path_params["claim_id"]), min_version=whole(request.query_params.get("at", ""))
    )
    return await ask(request, backends(request).claims.GetClaim, message)


async def my_claims(request: Request, page: str = "", size: int = PAGE_SIZE) -> claims.ListClaimsResponse:
    """The claims of the visitor's enterprise."""
    message = claims.ListMyClaimsRequest(page_size=size, page_token=page)
    return await ask(request, backends(request).claims.ListMyClaims, message)


async def kinds_of(request: Request) -> dict[str, enterprises.FactKind]:
    """Kinds of facts by name; none while they cannot be told."""
    stub = backends(request).enterprises
    found = await or_none(ask_public(request, stub.ListFactKinds, enterprises.ListFactKindsRequest()))
    return {one.name: one for one in found.kinds} if found else {}


async def enterprise_of(request: Request, uscc: str) -> enterprises.Enterprise:
    """All that is known of the visitor's enterprise."""
    message = enterprises.GetMyEnterpriseRequest(uscc=uscc)
    return await ask(request, backends(request).enterprises.GetMyEnterprise, message)


def last_account(some: claims.ListClaimsResponse | None) -> claims.Claim | None:
    """The last paid of these claims: its account is taken where none is stated."""
    paid = [one for one in some.claims if one.paid_at and one.account_masked] if some else []
    return max(paid, key=lambda one: one.paid_at, default=None)


class Remedy(NamedTuple):
    """What an enterprise can do about one fact: what it is called, what to do, where; without an address it waits for a department."""

    title: str
    says: str
    href: str


def remedies(told: items.Explanation, known: Mapping[str, enterprises.FactKnown]) -> list[Remedy]:
    """What can be done about an answer that is no, or not known: facts corrected by who reported them, stated anew, or told."""
    found: dict[str, Remedy] = {}
    for name in dict.fromkeys(name for one in told.lacking for name in one.facts):
        fact = known.get(name) or known.get(name.removesuffix("_days"))
        if fact is None:
            continue
        if fact.kind in _DEPARTMENTS:
            href = f"{MINE}/facts/{fact.name}/correct"
            found[fact.name] = Remedy(fact.title, f"由{fact.source_name or '部门'}提供，有误的可以申请更正", href)
        elif fact.kind == "CLAIMED":
            found[fact.name] = Remedy(
                fact.title, "企业自报，有变化的请重新填报", f"{MINE}/facts/state?names={fact.name}"
            )
    stated = [one for one in told.missing if one.cost]
    names = ",".join(one.name for one in stated)
    for one in told.missing:
        found[one.name] = Remedy(one.title, one.how, f"{MINE}/facts/state?names={names}" if one.cost else "")
    return list(found.values())
