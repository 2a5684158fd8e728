"""Bodies packed for the way (gzip): the site's own files and the API's document once, public pages as they are made.

A page that holds a form token, or what is its visitor's own, is sent as it is: how short a packed page gets tells what stands in it
beside a text that somebody else chose (the attack called BREACH).
"""

import gzip
import re

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Scope

# Of the two sides of a second on the way, ours is the dearer one: a higher level packs hardly better.
LEVEL, BEST = 5, 9
# A shorter one goes into the first packet anyway.
SHORTEST = 1024
# The rest is packed already.
KINDS = ("text/", "image/svg+xml", "application/json")
_TAKEN = re.compile(r"(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[0-9.]+\s*)?(?:,|$)", re.IGNORECASE)


def packed(body: bytes, level: int = BEST) -> bytes:
    """The bytes, packed the same way every time."""
    return gzip.compress(body, level, mtime=0)


def taken(scope: Scope) -> bool:
    """Whether who asks takes a packed answer."""
    told = b",".join(value for name, value in scope["headers"] if name == b"accept-encoding")
    return bool(_TAKEN.search(told.decode("latin-1")))


def pack(request: Request, response: Response) -> None:
    """Packs the body of a page anybody may read, in place; what streams goes as it comes."""
    if isinstance(response, StreamingResponse):
        return
    body = bytes(response.body)
    if not response.headers.get("content-type", "").startswith(KINDS):
        return
    response.headers.add_vary_header("Accept-Encoding")
    if len(body) >= SHORTEST and taken(request.scope):
        response.body = packed(body, LEVEL)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.body))
