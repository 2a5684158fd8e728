"""Rules L161 to L169 of the guide lint: rules read what the guide asks, and what it asks is read. Each yields (field, what is wrong).

Expressions are looked at as text, not evaluated: names that are no CEL words are facts, `key == "x"` and `"x" in key` are options.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from standards.lint_words import Item, Spot, shown
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.rules.v1 import rules_pb2 as rules

# A string nobody ends goes on to the end: looked for from each quote anew, it would cost the square of the length.
_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)(?:"|\\?\Z)|' + r"'((?:[^'\\]|\\.)*+)(?:'|\\?\Z)", re.DOTALL)
_NAME = re.compile(r"(?<![\w.])([a-z_][a-z0-9_]*)(?!\s*\(|\w)")
_EQUALS = re.compile(
    r"(?<![\w.])([a-z_]\w*)\s*[!=]=\s*\0(\d+)\0|\0(\d+)\0\s*[!=]=\s*([a-z_]\w*)|\0(\d+)\0\s+in\s+([a-z_]\w*)"
)
_WORDS: Final = frozenset(
    {
        "true",
        "false",
        "null",
        "in",
        "has",
        "all",
        "exists",
        "exists_one",
        "filter",
        "map",
        "size",
        "int",
        "double",
        "string",
    }
)
_BOUND = re.compile(r"\.(?:all|exists|exists_one|filter|map)\(\s*([a-z_]\w*)\s*,")
_CHOICES: Final = (pb.QUESTION_KIND_ONE, pb.QUESTION_KIND_MANY)
# Deeper than any rule that is let in.
_DEEPEST = 40


class Reading(NamedTuple):
    """What a CEL expression reads: names of facts, and (name, text) of what they are compared with."""

    names: frozenset[str]
    options: frozenset[tuple[str, str]]


@lru_cache(maxsize=4096)
def read(cel: str) -> Reading:
    """The facts an expression reads, as far as its text tells."""
    texts: list[str] = []

    def aside(found: "re.Match[str]") -> str:
        texts.append(found[1] if found[1] is not None else found[2])
        return f"\0{len(texts) - 1}\0"

    plain = _STRING.sub(aside, cel.replace("\0", " "))
    bound = set(_BOUND.findall(plain))
    options = set()
    for found in _EQUALS.finditer(plain):
        one, text, text_first, other, text_in, list_name = found.groups()
        options.add((one or other or list_name, texts[int(text or text_first or text_in)]))
    return Reading(frozenset(set(_NAME.findall(plain)) - _WORDS - bound), frozenset(options))


def leaves(rule: rules.Rule, depth: int = 0) -> Iterator[str]:
    """The expressions of a rule's tree."""
    node = rule.WhichOneof("node")
    if node == "leaf":
        yield rule.leaf.cel
    elif node and depth < _DEEPEST:
        parts = [getattr(rule, "not")] if node == "not" else getattr(rule, node).rules
        for part in parts:
            yield from leaves(part, depth + 1)


def ruled(item: Item) -> Iterator[tuple[str, rules.Rule]]:
    """Every rule of an item that reads the answers, with its path. (秒批 reads facts of the application, too.)"""
    for name in ("questions", "materials", "steps", "fees", "special_procedures", "limit_variants"):
        for position, one in enumerate(getattr(item, name)):
            if one.HasField("when"):
                yield f"{name}[{position}].when", one.when


def unknown_facts(item: Item) -> Iterator[Spot]:
    """L161: a rule reads what no question asks: it would stay unknown for ever."""
    asked = {question.key for question in item.questions}
    for path, rule in ruled(item):
        missing = sorted({name for cel in leaves(rule) for name in read(cel).names} - asked)
        if missing:
            yield path, f"条件读取了没有提问的“{shown('、'.join(missing))}”，永远无法判断"


def unknown_options(item: Item) -> Iterator[Spot]:
    """L162: a rule reads an option its question does not have: it can never hold."""
    if not item.questions:
        return
    options = {
        question.key: {option.key for option in question.options}
        for question in item.questions
        if question.kind in _CHOICES
    }
    for path, rule in ruled(item):
        for cel in leaves(rule):
            wrong = sorted(
                f"{key}={text}" for key, text in read(cel).options if key in options and text not in options[key]
            )
            if wrong:
                yield path, f"条件读取了问题没有的选项“{shown('、'.join(wrong))}”，永远不会成立"


def unread_questions(item: Item) -> Iterator[Spot]:
    """L163: a question no rule reads: it is asked for nothing."""
    if not item.questions:
        return
    names = {name for _, rule in ruled(item) for cel in leaves(rule) for name in read(cel).names}
    if item.HasField("automatic"):
        names |= {name for cel in leaves(item.automatic.rule) for name in read(cel).names}
    for position, question in enumerate(item.questions):
        if question.key not in names:
            yield f"questions[{position}]", f"问题“{shown(question.text)}”的回答不影响任何材料、环节、时限或费用"


def no_options(item: Item) -> Iterator[Spot]:
    """L164: a choice with nothing to choose cannot be answered."""
    for position, question in enumerate(item.questions):
        if question.kind in _CHOICES and not question.options:
            yield f"questions[{position}].options", f"问题“{shown(question.text)}”是选择题而没有选项，无法回答"


def one_option(item: Item) -> Iterator[Spot]:
    """L165: a choice of one; or two options of one text."""
    for position, question in enumerate(item.questions):
        if question.kind == pb.QUESTION_KIND_ONE and len(question.options) == 1:
            yield f"questions[{position}].options", f"问题“{shown(question.text)}”只有一个选项"
        texts = [option.text.strip() for option in question.options]
        if len(set(texts)) < len(texts):
            yield f"questions[{position}].options", f"问题“{shown(question.text)}”有两个选项文字相同"


def same_options(item: Item) -> Iterator[Spot]:
    """L166: two options or more no rule tells apart."""
    if not item.questions:
        return
    read_options: dict[str, set[str]] = {}
    for _, rule in ruled(item):
        for cel in leaves(rule):
            for key, text in read(cel).options:
                read_options.setdefault(key, set()).add(text)
    for position, question in enumerate(item.questions):
        known = read_options.get(question.key)
        if not known or question.kind not in _CHOICES:
            continue
        rest = [option.text for option in question.options if option.key not in known]
        if len(rest) > 1:
            told = shown("、".join(rest))
            yield (
                f"questions[{position}].options",
                f"问题“{shown(question.text)}”的选项“{told}”没有任何条件读取，结果没有区别",
            )
