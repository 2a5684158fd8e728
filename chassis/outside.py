"""Programs outside of the suite, asked over HTTP: bounded in time and size, and only a stated answer is one.

Status 200 is an answer. 400 and 422 are a refusal for good. Every other status, no connection and no answer in time raise `Away`: the
question is asked again later, under the same id. Redirects are not followed.
"""

import base64
import http.client
import io
import socket
import time
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import SplitResult, unquote, urlsplit

import orjson

SECONDS = 5.0
LONGEST_ANSWER = 64 * 1024
# The program has the question and will never answer it otherwise.
REFUSES = (400, 422)


class Away(Exception):
    """No answer; the text says what happened and nothing of anybody."""


class Unreached(Away):
    """Nobody was there to be asked: the question was not heard."""


def post(url: str, path: str, content: Mapping[str, Any]) -> Any:
    """The parsed JSON of the answer; None for a refusal and for what nobody can read. User and password of the address are sent as Basic
    credentials (RFC 7617)."""
    return _ask("POST", url, path, orjson.dumps(content))


def get(url: str, path: str) -> Any:
    """The same for a question without a content."""
    return _ask("GET", url, path, None)


def _ask(method: str, url: str, path: str, content: bytes | None) -> Any:
    base, until = urlsplit(url), time.monotonic() + SECONDS
    kind = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
    headers = {"Content-Type": "application/json"} if content is not None else {}
    connection = kind(base.hostname or "", base.port, timeout=SECONDS)
    try:
        _reach(connection)
        connection.request(
            method, base.path.rstrip("/") + path, content, headers | {"Accept": "application/json"} | _credentials(base)
        )
        # Not the connection's own: neither its head nor its body may take longer, however slowly they drip.
        response = http.client.HTTPResponse(cast(socket.socket, _Until(connection.sock, until)), method=method)
        with response:
            response.begin()
            body = response.read(LONGEST_ANSWER + 1)
            if response.length and len(body) <= LONGEST_ANSWER:
                raise http.client.IncompleteRead(b"", response.length)
    except (OSError, http.client.HTTPException) as error:
        raise Away(type(error).__name__) from None
    finally:
        connection.close()
    if response.status in REFUSES:
        return None
    if response.status != 200:
        raise Away(f"HTTP {response.status}")
    try:
        return orjson.loads(body) if len(body) <= LONGEST_ANSWER else None
    except ValueError:
        return None


def _reach(connection: http.client.HTTPConnection) -> None:
    try:
        connection.connect()
    except OSError as error:
        raise Unreached(type(error).__name__) from None


class _Until(io.RawIOBase):
    """What a socket receives until a point in time."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock = sock
        self._until = until

    def makefile(self, _: str) -> io.BufferedReader:
        """How an HTTP response opens its socket."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._sock.recv_into(buffer)


def _credentials(base: SplitResult) -> dict[str, str]:
    if base.username is None:
        return {}
    pair = f"{unquote(base.username)}:{unquote(base.password or '')}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
