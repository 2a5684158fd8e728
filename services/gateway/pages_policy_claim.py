"""A claim of an enterprise: applying, its course and reasons, correcting, the account, taking it back, the decision again, the receipt."""

import asyncio
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Tried, do, only, shown
from services.gateway.calls import FILE_DEADLINE, CallError, backends
from services.gateway.market_forms import refused
from services.gateway.overview import or_none
from services.gateway.pages import Page, go
from services.gateway.pages_person import SAFE_TYPES
from services.gateway.pages_policy import ITEM
from services.gateway.pages_policy_enterprise import nobody
from services.gateway.policy_forms import account_of, act, handed_in, moved
from services.gateway.policy_reading import (
    CLAIMS,
    claim_of,
    enterprise_of,
    item_of,
    kinds_of,
    last_account,
    my_claims,
    own,
    remedies,
)
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.policy.v1 import claims_pb2 as pb
from yiwang.policy.v1 import enterprises_pb2 as enterprises
from yiwang.policy.v1 import items_pb2 as items

ONE: Final = CLAIMS + "/{claim_id:uuid}"
SUBMIT: Final = act("claims.SubmitClaim", pb.SubmitClaimRequest, "policy-claimed", account_of)
CORRECT: Final = act("claims.CorrectClaim", pb.CorrectClaimRequest, "policy-corrected")
CONFIRM: Final = act("claims.ConfirmAccount", pb.ConfirmAccountRequest, "policy-account", account_of)
WITHDRAW: Final = act("claims.WithdrawClaim", pb.WithdrawClaimRequest, "policy-withdrawn", only("reason"))


async def apply(request: Request, tried: Tried) -> Response:
    """The form of a claim: what the rules say by now, the materials, the account."""
    mine, item = await asyncio.gather(own(request), item_of(request))
    if not mine.uscc:
        return nobody(request)
    message = enterprises.ExplainMatchRequest(uscc=mine.uscc, item_id=item.item_id)
    told, made, kinds = await asyncio.gather(
        or_none(ask(request, backends(request).enterprises.ExplainMatch, message)),
        or_none(my_claims(request)),
        kinds_of(request),
    )
    context: dict[str, Any] = {
        "own": mine,
        "item": item,
        "told": told,
        "titles": {name: kind.title for name, kind in kinds.items()},
        "last": last_account(made),
        "tried": tried,
    }
    return show(request, "policy_apply.html", tried.status, problems=tried.problems, **context)


async def submit(request: Request) -> Response:
    """Applies: the files first; the rules answer at once."""
    mine, form = await own(request), await request.form()
    if not mine.uscc:
        return nobody(request)
    try:
        item = await item_of(request)
        files = await handed_in(request, form, item.definition.materials)
        one: pb.Claim = await do(request, SUBMIT, uscc=mine.uscc, materials=files)
    except CallError as error:
        return await apply(request, await refused(request, SUBMIT, error))
    done = "policy-claim-refused" if one.status == pb.CLAIM_STATUS_REFUSED else SUBMIT.done
    return go(f"{CLAIMS}/{one.claim_id}", done=done, at=one.version)


async def mine(request: Request) -> Response:
    """The claims of the visitor's enterprise."""
    whose = await own(request)
    if not whose.uscc:
        return nobody(request)
    page = request.query_params.get("page", "")[:200]
    return show(request, "policy_claims.html", own=whose, found=await my_claims(request, page), page=page)


async def claim(request: Request, tried: Tried) -> Response:
    """A claim with its course, reasons, account and payments; the forms for what may be done; refused: what could be done about it."""
    one, whose = await asyncio.gather(claim_of(request), own(request))
    item, base, kinds, made = await asyncio.gather(
        or_none(item_of(request, one.item_id)),
        or_none(enterprise_of(request, whose.uscc)),
        kinds_of(request),
        or_none(my_claims(request)),
    )
    wanted = list(item.definition.materials) if item else []
    context: dict[str, Any] = {
        "one": one,
        "wanted": wanted,
        "names": {material.code: material.name for material in wanted},
        "titles": {name: kind.title for name, kind in kinds.items()},
        "remedies": remedies(one.explanation, {fact.name: fact for fact in base.facts}) if base else [],
        "last": last_account(made),
        "tried": tried,
    }
    return show(request, "policy_claim.html", tried.status, problems=tried.problems, **context)


async def replay(request: Request) -> Response:
    """The decision computed again, and whether it is the same."""
    one = await claim_of(request)
    found, kinds = await asyncio.gather(
        ask(request, backends(request).claims.ReplayClaim, pb.ReplayClaimRequest(claim_id=one.claim_id)),
        kinds_of(request),
    )
    titles = {name: kind.title for name, kind in kinds.items()}
    return show(request, "policy_replay.html", one=one, found=found, titles=titles)


async def receipt(request: Request) -> Response:
    """The receipt of a paid claim, to whoever sees the claim."""
    message = pb.GetReceiptRequest(claim_id=str(request.path_params["claim_id"]))
    found = await ask(request, backends(request).claims.GetReceipt, message, FILE_DEADLINE)
    return _sent(found.pdf, found.filename, "application/pdf")


async def download(request: Request) -> Response:
    """A file of a claim, to whoever sees the claim; always saved, never shown as a page of this site."""
    ids = {name: str(value) for name, value in request.path_params.items()}
    message = pb.DownloadClaimFileRequest(**ids)
    found = await ask(request, backends(request).claims.DownloadClaimFile, message, FILE_DEADLINE)
    return _sent(found.content, found.file.filename, found.file.media_type)


def _sent(content: bytes, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Response(content, 200, headers, kind if kind in SAFE_TYPES else "application/octet-stream")


async def correct(request: Request) -> Response:
    """Hands in what a reviewer asked for."""
    form = await request.form()
    try:
        one = await claim_of(request)
        item: items.PayoutItem = await item_of(request, one.item_id)
        files = await handed_in(request, form, item.definition.materials)
        changed: pb.Claim = await do(request, CORRECT, materials=files)
    except CallError as error:
        return await claim(request, await refused(request, CORRECT, error))
    return go(f"{CLAIMS}/{changed.claim_id}", done=CORRECT.done, at=changed.version)


PAGES = (
    Page(ITEM + "/claim", shown(apply), submit, "person", acting=True),
    Page(CLAIMS, mine, None, "person", acting=True),
    Page(ONE, shown(claim), None, "person", acting=True),
    Page(ONE + "/correct", None, correct, "person", acting=True),
    Page(ONE + "/account", None, moved(CONFIRM, claim, CLAIMS + "/{claim_id}"), "person", acting=True),
    Page(ONE + "/withdraw", None, moved(WITHDRAW, claim, CLAIMS + "/{claim_id}"), "person", acting=True),
    Page(ONE + "/replay", replay, None, "person", acting=True),
    Page(ONE + "/receipt", receipt, None, "anyone", acting=True),
    Page(ONE + "/files/{file_id:uuid}", download, None, "anyone", acting=True),
)
