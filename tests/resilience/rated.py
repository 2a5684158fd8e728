"""Ratings given and dealt with while things are killed: each acknowledged act is in its journal, once, and the numbers are those of the
journals."""

import json
from collections import Counter
from datetime import date
from typing import Any

from chassis.acts import Cause, now
from chassis.records import broken_at, record_id
from loadtests import world
from loadtests.campaign import Campaign, Load, until_true
from services.rating import inviting, model_giving, model_splits, store, store_results
from tests.support.rating_numbers import recount
from tests.support.rating_service import COUNTY, ITEM, closed

RATE, SECONDS = 10, 10
# What each method writes; the loop of a negative rating opens with it.
WRITES = {
    "GiveRating": "RatingGiven",
    "AssignRating": "RatingAssigned",
    "VerifyRating": "RatingVerified",
    "RectifyRating": "RatingRectified",
    "CallBackRating": "RaterCalledBack",
    "PublishRating": "RatingPublished",
    "CloseRating": "LoopClosed",
}


class Rated:
    """People who were asked how it was, and a load in which they say so."""

    def __init__(self, campaign: Campaign) -> None:
        self.database = world.database(campaign.suite.store("rating").uri, "rating")
        self.ratings = store.ratings(self.database)
        self.day = inviting.day_of(now())
        self.asked = [self._ask(campaign, number) for number in range(RATE * SECONDS)]
        self.load: Load = campaign.start("rate", RATE, SECONDS, retry=True, ratings=self.asked)

    def _ask(self, campaign: Campaign, number: int) -> dict[str, str]:
        department = number % world.DEPARTMENTS
        ended = closed(f"load-person-{number}", item=ITEM, department=world.department(department))
        served, person = inviting.served_of(ended, now())
        store.counties(self.database).know(served.region)
        id = record_id(f"rated/{ended.case_id}")
        cause = Cause(f"load/{id}", "system:rating")
        self.ratings.create(cause, lambda new: model_giving.open_invitation(new, served, person, None, now()), id)
        spec = campaign.spec
        return {"id": id, "rater": spec["tokens"][number], "department": spec["receivers"][department]}

    def reckon(self) -> None:
        """Waits for the load's end; nothing is lost, and nothing is there twice."""
        result = self.load.result(SECONDS + 150)
        lines = [json.loads(line) for line in self.load.ledger.read_text().splitlines()]
        acknowledged = {(line["rating"], line["method"]) for line in lines if "acknowledged" in line}
        documents = [self.ratings.collection.find_one({"_id": one["id"]}) or {} for one in self.asked]
        written = {one["_id"]: Counter(entry["type"] for entry in one["journal"]) for one in documents}
        lost = [act for act in acknowledged if not written[act[0]][WRITES[act[1]]]]
        print(
            f"\n  ratings: {len(acknowledged)} acts acknowledged, {len(lost)} lost · worst p99 {result['p99']:.0f} ms"
        )
        assert result["errors"] == {} and not lost
        assert len({id for id, _ in acknowledged}) == len(self.asked)
        assert all(count == 1 for types in written.values() for count in types.values()), "nothing twice"
        assert all(broken_at(one["journal"]) is None and not self.ratings.drift(one) for one in documents)

    def numbers_agree(self) -> None:
        """All is sent, and the day's numbers, those of earlier loads included, are what the journals say."""
        until_true(lambda: self.ratings.collection.find_one({"unsent": True}) is None, 60)
        until_true(lambda: self._counted() == self._journals(), 90, step=0.5)

    def _counted(self) -> dict[str, int]:
        day = date.fromisoformat(self.day)
        found = store_results.Counts(self.database).between(COUNTY, model_splits.WHOLE, day, day)
        return dict(found.split.rows.get("", {}))

    def _journals(self) -> dict[str, int]:
        rows: Any = self.ratings.collection.find({"state.county": COUNTY, "state.day": self.day}, {"journal": 1})
        return dict(recount(row["journal"] for row in rows))
