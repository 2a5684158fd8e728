"""An enterprise's own home of policies: what it matches and why, its claims, the money it received, its appeals, what is new, what it is
told of."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import policy_stages
from services.gateway.acts import Act, Tried, do, shown
from services.gateway.calls import CallError, backends
from services.gateway.forms import text
from services.gateway.market_forms import refused
from services.gateway.overview import or_none
from services.gateway.pages import Handler, Page, go
from services.gateway.policy_forms import act
from services.gateway.policy_reading import (
    MINE,
    Own,
    enterprise_of,
    item_of,
    kinds_of,
    my_claims,
    own,
    remedies,
)
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.policy.v1 import appeals_pb2 as appeals
from yiwang.policy.v1 import enterprises_pb2 as pb
from yiwang.policy.v1 import items_pb2 as items
from yiwang.rules.v1 import rules_pb2

ITEM: Final = MINE + "/items/{item_id:uuid}"
MOST_CLAIMS: Final = 100
NEWEST_APPEALS: Final = 3


def _modes(form: FormData) -> dict[str, Any]:
    modes = [int(mode) for mode in form.getlist("modes") if isinstance(mode, str) and mode in ("1", "2", "3")]
    return {"subscribed": text(form, "subscribed") == "yes", "modes": modes}


SUBSCRIBE: Final = act("enterprises.SetSubscription", pb.SetSubscriptionRequest, "policy-subscription", _modes)
SEEN: Final = act(
    "enterprises.AcknowledgeMatches",
    pb.AcknowledgeMatchesRequest,
    "policy-seen",
    lambda form: {"items": [one for one in form.getlist("items") if isinstance(one, str)]},
)
OUT: Final = act("enterprises.OptOut", pb.OptOutRequest, "policy-out", lambda form: {"out": text(form, "out") == "yes"})


def nobody(request: Request) -> Response:
    """The page for who acts for no enterprise: how to."""
    return show(request, "policy_nobody.html")


async def home(request: Request, tried: Tried) -> Response:
    """All of an enterprise at one place."""
    mine = await own(request)
    if not mine.uscc:
        return nobody(request)
    stub, asked = backends(request).enterprises, backends(request).appeals
    one, matches, fresh, claims, said = await asyncio.gather(
        enterprise_of(request, mine.uscc),
        ask(request, stub.ListMyMatches, pb.ListMyMatchesRequest(uscc=mine.uscc)),
        or_none(ask(request, stub.ListNewMatches, pb.ListNewMatchesRequest(uscc=mine.uscc))),
        or_none(my_claims(request, size=MOST_CLAIMS)),
        or_none(ask(request, asked.ListMyAppeals, appeals.ListMyAppealsRequest(page_size=NEWEST_APPEALS))),
    )
    found = list(matches.matches)
    made = list(claims.claims) if claims else []
    context: dict[str, Any] = {
        "own": mine,
        "one": one,
        "gets": [m for m in found if m.result == rules_pb2.TRUTH_TRUE],
        "unknown": [m for m in found if m.result == rules_pb2.TRUTH_UNKNOWN],
        # What it has of this period already is among its claims, and lacks nothing.
        "near": [m for m in found if m.result == rules_pb2.TRUTH_FALSE and not any(_had(one) for one in m.lacking)],
        "fresh": list(fresh.matches) if fresh else [],
        "claims": made,
        "waiting": [claim for claim in made if set(claim.open_moves) & {"ConfirmAccount", "CorrectClaim"}],
        "received": policy_stages.received(made),
        "appeals": said,
        "more": bool(claims and claims.next_page_token),
        "tried": tried,
    }
    return show(request, "policy_mine.html", tried.status, problems=tried.problems, **context)


def _had(one: items.Lacking) -> bool:
    return one.leaf == "once"


async def match(request: Request, tried: Tried) -> Response:
    """One item as it stands to the enterprise: every condition, the facts and where they are from, what can be done about it."""
    mine = await own(request)
    if not mine.uscc:
        return nobody(request)
    id = str(request.path_params["item_id"])
    message = pb.ExplainMatchRequest(uscc=mine.uscc, item_id=id)
    told, item, one, kinds = await asyncio.gather(
        ask(request, backends(request).enterprises.ExplainMatch, message),
        item_of(request),
        enterprise_of(request, mine.uscc),
        kinds_of(request),
    )
    context: dict[str, Any] = {
        "own": mine,
        "told": told,
        "item": item,
        "remedies": remedies(told, {fact.name: fact for fact in one.facts}),
        "titles": {name: kind.title for name, kind in kinds.items()},
        "out": id in one.opted_out,
        "may_claim": item.definition.mode != items.PAYOUT_MODE_PROACTIVE and item.payable,
        "tried": tried,
    }
    return show(request, "policy_match.html", tried.status, problems=tried.problems, **context)


def _own_act(what: Act, page: Callable[[Request, Tried], Awaitable[Response]], to: str) -> Handler:
    """A form in the name of the visitor's enterprise, whose code no input states."""

    async def handler(request: Request) -> Response:
        mine: Own = await own(request)
        if not mine.uscc:
            return nobody(request)
        try:
            await do(request, what, uscc=mine.uscc)
        except CallError as error:
            return await page(request, await refused(request, what, error))
        return go(to.format(**request.path_params), done=what.done)

    return handler


PAGES = (
    Page(MINE, shown(home), None, "person", acting=True),
    Page(MINE + "/subscription", None, _own_act(SUBSCRIBE, home, MINE), "person", acting=True),
    Page(MINE + "/seen", None, _own_act(SEEN, home, MINE), "person", acting=True),
    Page(ITEM, shown(match), None, "person", acting=True),
    Page(ITEM + "/out", None, _own_act(OUT, match, MINE + "/items/{item_id}"), "person", acting=True),
)
