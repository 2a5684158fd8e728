"""Signing in and out, by password, code or passkey, and registration."""

from contextlib import suppress

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.gateway import words
from services.gateway.calls import CallError, backends
from services.gateway.forms import Problem, new_request_id, next_request_id, problems_of, request_id, text
from services.gateway.officer_devices import noting
from services.gateway.pages import Page, go, home_of
from services.gateway.pages_sso import upstreams
from services.gateway.render import show
from services.gateway.security import own_path, visitor_address
from services.gateway.session import ask, ask_public, session_of
from yiwang.identity.v1 import factors_pb2 as factors
from yiwang.identity.v1 import service_pb2 as identity

# Refusals a form shows itself; the rest is for the page of errors.
SHOWN = (400, 401, 403, 409, 429)
CODE = "/sign-in/code"


async def sign_in_form(request: Request) -> Response:
    """One form for persons, officers and agents."""
    typed = {"login": "", "next": own_path(request.query_params.get("next", ""), "")}
    others = await upstreams(request)
    return show(request, "sign_in.html", typed=typed, request_id=new_request_id(), upstreams=others)


async def sign_in(request: Request) -> Response:
    """Opens a session and goes where the visitor wanted to go; or asks for the second factor first."""
    form = await request.form()
    typed = {"login": text(form, "login"), "next": own_path(text(form, "next"), "")}
    try:
        reply = await _signed_in(request, typed["login"], password_of(form), request_id(form))
    except CallError as error:
        return await _again(request, form, typed, error)
    return _enter(request, reply, typed["next"])


async def passkey_options(request: Request) -> Response:
    """What the browser signs a passkey's challenge by; asked for by passkey.js."""
    begun = await ask_public(request, backends(request).factors.BeginPasskeySignIn, factors.BeginPasskeySignInRequest())
    return JSONResponse({"options": begun.options_json, "challenge": begun.challenge})


async def passkey(request: Request) -> Response:
    """Opens a session by the passkey the browser showed."""
    form = await request.form()
    typed = {"login": "", "next": own_path(text(form, "next"), "")}
    message = factors.FinishPasskeySignInRequest(
        request_id=request_id(form),
        challenge=text(form, "challenge"),
        credential_json=text(form, "credential_json"),
        address=visitor_address(request),
    )
    try:
        reply = await ask_public(request, backends(request).factors.FinishPasskeySignIn, message)
    except CallError as error:
        return await _again(request, form, typed, error)
    return _enter(request, reply, typed["next"])


async def code_form(request: Request) -> Response:
    """The second step: a code of the authenticator, or a recovery code."""
    if not session_of(request).challenge:
        return go("/sign-in")
    return show(request, "second_factor.html", request_id=new_request_id())


async def code(request: Request) -> Response:
    """Opens the session the password alone could not."""
    form, session = await request.form(), session_of(request)
    if not session.challenge:
        return go("/sign-in")
    message = factors.AnswerChallengeRequest(
        request_id=request_id(form),
        challenge=session.challenge,
        code=text(form, "code"),
        address=visitor_address(request),
    )
    try:
        reply = await ask_public(request, backends(request).factors.AnswerChallenge, message)
    except CallError as error:
        if error.status not in SHOWN:
            raise
        wrong = [Problem("code", "验证码不正确、已使用过，或等待过久；也可以返回重新登录")]
        problems = wrong if error.status == 401 else problems_of(error, words.FIELD)
        again = new_request_id()
        return show(request, "second_factor.html", error.status, problems=problems, request_id=again)
    return _enter(request, reply, session.after)


def _enter(request: Request, reply: identity.Session, after: str) -> Response:
    session = session_of(request)
    if reply.HasField("challenge"):
        session.wait_for_code(reply.challenge, after)
        return go(CODE)
    session.sign_in(reply)
    return noting(request, go(after or home_of(session)))


async def _again(request: Request, form: FormData, typed: dict[str, str], error: CallError) -> Response:
    if error.status not in SHOWN:
        raise error
    again, problems, others = next_request_id(form, error), problems_of(error, words.FIELD), await upstreams(request)
    context = {"typed": typed, "problems": problems, "request_id": again, "upstreams": others}
    return show(request, "sign_in.html", error.status, **context)


async def _signed_in(request: Request, login: str, password: str, act: str) -> identity.Session:
    message = identity.SignInRequest(request_id=act, login=login, password=password, address=visitor_address(request))
    return await ask_public(request, backends(request).identity.SignIn, message)


async def sign_out(request: Request) -> Response:
    """Ends the session here in any case, and at identity when it answers."""
    message, session = identity.SignOutRequest(request_id=request_id(await request.form())), session_of(request)
    while session.realm:
        with suppress(
            CallError
        ):  # the cookie goes away all the same; the access token ends by itself within 15 minutes
            await ask(request, backends(request).identity.SignOut, message)
        # Who acts for somebody has a session of his own below it.
        session.leave()
    return go("/", done="signed-out")


async def register_form(request: Request) -> Response:
    """The form of a new person."""
    typed = dict.fromkeys(("name", "id_number", "phone"), "")
    return show(request, "register.html", typed=typed, request_id=new_request_id())


async def register(request: Request) -> Response:
    """Registers a person and signs in at once."""
    form = await request.form()
    typed = {key: text(form, key) for key in ("name", "id_number", "phone")}
    password, act = password_of(form), request_id(form)
    if password != form.get("password_again"):
        problems = [Problem("password_again", "两次输入的密码不一致")]
        return show(request, "register.html", 400, typed=typed, problems=problems, request_id=act)
    message = identity.RegisterPersonRequest(
        request_id=act, password=password, address=visitor_address(request), **typed
    )
    try:
        await ask_public(request, backends(request).identity.RegisterPerson, message)
    except CallError as error:
        if error.status not in SHOWN:
            raise
        again, problems = next_request_id(form, error), problems_of(error, words.FIELD)
        return show(request, "register.html", error.status, typed=typed, problems=problems, request_id=again)
    try:
        reply = await _signed_in(request, typed["id_number"], password, new_request_id())
    except CallError:
        return go("/sign-in", done="registered")
    return _enter(request, reply, "/cases")


def password_of(form: FormData, name: str = "password") -> str:
    """A password as typed: spaces belong to it."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


PAGES = (
    Page("/sign-in", sign_in_form, sign_in),
    Page(CODE, code_form, code),
    Page("/sign-in/passkey", None, passkey),
    Page("/sign-in/passkey/options", None, passkey_options),
    Page("/sign-out", None, sign_out),
    Page("/register", register_form, register),
)
