"""Expressions of rules: CEL, compiled once what it may cost is bound, since a call cannot be interrupted: length, brackets, comprehensions,
and which functions there are."""

import re
import sys
from collections.abc import Mapping
from functools import cache, lru_cache
from types import ModuleType
from typing import Any, NamedTuple

MOST_CHARACTERS = 1000
MOST_BRACKETS, MOST_COMPREHENSIONS, MOST_SUMS, PROGRAMS = 20, 3, 10, 4096
MACROS = frozenset(("all", "exists", "exists_one", "map", "filter"))
# What costs no more than its arguments are long. No `matches`: what a pattern costs nobody sees from outside. No `map`, and few sums:
# lists that grow from one comprehension to the next took minutes.
FUNCTIONS = frozenset(
    ("size", "contains", "startsWith", "endsWith", "int", "double", "string", "timestamp", "duration")
)
_TOKEN = re.compile(
    r"(?P<blank>\s+|//[^\n]*)|(?P<text>\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')|(?P<word>[A-Za-z_]\w*)|(?P<sign>\d[\w.]*|.)",
    re.S,
)
_NONE = next(re.finditer("", ""))
_PLACE = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")


class Program(NamedTuple):
    """A compiled expression, the facts it reads, and whether it computes with fractions."""

    run: Any
    reads: frozenset[str]
    fractions: bool


class Odd(Exception):
    """An expression is not taken: reason and message."""


def context(facts: Mapping[str, Any]) -> Any:
    """Facts made ready for prepared rules and formulas: made once for all that are judged over them."""
    return _engine().Context({name: value for name, value in facts.items() if value is not None})


@lru_cache(maxsize=PROGRAMS)
def compiled(source: str) -> Program:
    """The expression, once its cost is bound; raises Odd."""
    bound = _bounded(source)
    try:
        program = _engine().compile(source)
    except ValueError as error:
        place = _PLACE.search(str(error))
        where = f"第{place[1]}行第{place[2]}个字符：{place[3][:200]}" if place else ""
        raise Odd("CEL_SYNTAX", f"条件不是有效的CEL表达式。{where}") from None
    named = program.references()
    for name in named["functions"]:
        if name not in FUNCTIONS and name[0] not in "_!-@":
            raise Odd("FUNCTION_UNKNOWN", f"条件不能使用函数 {name}")
    fractions = "double" in named["functions"] or any(_fraction(token) for token in _TOKEN.finditer(source))
    return Program(program, frozenset(named["variables"]) - bound, fractions)


def _fraction(token: re.Match[str]) -> bool:
    """A number that is not written as a whole one: 0.5, 1e3."""
    text = token[0].lower()
    return text[0].isdigit() and not text.startswith("0x") and ("." in text or "e" in text)


def _bounded(source: str) -> frozenset[str]:
    """The names that comprehensions bind. Raises Odd for what is too long, too deep, or not plain CEL: the grammar is the library's,
    this looks at words, texts and brackets only."""
    if len(source) > MOST_CHARACTERS:
        raise Odd("CEL_TOO_LONG", f"条件不得超过{MOST_CHARACTERS}字")
    tokens = [_NONE, _NONE, *(match for match in _TOKEN.finditer(source) if match.lastgroup != "blank"), _NONE]
    if sum(token[0] == "+" for token in tokens) > MOST_SUMS:
        raise Odd("CEL_TOO_LONG", f"条件中的加号不得超过{MOST_SUMS}个")
    # Of every open bracket the name that is bound within, empty for most.
    within, bound, outside = list[str](), list[str](), set[str]()
    for first, before, token, after in zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False):
        text = token[0]
        if _unusual(before, token):
            raise Odd("CEL_UNSUPPORTED", f"第{token.start() + 1}个字符：不支持这种写法")
        if text in ("(", "[", "{"):
            macro = text == "(" and before[0] in MACROS and first[0] == "."
            bound += [after[0]] if macro else []
            if macro and before[0] == "map":
                raise Odd("FUNCTION_UNKNOWN", "条件不能使用函数 map")
            if macro and (any(within) or len(bound) > MOST_COMPREHENSIONS):
                raise Odd("CEL_NESTED", f"第{token.start() + 1}个字符：遍历不能嵌套，且不得超过{MOST_COMPREHENSIONS}次")
            if len(within) == MOST_BRACKETS:
                raise Odd("CEL_TOO_DEEP", f"第{token.start() + 1}个字符：括号嵌套不得超过{MOST_BRACKETS}层")
            within.append(after[0] if macro else "")
        elif text in (")", "]", "}"):
            del within[-1:]
        elif token.lastgroup == "word" and before[0] != "." and text not in within:
            outside.add(text)
    if both := sorted(outside & set(bound)):
        raise Odd("NAME_TWICE", f"遍历用的名称 {both[0]} 在遍历之外另有所指，请换一个名称")
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
