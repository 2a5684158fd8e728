"""Files as their owner may see them. Sealed texts are opened here and nowhere else."""

from chassis.acts import now
from chassis.parts import Parts
from chassis.records import Record
from chassis.sealed import Keyring
from services.identity import model_sessions, store_clients
from services.identity.model import Person
from services.identity.model_sessions import Session
from standards.identifiers import id_number_mask, phone_mask
from yiwang.identity.v1 import service_pb2 as pb


def person(record: Record[Person], keyring: Keyring, password: bool = True) -> pb.Person:
    """A person's own file, numbers masked; empty fields after erasure. `password`: he can sign in by one."""
    known = keyring.open(record.id, record.state.sealed) or {}
    return pb.Person(
        id=record.id,
        version=record.version,
        name=known.get("name", ""),
        id_number_masked=id_number_mask(known.get("id_number", "")),
        phone_masked=phone_mask(known.get("phone", "")),
        level=record.state.level,  # type: ignore[arg-type]
        password=password and not record.state.erased,
        suspended=record.state.suspended,
    )


def open_session(parts: Parts, session: Session, here: str) -> pb.OpenSession:
    """An open session as its owner sees it; `here` is the id of the one he asks in."""
    client = store_clients.clients(parts.database).find({"_id": session.client_id}) if session.client_id else None
    return pb.OpenSession(
        id=session.id,
        started_at=session.started_at.isoformat(),
        methods=session.methods,
        client_name=client.state.name if client else "",
        here=session.id == here,
        sets_password=model_sessions.sets_password(session, now()),
    )
