"""Files of ratings and tickets: told by their content, sealed, claimed once, read by who may read the record, and swept when unused."""

import io
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import grpc
import pytest
from PIL import Image

from chassis import uploads
from chassis.acts import Actor, Cause, now
from chassis.files import GOOD_FOR
from services.rating import store_files
from standards.rating_codes import TAGS
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, handler, officer, person, supervisor
from tests.support.calling import refused
from tests.support.files import docx, jpeg, ofd, pdf, png, zipped
from tests.support.rating_service import Db, RatingHere, closed
from yiwang.identity.v1 import events_pb2 as identity_events
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb
from yiwang.rating.v1 import tickets_pb2 as tickets_pb

Code = grpc.StatusCode
PDF = pdf(b"<</Type/Catalog>>")
MIB = 1024 * 1024


def upload(rating: RatingHere, actor: Actor, content: bytes = PDF, filename: str = "照片.pdf", **told: Any) -> str:
    stored: pb.RatingFile = rating.by(actor).UploadRatingFile(content=content, filename=filename, **told)
    return stored.file_id


def rated(rating: RatingHere, actor: Actor, *files: str, grade: int = pb.GRADE_DISSATISFIED, **case: Any) -> pb.Rating:
    return rating.given(actor, grade, file_ids=list(files), case=case)


def with_department(rating: RatingHere, id: str, department: str = DEPARTMENT) -> None:
    """As if a supervisor had assigned it."""
    assigned = events.RatingAssigned(rating_id=id, department=department)
    rating.ratings.change(id, Cause(key="assign", by="officer:x"), lambda _: assigned)


# -- what is taken -----------------------------------------------------------------------------------------------------


def taken(kind: str) -> bytes:
    """A picture of one colour."""
    written = io.BytesIO()
    Image.new("RGB", (6, 3), "blue").save(written, kind)
    return written.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"), [(PDF, "application/pdf"), (taken("PNG"), "image/png"), (taken("JPEG"), "image/jpeg")]
)
def test_a_picture_or_pdf_goes_with_a_rating_and_comes_back_whole(
    rating: RatingHere, content: bytes, kind: str
) -> None:
    ann = person()
    stored = rating.by(ann).UploadRatingFile(content=content, filename="现场照片.exe")
    assert (stored.media_type, stored.filename) == (kind, "现场照片.exe")
    given = rated(rating, ann, stored.file_id)
    assert list(given.files) == [stored]
    read = rating.by(ann).DownloadRatingFile(record_id=given.id, file_id=stored.file_id)
    assert read.file == stored and stored.size == len(read.content)
    if kind == "application/pdf":
        assert read.content == content
    else:
        seen = Image.open(io.BytesIO(read.content)).convert("RGB")
        assert seen.size == (6, 3) and seen.getpixel((1, 1))[2] > 250  # type: ignore[index]
    assert rating.ratings.drift(rating.ratings.collection.find_one({"_id": given.id}) or {}) == []


def test_a_file_and_its_name_stand_nowhere_in_clear(rating: RatingHere) -> None:
    ann = person()
    rated(rating, ann, upload(rating, ann, filename="王小明的病历.pdf"))
    kept = "".join(str(list(rating.database[name].find({}))) for name in rating.database.list_collection_names())
    assert "王小明" not in kept
    assert "/Catalog" not in kept


WRONG = {
    "nothing": (b"", "FILE_EMPTY"),
    "a picture nobody can open": (jpeg(), "FILE_BROKEN"),
    "a text": (b"hello, this is only text", "FILE_TYPE"),
    "a page with a script": (b"<!DOCTYPE html><script>alert(1)</script>", "FILE_TYPE"),
    "a drawing with a script": (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "FILE_TYPE"),
    "a program": (b"MZ\x90\x00" + bytes(200), "FILE_TYPE"),
    "an OFD, which is for applications": (ofd(), "FILE_TYPE"),
    "a DOCX": (docx(), "FILE_TYPE"),
    "half a PDF": (PDF[:-8], "FILE_BROKEN"),
    "a PDF that runs something": (
        pdf(b"<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"),
        "FILE_BROKEN",
    ),
    "a PDF that is a ZIP as well": (PDF + zipped({"evil.exe": "MZ"}), "FILE_BROKEN"),
    "a picture with a page behind it": (png() + b"<script>alert(1)</script>", "FILE_BROKEN"),
    "a picture of a billion dots": (png(50_000, 50_000), "FILE_BROKEN"),
    "more than five megabytes": (PDF + bytes(5 * MIB), "FILE_TOO_LARGE"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_picture_or_pdf_or_would_hurt_is_refused_by_its_reason(rating: RatingHere, what: str) -> None:
    content, reason = WRONG[what]
    with refused(Code.INVALID_ARGUMENT, reason) as refusal:
        upload(rating, person(), content)
    assert refusal.fields == {"content": reason}
    assert list(rating.database["rating_files.files"].find({})) == []
    assert list(rating.database["rating_files.chunks"].find({})) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\a.pdf", "a\0.pdf", "照片\u202efdp.exe", "CON.pdf"])
def test_a_name_that_is_a_path_or_hides_what_it_is_is_refused(rating: RatingHere, name: str) -> None:
    with refused(Code.INVALID_ARGUMENT, "FILENAME"):
        upload(rating, person(), filename=name)


def test_an_upload_repeated_is_one_file_and_another_content_under_its_request_is_refused(rating: RatingHere) -> None:
    ann = person()
    first, again = (upload(rating, ann, request_id="upload-of-ann") for _ in range(2))
    assert first == again
    with refused(Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        upload(rating, ann, png(), request_id="upload-of-ann")
    assert rating.database["rating_files.files"].count_documents({}) == 1


# -- who takes it ------------------------------------------------------------------------------------------------------


def test_only_an_own_file_uploaded_lately_is_taken_and_nothing_is_written_otherwise(
    rating: RatingHere, database: Db
) -> None:
    ann, ben = person(), person()
    foreign, old = upload(rating, ben), upload(rating, ann)
    at = now() - GOOD_FOR - timedelta(minutes=1)
    database["rating_files.files"].update_many({"metadata.upload": old}, {"$set": {"metadata.at": at}})
    id = rating.close(closed(ann.id))
    for file in (foreign, old, str(uuid.uuid4())):
        with refused(Code.INVALID_ARGUMENT, "FILE_UNKNOWN"):
            rating.by(ann).GiveRating(rating_id=id, grade=pb.GRADE_SATISFIED, file_ids=[file])
    assert rating.ratings.get(id).version == 1
    assert rating.by(ben).UploadRatingFile(content=PDF, filename="a.pdf").file_id
    rated(rating, ben, foreign)


def test_a_colleagues_file_is_not_taken_for_the_organisation(rating: RatingHere) -> None:
    company = person()
    one, another = handler(company), handler(company)
    file = upload(rating, one)
    with refused(Code.INVALID_ARGUMENT, "FILE_UNKNOWN"):
        rated(rating, another, file)
    given = rated(rating, one, file)
    assert rating.by(another).DownloadRatingFile(record_id=given.id, file_id=file).content == PDF


def test_a_file_goes_with_one_record_even_when_ten_want_it_at_once(rating: RatingHere) -> None:
    ann = person()
    file, ids = upload(rating, ann), [rating.close(closed(ann.id)) for _ in range(10)]

    def give(id: str) -> bool:
        try:
            rating.by(ann).GiveRating(rating_id=id, grade=pb.GRADE_SATISFIED, file_ids=[file])
        except grpc.RpcError as error:
            assert error.code() == Code.INVALID_ARGUMENT
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(give, ids)) == 1
    having = [id for id in ids if rating.ratings.get(id).state.files]
    assert len(having) == 1
    assert sum(rating.ratings.get(id).version == 1 for id in ids) == 9, "of the others nothing was written"


def test_a_rating_repeated_with_its_request_keeps_its_file(rating: RatingHere) -> None:
    ann = person()
    id, file = rating.close(closed(ann.id)), upload(rating, ann)
    told = {"rating_id": id, "grade": pb.GRADE_SATISFIED, "file_ids": [file], "request_id": "rate-once-1"}
    assert rating.by(ann).GiveRating(**told) == rating.by(ann).GiveRating(**told)


# -- who reads it ------------------------------------------------------------------------------------------------------


def test_a_rating_is_read_with_its_file_by_its_department_and_supervisor_and_by_nobody_else(rating: RatingHere) -> None:
    ann, concerned = person(), officer("review")
    file = upload(rating, ann)
    given = rated(rating, ann, file, officer_ids=[concerned.id])
    desk, boss = officer("review"), supervisor()

    def reads(actor: Actor) -> bool:
        try:
            return bool(rating.by(actor).DownloadRatingFile(record_id=given.id, file_id=file).content == PDF)
        except grpc.RpcError as error:
            assert error.code() == Code.NOT_FOUND
            return False

    assert reads(ann) and reads(boss)
    assert not reads(desk), "not assigned yet"
    with_department(rating, given.id)
    assert reads(desk)
    assert not reads(concerned), "he is who was rated"
    assert not reads(officer("receive")), "windows answer tickets, not ratings"
    assert not reads(officer("review", department=OTHER_DEPARTMENT))
    assert not reads(supervisor(region="990122"))
    assert not reads(supervisor(region="990122"))
    assert not reads(person())
    concerned_boss = Actor(
        id=concerned.id, realm=boss.realm, roles=boss.roles, region=boss.region, department=boss.department, session="s"
    )
    assert not reads(concerned_boss)
    with refused(Code.NOT_FOUND):
        rating.by(ann).DownloadRatingFile(record_id=given.id, file_id=str(uuid.uuid4()))
    with refused(Code.UNAUTHENTICATED):
        rating.by(None).DownloadRatingFile(record_id=given.id, file_id=file)


def test_a_file_is_read_by_its_own_record_alone(rating: RatingHere) -> None:
    ann = person()
    file = upload(rating, ann)
    rated(rating, ann, file)
    other = rated(rating, ann)
    with refused(Code.NOT_FOUND):
        rating.by(ann).DownloadRatingFile(record_id=other.id, file_id=file)
    unused = upload(rating, ann)
    with refused(Code.NOT_FOUND):
        rating.by(ann).DownloadRatingFile(record_id=unused, file_id=unused)


def test_a_file_of_a_ticket_is_read_by_who_reads_the_ticket(rating: RatingHere) -> None:
    ann = person()
    file = upload(rating, ann)
    department = identity_events.DepartmentSaved(uscc=DEPARTMENT, name="水务局", region=REGION)
    rating.hear("keep_department", department, DEPARTMENT, 1)
    opened = rating.by(ann, service="TicketService").OpenTicket(
        kind=tickets_pb.TICKET_KIND_CONSULT, title="咨询材料", text="需要什么材料", region=REGION, department=DEPARTMENT,
        file_ids=[file],
    )  # fmt: skip
    for reader in (ann, officer("receive"), supervisor()):
        read = rating.by(reader).DownloadRatingFile(record_id=opened.id, file_id=file)
        assert read.content == PDF
    for other in (person(), officer("receive", department=OTHER_DEPARTMENT), supervisor(region="990122")):
        with refused(Code.NOT_FOUND):
            rating.by(other).DownloadRatingFile(record_id=opened.id, file_id=file)
    with refused(Code.INVALID_ARGUMENT, "FILE_UNKNOWN"):
        rated(rating, ann, file)


def test_a_file_of_who_was_erased_is_read_by_nobody(rating: RatingHere) -> None:
    ann = person()
    file = upload(rating, ann)
    given = rated(rating, ann, file)
    rating.hear("forget_person", identity_events.PersonErased(person_id=ann.id), ann.id, 9)
    rating.poll()
    with refused(Code.NOT_FOUND):
        rating.by(supervisor()).DownloadRatingFile(record_id=given.id, file_id=file)
    with refused(Code.FAILED_PRECONDITION, "PERSON_ERASED"):
        upload(rating, ann)


# -- what goes ---------------------------------------------------------------------------------------------------------


def test_unused_files_go_after_a_day_and_used_ones_stay(rating: RatingHere, database: Db) -> None:
    ann = person()
    used, unused, fresh = (upload(rating, ann) for _ in range(3))
    given = rated(rating, ann, used)
    at = now() - timedelta(days=2)
    for file in (used, unused):
        database["rating_files.files"].update_many({"metadata.upload": file}, {"$set": {"metadata.at": at}})
    for _ in range(2):
        rating.worker.sweep_files()
    files = store_files.files(database)
    assert files.get(unused) is None
    assert files.get(fresh) is not None
    assert rating.by(ann).DownloadRatingFile(record_id=given.id, file_id=used).content == PDF


def test_a_claim_of_a_rating_that_was_never_written_goes_with_its_file(rating: RatingHere, database: Db) -> None:
    ann = person()
    file = upload(rating, ann)
    assert uploads.take(store_files.users(database), file, "a record that died half way")
    with refused(Code.INVALID_ARGUMENT, "FILE_UNKNOWN"):
        rated(rating, ann, file)
    database["rating_files.files"].update_many({}, {"$set": {"metadata.at": now() - timedelta(days=2)}})
    rating.worker.sweep_files()
    assert list(database["rating_file_users"].find({})) == []
    assert list(database["rating_files.files"].find({})) == []


# -- what may be ticked ------------------------------------------------------------------------------------------------


def test_everybody_sees_the_tags_of_each_grade_for_hall_and_web(rating: RatingHere) -> None:
    told = rating.by(None).ListTags().tags
    assert {tag.code for tag in told} == set(TAGS)
    for tag in told:
        assert int(tag.code[0]) == 6 - tag.grade, "1 = very satisfied"
        assert tag.name
    assert {(tag.grade, tag.hall) for tag in told} == {(grade, hall) for grade in range(1, 6) for hall in (True, False)}


def test_a_picture_keeps_nothing_of_who_took_it_and_where(rating: RatingHere) -> None:
    ann, secret = person(), b"Canon of Zhang Wei"
    picture, exif = Image.new("RGB", (8, 4), "red"), Image.Exif()
    exif[0x010F], exif[0x0112] = secret.decode(), 6
    written = io.BytesIO()
    picture.save(written, "JPEG", exif=exif)
    assert secret in written.getvalue()
    uploaded = rating.by(ann).UploadRatingFile(filename="张伟在大厅.jpg", content=written.getvalue())
    given = rating.given(ann, pb.GRADE_DISSATISFIED, file_ids=[uploaded.file_id])
    own = rating.by(ann).DownloadRatingFile(record_id=given.id, file_id=uploaded.file_id)
    assert own.file.filename == "张伟在大厅.jpg" and secret not in own.content
    assert Image.open(io.BytesIO(own.content)).size == (4, 8), "it stands as it was taken"
    seen = rating.by(supervisor()).DownloadRatingFile(record_id=given.id, file_id=uploaded.file_id)
    assert seen.file.filename == "附件1.jpg" and seen.content == own.content
    listed = rating.by(supervisor(), service="LoopService").GetNegative(rating_id=given.id)
    assert [one.filename for one in listed.files] == ["附件1.jpg"]
