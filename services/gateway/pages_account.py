"""My account: who I am, how sure that is, who saw my data, which systems have it, and the end of it all."""

import asyncio
from datetime import datetime
from typing import Any

from grpc import StatusCode
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Act, Tried, do, form, refused, shown, tried
from services.gateway.calls import CallError, backends
from services.gateway.forms import Problem, request_id, text
from services.gateway.pages import Page, go
from services.gateway.render import show
from services.gateway.session import ask, session_of
from yiwang.case.v1 import service_pb2 as cases
from yiwang.identity.v1 import privacy_pb2 as privacy
from yiwang.identity.v1 import service_pb2 as identity
from yiwang.identity.v1 import sso_pb2 as sso
from yiwang.identity.v1 import verifications_pb2 as verifications

PAGE_SIZE = 20
# What has to be typed before an account is destroyed.
FAREWELL = "注销账号"
OPEN = (verifications.VERIFICATION_STATUS_REQUESTED, verifications.VERIFICATION_STATUS_ANSWERED)
AWAY = (StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED)


async def me(request: Request) -> identity.Me:
    """The visitor's own file."""
    return await ask(request, backends(request).identity.GetMe, identity.GetMeRequest())


async def account(request: Request) -> Response:
    """Who I am, and where everything about me is."""
    return show(request, "account.html", person=(await me(request)).person)


async def level(request: Request, tried: Tried) -> Response:
    """How sure it is who I am, and how to raise that."""
    message = verifications.ListVerificationsRequest(page_size=PAGE_SIZE)
    mine, found = await asyncio.gather(
        me(request), ask(request, backends(request).verifications.ListVerifications, message)
    )
    asked = [one for one in found.verifications if one.status == verifications.VERIFICATION_STATUS_CHALLENGED]
    pending = [one for one in found.verifications if one.status in OPEN]
    context = {"found": found.verifications, "asked": asked, "pending": pending, "tried": tried}
    return show(request, "level.html", tried.status, person=mine.person, problems=tried.problems, **context)


def _method(form: FormData) -> dict[str, Any]:
    known = dict(verifications.VerificationMethod.items())
    card = "".join(text(form, "card_number").split())
    return {"method": known.get(text(form, "method"), 0), "card_number": card}


ASK_LEVEL = Act(
    "ask", "verifications.RequestVerification", verifications.RequestVerificationRequest, "level-asked", _method
)
ANSWER = Act(
    "answer",
    "verifications.AnswerVerification",
    verifications.AnswerVerificationRequest,
    "level-answered",
    lambda form: {"answer": text(form, "answer")},
)


async def accesses(request: Request) -> Response:
    """Who saw my data or acted for me, out of both services that note it; each page takes the next of either."""
    token, case_token = (request.query_params.get(name, "")[:200] for name in ("page", "cases"))
    first = not token and not case_token
    noted, in_cases = await asyncio.gather(
        _noted(request, token, bool(first or token)), _noted_in_cases(request, case_token, bool(first or case_token))
    )
    both: list[Any] = [*noted.accesses, *in_cases.accesses]
    entries = sorted(both, key=lambda one: datetime.fromisoformat(one.at), reverse=True)
    onward = {"page": noted.next_page_token, "cases": in_cases.next_page_token}
    context: dict[str, Any] = {"next": {name: value for name, value in onward.items() if value}, "first": first}
    return show(request, "accesses.html", entries=entries, away=in_cases is MISSING, **context)


MISSING = cases.ListCaseAccessesResponse()


async def _noted(request: Request, token: str, wanted: bool) -> privacy.ListAccessesResponse:
    if not wanted:
        return privacy.ListAccessesResponse()
    message = privacy.ListAccessesRequest(page_size=PAGE_SIZE, page_token=token)
    return await ask(request, backends(request).privacy.ListAccesses, message)


async def _noted_in_cases(request: Request, token: str, wanted: bool) -> cases.ListCaseAccessesResponse:
    """What the case service noted; MISSING while it is away, because the rest must not wait for it."""
    if not wanted:
        return cases.ListCaseAccessesResponse()
    try:
        message = cases.ListCaseAccessesRequest(page_size=PAGE_SIZE, page_token=token)
        return await ask(request, backends(request).case.ListCaseAccesses, message)
    except CallError as error:
        if error.code not in AWAY:
            raise
        return MISSING


async def consents(request: Request, tried: Tried) -> Response:
    """Which systems the visitor let have his data."""
    found = await ask(request, backends(request).sso.ListConsents, sso.ListConsentsRequest())
    return show(request, "consents.html", tried.status, found=found.consents, tried=tried, problems=tried.problems)


TAKE_BACK = Act("consent", "sso.RevokeConsent", sso.RevokeConsentRequest, "consent-revoked")


async def erase_page(request: Request, tried: Tried) -> Response:
    """What erasing means, and the form for it."""
    return show(request, "erase.html", tried.status, farewell=FAREWELL, tried=tried, problems=tried.problems)


ERASE = Act("erase", "identity.ErasePerson", identity.ErasePersonRequest, "erased")


async def erase(request: Request) -> Response:
    """Destroys the account when the words were typed; the session is over with it."""
    form = await request.form()
    if text(form, "farewell") != FAREWELL:
        wrong = [Problem("erase-farewell", f"请完整输入“{FAREWELL}”四个字")]
        return await erase_page(request, tried(form, "erase", wrong, 400, request_id(form)))
    try:
        await do(request, ERASE)
    except CallError as error:
        return await erase_page(request, await refused(request, ERASE, error))
    session_of(request).clear()
    return go("/", done=ERASE.done)


PAGES = (
    Page("/account", account, None, "person"),
    Page("/account/accesses", accesses, None, "person"),
    Page("/account/level", shown(level), None, "person"),
    form("/account/level/ask", ASK_LEVEL, level, "/account/level", "person"),
    form("/account/level/{verification_id:uuid}/answer", ANSWER, level, "/account/level", "person"),
    Page("/account/consents", shown(consents), None, "anyone"),
    form("/account/consents/{client_id:uuid}/revoke", TAKE_BACK, consents, "/account/consents", "anyone"),
    Page("/account/erase", shown(erase_page), erase, "person"),
)
