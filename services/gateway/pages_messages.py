"""The message centre: what somebody was told, receipts, what he wants to be told; and the proof of what was sent."""

from typing import Any, Final, NamedTuple
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import message_words
from services.gateway.acts import FRESH, Act, Tried, do, number, post, refused, shown, texts
from services.gateway.calls import FILE_DEADLINE, CallError, backends
from services.gateway.forms import text
from services.gateway.pages import Page, at, go
from services.gateway.render import show, show_refusal
from services.gateway.session import ask, session_of
from yiwang.message.v1 import desk_pb2 as desk
from yiwang.message.v1 import service_pb2 as messages

HOME: Final = "/messages"
ONE: Final = HOME + "/{notice_id:uuid}"
BACK: Final = HOME + "/{notice_id}"
PREFERENCES: Final = HOME + "/preferences"
FAILED: Final = "/desk/messages/failed"
PAGE_SIZE: Final = 20
WAYS: Final = (messages.CHANNEL_SMS, messages.CHANNEL_PUSH, messages.CHANNEL_EMAIL)
# No page about a case waits longer for what was told about it.
PATIENCE: Final = 2.0


def kinds_of(request: Request) -> tuple[int, ...]:
    """The kinds of notices the visitor may be told."""
    return message_words.KINDS_OF.get(session_of(request).realm, message_words.KINDS_OF["person"])


async def centre(request: Request) -> Response:
    """What the visitor was told, newest first; all, the unread, or one kind."""
    asked = request.query_params
    kind, page, unread = asked.get("kind", ""), asked.get("page", "")[:200], asked.get("unread") == "1"
    chosen = int(kind) if kind in {str(one) for one in message_words.KIND} else 0
    message = messages.ListNoticesRequest(
        page_size=PAGE_SIZE,
        page_token=page,
        unread_only=unread,
        kind=chosen,  # type: ignore[arg-type]
    )
    found = await ask(request, backends(request).messages.ListNotices, message)
    context: dict[str, Any] = {"page": page, "picked": chosen, "unread_only": unread, "tried": FRESH}
    context["at"] = lambda **more: at(HOME, **more)
    return show(request, "messages.html", found=found, kinds=kinds_of(request), **context)


async def one(request: Request, tried: Tried) -> Response:
    """One notice, with what was sent. Opening its address is no receipt: that is given by a button, here or in the list."""
    message = messages.GetNoticeRequest(notice_id=str(request.path_params["notice_id"]))
    try:
        found = await ask(request, backends(request).messages.GetNotice, message)
    except CallError as error:
        if error.status != 404:
            raise
        return show_refusal(request, 404, "NOTICE_NOT_YOURS")
    return show(request, "message.html", tried.status, one=found, tried=tried, problems=tried.problems)


READ: Final = Act("read", "messages.ReadNotice", messages.ReadNoticeRequest, "message-read")
# The same from the list: the page that follows says when it was read.
OPEN: Final = Act("open", "messages.ReadNotice", messages.ReadNoticeRequest, "")


async def opened(request: Request) -> Response:
    """Opens a notice out of the list, which is its receipt."""
    try:
        await do(request, OPEN)
    except CallError as error:
        return await one(request, await refused(request, OPEN, error))
    return go(BACK.format(**request.path_params))


async def _back(request: Request) -> Response:
    return go(BACK.format(**request.path_params))


# -- what somebody wants to be told --------------------------------------------------------------------------------------


async def preferences(request: Request, tried: Tried) -> Response:
    """What the visitor is sent, and by which way."""
    own = await ask(request, backends(request).messages.GetPreferences, messages.GetPreferencesRequest())
    context: dict[str, Any] = {"own": own, "tried": tried, "problems": tried.problems}
    context |= {"kinds": kinds_of(request), "ways": WAYS, "moved": tried.status == 409}
    return show(request, "message_preferences.html", tried.status, **context)


def _wanted(form: FormData, kinds: tuple[int, ...]) -> messages.Preferences:
    on, ways = set(texts(form, "kind")), set(texts(form, "way"))
    return messages.Preferences(
        version=number(form, "version"),
        off=[kind for kind in kinds if kind != messages.NOTICE_KIND_LEGAL and str(kind) not in on],  # type: ignore[misc]
        channels_off=[way for way in WAYS if str(way) not in ways],
        digest=text(form, "digest") == "1",
    )


SAVE: Final = Act(
    "preferences",
    "messages.SavePreferences",
    messages.SavePreferencesRequest,
    "preferences-saved",
    labels=message_words.FIELD,
)


async def save(request: Request) -> Response:
    """States them anew. A form that is older than what was stated elsewhere is shown again, over what is stated now."""
    typed = await request.form()
    try:
        await do(request, SAVE, preferences=_wanted(typed, kinds_of(request)))
    except CallError as error:
        return await preferences(request, await refused(request, SAVE, message_words.moved(error)))
    return go(PREFERENCES, done=SAVE.done)


# -- proofs --------------------------------------------------------------------------------------------------------------


class Told(NamedTuple):
    """What was told about a case; `away` while message gives no answer."""

    notices: tuple[messages.Notice, ...] = ()
    away: bool = False


async def of_case(request: Request, case_id: str) -> Told | None:
    """What was told about a case, as far as the visitor may see it; None for who is shown no proofs at all."""
    message = desk.ListProofsRequest(subject="case", subject_id=case_id)
    try:
        found = await ask(request, backends(request).proofs.ListProofs, message, PATIENCE)
    except CallError as error:
        return None if error.status == 403 else Told(away=True)
    return Told(tuple(found.notices))


async def proof(request: Request) -> Response:
    """The proof of a notice as a PDF; always saved, never shown as a page of this site."""
    message = desk.GetProofRequest(notice_id=str(request.path_params["notice_id"]))
    found = await ask(request, backends(request).proofs.GetProof, message, FILE_DEADLINE)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.filename, safe='')}"}
    return Response(found.pdf, 200, headers, "application/pdf")


async def failed(request: Request) -> Response:
    """What the law has told and did not arrive, in a supervisor's region."""
    page = request.query_params.get("page", "")[:200]
    message = desk.ListFailedRequest(page_size=PAGE_SIZE, page_token=page)
    found = await ask(request, backends(request).proofs.ListFailed, message)
    return show(request, "messages_failed.html", found=found, page=page)


PAGES = (
    Page(HOME, centre, None, "anyone", acting=True, counts=True),
    Page(PREFERENCES, shown(preferences), save, "anyone", acting=True),
    Page(FAILED, failed, None, "officer", ("supervise",)),
    Page(ONE, shown(one), None, "anyone", acting=True, counts=True),
    Page(ONE + "/open", _back, opened, "anyone", acting=True),
    Page(ONE + "/read", _back, post(READ, one, BACK), "anyone", acting=True),
    Page(ONE + "/proof", proof, None, "anyone", acting=True),
)
