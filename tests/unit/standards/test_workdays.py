"""The calendar of China and the ends of limits."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
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
units = st.sampled_from(["WORKING_DAY", "HALF_DAY", "NATURAL_DAY", "HOUR", "MONTH"])


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


def drop(folder: Path, name: str, **content: object) -> None:
    """A file of the calendar as an installation would drop it in."""
    whole: dict[str, object] = {"published": None, "notice": "", "off": [], "work": []} | content
    (folder / name).write_text(json.dumps(whole), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for further notices; afterwards the shipped calendar alone is in force again."""
    yield tmp_path
    workdays.use_folder(None)


def test_a_notice_that_lands_later_wins(folder: Path) -> None:
    late = {"off": ["2031-01-03", "2030-12-31"], "work": ["2031-01-04"]}
    drop(folder, "2031.json", year=2031, published="2030-12-01", **late)
    drop(folder, "2031-first.json", year=2031, published="2030-11-01", off=["2031-01-02"])
    drop(folder, "2032.json", year=2032)
    workdays.use_folder(folder)
    assert is_working_day(date(2031, 1, 2))
    assert not is_working_day(date(2031, 1, 3))
    assert is_working_day(date(2031, 1, 4))
    assert not is_working_day(date(2030, 12, 31))
    assert workdays.last_published_year() == 2031
    assert add_working_days(date(2031, 12, 31), 1).provisional


def test_a_notice_dropped_in_moves_and_settles_what_was_provisional(folder: Path) -> None:
    before = workdays.calendar_digest()
    forecast = due_at(datetime(2026, 12, 30, tzinfo=UTC), 5, "WORKING_DAY")
    assert forecast == (date(2027, 1, 7), True, datetime(2027, 1, 7, 15, 59, 59, tzinfo=UTC))
    drop(folder, "2027.json", year=2027, published="2026-11-20", off=["2027-01-01", "2027-01-04"], work=["2027-01-09"])
    after = workdays.use_folder(folder)
    assert after == workdays.calendar_digest() != before
    # 31(1); 5(2) 6(3) 7(4) 8(5)
    assert due_at(datetime(2026, 12, 30, tzinfo=UTC), 5, "WORKING_DAY")[:2] == (date(2027, 1, 8), False)
    assert is_working_day(date(2027, 1, 9))
    assert workdays.use_folder(None) == before


def test_the_digest_tells_of_days_and_not_of_words(folder: Path) -> None:
    notice = {"year": 2027, "published": "2026-11-20", "off": ["2027-01-01"]}
    drop(folder, "2027.json", **notice)
    first = workdays.use_folder(folder)
    (folder / "2027.json").rename(folder / "renamed.json")
    drop(folder, "renamed.json", **notice | {"notice": "worded anew"})
    assert workdays.use_folder(folder) == first
    drop(folder, "renamed.json", **notice | {"off": ["2027-01-01", "2027-01-04"]})
    assert workdays.use_folder(folder) != first


def test_a_forecast_dropped_in_never_displaces_a_notice(folder: Path) -> None:
    before = workdays.calendar_digest()
    drop(folder, "2026.json", year=2026, off=["2026-03-02"])
    assert workdays.use_folder(folder) == before


MALFORMED = [
    ({"year": "2027"}, "year"),
    ({"year": 20270}, "year"),
    ({"year": 2027, "published": "in autumn"}, "published"),
    ({"year": 2027, "off": ["2027-02-30"]}, "off: 2027-02-30"),
    ({"year": 2027, "off": ["20270101"]}, "off: 20270101"),
    ({"year": 2027, "off": ["2029-01-01"]}, "off: 2029-01-01"),
    ({"year": 2027, "off": "2027-01-01"}, "off"),
    ({"year": 2027, "work": None}, "work"),
    ({"year": 2027, "off": ["2027-01-01"], "work": ["2027-01-01"]}, "work"),
    ({"year": 2027, "region": 45}, "region"),
    ({"year": 2027, "region": "广西"}, "region"),
]


@pytest.mark.parametrize(("content", "field"), MALFORMED)
def test_a_malformed_file_is_refused_by_name_and_field_and_changes_nothing(
    content: dict[str, object], field: str, folder: Path
) -> None:
    before = workdays.calendar_digest()
    drop(folder, "bad.json", **content)
    with pytest.raises(ValueError, match=f"^bad.json: {field}: missing or malformed$"):
        workdays.use_folder(folder)
    assert workdays.calendar_digest() == before


@pytest.mark.parametrize("text", ["", "[]", "{", "\udcff"])
def test_a_file_that_is_no_object_is_refused_by_name(text: str, folder: Path) -> None:
    (folder / "bad.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match=r"^bad.json: "):
        workdays.use_folder(folder)
    drop(folder, "bad.json", year=2027)
    broken = json.loads((folder / "bad.json").read_text(encoding="utf-8"))
    del broken["published"]
    (folder / "bad.json").write_text(json.dumps(broken), encoding="utf-8")
    with pytest.raises(ValueError, match=r"^bad.json: published"):
        workdays.use_folder(folder)


def test_a_folder_that_is_not_there_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="no such folder"):
        workdays.use_folder(folder / "elsewhere")


def test_a_regional_notice_holds_for_its_region_alone_and_may_move_a_working_weekend(folder: Path) -> None:
    # As in 广西 in 2017: the country works a Saturday that the region has off, for another it works instead.
    drop(
        folder,
        "45.json",
        year=2026,
        published="2026-02-10",
        region="45",
        off=["2026-05-09"],
        work=["2026-05-05", "2026-05-16"],
    )
    drop(folder, "4501.json", year=2026, published="2026-02-10", region="4501", off=["2026-05-18"])
    workdays.use_folder(folder)
    region, city = "450200", "450103"
    assert not is_working_day(date(2026, 5, 9), region) and not is_working_day(date(2026, 5, 9), city)
    assert is_working_day(date(2026, 5, 16), region) and is_working_day(date(2026, 5, 16), city)
    assert is_working_day(date(2026, 5, 18), region) and not is_working_day(date(2026, 5, 18), city)
    assert is_working_day(date(2026, 5, 5), region) and not workdays.is_holiday(date(2026, 5, 5), region)
    assert workdays.is_holiday(date(2026, 5, 5)) and not workdays.is_holiday(date(2026, 3, 7))
    for elsewhere in ("", "44", "440106"):
        assert is_working_day(date(2026, 5, 9), elsewhere) and not is_working_day(date(2026, 5, 16), elsewhere)
    assert working_days_between(date(2026, 5, 6), date(2026, 5, 18), city) == 8  # 7(1) 8(2) 11-15(7) Sat 16(8)
    assert working_days_between(date(2026, 5, 6), date(2026, 5, 18)) == 9  # 7(1) 8(2) Sat 9(3) 11-15(8) 18(9)
    assert workdays.is_holiday(date(2026, 5, 9), region) and not workdays.is_holiday(date(2026, 5, 9))


def test_a_region_is_certain_only_of_the_years_its_own_notice_has_come_for(folder: Path) -> None:
    drop(folder, "45.json", year=2025, published="2025-02-10", region="45", off=["2025-03-31", "2025-04-01"])
    workdays.use_folder(folder)
    assert (workdays.last_published_year("450103"), workdays.last_published_year("")) == (2025, 2026)
    assert add_working_days(date(2026, 3, 2), 1, "450103").provisional
    assert not add_working_days(date(2026, 3, 2), 1, "440106").provisional


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


@given(days, st.integers(1, 400))
def test_counting_back_finds_the_day_so_many_working_days_before(day: date, count: int) -> None:
    before = workdays.working_day_before(day, count)
    assert is_working_day(before)
    assert working_days_between(before, day) == count - 1 + is_working_day(day)


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
        ends = {"23:59:59", "12:00:00"} if unit == "HALF_DAY" else {"23:59:59"}
        assert due.instant.astimezone(SHANGHAI).strftime("%H:%M:%S") in ends
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
    with pytest.raises(ValueError, match="at least one"):
        workdays.working_day_before(date(2026, 3, 2), 0)


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
