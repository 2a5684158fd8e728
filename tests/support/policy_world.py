"""What the authority matrix asks policy for: of the own department and its county, and of the world's organisation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.acts import Cause
from services.policy import model, model_rolls, store_enterprises, store_reconciliation, store_rolls
from services.policy.model_facts import REPORTED, Fact
from services.policy.model_reconciliation import reconciliation_id
from tests.support.actors import REGION, officer, supervisor
from tests.support.items import PDF
from tests.support.policy_claims import BANK_CODE, PAYER, ClaimsHere
from tests.support.policy_items import UNTIL
from tests.support.policy_portal import COMPLAINT, news_content
from yiwang.policy.v1 import claims_pb2 as pb
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2

THIRD_DEPARTMENT = "11990121MB0000003F"
NAME = "示范公司"
ORDINARY, PROACTIVE = items_pb2.PAYOUT_MODE_ORDINARY, items_pb2.PAYOUT_MODE_PROACTIVE
ACCOUNT = {"name": NAME, "number": "6222000011112222", "bank_code": BANK_CODE, "bank_name": "某某银行"}


@dataclass(frozen=True)
class Planted:
    """Ids of what is there."""

    uscc: str
    policy: str
    item: str
    period: str
    run: str
    claim: str
    file: str
    public_claim: str
    roll: str
    public_roll: str
    order: str
    reconciliation: str
    correction: str
    appeal: str
    other_appeal: str
    complaint: str
    question: str
    own_complaint: str
    news: str


def plant(here: ClaimsHere, handler: Callable[[str], Any], uscc: str, own_one: str, other: str) -> Planted:
    """Everything of the own department; `handler` gives a service as the organisation's handler calls it."""
    for name in ("writer", "opener", "reviewer", "second"):
        setattr(here, name, replace(getattr(here, name), department=own_one))
    told = {"name": NAME, "region": REGION, "registered_on": "2019-01-01", "dishonest": False}
    facts = [Fact(name, value, own_one, "某局", REPORTED, UNTIL, "sheet", 1) for name, value in told.items()]
    here.database[store_enterprises.COLLECTION].insert_one(store_enterprises.document(uscc, facts))
    own = handler("EnterpriseService")
    own.GetMyEnterprise(uscc=uscc)
    wanted = [items_pb2.WantedMaterial(code="invoice", name="发票", required=True)]
    item = here.open(mode=ORDINARY, publicity_days=5, materials=wanted)
    period = here.period(item.item_id)
    budget = {"item_id": item.item_id, "period": period, "total_fen": 100_000_000, "document": "某财预〔2026〕1号"}
    here.by(here.treasurer, service="MoneyService").SetBudget(**budget)
    run = here.items(here.writer).StartDryRun(item_id=item.item_id).run_id
    here.write(item.definition.policy_id, item.item_id, mode=ORDINARY, publicity_days=6, materials=wanted)
    claims = handler("ClaimService")
    file = claims.UploadClaimFile(filename="发票.pdf", content=PDF).file_id
    handed = [pb.HandedIn(code="invoice", file_id=file)]
    asked = {"item_id": item.item_id, "uscc": uscc, "account": pb.Account(**ACCOUNT), "materials": handed}
    claim = claims.SubmitClaim(**asked)
    asks = {"uscc": uscc, "fact": "dishonest", "wanted": "true", "reason": "记录有误，请核对"}
    rolls = [_roll(here, item.item_id, number, own_one) for number in range(2)]
    return Planted(
        uscc=uscc,
        policy=item.definition.policy_id,
        item=item.item_id,
        period=period,
        run=run,
        claim=claim.claim_id,
        file=file,
        public_claim=_public_claim(here),
        roll=rolls[0],
        public_roll=rolls[1],
        order=model.order_id(claim.claim_id, 1),
        reconciliation=_day(here),
        correction=own.AskCorrection(**asks).correction_id,
        news=_news(here),
        **_portal(here, handler, uscc, own_one, other),
    )


def _public_claim(here: ClaimsHere) -> str:
    """A result that is public."""
    claim = here.submit(here.company(), here.payable(publicity_days=5).item_id)
    assert claim.status == model.PUBLICITY
    return claim.claim_id


def _roll(here: ClaimsHere, item: str, number: int, department: str) -> str:
    """A list that was computed; the second is public."""
    id, until = model_rolls.roll_id(item, "2026", number), datetime.now(UTC) + timedelta(days=5)
    told: list[Any] = [
        events.RollBegun(
            roll_id=id, item_id=item, edition=1, item_title="名单", period="2026", region=REGION,
            department=department, day="2026-06-01", officer_id="somebody",
        ),
        events.RollComputed(roll_id=id, lines=1, total_fen=100, digest="d"),
    ]  # fmt: skip
    if number:
        told.append(events.RollReservationAsked(roll_id=id, fen=100, deadline=until.isoformat()))
        told.append(events.RollPublished(roll_id=id, budget_id="b", fen=100, until=until.isoformat()))
    all = store_rolls.rolls(here.database)
    store_rolls.counties(here.database).know(REGION)
    all.create(Cause(key=f"world/{id}", by="test"), lambda _: told, id)
    return id


def _day(here: ClaimsHere) -> str:
    """A day with an exception."""
    day = datetime(2026, 6, 1, tzinfo=UTC).date()
    id = reconciliation_id(PAYER, day)
    common = {"reconciliation_id": id, "day": day.isoformat(), "region": REGION}
    found = [events.ExceptionFound(exception_id="one", kind="UNKNOWN_INCOME", line_id="line-1", fen=100)]
    told = [
        events.ReconciliationOpened(**common, payer_tail="0001"),
        events.DayReconciled(**common, lines=1, exceptions=found),
    ]
    store_reconciliation.reconciliations(here.database).create(Cause(f"world/{id}", "test"), lambda _: told, id)
    return id


def _portal(here: ClaimsHere, handler: Callable[[str], Any], uscc: str, own_one: str, other: str) -> dict[str, str]:
    """An appeal the own department is to answer; complaints about a third department, and about the own one, which was asked."""
    said = {"kind": 2, "title": "扩建用地指标", "text": "厂房扩建用地预审已半年没有结果", "region": REGION}
    appeals = [handler("AppealService").SubmitAppeal(uscc=uscc, enterprise_name=NAME, **said) for _ in range(2)]
    router = here.by(supervisor(department=other), service="AppealService")
    for one in appeals:
        router.RouteAppeal(appeal_id=one.appeal_id, department=own_one, department_name="某局", note="请按时受理")
    # What was accepted is not returned, and what was not closed is not opened again: it stays the department's.
    desk = here.by(officer("review", department=own_one), service="AppealService")
    desk.AcceptAppeal(appeal_id=appeals[1].appeal_id)
    complaints = handler("ComplaintService")
    about = COMPLAINT | {"department": THIRD_DEPARTMENT}
    complaint = complaints.SubmitComplaint(**about).complaint_id
    own = complaints.SubmitComplaint(**COMPLAINT | {"department": own_one}).complaint_id
    boss = here.by(supervisor(department=other), service="ComplaintService")
    boss.AcceptComplaint(complaint_id=own)
    boss.AskDepartment(complaint_id=own, text="请说明贵局近期补正通知的签发情况")
    answering = here.by(officer("review", department=own_one), service="ComplaintService")
    question = answering.ListSupervisionQuestions().questions[0].question_id
    named = {"appeal": appeals[0].appeal_id, "other_appeal": appeals[1].appeal_id}
    return named | {"complaint": complaint, "own_complaint": own, "question": question}


def _news(here: ClaimsHere) -> str:
    """What a second officer is to review."""
    writer = here.by(here.writer, service="NewsService")
    return str(writer.SaveNews(content=news_content(), department_name="招商局").news_id)
