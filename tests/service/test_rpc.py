"""The api as its callers meet it: refusals that say why, deadlines that hold, health that is true, and nobody's name anywhere."""

import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import bson
import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from pymongo import MongoClient
from pymongo.database import Database

from chassis import rpc
from chassis import store as chassis_store
from chassis.acts import Actor
from deploy.local.processes import Process
from deploy.local.stores import Store, with_database
from tests.support import broking
from tests.support.actors import officer, person, trust
from tests.support.calling import As, refused
from tests.support.items import FORM, PDF, definition, publish, simple
from tests.support.serving import CASE, CaseHere, case_here, odd_worker, places_for, text_of
from tests.support.waiting import wait_until
from yiwang.case.v1 import service_pb2 as pb

Db = Database[dict[str, Any]]
Code = grpc.StatusCode
NOBODY = str(uuid.uuid4())


class CaseApart:
    """An api of case as a process of its own."""

    def __init__(self, folder: Path, mongodb_uri: str, amqp_uri: str = "") -> None:
        self.folder = folder
        self.places = places_for(folder, mongodb_uri, *([amqp_uri] if amqp_uri else []))
        self.process = Process(self.places, "case", "api")
        self.channel = grpc.insecure_channel(self.places.addresses["case"], options=rpc.OPTIONS)

    def by(self, actor: Actor) -> As:
        return As(self.channel, CASE, actor)

    def health(self) -> int:
        """The status of grpc.health.v1; UNKNOWN when it does not answer."""
        try:
            stub = health_pb2_grpc.HealthStub(self.channel)
            return int(stub.Check(health_pb2.HealthCheckRequest(), timeout=2).status)
        except grpc.RpcError:
            return health_pb2.HealthCheckResponse.UNKNOWN

    def end(self) -> None:
        self.channel.close()
        if self.process.alive:
            self.process.kill()
        self.process.stop()


@pytest.fixture
def apart(tmp_path: Path, own_store: Store) -> Iterator[CaseApart]:
    """An api in a process with a store of its own."""
    uri = with_database(own_store.uri, "case")
    with MongoClient(uri) as client:
        trust(client.get_default_database())
    apart = CaseApart(tmp_path, uri)
    apart.process.start()
    yield apart
    apart.end()


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
    case_api: CaseHere, what: str
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


def test_a_refused_act_on_a_case_leaves_it_as_it_was(case_api: CaseHere) -> None:
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
    case_api: CaseHere, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def bug(*_: Any, **__: Any) -> Any:
        raise KeyError("张三丰 13912345678")

    citizen, item = case_api.by(person()), publish(case_api.database, simple())
    monkeypatch.setattr(case_api.servicer.items, "current", bug)
    with refused(Code.INTERNAL, "INTERNAL") as refusal:
        citizen.SubmitCase(item_id=item)
    assert refusal.message == "系统错误，请稍后重试"
    said = capfd.readouterr().err
    assert '"bug"' in said and "KeyError" in said, "somebody is told"
    assert "张三丰" not in said and "13912345678" not in said


def test_a_message_that_is_too_large_is_refused_and_the_connection_goes_on(case_api: CaseHere) -> None:
    citizen = case_api.by(person())
    with refused() as refusal:
        citizen.UploadAttachment(filename="a.pdf", content=PDF + bytes(13 * 1024 * 1024))
    assert refusal.code == Code.RESOURCE_EXHAUSTED
    assert not citizen.ListMyCases().cases


def test_the_answer_to_a_write_can_be_read_at_once_with_its_version(case_api: CaseHere) -> None:
    citizen = case_api.by(person())
    case = citizen.SubmitCase(item_id=publish(case_api.database, simple()))
    assert citizen.GetCase(case_id=case.id, min_version=case.version).version == case.version
    with refused(Code.ABORTED, "NOT_THAT_NEW_YET"):
        citizen.GetCase(case_id=case.id, min_version=case.version + 1)


def test_a_store_that_stands_still_makes_no_call_hang_and_leaves_no_thread_behind(own_store: Store) -> None:
    database = chassis_store.connect(with_database(own_store.uri, "case"), "case")
    with case_here(database) as api:
        citizen, item = api.by(person()), publish(database, simple())
        citizen.SubmitCase(item_id=item)
        own_store.pause()

        def call(deadline: float | None) -> tuple[Any, float]:
            began = time.monotonic()
            with refused() as refusal:
                citizen.SubmitCase(item_id=item, deadline=deadline)
            return refusal, time.monotonic() - began

        try:
            # More calls than the server has threads, each with a deadline; and one whose caller set none.
            with ThreadPoolExecutor(2 * rpc.THREADS) as pool:
                patient = pool.submit(call, None)
                answers = [future.result() for future in [pool.submit(call, 3.0) for _ in range(rpc.THREADS + 4)]]
                refusal, took = patient.result()
        finally:
            own_store.resume()
        for answer, seconds in answers:
            assert answer.code in (Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED) and seconds < 5
        assert (refusal.code, refusal.reason) == (Code.UNAVAILABLE, "STORE_UNAVAILABLE")
        assert took < rpc.DEADLINE_SECONDS + 2
        wait_until(lambda: _works(citizen, item), "it works again as soon as the store does", 10)
    database.client.close()


def _works(citizen: As, item: str) -> bool:
    try:
        return bool(citizen.SubmitCase(item_id=item, deadline=2).id)
    except grpc.RpcError:
        return False


def test_health_is_not_serving_while_the_store_stands_still_or_is_away_and_serving_again_after(
    apart: CaseApart, own_store: Store
) -> None:
    serving, not_serving = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
    assert apart.health() == serving
    own_store.pause()
    wait_until(lambda: apart.health() == not_serving, "NOT_SERVING while the store stands still", 15)
    own_store.resume()
    wait_until(lambda: apart.health() == serving, "SERVING again", 15)
    own_store.kill()
    wait_until(lambda: apart.health() == not_serving, "NOT_SERVING while the store is away", 15)
    own_store.restart()
    wait_until(lambda: apart.health() == serving, "SERVING again", 20)
    assert apart.process.alive


def test_a_process_told_to_end_answers_the_call_in_flight_and_takes_no_new_ones(
    apart: CaseApart, own_store: Store
) -> None:
    with MongoClient(with_database(own_store.uri, "case")) as client:
        item = publish(client.get_default_database(), simple())
    citizen, answers = apart.by(person()), []
    citizen.SubmitCase(item_id=item)
    own_store.pause()
    in_flight = threading.Thread(target=lambda: answers.append(citizen.SubmitCase(item_id=item, deadline=20)))
    in_flight.start()
    time.sleep(0.5)  # it is with the store now
    began = time.monotonic()
    apart.process.terminate()
    time.sleep(0.5)
    with refused(), grpc.insecure_channel(apart.places.addresses["case"]) as late:
        As(late, CASE, person()).ListMyCases(deadline=1)
    own_store.resume()
    in_flight.join(20)
    (case,) = answers
    assert case.number
    wait_until(lambda: not apart.process.alive, "it ends", 30)
    assert (apart.process.exit_code, time.monotonic() - began < rpc.DRAIN_SECONDS) == (0, True)
    with MongoClient(with_database(own_store.uri, "case")) as client:
        assert client.get_default_database()["cases"].count_documents({}) == 2


def test_reflection_lists_the_services_and_describes_them(case_api: CaseHere) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(case_api.channel)
    requests = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="yiwang.case.v1.CaseService"),
    ]
    listed, described = stub.ServerReflectionInfo(iter(requests))
    names = {service.name for service in listed.list_services_response.service}
    assert {"yiwang.case.v1.CaseService", "grpc.health.v1.Health"} <= names
    assert described.file_descriptor_response.file_descriptor_proto


def test_nothing_personal_stands_in_clear_in_store_broker_logs_or_spans(
    tmp_path: Path, mongodb_uri: str, database: Db, amqp_uri: str
) -> None:
    canaries = {"name": "欧阳测试金丝雀", "phone": "13998765432", "note": "990121199003077654"}
    texts = {
        "filename": "欧阳测试金丝雀的身份证.pdf",
        "notice": "请欧阳测试金丝雀补交",
        "opinion": "欧阳测试金丝雀合格",
    }
    content = PDF + "欧阳测试金丝雀".encode()
    trust(database)
    item = publish(database, definition(steps=definition().steps[1:2]))
    apart = CaseApart(tmp_path, mongodb_uri, amqp_uri)
    worker = odd_worker(places_for(tmp_path / "worker", mongodb_uri, amqp_uri))
    apart.process.start()
    worker.launch()
    try:
        with broking.spying(amqp_uri) as spy:
            citizen, desk = apart.by(person()), apart.by(officer("receive", "review", "issue"))
            stored = citizen.UploadAttachment(filename=texts["filename"], content=content)
            files = [pb.HandedIn(material="application", attachments=[stored.id])]
            with refused(Code.INVALID_ARGUMENT):
                citizen.SubmitCase(item_id=item, form=canaries | {"area": canaries["name"]}, materials=files)
            case = citizen.SubmitCase(item_id=item, form=canaries, materials=files)
            desk.RequestCorrection(case_id=case.id, materials=["plan"], notice=texts["notice"])
            more = citizen.UploadAttachment(filename=texts["filename"], content=content)
            plan = [pb.HandedIn(material="plan", attachments=[more.id])]
            citizen.CorrectCase(case_id=case.id, materials=plan, form={"note": canaries["note"]})
            desk.AcceptCase(case_id=case.id)
            desk.PassReviewStep(case_id=case.id, opinion=texts["opinion"])
            with refused():
                desk.RefuseCase(case_id=case.id, reason=texts["opinion"])
            decider = apart.by(officer("decide"))
            decider.DecideCase(case_id=case.id, granted=False, reason=texts["notice"])
            decider.CloseCase(case_id=case.id)
            seen = citizen.GetCase(case_id=case.id)
            assert texts["notice"] in {entry.text for entry in seen.timeline}, "readable where it may be read"
            messages = spy.take(7, 30)
        apart.process.stop()
        worker.stop()
    finally:
        apart.end()
        if worker.alive:
            worker.kill()
        worker.stop()
    places = {
        "the store": b"".join(
            bson.encode(document) for name in database.list_collection_names() for document in database[name].find()
        ),
        "the broker": b"".join(bytes(m.body if isinstance(m.body, bytes) else m.body.encode()) for m in messages)
        + str([m.headers for m in messages]).encode(),
        "logs and spans": text_of(tmp_path).encode(),
    }
    assert b"CaseSubmitted" in places["the store"] and b'"SubmitCase"' not in places["the broker"]
    assert b"SubmitCase" in places["logs and spans"], "there are spans to look into"
    for place, found in places.items():
        for secret in (*canaries.values(), "金丝雀"):
            assert secret.encode() not in found, f"{secret} in {place}"
            assert ascii(secret)[1:-1].encode() not in found, f"{secret}, escaped, in {place}"
