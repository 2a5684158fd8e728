"""The courier: a parcel is ordered once, its way is told, and nothing of the person is anywhere but in the order."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.answers import Fault
from chassis.outside import Away
from services.case import couriers
from services.case.couriers import COLLECTED, DELIVERED, IN_TRANSIT, RETURNED, Recipient, Scan
from tests.fakes.courier import Courier
from tests.fakes.program import running

TO = Recipient("王小明", "13900000001", "示范县人民路1号")


@pytest.fixture
def courier() -> Iterator[Courier]:
    with running(Courier()) as courier:
        yield courier


def dispatch(courier: Courier, id: str = "parcel-1") -> str:
    return couriers.dispatch(courier.url, id, "990121260701ABCDEFG", "示范县市场监督管理局", TO)


def test_a_parcel_is_ordered_once_however_often_it_is_asked_for(courier: Courier) -> None:
    number = dispatch(courier)
    assert (number, dispatch(courier), dispatch(courier, "parcel-2")) == ("SF000000000001", number, "SF000000000002")
    assert courier.of("PARCEL")[0] == {
        "id": "parcel-1",
        "case_number": "990121260701ABCDEFG",
        "sender": "示范县市场监督管理局",
        "recipient": {"name": "王小明", "phone": "13900000001", "address": "示范县人民路1号"},
    }


def test_the_way_of_a_parcel_is_told_oldest_first(courier: Courier) -> None:
    number = dispatch(courier)
    assert couriers.track(courier.url, "parcel-1", number) == []
    courier.move("parcel-1", DELIVERED, "2026-07-03T10:00:00+08:00", "")
    courier.move("parcel-1", COLLECTED, "2026-07-02T08:00:00+08:00", "示范县")
    courier.move("parcel-1", IN_TRANSIT, "2026-07-02T12:00:00Z", "省会")
    assert couriers.track(courier.url, "parcel-1", number) == [
        Scan(datetime(2026, 7, 2, 0, tzinfo=UTC), COLLECTED, "示范县"),
        Scan(datetime(2026, 7, 2, 12, tzinfo=UTC), IN_TRANSIT, "省会"),
        Scan(datetime(2026, 7, 3, 2, tzinfo=UTC), DELIVERED, ""),
    ]
    courier.move("parcel-1", RETURNED, "2026-07-09T10:00:00+08:00")
    assert couriers.track(courier.url, "parcel-1", number)[-1].status == RETURNED
    assert {tuple(body) for body in courier.of("TRACK")} == {("number",)}


@pytest.mark.parametrize(
    "said",
    [
        400,
        b"",
        {"id": "parcel-2", "number": "SF1234"},
        {"id": "parcel-1"},
        {"id": "parcel-1", "number": "SF 1234"},
        {"id": "parcel-1", "number": "单号"},
        {"id": "parcel-1", "number": f"SF{TO.phone}"},
    ],
)
def test_a_number_that_is_none_or_tells_of_the_person_is_a_fault(courier: Courier, said: Any) -> None:
    courier.script("PARCEL", said)
    with pytest.raises(Fault) as caught:
        dispatch(courier)
    assert TO.phone not in str(caught.value)


SCAN = {"at": "2026-07-02T08:00:00Z", "status": "DELIVERED", "place": "示范县"}


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "parcel-2"},
        {"number": "SF2"},
        {"scans": None},
        {"scans": [1]},
        {"scans": [SCAN] * 201},
        {"scans": [{**SCAN, "status": "签收"}]},
        {"scans": [{**SCAN, "at": "2026-07-02"}]},
        {"scans": [{**SCAN, "place": "长" * 101}]},
    ],
)
def test_a_way_of_another_parcel_or_of_unknown_steps_is_a_fault(courier: Courier, changed: dict[str, Any]) -> None:
    said = {"id": "parcel-1", "number": "SF1234", "scans": [SCAN]}
    courier.script("TRACK", {**said, **changed}, said)
    with pytest.raises(Fault):
        couriers.track(courier.url, "parcel-1", "SF1234")
    assert len(couriers.track(courier.url, "parcel-1", "SF1234")) == 1


def test_a_courier_that_is_away_is_no_answer(courier: Courier) -> None:
    courier.script("PARCEL", 500)
    courier.script("TRACK", 404)
    with pytest.raises(Away, match="HTTP 500"):
        dispatch(courier)
    with pytest.raises(Away, match="HTTP 404"):
        couriers.track(courier.url, "parcel-1", "SF1234")


def test_a_recipient_shows_nothing_of_himself_in_a_trace_back() -> None:
    assert repr(TO) == "Recipient()"
