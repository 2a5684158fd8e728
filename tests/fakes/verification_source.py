"""A verification source as docs/integrating.md describes it, for tests and for trying the suite out: `python
tests/fakes/verification_source.py [PORT]`.

Left to itself it answers as a friendly source would: a code for a phone and a ticket for a face are asked for, and must be
`CODE` and `TICKET`; a name with 不符 in it never matches; every claimant is the representative, but for organisations with 冒名 in
their name.
A test scripts it: `script(kind, *answers)` puts answers in line for PHONE, NAME_NUMBER, FACE, BANK_CARD, ANSWER or REPRESENTATIVE.
An answer is a mapping (sent as JSON with 200), bytes (sent as they are with 200), or a number (an HTTP status without a body).
It keeps what it was asked (`asked`), and answers the same id with what it said before, as a source must.
Over HTTP, for other processes: POST /script {"kind": …, "answers": […]} and GET /asked.
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
from typing import Any

CODE, TICKET = "246810", "face-passed"
Said = Mapping[str, Any] | bytes | int


@dataclass
class Question:
    """What it was asked: the kind, the path, the parsed body, and the Authorization header."""

    kind: str
    path: str
    body: dict[str, Any]
    authorization: str = ""


@dataclass
class Source:
    """What it was asked, what it is to say, and what it said."""

    asked: list[Question] = field(default_factory=list)
    url: str = ""
    # Seconds it takes for an answer.
    slow: float = 0.0
    _line: dict[str, deque[Said]] = field(default_factory=lambda: defaultdict(deque))
    _said: dict[str, Said] = field(default_factory=dict)
    _methods: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fresh(self) -> None:
        """Forgets what it was asked and what it was to say."""
        self.asked.clear()
        self._line.clear()

    def script(self, kind: str, *answers: Said) -> None:
        """Puts answers in line for a kind of question."""
        self._line[kind].extend(answers)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of the questions of a kind, in order."""
        return [one.body for one in self.asked if one.kind == kind]

    def answer(self, path: str, body: dict[str, Any], authorization: str) -> Said:
        """Its answer to a question; the same question, by its id, has the same one. A number is no answer and is not kept."""
        kind = _kind(path, body)
        with self._lock:
            self.asked.append(Question(kind, path, body, authorization))
            key = f"{kind}/{body.get('answer_id') or body.get('id')}"
            if key in self._said:
                return self._said[key]
            said = self._line[kind].popleft() if self._line[kind] else self._friendly(kind, path, body)
            if kind not in ("ANSWER", "REPRESENTATIVE"):
                self._methods[str(body.get("id"))] = kind
            if not isinstance(said, int):
                self._said[key] = said
            return said

    def _friendly(self, kind: str, path: str, body: dict[str, Any]) -> Said:
        if kind == "PHONE":
            return {"result": "challenged", "prompt": f"请输入发送到尾号{body['phone'][-4:]}手机的验证码"}
        if kind == "FACE":
            return {"result": "challenged", "prompt": "请完成人脸核验后提交凭据"}
        if kind == "ANSWER":
            wanted = CODE if self._methods.get(path.split("/")[-2]) == "PHONE" else TICKET
            return _passed(body) if body["answer"] == wanted else {"result": "failed", "reason": "MISMATCH"}
        if kind == "REPRESENTATIVE" and "冒名" in body["name"]:
            return {"result": "failed", "reason": "NOT_REPRESENTATIVE"}
        if kind != "REPRESENTATIVE" and "不符" in body["name"]:
            return {"result": "failed", "reason": "MISMATCH"}
        return _passed(body)


def _passed(body: Mapping[str, Any]) -> Said:
    return {"result": "passed", "reference": f"ref-{body.get('answer_id') or body['id']}"}


def _kind(path: str, body: Mapping[str, Any]) -> str:
    if path.endswith("/representatives"):
        return "REPRESENTATIVE"
    return "ANSWER" if path.endswith("/answers") else str(body.get("method"))


def handler(source: Source) -> type[BaseHTTPRequestHandler]:
    """The HTTP side of a source."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            if self.path == "/script":
                source.script(body["kind"], *body["answers"])
                self._send({})
                return
            time.sleep(source.slow)
            self._send(source.answer(self.path, body, self.headers.get("Authorization", "")))

        def do_GET(self) -> None:
            self._send({"asked": [vars(one) for one in source.asked]})

        def _send(self, said: Said) -> None:
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


def serve(source: Source, port: int = 0) -> ThreadingHTTPServer:
    """A server on the loopback address; not started yet."""
    server = _Server(("127.0.0.1", port), handler(source))
    source.url = f"http://127.0.0.1:{server.server_address[1]}"
    return server


@contextmanager
def running(port: int = 0) -> Iterator[Source]:
    """A source inside this process."""
    source = Source()
    server = serve(source, port)
    thread = threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield source
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    serve(Source(), int(sys.argv[1]) if len(sys.argv) > 1 else 8099).serve_forever()
