"""Records of the national interface coming in without counting twice, and both ways sealed where that is told."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.config import ConfigurationError
from services.rating import api
from standards import envelope
from standards.ciphers import GM, document_key_new, document_public
from tests.support.actors import person
from tests.support.calling import refused
from tests.support.rating_records import (
    DEPARTMENT,
    GBT,
    INVALID,
    OURS,
    PROVINCE,
    SHARED,
    TICK,
    TOLD,
    ZJ,
    exported,
    receive,
    record,
    sent,
    system,
)
from tests.support.rating_service import Db, RatingHere, closed
from tests.support.serving import parts_of, serving
from yiwang.rating.v1 import service_pb2 as service

pytestmark = pytest.mark.usefixtures("settled")


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
