"""Totals that no order and no repeat falsifies, in this process and through the broker."""

import itertools
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import grpc
import pytest

from services.rating import store
from standards.workdays import SHANGHAI
from tests.support.actors import person
from tests.support.broking import outgoing, send
from tests.support.calling import refused
from tests.support.rating_service import DEPARTMENT, ITEM, OTHER_ITEM, RatingHere, closed
from tests.support.serving import MASTER
from tests.support.waiting import wait_until
from yiwang.rating.v1 import service_pb2 as pb

NOW = datetime.now(SHANGHAI).isoformat()
ROOT = Path(__file__).resolve().parents[3]


def some_ratings(rating: RatingHere) -> None:
    """Five cases of one item and one of another: four rated, two not."""
    for grade, item in ((5, ITEM), (5, ITEM), (3, ITEM), (0, ITEM), (0, ITEM), (1, OTHER_ITEM)):
        one = person()
        id = rating.close(closed(one.id, item=item), NOW)
        if grade:
            rating.by(one).GiveRating(rating_id=id, grade=grade)


def as_counted(totals: pb.Totals) -> tuple[int, ...]:
    return (
        totals.invited,
        totals.rated,
        totals.very_satisfied,
        totals.satisfied,
        totals.fairly_satisfied,
        totals.dissatisfied,
        totals.very_dissatisfied,
    )


@pytest.mark.parametrize("order", ["as they come", "reversed", "twice", "reversed twice", "alternating"])
def test_totals_are_the_same_in_any_order_and_however_often(rating: RatingHere, order: str) -> None:
    heard = [closed(person().id, item=item) for item in (ITEM,) * 5 + (OTHER_ITEM,)]
    told = list(heard)
    if "reversed" in order:
        told.reverse()
    if "twice" in order:
        told *= 2
    if order == "alternating":
        told = list(itertools.chain.from_iterable(zip(told, reversed(told), strict=True)))
    for event in told:
        rating.close(event)
    for event, grade in zip(heard, (5, 5, 3, 0, 0, 1), strict=True):
        if grade:
            id = store.rating_id(rating.keyring, event.case_id, pb.SERVICE_NODE_CLOSE)
            rating.by(person(event.applicant_id)).GiveRating(rating_id=id, grade=grade)
            rating.close(event)
    assert as_counted(rating.totals(pb.TOTAL_SCOPE_ITEM, ITEM)) == (5, 3, 2, 0, 1, 0, 0)
    assert as_counted(rating.totals(pb.TOTAL_SCOPE_ITEM, OTHER_ITEM)) == (1, 1, 0, 0, 0, 0, 1)
    assert as_counted(rating.totals(pb.TOTAL_SCOPE_DEPARTMENT, DEPARTMENT)) == (6, 4, 2, 0, 1, 0, 1)
    assert as_counted(rating.totals(pb.TOTAL_SCOPE_COUNTY, "990121")) == (6, 4, 2, 0, 1, 0, 1)


def test_totals_of_days_count_the_day_the_service_ended(rating: RatingHere) -> None:
    some_ratings(rating)
    today = datetime.now(SHANGHAI).date()
    past, coming = (today - timedelta(days=1)).isoformat(), (today + timedelta(days=1)).isoformat()
    scope, id = pb.TOTAL_SCOPE_COUNTY, "990121"
    assert rating.totals(scope, id, from_day=past, to_day=coming).invited == 6
    assert rating.totals(scope, id, from_day=today.isoformat(), to_day=today.isoformat()).invited == 6
    assert rating.totals(scope, id, to_day=past).invited == 0
    assert rating.totals(scope, id, from_day=coming).invited == 0


def test_totals_of_what_nobody_rated_are_nothing(rating: RatingHere) -> None:
    some_ratings(rating)
    for scope, id in ((pb.TOTAL_SCOPE_COUNTY, "9901"), (pb.TOTAL_SCOPE_ITEM, DEPARTMENT), (pb.TOTAL_SCOPE_ITEM, "x")):
        assert as_counted(rating.totals(scope, id)) == (0,) * 7
    with refused(grpc.StatusCode.INVALID_ARGUMENT):
        rating.by(None).GetTotals(scope=pb.TOTAL_SCOPE_ITEM, id=ITEM, from_day="yesterday")


def test_a_closed_case_reaches_the_totals_through_the_broker(
    rating: RatingHere, mongodb_uri: str, amqp_uri: str
) -> None:
    environment = os.environ | {
        "MONGODB_URI": mongodb_uri,
        "AMQP_URI": amqp_uri,
        "MASTER_KEY": MASTER,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
    }
    ann = person()
    event = closed(ann.id)
    send(amqp_uri, *[outgoing(event, event.case_id, 6)] * 2)
    command = [sys.executable, "-m", "services.rating", "worker"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        citizen, everyone = rating.by(ann), rating.by(None)
        wait_until(lambda: list(citizen.ListRatings().ratings), "the invitation", 40)
        id = store.rating_id(rating.keyring, event.case_id, pb.SERVICE_NODE_CLOSE)
        citizen.GiveRating(rating_id=id, grade=pb.GRADE_VERY_SATISFIED)

        def counted() -> bool:
            totals = everyone.GetTotals(scope=pb.TOTAL_SCOPE_ITEM, id=ITEM)
            return as_counted(totals) == (1, 1, 1, 0, 0, 0, 0)

        wait_until(counted, "the totals", 20)
    finally:
        process.terminate()
        process.wait(30)
