"""Lists in the order of a text: the keys of all that match first, then the records of the page, so that a large region costs its
keys only. The page token is the key of the page's last record.

The query names one indexed range and nothing beside it, since a store may scan for a field that is not in the index; what else is
wanted is asked of the keys, here.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from chassis.records import Filter, Record, Records

S = TypeVar("S")
State = Mapping[str, Any]
PAGE = 50


def page(
    all: Records[S],
    query: Filter,
    key: Callable[[State], str],
    fields: list[str],
    after: str,
    count: int,
    keep: Callable[[State], bool] = lambda state: True,
) -> tuple[list[Record[S]], str]:
    """The next records by `key(state)` of those to `keep`, both of which need these fields of the state; and the token of the page
    after, "" at the end."""
    found = all.collection.find(query, {f"state.{field}": 1 for field in fields})
    keys = sorted((key(row["state"]), row["_id"]) for row in found if keep(row["state"]))
    count = count or PAGE
    chosen = [one for one in keys if one[0] > after][: count + 1]
    rows = [all.get(id) for _, id in chosen[:count]]
    return rows, chosen[count - 1][0] if len(chosen) > count else ""
