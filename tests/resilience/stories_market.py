"""Short stories of the intermediary supermarket: an agency enters; one award is performed to its archive and its result goes to the case,
one is broken off, one is given up. Each costs or earns credit: an event heard late or twice must do so once."""

from datetime import timedelta
from functools import partial
from typing import Any

from joserfc.jwk import OKPKey

from chassis.acts import OFFICER, PERSON, Acting, Actor, holder, now
from deploy.local.suite import Suite
from loadtests import world
from services.intermediary.store_agencies import agency_id
from standards.workdays import local_day
from tests.resilience.stories_case_intermediary import REGION, SERVICE, Place
from tests.resilience.town import until
from tests.support.agencies import profile, qualification, uscc
from tests.support.calling import As
from tests.support.items import PDF
from yiwang.case.v1 import service_pb2 as cases
from yiwang.intermediary.v1 import market_pb2
from yiwang.intermediary.v1 import service_pb2 as pb

# A county where nothing is waited for.
RULES = market_pb2.MarketRules(direct_most_fen=5_000_000)
AMOUNT, REASON = 900_000, "与约定不符，请更正"


class Market:
    """The supermarket of the county, its agency, and an owner with cases."""

    def __init__(self, suite: Suite, key: OKPKey) -> None:
        self.place = Place(suite, key)
        self.credits = world.database(suite.store("intermediary").uri, "intermediary")["credits"]
        self.owner = Actor("story-market-owner", PERSON, level=3, session="story-market-owner")
        self.operator, self.supervisor = self.officer("market"), self.officer("supervise")
        self.code = uscc(999_001)
        id = "story-market-agency"
        acting = Acting("person:story-market-handler", "李经办", "handler")
        self.agency = Actor(id, PERSON, level=3, session=id, acting=acting, holder=holder(id, self.code))
        self.id = agency_id(self.code)

    def officer(self, role: str) -> Actor:
        name = f"story-market-{role}"
        return Actor(name, OFFICER, frozenset({role}), "11990121MB0000077X", REGION, 0, name)

    def to(self, actor: Actor, service: str) -> As:
        """A service of the supermarket as this actor calls it."""
        return self.place.by(actor, service, "intermediary")

    def file(self, actor: Actor) -> str:
        """A file the actor uploads."""
        return str(self.to(actor, "AgencyService").UploadMarketFile(filename="a.pdf", content=PDF).file_id)

    def status(self, id: str) -> int:
        """How far a procurement is."""
        found: pb.Procurement = self.to(self.owner, "ProcurementService").GetProcurement(procurement_id=id)
        return found.status

    def reaches(self, id: str, status: int) -> None:
        until(lambda: self.status(id) == status)


def live_in(suite: Suite, key: OKPKey) -> None:
    """Every story, one after the other."""
    market = Market(suite, key)
    entered(market)
    for story in (performed, broken_off, given_up):
        story(market)
    # Late enough to be counted: performed in time, liked, broken off by its fault, given up.
    until(lambda: len(list(market.credits.find({"state.agency_id": market.id}, {"_id": 1}))) == 4)


def entered(market: Market) -> None:
    """The county states its rules; an agency enters, is looked at and admitted."""
    market.to(market.supervisor, "MarketService").SaveMarketRules(county=REGION, rules=RULES)
    agency, operator = (market.to(one, "AgencyService") for one in (market.agency, market.operator))
    told = {"uscc": market.code, "name": "故事检测公司", "region": REGION, "profile": profile(services=[SERVICE])}
    proof = qualification(market.file(market.agency))
    entry = agency.EnterAgency(**told, qualifications=[proof])
    approved = {"qualification_id": entry.qualifications[0].id, "decision": 2}
    operator.ReviewQualification(agency_id=entry.id, **approved)
    operator.ReviewAgency(agency_id=entry.id, approved=True)
    until(lambda: agency.GetMyAgency().admitted_at)


def awarded(market: Market) -> tuple[str, str]:
    """A case whose procurement was awarded to the agency directly; the ids of both."""
    case, id = market.place.linked(market.owner, market.owner)
    need = pb.Need(
        title="某场所卫生检测",
        description="按规范检测并出具报告",
        service=SERVICE,
        region=REGION,
        budget_fen=1_000_000,
        mode=pb.MODE_DIRECT,
        direct_uscc=market.code,
        direct_reason="限额以下，业主自行选取",
    )
    owner, operator = (market.to(one, "ProcurementService") for one in (market.owner, market.operator))
    owner.SubmitProcurement(procurement_id=id, owner_name="故事人", need=need)
    operator.ReviewProcurement(procurement_id=id, approved=True)
    market.reaches(id, pb.PROCUREMENT_STATUS_AWARDED)
    return case, id


def contracted(market: Market) -> tuple[str, str, As, As]:
    """Its contract stands; the ids, and both sides' ways in."""
    case, id = awarded(market)
    owner, agency = (market.to(one, "PerformanceService") for one in (market.owner, market.agency))
    today = local_day(now())
    contract: dict[str, Any] = {
        "amount_fen": AMOUNT,
        "signed_on": str(today),
        "milestones": [{"name": "出具报告", "due": str(today + timedelta(days=30)), "share": 10_000}],
        "file_ids": [market.file(market.agency)],
    }
    agency.FileContract(procurement_id=id, **contract)
    owner.ConfirmContract(procurement_id=id)
    return case, id, owner, agency


def performed(market: Market) -> None:
    """Reported, delivered, sent back, delivered again, confirmed, rated by both; the case has the result."""
    case, id, owner, agency = contracted(market)
    agency.ReportMilestone(procurement_id=id, number=1)
    owner.AnswerMilestone(procurement_id=id, number=1, confirmed=True)
    for again in (True, False):
        agency.Deliver(procurement_id=id, file_ids=[market.file(market.agency)])
        if again:
            owner.ReturnDeliverable(procurement_id=id, reason=REASON)
    owner.ConfirmDeliverable(procurement_id=id)
    until(partial(market.place.known, market.owner, case, cases.INTERMEDIARY_STATUS_DELIVERED))
    agency.RatePartner(procurement_id=id, grade=4)
    owner.RatePartner(procurement_id=id, grade=5, text="很好")
    market.reaches(id, pb.PROCUREMENT_STATUS_ARCHIVED)


def broken_off(market: Market) -> None:
    """The owner asks for its end, the supervisor finds the agency at fault; the case may ask anew."""
    case, id, owner, _ = contracted(market)
    owner.AskBreakOff(procurement_id=id, reason="迟迟不开展服务")
    chief = market.to(market.supervisor, "PerformanceService")
    chief.DecideBreakOff(procurement_id=id, ended=True, fault="agency", reason="机构未按约定服务")
    until(partial(market.place.known, market.owner, case, cases.INTERMEDIARY_STATUS_ENDED))


def given_up(market: Market) -> None:
    """The agency gives its award up, and nobody is left."""
    case, id = awarded(market)
    market.to(market.agency, "ProcurementService").GiveUpAward(procurement_id=id, reason="人员不足")
    until(partial(market.place.known, market.owner, case, cases.INTERMEDIARY_STATUS_ENDED))
