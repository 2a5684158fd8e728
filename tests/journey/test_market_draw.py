"""A random draw: owner and supervisor commit and reveal nonces their own browsers made, and anyone checks what came out."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from deploy.local.suite import Suite
from tests.journey.conftest import AGAIN, Look, Visitor, until
from tests.journey.market import PROCURER, SUPERVISOR, Market, opened, sign_up

NARROW: tuple[Look, ...] = ((390, "light"), (1280, "dark"))


@pytest.fixture
def market(suite: Suite, accounts: dict[str, Any]) -> Market:
    return opened(suite, accounts)


def _party(come: Callable[..., Visitor], market: Market, number: str) -> Visitor:
    visitor = come()
    visitor.sign_in(number, market.accounts["officers"][number]["password"])
    return visitor


def _commit(visitor: Visitor, path: str, folder: Path) -> Path:
    page = visitor.go(path)
    page.get_by_role("button", name="产生随机数").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载保存随机数文件").click()
    kept = folder / download.value.suggested_filename
    download.value.save_as(kept)
    page.get_by_role("button", name="提交随机数承诺").click()
    expect(page.get_by_text("承诺已提交")).to_be_visible()
    return kept


def test_a_draw_is_made_by_three_and_checked_by_anyone(
    market: Market, scripted: Callable[..., Visitor], visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    owner, supervisor = _party(scripted, market, PROCURER), _party(scripted, market, SUPERVISOR)
    one = market.publish("DRAW", closes=9, selects=17)
    need, desk = f"/market/needs/{one['id']}", f"/desk/market/procurements/{one['id']}"
    for agency in market.agencies:
        sign_up(agency, one["id"])
    _commit(owner, need, tmp_path)
    kept = _commit(supervisor, desk, tmp_path)
    assert market.status(one["id"]) == "OPEN"
    until(lambda: market.status(one["id"]) == "FROZEN")
    page = owner.go(need)
    # This browser kept it; the supervisor's comes from the file.
    page.get_by_role("button", name="公开随机数").click()
    expect(page.get_by_text("随机数已公开")).to_be_visible()
    page = supervisor.go(desk)
    page.get_by_label("从保存的文件读取").set_input_files(kept)
    expect(page.get_by_text("已填入保存的随机数")).to_be_visible()
    page.get_by_role("button", name="公开随机数").click()
    expect(page.get_by_text("随机数已公开")).to_be_visible()
    until(lambda: market.status(one["id"]) not in ("OPEN", "FROZEN"), 30)
    _look(scripted(), visit(390), one["id"], tmp_path)


def _look(anyone: Visitor, phone: Visitor, id: str, folder: Path) -> None:
    at = f"/market/procurements/{id}"
    page = anyone.go(at)
    # Two of the agencies have one legal representative and one address: one chance.
    expect(page.get_by_text("同一法定代表人、股东或者地址").first).to_be_visible()
    anyone.shot("500-notice", NARROW)
    page = anyone.go(f"{at}/draw")
    expect(page.get_by_text("您的浏览器已逐步复算，全部相符。")).to_be_visible()
    expect(page.get_by_text("✓ 已核对")).to_have_count(7)
    anyone.shot("501-draw")
    phone.go(f"{at}/draw")
    phone.shot("502-draw-phone", AGAIN)
    _verify(page, folder)


def _verify(page: Page, folder: Path) -> None:
    """The verifier as it is downloaded, on the transcript as it is downloaded; and on one with a byte changed."""
    paths = {}
    for name, link in (("transcript.json", "下载选取记录"), ("verify_draw.py", "下载验证程序")):
        with page.expect_download() as download:
            page.get_by_role("link", name=link).click()
        paths[name] = folder / name
        download.value.save_as(paths[name])
    good = _run(paths["verify_draw.py"], paths["transcript.json"])
    assert good.returncode == 0 and "记录完整一致" in good.stdout, good.stdout
    told = json.loads(paths["transcript.json"].read_text())
    assert [bool(one["nonce"]) for one in told["parties"]] == [True, True, True]
    nonce = told["parties"][1]["nonce"]
    changed = folder / "changed.json"
    changed.write_text(
        paths["transcript.json"].read_text().replace(nonce, nonce[:-1] + ("0" if nonce[-1] != "0" else "1"))
    )
    bad = _run(paths["verify_draw.py"], changed)
    assert bad.returncode == 1 and "✗ 业主的随机数与承诺相符" in bad.stdout, bad.stdout


def _run(verifier: Path, transcript: Path) -> subprocess.CompletedProcess[str]:
    told = [sys.executable, "-I", str(verifier), str(transcript)]
    return subprocess.run(
        told, capture_output=True, text=True, check=False, timeout=20, env={"PYTHONIOENCODING": "utf-8"}
    )
