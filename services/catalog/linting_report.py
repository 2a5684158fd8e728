"""What the lint found, counted as it comes, and written as HTML, JSON and a few lines. Only the first findings of a rule are kept."""

import html
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import orjson

from services.catalog.linting_rows import Source
from services.catalog.model_compare_words import FIELDS
from standards.lint import LEVELS, Finding
from standards.lint_list import LIST_RULES
from standards.lint_rules import RULES
from yiwang.catalog.v1 import service_pb2 as pb

_PART = re.compile(r"([a-z_]+)(?:\[(\d+)\])?")
_CAMEL = re.compile("_([a-z])")
LEVEL_NAMES: Final = {"error": "错误", "warning": "警告", "hint": "提示"}
_RULES: Final = [
    *((rule.id, rule.words, rule.source) for rule in RULES),
    *((rule.id, rule.words, rule.source) for rule in LIST_RULES),
]
RULE_WORDS: Final = {"L000": "每一行、每个取值都可以识别"} | {id: words for id, words, _ in _RULES}
RULE_SOURCES: Final = {id: source for id, _, source in _RULES}
MOST_DEPARTMENTS: Final = 500
NO_DEPARTMENT: Final = "（未填写部门）"


class Line(NamedTuple):
    """A finding with the row it is on."""

    file: str
    row: int
    item: pb.ItemDefinition | None
    finding: Finding


class FileTold(NamedTuple):
    """What is told of one file."""

    name: str
    rows: int
    seconds: float
    unknown: list[str]
    absent: list[str]


class Report:
    """Counts of everything, and the first findings of each rule."""

    def __init__(self, first: int = 50) -> None:
        self.first = first
        self.rows = 0
        self.levels: Counter[str] = Counter()
        self.rules: Counter[tuple[str, str]] = Counter()
        self.departments: dict[str, Counter[str]] = {}
        self.kept: dict[str, list[dict[str, Any]]] = {}
        self.files: list[FileTold] = []
        self.unreadable: list[dict[str, Any]] = []
        self._stream: IO[bytes] | None = None
        self._streamed = 0
        self._counted = 0

    def count_row(self, item: pb.ItemDefinition | None) -> None:
        """One row more."""
        self.rows += 1
        self._department(item)["rows"] += 1

    def _department(self, item: pb.ItemDefinition | None) -> Counter[str]:
        name = (item.department.name if item else "") or NO_DEPARTMENT
        return self.departments.setdefault(name, Counter())

    def add(self, line: Line) -> None:
        """One finding more."""
        found = line.finding
        self.levels[found.level] += 1
        self.rules[found.rule, found.level] += 1
        self._department(line.item)[found.level] += 1
        kept = self.kept.setdefault(found.rule, [])
        if self._stream is None and len(kept) >= self.first:
            return
        told = _told(line)
        if len(kept) < self.first:
            kept.append(told)
        if self._stream:
            self._stream.write((b",\n" if self._streamed else b"\n") + orjson.dumps(told))
            self._streamed += 1

    def refuse(self, file: str, row: int, column: str, message: str) -> None:
        """A file, or the rest of one, that cannot be read."""
        self.unreadable.append({"file": file, "row": row, "column": column, "message": message})

    def close_file(self, source: Source, seconds: float) -> None:
        """What was learned of a file once it is read."""
        rows = self.rows - self._counted
        self._counted = self.rows
        self.files.append(FileTold(source.name, rows, seconds, sorted(source.unknown), source.absent()))

    @contextmanager
    def streamed(self, path: Path) -> Iterator[None]:
        """Writes every finding to a JSON file as it comes, and the summary at the end."""
        with path.open("wb") as file:
            self._stream = file
            file.write(b'{"findings":[')
            yield
            file.write(b'\n],"summary":' + orjson.dumps(self.told(), option=orjson.OPT_INDENT_2) + b"}\n")
            self._stream = None

    def told(self) -> dict[str, Any]:
        """The summary as data."""
        return {
            "rows": self.rows,
            "levels": {level: self.levels[level] for level in LEVELS},
            "rules": [
                {"rule": rule, "level": level, "count": count, "words": RULE_WORDS[rule]}
                for (rule, level), count in self.ordered()
            ],
            "departments": [{"name": name, **counts} for name, counts in self.ordered_departments()],
            "files": [file._asdict() for file in self.files],
            "unreadable": self.unreadable,
        }

    def ordered(self) -> list[tuple[tuple[str, str], int]]:
        """Rules with their counts: errors first, then the most frequent."""
        return sorted(self.rules.items(), key=lambda one: (LEVELS.index(one[0][1]), -one[1], one[0][0]))

    def ordered_departments(self) -> list[tuple[str, Counter[str]]]:
        """Departments with their counts: most errors first, then warnings."""
        return sorted(self.departments.items(), key=lambda one: (-one[1]["error"], -one[1]["warning"], one[0]))


def _told(line: Line) -> dict[str, Any]:
    item, found = line.item, line.finding
    return {
        "file": line.file,
        "row": line.row,
        "code": item.code if item else "",
        "name": item.name if item else "",
        "department": item.department.name if item else "",
        **found._asdict(),
    }


def field_name(path: str) -> str:
    """A field's path for people: materials[3].waiver is 材料第4项·免提交方式. A column's name stays as it is."""
    names = []
    for part in path.split("."):
        found = _PART.fullmatch(part)
        if found is None:
            return path
        camel = _CAMEL.sub(lambda letter: letter[1].upper(), found[1])
        names.append(FIELDS.get(camel, found[1]) + (f"第{int(found[2]) + 1}项" if found[2] else ""))
    return "·".join(names)


def summary(report: Report) -> str:
    """A few lines for the screen."""
    counts = "，".join(f"{LEVEL_NAMES[level]} {report.levels[level]}" for level in LEVELS)
    lines = [f"检查 {report.rows} 行：{counts}；用时 {sum(file.seconds for file in report.files):.1f} 秒"]
    lines += [
        f"  {rule} {LEVEL_NAMES[level]} {count:>7}  {RULE_WORDS[rule]}"
        for (rule, level), count in report.ordered()[:15]
    ]
    for file in report.files:
        if file.unknown:
            lines.append(f"  {file.name}：不认识的列（已忽略）：{'、'.join(file.unknown)[:300]}")
        if file.absent:
            lines.append(f"  {file.name}：没有这些内容的列，未检查：{'、'.join(map(field_name, file.absent))[:300]}")
    for bad in report.unreadable:
        place = f"第{bad['row']}行 " if bad["row"] else ""
        lines.append(f"  {bad['file']}：{place}{bad['column']} 无法读取：{bad['message']}")
    # What stands in a file is no command for the screen.
    return "\n".join("".join(one if one.isprintable() else "�" for one in line) for line in lines)


_STYLE: Final = """
:root{color-scheme:light dark}
body{font:16px/1.6 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:0 auto;max-width:76rem;padding:1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin:2rem 0 .4rem}table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;padding:.3rem 0}
th,td{border:1px solid #8888;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere;min-width:3.5rem}
td.n,th.n{text-align:right;white-space:nowrap}.wide{overflow-x:auto}.level{font-weight:700}
fieldset{margin:1rem 0;padding:.5rem 1rem}label{margin-right:1.5rem;white-space:nowrap}
section{break-inside:auto}h2,caption{break-after:avoid}tr{break-inside:avoid}
body:has(#only-error:checked) :is(section,tr):is(.warning,.hint),body:has(#only-warning:checked) :is(section,tr):is(.error,.hint),
body:has(#only-hint:checked) :is(section,tr):is(.error,.warning){display:none}
.skip{position:absolute;left:-99rem}.skip:focus{position:static}
@media print{fieldset,.skip{display:none}body{max-width:none;padding:0;font-size:11pt}a{color:inherit;text-decoration:none}}
""".strip()


def page(report: Report) -> str:
    """The report as one HTML file: nothing from outside, no script, everything escaped."""
    parts = [
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>办事指南检查报告</title><style>{_STYLE}</style></head><body>",
        '<a class="skip" href="#rules">跳到检查结果</a><header><h1>办事指南检查报告</h1>',
        f"<p>{_e(_when())} · 共 {report.rows} 行 · "
        + " · ".join(f"{LEVEL_NAMES[one]} {report.levels[one]}" for one in LEVELS)
        + "</p></header><main>",
        *_files(report),
        '<fieldset><legend>只看</legend><label><input type="radio" name="only" id="only-all" checked> 全部</label>',
        *(f'<label><input type="radio" name="only" id="only-{one}"> {LEVEL_NAMES[one]}</label>' for one in LEVELS),
        "</fieldset>",
        *_rules(report),
        *_departments(report),
        *_sections(report),
        "</main></body></html>\n",
    ]
    return "\n".join(parts)


def _e(text: object) -> str:
    return html.escape(str(text))


def _when() -> str:
    return datetime.now(UTC).astimezone().strftime("%Y年%m月%d日 %H:%M")


def _table(caption: str, heads: list[str], rows: Iterator[tuple[str, list[object]]], numbers: int = 0) -> Iterator[str]:
    """A table; the last `numbers` columns are numbers. A row comes with its class."""
    yield f'<div class="wide"><table><caption>{_e(caption)}</caption><thead><tr>'
    first = len(heads) - numbers
    yield (
        "".join(f'<th scope="col"{" class=n" if n >= first else ""}>{_e(head)}</th>' for n, head in enumerate(heads))
        + "</tr></thead><tbody>"
    )
    for kind, cells in rows:
        yield (
            f'<tr class="{kind}">'
            + "".join(
                f"<td{' class=n' if n >= first else ''}>{cell if isinstance(cell, _Safe) else _e(cell)}</td>"
                for n, cell in enumerate(cells)
            )
            + "</tr>"
        )
    yield "</tbody></table></div>"


class _Safe(str):
    """Markup of our own."""


def _files(report: Report) -> Iterator[str]:
    rows = ((
        "", [file.name, "、".join(file.unknown) or "无", "、".join(map(field_name, file.absent)) or "无", file.rows, f"{file.seconds:.1f}"],
    ) for file in report.files)  # fmt: skip
    yield from _table("文件", ["文件", "不认识的列（已忽略）", "没有的内容（未检查）", "行", "秒"], rows, 2)
    if report.unreadable:
        bad = (("error", [one["file"], one["row"] or "", one["column"], one["message"]]) for one in report.unreadable)
        yield from _table("无法读取", ["文件", "行", "列", "原因"], bad)


def _rules(report: Report) -> Iterator[str]:
    rows = (
        (level, [_Safe(f'<a href="#{rule}">{rule}</a>'), LEVEL_NAMES[level], RULE_WORDS[rule], count])
        for (rule, level), count in report.ordered()
    )
    yield '<h2 id="rules">按规则</h2>'
    yield from _table("每条规则发现的问题数", ["规则", "级别", "要求", "问题"], rows, 1)


def _departments(report: Report) -> Iterator[str]:
    listed = report.ordered_departments()
    rows = (
        ("", [name, counts["rows"], counts["error"], counts["warning"], counts["hint"]])
        for name, counts in listed[:MOST_DEPARTMENTS]
    )
    yield "<h2>按部门</h2>"
    more = f"（列出 {MOST_DEPARTMENTS} 个，共 {len(listed)} 个）" if len(listed) > MOST_DEPARTMENTS else ""
    yield from _table(f"每个部门的事项数和问题数{more}", ["部门", "事项", "错误", "警告", "提示"], rows, 4)


def _sections(report: Report) -> Iterator[str]:
    for (rule, level), count in report.ordered():
        kept = [one for one in report.kept.get(rule, ()) if one["level"] == level]
        yield f'<section class="{level}" id="{rule}"><h2>{rule} {_e(RULE_WORDS[rule])}</h2>'
        source = f"来源：{_e(RULE_SOURCES[rule])}。" if rule in RULE_SOURCES else ""
        hint = f"改法：{_e(kept[0]['hint'])}。" if kept else ""
        yield f'<p><span class="level">{LEVEL_NAMES[level]}</span> · {count} 处。{source}{hint}</p>'
        several = len(report.files) > 1
        place = (lambda one: f"{one['file']} 第{one['row']}行") if several else (lambda one: one["row"])
        rows = (
            (
                "",
                [
                    place(one),
                    one["code"],
                    one["name"][:80],
                    one["department"],
                    field_name(one["field"]),
                    one["message"],
                ],
            )
            for one in kept
        )
        yield from _table(_first(count, len(kept)), ["行", "编码", "事项", "部门", "字段", "问题"], rows)
        yield "</section>"


def _first(count: int, shown: int) -> str:
    return (
        f"前 {shown} 处，其余 {count - shown} 处见 JSON 报告（--json）或增大 --first"
        if count > shown
        else f"全部 {count} 处"
    )
