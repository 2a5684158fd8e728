"""`python -m services.catalog import FILE…`: real items into the catalog. Formats are told by content; see README.md.

Good rows are kept and published, bad ones named. A file is remembered by its content: a run that was killed goes on after its last
checkpoint, one that was finished is not run again unless asked to.
"""

import argparse
import hashlib
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from rich.console import Console

from chassis import telemetry
from chassis.acts import now
from chassis.parts import Parts
from services.catalog import store_imports
from services.catalog.importing_defaults import Row
from services.catalog.importing_files import checked, read, rough_rows
from services.catalog.importing_report import BAD, GOOD, Report, Watch, summary
from services.catalog.importing_writing import Importer, Outcome
from services.catalog.store_imports import LEASE, Run

WRITERS: Final = 8
# Rows on their way at a time: what is in memory of a file does not grow with it.
AHEAD: Final = 64
CHECKPOINT_ROWS: Final = 500
RENEW_SECONDS: Final = LEASE.total_seconds() / 6
# What a file means to this version: another mapping reads a finished file anew.
MAPPING: Final = "3"


class TakenOver(Exception):
    """Another run has taken the file over."""


def main(parts: Parts, arguments: list[str]) -> None:
    """Imports the files. Exit code 1 when no row was good, or a file is being imported by somebody else."""
    wanted = _arguments(arguments)
    began = time.monotonic()
    console = Console(stderr=True)
    report = Report(console, wanted.report)
    busy = False
    with telemetry.span("import items", "internal") as span:
        importer = Importer(parts, not wanted.draft, span.traceparent)
        for path in wanted.files:
            busy |= not _file(parts, path, importer, report, console, wanted)
    report.close()
    sys.stdout.write(summary(report.counts, time.monotonic() - began) + "\n")
    if busy or not sum(report.counts[kind] for kind in GOOD):
        telemetry.flush()
        sys.exit(1)


def _file(
    parts: Parts, path: Path, importer: Importer, report: Report, console: Console, wanted: argparse.Namespace
) -> bool:
    """One file, from where it got to; False when somebody else is at it."""
    run = _taken(parts, path, report, wanted)
    if run is None:
        report.say(f"{path.name}：另一进程正在导入该文件，本次未导入")
        return False
    if run.finished:
        store_imports.end(parts.database, run, run.rows, run.counts, run.finished)
        report.counts.update(run.counts)
        report.say(
            f"{path.name}：已于 {run.finished.astimezone():%Y-%m-%d %H:%M} 导入完毕，未再导入（--again 再次导入）"
        )
        return True
    if run.rows:
        report.say(f"{path.name}：接着上次的进度，从第 {run.rows + 1} 条继续")
    before = report.counts
    report.counts = Counter(run.counts)
    try:
        with Watch(console, path.name, rough_rows(path), run.rows) as watch:
            rows = _rows(parts, path, importer, report, run, watch)
        store_imports.end(parts.database, run, rows, report.counts, now())
    except TakenOver:
        report.say(f"{path.name}：已由另一进程接手")
        return False
    except BaseException:
        # Broken off here, by hand or by a fault: nobody has to wait for the lease.
        store_imports.release(parts.database, run)
        raise
    finally:
        before.update(report.counts)
        report.counts = before
    return True


def _taken(parts: Parts, path: Path, report: Report, wanted: argparse.Namespace) -> Run | None:
    """Takes the file. A lease that is not renewed is that of a run that died elsewhere, and is waited for."""
    id = _identity(path, wanted.draft)
    while (run := store_imports.begin(parts.database, id, path.name, now(), wanted.again)) is None:
        until = store_imports.lease_of(parts.database, id)
        time.sleep(RENEW_SECONDS * 1.5)
        if until is None or store_imports.lease_of(parts.database, id) != until:
            return None
        report.say(f"{path.name}：等待中断的导入释放该文件")
    return run


def _identity(path: Path, draft: bool) -> str:
    """SHA-256 of the content and of what decides what becomes of it. A file that cannot be read is told of later."""
    digest = hashlib.sha256(f"{MAPPING}/{draft}/".encode())
    try:
        with path.open("rb") as file:
            while block := file.read(2**20):
                digest.update(block)
    except OSError:
        digest.update(str(path).encode())
    return digest.hexdigest()


def _rows(parts: Parts, path: Path, importer: Importer, report: Report, run: Run, watch: Watch) -> int:
    """Brings every row in, checkpoints, and returns how many there were. The rows of a run before are only told of."""
    done = run.rows
    # What came before is looked at again only for the report, and where a bad row's code may come again.
    look = report.writes or bool(run.counts.get(BAD))
    kept = time.monotonic()
    with ThreadPoolExecutor(WRITERS) as pool:
        for row, outcome in _in_order(pool, importer, path, run.rows, look, report):
            report.row(path.name, _place(row), outcome.kind, outcome.lines, outcome.drafted)
            done += 1
            watch.at(done)
            if done % CHECKPOINT_ROWS == 0 or time.monotonic() - kept > RENEW_SECONDS:
                kept = time.monotonic()
                report.flush()
                if not store_imports.keep(parts.database, run, done, report.counts, now()):
                    raise TakenOver
    return done


def _in_order(
    pool: ThreadPoolExecutor, importer: Importer, path: Path, skip: int, look: bool, report: Report
) -> Iterator[tuple[Row, Outcome]]:
    """What became of the rows, in their order. Codes of a file are all different, so several are written side by side; but what others
    stand on (an entry and its standard) is there before they come."""
    ahead: deque[tuple[Row, Future[Outcome]]] = deque()
    kind: type = type(None)
    for position, row in enumerate(checked(read(path), 0 if look else skip)):
        if position < skip:
            if look:
                found = importer.look(row)
                report.row(path.name, _place(row), found.kind, found.lines, found.drafted, counted=False)
            continue
        most = AHEAD if type(row.definition) is kind or row.definition is None else 1
        kind = type(row.definition) if row.definition is not None else kind
        while ahead and (len(ahead) >= most or ahead[0][1].done()):
            first, future = ahead.popleft()
            yield first, future.result()
        ahead.append((row, pool.submit(importer.bring, row)))
    for first, future in ahead:
        yield first, future.result()


def _place(row: Row) -> str:
    return f"{row.part} 第{row.number}行".strip()


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="catalog import", description="导入事项")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--draft", action="store_true", help="只保存，不发布")
    parser.add_argument("--again", action="store_true", help="已经导入完毕的文件再次导入")
    report = "把有误的行和指南检查的发现写入文件（制表符分隔；文件名以 .json 结尾的为 JSON）"
    parser.add_argument("--report", type=Path, metavar="FILE", help=report)
    return parser.parse_args(arguments)
