"""ContactService over gRPC. Nobody's address is told before it stands in his access record that it was."""

from typing import Any, Final

from chassis.acts import Cause
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.identity import accesses, model_contacts, people, store, store_contacts, store_organizations
from services.identity.model_contacts import FIELDS, Contact
from standards.identifiers import case_number_normal, phone_mask
from yiwang.identity.v1 import contacts_pb2 as pb

# How a service is called in people's access records.
SERVICES: Final = {"message": "消息服务"}
FOUND, NONE, GONE = pb.CONTACT_STATUS_FOUND, pb.CONTACT_STATUS_NONE, pb.CONTACT_STATUS_GONE


class ContactApi:
    """The methods of yiwang.identity.v1.ContactService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.keyring = parts.keyring
        self.contacts = store_contacts.contacts(parts.database)
        self.persons = store.persons(parts.database)
        self.organizations = store_organizations.organizations(parts.database)

    def GetContact(self, request: pb.GetContactRequest, call: Call) -> pb.Contact:
        return self._shown(call.actor.principal)

    def SaveContact(self, request: pb.SaveContactRequest, call: Call) -> pb.Contact:
        principal = call.actor.principal
        sealed = self.keyring.seal(call.actor.id, model_contacts.stated(request))
        id = store_contacts.contact_id(principal)

        def saved(before: Contact | None) -> Any:
            return model_contacts.save(before, request.version, id, principal, sealed)

        store.put(self.contacts, id, call.cause, saved)
        return self._shown(principal)

    def LookUpContacts(self, request: pb.LookUpContactsRequest, call: Call) -> pb.LookUpContactsResponse:
        found = [self._look_up(one, request.channel, request.purpose, call) for one in request.recipients]
        return pb.LookUpContactsResponse(contacts=found)

    def _shown(self, principal: str) -> pb.Contact:
        record = self._record(principal)
        person = self.persons.find({"_id": principal.partition(":")[2]})
        phone = people.known(self.parts, person).get("phone", "") if person else ""
        # Of one reading: a version beside what was stated before it would let its reader overwrite what he never saw.
        return pb.Contact(
            version=record.version if record else 0,
            phone_masked=phone_mask(phone) if phone else "",
            **self._opened(principal, record),
        )

    def _record(self, principal: str) -> Record[Contact] | None:
        return self.contacts.find({"_id": store_contacts.contact_id(principal)})

    def _opened(self, principal: str, record: Record[Contact] | None) -> dict[str, str]:
        """What he stated; empty for who is erased or stated nothing."""
        return (self.keyring.open(principal.partition(":")[2], record.state.sealed) if record else None) or {}

    def _stated(self, principal: str) -> dict[str, str]:
        return self._opened(principal, self._record(principal))

    def _look_up(self, wanted: pb.ContactWanted, channel: int, purpose: str, call: Call) -> pb.ContactFound:
        realm, _, id = wanted.principal.partition(":")
        if realm != "person":
            told = self._stated(wanted.principal).get(FIELDS[channel][0], "")
            return pb.ContactFound(status=FOUND if told else NONE, address=told)
        holder, known = self._of_person(id, channel)
        if not holder:
            return pb.ContactFound(status=GONE)
        address = known.get(FIELDS[channel][0], "")
        if not address:
            return pb.ContactFound(status=NONE)
        if not self._noted(wanted, holder, channel, purpose, call):
            return pb.ContactFound(status=GONE)
        name = known.get("name", "") if channel == pb.CONTACT_CHANNEL_LETTER else ""
        return pb.ContactFound(status=FOUND, address=address, name=name)

    def _of_person(self, id: str, channel: int) -> tuple[str, dict[str, str]]:
        """Whose access record tells of it, and what is known; nobody for who is erased. An organisation is written to under its own name,
        and reached by its representative."""
        person = self.persons.find({"_id": id})
        if person and person.state.erased:
            return "", {}
        if person:
            return id, people.known(self.parts, person) | self._stated(f"person:{id}")
        organization = self.organizations.find({"_id": id})
        representative = organization.state.representative_id if organization else ""
        if not organization or not representative:
            return "", {}
        if channel == pb.CONTACT_CHANNEL_LETTER:
            return representative, self.keyring.open(id, organization.state.sealed) or {}
        return self._of_person(representative, channel)

    def _noted(self, wanted: pb.ContactWanted, holder: str, channel: int, purpose: str, call: Call) -> bool:
        cause = Cause(key=f"{call.actor.principal}/{wanted.for_id}", by=call.actor.by, trace=call.span.traceparent)
        title, number = SERVICES.get(call.actor.id, call.actor.id), case_number_normal(wanted.case_number)
        what, fields = accesses.CONTACTED, [FIELDS[channel][1]]
        return accesses.note(self.parts, cause, holder, call.actor.principal, what, title, fields, purpose, number)
