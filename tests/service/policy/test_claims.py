"""Claims over gRPC: the ways from applying to the money, and what is refused on them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc
import pytest
from pymongo.database import Database

from chassis import sessions
from chassis.acts import now
from services.policy import model
from tests.fakes import program
from tests.fakes.bank import Bank
from tests.support.actors import OTHER_DEPARTMENT, officer, person
from tests.support.calling import at_once, refused
from tests.support.policy_claims import BANK_CODE, ClaimsHere, claims_here
from yiwang.policy.v1 import claims_pb2 as pb
from yiwang.policy.v1 import items_pb2
from yiwang.rules.v1 import rules_pb2

ORDINARY = items_pb2.PAYOUT_MODE_ORDINARY


@pytest.fixture
def bank() -> Iterator[Bank]:
    with program.running(Bank()) as running:
        yield running


@pytest.fixture
def here(database: Database[dict[str, Any]], bank: Bank) -> Iterator[ClaimsHere]:
    with claims_here(database, bank) as found:
        yield found


def test_an_instant_payout_goes_from_the_claim_to_the_receipt_without_an_officer(here: ClaimsHere, bank: Bank) -> None:
    item, company = here.payable(), here.company()
    claim = here.submit(company, item.item_id)
    assert claim.explanation.result == rules_pb2.TRUTH_TRUE
    assert (claim.status, claim.claimed_fen) == (model.PAYING, 5_000_000)
    here.work()
    claim = here.claims(company.actor).GetClaim(claim_id=claim.claim_id)
    assert (claim.status, claim.payments[0].state) == (model.PAID, "PAID")
    assert bank.total_paid() == 5_000_000
    pot = here.pot(item.item_id)
    assert (pot["available"], pot["spent"], pot["holds"]) == (95_000_000, 5_000_000, 0)
    receipt = here.claims(company.actor).GetReceipt(claim_id=claim.claim_id)
    assert receipt.pdf.startswith(b"%PDF")


def test_what_the_rules_do_not_allow_is_refused_with_reasons_a_person_understands(here: ClaimsHere) -> None:
    item, young = here.payable(), here.company(registered_on="2026-10-01")
    claim = here.submit(young, item.item_id)
    assert (claim.status, claim.reason_code, claim.reason) == (model.REFUSED, "NOT_ELIGIBLE", "不符合兑付条件")
    assert [(one.leaf, one.says) for one in claim.explanation.lacking] == [("old", "成立满一年")]
    read = {one.name: (one.source, one.shown) for one in claim.explanation.facts}
    assert read["registered_on_days"][1].endswith("天")
    assert here.pot(item.item_id)["available"] == 100_000_000
    replayed = here.claims(young.actor).ReplayClaim(claim_id=claim.claim_id)
    assert replayed.same


def test_who_was_refused_may_claim_again_once_the_facts_are_right(here: ClaimsHere) -> None:
    item, company = here.payable(), here.company(dishonest=True)
    first = here.submit(company, item.item_id)
    assert [one.leaf for one in first.explanation.lacking] == ["veto.dishonest"]
    here.told(company, dishonest=False)
    again = here.submit(company, item.item_id)
    assert (again.claim_id, again.attempt, again.status) == (first.claim_id, 2, model.PAYING)


def test_a_second_claim_for_the_same_period_is_refused(here: ClaimsHere) -> None:
    item, company = here.payable(), here.company()
    here.submit(company, item.item_id)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "ALREADY_CLAIMED"):
        here.submit(company, item.item_id)
    assert here.pot(item.item_id)["holds"] == 1


def test_two_claims_for_one_key_at_once_are_one_claim(here: ClaimsHere, bank: Bank) -> None:
    item, company = here.payable(), here.company()
    said = at_once(8, lambda _: here.submit(company, item.item_id))
    assert said["done"] == 1, said
    here.work()
    assert bank.total_paid() == 5_000_000


def test_the_same_request_again_answers_with_the_same_claim(here: ClaimsHere) -> None:
    item, company = here.payable(), here.company()
    first = here.submit(company, item.item_id, request_id="the-same-one")
    here.work()
    again = here.submit(company, item.item_id, request_id="the-same-one")
    assert (again.claim_id, again.status) == (first.claim_id, model.PAID)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        other = pb.Account(name=company.name, number="6222999900001111", bank_code=BANK_CODE, bank_name="某某银行")
        here.submit(company, item.item_id, request_id="the-same-one", account=other)


def test_what_is_not_known_goes_to_an_officer_who_states_what_the_materials_prove(here: ClaimsHere) -> None:
    item, company = here.payable(), here.company(registered_on=None)
    claim = here.submit(company, item.item_id)
    assert claim.status == model.REVIEWING
    assert [one.name for one in claim.explanation.missing] == ["registered_on"]
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOT_ELIGIBLE"):
        here.claims(here.reviewer).ReviewClaim(claim_id=claim.claim_id, decision="APPROVE")
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "FACT_UNKNOWN"):
        here.claims(here.reviewer).ReviewClaim(claim_id=claim.claim_id, decision="APPROVE", facts={"nothing": "1"})
    proven = {"registered_on": '"2019-05-05"'}
    claim = here.claims(here.reviewer).ReviewClaim(claim_id=claim.claim_id, decision="APPROVE", facts=proven)
    assert claim.status == model.APPROVING
    assert here.pot(item.item_id)["holds"] == 1
    used = {one.name: one.source for one in claim.explanation.facts}
    assert used["registered_on_days"] == claim.department_name


def test_an_ordinary_payout_is_reviewed_by_two_above_the_limit_published_approved_and_paid(
    here: ClaimsHere, bank: Bank
) -> None:
    item = here.payable(mode=ORDINARY, publicity_days=5, second_review_fen=5_000_000)
    claim = here.submit(here.company(), item.item_id)
    asked = {"claim_id": claim.claim_id, "decision": "APPROVE"}
    claim = here.claims(here.reviewer).ReviewClaim(**asked)
    assert claim.status == model.SECOND_REVIEW
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "SAME_OFFICER"):
        here.claims(here.reviewer).SecondReviewClaim(**asked)
    claim = here.claims(here.second).SecondReviewClaim(**asked)
    assert claim.status == model.PUBLICITY
    public = here.claims(None).ListPublishedClaims().claims
    assert [(one.claim_id, one.fen) for one in public] == [(claim.claim_id, 5_000_000)]
    here.work()
    assert here.comes_due(claim.claim_id).status == model.APPROVING
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "SAME_OFFICER"):
        both = replace(here.treasurer, id=here.second.id)
        here.claims(both).ApproveClaim(claim_id=claim.claim_id, approved=True)
    here.claims(here.treasurer).ApproveClaim(claim_id=claim.claim_id, approved=True)
    here.work()
    assert here.claim(claim.claim_id).status == model.PAID
    assert bank.total_paid() == 5_000_000


def test_a_reviewer_may_lower_an_amount_with_a_reason_and_what_is_left_is_free_again(
    here: ClaimsHere, bank: Bank
) -> None:
    item = here.payable(mode=ORDINARY, publicity_days=3)
    claim = here.submit(here.company(), item.item_id)
    review = here.claims(here.reviewer).ReviewClaim
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "REQUIRED"):
        review(claim_id=claim.claim_id, decision="APPROVE", amount_fen=3_000_000)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "ABOVE_COMPUTED"):
        review(claim_id=claim.claim_id, decision="APPROVE", amount_fen=5_000_001)
    review(claim_id=claim.claim_id, decision="APPROVE", amount_fen=3_000_000, reason="部分设备不在范围内")
    here.comes_due(claim.claim_id)
    here.claims(here.treasurer).ApproveClaim(claim_id=claim.claim_id, approved=True)
    here.work()
    pot = here.pot(item.item_id)
    assert (bank.total_paid(), pot["spent"], pot["available"]) == (3_000_000, 3_000_000, 97_000_000)


def test_a_claim_that_needs_more_is_returned_corrected_and_reviewed_again(here: ClaimsHere) -> None:
    wanted = [items_pb2.WantedMaterial(code="invoice", name="设备发票", required=True)]
    item, company = here.payable(mode=ORDINARY, publicity_days=3, materials=wanted), here.company()
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "MISSING"):
        here.submit(company, item.item_id)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "NOT_WANTED"):
        here.submit(company, item.item_id, materials=[here.handed(company, "photo")])
    claim = here.submit(company, item.item_id, materials=[here.handed(company, "invoice")])
    review = here.claims(here.reviewer).ReviewClaim
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "REQUIRED"):
        review(claim_id=claim.claim_id, decision="RETURN")
    claim = review(claim_id=claim.claim_id, decision="RETURN", reason="发票看不清楚，请重新拍照")
    assert claim.status == model.CORRECTING
    fresh = here.handed(company, "invoice")
    claim = here.claims(company.actor).CorrectClaim(claim_id=claim.claim_id, materials=[fresh])
    assert (claim.status, [one.file.file_id for one in claim.materials]) == (model.REVIEWING, [fresh.file_id])
    content = here.claims(here.reviewer).DownloadClaimFile(claim_id=claim.claim_id, file_id=fresh.file_id)
    assert content.content


def test_an_enterprise_that_does_not_answer_lets_its_claim_lapse_and_its_budget_is_free(here: ClaimsHere) -> None:
    item = here.payable(mode=ORDINARY, publicity_days=3)
    claim = here.submit(here.company(), item.item_id)
    here.claims(here.reviewer).ReviewClaim(claim_id=claim.claim_id, decision="RETURN", reason="请补充说明材料")
    assert here.comes_due(claim.claim_id).status == model.LAPSED
    here.work()
    pot = here.pot(item.item_id)
    assert (pot["available"], pot["holds"]) == (100_000_000, 0)


def test_an_objection_upheld_refuses_a_claim_and_one_dismissed_lets_it_go_on(here: ClaimsHere) -> None:
    item = here.payable(publicity_days=5)
    neighbour = person(level=3)
    for decision, status in (("UPHELD", model.REFUSED), ("DISMISSED", model.PUBLICITY)):
        claim = here.submit(here.company(), item.item_id)
        assert claim.status == model.PUBLICITY
        here.claims(neighbour).ObjectToClaim(claim_id=claim.claim_id, text="该企业去年已经搬离本县")
        shown = here.claims(here.reviewer).GetClaim(claim_id=claim.claim_id).objections
        assert [one.text for one in shown] == [""], "who objected is for supervision alone"
        told = here.claims(here.boss).GetClaim(claim_id=claim.claim_id).objections[0]
        assert told.text == "该企业去年已经搬离本县"
        after = here.claims(here.boss).DecideClaimObjection(
            claim_id=claim.claim_id, objection_id=told.objection_id, decision=decision, reason="已经核实"
        )
        assert after.status == status


def test_an_account_the_bank_does_not_take_is_asked_for_again_and_paid_once(here: ClaimsHere, bank: Bank) -> None:
    item, company = here.payable(), here.company()
    bank.checks[company.account.number] = "NAME_MISMATCH"
    claim = here.submit(company, item.item_id)
    here.work()
    claim = here.claims(company.actor).GetClaim(claim_id=claim.claim_id)
    assert (claim.status, claim.account_reason) == (model.ACCOUNT, "户名与账号不符")
    assert bank.total_paid() == 0
    other = pb.Account(name=company.name, number="6222999900001111", bank_code=BANK_CODE, bank_name="某某银行")
    here.claims(company.actor).ConfirmAccount(claim_id=claim.claim_id, account=other)
    here.work()
    assert here.claim(claim.claim_id).status == model.PAID
    assert bank.total_paid() == 5_000_000


def test_an_account_of_another_name_is_refused(here: ClaimsHere) -> None:
    item, company = here.payable(), here.company()
    other = pb.Account(name="别的公司", number="6222999900001111", bank_code=BANK_CODE, bank_name="某某银行")
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "NOT_OWN"):
        here.submit(company, item.item_id, account=other)
    assert here.all.collection.find_one({"state.uscc": company.uscc}) is None


def test_an_order_the_bank_rejects_is_paid_to_the_next_account_under_another_order(
    here: ClaimsHere, bank: Bank
) -> None:
    item, company = here.payable(), here.company()
    bank.refuse(company.account.number, "CLOSED")
    claim = here.submit(company, item.item_id)
    here.work()
    assert here.claim(claim.claim_id).status == model.ACCOUNT
    other = pb.Account(name=company.name, number="6222999900001111", bank_code=BANK_CODE, bank_name="某某银行")
    here.claims(company.actor).ConfirmAccount(claim_id=claim.claim_id, account=other)
    here.work()
    paid = here.claim(claim.claim_id)
    assert [one.state for one in paid.orders] == ["REJECTED", "PAID"]
    assert len({one.id for one in paid.orders}) == 2
    assert bank.total_paid() == 5_000_000


def test_a_spot_check_may_ask_for_money_back(here: ClaimsHere) -> None:
    item, company = here.payable(), here.company()
    claim = here.submit(company, item.item_id)
    here.work()
    asked = {"claim_id": claim.claim_id}
    here.claims(here.boss).OpenSpotCheck(**asked, note="随机抽查")
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "ABOVE_PAID"):
        here.claims(here.boss).ConcludeSpotCheck(**asked, recover_fen=5_000_001, reason="不符合条件")
    claim = here.claims(here.boss).ConcludeSpotCheck(**asked, recover_fen=2_000_000, reason="设备已经转让")
    assert (claim.status, claim.recover_fen) == (model.RECOVERING, 2_000_000)
    assert claim.recovery_code.startswith("ZH") and claim.recovery_due


def test_another_officer_of_finance_gives_up_what_is_still_to_be_given_back(here: ClaimsHere) -> None:
    item, company = here.payable(mode=items_pb2.PAYOUT_MODE_ORDINARY, publicity_days=5), here.company()
    asked = {"claim_id": here.submit(company, item.item_id).claim_id}
    here.work()
    here.claims(here.reviewer).ReviewClaim(**asked, decision="APPROVE")
    here.comes_due(asked["claim_id"])
    here.claims(here.treasurer).ApproveClaim(**asked, approved=True)
    here.work()
    other = officer("finance", department=here.treasurer.department)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        here.claims(other).EndRecovery(**asked, reason="企业已经注销")
    here.claims(here.boss).OpenSpotCheck(**asked, note="随机抽查")
    here.claims(here.boss).ConcludeSpotCheck(**asked, recover_fen=2_000_000, reason="设备已经转让")
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "SAME_OFFICER"):
        here.claims(here.treasurer).EndRecovery(**asked, reason="企业已经注销")
    claim = here.claims(other).EndRecovery(**asked, reason="企业已经注销，债权已申报")
    assert (claim.status, claim.recovery_due, claim.late) == (model.RECOVERY_ENDED, "", False)
    told = here.claims(company.actor).GetClaim(**asked)
    assert told.spot_check_note == "企业已经注销，债权已申报" and told.steps[-1].type == "RecoveryEnded"
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        here.claims(other).EndRecovery(**asked, reason="企业已经注销")


def test_nobody_but_those_it_concerns_sees_a_claim(here: ClaimsHere) -> None:
    item, company = here.payable(mode=ORDINARY, publicity_days=3), here.company()
    claim = here.submit(company, item.item_id)
    elsewhere = replace(officer("finance", "supervise"), region="990122")
    strangers = [
        here.company().actor,
        officer("payout", department=OTHER_DEPARTMENT),
        elsewhere,
    ]
    for stranger in strangers:
        with refused(grpc.StatusCode.NOT_FOUND):
            here.claims(stranger).GetClaim(claim_id=claim.claim_id)
        with refused(grpc.StatusCode.NOT_FOUND):
            here.claims(stranger).ReplayClaim(claim_id=claim.claim_id)
        with refused(grpc.StatusCode.NOT_FOUND):
            here.claims(stranger).GetReceipt(claim_id=claim.claim_id)
        if stranger.realm == officer().realm:
            assert not here.claims(stranger).ListClaimDesk().claims
        else:
            assert not here.claims(stranger).ListMyClaims().claims
    for one in (company.actor, here.reviewer, here.treasurer, here.boss):
        assert here.claims(one).GetClaim(claim_id=claim.claim_id).number == claim.number
    for one in (here.reviewer, here.treasurer, here.boss):
        assert [row.claim_id for row in here.claims(one).ListClaimDesk(status=model.REVIEWING).claims] == [
            claim.claim_id
        ]
    assert [row.claim_id for row in here.claims(company.actor).ListMyClaims().claims] == [claim.claim_id]


def test_a_claim_without_a_budget_is_refused_and_one_beyond_it_too(here: ClaimsHere) -> None:
    bare = here.open()
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "BUDGET_MISSING"):
        here.submit(here.company(), bare.item_id)
    short = here.payable(fen=9_999_999)
    first, second = (here.submit(here.company(), short.item_id) for _ in range(2))
    assert (first.status, second.status) == (model.PAYING, model.REFUSED)
    assert (second.reason_code, second.reason) == ("BUDGET_EXHAUSTED", "本期预算已用完")
    here.work()
    assert here.pot(short.item_id)["available"] == 4_999_999


def test_of_items_that_exclude_each_other_an_enterprise_has_one(here: ClaimsHere) -> None:
    policy = here.publish().policy_id
    group = {"benefit_group": "upgrade", "overlap": items_pb2.OVERLAP_NO_REPEAT}
    items = [here.payable(policy_id=policy, **group) for _ in range(2)]
    company = here.company()
    here.submit(company, items[0].item_id)
    second = here.submit(company, items[1].item_id)
    assert (second.status, [one.leaf for one in second.explanation.lacking]) == (model.REFUSED, ["overlap"])


def test_of_items_where_the_highest_counts_the_rest_is_paid(here: ClaimsHere, bank: Bank) -> None:
    policy = here.publish().policy_id
    group = {"benefit_group": "ladder", "overlap": items_pb2.OVERLAP_HIGHEST}
    low = here.payable(policy_id=policy, **group)
    more = items_pb2.AmountFormula(cel="8000000")
    high, company = here.payable(policy_id=policy, amount=more, **group), here.company()
    here.submit(company, low.item_id)
    here.work()
    claim = here.submit(company, high.item_id)
    assert (claim.claimed_fen, claim.explanation.amount.already_fen) == (3_000_000, 5_000_000)
    here.work()
    assert bank.total_paid() == 8_000_000


def test_two_items_of_a_group_at_once_pay_no_more_than_the_group_allows(here: ClaimsHere, bank: Bank) -> None:
    policy = here.publish().policy_id
    group = {"benefit_group": "once-only", "overlap": items_pb2.OVERLAP_NO_REPEAT}
    items, company = [here.payable(policy_id=policy, **group).item_id for _ in range(6)], here.company()
    at_once(6, lambda place: here.submit(company, items[place]))
    here.work()
    assert bank.total_paid() == 5_000_000


def test_a_handler_whose_authorisation_ended_claims_nothing(here: ClaimsHere) -> None:
    item, company = here.payable(), here.company()
    alone = replace(company.actor, acting=None)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOT_A_HANDLER"):
        here.claims(alone).SubmitClaim(item_id=item.item_id, uscc=company.uscc, account=company.account)
    sessions.refuse(here.database, company.actor.session, (now() + timedelta(hours=1)).isoformat())
    here.poll()
    with refused(grpc.StatusCode.UNAUTHENTICATED):
        here.submit(company, item.item_id)
