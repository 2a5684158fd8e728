"""Documents: downloaded by who may see the case, verified by anybody who holds one."""

import hashlib
from typing import Any

import pytest
from grpc import StatusCode

from services.gateway import pages_documents
from services.gateway.calls import CallError, FieldError
from tests.unit.gateway.told import CASE, Services, Site, refuse
from yiwang.case.v1 import documents_pb2 as documents

NUMBER, CODE = "990121260928ABCDEF0-D7", "7QK3M-9XW2A-7QK3M-9XW2A"
PDF = b"%PDF-1.4 content"


@pytest.fixture
def issued(services: Services) -> None:
    """A decision somebody holds."""
    found = documents.VerifyDocumentResponse(
        kind=documents.DOCUMENT_KIND_DECISION, title="准予行政许可决定书", number="990121*********DEF0-D7", department_name="测试局",
        item_name="测试事项", made_at="2026-09-28T01:05:00Z", state=documents.DOCUMENT_STATE_VALID,
    )  # fmt: skip
    services.on("VerifyDocument", found)


def told(services: Services, **changes: Any) -> None:
    """Verification answers with these changes."""
    found = documents.VerifyDocumentResponse()
    found.CopyFrom(services.answers["VerifyDocument"])
    found.MergeFrom(documents.VerifyDocumentResponse(**changes))
    services.on("VerifyDocument", found)


@pytest.mark.usefixtures("issued")
def test_the_qr_code_of_a_document_leads_to_what_it_is(site: Site, services: Services):
    answer = site.get(f"/verify/{NUMBER}-{CODE}")
    assert answer.status_code == 200
    for part in ("准予行政许可决定书", "有效", "测试局", "测试事项", "2026年9月28日 09:05", "990121*********DEF0-D7"):
        assert part in answer.text
    (sent,) = services.requests("VerifyDocument")
    assert (sent.number, sent.code, sent.sha256) == (NUMBER, CODE, "")
    assert "authorization" not in services.metadata("VerifyDocument")


@pytest.mark.usefixtures("issued")
def test_a_document_that_holds_no_more_says_since_when(site: Site, services: Services):
    told(services, state=documents.DOCUMENT_STATE_REVOKED, ended_by="撤销决定", ended_at="2026-10-08T02:00:00Z")
    page = site.get(f"/verify/{NUMBER}-{CODE}").text
    assert "已撤销" in page and "撤销决定" in page and "2026年10月8日 10:00" in page and "目前有效" not in page


@pytest.mark.usefixtures("issued")
@pytest.mark.parametrize(
    ("match", "words"),
    [
        (documents.FILE_MATCH_SAME, "完全一致"),
        (documents.FILE_MATCH_DIFFERS, "不一致"),
        (documents.FILE_MATCH_UNKNOWN, "无法比对"),
    ],
)
def test_a_file_is_compared_by_its_digest_and_goes_no_further(site: Site, services: Services, match: int, words: str):
    told(services, file=match)
    page = site.send("/verify", {"number": NUMBER, "code": CODE}, files={"file": ("文书.pdf", PDF)})
    (sent,) = services.requests("VerifyDocument")
    assert sent.sha256 == hashlib.sha256(PDF).hexdigest() and words in page.text


@pytest.mark.usefixtures("issued")
def test_without_a_file_none_is_compared(site: Site, services: Services):
    page = site.send("/verify", {"number": f" {NUMBER} ", "code": CODE}, files={"file": ("", b"")})
    (sent,) = services.requests("VerifyDocument")
    assert (sent.number, sent.sha256) == (NUMBER, "") and "文件比对" not in page.text


def test_what_is_unknown_or_mistyped_is_told_at_the_form_and_what_was_typed_stays(site: Site, services: Services):
    services.on("VerifyDocument", refuse("NOT_FOUND", "NOT_FOUND"))
    answer = site.send("/verify", {"number": NUMBER, "code": CODE})
    assert answer.status_code == 404 and "没有查到这份文书" in answer.text and f'value="{NUMBER}"' in answer.text
    wrong = [FieldError("code", "编号或验证码不正确，请核对", "CHECK_CHARACTER")]
    services.on("VerifyDocument", CallError(StatusCode.INVALID_ARGUMENT, "CHECK_CHARACTER", "不正确", wrong))
    answer = site.get("/verify/<script>-x")
    assert answer.status_code == 400 and 'href="#code"' in answer.text and "<script>-x" not in answer.text


def test_a_service_that_is_away_is_no_forged_document(site: Site, services: Services):
    services.on("VerifyDocument", refuse("UNAVAILABLE", ""))
    answer = site.get(f"/verify/{NUMBER}-{CODE}")
    assert answer.status_code == 503 and "没有查到" not in answer.text


def test_the_form_is_for_everyone_and_a_link_leads_to_it(site: Site):
    page = site.get(f"/verify?number={NUMBER}").text
    assert f'value="{NUMBER}"' in page and 'type="file"' in page
    assert 'href="/verify"' in site.get("/verify").text


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        (f"{NUMBER}-{CODE}", (NUMBER, CODE)),
        (f"{NUMBER}-{CODE.replace('-', '')}", (NUMBER, CODE.replace("-", ""))),
        ("x", ("x-", "")),
        ("-" * 90, ("-", "-" * 40)),
    ],
)
def test_an_address_is_number_and_code(address: str, parts: tuple[str, str]):
    assert pages_documents.split(address) == parts


@pytest.mark.parametrize(("as_officer", "path"), [(False, "/cases"), (True, "/desk/cases")])
def test_a_document_is_saved_as_a_file_of_its_name(site: Site, services: Services, as_officer: bool, path: str):
    services.on("GetDocument", documents.GetDocumentResponse(content=PDF, filename=f"准予行政许可决定书-{NUMBER}.pdf"))
    site.sign_in(as_officer=as_officer)
    answer = site.get(f"{path}/{CASE}/documents/{NUMBER}")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, PDF, "application/pdf")
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E5%87%86")
    assert answer.headers["cache-control"] == "no-store"
    (sent,) = services.requests("GetDocument")
    assert (sent.case_id, sent.number) == (CASE, NUMBER)


def test_documents_are_for_who_is_signed_in_on_his_side(site: Site, services: Services):
    path = f"/cases/{CASE}/documents/{NUMBER}"
    assert site.get(path).headers["location"].startswith("/sign-in")
    site.sign_in(as_officer=True)
    assert site.get(path).status_code == 403 and not services.requests("GetDocument")


def test_a_document_one_may_not_see_is_not_found(site: Site, services: Services):
    services.on("GetDocument", refuse("NOT_FOUND", "NOT_FOUND"))
    site.sign_in()
    assert site.get(f"/cases/{CASE}/documents/{NUMBER}").status_code == 404
