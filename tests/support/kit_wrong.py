"""A department's system that does nearly everything wrong, for the conformance kit to find out."""

import time
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import grpc
from joserfc import jwt

from tests.support.kit import closed, row, uscc, whole_case
from yiwang.case.v1 import exchange_pb2 as pb
from yiwang.case.v1 import exchange_pb2_grpc as rpc
from yiwang.identity.v1 import clients_pb2, clients_pb2_grpc
from yiwang_kit.refusals import reason_of
from yiwang_kit.sample_calls import keys_of
from yiwang_kit.stage import CHINA


class Wrong:
    """It shares nothing with the sample."""

    def __init__(self, address: str, folder: Path) -> None:
        self.key = keys_of(None, folder).keys[0]
        channel = grpc.insecure_channel(address)
        self.exchange: Any = rpc.ExchangeServiceStub(channel)
        self.clients: Any = clients_pb2_grpc.ClientServiceStub(channel)
        self.token = ""

    def tokens(self) -> None:
        """An hour long assertion, then the same good one twice; without deadlines."""
        for jti, seconds in (("once", 3600), ("twice", 60), ("twice", 60)):
            try:
                self.token = self.fetch(jti, seconds)
            except grpc.RpcError as error:
                assert reason_of(error) == "CLIENT_REFUSED"

    def fetch(self, jti: str, seconds: int) -> str:
        claims = {
            "iss": "wrong",
            "sub": "wrong",
            "aud": "yiwang.identity",
            "jti": jti,
            "exp": int(time.time()) + seconds,
        }
        told = jwt.encode({"alg": "Ed25519"}, claims, self.key, ["Ed25519"])
        return str(self.clients.IssueMachineToken(clients_pb2.IssueMachineTokenRequest(assertion=told)).access_token)

    def call(self, name: str, request: Any) -> tuple[Any, str]:
        """The answer, or the reason there is none."""
        try:
            act = getattr(self.exchange, name)
            return act(request, metadata=[("authorization", f"Bearer {self.token}")]), ""
        except grpc.RpcError as error:
            return None, reason_of(error)

    def send(self, rows: list[pb.ReportRow]) -> tuple[Any, str]:
        return self.call("ReportCases", iter([pb.ReportCasesRequest(rows=rows)]))

    def report(self) -> None:
        """Uses an expired token twice, does not wait, sends other things again, begins from the start, never leaves a row."""
        rows = [one for number in range(4) for one in whole_case(f"W-{number}")]
        rows += [
            row("W-0", 9, closed(), hours=10),
            row("W-1", 9, closed(), hours=10, department=uscc("11990121MB0000002")),
        ]
        rows.append(row("W-2", 9, closed(), at="2026-01-01 10:00:00"))
        assert self.send(rows)[1] == "TOKEN_EXPIRED"
        time.sleep(0.1)
        assert self.send(rows)[1] == "TOKEN_EXPIRED"
        self.token = self.fetch("new", 60)
        assert self.send(rows)[1] == "QUOTA_EXHAUSTED"
        assert self.send(rows)[1] == "AWAY"
        rows[0].applied.item_name = "另一名称"
        assert self.send(rows)[1] == "AWAY"
        assert self.send(rows)[0].stopped
        for _ in range(4):
            assert self.send(rows)[0].refused

    def watch(self) -> list[str]:
        """An old token twice, then always from now on; the cases it was told of."""
        cases: list[str] = []
        for token in ("kit1-old-3", "kit1-old-3", "", "", "", "", ""):
            try:
                for message in self.stream(token):
                    if message.event.type == "CaseAccepted":
                        cases.append(message.event.case_id)
            except grpc.RpcError as error:
                assert reason_of(error) in ("RECONCILE_NEEDED", "AWAY", "TOO_MANY_WATCHERS", "")
        return cases

    def stream(self, token: str) -> Any:
        told = [("authorization", f"Bearer {self.token}")]
        return self.exchange.WatchCases(
            pb.WatchCasesRequest(token=token, types=["CaseAccepted", "Nothing"]), metadata=told, timeout=1.5
        )

    def push(self, cases: list[str]) -> None:
        """A new id each time, five times what is not allowed, nothing again after a lost race, a denial without a reason."""
        assert self.call("PushResult", pushed(cases[0], granted=False))[1] == "REQUIRED"
        for _ in range(2):
            self.call("PushResult", pushed(cases[0]))
        assert self.call("PushResult", pushed(cases[1]))[1] == "CHANGED_MEANWHILE"
        assert self.call("PushResult", pushed(cases[1], request_id="always-the-same"))[0]
        assert self.call("PushResult", pushed(cases[2], request_id="always-the-same"))[1] == "REQUEST_ID_REUSED"
        assert self.call("PushResult", pushed(cases[1]))[1] == "MOVE_NOT_ALLOWED"
        for _ in range(5):
            assert self.call("PushResult", pushed(cases[2]))[1] == "MOVE_NOT_ALLOWED"
        assert self.call("PushResult", pushed(str(uuid.uuid4())))[1] == "NOT_FOUND"

    def reconcile(self) -> None:
        """Gives up once, names a case twice and too old, leaves one out, sends nothing afterwards."""
        day = datetime.fromisoformat(whole_case("W-0")[0].at).astimezone(CHINA).date().isoformat()
        self.call("Reconcile", pb.ReconcileRequest(day="2020-01-01"))
        entries = [("W-0", 2), ("W-0", 2), ("W-2", 8)]
        told = [pb.ReconcileEntry(number=number, seq=seq) for number, seq in entries]
        assert self.call("Reconcile", pb.ReconcileRequest(day=day, entries=told))[0].differences
        self.call("Reconcile", pb.ReconcileRequest(day=day, handled_here=True))


def pushed(case_id: str, **changes: Any) -> pb.PushResultRequest:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    told = {"request_id": str(uuid.uuid4()), "case_id": case_id, "granted": True, "decided_at": at}
    return pb.PushResultRequest(**(told | changes))
