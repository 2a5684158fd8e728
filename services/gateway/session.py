"""The visitor's session: a sealed cookie, and calls in the visitor's name. Nothing is kept on the server."""

import asyncio
import base64
import hashlib
import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import grpc
import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from grpc import StatusCode
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.calls import DEADLINE, Backends, CallError, Req, Res, backends, call
from yiwang.identity.v1 import service_pb2 as identity

# A browser drops cookies over 4,096 bytes, name and attributes included; a session that needs more goes into several.
COOKIE_LIMIT = 3900
# Two sessions whose tokens are as long as services take them (4,096 characters) need three.
PIECES = 3
LIFETIME = 12 * 3600
REFRESH_BEFORE = 60
NONCE = 12


@dataclass
class Session:
    """What the cookie holds. A visitor without `realm` is anonymous and at most has a form token."""

    opened: int = 0
    csrf: str = ""
    access_token: str = ""
    refresh_token: str = ""
    expires: int = 0
    realm: str = ""
    id: str = ""
    name: str = ""
    roles: list[str] = field(default_factory=list)
    department: str = ""
    department_name: str = ""
    region: str = ""
    # An organisation is served in the realm of persons.
    organization: bool = False
    # While somebody acts for the principal: who, within what (in words), and the session he goes back to.
    acting: str = ""
    acting_scope: str = ""
    own: dict[str, Any] = field(default_factory=dict)
    # Who stands at the officer's window: his id, and name and number masked.
    serving: str = ""
    serving_name: str = ""
    # At a self-service machine: when its visitor was last seen (kiosk.py).
    seen: int = 0
    # While a sign-in waits for its second factor: the challenge, whether recovery codes are left, and where to go afterwards.
    challenge: str = ""
    recovery: bool = False
    after: str = ""

    def sign_in(self, reply: identity.Session) -> None:
        """Takes the principal in. Form token and birth are new, so nothing planted before sign-in stays good."""
        self.clear()
        self.opened, self.csrf = int(time.time()), secrets.token_urlsafe(24)
        kind = reply.me.WhichOneof("file") or "person"
        me = getattr(reply.me, kind)
        # An organisation is served like a person; who acts for it is told apart by `acting`.
        self.organization = kind == "organization"
        self.realm = "person" if self.organization else kind
        self.id, self.name = me.id, me.name
        if isinstance(me, identity.Officer):
            self.roles, self.department, self.department_name = list(me.roles), me.department, me.department_name
        if isinstance(me, identity.Agent):
            self.department_name = me.agent_organization_name
        self.region = getattr(me, "region", "")
        self.renew(reply)

    def wait_for_code(self, challenge: identity.Challenge, after: str) -> None:
        """The password was right, a second factor is due; nothing is open until then."""
        self.clear()
        self.form_token()
        self.challenge, self.recovery, self.after = challenge.challenge, "recovery" in challenge.factors, after

    def act_for(self, reply: identity.Session, name: str, scope: str) -> None:
        """Takes a session in which the visitor acts for somebody (shown as `name`); his own waits inside of it."""
        own = asdict(self)
        self.sign_in(reply)
        self.name, self.acting, self.acting_scope, self.own = name, reply.me.acted_for.agent_name, scope, own

    def leave(self) -> None:
        """Back to the visitor's own session when he acted for somebody; else anonymous."""
        self.__dict__.update(asdict(Session(**self.own)))

    def renew(self, reply: identity.Session) -> None:
        """Takes the next pair of tokens."""
        self.access_token, self.refresh_token = reply.access_token, reply.refresh_token
        self.expires = int(time.time()) + reply.expires_in

    def clear(self) -> None:
        """Makes the visitor anonymous."""
        self.__dict__.update(asdict(Session()))

    def form_token(self) -> str:
        """The token every form of this session carries; made when the first form is shown."""
        if not self.csrf:
            self.opened, self.csrf = int(time.time()), secrets.token_urlsafe(24)
        return self.csrf


class Sealer:
    """Seals sessions into cookies with AES-256-GCM, under a key of its own derived from the master key."""

    def __init__(self, master_key: bytes, secure: bool, name: str = "yiwang") -> None:
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"yiwang gateway session 1").derive(master_key)
        self._cipher = AESGCM(key)
        self.secure = secure
        # The __Host- prefix makes browsers refuse the cookie from any other host, but needs Secure. What is sealed under one name opens
        # under no other.
        self.name = f"__Host-{name}" if secure else name

    def seal(self, session: Session) -> str:
        """The cookie's value."""
        nonce = secrets.token_bytes(NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, orjson.dumps(asdict(session)), self.name.encode())
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, cookie: str) -> Session:
        """The session in the cookie; an anonymous one when it is missing, foreign, broken or too old."""
        try:
            sealed = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
            clear = self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], self.name.encode())
            session = Session(**orjson.loads(clear))
        except (ValueError, InvalidTag, TypeError):
            return Session()
        return session if time.time() - session.opened < LIFETIME else Session()


def session_of(request: Request) -> Session:
    """The session of the request, opened once."""
    if not hasattr(request.state, "session"):
        sealer = cast(Sealer, request.app.state.sealer)
        request.state.session = sealer.open("".join(request.cookies.get(name, "") for name in _names(sealer)))
        request.state.session_before = asdict(request.state.session)
    return cast(Session, request.state.session)


def _names(sealer: Sealer) -> list[str]:
    """The names of the cookies a session may be spread over, in their order."""
    return [sealer.name, *(f"{sealer.name}-{number}" for number in range(2, PIECES + 1))]


def keep_session(request: Request, response: Response) -> None:
    """Writes the cookies when the session changed while the request was served; those it needs no more go away."""
    session = session_of(request)
    if asdict(session) == request.state.session_before:
        return
    sealer = cast(Sealer, request.app.state.sealer)
    value = "" if session == Session() else sealer.seal(session)
    if len(value) > PIECES * COOKIE_LIMIT:
        raise ValueError(f"session of {len(value)} bytes")
    for number, name in enumerate(_names(sealer)):
        if piece := value[number * COOKIE_LIMIT : (number + 1) * COOKIE_LIMIT]:
            response.set_cookie(name, piece, secure=sealer.secure, httponly=True, samesite="lax")
        elif name in request.cookies:
            response.delete_cookie(name, secure=sealer.secure, httponly=True, samesite="lax")


class Refresher:
    """Renews tokens, once per refresh token: a second use of one would end the session (two tabs, a double click)."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[identity.Session]] = {}

    async def renew(self, services: Backends, refresh_token: str, traceparent: str) -> identity.Session:
        """The next pair of tokens; requests that ask at the same time, or just after, share one answer."""
        digest = hashlib.sha256(refresh_token.encode()).hexdigest()
        task = self._under_way.get(digest)
        if task is None or (task.done() and task.exception()):
            # The id follows from the token, so another replica's attempt is the same act to identity.
            message = identity.RefreshSessionRequest(request_id=f"refresh-{digest[:40]}", refresh_token=refresh_token)
            task = asyncio.create_task(call(services.identity.RefreshSession, message, traceparent=traceparent))
            self._under_way[digest] = task
            asyncio.get_running_loop().call_later(30, self._under_way.pop, digest, None)
        return await asyncio.shield(task)


async def _fresh_token(request: Request) -> str:
    """The visitor's access token, renewed when it is near its end."""
    session = session_of(request)
    left = session.expires - time.time()
    if not session.access_token or left > REFRESH_BEFORE:
        return session.access_token
    try:
        refresher = cast(Refresher, request.app.state.refresher)
        session.renew(await refresher.renew(backends(request), session.refresh_token, request.state.traceparent))
    except CallError as error:
        # While identity is away, a token that is still good for some seconds is still good.
        if error.code == StatusCode.UNAUTHENTICATED or left <= 0:
            raise
    return session.access_token


async def ask(
    request: Request, rpc: grpc.aio.UnaryUnaryMultiCallable[Req, Res], message: Req, timeout: float = DEADLINE
) -> Res:
    """Calls a service in the visitor's name."""
    token = await _fresh_token(request)
    if not token:
        raise CallError(StatusCode.UNAUTHENTICATED, "SIGN_IN_NEEDED", "请先登录")
    return await call(rpc, message, token=token, traceparent=request.state.traceparent, timeout=timeout)


async def ask_public(request: Request, rpc: grpc.aio.UnaryUnaryMultiCallable[Req, Res], message: Req) -> Res:
    """Calls a public method, without a token: a session that ended meanwhile must not close public pages."""
    return await call(rpc, message, traceparent=request.state.traceparent)
