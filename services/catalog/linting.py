"""`python -m services.catalog lint FILE…`: lints an export of any platform, offline: no store, no broker, no configuration.

CSV, JSON, JSON Lines and XLSX; columns are known by their own, the national or the Chinese names, others by `--columns`. Exit code 0
when there are no errors, 1 when there are, 2 when a file cannot be read or an argument is wrong.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from services.catalog import linting_report, reading
from services.catalog.columns import NO_MAP, MapFault, read_map
from services.catalog.linting_report import Line, Report
from services.catalog.linting_rows import Source
from standards import lint
from standards.lint_list import LIST_RULES, ItemList
from yiwang.catalog.v1 import service_pb2 as pb

CLEAN, ERRORS, UNREADABLE = 0, 1, 2
READ_RULE: Final = "L000"
_READ_HINT: Final = "改正该行的内容后再检查"
_EVERY: Final = 200


class Wrong(Exception):
    """An argument that cannot be used, and why."""


class _Options(NamedTuple):
    level: str
    levels: Mapping[str, str]


def main(arguments: list[str]) -> int:
    """The command; returns the exit code."""
    wanted = _arguments(arguments)
    console = Console(stderr=True)
    try:
        levels = _levels(wanted.levels) if wanted.levels else {}
        own = read_map(wanted.columns) if wanted.columns else NO_MAP
        _spare([wanted.columns, wanted.levels, *wanted.files], [wanted.html, wanted.json])
        report = Report(wanted.first)
        with ExitStack() as closing:
            if wanted.json:
                closing.enter_context(report.streamed(wanted.json))
            _lint(
                _named([Source(path, wanted.sheet, own, wanted.most * 2**20) for path in wanted.files]),
                report,
                _Options(wanted.level, levels),
                console,
            )
        if wanted.html:
            wanted.html.write_text(linting_report.page(report), encoding="utf-8")
    except (Wrong, MapFault) as wrong:
        console.print(f"参数有误：{wrong}", markup=False)
        return UNREADABLE
    except OSError as error:
        console.print(f"无法读写文件 {error.filename}：{error.strerror}", markup=False)
        return UNREADABLE
    print(linting_report.summary(report))
    if report.unreadable:
        return UNREADABLE
    return ERRORS if report.levels["error"] else CLEAN


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="catalog lint", description="检查办事指南（离线），结果写成 HTML 和 JSON")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV、JSON、JSON Lines 或 XLSX")
    parser.add_argument("--html", type=Path, metavar="OUT", help="写出 HTML 报告")
    parser.add_argument("--json", type=Path, metavar="OUT", help="写出 JSON 报告（全部结果）")
    parser.add_argument("--columns", type=Path, metavar="MAP.json", help="列名和取值的对照表")
    parser.add_argument("--level", choices=lint.LEVELS, default="hint", help="只列出这一级及更严重的（默认全部）")
    parser.add_argument(
        "--levels", type=Path, metavar="FILE", help='本地的规则级别，如 {"L013": "hint", "L138": "off"}'
    )
    parser.add_argument("--sheet", default="", metavar="NAME", help="XLSX 的工作表（默认第一个可见的）")
    parser.add_argument("--first", type=int, default=50, metavar="N", help="HTML 报告中每条规则列出的条数（默认 50）")
    most = reading.MOST_BYTES >> 20
    parser.add_argument(
        "--most", type=int, default=most, metavar="MIB", help=f"一个文件的上限（默认 {most} MiB，JSON Lines 不限）"
    )
    return parser.parse_args(arguments)


def _named(sources: list[Source]) -> list[Source]:
    """Files of one name in several folders are told apart by their paths."""
    names = Counter(source.path.name for source in sources)
    for source in sources:
        if names[source.path.name] > 1:
            source.name = str(source.path)
    return sources


def _spare(inputs: Iterable[Path | None], reports: Iterable[Path | None]) -> None:
    """No report is written over what it is made from, or over the other."""
    taken = [path.resolve() for path in inputs if path]
    for report in (path for path in reports if path):
        if report.resolve() in taken:
            raise Wrong(f"报告 {report} 会覆盖另一个文件")
        taken.append(report.resolve())


def _levels(path: Path) -> dict[str, str]:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise Wrong(f"{path.name} 不是有效的 JSON") from error
    if not isinstance(content, dict) or not all(isinstance(level, str) for level in content.values()):
        raise Wrong(f'{path.name} 应为 {{"L013": "hint", …}}')
    listed = {rule.id for rule in LIST_RULES}
    unknown = lint.unknown_levels(content, listed)
    if unknown:
        raise Wrong(f"{path.name} 中没有这样的规则或级别：{'、'.join(unknown[:10])}")
    return content


def _lint(sources: list[Source], report: Report, options: _Options, console: Console) -> None:
    items = ItemList()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed} 行"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        for source in sources:
            task = progress.add_task(source.name, total=None)
            started = time.monotonic()
            try:
                for line in _lines(source, report, items, options):
                    report.add(line)
                    if report.rows % _EVERY == 0:
                        progress.update(task, completed=report.rows)
            except reading.Unreadable as bad:
                report.refuse(source.name, bad.row, bad.column, bad.message)
            report.close_file(source, time.monotonic() - started)
        for line in _of_list(items, sources, options):
            report.add(line)


def _lines(source: Source, report: Report, items: ItemList, options: _Options) -> Iterator[Line]:
    """The findings of a file's rows, as they are read."""
    ranks: dict[str, int] = {level: rank for rank, level in enumerate(lint.LEVELS)}
    most = ranks[options.level]
    file = source.name
    for row in source.rows():
        report.count_row(row.item)
        for column, message in row.faults:
            yield Line(file, row.number, row.item, lint.Finding(READ_RULE, "error", column, message, _READ_HINT))
        if row.item is None:
            continue
        items.add(file, row.number, row.item)
        for found in lint.findings(row.item, options.levels):
            if ranks[found.level] <= most and source.tells(found.rule, found.field):
                yield Line(file, row.number, row.item, found)


def _of_list(items: ItemList, sources: Iterable[Source], options: _Options) -> Iterator[Line]:
    """What only the list as a whole shows."""
    by_name = {source.name: source for source in sources}
    ranks: dict[str, int] = {level: rank for rank, level in enumerate(lint.LEVELS)}
    for listed in items.findings(options.levels):
        found = listed.finding
        if ranks[found.level] <= ranks[options.level] and by_name[listed.file].tells(found.rule, found.field):
            kept = pb.ItemDefinition(
                code=listed.code, name=listed.name, department=pb.Department(name=listed.department)
            )
            yield Line(listed.file, listed.row, kept, found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
