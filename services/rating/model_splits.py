"""Counts of a county's day or month, whole and split by what results are split by; and which of them make up a period. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from services.rating import model_kinds, model_results
from services.rating.model_results import CHANNELS, NODES
from yiwang.rating.v1 import results_pb2 as pb
from yiwang.rating.v1 import service_pb2

WHOLE, DEPARTMENT, ITEM, WINDOW, CHANNEL, NODE = "whole", "department", "item", "window", "channel", "node"
# Item × channel × department: rows `<department>|<item>` with `invited` and active ratings by the channel's number.
COVERED: Final = "coverage"
SPLITS: Final = (WHOLE, DEPARTMENT, ITEM, WINDOW, CHANNEL, NODE, COVERED)
BREAKDOWNS: Final[Mapping[int, str]] = {
    pb.BREAKDOWN_UNSPECIFIED: WHOLE,
    pb.BREAKDOWN_DEPARTMENT: DEPARTMENT,
    pb.BREAKDOWN_ITEM: ITEM,
    pb.BREAKDOWN_WINDOW: WINDOW,
    pb.BREAKDOWN_CHANNEL: CHANNEL,
    pb.BREAKDOWN_NODE: NODE,
}
# The id of the one row of WHOLE.
ALL: Final = ""


class Group(NamedTuple):
    """Services that ended alike, as the store groups them."""

    department: str
    department_name: str
    item: str
    subject: str
    window: str
    kind: str


def group(state: Mapping[str, Any], kind: str) -> Group:
    """What a service counts under, by its stored state."""
    return Group(
        state["department"], state["department_name"], state["item_id"], state["subject"], state["window_id"], kind
    )


class Split(NamedTuple):
    """Counters by id, and names by id where they are known here."""

    rows: dict[str, dict[str, int]]
    names: dict[str, str]


def ids(group: Group) -> dict[str, str]:
    """The row a service counts in, by split; none where it has none: nobody rated by no channel."""
    kind = model_kinds.parse(group.kind)
    found = {WHOLE: ALL, DEPARTMENT: group.department, ITEM: group.item, WINDOW: group.window}
    if kind.channel:
        found[CHANNEL] = service_pb2.RatingChannel.Name(kind.channel)  # type: ignore[arg-type]
    found[NODE] = service_pb2.ServiceNode.Name(kind.node)  # type: ignore[arg-type]
    return {split: id for split, id in found.items() if id or split == WHOLE}


def split(groups: Iterable[tuple[Group, int]]) -> dict[str, Split]:
    """Groups with their counts as all splits. What the order of groups is does not matter: of two names the last in order of text
    stands."""
    found = {name: Split({}, {}) for name in SPLITS}
    for group, count in sorted(groups):
        keys = model_results.counted(group.kind)
        for name, id in ids(group).items():
            row = found[name].rows.setdefault(id, {})
            for key in keys:
                row[key] = row.get(key, 0) + count
        _cover(found[COVERED], group, count, "active" in keys)
        found[DEPARTMENT].names[group.department] = group.department_name
        if group.item:
            found[ITEM].names[group.item] = group.subject
    found[COVERED].names.update(found[DEPARTMENT].names | found[ITEM].names)
    return found


def _cover(covered: Split, group: Group, count: int, active: bool) -> None:
    row = covered.rows.setdefault(f"{group.department}|{group.item}", {})
    keys = ["invited"]
    if active:
        keys.append(str(model_kinds.parse(group.kind).channel))
    for key in keys:
        row[key] = row.get(key, 0) + count


def added(splits: Iterable[Split]) -> Split:
    """Splits of days or months added up; a later name stands."""
    total = Split({}, {})
    for one in splits:
        total.names.update(one.names)
        for id, row in one.rows.items():
            into = total.rows.setdefault(id, {})
            for key, count in row.items():
                into[key] = into.get(key, 0) + count
    return total


class Span(NamedTuple):
    """Months or days (`m:2026-11`, `d:2026-11-22`) from the first to the last."""

    first: str
    last: str


def spans(first: date, last: date) -> list[Span]:
    """What makes up a period, both days included: whole months, and the days before and after them."""
    if first > last:
        return []
    begin = first if first.day == 1 else _month_after(first)
    # The first day of the month `last` lies in, or of the one after when it is whole.
    end = last + timedelta(days=1) if last < date.max else date.max
    end = end.replace(day=1)
    if begin >= end:
        return [Span(f"d:{first}", f"d:{last}")]
    found = []
    if first < begin:
        found.append(Span(f"d:{first}", f"d:{begin - timedelta(days=1)}"))
    found.append(Span(f"m:{month_of(str(begin))}", f"m:{month_of(str(end - timedelta(days=1)))}"))
    if end <= last:
        found.append(Span(f"d:{end}", f"d:{last}"))
    return found


def _month_after(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) if (day.year, day.month) < (9999, 12) else date.max


def month_of(day: str) -> str:
    """The month of a day, both as text."""
    return day[:7]


def labels() -> dict[str, str]:
    """Names of channels and nodes by the names of their enums."""
    channels = {service_pb2.RatingChannel.Name(number): name for number, name in CHANNELS.items()}  # type: ignore[arg-type]
    return channels | {service_pb2.ServiceNode.Name(number): name for number, name in NODES.items()}  # type: ignore[arg-type]
