"""CaseService over gRPC. Every act reads parse → load → decide → write → reply; everything around it is chassis.rpc."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from google.protobuf.message import Message
from pymongo.errors import DuplicateKeyError

from chassis import paging, telemetry
from chassis.acts import now
from chassis.errors import NOT_FOUND, RESOURCE_EXHAUSTED, Refused, Violation, invalid, not_found, require
from chassis.parts import Api, Parts
from chassis.records import Record
from chassis.rpc import Call
from services.case import (
    attachments,
    model,
    model_access,
    model_application,
    model_scenario,
    model_seeing,
    store,
    store_counties,
    store_items,
    views,
)
from services.case.accesses import Accesses
from services.case.model import Case
from standards import identifiers, workdays
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

PAGE, COPIES = 20, 1000
DEEPEST = 10_000
# As the contract says, blanks around it not counted.
SHORTEST_PURPOSE = 4


class CaseApi:
    """The methods of yiwang.case.v1.CaseService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.cases = store.cases(parts.database)
        self.items = store_items.Items(parts.database)
        self.files = store.Attachments(parts.database)
        self.arrivals = store.arrivals(parts.database)
        self.counties = store_counties.Counties(parts.database)
        self.keyring = parts.keyring
        self.accesses = Accesses(store.accesses(parts.database), self.cases, self.keyring)

    def UploadAttachment(self, request: pb.UploadAttachmentRequest, call: Call) -> pb.Attachment:
        return attachments.upload(self.files, self.keyring, request, call)

    def DownloadAttachment(self, request: pb.DownloadAttachmentRequest, call: Call) -> pb.DownloadAttachmentResponse:
        record, supervised = self._read(request.case_id, call)
        case = record.state
        file = next((one for one in case.files if one.attachment_id == request.attachment_id), None)
        if file is None or model_seeing.shut_out(call.actor, case):
            raise not_found()
        if supervised:
            names = [one.name for one in self._item_of(case).materials if one.key == file.material]
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
        return self._reply(record, call)

    def _submission(self, request: pb.SubmitCaseRequest, call: Call, attempt: int, id: str) -> events.CaseSubmitted:
        item = self._item_to_apply_for(request)
        model_application.check_delegated(call.actor, item.definition)
        channel = model_application.channel_of(call.actor, request.channel)
        county = self.counties.of(item.definition.region)
        model_application.check_channel(county.channels, channel)
        if wrong := model_scenario.wrong(item.definition, request.answers):
            raise invalid(*wrong)
        scenario = model_scenario.of(item.definition, request.answers, request.item_id, item.edition)
        form = {key: value.strip() for key, value in request.form.items()}
        handed_in = [one.material for one in request.materials]
        model_application.check_application(item.definition, scenario, form, handed_in, call.actor.level)
        day = datetime.now(workdays.SHANGHAI).date()
        random = self.keyring.blind("number", f"{id}/{attempt}")
        files = attachments.claim(self.files, request.materials, call.actor)  # may refuse: before sealing makes a key
        self.counties.take(item.definition.region, county)
        submitted = events.CaseSubmitted(
            case_id=id,
            number=identifiers.case_number(item.definition.region, day, bytes.fromhex(random)),
            applicant_id=call.actor.id,
            item_id=request.item_id,
            edition=item.edition,
            channel=channel,  # type: ignore[arg-type]
            sealed_form=self.keyring.seal(call.actor.id, form),
            sealed_answers=self.keyring.seal(call.actor.id, scenario.content) if scenario.answers else "",
            files=files,
            sealed_agent_name=self._agent_name(call),
        )
        return model_application.submit(submitted, item.definition, scenario.guide, call.actor)

    def _item_to_apply_for(self, request: pb.SubmitCaseRequest) -> store_items.KeptItem:
        item = self.items.current(request.item_id)
        if item is None:
            raise invalid(Violation("item_id", "ITEM_UNKNOWN", "没有此事项，或尚未发布"))
        require(not item.withdrawn, "ITEM_WITHDRAWN", "该事项已取消，不再受理新的申请")
        require(not item.suspended, "ITEM_SUSPENDED", "该事项已暂停受理")
        require(request.edition in (0, item.edition), "ITEM_CHANGED", "办事指南已更新，请重新查看后提交")
        return item

    def GetCase(self, request: pb.GetCaseRequest, call: Call) -> pb.Case:
        record, supervised = self._read(request.case_id, call, request.min_version)
        if supervised:
            self.accesses.looked(call, record.state, model_access.VIEWED)
        return self._reply(record, call)

    def _read(self, id: str, call: Call, min_version: int = 0) -> tuple[Record[Case], bool]:
        """The case as the caller may read it, and whether he sees it as a supervisor only, which is noted before he does."""
        try:
            return self.cases.get(id, model_seeing.visible(call.actor), min_version), False
        except Refused as refused:
            if refused.code != NOT_FOUND or model_seeing.SUPERVISE not in call.actor.roles:
                raise
        return self.cases.get(id, model_seeing.overseen(call.actor), min_version), True

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
        case = self._read(request.case_id, call)[0].state
        item = self._item_of(case)
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
            after, until = model.due_between(request.light, instant)
            skip = _offset(request.page_token)
            rows = store.due_at_desk(self.cases, department, handler_id, after, until, skip, size)
            token = str(skip + size) if len(rows) == size else ""
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
        copies, token = self.items.copies(request.page_token, request.page_size or COPIES)
        return pb.ListItemCopiesResponse(copies=copies, next_page_token=token)

    def RequestCorrection(self, request: pb.RequestCorrectionRequest, call: Call) -> pb.Case:
        return self._move(request, call, lambda case: self._correction_request(case, request))

    def _correction_request(self, case: Case, request: pb.RequestCorrectionRequest) -> events.CorrectionRequested:
        item, sealed_notice = self._item_of(case), self._sealed(case, request.notice)
        scenario = views.scenario_of(case, item, self.keyring)
        return model.request_correction(case, item, request.materials, sealed_notice, scenario)

    def CorrectCase(self, request: pb.CorrectCaseRequest, call: Call) -> pb.Case:
        return self._move(request, call, lambda case: self._correction(case, request, call))

    def _correction(self, case: Case, request: pb.CorrectCaseRequest, call: Call) -> events.CaseCorrected:
        item, form = self._item_of(case), self.keyring.open(case.applicant_id, case.sealed_form) or {}
        form |= {key: value.strip() for key, value in request.form.items()}
        if request.form and (found := model_application.check_form(item, form)):
            raise invalid(*found)
        sealed_form = self.keyring.seal(case.applicant_id, form) if request.form else ""
        files = attachments.claim(self.files, request.materials, call.actor)
        scenario = views.scenario_of(case, item, self.keyring)
        return model.correct(case, item, files, sealed_form, self._agent_name(call), scenario)

    def AcceptCase(self, request: pb.AcceptCaseRequest, call: Call) -> pb.Case:
        return self._move(request, call, lambda case: model.accept(case, call.actor, now()))

    def RefuseCase(self, request: pb.RefuseCaseRequest, call: Call) -> pb.Case:
        return self._move(
            request, call, lambda case: model.refuse(case, call.actor, self._sealed(case, request.reason))
        )

    def PassReviewStep(self, request: pb.PassReviewStepRequest, call: Call) -> pb.Case:
        return self._move(
            request, call, lambda case: model.pass_step(case, call.actor, self._sealed(case, request.opinion))
        )

    def DecideCase(self, request: pb.DecideCaseRequest, call: Call) -> pb.Case:
        return self._move(
            request,
            call,
            lambda case: model.decide(
                case, call.actor, request.granted, request.reason, self._sealed(case, request.reason)
            ),
        )

    def IssueResult(self, request: pb.IssueResultRequest, call: Call) -> pb.Case:
        return self._move(request, call, lambda case: model.issue(case, call.actor, request.result_number))

    def CloseCase(self, request: pb.CloseCaseRequest, call: Call) -> pb.Case:
        return self._move(request, call, model.close)

    def WithdrawCase(self, request: pb.WithdrawCaseRequest, call: Call) -> pb.Case:
        return self._move(
            request,
            call,
            lambda case: model.withdraw(case, self._sealed(case, request.reason), self._agent_name(call)),
        )

    def _move(self, request: pb.AcceptCaseRequest | Message, call: Call, decide: Callable[[Case], Message]) -> pb.Case:
        visible = model_seeing.visible(call.actor)
        record = self.cases.change(request.case_id, call.cause, decide, visible)  # type: ignore[union-attr]
        return self._reply(record, call)

    def _reply(self, record: Record[Case], call: Call) -> pb.Case:
        call.span.set(telemetry.RECORD, record.id)
        call.span.set(telemetry.LABEL, record.state.number)
        return views.full(record, self._item_of(record.state), call.actor, self.keyring, now())

    def _item_of(self, case: Case) -> catalog.ItemDefinition:
        return self.items.edition(case.item_id, case.edition) or catalog.ItemDefinition()

    def _sealed(self, case: Case, text: str) -> str:
        return self.keyring.seal(case.applicant_id, text) if text else ""

    def _agent_name(self, call: Call) -> str:
        """Who acts for the applicant, sealed under his own key; empty when nobody does."""
        acting = call.actor.acting
        return self.keyring.seal(acting.id, views.agent_text(call.actor)) if acting else ""

    def _lines(self, rows: Sequence[Record[Case]], call: Call) -> list[pb.Case]:
        instant = now()
        return [views.brief(row, call.actor, instant) for row in rows]


def _offset(token: str) -> int:
    if token and not (token.isdecimal() and len(token) < 6 and int(token) <= DEEPEST):
        raise paging.malformed()
    return int(token or 0)


def build(parts: Parts) -> Api:
    """The api of case, from its parts."""
    api = CaseApi(parts)
    return Api({"CaseService": api}, polls=[api.items.refresh, api.counties.refresh])
