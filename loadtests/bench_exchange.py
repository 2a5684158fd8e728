"""What departments' systems report: rows landed by one stream, folded by the job, and sent again; on a store and an api of their own."""

import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

import grpc

from chassis import rpc, tokens
from chassis.acts import MACHINE, Actor
from deploy.local.places import Places
from deploy.local.ports import Ports
from deploy.local.processes import Process, command
from deploy.local.stores import start_store
from loadtests.figures import Figure, publish
from loadtests.world import database, signing_key
from standards.identifiers import id_number_check_digit, uscc_check_digit
from yiwang.case.v1 import exchange_pb2 as pb

ROWS, ROWS_OF_A_CASE, ROWS_OF_A_MESSAGE = 50_000, 5, 2_000
METHOD = "yiwang.case.v1.ExchangeService/ReportCases"
REGION = "990121"
DEPARTMENT = "11990121MB0000001" + uscc_check_digit("11990121MB0000001")
# 2,000 rows a second landed, 500 folded.
MOST_LANDED_MS, MOST_FOLDED_MS = 0.5, 2.0
UNREACHED = "127.0.0.1:1"


def figures(folder: Path, rows: int = ROWS) -> list[Figure]:
    """Milliseconds a row, landed new, landed again, and folded."""
    folder = folder / "exchange"  # beside what else runs in it
    folder.mkdir(parents=True, exist_ok=True)
    store = start_store("case", folder / "stores")
    address = f"127.0.0.1:{Ports(folder / 'ports.json').take('case')}"
    places = Places(
        str(folder),
        f"amqp://guest:guest@{UNREACHED}//",
        {"case": store.uri},
        {"case": address, "identity": UNREACHED},
        "",
    )
    api = Process(places, "case", "api")
    try:
        api.start()
        token = tokens.mint(signing_key(database(store.uri, "case")), _system(), 3600)
        messages = list(_messages(rows))
        landed = _report(address, token, messages, rows)
        folded = _fold(places)
        again = _report(address, token, messages, rows)
    finally:
        api.stop()
        store.stop()
    return [
        Figure("exchange.report_ms_a_row", landed * 1000 / rows, "ms", MOST_LANDED_MS),
        Figure("exchange.report_again_ms_a_row", again * 1000 / rows, "ms", MOST_LANDED_MS),
        Figure("exchange.fold_ms_a_row", folded * 1000 / rows, "ms", MOST_FOLDED_MS),
        Figure("exchange.report_rows_a_second", rows / landed, "rows/s"),
        Figure("exchange.fold_rows_a_second", rows / folded, "rows/s"),
    ]


def _system() -> Actor:
    id = str(uuid.uuid4())
    return Actor(
        id=id,
        realm=MACHINE,
        department=DEPARTMENT,
        region=REGION,
        session=f"{id}.1",
        rpcs=frozenset([METHOD]),
        quota=6000,
    )


def _report(address: str, token: str, messages: Iterable[pb.ReportCasesRequest], rows: int) -> float:
    """Seconds until the answer says what became of all rows; RuntimeError when one was refused."""
    with grpc.insecure_channel(address, options=rpc.OPTIONS) as channel:
        send = channel.stream_unary(
            f"/{METHOD}",
            request_serializer=pb.ReportCasesRequest.SerializeToString,
            response_deserializer=pb.ReportCasesResponse.FromString,
        )
        began = time.monotonic()
        answer = send(iter(messages), metadata=(("authorization", f"Bearer {token}"),), timeout=600)
        seconds = time.monotonic() - began
    if answer.landed + answer.known != rows:
        raise RuntimeError(f"{answer.read} rows read, {answer.refused} refused, stopped: {answer.stopped}")
    return seconds


def _fold(places: Places) -> float:
    """Seconds of the job, its start included."""
    began = time.monotonic()
    job = [*command("case", "fold"), "--once"]
    subprocess.run(
        job, env=places.environment("case", "fold"), check=True, stdin=subprocess.DEVNULL, capture_output=True
    )
    return time.monotonic() - began


def _messages(rows: int) -> Iterator[pb.ReportCasesRequest]:
    all = [row for case in range(rows // ROWS_OF_A_CASE) for row in _case(case)]
    for start in range(0, len(all), ROWS_OF_A_MESSAGE):
        yield pb.ReportCasesRequest(rows=all[start : start + ROWS_OF_A_MESSAGE])


def _case(serial: int) -> Iterator[pb.ReportRow]:
    first17 = f"99012119900307{serial % 1000:03d}"
    applied = pb.ReportedApplication(
        item_code=f"{DEPARTMENT}3440199806003",
        item_name="压力测试事项",
        applicant_name="压测申请人",
        certificate_code="111",
        certificate_number=first17 + id_number_check_digit(first17),
        contact_phone="00000000000",
        address="压力测试路1号",
        region=REGION,
        materials=[pb.ReportedMaterial(name="申请书", taken=True, count=1)],
    )
    step = pb.ReportedStep(name="审核", opinion="材料齐全", started_at=_at(9))
    records = (
        {"applied": applied},
        {"accepted": pb.ReportedAcceptance(document_number=f"受字{serial}号")},
        {"step": step},
        {"step": step},
        {"closed": pb.ReportedClose(result_name="许可证", result_number=f"证{serial}")},
    )
    for seq, record in enumerate(records, 1):
        yield pb.ReportRow(department=DEPARTMENT, number=f"LOAD-{serial}", seq=seq, at=_at(8 + seq), **record)  # type: ignore[arg-type]


def _at(hour: int) -> str:
    return f"2026-11-03T{hour:02d}:00:00+08:00"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        publish("bench-exchange", figures(Path(scratch), int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
