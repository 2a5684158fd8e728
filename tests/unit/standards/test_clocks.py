"""What holds of every clock, whatever its span, its pauses and the calendar."""

import json
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from standards import clocks, workdays
from standards.clocks import LAW, Due, Opening, Pause, ServiceHours, Span
from standards.workdays import SHANGHAI, is_working_day

BEGIN = datetime(2024, 12, 1, tzinfo=UTC)
# Instants at the edges of days and half days in Beijing, and anywhere between.
edges = st.builds(
    lambda day, hour, tick: BEGIN + timedelta(days=day, hours=hour, seconds=tick),
    st.integers(0, 700),
    st.sampled_from([1, 4, 16]),
    st.sampled_from([-1, 0, 1]),
)
instants = edges | st.integers(0, 700 * 86400).map(lambda seconds: BEGIN + timedelta(seconds=seconds))
units = st.sampled_from(sorted(workdays.UNITS))
day_units = st.sampled_from(sorted(workdays.UNITS - {"MONTH"}))
amounts = st.integers(0, 30)
spans = st.builds(Span, amounts, units)


@st.composite
def ended(draw: st.DrawFn) -> Pause:
    """A pause that has ended, of no time at all up to two months, festivals included."""
    start = draw(instants)
    seconds = st.sampled_from([0, 1, 3600, 86400]) | st.integers(0, 60 * 86400)
    return Pause(start, start + timedelta(seconds=draw(seconds)))


some_pauses = st.lists(ended(), max_size=4)


def near(start: datetime, many: list[Pause]) -> list[Pause]:
    """The same pauses brought near the start, so that most of them fall into the clock."""
    return [Pause(*(start + (one - BEGIN) / 16 for one in pause if one)) for pause in many]


def due(start: datetime, span: Span, pauses: list[Pause] | tuple[()] = (), extension: Span | None = None) -> Due:
    """The end of a clock none of whose pauses is open."""
    end = clocks.due(start, span, pauses, extension)
    assert end is not None
    return end


@given(instants, instants, amounts, amounts, day_units, some_pauses, st.booleans())
def test_a_later_start_or_a_longer_limit_never_ends_earlier_however_paused(
    a: datetime, b: datetime, n: int, m: int, unit: str, pauses: list[Pause], close: bool
) -> None:
    first, second = min(a, b), max(a, b)
    second = first + (second - first) / (16 if close else 1)
    pauses = near(first, pauses) if close else pauses
    assert due(first, Span(min(n, m), unit), pauses).instant <= due(second, Span(max(n, m), unit), pauses).instant


@given(instants, st.integers(0, 20 * 86400), amounts, amounts, some_pauses)
def test_of_two_limits_in_months_begun_before_the_pauses_the_later_never_ends_earlier(
    start: datetime, apart: int, n: int, m: int, pauses: list[Pause]
) -> None:
    later = start + timedelta(seconds=apart)
    pauses = near(later, pauses)
    assert due(start, Span(min(n, m), "MONTH"), pauses).instant <= due(later, Span(max(n, m), "MONTH"), pauses).instant


@given(instants, spans, some_pauses, ended())
def test_one_more_pause_never_shortens(start: datetime, span: Span, pauses: list[Pause], more: Pause) -> None:
    *pauses, more = near(start, [*pauses, more])
    assert due(start, span).instant <= due(start, span, pauses).instant <= due(start, span, [*pauses, more]).instant


@given(instants, spans, ended(), st.integers(0, 30 * 86400))
def test_a_longer_pause_never_ends_earlier(start: datetime, span: Span, pause: Pause, more: int) -> None:
    [pause] = near(start, [pause])
    assert pause.end is not None
    longer = pause._replace(end=pause.end + timedelta(seconds=more))
    assert due(start, span, [pause]).instant <= due(start, span, [longer]).instant


@given(instants, spans, some_pauses, instants)
def test_a_pause_resumed_in_the_same_instant_changes_nothing(
    start: datetime, span: Span, pauses: list[Pause], instant: datetime
) -> None:
    *pauses, moment = near(start, [*pauses, Pause(instant, instant)])
    assert due(start, span, [*pauses, moment]) == due(start, span, pauses)


@given(instants, spans)
def test_a_pause_of_no_time_at_the_very_end_changes_nothing(start: datetime, span: Span) -> None:
    end = due(start, span)
    for instant in (start, end.instant, end.instant - timedelta(seconds=1), end.instant + timedelta(seconds=1)):
        assert due(start, span, [Pause(instant, instant)]) == end


@given(instants, spans, ended(), st.integers(0, 100), st.integers(0, 100))
def test_overlapping_pauses_are_their_union(start: datetime, span: Span, whole: Pause, p: int, q: int) -> None:
    [whole] = near(start, [whole])
    assert whole.end is not None
    low, high = sorted((p, q))
    cut_low, cut_high = (whole.start + (whole.end - whole.start) * cut / 100 for cut in (low, high))
    parts = [Pause(whole.start, cut_high), Pause(cut_low, whole.end)]
    assert due(start, span, parts) == due(start, span, [whole]) == due(start, span, [whole, *parts])


@given(instants, spans, some_pauses, st.randoms(use_true_random=False))
def test_the_order_of_pauses_is_irrelevant(start: datetime, span: Span, pauses: list[Pause], random: object) -> None:
    pauses = near(start, pauses)
    shuffled = sorted(pauses, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert due(start, span, shuffled) == due(start, span, pauses)


@given(instants, spans, spans, some_pauses)
def test_an_extension_never_shortens_and_in_the_same_unit_makes_one_longer_limit(
    start: datetime, span: Span, extension: Span, pauses: list[Pause]
) -> None:
    pauses = near(start, pauses)
    assert due(start, span, pauses, extension).instant >= due(start, span, pauses).instant
    same = Span(extension.amount, span.unit)
    longer = Span(span.amount + extension.amount, span.unit)
    assert due(start, span, pauses, same) == due(start, longer, pauses)


@given(instants, spans, some_pauses, instants)
def test_while_a_pause_is_open_no_end_is_told_and_one_begun_too_late_opens_nothing(
    start: datetime, span: Span, pauses: list[Pause], instant: datetime
) -> None:
    *pauses, moment = near(start, [*pauses, Pause(instant, instant)])
    end = due(start, span, pauses)
    told = clocks.due(start, span, [*pauses, Pause(moment.start, None)])
    assert told == (end if moment.start >= end.instant else None)


@given(instants, st.integers(1, 30), some_pauses)
def test_a_working_day_limit_agrees_with_walking_day_by_day(start: datetime, amount: int, pauses: list[Pause]) -> None:
    pauses = [pause for pause in near(start, pauses) if pause.start > start]
    day, counted = workdays.local_day(start), 0
    # All pauses lie before this end, or begin after it: days paused are those after the day of the pause.
    while counted < amount:
        day += timedelta(days=1)
        counted += is_working_day(day) and not any(
            workdays.local_day(one.start) < day <= workdays.local_day(one.end) for one in pauses if one.end
        )
    walked = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=SHANGHAI)
    on_the_last_day = [one for one in pauses if workdays.local_day(one.start) == day and one.start < walked]
    end = due(start, Span(amount, "WORKING_DAY"), pauses)
    assert end.instant >= walked if on_the_last_day else end.instant == walked


@given(instants, spans, some_pauses, instants)
def test_time_passes_from_left_to_used_and_not_while_the_clock_stands(
    start: datetime, span: Span, pauses: list[Pause], instant: datetime
) -> None:
    *pauses, moment = near(start, [*pauses, Pause(instant, instant)])
    now = moment.start
    told = clocks.elapsed(start, span, pauses, now)
    later = clocks.elapsed(start, span, pauses, now + timedelta(days=1))
    assert told.used >= 0
    assert later.used >= told.used and (later.left <= told.left or pauses)
    standing = [*pauses, Pause(now, None)]
    if clocks.due(start, span, standing) is None and now > start:
        month = now + timedelta(days=30)
        assert clocks.elapsed(start, span, standing, month) == clocks.elapsed(start, span, standing, now)


@given(instants, st.integers(1, 30), instants)
def test_used_and_left_working_days_make_the_limit(start: datetime, amount: int, instant: datetime) -> None:
    now = max(start, instant)
    assert sum(clocks.elapsed(start, Span(amount, "WORKING_DAY"), (), now)) == amount
    assert sum(clocks.elapsed(start, Span(amount, "HOUR"), (), now)) == amount


@given(instants, spans, st.lists(st.integers(0, 2000), min_size=2, max_size=6).map(sorted))
def test_the_light_only_gets_worse_and_turns_where_the_timer_is_set(
    start: datetime, span: Span, hours: list[int]
) -> None:
    end = due(start, span)
    yellow = clocks.yellow_at(start, span, end)
    assert start <= yellow <= end.instant
    rank = [clocks.GREEN, clocks.YELLOW, clocks.RED].index
    lights = [rank(clocks.light(end, start + timedelta(hours=hour), yellow=yellow)) for hour in hours]
    assert lights == sorted(lights)
    second = timedelta(seconds=1)
    assert clocks.light(end, yellow, yellow=yellow) == clocks.YELLOW
    assert clocks.light(end, yellow - second, yellow=yellow) == clocks.GREEN
    assert clocks.light(end.instant, end.instant + second, yellow=yellow) == clocks.RED


@given(instants, st.integers(3, 30), st.integers(0, 60 * 24))
def test_an_ordinary_limit_is_yellow_with_two_working_days_left_after_today(
    start: datetime, amount: int, hours: int
) -> None:
    span, now = Span(amount, "WORKING_DAY"), start + timedelta(hours=hours)
    end = due(start, span)
    expected = clocks.RED if now > end.instant else clocks.YELLOW
    if workdays.working_days_between(workdays.local_day(now), end.day) > clocks.YELLOW_WORKING_DAYS:
        expected = clocks.GREEN
    assert clocks.light(end, now) == clocks.light(end, now, yellow=clocks.yellow_at(start, span, end)) == expected


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for the notices of one test; afterwards the shipped calendar alone is in force again."""
    yield tmp_path
    workdays.use_folder(None)


dates_2026 = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(dates_2026, max_size=12), instants, amounts, st.sampled_from(["WORKING_DAY", "HALF_DAY", "NATURAL_DAY"]))
def test_one_more_holiday_never_brings_an_end_forward(
    folder: Path, holidays: set[date], start: datetime, amount: int, unit: str
) -> None:
    shipped = json.loads((workdays.CALENDARS / "2026.json").read_text(encoding="utf-8"))
    off = set(shipped["off"]) | set(map(str, holidays))
    amended = shipped | {"published": "2026-01-05", "off": sorted(off), "work": sorted(set(shipped["work"]) - off)}
    workdays.use_folder(None)
    before = due(start, Span(amount, unit))
    (folder / "2026.json").write_text(json.dumps(amended), encoding="utf-8")
    workdays.use_folder(folder)
    assert due(start, Span(amount, unit)).instant >= before.instant


@pytest.mark.parametrize(
    "pause",
    [
        Pause(BEGIN, BEGIN - timedelta(seconds=1)),
        Pause(datetime(2026, 3, 2), None),  # noqa: DTZ001 - what is refused
    ],
)
def test_pauses_without_sense_are_refused(pause: Pause) -> None:
    with pytest.raises(ValueError, match="a pause"):
        clocks.due(BEGIN, Span(5, "WORKING_DAY"), [pause])


def test_spans_without_sense_are_refused_with_and_without_pauses() -> None:
    for span in (Span(-1, "WORKING_DAY"), Span(1, "WEEK")):
        for pauses in ([], [Pause(BEGIN, BEGIN)]):
            with pytest.raises(ValueError, match=r"negative|unit"):
                clocks.due(BEGIN, span, pauses)
    with pytest.raises(ValueError, match="counted back"):
        clocks.latest_before(date(2026, 3, 2), Span(1, "MONTH"))


# --- service hours ---
MORNING, AFTERNOON = Opening(clock(9), clock(12)), Opening(clock(13), clock(17))
HALL = ServiceHours(
    dict.fromkeys(range(1, 6), (MORNING, AFTERNOON)) | {6: (MORNING,)},
    extra={date(2026, 10, 3): (MORNING,)},
    closed=frozenset({date(2026, 3, 4)}),
)


def at(text: str) -> datetime:
    """An instant in Beijing."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


OPEN = [
    ("2026-03-02T08:59:59", False),
    ("2026-03-02T09:00", True),
    ("2026-03-02T12:00", False),
    ("2026-03-02T16:59:59", True),
    ("2026-03-02T17:00", False),
    ("2026-03-04T10:00", False),  # closed that day
    ("2026-03-07T10:00", True),  # 延时服务 on Saturday morning
    ("2026-03-07T14:00", False),
    ("2026-03-08T10:00", False),
    ("2026-02-14T14:00", True),  # a worked Saturday has the hours of a working day
    ("2026-02-18T10:00", False),  # Spring Festival
    ("2026-02-21T10:00", False),  # a Saturday of the holiday
    ("2026-10-03T10:00", True),  # opened on the holiday by the hall itself
]


@pytest.mark.parametrize(("instant", "is_open"), OPEN)
def test_a_hall_is_open_in_its_hours(instant: str, is_open: bool) -> None:
    assert clocks.is_open(HALL, at(instant)) is is_open


NEXT = [
    ("2026-03-02T10:00", "2026-03-02T10:00"),
    ("2026-03-02T12:30", "2026-03-02T13:00"),
    ("2026-03-03T18:00", "2026-03-05T09:00"),
    ("2026-03-06T18:00", "2026-03-07T09:00"),
    ("2026-02-14T18:00", "2026-02-24T09:00"),
    ("2026-09-30T18:00", "2026-10-03T09:00"),
]


@pytest.mark.parametrize(("instant", "opening"), NEXT)
def test_the_next_opening_is_found_over_weekends_and_holidays(instant: str, opening: str) -> None:
    assert clocks.next_opening(HALL, at(instant)) == at(opening)


def test_a_hall_that_never_opens_is_refused_and_not_searched_for_ever() -> None:
    with pytest.raises(ValueError, match="does not open"):
        clocks.next_opening(ServiceHours({}), at("2026-03-02T10:00"))


@given(instants, spans, st.booleans())
def test_saturday_openings_neither_shorten_nor_extend_a_limit(received: datetime, span: Span, deemed: bool) -> None:
    weekdays = HALL._replace(week=dict.fromkeys(range(1, 6), (MORNING, AFTERNOON)))
    starts = {clocks.counted_from(received, hall, unit=span.unit, deemed_next_day=deemed) for hall in (HALL, weekdays)}
    assert len({due(start, span) for start in starts}) == 1
    assert clocks.deemed_accepted_on(received, HALL) == clocks.deemed_accepted_on(received)


# --- the law ---
def test_every_limit_of_the_law_cites_its_article_and_its_words() -> None:
    for key, rule in LAW.items():
        assert rule.article.startswith("行政许可法第"), key
        assert len(rule.text) > 10, key
        assert rule.span.unit in workdays.UNITS, key


def test_the_law_cannot_be_changed_by_whoever_reads_it() -> None:
    with pytest.raises(TypeError):
        LAW["DECISION"] = LAW["DELIVERY"]  # type: ignore[index]


def test_a_paused_end_costs_little_time_and_memory() -> None:
    start, span = at("2026-02-10T10:00"), Span(20, "WORKING_DAY")
    pauses = [Pause(at("2026-02-12T09:00"), at("2026-02-25T09:00"))]
    due(start, span, pauses)
    costs = []
    for _ in range(20):
        began = time.perf_counter()
        for _ in range(20):
            due(start, span, pauses)
        costs.append((time.perf_counter() - began) / 20)
    assert min(costs) < 200e-6
    tracemalloc.start()
    workdays.use_folder(None)
    due(start, span, pauses)
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert used < 300_000
