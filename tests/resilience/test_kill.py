"""kill -9 of each process under load: nothing acknowledged is lost, nothing happens twice, and all of it comes back by itself.

Zero lost in N acknowledged bounds the loss rate below 3/N at 95 %; each test prints its N.
"""

import time

import pytest

from loadtests.campaign import Campaign, Load, Reckoning, until_true

RATE = 50
SECONDS = 20
VICTIMS = {
    "case-api": 3,
    "case-worker": 3,
    "case-store": 2,
    "broker": 2,
}


def _named(campaign: Campaign, name: str) -> object:
    return next(daemon for daemon in campaign.suite.daemons() if daemon.name == name)


def _kill_under_load(campaign: Campaign, name: str, load: Load) -> None:
    """Kills and starts again, as often as the table says, at unlike moments of the load."""
    victim = _named(campaign, name)
    for number in range(VICTIMS[name]):
        time.sleep(2 + 0.37 * number)
        victim.kill()  # type: ignore[attr-defined]
        victim.restart()  # type: ignore[attr-defined]
    load.result(SECONDS + 150)


def _judge(campaign: Campaign, name: str, reckoning: Reckoning) -> None:
    print(f"\n{name}: {reckoning}")
    assert reckoning.acknowledged == reckoning.submitted == RATE * SECONDS
    assert reckoning.found == reckoning.acknowledged
    assert reckoning.lost == 0
    assert reckoning.duplicated == 0


@pytest.mark.parametrize("name", VICTIMS)
def test_nothing_acknowledged_is_lost_or_doubled(campaign: Campaign, name: str) -> None:
    load = campaign.start("submit", RATE, SECONDS, retry=True)
    _kill_under_load(campaign, name, load)
    _judge(campaign, name, campaign.reckon(load.ledger))
    _every_arrival_counted_once(campaign)


def _every_arrival_counted_once(campaign: Campaign) -> None:
    """What the handler of CaseSubmitted writes: one contribution a case, however often the event came."""
    database = campaign.cases.database
    total = campaign.cases.estimated_document_count()
    until_true(lambda: database["arrivals"].estimated_document_count() == total, 60)

    def counted() -> bool:
        return sum(row["counts"].get("arrived", 0) for row in database["arrivals_totals"].find({}) if "counts" in row) == total

    until_true(counted, 60)
