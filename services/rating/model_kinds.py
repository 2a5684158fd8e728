"""What a rating counts as: one text per rating by which numbers are grouped. Pure.

Every number of the results is a count over these kinds (model_results), so that a recount from the journals gives the same.
"""

from collections.abc import Mapping
from typing import NamedTuple

from services.rating import model
from services.rating.model import Rating
from yiwang.rating.v1 import service_pb2 as pb

# How it counts: as given, or apart.
PLAIN, FLAGGED, MISTAKEN, MALICIOUS, UNATTRIBUTABLE = "plain", "flagged", "mistaken", "malicious", "unattributable"
_EXCUSES: Mapping[int, str] = {
    pb.VERDICT_MISTAKEN: MISTAKEN,
    pb.VERDICT_MALICIOUS: MALICIOUS,
    pb.VERDICT_NOT_ATTRIBUTABLE: UNATTRIBUTABLE,
}
# How its rectification stands: none is due, it is due, it is late, it was done in time or late.
NONE, RUNNING, LATE_OPEN, ON_TIME, LATE = "none", "running", "overdue", "on_time", "late"
_CALLED: Mapping[int, str] = {
    pb.CALL_BACK_OUTCOME_SATISFIED: "satisfied",
    pb.CALL_BACK_OUTCOME_NOT_SATISFIED: "not_satisfied",
    pb.CALL_BACK_OUTCOME_UNREACHED: "unreached",
}


class Kind(NamedTuple):
    """What a rating counts as. Numbers are those of the enums of yiwang.rating.v1."""

    status: int
    node: int
    grade: int
    channel: int
    # Real-name or anonymous (实名, 匿名); the first is called back.
    named: bool
    mark: str
    rectification: str
    # satisfied, not_satisfied, unreached, or empty: not called back.
    called: str
    published: bool
    again: int


def kind_of(rating: Rating) -> Kind:
    """What it counts as now."""
    loop = rating.loop
    return Kind(
        status=rating.status,
        node=rating.node,
        grade=rating.grade,
        channel=rating.channel,
        named=rating.status == model.RATED and not rating.anonymous,
        mark=_mark(rating),
        rectification=_rectification(rating),
        called=_CALLED.get(loop.outcome, "") if loop else "",
        published=rating.published,
        again=rating.again_grade,
    )


def _mark(rating: Rating) -> str:
    if rating.loop and rating.loop.verdict_final:
        return _EXCUSES[rating.loop.verdict]
    return FLAGGED if rating.flagged else PLAIN


def _rectification(rating: Rating) -> str:
    loop = rating.loop
    if loop is None or loop.rectify_due is None or loop.verdict_final:
        return NONE
    if loop.rectified_at is not None:
        return ON_TIME if loop.rectified_at <= loop.rectify_due else LATE
    # While a department's appeal waits, what is late is the supervisor's review.
    return LATE_OPEN if loop.overdue and loop.status == pb.LOOP_STATUS_RECTIFYING else RUNNING


def text(kind: Kind) -> str:
    """As it stands in the record."""
    return "|".join(str(int(part)) if isinstance(part, bool) else str(part) for part in kind)


def parse(kind: str) -> Kind:
    """From how it stands in the record; ValueError for another shape."""
    status, node, grade, channel, named, mark, rectification, called, published, again = kind.split("|")
    return Kind(
        int(status), int(node), int(grade), int(channel), named == "1", mark, rectification, called, published == "1",
        int(again),
    )  # fmt: skip
