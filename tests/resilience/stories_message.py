"""Short stories of what people and officers are told: each of these events is a notice. Heard late or twice it must tell nobody anew; what
the law has told and did not arrive is a finding, and read by its recipient a proof, once each."""

from datetime import timedelta
from functools import partial
from typing import Any

import grpc
from joserfc.jwk import OKPKey

from chassis import tokens
from chassis.acts import OFFICER, PERSON, Actor, now
from deploy.local.suite import Suite
from loadtests import world
from services.case.store_items import Items
from tests.resilience.stories_policy import Desk
from tests.resilience.town import until
from tests.support.actors import officer
from tests.support.calling import As
from tests.support.serving import contract_of
from yiwang.case.v1 import fulfilment_pb2 as fulfilment
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.catalog.v1.service_pb2 import Fee, Handling
from yiwang.message.v1 import service_pb2 as messages
from yiwang.policy.v1 import appeals_pb2, claims_pb2, items_pb2
from yiwang.rating.v1 import service_pb2 as rating

CODE, REGION = 330, "990121"
MINUTES = 24 * 60


class Place:
    """An item whose cases go every way there is something to tell of, and who calls about them."""

    def __init__(self, suite: Suite, key: OKPKey) -> None:
        self._key = key
        names = ("case", "rating", "message", "intermediary")
        self._channels = {name: grpc.insecure_channel(suite.address(name)) for name in names}
        self.notices = world.database(suite.store("message").uri, "message")["notices"]
        self.cases = world.database(suite.store("case").uri, "case")
        self.item, definition = world.item(CODE)
        definition.handling.CopyFrom(Handling(pre_review=True))
        definition.fees.append(Fee(name="工本费", standard="按面积"))
        definition.special_procedures.append(catalog.SpecialProcedure(kind=catalog.PROCEDURE_KIND_APPRAISAL))
        Items(self.cases).keep(self.item, 1, 1, definition)
        self.department = definition.department.code

    def by(self, actor: Actor, contract: str = "CaseService", service: str = "case") -> As:
        """A contract as this actor calls it."""
        return As(self._channels[service], contract_of(service, contract), None, tokens.mint(self._key, actor))

    def officer(self, *roles: str) -> Actor:
        name = f"story-told-{'-'.join(roles)}"
        return Actor(name, OFFICER, frozenset(roles), self.department, REGION, 0, name)

    def citizen(self, name: str) -> Actor:
        return Actor(f"story-told-{name}", PERSON, level=1, session=f"story-told-{name}")

    def desk(self, role: str, contract: str = "CaseService") -> As:
        """The desk of a role."""
        return self.by(self.officer(role), contract)

    def submitted(self, name: str, **told: Any) -> tuple[Actor, str]:
        """Somebody's application; who and its id."""
        who = self.citizen(name)
        return who, self.by(who).SubmitCase(item_id=self.item, form=world.FORM, **told).id

    def reviewed(self, name: str) -> tuple[Actor, str]:
        """The same, accepted and reviewed."""
        who, case = self.submitted(name)
        self.desk("receive").AcceptCase(case_id=case)
        self.desk("review").PassReviewStep(case_id=case, opinion="好")
        return who, case

    def notice(self, case: str, template: str) -> Any:
        """What was told of a case by a template; None while nothing was."""
        found = self.notices.find({"state.subject_id": case}, {"state.template": 1, "state.channel": 1})
        return next((row for row in found if row["state"]["template"] == template), None)


def live_in(suite: Suite, key: OKPKey) -> None:
    """Every story, one after the other."""
    place = Place(suite, key)
    for story in (pre_reviewed, held_up, charged_and_cancelled, read, answered):
        story(place)
    policies = Desk(suite, key)
    appealed(policies)
    claimed(policies)


def awake(place: Place) -> None:
    """No night in the county, and the digests of the day went out some minutes ago: what is sent is sent now, or not while this runs."""
    local = now() + timedelta(hours=8)
    just_now = (local.hour * 60 + local.minute - 5) % MINUTES
    rules = messages.MessageRules(region=REGION, digest_at=just_now)
    place.by(place.officer("administer"), "RuleService", "message").SaveMessageRules(rules=rules)


def pre_reviewed(place: Place) -> None:
    """One application is not good enough before it is handed in; another is, and is handed in."""
    _, rejected = place.submitted("rejected", pre_review=True)
    desk = place.desk("receive", "PreReviewService")
    desk.RejectPreReview(case_id=rejected, reason="请写明地址")
    who, passed = place.submitted("passed", pre_review=True)
    desk.PassPreReview(case_id=passed)
    place.by(who, "PreReviewService").HandInCase(case_id=passed)


def held_up(place: Place) -> None:
    """A special procedure, another department's opinion and more time, all of which people are told."""
    _, case = place.submitted("held-up")
    place.desk("receive").AcceptCase(case_id=case)
    desk = place.desk("review", "ProcedureService")
    until_day = (now() + timedelta(days=20)).isoformat()
    told = {"kind": catalog.PROCEDURE_KIND_APPRAISAL, "expected_until": until_day, "notice": "需要鉴定"}
    desk.StartSpecialProcedure(case_id=case, **told)
    desk.EndSpecialProcedure(case_id=case, number=1, outcome="鉴定完成")
    other = "11990121MB0000002H"
    desk.RequestOpinion(case_id=case, department=other, department_name="某局", question="是否同意", days=3)
    desk.ProposeExtension(case_id=case, days=5, reason="情况复杂")
    place.desk("decide", "ProcedureService").ApproveExtension(case_id=case, reason="同意")


def charged_and_cancelled(place: Place) -> None:
    """A fee is set; a result is handed over, and cancelled later."""
    _, case = place.reviewed("charged")
    fees = [fulfilment.FeeAmount(name="工本费", amount=1000)]
    place.desk("review", "FulfilmentService").SetFees(case_id=case, fees=fees)
    _, case = place.reviewed("delivered")
    place.desk("review", "FulfilmentService").SetFees(case_id=case, fees=[fulfilment.FeeAmount(name="工本费")])
    place.desk("decide").DecideCase(case_id=case, granted=True)
    place.desk("issue").IssueResult(case_id=case, result_number="M1")
    place.desk("issue", "FulfilmentService").DeliverResult(case_id=case, taker="本人")
    place.desk("issue").CloseCase(case_id=case)
    place.desk("issue").CancelResult(case_id=case, reason="申请人申请注销")


def read(place: Place) -> None:
    """Nobody can be sent it: a finding. Its recipient opens it all the same: a proof."""
    who, case = place.submitted("reader")
    place.desk("receive").RequestCorrection(case_id=case, notice="请补正地址")
    until(lambda: (found := place.notice(case, "case.correction")) and found["state"]["channel"] == 0)
    id = place.notice(case, "case.correction")["_id"]
    # As if he had not opened it for a day.
    place.notices.update_one({"_id": id}, {"$set": {"state.due": now() - timedelta(seconds=1)}})
    until(partial(place.cases["findings"].find_one, {"state.case_id": case, "state.rule": "J13"}))
    place.by(who, "MessageService", "message").ReadNotice(notice_id=id)
    until(lambda: kept(place, case))


def kept(place: Place, case: str) -> bool:
    """Whether the case has the proof."""
    journal = place.cases["cases"].find_one({"_id": case})["journal"]
    return any(entry["type"] == "NoticeProofKept" for entry in journal)


def answered(place: Place) -> None:
    """A negative rating goes to its department, and its answer to the public."""
    who, case = place.submitted("rater")
    place.desk("receive").RefuseCase(case_id=case, reason="不符合条件")
    rater = place.by(who, "RatingService", "rating")

    def asked() -> list[rating.Rating]:
        return list(rater.ListRatings(case_id=case, open_only=True).ratings)

    until(asked)
    id = asked()[0].id
    rater.GiveRating(rating_id=id, grade=rating.GRADE_VERY_DISSATISFIED, comment="太慢")
    supervisor, desk = (place.by(place.officer(role), "LoopService", "rating") for role in ("supervise", "review"))
    supervisor.AssignRating(rating_id=id, department=place.department, note="请按期核实")
    desk.VerifyRating(rating_id=id, verdict=rating.VERDICT_VALID, finding="经核实情况属实")
    desk.RectifyRating(rating_id=id, measures="增加窗口，缩短等候")
    desk.CallBackRating(rating_id=id, outcome=rating.CALL_BACK_OUTCOME_SATISFIED, note="本人表示满意")
    supervisor.PublishRating(rating_id=id, public_comment="办得太慢了", public_reply="已增加窗口，谢谢")


def appealed(desk: Desk) -> None:
    """An enterprise asks for something; it is routed and answered."""
    code, handles = desk.company()
    said = {"kind": appeals_pb2.APPEAL_KIND_LAND, "title": "用地指标", "text": "请解决用地指标问题", "region": REGION}
    own = desk.by(handles, "AppealService")
    id = own.SubmitAppeal(**said, contact="19900000001", uscc=code, enterprise_name="某公司").appeal_id
    router, answers = (desk.by(officer("policy"), "AppealService") for _ in range(2))
    department = officer("policy").department
    router.RouteAppeal(appeal_id=id, department=department, department_name="某局", note="请办理")
    answers.AcceptAppeal(appeal_id=id)
    answers.AnswerAppeal(appeal_id=id, text="已经安排")


def claimed(desk: Desk) -> None:
    """A claim has to be completed, another is refused."""
    item = desk.open(mode=items_pb2.PAYOUT_MODE_ORDINARY, publicity_days=5)
    budget = {"item_id": item, "period": str(now().year), "total_fen": 100_000_000, "document": "某财预〔2026〕10号"}
    desk.by(desk.treasurer, "MoneyService").SetBudget(**budget)
    reviews = desk.by(desk.reviewer, "ClaimService")
    for decision in ("RETURN", "REFUSE"):
        code, handles = desk.company()
        desk.tell(code, registered_on="2019-01-01", dishonest=False)
        account = claims_pb2.Account(name=f"某公司{code[-6:]}", number="6222000000000001", bank_code="102331000018")
        account.bank_name = "某银行"
        claim = desk.by(handles, "ClaimService").SubmitClaim(item_id=item, uscc=code, account=account).claim_id
        reviews.ReviewClaim(claim_id=claim, decision=decision, reason="请按办法补充说明材料")
