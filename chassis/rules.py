"""Rules as data, with reasons: a tree of all, any and not over CEL leaves, judged in three values (yiwang.rules.v1).

What an expression may cost is bound before it is run, since a call cannot be interrupted: length, brackets, comprehensions, and
which functions there are. Judging then never raises, and the same facts give the same verdict.
"""

import re
import sys
from collections.abc import Collection, Iterator, Mapping
from functools import cache, lru_cache
from types import ModuleType
from typing import Any, NamedTuple

import orjson

from chassis.errors import Violation
from yiwang.rules.v1 import rules_pb2 as pb

TRUE, FALSE, UNKNOWN = pb.TRUTH_TRUE, pb.TRUTH_FALSE, pb.TRUTH_UNKNOWN
MOST_CHARACTERS, MOST_DEPTH, MOST_LEAVES = 1000, 8, 200
MOST_BRACKETS, MOST_COMPREHENSIONS, MOST_SUMS, PROGRAMS = 20, 3, 10, 4096
MACROS = frozenset(("all", "exists", "exists_one", "map", "filter"))
# What costs no more than its arguments are long. No `matches`: what a pattern costs nobody sees from outside. No `map`, and few sums:
# lists that grow from one comprehension to the next took minutes.
FUNCTIONS = frozenset(
    ("size", "contains", "startsWith", "endsWith", "int", "double", "string", "timestamp", "duration")
)
KINDS = {"all": pb.NODE_KIND_ALL, "any": pb.NODE_KIND_ANY, "not": pb.NODE_KIND_NOT, "leaf": pb.NODE_KIND_LEAF}
_TOKEN = re.compile(
    r"(?P<blank>\s+|//[^\n]*)|(?P<text>\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')|(?P<word>[A-Za-z_]\w*)|(?P<sign>\d[\w.]*|.)",
    re.S,
)
_NONE = next(re.finditer("", ""))
_PLACE = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")


class Program(NamedTuple):
    """A compiled expression and the facts it reads."""

    run: Any
    reads: frozenset[str]


class _Odd(Exception):
    """An expression is not taken: reason and message."""


def faults(rule: pb.Rule, facts: Collection[str] | None, path: str) -> list[Violation]:
    """What keeps a rule from being used, each with the path of the node or leaf below `path`. `facts` are the names it may read;
    None = any. Nothing is run."""
    nodes = list(_nodes(rule, path, 1))
    leaves = [(node.leaf, f"{place}.leaf") for node, place, depth in nodes if node.WhichOneof("node") == "leaf"]
    found = [
        Violation(place, "RULE_EMPTY", "规则的这一部分没有内容")
        for node, place, _ in nodes
        if not node.WhichOneof("node") or (node.WhichOneof("node") in ("all", "any") and not _parts(node))
    ]
    if any(depth > MOST_DEPTH for _, _, depth in nodes):
        found.append(Violation(path, "RULE_TOO_DEEP", f"规则嵌套不得超过{MOST_DEPTH}层"))
    if len(leaves) > MOST_LEAVES:
        return [*found, Violation(path, "RULE_TOO_LARGE", f"一条规则的条件不得超过{MOST_LEAVES}个")]
    seen: set[str] = set()
    for leaf, place in leaves:
        if leaf.id in seen:
            found.append(Violation(f"{place}.id", "LEAF_TWICE", f"条件编号 {leaf.id} 重复"))
        seen.add(leaf.id)
        found += _leaf_faults(leaf, facts, f"{place}.cel")
    return found


def reads(rule: pb.Rule) -> frozenset[str]:
    """Names of the facts a rule reads; those of a leaf with faults are left out."""
    found: frozenset[str] = frozenset()
    for node, _, _ in _nodes(rule, "", 1):
        if node.WhichOneof("node") == "leaf":
            try:
                found |= _compiled(node.leaf.cel).reads
            except _Odd:
                continue
    return found


def judge(rule: pb.Rule, facts: Mapping[str, Any]) -> pb.Verdict:
    """The verdict of a rule that has no faults, over facts by name: bools, ints, texts and lists of them.

    A fact that is not there is not known (yet). One that is None is known not to exist: a condition that needs it is false."""
    told = {name: value for name, value in facts.items() if value is not None}
    return _judge(rule, facts, _engine().Context(told))


def _judge(rule: pb.Rule, facts: Mapping[str, Any], context: Any) -> pb.Verdict:
    kind = rule.WhichOneof("node") or "any"
    if kind == "leaf":
        return _judge_leaf(rule.leaf, facts, context)
    parts = [_judge(part, facts, context) for part in _parts(rule)]
    truths = [part.truth for part in parts]
    if kind == "not":
        truth = {TRUE: FALSE, FALSE: TRUE}.get(truths[0], UNKNOWN)
    else:
        decides, otherwise = (FALSE, TRUE) if kind == "all" else (TRUE, FALSE)
        truth = decides if decides in truths else UNKNOWN if UNKNOWN in truths else otherwise
    return pb.Verdict(truth=truth, kind=KINDS[kind], parts=parts)


def _judge_leaf(leaf: pb.Leaf, facts: Mapping[str, Any], context: Any) -> pb.Verdict:
    verdict = pb.Verdict(kind=pb.NODE_KIND_LEAF, id=leaf.id, basis=leaf.basis, says=leaf.says)
    try:
        program = _compiled(leaf.cel)
    except _Odd:
        # Nobody asked for its faults before.
        verdict.truth, verdict.fault = UNKNOWN, "EVALUATION"
        return verdict
    for name in sorted(program.reads & facts.keys()):
        verdict.facts[name] = orjson.dumps(facts[name]).decode()
    try:
        result = program.run.execute(context)
    except Exception:
        result = None
    if isinstance(result, bool):
        verdict.truth = TRUE if result else FALSE
    elif missing := sorted(program.reads - facts.keys()):
        verdict.truth = UNKNOWN
        verdict.missing.extend(missing)
    elif any(facts[name] is None for name in program.reads):
        verdict.truth = FALSE
    else:
        verdict.truth = UNKNOWN
        verdict.fault = "EVALUATION" if result is None else "NOT_BOOLEAN"
    return verdict


def _nodes(rule: pb.Rule, path: str, depth: int) -> Iterator[tuple[pb.Rule, str, int]]:
    """Every node with its path and depth; what is deeper than a rule may be is not gone into."""
    yield rule, path, depth
    kind = rule.WhichOneof("node")
    if depth <= MOST_DEPTH:
        for position, part in enumerate(_parts(rule)):
            place = f"{path}.not" if kind == "not" else f"{path}.{kind}.rules[{position}]"
            yield from _nodes(part, place, depth + 1)


def _parts(rule: pb.Rule) -> list[pb.Rule]:
    kind = rule.WhichOneof("node")
    if kind == "not":
        return [getattr(rule, "not")]
    return list(getattr(rule, kind).rules) if kind in ("all", "any") else []


def _leaf_faults(leaf: pb.Leaf, facts: Collection[str] | None, path: str) -> list[Violation]:
    try:
        program = _compiled(leaf.cel)
    except _Odd as odd:
        reason, message = odd.args
        return [Violation(path, reason, message)]
    unknown = sorted(program.reads - set(facts)) if facts is not None else []
    return [Violation(path, "FACT_UNKNOWN", f"条件引用了不存在的事实 {name}") for name in unknown]


@lru_cache(maxsize=PROGRAMS)
def _compiled(source: str) -> Program:
    """The expression, once its cost is bound; raises _Odd."""
    bound = _bounded(source)
    try:
        program = _engine().compile(source)
    except ValueError as error:
        place = _PLACE.search(str(error))
        where = f"第{place[1]}行第{place[2]}个字符：{place[3][:200]}" if place else ""
        raise _Odd("CEL_SYNTAX", f"条件不是有效的CEL表达式。{where}") from None
    named = program.references()
    for name in named["functions"]:
        if name not in FUNCTIONS and name[0] not in "_!-@":
            raise _Odd("FUNCTION_UNKNOWN", f"条件不能使用函数 {name}")
    return Program(program, frozenset(named["variables"]) - bound)


def _bounded(source: str) -> frozenset[str]:
    """The names that comprehensions bind. Raises _Odd for what is too long, too deep, or not plain CEL: the grammar is the library's,
    this looks at words, texts and brackets only."""
    if len(source) > MOST_CHARACTERS:
        raise _Odd("CEL_TOO_LONG", f"条件不得超过{MOST_CHARACTERS}字")
    tokens = [_NONE, _NONE, *(match for match in _TOKEN.finditer(source) if match.lastgroup != "blank"), _NONE]
    if sum(token[0] == "+" for token in tokens) > MOST_SUMS:
        raise _Odd("CEL_TOO_LONG", f"条件中的加号不得超过{MOST_SUMS}个")
    # Of every open bracket the name that is bound within, empty for most.
    within, bound, outside = list[str](), list[str](), set[str]()
    for first, before, token, after in zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False):
        text = token[0]
        if _unusual(before, token):
            raise _Odd("CEL_UNSUPPORTED", f"第{token.start() + 1}个字符：不支持这种写法")
        if text in ("(", "[", "{"):
            macro = text == "(" and before[0] in MACROS and first[0] == "."
            bound += [after[0]] if macro else []
            if macro and before[0] == "map":
                raise _Odd("FUNCTION_UNKNOWN", "条件不能使用函数 map")
            if macro and (any(within) or len(bound) > MOST_COMPREHENSIONS):
                raise _Odd(
                    "CEL_NESTED", f"第{token.start() + 1}个字符：遍历不能嵌套，且不得超过{MOST_COMPREHENSIONS}次"
                )
            if len(within) == MOST_BRACKETS:
                raise _Odd("CEL_TOO_DEEP", f"第{token.start() + 1}个字符：括号嵌套不得超过{MOST_BRACKETS}层")
            within.append(after[0] if macro else "")
        elif text in (")", "]", "}"):
            del within[-1:]
        elif token.lastgroup == "word" and before[0] != "." and text not in within:
            outside.add(text)
    if both := sorted(outside & set(bound)):
        raise _Odd("NAME_TWICE", f"遍历用的名称 {both[0]} 在遍历之外另有所指，请换一个名称")
    return frozenset(bound)


def _unusual(before: re.Match[str], token: re.Match[str]) -> bool:
    """Raw, bytes and triple-quoted texts, texts that do not end, messages (`Name{…}`) and names from the root (`.name`): what this
    reader of words would misread, and nobody needs."""
    text, words = token[0], ("word", "text")
    if text in ('"', "'", "`", "\\"):
        return True
    if token.lastgroup == "text":
        return before.lastgroup in words and before.end() == token.start()
    if text == "{":
        return before.lastgroup == "word" and before[0] != "in"
    return text == "." and before.lastgroup not in words and before[0] not in (")", "]", "}")


@cache
def _engine() -> Any:
    """The library without its command line, which would bring 10 MB of other libraries with it."""
    sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))
    import cel

    return cel
