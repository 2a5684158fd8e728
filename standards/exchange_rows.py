"""Whether a row of a department's own system can be taken (yiwang.case.v1.ReportRow): every fault with its field and its reason.

A row is judged by itself: rows of a case come in any order. Lengths are those of GB/T 39046-2020 where it states them (办件编号 an..50,
投资项目编号 24), else ours. Messages say nothing of the content.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from standards import codes, exchange_codes, identifiers
from standards.instants import stated
from yiwang.case.v1 import exchange_pb2 as pb

MOST_SEQ: Final = 500
MOST_MATERIALS: Final = 200
AHEAD: Final = timedelta(minutes=5)
NUMBER, SHORT, LONG, TEXT = 50, 100, 500, 2000

REQUIRED, MALFORMED, TOO_LONG, TOO_MANY = "REQUIRED", "MALFORMED", "TOO_LONG", "TOO_MANY"
CODE_UNKNOWN, CHECK_DIGIT, FUTURE_TIME, FIRST_ROW = "CODE_UNKNOWN", "CHECK_DIGIT", "FUTURE_TIME", "FIRST_ROW"
FOREIGN_DEPARTMENT, FOREIGN_REGION = "FOREIGN_DEPARTMENT", "FOREIGN_REGION"
ENDS_BEFORE_BEGIN, ROW_CHANGED = "ENDS_BEFORE_BEGIN", "ROW_CHANGED"

REASONS: Final[dict[str, str]] = {
    REQUIRED: "必填",
    MALFORMED: "格式不正确",
    TOO_LONG: "超过允许的长度",
    TOO_MANY: "项数过多",
    CODE_UNKNOWN: "代码不在所用代码表中",
    CHECK_DIGIT: "校验位不正确",
    FUTURE_TIME: "时间晚于当前时间五分钟以上",
    FOREIGN_DEPARTMENT: "不是本系统所属部门的办件",
    FOREIGN_REGION: "行政区划不在本系统的管辖范围内",
    FIRST_ROW: "第1行必须是申请，其他行不得是申请",
    ENDS_BEFORE_BEGIN: "结束时间早于开始时间",
    ROW_CHANGED: "该行已回传过，内容不同",
}
"""Why a row is refused, as people read it. ROW_CHANGED is told by the service alone, which knows what came before."""

_DAY = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}")
# Visible ASCII, Chinese characters and their brackets: no blanks, no digits of other scripts, nothing that is not seen.
_NUMBER = re.compile(r"[!-~\u4e00-\u9fff\u3010\u3011\u3014\u3015\uff08\uff09]{1,50}")
_CERTIFICATE = re.compile(r"[0-9A-Za-z()/-]{1,50}")
_USCC = re.compile(f"[{identifiers.USCC_ALPHABET}]{{18}}")
_ID_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9Xx]")
# Control characters but line feed and tabulator, and those that turn the direction of writing.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")


class Fault(NamedTuple):
    """One fault of a row: the field as in the row, the reason, and in Chinese."""

    field: str
    reason: str
    message: str


class Sender(NamedTuple):
    """Who sends, and when: the profile of his codes, his department and region, our clock."""

    profile: str
    department: str
    region: str
    now: datetime


Found = Iterator[tuple[str, str]]


def faults(row: pb.ReportRow, profile: str, department: str, region: str, now: datetime) -> list[Fault]:
    """Everything that is wrong with a row; empty when it can be taken. `profile` empty = GB/T 39046."""
    sender = Sender(profile or exchange_codes.DEFAULT, department, region, now)
    return [Fault(field, reason, REASONS[reason]) for field, reason in _faults(row, sender)]


def _faults(row: pb.ReportRow, sender: Sender) -> Found:
    yield from _department(row.department, sender)
    yield from _matched("number", row.number, _NUMBER, NUMBER)
    if not 1 <= row.seq <= MOST_SEQ:
        yield "seq", MALFORMED if row.seq else REQUIRED
    yield from _past("at", row.at, sender)
    kind = row.WhichOneof("record")
    if kind is None:
        yield "record", REQUIRED
        return
    if (row.seq == 1) != (kind == "applied"):
        yield "seq", FIRST_ROW
    for field, reason in _RECORDS[kind](getattr(row, kind), sender):
        yield f"{kind}.{field}", reason


def _department(code: str, sender: Sender) -> Found:
    if not code:
        yield "department", REQUIRED
    elif not _USCC.fullmatch(code):
        yield "department", MALFORMED
    elif not identifiers.uscc_valid(code):
        yield "department", CHECK_DIGIT
    elif code != sender.department:
        yield "department", FOREIGN_DEPARTMENT


def _applied(one: pb.ReportedApplication, sender: Sender) -> Found:
    yield from _item_code(one.item_code)
    yield from _text("item_name", one.item_name, LONG, required=True)
    yield from _text("applicant_name", one.applicant_name, SHORT, required=True)
    yield from _text("contact_name", one.contact_name, SHORT)
    yield from _text("contact_phone", one.contact_phone, NUMBER)
    yield from _text("address", one.address, LONG)
    yield from _code("case_kind_code", exchange_codes.CASE_KIND, one.case_kind_code, sender)
    yield from _code("source_code", exchange_codes.SOURCE, one.source_code, sender)
    yield from _code("certificate_code", exchange_codes.CERTIFICATE, one.certificate_code, sender, required=True)
    yield from _certificate(one, sender)
    if one.project_code and not identifiers.project_code_valid(one.project_code):
        yield "project_code", TOO_LONG if len(one.project_code) > 24 else MALFORMED
    yield from _region(one.region, sender)
    if len(one.materials) > MOST_MATERIALS:
        yield "materials", TOO_MANY
        return
    for position, material in enumerate(one.materials):
        yield from _text(f"materials[{position}].name", material.name, LONG, required=True)
        form = f"materials[{position}].form_code"
        yield from _code(form, exchange_codes.MATERIAL_FORM, material.form_code, sender)
        if material.count > 9999:
            yield f"materials[{position}].count", TOO_MANY


def _item_code(code: str) -> Found:
    if not code:
        yield "item_code", REQUIRED
        return
    if len(code) > NUMBER * 2:
        yield "item_code", TOO_LONG
        return
    found = codes.check_item_code(code)
    if not found.ok or "LOWER_CASE" in found.warnings:
        yield "item_code", MALFORMED
    elif "USCC_CHECK_DIGIT" in found.warnings:
        yield "item_code", CHECK_DIGIT


def _certificate(one: pb.ReportedApplication, sender: Sender) -> Found:
    number = one.certificate_number
    shape = list(_matched("certificate_number", number, _CERTIFICATE, NUMBER))
    if shape:
        yield from shape
        return
    kind = exchange_codes.name_of(exchange_codes.CERTIFICATE, sender.profile, one.certificate_code)
    form, valid = _CHECKED.get(kind or "", (None, None))
    if form and not form.fullmatch(number):
        yield "certificate_number", MALFORMED
    elif valid and not valid(number, sender.now.date()):
        yield "certificate_number", CHECK_DIGIT


_CHECKED: Final[dict[str, tuple[re.Pattern[str], Callable[[str, date], bool]]]] = {
    "ID_CARD": (_ID_NUMBER, identifiers.id_number_valid),
    "USCC": (_USCC, lambda number, _: identifiers.uscc_valid(number)),
}


def _region(region: str, sender: Sender) -> Found:
    if not region:
        yield "region", REQUIRED
    elif not codes.region_valid(region):
        yield "region", TOO_LONG if len(region) > 12 else MALFORMED
    elif not codes.region_covers(sender.region, region):
        yield "region", FOREIGN_REGION


def _accepted(one: pb.ReportedAcceptance, _sender: Sender) -> Found:
    yield from _text("document_number", one.document_number, SHORT)
    yield from _time("promised_due", one.promised_due)
    yield from _text("officer_post", one.officer_post, SHORT)


def _step(one: pb.ReportedStep, sender: Sender) -> Found:
    yield from _text("name", one.name, SHORT, required=True)
    yield from _text("opinion", one.opinion, TEXT)
    yield from _text("officer_post", one.officer_post, SHORT)
    yield from _code("action_code", exchange_codes.ACTION, one.action_code, sender)
    yield from _code("state_code", exchange_codes.STATE, one.state_code, sender)
    yield from _past("started_at", one.started_at, sender)
    if one.ended_at:
        yield from _past("ended_at", one.ended_at, sender)
    begins, ends = stated(one.started_at), stated(one.ended_at)
    if begins and ends and ends < begins:
        yield "ended_at", ENDS_BEFORE_BEGIN


def _correction(one: pb.ReportedCorrection, _sender: Sender) -> Found:
    yield from _text("notice", one.notice, TEXT)
    if len(one.materials) > MOST_MATERIALS:
        yield "materials", TOO_MANY
        return
    for position, name in enumerate(one.materials):
        yield from _text(f"materials[{position}]", name, LONG, required=True)


def _special(one: pb.ReportedSpecialProcedure, sender: Sender) -> Found:
    yield from _code("kind_code", exchange_codes.SPECIAL, one.kind_code, sender, required=True)
    yield from _text("reason", one.reason, TEXT)
    yield from _time("until", one.until)
    yield from _text("outcome", one.outcome, TEXT)


def _closed(one: pb.ReportedClose, sender: Sender) -> Found:
    yield from _code("result_code", exchange_codes.RESULT, one.result_code, sender, required=True)
    yield from _text("result_name", one.result_name, LONG)
    yield from _text("result_number", one.result_number, SHORT)
    yield from _text("description", one.description, TEXT)
    if one.valid_until and not _is_day(one.valid_until):
        yield "valid_until", MALFORMED


_RECORDS: Final[dict[str, Callable[..., Found]]] = {
    "applied": _applied,
    "accepted": _accepted,
    "step": _step,
    "correction": _correction,
    "special": _special,
    "closed": _closed,
}


def _text(field: str, text: str, most: int, required: bool = False) -> Found:
    if not text:
        if required:
            yield field, REQUIRED
    elif len(text) > most:
        yield field, TOO_LONG
    elif _HIDDEN.search(text):
        yield field, MALFORMED
    elif required and text.isspace():
        yield field, REQUIRED


def _matched(field: str, text: str, form: re.Pattern[str], most: int) -> Found:
    if not text:
        yield field, REQUIRED
    elif len(text) > most:
        yield field, TOO_LONG
    elif not form.fullmatch(text):
        yield field, MALFORMED


def _code(field: str, kind: str, code: str, sender: Sender, required: bool = False) -> Found:
    """A code is needed only where the profile has a table for it: elsewhere no code is known, and none can be right."""
    if not code:
        if required and exchange_codes.told(kind, sender.profile):
            yield field, REQUIRED
    elif exchange_codes.name_of(kind, sender.profile, code) is None:
        yield field, CODE_UNKNOWN


def _time(field: str, text: str) -> Found:
    if text and stated(text) is None:
        yield field, MALFORMED


def _past(field: str, text: str, sender: Sender) -> Found:
    found = stated(text)
    if not text:
        yield field, REQUIRED
    elif found is None:
        yield field, MALFORMED
    elif found > sender.now + AHEAD:
        yield field, FUTURE_TIME


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False
