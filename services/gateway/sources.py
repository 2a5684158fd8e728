"""Where a rating or a ticket comes from, as digests nobody can read back: a random mark in the browser, and the network address. By
them bursts of one device or address are found; neither leaves the gateway in clear."""

import hashlib
import hmac
import secrets
from typing import cast

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.security import visitor_address
from yiwang.rating.v1 import service_pb2 as rating

YEAR = 365 * 24 * 3600
# Of base64url characters: what the cookie holds when we wrote it.
MARK = 32


class Sources:
    """Digests under a key of their own, derived from the master key."""

    def __init__(self, master_key: bytes, secure: bool) -> None:
        self._key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"yiwang gateway source 1").derive(master_key)
        self.secure = secure
        self.cookie = "__Host-yiwang-device" if secure else "yiwang-device"

    def digest(self, kind: str, value: str) -> str:
        """64 characters; empty for nothing."""
        return hmac.new(self._key, f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest() if value else ""


def _sources(request: Request) -> Sources:
    return cast(Sources, request.app.state.sources)


def of_browser(request: Request) -> rating.Source:
    """The source of a form. A browser without a mark gets one with the answer, not before it rates or complains, or an officer
    signs in at it."""
    sources = _sources(request)
    mark = request.cookies.get(sources.cookie, "")
    if len(mark) != MARK or not mark.isascii():
        mark = request.state.device_mark = secrets.token_urlsafe(MARK * 3 // 4)
    return rating.Source(device=sources.digest("device", mark), address=of_address(request))


def of_program(request: Request) -> rating.Source:
    """The source of a caller of the JSON API: cookies open nothing there, so that only the address is told."""
    return rating.Source(address=of_address(request))


def of_address(request: Request) -> str:
    """The digest of the visitor's address."""
    return _sources(request).digest("address", visitor_address(request))


def keep_mark(request: Request, response: Response) -> None:
    """Writes the mark that was made while the request was served."""
    if mark := getattr(request.state, "device_mark", ""):
        sources = _sources(request)
        response.set_cookie(
            sources.cookie, mark, max_age=YEAR, secure=sources.secure, httponly=True, samesite="lax", path="/"
        )
