"""Documents of a case over gRPC: its way gives them, its readers and nobody else read them, and anyone who holds one may verify it."""

import hashlib
from collections.abc import Iterator

import pytest

from chassis import paper
from chassis.acts import Actor, now
from tests.support import papers
from tests.support.actors import OTHER_DEPARTMENT, delegate, machine, officer, person, supervisor
from tests.support.calling import As, refused
from tests.support.case_service import INVALID, NOT_FOUND, Db, handed_in, submit
from tests.support.items import FORM, definition, publish
from tests.support.serving import Here
from yiwang.case.v1 import documents_pb2 as pb
from yiwang.case.v1 import service_pb2 as case_pb

DOCUMENTS = "DocumentService"
READS = tuple(f"yiwang.case.v1.DocumentService/{name}" for name in ("ListDocuments", "GetDocument"))


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No font of the machine: its strings are read by `papers`."""
    monkeypatch.setattr(paper, "FONTS", ())
    paper.font_name.cache_clear()
    yield
    paper.font_name.cache_clear()


@pytest.fixture
def named_item(database: Db) -> str:
    """An item whose form tells who applies."""
    item = definition(type_code="01")
    item.form_fields[0].fact = "applicant.name"
    return publish(database, item)


def papers_of(api: Here, by: As | Actor) -> As:
    """The documents as this reader calls for them."""
    return api.by(by.actor if isinstance(by, As) else by, service=DOCUMENTS)


def listed(api: Here, by: As | Actor, case: str) -> dict[str, pb.Document]:
    return {one.title: one for one in papers_of(api, by).ListDocuments(case_id=case).documents}


def fetched(api: Here, by: As | Actor, case: str, title: str) -> pb.GetDocumentResponse:
    number = listed(api, by, case)[title].number
    found: pb.GetDocumentResponse = papers_of(api, by).GetDocument(case_id=case, number=number)
    return found


def text(api: Here, by: As | Actor, case: str, title: str) -> str:
    return papers.text_of(fetched(api, by, case, title).content)


def verified(api: Here, document: pb.Document, sha256: str = "") -> pb.VerifyDocumentResponse:
    anyone = api.by(None, service=DOCUMENTS)
    found: pb.VerifyDocumentResponse = anyone.VerifyDocument(number=document.number, code=document.code, sha256=sha256)
    return found


def granted(citizen: As, desk: dict[str, As], item: str) -> case_pb.Case:
    """A case up to its grant, corrected on its way."""
    case = submit(citizen, item)
    desk["receive"].RequestCorrection(case_id=case.id, materials=["plan"], notice="请补平面图，比例一比一百")
    citizen.CorrectCase(case_id=case.id, materials=handed_in(citizen, "plan"))
    desk["receive"].AcceptCase(case_id=case.id)
    for _ in range(2):
        desk["review"].PassReviewStep(case_id=case.id, opinion="内部意见不外传")
    found: case_pb.Case = desk["decide"].DecideCase(case_id=case.id, granted=True)
    return found


def test_the_way_of_a_case_gives_its_documents_and_each_says_what_happened(
    case_api: Here, citizen: As, desk: dict[str, As], named_item: str
) -> None:
    submit(case_api.by(person()), named_item, form=FORM | {"name": "另外一人"})
    case = granted(citizen, desk, named_item)
    found = listed(case_api, citizen, case.id)
    assert list(found) == ["收件凭证", "补正告知书", "补正材料收件凭证", "受理通知书", "准予行政许可决定书"]
    assert [one.number for one in found.values()] == [f"{case.number}-{end}" for end in ("R1", "C2", "R3", "A4", "D7")]
    assert len({one.code for one in found.values()}) == 5
    texts = {title: text(case_api, citizen, case.id, title) for title in found}
    sha256 = next(file.sha256 for one in case.materials for file in one.attachments)
    assert sha256 in texts["收件凭证"] and "请补平面图，比例一比一百" in texts["补正告知书"]
    assert "5个工作日" in texts["受理通知书"] and "卫生许可证" in texts["准予行政许可决定书"]
    for said in texts.values():
        assert "张三丰：" in said and "示范县卫生健康局" in said and "公共场所卫生许可" in said
        assert "另外一人" not in said and FORM["phone"] not in said and "内部意见" not in said


def test_a_document_is_the_same_file_for_every_reader_and_every_time(
    case_api: Here, citizen: As, desk: dict[str, As], named_item: str
) -> None:
    case = granted(citizen, desk, named_item)
    first = fetched(case_api, citizen, case.id, "受理通知书")
    assert first.filename == f"受理通知书-{case.number}-A4.pdf"
    assert hashlib.sha256(first.content).hexdigest() == first.sha256 and first.content.startswith(b"%PDF")
    case_api.by(officer("decide")).RevokeDecision(case_id=case.id, reason="隐瞒情况取得")
    for reader in (desk["receive"], supervisor(), machine(*READS)):
        assert fetched(case_api, reader, case.id, "受理通知书").sha256 == first.sha256


def test_who_may_not_see_the_case_finds_no_document(
    case_api: Here, citizen: As, desk: dict[str, As], named_item: str
) -> None:
    case = granted(citizen, desk, named_item)
    number = listed(case_api, citizen, case.id)["受理通知书"].number
    foreign = (person(), officer("receive", department=OTHER_DEPARTMENT), supervisor(region="990122"))
    for actor in (*foreign, delegate(citizen.actor or person()), machine(*READS, department=OTHER_DEPARTMENT)):
        reader = papers_of(case_api, actor)
        with refused(NOT_FOUND):
            reader.ListDocuments(case_id=case.id)
        with refused(NOT_FOUND):
            reader.GetDocument(case_id=case.id, number=number)


def test_a_case_gives_no_document_of_another_case_and_none_that_it_has_not(
    case_api: Here, citizen: As, plain_item: str
) -> None:
    one, other = (citizen.SubmitCase(item_id=plain_item) for _ in range(2))
    reader = papers_of(case_api, citizen)
    for number in (f"{other.number}-R1", f"{one.number}-D1", f"{one.number}-R2"):
        with refused(NOT_FOUND):
            reader.GetDocument(case_id=one.id, number=number)
    with refused(INVALID):
        reader.GetDocument(case_id=one.id, number="../R1")


def test_a_banks_teller_prints_the_receipt_and_sees_nothing_once_it_is_handed_over(
    case_api: Here, desk: dict[str, As], plain_item: str
) -> None:
    teller = case_api.by(delegate(person(), "bank", ["TEST-1"]))
    case = teller.SubmitCase(item_id=plain_item)
    assert "收件凭证" in listed(case_api, teller, case.id)
    desk["receive"].AcceptCase(case_id=case.id)
    with refused(NOT_FOUND):
        papers_of(case_api, teller).ListDocuments(case_id=case.id)


def test_a_supervisors_look_at_a_document_is_told_to_the_applicant(
    case_api: Here, citizen: As, plain_item: str
) -> None:
    case = citizen.SubmitCase(item_id=plain_item)
    fetched(case_api, supervisor(), case.id, "收件凭证")
    lines = [(one.what, list(one.fields)) for one in citizen.ListCaseAccesses().accesses]
    assert lines == [("监督查阅附件", ["收件凭证"]), ("监督查阅", [])]


def test_anyone_with_number_and_code_learns_what_it_is_and_nobodys_name(
    case_api: Here, citizen: As, desk: dict[str, As], named_item: str
) -> None:
    case = granted(citizen, desk, named_item)
    document = listed(case_api, citizen, case.id)["准予行政许可决定书"]
    found = verified(case_api, document)
    assert (found.title, found.item_name, found.department_name) == (
        "准予行政许可决定书",
        "公共场所卫生许可",
        "示范县卫生健康局",
    )
    assert (found.state, found.file, found.ended_by) == (pb.DOCUMENT_STATE_VALID, pb.FILE_MATCH_UNSPECIFIED, "")
    assert found.made_at == document.made_at and case.number not in str(found) and "张三丰" not in str(found)
    case_api.by(officer("decide")).RevokeDecision(case_id=case.id, reason="隐瞒情况取得")
    found = verified(case_api, document)
    assert (found.state, found.ended_by, bool(found.ended_at)) == (pb.DOCUMENT_STATE_REVOKED, "撤销决定", True)
    assert "隐瞒" not in str(found)


def test_a_file_is_told_from_one_that_was_changed(case_api: Here, citizen: As, plain_item: str) -> None:
    case = citizen.SubmitCase(item_id=plain_item)
    found = fetched(case_api, citizen, case.id, "收件凭证")
    changed = hashlib.sha256(found.content + b"\n").hexdigest()
    assert verified(case_api, found.document, found.sha256).file == pb.FILE_MATCH_SAME
    assert verified(case_api, found.document, changed).file == pb.FILE_MATCH_DIFFERS


def test_wrong_codes_and_unknown_numbers_have_one_answer(case_api: Here, citizen: As, plain_item: str) -> None:
    cases = [citizen.SubmitCase(item_id=plain_item) for _ in range(2)]
    one, other = (listed(case_api, citizen, case.id)["收件凭证"] for case in cases)
    anyone = case_api.by(None, service=DOCUMENTS)
    last = {"0": "1"}.get(one.number[18], "0")
    told = []
    for number, code in ((one.number, other.code), (f"{cases[0].number}-D9", one.code)):
        with refused(NOT_FOUND) as refusal:
            anyone.VerifyDocument(number=number, code=code)
        told.append((refusal.reason, refusal.message))
    assert len(set(told)) == 1
    with refused(INVALID, "CHECK_CHARACTER") as refusal:
        anyone.VerifyDocument(number=f"{one.number[:18]}{last}-R1", code=one.code[:-2] + "??")
    assert set(refusal.fields) == {"number", "code"}


def test_after_erasure_documents_stay_without_what_named_the_person_and_no_file_is_called_changed(
    case_api: Here, citizen: As, desk: dict[str, As], named_item: str
) -> None:
    case = submit(citizen, named_item)
    desk["receive"].RefuseCase(case_id=case.id, reason="张三丰的材料不符合法定形式")
    before = fetched(case_api, citizen, case.id, "不予受理通知书")
    assert "张三丰的材料" in papers.text_of(before.content)
    case_api.keyring.erase(case.applicant_id, now())
    after = text(case_api, desk["receive"], case.id, "不予受理通知书")
    assert "张三丰" not in after and "已依其要求删除" in after and "不予受理" in after
    assert verified(case_api, before.document, before.sha256).file == pb.FILE_MATCH_UNKNOWN
