"""Rows of a department's own system, and a run of the conformance kit in this process."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict

from standards.identifiers import uscc_check_digit
from yiwang.case.v1 import exchange_pb2 as pb
from yiwang_kit import server
from yiwang_kit.checks import Line, lines
from yiwang_kit.settings import Settings, settings_of

REGION = "990121"


def uscc(first17: str) -> str:
    return first17 + uscc_check_digit(first17)


DEPARTMENT, APPLICANT = uscc("11990121MB0000001"), uscc("91990121MA0000001")
ITEM = f"{DEPARTMENT}4000123004000"
BEGIN = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)


def row(number: str, seq: int, record: Any, hours: float | None = None, **changes: Any) -> pb.ReportRow:
    """A row; `hours` after the application, its seq when none are given."""
    at = BEGIN + timedelta(hours=seq if hours is None else hours)
    told = {"department": DEPARTMENT, "number": number, "seq": seq, "at": at.isoformat()} | changes
    kind = {
        pb.ReportedApplication: "applied", pb.ReportedAcceptance: "accepted", pb.ReportedStep: "step",
        pb.ReportedCorrection: "correction", pb.ReportedSpecialProcedure: "special", pb.ReportedClose: "closed",
    }[type(record)]  # fmt: skip
    return pb.ReportRow(**told, **{kind: record})


def applied(**changes: Any) -> pb.ReportedApplication:
    told = {
        "item_code": ITEM, "item_name": "食品经营许可", "case_kind_code": "2", "applicant_name": "试验商行",
        "certificate_code": "001", "certificate_number": APPLICANT, "source_code": "2", "region": REGION,
    }  # fmt: skip
    return pb.ReportedApplication(**(told | changes))


def accepted(hours: float = 100) -> pb.ReportedAcceptance:
    return pb.ReportedAcceptance(
        document_number="受〔2026〕1号", promised_due=(BEGIN + timedelta(hours=hours)).isoformat()
    )


def step(name: str = "审查") -> pb.ReportedStep:
    return pb.ReportedStep(name=name, action_code="通过", state_code="2", started_at=BEGIN.isoformat())


def asked(answered: bool = False) -> pb.ReportedCorrection:
    return pb.ReportedCorrection(answered=answered, notice="请补交租赁合同", materials=["租赁合同"])


def special(ended: bool = False, until: float = 2000) -> pb.ReportedSpecialProcedure:
    return pb.ReportedSpecialProcedure(kind_code="1", ended=ended, until=(BEGIN + timedelta(hours=until)).isoformat())


def closed(**changes: Any) -> pb.ReportedClose:
    return pb.ReportedClose(**({"result_name": "许可证", "result_number": "JY1"} | changes))


def whole_case(number: str) -> list[pb.ReportRow]:
    """A case with every kind of row, in order."""
    records = [applied(), asked(), asked(True), accepted(), special(), special(True), step(), closed()]
    return [row(number, seq, record) for seq, record in enumerate(records, 1)]


def many_cases(count: int = 6) -> list[pb.ReportRow]:
    return [one for number in range(count) for one in whole_case(f"KIT-{number:04d}")]


def write_rows(file: Path, rows: list[pb.ReportRow]) -> Path:
    """JSON lines. The file is named .json: what tests hand in themselves is not looked through for personal data."""
    file.write_text("".join(json.dumps(MessageToDict(one), ensure_ascii=False) + "\n" for one in rows))
    return file


@contextmanager
def standing_in(plan: str = "quick", **told: Any) -> Iterator[tuple[server.Run, str]]:
    """A run and its address; it ends when the block does."""
    given = {"department": DEPARTMENT, "region": REGION, "heartbeat": 0.3, "idle": 1.5, "seconds": 60.0} | told
    run = server.Run(Settings(**settings_of(plan, **given)))
    serving, port = server.start(run, "127.0.0.1:0")
    player = threading.Thread(target=server.play, args=(run, serving))
    player.start()
    try:
        yield run, f"127.0.0.1:{port}"
        player.join(70)
    finally:
        run.stopping.set()
        player.join(10)


def states(run: server.Run) -> dict[str, Line]:
    return {line.check.id: line for line in lines(run.log, run.settings)}
