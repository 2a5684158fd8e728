"""`python -m services.catalog import FILE…`: real items into the catalog. Formats are told by content; see README.md.

Good rows are kept and published, bad ones named. The same file again changes nothing; a broken run is simply run again.
"""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TextIO

from google.protobuf.json_format import MessageToDict
from pymongo.errors import ConnectionFailure
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chassis import telemetry
from chassis.acts import Cause
from chassis.errors import Refused, Violation
from chassis.parts import Parts
from chassis.records import Records
from chassis.store import wait_for
from services.catalog import model, store
from services.catalog.importing_defaults import Row
from services.catalog.importing_files import rows
from services.catalog.model import Item
from yiwang.catalog.v1 import service_pb2 as pb

READ, NEW, CHANGED, UNCHANGED, BAD, DOUBTS = "读取", "新增", "变更", "未变", "有误", "存疑"
WRITERS = 4


class Report:
    """One line for each fault: file, row, field, reason. To stderr, or with the doubts to a file."""

    def __init__(self, console: Console, file: TextIO | None) -> None:
        self._console = console
        self._file = file
        self.counts: Counter[str] = Counter()

    def fault(self, file: str, row: int, found: list[Violation]) -> None:
        """A row that is not imported."""
        self.counts[BAD] += 1
        for one in found:
            self._line(file, row, one.field, one.message, self._file is None)

    def doubt(self, file: str, row: int, found: list[Violation]) -> None:
        """What was imported as it stands, although it can hardly be right."""
        self.counts[DOUBTS] += len(found)
        for one in found:
            self._line(file, row, one.field, f"存疑：{one.message}", False)

    def _line(self, file: str, row: int, field: str, message: str, shown: bool) -> None:
        if self._file:
            self._file.write(f"{file}\t第{row}行\t{field or '-'}\t{message}\n")
        if shown:
            line = f"{file} 第{row}行 {field or '-'}：{message}"
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class Importer:
    """Writes rows into the records in their normal way, one act each."""

    def __init__(self, parts: Parts, live: bool, trace: str) -> None:
        self._database = parts.database
        self._items: Records[Item] = store.items(parts.database)
        self._live = live
        self._trace = trace

    def bring(self, row: Row) -> tuple[str, list[Violation]]:
        """Brings one row in: NEW, CHANGED, UNCHANGED, or BAD and why. Waits while the store is away."""
        if row.definition is None:
            return BAD, row.faults
        while True:
            try:
                return self._bring(row.definition), []
            except Refused as refused:
                return BAD, list(refused.violations) or [Violation("", refused.reason, refused.message)]
            except ConnectionFailure:
                wait_for(self._database)

    def _bring(self, definition: pb.ItemDefinition) -> str:
        id = store.item_id(definition.code)
        known = next(iter(self._items.select({"_id": id})), None)
        if known and not model.bring(known.state, id, definition, self._live):
            return UNCHANGED
        cause = self._cause(definition, known.version if known else 0)
        decide = partial(model.bring, id=id, definition=definition, live=self._live)
        store.write(self._items, id, cause, lambda item: decide(item) or None, known=known is not None)
        return CHANGED if known else NEW

    def _cause(self, definition: pb.ItemDefinition, version: int) -> Cause:
        # The version tells an import that brings an older definition back from one that is merely repeated.
        digest = model.digest(MessageToDict(definition))
        key = f"{model.IMPORTER}/import/{digest}" + (f"/{version}" if version else "")
        return Cause(key, model.IMPORTER, trace=self._trace)


def main(parts: Parts, arguments: list[str]) -> None:
    """Imports the files. Exit code 1 when no row was good."""
    wanted = _arguments(arguments)
    began = time.monotonic()
    console = Console(stderr=True)
    with telemetry.span("import items", "internal") as span, ExitStack() as stack:
        file = stack.enter_context(wanted.report.open("w", encoding="utf-8")) if wanted.report else None
        report = Report(console, file)
        importer = Importer(parts, not wanted.draft, span.traceparent)
        with _progress(console) as progress:
            for path in wanted.files:
                _import(path, importer, report, progress)
    sys.stdout.write(_summary(report.counts, time.monotonic() - began) + "\n")
    if not sum(report.counts[kind] for kind in (NEW, CHANGED, UNCHANGED)):
        telemetry.flush()
        sys.exit(1)


def _import(path: Path, importer: Importer, report: Report, progress: Progress) -> None:
    read = list(rows(path))
    task = progress.add_task(path.name, total=len(read))
    # The codes of a file are all different, so its rows may be written side by side: each waits for the disk.
    with ThreadPoolExecutor(WRITERS) as pool:
        for row, (outcome, found) in zip(read, pool.map(importer.bring, read), strict=True):
            report.counts[READ] += 1
            if outcome == BAD:
                report.fault(path.name, row.number, found)
            else:
                report.counts[outcome] += 1
                report.doubt(path.name, row.number, row.doubts)
            progress.advance(task)


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="catalog import", description="导入事项")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--draft", action="store_true", help="只保存，不发布")
    parser.add_argument("--report", type=Path, metavar="FILE", help="把有误和存疑的行写入文件（制表符分隔）")
    return parser.parse_args(arguments)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _summary(counts: Counter[str], seconds: float) -> str:
    told = "，".join(f"{kind} {counts[kind]}" for kind in (READ, NEW, CHANGED, UNCHANGED, BAD, DOUBTS))
    return f"{told}；用时 {seconds:.1f} 秒，每秒 {counts[READ] / max(seconds, 0.001):.0f} 条"
