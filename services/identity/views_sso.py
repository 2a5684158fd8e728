"""Consents as who gave them sees them."""

from chassis.parts import Parts
from chassis.records import Record
from services.identity import store_clients, store_officers
from services.identity.model_sso import Consent
from yiwang.identity.v1 import sso_pb2 as pb


def consent(parts: Parts, record: Record[Consent]) -> pb.Consent:
    """What he let a client have, and whose client it is."""
    own = record.state
    client = store_clients.clients(parts.database).find({"_id": own.client_id})
    return pb.Consent(
        client_id=own.client_id,
        client_name=client.state.name if client else "",
        department_name=department_name(parts, client.state.department) if client else "",
        scopes=own.scopes,
        given_at=own.given_at.isoformat(),
    )


def department_name(parts: Parts, uscc: str) -> str:
    """What a department is called; empty for one that is not known."""
    found = store_officers.department_of(parts.database, uscc)
    return found.name if found else ""
