"""Sessions of clients of sign-on: opened by a code, carried on by refresh tokens, with tokens that open nothing but userinfo.

Their refresh tokens are derived with a seal of their own, so that a client cannot turn one into a token of our own pages.
"""

import hmac
import re
import time
import uuid
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from joserfc import jwt
from joserfc.errors import JoseError

from chassis import tokens
from chassis.acts import Cause, now
from chassis.errors import UNAUTHENTICATED, Refused
from chassis.parts import Parts
from chassis.records import record_id
from services.identity import endings, machines, model_sessions, model_sso, settings, store_sso
from services.identity.keys import SigningKeys
from services.identity.model_clients import EDDSA
from services.identity.model_sessions import CODE_REUSED, REFRESH_REUSED, Session
from services.identity.model_sso import SignOn
from services.identity.opening import File, Opening
from yiwang.access.v1 import access_pb2
from yiwang.identity.v1 import events_pb2 as events

USERINFO_PATH = "/oauth/userinfo"
_REFRESH = re.compile(r"([0-9a-f-]{36})\.([1-9][0-9]{0,3})\.([0-9a-f]{64})")
_CODE = re.compile(r"([0-9a-f-]{36})\.([0-9a-f]{64})")


class Access(NamedTuple):
    """What an access token of a client says that was ours and is good."""

    session: Session
    scopes: list[str]


def refused() -> Refused:
    """The one answer to a code or token that is no good."""
    return Refused(UNAUTHENTICATED, "GRANT_REFUSED", "授权已失效")


class ClientSessions:
    """Codes, sessions and tokens of clients."""

    def __init__(self, parts: Parts, opening: Opening, rsa: SigningKeys) -> None:
        self.parts = parts
        self.opening = opening
        self.keys = {EDDSA: opening.keys, "RS256": rsa}
        self.sign_ons = store_sso.sign_ons(parts.database)
        self.issuer = settings.of(parts).public_url

    # -- codes ---------------------------------------------------------------------------------------------------------

    def code_of(self, sign_on_id: str) -> str:
        """The authorization code of a sign-on: nobody else can derive it, and nothing of it is kept."""
        return f"{sign_on_id}.{self._seal('code', sign_on_id)}"

    def code_for(self, cause: Cause) -> str:
        """The code of the sign-on this cause begins."""
        return self.code_of(record_id(cause.key))

    def sign_on(self, code: str, client_id: str, trace: str) -> SignOn | None:
        """The sign-on whose code this is, while this client may exchange it. Exchanged before, its session ends."""
        found = _CODE.fullmatch(code)
        if found is None or not hmac.compare_digest(found[2], self._seal("code", found[1])):
            return None
        record = self.sign_ons.find({"_id": found[1]})
        if record is None or record.state.client_id != client_id:
            return None
        if record.state.session_id:
            self._end(record.state.session_id, CODE_REUSED, client_id, trace)
        return record.state if record.state.code_good(client_id, now()) else None

    def open(self, sign_on: SignOn, trace: str) -> Session:
        """The session of a sign-on. Of two who exchange one code at once, neither keeps it: GRANT_REFUSED."""
        self._require_keys(sign_on.principal)
        id = store_sso.session_id(sign_on.id)
        cause = Cause(key=f"{sign_on.id}/session", by=sign_on.principal, trace=trace)
        record = self.opening.sessions.create(cause, lambda _: _started(id, sign_on), id)
        try:
            own = Cause(key=f"{sign_on.id}/{uuid.uuid4()}", by=f"client:{sign_on.client_id}", trace=trace)
            self.sign_ons.change(sign_on.id, own, lambda one: model_sso.finish(one, id))
        except Refused as lost:
            if lost.reason != model_sso.CODE_USED:
                raise
            self._end(id, CODE_REUSED, sign_on.client_id, trace)
            raise refused() from None
        return record.state

    # -- refresh tokens ------------------------------------------------------------------------------------------------

    def held(self, refresh_token: str, client_id: str) -> tuple[Session, int] | None:
        """Session and generation of a refresh token of this client; None for any other."""
        found = _REFRESH.fullmatch(refresh_token)
        if found is None or not hmac.compare_digest(found[3], self._seal("client-refresh", f"{found[1]}.{found[2]}")):
            return None
        record = self.opening.sessions.find({"_id": found[1]})
        fits = record is not None and record.state.client_id == client_id
        return (record.state, int(found[2])) if record and fits else None

    def refresh(self, session: Session, generation: int, trace: str) -> Session:
        """The session with its next refresh token. Used again within ten seconds: the same successor; later: the end."""
        self._require_keys(session.principal)
        cause = Cause(key=f"{session.id}/{uuid.uuid4()}", by=f"client:{session.client_id}", trace=trace)
        record = self.opening.sessions.change(
            session.id, cause, lambda one: model_sessions.refresh(one, generation, now())
        )
        if record.state.reason:
            self._end(session.id, REFRESH_REUSED, session.client_id, trace)
            raise refused()
        return record.state

    def _require_keys(self, principal: str) -> None:
        """KeysUnavailable before a code or a token is spent for tokens that could not be made; who he is now is asked of `file`."""
        with suppress(Refused):
            self.opening.welcome(principal)

    # -- tokens --------------------------------------------------------------------------------------------------------

    def file(self, session: Session) -> File | None:
        """What the principal is now; None when he may not be signed in, or the consent or the client is gone."""
        consent = store_sso.consent_of(self.parts.database, session.principal, session.client_id)
        client = machines.client_of(self.parts, session.client_id)
        if consent is None or not consent.covers(session.scopes) or client is None:
            return None
        try:
            model_sessions.access_seconds(session, now())
            return self.opening.file(session)
        except Refused:
            return None

    def tokens(self, session: Session, scopes: list[str]) -> dict[str, Any]:
        """An access token for these scopes, and the refresh token where `offline_access` was granted (OpenID Connect Core, 11)."""
        seconds = model_sessions.access_seconds(session, now())
        answer = {
            "access_token": self._access_token(session, scopes, seconds),
            "token_type": "Bearer",
            "expires_in": seconds,
            "scope": " ".join(scopes),
        }
        if "offline_access" in session.scopes:
            held = f"{session.id}.{session.generation}"
            answer["refresh_token"] = f"{held}.{self._seal('client-refresh', held)}"
        return answer

    def access(self, token: str) -> Access | None:
        """The session and scopes of an access token made here that is still good; None for any other."""
        if len(token) > tokens.LONGEST:
            return None
        try:
            found = jwt.decode(token, lambda one: _known(self.keys[EDDSA], one), algorithms=[EDDSA])
            claims = found.claims
            fits = (claims["iss"], claims["aud"]) == (self.issuer, self.issuer + USERINFO_PATH)
            if not fits or not claims["iat"] <= time.time() + tokens.LEEWAY_SECONDS or time.time() >= claims["exp"]:
                return None
            record = self.opening.sessions.find({"_id": str(claims["sid"])})
            return Access(record.state, claims["scope"].split()) if record else None
        except (JoseError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def end(self, session_id: str, client_id: str, trace: str) -> None:
        """The client's session ends; nothing for a session of another."""
        record = self.opening.sessions.find({"_id": session_id})
        if record is not None and record.state.client_id == client_id:
            self._end(session_id, model_sessions.SIGNED_OUT, client_id, trace)

    def _access_token(self, session: Session, scopes: list[str], seconds: int) -> str:
        key, instant = self.opening.keys.signing_key(), int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.issuer + USERINFO_PATH,
            "sub": session.principal_id,
            "client_id": session.client_id,
            "scope": " ".join(scopes),
            "sid": session.id,
            "iat": instant,
            "exp": instant + seconds,
            "jti": uuid.uuid4().hex,
        }
        return jwt.encode({"alg": EDDSA, "kid": key.kid, "typ": "at+jwt"}, claims, key, algorithms=[EDDSA])

    def _end(self, session_id: str, reason: str, client_id: str, trace: str) -> None:
        cause = Cause(key=f"{session_id}/{reason}", by=f"client:{client_id}", trace=trace)
        endings.end_session(self.parts, session_id, cause, reason)

    def _seal(self, kind: str, value: str) -> str:
        return self.parts.keyring.blind(kind, value)


def _known(keys: SigningKeys, token: Any) -> Any:
    key = keys.find(str(token.headers().get("kid", "")))
    if key is None:
        raise ValueError("no key of ours")
    return key


def _started(id: str, sign_on: SignOn) -> events.SessionStarted:
    started = model_sessions.start(id, sign_on.principal, sign_on.methods)
    started.client_id, started.nonce, started.auth_time = sign_on.client_id, sign_on.nonce, sign_on.auth_time
    started.scopes.extend(sign_on.scopes)
    return started


def level_name(level: int) -> str:
    """NONE, WEAK, MEDIUM, STRONG or IN_PERSON; empty for who has none, as officers."""
    return access_pb2.IdentityLevel.Name(level).removeprefix("IDENTITY_LEVEL_") if level else ""  # type: ignore[arg-type]


def seconds_of(instant: str) -> int:
    """RFC 3339 as Unix time."""
    return int(datetime.fromisoformat(instant).timestamp())
