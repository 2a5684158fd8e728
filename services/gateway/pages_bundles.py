"""One thing at once (一件事): one form and one list of materials for several items, handed in once; then how its branches go."""

from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import applying, kiosk, person_words, scenarios
from services.gateway.acts import FRESH, Act, Tried, do, only, refused
from services.gateway.applying import Entered
from services.gateway.calls import FILE_DEADLINE, CallError, backends
from services.gateway.forms import new_request_id, next_request_id, problems_of, request_id, text, whole
from services.gateway.pages import Handler, Page, go
from services.gateway.pages_apply import SHOWN
from services.gateway.pages_person import PAGE_SIZE, SAFE_TYPES
from services.gateway.pages_themes import look, names_of
from services.gateway.render import show
from services.gateway.scenarios import Needed
from services.gateway.session import ask
from services.gateway.words import DEMAND, Word
from yiwang.case.v1 import bundles_pb2 as bundles
from yiwang.catalog.v1 import themes_pb2 as themes

WITHDRAW: Final = Act(
    "withdraw", "bundles.WithdrawBundle", bundles.WithdrawBundleRequest, "person-bundle-withdrawn", only("reason"),
    person_words.FIELD,
)  # fmt: skip
GIVE_UP: Final = Act(
    "give-up", "bundles.GiveUpBranch", bundles.GiveUpBranchRequest, "person-branch-given-up", only("reason"),
    person_words.FIELD,
)  # fmt: skip


async def apply_form(request: Request) -> Response:
    """The questions of the theme, as long as one is open; then the merged form."""
    return await _form(request, request.query_params.multi_items(), Entered())


async def _form(
    request: Request,
    pairs: list[tuple[str, Any]],
    got: Entered,
    error: CallError | None = None,
    act: str = "",
) -> Response:
    guide, asked = await look(request, str(request.path_params["id"]), pairs)
    context: dict[str, Any] = {
        "guide": guide,
        "theme": guide.theme,
        "d": guide.theme.definition,
        "s": asked,
        "materials": needed(guide),
        "names": names_of(guide),
        "got": got,
        "problems": problems_of(error, _labels(guide) | person_words.FIELD) if error else [],
        "request_id": act or new_request_id(),
    }
    return show(request, "theme_apply.html", error.status if error else 200, **context)


def needed(guide: themes.ThemeGuide) -> list[Needed]:
    """The merged materials as forms show them: each once, whoever of the departments needs it."""
    return [Needed(one.material, one.demand, DEMAND.get(one.demand, Word(""))) for one in guide.materials]


def _labels(guide: themes.ThemeGuide) -> dict[str, str]:
    """What the merged form calls its places, by the paths the service names them with."""
    found = {f"form[{one.field.key}]": one.field.label for one in guide.fields}
    found |= {f"answers[{one.key}]": one.text for one in guide.questions}
    return found | {f"materials[{one.material.key}]": one.material.name for one in guide.materials}


async def apply(request: Request) -> Response:
    """Uploads the files and hands everything in at once."""
    form = await request.form()
    act, got = request_id(form), applying.entered(form)
    kept, error = await applying.keep_files(request, form, act, got.kept)
    got = replace(got, kept=kept)
    try:
        if error:
            raise error
        bundle = await _submit(request, form, act, got)
    except CallError as refusal:
        if refusal.status not in SHOWN:
            raise
        return await _form(request, form.multi_items(), got, refusal, next_request_id(form, refusal))
    return go(f"/bundles/{bundle.id}", done="person-bundle", at=bundle.version)


async def _submit(request: Request, form: FormData, act: str, got: Entered) -> bundles.Bundle:
    message = bundles.SubmitBundleRequest(
        request_id=act,
        theme_id=str(request.path_params["id"]),
        edition=whole(text(form, "edition")),
        answers=scenarios.messages(scenarios.answers_of(form.multi_items())),
        form=got.form,
        materials=got.materials,
        channel=kiosk.channel(request),
        project_code=got.more["project_code"],
        **applying.chosen_delivery(form),
    )
    return await ask(request, backends(request).bundles.SubmitBundle, message)


async def my_bundles(request: Request) -> Response:
    """The visitor's own, newest first."""
    message = bundles.ListMyBundlesRequest(page_size=PAGE_SIZE, page_token=request.query_params.get("page", "")[:200])
    found = await ask(request, backends(request).bundles.ListMyBundles, message)
    return show(request, "bundles.html", found=found)


async def bundle_page(request: Request) -> Response:
    """How far the whole is, and each of its branches."""
    return await _show(request, FRESH)


async def _show(request: Request, tried: Tried) -> Response:
    newer = whole(request.query_params.get("at", ""))
    message = bundles.GetBundleRequest(bundle_id=str(request.path_params["bundle_id"]), min_version=newer)
    bundle = await ask(request, backends(request).bundles.GetBundle, message)
    context = {
        "bundle": bundle,
        "names": {one.key: one.name for one in bundle.branches},
        "groups": groups_of(bundle),
        "tried": tried,
        "problems": tried.problems,
    }
    return show(request, "bundle.html", tried.status, **context)


def groups_of(bundle: bundles.Bundle) -> list[tuple[str, list[bundles.BundleBranch]]]:
    """The branches by the stages of the project, in their order; under no name where there are none. What is not part of it is left
    out."""
    part = [one for one in bundle.branches if one.status != bundles.BRANCH_STATUS_NOT_PART]
    stages = [one.name for one in bundle.stages]
    found = [(name, [one for one in part if one.stage == name]) for name in stages]
    rest = [one for one in part if one.stage not in stages]
    return [group for group in [*found, ("", rest)] if group[1]]


def _does(act: Act) -> Handler:
    """Serves a form of the page of a bundle."""

    async def handler(request: Request) -> Response:
        try:
            bundle = await do(request, act)
        except CallError as error:
            return await _show(request, await refused(request, act, error))
        return go(f"/bundles/{bundle.id}", done=act.done, at=bundle.version)

    return handler


async def _back(request: Request) -> Response:
    return go(f"/bundles/{request.path_params['bundle_id']}")


async def download(request: Request) -> Response:
    """A file of it; always saved, never shown as a page of this site."""
    ids = {name: str(value) for name, value in request.path_params.items()}
    message = bundles.DownloadBundleFileRequest(**ids)
    found = await ask(request, backends(request).bundles.DownloadBundleFile, message, FILE_DEADLINE)
    kind = found.attachment.media_type
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.attachment.filename, safe='')}"}
    return Response(found.content, 200, headers, kind if kind in SAFE_TYPES else "application/octet-stream")


PAGES = (
    Page("/themes/{id:uuid}/apply", apply_form, apply, "person", acting=True, fields=2000),
    Page("/bundles", my_bundles, None, "person", acting=True),
    Page("/bundles/{bundle_id:uuid}", bundle_page, None, "person", acting=True),
    Page("/bundles/{bundle_id:uuid}/withdraw", _back, _does(WITHDRAW), "person", acting=True),
    Page("/bundles/{bundle_id:uuid}/branches/{key}/give-up", _back, _does(GIVE_UP), "person", acting=True),
    Page("/bundles/{bundle_id:uuid}/files/{attachment_id:uuid}", download, None, "person", acting=True),
)
