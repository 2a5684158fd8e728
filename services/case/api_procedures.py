"""ProcedureService over gRPC: special procedures, the one extension, opinions of other departments."""

from functools import partial

from chassis.acts import now
from chassis.errors import require
from chassis.rpc import Call
from services.case import masking, model_procedures, model_seeing, store, views
from services.case.acting_on import Desk
from services.case.model import Case
from services.case.timeline import time_text
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import procedures_pb2 as pb
from yiwang.case.v1.service_pb2 import Case as View

PAGE = 20


class ProcedureApi:
    """The methods of yiwang.case.v1.ProcedureService, by name."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def StartSpecialProcedure(self, request: pb.StartSpecialProcedureRequest, call: Call) -> View:
        return self.desk.move(request, call, lambda case: self._start(case, request, call))

    def _start(
        self, case: Case, request: pb.StartSpecialProcedureRequest, call: Call
    ) -> events.SpecialProcedureStarted:
        item = self.desk.item_of(case)
        scenario = views.scenario_of(case, item, self.desk.keyring)
        sealed_notice = self.desk.sealed(case, request.notice)
        return model_procedures.start(case, item, scenario, request, call.actor, sealed_notice, now())

    def EndSpecialProcedure(self, request: pb.EndSpecialProcedureRequest, call: Call) -> View:
        return self.desk.move(
            request,
            call,
            lambda case: model_procedures.end(
                case, request.number, call.actor, self.desk.sealed(case, request.outcome), now()
            ),
        )

    def ProposeExtension(self, request: pb.ProposeExtensionRequest, call: Call) -> View:
        return self.desk.reasoned(
            request,
            call,
            lambda case, sealed: model_procedures.propose_extension(case, request.days, call.actor, sealed, now()),
        )

    def ApproveExtension(self, request: pb.ApproveExtensionRequest, call: Call) -> View:
        return self.desk.reasoned(
            request, call, lambda case, sealed: model_procedures.approve_extension(case, call.actor, sealed, now())
        )

    def DeclineExtension(self, request: pb.DeclineExtensionRequest, call: Call) -> View:
        return self.desk.reasoned(
            request, call, lambda case, sealed: model_procedures.decline_extension(case, call.actor, sealed)
        )

    def RequestOpinion(self, request: pb.RequestOpinionRequest, call: Call) -> View:
        return self.desk.move(
            request,
            call,
            lambda case: model_procedures.request_opinion(
                case, request, call.actor, self.desk.sealed(case, request.question), now()
            ),
        )

    def GiveOpinion(self, request: pb.GiveOpinionRequest, call: Call) -> View:
        return self.desk.move(
            request,
            call,
            lambda case: model_procedures.give_opinion(
                case, call.actor, request.agrees, self.desk.sealed(case, request.text)
            ),
        )

    def ListOpinionsAsked(self, request: pb.ListOpinionsAskedRequest, call: Call) -> pb.ListOpinionsAskedResponse:
        department, size = call.actor.department, request.page_size or PAGE
        require(bool(department), "NO_DEPARTMENT", "您没有所属部门，没有收件箱")
        is_open = partial(model_procedures.can_give, department=department)
        rows, token = store.asked_cases(self.desk.cases, department, is_open, request.page_token, size)
        seen = [row.state for row in rows if model_seeing.is_consulted(call.actor, row.state)]
        return pb.ListOpinionsAskedResponse(
            opinions=[self._asked(case, department) for case in seen], next_page_token=token
        )

    def _asked(self, case: Case, department: str) -> pb.OpinionAsked:
        opinion, keyring = model_procedures.asked_last(case, department), self.desk.keyring
        shown = pb.OpinionAsked(
            case_id=case.id,
            case_number=case.number,
            item_name=case.item_name,
            department=case.department,
            department_name=case.department_name,
            open=model_procedures.can_give(case, department),
        )
        shown.opinion.number, shown.opinion.agrees = opinion.number, opinion.agrees
        shown.opinion.department, shown.opinion.department_name = department, opinion.department_name
        for name in ("asked_at", "due", "given_at"):
            setattr(shown.opinion, name, time_text(getattr(opinion, name)))
        shown.opinion.question = masking.masked_text(keyring.open_text(case.applicant_id, opinion.sealed_question))
        shown.opinion.text = masking.masked_text(keyring.open_text(case.applicant_id, opinion.sealed_text))
        return shown
