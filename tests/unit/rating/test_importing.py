"""Rows of other systems: files as they are written, and what a row must be."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.errors import Refused
from services.rating import importing_csv, model_imports
from services.rating.importing_csv import COLUMNS, NEEDED
from tests.service.authority.asked import uscc
from yiwang.rating.v1 import records_pb2 as pb
from yiwang.rating.v1 import service_pb2 as service

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DEPARTMENT = uscc("11990121MB0000001")
LINE = {
    "评价编号": "12345-1",
    "评价渠道": "电话",
    "满意度": "不满意",
    "评价时间": "2026-11-22 09:30:00",
    "评价指标": "401、403",
    "评价内容": "等了很久",
    "是否匿名": "否",
    "办件编号": "",
    "服务环节": "办结",
    "部门代码": DEPARTMENT,
    "部门名称": "水务局",
    "事项编码": "X1",
    "事项名称": "取水许可",
    "行政区划": "990121101",
    "联系电话": "13900000000",
}


def file(*lines: dict[str, str], encoding: str = "utf-8", header: list[str] | None = None) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    names = header or list(LINE)
    writer.writerow(names)
    writer.writerows([line.get(name, "") for name in names] for line in lines)
    return text.getvalue().encode(encoding)


def reason(content: bytes) -> str:
    with pytest.raises(Refused) as found:
        importing_csv.rows(content)
    assert [one.field for one in found.value.violations] == ["content"]
    return found.value.reason


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_line_is_read_in_each_encoding(encoding: str) -> None:
    (row,) = importing_csv.rows(file(LINE, encoding=encoding))
    assert row.fault is None
    assert row.told == pb.ImportedRating(
        reference="12345-1",
        channel=service.RATING_CHANNEL_PHONE,
        grade=service.GRADE_DISSATISFIED,
        tags=["401", "403"],
        comment="等了很久",
        anonymous=False,
        rated_at="2026-11-22T09:30:00+08:00",
        node=service.SERVICE_NODE_CLOSE,
        department=DEPARTMENT,
        department_name="水务局",
        item_code="X1",
        item_name="取水许可",
        region="990121101",
        contact="13900000000",
    )


def test_every_field_of_a_row_has_a_column() -> None:
    assert set(COLUMNS.values()) == {field.name for field in pb.ImportedRating.DESCRIPTOR.fields}
    assert set(NEEDED) <= set(COLUMNS)


def test_every_word_is_known_and_none_is_a_number() -> None:
    assert sorted(importing_csv.GRADES.values()) == sorted(set(service.Grade.values()) - {0})
    assert sorted(importing_csv.CHANNELS.values()) == sorted(set(service.RatingChannel.values()) - {0})
    assert sorted(importing_csv.NODES.values()) == sorted(service.ServiceNode.values())
    (row,) = importing_csv.rows(file(LINE | {"满意度": "5"}))
    assert row.fault is not None and (row.fault.field, row.fault.reason) == ("grade", "WORD_UNKNOWN")


@pytest.mark.parametrize(
    ("column", "field"), [("评价渠道", "channel"), ("服务环节", "node"), ("是否匿名", "anonymous"), ("满意度", "grade")]
)
def test_a_word_nobody_knows_is_told_by_its_field(column: str, field: str) -> None:
    rows = importing_csv.rows(file(LINE, LINE | {column: "也许"}))
    assert rows[0].fault is None
    assert rows[1].fault is not None and rows[1].fault.field == field


def test_columns_come_in_any_order_and_blank_lines_do_not_count() -> None:
    content = file(LINE, header=list(reversed(LINE))) + b"\r\n,,,,\r\n   \r\n"
    assert [row.told for row in importing_csv.rows(content)] == [row.told for row in importing_csv.rows(file(LINE))]


def test_a_line_of_another_length_is_a_fault_of_that_line() -> None:
    content = file(LINE, LINE).decode() + "12345-3,电话\r\n"
    faults = [row.fault and row.fault.reason for row in importing_csv.rows(content.encode())]
    assert faults == [None, None, "CELLS"]


def test_text_of_several_lines_and_quotes_is_one_text() -> None:
    told = '说"等"\n然后,走了'
    (row,) = importing_csv.rows(file(LINE | {"评价内容": told}))
    assert row.told.comment == told


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"\xff\xfe\x00", "FILE_ENCODING"),
        ("评价编号".encode("utf-16"), "FILE_ENCODING"),
        (b"", "FILE_HEADER"),
        (b"\r\n\r\n", "FILE_HEADER"),
        (b"a,b\r\n1,2\r\n", "FILE_HEADER"),
        (file(LINE, header=[name for name in LINE if name != "满意度"]), "FILE_HEADER"),
        (file(LINE, header=[*LINE, "身份证号"]), "FILE_HEADER"),
        (file(LINE, header=[*LINE, "满意度"]), "FILE_HEADER"),
        (file(), "FILE_ROWS"),
        (file(LINE) + b'"open', "FILE_ROWS"),
        (file(*[LINE] * 5001), "FILE_ROWS"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(content: bytes, wanted: str) -> None:
    assert reason(content) == wanted


def test_five_thousand_lines_are_a_file() -> None:
    assert len(importing_csv.rows(file(*[LINE] * 5000))) == 5000


def test_a_file_without_a_header_is_refused_without_telling_what_is_in_it() -> None:
    content = file(LINE).split(b"\r\n", 1)[1]
    with pytest.raises(Refused) as found:
        importing_csv.rows(content)
    assert "13900000000" not in str(found.value.violations) and "等了很久" not in str(found.value.violations)


# -- rows --------------------------------------------------------------------------------------------------------------


def row(**changes: Any) -> pb.ImportedRating:
    (one,) = importing_csv.rows(file(LINE))
    for field, value in changes.items():
        if field == "tags":
            one.told.ClearField("tags")
            one.told.tags.extend(value)
        else:
            setattr(one.told, field, value)
    return one.told


def faults(one: pb.ImportedRating, region: str = "990121") -> list[tuple[str, str]]:
    return [(fault.field, fault.reason) for fault in model_imports.row_faults(one, region, NOW)]


def test_a_good_row_has_no_fault() -> None:
    assert faults(row()) == []
    assert faults(row(), "990000") == []
    assert faults(row(department="TE" + "0" * 16)) == []


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"rated_at": "2026-11-23T10:05:01+08:00"}, [("rated_at", "FUTURE_TIME")]),
        ({"rated_at": "2026-11-22T09:30:00"}, [("rated_at", "MALFORMED")]),
        ({"rated_at": "yesterday, in the morning"}, [("rated_at", "MALFORMED")]),
        ({"rated_at": "2026-02-30T09:30:00+08:00"}, [("rated_at", "MALFORMED")]),
        ({"reference": "13900000000"}, [("reference", "PERSONAL")]),
        ({"reference": "+8613900000000"}, [("reference", "PERSONAL")]),
        ({"reference": "11010519491231002X"}, [("reference", "PERSONAL")]),
        ({"reference": "13900000000/5/1/1"}, [("reference", "PERSONAL")]),
        ({"tags": ["401", "499"]}, [("tags[1]", "TAG_UNKNOWN")]),
        ({"department": ""}, [("department", "REQUIRED")]),
        ({"department": DEPARTMENT[:-1] + "0"}, [("department", "CHECK_DIGIT")]),
        ({"department_name": ""}, [("department_name", "REQUIRED")]),
        ({"region": ""}, [("region", "REQUIRED")]),
        ({"region": "990122"}, [("region", "NOT_FOUND")]),
        ({"region": "9901"}, [("region", "NOT_FOUND")]),
        ({"region": "nowhere"}, [("region", "NOT_FOUND")]),
    ],
)
def test_a_row_at_fault_is_told_by_its_field(changes: dict[str, Any], wanted: list[tuple[str, str]]) -> None:
    assert faults(row(**changes)) == wanted


def test_a_clock_that_is_five_minutes_ahead_is_no_fault() -> None:
    ahead = (NOW + timedelta(minutes=5)).isoformat()
    assert faults(row(rated_at=ahead)) == []


def test_a_row_of_a_case_needs_nothing_else_of_what_was_served() -> None:
    assert faults(row(case_number="9901212611220000001", department="", department_name="", region="")) == []


def test_a_machine_without_a_region_sends_nothing() -> None:
    assert faults(row(), "") == [("region", "NOT_FOUND")]
