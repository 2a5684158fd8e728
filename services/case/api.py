"""CaseService over gRPC. Every act reads parse → load → decide → write → reply; everything around it is chassis.rpc."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from google.protobuf.message import Message
from pymongo.errors import DuplicateKeyError

from chassis.acts import OFFICER, now
from chassis.errors import NOT_FOUND, RESOURCE_EXHAUSTED, Refused, Violation, invalid, not_found, require
from chassis.parts import Api, Parts
from chassis.records import Record
from chassis.rpc import Call
from services.case import (
    attachments,
    model_access,
    model_acts,
    model_application,
    model_asides,
    model_deadlines,
    model_drafts,
    model_seeing,
    model_visits,
    recalculating,
    settings,
    store,
    store_drafts,
    views,
)
from services.case.acting_on import Desk, offset
from services.case.api_board import BoardApi
from services.case.api_bundles import BundleApi
from services.case.api_documents import DocumentApi
from services.case.api_drafts import DraftApi
from services.case.api_exchange import ExchangeApi
from services.case.api_fulfilment import FulfilmentApi
from services.case.api_intake import IntakeApi
from services.case.api_intermediary import IntermediaryApi
from services.case.api_pre_review import PreReviewApi
from services.case.api_procedures import ProcedureApi
from services.case.api_promises import PromiseApi
from services.case.api_supervision import SupervisionApi
from services.case.api_trace import TraceApi
from services.case.api_visits import VisitApi
from services.case.model import Case
from services.case.submitting import Application
from standards import identifiers, workdays
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb

PAGE, COPIES = 20, 1000
# As the contract says, blanks around it not counted.
SHORTEST_PURPOSE = 4


class CaseApi:
    """The methods of yiwang.case.v1.CaseService, by name."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.cases, self.files, self.keyring, self.accesses = desk.cases, desk.files, desk.keyring, desk.accesses
        self.arrivals = store.arrivals(desk.parts.database)

    def UploadAttachment(self, request: pb.UploadAttachmentRequest, call: Call) -> pb.Attachment:
        return attachments.upload(self.files, self.keyring, request, call, self._owner(request, call))

    def _owner(self, request: pb.UploadAttachmentRequest, call: Call) -> str:
        """Whose an upload is: the caller's, or the applicant's of the case an officer names."""
        if call.actor.realm != OFFICER:
            return call.actor.id
        if request.applicant_id and "receive" in call.actor.roles:
            return request.applicant_id
        if not request.case_id:
            raise invalid(Violation("case_id", "REQUIRED", "请指明办件或申请人"))
        return self.cases.get(request.case_id, model_seeing.visible(call.actor)).state.applicant_id

    def DownloadAttachment(self, request: pb.DownloadAttachmentRequest, call: Call) -> pb.DownloadAttachmentResponse:
        record, supervised = self.desk.read(request.case_id, call)
        case = record.state
        file = next((one for one in case.files if one.attachment_id == request.attachment_id), None)
        if file is None or model_seeing.shut_out(call.actor, case):
            raise not_found()
        if model_visits.is_evidence(file) and not model_seeing.inside(call.actor, case):
            raise not_found()
        if supervised:
            names = [one.name for one in self.desk.item_of(case).materials if one.key == file.material]
            self.accesses.looked(call, case, model_access.DOWNLOADED, names)
        sealed = self.files.read(request.attachment_id)
        content = self.keyring.open_bytes(case.applicant_id, sealed) if sealed else None
        if content is None:
            raise not_found()
        shown = views.attachment(file, case.applicant_id, call.actor, self.keyring)
        return pb.DownloadAttachmentResponse(attachment=shown, content=content)

    def SubmitCase(self, request: pb.SubmitCaseRequest, call: Call) -> pb.Case:
        for attempt in range(3):
            try:
                record = self.cases.create(call.cause, partial(self._submission, request, call, attempt))
                break
            except DuplicateKeyError:  # another case has that number: one in a billion per county and day
                continue
        else:
            raise Refused(RESOURCE_EXHAUSTED, "NO_NUMBER", "暂时无法生成办件编号，请稍后重试")
        return self.desk.reply(record, call)

    def _submission(self, request: pb.SubmitCaseRequest, call: Call, attempt: int, id: str) -> list[Message]:
        kept = self._draft_files(request.draft_id, call)
        asked = Application(
            item_id=request.item_id,
            edition=request.edition,
            form=request.form,
            files=(),
            named=[one.material for one in request.materials],
            claim=partial(attachments.claim, self.files, request.materials, call.actor, kept=kept),
            draft_id=request.draft_id,
            answers=request.answers,
            channel=model_application.channel_of(call.actor, request.channel),
            applicant_id=call.actor.id,
            level=call.actor.level,
            actor=call.actor,
            pre_review=request.pre_review,
            stand_ins=request.stand_ins,
            promise_digest=request.promise_digest,
            delivery=request.delivery if request.HasField("delivery") else None,
            renews_until=request.renews_until,
            project_code=request.project_code,
            sealed_agent_name=self.desk.agent_name(call),
        )
        return self.desk.submitting.begin(asked, id, attempt)

    def _draft_files(self, draft_id: str, call: Call) -> list[str]:
        """The files of the draft it began as. INVALID_ARGUMENT DRAFT_UNKNOWN for another person's, or one that ended."""
        if not draft_id:
            return []
        try:
            drafts = store_drafts.drafts(self.desk.parts.database)
            return drafts.get(draft_id, model_drafts.visible(call.actor)).state.attachments
        except Refused as refused:
            if refused.code != NOT_FOUND:
                raise
            raise invalid(Violation("draft_id", "DRAFT_UNKNOWN", "没有找到这份草稿，可能已提交或删除")) from None

    def GetCase(self, request: pb.GetCaseRequest, call: Call) -> pb.Case:
        record, supervised = self.desk.read(request.case_id, call, request.min_version)
        if supervised:
            self.accesses.looked(call, record.state, model_access.VIEWED)
        return self.desk.reply(record, call)

    def ListMyCases(self, request: pb.ListMyCasesRequest, call: Call) -> pb.ListMyCasesResponse:
        size = request.page_size or PAGE
        seen = partial(model_seeing.sees, call.actor)
        rows, token = store.own_cases(self.cases, call.actor.id, seen, request.page_token, size)
        return pb.ListMyCasesResponse(cases=self._lines(rows, call), next_page_token=token)

    def ListCases(self, request: pb.ListCasesRequest, call: Call) -> pb.ListCasesResponse:
        size = request.page_size or PAGE
        seen = partial(model_seeing.oversees, call.actor)
        rows, token = store.department_cases(self.cases, request.department, seen, request.page_token, size)
        return pb.ListCasesResponse(cases=self._lines(rows, call), next_page_token=token)

    def UnmaskCase(self, request: pb.UnmaskCaseRequest, call: Call) -> pb.UnmaskCaseResponse:
        case = self.desk.read(request.case_id, call, own=True)[0].state
        item = self.desk.item_of(case)
        labels = {one.key: one.label for one in item.form_fields}
        if unknown := [key for key in request.fields if key not in labels]:
            raise invalid(*(Violation(f"fields[{key}]", "FIELD_NOT_LISTED", "事项没有此填报项") for key in unknown))
        purpose = request.purpose.strip()
        if len(purpose) < SHORTEST_PURPOSE:
            raise invalid(Violation("purpose", "PURPOSE_TOO_SHORT", "请写明查看的目的"))
        answers = views.clear_answers(case, item, request.fields, self.keyring)
        self.accesses.unmasked(call, case, [labels[key] for key in request.fields], purpose)
        return pb.UnmaskCaseResponse(answers=answers)

    def ListCaseAccesses(self, request: pb.ListCaseAccessesRequest, call: Call) -> pb.ListCaseAccessesResponse:
        return self.accesses.page(call.actor, request.page_token, request.page_size or PAGE)

    def ListInbox(self, request: pb.ListInboxRequest, call: Call) -> pb.ListInboxResponse:
        size, department, instant = request.page_size or PAGE, call.actor.department, now()
        require(bool(department), "NO_DEPARTMENT", "您没有所属部门，没有收件箱")
        handler_id = call.actor.id if request.mine else ""
        arrived = self.arrivals.totals([f"{department}/{instant.astimezone(workdays.SHANGHAI).date()}"])
        if request.light:
            field, after, until = model_deadlines.between(request.light, instant)
            skip = offset(request.page_token)
            rows = store.due_at_desk(self.cases, department, handler_id, (field, after, until), skip, size)
            token = str(skip + size) if len(rows) == size else ""
            rows = [row for row in rows if model_deadlines.light(row.state, instant) == request.light]
        else:
            rows, token = store.newest_at_desk(self.cases, department, handler_id, request.page_token, size)
        return pb.ListInboxResponse(
            cases=self._lines(rows, call), next_page_token=token, arrived_today=arrived.get("arrived", 0)
        )

    def GetProgress(self, request: pb.GetProgressRequest, call: Call) -> pb.Progress:
        number = identifiers.case_number_normal(request.number)
        if not identifiers.case_number_valid(number):
            raise invalid(Violation("number", "CHECK_CHARACTER", "办件编号不正确，请核对"))
        if request.query_code.upper() != self.keyring.code(number):
            raise not_found()
        record = self.cases.find({"state.number": number})
        if record is None:
            raise not_found()
        return views.progress(record)

    def ListItemCopies(self, request: pb.ListItemCopiesRequest, call: Call) -> pb.ListItemCopiesResponse:
        copies, token = self.desk.items.copies(request.page_token, request.page_size or COPIES)
        return pb.ListItemCopiesResponse(copies=copies, next_page_token=token)

    def RequestCorrection(self, request: pb.RequestCorrectionRequest, call: Call) -> pb.Case:
        return self.desk.move(request, call, lambda case: self._correction_request(case, request))

    def _correction_request(self, case: Case, request: pb.RequestCorrectionRequest) -> events.CorrectionRequested:
        item, sealed_notice = self.desk.item_of(case), self.desk.sealed(case, request.notice)
        scenario = views.scenario_of(case, item, self.keyring)
        return model_acts.request_correction(case, item, request.materials, sealed_notice, now(), scenario)

    def CorrectCase(self, request: pb.CorrectCaseRequest, call: Call) -> pb.Case:
        return self.desk.move(request, call, lambda case: self._correction(case, request, call))

    def _correction(self, case: Case, request: pb.CorrectCaseRequest, call: Call) -> events.CaseCorrected:
        item, form = self.desk.item_of(case), self.keyring.open(case.applicant_id, case.sealed_form) or {}
        form |= {key: value.strip() for key, value in request.form.items()}
        if request.form and (found := model_application.check_form(item, form)):
            raise invalid(*found)
        sealed_form = self.keyring.seal(case.applicant_id, form) if request.form else ""
        files = attachments.claim(self.files, request.materials, call.actor)
        scenario = views.scenario_of(case, item, self.keyring)
        return model_acts.correct(case, item, files, sealed_form, now(), self.desk.agent_name(call), scenario)

    def AcceptCase(self, request: pb.AcceptCaseRequest, call: Call) -> pb.Case:
        return self.desk.move(request, call, lambda case: model_acts.accept(case, call.actor, now()))

    def RefuseCase(self, request: pb.RefuseCaseRequest, call: Call) -> pb.Case:
        return self.desk.reasoned(request, call, lambda case, sealed: model_acts.refuse(case, call.actor, sealed))

    def NotAcceptCase(self, request: pb.NotAcceptCaseRequest, call: Call) -> pb.Case:
        return self.desk.reasoned(
            request, call, lambda case, sealed: model_acts.not_accept(case, call.actor, request.not_needed, sealed)
        )

    def VoidCase(self, request: pb.VoidCaseRequest, call: Call) -> pb.Case:
        return self.desk.reasoned(request, call, lambda case, sealed: model_asides.void(case, call.actor, sealed))

    def TransferCase(self, request: pb.TransferCaseRequest, call: Call) -> pb.Case:
        to, name = request.to_department, request.to_department_name
        return self.desk.reasoned(
            request, call, lambda case, sealed: model_asides.transfer(case, call.actor, to, name, sealed)
        )

    def ConfirmWithdrawal(self, request: pb.ConfirmWithdrawalRequest, call: Call) -> pb.Case:
        return self.desk.move(request, call, model_asides.confirm_withdrawal)

    def RevokeDecision(self, request: pb.RevokeDecisionRequest, call: Call) -> pb.Case:
        return self.desk.reasoned(request, call, lambda case, sealed: model_asides.revoke(case, call.actor, sealed))

    def CancelResult(self, request: pb.CancelResultRequest, call: Call) -> pb.Case:
        return self.desk.reasoned(request, call, lambda case, sealed: model_asides.cancel(case, call.actor, sealed))

    def PassReviewStep(self, request: pb.PassReviewStepRequest, call: Call) -> pb.Case:
        return self.desk.move(
            request, call, lambda case: model_acts.pass_step(case, call.actor, self.desk.sealed(case, request.opinion))
        )

    def DecideCase(self, request: pb.DecideCaseRequest, call: Call) -> pb.Case:
        return self.desk.move(
            request,
            call,
            lambda case: model_acts.decide(
                case, call.actor, request.granted, request.reason, self.desk.sealed(case, request.reason), now()
            ),
        )

    def IssueResult(self, request: pb.IssueResultRequest, call: Call) -> pb.Case:
        return self.desk.move(request, call, lambda case: model_acts.issue(case, call.actor, request.result_number))

    def CloseCase(self, request: pb.CloseCaseRequest, call: Call) -> pb.Case:
        return self.desk.move(request, call, lambda case: model_acts.close(case, call.actor))

    def WithdrawCase(self, request: pb.WithdrawCaseRequest, call: Call) -> pb.Case:
        return self.desk.move(
            request,
            call,
            lambda case: model_asides.withdraw(
                case, self.desk.sealed(case, request.reason), now(), self.desk.agent_name(call)
            ),
        )

    def _lines(self, rows: Sequence[Record[Case]], call: Call) -> list[pb.Case]:
        instant = now()
        return [views.brief(row, call.actor, instant) for row in rows]


def build(parts: Parts) -> Api:
    """The api of case, from its parts."""
    desk = Desk(parts)
    servicers: dict[str, Any] = {
        "CaseService": CaseApi(desk),
        "BoardService": BoardApi(desk),
        "BundleService": BundleApi(desk),
        "TraceService": TraceApi(desk),
        "ProcedureService": ProcedureApi(desk),
        "VisitService": VisitApi(desk),
        "DocumentService": DocumentApi(desk),
        "ExchangeService": ExchangeApi(desk),
        "FulfilmentService": FulfilmentApi(desk),
        "SupervisionService": SupervisionApi(desk),
        "PromiseService": PromiseApi(desk),
        "IntakeService": IntakeApi(desk),
        "IntermediaryService": IntermediaryApi(desk),
        "PreReviewService": PreReviewApi(desk),
        "DraftService": DraftApi(desk),
    }
    calendar = partial(recalculating.reread, settings.of(parts).calendar_dir)
    return Api(servicers, polls=[desk.items.refresh, desk.submitting.counties.refresh, calendar])
