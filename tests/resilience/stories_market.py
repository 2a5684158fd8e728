"""Short stories of the intermediary supermarket: agencies enter; one award is performed to its archive and its result goes to the case, one
is broken off, one is given up, one is drawn and goes on to the next of the order. Each costs or earns credit: an event heard late or twice
must do so once, and cost whom it was the fault of."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

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
from yiwang.intermediary.v1 import agencies_pb2, market_pb2
from yiwang.intermediary.v1 import service_pb2 as pb

# A county where nothing is waited for.
RULES = market_pb2.MarketRules(direct_most_fen=5_000_000)
AMOUNT, REASON = 900_000, "与约定不符，请更正"
# Long enough for a slow machine to sign three agencies up.
SIGNUP_SECONDS = 6
# What all of it costs and earns.
MARKS = Counter(COMPLETED_IN_TIME=2, GOOD_RATING=2, GAVE_UP=2, RETURNED_TWICE=1, BROKEN_OFF=1, FALSE_STATEMENT=1)


class Agency(NamedTuple):
    """An agency, and its handler."""

    id: str
    code: str
    actor: Actor


def agency(number: int) -> Agency:
    """One of the story's."""
    code, name = uscc(999_000 + number), f"story-market-agency-{number}"
    acting = Acting(f"person:story-market-handler-{number}", "李经办", "handler")
    actor = Actor(name, PERSON, level=3, session=name, acting=acting, holder=holder(name, code))
    return Agency(agency_id(code), code, actor)


class Market:
    """The supermarket of the county, its agencies, and an owner with cases."""

    def __init__(self, suite: Suite, key: OKPKey) -> None:
        self.suite, self.place = suite, Place(suite, key)
        self.credits = world.database(suite.store("intermediary").uri, "intermediary")["credits"]
        self.owner = Actor("story-market-owner", PERSON, level=3, session="story-market-owner")
        self.operator, self.supervisor = self.officer("market"), self.officer("supervise")
        self.agencies = [agency(number) for number in (1, 2, 3)]
        self.first = self.agencies[0]

    def officer(self, role: str) -> Actor:
        name = f"story-market-{role}"
        return Actor(name, OFFICER, frozenset({role}), "11990121MB0000077X", REGION, 0, name)

    def to(self, actor: Actor, service: str) -> As:
        """A service of the supermarket as this actor calls it."""
        return self.place.by(actor, service, "intermediary")

    def file(self, actor: Actor) -> str:
        """A file the actor uploads."""
        return str(self.to(actor, "AgencyService").UploadMarketFile(filename="a.pdf", content=PDF).file_id)

    def at(self, id: str) -> pb.Procurement:
        """A procurement as everybody sees it."""
        found: pb.Procurement = self.to(self.owner, "ProcurementService").GetProcurement(procurement_id=id)
        return found

    def reaches(self, id: str, status: int) -> None:
        until(lambda: self.at(id).status == status)

    def marks(self) -> Counter[str]:
        """The marks of the story's agencies so far, by rule."""
        ids = {one.id for one in self.agencies}
        rows = self.credits.find({}, {"state.agency_id": 1, "state.rule": 1})
        return Counter(row["state"]["rule"] for row in rows if row["state"]["agency_id"] in ids)


def live_in(suite: Suite, key: OKPKey) -> None:
    """Every story, one after the other."""
    market = Market(suite, key)
    market.to(market.supervisor, "MarketService").SaveMarketRules(county=REGION, rules=RULES)
    for one in market.agencies:
        entered(market, one)
    for story in (found_out, performed, broken_off, given_up, drawn):
        story(market)
    blacklisted(market)
    # Late enough to be counted.
    until(lambda: market.marks() == MARKS)


def entered(market: Market, one: Agency) -> None:
    """An agency enters, is looked at and admitted."""
    agency, operator = (market.to(actor, "AgencyService") for actor in (one.actor, market.operator))
    told = {"uscc": one.code, "name": "故事检测公司", "region": REGION, "profile": profile(services=[SERVICE])}
    proof = qualification(market.file(one.actor))
    entry = agency.EnterAgency(**told, qualifications=[proof])
    approved = {"qualification_id": entry.qualifications[0].id, "decision": 2}
    operator.ReviewQualification(agency_id=entry.id, **approved)
    operator.ReviewAgency(agency_id=entry.id, approved=True)
    until(lambda: agency.GetMyAgency().admitted_at)


def found_out(market: Market) -> None:
    """Another qualification of the first is approved, and revoked: what it stated was false."""
    agency, operator = (market.to(actor, "AgencyService") for actor in (market.first.actor, market.operator))
    proof = qualification(market.file(market.first.actor))
    added = agency.AddQualification(qualification=proof).qualifications[-1].id
    told = {"agency_id": market.first.id, "qualification_id": added}
    operator.ReviewQualification(**told, decision=2)
    operator.ReviewQualification(**told, decision=4, reason="证书系伪造", false_statement=True)


def blacklisted(market: Market) -> None:
    """Another agency is on the black list until it is over; listed again, it appeals, and another supervisor takes it off."""
    one = agency(4)
    entered(market, one)
    chief, own = (market.to(actor, "AgencyService") for actor in (market.supervisor, one.actor))
    listing = {"agency_id": one.id, "months": 1, "reason": "围标串标"}
    chief.BlacklistAgency(**listing)
    past = now() - timedelta(seconds=1)
    agencies = world.database(market.suite.store("intermediary").uri, "intermediary")["agencies"]
    agencies.update_one({"_id": one.id}, {"$set": {"state.due": past}})
    until(lambda: own.GetMyAgency().standing == agencies_pb2.AGENCY_STANDING_ACTIVE)
    chief.BlacklistAgency(**listing)
    own.AppealBlacklisting(text="处理过重，请复核")
    other = market.to(replace(market.supervisor, id="story-market-other-supervisor"), "AgencyService")
    other.DecideBlacklistAppeal(agency_id=one.id, overturned=True, reason="情节轻微")


def published(market: Market, **told: Any) -> tuple[str, str]:
    """A case whose procurement has its notice; the ids of both."""
    case, id = market.place.linked(market.owner, market.owner)
    said = {"title": "某场所卫生检测", "description": "按规范检测并出具报告", "service": SERVICE, "region": REGION}
    need = pb.Need(**said, budget_fen=1_000_000, **told)
    owner, operator = (market.to(one, "ProcurementService") for one in (market.owner, market.operator))
    # The operator wants it put right once.
    for approved in ({"approved": False, "reason": REASON}, {"approved": True}):
        owner.SubmitProcurement(procurement_id=id, owner_name="故事人", need=need)
        operator.ReviewProcurement(procurement_id=id, **approved)
    return case, id


def awarded(market: Market) -> tuple[str, str]:
    """A case whose procurement was awarded to the first agency directly; the ids of both."""
    directly = {"direct_uscc": market.first.code, "direct_reason": "限额以下，业主自行选取"}
    case, id = published(market, mode=pb.MODE_DIRECT, **directly)
    market.reaches(id, pb.PROCUREMENT_STATUS_AWARDED)
    return case, id


def contracted(market: Market, id: str, one: Agency) -> tuple[As, As]:
    """Its contract stands; both sides' ways in."""
    owner, agency = (market.to(actor, "PerformanceService") for actor in (market.owner, one.actor))
    today = local_day(now())
    contract: dict[str, Any] = {
        "amount_fen": AMOUNT,
        "signed_on": str(today),
        "milestones": [{"name": "出具报告", "due": str(today + timedelta(days=30)), "share": 10_000}],
        "file_ids": [market.file(one.actor)],
    }
    agency.FileContract(procurement_id=id, **contract)
    owner.ConfirmContract(procurement_id=id)
    return owner, agency


def perform(market: Market, case: str, id: str, one: Agency, returns: int) -> None:
    """Reported, delivered, sent back so often, confirmed, rated by both; the case has the result."""
    owner, agency = contracted(market, id, one)
    agency.ReportMilestone(procurement_id=id, number=1)
    owner.AnswerMilestone(procurement_id=id, number=1, confirmed=True)
    for left in range(returns, -1, -1):
        agency.Deliver(procurement_id=id, file_ids=[market.file(one.actor)])
        if left:
            owner.ReturnDeliverable(procurement_id=id, reason=REASON)
    owner.ConfirmDeliverable(procurement_id=id)
    until(partial(market.place.known, market.owner, case, cases.INTERMEDIARY_STATUS_DELIVERED))
    agency.RatePartner(procurement_id=id, grade=4)
    owner.RatePartner(procurement_id=id, grade=5, text="很好")
    market.reaches(id, pb.PROCUREMENT_STATUS_ARCHIVED)


def performed(market: Market) -> None:
    """Performed, though it was sent back twice."""
    perform(market, *awarded(market), market.first, 2)


def broken_off(market: Market) -> None:
    """The owner asks for its end, the supervisor finds the agency at fault; the case may ask anew."""
    case, id = awarded(market)
    owner, _ = contracted(market, id, market.first)
    owner.AskBreakOff(procurement_id=id, reason="迟迟不开展服务")
    chief = market.to(market.supervisor, "PerformanceService")
    chief.DecideBreakOff(procurement_id=id, ended=True, fault="agency", reason="机构未按约定服务")
    until(partial(market.place.known, market.owner, case, cases.INTERMEDIARY_STATUS_ENDED))


def given_up(market: Market) -> None:
    """The agency gives its award up, and nobody is left."""
    case, id = awarded(market)
    market.to(market.first.actor, "ProcurementService").GiveUpAward(procurement_id=id, reason="人员不足")
    until(partial(market.place.known, market.owner, case, cases.INTERMEDIARY_STATUS_ENDED))


def drawn(market: Market) -> None:
    """All sign up, the clock freezes and draws; the winner gives up, and the next of the order performs."""
    closes = now() + timedelta(seconds=SIGNUP_SECONDS)
    times = {"signup_end": closes.isoformat(), "selection_at": (closes + timedelta(seconds=1)).isoformat()}
    case, id = published(market, mode=pb.MODE_DRAW, **times)
    for one in market.agencies:
        market.to(one.actor, "SignUpService").SignUp(procurement_id=id)
    market.reaches(id, pb.PROCUREMENT_STATUS_AWARDED)
    loser = winner(market, id)
    market.to(loser.actor, "ProcurementService").GiveUpAward(procurement_id=id, reason="人员不足")
    market.reaches(id, pb.PROCUREMENT_STATUS_AWARDED)
    following = winner(market, id)
    assert following != loser
    perform(market, case, id, following, 0)


def winner(market: Market, id: str) -> Agency:
    """Who has the award now."""
    code = market.at(id).winner.uscc
    return next(one for one in market.agencies if one.code == code)
