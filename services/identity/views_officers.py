"""Officers and departments as an administrator, or the officer himself, may see them."""

from chassis.acts import OFFICER, Actor
from chassis.parts import Parts
from chassis.records import Record
from chassis.sealed import Keyring
from services.identity import model_sessions, store_officers
from services.identity.model_departments import Department
from services.identity.model_officers import Officer
from yiwang.identity.v1 import officers_pb2 as officers_pb
from yiwang.identity.v1 import service_pb2 as pb


def officer(record: Record[Officer], keyring: Keyring) -> pb.Officer:
    """The post an officer holds, and what of it waits for approval."""
    officer = record.state
    return pb.Officer(
        id=record.id,
        version=record.version,
        staff_number=officer.staff_number,
        name=keyring.open_text(record.id, officer.sealed),
        roles=officer.roles,
        department=officer.department,
        department_name=officer.department_name,
        region=officer.region,
        post=officer.post,
        dismissed=officer.dismissed,
        proposed_roles=officer.proposed_roles,
        proposed_by=officer.proposed_by,
    )


def department(record: Record[Department]) -> officers_pb.Department:
    """A department; nothing of it is secret."""
    state = record.state
    return officers_pb.Department(
        id=record.id,
        version=record.version,
        uscc=state.uscc,
        name=state.name,
        region=state.region,
        parent=state.parent,
    )


def file(parts: Parts, id: str) -> tuple[Actor, pb.Me]:
    """What an officer is now, for his token and for his own eyes; UNAUTHENTICATED when he holds no post any more."""
    record = store_officers.officers(parts.database).get(id)
    state = record.state
    if state.dismissed:
        raise model_sessions.ended()
    actor = Actor(id=id, realm=OFFICER, roles=frozenset(state.roles), department=state.department, region=state.region)
    return actor, pb.Me(officer=officer(record, parts.keyring))
