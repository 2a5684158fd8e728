"""What comes over the wire and no client of ours sends: two lengths, broken chunks, odd request lines, too much of everything. Each is
refused or answered as what it is, nothing behind it is taken for a second request, and the gateway goes on."""

import re
import socket

import pytest
import requests

from services.gateway.security import BODY_LIMIT
from tests.service.gateway.outside import Outside

HOST = b"Host: county.test\r\n"
POST = b"POST /sign-in HTTP/1.1\r\n" + HOST
GET = b"GET /healthz HTTP/1.1\r\n" + HOST
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
# What would be answered 200, were it taken for a request of its own.
SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: county.test\r\n\r\n"
PATIENCE = 3.0

AMBIGUOUS = {
    "length and chunks": POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two lengths": POST + b"Content-Length: 6\r\nContent-Length: 5\r\n\r\na=bcd" + SMUGGLED,
    "a signed length": POST + b"Content-Length: +5\r\n\r\na=bcd" + SMUGGLED,
    "a negative length": POST + b"Content-Length: -5\r\n\r\na=bcd" + SMUGGLED,
    "a length in hex": POST + b"Content-Length: 0x5\r\n\r\na=bcd" + SMUGGLED,
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks within something": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a tab before chunked": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a negative chunk": POST + FORM + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n" + SMUGGLED,
    "a chunk in 0x": POST + FORM + b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n" + SMUGGLED,
    "a chunk that ends early": POST + FORM + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcXX0\r\n\r\n" + SMUGGLED,
    "two hosts": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Host: evil.test\r\n\r\n" + SMUGGLED,
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n" + SMUGGLED,
    "a zero byte in a header": GET + b"X: a\x00b\r\n\r\n" + SMUGGLED,
    "a lone return in a header": GET + b"X: a\rTransfer-Encoding: chunked\r\n\r\n" + SMUGGLED,
    "a space in the address": b"GET /heal thz HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED,
    "raw text in the address": "GET /中文 HTTP/1.1\r\n".encode() + HOST + b"\r\n" + SMUGGLED,
    "a handshake of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 100 + SMUGGLED,
}
TOO_MUCH = {
    "a header of a megabyte": GET + b"X: " + b"a" * (1 << 20) + b"\r\n\r\n",
    "headers without end": GET + b"".join(b"X%d: a\r\n" % number for number in range(40_000)) + b"\r\n",
    "a cookie of a megabyte": GET + b"Cookie: __Host-yiwang=" + b"A" * (1 << 20) + b"\r\n\r\n",
    "an address of a megabyte": b"GET /items?q=" + b"a" * (1 << 20) + b" HTTP/1.1\r\n" + HOST + b"\r\n",
}
TAKEN = {
    "as it should be": (GET + b"\r\n", ["200"]),
    "one after the other": (GET + b"\r\n" + GET + b"\r\n", ["200", "200"]),
    "a body where none is read": (GET + b"Content-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED, ["200"]),
    "twice the same length": (POST + FORM + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\na=bcd", ["403"]),
    "the largest session": (
        GET + b"Cookie: " + b"; ".join(b"__Host-yiwang-%d=" % n + b"A" * 3900 for n in (2, 3)) + b"\r\n\r\n",
        ["200"],
    ),
    "an address with another host": (b"GET http://evil.test/healthz HTTP/1.1\r\n" + HOST + b"\r\n", ["404"]),
    "a tunnel": (b"CONNECT evil.test:443 HTTP/1.1\r\n" + HOST + b"\r\n", ["404"]),
    "everything": (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", ["404"]),
    # The second line belongs to the first, so there is no body, and what follows is no request.
    "a folded header": (POST + b" Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, ["403", "400"]),
    "another protocol": (
        GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n\r\n",
        ["200"],
    ),
    "up and out": (b"GET /static/../../settings.py HTTP/1.1\r\n" + HOST + b"\r\n", ["404"]),
    "up and out, hidden": (b"GET /static/..%2f..%2fsettings.py HTTP/1.1\r\n" + HOST + b"\r\n", ["404"]),
    "another host by slashes": (b"GET //evil.test/items/ HTTP/1.1\r\n" + HOST + b"\r\n", ["404"]),
    "only slashes": (b"GET // HTTP/1.1\r\n" + HOST + b"\r\n", ["404"]),
}


def said(outside: Outside, request: bytes) -> tuple[list[str], bytes, bool]:
    """The statuses that come back for these bytes, everything that comes back, and whether the connection was ended."""
    host, _, port = outside.host.partition(":")
    found = b""
    with socket.create_connection((host, int(port)), PATIENCE) as wire:
        wire.settimeout(PATIENCE if len(request) > 1 << 16 else 1.0)
        try:
            wire.sendall(request)
            while piece := wire.recv(1 << 16):
                found += piece
            ended = True
        except TimeoutError:
            ended = False
        except ConnectionError:
            ended = True
    return [one.decode() for one in re.findall(rb"HTTP/1\.1 (\d{3})", found)], found, ended


def goes_on(outside: Outside) -> bool:
    return requests.get(f"{outside.url}/healthz", timeout=PATIENCE).status_code == 200


@pytest.mark.parametrize("request_", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_a_request_that_can_be_read_in_two_ways_is_refused_and_nothing_behind_it_is_read(
    outside: Outside, request_: bytes
) -> None:
    statuses, _, ended = said(outside, request_)
    assert statuses == ["400"] and ended
    assert goes_on(outside)


@pytest.mark.parametrize("request_", TOO_MUCH.values(), ids=TOO_MUCH)
def test_too_much_before_the_body_is_refused(outside: Outside, request_: bytes) -> None:
    statuses, _, ended = said(outside, request_)
    # Refused while it was still being sent, so that the refusal may be lost with the connection.
    assert statuses in ([], ["400"], ["431"]) and ended
    assert goes_on(outside)


@pytest.mark.parametrize(("request_", "expected"), TAKEN.values(), ids=TAKEN)
def test_an_odd_request_is_answered_as_what_it_is(outside: Outside, request_: bytes, expected: list[str]) -> None:
    statuses, answer, _ = said(outside, request_)
    assert statuses == expected
    assert b"evil.test" not in re.sub(rb"next=[^\"]*", b"", answer) and b"BaseSettings" not in answer
    assert goes_on(outside)


def test_a_body_over_the_limit_is_refused_without_being_kept(outside: Outside) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    piece = b"x" * 0x10000
    pieces, head = BODY_LIMIT // len(piece) + 1, POST + b"Content-Type: multipart/form-data; boundary=b\r\n"
    told = said(
        outside, head + b"Content-Length: %d\r\n\r\n" % (len(part) + pieces * len(piece)) + part + pieces * piece
    )
    assert told[0] == ["413"]
    chunks = b"%x\r\n%b\r\n" % (len(part), part) + (b"%x\r\n%b\r\n" % (len(piece), piece)) * pieces + b"0\r\n\r\n"
    untold = said(outside, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert untold[0] == ["413"]
    assert goes_on(outside)


def test_a_client_that_leaves_in_the_middle_leaves_nothing_broken(outside: Outside) -> None:
    host, _, port = outside.host.partition(":")
    for start in (
        b"GE",
        GET,
        POST + b"Content-Length: 100\r\n\r\nabc",
        POST + FORM + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    ):
        with socket.create_connection((host, int(port)), PATIENCE) as wire:
            wire.sendall(start)
    assert goes_on(outside)


def test_none_of_it_is_a_fault_in_the_log(outside: Outside) -> None:
    """Whoever sends nonsense must not be able to fill the log with our errors. Comes last: it reads what those above have left."""
    lines = (outside.logs / "gateway.log").read_text().splitlines()
    faults = [line for line in lines if '"level":"ERROR"' in line or line.startswith(("ERROR", "Traceback"))]
    assert lines and faults == []
