"""What the fakes of programs outside have in common: they listen on the loopback address, keep what
they were asked, and do as they are told.

A fake answers by itself as a friendly program would. A test tells it otherwise: `script(kind, *answers)` puts answers in line for a kind of
question: a mapping (JSON with 200), bytes (as they are with 200), or a number (an HTTP status without a body; 0: the connection
ends without an answer). `away` makes every answer 503, `slow` makes it take that many seconds.
Over HTTP, for other processes: POST /control {"away": true, "slow": 0.5, "script": {"kind": …, "answers": […]}} and GET /asked.
"""

import json
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

Said = Mapping[str, Any] | bytes | int


@dataclass
class Question:
    """What it was asked: the kind, the parts of the path, the body and the query in one, and the Authorization header."""

    kind: str
    path: list[str]
    body: dict[str, Any]
    authorization: str = ""


@dataclass
class Program:
    """A program outside. The fake says in `kind` what a question is, and in `friendly` what it answers to it."""

    asked: list[Question] = field(default_factory=list)
    url: str = ""
    away: bool = False
    slow: float = 0.0
    _line: dict[str, deque[Said]] = field(default_factory=lambda: defaultdict(deque))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def kind(self, method: str, path: list[str]) -> str:
        """The kind of a question."""
        raise NotImplementedError

    def friendly(self, question: Question) -> Said:
        """What a friendly program answers."""
        raise NotImplementedError

    def control(self, told: Mapping[str, Any]) -> None:
        """Does as it is told over HTTP."""
        self.away, self.slow = bool(told.get("away", self.away)), float(told.get("slow", self.slow))
        if line := told.get("script"):
            self.script(line["kind"], *line["answers"])

    def script(self, kind: str, *answers: Said) -> None:
        """Puts answers in line for a kind of question."""
        self._line[kind].extend(answers)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of the questions of a kind, in order."""
        return [one.body for one in self.asked if one.kind == kind]

    def answer(self, method: str, target: str, body: dict[str, Any], authorization: str) -> Said:
        """Its answer to a question."""
        parts = urlsplit(target)
        path = [unquote(one) for one in parts.path.split("/") if one]
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        with self._lock:
            question = Question(self.kind(method, path), path, {**body, **query}, authorization)
            self.asked.append(question)
            if self.away:
                return 503
            line = self._line[question.kind]
            return line.popleft() if line else self.friendly(question)


def _handler(program: Program) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            if self.path == "/control":
                program.control(body)
                self._send({})
                return
            self._answer(body)

        def do_GET(self) -> None:
            if self.path == "/asked":
                self._send({"asked": [vars(one) for one in program.asked]})
                return
            self._answer({})

        def _answer(self, body: dict[str, Any]) -> None:
            time.sleep(program.slow)
            self._send(program.answer(self.command, self.path, body, self.headers.get("Authorization", "")))

        def _send(self, said: Said) -> None:
            if said == 0:
                return
            content = b"" if isinstance(said, int) else said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(said if isinstance(said, int) else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Nothing: what it is asked is personal."""

    return Handler


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # many may ask at once


P = TypeVar("P", bound=Program)


def _serve(program: Program, port: int) -> ThreadingHTTPServer:
    server = _Server(("127.0.0.1", port), _handler(program))
    program.url = f"http://127.0.0.1:{server.server_address[1]}"
    return server


@contextmanager
def running(program: P, port: int = 0) -> Iterator[P]:
    """The program, answering inside this process."""
    server = _serve(program, port)
    thread = threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield program
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main(program: Program, port: int) -> None:
    """The program as a process of its own, on the port that is given."""
    _serve(program, int(sys.argv[1]) if len(sys.argv) > 1 else port).serve_forever()
