"""What is found about a rating at once, while it is given: grade against tag, an officer's own device, a text others wrote."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.database import Database

from chassis.errors import Violation, invalid
from services.rating import model_flags, store_flags
from standards.rating_codes import TAGS
from yiwang.rating.v1 import events_pb2 as events


class Seen(NamedTuple):
    """A rating as it is looked at: which, of which department, by whom (empty = nobody known), when, and its marks."""

    rating: str
    department: str
    rater: str
    at: datetime
    device_mark: str
    text_mark: str
    # Whoever gave it had signed in as an officer of the department.
    by_officer: bool = False


def require_known(tags: Sequence[str]) -> None:
    """INVALID_ARGUMENT TAG_UNKNOWN for a code ListTags does not have."""
    unknown = [code for code in tags if code not in TAGS]
    if unknown:
        raise invalid(Violation("tags", "TAG_UNKNOWN", f"没有此评价指标：{'、'.join(unknown)}"))


def found(database: Database[dict[str, Any]], grade: int, tags: Sequence[str], seen: Seen) -> list[events.Raised]:
    """Reasons to count it apart."""
    raised = (
        model_flags.contradiction(grade, tags),
        _self(database, seen),
        copied(database, seen),
    )
    return [one for one in raised if one]


def _self(database: Database[dict[str, Any]], seen: Seen) -> events.Raised | None:
    if seen.by_officer:
        return model_flags.by_officer()
    if not seen.device_mark:
        return None
    officers = store_flags.officers_at(database, seen.device_mark, seen.department, seen.at)
    return model_flags.self_rated(officers)


def copied(database: Database[dict[str, Any]], seen: Seen) -> events.Raised | None:
    """Whether others wrote the same of this department before."""
    if not seen.text_mark:
        return None
    others = store_flags.same_text(database, seen.text_mark, seen.department, seen.rating, seen.rater, seen.at)
    return model_flags.copied(others)
