"""Security of an account: password, second factor, passkeys, and where one is signed in."""

import asyncio

import segno
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.gateway import acts, words
from services.gateway.acts import Act, Tried, only, post, shown, tried
from services.gateway.calls import CallError, backends
from services.gateway.forms import Problem, new_request_id, problems_of, request_id, text
from services.gateway.pages import Page, go
from services.gateway.pages_sign_in import password_of
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.identity.v1 import factors_pb2 as factors
from yiwang.identity.v1 import service_pb2 as identity

HOME = "/account/security"


async def security(request: Request, tried: Tried) -> Response:
    """Everything on one page."""
    stubs = backends(request)
    me, own, listed = await asyncio.gather(
        ask(request, stubs.identity.GetMe, identity.GetMeRequest()),
        ask(request, stubs.factors.ListFactors, factors.ListFactorsRequest()),
        ask(request, stubs.identity.ListSessions, identity.ListSessionsRequest()),
    )
    context = {
        "tried": tried,
        "problems": tried.problems,
        "own": own,
        "sessions": listed.sessions,
        # Officers and agents always have one.
        "password": me.person.password if me.HasField("person") else True,
        "person": me.HasField("person"),
        "settable": any(one.here and one.sets_password for one in listed.sessions),
    }
    return show(request, "security.html", tried.status, **context)


def _passwords(form: FormData) -> dict[str, str]:
    return {name: password_of(form, name) for name in ("old_password", "new_password")}


PASSWORD = Act(
    "password",
    "identity.ChangePassword",
    identity.ChangePasswordRequest,
    "password-changed",
    _passwords,
    words.FIELD,
)
TOTP_OFF = Act("totp", "factors.RemoveTotp", factors.RemoveTotpRequest, "totp-off", only("code"), words.FIELD)
PASSKEY = Act(
    "passkey",
    "factors.FinishPasskey",
    factors.FinishPasskeyRequest,
    "passkey-added",
    only("challenge", "credential_json", "label"),
)
PASSKEY_OFF = Act("passkeys", "factors.RemovePasskey", factors.RemovePasskeyRequest, "passkey-off", only("passkey_id"))
SESSION_OFF = Act("sessions", "identity.EndSessions", identity.EndSessionsRequest, "session-ended", only("session_id"))
SESSIONS_OFF = Act("sessions", "identity.EndSessions", identity.EndSessionsRequest, "sessions-ended")


async def change_password(request: Request) -> Response:
    """Sets a new password that was typed twice alike."""
    form = await request.form()
    if password_of(form, "new_password") != password_of(form, "password_again"):
        problems = [Problem("password-password_again", "两次输入的新密码不一致")]
        return await security(request, tried(form, "password", problems, 400, request_id(form)))
    return await post(PASSWORD, security, HOME)(request)


async def begin_totp(request: Request) -> Response:
    """Shows a new secret, as a QR code and in letters. Nothing holds until it is confirmed."""
    form = await request.form()
    try:
        return await _secret(request, request_id(form))
    except CallError as error:
        if error.status not in acts.SHOWN:
            raise
        problems = problems_of(error, words.FIELD)
        return await security(request, tried(form, "totp-on", problems, error.status))


async def _secret(
    request: Request, begun: str, problems: tuple[Problem, ...] = (), status: int = 200, act: str = ""
) -> Response:
    """The secret is no part of the page's form: the id it was asked for under brings it back."""
    reply = await ask(request, backends(request).factors.BeginTotp, factors.BeginTotpRequest(request_id=begun))
    secret = " ".join(reply.secret[place : place + 4] for place in range(0, len(reply.secret), 4))
    context = {"squares": _squares(reply.uri), "secret": secret, "begun": begun, "problems": problems}
    return show(request, "totp.html", status, request_id=act or new_request_id(), **context)


def _squares(text: str) -> list[list[bool]]:
    """A QR code with its quiet zone, row by row: where it is dark."""
    code = segno.make(text, error="m", micro=False)
    return [[bool(dark) for dark in row] for row in code.matrix_iter(border=4)]


async def confirm_totp(request: Request) -> Response:
    """Switches the second factor on, and shows the recovery codes this once."""
    form = await request.form()
    act, begun = request_id(form), text(form, "begun")
    message = factors.ConfirmTotpRequest(request_id=act, code="".join(text(form, "code").split()))
    try:
        reply = await ask(request, backends(request).factors.ConfirmTotp, message)
    except CallError as error:
        if error.status != 400:
            raise
        problems = tuple(problems_of(error, words.FIELD))
        return await _secret(request, begun, problems, error.status, new_request_id())
    return show(request, "recovery_codes.html", codes=reply.recovery_codes)


async def passkey_options(request: Request) -> Response:
    """What the browser makes a passkey by; asked for by passkey.js."""
    message = factors.BeginPasskeyRequest(request_id=new_request_id())
    begun = await ask(request, backends(request).factors.BeginPasskey, message)
    return JSONResponse({"options": begun.options_json, "challenge": begun.challenge})


async def _home(request: Request) -> Response:
    return go(HOME)


PAGES: tuple[Page, ...] = (
    Page(HOME, shown(security), None, "anyone"),
    Page(HOME + "/password", _home, change_password, "anyone"),
    Page(HOME + "/totp", _home, begin_totp, "anyone"),
    Page(HOME + "/totp/confirm", _home, confirm_totp, "anyone"),
    acts.form(HOME + "/totp/remove", TOTP_OFF, security, HOME, "anyone"),
    acts.form(HOME + "/passkeys", PASSKEY, security, HOME, "anyone"),
    Page(HOME + "/passkeys/options", _home, passkey_options, "anyone"),
    acts.form(HOME + "/passkeys/remove", PASSKEY_OFF, security, HOME, "anyone"),
    acts.form(HOME + "/sessions", SESSION_OFF, security, HOME, "anyone"),
    acts.form(HOME + "/sessions/others", SESSIONS_OFF, security, HOME, "anyone"),
)
