"""One invitation per case and one rating, from closed cases over the wire."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import grpc

from chassis.records import broken_at
from services.rating import store
from tests.support.actors import person
from tests.support.calling import refused
from tests.support.rating_service import RatingHere, closed
from yiwang.rating.v1 import service_pb2 as pb


def test_a_closed_case_is_rated_once(rating: RatingHere) -> None:
    ann = person()
    citizen = rating.by(ann)
    case = str(uuid.uuid4())
    with refused(grpc.StatusCode.NOT_FOUND):
        citizen.GetInvitation(case_id=case)
    rating.close(closed(ann.id, case))
    invitation = citizen.GetInvitation(case_id=case)
    assert (invitation.grade, invitation.case_id, invitation.version) == (pb.GRADE_UNSPECIFIED, case, 1)
    rated = citizen.RateCase(case_id=case, grade=pb.GRADE_SATISFIED, comment=" 办得很快 ")
    assert (rated.grade, rated.comment, rated.version) == (pb.GRADE_SATISFIED, "办得很快", 2)
    assert citizen.GetInvitation(case_id=case) == rated
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "RATED_ALREADY"):
        citizen.RateCase(case_id=case, grade=pb.GRADE_VERY_DISSATISFIED)
    document = rating.parts.database["invitations"].find_one({})
    assert document is not None and broken_at(document["journal"]) is None
    assert store.invitations(rating.parts.database).drift(document) == []
    assert "办得很快" not in str(document)


def test_the_same_case_closed_twice_is_one_invitation(rating: RatingHere) -> None:
    event = closed("ann")
    for _ in range(3):
        rating.close(event)
    assert len(rating.deliveries()) == 1


def test_of_ten_ratings_at_one_moment_one_counts(rating: RatingHere) -> None:
    ann = person()
    case, barrier = rating.close(closed(ann.id)), threading.Barrier(10)

    def rate(number: int) -> str:
        barrier.wait()
        try:
            rating.by(ann).RateCase(case_id=case, grade=1 + number % 5)
        except grpc.RpcError as error:
            return str(error.code())
        return "rated"

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(rate, range(10)))
    assert answers.count("rated") == 1
    assert set(answers) == {"rated", str(grpc.StatusCode.FAILED_PRECONDITION)}
    assert [name for name, *_ in rating.deliveries()] == ["count", "count_rating"]


def test_the_same_request_twice_is_one_rating(rating: RatingHere) -> None:
    ann = person()
    case, citizen = rating.close(closed(ann.id)), rating.by(ann)
    once = citizen.RateCase(request_id="request-1", case_id=case, grade=5)
    assert citizen.RateCase(request_id="request-1", case_id=case, grade=5) == once
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        citizen.RateCase(request_id="request-1", case_id=case, grade=1)


def test_a_grade_must_be_given(rating: RatingHere) -> None:
    ann = person()
    case = rating.close(closed(ann.id))
    for grade in (0, 6):
        with refused(grpc.StatusCode.INVALID_ARGUMENT) as said:
            rating.by(ann).RateCase(case_id=case, grade=grade)
        assert list(said.fields) == ["grade"]
