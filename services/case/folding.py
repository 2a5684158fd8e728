"""Rows that landed become cases: in the worker every second, or `python -m services.case fold [--once]` for who has millions to bring in.

Several may run, one works (a lease). A case is folded from all of its rows, so it does not matter how often, in what order, or by how
many at once: rows are read after the record, the record is written only if nobody wrote it meanwhile, and only then the mark is taken
off the rows that were seen. Killed between the two, the next one folds the same and finds nothing new.
"""

import argparse
import hashlib
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from google.protobuf.message import Message
from pymongo.database import Database
from pymongo.errors import PyMongoError

from chassis import telemetry
from chassis.acts import Cause
from chassis.errors import NOT_FOUND, Refused
from chassis.parts import Parts
from chassis.relay import Lease
from chassis.telemetry import log
from services.case import model_reported, store_reported
from services.case.model_reported import ReportedCase
from services.case.store_reported import BUCKETS, Rows
from yiwang.case.v1 import events_pb2 as events

IDLE_SECONDS = 1.0
# How long a process folds before it looks whether it is to end.
ROUND_SECONDS = 5.0
MARKS = 200
BY = "system:case"
Document = dict[str, Any]


class Folder:
    """Folds rows into cases."""

    def __init__(self, database: Database[Document]) -> None:
        self._rows = Rows(database)
        self._cases = store_reported.cases(database)
        self._bucket_next = 0
        self.lease = Lease(database, "fold")

    def round(self, seconds: float = float("inf")) -> int:
        """Folds what waits, bucket by bucket, as long as the lease is held and the time lasts; how many rows were folded. The next round
        goes on where this one ended."""
        folded, until = 0, time.monotonic() + seconds
        for _ in range(BUCKETS):
            if time.monotonic() > until:
                break
            bucket, self._bucket_next = self._bucket_next, (self._bucket_next + 1) % BUCKETS
            found = self._bucket(bucket, until)
            if found is None:
                break
            folded += found
        return folded

    def turn(self, seconds: float) -> int:
        """A round of a process that does other things, too: the lease is taken only when something waits, and given back at once."""
        folded = self.round(seconds)
        if folded:
            self.lease.release()
        return folded

    def _bucket(self, bucket: int, until: float) -> int | None:
        """How many rows were folded; None when another process folds what waits."""
        waiting = defaultdict(list)
        for row in self._rows.waiting(bucket):
            waiting[row["case"]].append(row)
        if waiting and not self.lease.held():
            return None
        folded, done = 0, list[str]()
        for case, rows in waiting.items():
            if time.monotonic() > until or not self.lease.held():
                break
            ids = [row["_id"] for row in rows]
            done += ids if self._tried(case, rows[0], ids) else []
            if len(done) >= MARKS:
                folded += self._done(done)
        return folded + self._done(done)

    def _tried(self, case: str, row: Document, ids: list[str]) -> bool:
        """Folds a case. One that cannot be folded waits alone, and is told of each time; a store that is away is no fault of the case."""
        try:
            self.fold(case, row["department"], row["number"], ids)
        except PyMongoError:
            raise
        except Exception as error:
            log("folding").error("case_not_folded", record=case, error=type(error).__name__)
            return False
        return True

    def _done(self, ids: list[str]) -> int:
        self._rows.folded(ids)
        number = len(ids)
        ids.clear()
        return number

    def fold(self, case: str, department: str, number: str, new: Iterable[str]) -> None:
        """Brings a case to what all its rows tell; `new` are the ids of those that are not folded yet, and the cause."""

        def told(known: ReportedCase) -> events.ReportedCaseFolded | None:
            event = first("")
            return None if model_reported.same(known, event) else event

        def first(_: str) -> events.ReportedCaseFolded:
            return model_reported.fold(case, department, number, self._rows.of(case))

        digest = hashlib.sha256("\n".join(sorted(new)).encode()).hexdigest()
        with telemetry.span("fold reported case", "internal", None, {telemetry.RECORD: case}) as span:
            cause = Cause(key=f"fold/{case}/{digest}", by=BY, trace=span.traceparent)
            if not self._changed(case, cause, told):
                try:
                    self._cases.create(cause, first, id=case)
                except Refused:  # another made it this moment, of fewer rows perhaps
                    if not self._changed(case, cause, told):
                        raise

    def _changed(self, case: str, cause: Cause, told: Callable[[ReportedCase], Message | None]) -> bool:
        """Whether there is such a record; then it is brought to what is told."""
        try:
            self._cases.change(case, cause, told)
        except Refused as refused:
            if refused.code != NOT_FOUND:
                raise
            return False
        return True


def main(parts: Parts, arguments: list[str]) -> None:
    """Folds until nothing waits (`--once`), or until it is told to end; waits for its turn while another process folds."""
    parser = argparse.ArgumentParser(prog="case fold", description="归并部门系统回传的办件")
    parser.add_argument("--once", action="store_true", help="归并完现有的行后结束")
    once, folder, stop = parser.parse_args(arguments).once, Folder(parts.database), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    folded, began = 0, time.monotonic()
    while not stop.is_set():
        mine = folder.lease.held()
        worked = folder.round(ROUND_SECONDS) if mine else 0
        folded += worked
        if once and mine and not worked:
            break
        if not worked:
            stop.wait(IDLE_SECONDS)
    folder.lease.release()
    seconds = time.monotonic() - began
    print(f"{folded} rows folded in {seconds:.1f} s, {folded / max(seconds, 0.001):.0f} a second")
