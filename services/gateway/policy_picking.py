"""Conditions picked instead of written: what is known of an enterprise, how it is compared, and with what; the expression of it. Pure."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from services.gateway.policy_rules import Row
from yiwang.policy.v1 import enterprises_pb2 as pb

_NUMBER: Final = re.compile(r"-?[0-9]{1,13}(?:\.[0-9]{1,2})?")
_WORDS: Final = re.compile(r'[^"\\\x00-\x1f]{1,100}')


class How(NamedTuple):
    """A comparison: what the list says, the types it is for, and the expression."""

    text: str
    types: tuple[int, ...]
    cel: str


_NUMBERS: Final = (pb.FACT_TYPE_INT, pb.FACT_TYPE_MONEY)
HOWS: Final[Mapping[str, How]] = {
    "is": How("是", (pb.FACT_TYPE_BOOL,), "{name}"),
    "not": How("不是", (pb.FACT_TYPE_BOOL,), "!{name}"),
    "ge": How("不少于", _NUMBERS, "{name} >= {value}"),
    "le": How("不超过", _NUMBERS, "{name} <= {value}"),
    "gt": How("多于", _NUMBERS, "{name} > {value}"),
    "lt": How("少于", _NUMBERS, "{name} < {value}"),
    "equal": How("等于", (*_NUMBERS, pb.FACT_TYPE_TEXT), "{name} == {value}"),
    "has": How("包含", (pb.FACT_TYPE_LIST,), "{value} in {name}"),
    "since": How("至今不少于", (pb.FACT_TYPE_DATE,), "{name}_days >= {value}"),
    "within": How("至今不超过", (pb.FACT_TYPE_DATE,), "{name}_days <= {value}"),
}


def picked(row: Row, kind: pb.FactKind | None, how: str, typed: str) -> tuple[Row, str]:
    """The row with the condition that was picked, and nothing; or the row as it was, and what is wrong."""
    typed = typed.strip()
    if kind is None:
        return row, "请选择企业信息"
    if how not in HOWS or kind.type not in HOWS[how].types:
        fitting = "、".join(one.text for one in HOWS.values() if kind.type in one.types)
        return row, f"“{kind.title}”只能比较：{fitting}"
    written = _written(kind, typed)
    if written is None:
        return row, f"“{kind.title}”应填{'文字' if kind.type in (pb.FACT_TYPE_TEXT, pb.FACT_TYPE_LIST) else '数字'}"
    unit = {pb.FACT_TYPE_MONEY: "元", pb.FACT_TYPE_DATE: "天", pb.FACT_TYPE_INT: kind.unit}.get(kind.type, "")
    said = f"{kind.title}{HOWS[how].text}{typed and f' {typed}'}{typed and unit and f' {unit}'}"
    return row._replace(cel=HOWS[how].cel.format(name=kind.name, value=written), says=row.says or said), ""


def _written(kind: pb.FactKind, typed: str) -> str | None:
    """A value as an expression has it; None where it does not fit. Money is typed in yuan and compared in fen."""
    if kind.type == pb.FACT_TYPE_BOOL:
        return ""
    if kind.type in (pb.FACT_TYPE_TEXT, pb.FACT_TYPE_LIST):
        return f'"{typed}"' if _WORDS.fullmatch(typed) else None
    typed = typed.replace(",", "")
    if not _NUMBER.fullmatch(typed):
        return None
    number = Decimal(typed) * (100 if kind.type == pb.FACT_TYPE_MONEY else 1)
    return str(int(number)) if number == int(number) else None
