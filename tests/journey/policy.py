"""What journeys about policies begin with, through the JSON API: the officers who give money, compute, review and approve."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Page, expect
from pymongo import MongoClient

from deploy.local.suite import Suite
from tests.journey.applying import Client, signed_in
from tests.journey.conftest import Visitor, until

POLICY = "policy.v1."
REGION = "990121"
WRITER, REVIEWER, SECOND = "jx-501", "jx-503", "jx-504"
TREASURER, APPROVER = "cz-601", "cz-602"


@dataclass(frozen=True)
class Treasury:
    """The policies of the demonstration county, and who handles their money."""

    suite: Suite
    accounts: dict[str, Any]

    def officer(self, number: str) -> Client:
        """An officer at the API."""
        return signed_in(self.suite.gateway_url, number, self.accounts["officers"][number]["password"])

    def item(self, title: str) -> str:
        """The id of an open item."""
        found = Client(self.suite.gateway_url).call(f"{POLICY}PayoutItemService/ListPayoutItems", words=title)["items"]
        return str(next(one["itemId"] for one in found if one["definition"]["title"] == title))

    def budget(self, item: str, period: str, fen: int) -> None:
        """Gives an item's period money."""
        self.officer(TREASURER).act(
            f"{POLICY}MoneyService/SetBudget",
            itemId=item,
            period=period,
            totalFen=str(fen),
            document="示财预〔2026〕1号",
        )

    def computing(self, item: str) -> str:
        """Has the list of an item computed; its id. That takes a while: the whole base is walked through."""
        return str(self.officer(REVIEWER).act(f"{POLICY}RollService/ComputeRoll", itemId=item)["rollId"])

    def publish(self, roll: str) -> None:
        """A second officer makes a computed list public."""
        reviewer = self.officer(SECOND)
        until(lambda: self.roll_status(reviewer, roll) == "COMPUTED", 180)
        reviewer.act(f"{POLICY}RollService/ReviewRoll", rollId=roll, approved=True)
        until(lambda: self.roll_status(reviewer, roll) == "PUBLISHED", 30)

    def roll_status(self, client: Client, id: str) -> str:
        """How far a list is."""
        found = client.call(f"{POLICY}RollService/GetRoll", rollId=id)
        return str(found["status"]).removeprefix("ROLL_STATUS_")

    def days_pass(self, roll: str) -> None:
        """The working days a list is public for are over: nobody waits a week for a test, so its end is moved to now."""
        with MongoClient[dict[str, Any]](self.suite.store("policy").uri) as client:
            rolls = client.get_default_database()["rolls"]
            assert rolls.update_one({"_id": roll}, {"$set": {"state.due": datetime.now(UTC)}}).matched_count == 1

    def claim_of(self, uscc: str, item: str) -> dict[str, Any] | None:
        """The claim of an enterprise for an item of the reviewers' department."""
        found = self.officer(REVIEWER).call(f"{POLICY}ClaimService/ListClaimDesk", itemId=item).get("claims", [])
        return next((one for one in found if one["uscc"] == uscc), None)

    def claim_status(self, client: Client, id: str) -> str:
        """How far a claim is."""
        found = client.call(f"{POLICY}ClaimService/GetClaim", claimId=id)
        return str(found["status"]).removeprefix("CLAIM_STATUS_")

    def handler(self, visitor: Visitor, uscc: str, person: dict[str, Any]) -> Page:
        """Signs a handler in at a browser; he acts for the enterprise."""
        own = signed_in(self.suite.gateway_url, person["phone"], person["password"])
        listed = own.call("identity.v1.OrganizationService/ListMyOrganizations")["organizations"]
        id = next(one["id"] for one in listed if one["uscc"] == uscc)
        visitor.sign_in(person["phone"], person["password"])
        page = visitor.go(f"/account/organizations/{id}")
        page.get_by_role("button", name="以企业身份办事").click()
        expect(page.get_by_text("您正在代")).to_be_visible()
        return page
