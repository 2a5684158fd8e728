"""Facts as people read them. Pure.

A fact of a day, `registered_on`, is also read as `registered_on_days`: the days from it to the day that is judged on
(model_matches.values). Of the platform itself are `today` (20260131), and what an enterprise has of an item and its group already.
"""

from collections.abc import Mapping
from typing import Any, Final

from services.policy.model_facts import BOOL, MONEY, Kind

DAYS: Final = "_on_days"
TODAY: Final = "today"
CLAIMED_THIS_PERIOD, GROUP_CLAIMS, GROUP_FEN = "claimed_this_period", "group_claims", "group_fen"
# What the formula gives up to its cap; of the overlap's own leaf only.
BEST: Final = "best_fen"
_TITLES: Final[Mapping[str, str]] = {
    TODAY: "判定日期",
    CLAIMED_THIS_PERIOD: "本期已享受该事项",
    GROUP_CLAIMS: "本期已享受同类政策项数",
    GROUP_FEN: "本期同类政策已享受金额",
}


def base(name: str) -> str:
    """The fact a name is read from: `registered_on` of `registered_on_days`; `training_days` is one of its own."""
    return name.removesuffix("_days") if name.endswith(DAYS) else name


def is_derived(name: str) -> bool:
    """Whether rules read something of the platform's own by this name: no fact may have it."""
    return name in _TITLES or name == BEST or name.endswith(DAYS)


def title(name: str, of_base: str) -> str:
    """What it is called, for people."""
    return _TITLES.get(name) or (f"{of_base}至今天数" if name.endswith(DAYS) else of_base)


def shown(name: str, value: Any, kind: Kind | None) -> str:
    """A value, for people."""
    if value is None:
        return "无"
    if isinstance(value, bool) or (kind is not None and kind.type == BOOL):
        return "是" if value else "否"
    if name.endswith(DAYS):
        return f"{value}天"
    if name == GROUP_FEN or (kind is not None and kind.type == MONEY and type(value) is int):
        return money(value)
    if isinstance(value, list):
        return "、".join(str(one) for one in value) or "无"
    return f"{value}{kind.unit if kind else ''}"


def money(fen: int) -> str:
    """An amount for people: whole 万元 from 10,000 yuan on where it is whole, else yuan and fen."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    if fen >= 1_000_000 and fen % 10_000 == 0:
        return f"{sign}{fen // 1_000_000:,}{f'.{fen % 1_000_000 // 10_000:02}'.rstrip('0').rstrip('.')}万元"
    return f"{sign}{fen // 100:,}.{fen % 100:02}元"
