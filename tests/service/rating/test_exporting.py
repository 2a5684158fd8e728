"""Records of the national interface going out, in an order that leaves nothing out."""

import json
from datetime import UTC, datetime, timedelta

import grpc
import pytest

from services.rating import store_exports
from tests.support.actors import handler, machine, person, supervisor
from tests.support.calling import refused
from tests.support.rating_records import GBT, INVALID, TICK, ZJ, defaulted, exported, sent, system
from tests.support.rating_service import RatingHere, closed
from yiwang.identity.v1.events_pb2 import PersonErased

pytestmark = pytest.mark.usefixtures("settled")


# -- what a record says ------------------------------------------------------------------------------------------------


def test_a_rating_goes_out_as_both_profiles_write_it(rating: RatingHere) -> None:
    ann = person()
    told = {"number": "9901212611220000801", "channel": 2}
    rating.given(ann, 2, case=told, tags=["401", "422"], comment="跑了三趟", contact="13900000000", channel=2)
    ((standard,), _), ((zhejiang,), _) = exported(system(rating)), exported(system(rating), profile=ZJ)
    assert (standard["satisfaction"], zhejiang["satisfaction"]) == ("4", "2")
    assert (standard["evalDetail"], zhejiang["evalDetail"]) == ("401,422", "201,222")
    wanted = {
        "projectNo": "9901212611220000801",
        "taskName": "取水许可",
        "serviceName": "办结",
        "serviceNumber": "1",
        "proStatus": "3",
        "dataSource": "2",
        "pf": "2",
        "writingEvaluation": "跑了三趟",
        "telPhone": "13900000000",
        "anonymity": "2",
        "assessNumber": "1",
        "userProp": "1",
        "areaCode": "990121101",
        "orgName": "水务局",
    }
    assert {name: standard[name] for name in wanted} == wanted


def test_of_who_rated_anonymously_nothing_is_told(rating: RatingHere) -> None:
    agent = handler(person(), name="李经手")
    rating.given(agent, 5, anonymous=True)
    rating.given(agent, 5)
    hidden, named = exported(system(rating))[0]
    assert (hidden["anonymity"], hidden["handleUserName"], hidden["userProp"]) == ("1", "", "2")
    assert "李经手" not in json.dumps(hidden, ensure_ascii=False)
    assert (named["anonymity"], named["handleUserName"]) == ("2", "李经手")


def test_a_person_who_was_forgotten_leaves_a_grade_and_no_word(rating: RatingHere) -> None:
    ann = person()
    rating.given(ann, 1, comment="张三不行", contact="13900000000")
    rating.hear("forget_person", PersonErased(person_id=ann.id), ann.id, 9)
    ((record,), _) = exported(system(rating))
    assert (record["satisfaction"], record["writingEvaluation"], record["telPhone"]) == ("5", "", "")


def test_a_second_rating_is_a_record_of_its_own(rating: RatingHere) -> None:
    ann, caller = person(), system(rating)
    given = rating.given(ann, 1, tags=["501"])
    (_, place) = exported(caller)
    rating.by(ann).RateAgain(rating_id=given.id, grade=4, comment="改好了")
    records, _ = exported(caller, place)
    assert [(one["assessNumber"], one["satisfaction"], one["evalDetail"]) for one in records] == [
        ("1", "5", "501"),
        ("2", "2", ""),
    ]
    assert records[1]["writingEvaluation"] == "改好了"


def test_a_default_rating_goes_out_where_a_code_says_so_and_nowhere_else(rating: RatingHere) -> None:
    defaulted(rating, rating.close(closed(person().id, number="9901212611220000802")))
    rating.close(closed(person().id))
    assert exported(system(rating), profile=GBT)[0] == []
    ((record,), _) = exported(system(rating), profile=ZJ)
    assert (record["pf"], record["satisfaction"], record["projectNo"]) == ("7", "4", "9901212611220000802")
    sent(rating, "by SMS")
    assert [one["pf"] for one in exported(system(rating), profile=ZJ)[0]] == ["7", "6"]
    assert [one["pf"] for one in exported(system(rating), profile=GBT)[0]] == ["7"]


# -- the order ---------------------------------------------------------------------------------------------------------


def test_nothing_is_left_out_or_told_twice_page_by_page(rating: RatingHere) -> None:
    sent(rating, *[f"R{number:03}" for number in range(57)])
    caller, seen, token, sizes = system(rating), [], "", []
    while not sizes or sizes[-1] == 10:
        records, token = exported(caller, token, size=10)
        seen += records
        sizes.append(len(records))
    assert sizes == [10, 10, 10, 10, 10, 7]
    assert sorted(one["taskName"] for one in seen) == [f"R{number:03}" for number in range(57)]
    assert exported(caller, token)[0] == []


def test_what_lands_late_is_told_although_it_was_given_before(rating: RatingHere) -> None:
    caller = system(rating)
    sent(rating, "new", rated_at="2026-11-22T09:30:00+08:00")
    records, place = exported(caller)
    assert [one["taskName"] for one in records] == ["new"]
    sent(rating, "old", rated_at="2026-01-02T09:30:00+08:00")
    records, later = exported(caller, place)
    assert [one["taskName"] for one in records] == ["old"]
    assert exported(caller, later)[0] == []
    assert [one["taskName"] for one in exported(caller)[0]] == ["new", "old"]


def test_many_that_were_noted_in_one_instant_are_told_once_each(rating: RatingHere) -> None:
    sent(rating, *[f"R{number}" for number in range(9)])
    at = datetime(2026, 11, 20, tzinfo=UTC)
    for document in rating.database["ratings"].find({}):
        rating.database["ratings"].update_one({"_id": document["_id"]}, {"$set": {"state.record_at": at}})
    seen, token = [], ""
    for _ in range(4):
        records, token = exported(system(rating), token, size=4)
        seen += [one["taskName"] for one in records]
    assert sorted(seen) == [f"R{number}" for number in range(9)]


def test_the_last_minute_waits(rating: RatingHere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_exports, "SETTLED", timedelta(minutes=1))
    caller = system(rating)
    sent(rating, "now")
    records, place = exported(caller)
    assert records == []
    # One whose act took its instant before is written after the page was told: it is told by the next one.
    monkeypatch.setattr(store_exports, "SETTLED", TICK)
    assert [one["taskName"] for one in exported(caller, place)[0]] == ["now"]


@pytest.mark.parametrize("token", ["x", "-", "99999999999999999-x", "abc-def", "1.5-x"])
def test_a_place_nobody_gave_out_is_refused(rating: RatingHere, token: str) -> None:
    with refused(INVALID, "MALFORMED"):
        system(rating).ExportRecords(page_token=token, profile=GBT)


@pytest.mark.parametrize("profile", ["", "gbt39046", "GUANGDONG"])
def test_a_profile_nobody_has_is_refused(rating: RatingHere, profile: str) -> None:
    with refused(INVALID):
        system(rating).ExportRecords(profile=profile)


def test_a_machine_gets_its_region_and_no_other(rating: RatingHere) -> None:
    sent(rating, "here", region="990121101")
    sent(rating, "there", region="990122101")
    told = {region: [one["taskName"] for one in exported(system(rating, region))[0]] for region in REGIONS}
    assert told == REGIONS


REGIONS = {"990121": ["here"], "990122": ["there"], "990100": ["here", "there"], "990121102": [], "990200": []}


def test_nobody_but_a_registered_machine_gets_records(rating: RatingHere) -> None:
    sent(rating, "here")
    for actor in (person(), supervisor(), machine()):
        with refused(grpc.StatusCode.PERMISSION_DENIED):
            rating.by(actor, service="RecordService").ExportRecords(profile=GBT)
    with refused(grpc.StatusCode.UNAUTHENTICATED):
        rating.by(None, service="RecordService").ExportRecords(profile=GBT)
