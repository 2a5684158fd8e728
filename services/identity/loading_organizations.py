"""Rows of organisations. The operator's word counts for who represents one, as that of the verification source does."""

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf.message import Message

from chassis.errors import FAILED_PRECONDITION, Refused, Violation, invalid
from chassis.fields import check
from services.identity import model_organizations, people, store, store_organizations
from services.identity.loading_rows import BY, Desk, cause_of, changed, fill
from services.identity.model_organizations import Organization
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import organizations_pb2 as pb

FIELDS: Final[Mapping[str, str]] = {"uscc": "uscc", "name": "name", "address": "address"}
# ID number of a registered person.
REPRESENTATIVE: Final = "representative"


def load_organization(desk: Desk, row: object) -> bool:
    """Brings an organisation in with its legal representative, or puts another in his place; False when it is so already. A name and an
    address that are there stay: who represents it changes them."""
    request, number = pb.RegisterOrganizationRequest(), _representative(row)
    plain = {key: value for key, value in row.items() if key != REPRESENTATIVE} if isinstance(row, dict) else row
    fill(request, plain, FIELDS, ("address",))
    id = store_organizations.organization_id(request.uscc)
    request.request_id = f"load-{id}"
    check(request)
    model_organizations.check_registration(request.uscc, request.name, request.address)
    person = people.find(desk.parts, number)
    if person is None:
        raise Refused(FAILED_PRECONDITION, "PERSON_UNKNOWN", "法定代表人尚未注册")
    sealed = desk.parts.keyring.seal(id, {"name": request.name.strip(), "address": request.address.strip()})
    organizations = store_organizations.organizations(desk.parts.database)
    before = organizations.find({"_id": id})

    def decide(one: Organization | None) -> list[Message] | None:
        if one is not None and one.representative_id == person.id:
            return None
        claimed = model_organizations.claim(one, id, request.uscc, sealed, person.id)
        confirmed = events.OrganizationConfirmed(
            organization_id=id, representative_id=person.id, reference=BY.replace(":", ".")
        )
        return [claimed, confirmed]

    return changed(before, store.put(organizations, id, cause_of(id, before), decide, model_organizations.ROOM))


def _representative(row: object) -> str:
    number: Any = row.get(REPRESENTATIVE) if isinstance(row, dict) else None
    if not isinstance(number, str):
        raise invalid(
            Violation(REPRESENTATIVE, "REQUIRED" if number is None else "TYPE", "法定代表人的身份证号码不正确")
        )
    return number
