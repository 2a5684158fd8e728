"""Addresses of guides are opened once, one at a time per site, and never those inside the own network."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
from google.protobuf.json_format import MessageToDict

from services.catalog import link_checking
from services.catalog.link_checking import ALIVE, DEAD, DOUBTFUL, Link, checked, links_of, opened
from yiwang.catalog.v1 import service_pb2 as pb

ANSWERS = {"/law": 200, "/gone": 404, "/busy": 503, "/guarded": 403, "/moved": 302, "/round": 302, "/no-head": 405}
ONWARD = {"/moved": "/law", "/round": "/round"}


class Site(BaseHTTPRequestHandler):
    """Answers as ANSWERS tells; asked paths are remembered."""

    asked: ClassVar[list[str]] = []
    hosts: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        self._answer(ANSWERS[self.path])

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/no-head" else ANSWERS[self.path])

    def _answer(self, status: int) -> None:
        self.asked.append(f"{self.command} {self.path}")
        self.hosts.append(self.headers["Host"])
        self.send_response(status)
        if self.path in ONWARD:
            self.send_header("Location", ONWARD[self.path])
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def a_site() -> Iterator[str]:
    Site.asked, Site.hosts = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def states(site: str) -> dict[str, str]:
    return {path: opened(site + path, inside=True).state for path in ANSWERS}


def test_what_is_gone_is_dead_and_what_only_guards_itself_is_not() -> None:
    with a_site() as site:
        assert states(site) == {
            "/law": ALIVE, "/gone": DEAD, "/busy": DOUBTFUL, "/guarded": DOUBTFUL, "/moved": ALIVE, "/round": DEAD, "/no-head": ALIVE,
        }  # fmt: skip
    assert opened(site + "/law", inside=True).state == DEAD  # nobody listens any more


def test_a_guide_is_no_way_into_the_own_network() -> None:
    with a_site() as site:
        assert opened(site + "/law") == (DEAD, "指向内部网络，公众无法打开")
        assert Site.asked == []


def test_no_redirect_leads_into_the_own_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_checking, "_public", lambda address: address == "127.0.0.1")
    with a_site() as site:
        monkeypatch.setitem(ONWARD, "/moved", site.replace("127.0.0.1", "127.0.0.2") + "/law")
        assert opened(site + "/moved") == (DEAD, "指向内部网络，公众无法打开")
        assert Site.asked == ["HEAD /moved"]


def test_a_name_is_looked_up_once_and_what_was_looked_at_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = socket.getaddrinfo, list[str]()

    def told(host: str, *more: Any, **named: Any) -> Any:
        if host != "law.example":
            return real(host, *more, **named)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "127.0.0.2", *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", told)
    monkeypatch.setattr(link_checking, "_public", lambda address: address == "127.0.0.1")
    with a_site() as site:
        port = site.rpartition(":")[2]
        assert opened(f"http://law.example:{port}/law").state == ALIVE
        assert asked == ["law.example"] and Site.hosts == [f"law.example:{port}"]


@pytest.mark.parametrize(
    "onward", ["file:///etc/passwd", "gopher://127.0.0.1/", "http://[", "http://a:b@127.0.0.1/", "//"]
)
def test_what_is_no_address_for_the_public_is_dead_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, onward: str
) -> None:
    with a_site() as site:
        monkeypatch.setitem(ONWARD, "/moved", onward)
        links = [Link(str(n), "", "", "", url, "") for n, url in enumerate((site + "/moved", onward, site + "/law"))]
        assert [outcome.state for _, outcome in checked(links, {}, inside=True)] == [DEAD, DEAD, ALIVE]


def test_a_site_that_never_ends_its_answer_takes_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_checking, "TOTAL", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=drip, args=(server,), daemon=True).start()
        site = f"http://127.0.0.1:{server.getsockname()[1]}"
        begun = time.monotonic()
        links = [Link(str(n), "", "", "", f"{site}/{n}", "") for n in range(50)]
        outcomes = [outcome for _, outcome in checked(links, {}, inside=True)]
        assert time.monotonic() - begun < 3
    assert {one.state for one in outcomes} == {DOUBTFUL}
    assert [one.reason for one in outcomes].count("超时") == link_checking.LATE_MOST


def drip(server: socket.socket) -> None:
    """Answers each visitor with a byte now and then."""
    while True:
        try:
            visitor, _ = server.accept()
        except OSError:
            return
        Thread(target=_drip, args=(visitor,), daemon=True).start()


def _drip(visitor: socket.socket) -> None:
    with visitor, suppress(OSError):
        visitor.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(40):
            visitor.sendall(b"x")
            time.sleep(0.05)


def test_every_address_and_file_of_a_guide_is_found_with_its_field() -> None:
    definition = pb.ItemDefinition(code="X1", name="事项")
    definition.laws.add(title="《法》", url="https://law.example/1")
    material = definition.materials.add(key="m1", name="表")
    material.sample.name, material.sample.id = "样表", "a" * 64
    material.blank_form.name, material.blank_form.url = "空表", "https://form.example/2"
    definition.results.add(name="证").sample.url = "https://form.example/3"
    found = {link.field: link.url or link.file for link in links_of("i", MessageToDict(definition))}
    assert found == {
        "laws[0]": "https://law.example/1", "materials[0].sample": "a" * 64, "materials[0].blankForm": "https://form.example/2",
        "results[0].sample": "https://form.example/3",
    }  # fmt: skip


def test_an_address_many_guides_name_is_asked_once() -> None:
    with a_site() as site:
        links = [Link(str(number), "X", "事项", "laws[0]", f"{site}/gone", "") for number in range(3)]
        links.append(Link("4", "X", "事项", "materials[0].sample", "", "b" * 64))
        outcomes = [outcome.state for _, outcome in checked(links, {"b" * 64: False}, inside=True)]
        assert outcomes == [DEAD] * 4
        assert Site.asked == ["HEAD /gone", "GET /gone"]
