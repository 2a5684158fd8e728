"""The fake KMS as a process, started, killed and told its whims by a test."""

import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chassis.config import Settings
from deploy.local.ports import accepts
from tests.support.sources import ROOT
from tests.support.waiting import wait_until

TOKEN = "token-of-the-tests"


class FakeKms:
    """One on a port of its own; `settings()` name it."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.token = folder / "kms-token"
        self.token.write_text(TOKEN + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.fakes.kms", str(self.port), str(self.token)]
        self._process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        wait_until(lambda: accepts(self.port), "the KMS listens", 10)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait(10)

    def environment(self) -> dict[str, str]:
        """What a service is told of it."""
        return {
            "KMS_URL": f"http://127.0.0.1:{self.port}",
            "KMS_TOKEN_FILE": str(self.token),
            "KMS_KEY": "yiwang-tests",
        }

    def settings(self, **told: str) -> Settings:
        return Settings(**{name.lower(): value for name, value in self.environment().items()} | told)

    def whim(self, **whim: Any) -> None:
        self._call("POST", "/whim", whim)

    def rotate(self) -> None:
        self._call("POST", "/v1/transit/keys/yiwang-tests/rotate", {})

    def calls(self, what: str) -> int:
        """How often it was asked to `encrypt` or `decrypt`."""
        return int(self._call("GET", "/calls").get(what, 0))

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request(method, path, json.dumps(body), {"X-Vault-Token": self.token.read_text().strip()})
        answer = connection.getresponse()
        found = json.loads(answer.read())
        connection.close()
        assert answer.status == 200, found
        return dict(found)


@contextmanager
def fake_kms(folder: Path) -> Iterator[FakeKms]:
    """A running one, ended afterwards."""
    kms = FakeKms(folder)
    kms.start()
    try:
        yield kms
    finally:
        kms.kill()
