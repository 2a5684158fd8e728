"""Facts of enterprises: what kinds there are, what a value of each is, and which of two facts holds. Pure.

A fact has a name rules read it by. The kinds built in are the table KINDS; counties have more of their own (model_kinds).
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import orjson

BOOL, INT, MONEY, DATE, TEXT, LIST = "bool", "int", "money", "date", "text", "list"
TYPES: Final = (BOOL, INT, MONEY, DATE, TEXT, LIST)
# Who said it: the enterprise itself, a department, an event of the platform, a department that corrected itself; worked out; of a trial.
CLAIMED, REPORTED, EVENT, CORRECTED = "CLAIMED", "REPORTED", "EVENT", "CORRECTED"
DERIVED, STATED = "DERIVED", "STATED"
# A whole number that every reader of JSON reads as it is.
MOST: Final = 2**53
MOST_TEXT, MOST_TEXTS = 200, 50
NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,60}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Kind(NamedTuple):
    """A kind of fact. `cost` is what it costs an enterprise: 0 a department has it, 1 it states it, 2 it needs a proof."""

    type: str
    title: str
    unit: str = ""
    cost: int = 0
    # Who reports it, for people.
    reporter: str = ""


class Fact(NamedTuple):
    """A fact as it is known. `value` is a bool, a whole number, a text or a list of texts; None = known not to exist."""

    name: str
    value: Any
    source: str
    source_name: str
    kind: str
    at: datetime
    # The record that told it, and its number there; empty and 0 for one that was worked out.
    sheet: str = ""
    seq: int = 0


KINDS: Final[Mapping[str, Kind]] = {
    "name": Kind(TEXT, "企业名称", cost=1, reporter="市场监督管理局"),
    "region": Kind(TEXT, "所在区划", cost=1, reporter="市场监督管理局"),
    "registered_on": Kind(DATE, "成立日期", reporter="市场监督管理局"),
    "dishonest": Kind(BOOL, "列入失信名单", reporter="公共信用信息中心"),
    "platform_registered": Kind(BOOL, "法人在本平台实名核验", reporter="本平台"),
    "market_blacklisted": Kind(BOOL, "列入中介服务黑名单", reporter="中介超市"),
}


def rank(fact: Fact) -> tuple[bool, datetime, bool, str, int]:
    """What a fact is compared by: of two of one name the greater one holds, in whatever order they come. What a department, or the platform,
    says beats what the enterprise says of itself; then the newer; then a correction."""
    return (fact.kind != CLAIMED, fact.at, fact.kind == CORRECTED, fact.sheet, fact.seq)


def read(kind: Kind, told: str) -> tuple[Any, str]:
    """The value a JSON text tells of this kind, and what is wrong with it: nothing, or WRONG_TYPE."""
    try:
        value = orjson.loads(told)
    except orjson.JSONDecodeError:
        return None, "WRONG_TYPE"
    return (value, "") if value is None or _FITS[kind.type](value) else (None, "WRONG_TYPE")


def written(value: Any) -> str:
    """A value as JSON."""
    return orjson.dumps(value).decode()


def _whole(value: Any) -> bool:
    return type(value) is int and -MOST <= value <= MOST


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MOST_TEXT


def _day(value: Any) -> bool:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _texts(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MOST_TEXTS and all(_text(one) for one in value)


_FITS: Final = {
    BOOL: lambda value: isinstance(value, bool),
    INT: _whole,
    MONEY: _whole,
    DATE: _day,
    TEXT: _text,
    LIST: _texts,
}
