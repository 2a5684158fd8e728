"""Ratings: whose they are, how they are listed, and what a forgotten person leaves."""

from datetime import UTC, datetime, timedelta

import bson
import grpc
import pytest

from chassis import poll
from chassis.acts import Actor
from tests.support.actors import delegate, handler, officer, person, service
from tests.support.calling import refused
from tests.support.rating_service import RatingHere, closed
from yiwang.identity.v1.events_pb2 import PersonErased, SessionEnded


def test_nobody_sees_or_rates_the_case_of_another(rating: RatingHere) -> None:
    ann, bob = person(), person()
    event = closed(ann.id)
    id = rating.close(event)
    other = rating.by(bob)
    for call in (
        lambda: other.GetRating(rating_id=id),
        lambda: other.GiveRating(rating_id=id, grade=5),
        lambda: other.RateAgain(rating_id=id, grade=5),
    ):
        with refused(grpc.StatusCode.NOT_FOUND, "NOT_FOUND"):
            call()
    assert list(other.ListRatings().ratings) == list(other.ListRatings(case_id=event.case_id).ratings) == []
    assert [one.id for one in rating.by(ann).ListRatings().ratings] == [id]


@pytest.mark.parametrize("actor", [None, officer("receive", "decide"), service()])
def test_only_persons_rate(rating: RatingHere, actor: Actor | None) -> None:
    id = rating.close(closed(actor.id if actor else ""))
    # No service is taken at its word here.
    unknown = actor in (None, service())
    code = grpc.StatusCode.UNAUTHENTICATED if unknown else grpc.StatusCode.PERMISSION_DENIED
    caller = rating.by(actor)
    for call in (
        lambda: caller.GetRating(rating_id=id),
        lambda: caller.ListRatings(),
        lambda: caller.GiveRating(rating_id=id, grade=5),
    ):
        with refused(code):
            call()


def test_an_organisation_rates_by_its_handlers_and_both_names_are_on_it(rating: RatingHere) -> None:
    organization = person()
    id = rating.close(closed(organization.id))
    first, second = (handler(organization, name=name) for name in ("李甲", "赵乙"))
    assert [one.id for one in rating.by(second).ListRatings().ratings] == [id]
    assert rating.by(first).GiveRating(rating_id=id, grade=5).agent_name == "李甲经办"
    assert rating.by(second).GetRating(rating_id=id).agent_name == "李甲经办"
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "RATED_ALREADY"):
        rating.by(second).GiveRating(rating_id=id, grade=1)
    document = rating.ratings.collection.find_one({}) or {}
    assert document["journal"][-1]["by"] == f"{first.acting.agent}/person:{organization.id}"  # type: ignore[union-attr]
    assert "李甲".encode() not in bson.encode(document)
    with refused(grpc.StatusCode.NOT_FOUND):
        rating.by(handler(person())).GetRating(rating_id=id)


@pytest.mark.parametrize("channel", ["helper", "bank", "person"])
def test_a_delegate_is_no_judge_of_the_service(rating: RatingHere, channel: str) -> None:
    ann = person()
    id = rating.close(closed(ann.id))
    caller = rating.by(delegate(ann, channel))
    for call in (
        lambda: caller.GetRating(rating_id=id),
        lambda: caller.ListRatings(),
        lambda: caller.GiveRating(rating_id=id, grade=5),
    ):
        with refused(grpc.StatusCode.PERMISSION_DENIED):
            call()


def test_ratings_are_listed_newest_first_page_by_page(rating: RatingHere) -> None:
    ann = person()
    ratings = [rating.close(closed(ann.id)) for _ in range(7)]
    rating.close(closed("bob"))
    seen, token = [], ""
    for _ in range(4):
        answer = rating.by(ann).ListRatings(page_size=3, page_token=token)
        seen += [one.id for one in answer.ratings]
        token = answer.next_page_token
        if not token:
            break
    assert set(seen) == set(ratings) and len(seen) == 7
    times = [one.opened_at for one in rating.by(ann).ListRatings().ratings]
    assert times == sorted(times, reverse=True)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED"):
        rating.by(ann).ListRatings(page_token="x")


def test_a_person_who_is_forgotten_leaves_a_grade_and_no_word(rating: RatingHere) -> None:
    ann = person()
    id, citizen = rating.close(closed(ann.id)), rating.by(ann)
    citizen.GiveRating(rating_id=id, grade=5, comment="办得很快")
    for _ in range(2):
        rating.hear("forget_person", PersonErased(person_id=ann.id), ann.id, 9)
    left = citizen.GetRating(rating_id=id)
    assert (left.comment, left.grade) == ("", 5)


def test_a_session_that_ended_is_refused(rating: RatingHere) -> None:
    ann = person()
    event = SessionEnded(session_id=ann.session, reason="SIGNED_OUT", tokens_end="2999-01-01T00:00:00Z")
    for _ in range(2):
        rating.hear("refuse_session", event, "s", 2)
    poll._once(rating.parts, rating.verifier, [], datetime.now(UTC) - timedelta(hours=1))
    with refused(grpc.StatusCode.UNAUTHENTICATED):
        rating.by(ann).ListRatings()
