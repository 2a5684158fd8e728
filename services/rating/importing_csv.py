"""CSV files of ratings: UTF-8 (also with BOM) or GB 18030, a header in Chinese in any order, at most 5,000 rows. Pure.

Grades, channels and nodes are written in words, for their numbers mean the opposite in the next province.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from chassis.errors import Refused, Violation, invalid
from yiwang.rating.v1 import records_pb2 as pb
from yiwang.rating.v1 import service_pb2 as service

MOST_ROWS: Final = 5000
COLUMNS: Final[Mapping[str, str]] = {
    "评价编号": "reference",
    "评价渠道": "channel",
    "满意度": "grade",
    "评价时间": "rated_at",
    "评价指标": "tags",
    "评价内容": "comment",
    "是否匿名": "anonymous",
    "办件编号": "case_number",
    "服务环节": "node",
    "部门代码": "department",
    "部门名称": "department_name",
    "事项编码": "item_code",
    "事项名称": "item_name",
    "行政区划": "region",
    "联系电话": "contact",
}
"""What a column is called, and the field of ImportedRating it is."""
NEEDED: Final = ("评价编号", "评价渠道", "满意度", "评价时间")

GRADES: Final[Mapping[str, int]] = {
    "非常满意": service.GRADE_VERY_SATISFIED,
    "满意": service.GRADE_SATISFIED,
    "基本满意": service.GRADE_FAIRLY_SATISFIED,
    "不满意": service.GRADE_DISSATISFIED,
    "非常不满意": service.GRADE_VERY_DISSATISFIED,
}
CHANNELS: Final[Mapping[str, int]] = {
    "PC端": service.RATING_CHANNEL_PC,
    "移动端": service.RATING_CHANNEL_MOBILE,
    "二维码": service.RATING_CHANNEL_QR,
    "平板电脑": service.RATING_CHANNEL_TABLET,
    "其他终端": service.RATING_CHANNEL_TERMINAL,
    "电话": service.RATING_CHANNEL_PHONE,
    "短信": service.RATING_CHANNEL_SMS,
}
NODES: Final[Mapping[str, int]] = {
    "": service.SERVICE_NODE_UNSPECIFIED,
    "咨询": service.SERVICE_NODE_CONSULT,
    "申报": service.SERVICE_NODE_APPLY,
    "补正": service.SERVICE_NODE_CORRECT,
    "缴费": service.SERVICE_NODE_PAY,
    "办结": service.SERVICE_NODE_CLOSE,
    "窗口服务": service.SERVICE_NODE_WINDOW,
}
ANONYMOUS: Final[Mapping[str, int]] = {"": False, "否": False, "是": True}
_WORDS: Final[Mapping[str, Mapping[str, int]]] = {
    "grade": GRADES,
    "channel": CHANNELS,
    "node": NODES,
    "anonymous": ANONYMOUS,
}
# A file's numbers stand for themselves; what a spreadsheet puts before a long one to keep it whole is taken off.
_MARKS: Final = "'`\t\u00a0\ufeff "


class Row(NamedTuple):
    """A row as it is sent, and what is wrong with it before its fields are looked at: None = nothing."""

    told: pb.ImportedRating
    fault: Violation | None = None
    # What records alone say: which time of the service it is, 0 = the latest; and whether it is a second rating (追评).
    occasion: int = 0
    second: bool = False


def rows(content: bytes) -> list[Row]:
    """The rows of a file. INVALID_ARGUMENT FILE_ENCODING, FILE_HEADER (what is missing, unknown or there twice), FILE_ROWS (none, too
    many, or quotes that do not close)."""
    lines = list(_lines(_text(content)))
    columns = _columns(lines[0] if lines else [])
    if not 1 <= len(lines) - 1 <= MOST_ROWS:
        raise _refused("FILE_ROWS", f"文件须有1至{MOST_ROWS}行评价")
    return [_row(columns, cells) for cells in lines[1:]]


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _refused("FILE_ENCODING", "文件编码须为UTF-8或GB 18030")


def _lines(text: str) -> Iterator[list[str]]:
    """The lines with anything in them. A quote that stays open would swallow the rest of the file, so it is refused."""
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), strict=True):
            if any(cell.strip() for cell in cells):
                yield cells
    except csv.Error:
        raise _refused("FILE_ROWS", "文件中的引号或分隔符有误") from None


def _columns(header: list[str]) -> list[str]:
    names = [name.strip(_MARKS) for name in header]
    missing = [name for name in NEEDED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    twice = sorted({name for name in names if names.count(name) > 1})
    # Names of columns are told, cut short: a file without a header has somebody's data there.
    if missing:
        raise _refused("FILE_HEADER", f"表头缺少：{'、'.join(missing)}")
    if unknown:
        raise _refused("FILE_HEADER", f"表头第{names.index(unknown[0]) + 1}列不是已知的列名")
    if twice:
        raise _refused("FILE_HEADER", f"表头重复：{'、'.join(twice)}")
    return [COLUMNS[name] for name in names]


def _row(columns: list[str], cells: list[str]) -> Row:
    told, fault = pb.ImportedRating(), None
    if len(cells) != len(columns):
        fault = Violation("row", "CELLS", "列数与表头不一致")
    for field, cell in zip(columns, cells, strict=False):
        value = cell.strip(_MARKS)
        if field in _WORDS:
            known = _WORDS[field].get(value)
            fault = fault or (None if known is not None else Violation(field, "WORD_UNKNOWN", "不在允许的取值内"))
            setattr(told, field, known or 0)
        elif field == "tags":
            told.tags.extend(value.replace("、", ",").replace("，", ",").replace(";", ",").split(",") if value else [])
        elif field == "rated_at":
            told.rated_at = _instant(value)
        else:
            setattr(told, field, value)
    return Row(told, fault)


def _instant(value: str) -> str:
    """A time of the day in China as a spreadsheet writes it is RFC 3339 then; anything else stays as it is."""
    return (
        f"{value[:10]}T{value[11:]}+08:00" if len(value) == len("2026-11-22 09:30:00") and value[10] == " " else value
    )


def _refused(reason: str, message: str) -> Refused:
    return invalid(Violation("content", reason, message))
