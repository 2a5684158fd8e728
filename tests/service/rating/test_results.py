"""The public results over the wire: numbers that are what was given, rates with their formulas, and what is behind each."""

import uuid
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import grpc
import pytest

from services.rating import model_results, results
from tests.support.actors import person
from tests.support.calling import As, refused
from tests.support.rating_numbers import move, recount
from tests.support.rating_service import COUNTY, DEPARTMENT, ITEM, OTHER_ITEM, RatingHere, closed
from yiwang.identity.v1 import events_pb2 as identity
from yiwang.rating.v1 import results_pb2 as pb
from yiwang.rating.v1 import service_pb2

WINDOW = str(uuid.uuid4())
MONTH = {"county": COUNTY, "from_day": "2026-11-01", "to_day": "2026-11-30"}
NOON = "T04:00:00Z"
OTHER = "11990121MB0000002H"
BY = pb.Breakdown


def everyone(rating: RatingHere) -> As:
    """Results as nobody in particular calls them, counted."""
    rating.worker.count_ratings()
    return rating.by(None, service="ResultService")


def one(rating: RatingHere, *happens: str, day: str = "2026-11-22", **case: Any) -> str:
    """A closed case to which these things happened."""
    id = rating.close(closed(person().id, **case), day + NOON)
    move(rating.ratings, id, *happens)
    return id


def some(rating: RatingHere) -> None:
    """What results are made of: two departments, two items, a window, four days of two months."""
    one(rating, "give 5", day="2026-10-31")
    one(rating, "give 4", window_id=WINDOW)
    one(rating, "give 3 ".strip(), item=OTHER_ITEM, department=OTHER, department_name="民政局")
    one(rating, "give 1", "assign", "verify 1", "rectify", "call 1", "publish", day="2026-11-20", window_id=WINDOW)
    one(rating, "give 2 anonymously", "assign", "verify 1", day="2026-11-21")
    one(rating, "give 2", "assign", "verify 2", "review 2", day="2026-11-21")
    one(rating, "give 1", "flag 1")
    one(rating, "give 5", "again 1")
    one(rating, "default", item=OTHER_ITEM, department=OTHER, department_name="民政局")
    one(rating)


def journals(rating: RatingHere, **match: Any) -> list[Any]:
    return [
        row["journal"]
        for row in rating.ratings.collection.find({f"state.{key}": value for key, value in match.items()})
    ]


def months(rating: RatingHere, **match: Any) -> list[Any]:
    """Journals of the services that ended in November."""
    days = {"state.day": {"$gte": "2026-11-01"}}
    found = rating.ratings.collection.find(days | {f"state.{key}": value for key, value in match.items()})
    return [row["journal"] for row in found]


def test_every_number_is_what_the_journals_say_whole_and_split(rating: RatingHere) -> None:
    some(rating)
    service = everyone(rating)
    whole = service.GetResults(**MONTH).whole
    assert dict(whole.counters) == recount(months(rating))
    splits = (
        (BY.BREAKDOWN_DEPARTMENT, "department"),
        (BY.BREAKDOWN_ITEM, "item_id"),
        (BY.BREAKDOWN_WINDOW, "window_id"),
    )
    for by, field in splits:
        answer = service.GetResults(**MONTH, by=by)
        assert {row.id for row in answer.rows} == {DEPARTMENT, OTHER, ITEM, OTHER_ITEM, WINDOW} & {
            row.id for row in answer.rows
        }
        for row in answer.rows:
            assert dict(row.counters) == recount(months(rating, **{field: row.id})), row.id
        assert len(answer.rows) == (1 if field == "window_id" else 2)
    channels = service.GetResults(**MONTH, by=BY.BREAKDOWN_CHANNEL).rows
    assert sum(row.counters["active"] for row in channels) == whole.counters["active"]
    assert {row.id: row.name for row in channels}["RATING_CHANNEL_MOBILE"] == "移动端"
    assert "active_rate" not in [rate.key for row in channels for rate in row.rates]
    (node,) = service.GetResults(**MONTH, by=BY.BREAKDOWN_NODE).rows
    assert (node.id, node.name, node.counters) == ("SERVICE_NODE_CLOSE", "签收、办结", whole.counters)


def test_a_rate_is_its_two_counters_rounded_half_up_and_without_a_denominator_there_is_none(rating: RatingHere) -> None:
    some(rating)
    service = everyone(rating)
    formulas = {one.key: one for one in service.ListFormulas().formulas}
    for row in (service.GetResults(**MONTH).whole, *service.GetResults(**MONTH, by=BY.BREAKDOWN_DEPARTMENT).rows):
        for rate in row.rates:
            formula = formulas[rate.key]
            assert (rate.numerator, rate.denominator) == (
                row.counters[formula.numerator],
                row.counters[formula.denominator],
            )
            assert rate.denominator and abs(rate.basis_points - 10_000 * rate.numerator / rate.denominator) <= 0.5
    nothing = service.GetResults(county="990122", from_day="2026-11-01", to_day="2026-11-30", by=BY.BREAKDOWN_ITEM)
    assert (len(nothing.rows), dict(nothing.whole.counters), len(nothing.whole.rates), nothing.counted_at) == (
        0,
        {},
        0,
        "",
    )


def test_a_period_is_the_sum_of_its_days_however_it_is_cut(rating: RatingHere) -> None:
    some(rating)
    service = everyone(rating)
    days = {row.id: row for row in service.GetResults(county=COUNTY, from_day="2026-09-15", to_day="2026-12-02").days}
    assert list(days) == ["2026-10-31", "2026-11-20", "2026-11-21", "2026-11-22"]
    for first, last in (("2026-10-31", "2026-11-30"), ("2026-10-01", "2026-11-21"), ("2026-11-20", "2026-11-20")):
        whole = service.GetResults(county=COUNTY, from_day=first, to_day=last).whole
        wanted: Counter[str] = Counter()
        for day, row in days.items():
            wanted.update(dict(row.counters) if first <= day <= last else {})
        assert dict(whole.counters) == wanted
    year = service.GetResults(county=COUNTY, from_day="2025-11-23", to_day="2026-11-23")
    assert year.whole.counters["invited"] == 10 and len(year.days) == 4


def test_one_row_alone_is_the_same_as_among_the_others(rating: RatingHere) -> None:
    some(rating)
    service = everyone(rating)
    for by in (BY.BREAKDOWN_DEPARTMENT, BY.BREAKDOWN_ITEM, BY.BREAKDOWN_CHANNEL, BY.BREAKDOWN_WINDOW):
        for row in service.GetResults(**MONTH, by=by).rows:
            assert list(service.GetResults(**MONTH, by=by, id=row.id).rows) == [row]
    assert not service.GetResults(**MONTH, by=BY.BREAKDOWN_ITEM, id="another.one").rows


def test_a_department_has_a_name_and_a_score_and_a_window_its_hall(rating: RatingHere) -> None:
    some(rating)
    saved = identity.WindowSaved(
        window_id=WINDOW, number="12", hall="县政务服务大厅", department=DEPARTMENT, region=COUNTY
    )
    rating.hear("keep_window", saved, WINDOW, 1)
    service = everyone(rating)
    departments = {row.id: row for row in service.GetResults(**MONTH, by=BY.BREAKDOWN_DEPARTMENT).rows}
    assert (departments[DEPARTMENT].name, departments[OTHER].name) == ("水务局", "民政局")
    # 好评率 1/1, 主动评价率 1/2, nothing to rectify or to call back: (50·100 % + 10·50 %) / 60.
    assert departments[OTHER].score == 9167
    (window,) = service.GetResults(**MONTH, by=BY.BREAKDOWN_WINDOW).rows
    assert (window.name, window.score) == ("县政务服务大厅12号窗口", 0)


def test_coverage_shows_what_was_asked_where_and_rated_how(rating: RatingHere) -> None:
    some(rating)
    coverage = everyone(rating).GetCoverage(**MONTH)
    found = {(row.department_name, row.item_name): (row.invited, dict(row.rated)) for row in coverage.rows}
    channels = {"RATING_CHANNEL_MOBILE": 2, "RATING_CHANNEL_PC": 0, "RATING_CHANNEL_QR": 2}
    mine = {channel: count for channel, count in channels.items() if count}
    assert found == {("水务局", "取水许可"): (7, mine), ("民政局", "取水许可"): (2, {"RATING_CHANNEL_PC": 1})}
    rates = {rate.key: (rate.numerator, rate.denominator, rate.basis_points) for rate in coverage.rates}
    assert rates == {
        "item_coverage": (2, 2, 10_000),
        "channel_coverage": (3, 7, 4286),
        "department_coverage": (2, 2, 10_000),
        "window_coverage": (1, 1, 10_000),
    }


@pytest.mark.parametrize("size", [1, 3, 200])
def test_behind_every_number_stand_as_many_services_page_by_page(rating: RatingHere, size: int) -> None:
    some(rating)
    service = everyone(rating)
    asked: list[tuple[dict[str, Any], Any]] = [({}, service.GetResults(**MONTH).whole)]
    for by in (BY.BREAKDOWN_DEPARTMENT, BY.BREAKDOWN_CHANNEL, BY.BREAKDOWN_WINDOW):
        asked += [({"by": by, "id": row.id}, row) for row in service.GetResults(**MONTH, by=by).rows]
    for told, row in asked if size > 1 else asked[:1]:
        for counter in model_results.COUNTERS:
            found, token = [], ""
            while True:
                page = service.ListBehind(**MONTH, **told, counter=counter, page_size=size, page_token=token)
                found += list(page.rows)
                if not (token := page.next_page_token):
                    break
                assert len(page.rows) == size
            assert len({one.id for one in found}) == len(found) == row.counters.get(counter, 0), (counter, told)
            assert [one.day for one in found] == sorted((one.day for one in found), reverse=True)


def test_nobody_is_known_by_what_the_results_say(rating: RatingHere) -> None:
    ann = person()
    case = closed(ann.id, window_id=WINDOW, officer_ids=["officer-77"])
    id = rating.close(case)
    rating.by(ann).GiveRating(rating_id=id, grade=1, comment="等了三个小时", contact="13900000000")
    move(rating.ratings, id, "assign", "verify 1", "rectify", "call 1", "publish")
    service = everyone(rating)
    answers: list[Any] = [service.GetResults(**MONTH, by=by) for by in BY.values()]
    answers += [service.GetCoverage(**MONTH), service.ListBehind(**MONTH, counter="negative", page_size=1)]
    answers += [service.ListPublished(county=COUNTY, page_size=1)]
    said = "".join(map(str, answers))
    assert "取水许可" in said and "等了很久" in said
    # The rating's own id follows from the case's, so that an officer could tell by it whose rating it is.
    for secret in (id, ann.id, case.case_id, case.number, "officer-77", "等了三个小时", "13900000000"):
        assert secret not in said


def test_published_ratings_are_read_newest_first_page_by_page(rating: RatingHere) -> None:
    told = ("give 1", "assign", "verify 1", "rectify", "call 2", "rectify", "call 3", "publish")
    for number in range(5):
        one(rating, *told, department=(DEPARTMENT, OTHER)[number % 2])
    one(rating, *told[:-1])
    service = everyone(rating)
    found, token = [], ""
    while True:
        page = service.ListPublished(county=COUNTY, page_size=2, page_token=token)
        found += list(page.ratings)
        if not (token := page.next_page_token):
            break
    assert [row.department for row in found] == [DEPARTMENT, OTHER, DEPARTMENT, OTHER, DEPARTMENT]
    newest = found[0]
    assert (newest.comment, newest.reply, newest.grade) == ("等了很久", "已加派人手", 1)
    assert (newest.verdict, newest.outcome) == (service_pb2.VERDICT_VALID, service_pb2.CALL_BACK_OUTCOME_UNREACHED)
    today = datetime.now(UTC) + timedelta(hours=8)
    assert (newest.rated_on, newest.published_on) == (f"{today:%Y-%m-%d}",) * 2
    of_one = service.ListPublished(county=COUNTY, department=OTHER).ratings
    assert [row.id for row in of_one] == [row.id for row in found if row.department == OTHER]
    assert not service.ListPublished(county="990122").ratings
    for token in ("x", "1-2", "99999999999999999-a", f"{int(today.timestamp())}-{uuid.uuid4()}"):
        with refused(grpc.StatusCode.INVALID_ARGUMENT) as said:
            service.ListPublished(county=COUNTY, page_token=token)
        assert list(said.fields) == ["page_token"]


@pytest.mark.parametrize(
    ("told", "field", "reason"),
    [
        ({"from_day": "2026-02-30"}, "from_day", "MALFORMED"),
        ({"to_day": "2026-13-01"}, "to_day", "MALFORMED"),
        ({"to_day": "2026-10-31"}, "to_day", "BEFORE_BEGIN"),
        ({"to_day": "2027-11-02"}, "to_day", "TOO_LONG"),
    ],
)
def test_a_period_that_is_none_is_refused_by_its_field(rating: RatingHere, told: Any, field: str, reason: str) -> None:
    service = rating.by(None, service="ResultService")
    for call in (service.GetResults, service.GetCoverage, lambda **more: service.ListBehind(counter="active", **more)):
        with refused(grpc.StatusCode.INVALID_ARGUMENT) as said:
            call(**MONTH | told)
        assert said.fields == {field: reason}


def test_a_number_nobody_publishes_has_nothing_behind(rating: RatingHere) -> None:
    service = rating.by(None, service="ResultService")
    for told, field in (
        ({"counter": "officers"}, "counter"),
        ({"counter": "active", "by": BY.BREAKDOWN_ITEM}, "id"),
        ({"counter": "active", "id": ITEM}, "by"),
        ({"counter": "active", "page_token": "2026-11-"}, "page_token"),
    ):
        with refused(grpc.StatusCode.INVALID_ARGUMENT) as said:
            service.ListBehind(**MONTH, **told)
        assert list(said.fields) == [field]


def test_what_another_edition_of_the_table_counted_is_counted_anew(rating: RatingHere) -> None:
    one(rating, "give 5")
    assert everyone(rating).GetResults(**MONTH).whole.counters["active"] == 1
    database = rating.parts.database
    database["rating_counts"].update_many({}, {"$set": {"rows": {}}})
    database["rating_days"].update_many({}, {"$set": {"edition": 0}, "$unset": {"dirty": ""}})
    rating.worker.ratings.counts.renew()
    assert everyone(rating).GetResults(**MONTH).whole.counters["active"] == 1


def test_totals_are_asked_for_any_scope(rating: RatingHere) -> None:
    assert set(results.SCOPES) == set(service_pb2.TotalScope.values()) - {service_pb2.TOTAL_SCOPE_UNSPECIFIED}
    some(rating)
    window = rating.totals(service_pb2.TOTAL_SCOPE_WINDOW, WINDOW)
    assert (window.invited, window.rated, window.apart) == (2, 2, 0)
    county = rating.totals(service_pb2.TOTAL_SCOPE_COUNTY, COUNTY, from_day=str(date(2026, 11, 1)))
    assert (county.invited, county.rated, county.defaulted, county.apart) == (9, 5, 1, 2)
