"""Cases over gRPC: the whole way from submission to close, attachments, lists, and the public progress."""

import hashlib
import io
import itertools
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from pymongo.collection import Collection
from pymongo.database import Database

from chassis.acts import Cause, now
from chassis.records import broken_at
from services.case import attachments, store
from standards.identifiers import case_number_valid
from tests.support.actors import OTHER_DEPARTMENT, officer, person
from tests.support.calling import As, refused
from tests.support.items import FORM, PDF, definition, publish, simple
from tests.support.serving import CaseHere
from tests.support.waiting import wait_until
from yiwang.case.v1 import service_pb2 as pb

Db = Database[dict[str, Any]]
NOT_FOUND = grpc.StatusCode.NOT_FOUND
INVALID = grpc.StatusCode.INVALID_ARGUMENT
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"


def zipped(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "<x/>")
    return file.getvalue()


@pytest.fixture
def desk(case_api: CaseHere) -> dict[str, As]:
    """An officer for each role of the department, each another person."""
    return {role: case_api.by(officer(role)) for role in ("receive", "review", "decide", "issue")}


@pytest.fixture
def citizen(case_api: CaseHere) -> As:
    return case_api.by(person())


@pytest.fixture
def item(database: Db) -> str:
    return publish(database, definition())


@pytest.fixture
def plain_item(database: Db) -> str:
    return publish(database, simple())


def upload(citizen: As, content: bytes = PDF, filename: str = "申请书.pdf", **more: Any) -> pb.Attachment:
    return citizen.UploadAttachment(filename=filename, content=content, **more)


def handed_in(citizen: As, *materials: str) -> list[pb.HandedIn]:
    return [pb.HandedIn(material=key, attachments=[upload(citizen).id]) for key in materials or ("application",)]


def submit(citizen: As, item: str, **more: Any) -> pb.Case:
    return citizen.SubmitCase(**{"item_id": item, "form": FORM, "materials": handed_in(citizen), **more})


def answers(case: pb.Case) -> dict[str, str]:
    """What was answered, without the questions left open."""
    return {answer.field.key: answer.value for answer in case.answers if answer.value}


def status(case: pb.Case) -> str:
    return pb.CaseStatus.Name(case.status).removeprefix("CASE_STATUS_")


def test_a_case_goes_its_whole_way_and_each_reader_sees_his_part_of_it(
    case_api: CaseHere, citizen: As, desk: dict[str, As], item: str
) -> None:
    case = submit(citizen, item, channel=pb.CHANNEL_MOBILE)
    assert (status(case), case.version, case.item_name) == ("SUBMITTED", 1, "公共场所卫生许可")
    assert answers(case) == FORM and case_number_valid(case.number) and case.query_code
    assert list(case.moves) == ["WithdrawCase"]

    case = desk["receive"].RequestCorrection(case_id=case.id, materials=["application", "plan"], notice="请补平面图")
    assert (status(case), case.correction_notice) == ("CORRECTION", "请补平面图")
    seen = citizen.GetCase(case_id=case.id)
    assert [m.key for m in seen.materials if m.correction_open] == ["application", "plan"]
    assert list(seen.moves) == ["CorrectCase", "WithdrawCase"]

    files = handed_in(citizen, "application", "plan")
    case = citizen.CorrectCase(case_id=case.id, materials=files, form={"phone": "13900000000"})
    assert (status(case), case.correction_notice) == ("SUBMITTED", "")
    assert answers(case) == FORM | {"phone": "13900000000"}, "answers left out stay"
    assert {m.key: len(m.attachments) for m in case.materials} == {"application": 1, "plan": 1, "report": 0}

    case = desk["receive"].AcceptCase(case_id=case.id)
    assert (status(case), bool(case.promised_due), bool(case.statutory_due)) == ("IN_REVIEW", True, True)
    for number, step in enumerate(("材料审查", "现场勘验"), 1):
        case = desk["review"].PassReviewStep(case_id=case.id, opinion=f"{step}合格")
        assert case.review_steps_passed == number
    assert status(case) == "REVIEWED"
    case = desk["decide"].DecideCase(case_id=case.id, granted=True)
    assert status(case) == "GRANTED"
    case = desk["issue"].IssueResult(case_id=case.id, result_number="卫证字2026第1号")
    assert (status(case), case.result_number) == ("ISSUED", "卫证字2026第1号")
    case = desk["issue"].CloseCase(case_id=case.id)
    assert (status(case), bool(case.closed_at), list(case.moves)) == ("CLOSED", True, [])

    told = citizen.GetCase(case_id=case.id, min_version=case.version)
    assert [entry.title for entry in told.timeline] == [
        "提交申请",
        "一次性告知补正",
        "已补正材料",
        "予以受理",
        "通过审查环节：材料审查",
        "通过审查环节：现场勘验",
        "作出决定：准予",
        "制作结果文书",
        "办结",
    ]
    assert [entry.seq for entry in told.timeline] == list(range(1, 10))
    assert {entry.by for entry in told.timeline} == {""}, "the applicant does not learn who"
    opinions = [entry.text for entry in told.timeline if entry.type == "ReviewStepPassed"]
    assert opinions == ["", ""], "opinions are for officers"
    read = desk["review"].GetCase(case_id=case.id)
    assert [e.text for e in read.timeline if e.type == "ReviewStepPassed"] == ["材料审查合格", "现场勘验合格"]
    assert read.timeline[3].by == f"officer:{desk['receive'].actor.id}" and not read.query_code

    records = store.cases(case_api.database)
    document = records.collection.find_one({"_id": case.id}) or {}
    assert broken_at(document["journal"]) is None and records.drift(document) == []


def test_a_denial_gives_its_reason_to_the_applicant_and_is_closed_without_a_document(
    citizen: As, desk: dict[str, As], plain_item: str
) -> None:
    case = citizen.SubmitCase(item_id=plain_item)
    desk["receive"].AcceptCase(case_id=case.id)
    for _ in range(2):
        desk["review"].PassReviewStep(case_id=case.id, opinion="不合格")
    with refused(INVALID, "REQUIRED") as refusal:
        desk["decide"].DecideCase(case_id=case.id, granted=False)
    assert refusal.fields == {"reason": "REQUIRED"}
    desk["decide"].DecideCase(case_id=case.id, granted=False, reason="场所不符合卫生标准")
    assert status(desk["decide"].CloseCase(case_id=case.id)) == "CLOSED"
    decided = citizen.GetCase(case_id=case.id).timeline[-2]
    assert (decided.title, decided.text) == ("作出决定：不予许可", "场所不符合卫生标准")


def test_a_refusal_to_accept_ends_the_case_with_its_reason(citizen: As, desk: dict[str, As], plain_item: str) -> None:
    case = citizen.SubmitCase(item_id=plain_item)
    assert status(desk["receive"].RefuseCase(case_id=case.id, reason="不属于本机关职权范围")) == "REFUSED"
    seen = citizen.GetCase(case_id=case.id)
    assert (seen.timeline[-1].title, seen.timeline[-1].text) == ("不予受理", "不属于本机关职权范围")
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        citizen.WithdrawCase(case_id=case.id)


def test_an_application_is_withdrawn_before_the_decision_and_not_after(
    citizen: As, desk: dict[str, As], database: Db
) -> None:
    item = publish(database, simple(steps=[]))
    case = citizen.SubmitCase(item_id=item)
    assert status(citizen.WithdrawCase(case_id=case.id, reason="另行申请")) == "WITHDRAWN"
    late = citizen.SubmitCase(item_id=item)
    desk["receive"].AcceptCase(case_id=late.id)
    desk["decide"].DecideCase(case_id=late.id, granted=True)
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        citizen.WithdrawCase(case_id=late.id)


def test_a_case_withdrawn_during_correction_asks_for_nothing_any_more(
    citizen: As, desk: dict[str, As], item: str
) -> None:
    case = submit(citizen, item)
    desk["receive"].RequestCorrection(case_id=case.id, materials=["plan"], notice="请补平面图")
    citizen.WithdrawCase(case_id=case.id)
    seen = citizen.GetCase(case_id=case.id)
    assert seen.correction_notice == "" and not any(material.correction_open for material in seen.materials)


def test_the_officer_who_received_a_case_cannot_decide_it(case_api: CaseHere, citizen: As, database: Db) -> None:
    both = case_api.by(officer("receive", "decide"))
    case = citizen.SubmitCase(item_id=publish(database, simple(steps=[])))
    both.AcceptCase(case_id=case.id)
    with refused(PRECONDITION, "RECEIVER_MAY_NOT_DECIDE"):
        both.DecideCase(case_id=case.id, granted=True)
    assert "DecideCase" not in both.GetCase(case_id=case.id).moves


def test_same_request_id_gives_the_same_case_and_another_body_is_refused(
    case_api: CaseHere, citizen: As, item: str
) -> None:
    materials = handed_in(citizen)
    first = submit(citizen, item, request_id="request-1", materials=materials)
    again = submit(citizen, item, request_id="request-1", materials=materials)
    assert (again.id, again.number, again.query_code) == (first.id, first.number, first.query_code)
    with refused(INVALID, "REQUEST_ID_REUSED") as refusal:
        submit(citizen, item, request_id="request-1", materials=materials, form=FORM | {"name": "另一人"})
    assert refusal.fields == {"request_id": "REQUEST_ID_REUSED"}
    assert case_api.database["cases"].count_documents({}) == 1


def test_two_persons_with_the_same_request_id_have_two_cases(case_api: CaseHere, plain_item: str) -> None:
    ids = {case_api.by(person()).SubmitCase(item_id=plain_item, request_id="request-1").id for _ in range(2)}
    assert len(ids) == 2


def test_the_same_submission_eight_times_at_once_is_one_case(case_api: CaseHere, citizen: As, item: str) -> None:
    materials = handed_in(citizen)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: submit(citizen, item, request_id="request-1", materials=materials).id, range(8)))
    assert len(set(made)) == 1 and case_api.database["cases"].count_documents({}) == 1


def test_an_act_repeated_with_its_request_id_is_done_once(citizen: As, desk: dict[str, As], plain_item: str) -> None:
    case = citizen.SubmitCase(item_id=plain_item)
    one = desk["receive"].AcceptCase(case_id=case.id, request_id="accept-1")
    desk["review"].PassReviewStep(case_id=case.id, opinion="好")
    again = desk["receive"].AcceptCase(case_id=case.id, request_id="accept-1")
    assert (again.version, again.accepted_at) == (3, one.accepted_at)


def test_a_repeated_submission_answers_after_the_item_was_changed_suspended_or_its_uploads_swept(
    case_api: CaseHere, citizen: As, database: Db, item: str
) -> None:
    materials = handed_in(citizen)
    first = submit(citizen, item, request_id="request-1", materials=materials, edition=1)
    publish(database, definition(form_fields=[], name="新名称"), item, edition=2)
    case_api.servicer.items.refresh()
    again = submit(citizen, item, request_id="request-1", materials=materials, edition=1)
    assert (again.id, again.edition, again.item_name) == (first.id, 1, "公共场所卫生许可")
    store.Items(database).suspend(item, 3)
    case_api.servicer.items.refresh()
    assert submit(citizen, item, request_id="request-1", materials=materials, edition=1).id == first.id
    with refused(PRECONDITION, "ITEM_SUSPENDED"):
        submit(citizen, item, materials=materials)


def test_a_case_keeps_the_edition_it_was_submitted_with(
    case_api: CaseHere, citizen: As, desk: dict[str, As], database: Db, item: str
) -> None:
    case = submit(citizen, item)
    publish(database, definition(materials=[], steps=[]), item, edition=2)
    case_api.servicer.items.refresh()
    seen = citizen.GetCase(case_id=case.id)
    assert (seen.edition, [material.key for material in seen.materials]) == (1, ["application", "plan", "report"])
    desk["receive"].RequestCorrection(case_id=case.id, materials=["plan"], notice="请补平面图")
    assert citizen.SubmitCase(item_id=item, form=FORM).edition == 2


def test_an_edition_that_is_not_the_present_one_is_refused(
    case_api: CaseHere, citizen: As, database: Db, plain_item: str
) -> None:
    assert citizen.SubmitCase(item_id=plain_item, edition=1).edition == 1
    with refused(PRECONDITION, "ITEM_CHANGED"):
        citizen.SubmitCase(item_id=plain_item, edition=2)


def test_an_item_nobody_has_published_cannot_be_applied_for(citizen: As) -> None:
    with refused(INVALID, "ITEM_UNKNOWN") as refusal:
        citizen.SubmitCase(item_id=str(uuid.uuid4()))
    assert refusal.fields == {"item_id": "ITEM_UNKNOWN"}


def test_item_events_in_any_order_and_twice_leave_the_newest(database: Db) -> None:
    heard = [
        lambda items, id: items.keep(id, 2, 1, definition(name="第一版")),
        lambda items, id: items.suspend(id, 3),
        lambda items, id: items.keep(id, 4, 2, definition(name="第二版")),
        lambda items, id: items.suspend(id, 5),
    ]
    outcomes = set()
    for order in itertools.permutations(range(4)):
        items, id = store.Items(database), str(uuid.uuid4())
        for number in [*order, *reversed(order)]:
            heard[number](items, id)
        current = items.current(id)
        assert current is not None, order
        outcomes.add((current.edition, current.suspended, current.definition.name))
        assert [items.edition(id, edition).name for edition in (1, 2)] == ["第一版", "第二版"]  # type: ignore[union-attr]
    assert outcomes == {(2, True, "第二版")}


# Attachments

KINDS = {
    "application/pdf": PDF,
    "image/png": PNG,
    "image/jpeg": JPEG,
    "application/ofd": zipped("OFD.xml"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": zipped("word/document.xml"),
}
WRONG = {
    "a text": b"hello, this is only text",
    "a program": b"\x7fELF\x02\x01\x01" + bytes(60),
    "a Windows program": b"MZ\x90\x00" + bytes(200),
    "a page": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "a drawing with scripts": b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
    "a ZIP of anything": zipped("evil.exe"),
    "a GIF": b"GIF89a\x01\x00\x01\x00\x80\x00\x00",
    "one byte": b"x",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_told_by_its_content_whatever_it_is_called(citizen: As, kind: str) -> None:
    stored = upload(citizen, KINDS[kind], "照片.exe")
    assert (stored.media_type, stored.size, stored.filename) == (kind, len(KINDS[kind]), "照片.exe")
    assert stored.sha256 == hashlib.sha256(KINDS[kind]).hexdigest()


@pytest.mark.parametrize("kind", WRONG)
def test_other_content_is_refused_even_under_a_good_name(case_api: CaseHere, citizen: As, kind: str) -> None:
    with refused(INVALID, "ATTACHMENT_TYPE") as refusal:
        upload(citizen, WRONG[kind], "申请书.pdf")
    assert refusal.fields == {"content": "ATTACHMENT_TYPE"}
    assert case_api.database["attachments.files"].count_documents({}) == 0
    assert case_api.database["attachments.chunks"].count_documents({}) == 0


def test_a_file_of_ten_mebibytes_is_taken_and_one_byte_more_is_not(citizen: As, item: str) -> None:
    full = PDF + bytes(attachments.MOST_BYTES - len(PDF))
    stored = upload(citizen, full)
    case = submit(citizen, item, materials=[pb.HandedIn(material="application", attachments=[stored.id])])
    answer = citizen.DownloadAttachment(case_id=case.id, attachment_id=stored.id)
    assert hashlib.sha256(answer.content).hexdigest() == stored.sha256
    with refused(INVALID, "ATTACHMENT_SIZE") as refusal:
        upload(citizen, full + b"x")
    assert refusal.fields == {"content": "ATTACHMENT_SIZE"}


def test_an_upload_repeated_with_its_request_id_is_one_file_and_another_content_is_refused(
    case_api: CaseHere, citizen: As
) -> None:
    one = upload(citizen, request_id="upload-1")
    assert upload(citizen, request_id="upload-1") == one
    for changed in ({"content": PNG}, {"filename": "另一个.pdf"}):
        with refused(INVALID, "REQUEST_ID_REUSED"):
            upload(citizen, request_id="upload-1", **changed)
    assert case_api.database["attachments.files"].count_documents({}) == 1


def test_the_same_upload_eight_times_at_once_is_one_file_and_readable(
    case_api: CaseHere, citizen: As, item: str
) -> None:
    content = PDF + bytes(600_000)
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda _: upload(citizen, content, request_id="upload-1"), range(8)))
    assert len({one.id for one in stored}) == 1
    case = submit(citizen, item, materials=[pb.HandedIn(material="application", attachments=[stored[0].id])])
    assert citizen.DownloadAttachment(case_id=case.id, attachment_id=stored[0].id).content == content


def test_an_upload_that_died_half_way_is_whole_when_it_is_asked_for_again(
    case_api: CaseHere, citizen: As, item: str, database: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = PDF + bytes(600_000)

    class Killed(BaseException):
        pass

    plain = Collection.insert_one

    def die(self: Any, *arguments: Any, **options: Any) -> Any:
        if self.name == "attachments.files":
            raise Killed
        return plain(self, *arguments, **options)

    assert citizen.actor is not None
    request = pb.UploadAttachmentRequest(request_id="upload-1", filename="申请书.pdf", content=content)
    cause = Cause(f"{citizen.actor.principal}/UploadAttachment/upload-1", "", "digest", "")
    call: Any = SimpleNamespace(actor=citizen.actor, cause=cause)
    # The process is killed when the content is written and the file is not: nothing tidies up.
    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr(Collection, "insert_one", die)
        attachments.upload(case_api.servicer.files, case_api.keyring, request, call)
    assert database["attachments.chunks"].count_documents({}) > 0
    stored = upload(citizen, content, request_id="upload-1")
    case = submit(citizen, item, materials=[pb.HandedIn(material="application", attachments=[stored.id])])
    assert citizen.DownloadAttachment(case_id=case.id, attachment_id=stored.id).content == content


def test_a_file_of_somebody_else_cannot_be_handed_in(case_api: CaseHere, citizen: As, item: str) -> None:
    foreign = upload(case_api.by(person()))
    for id in (foreign.id, str(uuid.uuid4())):
        with refused(INVALID, "ATTACHMENT_UNKNOWN") as refusal:
            submit(citizen, item, materials=[pb.HandedIn(material="application", attachments=[id])])
        assert refusal.fields == {"materials[application]": "ATTACHMENT_UNKNOWN"}
    assert case_api.database["cases"].count_documents({}) == 0


def test_a_file_is_read_by_its_applicant_and_the_department_and_by_nobody_else(
    case_api: CaseHere, citizen: As, item: str
) -> None:
    stored = upload(citizen)
    case = submit(citizen, item, materials=[pb.HandedIn(material="application", attachments=[stored.id])])
    may = [citizen, *(case_api.by(officer(role)) for role in ("receive", "review", "decide", "issue"))]
    for reader in may:
        answer = reader.DownloadAttachment(case_id=case.id, attachment_id=stored.id)
        assert (answer.content, answer.attachment.filename) == (PDF, "申请书.pdf")
    for stranger in (case_api.by(person()), case_api.by(officer("receive", department=OTHER_DEPARTMENT))):
        with refused(NOT_FOUND, "NOT_FOUND"):
            stranger.DownloadAttachment(case_id=case.id, attachment_id=stored.id)
        with refused(NOT_FOUND, "NOT_FOUND"):
            stranger.GetCase(case_id=case.id)


def test_a_file_is_read_through_its_own_case_only(citizen: As, item: str, plain_item: str) -> None:
    stored = upload(citizen)
    submit(citizen, item, materials=[pb.HandedIn(material="application", attachments=[stored.id])])
    other = citizen.SubmitCase(item_id=plain_item)
    with refused(NOT_FOUND):
        citizen.DownloadAttachment(case_id=other.id, attachment_id=stored.id)


def test_unused_uploads_are_swept_after_a_day_and_used_ones_stay(
    case_api: CaseHere, citizen: As, item: str, database: Db
) -> None:
    used, unused, fresh = upload(citizen), upload(citizen), upload(citizen)
    case = submit(citizen, item, materials=[pb.HandedIn(material="application", attachments=[used.id])])
    files, cases = store.Attachments(database), store.cases(database)
    old = now() - timedelta(days=2)
    for one in (used, unused):
        database["attachments.files"].update_many({"metadata.upload": one.id}, {"$set": {"metadata.at": old}})
        database["attachments.files"].update_many({"_id": one.id}, {"$set": {"metadata.at": old}})
    swept = files.sweep(now() - timedelta(days=1), lambda file: store.uses_file(cases, file))
    assert swept == 1
    assert (files.get(unused.id), files.read(unused.id)) == (None, None)
    assert files.get(fresh.id) is not None
    assert citizen.DownloadAttachment(case_id=case.id, attachment_id=used.id).content == PDF
    assert files.sweep(now() - timedelta(days=1), lambda file: store.uses_file(cases, file)) == 0


def test_an_upload_too_old_to_be_safe_from_the_sweep_is_not_taken(citizen: As, item: str, database: Db) -> None:
    stored = upload(citizen)
    old = now() - attachments.GOOD_FOR - timedelta(minutes=1)
    database["attachments.files"].update_many({}, {"$set": {"metadata.at": old}})
    with refused(INVALID, "ATTACHMENT_UNKNOWN"):
        submit(citizen, item, materials=[pb.HandedIn(material="application", attachments=[stored.id])])


# Lists


def spread(database: Db, instants: list[datetime]) -> None:
    """Moves the cases to these instants of submission."""
    documents = list(database["cases"].find({}, {"_id": 1}))
    for document, instant in zip(documents, instants, strict=True):
        database["cases"].update_one({"_id": document["_id"]}, {"$set": {"state.submitted_at": instant}})


def pages(call: Any, **fields: Any) -> list[list[str]]:
    """Ids by page, walked to the end."""
    found, token = [], ""
    while True:
        answer = call(page_token=token, **fields)
        found.append([case.id for case in answer.cases])
        token = answer.next_page_token
        if not token:
            return found
        assert len(found) < 100, "the pages end some time"


@pytest.mark.parametrize("distinct", [2, 7, 30])
def test_pages_lose_and_double_nothing_although_many_cases_share_a_millisecond(
    citizen: As, desk: dict[str, As], plain_item: str, database: Db, distinct: int
) -> None:
    ids = {citizen.SubmitCase(item_id=plain_item).id for _ in range(30)}
    base = now() - timedelta(days=3)
    spread(database, [base + timedelta(hours=number % distinct) for number in range(30)])
    for call in (citizen.ListMyCases, desk["receive"].ListInbox):
        for size in (1, 7, 30, 100):
            walked = [id for page in pages(call, page_size=size) for id in page]
            assert len(walked) == len(set(walked)) and set(walked) == ids
    newest = [case.submitted_at for case in citizen.ListMyCases(page_size=100).cases]
    assert newest == sorted(newest, reverse=True)


def test_a_page_is_no_longer_than_asked_for_where_instants_differ(
    citizen: As, desk: dict[str, As], plain_item: str, database: Db
) -> None:
    for _ in range(25):
        citizen.SubmitCase(item_id=plain_item)
    spread(database, [now() - timedelta(hours=number) for number in range(25)])
    for call in (citizen.ListMyCases, desk["receive"].ListInbox):
        assert [len(page) for page in pages(call, page_size=10)][:2] == [10, 10]
        assert len(call().cases) == 20, "twenty unless another size is asked for"


def test_old_cases_are_in_the_list_too(citizen: As, desk: dict[str, As], plain_item: str, database: Db) -> None:
    for _ in range(3):
        citizen.SubmitCase(item_id=plain_item)
    spread(database, [now() - timedelta(days=days) for days in (0, 200, 800)])
    for call in (citizen.ListMyCases, desk["receive"].ListInbox):
        assert len({id for page in pages(call, page_size=2) for id in page}) == 3


def test_lists_show_only_what_may_be_seen_and_no_form_and_no_timeline(
    case_api: CaseHere, citizen: As, desk: dict[str, As], item: str, plain_item: str
) -> None:
    mine = submit(citizen, item).id
    case_api.by(person()).SubmitCase(item_id=plain_item)
    assert [case.id for case in citizen.ListMyCases().cases] == [mine]
    assert len(desk["receive"].ListInbox().cases) == 2
    assert not case_api.by(officer("receive", department=OTHER_DEPARTMENT)).ListInbox().cases
    for case in [*citizen.ListMyCases().cases, *desk["receive"].ListInbox().cases]:
        assert not case.answers and not case.timeline and not case.materials and not case.query_code


def test_the_inbox_holds_open_cases_only(citizen: As, desk: dict[str, As], plain_item: str) -> None:
    closed, stays = (citizen.SubmitCase(item_id=plain_item).id for _ in range(2))
    desk["receive"].RefuseCase(case_id=closed, reason="不受理")
    assert [case.id for case in desk["receive"].ListInbox().cases] == [stays]
    assert len(citizen.ListMyCases().cases) == 2


def test_the_inbox_by_light_lists_what_is_overdue_or_due_soon_the_most_urgent_first(
    citizen: As, desk: dict[str, As], plain_item: str, database: Db
) -> None:
    ids = [citizen.SubmitCase(item_id=plain_item).id for _ in range(6)]
    for id in ids:
        desk["receive"].AcceptCase(case_id=id)
    hours = {ids[0]: -48, ids[1]: -1, ids[2]: 1, ids[3]: 3, ids[4]: 24 * 40, ids[5]: 24 * 60}
    for id, offset in hours.items():
        due = now() + timedelta(hours=offset)
        database["cases"].update_one({"_id": id}, {"$set": {"state.promised_due": due}})
    inbox = desk["receive"].ListInbox
    assert [case.id for case in inbox(light=pb.LIGHT_RED).cases] == [ids[0], ids[1]]
    assert [case.id for case in inbox(light=pb.LIGHT_YELLOW).cases] == [ids[2], ids[3]]
    assert {case.light for case in inbox(light=pb.LIGHT_RED).cases} == {pb.LIGHT_RED}
    assert len(inbox().cases) == 6


@pytest.mark.parametrize(
    "token", ["x", "1.5", "-1", "-62135596800000", "9" * 18, "9" * 100, "１２", "NaN", "-62135596800000.x"]
)
def test_a_made_up_page_token_is_refused_and_breaks_nothing(
    citizen: As, desk: dict[str, As], plain_item: str, token: str
) -> None:
    citizen.SubmitCase(item_id=plain_item)
    for call in (citizen.ListMyCases, desk["receive"].ListInbox):
        with refused(INVALID, "MALFORMED") as refusal:
            call(page_token=token)
        assert refusal.fields == {"page_token": "MALFORMED"}


def test_arrivals_of_the_day_are_shown_to_the_department(
    case_api: CaseHere, citizen: As, desk: dict[str, As], plain_item: str, database: Db
) -> None:
    from standards.workdays import SHANGHAI
    from tests.support.actors import DEPARTMENT

    arrivals = store.arrivals(database)
    today = datetime.now(SHANGHAI).date()
    for number in range(3):
        arrivals.contribute(f"case{number}", [f"{DEPARTMENT}/{today}"], "arrived", 1)
    wait_until(lambda: arrivals.recount() >= 0 and desk["receive"].ListInbox().arrived_today == 3, "three arrived")
    assert case_api.by(officer("receive", department=OTHER_DEPARTMENT)).ListInbox().arrived_today == 0


# Public progress


def test_number_and_code_tell_anyone_how_far_the_case_is_and_no_more(
    case_api: CaseHere, citizen: As, desk: dict[str, As], item: str
) -> None:
    case = submit(citizen, item)
    desk["receive"].RequestCorrection(case_id=case.id, materials=["plan"], notice="请张三丰补平面图")
    anyone = case_api.by(None)
    said = anyone.GetProgress(number=case.number, query_code=case.query_code)
    assert (said.number, pb.CaseStatus.Name(said.status)) == (case.number, "CASE_STATUS_CORRECTION")
    assert [entry.title for entry in said.timeline] == ["提交申请", "一次性告知补正"]
    text = str(said) + said.SerializeToString().decode(errors="replace")
    for secret in (*FORM.values(), case.applicant_id, "平面图", "officer:"):
        assert secret not in text
    lower = anyone.GetProgress(number=case.number, query_code=case.query_code.lower())
    assert lower.number == case.number


def test_a_wrong_code_and_an_unknown_number_have_one_answer(case_api: CaseHere, citizen: As, plain_item: str) -> None:
    from standards.identifiers import case_number

    case = citizen.SubmitCase(item_id=plain_item)
    anyone, answers = case_api.by(None), set()
    unknown = case_number("990121", datetime.now(UTC).date(), b"\x01" * 8)
    wrong = "A" * 8 if case.query_code != "A" * 8 else "B" * 8
    for number, code in ((case.number, wrong), (unknown, wrong), (unknown, case_api.keyring.code(unknown))):
        with refused(NOT_FOUND) as refusal:
            anyone.GetProgress(number=number, query_code=code)
        answers.add((refusal.reason, refusal.message))
    assert len(answers) == 1


def test_a_mistyped_number_is_told_by_its_check_character(case_api: CaseHere, citizen: As, plain_item: str) -> None:
    case = citizen.SubmitCase(item_id=plain_item)
    mistyped = case.number[:-1] + ("0" if case.number[-1] != "0" else "1")
    with refused(INVALID, "CHECK_CHARACTER") as refusal:
        case_api.by(None).GetProgress(number=mistyped, query_code=case.query_code)
    assert refusal.fields == {"number": "CHECK_CHARACTER"}


def test_numbers_are_all_different_and_tell_no_count(citizen: As, plain_item: str) -> None:
    numbers = [citizen.SubmitCase(item_id=plain_item).number for _ in range(20)]
    assert len(set(numbers)) == 20
    assert numbers != sorted(numbers) and numbers != sorted(numbers, reverse=True)
    assert {number[:6] for number in numbers} == {"990121"}


def test_after_erasure_a_case_is_there_without_what_names_the_person(
    case_api: CaseHere, citizen: As, desk: dict[str, As], item: str
) -> None:
    stored = upload(citizen)
    case = submit(citizen, item, materials=[pb.HandedIn(material="application", attachments=[stored.id])])
    desk["receive"].RequestCorrection(case_id=case.id, materials=["plan"], notice="请补平面图")
    case_api.keyring.erase(case.applicant_id, now())
    seen = desk["receive"].GetCase(case_id=case.id)
    assert (seen.erased, list(seen.answers), seen.correction_notice) == (True, [], "")
    assert {entry.text for entry in seen.timeline} == {""}
    assert [one.filename for material in seen.materials for one in material.attachments] == [""]
    with refused(NOT_FOUND):
        desk["receive"].DownloadAttachment(case_id=case.id, attachment_id=stored.id)
    with refused(PRECONDITION, "PERSON_ERASED"):
        citizen.UploadAttachment(filename="申请书.pdf", content=PDF)
    with refused(PRECONDITION, "PERSON_ERASED"):
        citizen.SubmitCase(item_id=publish(case_api.database, simple()))
