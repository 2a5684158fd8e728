"""网上办理深度: from the set of codes an item states (C.1.5) to a level Ⅰ–Ⅳ. The mapping is provincial, so it is a table.

A table is a list of steps, highest level first: {"level": 4, "any": [[4, 5]], "visits": 0} says level Ⅳ where all codes of one of the
sets are stated and at most so many visits are made. What no step fits is level Ⅰ: its guide is online, which is what Ⅰ means.
"""

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

HIGHEST: Final = 4
LEVELS: Final = "ⅠⅡⅢⅣ"
_CODES: Final = frozenset(range(1, 9))


class DepthStep(NamedTuple):
    """One step of the table: the level, the sets of codes of which one must be stated, and the most visits."""

    level: int
    sets: tuple[frozenset[int], ...]
    most_visits: int


USUAL: Final = (
    # 网上受理并办理, 不跑现场
    DepthStep(4, (frozenset((4, 5)),), 0),
    # 网上受理, 至多跑一次
    DepthStep(3, (frozenset((4,)), frozenset((5,))), 1),
    # 网上收件或预审
    DepthStep(2, (frozenset((2,)), frozenset((3,)), frozenset((4,)), frozenset((5,))), 20),
)
"""Used where the place has no table of its own."""


def level(codes: Collection[int], visits: int, table: Sequence[DepthStep] = USUAL) -> int:
    """The level, 1 to 4, of an item that states these codes and asks for so many visits. Ⅳ is never given with a visit."""
    stated = frozenset(codes)
    return next((step.level for step in table if visits <= step.most_visits and _any(step.sets, stated)), 1)


def read(path: Path) -> tuple[DepthStep, ...]:
    """The table of a JSON file. ValueError names what is wrong with it, OSError when it cannot be read."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, list):
        raise ValueError("the table of depths is a list of steps")
    table = tuple(_step(raw) for raw in content)
    levels = [step.level for step in table]
    if levels != sorted(levels, reverse=True):
        raise ValueError("the table of depths begins with the highest level")
    return table


def _step(raw: Any) -> DepthStep:
    if not isinstance(raw, dict):
        raise ValueError(f"no step of the table of depths: {raw!r}")
    number, visits = raw.get("level"), raw.get("visits", 20)
    sets = raw.get("any", [])
    right = (
        isinstance(sets, list)
        and sets
        and all(isinstance(one, list) and one and _CODES.issuperset(one) for one in sets)
    )
    if number not in (2, 3, HIGHEST) or not right or not isinstance(visits, int):
        raise ValueError(f"no step of the table of depths: {raw!r}")
    if number == HIGHEST and visits != 0:
        raise ValueError("level Ⅳ (全程网办) needs visits 0")
    return DepthStep(number, tuple(frozenset(one) for one in sets), visits)


def _any(sets: Sequence[frozenset[int]], stated: frozenset[int]) -> bool:
    return any(one <= stated for one in sets)
