"""一事一码: the short address leads to the guide of today, codes lead to the short address, sheets are for officers."""

import asyncio
import base64
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import reportlab

from chassis import paper
from services.gateway import pages_qr, qr, qr_batch
from services.gateway.qr import Label
from tests.unit.gateway.told import ITEM, KEY, LOOP, USCC, Services, Site, refuse
from tests.unit.gateway.told_catalog import OTHER, SHORT, a_guide, found
from yiwang.catalog.v1 import service_pb2 as catalog

BASE = "https://county.test"
pytestmark = pytest.mark.usefixtures("catalogue")


def test_a_code_leads_to_the_guide_and_is_asked_again_next_time(site: Site):
    answer = site.get(f"/i/{SHORT}")
    assert (answer.status_code, answer.headers["location"]) == (302, f"/items/{ITEM}")
    assert "immutable" not in answer.headers["cache-control"]


@pytest.mark.parametrize("typed", ["7qk3m9xw2a", "7QK3M9XW2a", "O0oIlL123A"])
def test_a_code_is_read_as_people_type_it(site: Site, services: Services, typed: str):
    site.get(f"/i/{typed}")
    sent = services.requests("ResolveShortCode")[-1].short_code
    assert sent == typed.upper().replace("O", "0").replace("I", "1").replace("L", "1")


@pytest.mark.parametrize("wrong", ["x", "!!!!!!", "7QK3M9XW2A7QK3M9XW2A", "码码码码码码"])
def test_what_can_be_no_code_is_not_found_and_not_asked(site: Site, services: Services, wrong: str):
    assert site.get(f"/i/{wrong}").status_code == 404
    assert not services.requests("ResolveShortCode")


def test_the_code_of_a_withdrawn_item_shows_what_stands_for_it(site: Site, services: Services):
    successors = [
        catalog.Successor(item_id=OTHER, name="餐饮服务许可"),
        catalog.Successor(item_id=ITEM, name="食堂许可"),
    ]
    code = catalog.ShortCode(item_id=ITEM, status=catalog.ITEM_STATUS_WITHDRAWN, successors=successors)
    services.on("ResolveShortCode", code)
    services.on("GetItem", a_guide(status=catalog.ITEM_STATUS_WITHDRAWN, successors=[OTHER, ITEM], reason="拆分"))
    page = site.get(f"/i/{SHORT}").text
    assert "餐饮服务许可" in page and "食堂许可" in page and f"/items/{OTHER}" in page and "拆分" in page


def test_an_unknown_code_is_not_found(site: Site, services: Services):
    services.on("ResolveShortCode", refuse("NOT_FOUND", "NOT_FOUND"))
    assert site.get("/i/0000000000").status_code == 404


def test_codes_come_as_png_and_svg(site: Site):
    png, svg = site.get(f"/items/{ITEM}/qr.png"), site.get(f"/items/{ITEM}/qr.svg")
    assert png.content.startswith(b"\x89PNG") and png.headers["content-type"] == "image/png"
    assert b"<svg" in svg.content and b"script" not in svg.content


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"master_key": KEY}, BASE),
        ({"master_key": KEY, "public_url": "https://zwfw.example"}, "https://zwfw.example"),
        ({"master_key": KEY, "secure_cookies": False}, "http://county.test"),
    ],
)
def test_the_address_is_the_operators_else_the_requests(settings: dict[str, Any], url: str, site: Site):
    assert f"{url.partition('://')[2]}/i/{SHORT}" in site.get(f"/items/{ITEM}").text
    assert site.get(f"/items/{ITEM}/qr.png").content == qr.png(f"{url}/i/{SHORT}")


def test_sheets_are_for_officers_of_the_region(site: Site, services: Services):
    assert site.get("/desk/catalog/qr.pdf").headers["location"].startswith("/sign-in")
    site.sign_in()
    assert site.get("/desk/catalog/qr.pdf").status_code == 403
    site.client.cookies.clear()
    site.sign_in(as_officer=True)
    answer = site.get(f"/desk/catalog/qr.pdf?department={USCC}")
    assert answer.content.startswith(b"%PDF") and answer.headers["content-disposition"].startswith("attachment")
    request = services.requests("SearchItems")[-1]
    assert (request.region, request.department) == ("990121", USCC)
    assert "标签页（PDF）" in site.get("/desk/catalog/qr").text


def test_the_archive_has_a_picture_of_each_item_and_a_list(site: Site):
    site.sign_in(as_officer=True)
    with zipfile.ZipFile(io.BytesIO(site.get("/desk/catalog/qr.zip").content)) as file:
        names = file.namelist()
        assert f"{SHORT} 食品经营许可证核发.png" in names and "清单.txt" in names
        assert f"{BASE}/i/{SHORT}" in file.read("清单.txt").decode()


def test_many_items_come_in_parts(site: Site, services: Services, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pages_qr, "PART", 2)

    def pages(request: catalog.SearchItemsRequest) -> catalog.SearchItemsResponse:
        answer = found(request)
        number = int(request.page_token or 0)
        answer.hits[0].short_code, answer.total = f"7QK3M9XW2{number}", 3
        answer.next_page_token = str(number + 1) if number < 2 else ""
        return answer

    services.on("SearchItems", pages)
    site.sign_in(as_officer=True)
    assert "第 2 部分，1 项" in site.get("/desk/catalog/qr").text
    with zipfile.ZipFile(io.BytesIO(site.get("/desk/catalog/qr.zip?part=2").content)) as file:
        assert [name[:10] for name in file.namelist()][:-1] == ["7QK3M9XW22"]
    assert site.get("/desk/catalog/qr.zip?part=3").status_code == 404


def test_a_sheet_holds_21_labels_and_each_says_its_address():
    labels = [Label(f"事项{number}（办理）", "示范局", f"7QK3M9XW{number:02}") for number in range(22)]
    content = qr.sheets(labels, BASE)
    assert len(re.findall(rb"/Type /Page\b", content)) == 2
    text = _text(content)
    assert b"county.test/i/7QK3M9XW00" in text and b"county.test/i/7QK3M9XW21" in text


def _text(content: bytes) -> bytes:
    """The drawing commands of a PDF."""
    found = b""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.S):
        try:
            found += zlib.decompress(base64.a85decode(stream.strip(), adobe=False) if b"~>" not in stream else
                                     base64.a85decode(b"<~" + stream.strip(), adobe=True))  # fmt: skip
        except (ValueError, zlib.error):
            continue
    return found


def test_long_names_are_cut_into_lines_and_end_in_dots():
    assert paper.wrapped("一二三四五六七", len, 3, 4) == ["一二三", "四五六", "七"]
    assert paper.wrapped("一二三四五六七", len, 3, 2) == ["一二三", "四五…"]
    assert paper.wrapped("", len, 3, 2) == []


def test_names_of_files_are_minded_by_no_system():
    assert qr.file_name('a/b\\c:"<>|?*\n.. ') == "a_b_c________" and qr.file_name("") == "_"


@pytest.fixture
def fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    def only(file: str) -> str:
        monkeypatch.setattr(paper, "FONTS", (file,))
        paper.font_name.cache_clear()
        return paper.font_name()

    yield only
    paper.font_name.cache_clear()


def test_a_font_of_the_machine_is_embedded_into_the_sheets(fonts: Callable[[str], str]):
    assert fonts(str(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf")) == paper.EMBEDDED
    assert b"/FontFile2" in qr.sheets([Label("Item", "Office", SHORT)], BASE)


@pytest.mark.parametrize("file", ["/nowhere.ttf", __file__])
def test_without_a_font_that_can_be_embedded_a_stand_in_is_named(fonts: Callable[[str], str], file: str):
    assert fonts(file) == paper.STAND_IN
    assert b"STSong-Light" in qr.sheets([Label("事项", "部门", SHORT)], BASE)


def test_the_command_writes_sheets_and_pictures_of_a_region(
    site: Site, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    address = site.client._transport.app.app.app.app.state.settings.catalog_address
    known = ("IDENTITY", "CATALOG", "CASE", "RATING", "INTERMEDIARY", "POLICY", "MESSAGE")
    names = tuple(f"{name}_ADDRESS" for name in known)
    for name, value in (*((name, address) for name in names), ("MASTER_KEY", KEY), ("REGION", "990121")):
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        qr_batch.main(["--out", str(tmp_path)])
    arguments = ["--out", str(tmp_path / "codes"), "--base-url", f"{BASE}/", "--department", USCC]
    code = LOOP.run_until_complete(asyncio.to_thread(qr_batch.main, arguments))
    assert code == 0 and capsys.readouterr().out.split() == [
        str(tmp_path / "codes" / name) for name in ("labels-1.pdf", "labels-1.zip")
    ]
    request = services.requests("SearchItems")[-1]
    assert (request.region, request.department) == ("990121", USCC)
    assert b"county.test/i/" in _text((tmp_path / "codes" / "labels-1.pdf").read_bytes())
