"""ExchangeService over gRPC: departments' own systems report, watch, push results and reconcile."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from chassis import quota
from chassis.acts import Actor, now
from chassis.errors import RESOURCE_EXHAUSTED, Refused, not_found
from chassis.rpc import Call
from services.case import (
    model_exchange,
    model_reported,
    model_seeing,
    reconciling,
    reporting,
    store_reported,
    views_reported,
)
from services.case.acting_on import Desk
from services.case.model import Case
from services.case.model_reported import ReportedCase
from services.case.reporting import Reporting
from services.case.watching import Watching
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import exchange_pb2 as pb

PAGE = 20
TRIES, SPAN = 20, timedelta(hours=1)


class ExchangeApi:
    """The methods of yiwang.case.v1.ExchangeService, by name."""

    def __init__(self, desk: Desk) -> None:
        self.desk, parts = desk, desk.parts
        self.database, self.keyring = parts.database, parts.keyring
        self.watching = Watching(parts)
        self.reporting = Reporting(parts.database, parts.keyring)
        self.rows = store_reported.Rows(parts.database)
        self.reported = store_reported.cases(parts.database)

    def ReportCases(self, requests: Iterator[pb.ReportCasesRequest], call: Call) -> pb.ReportCasesResponse:
        return self.reporting.take(requests, call)

    def WatchCases(self, request: pb.WatchCasesRequest, call: Call) -> Iterator[pb.WatchCasesResponse | None]:
        return self.watching.watch(request, call)

    def PushResult(self, request: pb.PushResultRequest, call: Call) -> pb.PushResultResponse:
        def push(case: Case) -> events.ResultPushed:
            sealed = self.desk.sealed(case, request.reason.strip())
            told = (request.granted, request.reason, sealed, request.result_number, request.decided_at)
            return model_exchange.push_result(case, *told, now())

        record = self.desk.change(request.case_id, call, push, model_seeing.visible(call.actor))
        return pb.PushResultResponse(case_id=record.id, version=record.version, status=record.state.status)  # type: ignore[arg-type]

    def Reconcile(self, request: pb.ReconcileRequest, call: Call) -> pb.ReconcileResponse:
        return reconciling.reconcile(self.database, self.reported, request, call.actor)

    def GetReportedCase(self, request: pb.GetReportedCaseRequest, call: Call) -> pb.ReportedCase:
        case = self._of(request.department, request.number)
        if case is None or not _sees(call.actor, case):
            raise not_found()
        return views_reported.whole(case, self.rows.whole(case.id), self.keyring)

    def ListReportedCases(self, request: pb.ListReportedCasesRequest, call: Call) -> pb.ListReportedCasesResponse:
        department, size = request.department or call.actor.department, request.page_size or PAGE
        keep = partial(_sees, call.actor)
        rows, token = store_reported.page(self.reported, department, keep, request.page_token, size)
        return pb.ListReportedCasesResponse(
            cases=[views_reported.brief(row.state) for row in rows], next_page_token=token
        )

    def GetReportedProgress(self, request: pb.GetReportedProgressRequest, call: Call) -> pb.ReportedProgress:
        self._count_try(request.number)
        for record in store_reported.of_number(self.reported, request.number):
            rows = self.rows.of(record.id)
            wanted = reporting.tail(self.keyring, record.id, request.last_six)
            if any(row["facts"].get("tail") == wanted for row in rows):
                return views_reported.progress(record.state, rows)
        raise not_found()

    def _of(self, department: str, number: str) -> ReportedCase | None:
        record = self.reported.find({"_id": store_reported.case_id(department, number)})
        return record.state if record else None

    def _count_try(self, number: str) -> None:
        """RESOURCE_EXHAUSTED TOO_MANY_TRIES beyond what an hour allows for a number, whether there is one or not."""
        name = f"reported/{self.keyring.blind('reported-number', number)[:32]}"
        try:
            quota.take(self.database, name, TRIES, now(), SPAN)
        except Refused:
            raise Refused(RESOURCE_EXHAUSTED, "TOO_MANY_TRIES", "查询次数过多，请一小时后再试") from None


def _sees(actor: Actor, case: ReportedCase) -> bool:
    return model_reported.sees(actor, case.department, case.region)
