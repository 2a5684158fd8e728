"""What an import tells: progress while it runs, a line for each fault and finding, and the summary."""

import json
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from chassis.errors import Violation

READ, NEW, CHANGED, UNCHANGED, BAD, DRAFTED, DOUBTS = "读取", "新增", "变更", "未变", "有误", "存为草稿", "存疑"
KINDS: Final = (READ, NEW, CHANGED, UNCHANGED, BAD, DRAFTED, DOUBTS)
GOOD: Final = (NEW, CHANGED, UNCHANGED)
EVERY_SECONDS: Final = 5.0
_LEVELS: Final = {"error": "错误", "warning": "警告", "hint": "提示", "": "存疑"}


class Line(NamedTuple):
    """One fault of a row, or one finding: `kind` is fault, error, warning or hint (empty = a doubt of the import itself)."""

    kind: str
    rule: str
    field: str
    message: str


def fault(found: Violation) -> Line:
    """Why a row is not imported."""
    return Line("fault", found.reason, found.field.removeprefix("definition."), found.message)


class Report:
    """One line for each fault: file, row, field, rule, message. To stderr, or with the findings to a file (TSV, or
    JSON where its name says so)."""

    def __init__(self, console: Console, path: Path | None) -> None:
        self._console = console
        self._file: TextIO | None = path.open("w", encoding="utf-8") if path else None
        self._json = path is not None and path.suffix == ".json"
        self._separator = '{"rows": [\n'
        self.writes = path is not None
        self.counts: Counter[str] = Counter()

    def say(self, message: str) -> None:
        """Something about the run itself."""
        self._console.print(message, markup=False, highlight=False, soft_wrap=True)

    def row(self, file: str, place: str, outcome: str, lines: list[Line], drafted: bool, counted: bool = True) -> None:
        """A row is done. `drafted`: saved, but not published for its errors. `counted`: not one of a run before."""
        if counted:
            self.counts.update([READ, outcome, *([DRAFTED] if drafted else [])])
            self.counts[DOUBTS] += sum(line.kind != "fault" for line in lines)
        for line in lines:
            self._line(file, place, line)
        if drafted and self._file is None and counted:
            told = "；".join(line.message for line in lines if line.kind == "error")
            self.say(f"{file} {place} 已存为草稿：{told}")

    def _line(self, file: str, place: str, line: Line) -> None:
        if self._file and self._json:
            told = {"file": file, "row": place, **line._asdict()}
            self._file.write(self._separator + json.dumps(told, ensure_ascii=False))
            self._separator = ",\n"
        elif self._file:
            label = line.message if line.kind == "fault" else f"{_LEVELS[line.kind]}：{line.message}"
            self._file.write("\t".join((file, place, line.field or "-", line.rule or "-", _flat(label))) + "\n")
        elif line.kind == "fault":
            self.say(f"{file} {place} {line.field or '-'}：{line.message}")

    def flush(self) -> None:
        """What was told so far outlives the process."""
        if self._file:
            self._file.flush()

    def close(self) -> None:
        """The end of the report."""
        if self._file:
            if self._json:
                self._file.write(("" if self._separator == ",\n" else self._separator) + "\n]}\n")
            self._file.close()


def _flat(text: str) -> str:
    return " ".join(text.split())


class Watch:
    """How far a file got: a bar on a terminal, else a line every few seconds."""

    def __init__(self, console: Console, file: str, total: int | None, done: int) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self._console, self._file, self._total = console, file, total
        self._task: TaskID = self._bar.add_task(file, total=total, completed=done)
        self._began = self._told = time.monotonic()
        self._first = done

    def __enter__(self) -> "Watch":
        self._bar.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._bar.stop()

    def at(self, rows: int) -> None:
        """So many rows are done."""
        self._bar.update(self._task, completed=rows)
        now = time.monotonic()
        if not self._console.is_terminal and now - self._told >= EVERY_SECONDS:
            self._told = now
            rate = (rows - self._first) / (now - self._began)
            of = f"／约{self._total}" if self._total else ""
            told = f"{self._file}：已处理 {rows}{of} 行，每秒 {rate:.0f} 行"
            self._console.print(told, markup=False, highlight=False, soft_wrap=True)


def summary(counts: Mapping[str, int], seconds: float) -> str:
    """One line about everything."""
    told = "，".join(f"{kind} {counts.get(kind, 0)}" for kind in KINDS)
    return f"{told}；用时 {seconds:.1f} 秒，每秒 {counts.get(READ, 0) / max(seconds, 0.001):.0f} 条"
