"""Sessions that end, and persons who are forgotten: the record first, then what follows from it.

A crash between the two is mended by the worker; every step may be repeated.
"""

from collections.abc import Iterable

from chassis import sessions as chassis_sessions
from chassis.acts import Cause, now
from chassis.parts import Parts
from chassis.records import Filter, Record
from services.identity import model_sessions, store, store_factors
from services.identity.credentials import Credentials
from services.identity.model_sessions import Session


def end_session(parts: Parts, id: str, cause: Cause, reason: str, visible: Filter | None = None) -> Record[Session]:
    """Ends a session and refuses its tokens at identity itself; the other services hear SessionEnded."""
    sessions = store.sessions(parts.database)
    record = sessions.change(id, cause, lambda session: model_sessions.end(session, reason, now()), visible)
    chassis_sessions.refuse(parts.database, id, record.state.tokens_end)
    return record


def end_all(parts: Parts, ids: Iterable[str], cause: Cause, reason: str, but: str = "") -> None:
    """Ends these sessions, but one."""
    for id in ids:
        if id != but:
            end_session(parts, id, cause, reason)


def forget(parts: Parts, credentials: Credentials, person_id: str, by: str) -> None:
    """What the erasure of a person entails: the key destroyed, password and factors gone, every session ended, also those in which he
    acted for somebody."""
    parts.keyring.erase(person_id, now())
    credentials.delete(person_id)
    store_factors.forget(parts.database, f"person:{person_id}")
    cause = Cause(key=f"{person_id}/erased", by=by)
    sessions = store.sessions(parts.database)
    own = [*store.open_sessions(sessions, person_id), *store.open_sessions_by(sessions, "actor", f"person:{person_id}")]
    end_all(parts, dict.fromkeys(own), cause, model_sessions.PERSON_ERASED)
    store.mark_forgotten(store.persons(parts.database), person_id)
