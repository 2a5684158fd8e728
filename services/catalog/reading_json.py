"""JSON files element by element, and JSON Lines line by line: only one element is in memory as objects at a time."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

from services.catalog.reading import Place, RawRow, Unreadable

MOST_LINE: Final = 2**20
"""Bytes of one line of JSON Lines."""
MOST_DEPTH: Final = 60
"""Objects and lists within each other; a rule of eight levels in an item of a list has thirty."""
LISTS: Final = ("items", "rows", "records", "RECORDS", "list", "data", "result")
"""Keys under which exports of other platforms keep their rows."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_BLANK = re.compile(r"[\s\ufeff]*")


class Bad(ValueError):
    """JSON that is not taken, and why."""


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        order = iter(found)
        for name, _ in pairs:
            # Dictionaries keep the order of first appearance: the first name out of step was there before.
            if name != next(order, None):
                raise Bad(f"键“{name[:40]}”重复")
    return found


def _no_constant(name: str) -> NoReturn:
    raise Bad(f"{name} 不是 JSON 的数字")


_DECODER = json.JSONDecoder(object_pairs_hook=_no_twice, parse_constant=_no_constant)


def is_lines(path: Path) -> bool:
    """Whether the content is JSON Lines: its first line is an object, and another begins after it."""
    with path.open("rb") as file:
        first = file.readline(MOST_LINE)
        following = file.readline(64).strip()
        while following == b"" and (line := file.readline(64)):
            following = line.strip()
    if not (first.lstrip(b"\xef\xbb\xbf \t").startswith(b"{") and following.startswith(b"{")):
        return False
    try:
        return isinstance(_parsed(_text(first)), dict)
    except Bad:
        return False


def lines(path: Path) -> Iterator[RawRow]:
    """The rows of JSON Lines; a bad line is a fault, the next one is read."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MOST_LINE + 1):
            number += 1
            if len(line) > MOST_LINE and not line.endswith(b"\n"):
                while (rest := file.readline(MOST_LINE)) and not rest.endswith(b"\n"):
                    pass
                yield RawRow(number, None, (Place("", "一行超过 1 MiB"),))
                continue
            try:
                text = _text(line)
                if text.strip("\ufeff \t\r\n"):
                    yield RawRow(number, _parsed(text))
            except Bad as bad:
                yield RawRow(number, None, (Place("", str(bad)),))


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        try:
            return line.decode("gb18030")
        except UnicodeDecodeError:
            raise Bad(f"第 {broken.start + 1} 个字节不是 UTF-8 编码") from broken


def _parsed(text: str) -> Any:
    value, end = _decoded(text, _BLANK.match(text).end())  # type: ignore[union-attr]
    if text[end:].strip():
        raise Bad(f"第 {end + 1} 个字符起不是 JSON")
    return value


def _decoded(text: str, start: int) -> tuple[Any, int]:
    """The value that begins there, and where it ends. Raises Bad."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise Bad(f"不是有效的 JSON（第 {error.lineno} 行第 {error.colno} 个字符）") from error
    except RecursionError as error:
        raise Bad(f"嵌套超过 {MOST_DEPTH} 层") from error
    except Bad:
        raise
    except ValueError as error:  # a number of thousands of digits
        raise Bad("有无法识别的数字") from error
    if deeper(value, MOST_DEPTH):
        raise Bad(f"嵌套超过 {MOST_DEPTH} 层")
    if _SURROGATE.search(text, start, end):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise Bad("有不成对的 \\ud800 类转义，不是字符") from error
    return value, end


def deeper(value: Any, most: int) -> bool:
    """Whether lists and objects stand more than so many deep within each other."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(most):
        level = [
            part
            for one in level
            for part in (one.values() if isinstance(one, dict) else one)
            if isinstance(part, (dict, list))
        ]
        if not level:
            return False
    return bool(level)


def _read(path: Path, encoding: str) -> str:
    return path.read_text(encoding=encoding)


def whole(path: Path, encoding: str) -> Any:
    """The whole document. Raises Unreadable."""
    try:
        return _parsed(_read(path, encoding))
    except Bad as bad:
        raise Unreadable(0, "", str(bad)) from bad


def elements(path: Path, encoding: str) -> Iterator[RawRow]:
    """The elements of the list in a JSON document: the document itself, or under one of LISTS. Positions count from 1."""
    text = _read(path, encoding)
    start = _list_start(text, _next(text, 0))
    if start is None:
        raise Unreadable(0, "", f"JSON 中没有行的列表（顶层列表，或 {'、'.join(LISTS)} 之一）")
    number, at = 0, _next(text, start + 1)
    while text[at : at + 1] != "]":
        number += 1
        try:
            value, at = _decoded(text, at)
        except Bad as bad:
            raise Unreadable(number, "", str(bad)) from bad
        yield RawRow(number, value)
        at = _next(text, at)
        if text[at : at + 1] == ",":
            at = _next(text, at + 1)
        elif text[at : at + 1] != "]":
            raise Unreadable(number, "", f"元素之后缺少逗号或 ]（第 {text.count(chr(10), 0, at) + 1} 行）")


def _next(text: str, at: int) -> int:
    return _BLANK.match(text, at).end()  # type: ignore[union-attr]


def _list_start(text: str, at: int, deep: int = 0) -> int | None:
    """Where the list of rows begins, from where a value does; other keys before it are passed over."""
    if text[at : at + 1] == "[":
        return at
    if text[at : at + 1] != "{" or deep > 2:
        return None
    at = _next(text, at + 1)
    try:
        while text[at : at + 1] == '"':
            name, at = _decoded(text, at)
            at = _next(text, at)
            if text[at : at + 1] != ":":
                return None
            at = _next(text, at + 1)
            if name in LISTS and (found := _list_start(text, at, deep + 1)) is not None:
                return found
            _, at = _decoded(text, at)
            at = _next(text, at)
            if text[at : at + 1] != ",":
                return None
            at = _next(text, at + 1)
    except Bad as bad:
        raise Unreadable(0, "", str(bad)) from bad
    return None
