"""IntakeService over gRPC: any window receives, hands over and takes over."""

from functools import partial

from google.protobuf.message import Message
from pymongo.errors import DuplicateKeyError

from chassis.acts import now
from chassis.errors import RESOURCE_EXHAUSTED, Refused
from chassis.rpc import Call
from services.case import attachments, model_intake, model_seeing, store, submitting, views
from services.case.acting_on import Desk
from services.case.model import Case
from services.case.submitting import Application
from standards import real_names
from yiwang.case.v1 import intake_pb2 as pb
from yiwang.case.v1 import service_pb2

PAGE = 20


class IntakeApi:
    """The methods of yiwang.case.v1.IntakeService, by name."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def ReceiveApplication(self, request: pb.ReceiveApplicationRequest, call: Call) -> service_pb2.Case:
        for attempt in range(3):
            try:
                record = self.desk.cases.create(call.cause, partial(self._received, request, call, attempt))
                return self.desk.reply(record, call)
            except DuplicateKeyError:  # another case has that number
                continue
        raise Refused(RESOURCE_EXHAUSTED, "NO_NUMBER", "暂时无法生成办件编号，请稍后重试")

    def _received(self, request: pb.ReceiveApplicationRequest, call: Call, attempt: int, id: str) -> list[Message]:
        item = submitting.open_item(self.desk.items, request.item_id, request.edition)
        model_intake.check_reach(call.actor, item.definition)
        department, region = model_intake.receiving(call.actor, item.definition)
        asked = Application(
            item_id=request.item_id,
            edition=request.edition,
            form=request.form,
            files=(),
            named=[one.material for one in request.materials],
            claim=partial(
                attachments.claim, self.desk.files, request.materials, call.actor, owner=request.applicant_id
            ),
            answers=request.answers,
            channel=service_pb2.CHANNEL_WINDOW,
            applicant_id=request.applicant_id,
            # He stands there.
            level=real_names.IN_PERSON,
            actor=call.actor,
            stand_ins=request.stand_ins,
            promise_digest=request.promise_digest,
            delivery=request.delivery if request.HasField("delivery") else None,
            renews_until=request.renews_until,
            project_code=request.project_code,
            window_id=request.window_id,
            receiving_department=department,
            receiving_region=region,
        )
        return self.desk.submitting.begin(asked, id, attempt)

    def HandOverCase(self, request: pb.HandOverCaseRequest, call: Call) -> service_pb2.Case:
        digest = request.receipt_digest
        return self.desk.move(request, call, lambda case: model_intake.send(case, call.actor, digest, now()))

    def TakeOverCase(self, request: pb.TakeOverCaseRequest, call: Call) -> service_pb2.Case:
        digest = request.receipt_digest
        return self.desk.move(request, call, lambda case: model_intake.take(case, call.actor, digest))

    def ListReceived(self, request: pb.ListReceivedRequest, call: Call) -> pb.ListReceivedResponse:
        size, instant = request.page_size or PAGE, now()

        def wanted(case: Case) -> bool:
            return model_seeing.receives(call.actor, case) and (not request.waiting or model_intake.waits(case))

        rows, token = store.received_cases(self.desk.cases, call.actor.department, wanted, request.page_token, size)
        lines = [views.brief(row, call.actor, instant) for row in rows]
        return pb.ListReceivedResponse(cases=lines, next_page_token=token)
