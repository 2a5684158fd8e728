"""VerificationService over gRPC."""

from collections.abc import Sequence

from google.protobuf.message import Message

from chassis.acts import now
from chassis.parts import Parts
from chassis.rpc import Call
from services.identity import accesses, model, model_privacy, model_verifications, people, settings, store_verifications
from services.identity import store as identity_store
from services.identity import views_verifications as views
from services.identity.model_verifications import Verification
from services.identity.opening import Opening
from standards import real_names
from yiwang.identity.v1 import privacy_pb2 as privacy_pb
from yiwang.identity.v1 import service_pb2
from yiwang.identity.v1 import verifications_pb2 as pb

PAGE = 20


class VerificationApi:
    """The methods of yiwang.identity.v1.VerificationService, by name."""

    def __init__(self, parts: Parts, opening: Opening) -> None:
        self.parts = parts
        self.keyring = parts.keyring
        self.verifications = store_verifications.verifications(parts.database)
        self.persons = identity_store.persons(parts.database)

    def RequestVerification(self, request: pb.RequestVerificationRequest, call: Call) -> pb.Verification:
        if not settings.of(self.parts).verification_url:
            raise model_verifications.not_configured()
        person = people.present(self.parts, call.actor.id)
        known = people.known(self.parts, person)

        def decide(id: str, others: Sequence[Verification]) -> Message:
            model_verifications.check_request(person.state, request.method, request.card_number, known)
            told = model_verifications.told(request.method, request.card_number, known)
            sealed = self.keyring.seal(person.id, told)
            return model_verifications.request(id, person.state, request.method, sealed, others, now())

        record = store_verifications.request(self.verifications, person.id, call.cause, now(), decide)
        return views.verification(record, self.keyring)

    def AnswerVerification(self, request: pb.AnswerVerificationRequest, call: Call) -> pb.Verification:
        record = self.verifications.change(
            request.verification_id,
            call.cause,
            lambda one: model_verifications.answer(one, self.keyring.seal(one.person_id, request.answer), now()),
            model_verifications.visible(call.actor),
        )
        return views.verification(record, self.keyring)

    def GetVerification(self, request: pb.GetVerificationRequest, call: Call) -> pb.Verification:
        own = model_verifications.visible(call.actor)
        record = self.verifications.get(request.verification_id, own, request.min_version)
        return views.verification(record, self.keyring)

    def ListVerifications(self, request: pb.ListVerificationsRequest, call: Call) -> pb.ListVerificationsResponse:
        own, size = model_verifications.visible(call.actor), request.page_size or PAGE
        rows, token = store_verifications.own_verifications(self.verifications, own, request.page_token, size)
        found = [views.verification(row, self.keyring) for row in rows]
        return pb.ListVerificationsResponse(verifications=found, next_page_token=token)

    def VerifyInPerson(self, request: pb.VerifyInPersonRequest, call: Call) -> service_pb2.PersonSummary:
        person = people.shown(self.parts, request.name, request.id_number, request.phone)
        by = call.actor.principal
        document = model_verifications.DOCUMENTS.get(request.document_type, f"证件（{request.document_type}）")
        # The line first: it stands also when the level cannot be written, and the same request again finds both.
        accesses.note(
            self.parts,
            call.cause,
            person.id,
            by,
            accesses.VERIFIED,
            accesses.officer_name(self.parts, call.actor.id),
            fields=model_privacy.field_names(privacy_pb.PERSON_FIELD_NAME, privacy_pb.PERSON_FIELD_ID_NUMBER),
            purpose=f"窗口核验{document}",
        )
        record = self.persons.change(
            person.id, call.cause, lambda one: model.raise_level(one, real_names.IN_PERSON, by)
        )
        return people.summary(self.parts, record)
