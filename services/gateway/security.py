"""What protects the visitor: headers, a limit on bodies, form tokens, redirects to own paths only."""

import hmac
import ipaddress
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.session import session_of

BODY_LIMIT = 12 * 1024 * 1024
# A browser shows our answer to a body that is too large only when it could send all of it; up to here we let it.
DRAIN_LIMIT = 64 * 1024 * 1024

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
# A charset other than the one our pages are in.
_FOREIGN_CHARSET = re.compile(r'charset(?!="?utf-8"?\s*(;|$))', re.IGNORECASE)
HSTS = "max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """Puts the headers on every answer, also on errors; what says nothing about caching is not cached."""

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self.app = app
        self.headers = HEADERS | ({"Strict-Transport-Security": HSTS} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


class BodyLimit:
    """Refuses bodies over the limit with 413, whether their length was told or not; and those with two ways to tell it."""

    def __init__(self, app: ASGIApp, limit: int = BODY_LIMIT) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if "content-length" in headers and "transfer-encoding" in headers:
            # Which of the two holds is how a request is smuggled past a proxy that believes the other one (RFC 9112, 6.1): whatever
            # follows on this connection is nobody's.
            await PlainTextResponse("", 400, {"Connection": "close"})(scope, receive, send)
            return
        told = headers.get("content-length", "0")
        told_size = int(told) if told.isdigit() else 0
        seen = 0

        async def receive_limited() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if max(seen, told_size) > self.limit:
                await self._drain(receive, message, seen)
                raise HTTPException(413)
            return message

        await self.app(scope, receive_limited, send)

    @staticmethod
    async def _drain(receive: Receive, message: Message, seen: int) -> None:
        """Takes the rest of the body and forgets it."""
        while message.get("more_body") and seen < DRAIN_LIMIT:
            message = await receive()
            seen += len(message.get("body", b""))


def check_charset(request: Request) -> None:
    """Refuses a form that names another charset than ours, which no browser does: among Python's codecs are some that make of bytes what
    is no text, or raise what nobody expects."""
    if _FOREIGN_CHARSET.search(request.headers.get("content-type", "")):
        raise HTTPException(415)


async def check_form_token(request: Request) -> None:
    """Refuses a form that was not shown by this site to this session (CSRF)."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403, "FORM_FOREIGN")
    sent = (await request.form()).get("csrf")
    kept = session_of(request).csrf
    if not kept or not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), kept.encode()):
        raise HTTPException(403, "FORM_EXPIRED")


def visitor_address(request: Request) -> str:
    """Where the visitor comes from, for the counts of failed sign-ins: an IPv4 address, or the /64 of an IPv6 one, since whoever has one of
    those has all. X-Forwarded-For counts as far as proxies of ours wrote it; empty when there is no address to tell."""
    proxies = request.app.state.settings.trusted_proxies
    told = ",".join(request.headers.getlist("x-forwarded-for")).split(",") if proxies else []
    address = told[-proxies].strip() if len(told) >= proxies > 0 else (request.client.host if request.client else "")
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    mapped = found.ipv4_mapped if found.version == 6 else None
    return (
        str(mapped or found) if mapped or found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))
    )


def own_path(target: str, otherwise: str = "/") -> str:
    """The target when it is a path of this site, else the other: no redirect leaves the site."""
    # Browsers read "//host" and "/\\host" as another site, and drop tabs and line ends before they look.
    own = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if own else otherwise
