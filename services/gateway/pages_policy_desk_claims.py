"""The desk of claims: what waits for review, for finance, for supervision; one claim with everything it rests on, and its moves."""

import asyncio
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Tried, do, shown
from services.gateway.calls import CallError, FieldError, backends
from services.gateway.forms import text
from services.gateway.market_forms import fen, refused
from services.gateway.moves import offered
from services.gateway.overview import or_none
from services.gateway.pages import Page, at, go
from services.gateway.policy_desk_moves import CLAIM, ROLES, STATUSES
from services.gateway.policy_desk_words import FIELD
from services.gateway.policy_forms import VALUE, act, fact_value, moved
from services.gateway.policy_reading import PAGE_SIZE, claim_of, item_of, kinds_of
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.policy.v1 import claims_pb2 as pb
from yiwang.policy.v1 import enterprises_pb2 as enterprises

DESK: Final = "/desk/policies/claims"
ONE: Final = DESK + "/{claim_id:uuid}"
REVIEW: Final = act("claims.ReviewClaim", pb.ReviewClaimRequest, "policy-reviewed", labels=FIELD)
Kinds = dict[str, enterprises.FactKind]


async def listed(request: Request) -> Response:
    """Claims of the officer's department or region, by status; what is late or being checked on tabs of their own."""
    asked, page = request.query_params, request.query_params.get("page", "")[:200]
    tab, item = asked.get("status", ""), asked.get("item", "")[:36]
    message = pb.ListClaimDeskRequest(
        status=STATUSES.get(tab, 0),  # type: ignore[arg-type]
        late=tab == "late",
        checked=tab == "checked",
        item_id=item,
        page_size=PAGE_SIZE,
        page_token=page,
    )
    found = await ask(request, backends(request).claims.ListClaimDesk, message)
    title = found.claims[0].item_title if item and found.claims else ""
    context: dict[str, Any] = {"found": found, "chosen": tab, "page": page, "item": item, "item_title": title}
    context |= {"statuses": STATUSES, "at": lambda tab, page="", item=item: at(DESK, status=tab, item=item, page=page)}
    return show(request, "desk_policy_claims.html", **context)


async def claim(request: Request, tried: Tried) -> Response:
    """A claim with its facts, reasons, materials, objections and payments, and a form for each move that may be made now."""
    one, kinds = await asyncio.gather(claim_of(request), kinds_of(request))
    item = await or_none(item_of(request, one.item_id))
    context: dict[str, Any] = {
        "one": one,
        "names": {want.code: want.name for want in item.definition.materials} if item else {},
        "titles": {name: kind.title for name, kind in kinds.items()},
        "moves": offered(CLAIM, list(one.open_moves)),
        "proves": _provable(one, kinds),
        "tried": tried,
    }
    return show(request, "desk_policy_claim.html", tried.status, problems=tried.problems, **context)


def _provable(one: pb.Claim, kinds: Kinds) -> list[enterprises.FactKind]:
    """What a reviewer can state from the materials: facts nobody told, or only the enterprise."""
    told = one.explanation
    names = [row.name for row in told.missing] + [row.name for row in told.facts if row.kind in ("CLAIMED", "STATED")]
    known = dict.fromkeys(name if name in kinds else name.removesuffix("_days") for name in names)
    return [kinds[name] for name in known if name in kinds]


async def review(request: Request) -> Response:
    """Reviews: what the materials prove is judged with the rest, and the answer stands with its reason."""
    form = await request.form()
    try:
        kinds = await kinds_of(request)
        one: pb.Claim = await do(request, REVIEW, **_reviewed(form, kinds))
    except CallError as error:
        return await claim(request, await refused(request, REVIEW, _at_inputs(error)))
    return go(f"{DESK}/{one.claim_id}", done=REVIEW.done, at=one.version)


def _reviewed(form: FormData, kinds: Kinds) -> dict[str, Any]:
    names = [key.removeprefix(VALUE) for key in form if key.startswith(VALUE)]
    told = {name: fact_value(form, VALUE + name, kinds[name]) for name in names if name in kinds}
    return {
        "decision": text(form, "decision"),
        "reason": text(form, "reason"),
        "amount_fen": fen(form, "amount_fen", "核定金额"),
        "facts": {name: value for name, value in told.items() if value},
    }


def _at_inputs(error: CallError) -> CallError:
    """A fact that is refused stands at the decision: its own input is told by the message."""
    fields = [
        FieldError("decision" if one.field.startswith("facts") else one.field, one.text, one.code)
        for one in error.fields
    ]
    return CallError(error.code, error.reason, error.message, fields)


async def replay(request: Request) -> Response:
    """The decision computed again from what was kept, and whether it is the same."""
    one = await claim_of(request)
    found, kinds = await asyncio.gather(
        ask(request, backends(request).claims.ReplayClaim, pb.ReplayClaimRequest(claim_id=one.claim_id)),
        kinds_of(request),
    )
    titles = {name: kind.title for name, kind in kinds.items()}
    return show(request, "desk_policy_claim_replay.html", one=one, found=found, titles=titles)


PAGES = (
    Page(DESK, listed, None, "officer", ROLES),
    Page(ONE, shown(claim), None, "officer", ROLES),
    Page(f"{ONE}/{REVIEW.name}", None, review, "officer", ROLES),
    Page(ONE + "/replay", replay, None, "officer", ROLES),
    *(
        Page(f"{ONE}/{one.act.name}", None, moved(one.act, claim, DESK + "/{claim_id}"), "officer", ROLES)
        for one in CLAIM.values()
    ),
)
