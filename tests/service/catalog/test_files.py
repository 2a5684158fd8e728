"""Blank forms and samples: told by content, kept once, and for everyone to download."""

import io
import zipfile

import grpc
import pytest

from services.catalog import store_files
from tests.support.calling import refused
from tests.support.catalog_service import CatalogHere, item
from tests.support.items import PDF
from yiwang.catalog.v1 import service_pb2 as pb

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"


def zipped(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name in names:
            file.writestr(name, "<x/>")
    return content.getvalue()


DOCX = zipped("[Content_Types].xml", "word/document.xml")
XLSX = zipped("[Content_Types].xml", "xl/workbook.xml")


@pytest.mark.parametrize(
    ("name", "content", "type"),
    [
        ("申请表.pdf", PDF, "application/pdf"),
        ("样表.png", PNG, "image/png"),
        ("样表.jpg", JPEG, "image/jpeg"),
        ("申请表.docx", DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("名单.xlsx", XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_a_file_is_told_by_its_content_and_downloaded_by_anybody(
    catalog: CatalogHere, name: str, content: bytes, type: str
) -> None:
    file = catalog.desk().UploadGuideFile(name=name, content=content)
    found = catalog.by(None).DownloadGuideFile(id=file.id)
    assert (found.name, found.type, found.content) == (name, type, content)


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00 a program",
        b"<html><script>alert(1)</script></html>",
        zipped("a.exe"),
        zipped("word/document.xml"),
        zipped("[Content_Types].xml", "word/document.xml", "xl/workbook.xml"),
        DOCX[:-30],
        b"PK\x03\x04 nothing",
    ],
)
def test_whatever_else_it_is_is_refused_and_not_kept(catalog: CatalogHere, content: bytes) -> None:
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "FILE_TYPE") as said:
        catalog.desk().UploadGuideFile(name="申请表.docx", content=content)
    assert list(said.fields) == ["content"]
    assert catalog.database["guide_files"].find_one({}) is None


def test_five_megabytes_are_taken_and_one_byte_more_is_not(catalog: CatalogHere) -> None:
    most = PDF + b" " * (store_files.MOST_BYTES - len(PDF))
    file = catalog.desk().UploadGuideFile(name="大.pdf", content=most)
    assert catalog.by(None).DownloadGuideFile(id=file.id).content == most
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "FILE_TOO_LARGE"):
        catalog.desk().UploadGuideFile(name="更大.pdf", content=most + b" ")


def test_the_same_content_is_kept_once_under_its_first_name(catalog: CatalogHere) -> None:
    first, again = (catalog.desk().UploadGuideFile(name=name, content=PDF) for name in ("一.pdf", "二.pdf"))
    assert first.id == again.id and again.name == "二.pdf"
    assert catalog.by(None).DownloadGuideFile(id=first.id).name == "一.pdf"
    assert len(list(catalog.database["guide_files"].find({}))) == 1


def test_a_guide_names_only_files_that_are_there(catalog: CatalogHere) -> None:
    file = catalog.desk().UploadGuideFile(name="申请书.pdf", content=PDF)
    form = pb.Material(key="form", name="申请书", necessity=pb.NECESSITY_REQUIRED, blank_form=file)
    published = catalog.publish(item(materials=[form]))
    shown = catalog.by(None).GetItem(item_id=published.id).definition.materials[0].blank_form
    assert catalog.by(None).DownloadGuideFile(id=shown.id).content == PDF
    form.blank_form.id = "0" * 64
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "FILE_UNKNOWN") as said:
        catalog.desk().SaveItem(definition=item(materials=[form]))
    assert list(said.fields) == ["definition.materials[0].blank_form.id"]
    with refused(grpc.StatusCode.NOT_FOUND):
        catalog.by(None).DownloadGuideFile(id="0" * 64)
