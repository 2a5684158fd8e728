"""One rating per service node, from what case tells to the rating given, over the wire."""

import uuid

import grpc

from chassis.records import broken_at
from services.rating import store
from tests.support.actors import person
from tests.support.calling import at_once, refused
from tests.support.rating_service import RatingHere, closed, served
from yiwang.case.v1 import events_pb2 as case_events
from yiwang.rating.v1 import service_pb2 as pb

Code = grpc.StatusCode


def test_a_closed_case_is_rated_once(rating: RatingHere) -> None:
    ann = person()
    citizen = rating.by(ann)
    with refused(Code.NOT_FOUND):
        citizen.GetRating(rating_id=str(uuid.uuid4()))
    id = rating.close(closed(ann.id))
    asked = citizen.GetRating(rating_id=id)
    assert (asked.grade, asked.status, asked.version) == (pb.GRADE_UNSPECIFIED, pb.RATING_STATUS_OPEN, 1)
    rated = citizen.GiveRating(rating_id=id, grade=pb.GRADE_SATISFIED, comment=" 办得很快 ")
    assert (rated.grade, rated.comment, rated.version) == (pb.GRADE_SATISFIED, "办得很快", 2)
    assert citizen.GetRating(rating_id=id) == rated
    with refused(Code.FAILED_PRECONDITION, "RATED_ALREADY"):
        citizen.GiveRating(rating_id=id, grade=pb.GRADE_VERY_DISSATISFIED)
    document = rating.ratings.collection.find_one({})
    assert document is not None and broken_at(document["journal"]) is None
    assert rating.ratings.drift(document) == []
    assert "办得很快" not in str(document)


def test_each_service_node_of_a_case_is_asked_about_once_however_often_it_is_told(rating: RatingHere) -> None:
    ann, case = person(), str(uuid.uuid4())
    told = served(ann.id)
    heard = [
        ("invite_corrected", case_events.CaseCorrected(case_id=case, served=told), 2),
        ("invite_applied", case_events.CaseAccepted(case_id=case, served=told), 3),
        ("invite_refused", case_events.CaseRefused(case_id=case, served=told), 4),
        ("invite_not_accepted", case_events.CaseNotAccepted(case_id=case, served=told), 5),
        ("invite_paid", case_events.PaymentReceived(case_id=case, served=told), 6),
        ("invite_closed", closed(ann.id, case), 7),
    ]
    for name, event, seq in [*heard, *reversed(heard)]:
        rating.hear(name, event, case, seq)
    found = rating.by(ann).ListRatings(case_id=case).ratings
    nodes = (pb.SERVICE_NODE_APPLY, pb.SERVICE_NODE_CORRECT, pb.SERVICE_NODE_PAY, pb.SERVICE_NODE_CLOSE)
    assert sorted(one.node for one in found) == sorted(nodes)
    assert rating.ratings.collection.count_documents({}) == 4


def test_of_ten_ratings_at_one_moment_one_counts(rating: RatingHere) -> None:
    ann = person()
    id = rating.close(closed(ann.id))
    answers = at_once(10, lambda number: rating.by(ann).GiveRating(rating_id=id, grade=1 + number % 5))
    assert answers == {"done": 1, str(Code.FAILED_PRECONDITION): 9}


def test_the_same_request_twice_is_one_rating(rating: RatingHere) -> None:
    ann = person()
    id, citizen = rating.close(closed(ann.id)), rating.by(ann)
    once = citizen.GiveRating(request_id="request-1", rating_id=id, grade=5)
    assert citizen.GiveRating(request_id="request-1", rating_id=id, grade=5) == once
    with refused(Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        citizen.GiveRating(request_id="request-1", rating_id=id, grade=1)


def test_a_grade_must_be_given(rating: RatingHere) -> None:
    ann = person()
    id = rating.close(closed(ann.id))
    for grade in (0, 6):
        with refused(Code.INVALID_ARGUMENT) as said:
            rating.by(ann).GiveRating(rating_id=id, grade=grade)
        assert list(said.fields) == ["grade"]
    with refused(Code.INVALID_ARGUMENT) as said:
        rating.by(ann).GiveRating(rating_id=id, grade=5, comment="字" * 350_000)
    assert list(said.fields) == ["comment"]


def test_a_negative_rating_opens_its_loop_in_the_same_write(rating: RatingHere) -> None:
    ann = person()
    for grade in range(1, 6):
        given = rating.given(ann, grade)
        negative = grade in (pb.GRADE_DISSATISFIED, pb.GRADE_VERY_DISSATISFIED)
        assert given.HasField("loop") == negative
        assert given.version == (3 if negative else 2)
        assert store.ratings(rating.parts.database).get(given.id).state.negative == negative


def test_a_second_rating_is_given_once_and_after_the_first(rating: RatingHere) -> None:
    ann = person()
    citizen, id = rating.by(ann), rating.close(closed(ann.id))
    with refused(Code.FAILED_PRECONDITION, "NOT_RATED_YET"):
        citizen.RateAgain(rating_id=id, grade=5)
    citizen.GiveRating(rating_id=id, grade=5)
    again = citizen.RateAgain(rating_id=id, grade=pb.GRADE_DISSATISFIED, comment="后来才发现少了一份材料")
    assert (again.grade, again.again_grade, again.again_comment) == (5, 2, "后来才发现少了一份材料")
    assert again.loop.status == pb.LOOP_STATUS_RECEIVED
    with refused(Code.FAILED_PRECONDITION, "RATED_AGAIN_ALREADY"):
        citizen.RateAgain(rating_id=id, grade=5)
