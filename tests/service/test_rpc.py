"""The api as its callers meet it: refusals that say why and leave nothing written, answers that can be read at once."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from pymongo.database import Database

from tests.support.actors import officer, person
from tests.support.calling import refused
from tests.support.items import FORM, PDF, definition, publish, simple
from tests.support.serving import Here
from yiwang.case.v1 import service_pb2 as pb

Db = Database[dict[str, Any]]
Code = grpc.StatusCode
NOBODY = str(uuid.uuid4())


def snapshot(database: Db) -> dict[str, list[Any]]:
    return {name: list(database[name].find()) for name in sorted(database.list_collection_names())}


def handed_in(*materials: str) -> list[pb.HandedIn]:
    return [pb.HandedIn(material=material, attachments=[NOBODY]) for material in materials]


REFUSED: dict[str, tuple[str, dict[str, Any], Code, str, set[str]]] = {
    "a request_id that is too short": ("SubmitCase", {"request_id": "x"}, Code.INVALID_ARGUMENT, "", {"request_id"}),
    "an item that is no id": ("SubmitCase", {"item_id": "x"}, Code.INVALID_ARGUMENT, "", {"item_id"}),
    "an item nobody knows": ("SubmitCase", {"item_id": NOBODY}, Code.INVALID_ARGUMENT, "ITEM_UNKNOWN", {"item_id"}),
    "an edition that is not shown": ("SubmitCase", {"edition": 9}, Code.FAILED_PRECONDITION, "ITEM_CHANGED", set()),
    "a channel that does not exist": ("SubmitCase", {"channel": 99}, Code.INVALID_ARGUMENT, "", {"channel"}),
    "no answers and no material": (
        "SubmitCase",
        {"form": {}},
        Code.INVALID_ARGUMENT,
        "REQUIRED",
        {"form[name]", "form[phone]", "materials[application]"},
    ),
    "answers and materials all wrong": (
        "SubmitCase",
        {"form": {"phone": "x", "shoe": "44"}, "materials": handed_in("passport")},
        Code.INVALID_ARGUMENT,
        "",
        {"form[name]", "form[phone]", "form[shoe]", "materials[passport]", "materials[application]"},
    ),
    "a file nobody uploaded": (
        "SubmitCase",
        {"form": FORM, "materials": handed_in("application")},
        Code.INVALID_ARGUMENT,
        "ATTACHMENT_UNKNOWN",
        {"materials[application]"},
    ),
    "a case that does not exist": ("WithdrawCase", {"case_id": NOBODY}, Code.NOT_FOUND, "NOT_FOUND", set()),
    "a case id that is no id": ("WithdrawCase", {"case_id": "1"}, Code.INVALID_ARGUMENT, "", {"case_id"}),
    "an empty file": ("UploadAttachment", {"filename": "a", "content": b""}, Code.INVALID_ARGUMENT, "", {"content"}),
    "a file without a name": ("UploadAttachment", {"content": PDF}, Code.INVALID_ARGUMENT, "", {"filename"}),
    "a text as a file": (
        "UploadAttachment",
        {"filename": "a.pdf", "content": b"text"},
        Code.INVALID_ARGUMENT,
        "ATTACHMENT_TYPE",
        {"content"},
    ),
    "an act of officers": ("AcceptCase", {"case_id": NOBODY}, Code.PERMISSION_DENIED, "NOT_ALLOWED", set()),
    "a page that is too long": ("ListMyCases", {"page_size": 101}, Code.INVALID_ARGUMENT, "", {"page_size"}),
    "a page token made up": ("ListMyCases", {"page_token": "x"}, Code.INVALID_ARGUMENT, "MALFORMED", {"page_token"}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_every_refusal_names_field_and_reason_in_chinese_and_as_a_code_and_leaves_nothing_written(
    case_api: Here, what: str
) -> None:
    method, fields, code, reason, at_fault = REFUSED[what]
    item = publish(case_api.database, definition())
    if method == "SubmitCase":
        fields = {"item_id": item, "form": FORM} | fields
    before = snapshot(case_api.database)
    with refused(code, reason or None) as refusal:
        getattr(case_api.by(person()), method)(**fields)
    assert set(refusal.fields) == at_fault
    assert re.fullmatch("[A-Z0-9_]+", refusal.reason)
    for text in (refusal.message, *refusal.messages.values()):
        assert re.search("[一-鿿]", text), text
    assert snapshot(case_api.database) == before


def test_a_refused_act_on_a_case_leaves_it_as_it_was(case_api: Here) -> None:
    citizen, receiver = case_api.by(person()), case_api.by(officer("receive"))
    item = publish(case_api.database, simple())
    case = citizen.SubmitCase(item_id=item)
    before = snapshot(case_api.database)
    acts: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
        (citizen.CorrectCase, {}, "MOVE_NOT_ALLOWED"),
        (receiver.RequestCorrection, {"materials": ["passport"], "notice": "请补"}, "MATERIAL_NOT_LISTED"),
        (receiver.RefuseCase, {"reason": ""}, "STRING_MIN_LEN"),
        (case_api.by(officer("review")).PassReviewStep, {"opinion": "好"}, "MOVE_NOT_ALLOWED"),
        (case_api.by(officer("decide")).DecideCase, {"granted": True}, "MOVE_NOT_ALLOWED"),
        (case_api.by(officer("issue")).IssueResult, {"result_number": "1"}, "MOVE_NOT_ALLOWED"),
        (case_api.by(officer("issue")).CloseCase, {}, "MOVE_NOT_ALLOWED"),
        (case_api.by(officer("receive", department="elsewhere")).AcceptCase, {}, "NOT_FOUND"),
        (case_api.by(person()).WithdrawCase, {}, "NOT_FOUND"),
    ]
    for act, fields, reason in acts:
        with refused(reason=reason):
            act(case_id=case.id, **fields)
    assert snapshot(case_api.database) == before


def test_a_bug_is_told_as_internal_without_a_word_of_what_happened(
    case_api: Here, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def bug(*_: Any, **__: Any) -> Any:
        raise KeyError("张三丰 13912345678")

    citizen, item = case_api.by(person()), publish(case_api.database, simple())
    monkeypatch.setattr(case_api.servicer.desk.items, "current", bug)
    with refused(Code.INTERNAL, "INTERNAL") as refusal:
        citizen.SubmitCase(item_id=item)
    assert refusal.message == "系统错误，请稍后重试"
    said = capfd.readouterr().err
    assert '"bug"' in said and "KeyError" in said, "somebody is told"
    assert "张三丰" not in said and "13912345678" not in said


def test_a_message_that_is_too_large_is_refused_and_the_connection_goes_on(case_api: Here) -> None:
    citizen = case_api.by(person())
    with refused() as refusal:
        citizen.UploadAttachment(filename="a.pdf", content=PDF + bytes(13 * 1024 * 1024))
    assert refusal.code == Code.RESOURCE_EXHAUSTED
    assert not citizen.ListMyCases().cases


def test_the_answer_to_a_write_can_be_read_at_once_with_its_version(case_api: Here) -> None:
    citizen = case_api.by(person())
    case = citizen.SubmitCase(item_id=publish(case_api.database, simple()))
    assert citizen.GetCase(case_id=case.id, min_version=case.version).version == case.version
    with refused(Code.ABORTED, "NOT_THAT_NEW_YET"):
        citizen.GetCase(case_id=case.id, min_version=case.version + 1)


def test_reflection_lists_the_services_and_describes_them(case_api: Here) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(case_api.channel)
    requests = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="yiwang.case.v1.CaseService"),
    ]
    listed, described = stub.ServerReflectionInfo(iter(requests))
    names = {service.name for service in listed.list_services_response.service}
    assert {"yiwang.case.v1.CaseService", "grpc.health.v1.Health"} <= names
    assert described.file_descriptor_response.file_descriptor_proto
