"""A department's system that does it right, small enough to be copied from: reports rows from a file, watches, pushes results, reconciles.

What it remembers (sample_calls.py): `reported` the rows that are settled with a digest of their content, `watch` the token, `cases`
what it was told of, `pushes` the decisions with their request ids.
"""

import hashlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf.json_format import Parse

from yiwang.case.v1 import exchange_pb2 as pb
from yiwang_kit.refusals import reason_of
from yiwang_kit.sample_calls import AGAIN, CALL_SECONDS, LONGEST_PAUSE, Metadata, System, wait_after

CHINA: Final = timezone(timedelta(hours=8))
BATCH, STREAM = 500, 20_000
STREAM_SECONDS: Final = 600
STOPPED_PAUSE: Final = 1.2
TO_SEND: Final = (pb.DIFFERENCE_KIND_MISSING_HERE, pb.DIFFERENCE_KIND_BEHIND_HERE)
Heard = Callable[[pb.CaseEvent], None]


# -- reporting ---------------------------------------------------------------------------------------------------------


def report(system: System, rows: list[pb.ReportRow]) -> list[pb.RowFault]:
    """Reports every row that is not settled yet; the faults, which people have to look at. A row that was refused is not sent again until
    its content changes; then it is sent under the same seq."""
    settled = system.read("reported")
    found: list[pb.RowFault] = []
    while waiting := [row for row in rows if settled.get(_key(row)) != _content(row)][:STREAM]:
        answer = system.call(lambda told, waiting=waiting: _stream(system, waiting, told))  # type: ignore[misc]
        settled |= {_key(row): _content(row) for row in waiting[: answer.read]}
        with system.change("reported") as kept:
            kept.update(settled)
        found += answer.faults
        if answer.stopped and system.stopping.wait(max(system.pause, STOPPED_PAUSE)):
            break
    return found


def _stream(system: System, rows: list[pb.ReportRow], told: Metadata) -> pb.ReportCasesResponse:
    batches = _batches(rows, system.profile)
    answer: pb.ReportCasesResponse = system.exchange.ReportCases(batches, metadata=told, timeout=STREAM_SECONDS)
    return answer


def _batches(rows: list[pb.ReportRow], profile: str) -> Iterator[pb.ReportCasesRequest]:
    for begin in range(0, len(rows), BATCH):
        yield pb.ReportCasesRequest(profile=profile, rows=rows[begin : begin + BATCH])


def _key(row: pb.ReportRow) -> str:
    return f"{row.number}/{row.seq}"


def _content(row: pb.ReportRow) -> str:
    return hashlib.sha256(row.SerializeToString(deterministic=True)).hexdigest()


# -- watching ----------------------------------------------------------------------------------------------------------


def watch(system: System, heard: Heard) -> None:
    """Watches until the system stops: each event once, in the order of its case; from the stored token on after every break."""
    pause = system.pause
    while not system.stopping.is_set():
        try:
            _listen(system, heard)
            pause = system.pause
        except grpc.RpcError as error:
            if reason_of(error) == "RECONCILE_NEEDED":
                with system.change("watch") as kept:
                    kept["token"], kept["reconcile"] = "", True
            elif error.code() == grpc.StatusCode.UNAUTHENTICATED:
                system.forget_token()
            system.stopping.wait(wait_after(error, pause))
            pause = min(pause * 2, LONGEST_PAUSE)


def _listen(system: System, heard: Heard) -> None:
    """One stream, until it ends; a comparison first, when the token was too old. RpcError when it ends before anything was heard; after
    that it is simply opened again."""
    if system.read("watch").get("reconcile"):
        reconcile_here(system)
        with system.change("watch") as kept:
            kept["reconcile"] = False
    token = system.read("watch").get("token", "")
    told = [("authorization", f"Bearer {system.bearer()}")]
    stream = system.exchange.WatchCases(pb.WatchCasesRequest(token=token), metadata=told)
    last = [time.monotonic()]
    threading.Thread(target=_guard, args=(system, stream, last), daemon=True).start()
    some = False
    try:
        for message in stream:
            last[0] = time.monotonic()
            _take(system, message, heard)
            some = True
    except grpc.RpcError:
        if not some:
            raise
    finally:
        last[0] = float("-inf")
    system.stopping.wait(system.pause)


def _guard(system: System, stream: Any, last: list[float]) -> None:
    """Ends a stream that is silent: silence means that the connection is dead."""
    while time.monotonic() - last[0] < system.silence and not system.stopping.wait(0.1):
        pass
    stream.cancel()


def _take(system: System, message: pb.WatchCasesResponse, heard: Heard) -> None:
    """An event is acted on before its token is stored: after a crash it comes again, and is known by case and seq."""
    if message.HasField("event"):
        event = message.event
        known = system.read("cases").get(event.case_id, {"number": "", "seq": 0, "day": _day(event.at)})
        if event.seq > known["seq"]:
            heard(event)
            number = known["number"] or json.loads(event.data_json or "{}").get("number", "")
            with system.change("cases") as cases:
                cases[event.case_id] = known | {"number": number, "seq": event.seq}
    with system.change("watch") as kept:
        kept["token"] = message.token


# -- results -----------------------------------------------------------------------------------------------------------


def decide(system: System, case_id: str, granted: bool, reason: str = "", result_number: str = "") -> None:
    """Notes a decision, with the id it will be sent under, however often. The first one counts."""
    decision = {"granted": granted, "reason": reason, "result_number": result_number}
    at = datetime.now(UTC).isoformat()
    with system.change("pushes") as pushes:
        pushes.setdefault(case_id, {"request_id": f"push-{uuid.uuid4()}", "decided_at": at, "state": "", **decision})


def push(system: System) -> None:
    """Sends the decisions that are not settled yet. One that is refused for good is left to a person."""
    waiting = {case: one for case, one in system.read("pushes").items() if not one["state"]}
    for case_id, decision in waiting.items():
        told = {name: value for name, value in decision.items() if name != "state"}
        request = pb.PushResultRequest(case_id=case_id, **told)
        state = "sent"
        try:
            system.call(lambda told, r=request: system.exchange.PushResult(r, metadata=told, timeout=CALL_SECONDS))  # type: ignore[misc]
        except grpc.RpcError as error:
            if error.code() in AGAIN:
                continue  # the next round tries again
            state = f"refused: {reason_of(error) or error.code().name}"
        with system.change("pushes") as pushes:
            pushes[case_id]["state"] = state


# -- reconciling -------------------------------------------------------------------------------------------------------


def reconcile(system: System, rows: list[pb.ReportRow]) -> list[pb.Difference]:
    """Compares every day there are rows of, and reports again what is not there; the differences."""
    found = [one for day, cases in _days(rows).items() for one in _compare(system, day, cases, False).differences]
    missing = {one.number: set(one.missing_seqs) for one in found if one.kind in TO_SEND}
    with system.change("reported") as settled:
        for row in rows:
            if row.number in missing and row.seq in (missing[row.number] or {row.seq}):
                settled.pop(_key(row), None)
    if missing:
        report(system, rows)
    return found


def reconcile_here(system: System) -> list[pb.Difference]:
    """Compares the cases that are handled on the platform, as the watch told them."""
    days: dict[str, dict[str, int]] = {}
    for case in system.read("cases").values():
        days.setdefault(case["day"], {})[case["number"]] = case["seq"]
    return [one for day, cases in days.items() for one in _compare(system, day, cases, True).differences]


def _compare(system: System, day: str, cases: dict[str, int], handled_here: bool) -> pb.ReconcileResponse:
    entries = [pb.ReconcileEntry(number=number, seq=seq) for number, seq in sorted(cases.items())]
    request = pb.ReconcileRequest(day=day, handled_here=handled_here, entries=entries)
    answer: pb.ReconcileResponse = system.call(
        lambda told: system.exchange.Reconcile(request, metadata=told, timeout=CALL_SECONDS)
    )
    return answer


def _days(rows: list[pb.ReportRow]) -> dict[str, dict[str, int]]:
    """By day of application: each case with its newest row."""
    newest: dict[str, int] = {}
    for row in rows:
        newest[row.number] = max(newest.get(row.number, 0), row.seq)
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        if row.HasField("applied"):
            found.setdefault(_day(row.at), {})[row.number] = newest[row.number]
    return found


def _day(at: str) -> str:
    """The day in China of an instant."""
    return datetime.fromisoformat(at).astimezone(CHINA).date().isoformat()


# -- the whole ---------------------------------------------------------------------------------------------------------


def rows_of(file: Path) -> list[pb.ReportRow]:
    """The rows of a file with JSON lines. ParseError for a line that is none."""
    return [Parse(line, pb.ReportRow()) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def run(system: System, rows: list[pb.ReportRow], seconds: float) -> list[pb.RowFault]:
    """Watches in a thread and grants what is accepted (in earnest people decide), reports, reconciles, until the time is
    over. The faults."""

    def heard(event: pb.CaseEvent) -> None:
        if event.type == "CaseAccepted":
            decide(system, event.case_id, True)

    def pushing() -> None:
        while not system.stopping.wait(0.2):
            push(system)

    threads = [threading.Thread(target=watch, args=(system, heard)), threading.Thread(target=pushing)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    try:
        faults = report(system, rows)
        reconcile(system, rows)
        while time.monotonic() < end and not system.stopping.wait(0.2):
            pass
    finally:
        system.stopping.set()
        for thread in threads:
            thread.join(10)
    return faults
