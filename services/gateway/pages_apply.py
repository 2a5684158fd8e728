"""Applying for one item: the scenario questions, the form, materials or what stands for them, promise, delivery; submitted, looked up
in between, or kept for later."""

from dataclasses import replace
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import applying, kiosk, pages_drafts, person_words, scenarios
from services.gateway.applying import Entered
from services.gateway.calls import CallError, FieldError, backends
from services.gateway.forms import item_labels, new_request_id, next_request_id, problems_of, request_id, text, whole
from services.gateway.overview import or_none
from services.gateway.pages import Page, go
from services.gateway.render import show
from services.gateway.session import ask, ask_public
from yiwang.case.v1 import promises_pb2 as promises
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog

# Refusals the form shows itself.
SHOWN: Final = (400, 403, 409, 429)
LOOK: Final = "look:"
DRAFT: Final = "draft"
# As the contract says, where the item does not.
DEFERRAL_DAYS: Final = 10
LONGEST_NUMBER, LONGEST_PURPOSE = 18, 200
BY_LICENCE: Final = (catalog.WAIVER_LICENCE, catalog.WAIVER_DATA)


async def item_of(request: Request) -> catalog.Item:
    """The item of the path at its present edition."""
    message = catalog.GetItemRequest(item_id=str(request.path_params["item_id"]))
    return await ask_public(request, backends(request).catalog.GetItem, message)


async def apply_form(request: Request) -> Response:
    """The scenario questions, as long as one is open; then the application form for these answers."""
    item = await item_of(request)
    chosen = scenarios.answers_of(request.query_params.multi_items(), item.definition.questions)
    if not (id := request.query_params.get("draft", "")):
        return await show_form(request, item, chosen, Entered())
    draft, answers, got = await pages_drafts.open_draft(request, id[:36])
    if draft.item_id != item.id:
        return go(f"/items/{draft.item_id}/apply", draft=draft.id)
    at = str(draft.version)
    return await show_form(request, item, chosen or answers, got, draft=draft.id, at=at, outdated=draft.outdated)


async def show_form(
    request: Request,
    item: catalog.Item,
    chosen: dict[str, list[str]],
    got: Entered,
    error: CallError | None = None,
    act: str = "",
    draft: str = "",
    at: str = "",
    outdated: bool = False,
) -> Response:
    """The form with everything entered so far, and what was refused of it."""
    d, moved = item.definition, error is not None and error.reason == pages_drafts.MOVED
    found = await scenarios.look(request, item, chosen)
    offers_promise = bool(d.handling.commitment_text) and (
        d.commitment or any(one.material.waiver == catalog.WAIVER_COMMITMENT for one in found.materials)
    )
    context: dict[str, Any] = {
        "item": item,
        "d": d,
        "s": found,
        "got": got,
        "problems": problems_of(error, item_labels(d) | person_words.FIELD) if error else [],
        "request_id": act or new_request_id(),
        "fees": applying.fee_lines(found.fees),
        "promise": applying.text_digest(d.handling.commitment_text) if offers_promise else "",
        "blocked": await _blocked(request, d) if offers_promise else False,
        "deferral_days": d.handling.deferral_days or DEFERRAL_DAYS,
        "by_licence": BY_LICENCE,
        "draft": draft,
        # Whoever was told that it moved saves over it, if he saves again.
        "draft_version": "" if moved else at,
        "moved": moved,
        "outdated": outdated,
        "new_id": new_request_id,
    }
    return show(request, "apply.html", error.status if error else 200, **context)


async def _blocked(request: Request, definition: catalog.ItemDefinition) -> bool:
    """Whether the visitor may promise nothing in this county; who cannot be told is judged when he applies."""
    message = promises.ListPromiseBlocksRequest(page_size=100)
    found = await or_none(ask(request, backends(request).promises.ListPromiseBlocks, message))
    return any(one.blocked and one.county == definition.region[:6] for one in found.blocks) if found else False


async def apply(request: Request) -> Response:
    """Uploads the files, then submits the case or looks a licence up. Catalog is asked only when the form has to be shown again."""
    form = await request.form()
    act, got, do = request_id(form), applying.entered(form), text(form, "do")
    kept, error = await applying.keep_files(request, form, act, got.kept)
    got = replace(got, kept=kept)
    if error is None and do.startswith(LOOK):
        got, error = await _looked_up(request, form, got, do.removeprefix(LOOK))
        return await _again(request, form, got, error)
    try:
        if error:
            raise error
        if do == DRAFT:
            draft = await pages_drafts.save(request, form, got)
            return go(f"/items/{draft.item_id}/apply", draft=draft.id, done="person-draft")
        case = await _submit(request, form, act, got)
    except CallError as refusal:
        if refusal.status not in SHOWN:
            raise
        return await _again(request, form, got, refusal)
    return go(f"/cases/{case.id}", done=_done(case), at=case.version)


async def _again(request: Request, form: FormData, got: Entered, error: CallError | None) -> Response:
    if error and error.status not in SHOWN:
        raise error
    item = await item_of(request)
    act = next_request_id(form, error) if error else request_id(form)
    chosen = scenarios.answers_of(form.multi_items(), item.definition.questions)
    draft, at = text(form, "draft_id")[:36], text(form, "draft_version")[:20]
    return await show_form(request, item, chosen, got, error, act, draft, at)


async def _submit(request: Request, form: FormData, act: str, got: Entered) -> cases.Case:
    # The kind of a stand-in is the item's; nothing else of it is needed here.
    stated = applying.stand_ins((await item_of(request)).definition, got) if got.proofs or got.waived else []
    message = cases.SubmitCaseRequest(
        request_id=act,
        item_id=str(request.path_params["item_id"]),
        edition=whole(text(form, "edition")),
        form=got.form,
        materials=got.materials,
        answers=scenarios.messages(scenarios.answers_of(form.multi_items())),
        channel=kiosk.channel(request),
        pre_review=got.more["pre_review"] == "yes",
        stand_ins=stated,
        promise_digest=got.more["promise_digest"],
        renews_until=got.more["renews_until"],
        project_code=got.more["project_code"],
        draft_id=text(form, "draft_id"),
        **applying.chosen_delivery(form),
    )
    return await ask(request, backends(request).case.SubmitCase, message)


async def _looked_up(request: Request, form: FormData, got: Entered, material: str) -> tuple[Entered, CallError | None]:
    """The form with what the licence source said of one material; or why it was not asked, told at the material."""
    message = promises.LookUpLicenceRequest(
        request_id=text(form, "look_id") or new_request_id(),
        item_id=str(request.path_params["item_id"]),
        material=material,
        holder_number=got.more.get(f"holder.{material}", "")[:LONGEST_NUMBER],
        purpose=got.more.get(f"purpose.{material}", "")[:LONGEST_PURPOSE],
    )
    try:
        found = await ask(request, backends(request).promises.LookUpLicence, message)
    except CallError as error:
        told = "；".join(one.text for one in error.fields) or error.message
        return got, CallError(error.code, error.reason, error.message, [FieldError(f"stand_ins[{material}]", told)])
    return replace(got, proofs={**got.proofs, material: applying.proof_of(found)}), None


def _done(case: cases.Case) -> str:
    """What is said after submitting: a pre-review is no application yet, and a decision may be there already."""
    if case.status == cases.CASE_STATUS_PRE_REVIEW:
        return "person-pre-review"
    return "person-decided" if case.decision_kind == cases.DECISION_KIND_AUTOMATIC else "submitted"


PAGES = (Page("/items/{item_id:uuid}/apply", apply_form, apply, "person", acting=True),)
