"""Cases over gRPC as a test calls them: upload, hand in, submit, and what the service answers."""

from typing import Any

import grpc
from pymongo.database import Database

from tests.support.calling import As
from tests.support.items import FORM, PDF
from yiwang.case.v1 import service_pb2 as pb

Db = Database[dict[str, Any]]
NOT_FOUND = grpc.StatusCode.NOT_FOUND
INVALID = grpc.StatusCode.INVALID_ARGUMENT
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


def upload(citizen: As, content: bytes = PDF, filename: str = "申请书.pdf", **more: Any) -> pb.Attachment:
    return citizen.UploadAttachment(filename=filename, content=content, **more)


def handed_in(citizen: As, *materials: str) -> list[pb.HandedIn]:
    return [pb.HandedIn(material=key, attachments=[upload(citizen).id]) for key in materials or ("application",)]


def submit(citizen: As, item: str, **more: Any) -> pb.Case:
    return citizen.SubmitCase(**{"item_id": item, "form": FORM, "materials": handed_in(citizen), **more})


def status(case: pb.Case) -> str:
    return pb.CaseStatus.Name(case.status).removeprefix("CASE_STATUS_")
