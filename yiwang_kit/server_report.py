"""ReportCases of the stand-in: rows are checked and kept as on the platform, and the lesson of the moment is played."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from standards import exchange_codes, exchange_rows
from standards.exchange_rows import Fault
from yiwang.case.v1 import exchange_pb2 as pb
from yiwang_kit.cases import fact_of
from yiwang_kit.recorder import Log, digest
from yiwang_kit.refusals import Refusal
from yiwang_kit.settings import MOST_ROWS

if TYPE_CHECKING:
    from yiwang_kit.server import Run

MOST_FAULTS: Final = 1000
MOST_STREAM: Final = 200_000
# The field a stand-in's fault names, by the record.
FIELDS: Final = {
    "applied": "applied.item_name",
    "accepted": "accepted.document_number",
    "step": "step.name",
    "correction": "correction.notice",
    "special": "special.reason",
    "closed": "closed.description",
}


def report(run: "Run", call: int, requests: Iterator[pb.ReportCasesRequest]) -> pb.ReportCasesResponse:
    """The answer to a stream of rows. Refusal when the lesson is that there is none."""
    if run.lessons.take("report", "quota"):
        raise Refusal("RESOURCE_EXHAUSTED", "QUOTA_EXHAUSTED")
    first = _first(run, call, requests)
    if first is None:
        return pb.ReportCasesResponse()
    if run.lessons.take("report", "cut_midway"):
        _keep(run, call, first.rows, first.profile, 0, (len(first.rows) + 1) // 2)
        raise Refusal("UNAVAILABLE", "AWAY")
    rows = list(first.rows)
    for batch in _read(run, call, requests):
        rows += batch.rows
        if len(rows) > MOST_STREAM:
            raise Refusal("RESOURCE_EXHAUSTED", "QUOTA_EXHAUSTED")
    stopped = bool(run.lessons.take("report", "stopped"))
    answer = _keep(run, call, rows, first.profile, 0, len(rows) // 2 if stopped else len(rows))
    answer.stopped = stopped
    if run.lessons.take("report", "cut_after"):
        raise Refusal("UNAVAILABLE", "AWAY")
    if answer.refused:
        run.lessons.take("report", "faults")
    run.log.add("answer", call, read=answer.read, stopped=stopped, rows=len(rows))
    return answer


def _read(run: "Run", call: int, requests: Iterator[pb.ReportCasesRequest]) -> Iterator[pb.ReportCasesRequest]:
    for batch in requests:
        run.log.add("batch", call, rows=len(batch.rows), profile=batch.profile)
        if len(batch.rows) > MOST_ROWS:
            raise Refusal("INVALID_ARGUMENT", "FIELD_RULE", [("rows", "repeated.max_items")])
        if (batch.profile or "gbt39046") not in exchange_codes.PROFILES:
            raise Refusal("INVALID_ARGUMENT", "PROFILE_UNKNOWN", [("profile", "PROFILE_UNKNOWN")])
        yield batch


def _first(run: "Run", call: int, requests: Iterator[pb.ReportCasesRequest]) -> pb.ReportCasesRequest | None:
    """The first batch with rows; which of its rows are told to be at fault is settled by the first of all."""
    first = next((batch for batch in _read(run, call, requests) if batch.rows), None)
    with run.stage.lock:
        if first is not None and not run.stage.held_back:
            run.stage.held_back = _held_back(list(first.rows))
    return first


def _held_back(rows: list[pb.ReportRow]) -> dict[tuple[str, int], str]:
    """Two rows in the middle (of many), not the application where there is another."""
    middle = chain(rows[len(rows) // 2 :], rows[: len(rows) // 2])
    later = sorted(middle, key=lambda row: row.seq < 2)
    return {(row.number, row.seq): digest(row) for row in later[: 2 if len(rows) > 5 else 1]}


def _keep(run: "Run", call: int, rows: Any, profile: str, begin: int, end: int) -> pb.ReportCasesResponse:
    """Keeps rows up to `end`, and writes all of them down; those behind it were not read."""
    answer = pb.ReportCasesResponse()
    now = datetime.now(UTC)
    with run.stage.lock:
        for position, row in enumerate(rows, begin):
            content = digest(row)
            faults = exchange_rows.faults(row, profile or "gbt39046", run.settings.department, run.settings.region, now)
            became = "unread"
            if position < end:
                became, told = _become(run, row, content, faults)
                _count(answer, position, row, became, told)
            write_down(run.log, call, position, row, profile, became, faults)
    return answer


def write_down(
    log: Log, call: int, position: int, row: pb.ReportRow, profile: str, became: str, faults: Sequence[Fault]
) -> None:
    """Writes down a row: what it was of which case, what was wrong with it, and digests of its content."""
    named = [(fault.field, fault.reason) for fault in faults]
    fact = fact_of(row, profile)._asdict()
    log.add("row", call, position=position, digest=digest(row), body=_body(row), became=became, faults=named, fact=fact)


def _body(row: pb.ReportRow) -> str:
    """A digest of the row without its seq: the same thing under another number has the same."""
    same = pb.ReportRow()
    same.CopyFrom(row)
    same.ClearField("seq")
    return digest(same)


def _become(run: "Run", row: pb.ReportRow, content: str, faults: list[Fault]) -> tuple[str, list[Fault]]:
    """What becomes of a row that is read, and the faults that are told of it: its own, or the stand-in's."""
    if faults:
        return "faulty", faults
    if run.stage.held_back.get((row.number, row.seq)) == content:
        field = FIELDS.get(row.WhichOneof("record") or "", "number")
        return "refused", [Fault(field, "MALFORMED", "一致性测试：视为有误，请更正后以同一序号重报，或留待人工处理")]
    became = run.stage.land(row, content)
    changed = (
        [Fault("seq", exchange_rows.ROW_CHANGED, exchange_rows.REASONS[exchange_rows.ROW_CHANGED])]
        if became == "changed"
        else []
    )
    return became, changed


def _count(answer: pb.ReportCasesResponse, position: int, row: pb.ReportRow, became: str, told: list[Fault]) -> None:
    answer.read += 1
    answer.landed += became == "landed"
    answer.known += became == "known"
    answer.refused += bool(told)
    for field, reason, message in told:
        if len(answer.faults) == MOST_FAULTS:
            answer.faults_left_off += 1
            continue
        fault = pb.RowFault(position=position, number=row.number, seq=row.seq, field=field, reason=reason)
        fault.message = message
        answer.faults.append(fault)
