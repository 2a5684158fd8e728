"""PreReviewService over gRPC."""

from collections.abc import Mapping

from google.protobuf.message import Message

from chassis.acts import now
from chassis.errors import invalid
from chassis.rpc import Call
from services.case import attachments, model_application, model_pre_review, views
from services.case.acting_on import Desk
from services.case.model import Case
from yiwang.case.v1 import intake_pb2 as pb
from yiwang.case.v1 import service_pb2
from yiwang.catalog.v1 import service_pb2 as catalog


class PreReviewApi:
    """The methods of yiwang.case.v1.PreReviewService, by name."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def PassPreReview(self, request: pb.PassPreReviewRequest, call: Call) -> service_pb2.Case:
        return self.desk.move(request, call, lambda case: model_pre_review.pass_it(case, call.actor, now()))

    def RejectPreReview(self, request: pb.RejectPreReviewRequest, call: Call) -> service_pb2.Case:
        def reject(case: Case) -> Message:
            item, sealed = self.desk.item_of(case), self.desk.sealed(case, request.reason)
            scenario = views.scenario_of(case, item, self.desk.keyring)
            return model_pre_review.reject(case, item, call.actor, request.materials, sealed, scenario)

        return self.desk.move(request, call, reject)

    def RevisePreReview(self, request: pb.RevisePreReviewRequest, call: Call) -> service_pb2.Case:
        def revise(case: Case) -> Message:
            item = self.desk.item_of(case)
            sealed_form, _ = self._form(case, item, request.form)
            files = attachments.claim(self.desk.files, request.materials, call.actor)
            scenario = views.scenario_of(case, item, self.desk.keyring)
            return model_pre_review.revise(case, item, files, sealed_form, scenario, self.desk.agent_name(call))

        return self.desk.move(request, call, revise)

    def HandInCase(self, request: pb.HandInCaseRequest, call: Call) -> service_pb2.Case:
        def hand_in(case: Case) -> list[Message]:
            item = self.desk.item_of(case)
            sealed_form, same = self._form(case, item, request.form)
            files = attachments.claim(self.desk.files, request.materials, call.actor)
            scenario = views.scenario_of(case, item, self.desk.keyring)
            told = (files, sealed_form, same, scenario, now(), call.actor.by, self.desk.agent_name(call))
            return model_pre_review.hand_in(case, item, *told)

        return self.desk.move(request, call, hand_in)

    def _form(self, case: Case, item: catalog.ItemDefinition, changes: Mapping[str, str]) -> tuple[str, bool]:
        """The form with these changes, sealed (empty when nothing changed), and whether it says what passed."""
        open_ = self.desk.keyring.open
        before = open_(case.applicant_id, case.sealed_form) or {}
        form = before | {key: value.strip() for key, value in changes.items()}
        passed = open_(case.applicant_id, case.pre_passed_form) if case.pre_passed_form else None
        if form == before:
            return "", form == passed
        if found := model_application.check_form(item, form):
            raise invalid(*found)
        return self.desk.keyring.seal(case.applicant_id, form), form == passed
