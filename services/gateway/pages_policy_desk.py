"""The desk of who writes policies: what there is, a policy's text, an item with its rule editor, the trial beside it, and dry runs."""

import asyncio
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import policy_authoring as authoring
from services.gateway import policy_words
from services.gateway.acts import Tried, do, form, only, shown
from services.gateway.calls import CallError, backends
from services.gateway.desk_inputs import wrong
from services.gateway.forms import text, whole
from services.gateway.market_forms import refused
from services.gateway.overview import or_none
from services.gateway.pages import Page, go
from services.gateway.policy_forms import VALUE, act, fact_value
from services.gateway.policy_picking import HOWS, picked
from services.gateway.policy_reading import kinds_of
from services.gateway.policy_rules import KINDS, LEAF, Row, edited, rows_of
from services.gateway.render import show
from services.gateway.session import ask, session_of
from yiwang.policy.v1 import enterprises_pb2 as enterprises
from yiwang.policy.v1 import items_pb2 as items
from yiwang.policy.v1 import service_pb2 as pb

DESK: Final = "/desk/policies"
POLICY, NEW_POLICY = DESK + "/policies/{policy_id:uuid}", DESK + "/policies/new"
ITEM, NEW_ITEM = DESK + "/items/{item_id:uuid}", POLICY + "/items/new"
EDIT: Final = ITEM + "/edit"
ROLES: Final = ("policy", "payout", "finance", "supervise")
SAVE_POLICY: Final = act("policies.SavePolicy", pb.SavePolicyRequest, "policy-saved")
SAVE_ITEM: Final = act("payout_items.SavePayoutItem", items.SavePayoutItemRequest, "policy-saved")
TRY, PICK = "try", "pick:"


def _version(form: FormData) -> dict[str, Any]:
    return {"version": whole(text(form, "version"), 18)}


POLICY_ACTS: Final = (
    act("policies.PublishPolicy", pb.PublishPolicyRequest, "policy-published", _version),
    act("policies.ReturnPolicy", pb.ReturnPolicyRequest, "policy-returned", only("reason")),
    act("policies.WithdrawPolicy", pb.WithdrawPolicyRequest, "policy-ended", only("reason")),
)
ITEM_ACTS: Final = (
    act("payout_items.OpenPayoutItem", items.OpenPayoutItemRequest, "policy-published", _version),
    act("payout_items.ReturnPayoutItem", items.ReturnPayoutItemRequest, "policy-returned", only("reason")),
    act("payout_items.PausePayoutItem", items.PausePayoutItemRequest, "policy-saved", only("reason")),
    act("payout_items.ResumePayoutItem", items.ResumePayoutItemRequest, "policy-saved"),
    act("payout_items.ClosePayoutItem", items.ClosePayoutItemRequest, "policy-ended", only("reason")),
)


async def home(request: Request) -> Response:
    """Policies and items of the officer's department, with what waits for a second officer."""
    page = request.query_params.get("page", "")[:200]
    writes = "policy" in session_of(request).roles
    listed = items.ListPayoutItemDeskRequest(page_size=50, page_token=page)
    policies, found = await asyncio.gather(
        or_none(ask(request, backends(request).policies.ListPolicyDesk, pb.ListPolicyDeskRequest(page_size=50)))
        if writes
        else _nothing(),
        ask(request, backends(request).payout_items.ListPayoutItemDesk, listed),
    )
    return show(request, "desk_policies.html", policies=policies, found=found, page=page, writes=writes)


async def _nothing() -> None:
    return None


async def policy(request: Request, tried: Tried) -> Response:
    """A policy: its text as it is being written, and what may be done with it."""
    one = None
    if "policy_id" in request.path_params:
        message = pb.GetPolicyRequest(policy_id=str(request.path_params["policy_id"]))
        one = await ask(request, backends(request).policies.GetPolicy, message)
    told = (one.working if one.HasField("working") else one.text) if one else pb.PolicyText()
    context: dict[str, Any] = {"one": one, "told": told, "clauses": authoring.clause_lines(told), "tried": tried}
    region = request.app.state.settings.region
    return show(request, "desk_policy.html", tried.status, problems=tried.problems, region=region, **context)


async def save_policy(request: Request) -> Response:
    """Writes the text of a policy, new or known."""
    typed = await request.form()
    try:
        written = authoring.policy_text(typed, await _clauses(request))
        one: pb.Policy = await do(
            request, SAVE_POLICY, text=written, department_name=text(typed, "department_name"), **_version(typed)
        )
    except CallError as error:
        return await policy(request, await refused(request, SAVE_POLICY, authoring.at_inputs(error, {}, "text.")))
    return go(f"{DESK}/policies/{one.policy_id}", done=SAVE_POLICY.done)


async def _clauses(request: Request) -> dict[str, str]:
    """The ids of the clauses a policy has, by their numbers: items name them by their ids, wherever a clause has moved to."""
    if "policy_id" not in request.path_params:
        return {}
    message = pb.GetPolicyRequest(policy_id=str(request.path_params["policy_id"]))
    one = await ask(request, backends(request).policies.GetPolicy, message)
    return {clause.number: clause.id for told in (one.text, one.working) for clause in told.clauses}


async def item(request: Request, tried: Tried) -> Response:
    """An item as its officers see it: what is open, what is being written, what a dry run said."""
    message = items.GetPayoutItemRequest(item_id=str(request.path_params["item_id"]))
    run = request.query_params.get("run", "")
    one, counted = await asyncio.gather(
        ask(request, backends(request).payout_items.GetPayoutItem, message),
        or_none(ask(request, backends(request).payout_items.GetDryRun, items.GetDryRunRequest(run_id=run)))
        if run
        else _nothing(),
    )
    told = one.working if one.HasField("working") else one.definition
    says = {row.id: row.says for row in rows_of(told.rule) if row.says}
    context: dict[str, Any] = {"one": one, "told": told, "counted": counted, "says": says, "tried": tried}
    return show(request, "desk_policy_item.html", tried.status, problems=tried.problems, **context)


async def dry_run(request: Request) -> Response:
    """Begins a count over the enterprise base; its figures are on the item's page."""
    start = act("payout_items.StartDryRun", items.StartDryRunRequest, "policy-counting")
    try:
        run: items.DryRun = await do(request, start)
    except CallError as error:
        return await item(request, await refused(request, start, error))
    return go(ITEM.replace(":uuid", "").format(**request.path_params), run=run.run_id)


async def edit(request: Request) -> Response:
    """The form of an item, new or known."""
    known, of = await _known(request)
    told = known.working if known and known.HasField("working") else known.definition if known else None
    one = told or items.PayoutItemDefinition(
        policy_id=of.policy_id, region=of.text.region or of.working.region, mode=items.PAYOUT_MODE_ORDINARY
    )
    rows = rows_of(one.rule if one.HasField("rule") else None)
    return await _editor(request, Tried(), known, of, rows, one)


async def save_item(request: Request) -> Response:
    """A button of the form: a row of the rule moved, the definition tried on facts, or written."""
    typed = await request.form()
    known, of = await _known(request)
    rows, what = authoring.rows_typed(typed), text(typed, "edit")
    if what and what != TRY:
        changed = edited(rows, what)
        told = await _again(request, typed)
        if what.startswith(PICK):
            changed, told = await _picked(request, typed, rows, what.removeprefix(PICK), told)
        return await _editor(request, told, known, of, changed)
    places: dict[str, int] = {}
    try:
        one, places = authoring.definition_of(typed)
        if what == TRY:
            found = await _tried_on(request, typed, one)
            return await _editor(request, await _again(request, typed), known, of, rows, one, found)
        saved: items.PayoutItem = await do(
            request, SAVE_ITEM, definition=one, department_name=text(typed, "department_name"), **_version(typed)
        )
    except CallError as error:
        told = await refused(request, SAVE_ITEM, authoring.at_inputs(error, places))
        return await _editor(request, told, known, of, rows)
    return go(f"{DESK}/items/{saved.item_id}", done=SAVE_ITEM.done)


async def _picked(
    request: Request, typed: FormData, rows: list[Row], number: str, told: Tried
) -> tuple[list[Row], Tried]:
    """The rows with a condition picked from lists; or as they were, with what is wrong beside its row."""
    at, kinds = whole(number, 3), await kinds_of(request)
    if at >= len(rows) or rows[at].kind != LEAF:
        return rows, told
    name, how, value = (text(typed, f"pick_{part}_{at}") for part in ("name", "how", "value"))
    row, fault = picked(rows[at], kinds.get(name), how, value)
    if fault:
        told = await refused(request, SAVE_ITEM, wrong(f"pick_name_{at}", fault))
    return [*rows[:at], row, *rows[at + 1 :]], told


async def _known(request: Request) -> tuple[items.PayoutItem | None, pb.Policy]:
    """The item that is written, None for a new one, and its policy."""
    known, ids = None, request.path_params
    if "item_id" in ids:
        message = items.GetPayoutItemRequest(item_id=str(ids["item_id"]))
        known = await ask(request, backends(request).payout_items.GetPayoutItem, message)
    about = (known.working if known.HasField("working") else known.definition) if known else None
    policy_id = about.policy_id if about else str(ids["policy_id"])
    of = await ask(request, backends(request).policies.GetPolicy, pb.GetPolicyRequest(policy_id=policy_id))
    return known, of


async def _again(request: Request, typed: FormData) -> Tried:
    """The form as it stands."""
    found = {key: [value for value in typed.getlist(key) if isinstance(value, str)] for key in typed}
    return Tried(SAVE_ITEM.name, (), found, text(typed, "request_id"))


async def _tried_on(request: Request, typed: FormData, one: items.PayoutItemDefinition) -> items.Explanation:
    """What the rules say of the facts that stand beside them, or of an enterprise of the base."""
    kinds = await kinds_of(request)
    told = {name: fact_value(typed, VALUE + name, kinds[name]) for name in authoring.reads(one) if name in kinds}
    facts = {name: value for name, value in told.items() if value}
    message = items.TryPayoutItemRequest(definition=one, facts=facts, uscc=text(typed, "try_uscc"))
    return await ask(request, backends(request).payout_items.TryPayoutItem, message)


async def _editor(
    request: Request,
    tried: Tried,
    known: items.PayoutItem | None,
    of: pb.Policy,
    rows: list[Row],
    one: items.PayoutItemDefinition | None = None,
    found: items.Explanation | None = None,
) -> Response:
    """The editor with the trial beside it."""
    kinds = await kinds_of(request)
    if one is None:
        try:
            one, _ = authoring.definition_of(await request.form())
        except CallError:
            one = items.PayoutItemDefinition(policy_id=of.policy_id)
    policy_text = of.working if of.HasField("working") else of.text
    context: dict[str, Any] = {
        "known": known,
        "of": of,
        "policy_text": policy_text,
        "clause_options": [(clause.id, clause.number, clause.text[:80]) for clause in policy_text.clauses],
        "mode_options": [(mode, word.text) for mode, word in policy_words.MODE.items()],
        "veto_options": [
            (name, kind.title, "") for name, kind in sorted(kinds.items()) if kind.type == enterprises.FACT_TYPE_BOOL
        ],
        "rule_kinds": KINDS,
        "fact_options": [
            (name, f"{kind.title}{kind.unit and f'（{kind.unit}）'}") for name, kind in sorted(kinds.items())
        ],
        "how_options": [(name, how.text) for name, how in HOWS.items()],
        "first": authoring.typed_of(one),
        "rows": rows,
        "kinds": kinds,
        "titles": {name: kind.title for name, kind in kinds.items()},
        "reads": [kinds[name] for name in authoring.reads(one) if name in kinds],
        "found": found,
        "tried": tried,
    }
    return show(request, "desk_policy_edit.html", tried.status, problems=tried.problems, **context)


_WRITES: Final = ("policy",)
PAGES = (
    Page(DESK, home, needs="officer", roles=ROLES),
    Page(NEW_POLICY, shown(policy), save_policy, "officer", _WRITES),
    Page(POLICY, shown(policy), save_policy, "officer", _WRITES),
    Page(NEW_ITEM, edit, save_item, "officer", _WRITES, fields=2500),
    Page(ITEM, shown(item), needs="officer", roles=ROLES),
    Page(EDIT, edit, save_item, "officer", _WRITES, fields=2500),
    Page(ITEM + "/dry-run", None, dry_run, "officer", _WRITES),
    *(
        form(f"{POLICY}/{one.name}", one, policy, DESK + "/policies/{policy_id}", "officer", _WRITES)
        for one in POLICY_ACTS
    ),
    *(form(f"{ITEM}/{one.name}", one, item, DESK + "/items/{item_id}", "officer", _WRITES) for one in ITEM_ACTS),
)
