"""The report in Chinese: as text, as JSON, and as one HTML page that needs nothing else. It names cases and rows, nothing of a person."""

import html
import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from yiwang_kit.checks import Line, conforms

STATES: Final = {"passed": "通过", "failed": "未通过", "none": "未触发"}
_STYLE: Final = (
    "body{font:16px/1.6 sans-serif;margin:2em auto;max-width:60em;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #bbb;padding:.4em .6em;text-align:left;vertical-align:top}"
    ".failed{background:#fde8e8}.none{background:#f4f4f4}ul{margin:0;padding-left:1.2em}small{color:#555}"
    "@media print{body{max-width:none}}"
)


def told(title: str, facts: dict[str, str], lines: Sequence[Line], at: datetime) -> dict[str, Any]:
    """The report as data; `facts` are what it is about, by their Chinese names."""
    counted = Counter(line.result.state for line in lines)
    return {
        "title": title,
        "at": at.isoformat(timespec="seconds"),
        "facts": facts,
        "conforms": conforms(list(lines)),
        "counts": {state: counted[state] for state in STATES},  # type: ignore[index]
        "checks": [_line(line) for line in lines],
    }


def _line(line: Line) -> dict[str, Any]:
    check, result = line.check, line.result
    return {
        "id": check.id,
        "title": check.title,
        "source": check.source,
        "mandatory": line.needed,
        "state": result.state,
        "evidence": result.evidence,
        "mend": check.mend,
    }


def text_of(report: dict[str, Any]) -> str:
    """The report for a terminal: what failed and what was not exercised with how to mend it, and every check in a line."""
    lines = [report["title"], *(f"{name}：{value}" for name, value in report["facts"].items()), ""]
    for one in report["checks"]:
        lines.append(f"{one['id']} [{_state(one)}] {one['title']}")
        if one["state"] == "failed" or (one["state"] == "none" and one["mandatory"]):
            lines += [f"      {evidence}" for evidence in one["evidence"]]
            lines.append(f"      改正：{one['mend']}（依据：{one['source']}）")
    return "\n".join([*lines, "", _summary(report)])


def html_of(report: dict[str, Any]) -> str:
    """The report as a page without scripts and links."""
    escape = html.escape
    facts = "".join(f"<p>{escape(name)}：{escape(value)}</p>" for name, value in report["facts"].items())
    rows = "".join(_row(one) for one in report["checks"])
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(report["title"])}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(report['title'])}</h1>{facts}"
        f"<p>生成时间：{escape(report['at'])}</p><p><strong>{escape(_summary(report))}</strong></p>"
        '<table><thead><tr><th scope="col">编号</th><th scope="col">检查</th><th scope="col">结果</th>'
        f'<th scope="col">证据与改正</th></tr></thead><tbody>{rows}</tbody></table></body></html>\n'
    )


def write(report: dict[str, Any], page: Path | None, data: Path | None, text: Path | None = None) -> None:
    """Writes the report to the files that are named."""
    if page:
        page.write_text(html_of(report), encoding="utf-8")
    if data:
        data.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if text:
        text.write_text(text_of(report) + "\n", encoding="utf-8")


def _row(one: dict[str, Any]) -> str:
    escape = html.escape
    evidence = "".join(f"<li>{escape(line)}</li>" for line in one["evidence"])
    mend = "" if one["state"] == "passed" else f"<p>改正：{escape(one['mend'])}</p>"
    return (
        f'<tr class="{one["state"]}"><td>{escape(one["id"])}</td>'
        f"<td>{escape(one['title'])}<br><small>依据：{escape(one['source'])}</small></td><td>{_state(one)}</td>"
        f"<td>{f'<ul>{evidence}</ul>' if evidence else ''}{mend}</td></tr>"
    )


def _state(one: dict[str, Any]) -> str:
    return STATES[one["state"]] + ("（可选）" if one["state"] == "none" and not one["mandatory"] else "")


def _summary(report: dict[str, Any]) -> str:
    counts = "，".join(f"{STATES[state]} {number} 项" for state, number in report["counts"].items())
    return f"结论：{'符合' if report['conforms'] else '不符合'}（{counts}）"
