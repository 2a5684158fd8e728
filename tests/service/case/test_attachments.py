"""Attachments: what is taken, that it stays whole, who reads it, and what is swept."""

import hashlib
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from pymongo.collection import Collection

from chassis.acts import Cause, now
from chassis.files import GOOD_FOR
from services.case import attachments, content, store
from tests.support.actors import OTHER_DEPARTMENT, officer, person
from tests.support.calling import As, refused
from tests.support.case_service import INVALID, NOT_FOUND, Db, submit, upload
from tests.support.files import docx, jpeg, ofd, png, zipped
from tests.support.items import PDF
from tests.support.serving import CASE, Here
from yiwang.case.v1 import service_pb2 as pb

PNG, JPEG = png(), jpeg()
KINDS = {
    "application/pdf": PDF,
    "image/png": PNG,
    "image/jpeg": JPEG,
    "application/ofd": ofd(),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": docx(),
}
WRONG = {
    "a text": b"hello, this is only text",
    "a program": b"\x7fELF\x02\x01\x01" + bytes(60),
    "a Windows program": b"MZ\x90\x00" + bytes(200),
    "a page": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "a drawing with scripts": b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
    "a ZIP of anything": zipped({"evil.exe": "MZ"}),
    "a GIF": b"GIF89a\x01\x00\x01\x00\x80\x00\x00",
    "one byte": b"x",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_told_by_its_content_whatever_it_is_called(citizen: As, kind: str) -> None:
    stored = upload(citizen, KINDS[kind], "照片.exe")
    assert (stored.media_type, stored.size, stored.filename) == (kind, len(KINDS[kind]), "照片.exe")
    assert stored.sha256 == hashlib.sha256(KINDS[kind]).hexdigest()


@pytest.mark.parametrize("kind", WRONG)
def test_other_content_is_refused_even_under_a_good_name(case_api: Here, citizen: As, kind: str) -> None:
    with refused(INVALID, "ATTACHMENT_TYPE") as refusal:
        upload(citizen, WRONG[kind], "申请书.pdf")
    assert refusal.fields == {"content": "ATTACHMENT_TYPE"}
    assert case_api.database["attachments.files"].count_documents({}) == 0
    assert case_api.database["attachments.chunks"].count_documents({}) == 0


HOSTILE = {
    "ATTACHMENT_POLYGLOT": PDF + zipped({"evil.exe": "MZ"}),
    "ATTACHMENT_BOMB": ofd({"Doc_0/bomb.xml": bytes(5_000_000)}),
    "ATTACHMENT_ACTIVE": docx({"word/vbaProject.bin": b"x"}),
    "ATTACHMENT_BROKEN": PDF[:-8],
}


@pytest.mark.parametrize("reason", HOSTILE)
def test_a_file_that_could_hurt_is_refused_by_its_reason_and_nothing_of_it_is_stored(
    case_api: Here, citizen: As, reason: str
) -> None:
    with refused(INVALID, reason) as refusal:
        upload(citizen, HOSTILE[reason])
    assert refusal.fields == {"content": reason}
    assert "重新" in refusal.message or "不能接收" in refusal.message
    assert case_api.database["attachments.files"].count_documents({}) == 0
    assert case_api.database["attachments.chunks"].count_documents({}) == 0


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\a.pdf", "a\0.pdf", "申请\u202efdp.exe", "CON.pdf"])
def test_a_name_that_is_a_path_or_hides_what_it_is_is_refused(case_api: Here, citizen: As, name: str) -> None:
    with refused(INVALID, "FILENAME") as refusal:
        upload(citizen, PDF, name)
    assert refusal.fields == {"filename": "FILENAME"}
    assert case_api.database["attachments.files"].count_documents({}) == 0


def test_an_empty_file_and_a_name_too_long_are_refused_by_field(citizen: As) -> None:
    with refused(INVALID) as refusal:
        upload(citizen, b"")
    assert set(refusal.fields) == {"content"}
    for name in ("", "长" * 201):
        with refused(INVALID) as refusal:
            upload(citizen, PDF, name)
        assert set(refusal.fields) == {"filename"}


def test_a_hundred_megabytes_are_refused_at_the_door_and_the_service_goes_on(case_api: Here, citizen: As) -> None:
    request = pb.UploadAttachmentRequest(request_id="upload-1", filename="a.pdf", content=PDF + bytes(100_000_000))
    with (
        grpc.insecure_channel(case_api.address, options=[("grpc.max_send_message_length", -1)]) as unbound,
        refused(grpc.StatusCode.RESOURCE_EXHAUSTED),
    ):
        As(unbound, CASE, citizen.actor).UploadAttachment(request)
    assert upload(citizen).size == len(PDF)
    assert case_api.database["attachments.files"].count_documents({}) == 1


def test_a_file_of_ten_mebibytes_is_taken_and_one_byte_more_is_not(citizen: As, item: str) -> None:
    full = PDF + bytes(content.MOST_BYTES - len(PDF))
    stored = upload(citizen, full)
    case = submit(citizen, item, materials=[pb.HandedIn(material="application", attachments=[stored.id])])
    answer = citizen.DownloadAttachment(case_id=case.id, attachment_id=stored.id)
    assert hashlib.sha256(answer.content).hexdigest() == stored.sha256
    with refused(INVALID, "ATTACHMENT_SIZE") as refusal:
        upload(citizen, full + b"x")
    assert refusal.fields == {"content": "ATTACHMENT_SIZE"}


def test_an_upload_repeated_with_its_request_id_is_one_file_and_another_content_is_refused(
    case_api: Here, citizen: As
) -> None:
    one = upload(citizen, request_id="upload-1")
    assert upload(citizen, request_id="upload-1") == one
    for changed in ({"content": PNG}, {"filename": "另一个.pdf"}):
        with refused(INVALID, "REQUEST_ID_REUSED"):
            upload(citizen, request_id="upload-1", **changed)
    assert case_api.database["attachments.files"].count_documents({}) == 1


def test_the_same_upload_eight_times_at_once_is_one_file_and_readable(case_api: Here, citizen: As, item: str) -> None:
    content = PDF + bytes(600_000)
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda _: upload(citizen, content, request_id="upload-1"), range(8)))
    assert len({one.id for one in stored}) == 1
    case = submit(citizen, item, materials=[pb.HandedIn(material="application", attachments=[stored[0].id])])
    assert citizen.DownloadAttachment(case_id=case.id, attachment_id=stored[0].id).content == content


def test_an_upload_that_died_half_way_is_whole_when_it_is_asked_for_again(
    case_api: Here, citizen: As, item: str, database: Db, monkeypatch: pytest.MonkeyPatch
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


def test_a_file_of_somebody_else_cannot_be_handed_in(case_api: Here, citizen: As, item: str) -> None:
    foreign = upload(case_api.by(person()))
    for id in (foreign.id, str(uuid.uuid4())):
        with refused(INVALID, "ATTACHMENT_UNKNOWN") as refusal:
            submit(citizen, item, materials=[pb.HandedIn(material="application", attachments=[id])])
        assert refusal.fields == {"materials[application]": "ATTACHMENT_UNKNOWN"}
    assert case_api.database["cases"].count_documents({}) == 0


def test_a_file_is_read_by_its_applicant_and_the_department_and_by_nobody_else(
    case_api: Here, citizen: As, item: str
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
    case_api: Here, citizen: As, item: str, database: Db
) -> None:
    used, unused, fresh = upload(citizen), upload(citizen), upload(citizen)
    case = submit(citizen, item, materials=[pb.HandedIn(material="application", attachments=[used.id])])
    files, cases = store.attachments(database), store.cases(database)
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
    old = now() - GOOD_FOR - timedelta(minutes=1)
    database["attachments.files"].update_many({}, {"$set": {"metadata.at": old}})
    with refused(INVALID, "ATTACHMENT_UNKNOWN"):
        submit(citizen, item, materials=[pb.HandedIn(material="application", attachments=[stored.id])])
