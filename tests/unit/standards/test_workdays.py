"""The calendar of China and the ends of limits."""

import json
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards import workdays
from standards.workdays import SHANGHAI, add_working_days, due_at, is_working_day, working_days_between

ROOT = Path(__file__).parents[3]
NOTICES = ROOT.parent / "shared/data/holidays"

days = st.dates(date(2017, 1, 1), date(2029, 12, 31))
published_days = st.dates(date(2019, 1, 1), date(2025, 12, 31))
instants = st.integers(0, 11 * 365 * 86400).map(lambda n: datetime(2018, 1, 1, tzinfo=UTC) + timedelta(seconds=n))
counts = st.integers(0, 400)
units = st.sampled_from(["WORKING_DAY", "NATURAL_DAY", "HOUR", "MONTH"])


def span(first: str, last: str) -> set[date]:
    """All days from the first to the last."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return {start + timedelta(days=n) for n in range((end - start).days + 1)}


def weekdays(year: int) -> set[date]:
    """Mondays to Fridays of a year."""
    return {day for day in span(f"{year}-01-01", f"{year}-12-31") if day.weekday() < 5}


def worked(year: int) -> set[date]:
    """Working days of a year as the module tells them."""
    return {day for day in span(f"{year}-01-01", f"{year}-12-31") if is_working_day(day)}


OFF = {
    2025: [
        ("2025-01-01", "2025-01-01"),
        ("2025-01-28", "2025-02-04"),
        ("2025-04-04", "2025-04-06"),
        ("2025-05-01", "2025-05-05"),
        ("2025-05-31", "2025-06-02"),
        ("2025-10-01", "2025-10-08"),
    ],
    2026: [
        ("2026-01-01", "2026-01-03"),
        ("2026-02-15", "2026-02-23"),
        ("2026-04-04", "2026-04-06"),
        ("2026-05-01", "2026-05-05"),
        ("2026-06-19", "2026-06-21"),
        ("2026-09-25", "2026-09-27"),
        ("2026-10-01", "2026-10-07"),
    ],
}
WORK = {
    2025: ["2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"],
    2026: ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"],
}


@pytest.mark.parametrize("year", [2025, 2026])
def test_the_published_years_are_as_the_notices_say(year: int) -> None:
    off = set[date]().union(*(span(*both) for both in OFF[year]))
    assert worked(year) == (weekdays(year) - off) | {date.fromisoformat(day) for day in WORK[year]}


@pytest.mark.skipif(not NOTICES.exists(), reason="shared data is not here")
@pytest.mark.parametrize("year", range(2019, 2027))
def test_the_calendar_agrees_with_the_collected_notices(year: int) -> None:
    for day in json.loads((NOTICES / f"{year}.json").read_text(encoding="utf-8"))["days"]:
        assert is_working_day(date.fromisoformat(day["date"])) is not day["isOffDay"], day


@pytest.mark.parametrize("year", range(2017, 2031))
def test_the_calendar_agrees_with_the_library(year: int) -> None:
    import holidays

    china = holidays.country_holidays("CN", years=year)
    expected = {day for day in weekdays(year) if day not in china} | {
        d for d in china.weekend_workdays if d.year == year
    }
    assert worked(year) == expected


def test_calendar_files_are_named_and_filled_in_one_way() -> None:
    files = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(workdays.CALENDARS.glob("*.json"))]
    assert [file["year"] for file in files] == list(range(2019, 2031))
    assert workdays.last_published_year() == max(file["year"] for file in files if file["published"])
    for file in files:
        assert file["off"] == sorted(set(file["off"]))
        assert not set(file["off"]) & set(file["work"])
        assert all(date.fromisoformat(day).weekday() > 4 for day in file["work"])
        assert file["published"] is None or date.fromisoformat(file["published"])


def test_a_notice_that_lands_later_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    early = {"year": 2031, "published": "2030-11-01", "off": ["2031-01-02"], "work": []}
    late = {"year": 2031, "published": "2030-12-01", "off": ["2031-01-03", "2030-12-31"], "work": ["2031-01-04"]}
    (tmp_path / "2031.json").write_text(json.dumps(late))
    (tmp_path / "2031-first.json").write_text(json.dumps(early))
    (tmp_path / "2032.json").write_text(json.dumps({"year": 2032, "published": None, "off": [], "work": []}))
    monkeypatch.setattr(workdays, "CALENDARS", tmp_path)
    for cached in (workdays._published, workdays._year):
        cached.cache_clear()
    try:
        assert is_working_day(date(2031, 1, 2))
        assert not is_working_day(date(2031, 1, 3))
        assert is_working_day(date(2031, 1, 4))
        assert not is_working_day(date(2030, 12, 31))
        assert workdays.last_published_year() == 2031
        assert add_working_days(date(2031, 12, 31), 1).provisional
    finally:
        for cached in (workdays._published, workdays._year):
            cached.cache_clear()


COUNTED = [
    ("2026-03-02", 20, "2026-03-30"),
    ("2026-03-02", 0, "2026-03-02"),
    ("2026-03-07", 0, "2026-03-09"),
    ("2026-03-06", 1, "2026-03-09"),
    ("2026-03-07", 1, "2026-03-09"),
    ("2026-02-13", 1, "2026-02-14"),
    ("2026-02-13", 2, "2026-02-24"),
    ("2026-02-14", 1, "2026-02-24"),
    ("2026-09-30", 3, "2026-10-10"),
    ("2025-12-31", 1, "2026-01-04"),
    ("2022-12-30", 1, "2023-01-03"),
    ("2020-01-23", 1, "2020-02-03"),
]


@pytest.mark.parametrize(("start", "count", "end"), COUNTED)
def test_working_days_are_counted_from_the_next_day(start: str, count: int, end: str) -> None:
    assert add_working_days(date.fromisoformat(start), count).day == date.fromisoformat(end)


@given(days, st.integers(1, 400))
def test_counting_back_gives_what_was_added(day: date, count: int) -> None:
    due = add_working_days(day, count).day
    assert is_working_day(due)
    assert working_days_between(day, due) == count
    assert working_days_between(due, day) == -count


@given(days, days, days)
def test_the_days_between_add_up(a: date, b: date, c: date) -> None:
    assert working_days_between(a, b) + working_days_between(b, c) == working_days_between(a, c)


@given(published_days, st.integers(0, 40))
def test_adding_agrees_with_walking_day_by_day(day: date, count: int) -> None:
    walked, left = day, count
    while left or (not count and not is_working_day(walked)):
        walked += timedelta(days=1)
        left -= is_working_day(walked) if left else 0
    assert add_working_days(day, count).day == walked


@given(days, days, counts, counts)
def test_a_later_start_or_a_longer_limit_never_ends_earlier(a: date, b: date, n: int, m: int) -> None:
    assert add_working_days(min(a, b), min(n, m)) <= add_working_days(max(a, b), max(n, m))


@given(instants, instants, counts, counts, units)
def test_every_unit_is_monotone(a: datetime, b: datetime, n: int, m: int, unit: str) -> None:
    early, late = due_at(min(a, b), min(n, m), unit), due_at(max(a, b), max(n, m), unit)
    assert early.instant <= late.instant


@given(instants, counts, units)
def test_a_limit_in_days_ends_at_the_end_of_a_working_day_in_beijing(start: datetime, amount: int, unit: str) -> None:
    due = due_at(start, amount, unit)
    assert due.instant.tzinfo is UTC
    assert due.instant >= start
    assert due.day == due.instant.astimezone(SHANGHAI).date()
    if unit != "HOUR":
        assert due.instant.astimezone(SHANGHAI).strftime("%H:%M:%S") == "23:59:59"
        assert is_working_day(due.day)


UNITS = [
    # 17:00 UTC on Sunday is Monday in Beijing
    ("2026-03-01T17:00:00+00:00", 1, "WORKING_DAY", "2026-03-03T15:59:59+00:00"),
    ("2026-03-02T01:00:00+00:00", 0, "AT_ONCE", "2026-03-02T15:59:59+00:00"),
    ("2026-10-03T01:00:00+00:00", 0, "AT_ONCE", "2026-10-08T15:59:59+00:00"),
    ("2026-03-02T01:00:00+00:00", 10, "NATURAL_DAY", "2026-03-12T15:59:59+00:00"),
    ("2026-09-20T01:00:00+00:00", 15, "NATURAL_DAY", "2026-10-08T15:59:59+00:00"),
    ("2026-01-31T01:00:00+00:00", 1, "MONTH", "2026-02-28T15:59:59+00:00"),
    ("2026-03-31T01:00:00+00:00", 1, "MONTH", "2026-04-30T15:59:59+00:00"),
    ("2026-03-02T01:00:00+00:00", 7, "MONTH", "2026-10-08T15:59:59+00:00"),
    ("2025-11-30T01:00:00+00:00", 3, "MONTH", "2026-02-28T15:59:59+00:00"),
    ("2026-03-06T08:30:00+00:00", 24, "HOUR", "2026-03-07T08:30:00+00:00"),
]


@pytest.mark.parametrize(("start", "amount", "unit", "end"), UNITS)
def test_each_unit_ends_where_the_law_says(start: str, amount: int, unit: str, end: str) -> None:
    assert due_at(datetime.fromisoformat(start), amount, unit).instant == datetime.fromisoformat(end)


def test_beyond_the_last_notice_a_limit_is_provisional() -> None:
    last = workdays.last_published_year()
    assert not add_working_days(date(last, 12, 1), 5).provisional
    assert add_working_days(date(last, 12, 1), 40).provisional
    assert due_at(datetime(last, 12, 31, tzinfo=UTC), 1, "MONTH").provisional
    assert not due_at(datetime(last, 12, 31, tzinfo=UTC), 48, "HOUR").provisional


@pytest.mark.parametrize(
    ("start", "amount", "unit"),
    [
        (datetime(2026, 3, 2), 1, "HOUR"),  # noqa: DTZ001 - what is refused
        (datetime(2026, 3, 2, tzinfo=UTC), -1, "MONTH"),
        (datetime(2026, 3, 2, tzinfo=UTC), 1, "WEEK"),
        (datetime(2026, 3, 2, tzinfo=UTC), 1, "TIME_UNIT_HOUR"),
    ],
)
def test_limits_without_sense_are_refused(start: datetime, amount: int, unit: str) -> None:
    with pytest.raises(ValueError, match=r"zone|negative|unit"):
        due_at(start, amount, unit)
    with pytest.raises(ValueError, match="negative"):
        add_working_days(date(2026, 3, 2), -1)


def test_the_library_is_not_loaded_for_the_years_with_a_file() -> None:
    script = (
        "import sys; from datetime import UTC, datetime; from standards.workdays import due_at;"
        "due_at(datetime(2026, 11, 1, tzinfo=UTC), 90, 'WORKING_DAY'); sys.exit('holidays' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


def test_a_due_date_costs_microseconds() -> None:
    start = datetime(2026, 9, 1, tzinfo=UTC)
    due_at(start, 20, "WORKING_DAY")
    costs = []
    for _ in range(20):
        began = time.perf_counter()
        for _ in range(100):
            due_at(start, 20, "WORKING_DAY")
        costs.append((time.perf_counter() - began) / 100)
    assert min(costs) < 20e-6
