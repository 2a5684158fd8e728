"""What stands behind a number, and negative ratings as they were published. Neither names a person or an officer.

Ids are blinded: by a rating's own id the department that deals with it would know which one it is.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from chassis.errors import Violation, invalid
from chassis.paging import malformed, newest
from chassis.records import Records
from chassis.sealed import Keyring
from services.rating import model_results, model_splits
from services.rating.inviting import day_of
from services.rating.model import Rating
from services.rating.model_splits import ALL, WHOLE
from services.rating.results import day
from services.rating.store_results import Counts, Document
from yiwang.rating.v1 import results_pb2 as pb

# Of what is behind a number no more is read.
FIELDS = (
    *("department", "department_name", "item_id", "subject", "window_id", "kind", "day"),
    *("node", "channel", "grade", "status", "loop.status"),
)


# How far one look at what was published goes back at first.
LOOK: Final = timedelta(hours=1)


class Behind(NamedTuple):
    """What is asked for: a counter of a county, of one row of a breakdown, in a period."""

    county: str
    counter: str
    by: str
    id: str
    first: date
    last: date


def asked(request: pb.ListBehindRequest, first: date, last: date) -> Behind:
    """The request. INVALID_ARGUMENT COUNTER_UNKNOWN; an id without a breakdown is REQUIRED to have one."""
    if request.counter not in model_results.COUNTERS:
        raise invalid(Violation("counter", "COUNTER_UNKNOWN", "没有这个统计项"))
    by = model_splits.BREAKDOWNS[request.by]
    if bool(request.id) == (by == WHOLE):
        raise invalid(Violation("by" if request.id else "id", "REQUIRED", "须同时给出维度和对象"))
    return Behind(request.county, request.counter, by, request.id, first, last)


def behind(counts: Counts, keyring: Keyring, wanted: Behind, token: str, count: int) -> tuple[list[pb.BehindRow], str]:
    """The next services behind a number, newest day first, and the next page's token. A page is stable: what is counted meanwhile comes
    in at its own place."""
    last, after = _parse(token, wanted.last)
    # Days without one are not looked at; one that is not counted yet comes with its count.
    days = counts.days(wanted.county, wanted.by, wanted.first, last)
    found: list[pb.BehindRow] = []
    for one in sorted(days, reverse=True):
        if not days[one].rows.get(wanted.id or ALL, {}).get(wanted.counter):
            continue
        rows = [_row(keyring, document) for document in _of_day(counts, wanted, one)]
        fresh = sorted((row for row in rows if one < str(last) or row.id > after), key=lambda row: row.id)
        found += fresh[: count + 1 - len(found)]
        if len(found) > count:
            return found[:count], f"{found[count - 1].day}-{found[count - 1].id}"
    return found, ""


def _parse(token: str, last: date) -> tuple[date, str]:
    if not token:
        return last, ""
    if token[10:11] != "-":
        raise malformed()
    return min(last, day(token[:10], "page_token")), token[11:]


def _of_day(counts: Counts, wanted: Behind, day: str) -> list[Document]:
    return [
        state
        for state in counts.of_day(wanted.county, day, FIELDS)
        if wanted.counter in model_results.counted(state["kind"])
        and model_splits.ids(model_splits.group(state, state["kind"])).get(wanted.by) == (wanted.id or ALL)
    ]


def _row(keyring: Keyring, state: Document) -> pb.BehindRow:
    return pb.BehindRow(
        id=opaque(keyring, state["id"]),
        day=state["day"],
        node=state["node"],
        channel=state["channel"],
        grade=state["grade"],
        status=state["status"],
        department_name=state["department_name"],
        subject=state["subject"],
        loop=(state.get("loop") or {}).get("status", 0),
    )


def opaque(keyring: Keyring, id: str) -> str:
    """A rating's id as everybody may know it: the same each time, and nobody can tell the rating by it."""
    return keyring.blind("public_rating", id)[:32]


def published(
    ratings: Records[Rating], keyring: Keyring, county: str, department: str, token: str, count: int
) -> tuple[list[pb.PublishedRating], str]:
    """A page of published ratings, the newest first, and the next page's token. INVALID_ARGUMENT for a token no page gave."""
    match = {"state.county": county, "state.published": True}
    if department:
        match["state.department"] = department
    rows, following = newest(ratings, match, "published_at", _known(ratings, keyring, match, token), count, LOOK)
    if following:
        following = following.replace(rows[-1].id, opaque(keyring, rows[-1].id))
    return [_published(keyring, row.state) for row in rows], following


def _known(ratings: Records[Rating], keyring: Keyring, match: dict[str, Any], token: str) -> str:
    """The token of the list by the one everybody sees, whose id is blinded."""
    if not token:
        return ""
    milliseconds, _, id = token.partition("-")
    try:
        instant = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise malformed() from None
    same = ratings.select({**match, "state.published_at": instant})
    for row in same:
        if opaque(keyring, row.id) == id:
            return f"{milliseconds}-{row.id}"
    raise malformed()


def _published(keyring: Keyring, rating: Rating) -> pb.PublishedRating:
    loop = rating.loop
    assert loop is not None and loop.published_at is not None  # it was found by it
    return pb.PublishedRating(
        id=opaque(keyring, rating.id),
        department=rating.department,
        department_name=rating.department_name,
        subject=rating.subject,
        grade=rating.grade,  # type: ignore[arg-type]
        verdict=loop.verdict,  # type: ignore[arg-type]
        comment=loop.public_comment,
        reply=loop.public_reply,
        rated_on=day_of(rating.rated_at) if rating.rated_at else "",
        published_on=day_of(loop.published_at),
        outcome=loop.outcome,  # type: ignore[arg-type]
    )
