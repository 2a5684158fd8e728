"""What journeys of the supermarket begin with, through the JSON API: a county where nothing is waited for, agencies that have entered,
evaluators of the pool, needs whose notice is published."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from playwright.sync_api import Page, expect

from deploy.local import county
from deploy.local.suite import Suite
from tests.journey.applying import Client, signed_in
from tests.journey.conftest import Visitor, until
from tests.support.files import pdf

REGION = "990121"
OPERATOR, SUPERVISOR, PROCURER = "zc-701", "jd-802", "cg-601"
SERVICE = "水资源论证报告编制"
KIND = "water_resources"
AT_ONCE = {"contractDays": 5, "ratingDays": 5, "directMostFen": "5000000", "candidatesLeast": 1, "proposalsLeast": 1}
TITLES = {"DRAW": "随机抽取", "PRICE": "竞价选取", "CHOICE": "择优选取"}
_MARKET = "intermediary.v1."


class Agency(NamedTuple):
    """An agency in the market: its handler at the API, and how he signs in at a browser."""

    uscc: str
    name: str
    organization: str
    client: Client
    phone: str
    password: str


_OPENED: dict[str, "Market"] = {}


def opened(suite: Suite, accounts: dict[str, Any]) -> "Market":
    """The supermarket of a suite, opened once for all journeys."""
    if suite.gateway_url not in _OPENED:
        market = _OPENED[suite.gateway_url] = Market(suite.gateway_url, accounts)
        market.open()
    return _OPENED[suite.gateway_url]


@dataclass
class Market:
    """The supermarket of the demonstration county."""

    url: str
    accounts: dict[str, Any]
    agencies: list[Agency] = field(default_factory=list)

    def officer(self, number: str) -> Client:
        """An officer at the API."""
        return signed_in(self.url, number, self.accounts["officers"][number]["password"])

    def open(self) -> None:
        """A county where nothing is waited for, and the agencies of the demonstration county in it."""
        content = json.loads((county.SAMPLE / "people.json").read_text())
        persons = {one["idNumber"]: one for one in content["people"]}
        self.officer(SUPERVISOR).act(
            f"{_MARKET}MarketService/SaveMarketRules", county=REGION, rules={"county": REGION, **AT_ONCE}
        )
        for one in content["organizations"][:-1]:
            self.agencies.append(self._enter(one, persons[one["representative"]]))
        operator = self.officer(OPERATOR)
        for one in self.agencies:
            self._review(operator, one)
        for one in self.agencies:
            until(lambda one=one: _mine(one)["standing"] == "AGENCY_STANDING_ACTIVE")

    def acting(self, person: dict[str, Any], uscc: str) -> tuple[Client, str]:
        """The handler of an organisation at the API, and the organisation's id."""
        own = signed_in(self.url, person["phone"], person["password"])
        listed = own.call("identity.v1.OrganizationService/ListMyOrganizations")["organizations"]
        id = str(next(one["id"] for one in listed if one["uscc"] == uscc))
        session = own.act("identity.v1.OrganizationService/ActForOrganization", organizationId=id)
        return Client(self.url, session["accessToken"]), id

    def _enter(self, one: dict[str, Any], person: dict[str, Any]) -> Agency:
        client, id = self.acting(person, one["uscc"])
        stated = {
            "kind": KIND, "grade": "乙级", "certificateNumber": f"ZS-{one['uscc'][-6:]}", "validFrom": "2024-01-01",
            "fileId": upload(client, "证书.pdf"),
        }  # fmt: skip
        profile = {
            "address": one["address"], "legalName": person["name"], "legalNumber": person["idNumber"], "services": [SERVICE],
            "promise": "按期完成，按价收费。", "contactName": person["name"], "contact": "0990-0000101",
        }  # fmt: skip
        client.act(
            f"{_MARKET}AgencyService/EnterAgency", uscc=one["uscc"], name=one["name"], region=REGION, profile=profile,
            qualifications=[stated],
        )  # fmt: skip
        return Agency(one["uscc"], one["name"], id, client, person["phone"], person["password"])

    def _review(self, operator: Client, one: Agency) -> None:
        found = _mine(one)
        operator.act(
            f"{_MARKET}AgencyService/ReviewQualification", agencyId=found["id"], qualificationId=found["qualifications"][0]["id"],
            decision="QUALIFICATION_STATUS_APPROVED",
        )  # fmt: skip
        operator.act(f"{_MARKET}AgencyService/ReviewAgency", agencyId=found["id"], approved=True)

    def publish(self, mode: str, closes: float, selects: float, **more: Any) -> dict[str, Any]:
        """A need of the procuring department, approved: sign-up ends after so many seconds, the selection comes after so many."""
        start = datetime.now(UTC)
        need = {
            "title": f"示范河取水水资源论证（{TITLES[mode]}）", "description": "编制水资源论证报告书并配合评审", "service": SERVICE,
            "region": REGION, "budgetFen": "30000000", "mode": f"MODE_{mode}",
            "requirement": {"qualifications": [{"kind": KIND, "grade": "乙级"}]},
            "signupEnd": _text(start + timedelta(seconds=closes)), "selectionAt": _text(start + timedelta(seconds=selects)),
        }  # fmt: skip
        one = self.officer(PROCURER).act(
            f"{_MARKET}ProcurementService/SubmitProcurement", ownerName="示范县水务局", need=need | more
        )
        return self.officer(OPERATOR).act(
            f"{_MARKET}ProcurementService/ReviewProcurement", procurementId=one["id"], approved=True
        )

    def handler(self, visitor: Visitor, one: Agency) -> Page:
        """Signs the handler of an agency in at a browser; he acts for it."""
        visitor.sign_in(one.phone, one.password)
        page = visitor.go(f"/account/organizations/{one.organization}")
        page.get_by_role("button", name="以企业身份办事").click()
        expect(page.get_by_text(f"您正在代 {one.name} 办理")).to_be_visible()
        return page

    def status(self, id: str) -> str:
        """How far it is, as everybody may know."""
        one = Client(self.url).call(f"{_MARKET}ProcurementService/GetProcurement", procurementId=id)
        return str(one["status"]).removeprefix("PROCUREMENT_STATUS_")


def upload(client: Client, name: str) -> str:
    """A file for a record that takes it; its id."""
    content = base64.b64encode(pdf(b"1 0 obj<</Type/Catalog>>endobj")).decode()
    return str(client.act(f"{_MARKET}AgencyService/UploadMarketFile", filename=name, content=content)["fileId"])


def sign_up(one: Agency, procurement: str, **more: str) -> None:
    """Signs an agency up."""
    one.client.act(f"{_MARKET}SignUpService/SignUp", procurementId=procurement, **more)


def sealed(one: Agency, procurement: str, value: int, nonce: str) -> str:
    """The commitment to a bid."""
    return hashlib.sha256(f"{procurement}|{one.uscc}|{value}|{nonce}".encode()).hexdigest()


def _mine(one: Agency) -> dict[str, Any]:
    return one.client.call(f"{_MARKET}AgencyService/GetMyAgency")


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
