"""The stand-in: the platform's face to departments' systems. It keeps what it is told, plays the lessons and writes down what it sees."""

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final

import grpc
import protovalidate
from google.protobuf.message import Message

from yiwang.case.v1 import exchange_pb2 as pb
from yiwang.case.v1 import exchange_pb2_grpc as rpc
from yiwang.identity.v1 import clients_pb2, clients_pb2_grpc, service_pb2
from yiwang_kit import server_reconcile, server_report, server_watch
from yiwang_kit.lessons import Lessons
from yiwang_kit.recorder import Log, digest
from yiwang_kit.refusals import Refusal, abort
from yiwang_kit.server_push import taken
from yiwang_kit.settings import Settings
from yiwang_kit.stage import Stage
from yiwang_kit.tokens import Tokens, look_at

THREADS: Final = 24
MAX_MESSAGE: Final = 12 * 1024 * 1024
OPTIONS: Final = [("grpc.max_receive_message_length", MAX_MESSAGE), ("grpc.so_reuseport", 0)]


class Run:
    """One run: what was told, what is played, what was seen."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.log = Log()
        self.lessons = Lessons(settings.plan, settings.silence > 0)
        self.stage = Stage(settings)
        self.tokens = Tokens(settings.token_life)
        self.stopping = threading.Event()

    def open(self, name: str, context: grpc.ServicerContext, request: Message | None = None) -> int:
        """A call came in: it is written down, its token and its fields are looked at. Refusal for a fault of either."""
        told = dict(context.invocation_metadata())
        bearer = str(told.get("authorization", ""))
        left = context.time_remaining()
        limited = left is not None and left < 3600
        call = self.log.open_call(name, token=self.tokens.known(bearer), deadline=limited)
        try:
            number = self.tokens.number_of(bearer)
            if name == "ReportCases" and self.lessons.take("report", "expired"):
                self.tokens.expire(number)
                raise Refusal("UNAUTHENTICATED", "TOKEN_EXPIRED")
            self._validate(request)
        except Refusal as refusal:
            self.close(call, refusal)
            abort(context, refusal)
        return call

    def close(self, call: int, refusal: Refusal | None = None) -> None:
        """The call ended: how."""
        code, reason = (refusal.code, refusal.reason) if refusal else ("OK", "")
        self.log.add("end", call, code=code, reason=reason)

    def _validate(self, request: Message | None) -> None:
        found = protovalidate.collect_violations(request) if request is not None else []
        fields = [(_path(each.proto), each.proto.rule_id) for each in found]
        if fields:
            raise Refusal("INVALID_ARGUMENT", "FIELD_RULE", fields)


def _path(violation: Any) -> str:
    """The field of a violation, as in the request."""
    return ".".join(one.field_name for one in violation.field.elements)


class Exchange(rpc.ExchangeServiceServicer):
    """ExchangeService as far as departments' systems write and watch."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def ReportCases(
        self, requests: Iterator[pb.ReportCasesRequest], context: grpc.ServicerContext
    ) -> pb.ReportCasesResponse:
        """Takes rows."""
        call = self.run.open("ReportCases", context)
        try:
            answer = server_report.report(self.run, call, requests)
        except Refusal as refusal:
            self.run.close(call, refusal)
            abort(context, refusal)
        except grpc.RpcError:
            # The stream of requests was broken off by the other side: nobody waits for an answer.
            self.run.close(call, Refusal("CANCELLED", "BY_CLIENT"))
            return pb.ReportCasesResponse()
        self.run.close(call)
        return answer

    def WatchCases(
        self, request: pb.WatchCasesRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.WatchCasesResponse]:
        """Tells events."""
        call = self.run.open("WatchCases", context, request)
        self.run.log.add("watch", call, token=request.token, types=list(request.types))
        ended: Refusal | None = Refusal("CANCELLED", "BY_CLIENT")
        try:
            yield from server_watch.watch(self.run, call, request, context)
            ended = None if context.is_active() else ended
        except Refusal as refusal:
            ended = refusal
        finally:
            self.run.close(call, ended)
        if ended and context.is_active():
            abort(context, ended)

    def PushResult(self, request: pb.PushResultRequest, context: grpc.ServicerContext) -> pb.PushResultResponse:
        """Takes a decision."""
        call = self.run.open("PushResult", context, request)
        content = digest(request)
        told = {"request_id": request.request_id, "case_id": request.case_id, "digest": content}
        self.run.log.add("push", call, **told, granted=request.granted, reasoned=bool(request.reason.strip()))
        try:
            answer = taken(self.run.stage, self.run.lessons, request, content)
        except Refusal as refusal:
            self.run.close(call, refusal)
            abort(context, refusal)
        self.run.close(call)
        return answer

    def Reconcile(self, request: pb.ReconcileRequest, context: grpc.ServicerContext) -> pb.ReconcileResponse:
        """Compares a day."""
        call = self.run.open("Reconcile", context, request)
        try:
            answer = server_reconcile.reconcile(self.run, call, request)
        except Refusal as refusal:
            self.run.close(call, refusal)
            abort(context, refusal)
        self.run.close(call)
        return answer


class Clients(clients_pb2_grpc.ClientServiceServicer):
    """ClientService as far as machines need it."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def IssueMachineToken(
        self, request: clients_pb2.IssueMachineTokenRequest, context: grpc.ServicerContext
    ) -> service_pb2.Token:
        """A stand-in token."""
        run = self.run
        left = context.time_remaining()
        call = run.log.open_call("IssueMachineToken", token=0, deadline=left is not None and left < 3600)
        try:
            if run.settings.proof == "certificate" and not request.assertion and request.client_code:
                token, number = run.tokens.issue_freely()
            else:
                seen = look_at(request.assertion, run.settings.jwks, datetime.now(UTC).timestamp())
                run.log.add("assertion", call, **seen)
                token, number = run.tokens.issue(seen)
        except Refusal as refusal:
            run.close(call, refusal)
            abort(context, refusal)
        run.log.add("token", call, number=number, life=run.tokens.life)
        run.close(call)
        return service_pb2.Token(access_token=token, expires_in=run.tokens.life)


def start(run: Run, listen: str) -> tuple[grpc.Server, int]:
    """The server, started, and its port. OSError when it cannot listen there."""
    server = grpc.server(ThreadPoolExecutor(THREADS), options=OPTIONS)
    # What they leave out is UNIMPLEMENTED: the kit asks nothing of it.
    rpc.add_ExchangeServiceServicer_to_server(Exchange(run), server)  # type: ignore[abstract]
    clients_pb2_grpc.add_ClientServiceServicer_to_server(Clients(run), server)  # type: ignore[abstract]
    try:
        port = server.add_insecure_port(listen)
    except RuntimeError as error:
        raise OSError(f"cannot listen on {listen}") from error
    server.start()
    return server, port


def play(run: Run, server: grpc.Server) -> None:
    """Waits until everything was played and nothing more is heard, the time is over, or the run is stopped."""
    end = time.monotonic() + run.settings.seconds
    while time.monotonic() < end and not run.stopping.wait(0.1):
        if run.lessons.over() and run.log.quiet_for() > run.settings.idle:
            break
    run.stopping.set()
    server.stop(1).wait()


def stop_on_signals(run: Run) -> None:
    """Ctrl-C and SIGTERM end the run, and the report is written."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: run.stopping.set())
