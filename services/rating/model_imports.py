"""Files of ratings that were taken, and what a row of another system must be. Pure: time is passed in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chassis.acts import Evolve, Moment
from chassis.errors import Violation
from services.rating.model import COUNTY_DIGITS
from standards import rating_codes
from standards.codes import region_covers
from standards.identifiers import id_number_valid, uscc_valid
from standards.instants import stated
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import records_pb2 as pb

# Clocks differ by so much at most.
AHEAD: Final = timedelta(minutes=5)
# What reads a file of an officer as a system: no registered one has a name with a colon.
FILE_SYSTEM: Final = "file:csv"
# 评价次数, as the last part of a record's reference.
_FIRST, _SECOND = 1, 2
_MOBILE: Final = re.compile(r"(?:\+?86)?1[3-9][0-9]{9}")
# What bodies without a code of their own have in its place (C.1.2).
_PLACEHOLDER: Final = re.compile("TE[0-9A-Z]{16}")


@dataclass(frozen=True, slots=True)
class FileImport:
    """A file that was taken to its end."""

    id: str
    region: str
    sha256: str
    officer_id: str
    rows: int
    at: datetime


def _imported(_: FileImport | None, event: events.FileImported, moment: Moment) -> FileImport:
    return FileImport(event.import_id, event.region, event.sha256, event.officer_id, event.rows, moment.at)


EVOLVE: Evolve = {events.FileImported: _imported}


def reference_of(number: str, node: int, occasion: int, second: bool) -> str:
    """What a record is known by: its case, its service node, which time that was, and which rating of it."""
    return f"{number}/{node}/{occasion}/{_SECOND if second else _FIRST}"


def first_reference(reference: str) -> str:
    """The reference of the first rating that a second one goes with."""
    return f"{reference.rpartition('/')[0]}/{_FIRST}"


def row_faults(row: pb.ImportedRating, region: str, now: datetime) -> Iterator[Violation]:
    """What is wrong with a row whose fields keep the contract's rules, sent for a region. Another region's answer is the one for a
    region that does not exist."""
    # Of a record the reference begins with the number of the case.
    number = row.reference.partition("/")[0]
    if _MOBILE.fullmatch(number) or id_number_valid(number):
        yield Violation("reference", "PERSONAL", "评价编号不得是手机号码或身份证号码")
    at = stated(row.rated_at)
    if at is None:
        yield Violation("rated_at", "MALFORMED", "时间须为RFC 3339格式")
    elif at > now + AHEAD:
        yield Violation("rated_at", "FUTURE_TIME", "评价时间晚于当前时间五分钟以上")
    if unknown := [tag for tag in row.tags if tag not in rating_codes.TAGS]:
        yield Violation(f"tags[{list(row.tags).index(unknown[0])}]", "TAG_UNKNOWN", "没有此评价指标")
    if not row.case_number:
        yield from _served_faults(row, region)


def _served_faults(row: pb.ImportedRating, region: str) -> Iterator[Violation]:
    for field in ("department", "department_name", "region"):
        if not getattr(row, field):
            yield Violation(field, "REQUIRED", "没有办件编号时必填")
    if row.department and not (uscc_valid(row.department) or _PLACEHOLDER.fullmatch(row.department)):
        yield Violation("department", "CHECK_DIGIT", "不是有效的统一社会信用代码")
    # A rating counts in its county, so that much has to be told.
    if row.region and (len(row.region) < COUNTY_DIGITS or not region_covers(region, row.region)):
        yield Violation("region", "NOT_FOUND", "行政区划不存在，或不在您的管辖范围内")
