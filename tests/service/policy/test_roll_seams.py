"""Lists where one worker meets another, where lines were changed, and where somebody asks again and again."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
from pymongo.database import Database

from chassis.acts import Cause, now
from services.policy import model, model_claims, model_rolls, store_rolls
from services.policy.rolling import Rolling
from tests.service.policy.test_rolls import PROACTIVE, RollsHere
from tests.support.actors import person
from tests.support.calling import at_once, refused
from tests.support.policy_claims import claims_here
from yiwang.policy.v1 import items_pb2


@pytest.fixture
def here(database: Database[dict[str, Any]]) -> Iterator[RollsHere]:
    with claims_here(database, None, RollsHere) as found:
        yield found


def test_a_worker_late_with_the_computation_keeps_nobody_from_the_money(here: RollsHere) -> None:
    item = here.payable(mode=PROACTIVE, publicity_days=5).item_id
    companies = [here.company() for _ in range(3)]
    here.match()
    id = here.rolls(here.reviewer).ComputeRoll(item_id=item).roll_id
    late, roll = Rolling(here.parts), here.rolling.rolls.get(id).state
    while here.rolling.round():
        pass
    newcomer = here.company()
    here.match()
    late._compute(roll)
    roll = here.rolls(here.checker).ReviewRoll(roll_id=id, approved=True)
    assert roll.status == model_rolls.PUBLISHED
    late._compute(late.rolls.get(id).state)
    here.publicity_ends(id)
    assert here.rolling.rolls.get(id).state.status == model_rolls.ISSUED
    assert all(here.own(one, item).status == model.ACCOUNT for one in companies)
    assert here.own(newcomer, item) is None


def test_a_list_whose_lines_were_changed_is_neither_published_nor_paid(here: RollsHere) -> None:
    item = here.payable(mode=PROACTIVE, publicity_days=5).item_id
    company = here.company()
    roll = here.computed(item)
    lines, line = store_rolls.lines(here.database), f"{roll.roll_id}/{company.uscc}"
    lines.update_one({"_id": line}, {"$set": {"fen": 9_000_000}})
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "LIST_CHANGED"):
        here.rolls(here.checker).ReviewRoll(roll_id=roll.roll_id, approved=True)
    lines.update_one({"_id": line}, {"$set": {"fen": 5_000_000}})
    here.rolls(here.checker).ReviewRoll(roll_id=roll.roll_id, approved=True)
    lines.update_one({"_id": line}, {"$set": {"fen": 9_000_000}})
    past = here.rolling.rolls.get(roll.roll_id).state.begun_at
    all = here.rolling.rolls.collection
    all.update_one({"_id": roll.roll_id}, {"$set": {"state.due": past, "state.reserve_until": past}})
    store_rolls.timing(here.database, here.rolling.rolls).round()
    here.rolling.round()
    assert here.own(company, item) is None
    lines.update_one({"_id": line}, {"$set": {"fen": 5_000_000, "explanation.amount.fen": "9000000"}})
    here.rolling.round()
    assert here.own(company, item) is None, "the explanation pays no other amount than was public"


def test_two_officers_who_begin_a_list_at_once_begin_one(here: RollsHere) -> None:
    item = here.payable(mode=PROACTIVE, publicity_days=5).item_id
    here.company()
    here.match()
    said = at_once(4, lambda _: here.rolls(here.reviewer).ComputeRoll(item_id=item))
    assert said == {"done": 1, "StatusCode.FAILED_PRECONDITION": 3}, said


def test_a_list_that_is_approved_again_and_again_can_still_be_dropped(here: RollsHere) -> None:
    item = here.payable(fen=1_000_000, mode=PROACTIVE, publicity_days=5).item_id
    here.company()
    roll = here.computed(item)
    asked, reasons = {"roll_id": roll.roll_id}, set[str]()
    for _ in range(120):
        with refused() as told:
            here.rolls(here.checker).ReviewRoll(**asked, approved=True)
        reasons.add(told.reason)
    assert reasons == {"BUDGET_EXHAUSTED", "JOURNAL_FULL"}
    dropped = here.rolls(here.checker).ReviewRoll(**asked, approved=False, reason="预算不足，另行安排")
    assert dropped.status == model_rolls.DROPPED


def test_one_person_does_not_hold_a_list_up_alone(here: RollsHere) -> None:
    item = here.payable(mode=PROACTIVE, publicity_days=5).item_id
    companies, one, other = [here.company() for _ in range(7)], person(level=3), person(level=3)
    roll = here.published(item)

    def objects(who: Any, place: int) -> None:
        uscc = companies[place].uscc
        here.rolls(who).ObjectToRoll(roll_id=roll.roll_id, uscc=uscc, text="该企业早已停产，不应享受")

    for place in range(model_rolls.MOST_OF_ONE):
        objects(one, place)
    for place in (0, 6):
        with refused(grpc.StatusCode.FAILED_PRECONDITION, "ALREADY_OBJECTED"):
            objects(one, place)
    objects(other, 0)


def test_who_made_or_approved_a_list_decides_of_no_objection_and_releases_no_money_of_it(here: RollsHere) -> None:
    item = here.payable(mode=PROACTIVE, publicity_days=5).item_id
    company = here.company()
    roll = here.published(item)
    here.rolls(person(level=3)).ObjectToRoll(roll_id=roll.roll_id, uscc=company.uscc, text="该企业早已停产，不应享受")
    told = here.rolls(here.boss).GetRoll(roll_id=roll.roll_id).objections[0]
    decision = {"objection_id": told.objection_id, "decision": "DISMISSED", "reason": "经核实仍在生产"}
    for before in (here.reviewer, here.checker):
        with refused(grpc.StatusCode.FAILED_PRECONDITION, "SAME_OFFICER"):
            here.rolls(replace(here.boss, id=before.id)).DecideRollObjection(roll_id=roll.roll_id, **decision)
    here.rolls(here.boss).DecideRollObjection(roll_id=roll.roll_id, **decision)
    here.publicity_ends(roll.roll_id)
    claim = here.own(company, item)
    here.tie(claim.id, company)
    here.claims(company.actor).ConfirmAccount(claim_id=claim.id, account=company.account)
    cause = Cause(key="bank", by="system:policy")
    here.all.change(claim.id, cause, lambda one: model_claims.account_checked(one, 1, model.OK, now()))
    for before in (here.reviewer, here.checker):
        with refused(grpc.StatusCode.FAILED_PRECONDITION, "SAME_OFFICER"):
            here.claims(replace(here.treasurer, id=before.id)).ApproveClaim(claim_id=claim.id, approved=True)
    assert here.claims(here.treasurer).ApproveClaim(claim_id=claim.id, approved=True).status == model.PAYING


def test_the_ledger_holds_when_a_claim_of_a_list_ends_and_is_made_anew_before_the_list_is_through(
    here: RollsHere,
) -> None:
    item = here.funded(100_000_000)
    company, other = here.company(), here.company()
    roll = here.published(item)
    all, past = here.rolling.rolls.collection, here.rolling.rolls.get(roll.roll_id).state.begun_at
    all.update_one({"_id": roll.roll_id}, {"$set": {"state.due": past}})
    store_rolls.timing(here.database, here.rolling.rolls).round()
    here.rolling.round()
    claim = here.own(company, item)
    here.tie(claim.id, company)
    here.claims(company.actor).WithdrawClaim(claim_id=claim.id)
    here.work()
    # From now on enterprises claim it themselves, and this one does.
    known = here.items(here.boss).GetPayoutItem(item_id=item)
    here.open(
        known.definition.policy_id, item, version=known.version, mode=items_pb2.PAYOUT_MODE_ORDINARY, publicity_days=5
    )
    claim = here.submit(company, item)
    here.work()
    assert here.claim(claim.claim_id).status == model.REVIEWING
    here.publicity_ends(roll.roll_id)
    assert here.rolling.rolls.get(roll.roll_id).state.status == model_rolls.ISSUED
    told = here.balance(item)
    assert told.balanced, told
    assert here.own(other, item).status == model.ACCOUNT


def test_a_list_that_was_refused_its_sum_is_given_none_of_it_by_a_worker_that_was_asleep(here: RollsHere) -> None:
    item = here.funded(1_000_000)
    here.company()
    roll = here.computed(item)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "BUDGET_EXHAUSTED"):
        here.rolls(here.checker).ReviewRoll(roll_id=roll.roll_id, approved=True)
    state = here.rolling.rolls.get(roll.roll_id).state
    asleep = replace(state, status=model_rolls.RESERVING, reserved_fen=roll.total_fen)
    here.rolls(here.checker).ReviewRoll(roll_id=roll.roll_id, approved=False, reason="预算不足，另行安排")
    here.budget(item, 100_000_000)
    here.rolling.reserve(asleep)
    pot = here.pot(item)
    assert (pot["holds"], pot["available"]) == (0, pot["total"]), "or the period could never be closed"
