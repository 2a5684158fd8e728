"""Where one act meets another: processes that were asleep, requests that come again and again, journals that fill."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
from pymongo.database import Database

from services.policy import model, model_doubts
from services.policy.paying import Paying
from tests.fakes import program
from tests.fakes.bank import Bank
from tests.support.actors import person
from tests.support.calling import refused
from tests.support.policy_claims import BANK_CODE, ClaimsHere, Enterprise, claims_here
from tests.support.policy_items import RULE, all_of, leaf
from yiwang.policy.v1 import claims_pb2 as pb
from yiwang.policy.v1 import enterprises_pb2, items_pb2


@pytest.fixture
def bank() -> Iterator[Bank]:
    with program.running(Bank()) as running:
        yield running


@pytest.fixture
def here(database: Database[dict[str, Any]], bank: Bank) -> Iterator[ClaimsHere]:
    with claims_here(database, bank) as found:
        yield found


def another_account(company: Enterprise, number: int = 1) -> pb.Account:
    return pb.Account(name=company.name, number=f"62229999{number:08}", bank_code=BANK_CODE, bank_name="某某银行")


def test_a_process_that_slept_sends_an_order_to_the_account_the_order_is_for(
    here: ClaimsHere, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, company = here.payable(), here.company()
    bank.refuse(company.account.number, "CLOSED")
    id = here.submit(company, item.item_id).claim_id
    here.tasks.attempt(id, "check")
    sleeper, other = Paying(here.parts), Paying(here.parts)
    ordered = sleeper._ordered

    def after_a_long_sleep(claim: model.Claim) -> model.Claim:
        here.work()
        here.claims(company.actor).ConfirmAccount(claim_id=id, account=another_account(company))
        here.tasks.attempt(id, "check")
        # Another wrote the next order down, and died before the bank heard of it.
        other._ordered(here.claim(id))
        return ordered(claim)

    monkeypatch.setattr(sleeper, "_ordered", after_a_long_sleep)
    sleeper.pay(id)
    first, second = here.claim(id).orders
    assert (first.state, bank.orders[second.id]["payee"]["number"]) == (model.REJECTED, "6222999900000001")
    here.work()
    assert (here.claim(id).status, bank.total_paid()) == (model.PAID, 5_000_000)


def test_who_applies_again_and_again_leaves_room_for_the_way_to_the_money(here: ClaimsHere, bank: Bank) -> None:
    item, company = here.payable(), here.company(dishonest=True)
    id = here.submit(company, item.item_id).claim_id
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "JOURNAL_FULL"):
        for _ in range(200):
            here.submit(company, item.item_id)
    assert len(here.all.get(id).journal) <= 300


def test_accounts_that_are_never_taken_leave_room_to_end_the_claim(here: ClaimsHere, bank: Bank) -> None:
    item, company = here.payable(), here.company()
    bank.checks = {another_account(company, number).number: "CLOSED" for number in range(300)}
    bank.checks[company.account.number] = "CLOSED"
    id = here.submit(company, item.item_id).claim_id
    here.tasks.attempt(id, "check")
    confirm = here.claims(company.actor).ConfirmAccount
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "JOURNAL_FULL"):
        for number in range(200):
            confirm(claim_id=id, account=another_account(company, number))
            here.tasks.attempt(id, "check")
    assert here.comes_due(id).status == model.LAPSED
    here.work()
    assert (here.pot(item.item_id)["available"], here.claim(id).reservation) == (100_000_000, model.FREE)


def test_what_only_the_enterprise_says_and_has_to_prove_is_paid_after_an_officer_looked(
    here: ClaimsHere, bank: Bank
) -> None:
    rule = all_of(RULE, leaf("doctors", "doctors >= 3", "博士不少于3人"))
    item, company = here.payable(rule=rule), here.company()
    base = here.by(company.actor, service="EnterpriseService")
    base.StateFacts(uscc=company.uscc, facts=[enterprises_pb2.FactTold(name="doctors", value="3")])
    told = base.ExplainMatch(uscc=company.uscc, item_id=item.item_id)
    claim = here.submit(company, item.item_id)
    here.work()
    for said in (told, claim.explanation):
        assert [(one.name, one.how) for one in said.missing] == [("doctors", model_doubts.UNPROVEN)]
    assert (here.claim(claim.claim_id).status, bank.total_paid()) == (model.REVIEWING, 0)
    here.claims(here.reviewer).ReviewClaim(claim_id=claim.claim_id, decision="APPROVE", facts={"doctors": "3"})
    here.claims(here.treasurer).ApproveClaim(claim_id=claim.claim_id, approved=True)
    here.work()
    assert (here.claim(claim.claim_id).status, bank.total_paid()) == (model.PAID, 5_000_000)
    assert here.claims(company.actor).ReplayClaim(claim_id=claim.claim_id).same


@pytest.mark.parametrize("fact", ["name", "region"])
def test_an_enterprise_that_alone_says_who_and_where_it_is_waits_for_an_officer(here: ClaimsHere, fact: str) -> None:
    item, company = here.payable(rule=leaf("old", "registered_on_days >= 365")), here.company()
    own = {f"facts.{fact}.kind": "CLAIMED"}
    here.database["enterprises"].update_one({"_id": company.uscc}, {"$set": own})
    claim = here.submit(company, item.item_id)
    assert (claim.status, [one.name for one in claim.explanation.missing]) == (model.REVIEWING, [fact])
    assert here.claims(company.actor).ReplayClaim(claim_id=claim.claim_id).same
    claim = here.claims(here.reviewer).ReviewClaim(claim_id=claim.claim_id, decision="APPROVE")
    assert claim.status == model.APPROVING


def test_who_objects_waits_for_his_answer_before_he_objects_again(here: ClaimsHere) -> None:
    item = here.payable(publicity_days=5)
    claim = here.submit(here.company(), item.item_id)
    asked = {"claim_id": claim.claim_id, "text": "该企业去年已经搬离本县"}
    one, other = person(level=3), person(level=3)
    here.claims(one).ObjectToClaim(**asked)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "ALREADY_OBJECTED"):
        here.claims(one).ObjectToClaim(**asked)
    here.claims(other).ObjectToClaim(**asked)
    assert len(here.claim(claim.claim_id).objections) == 2


def test_of_a_group_an_enterprise_has_what_was_paid_not_what_was_claimed(here: ClaimsHere, bank: Bank) -> None:
    policy = here.publish().policy_id
    group = {"benefit_group": "ladder", "overlap": items_pb2.OVERLAP_HIGHEST}
    ordinary = items_pb2.PAYOUT_MODE_ORDINARY
    low = here.payable(policy_id=policy, mode=ordinary, publicity_days=3, **group)
    high = here.payable(policy_id=policy, amount=items_pb2.AmountFormula(cel="8000000"), **group)
    company = here.company()
    claim = here.submit(company, low.item_id)
    asked = {"claim_id": claim.claim_id}
    here.claims(here.reviewer).ReviewClaim(**asked, decision="APPROVE", amount_fen=3_000_000, reason="部分设备不在内")
    here.comes_due(claim.claim_id)
    here.claims(here.treasurer).ApproveClaim(**asked, approved=True)
    here.work()
    assert here.submit(company, high.item_id).explanation.amount.already_fen == 3_000_000
    here.work()
    assert bank.total_paid() == 8_000_000, "the higher of both, not less"


def test_a_request_that_was_answered_is_answered_again_after_the_item_ended(here: ClaimsHere) -> None:
    item, company = here.payable(), here.company()
    first = here.submit(company, item.item_id, request_id="the-same-one")
    here.items(here.writer).ClosePayoutItem(item_id=item.item_id, reason="本年度资金已经用完")
    assert here.submit(company, item.item_id, request_id="the-same-one").claim_id == first.claim_id
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "ITEM_NOT_OPEN"):
        here.submit(company, item.item_id)


def test_items_of_one_group_have_one_kind_of_period(here: ClaimsHere) -> None:
    policy = here.publish().policy_id
    group = {"benefit_group": "steps", "overlap": items_pb2.OVERLAP_NO_REPEAT}
    here.payable(policy_id=policy, **group)
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as told:
        here.open(policy_id=policy, period=items_pb2.PERIOD_KIND_QUARTER, **group)
    assert told.fields == {"definition.period": "OTHER_IN_GROUP"}
    here.open(policy_id=policy, period=items_pb2.PERIOD_KIND_QUARTER, **group | {"benefit_group": "others"})


def test_who_let_a_claim_pass_decides_of_no_objection_to_it_and_checks_it_not_himself(
    here: ClaimsHere, bank: Bank
) -> None:
    item = here.payable(mode=items_pb2.PAYOUT_MODE_ORDINARY, publicity_days=3)
    claim = here.submit(here.company(), item.item_id)
    asked = {"claim_id": claim.claim_id}
    here.claims(here.reviewer).ReviewClaim(**asked, decision="APPROVE")
    here.claims(person(level=3)).ObjectToClaim(**asked, text="该企业去年已经搬离本县")
    both = here.claims(replace(here.boss, id=here.reviewer.id))
    told = here.claims(here.boss).GetClaim(**asked)
    decision = {"objection_id": told.objections[0].objection_id, "decision": "DISMISSED", "reason": "已经核实"}
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "SAME_OFFICER"):
        both.DecideClaimObjection(**asked, **decision)
    here.claims(here.boss).DecideClaimObjection(**asked, **decision)
    here.comes_due(claim.claim_id)
    here.claims(here.treasurer).ApproveClaim(**asked, approved=True)
    here.work()
    assert not both.GetClaim(**asked).open_moves
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "SAME_OFFICER"):
        both.OpenSpotCheck(**asked)
    assert here.claims(here.boss).OpenSpotCheck(**asked).spot_check == "OPEN"


def test_a_claim_that_came_first_is_not_reviewed_down_by_the_one_that_came_after_it(
    here: ClaimsHere, bank: Bank
) -> None:
    policy = here.publish().policy_id
    group = {"benefit_group": "ladder", "overlap": items_pb2.OVERLAP_HIGHEST}
    low = here.payable(policy_id=policy, mode=items_pb2.PAYOUT_MODE_ORDINARY, publicity_days=3, **group)
    high = here.payable(policy_id=policy, amount=items_pb2.AmountFormula(cel="8000000"), **group)
    company = here.company()
    claim = here.submit(company, low.item_id)
    assert here.submit(company, high.item_id).claimed_fen == 3_000_000
    asked = {"claim_id": claim.claim_id}
    assert here.claims(here.reviewer).ReviewClaim(**asked, decision="APPROVE").approved_fen == 5_000_000
    here.comes_due(claim.claim_id)
    here.claims(here.treasurer).ApproveClaim(**asked, approved=True)
    here.work()
    assert bank.total_paid() == 8_000_000
    assert here.claims(company.actor).ReplayClaim(**asked).same


def test_an_officer_states_nothing_of_persons_among_facts(here: ClaimsHere) -> None:
    rule = all_of(RULE, leaf("where", 'park == "东区"'))
    item = here.payable(rule=rule)
    claim = here.submit(here.company(), item.item_id)
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as told:
        here.claims(here.reviewer).ReviewClaim(
            claim_id=claim.claim_id, decision="APPROVE", facts={"park": '"联系人电话13800138000"'}
        )
    assert told.fields == {"facts": "PERSONAL_DATA"}


def test_what_conditions_say_leads_to_no_person(here: ClaimsHere) -> None:
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as told:
        here.open(rule=all_of(RULE, leaf("ask", "insured_staff > 0", "有疑问请联系经办人，电话13800138000")))
    assert told.fields == {"definition.rule": "PERSONAL_DATA"}


def test_an_expired_policy_pays_only_what_has_a_last_day_of_its_own(here: ClaimsHere) -> None:
    policy = here.publish(expires_on="2099-12-31").policy_id
    ends, goes_on = here.payable(policy_id=policy), here.payable(policy_id=policy, closes_on="2099-12-31")
    here.policy_comes_due(policy)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "ITEM_NOT_OPEN"):
        here.submit(here.company(), ends.item_id)
    assert here.submit(here.company(), goes_on.item_id).status == model.PAYING
