"""TraceService over gRPC: how a case went, who read what about its applicant, and whether its journal is whole."""

import orjson

from chassis import records
from chassis.acts import now
from chassis.rpc import Call
from services.case import masking, model_access, model_seeing, tracing
from services.case.acting_on import Desk
from services.case.looking_up import LookingUp
from services.case.model import Case
from services.case.timeline import time_text
from yiwang.case.v1 import trace_pb2 as pb

MOST_READINGS = 100


class TraceApi:
    """The methods of yiwang.case.v1.TraceService, by name."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.looking_up = LookingUp(desk)

    def GetTrace(self, request: pb.GetTraceRequest, call: Call) -> pb.Trace:
        record = self._seen(request.case_id, call)
        case, clear = record.state, model_seeing.reads_clear(call.actor)

        def opened(sealed: str) -> str:
            text = self.desk.keyring.open_text(case.applicant_id, sealed)
            return text if clear else masking.masked_text(text)

        trace = pb.Trace(case_id=record.id, number=case.number, verdict=self._verdict(record.id))
        for held in tracing.holdings(record.journal):
            span = {"from": time_text(held.since), "until": time_text(held.until)}
            trace.holdings.add(holder=held.holder, status=held.status, **span)
        for clock in tracing.clocks_of(case, now(), opened):
            told = {"from": time_text(clock.since), "due": time_text(clock.due)}
            more = {"provisional": clock.provisional, "overdue": clock.overdue}
            trace.clocks.add(
                title=clock.title,
                used=clock.used,
                basis=clock.basis,
                notes=clock.notes,
                **told,
                **more,
            )
        if model_seeing.is_applicant(call.actor):
            trace.readings.extend(self._readings(case, call))
        return trace

    def _seen(self, id: str, call: Call) -> records.Record[Case]:
        record, supervised = self.desk.read(id, call)
        if supervised:
            self.desk.accesses.looked(call, record.state, model_access.VIEWED)
        return record

    def _readings(self, case: Case, call: Call) -> list[pb.TraceReading]:
        """What of his access record is about this case, with the licences that were looked up for it, newest first."""
        page = self.desk.accesses.page(call.actor, "", MOST_READINGS)
        looked = [
            pb.TraceReading(at=one.at, by=one.by_name, what="、".join([one.what, *one.fields]), purpose=one.purpose)
            for one in page.accesses
            if one.case_id == case.id
        ]
        return sorted([*looked, *self.looking_up.readings(case.id)], key=lambda one: one.at, reverse=True)

    def GetCaseVersion(self, request: pb.GetCaseVersionRequest, call: Call) -> pb.GetCaseVersionResponse:
        return pb.GetCaseVersionResponse(version=self.desk.version(request.case_id, call))

    def VerifyJournal(self, request: pb.VerifyJournalRequest, call: Call) -> pb.JournalVerdict:
        return self._verdict(self._seen(request.case_id, call).id)

    def _verdict(self, id: str) -> pb.JournalVerdict:
        document = self.desk.cases.collection.find_one({"_id": id}) or {}
        journal = document["journal"]
        broken, drifted = records.broken_at(journal), self.desk.cases.drift(document)
        return pb.JournalVerdict(
            whole=not broken and not drifted,
            entries=len(journal),
            broken_at=broken or 0,
            drifted=drifted,
            head=journal[-1]["digest"],
        )

    def ExportJournal(self, request: pb.ExportJournalRequest, call: Call) -> pb.ExportJournalResponse:
        record = self._seen(request.case_id, call)
        option = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z
        entries = [orjson.dumps(entry, option=option).decode() for entry in record.journal]
        return pb.ExportJournalResponse(case_id=record.id, number=record.state.number, entries_json=entries)
