"""The addresses of OpenID Connect that programs call: discovery, keys, tokens, userinfo. No cookie opens anything here, so no form token
is asked for; what comes is handed through as it came, and answered as JSON."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.calls import CallError, backends
from services.gateway.session import ask_public
from yiwang.identity.v1 import sso_pb2 as sso

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
# As in the contract: so many parameters, so long a header; and a body no token request is longer than.
MOST_PARAMETERS, LONGEST_HEADER, LONGEST_BODY = 40, 4000, 64 * 1024
# Others ask again after this many seconds; new keys are announced five minutes before they sign.
KEPT_SECONDS = 120
ERRORS = {
    400: "invalid_request",
    429: "temporarily_unavailable",
    503: "temporarily_unavailable",
    504: "temporarily_unavailable",
}
_BEARER = re.compile(r"[Bb]earer ([A-Za-z0-9._~+/-]{1,4096}=*)")


def parameters(text: str) -> list[sso.Parameter]:
    """The parameters of a query or form, repeated ones too; ValueError for what is none, or too many."""
    pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict")
    return [sso.Parameter(name=name, value=value) for name, value in pairs]


def fault(status: int, error: str, text: str = "", authenticate: str = "") -> Response:
    """A refusal (RFC 6749, 5.2)."""
    body = {"error": error} | ({"error_description": text} if text else {})
    return _answer(status, orjson.dumps(body).decode(), authenticate)


def _answer(status: int, body: str, authenticate: str = "") -> Response:
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    if authenticate:
        headers["WWW-Authenticate"] = authenticate
    return Response(body, status, headers, JSON)


def _of_call(error: CallError) -> Response:
    """A refusal of the service itself: it is away, or what came is beyond every rule."""
    return fault(error.status if error.status in ERRORS else 500, ERRORS.get(error.status, "server_error"))


async def configuration(request: Request) -> Response:
    """The discovery document."""
    return await _told(request, "configuration_json")


async def keys(request: Request) -> Response:
    """The keys id tokens are verified by."""
    return await _told(request, "jwks_json")


async def _told(request: Request, name: str) -> Response:
    try:
        rpc = backends(request).sso.GetProviderConfiguration
        found = await ask_public(request, rpc, sso.GetProviderConfigurationRequest())
    except CallError as error:
        return _of_call(error)
    return Response(getattr(found, name), 200, {"Cache-Control": f"public, max-age={KEPT_SECONDS}"}, JSON)


async def token(request: Request) -> Response:
    """The token endpoint."""
    if request.method != "POST" or request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return fault(405 if request.method != "POST" else 400, "invalid_request", "POST a form")
    body, header = await request.body(), request.headers.get("authorization", "")
    try:
        if len(body) > LONGEST_BODY or len(header) > LONGEST_HEADER:
            raise ValueError("too long")
        message = sso.ExchangeTokenRequest(form=parameters(body.decode("ascii")), authorization=header)
        found = await ask_public(request, backends(request).sso.ExchangeToken, message)
    except ValueError:
        return fault(400, "invalid_request", "the form cannot be read")
    except CallError as error:
        return _of_call(error)
    return _answer(found.status, found.body_json, found.www_authenticate)


async def userinfo(request: Request) -> Response:
    """The userinfo endpoint; the token comes in the Authorization header (RFC 6750, 2.1)."""
    header = request.headers.get("authorization", "")
    found = _BEARER.fullmatch(header)
    if found is None:
        authenticate = 'Bearer error="invalid_token"' if header else "Bearer"
        return fault(401, "invalid_token" if header else "invalid_request", authenticate=authenticate)
    try:
        message = sso.GetUserInfoRequest(access_token=found[1])
        answer = await ask_public(request, backends(request).sso.GetUserInfo, message)
    except CallError as error:
        return _of_call(error)
    return _answer(answer.status, answer.body_json, answer.www_authenticate)


ROUTES: Sequence[Route] = (
    Route("/.well-known/openid-configuration", configuration),
    Route("/.well-known/oauth-authorization-server", configuration),
    Route("/oauth/jwks", keys),
    Route("/oauth/token", token, methods=["GET", "POST"]),
    Route("/oauth/userinfo", userinfo, methods=["GET", "POST"]),
)
