"""The import: a file twice changes nothing, bad rows are named, and a running api finds what came in."""

import csv
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from google.protobuf.json_format import MessageToDict

from chassis.acts import now
from deploy.local.ports import Ports
from services.catalog import importing, importing_writing, store
from services.catalog.importing_defaults import Row
from tests.support.calling import As
from tests.support.catalog_service import CatalogHere, Db, item
from tests.support.serving import MASTER, contract_of
from tests.support.waiting import wait_until
from yiwang.catalog.v1 import service_pb2 as pb

ROOT = Path(__file__).resolve().parents[3]


def bring(catalog: CatalogHere, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[str, str, int]:
    """The summary, what it said on stderr, and the exit code of an import."""
    code = 0
    try:
        importing.main(catalog.parts, [str(one) for one in arguments])
    except SystemExit as ended:
        code = int(ended.code or 0)
    said = capsys.readouterr()
    return said.out, said.err, code


def write(path: Path, *items: pb.ItemDefinition) -> Path:
    path.write_text(json.dumps({"items": [MessageToDict(one) for one in items]}, ensure_ascii=False))
    return path


def test_an_import_twice_changes_nothing_the_second_time(
    catalog: CatalogHere, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "items.json", *(item(code=f"T-{n}", name=f"取水许可第{n}类") for n in range(40)))
    summary, _, code = bring(catalog, capsys, file)
    assert summary.startswith("读取 40，新增 40，变更 0，未变 0，有误 0，存为草稿 0") and code == 0
    assert len(catalog.found("取水", page_size=100)) == 40
    before = list(catalog.parts.database["items"].find({}))
    summary, said, code = bring(catalog, capsys, file)
    assert "新增 40" in summary and "导入完毕，未再导入" in said and code == 0
    summary, _, _ = bring(catalog, capsys, file, "--again")
    assert "新增 0，变更 0，未变 40，有误 0" in summary
    assert list(catalog.parts.database["items"].find({})) == before
    write(file, item(code="T-0", name="打井备案"), item(code="T-1", name="取水许可第1类"))
    summary, _, _ = bring(catalog, capsys, file)
    assert "新增 0，变更 1，未变 1，有误 0" in summary
    assert catalog.by(None).GetItem(item_id=store.item_id("T-0")).edition == 2
    assert catalog.journal(store.item_id("T-0")) == ["ItemSaved", "ItemPublished"] * 2
    assert catalog.found("打井备案")[0] == "打井备案"


def test_bad_rows_are_named_and_good_ones_kept(
    catalog: CatalogHere, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "list.csv"
    columns = ["code", "name", "typeCode", "department.code", "department.name", "region", "visits", "dutyCodes"]
    with file.open("w", newline="") as text:
        table = csv.writer(text)
        table.writerow(columns)
        table.writerow(["A-1", "取水许可", "01", "11990121000001134C", "水务局", "990121", "0", "D-1"])
        table.writerow(["A-2", "河道采砂", "01", "11990121000001134C", "水务局", "99", "0", "D-1"])
        table.writerow(["A-3", "河道采砂", "01", "11990121000001134C", "水务局", "990121", "很多", "D-1"])
        table.writerow(["A-1", "取水许可", "01", "11990121000001134C", "水务局", "990121", "0", "D-1"])
    summary, said, code = bring(catalog, capsys, file)
    assert "读取 4，新增 1，变更 0，未变 0，有误 3" in summary and code == 0
    assert [line for line in said.splitlines() if line.startswith("list.csv")] == [
        "list.csv 第3行 region：格式不正确",
        "list.csv 第4行 visits：“很多”无法识别",
        "list.csv 第5行 code：编码与第 2 行重复",
    ]
    report = tmp_path / "report.tsv"
    _, said, _ = bring(catalog, capsys, file, "--again", "--report", report)
    assert "list.csv" not in said
    told = [line.split("\t") for line in report.read_text().splitlines()]
    faults = [row for row in told if not row[4].startswith(("警告", "提示", "存疑"))]
    assert [(row[1], row[2], row[4]) for row in faults] == [
        ("第3行", "region", "格式不正确"),
        ("第4行", "visits", "“很多”无法识别"),
        ("第5行", "code", "编码与第 2 行重复"),
    ]
    assert {row[3] for row in told} >= {"L103", "L104"} and all(row[0] == "list.csv" for row in told)
    bring(catalog, capsys, file, "--again", "--report", tmp_path / "report.json")
    found = json.loads((tmp_path / "report.json").read_text())["rows"]
    assert {(row["row"], row["field"], row["rule"], row["kind"]) for row in found} > {
        ("第4行", "visits", "BAD_ROW", "fault")
    }


def test_an_import_without_a_good_row_fails(
    catalog: CatalogHere, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "none.csv").write_text("a,b\n1,2\n")
    _, said, code = bring(catalog, capsys, tmp_path / "none.csv", tmp_path / "away.json")
    assert code == 1 and "无法识别的格式" in said and "无法读取文件" in said


def test_drafts_are_published_by_the_import_without_the_option(
    catalog: CatalogHere, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "items.json", item())
    bring(catalog, capsys, file, "--draft")
    assert catalog.found("公共场所") == []
    assert catalog.desk().GetItemDraft(item_id=store.item_id("TEST-1")).edition == 0
    summary, _, _ = bring(catalog, capsys, file)
    assert "变更 1" in summary and catalog.found("公共场所") == ["公共场所卫生许可"]


def test_an_officers_edit_outlives_the_same_file(
    catalog: CatalogHere, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "items.json", item())
    bring(catalog, capsys, file)
    catalog.publish(item(name="公共场所卫生许可（修订）"))
    summary, _, _ = bring(catalog, capsys, file, "--again")
    assert "未变 1" in summary
    assert catalog.by(None).GetItem(item_id=store.item_id("TEST-1")).definition.name == "公共场所卫生许可（修订）"


def test_two_imports_of_a_file_never_run_at_once(
    catalog: CatalogHere, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "RENEW_SECONDS", 0.2)
    file = write(tmp_path / "items.json", *(item(code=f"T-{n}", name=f"取水许可第{n}类") for n in range(30)))
    inside, go = threading.Event(), threading.Event()
    bring_one = importing_writing.Importer.bring

    def slow(self: importing_writing.Importer, row: Row) -> importing_writing.Outcome:
        inside.set()
        assert go.wait(20)
        return bring_one(self, row)

    def renew() -> None:
        # The first run is alive: its lease moves on.
        while not go.wait(0.05):
            catalog.parts.database["imports"].update_one({}, {"$set": {"until": now() + timedelta(seconds=30)}})

    monkeypatch.setattr(importing_writing.Importer, "bring", slow)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(importing.main, catalog.parts, [str(file)])
        assert inside.wait(10)
        alive = pool.submit(renew)
        summary, said, code = bring(catalog, capsys, file)
        go.set()
        first.result(30)
        alive.result(10)
    assert code == 1 and "另一进程正在导入该文件" in said and "读取 0" in summary
    for number in range(30):
        assert catalog.journal(store.item_id(f"T-{number}")) == ["ItemSaved", "ItemPublished"]


def test_a_running_api_finds_what_a_job_imports_within_five_seconds(
    mongodb_uri: str, database: Db, tmp_path: Path
) -> None:
    address = f"127.0.0.1:{Ports(tmp_path / 'ports.json').take('catalog')}"
    environment = os.environ | {
        "MONGODB_URI": mongodb_uri,
        "MASTER_KEY": MASTER,
        "GRPC_LISTEN": address,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
    }
    command = [sys.executable, "-m", "services.catalog"]
    api = subprocess.Popen([*command, "api"], env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        channel = grpc.insecure_channel(address)
        grpc.channel_ready_future(channel).result(30)
        citizen = As(channel, contract_of("catalog"), None)
        file = write(tmp_path / "items.json", item(name="取水许可"))
        done = subprocess.run(
            [*command, "import", str(file)], env=environment, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0 and done.stdout.startswith("读取 1，新增 1"), done.stderr
        began = time.monotonic()
        wait_until(lambda: citizen.SearchItems(query="取水").total == 1, "the imported item")
        assert time.monotonic() - began < 5
    finally:
        api.terminate()
        api.wait(30)


def test_the_whole_sample_county_comes_in_without_a_fault_and_its_project_is_shown_merged(
    catalog: CatalogHere, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = ROOT / "services/catalog/sample"
    beside = [*sorted((sample / "files").glob("*.pdf")), *(sample / f"{name}.json" for name in ("directory", "themes"))]
    summary, said, code = bring(catalog, capsys, sample / "items.json", *beside)
    assert code == 0 and "有误 0" in summary and "存为草稿 0" in summary, said
    themes = catalog.by(None, service="ThemeService")
    listed = {one.definition.name: one.id for one in themes.ListThemes(region="990121").themes}
    guide = themes.GetTheme(id=listed["工程建设项目审批一件事"])
    assert guide.theme.definition.project and not guide.oddities
    assert all(branch.item_id for branch in guide.branches)
