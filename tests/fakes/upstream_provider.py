"""An upstream OpenID provider, as a province's, for tests and for trying the suite out: `python tests/fakes/upstream_provider.py [PORT]`.

It knows the people of PEOPLE; who comes chooses one of them on its page (or by `login_hint`, the number of the row). The client is CLIENT
with SECRET. Levels are told as `user_real_lvl`, by the profile "numbered" of standards/real_names.py. For UPSTREAMS_FILE: `row(url)`.

A test says what goes wrong next with `fault`: see FAULTS, and `person(...)` adds somebody.
"""

import base64
import hashlib
import json
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT, SECRET = "yiwang-shifan", "a secret & of the province"
# The client may prove itself by this key as well (private_key_jwt).
CLIENT_KEY = ECKey.generate_key("P-256", {"kid": "client"}, auto_kid=False)
PEOPLE = [
    {"name": "宇文上游", "idcard": "990101198001011236", "mobile": "13900000001", "user_real_lvl": "3"},
    {"name": "夏侯上游", "idcard": "990101198501012227", "mobile": "13900000002", "user_real_lvl": "2"},
]
# What the id token may have wrong; and answers that are wrong as a whole.
FAULTS = {
    "issuer": {"iss": "https://other.example"},
    "audience": {"aud": "somebody-else"},
    "audiences": {"aud": [CLIENT, "somebody-else"]},
    "expired": {"exp": 1_600_000_000, "iat": 1_599_999_000},
    "not_yet": {"iat": 4_000_000_000, "nbf": 4_000_000_000, "exp": 4_000_000_600},
    "nonce": {"nonce": "another"},
    "subject": {"sub": {"$gt": ""}},
    "id_number": {"idcard": "990101198001011230"},
    "name": {"name": ""},
}


@dataclass
class Provider:
    """What it knows, and what it is to get wrong next."""

    url: str = ""
    people: list[dict[str, str]] = field(default_factory=lambda: [dict(one) for one in PEOPLE])
    fault: str = ""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "first"}, auto_kid=False))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def person(self, **claims: str) -> str:
        """Adds somebody; the row, as `login_hint` wants it."""
        self.people.append(claims)
        return str(len(self.people) - 1)

    def rotate(self) -> None:
        """Another key from now on."""
        self.key = ECKey.generate_key("P-256", {"kid": uuid.uuid4().hex}, auto_kid=False)

    def discovery(self) -> dict[str, Any]:
        named = {name: f"{self.url}/{name}" for name in ("authorize", "token", "jwks", "userinfo")}
        return {
            "issuer": self.url,
            "authorization_endpoint": named["authorize"],
            "token_endpoint": named["token"],
            "userinfo_endpoint": named["userinfo"],
            "jwks_uri": named["jwks"],
            "authorization_response_iss_parameter_supported": True,
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser goes with the code of who was chosen."""
        answer = {"state": query["state"], "iss": self.url}
        if self.fault == "mixed_up":
            answer["iss"] = "https://other.example"
        if self.fault == "no_iss":
            del answer["iss"]
        if self.fault == "denied":
            return f"{query['redirect_uri']}?{urlencode(answer | {'error': 'access_denied'})}"
        code = uuid.uuid4().hex
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode(answer | {'code': code})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Tokens for a code, by the secret and the verifier, once."""
        begun = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if begun is None or not self.proven(form, authorization) or challenge != begun["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if form["redirect_uri"] != begun["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        person, access = self.people[int(begun["login_hint"])], uuid.uuid4().hex
        self.tokens[access] = person
        return 200, {"access_token": access, "token_type": "Bearer", "id_token": self.id_token(begun, person)}

    def proven(self, form: dict[str, str], authorization: str) -> bool:
        """Whether the client is who it says: by its key, or by its secret."""
        if "client_assertion" in form:
            claims = jwt.decode(form["client_assertion"], CLIENT_KEY, algorithms=["ES256"]).claims
            return (claims["sub"], claims["aud"]) == (CLIENT, f"{self.url}/token") and claims["exp"] > time.time()
        given = unquote(base64.b64decode(authorization.removeprefix("Basic ")).decode())
        return given == ":".join((CLIENT, SECRET))

    def id_token(self, begun: dict[str, str], person: dict[str, str]) -> str:
        instant = int(time.time())
        claims: dict[str, Any] = {"iss": self.url, "aud": CLIENT, "sub": f"sub-{begun['login_hint']}"}
        claims |= {"iat": instant, "exp": instant + 300, "nonce": begun["nonce"], **person}
        claims |= FAULTS.get(self.fault, {})
        if self.fault == "alg_none":
            header, body = (
                base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=")
                for one in ({"alg": "none"}, claims)
            )
            return f"{header}.{body}."
        key = (
            ECKey.generate_key("P-256", {"kid": self.key.kid}, auto_kid=False)
            if self.fault == "other_key"
            else self.key
        )
        token = jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)
        return token + "x" * 40_000 if self.fault == "oversized" else token


def row(url: str, code: str = "province") -> dict[str, Any]:
    """How UPSTREAMS_FILE names it."""
    return {
        "code": code,
        "name": "省统一身份认证平台",
        "issuer": url,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "profile": "numbered",
        "claims": {"id_number": "idcard", "name": "name", "phone": "mobile", "level": "user_real_lvl"},
    }


def row_by_key(url: str) -> dict[str, Any]:
    """The same provider again, told by a key instead of the secret."""
    own = row(url, "city") | {"name": "市统一身份认证平台", "key": CLIENT_KEY.as_dict(private=True) | {"kid": "client"}}
    return {name: value for name, value in own.items() if name != "client_secret"}


def serve(provider: Provider, port: int) -> ThreadingHTTPServer:
    """The provider on a port of this machine (0: any)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            provider.asked.append(parts.path)
            if parts.path == "/.well-known/openid-configuration":
                self.say(200, provider.discovery())
            elif parts.path == "/jwks":
                self.say(200, {"keys": [provider.key.as_dict(private=False) | {"kid": provider.key.kid, "use": "sig"}]})
            elif parts.path == "/userinfo":
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                self.say(200, {"sub": "sub-0", **provider.tokens[token]})
            elif parts.path == "/authorize" and "login_hint" in query:
                self.send_response(303)
                self.send_header("Location", provider.authorize(query))
                self.end_headers()
            elif parts.path == "/authorize":
                self.page(parts.query)
            else:
                self.say(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.say(*provider.token(form, self.headers.get("Authorization", "")))

        def page(self, query: str) -> None:
            links = [
                f'<p><a href="/authorize?{query}&login_hint={n}">{p["name"]}</a></p>'
                for n, p in enumerate(provider.people)
            ]
            self.send(
                200,
                f"<!doctype html><meta charset=utf-8><title>省统一身份认证平台</title>{''.join(links)}",
                "text/html",
            )

        def say(self, status: int, content: dict[str, Any]) -> None:
            self.send(status, json.dumps(content), "application/json")

        def send(self, status: int, text: str, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    return server


@contextmanager
def running(port: int = 0) -> Iterator[Provider]:
    """A provider inside this process."""
    provider = Provider()
    server = serve(provider, port)
    thread = threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    serve(Provider(), int(sys.argv[1]) if len(sys.argv) > 1 else 8098).serve_forever()
