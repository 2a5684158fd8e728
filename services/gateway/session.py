"""The visitor's session: a sealed cookie, and calls in the visitor's name. Nothing is kept on the server."""

import asyncio
import base64
import hashlib
import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import cast

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

# A browser drops cookies over 4,096 bytes, name and attributes included.
COOKIE_LIMIT = 3900
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
    department_name: str = ""

    def sign_in(self, reply: identity.Session) -> None:
        """Takes the principal in. Form token and birth are new, so nothing planted before sign-in stays good."""
        self.clear()
        self.opened, self.csrf = int(time.time()), secrets.token_urlsafe(24)
        me = reply.me.officer if reply.me.HasField("officer") else reply.me.person
        self.realm = "officer" if reply.me.HasField("officer") else "person"
        self.id, self.name = me.id, me.name
        if isinstance(me, identity.Officer):
            self.roles, self.department_name = list(me.roles), me.department_name
        self.renew(reply)

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

    def __init__(self, master_key: bytes, secure: bool) -> None:
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"yiwang gateway session 1").derive(master_key)
        self._cipher = AESGCM(key)
        self.secure = secure
        # The __Host- prefix makes browsers refuse the cookie from any other host, but needs Secure.
        self.name = "__Host-yiwang" if secure else "yiwang"

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
        request.state.session = sealer.open(request.cookies.get(sealer.name, ""))
        request.state.session_before = asdict(request.state.session)
    return cast(Session, request.state.session)


def keep_session(request: Request, response: Response) -> None:
    """Writes the cookie when the session changed while the request was served."""
    session = session_of(request)
    if asdict(session) == request.state.session_before:
        return
    sealer = cast(Sealer, request.app.state.sealer)
    if session == Session():
        response.delete_cookie(sealer.name, secure=sealer.secure, httponly=True, samesite="lax")
        return
    value = sealer.seal(session)
    if len(value) > COOKIE_LIMIT:
        raise ValueError(f"session cookie of {len(value)} bytes")
    response.set_cookie(sealer.name, value, secure=sealer.secure, httponly=True, samesite="lax")


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
