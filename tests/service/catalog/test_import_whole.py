"""Imports that are killed, spreadsheets and old encodings, drafts for errors, standards of the directory, and the levels above an item."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from chassis.errors import Refused
from chassis.parts import Parts
from services.catalog import importing, model_lines, store, store_directory, store_imports
from tests.support.catalog_service import CatalogHere, Db, item
from tests.support.serving import MASTER
from tests.support.waiting import wait_until
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import themes_pb2 as themes

ROOT = Path(__file__).resolve().parents[3]
OWNER = "11990121000001134C"
BASE = "990119001000"
MANY = 900


def bring(parts: Parts, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[str, str]:
    """The summary, and what it said on stderr."""
    importing.main(parts, [str(one) for one in arguments])
    said = capsys.readouterr()
    return said.out, said.err


def lines(path: Path, count: int) -> Path:
    with path.open("w") as file:
        for number in range(count):
            one = item(code=f"K-{number}", name=f"取水许可第{number}类", duty_codes=["K"])
            file.write(json.dumps(MessageToDict(one), ensure_ascii=False) + "\n")
    return path


def document(path: Path, **lists: Any) -> Path:
    content = {name: [MessageToDict(one) for one in found] for name, found in lists.items()}
    path.write_text(json.dumps(content, ensure_ascii=False))
    return path


def spreadsheet(path: Path, rows: list[list[str]], formula: str) -> Path:
    """A workbook of one sheet with texts in its cells, and a formula in one of them."""
    main, relations = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org"
    document = f"{relations}/officeDocument/2006/relationships"
    cells = "".join(
        f'<row r="{row}">'
        + "".join(
            f'<c r="{letter}{row}"><f>1+1</f><v>2</v></c>'
            if f"{letter}{row}" == formula
            else f'<c r="{letter}{row}" t="inlineStr"><is><t>{text}</t></is></c>'
            for letter, text in zip("ABCDEFGH", texts, strict=False)
        )
        + "</row>"
        for row, texts in enumerate(rows, 1)
    )
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{relations}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{types}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{relations}/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{document}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{document}">'
        '<sheets><sheet name="事项" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{document}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_an_import_killed_halfway_goes_on_and_writes_everything_once(
    mongodb_uri: str, catalog: CatalogHere, tmp_path: Path
) -> None:
    database, file = catalog.parts.database, lines(tmp_path / "many.jsonl", MANY)
    environment = os.environ | {
        "MONGODB_URI": mongodb_uri,
        "MASTER_KEY": MASTER,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
    }
    command = [sys.executable, "-m", "services.catalog", "import", str(file)]
    first = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    wait_until(lambda: (database["imports"].find_one({}) or {}).get("rows", 0) >= 500, "the first checkpoint", 60)
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    kept = database["imports"].find_one({})
    assert kept is not None and kept["finished"] is None and 500 <= kept["rows"] < MANY
    again = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert again.returncode == 0 and f"从第 {kept['rows'] + 1} 条继续" in again.stderr, again.stderr
    assert again.stdout.startswith(f"读取 {MANY}，") and "有误 0" in again.stdout
    for number in range(MANY):
        assert catalog.journal(store.item_id(f"K-{number}")) == ["ItemSaved", "ItemPublished"]
    done = database["imports"].find_one({})
    assert done is not None and done["finished"] and done["rows"] == MANY


def test_rows_before_the_checkpoint_are_not_written_again_but_told_in_the_report(
    catalog: CatalogHere, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHECKPOINT_ROWS", 5)
    file = lines(tmp_path / "some.jsonl", 12)
    with file.open("a") as rest:
        rest.write('{"code": "K-1"}\n')
    checkpoint = store_imports.keep

    def broken(*arguments: Any) -> bool:
        checkpoint(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(store_imports, "keep", broken)
    with pytest.raises(KeyboardInterrupt):
        importing.main(catalog.parts, [str(file)])
    monkeypatch.setattr(store_imports, "keep", checkpoint)
    report = tmp_path / "report.tsv"
    summary, said = bring(catalog.parts, capsys, file, "--report", report)
    assert "从第 6 条继续" in said and summary.startswith("读取 13，") and "有误 1" in summary
    assert {row.split("\t")[1] for row in report.read_text().splitlines()} == {f"第{n}行" for n in range(1, 14)}


def test_a_file_taken_over_by_another_run_is_left_to_it(
    catalog: CatalogHere, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHECKPOINT_ROWS", 5)
    file, checkpoint = lines(tmp_path / "some.jsonl", 12), store_imports.keep

    def taken(database: Db, *arguments: Any) -> bool:
        database["imports"].update_one({}, {"$set": {"owner": "elsewhere/1/x"}})
        return checkpoint(database, *arguments)

    monkeypatch.setattr(store_imports, "keep", taken)
    with pytest.raises(SystemExit) as ended:
        importing.main(catalog.parts, [str(file)])
    kept = catalog.parts.database["imports"].find_one({})
    assert ended.value.code == 1 and "已由另一进程接手" in capsys.readouterr().err
    assert kept is not None and kept["owner"] == "elsewhere/1/x" and kept["finished"] is None


def test_what_the_lint_calls_an_error_is_kept_as_a_draft_and_said_so(
    catalog: CatalogHere, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = pb.Limit(amount=90, unit=pb.TIME_UNIT_WORKING_DAY)
    short = pb.Limit(amount=3, unit=pb.TIME_UNIT_WORKING_DAY)
    bad = item(code="T-9", promised_limit=long, statutory_limit=short, duty_codes=["T"])
    file = document(tmp_path / "items.json", items=[bad, item(code="T-8", duty_codes=["T"])])
    summary, said = bring(catalog.parts, capsys, file)
    assert "新增 2" in summary and "存为草稿 1" in summary
    assert "items.json 第1行 已存为草稿：承诺时限90个工作日长于法定时限3个工作日" in said
    assert catalog.journal(store.item_id("T-9")) == ["ItemSaved"]
    assert catalog.journal(store.item_id("T-8")) == ["ItemSaved", "ItemPublished"]


def test_a_spreadsheet_is_imported_and_its_bad_cells_are_named(
    catalog: CatalogHere, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["code", "name", "typeCode", "department.code", "department.name", "region", "visits", "dutyCodes"]
    rows = [
        [f"X-{n}", name, "01", OWNER, "水务局", "990121", "0", "X"]
        for n, name in enumerate(("取水许可", "河道采砂", "打井备案"), 1)
    ]
    sheet = spreadsheet(tmp_path / "list.xlsx", [names, *rows], formula="G3")
    summary, said = bring(catalog.parts, capsys, sheet)
    assert "新增 2" in summary and "有误 1" in summary
    assert "list.xlsx 第3行 visits" in said and "公式" in said
    assert catalog.found("打井备案")[0] == "打井备案" and catalog.found("河道采砂") == []


def test_a_table_in_gb18030_is_imported(
    catalog: CatalogHere, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "code,name,typeCode,department.code,department.name,region,dutyCodes\n"
        f"G-1,取水许可,01,{OWNER},水务局,990121,G\n"
    )
    (tmp_path / "old.csv").write_bytes(text.encode("gb18030"))
    summary, _ = bring(catalog.parts, capsys, tmp_path / "old.csv")
    assert "新增 1" in summary and catalog.found("取水") == ["取水许可"]


def test_an_item_brings_the_implementation_its_code_names_and_nobodys_own_is_overwritten(
    catalog: CatalogHere, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = f"{OWNER}4{BASE}"
    office = pb.Department(code=OWNER, name="示范县水务局")
    power = directory.ImplementationDefinition(
        code=code,
        base_code=BASE,
        name="取水许可",
        type_code="01",
        department=office,
        region="990121",
        duties="逾期追责",
    )
    plain = [
        item(code=f"{code}{number:02d}", name=f"取水许可第{number}类", department=office, duty_codes=[])
        for number in (1, 2)
    ]
    file = document(tmp_path / "items.json", items=plain)
    bring(catalog.parts, capsys, file)
    database = catalog.parts.database
    made = store_directory.implementations(database).get(store_directory.implementation_id(code))
    assert [entry["type"] for entry in made.journal] == ["ImplementationSaved", "ImplementationPublished"]
    shown = catalog.by(None).GetItem(item_id=store.item_id(f"{code}01")).definition
    assert (shown.implementation_code, shown.base_code, list(shown.duty_codes)) == (code, BASE, [code])
    bring(catalog.parts, capsys, document(tmp_path / "list.json", implementations=[power]))
    bring(catalog.parts, capsys, file, "--again")
    kept = store_directory.implementations(database).get(made.id)
    assert kept.state.definition["duties"] == "逾期追责" and kept.version == 4


def test_what_a_standard_fixes_is_filled_in_and_what_contradicts_it_is_refused_with_its_owner(
    catalog: CatalogHere, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    standard = pb.ItemDefinition(result_name="取水许可证", conditions="有水源论证")
    entry = directory.EntryDefinition(
        code=BASE, name="取水许可", type_code="01", region="990100", owner_name="示范市", standard=standard
    )
    code = f"{OWNER}4{BASE}"
    good = item(code=f"{code}01", name="取水许可", result_name="")
    other = item(code=f"{code}02", name="取水许可（小型）", result_name="别的证")
    file = document(tmp_path / "all.json", items=[good, other], entries=[entry])
    summary, said = bring(catalog.parts, capsys, file)
    assert "新增 2" in summary and "有误 1" in summary
    assert "all.json 第2行 result_name" in said and "示范市" in said
    held = catalog.by(None).GetItem(item_id=store.item_id(f"{code}01")).definition
    assert (held.result_name, held.conditions) == ("取水许可证", "有水源论证")
    before = catalog.journal(store.item_id(f"{code}01"))
    bring(catalog.parts, capsys, file, "--again")
    assert catalog.journal(store.item_id(f"{code}01")) == before


def test_themes_and_entries_are_brought_once(
    catalog: CatalogHere, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theme = themes.ThemeDefinition(
        code="T-EAT", region="990121", name="开办餐饮店一件事", items=[themes.ThemeItem(key="one", name="取水许可")]
    )
    file = document(tmp_path / "themes.json", themes=[theme, theme])
    summary, said = bring(catalog.parts, capsys, file)
    assert "新增 1" in summary and "themes.json themes 第2行 code：编码与themes第 1 行重复" in said
    summary, _ = bring(catalog.parts, capsys, file, "--again")
    assert "新增 0，变更 0，未变 1" in summary


def test_the_sample_county_is_imported_whole_and_published(
    catalog: CatalogHere, capsys: pytest.CaptureFixture[str]
) -> None:
    sample, database = ROOT / "services/catalog/sample", catalog.parts.database
    names = [f"{name}.json" for name in ("directory", "themes", "vocabulary", "items")]
    files = sorted((sample / "files").glob("*.pdf"))
    summary, _ = bring(catalog.parts, capsys, *files, *(sample / name for name in names))
    assert "有误 0，存为草稿 0" in summary
    items = json.loads((sample / "items.json").read_text())["items"]
    for raw in items:
        assert catalog.by(None).GetItem(item_id=store.item_id(raw["code"])).edition == 1
        implementation = store_directory.implementation_id(raw["implementationCode"])
        assert store_directory.implementations(database).get(implementation).state.life.edition == 1
    kept = {row["_id"] for row in database["guide_files"].find({}, {"_id": 1})}
    named = {one["sample"]["id"] for raw in items for one in raw["results"]}
    assert len(kept) == 4 and named <= kept
    standard = store_directory.standard_of(database, pb.ItemDefinition(base_code="990119001000", region="990121"))
    assert standard is not None and standard.entry.owner_name == "示范市人民政府"


def test_a_level_that_is_refused_is_told_of_and_keeps_nothing_out(
    catalog: CatalogHere, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    office = pb.Department(code=OWNER, name="示范县水务局")
    one = item(code=f"{OWNER}4{BASE}01", department=office)
    refused = Refused(9, "CODE_TAKEN", "编码已被占用")

    def refuse(*_: Any) -> None:
        raise refused

    monkeypatch.setattr(model_lines, "bring", refuse)
    report = tmp_path / "report.tsv"
    summary, _ = bring(catalog.parts, capsys, document(tmp_path / "a.json", items=[one]), "--report", report)
    assert "新增 1" in summary and "实施清单条目" in report.read_text() and "编码已被占用" in report.read_text()


def test_a_form_nobody_brought_is_named(
    catalog: CatalogHere, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF\n"
    (tmp_path / "form.pdf").write_bytes(form)
    one = item()
    one.materials[0].blank_form.CopyFrom(pb.GuideFile(name="申请书", id=hashlib.sha256(form).hexdigest()))
    file, report = document(tmp_path / "a.json", items=[one]), tmp_path / "report.tsv"
    bring(catalog.parts, capsys, file, "--report", report)
    assert "materials[0].blank_form\tFILE_UNKNOWN" in report.read_text()
    bring(catalog.parts, capsys, tmp_path / "form.pdf", file, "--again", "--report", report)
    assert "FILE_UNKNOWN" not in report.read_text()
