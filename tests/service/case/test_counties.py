"""What a county sets for itself: which ways in are open, and how many applications a minute it takes."""

import itertools
from collections.abc import Iterable

import grpc
import pytest

from chassis import quota
from chassis.acts import now
from tests.support.actors import REGION, delegate, person
from tests.support.calling import As, refused
from tests.support.case_service import PRECONDITION, Db, hear
from tests.support.items import publish, simple
from tests.support.serving import Here
from yiwang.case.v1 import service_pb2 as pb
from yiwang.identity.v1.events_pb2 import CountySaved

ALL = ("web", "mobile", "window", "kiosk", "agent", "bank")
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED


def saved(case_api: Here, seq: int, channels: Iterable[str] = ALL, quota: int = 0, region: str = REGION) -> None:
    """As if the county had saved its settings; case's api hears of it by its poll."""
    event = CountySaved(region=region, channels=channels, submits_per_minute=quota)
    hear(case_api, "keep_county", event, f"county-{region}", seq)
    case_api.poll()


WAYS = [
    ("web", pb.CHANNEL_WEB),
    ("web", pb.CHANNEL_UNSPECIFIED),
    ("web", pb.CHANNEL_API),
    ("mobile", pb.CHANNEL_MOBILE),
]
WAYS += [("window", pb.CHANNEL_WINDOW), ("kiosk", pb.CHANNEL_KIOSK)]


@pytest.mark.parametrize(("switch", "channel"), WAYS)
def test_a_way_in_that_the_county_closed_is_refused_and_the_others_stay_open(
    case_api: Here, citizen: As, plain_item: str, database: Db, switch: str, channel: pb.Channel
) -> None:
    saved(case_api, 1, [one for one in ALL if one != switch])
    with refused(PRECONDITION, "CHANNEL_CLOSED"):
        citizen.SubmitCase(item_id=plain_item, channel=channel)
    assert database["cases"].find_one({}) is None
    other = pb.CHANNEL_WINDOW if switch != "window" else pb.CHANNEL_WEB
    assert citizen.SubmitCase(item_id=plain_item, channel=other).channel == other
    saved(case_api, 2)
    assert citizen.SubmitCase(item_id=plain_item, channel=channel).channel == channel


@pytest.mark.parametrize(("switch", "kind"), [("agent", "helper"), ("bank", "bank")])
def test_helpers_and_banks_have_switches_of_their_own_whatever_they_say(
    case_api: Here, plain_item: str, switch: str, kind: str
) -> None:
    saved(case_api, 1, [one for one in ALL if one != switch])
    with refused(PRECONDITION, "CHANNEL_CLOSED"):
        case_api.by(delegate(person(), kind)).SubmitCase(item_id=plain_item, channel=pb.CHANNEL_WEB)
    assert case_api.by(delegate(person(), "person")).SubmitCase(item_id=plain_item, channel=pb.CHANNEL_WEB).id


def test_a_county_that_has_said_nothing_has_every_way_open(citizen: As, plain_item: str) -> None:
    for _, channel in WAYS:
        assert citizen.SubmitCase(item_id=plain_item, channel=channel).id


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))))
def test_the_newest_settings_hold_however_often_and_in_whatever_order_they_are_heard(
    case_api: Here, citizen: As, plain_item: str, order: tuple[int, ...]
) -> None:
    for seq in (*order, *order):
        saved(case_api, seq, ALL if seq == 3 else (), quota=0 if seq == 3 else 1)
    for _ in range(3):
        assert citizen.SubmitCase(item_id=plain_item, channel=pb.CHANNEL_WEB).id


def test_a_county_takes_so_many_applications_a_minute_and_another_county_is_not_held_up(
    case_api: Here, citizen: As, plain_item: str, database: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    instant = now()
    monkeypatch.setattr("services.case.store_counties.now", lambda: instant)
    saved(case_api, 1, quota=2)
    township = publish(database, simple(region=f"{REGION}101"))
    first = citizen.SubmitCase(item_id=plain_item, request_id="the-first-request")
    citizen.SubmitCase(item_id=township)
    for item in (plain_item, township):
        with refused(EXHAUSTED, "QUOTA_EXHAUSTED"):
            citizen.SubmitCase(item_id=item)
    again = citizen.SubmitCase(item_id=plain_item, request_id="the-first-request")
    assert again.id == first.id, "what was taken is answered again"
    assert citizen.SubmitCase(item_id=publish(database, simple(region="990122"))).id
    assert len(list(database["cases"].find({}, {"_id": 1}))) == 3


def test_bad_input_takes_nothing_of_the_quota(case_api: Here, citizen: As, plain_item: str, database: Db) -> None:
    saved(case_api, 1, quota=1)
    with refused():
        citizen.SubmitCase(item_id=plain_item, form={"passport": "x"})
    assert database[quota.COLLECTION].find_one({}) is None
    assert citizen.SubmitCase(item_id=plain_item).id


def test_without_a_bound_nothing_is_counted(case_api: Here, citizen: As, plain_item: str, database: Db) -> None:
    saved(case_api, 1)
    citizen.SubmitCase(item_id=plain_item)
    assert database[quota.COLLECTION].find_one({}) is None
