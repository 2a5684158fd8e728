"""Ends of clocks computed by hand, each row with its rule and the days it was counted over.

The days are those of the State Council's notices. 2025 free: 01-01, 01-28..02-04, 04-04..06, 05-01..05, 05-31..06-02, 10-01..08;
worked weekends 01-26, 02-08, 04-27, 09-28, 10-11. 2026 free: 01-01..03, 02-15..23, 04-04..06, 05-01..05, 06-19..21, 09-25..27,
10-01..07; worked weekends 01-04, 02-14, 02-28, 05-09, 09-20, 10-10. Numbers in brackets count. 许 is the 行政许可法, 民 the 民法典.
"""

import json
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

import pytest

from standards import clocks, workdays
from standards.clocks import LAW, Opening, Pause, ServiceHours, Span
from standards.workdays import SHANGHAI

UNITS = {"wd": "WORKING_DAY", "hd": "HALF_DAY", "nd": "NATURAL_DAY", "m": "MONTH", "h": "HOUR", "now": "AT_ONCE"}


def at(text: str) -> datetime:
    """An instant in Beijing; a day alone is its end."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T23:59:59").replace(tzinfo=SHANGHAI)


def span(text: str) -> Span:
    """`20 wd` and the like."""
    amount, unit = text.split()
    return Span(int(amount), UNITS[unit])


def pauses(text: str) -> list[Pause]:
    """`from..to, from..` with an open end."""
    both = [one.strip().split("..") for one in text.split(",") if one.strip()]
    return [Pause(at(start), at(end) if end else None) for start, end in both]


PLAIN = [
    # Working days, first day not counted: 许82, 民201.
    # Spring Festival 2025
    ("2025-01-24T10:00", "1 wd", "2025-01-26"),  # Friday; Sunday 26(1) is worked
    ("2025-01-24T10:00", "3 wd", "2025-02-05"),  # 01: 26(1) 27(2); 02: 5(3)
    ("2025-01-24T10:00", "20 wd", "2025-02-27"),  # 26(1) 27(2); 5-8(6) 10-14(11) 17-21(16) 24(17) 25(18) 26(19) 27(20)
    ("2025-01-30T10:00", "5 wd", "2025-02-10"),  # begun on a holiday: 02: 5(1) 6(2) 7(3) Sat 8(4) 10(5)
    # Labour Day, Dragon Boat, National Day 2025
    ("2025-04-25T17:00", "5 wd", "2025-05-06"),  # Sun 27(1) 28(2) 29(3) 30(4); 05: 6(5)
    ("2025-05-30T10:00", "1 wd", "2025-06-03"),  # free until 06-02
    ("2025-09-26T10:00", "5 wd", "2025-10-10"),  # Sun 28(1) 29(2) 30(3); 10: 9(4) 10(5)
    ("2025-09-30T10:00", "10 wd", "2025-10-21"),  # 10: 9(1) 10(2) Sat 11(3) 13-17(8) 20(9) 21(10)
    # New Year and Spring Festival 2026
    ("2025-12-31T10:00", "5 wd", "2026-01-08"),  # 01: Sun 4(1) 5(2) 6(3) 7(4) 8(5)
    ("2026-02-13T16:00", "3 wd", "2026-02-25"),  # Sat 14(1) 24(2) 25(3)
    ("2026-02-13T16:00", "20 wd", "2026-03-19"),  # 14(1) 24-28(6); 03: 2-6(11) 9-13(16) 16(17) 17(18) 18(19) 19(20)
    ("2026-02-14T23:30", "5 wd", "2026-02-28"),  # begun on a worked Saturday: 24(1) 25(2) 26(3) 27(4) Sat 28(5)
    ("2026-02-16T10:00", "1 wd", "2026-02-24"),  # begun on a holiday
    # Labour Day, Dragon Boat, Mid-Autumn and National Day 2026
    ("2026-04-30T10:00", "5 wd", "2026-05-11"),  # 05: 6(1) 7(2) 8(3) Sat 9(4) 11(5)
    ("2026-06-18T10:00", "2 wd", "2026-06-23"),  # Friday 19 is free: 22(1) 23(2)
    ("2026-09-18T10:00", "5 wd", "2026-09-24"),  # Sun 20(1) 21(2) 22(3) 23(4) 24(5)
    ("2026-09-24T10:00", "5 wd", "2026-10-09"),  # 28(1) 29(2) 30(3); 10: 8(4) 9(5)
    (
        "2026-09-30T10:00",
        "45 wd",
        "2026-12-08",
    ),  # 10: 8-10(3) 12-16(8)..26-30(18); 11: 2-6(23)..23-27(38) 30(39); 12: 1-4(43) 7(44) 8(45)
    (
        "2026-03-02T00:00",
        "10 wd",
        "2026-03-16",
    ),  # 3-6(4) 9-13(9) 16(10): from the first minute of the day as from the last
    ("2026-03-02T23:59", "10 wd", "2026-03-16"),
    # Natural days; a last day that is free ends with the next working day: 民203.
    ("2025-01-08T10:00", "20 nd", "2025-02-05"),  # 01-28 is New Year's Eve, free until 02-04
    ("2025-09-10T10:00", "30 nd", "2025-10-10"),  # 09-30 is the 20th, 10-10 the 30th and worked
    ("2025-09-12T10:00", "20 nd", "2025-10-09"),  # 10-02 is free until 10-08
    ("2026-02-01T10:00", "15 nd", "2026-02-24"),  # 02-16 is free until 02-23
    ("2026-01-30T10:00", "15 nd", "2026-02-14"),  # Saturday 02-14 is worked: it stays
    ("2026-09-05T10:00", "15 nd", "2026-09-20"),  # Sunday 09-20 is worked: it stays
    ("2026-03-06T10:00", "1 nd", "2026-03-09"),  # Saturday 7 is free
    # Months: the same day, or the last of the month: 民202; then 民203.
    ("2026-01-31T10:00", "1 m", "2026-02-28"),  # no 31st; Saturday 28 is worked
    ("2025-12-30T10:00", "2 m", "2026-02-28"),  # no 30th
    ("2025-02-28T10:00", "1 m", "2025-03-28"),  # the same day, not the end of the month
    ("2025-09-01T10:00", "1 m", "2025-10-09"),  # 10-01 is free until 10-08
    ("2026-04-01T10:00", "1 m", "2026-05-06"),  # 05-01 is free until 05-05
    # At once is the same working day (即办件).
    ("2026-09-20T10:00", "0 now", "2026-09-20"),  # a worked Sunday
    ("2026-10-03T10:00", "0 now", "2026-10-08"),
    # Hours run through night and holiday: 民201(2).
    ("2026-02-14T16:00", "24 h", "2026-02-15T16:00"),
    ("2025-09-30T22:00", "4 h", "2025-10-01T02:00"),
    # Half working days: the half it begins in is not counted (the suite's convention after 民201), noon is the edge.
    ("2026-03-02T09:00", "1 hd", "2026-03-02"),  # afternoon(1)
    ("2026-03-02T11:59", "1 hd", "2026-03-02"),
    ("2026-03-02T12:00", "1 hd", "2026-03-03T12:00"),  # noon belongs to the afternoon
    ("2026-03-06T15:00", "1 hd", "2026-03-09T12:00"),  # Friday to Monday
    ("2026-02-13T15:00", "1 hd", "2026-02-14T12:00"),  # Saturday 14 is worked
    ("2026-02-14T15:00", "1 hd", "2026-02-24T12:00"),
    ("2026-02-17T10:00", "1 hd", "2026-02-24T12:00"),  # begun on a holiday: the next working morning is the first half
    ("2026-02-17T15:00", "2 hd", "2026-02-24"),
    ("2025-09-30T09:00", "3 hd", "2025-10-09"),  # 30 pm(1); 10-09 am(2) pm(3)
]


@pytest.mark.parametrize(("start", "limit", "end"), PLAIN)
def test_a_clock_ends_when_the_law_says(start: str, limit: str, end: str) -> None:
    due = clocks.due(at(start), span(limit))
    assert due is not None
    assert (due.instant, due.day, due.provisional) == (at(end), at(end).date(), False)
    assert workdays.due_at(at(start), *span(limit)) == due


PAUSED = [
    # Paused time is not counted: 许45. Working days after the day of the pause, up to and including that of the resumption.
    # Without: 11-14(4) 24-28(9); 03: 2-6(14) 9-13(19) 16(20). Lost over the festival: 13 14 24 25 = 4 -> 17 18 19 20
    ("2026-02-10T10:00", "20 wd", "2026-02-12T09:00..2026-02-25T09:00", "", "2026-03-20"),
    # Without: 24(1) 26(2) 27(3); 02: 5(4) 6(5). Lost: 02-05 06 07 = 3 -> 7, Sat 8, 10
    ("2025-01-23T10:00", "5 wd", "2025-01-27T15:00..2025-02-07T10:00", "", "2025-02-10"),
    # A pause that lies in the holiday costs nothing: 14(1) 24(2) 25(3)
    ("2026-02-13T10:00", "3 wd", "2026-02-15T09:00..2026-02-23T18:00", "", "2026-02-25"),
    # From the last day before to the first after it costs that one: 14(1) 24(2) 25(3), lost 24 -> 26
    ("2026-02-13T10:00", "3 wd", "2026-02-14T16:00..2026-02-24T09:00", "", "2026-02-26"),
    # Begun and ended on one day it costs no day: 3(1) 4(2) 5(3) 6(4) 9(5)
    ("2026-03-02T10:00", "5 wd", "2026-03-04T09:00..2026-03-04T17:00", "", "2026-03-09"),
    # Two that overlap are their union 4..10: lost 5 6 9 10; without 16 -> 17 18 19 20
    (
        "2026-03-02T10:00",
        "10 wd",
        "2026-03-05T09:00..2026-03-10T09:00, 2026-03-04T09:00..2026-03-06T09:00",
        "",
        "2026-03-20",
    ),
    # Two apart: lost 4 5 and 11; without 16 -> 17 18 19
    (
        "2026-03-02T10:00",
        "10 wd",
        "2026-03-03T09:00..2026-03-05T09:00, 2026-03-10T09:00..2026-03-11T09:00",
        "",
        "2026-03-19",
    ),
    # The second begins only because the first moved the end from 03-09 to 03-11: lost 5 6 and 12 13 -> 13
    (
        "2026-03-02T10:00",
        "5 wd",
        "2026-03-04T09:00..2026-03-06T09:00, 2026-03-11T09:00..2026-03-13T09:00",
        "",
        "2026-03-13",
    ),
    # Begun on the last day (9) it ends on the day of resumption: lost 10 11 12
    ("2026-03-02T10:00", "5 wd", "2026-03-09T10:00..2026-03-12T10:00", "", "2026-03-12"),
    # Begun after the end, or over before the start, it changes nothing
    ("2026-03-02T10:00", "5 wd", "2026-03-10T10:00..2026-03-12T10:00", "", "2026-03-09"),
    ("2026-03-02T10:00", "5 wd", "2026-02-24T10:00..2026-02-28T10:00", "", "2026-03-09"),
    ("2026-03-02T10:00", "5 wd", "2026-03-10T10:00..", "", "2026-03-09"),
    # Begun while it stands, only what is paused after the start counts: lost 5 6; without 11 -> 12 13
    ("2026-03-04T10:00", "5 wd", "2026-03-02T09:00..2026-03-06T09:00", "", "2026-03-13"),
    # At once on a Saturday is Monday 9; standing over it, it ends with the day of resumption
    ("2026-03-07T10:00", "0 now", "2026-03-07T12:00..2026-03-10T10:00", "", "2026-03-10"),
    # Still paused: no end can be told
    ("2026-03-02T10:00", "5 wd", "2026-03-04T10:00..", "", None),
    # Natural days by days: 22 is the 20th day, + 5 = Friday 27
    ("2026-03-02T10:00", "20 nd", "2026-03-05T10:00..2026-03-10T10:00", "", "2026-03-27"),
    # Last day Saturday 7, so ended Monday 9 (民203); paused Sunday to Wednesday it ends no sooner than resumed
    ("2026-03-02T10:00", "5 nd", "2026-03-08T10:00..2026-03-11T10:00", "", "2026-03-11"),
    # Months by days: 04-10 + 10 = Monday 20
    ("2026-03-10T10:00", "1 m", "2026-03-20T10:00..2026-03-30T10:00", "", "2026-04-20"),
    # Hours by the exact time: 4 of 24 are used on 13 at 20:00, 20 are left on 24 at 08:30
    ("2026-02-13T16:00", "24 h", "2026-02-13T20:00..2026-02-24T08:30", "", "2026-02-25T04:30"),
    # Half days by half days: 2 pm(1) 3 am(2) 3 pm(3); lost 3 am, 3 pm, 4 am -> 4 am, 4 pm, 5 am
    ("2026-03-02T09:00", "3 hd", "2026-03-02T15:00..2026-03-04T10:00", "", "2026-03-05T12:00"),
    # At once, paused before the day was over: the day of resumption
    ("2026-03-02T09:00", "0 now", "2026-03-02T10:00..2026-03-05T10:00", "", "2026-03-05"),
    # One extension, a longer limit: 许42. 03-19 is the 20th; 20(1) 23-27(6) 30(7) 31(8); 04: 1(9) 2(10)
    ("2026-02-13T16:00", "20 wd", "", "10 wd", "2026-04-02"),
    # 许42(2): 12-08 is the 45th; 9-11(3) 14-18(8) 21-25(13) 28(14) 29(15)
    ("2026-09-30T10:00", "45 wd", "", "15 wd", "2026-12-29"),
    # 01-08 + 30 days = Friday 02-07: not first moved to 02-05
    ("2025-01-08T10:00", "20 nd", "", "10 nd", "2025-02-07"),
    # In another unit it begins with the end: Saturday 7 at 10:00; 9(1) 10(2)
    ("2026-03-06T10:00", "24 h", "", "2 wd", "2026-03-10"),
    # 20 end 03-30, extended 31(1); 04: 1-3(4) 7-10(8) 13(9) 14(10); paused on the last of the twenty: lost 31 1 2 3 -> 15 16 17 20
    ("2026-03-02T10:00", "20 wd", "2026-03-30T10:00..2026-04-03T10:00", "10 wd", "2026-04-20"),
]


@pytest.mark.parametrize(("start", "limit", "paused", "extension", "end"), PAUSED)
def test_a_paused_or_extended_clock_ends_later(
    start: str, limit: str, paused: str, extension: str, end: str | None
) -> None:
    due = clocks.due(at(start), span(limit), pauses(paused), span(extension) if extension else None)
    assert (due and due.instant) == (end and at(end))


YEAR_CHANGE = [
    # 2027 is a forecast by law until its notice lands: what ends in it is provisional.
    ("2026-12-24T10:00", "5 wd", "2026-12-31", False),  # 25(1) 28(2) 29(3) 30(4) 31(5)
    ("2026-12-30T10:00", "5 wd", "2027-01-07", True),  # 31(1); 01: Friday 1 free, 4(2) 5(3) 6(4) 7(5)
    ("2026-12-02T10:00", "30 nd", "2027-01-04", True),  # 01-01 is free, 2 and 3 a weekend
    ("2027-02-04T10:00", "1 wd", "2027-02-11", True),  # the law alone frees 02-05 (New Year's Eve) .. 02-10
    ("2026-12-31T23:00", "24 h", "2027-01-01T23:00", False),  # no calendar moves an hour
]


@pytest.mark.parametrize(("start", "limit", "end", "provisional"), YEAR_CHANGE)
def test_beyond_the_last_notice_an_end_is_provisional(start: str, limit: str, end: str, provisional: bool) -> None:
    due = clocks.due(at(start), span(limit))
    assert due is not None
    assert (due.instant, due.provisional) == (at(end), provisional)


MORNING, AFTERNOON = Opening(time(9), time(12)), Opening(time(13, 30), time(17, 30))
HALL = ServiceHours(dict.fromkeys(range(1, 6), (MORNING, AFTERNOON)))
SATURDAYS = HALL._replace(week={**HALL.week, 6: (MORNING,)})

# Five working days for the one notice of what is missing, then deemed accepted: 许32(4). (received, ends, ends where a local rule
# deems what comes after hours received with the next opening on a working day)
RECEIVED = [
    ("2026-03-02T10:00", "2026-03-09", "2026-03-09"),  # in the hours: 3-6(4) 9(5)
    ("2026-03-02T07:00", "2026-03-09", "2026-03-09"),  # before the doors open: the same day
    ("2026-03-02T12:30", "2026-03-09", "2026-03-09"),  # over lunch: the same day
    # Friday evening: 9(1)..13(5); deemed on Monday 9: 10(1) 11(2) 12(3) 13(4) 16(5)
    ("2026-03-06T20:00", "2026-03-13", "2026-03-16"),
    ("2026-03-07T10:00", "2026-03-13", "2026-03-16"),  # Saturday
    # Friday evening before a worked Saturday: Sat 14(1) 24(2) 25(3) 26(4) 27(5); deemed on 14: 24(1)..27(4) Sat 28(5)
    ("2026-02-13T20:00", "2026-02-27", "2026-02-28"),
    ("2026-02-14T10:00", "2026-02-28", "2026-02-28"),  # the worked Saturday itself
    ("2025-01-26T10:00", "2025-02-08", "2025-02-08"),  # worked Sunday: 27(1); 02: 5(2) 6(3) 7(4) Sat 8(5)
    # Before National Day 2025: 9(1) 10(2) Sat 11(3) 13(4) 14(5); deemed on 9: 10(1) 11(2) 13(3) 14(4) 15(5)
    ("2025-09-30T18:00", "2025-10-14", "2025-10-15"),
    # On National Day 2026: 8(1) 9(2) Sat 10(3) 12(4) 13(5); deemed on 8: 9(1) 10(2) 12(3) 13(4) 14(5)
    ("2026-10-01T10:00", "2026-10-13", "2026-10-14"),
]


@pytest.mark.parametrize("hours", [HALL, SATURDAYS])
@pytest.mark.parametrize(("received", "end", "deemed"), RECEIVED)
def test_acceptance_is_deemed_after_five_working_days_whether_or_not_the_hall_opens_on_saturdays(
    received: str, end: str, deemed: str, hours: ServiceHours
) -> None:
    assert clocks.deemed_accepted_on(at(received)).instant == at(end)
    assert clocks.deemed_accepted_on(at(received), hours).instant == at(end)
    assert clocks.deemed_accepted_on(at(received), hours, deemed_next_day=True).instant == at(deemed)


# (received, unit, the local rule, counted from)
STARTS = [
    ("2026-03-06T20:00", "WORKING_DAY", False, "2026-03-06T20:00"),  # 民137: it came that moment
    ("2026-03-06T20:00", "WORKING_DAY", True, "2026-03-09T09:00"),
    ("2026-02-13T20:00", "HOUR", False, "2026-02-14T09:00"),  # a worked Saturday has the hours of a working day
    ("2026-02-14T18:00", "HOUR", False, "2026-02-24T09:00"),
    ("2026-03-02T12:30", "HOUR", False, "2026-03-02T13:30"),
    ("2026-03-02T15:00", "HOUR", False, "2026-03-02T15:00"),
    ("2026-03-07T10:00", "HOUR", False, "2026-03-09T09:00"),  # a Saturday opening is no working day
]


@pytest.mark.parametrize(("received", "unit", "local", "start"), STARTS)
def test_after_hours_a_clock_begins_with_the_next_working_day(
    received: str, unit: str, local: bool, start: str
) -> None:
    for hours in (HALL, SATURDAYS):
        assert clocks.counted_from(at(received), hours, unit=unit, deemed_next_day=local) == at(start)
    assert clocks.counted_from(at(received), None, unit=unit, deemed_next_day=local) == at(received)


@pytest.fixture
def sanyuesan(tmp_path: Path) -> Iterator[None]:
    """The two days of 三月三 2025 in 广西, as its own notice would be dropped in."""
    notice = {"year": 2025, "published": "2025-02-14", "region": "45", "off": ["2025-03-31", "2025-04-01"], "work": []}
    (tmp_path / "2025-45.json").write_text(json.dumps(notice), encoding="utf-8")
    workdays.use_folder(tmp_path)
    yield
    workdays.use_folder(None)


# 三月三 frees Monday 03-31 and Tuesday 04-01 in 广西 alone; 清明 04-04..06 frees the whole country. (in 南宁青秀, elsewhere)
GUANGXI = [
    ("2025-03-28T10:00", "1 wd", "2025-04-02", "2025-03-31"),
    ("2025-03-28T10:00", "5 wd", "2025-04-09", "2025-04-07"),  # 2(1) 3(2) 7(3) 8(4) 9(5); 31(1) 1(2) 2(3) 3(4) 7(5)
    ("2025-03-21T10:00", "10 nd", "2025-04-02", "2025-03-31"),  # 民203 with the free days of the place
    ("2025-03-28T15:00", "1 hd", "2025-04-02T12:00", "2025-03-31T12:00"),
    ("2025-03-31T10:00", "0 now", "2025-04-02", "2025-03-31"),
    ("2025-03-28T15:00", "24 h", "2025-03-29T15:00", "2025-03-29T15:00"),
]


@pytest.mark.usefixtures("sanyuesan")
@pytest.mark.parametrize(("start", "limit", "there", "elsewhere"), GUANGXI)
def test_the_holidays_of_an_autonomous_region_count_only_there(
    start: str, limit: str, there: str, elsewhere: str
) -> None:
    for region, end in (("450103", there), ("45", there), ("110000", elsewhere), ("", elsewhere)):
        due = clocks.due(at(start), span(limit), region=region)
        assert due is not None
        assert (due.instant, due.provisional) == (at(end), False), region


# (key, start, end): each limit of the law over a holiday
STATUTORY = [
    ("CORRECTION_NOTICE", "2026-02-12T10:00", "2026-02-26"),  # 许32(4): 13(1) 14(2) 24(3) 25(4) 26(5)
    (
        "DECISION",
        "2025-09-25T10:00",
        "2025-10-29",
    ),  # 许42: 26(1) 28-30(4); 10: 9-11(7) 13-17(12) 20-24(17) 27(18) 28(19) 29(20)
    (
        "PRE_REVIEW",
        "2026-04-28T10:00",
        "2026-05-28",
    ),  # 许43: 29(1) 30(2); 05: 6-9(6) 11-15(11) 18-22(16) 25(17)..28(20)
    ("DELIVERY", "2026-09-24T10:00", "2026-10-15"),  # 许44: 28-30(3); 10: 8-10(6) 12(7) 13(8) 14(9) 15(10)
    ("HEARING_REQUEST", "2025-05-29T10:00", "2025-06-06"),  # 许47: 30(1); 06: 3(2) 4(3) 5(4) 6(5)
    ("HEARING", "2025-01-20T10:00", "2025-02-21"),  # 许47: 21-24(4) 26(5) 27(6); 02: 5-8(10) 10-14(15) 17-21(20)
    ("INSPECTION", "2026-06-17T10:00", "2026-06-25"),  # 许55: 18(1) 22(2) 23(3) 24(4) 25(5)
]


@pytest.mark.parametrize(("key", "start", "end"), STATUTORY)
def test_the_limits_of_the_law_run_over_holidays(key: str, start: str, end: str) -> None:
    due = clocks.due(at(start), LAW[key].span)
    assert due is not None
    assert due.instant == at(end)
    assert not LAW[key].before


# What must be done before a day: (key, the day, the last day for it)
BEFORE = [
    ("HEARING_NOTICE", "2026-10-12", "2026-09-24"),  # 许48: Sat 10(1) 9(2) 8(3); 09: 30(4) 29(5) 28(6) 24(7)
    ("HEARING_NOTICE", "2025-02-10", "2025-01-24"),  # Sat 8(1) 7(2) 6(3) 5(4); 01: 27(5) Sun 26(6) 24(7)
    ("HEARING_NOTICE", "2026-01-08", "2025-12-29"),  # 7(1) 6(2) 5(3) Sun 4(4); 12: 31(5) 30(6) 29(7)
    ("RENEWAL", "2026-06-30", "2026-05-31"),  # 许50, natural days: a Sunday, not moved, for later would be too late
    ("RENEWAL", "2025-03-01", "2025-01-30"),  # 28 days of February and two: in the Spring Festival
]


@pytest.mark.parametrize(("key", "day", "latest"), BEFORE)
def test_what_must_be_done_before_a_day_is_counted_back_from_it(key: str, day: str, latest: str) -> None:
    assert LAW[key].before
    assert clocks.latest_before(date.fromisoformat(day), LAW[key].span) == date.fromisoformat(latest)


RENEWED = [
    # 许50: (last day of the licence, applied, in time): without a decision deemed renewed with the end of that last day
    ("2026-06-30", "2026-05-31T23:30", True),
    ("2026-06-30", "2026-06-01T00:10", False),
    ("2025-03-01", "2025-01-30T10:00", True),
    ("2025-03-01", "2025-02-05T09:00", False),  # the first working day after the festival is too late
]


@pytest.mark.parametrize(("expires", "applied", "in_time"), RENEWED)
def test_a_renewal_asked_for_in_time_is_deemed_granted_with_the_end_of_the_licence(
    expires: str, applied: str, in_time: bool
) -> None:
    answer = clocks.renewal(date.fromisoformat(expires), at(applied))
    assert (answer.in_time, answer.deemed_at) == (in_time, at(expires) if in_time else None)


YELLOW_FROM = [
    # The second working day before the last day
    ("2026-09-30T10:00", "5 wd", "2026-10-10T00:00"),  # ends 13: Mon 12(1) Sat 10(2)
    ("2026-02-13T10:00", "5 wd", "2026-02-25T00:00"),  # ends Fri 27: 26(1) 25(2)
    ("2026-03-02T10:00", "3 wd", "2026-03-03T00:00"),  # ends 5: 4(1) 3(2)
    ("2026-03-02T10:00", "10 nd", "2026-03-10T00:00"),  # ends Thu 12: 11(1) 10(2)
    # Short spans: the later half of their half days
    ("2026-03-02T10:00", "2 wd", "2026-03-04T00:00"),  # 2 pm, 3 am pm, 4 am pm: five, the last two
    ("2026-03-02T15:00", "2 wd", "2026-03-04T00:00"),  # 3 am pm, 4 am pm: the last two
    ("2026-02-13T16:00", "2 wd", "2026-02-24T00:00"),  # 14 am pm, 24 am pm: the last two
    ("2026-03-02T10:00", "1 wd", "2026-03-03T12:00"),  # 2 pm, 3 am pm: the last one
    ("2026-03-06T15:00", "3 hd", "2026-03-10T00:00"),  # 9 am pm, 10 am: the last one
    # With fewer than two, and in hours: the later half of the time
    ("2026-03-02T10:00", "4 h", "2026-03-02T12:00"),
    ("2026-03-02T10:00:01", "0 now", "2026-03-02T17:00"),  # until 23:59:59
    ("2026-03-02T13:59:59", "1 hd", "2026-03-03T00:59:59.500"),  # until noon
]


@pytest.mark.parametrize(("start", "limit", "yellow"), YELLOW_FROM)
def test_a_clock_is_yellow_before_its_end_and_a_short_one_in_its_last_half(start: str, limit: str, yellow: str) -> None:
    due = clocks.due(at(start), span(limit))
    assert due is not None
    assert clocks.yellow_at(at(start), span(limit), due) == at(yellow)


USED = [
    # (start, limit, pauses, now, used, left): today is counted as used
    ("2026-03-02T10:00", "5 wd", "", "2026-03-02T11:00", 0, 5),
    ("2026-03-02T10:00", "5 wd", "", "2026-03-05T11:00", 3, 2),
    ("2026-03-02T10:00", "5 wd", "", "2026-03-09T18:00", 5, 0),
    ("2026-03-02T10:00", "5 wd", "", "2026-03-11T09:00", 7, -2),  # overdue by 10 and 11
    ("2026-02-13T10:00", "5 wd", "", "2026-02-20T10:00", 1, 4),  # in the festival: 14 is used, 24-27 are left
    ("2026-03-02T10:00", "5 wd", "2026-03-04T09:00..", "2026-03-11T10:00", 2, 3),  # the clock stands since the 4th
    ("2026-03-02T10:00", "5 wd", "2026-03-04T09:00..2026-03-09T15:00", "2026-03-06T10:00", 2, 3),
    ("2026-03-02T10:00", "5 wd", "2026-03-04T09:00..2026-03-09T15:00", "2026-03-10T09:00", 3, 2),  # 3 4 10; 11 12
    ("2026-03-02T10:00", "5 wd", "2026-03-10T09:00..", "2026-03-11T10:00", 7, -2),  # paused too late
    ("2026-03-02T10:00", "24 h", "", "2026-03-02T13:30", 3, 21),
    ("2026-03-02T10:00", "24 h", "2026-03-02T11:00..2026-03-05T11:00", "2026-03-05T13:30", 3, 21),
    ("2026-03-02T09:00", "3 hd", "", "2026-03-03T10:00", 2, 1),  # 2 pm, 3 am; 3 pm
    ("2026-03-02T15:00", "3 hd", "", "2026-03-03T10:00", 1, 2),  # 3 am; 3 pm, 4 am
    ("2026-03-02T10:00", "5 nd", "", "2026-03-05T10:00", 3, 4),  # until Monday 9: 民203
    ("2026-03-10T10:00", "1 m", "", "2026-03-20T10:00", 10, 21),  # until 04-10
    ("2026-03-02T10:00", "0 now", "", "2026-03-02T11:00", 0, 0),
    ("2026-03-02T10:00", "0 now", "", "2026-03-03T11:00", 1, -1),
]


@pytest.mark.parametrize(("start", "limit", "paused", "now", "used", "left"), USED)
def test_the_applicant_sees_what_is_used_and_what_is_left(
    start: str, limit: str, paused: str, now: str, used: int, left: int
) -> None:
    assert clocks.elapsed(at(start), span(limit), pauses(paused), at(now)) == (used, left)


def test_an_extension_is_left_too() -> None:
    # 20 end 03-30, with ten more 04-14; on 03-31 one of the ten is used
    assert clocks.elapsed(at("2026-03-02T10:00"), span("20 wd"), (), at("2026-03-31T10:00"), "", span("10 wd")) == (
        21,
        9,
    )
