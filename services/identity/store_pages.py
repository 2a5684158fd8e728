"""Lists in the order of a text: the keys of all that match first, then the records of the page, so that a large region costs its
keys only. The page token is the key of the page's last record."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from chassis.records import Filter, Record, Records

S = TypeVar("S")
PAGE = 50


def page(
    all: Records[S], query: Filter, key: Callable[[Mapping[str, Any]], str], fields: list[str], after: str, count: int
) -> tuple[list[Record[S]], str]:
    """The next records by `key(state)`, which needs these fields of the state, and the token of the page after; "" at the end."""
    found = all.collection.find(query, {f"state.{field}": 1 for field in fields})
    keys = sorted((key(row["state"]), row["_id"]) for row in found)
    count = count or PAGE
    chosen = [one for one in keys if one[0] > after][: count + 1]
    rows = [all.get(id) for _, id in chosen[:count]]
    return rows, chosen[count - 1][0] if len(chosen) > count else ""
