"""Signing in and out, and registration."""

from starlette.requests import Request
from starlette.responses import Response

from services.gateway import words
from services.gateway.calls import CallError, backends
from services.gateway.forms import Problem, new_request_id, next_request_id, problems_of, request_id, text
from services.gateway.pages import Page, go
from services.gateway.render import show
from services.gateway.security import own_path
from services.gateway.session import ask, ask_public, session_of
from yiwang.identity.v1 import service_pb2 as identity

HOME_OF = {"person": "/cases", "officer": "/desk"}
# Refusals a form shows itself; the rest is for the page of errors.
SHOWN = (400, 401, 409, 429)


async def sign_in_form(request: Request) -> Response:
    """One form for persons and officers."""
    return show(
        request,
        "sign_in.html",
        typed={"login": "", "next": own_path(request.query_params.get("next", ""), "")},
        request_id=new_request_id(),
    )


async def sign_in(request: Request) -> Response:
    """Opens a session and goes where the visitor wanted to go."""
    form = await request.form()
    typed = {"login": text(form, "login"), "next": own_path(text(form, "next"), "")}
    try:
        await _open_session(request, typed["login"], _password(form.get("password")), request_id(form))
    except CallError as error:
        if error.status not in SHOWN:
            raise
        again = next_request_id(form, error)
        problems = problems_of(error, words.FIELD)
        return show(request, "sign_in.html", error.status, typed=typed, problems=problems, request_id=again)
    return go(typed["next"] or HOME_OF[session_of(request).realm])


async def _open_session(request: Request, login: str, password: str, act: str) -> None:
    message = identity.SignInRequest(request_id=act, login=login, password=password)
    session_of(request).sign_in(await ask_public(request, backends(request).identity.SignIn, message))


async def sign_out(request: Request) -> Response:
    """Ends the session here in any case, and at identity when it answers."""
    try:
        message = identity.SignOutRequest(request_id=request_id(await request.form()))
        await ask(request, backends(request).identity.SignOut, message)
    except CallError:
        pass  # the cookie goes away all the same; the access token ends by itself within 15 minutes
    session_of(request).clear()
    return go("/", done="signed-out")


async def register_form(request: Request) -> Response:
    """The form of a new person."""
    typed = dict.fromkeys(("name", "id_number", "phone"), "")
    return show(request, "register.html", typed=typed, request_id=new_request_id())


async def register(request: Request) -> Response:
    """Registers a person and signs in at once."""
    form = await request.form()
    typed = {key: text(form, key) for key in ("name", "id_number", "phone")}
    password = _password(form.get("password"))
    act = request_id(form)
    if password != form.get("password_again"):
        problems = [Problem("password_again", "两次输入的密码不一致")]
        return show(request, "register.html", 400, typed=typed, problems=problems, request_id=act)
    try:
        message = identity.RegisterPersonRequest(request_id=act, password=password, **typed)
        await ask_public(request, backends(request).identity.RegisterPerson, message)
    except CallError as error:
        if error.status not in SHOWN:
            raise
        again, problems = next_request_id(form, error), problems_of(error, words.FIELD)
        return show(request, "register.html", error.status, typed=typed, problems=problems, request_id=again)
    try:
        await _open_session(request, typed["id_number"], password, new_request_id())
    except CallError:
        return go("/sign-in", done="registered")
    return go("/cases")


def _password(value: object) -> str:
    """A password as typed: spaces belong to it."""
    return value if isinstance(value, str) else ""


PAGES = (
    Page("/sign-in", sign_in_form, sign_in),
    Page("/sign-out", None, sign_out),
    Page("/register", register_form, register),
)
