"""Sessions that end, and persons who are forgotten: the record first, then what follows from it.

A crash between the two is mended by the worker; every step may be repeated.
"""

from chassis import sessions as chassis_sessions
from chassis.acts import Cause, now
from chassis.parts import Parts
from chassis.records import Filter, Record
from services.identity import model_sessions, store
from services.identity.credentials import Credentials
from services.identity.model_sessions import Session


def end_session(parts: Parts, id: str, cause: Cause, reason: str, visible: Filter | None = None) -> Record[Session]:
    """Ends a session and refuses its tokens at identity itself; the other services hear SessionEnded."""
    sessions = store.sessions(parts.database)
    record = sessions.change(id, cause, lambda session: model_sessions.end(session, reason, now()), visible)
    chassis_sessions.refuse(parts.database, id, record.state.tokens_end)
    return record


def forget(parts: Parts, credentials: Credentials, person_id: str, by: str) -> None:
    """What the erasure of a person entails: the key destroyed, the password gone, every session ended."""
    parts.keyring.erase(person_id, now())
    credentials.delete(person_id)
    cause = Cause(key=f"{person_id}/erased", by=by)
    for session in store.open_sessions(store.sessions(parts.database), person_id):
        end_session(parts, session, cause, model_sessions.PERSON_ERASED)
    store.mark_forgotten(store.persons(parts.database), person_id)
