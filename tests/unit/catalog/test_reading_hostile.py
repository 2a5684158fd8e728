"""Files made to break the reader: small ones that would fill the memory or never end, and ones that two readers would read differently."""

import json
import time
from pathlib import Path

import pytest

from services.catalog import reading_text
from tests.support.workbooks import HEAD, sheet, workbook
from tests.unit.catalog.test_reading import put, read, refused

ROWS: list[list[str | int | float | bool | None]] = [["code", "name"], ["1", "甲"]]
GOOD = {"事项": sheet(ROWS)}
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def relationships(*targets: tuple[str, str, str]) -> str:
    lines = (f'<Relationship Id="{id}" Type="{LINKS}/{kind}" Target="{target}"/>' for id, kind, target in targets)
    return f'{HEAD}<Relationships xmlns="{PACKAGE}">{"".join(lines)}</Relationships>'


def with_texts(folder: Path, text: str, cells: int) -> Path:
    """A workbook whose cells all show one shared text."""
    shown = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(3, cells + 3))
    others = {
        "xl/_rels/workbook.xml.rels": relationships(
            ("rId1", "worksheet", "worksheets/sheet1.xml"), ("rId2", "sharedStrings", "sharedStrings.xml")
        ),
        "xl/sharedStrings.xml": f"{HEAD}<sst {MAIN}><si><t>{text}</t></si></sst>",
    }
    return workbook(folder / "a.xlsx", {"事项": sheet(ROWS, more=shown)}, others=others)


def test_a_long_text_shown_by_many_cells_is_counted_as_often_as_it_is_shown(tmp_path: Path) -> None:
    most = 2**20
    path = with_texts(tmp_path, "甲" * 50_000, 90)
    assert path.stat().st_size < 10_000
    assert "表格内容过多" in refused(path, most=most)[2]
    found = read(with_texts(tmp_path, "甲" * 50_000, 70), most=most)
    assert len(found) == 71 and len(found[-1].values["code"]) == 50_000


def test_cells_without_a_place_are_counted_and_looked_at_like_others(tmp_path: Path) -> None:
    one = "<c><v>1</v></c>"
    far = sheet(ROWS, more=f'<row r="3">{one * 1001}</row>')
    assert refused(workbook(tmp_path / "a.xlsx", {"事项": far}))[1] == "ALM3"
    tall = sheet(ROWS, more=f'<row r="3">{one * 999}</row><row r="200000">{one}</row>')
    assert "表格过大" in refused(workbook(tmp_path / "b.xlsx", {"事项": tall}))[2]
    hidden = sheet(ROWS, more="<row><c><v>1</v></c><c><f>1+1</f><v>2</v></c></row>")
    row = read(workbook(tmp_path / "c.xlsx", {"事项": hidden}))[-1]
    assert (row.number, [one.message[:5] for one in row.faults]) == (3, ["B3 是公", "A3 编码"])
    for place in ("a3", "$A$3", "3"):
        odd = sheet(ROWS, more=f'<row r="3"><c r="{place}"><f>1</f><v>2</v></c></row>')
        assert refused(workbook(tmp_path / "d.xlsx", {"事项": odd}))[1] == place


def test_merged_cells_are_counted_by_the_rows_they_cover(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"事项": sheet(ROWS, merged=["A1:A300000"] * 7)})
    assert "合并单元格过多" in refused(path)[2]


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({"_rels/.rels": relationships(("r", "officeDocument", "evil/workbook.xml"))}, "工作簿不是"),
        ({"XL/Workbook.xml": "<a/>"}, "同名文件"),
        ({"xl/_rels/workbook.xml.rels": relationships(*[("rId1", "worksheet", "worksheets/sheet1.xml")] * 2)}, "重复"),
        (
            {
                "xl/_rels/workbook.xml.rels": relationships(
                    ("rId1", "worksheet", "worksheets/sheet1.xml"), ("t", "sharedStrings", "texts.xml")
                ),
                "xl/sharedStrings.xml": "<sst/>",
            },
            "共享字符串",
        ),
    ],
)
def test_a_workbook_two_readers_would_read_differently_is_refused(
    tmp_path: Path, others: dict[str, str], told: str
) -> None:
    assert told in refused(workbook(tmp_path / "a.xlsx", GOOD, others=others))[2]


def test_sheets_of_one_name_and_bytes_after_the_archive_are_refused(tmp_path: Path) -> None:
    names = '<sheet name="甲" sheetId="1" r:id="rId1"/><sheet name="甲" sheetId="2" r:id="rId2"/>'
    twice = f'{HEAD}<workbook {MAIN} xmlns:r="{LINKS}"><sheets>{names}</sheets></workbook>'
    path = workbook(tmp_path / "a.xlsx", {"甲": GOOD["事项"], "乙": GOOD["事项"]}, others={"xl/workbook.xml": twice})
    assert "同名的工作表" in refused(path)[2]
    behind = workbook(tmp_path / "b.xlsx", GOOD).read_bytes() + b"PK\x05\x06"
    assert refused(put(tmp_path, "c.xlsx", behind))[0] == 0


def test_an_encoding_nobody_knows_is_a_damaged_workbook(tmp_path: Path) -> None:
    odd = GOOD["事项"].replace("UTF-8", "UFO-8")
    assert "不是有效的 XLSX" in refused(workbook(tmp_path / "a.xlsx", {"事项": odd}))[2]


def test_a_table_of_columns_or_cells_without_end_is_refused_at_once(tmp_path: Path) -> None:
    begun = time.process_time()
    assert "列，超过上限" in refused(put(tmp_path, "a.csv", ",".join(f"c{n}" for n in range(60_000)) + "\n"))[2]
    commas = "," * (reading_text.MOST_RECORD + 1)
    assert refused(put(tmp_path, "b.csv", f"code,name\n1,甲\n{commas}\n"))[0] == 3
    lines = '"\n",' * (reading_text.MOST_RECORD // 4)
    assert refused(put(tmp_path, "c.csv", f"code,name\n1,甲\n{lines}\n"))[0] == 3
    assert time.process_time() - begun < 5


def test_a_key_used_twice_among_many_is_found_at_once(tmp_path: Path) -> None:
    keys = ",".join(f'"a{number}":1' for number in range(70_000))
    begun = time.process_time()
    found = read(put(tmp_path, "a.jsonl", f'{{{keys},"a69999":1}}\n{{"name":"甲"}}\n'))
    assert time.process_time() - begun < 5
    assert "a69999" in found[0].faults[0].message and found[1].values == {"name": "甲"}


def test_half_a_character_is_a_fault_wherever_it_stands(tmp_path: Path) -> None:
    for content in ('{"name":"\\ud800"}', '{"\\uDFFF":"甲"}'):
        found = read(put(tmp_path, "a.jsonl", f"{content}\n"))
        assert "不成对" in found[0].faults[0].message
        assert "不成对" in refused(put(tmp_path, "a.json", f"[{content}]"))[2]
    whole = json.dumps([{"name": "𠮷"}])
    assert "\\ud842" in whole and read(put(tmp_path, "b.json", whole))[0].values == {"name": "𠮷"}
