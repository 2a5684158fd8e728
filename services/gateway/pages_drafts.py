"""Drafts: applications that were begun, kept with answers and files, and continued on any device."""

import hashlib
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import person_words, scenarios
from services.gateway.acts import FRESH, Act, Tried, do, refused
from services.gateway.applying import Entered, Kept
from services.gateway.calls import CallError, backends
from services.gateway.forms import request_id, text, whole
from services.gateway.pages import Page, go
from services.gateway.pages_person import PAGE_SIZE
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.case.v1 import intake_pb2 as intake

DISCARD: Final = Act(
    "discard", "drafts.DiscardDraft", intake.DiscardDraftRequest, "person-draft-deleted", labels=person_words.FIELD
)

# The draft was saved on another device or page.
MOVED: Final = "VERSION_MOVED"


async def save(request: Request, typed: FormData, got: Entered) -> intake.Draft:
    """Keeps what is in the form of an item, unless the draft was saved elsewhere since the page was opened (MOVED); the same content
    sent again is the same act."""
    content = intake.DraftContent(
        form=got.form,
        answers=scenarios.messages(scenarios.answers_of(typed.multi_items())),
        materials=got.materials,
    )
    digest = hashlib.sha256(content.SerializeToString(deterministic=True)).hexdigest()[:20]
    message = intake.SaveDraftRequest(
        request_id=f"{request_id(typed)[:36]}.{digest}",
        draft_id=text(typed, "draft_id"),
        item_id=str(request.path_params["item_id"]),
        edition=whole(text(typed, "edition")),
        content=content,
        version=whole(text(typed, "draft_version")),
    )
    return await ask(request, backends(request).drafts.SaveDraft, message)


async def open_draft(request: Request, id: str) -> tuple[intake.Draft, dict[str, list[str]], Entered]:
    """A draft with the scenario answers and everything else it holds."""
    draft = await ask(request, backends(request).drafts.GetDraft, intake.GetDraftRequest(draft_id=id))
    names = {one.id: one.filename for one in draft.attachments}
    kept = {
        one.material: [Kept(id, names[id]) for id in one.attachments if id in names] for one in draft.content.materials
    }
    answers = {key: list(answer.values) for key, answer in draft.content.answers.items()}
    return draft, answers, Entered(form=dict(draft.content.form), kept=kept)


async def my_drafts(request: Request) -> Response:
    """The visitor's drafts, saved last first."""
    return await _listed(request, FRESH)


async def _listed(request: Request, tried: Tried) -> Response:
    message = intake.ListDraftsRequest(page_size=PAGE_SIZE, page_token=request.query_params.get("page", "")[:200])
    found = await ask(request, backends(request).drafts.ListDrafts, message)
    return show(request, "drafts.html", tried.status, found=found, tried=tried, problems=tried.problems)


async def discard(request: Request) -> Response:
    """Ends a draft."""
    try:
        await do(request, DISCARD)
    except CallError as error:
        return await _listed(request, await refused(request, DISCARD, error))
    return go("/drafts", done=DISCARD.done)


async def _back(_request: Request) -> Response:
    return go("/drafts")


PAGES = (
    Page("/drafts", my_drafts, None, "person", acting=True),
    Page("/drafts/{draft_id:uuid}/discard", _back, discard, "person", acting=True),
)
