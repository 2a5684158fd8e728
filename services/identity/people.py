"""Persons as others find and see them: by number, by name and number together, masked."""

import hmac
import unicodedata
from typing import Any

from chassis.errors import FAILED_PRECONDITION, Refused, not_found
from chassis.parts import Parts
from chassis.records import Record
from services.identity import store
from services.identity.credentials import Credentials
from services.identity.model import Person
from standards.identifiers import id_number_mask, name_mask, phone_mask
from yiwang.identity.v1 import service_pb2 as pb


def present(parts: Parts, person_id: str) -> Record[Person]:
    """A person by id; NOT_FOUND when there is none or he is forgotten."""
    record = store.persons(parts.database).get(person_id)
    if record.state.erased:
        raise not_found()
    return record


def find(parts: Parts, id_number: str) -> Record[Person] | None:
    """The person with this ID number; None for nobody and for who is forgotten."""
    holder = Credentials(parts.database).holder("id_index", store.id_index(parts.keyring, id_number))
    # Credentials are written first: without a record they are nobody's yet.
    record = store.persons(parts.database).find({"_id": holder["_id"]}) if holder else None
    return None if record is None or record.state.erased else record


def named(parts: Parts, name: str, id_number: str) -> Record[Person]:
    """The person with this name and number together; FAILED_PRECONDITION PERSON_UNKNOWN, the same whichever is not right."""
    record = find(parts, id_number)
    own = known(parts, record).get("name", "") if record else ""
    if record is None or not own or not same_name(own, name):
        raise _unknown()
    return record


def shown(parts: Parts, name: str, id_number: str, phone: str) -> Record[Person]:
    """The person who stands at a window with his document; PERSON_UNKNOWN also when the phone on file is not the one he says is his:
    then somebody else may have registered his name and number."""
    record = named(parts, name, id_number)
    if not hmac.compare_digest(str(known(parts, record).get("phone", "")), phone):
        raise _unknown()
    return record


def _unknown() -> Refused:
    return Refused(FAILED_PRECONDITION, "PERSON_UNKNOWN", "姓名、身份证号码与登记信息不符，或该人员尚未注册")


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same however they were typed: full-width forms and blanks around do not count."""
    first, second = (unicodedata.normalize("NFKC", name).strip().encode() for name in (one, other))
    return hmac.compare_digest(first, second)


def known(parts: Parts, record: Record[Person]) -> dict[str, Any]:
    """`name`, `id_number` and `phone` in clear; empty after erasure."""
    return parts.keyring.open(record.id, record.state.sealed) or {}


def masked_name(parts: Parts, person_id: str) -> str:
    """Family name and stars; empty for nobody and for who is forgotten."""
    record = store.persons(parts.database).find({"_id": person_id})
    return name_mask(known(parts, record).get("name", "")) if record else ""


def summary(parts: Parts, record: Record[Person]) -> pb.PersonSummary:
    """What others see of a person."""
    own = known(parts, record)
    return pb.PersonSummary(
        id=record.id,
        version=record.version,
        name_masked=name_mask(own.get("name", "")),
        id_number_masked=id_number_mask(own.get("id_number", "")),
        phone_masked=phone_mask(own.get("phone", "")),
        level=record.state.level,  # type: ignore[arg-type]
        suspended=record.state.suspended,
    )
