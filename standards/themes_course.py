"""How a theme (一件事) goes on: which of its items may begin, which never will, and which stages of a project are complete. Pure.

Keys are those of the theme's items. `taking_part` are the items that are cases under the answers (`themes.taking_part`), `begun` those
whose case has begun (ended ones among them), `ended` those that have ended: True = well (granted, registered, paid), False = failed
(refused, denied, lapsed, given up by the applicant).
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from standards import themes_graph
from standards.themes_parts import graph
from yiwang.catalog.v1 import themes_pb2 as pb

IGNORE, STOP = pb.FAILURE_POLICY_IGNORE, pb.FAILURE_POLICY_STOP


class Stage(NamedTuple):
    """A stage of a project (立项用地规划许可, 工程建设许可 …) with the items of it that take part. Complete: all of them ended well, or
    failed where that does not matter. Broken: it never will be."""

    name: str
    keys: list[str]
    complete: bool
    broken: bool


def ready(
    theme: pb.ThemeDefinition, taking_part: Collection[str], begun: Collection[str], ended: Mapping[str, bool]
) -> list[str]:
    """Items that may begin now, in the theme's order: nothing they had to wait for is still to come."""
    before = themes_graph.preceding(graph(theme))
    over = set(given_up(theme, taking_part, begun, ended))
    return [
        key
        for key in _not_begun(theme, taking_part, begun)
        if key not in over and all(one in ended for one in before[key] if one in taking_part)
    ]


def given_up(
    theme: pb.ThemeDefinition, taking_part: Collection[str], begun: Collection[str], ended: Mapping[str, bool]
) -> list[str]:
    """Items that never begin, in the theme's order, because one that failed stops everything, or one they had to wait for failed and
    that matters. An item that takes no part keeps nothing waiting: what is behind it waits for what it waited for."""
    policies = {item.key: item.on_failure for item in theme.items}
    failed = {key for key, well in ended.items() if not well and key in taking_part}
    left = _not_begun(theme, taking_part, begun)
    if any(policies[key] == STOP for key in failed):
        return left
    mattering = {key for key in failed if policies[key] != IGNORE}
    before = themes_graph.preceding(graph(theme))
    return [key for key in left if not mattering.isdisjoint(before[key])]


def stages(
    theme: pb.ThemeDefinition, taking_part: Collection[str], begun: Collection[str], ended: Mapping[str, bool]
) -> list[Stage]:
    """The stages in the order in which the theme names them; one of which no item takes part is none."""
    over = set(given_up(theme, taking_part, begun, ended))
    passed = {one.key for one in theme.items if one.key in ended and (ended[one.key] or one.on_failure == IGNORE)}
    members: dict[str, list[str]] = {}
    for item in theme.items:
        if item.stage and item.key in taking_part:
            members.setdefault(item.stage, []).append(item.key)
    return [
        Stage(
            name,
            keys,
            complete=all(key in passed for key in keys),
            broken=any(key in over or (key in ended and key not in passed) for key in keys),
        )
        for name, keys in members.items()
    ]


def _not_begun(theme: pb.ThemeDefinition, taking_part: Collection[str], begun: Collection[str]) -> list[str]:
    return [item.key for item in theme.items if item.key in taking_part and item.key not in begun]
