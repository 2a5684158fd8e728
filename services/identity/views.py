"""Files as their owner, or an administrator, may see them. Sealed texts are opened here and nowhere else."""

from chassis.records import Record
from chassis.sealed import Keyring
from services.identity.model import Officer, Person
from standards.identifiers import id_number_mask, phone_mask
from yiwang.identity.v1 import service_pb2 as pb


def person(record: Record[Person], keyring: Keyring) -> pb.Person:
    """A person's own file, numbers masked; empty fields after erasure."""
    known = keyring.open(record.id, record.state.sealed) or {}
    return pb.Person(
        id=record.id,
        version=record.version,
        name=known.get("name", ""),
        id_number_masked=id_number_mask(known.get("id_number", "")),
        phone_masked=phone_mask(known.get("phone", "")),
        level=record.state.level,  # type: ignore[arg-type]
    )


def officer(record: Record[Officer], keyring: Keyring) -> pb.Officer:
    """The post an officer holds."""
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
    )
