"""Single sign-on as tests see it: identity and the gateway on a port, browsers without a screen, and systems that people sign on to."""

import base64
import html
import json
import re
import secrets
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import uvicorn
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey
from pymongo.database import Database

from chassis import telemetry
from chassis.acts import Actor
from services.gateway.app import build
from services.gateway.settings import Settings
from tests.support.calling import As
from tests.support.halls import MARKET, Halls
from tests.support.identity_here import IdentityHere, Person, identity_here
from tests.support.identity_service import PASSWORD
from tests.support.serving import MASTER
from yiwang.identity.v1 import clients_pb2 as pb

BACK = "https://system.example/back"
LEFT = "https://system.example/left"
# A program, which keeps no cookies.
web = httpx.Client(timeout=20, cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])))
SCOPES = ["openid", "profile", "phone", "id_number", "level", "offline_access"]
RPC = "yiwang.case.v1.CaseService/GetCase"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def key_pair(kid: str = "one") -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": kid}, auto_kid=False)


def jwks(*keys: Any) -> str:
    return json.dumps({"keys": [key.as_dict(private=False) | {"kid": key.kid} for key in keys]})


class Browser:
    """Somebody at a browser of his own: cookies, forms, and where it is sent."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, headers={"sec-fetch-site": "same-origin"}, timeout=20)

    def page(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=headers)

    def send(self, page: str, action: str, **fields: str) -> httpx.Response:
        """Sends the form of a page, with its hidden fields."""
        hidden = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', page)
        form = {name: html.unescape(value) for name, value in hidden}
        return self.http.post(action, data=form | fields)

    def sign_in(self, person: Person, to: str = "/sign-in") -> httpx.Response:
        page = self.page(to)
        assert page.status_code == 200, page.headers
        return self.send(page.text, "/sign-in", login=person.number, password=PASSWORD)

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """Goes where the site sends it, until there is a page of the site, or it leads to another."""
        while answer.status_code == 303 and answer.headers["location"].startswith("/"):
            answer = self.page(answer.headers["location"])
        return answer

    def consent(self, answer: httpx.Response, decision: str = "yes") -> httpx.Response:
        """Answers the consent page."""
        assert "是否允许登录" in answer.text, answer.text
        action = re.search(r'action="(/oauth/consent[^"]*)"', answer.text)
        assert action is not None
        return self.send(answer.text, html.unescape(action[1]), decision=decision)


def led_to(answer: httpx.Response) -> tuple[str, dict[str, str]]:
    """The other site a browser is led to, and with what."""
    target = answer.headers.get("location") or answer.headers.get("refresh", "").removeprefix("0; url=")
    parts = urlsplit(target)
    return f"{parts.scheme}://{parts.netloc}{parts.path}", dict(parse_qsl(parts.query))


class System:
    """A department's system: a client of sign-on, raw over HTTP."""

    def __init__(self, stage: "Stage", client: pb.Client, secret: str = "", key: OKPKey | None = None) -> None:
        self.stage, self.client, self.secret, self.key = stage, client, secret, key
        self.verifier = secrets.token_urlsafe(48)

    def request(self, **changes: str | None) -> str:
        """The address it sends people to."""
        query: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client.id,
            "redirect_uri": BACK,
            "scope": "openid profile",
            "state": "a state & more",
            "nonce": "a nonce",
            "code_challenge": create_s256_code_challenge(self.verifier),
            "code_challenge_method": "S256",
        }
        return f"/oauth/authorize?{urlencode({k: v for k, v in (query | changes).items() if v is not None})}"

    def code(self, browser: Browser, **changes: str | None) -> str:
        """A code, of somebody who is signed in and says yes when asked."""
        answer = browser.follow(browser.page(self.request(**changes)))
        if "是否允许登录" in answer.text:
            answer = browser.consent(answer)
        return led_to(answer)[1]["code"]

    def exchange(self, code: str, /, **changes: str | None) -> httpx.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": self.verifier}
        return self.token(**(form | changes))

    def refresh(self, token: str, /, **changes: str | None) -> httpx.Response:
        return self.token(**({"grant_type": "refresh_token", "refresh_token": token} | changes))

    def token(self, **form: str | None) -> httpx.Response:
        """Asks at the token endpoint, proving itself as it is registered."""
        given = {name: value for name, value in form.items() if value is not None}
        headers = {}
        if self.key:
            kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            given = {"client_assertion_type": kind, "client_assertion": self.assertion()} | given
        elif self.secret:
            pair = base64.b64encode(f"{self.client.id}:{self.secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        else:
            given = {"client_id": self.client.id} | given
        return web.post(f"{self.stage.url}/oauth/token", data=given, headers=headers)

    def assertion(self, key: OKPKey | None = None, **changes: Any) -> str:
        return assertion(key or self.key, self.client.id, f"{self.stage.url}/oauth/token", **changes)

    def userinfo(self, access: str) -> httpx.Response:
        return web.get(f"{self.stage.url}/oauth/userinfo", headers={"Authorization": f"Bearer {access}"})

    def id_token(self, token: str) -> dict[str, Any]:
        """The claims, verified by the published keys."""
        keys = KeySet.import_key_set(web.get(f"{self.stage.url}/oauth/jwks").json())
        return dict(jwt.decode(token, keys, algorithms=["EdDSA", "RS256"]).claims)


def assertion(key: Any, subject: str, audience: str = "yiwang.identity", alg: str = "EdDSA", **changes: Any) -> str:
    """A client assertion (RFC 7523)."""
    instant = int(time.time())
    claims = {"iss": subject, "sub": subject, "aud": audience, "iat": instant, "exp": instant + 120}
    claims |= {"jti": uuid.uuid4().hex} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": alg, "kid": key.kid}, claims, key, algorithms=[alg])


class Stage:
    """Identity, the gateway, and an administrator."""

    def __init__(self, here: IdentityHere, url: str) -> None:
        self.here, self.url = here, url
        self.halls = Halls(here)

    def clients(self, actor: Actor | None = None) -> As:
        """ClientService as an administrator of the county calls it, unless told."""
        return self.here.by(actor or self.halls.first, service="ClientService")

    def sso(self, access: str = "", actor: Actor | None = None) -> As:
        return self.here.by(actor, access, "SsoService")

    def saved(self, **changes: Any) -> pb.SaveClientResponse:
        fields = {
            "code": f"sys-{uuid.uuid4().hex[:8]}",
            "name": "市场监管业务系统",
            "kind": pb.CLIENT_KIND_SIGN_ON,
            "proof": pb.CLIENT_PROOF_SECRET,
            "department": MARKET,
            "region": "990121",
            "redirect_uris": [BACK],
            "post_logout_redirect_uris": [LEFT],
            "scopes": SCOPES,
        }
        answer: pb.SaveClientResponse = self.clients().SaveClient(**(fields | changes))
        return answer

    def system(self, key: OKPKey | None = None, **changes: Any) -> System:
        """A client of sign-on: by its key when one is given, else by a secret."""
        if key:
            changes = {"proof": pb.CLIENT_PROOF_PRIVATE_KEY_JWT, "jwks_json": jwks(key)} | changes
        saved = self.saved(**changes)
        return System(self, saved.client, saved.secret, key)

    def machine(self, key: OKPKey, **changes: Any) -> pb.Client:
        fields: dict[str, Any] = {"kind": pb.CLIENT_KIND_MACHINE, "proof": pb.CLIENT_PROOF_PRIVATE_KEY_JWT}
        fields |= {
            "redirect_uris": [],
            "post_logout_redirect_uris": [],
            "scopes": [],
            "rpcs": [RPC],
            "quota_per_minute": 5,
        }
        return self.saved(**(fields | {"jwks_json": jwks(key)} | changes)).client

    def browser(self, person: Person | None = None) -> Browser:
        """A browser; of this person, signed in, when one is named."""
        browser = Browser(self.url)
        if person:
            assert browser.sign_in(person).status_code == 303
        return browser


@contextmanager
def gateway(identity: str, port: int) -> Iterator[None]:
    """The gateway on a port, in a thread of this process, before this identity."""
    telemetry.setup("gateway", "web", None, "ERROR")
    told: dict[str, Any] = {
        f"{name}_address": "127.0.0.1:1" for name in ("catalog", "case", "rating", "intermediary", "policy", "message")
    }
    plain = Settings(**told, identity_address="127.0.0.1:1", master_key=MASTER, secure_cookies=False)
    app = build(plain.model_copy(update={"identity_address": identity}))
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="error", access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield
    server.should_exit = True
    thread.join(20)


@contextmanager
def stage_of(database: Database[dict[str, Any]], **told: str) -> Iterator[Stage]:
    """Identity and the gateway on a database of the test's own; `told` are settings of identity."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    nobody: Any = SimpleNamespace(url="", fresh=lambda: None)
    with identity_here(database, nobody, public_url=url, **told) as here, gateway(here.address, port):
        yield Stage(here, url)


def upstreams_file(folder: Path, *rows: dict[str, Any]) -> str:
    """The file UPSTREAMS_FILE names."""
    file = folder / "upstreams.json"
    file.write_text(json.dumps(rows))
    return str(file)
