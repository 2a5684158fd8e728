"""Broker or store away, at start or for a minute later: processes wait, say so, and come back by themselves."""

import time

import pytest

from loadtests.campaign import Campaign, until_true
from tests.resilience.conftest import named
from tests.resilience.test_kill import every_arrival_counted_once

MINUTE = 60


def test_submits_work_for_a_minute_without_the_broker(campaign: Campaign) -> None:
    load = campaign.start("submit", 20, MINUTE + 5, retry=False)
    time.sleep(2)
    campaign.suite.broker.kill()
    time.sleep(MINUTE)
    campaign.suite.broker.restart()
    result = load.result(MINUTE + 100)
    back = time.monotonic()
    reckoning = campaign.reckon(load.ledger)
    print(
        f"\n  broker away 60 s: {reckoning} · p99 {result['p99']:.0f} ms · backlog sent in {time.monotonic() - back:.1f} s"
    )
    assert result["errors"] == {}
    assert reckoning.acknowledged == reckoning.submitted == reckoning.found
    assert (reckoning.lost, reckoning.duplicated) == (0, 0)
    every_arrival_counted_once(campaign)


@pytest.mark.parametrize("how", ["frozen", "killed"])
def test_a_store_away_refuses_in_time_and_comes_back(campaign: Campaign, how: str) -> None:
    """Calls fail within their deadline and are never acknowledged falsely; the same requests succeed afterwards."""
    store = named(campaign, "case-store")
    away = MINUTE if how == "frozen" else 15
    load = campaign.start("submit", 5, away + 10, retry=True)
    time.sleep(3)
    store.pause() if how == "frozen" else store.kill()
    until_true(lambda: not campaign.suite.process("case", "api").answers(), 30)
    time.sleep(away)
    store.resume() if how == "frozen" else store.restart()
    back = time.monotonic()
    until_true(lambda: campaign.suite.process("case", "api").answers(), 30)
    recovered = time.monotonic() - back
    result = load.result(away + 200)
    reckoning = campaign.reckon(load.ledger)
    print(f"\n  store {how} {away} s: {reckoning} · serving again after {recovered:.1f} s")
    assert result["errors"] == {}
    assert reckoning.acknowledged == reckoning.submitted == reckoning.found
    assert (reckoning.lost, reckoning.duplicated) == (0, 0)


def test_processes_started_before_store_and_broker_wait_for_them(campaign: Campaign) -> None:
    api, worker = campaign.suite.process("case", "api"), campaign.suite.process("case", "worker")
    store, broker = named(campaign, "case-store"), campaign.suite.broker
    for daemon in (api, worker, store, broker):
        daemon.stop()
    api.launch()
    worker.launch()
    time.sleep(8)
    assert api.alive and worker.alive, "a process that finds no store must wait, not end"
    assert not api.answers() and not worker.answers()
    assert "waiting_for_store" in api.tail()
    store.restart()
    until_true(api.answers, 30)
    until_true(lambda: "waiting_for_broker" in worker.tail(), 30)
    broker.restart()
    until_true(worker.answers, 60)
    load = campaign.start("submit", 20, 3)
    assert load.result(60)["errors"] == {}
    every_arrival_counted_once(campaign)
