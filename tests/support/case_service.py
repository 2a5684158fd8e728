"""Cases over gRPC as a test calls them: upload, hand in, submit, and what the service answers."""

from typing import Any

import grpc
from google.protobuf.message import Message
from pymongo.database import Database

from chassis.events import Heard
from services.case import store, worker
from tests.support.calling import As
from tests.support.items import FORM, PDF
from tests.support.serving import Here
from yiwang.case.v1 import service_pb2 as pb

Db = Database[dict[str, Any]]
NOT_FOUND = grpc.StatusCode.NOT_FOUND
INVALID = grpc.StatusCode.INVALID_ARGUMENT
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
DENIED = grpc.StatusCode.PERMISSION_DENIED


def upload(citizen: As, content: bytes = PDF, filename: str = "申请书.pdf", **more: Any) -> pb.Attachment:
    return citizen.UploadAttachment(filename=filename, content=content, **more)


def handed_in(citizen: As, *materials: str) -> list[pb.HandedIn]:
    return [pb.HandedIn(material=key, attachments=[upload(citizen).id]) for key in materials or ("application",)]


def submit(citizen: As, item: str, **more: Any) -> pb.Case:
    return citizen.SubmitCase(**{"item_id": item, "form": FORM, "materials": handed_in(citizen), **more})


def status(case: pb.Case) -> str:
    return pb.CaseStatus.Name(case.status).removeprefix("CASE_STATUS_")


def hear(case_api: Here, handler: str, event: Message, record: str, seq: int, time: str = "") -> None:
    """Delivers an event to a handler of case's worker, as the broker would."""
    heard: Heard[Any] = Heard(
        f"{record}.{seq}", record, seq, "", time or "2099-01-01T00:00:00+00:00", event, f"case.{handler}", ""
    )
    getattr(worker.build(case_api.parts)(), handler)(heard)


def journal(database: Db, case: str) -> list[dict[str, Any]]:
    """What is written of a case."""
    found = database["cases"].find_one({"_id": case}) or {}
    return list(found["journal"])


def drifted(case_api: Here) -> dict[str, list[str]]:
    """Records of case whose journal does not give their state; empty when all is well."""
    found = {}
    for kind in store.records(case_api.database):
        for document in kind.collection.find({}):
            if fields := kind.drift(document):
                found[document["_id"]] = fields
    return found
