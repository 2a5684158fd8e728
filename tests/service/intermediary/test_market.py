"""The market's rules, and who meets whom too often."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import grpc
import pytest

from services.intermediary import api_market, model, store
from tests.support.actors import OTHER_DEPARTMENT, REGION, officer, person, supervisor
from tests.support.calling import refused
from tests.support.market import Agent, MarketHere, now
from yiwang.intermediary.v1 import market_pb2, service_pb2

MARKET = "MarketService"


def rules(**told: int) -> market_pb2.MarketRules:
    return market_pb2.MarketRules(**told)


def awarded(market: MarketHere, agents: Sequence[Agent], **told: Any) -> str:
    """A procurement that was awarded, by draw unless told otherwise; its id."""
    id = market.publish(**told)
    if agents:
        market.sign_up(id, *agents)
        market.freeze(id)
    market.select(id)
    assert market.award(id).status == model.AWARDED
    return id


def direct(market: MarketHere, by: Any, agency: Agent) -> str:
    mode = {
        "mode": service_pb2.MODE_DIRECT,
        "budget_fen": 1_000_000,
        "direct_uscc": agency.uscc,
        "direct_reason": "限额以下",
    }
    return awarded(market, [], by=by, **mode)


def as_if(market: MarketHere, id: str, **told: Any) -> None:
    """As if the record said this."""
    values = {f"state.{name}": value for name, value in told.items()}
    market.procurements.collection.update_one({"_id": id}, {"$set": values})


def shown(market: MarketHere) -> dict[str, list[str]]:
    found = market.by(market.supervisor, service=MARKET).ListConcentrations(county=REGION)
    return {one.uscc: list(one.patterns) for one in found.concentrations}


def test_rules_are_public_with_what_a_county_leaves_open(market: MarketHere) -> None:
    desk, public = market.by(market.supervisor, service=MARKET), market.by(None, service=MARKET)
    assert public.GetMarketRules(county="990122").candidates_least == 3
    told = desk.SaveMarketRules(county=REGION, rules=rules(rotation=2, signup_days=5), request_id="rules-once")
    again = desk.SaveMarketRules(county=REGION, rules=rules(rotation=2, signup_days=5), request_id="rules-once")
    assert (told.rotation, told.signup_days, told.contract_days, told.reveal_minutes) == (2, 5, 10, 0)
    assert public.GetMarketRules(county=REGION) == told == again
    anew = desk.SaveMarketRules(county=REGION, rules=rules(rating_days=4))
    assert (anew.version, anew.rotation, anew.rating_days) == (told.version + 1, 0, 4)


@pytest.mark.parametrize("region", ["990122", "990121101"])
def test_rules_are_a_supervisors_whose_region_has_the_county_in_it(market: MarketHere, region: str) -> None:
    before = market.by(None, service=MARKET).GetMarketRules(county=REGION)
    desk = market.by(replace(supervisor(), region=region), service=MARKET)
    with refused(grpc.StatusCode.PERMISSION_DENIED, "REGION_NOT_COVERED"):
        desk.SaveMarketRules(county=REGION, rules=rules(rotation=1))
    with refused(grpc.StatusCode.PERMISSION_DENIED):
        market.by(officer("market", department=OTHER_DEPARTMENT), service=MARKET).SaveMarketRules(
            county=REGION, rules=rules(rotation=1)
        )
    assert market.by(None, service=MARKET).GetMarketRules(county=REGION) == before
    city = market.by(replace(supervisor(), region="990100"), service=MARKET)
    assert city.SaveMarketRules(county=REGION, rules=rules(rotation=1)).rotation == 1


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *(("rotation", 11), ("contract_days", 121), ("credit_line", 121), ("candidates_least", 21)),
        *(("reveal_minutes", 10_081), ("direct_most_fen", -1), ("appeal_days", 61)),
    ],
)
def test_a_number_no_county_means_is_told_by_its_field(market: MarketHere, name: str, number: int) -> None:
    desk = market.by(market.supervisor, service=MARKET)
    before = desk.GetMarketRules(county=REGION)
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as refusal:
        desk.SaveMarketRules(county=REGION, rules=rules(**{name: number}))
    assert list(refusal.fields) == [f"rules.{name}"]
    assert desk.GetMarketRules(county=REGION) == before


def test_the_first_rules_of_a_county_stand_once(market: MarketHere) -> None:
    desk = market.by(replace(supervisor(), region="990122"), service=MARKET)
    for _ in range(2):
        told = desk.SaveMarketRules(county="990122", rules=rules(rotation=1), request_id="first-rules")
        assert (told.version, told.rotation) == (1, 1)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        desk.SaveMarketRules(county="990122", rules=rules(rotation=2), request_id="first-rules")


def test_of_those_who_state_the_first_rules_at_once_nobody_is_refused(market: MarketHere) -> None:
    def save(number: int) -> int:
        desk = market.by(replace(supervisor(), region="990100"), service=MARKET)
        told: market_pb2.MarketRules = desk.SaveMarketRules(county="990123", rules=rules(rating_days=number))
        return told.version

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(save, range(1, 7))) == [1, 2, 3, 4, 5, 6]


def test_who_loses_the_race_to_be_first_states_them_anew(market: MarketHere, monkeypatch: pytest.MonkeyPatch) -> None:
    found, asked = store.Records.find, list[str]()

    def blind_once(all: Any, query: Any) -> Any:
        asked.append(str(query))
        return None if len(asked) == 1 else found(all, query)

    desk = market.by(market.supervisor, service=MARKET)
    before = desk.GetMarketRules(county=REGION).version
    monkeypatch.setattr(store.Records, "find", blind_once)
    told = desk.SaveMarketRules(county=REGION, rules=rules(rotation=3))
    assert (told.version, told.rotation) == (before + 1, 3)


def test_a_supervisor_sees_who_meets_whom_too_often(market: MarketHere) -> None:
    one = market.agent()
    for _ in range(3):
        awarded(market, [one])
    found = market.by(market.supervisor, service=MARKET).ListConcentrations(county=REGION)
    assert [(row.uscc, row.awards, row.pair, row.share) for row in found.concentrations] == [(one.uscc, 3, 3, 10_000)]
    assert list(found.concentrations[0].patterns) == ["SHARE", "ALONE"] and "十二个月" in found.rule


def test_nobody_else_sees_it(market: MarketHere) -> None:
    with refused(grpc.StatusCode.PERMISSION_DENIED, "REGION_NOT_COVERED"):
        market.by(market.supervisor, service=MARKET).ListConcentrations(county="990122")
    for actor in (market.operator, market.procurer, market.owner, person(level=3), None):
        with refused() as refusal:
            market.by(actor, service=MARKET).ListConcentrations(county=REGION)
        assert refusal.code in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)


def test_the_same_others_who_lose_each_time_show(market: MarketHere, monkeypatch: pytest.MonkeyPatch) -> None:
    agents, another = [market.agent() for _ in range(3)], market.agent()
    ids = [awarded(market, agents) for _ in range(3)] + [awarded(market, [*agents[:2], another]) for _ in range(3)]
    won = agents[0]
    for id in ids:
        as_if(market, id, **{"winner.uscc": won.uscc, "winner.name": won.name})
    assert shown(market) == {won.uscc: ["SHARE", "RUNNERS_UP"]}
    as_if(market, ids[0], **{"winner.uscc": agents[1].uscc, "winner.name": agents[1].name})
    as_if(market, ids[3], **{"winner.uscc": agents[1].uscc, "winner.name": agents[1].name})
    assert shown(market) == {won.uscc: ["SHARE"]}
    # What a list says was worked out already, and it never changes.
    monkeypatch.setattr(api_market.store_frozen, "get", lambda *_: pytest.fail("the list was read again"))
    assert shown(market) == {won.uscc: ["SHARE"]}


def test_awards_count_from_their_own_day_for_twelve_months(market: MarketHere) -> None:
    one = market.agent()
    ids = [awarded(market, [one]) for _ in range(3)]
    for id in ids:
        as_if(market, id, opened_at=now() - timedelta(days=500), submitted_at=now() - timedelta(days=500))
    assert shown(market) == {one.uscc: ["SHARE", "ALONE"]}
    as_if(market, ids[0], awarded_at=now() - timedelta(days=367))
    assert shown(market) == {one.uscc: ["ALONE"]}
    for id in ids:
        as_if(market, id, awarded_at=datetime(2020, 1, 1))  # noqa: DTZ001 (as stores have instants)
    assert shown(market) == {}


def test_an_award_that_was_given_up_is_none(market: MarketHere) -> None:
    one = market.agent()
    ids = [awarded(market, [one]) for _ in range(2)]
    assert shown(market) == {one.uscc: ["ALONE"]}
    market.by(one.actor).GiveUpAward(procurement_id=ids[0], reason="人员不足")
    assert shown(market) == {}


def test_a_person_who_is_the_owner_is_not_named(market: MarketHere) -> None:
    one, owner = market.agent(), person(level=3)
    for _ in range(2):
        direct(market, owner, one)
    (found,) = market.by(market.supervisor, service=MARKET).ListConcentrations(county=REGION).concentrations
    assert (found.owner, found.owner_name, found.direct, list(found.patterns)) == ("", "个人业主", 2, ["DIRECT"])
    assert owner.id not in str(found)


def test_statuses_have_words() -> None:
    for status in service_pb2.ProcurementStatus.values():
        assert status == 0 or model.STATUSES[status]
