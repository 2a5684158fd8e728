"""Rows of departments' systems, judged one by one: each fault with its field and its reason, and nothing of the content."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards.exchange_rows import REASONS, faults
from standards.identifiers import project_code_kind, project_code_valid
from standards.instants import stated
from tests.support import reported as r
from tests.support.actors import REGION
from yiwang.case.v1 import exchange_pb2 as pb

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


def wrong(row: pb.ReportRow, profile: str = "", region: str = REGION) -> dict[str, str]:
    return {one.field: one.reason for one in faults(row, profile, r.DEPARTMENT, region, NOW)}


def changed(row: pb.ReportRow, **fields: Any) -> pb.ReportRow:
    for field, value in fields.items():
        setattr(row, field, value)
    return row


GOOD: list[Callable[[], pb.ReportRow]] = [
    lambda: r.applied("A-1"),
    lambda: r.applied("甲字〔2026〕1号"),
    lambda: r.applied("A-1", r.DEPARTMENT, certificate_code="001"),
    lambda: r.applied("A-1", "E12345678", certificate_code="414"),
    lambda: r.applied("A-1", project_code="2611-990121-04-01-123456".replace("2611-", "2026-")),
    lambda: r.applied("A-1", region=REGION + "001"),
    lambda: r.accepted("A-1"),
    lambda: r.step("A-1", 3),
    lambda: r.step("A-1", 3, ended_at="2026-11-03T09:00:00+08:00"),
    lambda: r.correction("A-1", 3),
    lambda: r.special("A-1", 500),
    lambda: r.closed("A-1", 5),
    lambda: r.row("A-1", 5, "2026-11-20T04:04:59Z", correction=pb.ReportedCorrection()),
]


@pytest.mark.parametrize("make", GOOD)
def test_a_row_as_the_contract_says_has_no_fault(make: Callable[[], pb.ReportRow]) -> None:
    assert wrong(make()) == {}


HEADS = [
    ({"department": ""}, "department", "REQUIRED"),
    ({"department": r.OTHER_DEPARTMENT}, "department", "FOREIGN_DEPARTMENT"),
    ({"department": r.DEPARTMENT[:17] + "9"}, "department", "CHECK_DIGIT"),
    ({"department": "1199"}, "department", "MALFORMED"),
    ({"department": r.DEPARTMENT.lower()}, "department", "MALFORMED"),
    ({"number": ""}, "number", "REQUIRED"),
    ({"number": "A" * 51}, "number", "TOO_LONG"),
    ({"number": "A" * 2**20}, "number", "TOO_LONG"),
    ({"number": "A 1"}, "number", "MALFORMED"),
    ({"number": "A\x001"}, "number", "MALFORMED"),
    ({"number": "Ａ１"}, "number", "MALFORMED"),
    ({"number": "A٣"}, "number", "MALFORMED"),
    ({"seq": 0}, "seq", "REQUIRED"),
    ({"seq": 501}, "seq", "MALFORMED"),
    ({"seq": 1}, "seq", "FIRST_ROW"),
    ({"at": ""}, "at", "REQUIRED"),
    ({"at": "2026-11-03T08:00:00"}, "at", "MALFORMED"),
    ({"at": "2026-11-03"}, "at", "MALFORMED"),
    ({"at": "2026-02-30T08:00:00Z"}, "at", "MALFORMED"),
    ({"at": "2026-11-03T08:00:00+25:00"}, "at", "MALFORMED"),
    ({"at": "２０２６-11-03T08:00:00Z"}, "at", "MALFORMED"),
    ({"at": "0001-01-01T00:00:00+14:00"}, "at", "MALFORMED"),
    ({"at": "2026-11-20T04:05:01Z"}, "at", "FUTURE_TIME"),
    ({"at": "2026-11-20T12:05:01+08:00"}, "at", "FUTURE_TIME"),
    ({"at": "9" * 2**20}, "at", "MALFORMED"),
]


@pytest.mark.parametrize(("change", "field", "reason"), HEADS)
def test_a_fault_of_what_every_row_has_is_named(change: dict[str, Any], field: str, reason: str) -> None:
    assert wrong(changed(r.accepted("A-1"), **change)) == {field: reason}


def test_the_zone_decides_what_is_ahead() -> None:
    assert wrong(r.row("A-1", 2, "2026-11-20T12:04:00+08:00", correction=pb.ReportedCorrection())) == {}
    assert stated("2026-11-20T12:04:00+08:00") == datetime(2026, 11, 20, 4, 4, tzinfo=UTC)


APPLICATIONS = [
    ({"item_code": ""}, "applied.item_code", "REQUIRED"),
    ({"item_code": "卫生许可"}, "applied.item_code", "MALFORMED"),
    ({"item_code": r.DEPARTMENT[:17] + "9" + "3440199806003"}, "applied.item_code", "CHECK_DIGIT"),
    ({"item_code": "1" * 2**20}, "applied.item_code", "TOO_LONG"),
    ({"item_name": ""}, "applied.item_name", "REQUIRED"),
    ({"item_name": "  "}, "applied.item_name", "REQUIRED"),
    ({"applicant_name": "张\x00三"}, "applied.applicant_name", "MALFORMED"),
    ({"applicant_name": "张\u202e三"}, "applied.applicant_name", "MALFORMED"),
    ({"applicant_name": "张" * 2**18}, "applied.applicant_name", "TOO_LONG"),
    ({"certificate_code": ""}, "applied.certificate_code", "REQUIRED"),
    ({"certificate_code": "10"}, "applied.certificate_code", "CODE_UNKNOWN"),
    ({"certificate_number": ""}, "applied.certificate_number", "REQUIRED"),
    ({"certificate_number": r.id_number()[:17] + "?"}, "applied.certificate_number", "MALFORMED"),
    ({"certificate_number": "９" * 18}, "applied.certificate_number", "MALFORMED"),
    ({"certificate_number": "990121199003070019"}, "applied.certificate_number", "CHECK_DIGIT"),
    ({"certificate_code": "001", "certificate_number": r.DEPARTMENT[:17] + "9"}, "applied.certificate_number", "CHECK_DIGIT"),
    ({"case_kind_code": "7"}, "applied.case_kind_code", "CODE_UNKNOWN"),
    ({"source_code": "１"}, "applied.source_code", "CODE_UNKNOWN"),
    ({"project_code": "2026-990121-04-04-123456"}, "applied.project_code", "MALFORMED"),
    ({"project_code": "2" * 25}, "applied.project_code", "TOO_LONG"),
    ({"region": ""}, "applied.region", "REQUIRED"),
    ({"region": "990122"}, "applied.region", "FOREIGN_REGION"),
    ({"region": "99"}, "applied.region", "FOREIGN_REGION"),
    ({"region": "9901211"}, "applied.region", "MALFORMED"),
    ({"materials": [pb.ReportedMaterial(name="")]}, "applied.materials[0].name", "REQUIRED"),
    ({"materials": [pb.ReportedMaterial(name="a", form_code="1")]}, "applied.materials[0].form_code", "CODE_UNKNOWN"),
    ({"materials": [pb.ReportedMaterial(name="a", count=10_000)]}, "applied.materials[0].count", "TOO_MANY"),
    ({"materials": [pb.ReportedMaterial(name="a")] * 201}, "applied.materials", "TOO_MANY"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "field", "reason"), APPLICATIONS)
def test_a_fault_of_an_application_is_named(change: dict[str, Any], field: str, reason: str) -> None:
    assert wrong(r.applied("A-1", **change)) == {field: reason}


OTHERS = [
    (r.row("A-1", 2, accepted=pb.ReportedAcceptance(promised_due="soon")), "accepted.promised_due", "MALFORMED"),
    (r.step("A-1", 2, name=""), "step.name", "REQUIRED"),
    (r.step("A-1", 2, action_code="1"), "step.action_code", "CODE_UNKNOWN"),
    (r.step("A-1", 2, state_code="3"), "step.state_code", "CODE_UNKNOWN"),
    (r.step("A-1", 2, started_at=""), "step.started_at", "REQUIRED"),
    (r.step("A-1", 2, started_at="2026-12-20T00:00:00Z"), "step.started_at", "FUTURE_TIME"),
    (r.step("A-1", 2, ended_at="2026-11-03T00:59:59Z"), "step.ended_at", "ENDS_BEFORE_BEGIN"),
    (r.step("A-1", 2, opinion="好" * 2001), "step.opinion", "TOO_LONG"),
    (r.row("A-1", 2, correction=pb.ReportedCorrection(materials=[""])), "correction.materials[0]", "REQUIRED"),
    (r.row("A-1", 2, special=pb.ReportedSpecialProcedure()), "special.kind_code", "REQUIRED"),
    (r.row("A-1", 2, special=pb.ReportedSpecialProcedure(kind_code="9")), "special.kind_code", "CODE_UNKNOWN"),
    (r.row("A-1", 2, closed=pb.ReportedClose(result_code="0")), "closed.result_code", "CODE_UNKNOWN"),
    (r.row("A-1", 2, closed=pb.ReportedClose(valid_until="2026-02-30")), "closed.valid_until", "MALFORMED"),
    (r.row("A-1", 2), "record", "REQUIRED"),
    (changed(r.applied("A-1"), seq=2), "seq", "FIRST_ROW"),
]


@pytest.mark.parametrize(("row", "field", "reason"), OTHERS)
def test_a_fault_of_another_record_is_named(row: pb.ReportRow, field: str, reason: str) -> None:
    assert wrong(row) == {field: reason}


def test_a_code_is_needed_only_where_the_profile_has_a_table() -> None:
    assert wrong(r.row("A-1", 2, closed=pb.ReportedClose()), "guangdong") == {"closed.result_code": "REQUIRED"}
    assert wrong(r.row("A-1", 2, closed=pb.ReportedClose(result_code="0")), "guangdong") == {}
    assert wrong(r.row("A-1", 2, closed=pb.ReportedClose())) == {}
    assert wrong(r.row("A-1", 2, special=pb.ReportedSpecialProcedure()), "spgl") == {}


def test_a_close_before_the_application_by_time_is_no_fault_of_the_row() -> None:
    early = r.row("A-1", 9, "2026-01-01T00:00:00Z", closed=pb.ReportedClose())
    assert wrong(early) == {}


def test_no_message_says_anything_of_the_content() -> None:
    row = r.applied("欧阳金丝雀 1", "9" * 18, region=r.NAME, item_code=r.NAME)
    for fault in faults(row, "", r.DEPARTMENT, REGION, NOW):
        assert fault.message == REASONS[fault.reason] and r.NAME not in fault.message


@given(st.text(max_size=60), st.text(max_size=60), st.integers(0, 2**32 - 1), st.text(max_size=60))
def test_whatever_is_sent_is_judged_and_never_breaks(number: str, at: str, seq: int, text: str) -> None:
    row = r.applied(number, text or "x", item_code=text, region=text, project_code=text, applicant_name=text)
    found = faults(changed(row, at=at, seq=seq), "", r.DEPARTMENT, REGION, NOW)
    assert all(fault.reason in REASONS for fault in found)


@given(st.integers(0, 7 * 10**9), st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_the_same_whatever_zone_it_is_told_in(seconds: int, minutes: int) -> None:
    at = datetime(1950, 1, 2, tzinfo=UTC) + timedelta(seconds=seconds)
    there = at.astimezone(timezone(timedelta(minutes=minutes)))
    assert stated(there.isoformat()) == at


def test_a_project_code_tells_the_kind_of_project() -> None:
    kinds = {"01": "01", "02": "02", "03": "03", "04": "", "00": ""}
    for code, kind in kinds.items():
        assert project_code_kind(f"2026-990121-04-{code}-123456") == kind
    right = "2026-990121-04-01-123456"
    for bad in ("", right[:-1], right + "7", right.replace("2026", "２０２６"), right.replace("2026", "1826")):
        assert not project_code_valid(bad)
