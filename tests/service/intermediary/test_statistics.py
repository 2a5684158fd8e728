"""The market's numbers as everybody sees them, and as they are counted."""

from datetime import datetime, timedelta
from typing import Any

import grpc
import pytest

from chassis import tally
from services.intermediary import recount
from standards.workdays import local_day
from tests.support.actors import REGION
from tests.support.calling import refused
from tests.support.market import MarketHere, now
from yiwang.intermediary.v1 import market_pb2

MARKET = "MarketService"
OTHER = "990122"
AUGUST = datetime.fromisoformat("2026-08-31T23:59:59+08:00")


@pytest.fixture(autouse=True)
def _marks_last_no_longer_than_they_must(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was counted is counted again only when it was marked again."""
    monkeypatch.setattr(tally, "MARK_SECONDS", 0.0)
    monkeypatch.setattr(tally, "CLEAN_AFTER", timedelta(0))


def numbers(market: MarketHere, county: str = REGION, month: str = "", last: str = "") -> market_pb2.Statistics:
    """The numbers of a month, after the worker came round until there was nothing to count."""
    while market.worker.procurements.counts.recount(market.worker.procurements):
        pass
    month = month or f"{local_day(now()):%Y-%m}"
    told: market_pb2.Statistics = market.by(None, service=MARKET).GetStatistics(
        county=county, from_month=month, to_month=last or month
    )
    return told


def of(counts: Any) -> dict[str, int]:
    return {one.kind: one.count for one in counts}


def submitted(market: MarketHere, id: str, at: datetime) -> None:
    """As if it had been submitted then."""
    market.procurements.collection.update_one({"_id": id}, {"$set": {"state.submitted_at": at}})
    market.procurements.counts.mark(market.state(id))


def sent_back(market: MarketHere, id: str) -> None:
    market.by(market.operator).ReviewProcurement(procurement_id=id, reason="请补充服务内容")


def test_the_numbers_are_those_of_the_procurements(market: MarketHere) -> None:
    agents = [market.agent() for _ in range(3)]
    id = market.publish()
    market.sign_up(id, *agents)
    market.freeze(id)
    market.select(id)
    market.award(id)
    market.freeze(market.publish())
    market.submit()
    told = numbers(market)
    assert (told.needs, told.completed, told.contracts_fen, told.saved_fen) == (3, 0, 0, 0)
    assert of(told.statuses) == {"AWARDED": 1, "ENDED": 1, "SUBMITTED": 1}
    assert of(told.modes) == {"DRAW": 3} and of(told.services) == {"建设项目环境影响评价": 3}
    assert of(told.ended) == {"NOBODY_SIGNED_UP": 1} and told.completion_formula
    assert [(one.name, one.count) for one in told.phases] == [
        ("提交→公告", 2),
        ("公告→报名截止", 2),
        ("报名截止→选取", 1),
        ("选取→中选通知", 1),
    ]
    assert of(told.agencies) == {"ACTIVE": 3}
    assert not numbers(market, OTHER).needs and not numbers(market, OTHER).agencies


def test_a_need_counts_in_the_month_in_china_it_was_submitted_in(market: MarketHere) -> None:
    id = market.submit().id
    submitted(market, id, AUGUST)
    assert (numbers(market, month="2026-08").needs, numbers(market, month="2026-09").needs) == (1, 0)
    submitted(market, id, AUGUST + timedelta(seconds=1))
    market.procurements.counts._marks.mark([f"{REGION}:2026-08"])
    assert (numbers(market, month="2026-08").needs, numbers(market, month="2026-09").needs) == (0, 1)
    assert numbers(market, month="2026-01", last="2026-12").needs == 1


def test_a_need_that_is_submitted_anew_leaves_the_month_it_was_in(market: MarketHere) -> None:
    id = market.submit().id
    submitted(market, id, AUGUST)
    sent_back(market, id)
    assert of(numbers(market, month="2026-08").statuses) == {"RETURNED": 1}
    market.submit(id=id)
    assert numbers(market, month="2026-08").needs == 0 and of(numbers(market).statuses) == {"SUBMITTED": 1}


def test_a_need_that_is_submitted_anew_elsewhere_leaves_the_county_it_was_in(market: MarketHere) -> None:
    id = market.submit().id
    sent_back(market, id)
    assert numbers(market).needs == 1
    market.submit(id=id, region=OTHER)
    assert (numbers(market).needs, numbers(market, OTHER).needs) == (0, 1)


def test_what_was_counted_is_counted_again_after_each_step_and_never_twice(market: MarketHere) -> None:
    id = market.submit().id
    for _ in range(2):
        assert of(numbers(market).statuses) == {"SUBMITTED": 1}
    market.by(market.operator).ReviewProcurement(procurement_id=id, approved=True)
    for _ in range(2):
        assert of(numbers(market).statuses) == {"OPEN": 1}


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("2026-13", "2026-12", "from_month"),
        ("2026-01", "0000-01", "to_month"),
        ("2026-02", "2026-01", "to_month"),
    ],
)
def test_a_month_that_is_none_is_told_by_its_field(market: MarketHere, first: str, last: str, field: str) -> None:
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as refusal:
        market.by(None, service=MARKET).GetStatistics(county=REGION, from_month=first, to_month=last)
    assert list(refusal.fields) == [field]


def test_a_recount_from_the_journals_says_which_month_is_wrong(
    market: MarketHere, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recount, "PAUSE", 0.0)
    market.publish()
    numbers(market)
    recount.main(market.parts, [])
    assert f"{REGION}: 1 months recounted from the journals, 0 faults" in capsys.readouterr().out
    bucket = {"_id": f"{REGION}:{local_day(now()):%Y-%m}"}
    market.database["market_months"].update_one(bucket, {"$set": {"counted.needs": 2}})
    with pytest.raises(SystemExit) as end:
        recount.main(market.parts, ["--county", REGION])
    assert end.value.code == 1 and f"{REGION}: counts of {bucket['_id'][7:]}: needs" in capsys.readouterr().out
    market.database["market_months"].delete_one(bucket)
    with pytest.raises(SystemExit):
        recount.main(market.parts, [])
    assert "needs" in capsys.readouterr().out
