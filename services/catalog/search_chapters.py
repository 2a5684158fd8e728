"""The whole history of the items as rows: what each was from an instant to another. Lists and rates of any date are read from it.

It stands in the same file as the words (`search_file`). In force at an instant is the one chapter of an item with since <= at < until.
"""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import orjson

from services.catalog.model_facts import Chapter, Facts
from services.catalog.store import Listed
from standards import codes

# Milliseconds since 1970 of an end that has not come.
OPEN: Final = 2**62


class Row(NamedTuple):
    """One chapter. Instants are milliseconds since 1970; limits are amount and yiwang.catalog.v1.TimeUnit, unit 0 = none stated."""

    item_id: str
    edition: int
    # yiwang.catalog.v1.ItemStatus: published, suspended, withdrawn.
    status: int
    since: int
    until: int
    # As stated, 6 to 12 digits.
    region: str
    department: str
    department_name: str
    type_code: str
    code: str
    name: str
    visits: int
    online: int
    # Bit n = yiwang.catalog.v1.Trait n; see `has`.
    traits: int
    # Bit n = code n (1 to 8) of C.1.5.
    depths: int
    statutory: int
    statutory_unit: int
    promised: int
    promised_unit: int
    # How many entries of the 权责清单 it names.
    duties: int
    at_centre: int
    scenarios: int
    materials: int
    steps: int
    # Before the reform: of the baseline, and of the first edition where that says nothing.
    visits_before: int
    materials_before: int
    steps_before: int
    limit_before: int
    limit_before_unit: int
    # JSON of the rest; see `more`.
    rest: str

    def has(self, trait: int) -> bool:
        """Whether the item had this derived trait."""
        return bool(self.traits >> trait & 1)

    @property
    def more(self) -> dict[str, Any]:
        """What few rows are asked for: baseline, duty_codes, fee, intermediaries, automatic, not_at_centre_reason, reason, successors,
        topics, service_objects, exercise_level, handling_forms, former_codes, aliases, reach. Empty ones are absent."""
        found: dict[str, Any] = orjson.loads(self.rest)
        return found


_COLUMNS = ", ".join(Row._fields)
SCHEMA = f"""
CREATE TABLE chapters (number INTEGER, {_COLUMNS});
CREATE INDEX chapters_number ON chapters (number);
CREATE INDEX chapters_region ON chapters (region, since);
"""
INSERT = f"INSERT INTO chapters VALUES ({', '.join('?' * (1 + len(Row._fields)))})"  # noqa: S608 - question marks
DELETE = "DELETE FROM chapters WHERE number = ?"
# An index on regions helps where there is a region, and slows down where all are wanted.
_SELECT = f"SELECT {_COLUMNS} FROM chapters NOT INDEXED WHERE since <= :at AND until > :at"  # noqa: S608 - names of columns
_SELECT_REGION = f"""
SELECT {_COLUMNS} FROM chapters INDEXED BY chapters_region
WHERE region >= :region AND region < :region || ':' AND since <= :at AND until > :at
"""  # noqa: S608 - names of columns
_MORE = (
    *("duty_codes", "fee", "intermediaries", "automatic", "not_at_centre_reason", "topics", "service_objects"),
    *("exercise_level", "handling_forms", "former_codes", "aliases", "baseline", "reach"),
)


def rows(one: Listed) -> list[Row]:
    """An item's chapters, oldest first."""
    history = one.history
    ends = [milliseconds(chapter.since) for chapter in history[1:]] + [OPEN]
    return (
        [_row(one.id, chapter, until, history[0].facts) for chapter, until in zip(history, ends, strict=True)]
        if history
        else []
    )


def select(reader: sqlite3.Connection, region: str, department: str, at: datetime) -> Iterator[Row]:
    """Chapters in force at an instant, in no order. `region` is a prefix, `department` a code, both empty for any."""
    prefix = codes.region_prefix(region)
    values = {"region": prefix, "at": milliseconds(at), "department": department}
    statement = _SELECT_REGION if prefix else _SELECT
    if department:
        statement += " AND department = :department"
    return map(Row._make, reader.execute(statement, values))


def milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970, as the store keeps instants."""
    return round(instant.timestamp() * 1000)


def instant(since: int) -> datetime:
    """The instant of so many milliseconds."""
    return datetime.fromtimestamp(since / 1000, UTC)


def _row(id: str, chapter: Chapter, until: int, first: Facts) -> Row:
    facts = chapter.facts
    statutory, promised = facts.statutory or [0, 0], facts.promised or [0, 0]
    told = (
        id,
        chapter.edition,
        chapter.status,
        milliseconds(chapter.since),
        until,
        facts.region,
        facts.department,
        facts.department_name,
        facts.type_code,
        facts.code,
        facts.name,
        facts.visits,
        int(facts.online),
        _mask(facts.traits),
        _mask(facts.depths),
        *statutory,
        *promised,
        len(facts.duty_codes),
        int(facts.at_centre),
        int(facts.scenarios),
        facts.materials,
        facts.steps,
        *before(facts, first),
        _rest(chapter, facts),
    )
    return Row._make(told)


def before(facts: Facts, first: Facts) -> list[int]:
    """Visits, materials, steps, and the limit's amount and unit before the reform. A baseline of 0 is none: the first edition's counts."""
    visits, materials, steps, amount, unit = facts.baseline or (0, 0, 0, 0, 0)
    limit = [amount, unit] if unit else first.promised or [0, 0]
    return [visits or first.visits, materials or first.materials, steps or first.steps, *limit]


def _rest(chapter: Chapter, facts: Facts) -> str:
    found = {name: value for name in _MORE if (value := getattr(facts, name))}
    found |= {"reason": chapter.reason} if chapter.reason else {}
    found |= {"successors": chapter.successors} if chapter.successors else {}
    return orjson.dumps(found).decode()


def _mask(numbers: list[int]) -> int:
    found = 0
    for number in numbers:
        found |= 1 << number
    return found
