"""A service node rated in every way at one moment counts once; what was marked and never written, or written and never counted, is
found."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from chassis import tally, timers
from chassis.records import broken_at
from services.rating import store
from tests.support.actors import DEPARTMENT, REGION, machine, officer, person
from tests.support.calling import refused
from tests.support.rating_service import ITEM, RatingHere, closed
from tests.support.rating_windows import Hall
from yiwang.rating.v1 import records_pb2
from yiwang.rating.v1 import service_pb2 as pb

ENDS = {"RatingGiven", "RatingDefaulted"}


def ends(rating: RatingHere, id: str) -> list[dict[str, Any]]:
    document = rating.ratings.collection.find_one({"_id": id}) or {}
    assert broken_at(document["journal"]) is None and rating.ratings.drift(document) == []
    return [entry for entry in document["journal"] if entry["type"] in ENDS]


def at_once(*ways: Callable[[], Any]) -> list[str]:
    """All of them at one moment; what each is told."""
    barrier = threading.Barrier(len(ways))

    def go(way: Callable[[], Any]) -> str:
        barrier.wait()
        try:
            return str(way())
        except grpc.RpcError as error:
            return str(error.details())

    with ThreadPoolExecutor(len(ways)) as pool:
        return list(pool.map(go, ways))


def test_a_case_rated_in_every_way_and_lapsing_at_one_moment_counts_once(
    rating: RatingHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall, system = Hall(rating), machine()
    window = hall.window()
    tablet = hall.tablet(window)
    won: Counter[str] = Counter()
    for number in range(6):
        ann = person()
        case = closed(ann.id, department=DEPARTMENT, region=REGION)
        id, code = rating.close(case), hall.live(window, case_number=case.number)
        at = datetime.now(UTC).isoformat()
        row = records_pb2.ImportedRating(
            reference=f"row-{number}", channel=pb.RATING_CHANNEL_PHONE, grade=2, rated_at=at, case_number=case.number
        )
        monkeypatch.setattr(timers, "now", lambda: datetime.now(UTC) + timedelta(days=40))
        at_once(
            lambda ann=ann, id=id: rating.by(ann).GiveRating(rating_id=id, grade=5),
            lambda code=code: hall.by(None).RateAtWindow(code=code, grade=4),
            lambda at=at, case=case: hall.by(tablet).RateOnTablet(grade=3, at=at, case_number=case.number),
            lambda row=row: rating.by(system, service="RecordService").ImportRatings(system="12345", ratings=[row]),
            rating.worker.fire_timers,
        )
        found = ends(rating, id)
        assert len(found) == 1
        won[found[0]["type"]] += 1
    totals = rating.totals(pb.TOTAL_SCOPE_ITEM, ITEM)
    assert (totals.invited, totals.rated, totals.defaulted) == (6, won["RatingGiven"], won["RatingDefaulted"])
    assert totals.rated + totals.defaulted == 6


def test_two_supervisors_at_one_moment_make_one_move_after_the_other(rating: RatingHere) -> None:
    id = rating.given(person(), 1, anonymous=True).id
    chiefs = [rating.by(officer("supervise", id=f"chief-{n}"), service="LoopService") for n in range(3)]
    at_once(*(lambda chief=chief: chief.AssignRating(rating_id=id) for chief in chiefs))
    loop = rating.ratings.get(id).state.loop
    assert loop is not None and [said.what for said in loop.said] == ["LoopOpened", *["RatingAssigned"] * 3]


def _dies(*_: object) -> None:
    raise RuntimeError("the process ends here")


def test_who_is_killed_between_the_mark_and_the_write_is_counted_when_he_comes_again(
    rating: RatingHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = person()
    id = rating.close(closed(ann.id))
    with monkeypatch.context() as patch:
        patch.setattr(store.Records, "_write", _dies)
        with pytest.raises(grpc.RpcError):
            rating.by(ann).GiveRating(request_id="request-1", rating_id=id, grade=5)
    assert rating.totals(pb.TOTAL_SCOPE_ITEM, ITEM).rated == 0
    given = rating.by(ann).GiveRating(request_id="request-1", rating_id=id, grade=5)
    assert rating.by(ann).GiveRating(request_id="request-1", rating_id=id, grade=5) == given
    assert rating.totals(pb.TOTAL_SCOPE_ITEM, ITEM).rated == 1


def test_counts_that_were_lost_are_made_again_from_the_ratings(
    rating: RatingHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "MARK_SECONDS", 0.0)
    rating.given(person(), 5)
    assert rating.totals(pb.TOTAL_SCOPE_ITEM, ITEM).rated == 1
    for name in ("rating_days", "rating_counts"):
        rating.parts.database[name].delete_many({})
    rating.given(person(), 5)
    assert rating.totals(pb.TOTAL_SCOPE_ITEM, ITEM).rated == 2


def test_a_request_of_another_id_is_another_request(rating: RatingHere) -> None:
    ann = person()
    id = rating.close(closed(ann.id))
    rating.by(ann).GiveRating(request_id="request-1", rating_id=id, grade=5)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "RATED_ALREADY"):
        rating.by(ann).GiveRating(request_id="request-2", rating_id=id, grade=5)
    assert len(ends(rating, id)) == 1
