"""A KMS for tests: the transit engine of Vault as far as the suite uses it, on this machine only, with whims.

    python -m tests.fakes.kms PORT TOKEN_FILE

POST /v1/transit/encrypt|decrypt/<key>     with X-Vault-Token, as Vault answers them (base64, `vault:v<version>:…`, 400, 403, 404)
POST /v1/transit/keys/<key>/rotate         the next version encrypts; older ones still decrypt
POST /whim {"delay": s, "status": 503}     every later answer is late, or that status; {} ends it
GET  /calls                                how often each of encrypt and decrypt was answered

The token is read from the file at each call. Keys follow from their name and version, so what it wrapped before it was killed it
unwraps when it is back, told to be at the same version by `rotate`. Its cipher is made for tests and protects nothing.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

KNOWN = re.compile(r"yiwang[a-z0-9-]*")


class Kms:
    """Keys by name, all versions of each."""

    def __init__(self, token_file: Path) -> None:
        self.token_file = token_file
        self.versions: Counter[str] = Counter()
        self.whim: dict[str, Any] = {}
        self.calls: Counter[str] = Counter()
        self.lock = threading.Lock()

    def answer(self, path: str, token: str, told: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body."""
        time.sleep(self.whim.get("delay", 0))
        if "status" in self.whim:
            return self.whim["status"], {"errors": ["as was wished"]}
        if token != self.token_file.read_text().strip():
            return 403, {"errors": ["permission denied"]}
        found = re.fullmatch(r"/v1/transit/(encrypt|decrypt|keys)/([^/]+)(/rotate)?", path)
        if not found or not KNOWN.fullmatch(found[2]):
            return 404, {"errors": []}
        with self.lock:
            self.calls[found[1]] += 1
            if found[3]:
                self.versions[found[2]] += 1
                return 200, {"data": None}
            version = self.versions[found[2]] + 1
        bound = base64.b64decode(told.get("associated_data", ""))
        if found[1] == "encrypt":
            return 200, {"data": encrypt(found[2], version, base64.b64decode(told["plaintext"]), bound)}
        return decrypt(found[2], version, told["ciphertext"], bound)


def encrypt(key: str, version: int, plain: bytes, bound: bytes) -> dict[str, Any]:
    nonce = os.urandom(16)
    body = nonce + _xor(_secret(key, version), nonce, plain)
    text = base64.b64encode(body + _tag(_secret(key, version), body, bound)).decode()
    return {"ciphertext": f"vault:v{version}:{text}", "key_version": version}


def decrypt(key: str, newest: int, text: str, bound: bytes) -> tuple[int, dict[str, Any]]:
    found = re.fullmatch(r"vault:v([1-9][0-9]*):(.*)", text)
    if found and int(found[1]) <= newest:
        secret, raw = _secret(key, int(found[1])), base64.b64decode(found[2])
        if hmac.compare_digest(_tag(secret, raw[:-32], bound), raw[-32:]):
            return 200, {"data": {"plaintext": base64.b64encode(_xor(secret, raw[:16], raw[16:-32])).decode()}}
    return 400, {"errors": ["cipher: message authentication failed"]}


def _secret(key: str, version: int) -> bytes:
    return hashlib.sha256(f"{key}/{version}".encode()).digest()


def _tag(secret: bytes, body: bytes, bound: bytes) -> bytes:
    return hmac.digest(secret, len(body).to_bytes(8, "big") + body + bound, "sha256")


def _xor(secret: bytes, nonce: bytes, text: bytes) -> bytes:
    stream = hashlib.shake_256(secret + nonce).digest(len(text))
    return bytes(one ^ other for one, other in zip(text, stream, strict=True))


class Handler(BaseHTTPRequestHandler):
    """HTTP around it."""

    protocol_version = "HTTP/1.1"
    kms: Kms

    def do_GET(self) -> None:
        self._say(200, dict(self.kms.calls))

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if self.path == "/whim":
            self.kms.whim = told
            self._say(200, {})
        else:
            self._say(*self.kms.answer(self.path, self.headers.get("X-Vault-Token", ""), told))

    def _say(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


if __name__ == "__main__":
    Handler.kms = Kms(Path(sys.argv[2]))
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
