"""PrivacyService over gRPC. What an officer sees of a person is in the person's access record before he sees it."""

from chassis import quota
from chassis.acts import now
from chassis.errors import not_found
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.identity import accesses, model_privacy, people, store_privacy
from services.identity import views_privacy as views
from services.identity.model import Person
from services.identity.opening import Opening
from standards.identifiers import case_number_normal
from yiwang.identity.v1 import privacy_pb2 as pb
from yiwang.identity.v1 import service_pb2

PAGE = 20
# An officer at a busy window sees some hundred people a day.
LOOK_UPS_A_DAY = 500


class PrivacyApi:
    """The methods of yiwang.identity.v1.PrivacyService, by name."""

    def __init__(self, parts: Parts, opening: Opening) -> None:
        self.parts = parts
        self.accesses = store_privacy.accesses(parts.database)

    def FindPerson(self, request: pb.FindPersonRequest, call: Call) -> service_pb2.PersonSummary:
        model_privacy.check_purpose(request.purpose)
        # A miss is nobody's record, so the looking itself is bounded.
        quota.take(self.parts.database, f"{call.actor.principal}/found", LOOK_UPS_A_DAY, now(), quota.DAY)
        person = people.find(self.parts, request.id_number)
        if person is None:
            raise not_found()
        self._note(call, person, accesses.FOUND, [], request.purpose)
        return people.summary(self.parts, person)

    def UnmaskPerson(self, request: pb.UnmaskPersonRequest, call: Call) -> pb.UnmaskPersonResponse:
        number = case_number_normal(request.case_number)
        model_privacy.check_purpose(request.purpose, number)
        person = people.present(self.parts, request.person_id)
        names = model_privacy.field_names(*request.fields)
        self._note(call, person, accesses.UNMASKED, names, request.purpose, number)
        known = people.known(self.parts, person)
        keys = [model_privacy.FIELDS[field][0] for field in request.fields]
        return pb.UnmaskPersonResponse(**{key: known.get(key, "") for key in keys})

    def ListAccesses(self, request: pb.ListAccessesRequest, call: Call) -> pb.ListAccessesResponse:
        people.present(self.parts, call.actor.id)
        own, size = model_privacy.visible(call.actor), request.page_size or PAGE
        rows, token = store_privacy.own_accesses(self.accesses, own, request.page_token, size)
        found = [views.access(row, self.parts.keyring) for row in rows]
        return pb.ListAccessesResponse(accesses=found, next_page_token=token)

    def _note(
        self, call: Call, person: Record[Person], what: str, fields: list[str], purpose: str, case_number: str = ""
    ) -> None:
        by, name = call.actor.principal, accesses.officer_name(self.parts, call.actor.id)
        noted = accesses.note(self.parts, call.cause, person.id, by, what, name, fields, purpose.strip(), case_number)
        if not noted:  # erased this very moment
            raise not_found()
