"""The desk of finance: budgets with their ledger and trial balance, and the days that were compared with the bank's statement."""

import asyncio
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Tried, do, form, only, shown
from services.gateway.calls import CallError, backends
from services.gateway.forms import text
from services.gateway.market_forms import fen, refused
from services.gateway.overview import or_none
from services.gateway.pages import Page, at, go
from services.gateway.policy_desk_words import FIELD
from services.gateway.policy_forms import act
from services.gateway.policy_reading import PAGE_SIZE
from services.gateway.render import show
from services.gateway.session import ask, session_of
from yiwang.policy.v1 import items_pb2 as items
from yiwang.policy.v1 import money_pb2 as pb

BUDGETS: Final = "/desk/policies/money"
BUDGET: Final = BUDGETS + "/{item_id:uuid}/{period}"
DAYS: Final = "/desk/policies/days"
DAY: Final = DAYS + "/{reconciliation_id:uuid}"
READS: Final = ("policy", "payout", "finance", "supervise")
# Who reads the ledger, and who moves the money.
BOOKS, FINANCE = ("finance", "supervise"), ("finance",)


def _set(form: FormData) -> dict[str, Any]:
    typed = only("document")(form) | {"total_fen": fen(form, "total_fen", "预算总额")}
    # Of a new budget only; of a known one they stand in the address.
    return typed | {name: text(form, name) for name in ("item_id", "period") if name in form}


SET: Final = act("money.SetBudget", pb.SetBudgetRequest, "policy-budget-set", _set, FIELD)
CLOSE: Final = act("money.ClosePeriod", pb.ClosePeriodRequest, "policy-period-closed", labels=FIELD)
SETTLE: Final = act(
    "money.SettleException",
    pb.SettleExceptionRequest,
    "policy-exception-settled",
    only("exception_id", "resolution"),
    FIELD,
)


async def budgets(request: Request, tried: Tried) -> Response:
    """The budgets of the officer's department or region; finance sets the first one of an item's period."""
    page, sets = request.query_params.get("page", "")[:200], _may(request, FINANCE)
    message = pb.ListBudgetsRequest(page_size=PAGE_SIZE, page_token=page)
    wanted = items.ListPayoutItemDeskRequest(page_size=100)
    found, offered = await asyncio.gather(
        ask(request, backends(request).money.ListBudgets, message),
        or_none(ask(request, backends(request).payout_items.ListPayoutItemDesk, wanted)) if sets else _nothing(),
    )
    choices = [(one.item_id, f"{one.definition.title}（{one.number}）") for one in offered.items] if offered else []
    context: dict[str, Any] = {"found": found, "page": page, "sets": sets, "choices": choices, "tried": tried}
    return show(request, "desk_policy_budgets.html", tried.status, problems=tried.problems, **context)


async def _nothing() -> None:
    return None


def _may(request: Request, roles: tuple[str, ...]) -> bool:
    return any(role in session_of(request).roles for role in roles)


async def open_budget(request: Request) -> Response:
    """Sets the first budget of an item's period."""
    try:
        one: pb.Budget = await do(request, SET)
    except CallError as error:
        return await budgets(request, await refused(request, SET, error))
    return go(f"{BUDGETS}/{one.item_id}/{one.period}", done=SET.done)


async def budget(request: Request, tried: Tried) -> Response:
    """One budget: how much of it is taken, its changes; to finance and supervision its ledger, and whether the books agree."""
    where = {"item_id": str(request.path_params["item_id"]), "period": str(request.path_params["period"])[:10]}
    page, books, stub = request.query_params.get("page", "")[:200], _may(request, BOOKS), backends(request).money
    lines = pb.ListPostingsRequest(**where, page_size=50, page_token=page)
    one, balance, postings = await asyncio.gather(
        ask(request, stub.GetBudget, pb.GetBudgetRequest(**where)),
        ask(request, stub.GetTrialBalance, pb.GetTrialBalanceRequest(**where)) if books else _nothing(),
        ask(request, stub.ListPostings, lines) if books else _nothing(),
    )
    context: dict[str, Any] = {"one": one, "balance": balance, "postings": postings, "page": page, "tried": tried}
    context |= {"sets": _may(request, FINANCE), "here": f"{BUDGETS}/{one.item_id}/{one.period}"}
    return show(request, "desk_policy_budget.html", tried.status, problems=tried.problems, **context)


async def days(request: Request) -> Response:
    """The days, newest first; those with something open on a tab of their own."""
    asked = request.query_params
    chosen, page = "open" if asked.get("status") == "open" else "", asked.get("page", "")[:200]
    message = pb.ListReconciliationsRequest(open=bool(chosen), page_size=PAGE_SIZE, page_token=page)
    found = await ask(request, backends(request).money.ListReconciliations, message)
    context: dict[str, Any] = {"found": found, "chosen": chosen, "page": page}
    return show(
        request, "desk_policy_days.html", at=lambda chosen, page="": at(DAYS, status=chosen, page=page), **context
    )


async def day(request: Request, tried: Tried) -> Response:
    """One day with its sums and exceptions; finance says what became of each."""
    message = pb.GetReconciliationRequest(reconciliation_id=str(request.path_params["reconciliation_id"]))
    one = await ask(request, backends(request).money.GetReconciliation, message)
    context: dict[str, Any] = {"one": one, "settles": _may(request, FINANCE), "tried": tried, "fresh": Tried()}
    return show(request, "desk_policy_day.html", tried.status, problems=tried.problems, **context)


_TO: Final = BUDGETS + "/{item_id}/{period}"
PAGES = (
    Page(BUDGETS, shown(budgets), open_budget, "officer", READS),
    Page(BUDGET, shown(budget), None, "officer", READS),
    form(f"{BUDGET}/{SET.name}", SET, budget, _TO, "officer", FINANCE),
    form(f"{BUDGET}/{CLOSE.name}", CLOSE, budget, _TO, "officer", FINANCE),
    Page(DAYS, days, None, "officer", BOOKS),
    Page(DAY, shown(day), None, "officer", BOOKS),
    form(f"{DAY}/{SETTLE.name}", SETTLE, day, DAYS + "/{reconciliation_id}", "officer", FINANCE),
)
