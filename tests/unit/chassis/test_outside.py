"""Programs outside are asked within bounds: of time, of size, and of what an answer is."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chassis import outside
from tests.fakes.courier import Courier
from tests.fakes.program import running
from tests.support.sources import ROOT


@contextmanager
def saying(*parts: bytes, pause: float = 0.0) -> Iterator[str]:
    """A server that says these bytes to whoever calls, one after the other; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            caller, _ = server.accept()
            with caller:
                caller.recv(65536)
                for part in parts:
                    try:
                        caller.sendall(part)
                    except OSError:
                        return
                    time.sleep(pause)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join(5)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DRIPPING = {
    "its head": (b"H", b"TTP/1.1 200 OK\r\nX: ", *[b"x"] * 30),
    "its body": (HEAD + b"Content-Length: 999\r\n\r\n", *[b" "] * 30),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\n \r\n"] * 30),
}


@pytest.mark.parametrize("what", ["its head", "its body", "chunks"])
def test_a_program_that_drips_is_away_in_time(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.setattr(outside, "SECONDS", 0.2)
    with saying(*DRIPPING[what], pause=0.02) as url:
        began = time.monotonic()
        with pytest.raises(outside.Away, match="Timeout"):
            outside.get(url, "/a")
        assert time.monotonic() - began < 0.5


def test_an_answer_of_any_length_header_is_read_whole() -> None:
    for head in (
        b'Content-Length: 9\r\n\r\n{"a": 1 }',
        b'\r\n{"a": 1 }',
        b'Transfer-Encoding: chunked\r\n\r\n9\r\n{"a": 1 }\r\n0\r\n\r\n',
    ):
        with saying(HEAD + head) as url:
            assert outside.get(url, "/a") == {"a": 1}


def test_an_answer_that_is_too_long_breaks_off_or_is_no_http_is_none() -> None:
    long = HEAD + b"\r\n" + b'"' + b"x" * outside.LONGEST_ANSWER + b'"'
    with saying(long) as url:
        assert outside.post(url, "/a", {}) is None
    with saying(HEAD + b"Content-Length: 50\r\n\r\n{}") as url, pytest.raises(outside.Away, match="IncompleteRead"):
        outside.get(url, "/a")
    for said in (b"SSH-2.0-OpenSSH\r\n", b"", HEAD + b"X: y\r\n" * 200 + b"\r\n{}"):
        with saying(said) as url, pytest.raises(outside.Away):
            outside.get(url, "/a")


def test_a_program_that_moved_is_not_followed() -> None:
    moved = b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\n{}"
    with saying(moved) as url, pytest.raises(outside.Away, match="HTTP 307"):
        outside.get(url, "/a")


def test_paths_below_the_address_and_its_credentials_are_kept() -> None:
    with running(Courier()) as courier:
        url = courier.url.replace("http://", "http://county:s%40cret@") + "/v1/"
        assert outside.post(url, "/parcels", {"id": "a"}) == {"id": "a", "number": "SF000000000001"}
        (question,) = courier.asked
        assert question.path == ["v1", "parcels"]
        assert question.authorization == "Basic Y291bnR5OnNAY3JldA=="


@pytest.mark.parametrize("fake", ["licence_source", "payment_provider", "courier"])
def test_the_fakes_are_programs_that_are_told_over_http(fake: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", f"tests.fakes.{fake}", str(port)], cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 20
        while True:
            try:
                assert outside.get(url, "/asked") == {"asked": []}
                break
            except outside.Away:
                assert time.monotonic() < until and process.poll() is None
                time.sleep(0.05)
        outside.post(url, "/control", {"away": True})
        with pytest.raises(outside.Away, match="HTTP 503"):
            outside.get(url, "/orders/1")
        assert [one["path"] for one in outside.get(url, "/asked")["asked"]] == [["orders", "1"]]
    finally:
        process.kill()
        process.wait()
