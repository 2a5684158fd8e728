"""kill -9 of each kind of process under load: nothing acknowledged is lost, nothing happens twice, all of it comes back.

Zero lost in N acknowledged bounds the loss rate below 3/N at 95 %; each test prints its N.
"""

import time

import pytest

from loadtests.campaign import Campaign, Reckoning, until_true
from tests.resilience.conftest import named
from tests.resilience.rated import Rated

RATE = 50
SECONDS = 15
# Who is killed how often, and by which way the submits come.
VICTIMS = {
    "case-api": (3, "submit"),
    "case-worker": (3, "submit"),
    "case-store": (2, "submit"),
    "broker": (2, "submit"),
    "gateway": (2, "submit_http"),
}
BYSTANDERS = (
    "catalog-api",
    "catalog-store",
    "catalog-worker",
    "identity-api",
    "identity-store",
    "rating-api",
    "rating-worker",
    "rating-store",
    "intermediary-api",
    "intermediary-worker",
    "intermediary-store",
    "policy-api",
    "policy-worker",
    "policy-store",
    "message-api",
    "message-worker",
    "message-send",
    "message-store",
)


def _judge(name: str, reckoning: Reckoning, result: dict[str, object]) -> None:
    print(f"\n  kill -9 {name}: {reckoning} · worst p99 {result['p99']:.0f} ms")
    assert result["errors"] == {}
    assert reckoning.acknowledged == reckoning.submitted == RATE * SECONDS
    assert reckoning.found == reckoning.acknowledged
    assert reckoning.lost == 0
    assert reckoning.duplicated == 0


@pytest.mark.parametrize("name", VICTIMS)
def test_nothing_acknowledged_is_lost_or_doubled(campaign: Campaign, name: str) -> None:
    times, act = VICTIMS[name]
    load = campaign.start(act, RATE, SECONDS, retry=True)
    for number in range(times):
        time.sleep(2 + 0.37 * number)  # at unlike moments
        named(campaign, name).kill()
        named(campaign, name).restart()
    result = load.result(SECONDS + 150)
    _judge(name, campaign.reckon(load.ledger), result)
    every_arrival_counted_once(campaign)


def test_submits_go_on_while_other_services_are_killed(campaign: Campaign) -> None:
    """Case keeps a copy of the items and verifies tokens by itself: nobody else need be there. Who rates meanwhile is asked to wait, and
    what he was told is done is done."""
    load, rated = campaign.start("submit", RATE, SECONDS, retry=False), Rated(campaign)
    time.sleep(2)
    for name in BYSTANDERS:
        named(campaign, name).kill()
    result = load.result(SECONDS + 150)
    for name in BYSTANDERS:
        named(campaign, name).launch()
    rated.reckon()
    _judge("of identity, catalog, rating, intermediary and policy", campaign.reckon(load.ledger), result)


def test_everything_killed_at_once_comes_back(campaign: Campaign) -> None:
    """The stand-in for a power cut: all processes at the same moment, then all started again."""
    load, rated = campaign.start("submit", RATE, SECONDS, retry=True), Rated(campaign)
    time.sleep(4)
    daemons = campaign.suite.daemons()
    for daemon in daemons:
        daemon.kill()
    for daemon in daemons:
        daemon.launch()
    until_true(lambda: all(daemon.answers() for daemon in daemons), 90)
    result = load.result(SECONDS + 150)
    rated.reckon()
    _judge("of everything at once", campaign.reckon(load.ledger), result)
    every_arrival_counted_once(campaign)
    rated.numbers_agree()


def every_arrival_counted_once(campaign: Campaign) -> None:
    """What the handler of CaseSubmitted writes: one contribution a case, however often the event came."""
    database, total = campaign.cases.database, campaign.cases.estimated_document_count()

    def counted() -> bool:
        departments = [row for row in database["arrivals_totals"].find({}) if ":" not in row["_id"]]
        return sum(row.get("counts", {}).get("arrived", 0) for row in departments) == total

    until_true(lambda: database["arrivals"].estimated_document_count() == total, 90)
    until_true(counted, 180)  # at most 2 % of the time is spent counting, so a loaded machine is slow at it
