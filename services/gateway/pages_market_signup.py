"""An agency's way into a selection: the check of its qualifications, its sign-up with a sealed bid or a proposal, opening the bid."""

import asyncio
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Tried, do, only, shown
from services.gateway.calls import CallError, backends
from services.gateway.desk_inputs import wrong
from services.gateway.forms import text
from services.gateway.market_forms import act, attach, basis_points, fen, flat, refused
from services.gateway.market_reading import ONE, kinds_of, my_agency, procurement_id, procurement_of
from services.gateway.pages import Page, go
from services.gateway.render import show
from services.gateway.session import ask, session_of
from yiwang.intermediary.v1 import service_pb2 as pb
from yiwang.intermediary.v1 import signups_pb2 as signups
from yiwang.rules.v1 import rules_pb2

AT: Final = ONE + "/sign-up"


async def signup(request: Request, tried: Tried) -> Response:
    """Whether the visitor's agency may sign up, with every condition; its sign-up and what became of it; the forms for what it may do."""
    one, mine, kinds = await asyncio.gather(procurement_of(request), my_agency(request), kinds_of(request))
    verdict, entry = await _standing(request) if mine else (None, None)
    context: dict[str, Any] = {
        "one": one,
        "mine": mine,
        "acting": bool(session_of(request).own),
        "kinds": {id: kind.name for id, kind in kinds.items()},
        "leaves": leaves(verdict) if verdict else [],
        "eligible": verdict is not None and verdict.truth == rules_pb2.TRUTH_TRUE,
        "entry": entry,
        "is_open": one.status == pb.PROCUREMENT_STATUS_OPEN,
        "opening": one.need.mode == pb.MODE_PRICE and one.status == pb.PROCUREMENT_STATUS_FROZEN,
        "discount": one.need.price_method == pb.PRICE_METHOD_DISCOUNT,
        "tried": tried,
    }
    return show(request, "market_signup.html", tried.status, problems=tried.problems, **context)


async def _standing(request: Request) -> tuple[rules_pb2.Verdict | None, signups.SignUpEntry | None]:
    """The verdict on the agency, and its sign-up; each None where there is none."""
    stub, id = backends(request).signups, procurement_id(request)
    told = await asyncio.gather(
        _or_none(ask(request, stub.CheckQualification, signups.CheckQualificationRequest(procurement_id=id))),
        _or_none(ask(request, stub.GetMySignUp, signups.GetMySignUpRequest(procurement_id=id))),
    )
    return told[0], told[1]


async def _or_none(answer: Any) -> Any:
    """What is not there, or not for this visitor, is none; a service that is away is told."""
    try:
        return await answer
    except CallError as error:
        if error.status not in (400, 403, 404, 409):
            raise
        return None


def leaves(verdict: rules_pb2.Verdict) -> list[rules_pb2.Verdict]:
    """The conditions of a verdict, in order."""
    if verdict.kind == rules_pb2.NODE_KIND_LEAF:
        return [verdict]
    return [leaf for part in verdict.parts for leaf in leaves(part)]


SIGN_UP: Final = act("signups.SignUp", signups.SignUpRequest, "market-signed-up")
WITHDRAW: Final = act("signups.WithdrawSignUp", signups.WithdrawSignUpRequest, "market-signup-withdrawn")
OPEN: Final = act("signups.OpenBid", signups.OpenBidRequest, "market-bid-opened")
OBJECT: Final = act("procurements.ObjectToResult", pb.ObjectToResultRequest, "market-objected", only("text"))


async def sign_up(request: Request) -> Response:
    """Signs the agency up: with the commitment to its bid, or with its proposal, as the mode has it."""

    async def made(one: pb.Procurement, form: FormData) -> dict[str, Any]:
        if one.need.mode == pb.MODE_PRICE:
            return {"bid_commitment": text(form, "bid_commitment").lower()}
        if one.need.mode == pb.MODE_CHOICE:
            return {"proposal": next(iter(await attach(request, form, "proposal")), "")}
        return {}

    return await _act(request, SIGN_UP, made)


async def withdraw(request: Request) -> Response:
    """Takes the sign-up back."""
    return await _act(request, WITHDRAW, _nothing)


async def open_bid(request: Request) -> Response:
    """Tells the bid with its nonce."""

    async def made(one: pb.Procurement, form: FormData) -> dict[str, Any]:
        if not text(form, "value"):
            raise wrong("value", "请填写报价")
        discount = one.need.price_method == pb.PRICE_METHOD_DISCOUNT
        value = basis_points(form, "value", "下浮率") if discount else fen(form, "value", "报价")
        return {"value": value, "nonce": text(form, "nonce").lower()}

    return await _act(request, OPEN, made)


async def object_to(request: Request) -> Response:
    """Objects to the result, during its notice."""
    return await _act(request, OBJECT, _nothing)


async def _nothing(_one: pb.Procurement, _form: FormData) -> dict[str, Any]:
    return {}


async def _act(request: Request, what: Any, made: Any) -> Response:
    try:
        one, form = await procurement_of(request), await request.form()
        await do(request, what, **await made(one, form))
    except CallError as error:
        return await signup(request, await refused(request, what, flat(error)))
    return go(f"/market/procurements/{procurement_id(request)}/sign-up", done=what.done)


def _form(path: str, handler: Any) -> Page:
    return Page(path, None, handler, "person", acting=True)


PAGES = (
    Page(AT, shown(signup), sign_up, "person", acting=True),
    _form(AT + "/withdraw", withdraw),
    _form(AT + "/open", open_bid),
    _form(AT + "/object", object_to),
)
