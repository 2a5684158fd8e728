"""Records of the national interface: out in an order that leaves nothing out, in without counting twice, sealed where that is told."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from chassis.acts import Cause
from chassis.config import ConfigurationError
from services.rating import api, model_giving, store_exports
from standards import envelope
from standards.ciphers import GM, document_key_new, document_public
from tests.service.authority.targets import uscc
from tests.support.actors import handler, machine, person, supervisor
from tests.support.calling import As, refused
from tests.support.rating_service import Db, RatingHere, closed
from tests.support.serving import parts_of, serving
from yiwang.identity.v1.events_pb2 import PersonErased
from yiwang.rating.v1 import records_pb2 as pb
from yiwang.rating.v1 import service_pb2 as service

RPCS = [f"yiwang.rating.v1.RecordService/{name}" for name in ("ImportRatings", "ExportRecords", "ReceiveRecords")]
DEPARTMENT = uscc("11990121MB0000001")
GBT, ZJ = "GBT39046", "ZHEJIANG"
INVALID = grpc.StatusCode.INVALID_ARGUMENT
OURS, THEIRS, SHARED = document_key_new(GM), document_key_new(GM), "00112233445566778899aabbccddeeff"
TOLD = {
    "envelope_mark": "county",
    "envelope_private_key": OURS.hex(),
    "envelope_peer_mark": "province",
    "envelope_peer_key": document_public(GM, THEIRS).hex(),
    "envelope_shared_key": SHARED,
}
PROVINCE = envelope.keys("province", THEIRS.hex(), "county", document_public(GM, OURS).hex(), SHARED)


TICK = timedelta(milliseconds=5)


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was noted is told after five milliseconds; the test of the minute sets it back."""
    monkeypatch.setattr(store_exports, "SETTLED", TICK)


def system(rating: RatingHere, region: str = "990121") -> As:
    return rating.by(replace(machine(*RPCS), region=region), service="RecordService")


def exported(caller: As, token: str = "", profile: str = GBT, size: int = 500) -> tuple[list[dict[str, str]], str]:
    time.sleep(2 * TICK.total_seconds())
    answer = caller.ExportRecords(page_token=token, page_size=size, profile=profile)
    records = json.loads(answer.body)
    assert answer.count == len(records) and not answer.sealed and answer.next_page_token
    return records, answer.next_page_token


def numbers(records: list[dict[str, str]]) -> list[str]:
    return [one["projectNo"] for one in records]


def sent(rating: RatingHere, *references: str, region: str = "990121101", **told: Any) -> None:
    """Ratings of a call centre."""
    rows = [
        {
            "reference": reference,
            "channel": service.RATING_CHANNEL_SMS,
            "grade": service.GRADE_SATISFIED,
            "rated_at": "2026-11-20T09:30:00+08:00",
            "department": DEPARTMENT,
            "department_name": "水务局",
            "item_name": reference,
            "region": region,
        }
        | told
        for reference in references
    ]
    caller = system(rating, region[:6])
    assert caller.ImportRatings(system="hotline", ratings=rows).landed == len(rows)


def defaulted(rating: RatingHere, id: str) -> None:
    """As if the days to rate were over."""
    rating.ratings.change(id, Cause(f"timer/{id}", "service:rating"), model_giving.default)


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


# -- records of others -------------------------------------------------------------------------------------------------


def receive(caller: As, records: Any, profile: str = GBT, **told: Any) -> pb.ImportRatingsResponse:
    body = records if isinstance(records, str) else json.dumps(records)
    answer: pb.ImportRatingsResponse = caller.ReceiveRecords(system="province", profile=profile, body=body, **told)
    return answer


def record(**changes: str) -> dict[str, str]:
    """A record of another place."""
    return {
        "taskName": "取水许可",
        "projectNo": "OTHER-1",
        "serviceName": "办结",
        "serviceNumber": "1",
        "areaCode": "990121",
        "deptCode": DEPARTMENT,
        "orgName": "水务局",
        "pf": "7",
        "satisfaction": "1",
        "evalDetail": "101",
        "assessTime": "2026-11-20 09:30:00",
        "assessNumber": "1",
        "appStatus": "1",
        "anonymity": "2",
        "telPhone": "0999-1234567",
    } | changes


def test_a_record_is_read_by_its_profile(rating: RatingHere) -> None:
    caller = system(rating)
    assert receive(caller, [record()]).landed == 1
    assert receive(caller, [record(projectNo="OTHER-2", evalDetail="501", pf="6", satisfaction="5")], ZJ).landed == 1
    first, second = rating.ratings.select({}, [("state.record_at", 1)])
    for one in (first.state, second.state):
        assert (one.grade, one.channel, one.tags) == (5, service.RATING_CHANNEL_SMS, ["101"])
    assert receive(caller, [record()]).known == 1
    assert [one.reason for one in receive(caller, [record(satisfaction="2")]).rows] == ["ROW_CHANGED"]


def test_records_at_fault_are_told_by_their_own_field_and_the_others_land(rating: RatingHere) -> None:
    wrong: list[tuple[Any, str, str]] = [
        (record(projectNo="1", satisfaction="9"), "satisfaction", "CODE_UNKNOWN"),
        (record(projectNo="2", areaCode="990122"), "areaCode", "NOT_FOUND"),
        (record(projectNo="3", telPhone="call me"), "telPhone", "STRING_PATTERN"),
        (record(projectNo="4", pf=""), "pf", "REQUIRED"),
        (record(projectNo="5", assessNumber="2"), "projectNo", "NOT_FOUND"),
        (record(projectNo="6", assessTime="2199-01-01 00:00:00"), "assessTime", "FUTURE_TIME"),
        (record(projectNo="7", deptCode=DEPARTMENT[:-1] + "X"), "deptCode", "CHECK_DIGIT"),
        ("no record", "taskName", "REQUIRED"),
        (None, "taskName", "REQUIRED"),
    ]
    answer = receive(system(rating), [*(one for one, _, _ in wrong), record(projectNo="8")])
    assert [(one.field, one.reason) for one in answer.rows] == [(field, reason) for _, field, reason in wrong]
    assert (answer.landed, answer.refused) == (1, len(wrong))


def test_a_default_rating_of_another_place_is_nobodys_opinion(rating: RatingHere) -> None:
    answer = receive(system(rating), [record(pf="7")], ZJ)
    assert [(one.field, one.reason) for one in answer.rows] == [("pf", "DEFAULT_RATING")]
    assert rating.ratings.select({}) == []


def test_a_record_of_a_case_of_ours_rates_it_and_one_of_another_region_does_not(rating: RatingHere) -> None:
    ann = person()
    mine = rating.close(closed(ann.id, number="9901212611220000803"))
    theirs = rating.close(closed(ann.id, number="9901212611220000804", region="990122101"))
    records = [record(projectNo="9901212611220000803"), record(projectNo="9901212611220000804")]
    assert receive(system(rating), records).landed == 2
    assert rating.by(ann).GetRating(rating_id=mine).grade == 5
    assert rating.by(ann).GetRating(rating_id=theirs).grade == 0


def test_a_second_rating_goes_with_its_first_once(rating: RatingHere) -> None:
    caller = system(rating)
    first, second = record(satisfaction="5", evalDetail=""), record(assessNumber="2", writingEvaluation="改好了")
    assert receive(caller, [first, second]).landed == 2
    (found,) = rating.ratings.select({})
    assert (found.state.grade, found.state.again_grade) == (1, 5)
    assert rating.keyring.open_text(found.state.rater_id, found.state.sealed_again) == "改好了"
    assert receive(caller, [first, second]).known == 2
    changed = receive(caller, [second | {"satisfaction": "3"}])
    assert [(one.field, one.reason) for one in changed.rows] == [("projectNo", "ROW_CHANGED")]
    # Of a service that was rated long ago it comes too late.
    old = record(projectNo="OLD", assessTime="2020-01-02 09:30:00")
    answer = receive(caller, [old, old | {"assessNumber": "2"}])
    assert answer.landed == 1 and [one.reason for one in answer.rows] == ["RATING_LAPSED"]


def test_a_second_rating_of_a_case_of_ours_needs_the_first(rating: RatingHere) -> None:
    ann, number = person(), "9901212611220000805"
    id = rating.close(closed(ann.id, number=number))
    second = record(projectNo=number, assessNumber="2", satisfaction="4", writingEvaluation="又不行了")
    assert [one.reason for one in receive(system(rating), [second]).rows] == ["NOT_RATED_YET"]
    rating.by(ann).GiveRating(rating_id=id, grade=5)
    assert [one.reason for one in receive(system(rating, "990122"), [second]).rows] == ["NOT_FOUND"]
    assert receive(system(rating), [second]).landed == 1
    assert receive(system(rating), [second]).known == 1
    mine = rating.by(ann).GetRating(rating_id=id)
    assert (mine.grade, mine.again_grade, mine.again_comment) == (5, 2, "又不行了")
    # One the rater gave himself is not theirs.
    other = rating.given(ann, 5, case={"number": "9901212611220000807"})
    rating.by(ann).RateAgain(rating_id=other.id, grade=4)
    answer = receive(system(rating), [second | {"projectNo": "9901212611220000807"}])
    assert [(one.field, one.reason) for one in answer.rows] == [("projectNo", "RATED_AGAIN_ALREADY")]


def test_which_time_of_a_service_it_was_is_kept(rating: RatingHere) -> None:
    assert receive(system(rating), [record(serviceNumber="3")]).landed == 1
    assert [one["serviceNumber"] for one in exported(system(rating))[0]] == ["3"]
    rating.close(closed(person().id, number="9901212611220000806"))
    answer = receive(system(rating), [record(projectNo="9901212611220000806", serviceNumber="2")])
    assert [(one.field, one.reason) for one in answer.rows] == [("projectNo", "NOT_FOUND")]


def test_what_went_out_comes_in_at_another_place_as_it_was(rating: RatingHere, database: Db) -> None:
    rating.given(person(), 2, comment="跑了三趟", tags=["401"], contact="0999-1234567", case={"department": DEPARTMENT})
    sent(rating, "one", "two", grade=3)
    twice = rating.given(ann := person(), 1, case={"department": DEPARTMENT})
    rating.by(ann).RateAgain(rating_id=twice.id, grade=4, comment="改好了")
    for profile in (GBT, ZJ):
        told, _ = exported(system(rating), profile=profile)
        other = database.client[f"{database.name}-{profile.lower()}"]
        try:
            with serving("rating", other, RatingHere) as place:
                assert receive(system(place), told, profile).landed == 5
                back, _ = exported(system(place), profile=profile)
        finally:
            database.client.drop_database(other.name)
        assert sorted(_same(back)) == sorted(_same(told))


def _same(records: list[dict[str, str]]) -> list[list[str]]:
    """What has to be the same at both places. A second rating is one of the moment it lands."""
    names = [
        "satisfaction",
        "evalDetail",
        "writingEvaluation",
        "pf",
        "telPhone",
        "anonymity",
        "deptCode",
        "assessNumber",
    ]
    return [[one[name] for name in names] + [one["assessTime"] * (one["assessNumber"] == "1")] for one in records]


@pytest.mark.parametrize("body", ["{}", "not json", '"text"', "12", "[1,", '{"appMark":"province"}'])
def test_a_body_that_is_neither_list_nor_envelope_is_unreadable(rating: RatingHere, body: str) -> None:
    with refused(INVALID, "ENVELOPE_UNREADABLE") as refusal:
        receive(system(rating), body)
    assert list(refusal.fields) == ["body"]


def test_no_more_records_come_at_once_than_a_call_can_take(rating: RatingHere) -> None:
    with refused(INVALID, "TOO_MANY"):
        receive(system(rating), [{}] * 1001)


# -- envelopes ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def sealing(database: Db) -> Iterator[RatingHere]:
    """A place that is told the keys of an envelope."""
    with serving("rating", database, RatingHere, **TOLD) as here:
        yield here


def test_records_go_out_sealed_for_the_other_side(sealing: RatingHere) -> None:
    sent(sealing, "here", comment="不便公开")
    time.sleep(2 * TICK.total_seconds())
    answer = system(sealing).ExportRecords(profile=GBT)
    assert answer.sealed and answer.count == 1 and "不便公开" not in answer.body
    assert list(json.loads(answer.body)) == ["appMark", "time", "sign", "params"]
    (opened,) = json.loads(envelope.opened(PROVINCE, answer.body, datetime.now(UTC)))
    assert opened["writingEvaluation"] == "不便公开"


def test_an_envelope_of_the_other_side_lands_and_one_in_clear_too(sealing: RatingHere) -> None:
    body = envelope.seal(PROVINCE, json.dumps([record(), record(projectNo="OTHER-2")]), datetime.now(UTC))
    caller = system(sealing)
    assert receive(caller, body).landed == 2
    # Caught and sent again within its minutes it counts nothing.
    assert receive(caller, body).known == 2
    assert receive(caller, [record(projectNo="OTHER-3")]).landed == 1


STRANGER = envelope.keys("province", document_key_new(GM).hex(), "county", document_public(GM, OURS).hex(), SHARED)
BAD: list[tuple[str, Callable[[], str], str]] = [
    ("forged", lambda: _sealed(STRANGER), "ENVELOPE_SIGNATURE"),
    ("changed", lambda: _sealed(PROVINCE).replace('"params":"', '"params":"AAAA'), "ENVELOPE_SIGNATURE"),
    ("old", lambda: _sealed(PROVINCE, timedelta(minutes=-11)), "ENVELOPE_EXPIRED"),
    ("ahead", lambda: _sealed(PROVINCE, timedelta(minutes=11)), "ENVELOPE_EXPIRED"),
    ("other key", lambda: _sealed(PROVINCE._replace(shared=bytes(16))), "ENVELOPE_UNREADABLE"),
    ("no list", lambda: _sealed(PROVINCE, content='{"a":1}'), "ENVELOPE_UNREADABLE"),
    ("no members", lambda: "{}", "ENVELOPE_UNREADABLE"),
]


def _sealed(keys: envelope.Keys, off: timedelta = timedelta(), content: str = "") -> str:
    return envelope.seal(keys, content or json.dumps([record()]), datetime.now(UTC) + off)


@pytest.mark.parametrize(("body", "reason"), [one[1:] for one in BAD], ids=[one[0] for one in BAD])
def test_a_bad_envelope_is_refused_and_counts_nothing(
    sealing: RatingHere, body: Callable[[], str], reason: str
) -> None:
    with refused(INVALID, reason) as refusal:
        receive(system(sealing), body())
    assert list(refusal.fields) == ["body"]
    assert sealing.ratings.select({}) == []


def test_our_own_envelope_does_not_come_back(sealing: RatingHere) -> None:
    sent(sealing, "here")
    body = system(sealing).ExportRecords(profile=GBT).body
    with refused(INVALID, "ENVELOPE_SIGNATURE"):
        receive(system(sealing), body)


def test_a_place_without_keys_opens_nothing(rating: RatingHere) -> None:
    with refused(INVALID, "ENVELOPE_UNREADABLE"):
        receive(system(rating), _sealed(PROVINCE))


@pytest.mark.parametrize("told", [{"envelope_shared_key": ""}, {"envelope_private_key": "zz"}, {"envelope_mark": ""}])
def test_half_of_the_keys_are_a_fault_of_the_configuration(database: Db, told: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="ENVELOPE_"):
        api.build(parts_of(database, "rating", **(TOLD | told)))
