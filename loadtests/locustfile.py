"""`make load`: people and officers on a running suite, over HTTP and over gRPC, with real accounts of the demonstration county.

GATEWAY_URL and CASE_ADDRESS come from `python -m deploy.local.command`; the accounts are those `make run` prints.
"""

import os
import random
import uuid

import grpc
import grpc.experimental.gevent
from locust import HttpUser, User, between, events, task

from yiwang.case.v1 import service_pb2 as pb
from yiwang.case.v1 import service_pb2_grpc

grpc.experimental.gevent.init_gevent()

GATEWAY = os.environ.get("GATEWAY_URL", "http://127.0.0.1:8000")
CASE = os.environ.get("CASE_ADDRESS", "127.0.0.1:50051")
PERSON = os.environ.get("LOAD_LOGIN", "19900000001")
PASSWORD = os.environ.get("LOAD_PASSWORD", "Demo-2026-yiwang")
WORDS = ("身份证", "营业执照", "食品经营许可", "开饭店", "社保", "施工许可", "补贴", "道路运输")
ONLINE: list[dict[str, str]] = []
TOKEN: list[str] = []


def _call(client: object, method: str, body: dict[str, object], token: str = "") -> dict[str, object]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = client.post(f"/api/yiwang.{method}", json=body, headers=headers, name=method)  # type: ignore[attr-defined]
    return answer.json() if answer.ok else {}


def _token(client: object) -> str:
    """One session for all users of this process: a city's sign-ins are not what is measured here."""
    if not TOKEN:
        body = {"requestId": uuid.uuid4().hex, "login": PERSON, "password": PASSWORD}
        TOKEN.append(str(_call(client, "identity.v1.IdentityService/SignIn", body).get("accessToken", "")))
    return TOKEN[0]


def _application(item: dict[str, object]) -> dict[str, object] | None:
    """An application for an item that asks for a form only; None for the others."""
    definition: dict[str, object] = item.get("definition", {})  # type: ignore[assignment]
    needed = [one for one in definition.get("materials", []) if one["necessity"] == "NECESSITY_REQUIRED"]  # type: ignore[attr-defined]
    if needed or not definition.get("online"):
        return None
    values = {"FIELD_KIND_NUMBER": "1", "FIELD_KIND_DATE": "2026-11-22", "FIELD_KIND_PHONE": "0990-0000101"}
    form = {one["key"]: values.get(one["kind"], "压力测试") for one in definition.get("formFields", [])}  # type: ignore[attr-defined]
    return {"requestId": uuid.uuid4().hex, "itemId": item["id"], "form": form, "channel": "CHANNEL_API"}


class Visitor(HttpUser):
    """Looks for items, reads guides, and now and then applies and follows the case: by the JSON API and the pages."""

    host = GATEWAY
    wait_time = between(0.2, 1.0)
    weight = 4

    @task(6)
    def search(self) -> None:
        self.client.get("/items", params={"q": random.choice(WORDS)}, name="page: search")

    @task(3)
    def guide(self) -> None:
        found = _call(
            self.client, "catalog.v1.CatalogService/SearchItems", {"query": random.choice((*WORDS, "")), "pageSize": 50}
        )
        hits = found.get("hits", [])
        for hit in random.sample(hits, min(2, len(hits))):  # type: ignore[call-overload]
            item = _call(self.client, "catalog.v1.CatalogService/GetItem", {"itemId": hit["id"]})
            if item and (application := _application(item)):
                ONLINE.append(application)  # type: ignore[arg-type]

    @task(1)
    def apply(self) -> None:
        if ONLINE and (token := _token(self.client)):
            application = random.choice(ONLINE) | {"requestId": uuid.uuid4().hex}
            case = _call(self.client, "case.v1.CaseService/SubmitCase", application, token)
            if case:
                _call(self.client, "case.v1.CaseService/GetCase", {"caseId": case["id"]}, token)


class Department(User):
    """A department's own system: asks for progress over gRPC, without a browser."""

    wait_time = between(0.5, 1.5)
    weight = 1

    def on_start(self) -> None:
        self.stub = service_pb2_grpc.CaseServiceStub(grpc.insecure_channel(CASE))

    @task
    def progress(self) -> None:
        request = pb.GetProgressRequest(number="9901212611220000000", query_code="AAAAAAAA")
        with events.request.measure("grpc", "case.v1.CaseService/GetProgress"):
            try:
                self.stub.GetProgress(request, timeout=5)
            except grpc.RpcError as error:
                # A made-up number: both answers say that the service works.
                if error.code() not in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT):
                    raise
