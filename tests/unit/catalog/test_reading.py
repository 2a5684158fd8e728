"""Files as people send them: good rows are read in every format, what is wrong is refused with row, column and reason."""

import json
import os
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.catalog import reading, reading_json, reading_package
from services.catalog.reading import Place, RawRow, Unreadable
from tests.support.workbooks import HEAD, sheet, workbook

ROWS = [("2", "甲许可"), ("3", "乙，许可")]
CSV = "code,name\n2,甲许可\n3,“乙，许可”\n"


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path: Path, **more: Any) -> list[RawRow]:
    return list(reading.open_rows(path, **more))


def refused(path: Path, **more: Any) -> tuple[int, str, str]:
    with pytest.raises(Unreadable) as caught:
        read(path, **more)
    return caught.value.row, caught.value.column, caught.value.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_a_table_is_read_in_every_encoding_and_with_every_separator(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    text = f"编码{separator}名称\r\n001{separator} 甲许可　\r\n\r\n002{separator}“乙”\r\n"
    found = read(put(tmp_path, "a.csv", text.encode(encoding)))
    assert [(row.number, row.values, row.faults) for row in found] == [
        (2, {"编码": "001", "名称": "甲许可"}, ()),
        (4, {"编码": "002", "名称": "“乙”"}, ()),
    ]


@pytest.mark.parametrize(
    ("content", "row", "byte"),
    [
        (b"code,name\n1,\xe7\x94\xb2\n2,\xff\xff\n3,x\n", 3, 19),
        (b"code,name\n1," + "许可".encode("gb18030") + b"\n2,\x81\x20\n", 3, 20),
        ("code,名".encode("utf-16") + b"\x00\xd8\x41\x00", 1, 15),
    ],
)
def test_broken_bytes_are_named_by_row_and_position(tmp_path: Path, content: bytes, row: int, byte: int) -> None:
    found = refused(put(tmp_path, "a.csv", content))
    assert found[0] == row and f"第 {byte} 个字节" in found[2]


def test_a_text_without_a_known_encoding_is_refused(tmp_path: Path) -> None:
    assert "UTF-16" in refused(put(tmp_path, "a.csv", "code,name\n".encode("utf-16-le")))[2]
    assert "UTF-32" in refused(put(tmp_path, "a.csv", "code,name\n".encode("utf-32")))[2]


WRONG_TABLES: list[tuple[str, int, str, str]] = [
    ('code,name\n1,"甲\n2,乙\n', 2, "", "引号没有成对"),
    ('code,name\n1,"甲"乙\n', 2, "", "引号之后不是分隔符"),
    ("code,name,code\n1,2,3\n", 1, "code", "重复"),
    ("\n", 1, "", "没有列名"),
    ('code,name\n1,"' + "x" * (2**20 + 10) + '"\n', 2, "", "1,048,576"),
]


@pytest.mark.parametrize(("text", "row", "column", "reason"), WRONG_TABLES)
def test_a_table_that_cannot_be_told_apart_ends_where_it_breaks(
    tmp_path: Path, text: str, row: int, column: str, reason: str
) -> None:
    found = refused(put(tmp_path, "a.csv", text))
    assert found[:2] == (row, column) and reason in found[2]


def test_a_bad_row_of_a_table_is_named_and_the_next_one_is_read(tmp_path: Path) -> None:
    long = "长" * (reading.MOST_TEXT + 1)
    text = f"code,name\n1,甲,多余\n1.14E+30,乙\n3,\0丙\n4,{long}\n5\n6,丁\n"
    found = {row.number: row for row in read(put(tmp_path, "a.csv", text))}
    assert [(one.column, one.message[:12]) for number in (2, 3, 4, 5) for one in found[number].faults] == [
        ("第3列", "有 3 列，表头只有 2"[:12]),
        ("code", "“1.14E+30”是被"[:12]),
        ("name", "内容中有空字符（NUL）"[:12]),
        ("name", f"内容有 {len(long)} 个字"[:12]),
    ]
    assert (found[6].values, found[6].faults) == ({"code": "5", "name": ""}, ())
    assert found[7].values == {"code": "6", "name": "丁"}


SHAPES: list[Any] = [
    [{"a": 1}, {"a": 2}],
    {"items": [{"a": 1}, {"a": 2}], "other": 3},
    {"code": 0, "note": "x", "data": {"total": 2, "list": [{"a": 1}, {"a": 2}]}},
    {"RECORDS": [{"a": 1}, {"a": 2}]},
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("indent", [None, 1])
def test_json_is_read_element_by_element_wherever_its_list_stands(
    tmp_path: Path, shape: Any, indent: int | None
) -> None:
    path = put(tmp_path, "a.json", json.dumps(shape, indent=indent))
    assert [(row.number, row.values) for row in read(path)] == [(1, {"a": 1}), (2, {"a": 2})]
    assert reading.document(path) == shape


WRONG_JSON: list[tuple[str, int, str]] = [
    ('{"items": [{"a": 1}, {"a": ]}', 2, "不是有效的 JSON"),
    ('[{"a": 1} {"a": 2}]', 1, "缺少逗号"),
    ('[{"a": 1}, {"a": 1, "a": 2}]', 2, "键“a”重复"),
    ('[{"a": NaN}]', 1, "NaN"),
    ("[" + "[" * 200_000, 1, "嵌套超过"),
    ("[" + "[" * 70 + "]" * 70 + "]", 1, "嵌套超过"),
    ('[{"a": ' + "9" * 5000 + "}]", 1, "数字"),
    ('{"name": "x"}', 0, "没有行的列表"),
]


@pytest.mark.parametrize(("text", "row", "reason"), WRONG_JSON)
def test_json_that_is_broken_or_too_deep_is_refused_at_its_element(
    tmp_path: Path, text: str, row: int, reason: str
) -> None:
    path = put(tmp_path, "a.json", text)
    found = refused(path)
    assert found[0] == row and reason in found[2]
    if row:
        with pytest.raises(Unreadable):
            reading.document(path)


def test_lines_are_read_one_by_one_and_a_bad_one_does_not_stop_the_rest(tmp_path: Path) -> None:
    lines = [
        '{"a":1}',
        "",
        "{bad",
        '{"a":"' + "x" * 2**20 + '"}',
        '{"a":' + "[" * 5000 + "]" * 5000 + "}",
        "名".join(['{"a":"', '"}']),
    ]
    path = put(tmp_path, "a.jsonl", "\n".join(lines).encode() + b'\n{"a":"\xff\xff"}\n')
    found = read(path)
    assert [row.number for row in found] == [1, 3, 4, 5, 6, 7]
    assert [row.values for row in found if not row.faults] == [{"a": 1}, {"a": "名"}]
    assert ["1 MiB" in row.faults[0].message for row in found if row.number == 4] == [True]


def test_lines_are_known_by_their_content_too(tmp_path: Path) -> None:
    assert [row.values for row in read(put(tmp_path, "a.txt", '{"a":1}\n\n{"a":2}\n'))] == [{"a": 1}, {"a": 2}]
    assert [row.values for row in read(put(tmp_path, "b.json", '{"items":\n[{"a":1}]}\n'))] == [{"a": 1}]


def test_a_large_file_is_refused_before_it_is_read_and_lines_are_not(tmp_path: Path) -> None:
    for name, content in (("a.csv", b"code,name\n"), ("a.json", b"["), ("a.xlsx", b"PK\x03\x04")):
        path = put(tmp_path, name, content)
        os.truncate(path, 100 * 2**20)
        tracemalloc.start()
        found = refused(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        path.unlink()
        assert found[0] == 0 and "100.0 MiB" in found[2] and "64 MiB" in found[2]
        assert peak < 2**20
    assert refused(put(tmp_path, "b.csv", CSV), most=10)[2].startswith("文件有")
    assert len(read(put(tmp_path, "c.jsonl", '{"a":1}\n' * 100), most=10)) == 100


def test_reading_many_lines_takes_no_memory(tmp_path: Path) -> None:
    path = put(tmp_path, "a.jsonl", ('{"a":"' + "x" * 1000 + '"}\n') * 20_000)
    tracemalloc.start()
    assert sum(1 for _ in reading.open_rows(path)) == 20_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 2**20


def test_what_is_no_file_of_rows_is_refused(tmp_path: Path) -> None:
    assert "空的" in refused(put(tmp_path, "a.csv", b""))[2]
    assert "PDF" in refused(put(tmp_path, "a.csv", b"%PDF-1.7"))[2]
    assert "普通文件" in refused(tmp_path)[2]
    assert "无法读取" in refused(tmp_path / "none.csv")[2]
    assert "工作表" in refused(put(tmp_path, "b.csv", CSV), sheet="甲")[2]


def test_old_and_encrypted_workbooks_are_told_apart(tmp_path: Path) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000
    assert ".xls" in refused(put(tmp_path, "a.xls", ole))[2]
    assert "密码" in refused(put(tmp_path, "b.xlsx", ole + "EncryptedPackage".encode("utf-16-le")))[2]


def test_a_workbook_is_read_with_its_types_as_text(tmp_path: Path) -> None:
    rows = [
        ["编码", "名称", "到现场次数", "是否收费", "面积"],
        ["001", " 甲 ", 2, True, 1.5],
        [],
        ["002", "乙", None, False, 3.0],
    ]
    found = read(workbook(tmp_path / "a.xlsx", {"事项": sheet(rows)}))
    assert [(row.number, list(row.values.values()), row.faults) for row in found] == [
        (2, ["001", "甲", "2", "是", "1.5"], ()),
        (4, ["002", "乙", "", "否", "3"], ()),
    ]


def test_formulas_merged_cells_errors_and_codes_stored_as_numbers_are_named_by_cell(tmp_path: Path) -> None:
    rows = [
        ["实施编码", "名称", "法定时限"],
        ["1", "=A2&B3", 20],
        [131004000, "丙", 5],
        ["3", "丁", "#REF!"],
        ["4", "戊", 5],
        ["5", None, 1.5e17],
        ["6", "己", 7],
    ]
    found = read(workbook(tmp_path / "a.xlsx", {"事项": sheet(rows, merged=["B5:B6"])}))
    assert {
        row.number: [(one.column, one.message.split(" ")[0].split("（")[0]) for one in row.faults] for row in found
    } == {
        2: [("名称", "B2")],
        3: [("实施编码", "A3")],
        4: [("法定时限", "C4")],
        5: [("名称", "B5")],
        6: [("名称", "B6"), ("法定时限", "C6")],
        7: [],
    }
    told = {row.number: row.faults for row in found}
    assert "公式" in told[2][0].message and "前导零" in told[3][0].message and "合并" in told[5][0].message
    assert "15 位" in told[6][1].message


def test_a_header_that_is_merged_or_computed_is_refused_by_its_cell(tmp_path: Path) -> None:
    found = refused(
        workbook(tmp_path / "a.xlsx", {"事项": sheet([["事项清单", None], ["编码", "名称"]], merged=["A1:B1"])})
    )
    assert found[:2] == (1, "A1") and "合并" in found[2]
    assert refused(workbook(tmp_path / "b.xlsx", {"事项": sheet([["编码", "=B2"], ["1", "2"]])}))[:2] == (1, "B1")


def test_the_first_visible_sheet_is_read_or_the_one_named(tmp_path: Path) -> None:
    sheets = {name: sheet([["name"], [name]]) for name in ("说明", "事项", "旧表")}
    path = workbook(tmp_path / "a.xlsx", sheets, hidden=["说明"])
    assert [row.values for row in read(path)] == [{"name": "事项"}]
    assert [row.values for row in read(path, sheet="旧表")] == [{"name": "旧表"}]
    assert "没有名为“新表”" in refused(path, sheet="新表")[2]
    assert "可见" in refused(workbook(tmp_path / "b.xlsx", sheets, hidden=list(sheets)))[2]


def test_a_cell_far_out_makes_no_table_of_everything_before_it(tmp_path: Path) -> None:
    for place in ("XFD1048576", "A400000", "ZZZ2"):
        far = sheet([["code", "name"], ["1", "甲"]], more=f'<row r="9"><c r="{place}"><v>1</v></c></row>')
        assert refused(workbook(tmp_path / "a.xlsx", {"事项": far}))[1] == place


BILLION = (
    HEAD
    + '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
)


def test_entities_and_outside_references_are_refused_in_every_part(tmp_path: Path) -> None:
    assert "DTD" in refused(workbook(tmp_path / "a.xlsx", {"事项": BILLION}))[2]
    outside = '<!DOCTYPE sst SYSTEM "file:///etc/passwd"><sst/>'
    good = {"事项": sheet([["name"], ["甲"]])}
    assert "DTD" in refused(workbook(tmp_path / "b.xlsx", good, others={"xl/sharedStrings.xml": outside}))[2]
    assert "DTD" in refused(workbook(tmp_path / "c.xlsx", good, others={"xl/workbook.xml": BILLION}))[2]


def test_archives_that_unpack_to_too_much_are_refused(tmp_path: Path) -> None:
    good = {"事项": sheet([["name"], ["甲"]])}
    bomb = workbook(tmp_path / "a.xlsx", good, others={"xl/sharedStrings.xml": b" " * (12 * 2**20)})
    assert "压缩炸弹" in refused(bomb)[2]
    assert "解压后有" in refused(bomb, most=2**20)[2]
    many = workbook(
        tmp_path / "b.xlsx", good, others={f"x/{number}": b"" for number in range(reading_package.MOST_ENTRIES)}
    )
    assert "个文件" in refused(many)[2]


def test_an_archive_that_says_less_than_it_holds_is_refused(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        {"事项": sheet([["name"], ["甲"]])},
        others={"xl/sharedStrings.xml": b"<a>" + b" " * 50_000 + b"</a>"},
    )
    with zipfile.ZipFile(path) as archive:
        true = archive.getinfo("xl/sharedStrings.xml").file_size
    content = path.read_bytes()
    assert content.count(struct.pack("<I", true)) == 2
    path.write_bytes(content.replace(struct.pack("<I", true), struct.pack("<I", 100)))
    assert "比声明的大" in refused(path)[2]


def test_other_archives_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    assert "不是 XLSX" in refused(tmp_path / "a.xlsx")[2]
    good = workbook(tmp_path / "b.xlsx", {"事项": sheet([["name"], ["甲"]])}).read_bytes()
    assert refused(put(tmp_path, "c.xlsx", good[:-100]))[0] == 0
    assert "XML 有误" in refused(workbook(tmp_path / "d.xlsx", {"事项": "<worksheet><row>"}))[2]
    marked = bytearray(good)
    for at in range(len(good)):
        if good[at : at + 4] == b"PK\x01\x02":
            marked[at + 8] |= 1
    assert "密码" in refused(put(tmp_path, "e.xlsx", bytes(marked)))[2]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=200) | st.text('[]{}",:a1\n\0é甲 ', max_size=60).map(str.encode),
    name=st.sampled_from(["a.csv", "a.json", "a.jsonl"]),
)
def test_no_content_makes_reading_fail_otherwise(tmp_path: Path, content: bytes, name: str) -> None:
    path = put(tmp_path, name, content)
    try:
        for row in reading.open_rows(path):
            assert row.number >= 1 and all(isinstance(one, Place) and one.message for one in row.faults)
        reading.document(path)
    except Unreadable as bad:
        assert bad.message


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 2000), byte=st.integers(0, 255))
def test_a_workbook_with_any_byte_changed_is_read_or_refused(tmp_path: Path, at: int, byte: int) -> None:
    content = bytearray(workbook(tmp_path / "good.xlsx", {"事项": sheet([["code", "name"], ["1", "甲"]])}).read_bytes())
    content[at % len(content)] = byte
    try:
        read(put(tmp_path, "a.xlsx", bytes(content)))
    except Unreadable as bad:
        assert bad.message


def test_depth_is_counted_in_lists_and_objects() -> None:
    assert not reading_json.deeper({"a": [1]}, 2) and reading_json.deeper({"a": [1]}, 1)
    assert not reading_json.deeper("text", 0) and not reading_json.deeper([], 1)
    assert reading_json.deeper([], 0)
