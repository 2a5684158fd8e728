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
            into = total.rows.get(id)
            if into is None:
                total.rows[id] = row.copy()
                continue
            for key, count in row.items():
                into[key] = into.get(key, 0) + count
    return total


def less(split: Split, other: Split) -> Split:
    """A split without another that is part of it; what nothing is left of is left out."""
    rows = {}
    for id, row in split.rows.items():
        taken = other.rows.get(id, {})
        left = {key: count - taken.get(key, 0) for key, count in row.items() if count > taken.get(key, 0)}
        if left:
            rows[id] = left
    return Split(rows, split.names)


class Span(NamedTuple):
    """Months or days (`m:2026-11`, `d:2026-11-22`) from the first to the last."""

    first: str
    last: str


class Spans(NamedTuple):
    """What makes up a period: what is added up, and what of it is taken away again."""

    added: list[Span]
    taken: list[Span]


def spans(first: date, last: date) -> Spans:
    """What makes up a period, both days included: whole months; of the months it begins and ends in the days, or, where they are fewer, the
    month without the other days. So a period is never more than a month of days."""
    found = Spans([], [])
    if first > last:
        return found
    ends = [month_of(str(first)), month_of(str(last))]
    within = (
        _month_after(first),
        last.replace(day=1) - timedelta(days=1) if last.replace(day=1) > date.min else date.min,
    )
    if within[0] <= within[1]:
        found.added.append(_months(*within))
    for month in dict.fromkeys(ends):
        begin = date.fromisoformat(f"{month}-01")
        end = _month_after(begin) - timedelta(days=1) if _month_after(begin) > begin else date.max
        _part(found, begin, end, max(first, begin), min(last, end))
    return found


def _part(found: Spans, begin: date, end: date, first: date, last: date) -> None:
    """A month of the period, from its `begin` to its `end`, of which these days are in it."""
    if (last - first).days + 1 <= (first - begin).days + (end - last).days:
        found.added.append(_days(first, last))
        return
    found.added.append(_months(begin, begin))
    if first > begin:
        found.taken.append(_days(begin, first - timedelta(days=1)))
    if last < end:
        found.taken.append(_days(last + timedelta(days=1), end))


def _days(first: date, last: date) -> Span:
    return Span(f"d:{first}", f"d:{last}")


def _months(first: date, last: date) -> Span:
    return Span(f"m:{month_of(str(first))}", f"m:{month_of(str(last))}")


def _month_after(day: date) -> date:
    """The first day of the next month; of the last month there is, its own."""
    first = day.replace(day=1)
    return first if (day.year, day.month) == (date.max.year, 12) else (first + timedelta(days=32)).replace(day=1)


def month_of(day: str) -> str:
    """The month of a day, both as text."""
    return day[:7]


def labels() -> dict[str, str]:
    """Names of channels and nodes by the names of their enums."""
    channels = {service_pb2.RatingChannel.Name(number): name for number, name in CHANNELS.items()}  # type: ignore[arg-type]
    return channels | {service_pb2.ServiceNode.Name(number): name for number, name in NODES.items()}  # type: ignore[arg-type]
