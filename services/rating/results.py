"""The public results of a county in a period, from the counts."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from pymongo.database import Database

from chassis.errors import Violation, invalid
from services.rating import model_results, model_splits
from services.rating.model_results import CHANNELS, COVERAGE
from services.rating.model_rows import row, rows
from services.rating.model_splits import ALL, COVERED, DEPARTMENT, ITEM, WHOLE, WINDOW, Split
from services.rating.store_results import Counts
from standards.instants import text
from yiwang.rating.v1 import results_pb2 as pb
from yiwang.rating.v1 import service_pb2

LONGEST, CHART_DAYS = 366, 92
# What a total is of, as a split.
SCOPES: Final[Mapping[int, str]] = {
    service_pb2.TOTAL_SCOPE_ITEM: ITEM,
    service_pb2.TOTAL_SCOPE_DEPARTMENT: DEPARTMENT,
    service_pb2.TOTAL_SCOPE_COUNTY: WHOLE,
    service_pb2.TOTAL_SCOPE_WINDOW: WINDOW,
}
_GRADES: Final = ("very_satisfied", "satisfied", "fairly_satisfied", "dissatisfied", "very_dissatisfied")


def period(from_day: str, to_day: str, longest: int = LONGEST) -> tuple[date, date]:
    """The first and the last day. INVALID_ARGUMENT MALFORMED for a day that is none, BEFORE_BEGIN, TOO_LONG."""
    first, last = day(from_day, "from_day"), day(to_day, "to_day")
    if last < first:
        raise invalid(Violation("to_day", "BEFORE_BEGIN", "结束日期早于开始日期"))
    if (last - first).days >= longest:
        raise invalid(Violation("to_day", "TOO_LONG", f"一次最多查询{longest}天"))
    return first, last


def day(told: str, field: str) -> date:
    """A day as a request tells it. INVALID_ARGUMENT MALFORMED when there is no such day."""
    try:
        return date.fromisoformat(told)
    except ValueError:
        raise invalid(Violation(field, "MALFORMED", "没有这一天")) from None


class Results:
    """Reads the counts as people see them."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self.counts = Counts(database)

    def get(self, county: str, first: date, last: date, breakdown: int, id: str) -> pb.Results:
        """The rates of a county, whole and split."""
        whole = self.counts.between(county, WHOLE, first, last)
        since = max(first, last - timedelta(days=CHART_DAYS - 1))
        days = self.counts.days(county, WHOLE, since, last)
        answer = pb.Results(
            whole=row("", "", whole.split.rows.get(ALL, {})),
            days=[row(one, one, found.rows.get(ALL, {})) for one, found in days.items()],
            counted_at=text(whole.at),
        )
        if (by := model_splits.BREAKDOWNS[breakdown]) != WHOLE:
            found = self.counts.between(county, by, first, last, id or None)
            names = self.counts.window_titles() if by == WINDOW else None
            answer.rows.extend(rows(by, found.split, names))
        return answer

    def coverage(self, county: str, first: date, last: date) -> pb.Coverage:
        """The matrix item × channel × department, and its margins."""
        split = self.counts.between(county, COVERED, first, last).split
        windows = self.counts.between(county, WINDOW, first, last).split
        answer = pb.Coverage()
        for key, counters in sorted(split.rows.items()):
            department, item = _parts(key)
            answer.rows.add(
                department=department,
                department_name=split.names.get(department, ""),
                item_id=item,
                item_name=split.names.get(item, ""),
                invited=counters["invited"],
                rated={_channel(number): count for number, count in counters.items() if number != "invited"},
            )
        answer.rates.extend(_covered(split, windows))
        return answer

    def totals(self, scope: int, id: str, from_day: str, to_day: str) -> service_pb2.Totals:
        """The public totals of an item, a department, a window or a county; an empty day bounds nothing."""
        first = day(from_day, "from_day") if from_day else date.min
        last = day(to_day, "to_day") if to_day else date.max
        by = SCOPES[scope]
        counties = [id] if by == WHOLE else self.counts.counties_of(by, id)
        own = ALL if by == WHOLE else id
        found = [self.counts.between(county, by, first, last, own).split.rows.get(own, {}) for county in counties]
        counters = model_results.summed(found)
        return service_pb2.Totals(
            scope=scope,  # type: ignore[arg-type]
            id=id,
            invited=counters.get("invited", 0),
            rated=counters.get("active", 0),
            defaulted=counters.get("defaulted", 0),
            apart=counters.get("apart", 0),
            **{grade: counters.get(grade, 0) for grade in _GRADES},
        )


def _parts(key: str) -> tuple[str, str]:
    department, _, item = key.partition("|")
    return department, item


def _channel(number: str) -> str:
    return service_pb2.RatingChannel.Name(int(number))  # type: ignore[arg-type]


def _covered(split: Split, windows: Split) -> list[pb.Rate]:
    """What was rated at least once, of what there was to rate."""
    cells = [(*_parts(key), set(counters) - {"invited"}) for key, counters in split.rows.items()]
    there: dict[str, tuple[set[str], set[str]]] = {
        "item_coverage": ({item for _, item, rated in cells if item and rated}, {item for _, item, _ in cells if item}),
        "channel_coverage": ({one for _, _, rated in cells for one in rated} - {"0"}, {str(one) for one in CHANNELS}),
        "department_coverage": ({one for one, _, rated in cells if rated}, {one for one, _, _ in cells}),
        "window_coverage": ({id for id, counters in windows.rows.items() if counters.get("active")}, set(windows.rows)),
    }
    return [model_results.rate(key, len(there[key][0]), len(there[key][1])) for key in COVERAGE]
