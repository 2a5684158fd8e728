"""Rows in a file, checked offline: JSON lines, each a ReportRow as proto3 JSON. The same checks as of a run, as far as rows alone tell."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from google.protobuf.json_format import Parse, ParseError

from standards import exchange_rows
from yiwang.case.v1 import exchange_pb2 as pb
from yiwang_kit import checks_report
from yiwang_kit.cases import KINDS
from yiwang_kit.checks import Line
from yiwang_kit.checks_calls import Check, Result, judged
from yiwang_kit.recorder import Log, digest
from yiwang_kit.server_report import write_down

MOST_LINE: Final = 1024 * 1024
MOST_ROWS: Final = 1_000_000
# Of the checks of a run, those that rows alone can show.
BY_ROWS: Final = ("R03", "R04", "R05", "R06", "R15")


def look_through(file: Path, profile: str, department: str, region: str, now: datetime) -> Log:
    """The rows of a file as they would be seen. OSError when it cannot be read, ValueError when a line or the whole is too long."""
    log = Log()
    seen: dict[tuple[str, int], str] = {}
    for number, line in _lines(file):
        row = pb.ReportRow()
        try:
            Parse(line.decode(), row)
        except (ParseError, ValueError, RecursionError):
            log.add("unreadable", position=number)
            continue
        content, key = digest(row), (row.number, row.seq)
        faults = exchange_rows.faults(row, profile, department, region, now)
        became = "landed" if key not in seen else "known" if seen[key] == content else "changed"
        seen.setdefault(key, content)
        write_down(log, 0, number, row, profile, became, faults)
    return log


def lines_of(log: Log) -> list[Line]:
    """What the checks came to."""
    picked = [one for one in checks_report.CHECKS if one.id in BY_ROWS or one.id.startswith("C")]
    return [Line(check, check.need == "always" and check.id in ALWAYS, check.run(log)) for check in (READABLE, *picked)]


def counts(log: Log) -> dict[str, str]:
    """How much there is, by Chinese names."""
    rows = list(log.of("row"))
    kinds = Counter(row["fact"]["kind"] for row in rows)
    told = "，".join(f"{name} {kinds[kind]}" for kind, name in KINDS.items())
    at_fault = sum(bool(row["faults"]) for row in rows)
    again = sum(row["became"] == "known" for row in rows)
    return {
        "行数": f"{len(rows)}（{told}）",
        "办件数": str(len({row["fact"]["number"] for row in rows})),
        "有误的行": f"{at_fault}；重复的行 {again}；无法读取的行 {len(list(log.of('unreadable')))}",
    }


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, with their numbers."""
    with file.open("rb") as opened:
        for number, line in enumerate(iter(lambda: opened.readline(MOST_LINE + 1), b""), 1):
            if len(line) > MOST_LINE or number > MOST_ROWS:
                raise ValueError(f"第 {number} 行过长，或行数超过 {MOST_ROWS}")
            if line.strip():
                yield number, line


def _readable(log: Log) -> Result:
    bad = [f"文件第 {one['position']} 行无法读取" for one in log.of("unreadable")]
    return judged(bad, any(log.of("row")))


READABLE: Final = Check(
    "F01",
    "每行是一个 ReportRow（proto3 JSON）",
    "exchange.proto · ReportRow",
    "always",
    "每行一个 JSON 对象，字段名按合同",
    _readable,
)
# A file need not have every kind of row; but it has rows.
ALWAYS: Final = ("F01", *BY_ROWS, "C01", "C02", "C04")
