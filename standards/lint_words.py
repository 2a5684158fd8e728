"""Words the guide lint looks for, numbers and limits in prose, and how long limits are at least and at most. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from standards.limits import DAYS, NATURAL_DAY, half_days
from yiwang.catalog.v1 import service_pb2 as pb

Item = pb.ItemDefinition
Spot = tuple[str, str]
"""Where a rule is broken (the field's path) and what is wrong there, in Chinese."""
Check = Callable[[Item], Iterable[Spot]]

WORKING, NATURAL, HOUR, MONTH, AT_ONCE, HALF = (
    pb.TIME_UNIT_WORKING_DAY,
    pb.TIME_UNIT_NATURAL_DAY,
    pb.TIME_UNIT_HOUR,
    pb.TIME_UNIT_MONTH,
    pb.TIME_UNIT_AT_ONCE,
    pb.TIME_UNIT_HALF_DAY,
)
UNIT_NAMES: Final[dict[int, str]] = {WORKING: "个工作日", NATURAL: "日（自然日）", HOUR: "小时", MONTH: "个月"}

PLACEHOLDER = re.compile(
    r"[\s/\\—\-_.。、*]*(?:空|无|暂无\w{0,6}|没有|未知|待定|待补充|不详|同上|略|test|null|none|nan|n/a|undefined|[x×]{2,})?[\s/\\—\-_.。、*]*",
    re.IGNORECASE,
)
"""A text that says nothing; matched whole."""
VAGUE = re.compile(
    r"(?:按照?|依据|根据|视)(?:照|相关|有关|实际|具体|国家|法律|法规|政策|规定|情况|情形|需要|的|等|、)+(?:办理|执行|确定|而定|收取)?[。；]?"
)
"""按相关规定办理, 根据实际情况办理: a text that refers to nothing that could be looked up; matched whole."""
PLACEHOLDER_NUMBERS: Final = frozenset({999, 9999, 99999})


def says_nothing(text: str) -> bool:
    """Whether a text that is there is a placeholder."""
    return bool(text) and len(text) < 40 and bool(PLACEHOLDER.fullmatch(text) or VAGUE.fullmatch(text.strip()))


def filled(text: str) -> bool:
    """Whether a text says something."""
    return bool(text) and bool(text.strip()) and not says_nothing(text)


_DIGITS: Final = {character: value for value, character in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_TENS: Final = {"十": 10, "百": 100}


def number_of(text: str) -> int:
    """20 of 20, 二十 or ２０; up to 999."""
    if text.isdecimal():
        return int(text)
    total = digit = 0
    for character in text:
        if ten := _TENS.get(character):
            total += (digit or 1) * ten
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit


class Told(NamedTuple):
    """A limit told in prose: its amount, its unit, and the words."""

    amount: int
    unit: int
    words: str


_TOLD = re.compile(
    r"(?P<number>(?<![\d第〔（(.])\d{1,3}|(?<![第十百一二三四五六七八九])[一二三四五六七八九十两百]{1,5})(?:个)?"
    r"(?P<unit>工作日|自然日|月|日|天|小时)(?![期中\d/上均常])|(?P<half>半(?:个)?(?:工作日|天))"
)
_UNITS: Final = {"工作日": WORKING, "自然日": NATURAL, "月": MONTH, "日": NATURAL, "天": NATURAL, "小时": HOUR}


def limits_in(text: str) -> list[Told]:
    """Limits a text tells: 二十日, 3个月内, 20个工作日, in the order of the text. Dates (3月1日) are none."""
    return [
        Told(1, HALF, found[0]) if found["half"] else Told(number_of(found["number"]), _UNITS[found["unit"]], found[0])
        for found in _TOLD.finditer(text)
        if not (found["unit"] == "月" and "个" not in found[0])
    ]


_USUAL: Final = {unit: float(days / NATURAL_DAY) for unit, days in DAYS.items()}


class Span(NamedTuple):
    """Natural days a limit takes at least, as a rule (standards.limits), and at most; public holidays apart."""

    least: float
    usual: float
    most: float


def span(limit: pb.Limit) -> Span | None:
    """How long a limit is; None when it has no unit."""
    n, unit = limit.amount, limit.unit
    usual = n * _USUAL.get(unit, 0)
    if unit == WORKING:  # begun on a Monday or on a Friday
        return Span(n + 2 * ((n - 1) // 5) if n else 0, usual, n + 2 * (n // 5 + 1))
    if unit == HALF:  # n half days are begun on so many working days
        whole = (n + 1) // 2
        return Span(n / 2 + 2 * ((whole - 1) // 5) if n else 0, usual, n / 2 + 2 * (whole // 5 + 1))
    if unit == MONTH:
        return Span(max(n * 30.4 - 2, 28), usual, min(31 * n, n * 30.5 + 1.5))
    return Span(usual, usual, usual) if unit in _USUAL else None


def words_of(limit: pb.Limit) -> str:
    """A limit for people."""
    if limit.unit == HALF:
        return half_days(limit.amount)
    return "即办" if limit.unit == AT_ONCE else f"{limit.amount}{UNIT_NAMES.get(limit.unit, '（未注明单位）')}"


def at_once(item: Item) -> bool:
    """Whether the promise is to decide while one waits."""
    return item.promised_limit.unit == AT_ONCE


POWER_TYPES: Final = frozenset({"00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10"})
LICENCE: Final = "01"

NATURAL_PERSON = re.compile("自然人|个人|公民|居民|群众")
LEGAL_PERSON = re.compile("法人|企业|组织|机关|个体工商户|单位")


def objects(item: Item) -> tuple[bool, bool]:
    """Whether the item serves natural persons, and whether it serves legal ones."""
    words = "、".join(item.service_objects)
    return bool(NATURAL_PERSON.search(words)), bool(LEGAL_PERSON.search(words))


def repeated(values: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Positions of values that were there before, with the position of the first; blanks do not count."""
    first: dict[str, int] = {}
    for position, value in enumerate(values):
        if value and first.setdefault(value, position) != position:
            yield position, first[value]


def shown(text: str, most: int = 30) -> str:
    """A text, short enough to stand in a message."""
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"
