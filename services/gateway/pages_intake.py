"""One window (一窗受理): an officer receives from who stands before him, for any department; and what his window still has to hand over."""

from dataclasses import replace
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import applying, desk_inputs, desk_words, person_words, scenarios
from services.gateway.acts import FRESH, SHOWN, Act, Tried, do, only, refused, shown
from services.gateway.applying import Entered
from services.gateway.calls import CallError, FieldError, backends
from services.gateway.forms import item_labels, new_request_id, next_request_id, problems_of, request_id, text, whole
from services.gateway.pages import Page, go
from services.gateway.pages_apply import BY_LICENCE, DEFERRAL_DAYS, LONGEST_NUMBER, LONGEST_PURPOSE, LOOK, item_of
from services.gateway.pages_officer import PAGE_SIZE
from services.gateway.pages_places import windows_of
from services.gateway.render import show
from services.gateway.session import ask, ask_public, session_of
from yiwang.case.v1 import intake_pb2 as intake
from yiwang.case.v1 import promises_pb2 as promises
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.identity.v1 import counties_pb2 as counties
from yiwang.identity.v1 import privacy_pb2 as privacy

RECEIVE = ("receive",)
AT: Final = "/desk/receive"
HITS: Final = 20
FIND = Act("find", "privacy.FindPerson", privacy.FindPersonRequest, "", only("id_number", "purpose"), desk_words.FIELD)
UNKNOWN: Final = "没有查到这个人。请核对证件号码；尚未注册的，请本人先注册账号"


async def _duty(request: Request) -> counties.Window | None:
    """The window the officer sits at now."""
    id = session_of(request).id
    return next((one for one in await windows_of(request) if one.officer_id == id), None)


async def find_page(request: Request, tried: Tried = FRESH) -> Response:
    """Who stands there: looked up by document number, which he reads in his record."""
    context = {"window": await _duty(request), "tried": tried}
    return show(request, "desk_receive.html", tried.status, problems=tried.problems, **context)


async def find(request: Request) -> Response:
    """Keeps who was found in the session, masked; his id stands in the addresses that follow, so that two tabs stay apart."""
    try:
        found = await do(request, FIND)
    except CallError as error:
        told = desk_inputs.wrong("id_number", UNKNOWN) if error.status == 404 else error
        return await find_page(request, await refused(request, FIND, told))
    session = session_of(request)
    session.serving, session.serving_name = found.id, f"{found.name_masked}（{found.id_number_masked}）"
    return go(f"{AT}/{found.id}")


def _stranger(request: Request) -> Response | None:
    """Back to the look-up for an address that is not of who was found last."""
    here = session_of(request).serving == str(request.path_params["applicant_id"])
    return None if here else go(AT)


async def search(request: Request) -> Response:
    """What he comes for."""
    if stop := _stranger(request):
        return stop
    typed = request.query_params.get("q", "").strip()[:100]
    hits: list[catalog.ItemHit] = []
    if typed:
        message = catalog.SearchItemsRequest(query=typed, page_size=HITS, place=session_of(request).region)
        hits = list((await ask_public(request, backends(request).catalog.SearchItems, message)).hits)
    context: dict[str, Any] = {"hits": hits, "typed": typed, "applicant": session_of(request).serving}
    return show(request, "desk_receive_search.html", window=await _duty(request), **context)


async def receive_form(request: Request) -> Response:
    """The scenario questions, then the form, filled in by the officer with who stands there."""
    if stop := _stranger(request):
        return stop
    item = await item_of(request)
    chosen = scenarios.answers_of(request.query_params.multi_items(), item.definition.questions)
    return await _show_form(request, item, chosen, Entered())


async def _show_form(
    request: Request,
    item: catalog.Item,
    chosen: dict[str, list[str]],
    got: Entered,
    error: CallError | None = None,
    act: str = "",
) -> Response:
    d = item.definition
    found = await scenarios.look(request, item, chosen)
    promised = bool(d.handling.commitment_text) and (
        d.commitment or any(one.material.waiver == catalog.WAIVER_COMMITMENT for one in found.materials)
    )
    context: dict[str, Any] = {
        "item": item,
        "d": d,
        "s": found,
        "got": got,
        "problems": problems_of(error, item_labels(d) | person_words.FIELD | desk_words.FIELD) if error else [],
        "request_id": act or new_request_id(),
        "look_id": new_request_id(),
        "fees": applying.fee_lines(found.fees),
        "promise": applying.text_digest(d.handling.commitment_text) if promised else "",
        "deferral_days": d.handling.deferral_days or DEFERRAL_DAYS,
        "by_licence": BY_LICENCE,
        "applicant": session_of(request).serving,
        "window": await _duty(request),
    }
    return show(request, "desk_receive_form.html", error.status if error else 200, **context)


async def receive(request: Request) -> Response:
    """Uploads the files as the applicant's, then receives the application or looks a licence up."""
    if stop := _stranger(request):
        return stop
    form, applicant = await request.form(), str(request.path_params["applicant_id"])
    act, got, wanted = request_id(form), applying.entered(form), text(form, "do")
    kept, error = await applying.keep_files(request, form, act, got.kept, applicant_id=applicant)
    got = replace(got, kept=kept)
    if error is None and wanted.startswith(LOOK):
        got, error = await _looked_up(request, form, got, wanted.removeprefix(LOOK))
        return await _again(request, form, got, error)
    try:
        if error:
            raise error
        case = await _receive(request, form, act, got)
    except CallError as refusal:
        return await _again(request, form, got, refusal)
    return go(f"/desk/{case.id}", done="case-received", at=case.version)


async def _again(request: Request, form: FormData, got: Entered, error: CallError | None) -> Response:
    if error and error.status not in SHOWN:
        raise error
    item = await item_of(request)
    act = next_request_id(form, error) if error else request_id(form)
    chosen = scenarios.answers_of(form.multi_items(), item.definition.questions)
    return await _show_form(request, item, chosen, got, error, act)


async def _receive(request: Request, form: FormData, act: str, got: Entered) -> cases.Case:
    window = await _duty(request)
    if window is None:
        raise desk_inputs.wrong("window_id", "您还没有在窗口上岗，请先上岗再收件")
    stated = applying.stand_ins((await item_of(request)).definition, got) if got.proofs or got.waived else []
    message = intake.ReceiveApplicationRequest(
        request_id=act,
        applicant_id=str(request.path_params["applicant_id"]),
        item_id=str(request.path_params["item_id"]),
        edition=whole(text(form, "edition")),
        form=got.form,
        materials=got.materials,
        answers=scenarios.messages(scenarios.answers_of(form.multi_items())),
        window_id=window.id,
        stand_ins=stated,
        promise_digest=got.more["promise_digest"],
        renews_until=got.more["renews_until"],
        project_code=got.more["project_code"],
        **applying.chosen_delivery(form),
    )
    return await ask(request, backends(request).intake.ReceiveApplication, message)


async def _looked_up(request: Request, form: FormData, got: Entered, material: str) -> tuple[Entered, CallError | None]:
    """The form with what the licence source said of one material; or why it was not asked, told at the material."""
    message = promises.LookUpLicenceRequest(
        request_id=text(form, "look_id") or new_request_id(),
        item_id=str(request.path_params["item_id"]),
        material=material,
        holder_number=got.more.get(f"holder.{material}", "")[:LONGEST_NUMBER],
        purpose=got.more.get(f"purpose.{material}", "")[:LONGEST_PURPOSE],
        applicant_id=str(request.path_params["applicant_id"]),
    )
    try:
        found = await ask(request, backends(request).promises.LookUpLicence, message)
    except CallError as error:
        told = "；".join(one.text for one in error.fields) or error.message
        return got, CallError(error.code, error.reason, error.message, [FieldError(f"stand_ins[{material}]", told)])
    return replace(got, proofs={**got.proofs, material: applying.proof_of(found)}), None


async def received(request: Request) -> Response:
    """What the department's windows received for others: all, or what is still to be handed over."""
    page, waiting = request.query_params.get("page", "")[:200], "1" if request.query_params.get("waiting") else ""
    message = intake.ListReceivedRequest(waiting=bool(waiting), page_size=PAGE_SIZE, page_token=page)
    found = await ask(request, backends(request).intake.ListReceived, message)
    return show(request, "desk_received.html", found=found, waiting=waiting, page=page)


PAGES = (
    Page(AT, shown(find_page), find, "officer", RECEIVE),
    Page(AT + "/{applicant_id:uuid}", search, None, "officer", RECEIVE),
    Page(AT + "/{applicant_id:uuid}/{item_id:uuid}", receive_form, receive, "officer", RECEIVE),
    Page("/desk/received", received, None, "officer", RECEIVE),
)
