"""PerformanceService over gRPC: what owner and winner do from the award to the archive."""

import hashlib
from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from chassis import telemetry
from chassis.acts import Actor, now
from chassis.errors import not_found
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.intermediary import (
    files,
    model,
    model_contract,
    model_performance_end,
    model_reading,
    store,
    store_files,
    views,
)
from services.intermediary import model_performance as acts
from services.intermediary.model import Procurement
from services.intermediary.model_moves import require_by, require_move
from yiwang.intermediary.v1 import performance_pb2 as pb
from yiwang.intermediary.v1 import service_pb2

Events = Message | list[Message] | None
# What a side does, from the procurement and the side.
Decide = Callable[[Procurement, str], Events]


class PerformanceApi:
    """The methods of yiwang.intermediary.v1.PerformanceService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.database = parts.database
        self.procurements = store.procurements(parts.database)
        self.sheets = store.sheets(parts.database)
        self.timing = store.timing(parts.database, self.procurements)

    def FileContract(self, request: pb.FileContractRequest, call: Call) -> service_pb2.Procurement:
        def decide(one: Procurement, side: str) -> Message:
            require_move(one, call.method)
            instant = now()
            model_contract.require_sound(one, request, instant)
            taken = files.claim(self.database, request.file_ids, call.actor, one.id)
            return acts.file_contract(one, side, request, taken, instant)

        return self._act(request, call, decide)

    def ConfirmContract(self, request: pb.ConfirmContractRequest, call: Call) -> service_pb2.Procurement:
        return self._act(request, call, acts.confirm_contract)

    def ReturnContract(self, request: pb.ReturnContractRequest, call: Call) -> service_pb2.Procurement:
        return self._reasoned(request, call, acts.return_contract)

    def ReportMilestone(self, request: pb.ReportMilestoneRequest, call: Call) -> service_pb2.Procurement:
        def decide(one: Procurement, side: str) -> Message:
            return acts.report_milestone(one, request.number, self._sealed(one, side, request.note), now())

        return self._act(request, call, decide)

    def AnswerMilestone(self, request: pb.AnswerMilestoneRequest, call: Call) -> service_pb2.Procurement:
        def decide(one: Procurement, side: str) -> Message:
            reason = "" if request.confirmed else self._sealed(one, side, acts.reason_of(request.reason))
            return acts.answer_milestone(one, request.number, request.confirmed, reason)

        return self._act(request, call, decide)

    def Deliver(self, request: pb.DeliverRequest, call: Call) -> service_pb2.Procurement:
        def decide(one: Procurement, side: str) -> Message:
            require_move(one, call.method)
            taken = files.claim(self.database, request.file_ids, call.actor, one.id)
            return acts.deliver(one, taken, self._sealed(one, side, request.note))

        return self._act(request, call, decide)

    def ConfirmDeliverable(self, request: pb.ConfirmDeliverableRequest, call: Call) -> service_pb2.Procurement:
        return self._act(request, call, lambda one, _side: acts.confirm_deliverable(one, now()))

    def ReturnDeliverable(self, request: pb.ReturnDeliverableRequest, call: Call) -> service_pb2.Procurement:
        return self._reasoned(request, call, lambda one, _side, sealed: acts.return_deliverable(one, sealed))

    def DownloadDeliverable(self, request: pb.DownloadDeliverableRequest, call: Call) -> pb.MarketFileContent:
        procurement = self.procurements.get(request.procurement_id).state
        call.span.set(telemetry.RECORD, procurement.id)
        file, number, own = self._file(procurement, request.file_id, call.actor)
        answer = files.download(self.parts, file, number, own)
        if hashlib.sha256(answer.content).hexdigest() != file.sha256:
            raise ValueError("the stored file is not the one the record names")
        return answer

    def _file(self, procurement: Procurement, id: str, actor: Actor) -> model_reading.Shown:
        """A file of contract, deliverables or proposals the actor may read; NOT_FOUND whatever is not there for him."""
        for shown in model_reading.files_of(procurement, actor):
            if shown[0].file_id == id:
                return shown
        sheet = self.sheets.find({"_id": store_files.taken_by(self.database, id)})
        for entry in sheet.state.entries if sheet and sheet.state.procurement_id == procurement.id else ():
            file = entry.proposal
            if file and file.file_id == id and model_reading.reads_proposal(actor, procurement, entry):
                return file, 1, entry.organization_id == actor.id
        raise not_found()

    def RatePartner(self, request: pb.RatePartnerRequest, call: Call) -> service_pb2.Procurement:
        def decide(one: Procurement, side: str) -> Events:
            require_move(one, call.method)
            told = {"grade": request.grade, "text": request.text.strip()}
            sealed = self.parts.keyring.seal(acts.sealer(one, side), told)
            return model_performance_end.rate(one, side, request.grade, sealed)

        return self._act(request, call, decide)

    def AskBreakOff(self, request: pb.AskBreakOffRequest, call: Call) -> service_pb2.Procurement:
        return self._reasoned(request, call, model_performance_end.ask_break_off)

    def DecideBreakOff(self, request: pb.DecideBreakOffRequest, call: Call) -> service_pb2.Procurement:
        told = (call.actor, request.ended, request.fault, request.reason)
        return self._act(request, call, lambda one, _side: model_performance_end.decide_break_off(one, *told))

    def _reasoned(
        self, request: Any, call: Call, act: Callable[[Procurement, str, str], Message]
    ) -> service_pb2.Procurement:
        """An act with a reason, which is sealed."""

        def decide(one: Procurement, side: str) -> Message:
            require_move(one, call.method)
            return act(one, side, self._sealed(one, side, acts.reason_of(request.reason)))

        return self._act(request, call, decide)

    def _act(self, request: Any, call: Call, decide: Decide) -> service_pb2.Procurement:
        """One move by who may make it, after what is due by now; to whom the procurement is not there it is not there."""

        def decided(one: Procurement) -> Events:
            require_by(one, call.method, call.actor)
            return decide(one, acts.side(call.actor, one))

        return self._view(self.timing.change(request.procurement_id, call.cause, decided), call)

    def _sealed(self, one: Procurement, side: str, said: str) -> str:
        words = said.strip()
        return self.parts.keyring.seal(acts.sealer(one, side), words) if words else ""

    def _view(self, record: Record[Procurement], call: Call) -> service_pb2.Procurement:
        if not model.sees(call.actor, record.state):
            raise not_found()
        call.span.set(telemetry.RECORD, record.id)
        return views.full(record, call.actor, self.parts)
