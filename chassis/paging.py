"""Lists that run from new to old, page by page (AIP-158). A page token is the place of the page's last record.

Exact however many records share an instant: those of the token's own instant are asked for by themselves.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from chassis.errors import Violation, invalid
from chassis.records import Record, Records

S = TypeVar("S")
OLDEST = timedelta(days=150 * 366)


def newest(
    records: Records[S], match: Mapping[str, Any], field: str, token: str, count: int, window: timedelta = OLDEST
) -> tuple[list[Record[S]], str]:
    """The next page of the records that match, newest first by an instant of their state, and the next page's token.

    Looks back in windows that grow from the one given, each bounded on the index (match, field), so that a list of many costs
    what one of few does. INVALID_ARGUMENT for a token no page ever gave.
    """
    path, order = f"state.{field}", [(f"state.{field}", -1), ("_id", -1)]
    upper, after = _parse(token)
    oldest = upper - OLDEST
    same = records.select({**match, path: upper}) if after else []
    found = sorted((row for row in same if row.id < after), key=lambda row: row.id, reverse=True)
    while len(found) < count and upper > oldest:
        lower = upper - window
        found += records.select({**match, path: {"$gte": lower, "$lt": upper}}, order, limit=count - len(found))
        upper, window = lower, window * 4
    return found[:count], _token(found[:count], field, count)


def kept(
    records: Records[S],
    matches: Sequence[Mapping[str, Any]],
    field: str,
    keep: Callable[[S], bool],
    token: str,
    count: int,
    window: timedelta = OLDEST,
) -> tuple[list[Record[S]], str]:
    """As `newest`, of the records that match any of these and are to be kept, each once: a page is shorter where something was not, and
    never empty before the end. What is kept is decided here: the embedded store scans for a field that the
    index does not have beside those it has."""
    while True:
        rows = (row for match in matches for row in newest(records, match, field, token, count, window)[0])
        found = {row.id: row for row in rows}
        page = sorted(found.values(), key=lambda row: (getattr(row.state, field), row.id), reverse=True)[:count]
        rest, token = [row for row in page if keep(row.state)], _token(page, field, count)
        if rest or not token:
            return rest, token


def malformed() -> Exception:
    """INVALID_ARGUMENT for a page token nobody gave out."""
    return invalid(Violation("page_token", "MALFORMED", "分页标识无效"))


def _parse(token: str) -> tuple[datetime, str]:
    if not token:
        return datetime.now(UTC) + timedelta(seconds=1), ""
    try:
        milliseconds, id = token.split("-", 1)
        instant = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise malformed() from None
    return instant, id


def _token(page: Sequence[Record[Any]], field: str, count: int) -> str:
    return "" if len(page) < count else place(page[-1], field)


def place(row: Record[Any], field: str) -> str:
    """The token of a page that ends with this record."""
    return f"{round(getattr(row.state, field).timestamp() * 1000)}-{row.id}"
