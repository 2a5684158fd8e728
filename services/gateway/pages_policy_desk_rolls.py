"""The desk of lists of proactive payouts (免申即享): computed, looked at line by line, reviewed by another, objections decided."""

import asyncio
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Tried, do, only, shown
from services.gateway.calls import CallError, backends
from services.gateway.forms import whole
from services.gateway.market_forms import refused
from services.gateway.moves import offered
from services.gateway.overview import or_none
from services.gateway.pages import Page, at, go
from services.gateway.policy_desk_moves import ROLES, ROLL, ROLL_STATUSES
from services.gateway.policy_forms import act, moved
from services.gateway.policy_reading import PAGE_SIZE
from services.gateway.render import show
from services.gateway.session import ask, session_of
from yiwang.policy.v1 import items_pb2 as items
from yiwang.policy.v1 import rolls_pb2 as pb

DESK: Final = "/desk/policies/rolls"
ONE: Final = DESK + "/{roll_id:uuid}"
COMPUTE: Final = act("rolls.ComputeRoll", pb.ComputeRollRequest, "policy-roll-computing", only("item_id"))
LINES: Final = 100
MAKES: Final = "payout"


async def listed(request: Request, tried: Tried) -> Response:
    """Lists of the officer's department or region; whoever makes them chooses the item of the next."""
    asked, page = request.query_params, request.query_params.get("page", "")[:200]
    tab, makes = asked.get("status", ""), MAKES in session_of(request).roles
    message = pb.ListRollDeskRequest(
        status=ROLL_STATUSES.get(tab, 0),  # type: ignore[arg-type]
        page_size=PAGE_SIZE,
        page_token=page,
    )
    found, choices = await asyncio.gather(
        ask(request, backends(request).rolls.ListRollDesk, message), _proactive(request) if makes else _none()
    )
    context: dict[str, Any] = {"found": found, "chosen": tab, "page": page, "makes": makes, "choices": choices}
    context |= {"statuses": ROLL_STATUSES, "at": lambda tab, page="": at(DESK, status=tab, page=page), "tried": tried}
    return show(request, "desk_policy_rolls.html", tried.status, problems=tried.problems, **context)


async def _none() -> list[tuple[str, str]]:
    return []


async def _proactive(request: Request) -> list[tuple[str, str]]:
    """Items of the department whose lists are computed."""
    message = items.ListPayoutItemDeskRequest(status=items.PAYOUT_ITEM_STATUS_OPEN, page_size=100)
    found = await or_none(ask(request, backends(request).payout_items.ListPayoutItemDesk, message))
    mode = items.PAYOUT_MODE_PROACTIVE
    return [(one.item_id, one.definition.title) for one in found.items if one.definition.mode == mode] if found else []


async def compute(request: Request) -> Response:
    """Has a list computed; it is there at once, and fills."""
    try:
        one: pb.Roll = await do(request, COMPUTE)
    except CallError as error:
        return await listed(request, await refused(request, COMPUTE, error))
    return go(f"{DESK}/{one.roll_id}", done=COMPUTE.done, at=one.version)


async def roll(request: Request, tried: Tried) -> Response:
    """One list with its enterprises and the reasons of each, and the moves that may be made now."""
    asked = request.query_params
    id, page = str(request.path_params["roll_id"]), asked.get("page", "")[:200]
    stub = backends(request).rolls
    one, lines = await asyncio.gather(
        ask(request, stub.GetRoll, pb.GetRollRequest(roll_id=id, min_version=whole(asked.get("at", "")))),
        ask(request, stub.ListRollLines, pb.ListRollLinesRequest(roll_id=id, page_size=LINES, page_token=page)),
    )
    allowed, off = _open(one, session_of(request).roles), asked.get("off", "")[:18]
    if off and not tried.form:
        tried = Tried(ROLL["ExcludeFromRoll"].act.name, typed={"uscc": [off]})
    context: dict[str, Any] = {"one": one, "lines": lines, "page": page, "moves": offered(ROLL, allowed)}
    return show(
        request, "desk_policy_roll.html", tried.status, problems=tried.problems, tried=tried, allowed=allowed, **context
    )


def _open(one: pb.Roll, roles: Any) -> list[str]:
    """What this officer may do with a list as it is; who may not after all is told by the service."""
    if one.status == pb.ROLL_STATUS_COMPUTED and MAKES in roles:
        return ["ReviewRoll", "ExcludeFromRoll"]
    waits = any(not row.decision for row in one.objections)
    return ["DecideRollObjection"] if waits and "supervise" in roles else []


PAGES = (
    Page(DESK, shown(listed), compute, "officer", ROLES),
    Page(ONE, shown(roll), None, "officer", ROLES),
    *(
        Page(f"{ONE}/{one.act.name}", None, moved(one.act, roll, DESK + "/{roll_id}"), "officer", ROLES)
        for one in ROLL.values()
    ),
)
