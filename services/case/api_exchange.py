"""ExchangeService over gRPC: departments' own systems report, watch, push results and reconcile."""

from collections.abc import Iterator

from chassis.errors import UNAVAILABLE, Refused
from chassis.parts import Parts
from chassis.rpc import Call
from services.case.watching import Watching
from yiwang.case.v1 import exchange_pb2 as pb

AWAY = Refused(UNAVAILABLE, "SERVICE_UNAVAILABLE", "服务暂时不可用，请稍后重试")


class ExchangeApi:
    """The methods of yiwang.case.v1.ExchangeService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.watching = Watching(parts)

    def ReportCases(self, requests: Iterator[pb.ReportCasesRequest], call: Call) -> pb.ReportCasesResponse:
        raise AWAY

    def WatchCases(self, request: pb.WatchCasesRequest, call: Call) -> Iterator[pb.WatchCasesResponse]:
        return self.watching.watch(request, call)

    def PushResult(self, request: pb.PushResultRequest, call: Call) -> pb.PushResultResponse:
        raise AWAY

    def Reconcile(self, request: pb.ReconcileRequest, call: Call) -> pb.ReconcileResponse:
        raise AWAY

    def GetReportedCase(self, request: pb.GetReportedCaseRequest, call: Call) -> pb.ReportedCase:
        raise AWAY

    def ListReportedCases(self, request: pb.ListReportedCasesRequest, call: Call) -> pb.ListReportedCasesResponse:
        raise AWAY

    def GetReportedProgress(self, request: pb.GetReportedProgressRequest, call: Call) -> pb.ReportedProgress:
        raise AWAY
