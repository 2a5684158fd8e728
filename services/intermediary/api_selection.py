"""SelectionService over gRPC: the parties of a draw and its transcript. Evaluators and their scores are in `api_choice`."""

import hashlib
from typing import Any

from google.protobuf.message import Message

from chassis import telemetry
from chassis.acts import now
from chassis.errors import FAILED_PRECONDITION, Refused, not_found, require
from chassis.guards import Guard
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.intermediary import model, model_draw, store, transcripts, views
from services.intermediary.api_choice import ChoiceApi
from services.intermediary.api_signups import OVER
from services.intermediary.model import Procurement
from services.intermediary.model_moves import require_by
from standards import draw
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import selection_pb2 as pb
from yiwang.intermediary.v1 import service_pb2

REVEAL_OVER = Refused(FAILED_PRECONDITION, "REVEAL_OVER", "公开随机数的时间已过，将按公告代替")


class SelectionApi(ChoiceApi):
    """The methods of yiwang.intermediary.v1.SelectionService, by name."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self.parts = parts
        self.database = parts.database
        self.procurements = store.procurements(parts.database)

    def CommitNonce(self, request: pb.CommitNonceRequest, call: Call) -> service_pb2.Procurement:
        def decide(one: Procurement) -> Message:
            party = require_by(one, call.method, call.actor)
            return model_draw.commit(one, party, request.commitment, call.actor)

        guard = Guard(OVER, before=self._of(request).signup_end or now())
        return self._change(request, call, decide, guard)

    def RevealNonce(self, request: pb.RevealNonceRequest, call: Call) -> service_pb2.Procurement:
        def decide(one: Procurement) -> Message:
            party = require_by(one, call.method, call.actor)
            return model_draw.reveal(one, party, request.nonce)

        guard = Guard(REVEAL_OVER, before=self._of(request).selection_at or now())
        return self._change(request, call, decide, guard)

    def RecordBeacon(self, request: pb.RecordBeaconRequest, call: Call) -> service_pb2.Procurement:
        def decide(one: Procurement) -> events.BeaconRecorded | None:
            require_by(one, call.method, call.actor)
            return model_draw.record_beacon(one, request.value, call.actor, now())

        return self._change(request, call, decide, None)

    def GetTranscript(self, request: pb.GetTranscriptRequest, call: Call) -> pb.Transcript:
        procurement = self._of(request)
        if not model.sees(call.actor, procurement):
            raise not_found()
        frozen = procurement.frozen_at is not None or bool(procurement.order_digest)
        require(frozen, "NOT_FROZEN", "报名截止后才有选取记录")
        said = draw.canonical(transcripts.of(self.database, procurement))
        return pb.Transcript(
            procurement_id=procurement.id,
            json=said.decode(),
            digest=hashlib.sha256(said).hexdigest(),
            complete=bool(procurement.order_digest),
        )

    def _of(self, request: Any) -> Procurement:
        return self.procurements.get(request.procurement_id).state

    def _change(self, request: Any, call: Call, decide: Any, guard: Guard | None) -> service_pb2.Procurement:
        record: Record[Procurement] = self.procurements.change(request.procurement_id, call.cause, decide, guard=guard)
        call.span.set(telemetry.RECORD, record.id)
        return views.full(record, call.actor, self.parts)
