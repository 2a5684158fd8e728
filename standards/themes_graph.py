"""The graph of a theme: what must end before what, in a circle or not, and which branch is the longest. Pure."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

Graph = Mapping[str, Sequence[str]]
"""Keys in their order, each with those that must end before it begins. Keys that are none of the graph count for nothing."""


class Course(NamedTuple):
    """How a theme runs: when each key ends, counted from the start of the application, the longest branch and its keys in order."""

    ends: dict[str, Fraction]
    longest: Fraction
    along: list[str]


def circle(after: Graph) -> list[str]:
    """A circle as it is told to people (a, b, a: a comes after b, which comes after a); empty when there is none."""
    done: set[str] = set()
    for start in after:
        path: list[str] = []
        # Keys to look at; None = all before the last of the path are.
        todo: list[str | None] = [start]
        while todo:
            key = todo.pop()
            if key is None:
                done.add(path.pop())
            elif key in path:
                return [*path[path.index(key) :], key]
            elif key not in done:
                path.append(key)
                todo += [None, *(before for before in reversed(after[key]) if before in after)]
    return []


def ordered(after: Graph) -> list[str]:
    """The keys so that each stands behind all that must end before it. The graph has no circle."""
    found: dict[str, None] = {}
    for start in after:
        todo = [start]
        while todo:
            waits = [before for before in after[todo[-1]] if before in after and before not in found]
            if waits:
                todo += waits[:1]
            else:
                found[todo.pop()] = None
    return list(found)


def preceding(after: Graph) -> dict[str, frozenset[str]]:
    """Of each key all that must end before it, also through others. The graph has no circle."""
    found: dict[str, frozenset[str]] = {}
    for key in ordered(after):
        direct = [before for before in after[key] if before in after]
        found[key] = frozenset(direct).union(*(found[before] for before in direct))
    return found


def course(after: Graph, days: Mapping[str, Fraction]) -> Course:
    """The course of the keys that have days; one that has none takes no part, and what waits for it waits for what it waited for.

    Of branches of the same length the one whose keys stand first in the graph counts.
    """
    ends: dict[str, Fraction] = {}
    behind: dict[str, str] = {}
    rank = {key: number for number, key in enumerate(after)}
    for key in ordered(after):
        begins, last = Fraction(0), ""
        for before in sorted((one for one in after[key] if one in after), key=rank.__getitem__):
            if ends[before] > begins or not last:
                begins, last = ends[before], before
        ends[key] = begins + days.get(key, 0)
        behind[key] = last
    inside = [key for key in after if key in days]
    longest = max((ends[key] for key in inside), default=Fraction(0))
    at = next((key for key in inside if ends[key] == longest), "")
    along: list[str] = []
    while at:
        along += [at] if at in days else []
        at = behind[at]
    return Course({key: ends[key] for key in inside}, longest, along[::-1])
