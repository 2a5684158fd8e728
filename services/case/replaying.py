"""`python -m services.case replay NUMBER`: what a rule of 秒批 said about a case, judged again from what was kept then.

Prints both truths, whether the rule is the same, and the rule with ✓ ✗ ? at each condition. Exit code 1 when the truth, the rule or the
journal is not what it was, or the facts cannot be read any more; 2 when there is nothing to replay.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cryptography.exceptions import InvalidTag

from chassis import records, rules
from chassis.parts import Parts
from chassis.records import Record
from services.case import model_automatic, store, store_items
from services.case.model import Case
from standards import identifiers
from yiwang.case.v1 import events_pb2 as events
from yiwang.rules.v1 import rules_pb2

NOTHING, DIFFERS, SAME = 2, 1, 0
_SIGNS: Mapping[int, str] = {rules.TRUE: "✓", rules.FALSE: "✗", rules.UNKNOWN: "?"}
_WORDS: Mapping[int, str] = {
    rules_pb2.NODE_KIND_ALL: "以下全部满足",
    rules_pb2.NODE_KIND_ANY: "以下任一满足",
    rules_pb2.NODE_KIND_NOT: "以下不满足",
}
_TRUTHS: Mapping[str, str] = {"TRUE": "成立", "FALSE": "不成立", "UNKNOWN": "无法判断"}


class Replayed(NamedTuple):
    """What is printed, and the exit code."""

    lines: list[str]
    code: int


def main(parts: Parts, arguments: list[str]) -> None:
    """Replays one case, prints what came of it, and exits with the code."""
    parser = argparse.ArgumentParser(prog="case replay")
    parser.add_argument("number", help="办件编号")
    replayed = replay(parts, parser.parse_args(arguments).number)
    print("\n".join(replayed.lines))
    if replayed.code:
        sys.exit(replayed.code)


def replay(parts: Parts, number: str) -> Replayed:
    """The judgement of a case, again. Facts name nobody, but what people said of themselves is printed nowhere: only which conditions
    hold."""
    record = store.cases(parts.database).find({"state.number": identifiers.case_number_normal(number)})
    if record is None:
        return Replayed(["没有此办件"], NOTHING)
    entry = next((one for one in reversed(record.journal) if one["type"] == "AutomaticJudged"), None)
    if entry is None:
        return Replayed([f"{record.state.number}：没有经过自动审查"], NOTHING)
    event = records.parse_event(events, entry["type"], entry["data"])
    assert isinstance(event, events.AutomaticJudged)
    return _again(parts, record, event)


def _again(parts: Parts, record: Record[Case], then: events.AutomaticJudged) -> Replayed:
    case, lines, broken = record.state, [record.state.number], records.broken_at(record.journal)
    if broken:
        lines.append(f"办件记录自第{broken}条起被改动")
    try:
        facts = parts.keyring.open(case.applicant_id, then.sealed_facts)
    except InvalidTag:
        return Replayed([*lines, "当时的事实被改动，无法打开"], DIFFERS)
    if facts is None:
        return Replayed([*lines, "申请人的个人信息已删除，当时的事实不可再读"], DIFFERS)
    item = store_items.Items(parts.database).edition(case.item_id, case.edition)
    if item is None or not item.HasField("automatic"):
        return Replayed([*lines, f"事项第{case.edition}版没有自动审查规则"], DIFFERS)
    now = model_automatic.judge(item.automatic.rule, facts)
    same_rule = now.rule_digest == then.rule_digest
    lines += [
        f"当时：{_truth(then.truth)}    现在：{_truth(now.truth)}",
        f"规则：{'一致' if same_rule else '不一致'}（{then.rule_digest[:16]}…，引擎 {then.engine}）",
        *tree(rules.judge(item.automatic.rule, facts)),
    ]
    same = same_rule and now.truth == then.truth and now.open_leaves == list(then.open_leaves) and not broken
    return Replayed([*lines, "重放一致" if same else "重放不一致"], SAME if same else DIFFERS)


def _truth(truth: str) -> str:
    return f"{_TRUTHS.get(truth, truth)} {truth}"


def tree(verdict: rules_pb2.Verdict, depth: int = 0) -> Iterator[str]:
    """The rule with a sign at every node, and at a condition what it says and rests on; facts nobody told are named, values are not."""
    words = _WORDS.get(verdict.kind, "") or _leaf(verdict)
    yield f"{'  ' * depth}{_SIGNS.get(verdict.truth, '?')} {words}"
    for part in verdict.parts:
        yield from tree(part, depth + 1)


def _leaf(verdict: rules_pb2.Verdict) -> str:
    more = [verdict.says or verdict.id]
    if verdict.basis:
        more.append(f"（{verdict.basis}）")
    if verdict.missing:
        more.append(f"：缺少 {'、'.join(verdict.missing)}")
    return "".join(more)
