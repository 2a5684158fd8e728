"""kill -9 of the worker while hundreds of ends are due: each happens, and happens once."""

import time
from collections import Counter
from datetime import timedelta

from chassis.acts import Cause, now
from loadtests.bench import newest_cases
from loadtests.campaign import Campaign, until_true
from services.case import store
from tests.resilience.conftest import named
from yiwang.case.v1 import events_pb2 as events

DUE, KILLS, SECONDS = 300, 3, 60
COUNTY = "990121"


def test_ends_that_are_due_while_the_worker_is_killed_happen_once_each(campaign: Campaign) -> None:
    campaign.load("submit", 100, DUE / 100)
    ids = [id for id, _ in newest_cases(campaign, DUE)["by_person"]]
    cases, worker = store.cases(campaign.cases.database), named(campaign, "case-worker")
    due = (now() + timedelta(seconds=3)).isoformat()
    for id in ids:
        cause = Cause("story/due", "system:case")
        moved = events.DeadlinesRecalculated(case_id=id, calendar="story", accept_due=due)
        cases.change(id, cause, lambda _, moved=moved: moved)  # type: ignore[misc]

    def fired() -> int:
        rows = cases.collection.find(
            {"state.county": COUNTY, "state.accept_due": {"$gt": now() - timedelta(minutes=5)}}
        )
        return sum(row["_id"] in set(ids) and row["state"]["deemed"] for row in rows)

    seen = []
    for number in range(KILLS):
        until_true(lambda least=30 + 90 * number: fired() >= least, SECONDS, step=0.02)  # type: ignore[misc]
        worker.kill()
        seen.append(fired())
        worker.restart()
    began = time.monotonic()
    until_true(lambda: fired() == DUE, SECONDS)
    until_true(lambda: campaign.cases.find_one({"unsent": True}) is None, SECONDS)
    journals = {id: [entry["type"] for entry in cases.get(id).journal] for id in ids}
    assert all(Counter(types)["CaseAccepted"] == 1 for types in journals.values()), "once"
    findings = campaign.cases.database["findings"]

    def found() -> Counter[str]:
        return Counter(row["state"]["case_id"] for row in findings.find({"state.case_id": {"$in": ids}}))

    until_true(lambda: len(found()) == DUE, SECONDS)
    assert set(found().values()) == {1}, "one finding for each, however often it was heard"
    print(
        f"\n  {DUE} ends due, killed after {seen}: all {DUE} once, the last {time.monotonic() - began:.1f} s after the start"
    )
