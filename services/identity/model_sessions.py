"""A session as pure functions: it starts, its refresh token rotates, it ends. Nothing secret is in its state."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from chassis.acts import Actor, Evolve, Moment
from chassis.errors import UNAUTHENTICATED, Refused, require
from yiwang.identity.v1 import events_pb2 as events

ACCESS_SECONDS = 15 * 60
LIFETIME = timedelta(hours=12)
# A refresh each quarter of an hour is 48 in a lifetime; the end must still fit into the journal of 500.
MOST_GENERATIONS = 400
# A refresh token used again this soon is a lost answer, not a theft.
REUSE_GRACE = timedelta(seconds=10)
# Verifiers forgive 30 s, and a token may be signed some seconds after its act was written.
GRACE = timedelta(seconds=60)

SIGNED_OUT, REFRESH_REUSED, PERSON_ERASED = "SIGNED_OUT", "REFRESH_REUSED", "PERSON_ERASED"
PERSON_SUSPENDED, PASSWORD_CHANGED, POST_CHANGED = "PERSON_SUSPENDED", "PASSWORD_CHANGED", "POST_CHANGED"
DELEGATION_ENDED, CLIENT_ENDED, CONSENT_REVOKED = "DELEGATION_ENDED", "CLIENT_ENDED", "CONSENT_REVOKED"
CODE_REUSED, KEY_REVOKED = "CODE_REUSED", "KEY_REVOKED"
# How somebody proved who he is.
PASSWORD, TOTP, PASSKEY, UPSTREAM = "pwd", "otp", "passkey", "upstream"
# Who proved himself without the password may set one for so long.
FRESH = timedelta(minutes=30)
SETS_PASSWORD = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class ActingAs:
    """Who acts in a session that is in another's name; his own name is sealed under his own key."""

    agent: str
    sealed_name: str
    channel: str
    delegation_id: str = ""
    item_codes: list[str] = field(default_factory=list)
    case_id: str = ""
    agent_organization_id: str = ""
    # The delegation's end; none for a handler.
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-on. `realm` is person, officer or agent, `generation` that of the refresh token that is good now."""

    id: str
    principal_id: str
    realm: str
    generation: int
    started_at: datetime
    methods: list[str] = field(default_factory=list)
    # The client it was opened for (OpenID Connect), with its scopes; empty for our own pages.
    client_id: str = ""
    scopes: list[str] = field(default_factory=list)
    nonce: str = ""
    auth_time: str = ""
    acting: ActingAs | None = None
    # Keys to find sessions by: who acts (or the principal), and the delegation.
    actor: str = ""
    delegation_id: str = ""
    refreshed_at: datetime | None = None
    # Empty while the session is open.
    reason: str = ""
    ended_at: datetime | None = None
    tokens_end: str = ""

    @property
    def principal(self) -> str:
        """`person:<id>`, `officer:<id>` or `agent:<id>`."""
        return f"{self.realm}:{self.principal_id}"

    @property
    def by(self) -> str:
        """Who does what is done in it: the principal, or `<who acts>/<principal>`."""
        return f"{self.actor}/{self.principal}" if self.acting else self.principal


def visible(actor: Actor) -> dict[str, Any]:
    """Everyone's own sessions only, those in which he acts for somebody among them; who acts for another sees his own, not the other's."""
    return {"state.actor": actor.acting.agent if actor.acting else actor.principal}


def ended() -> Refused:
    """UNAUTHENTICATED SESSION_ENDED, whatever ended it."""
    return Refused(UNAUTHENTICATED, "SESSION_ENDED", "登录已失效，请重新登录")


def access_seconds(session: Session, now: datetime) -> int:
    """How long a new access token is good: 15 minutes, not beyond the session, nor beyond the end of the delegation it acts under.
    UNAUTHENTICATED when it is over."""
    over = session.started_at + LIFETIME
    if session.acting and session.acting.until:
        over = min(over, session.acting.until)
    left = int((over - now).total_seconds())
    if session.reason or left <= 0:
        raise ended()
    return min(left, ACCESS_SECONDS)


def sets_password(session: Session, now: datetime) -> bool:
    """Whether a password may be set in it without the old one: its owner showed a passkey, or came by an upstream provider, just now."""
    known = not {PASSKEY, UPSTREAM}.isdisjoint(session.methods)
    own = not (session.acting or session.client_id or session.reason)
    return known and own and now - session.started_at < SETS_PASSWORD


def require_fresh(session: Session, now: datetime) -> None:
    """FAILED_PRECONDITION SIGN_IN_AGAIN unless its owner signed in within the last half hour: who took over a session that was
    left open may not make himself a key to come back with."""
    require(now - session.started_at < FRESH, "SIGN_IN_AGAIN", "为保护账号安全，请退出后重新登录，再进行此项设置")


def start(
    id: str, principal: str, methods: Sequence[str], acting: events.ActingAs | None = None
) -> events.SessionStarted:
    """Somebody proved who he is, or acts for the principal. What a client's session has beside is set by the caller."""
    realm, _, principal_id = principal.partition(":")
    return events.SessionStarted(session_id=id, principal_id=principal_id, realm=realm, methods=methods, acting=acting)


def refresh(session: Session, generation: int, now: datetime) -> events.SessionRefreshed | events.SessionEnded | None:
    """The token of this generation is used: the next one. Used before: nothing within ten seconds, since the answer may have
    been lost and its successor is good still; then the end (RFC 9700, 4.14.2)."""
    access_seconds(session, now)
    if generation == session.generation - 1 and session.refreshed_at and now - session.refreshed_at <= REUSE_GRACE:
        return None
    if generation != session.generation:
        return _end(session, REFRESH_REUSED, now)
    if generation >= MOST_GENERATIONS:
        raise ended()
    return events.SessionRefreshed(session_id=session.id, generation=generation + 1)


def succeeds(session: Session, generation: int, now: datetime) -> bool:
    """Whether the session's present refresh token is the successor of this generation, made within ten seconds. A repeated request is
    answered so long and no longer: who stole a token may repeat the request, too."""
    fresh = session.refreshed_at is not None and now - session.refreshed_at <= REUSE_GRACE
    return not session.reason and session.generation == generation + 1 and fresh


def end(session: Session, reason: str, now: datetime) -> events.SessionEnded | None:
    """The end of an open session; nothing when it has ended already."""
    return None if session.reason else _end(session, reason, now)


def _end(session: Session, reason: str, now: datetime) -> events.SessionEnded:
    last = now + timedelta(seconds=ACCESS_SECONDS) + GRACE
    return events.SessionEnded(session_id=session.id, reason=reason, tokens_end=last.isoformat())


def _started(_session: None, event: events.SessionStarted, moment: Moment) -> Session:
    return Session(
        id=event.session_id,
        principal_id=event.principal_id,
        realm=event.realm,
        generation=1,
        started_at=moment.at,
        methods=list(event.methods),
        client_id=event.client_id,
        scopes=list(event.scopes),
        nonce=event.nonce,
        auth_time=event.auth_time,
        acting=_acting(event.acting) if event.HasField("acting") else None,
        actor=event.acting.agent or f"{event.realm}:{event.principal_id}",
        delegation_id=event.acting.delegation_id,
    )


def _acting(event: events.ActingAs) -> ActingAs:
    return ActingAs(
        agent=event.agent,
        sealed_name=event.sealed_name,
        channel=event.channel,
        delegation_id=event.delegation_id,
        item_codes=list(event.item_codes),
        case_id=event.case_id,
        agent_organization_id=event.agent_organization_id,
        until=datetime.fromisoformat(event.until) if event.until else None,
    )


def _refreshed(session: Session, event: events.SessionRefreshed, moment: Moment) -> Session:
    return replace(session, generation=event.generation, refreshed_at=moment.at)


def _ended(session: Session, event: events.SessionEnded, moment: Moment) -> Session:
    return replace(session, reason=event.reason, ended_at=moment.at, tokens_end=event.tokens_end)


EVOLVE: Evolve = {
    events.SessionStarted: _started,
    events.SessionRefreshed: _refreshed,
    events.SessionEnded: _ended,
}
