"""The market's rules, what may be procured, its numbers and its odd patterns."""

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc
import pytest

from services.intermediary import model, store_services
from tests.support.actors import REGION, supervisor
from tests.support.calling import refused
from tests.support.market import MarketHere, now
from yiwang.catalog.v1 import events_pb2 as catalog_events
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.intermediary.v1 import market_pb2, service_pb2

MARKET = "MarketService"


def definition(**told: Any) -> catalog.ItemDefinition:
    said = {
        "code": "000118001000",
        "name": "取水许可",
        "region": "990121",
        "department": catalog.Department(code="11990121MB0000001K", name="水务局"),
        "intermediary_services": ["建设项目水资源论证报告编制"],
    }
    return catalog.ItemDefinition(**said | told)


def published(**told: Any) -> catalog_events.ItemPublished:
    return catalog_events.ItemPublished(item_id="item", edition=1, definition=definition(**told))


def selected(market: MarketHere, agents: list[Any]) -> str:
    id = market.publish()
    market.sign_up(id, *agents)
    market.freeze(id)
    market.select(id)
    market.award(id)
    return id


EVENTS = {
    1: ("keep_item", published()),
    2: ("suspend_item", catalog_events.ItemSuspended(item_id="item", reason="x")),
    3: ("resume_item", catalog_events.ItemResumed(item_id="item", edition=1)),
    4: ("withdraw_item", catalog_events.ItemWithdrawn(item_id="item", reason="x")),
}


@pytest.mark.parametrize("last", [1, 2, 3, 4])
def test_items_are_as_their_newest_event_says_in_whatever_order_they_are_heard(market: MarketHere, last: int) -> None:
    for order in itertools.permutations(range(1, last + 1)):
        market.database["item_services"].delete_many({})
        for seq in (*order, *order):
            name, event = EVENTS[seq]
            market.hear(name, event, "item", seq)
        there = last in (1, 3)
        assert store_services.listed(market.database, "000118001000") == (
            ["建设项目水资源论证报告编制"] if there else None
        ), order
        assert bool(store_services.all(market.database)) == there


def test_a_need_names_a_service_the_item_lists(market: MarketHere) -> None:
    market.hear("keep_item", published(), "item", 1)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "SERVICE_NOT_LISTED") as refusal:
        market.submit(item_code="000118001000")
    assert list(refusal.fields) == ["need.service"]
    assert market.submit(item_code="000118001000", service="建设项目水资源论证报告编制").id
    listed = market.by(None, service=MARKET).ListServices(region="990121101", words="水资源").services
    assert [(one.item_code, one.service) for one in listed] == [("000118001000", "建设项目水资源论证报告编制")]
    assert not market.by(None, service=MARKET).ListServices(region="990122").services


def test_rules_are_public_with_what_a_county_leaves_open(market: MarketHere) -> None:
    desk, public = market.by(market.supervisor, service=MARKET), market.by(None, service=MARKET)
    assert public.GetMarketRules(county="990122").candidates_least == 3
    with refused(grpc.StatusCode.PERMISSION_DENIED, "REGION_NOT_COVERED"):
        desk.SaveMarketRules(county="990122", rules=market_pb2.MarketRules(rotation=1))
    told = desk.SaveMarketRules(
        county="990121", rules=market_pb2.MarketRules(rotation=2, signup_days=5), request_id="rules-once"
    )
    again = desk.SaveMarketRules(
        county="990121", rules=market_pb2.MarketRules(rotation=2, signup_days=5), request_id="rules-once"
    )
    assert (told.rotation, told.signup_days, told.contract_days, told.reveal_minutes) == (2, 5, 10, 0)
    assert public.GetMarketRules(county="990121") == told == again


def test_the_first_rules_of_a_county_stand_once(market: MarketHere) -> None:
    desk = market.by(replace(supervisor(), region="990122"), service=MARKET)
    for _ in range(2):
        told = desk.SaveMarketRules(county="990122", rules=market_pb2.MarketRules(rotation=1), request_id="first-rules")
        assert (told.version, told.rotation) == (1, 1)


def test_the_numbers_are_those_of_the_procurements(market: MarketHere) -> None:
    agents = [market.agent() for _ in range(3)]
    selected(market, agents)
    market.freeze(market.publish())
    market.submit()
    market.worker.count_market()
    month = f"{now() + timedelta(hours=8):%Y-%m}"
    told = market.by(None, service=MARKET).GetStatistics(county=REGION, from_month=month, to_month=month)
    assert told.needs == 3 and told.completed == 0
    assert {one.kind: one.count for one in told.statuses} == {"AWARDED": 1, "ENDED": 1, "SUBMITTED": 1}
    assert {one.kind: one.count for one in told.ended} == {"NOBODY_SIGNED_UP": 1}
    assert [(one.name, one.count) for one in told.phases][:2] == [("提交→公告", 2), ("公告→报名截止", 2)]
    assert {one.kind: one.count for one in told.agencies} == {"正常": 3} and told.completion_formula
    assert not market.by(None, service=MARKET).GetStatistics(county="990122", from_month=month, to_month=month).needs


@pytest.mark.parametrize(
    ("first", "last", "field"), [("2026-13", "2026-12", "from_month"), ("2026-02", "2026-01", "to_month")]
)
def test_a_month_that_is_none_is_told_by_its_field(market: MarketHere, first: str, last: str, field: str) -> None:
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as refusal:
        market.by(None, service=MARKET).GetStatistics(county=REGION, from_month=first, to_month=last)
    assert list(refusal.fields) == [field]


def test_a_supervisor_sees_who_meets_whom_too_often(market: MarketHere) -> None:
    one = market.agent()
    for _ in range(3):
        selected(market, [one])
    found = market.by(market.supervisor, service=MARKET).ListConcentrations(county=REGION)
    assert [(row.uscc, row.awards, row.pair, row.share) for row in found.concentrations] == [(one.uscc, 3, 3, 10_000)]
    assert list(found.concentrations[0].patterns) == ["SHARE", "ALONE"] and "十二个月" in found.rule
    with refused(grpc.StatusCode.PERMISSION_DENIED, "REGION_NOT_COVERED"):
        market.by(market.supervisor, service=MARKET).ListConcentrations(county="990122")


def test_statuses_have_words(market: MarketHere) -> None:
    for status in service_pb2.ProcurementStatus.values():
        assert status == 0 or model.STATUSES[status]
