"""Rows as a department's own system sends them."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import grpc

from chassis.acts import Actor
from standards.identifiers import id_number_check_digit, uscc_check_digit
from tests.support.actors import REGION, machine, token
from yiwang.case.v1 import exchange_pb2 as pb

# Unlike those of the other tests, with check characters that hold.
DEPARTMENT = "11990121MB0000001" + uscc_check_digit("11990121MB0000001")
OTHER_DEPARTMENT = "11990121MB0000002" + uscc_check_digit("11990121MB0000002")
ITEM = f"{DEPARTMENT}3440199806003"
NAME, PHONE, ADDRESS = "欧阳测试金丝雀", "13987654321", "金丝雀路八号"
OPINION = f"{NAME}材料齐全"
APPLIED = {"item_code": ITEM, "item_name": "公共场所卫生许可", "applicant_name": NAME, "region": REGION}


def id_number(serial: int = 1) -> str:
    """A citizen number of a region that does not exist."""
    first17 = f"99012119900307{serial % 1000:03d}"
    return first17 + id_number_check_digit(first17)


def row(number: str, seq: int, at: str = "", department: str = DEPARTMENT, **record: Any) -> pb.ReportRow:
    """A row; `at` is an hour of the third of November unless told."""
    when = at or f"2026-11-03T{8 + seq % 12:02d}:00:00+08:00"
    return pb.ReportRow(department=department, number=number, seq=seq, at=when, **record)


def applied(number: str, certificate: str = "", **changes: Any) -> pb.ReportRow:
    """The application, seq 1, with these changes in its record."""
    fields = APPLIED | {
        "certificate_code": "111",
        "certificate_number": certificate or id_number(),
        "contact_phone": PHONE,
        "address": ADDRESS,
        "case_kind_code": "2",
        "source_code": "1",
        "materials": [pb.ReportedMaterial(name="申请书", taken=True, count=1)],
    }
    return row(number, 1, applied=pb.ReportedApplication(**(fields | changes)))


def accepted(number: str, seq: int = 2) -> pb.ReportRow:
    due = "2026-11-20T17:00:00+08:00"
    return row(number, seq, accepted=pb.ReportedAcceptance(document_number="受字1号", promised_due=due))


def step(number: str, seq: int, **changes: Any) -> pb.ReportRow:
    fields = {
        "name": "审核",
        "action_code": "通过",
        "state_code": "2",
        "opinion": OPINION,
        "started_at": "2026-11-03T09:00:00+08:00",
    }
    return row(number, seq, step=pb.ReportedStep(**(fields | changes)))


def correction(number: str, seq: int, answered: bool = False) -> pb.ReportRow:
    return row(number, seq, correction=pb.ReportedCorrection(answered=answered, notice="请补交平面图"))


def special(number: str, seq: int, ended: bool = False) -> pb.ReportRow:
    return row(number, seq, special=pb.ReportedSpecialProcedure(kind_code="1", ended=ended, reason="需要延长"))


def closed(number: str, seq: int) -> pb.ReportRow:
    return row(number, seq, closed=pb.ReportedClose(result_name="卫生许可证", result_number="卫证1号"))


def whole(number: str, serial: int = 1) -> list[pb.ReportRow]:
    """A case of five rows, from application to close."""
    first = applied(number, id_number(serial))
    return [first, accepted(number), step(number, 3), step(number, 4), closed(number, 5)]


def requests(rows: Iterable[pb.ReportRow], size: int = 2000, profile: str = "") -> Iterable[pb.ReportCasesRequest]:
    """The rows in messages of so many."""
    rows = list(rows)
    for start in range(0, len(rows), size):
        yield pb.ReportCasesRequest(profile=profile, rows=rows[start : start + size])


REPORT = "yiwang.case.v1.ExchangeService/ReportCases"
ALL_RPCS = tuple(f"yiwang.case.v1.ExchangeService/{name}" for name in ("ReportCases", "Reconcile")) + tuple(
    f"yiwang.case.v1.ExchangeService/{name}ReportedCase{s}" for name, s in (("Get", ""), ("List", "s"))
)


def system(department: str = DEPARTMENT, region: str = REGION) -> Actor:
    """A department's own system that may do all that has to do with reported cases."""
    return replace(machine(*ALL_RPCS, department=department), region=region)


def report(
    channel: grpc.Channel, actor: Actor, rows: Iterable[pb.ReportRow], size: int = 2000, profile: str = ""
) -> pb.ReportCasesResponse:
    """Sends the rows in one stream."""
    send = channel.stream_unary(
        f"/{REPORT}",
        request_serializer=pb.ReportCasesRequest.SerializeToString,
        response_deserializer=pb.ReportCasesResponse.FromString,
    )
    metadata = (("authorization", f"Bearer {token(actor)}"),)
    return send(iter(requests(rows, size, profile)), metadata=metadata, timeout=60)
