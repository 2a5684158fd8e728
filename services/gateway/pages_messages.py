"""The message centre: what somebody was told, receipts, what he wants to be told; and the proof of what was sent."""

from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import message_words
from services.gateway.acts import Act, Tried, number, post, shown, texts
from services.gateway.calls import CallError, backends
from services.gateway.forms import text
from services.gateway.overview import or_none
from services.gateway.pages import Page, go
from services.gateway.render import show
from services.gateway.session import ask, session_of
from yiwang.message.v1 import desk_pb2 as desk
from yiwang.message.v1 import service_pb2 as messages

HOME: Final = "/messages"
ONE: Final = HOME + "/{notice_id:uuid}"
PAGE_SIZE: Final = 20
# What a person may choose not to be sent.
CHOICES: Final = tuple(kind for kind in message_words.MEANS if kind != messages.NOTICE_KIND_LEGAL)
WAYS: Final = (messages.CHANNEL_SMS, messages.CHANNEL_PUSH, messages.CHANNEL_EMAIL)


async def centre(request: Request) -> Response:
    """What the visitor was told, newest first; all, the unread, or one kind."""
    asked = request.query_params
    kind, page = asked.get("kind", ""), asked.get("page", "")[:200]
    chosen = int(kind) if kind in {str(one) for one in message_words.KIND} else 0
    message = messages.ListNoticesRequest(
        page_size=PAGE_SIZE,
        page_token=page,
        unread_only=asked.get("unread") == "1",
        kind=chosen,  # type: ignore[arg-type]
    )
    found = await ask(request, backends(request).messages.ListNotices, message)
    unread = await or_none(ask(request, backends(request).messages.CountUnread, messages.CountUnreadRequest()))
    context: dict[str, Any] = {"found": found, "page": page, "picked": chosen, "unread_only": message.unread_only}
    return show(request, "messages.html", unread=unread.unread if unread else 0, **context)


async def unread(request: Request) -> Response:
    """How many the visitor has not read, as the header shows it; nothing while message gives no answer."""
    found = await or_none(ask(request, backends(request).messages.CountUnread, messages.CountUnreadRequest()))
    return Response(str(found.unread) if found and found.unread else "", media_type="text/plain; charset=utf-8")


async def one(request: Request, tried: Tried) -> Response:
    """One notice, with what was sent; a receipt is given by its button alone."""
    message = messages.GetNoticeRequest(notice_id=str(request.path_params["notice_id"]))
    found = await ask(request, backends(request).messages.GetNotice, message)
    return show(request, "message.html", tried.status, one=found, tried=tried, problems=tried.problems)


READ = Act("read", "messages.ReadNotice", messages.ReadNoticeRequest, "message-read")


async def preferences(request: Request, tried: Tried) -> Response:
    """What the visitor is sent, and by which way."""
    own = await ask(request, backends(request).messages.GetPreferences, messages.GetPreferencesRequest())
    context: dict[str, Any] = {"own": own, "tried": tried, "problems": tried.problems}
    context |= {"kinds_on_offer": CHOICES, "ways": WAYS}
    return show(request, "message_preferences.html", tried.status, **context)


def _wanted(form: FormData) -> dict[str, Any]:
    on, ways = set(texts(form, "kind")), set(texts(form, "way"))
    wanted = messages.Preferences(
        version=number(form, "version"),
        off=[kind for kind in CHOICES if str(kind) not in on],
        channels_off=[way for way in WAYS if str(way) not in ways],
        digest=text(form, "digest") == "1",
    )
    return {"preferences": wanted}


SAVE = Act(
    "preferences", "messages.SavePreferences", messages.SavePreferencesRequest, "preferences-saved", _wanted,
    message_words.FIELD,
)  # fmt: skip


async def proof(request: Request) -> Response:
    """The proof of a notice as a PDF."""
    message = desk.GetProofRequest(notice_id=str(request.path_params["notice_id"]))
    found = await ask(request, backends(request).proofs.GetProof, message)
    headers = {"Content-Disposition": f'attachment; filename="{found.filename}"', "X-Content-Type-Options": "nosniff"}
    return Response(found.pdf, 200, headers, "application/pdf")


async def of_case(request: Request, case_id: str) -> list[messages.Notice] | None:
    """What was told about a case, as far as the visitor may see it; None while message gives no answer."""
    message = desk.ListProofsRequest(subject="case", subject_id=case_id)
    try:
        return list((await ask(request, backends(request).proofs.ListProofs, message)).notices)
    except CallError:
        return None


async def failed(request: Request) -> Response:
    """What the law has told and did not arrive, in a supervisor's region."""
    page = request.query_params.get("page", "")[:200]
    message = desk.ListFailedRequest(page_size=PAGE_SIZE, page_token=page)
    found = await ask(request, backends(request).proofs.ListFailed, message)
    return show(request, "messages_failed.html", found=found, page=page)


async def _home(request: Request) -> Response:
    return go(HOME)


def is_proof_reader(request: Request) -> bool:
    """Whether the visitor is somebody proofs are shown to at all."""
    session = session_of(request)
    return session.realm == "person" or bool({"receive", "review", "decide", "issue", "supervise"} & set(session.roles))


PAGES = (
    Page(HOME, centre, None, "anyone", acting=True),
    Page(HOME + "/unread", unread, None, "anyone", acting=True),
    Page(
        HOME + "/preferences", shown(preferences), post(SAVE, preferences, HOME + "/preferences"), "anyone", acting=True
    ),
    Page("/desk/messages/failed", failed, None, "officer", ("supervise",)),
    Page(ONE, shown(one), None, "anyone", acting=True),
    Page(ONE + "/read", _home, post(READ, one, HOME + "/{notice_id}"), "anyone", acting=True),
    Page(ONE + "/proof", proof, None, "anyone", acting=True),
)
