"""A session as pure functions: it starts, its refresh token rotates, it ends. Nothing secret is in its state."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chassis.acts import Actor, Evolve, Moment
from chassis.errors import UNAUTHENTICATED, Refused
from yiwang.identity.v1 import events_pb2 as events

ACCESS_SECONDS = 15 * 60
LIFETIME = timedelta(hours=12)
# A refresh each quarter of an hour is 48 in a lifetime; the end must still fit into the journal of 500.
MOST_GENERATIONS = 400
# Verifiers forgive 30 s, and a token may be signed some seconds after its act was written.
GRACE = timedelta(seconds=60)

SIGNED_OUT, REFRESH_REUSED, PERSON_ERASED = "SIGNED_OUT", "REFRESH_REUSED", "PERSON_ERASED"


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-on. `realm` is person or officer, `generation` that of the refresh token that is good now."""

    id: str
    principal_id: str
    realm: str
    generation: int
    started_at: datetime
    # Empty while the session is open.
    reason: str = ""
    ended_at: datetime | None = None
    tokens_end: str = ""

    @property
    def principal(self) -> str:
        """`person:<id>` or `officer:<id>`."""
        return f"{self.realm}:{self.principal_id}"


def visible(actor: Actor) -> dict[str, Any]:
    """Everyone's own sessions only."""
    return {"state.principal_id": actor.id}


def ended() -> Refused:
    """UNAUTHENTICATED SESSION_ENDED, whatever ended it."""
    return Refused(UNAUTHENTICATED, "SESSION_ENDED", "登录已失效，请重新登录")


def access_seconds(session: Session, now: datetime) -> int:
    """How long a new access token is good: 15 minutes, and not beyond the session. UNAUTHENTICATED when it is over."""
    left = int((session.started_at + LIFETIME - now).total_seconds())
    if session.reason or left <= 0:
        raise ended()
    return min(left, ACCESS_SECONDS)


def start(id: str, principal: str) -> events.SessionStarted:
    """Somebody proved who he is; the entry's `by` is the same principal."""
    return events.SessionStarted(session_id=id, principal_id=principal.partition(":")[2])


def refresh(session: Session, generation: int, now: datetime) -> events.SessionRefreshed | events.SessionEnded:
    """The token of this generation is used: the next one, or the end when it was used before (RFC 9700, 4.14.2)."""
    access_seconds(session, now)
    if generation != session.generation:
        return _end(session, REFRESH_REUSED, now)
    if generation >= MOST_GENERATIONS:
        raise ended()
    return events.SessionRefreshed(session_id=session.id, generation=generation + 1)


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
        realm=moment.by.partition(":")[0],
        generation=1,
        started_at=moment.at,
    )


def _refreshed(session: Session, event: events.SessionRefreshed, _moment: Moment) -> Session:
    return replace(session, generation=event.generation)


def _ended(session: Session, event: events.SessionEnded, moment: Moment) -> Session:
    return replace(session, reason=event.reason, ended_at=moment.at, tokens_end=event.tokens_end)


EVOLVE: Evolve = {
    events.SessionStarted: _started,
    events.SessionRefreshed: _refreshed,
    events.SessionEnded: _ended,
}
