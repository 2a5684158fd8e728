"""Lists of proactive payouts over gRPC: computed, reviewed by another, public, objected to, paid after the account alone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from pymongo.database import Database

from services.policy import matching, model, model_ledger, model_rolls, store_ledger, store_matches, store_rolls
from services.policy.model_enterprises import BUCKETS
from services.policy.rolling import Rolling
from services.policy.store_budgets import budgets
from standards.workdays import local_day
from tests.fakes import program
from tests.fakes.bank import Bank
from tests.support.actors import OTHER_DEPARTMENT, officer, person
from tests.support.calling import refused
from tests.support.policy_claims import ClaimsHere, Enterprise, claims_here
from tests.support.policy_items import leaf
from yiwang.policy.v1 import items_pb2
from yiwang.policy.v1 import rolls_pb2 as pb

PROACTIVE = items_pb2.PAYOUT_MODE_PROACTIVE


class RollsHere(ClaimsHere):
    """policy inside this process, and what its worker does with lists."""

    def __init__(self, *built: Any) -> None:
        super().__init__(*built)
        self.rolling = Rolling(self.parts)
        self.plans = matching.Plans(self.database)
        self.checker = officer("payout")

    def rolls(self, actor: Any) -> Any:
        """RollService as this actor calls it."""
        return self.by(actor, service="RollService")

    def match(self) -> None:
        """Every enterprise is looked at for every item that is open."""
        plan, day = self.plans.now(), local_day(datetime.now(UTC)).isoformat()
        for part in range(BUCKETS):
            matching.match_part(self.database, plan, part, list(plan.items))
        for walk in store_matches.unfinished(self.database, day):
            self.database[store_matches.SWEEPS].update_one({"_id": walk["_id"]}, {"$set": {"next": BUCKETS}})

    def computed(self, item_id: str) -> pb.Roll:
        """A list that was computed."""
        self.match()
        roll = self.rolls(self.reviewer).ComputeRoll(item_id=item_id)
        while self.rolling.round():
            pass
        answer: pb.Roll = self.rolls(self.reviewer).GetRoll(roll_id=roll.roll_id)
        return answer

    def published(self, item_id: str) -> pb.Roll:
        """A list that is public."""
        roll = self.computed(item_id)
        answer: pb.Roll = self.rolls(self.checker).ReviewRoll(roll_id=roll.roll_id, approved=True)
        return answer

    def publicity_ends(self, id: str) -> None:
        """As if its days were over, and the worker came round until it is quiet."""
        past = datetime.now(UTC) - timedelta(seconds=1)
        self.rolling.rolls.collection.update_one({"_id": id, "state.due": {"$ne": None}}, {"$set": {"state.due": past}})
        store_rolls.timing(self.database, self.rolling.rolls).round()
        self.rolling.rolls.collection.update_one({"_id": id}, {"$set": {"state.reserve_until": past}})
        while self.rolling.round():
            pass

    def funded(self, fen: int) -> str:
        """A proactive item whose budget finance set; its id."""
        item = self.open(mode=PROACTIVE, publicity_days=5).item_id
        money = self.by(replace(self.treasurer, roles=frozenset(("finance",))), service="MoneyService")
        money.SetBudget(item_id=item, period=self.period(item), total_fen=fen, document="某财预〔2026〕9号")
        return item

    def balance(self, item: str) -> Any:
        """The trial balance of an item's budget, once every event of money was heard, twice and backwards."""
        kinds = (budgets(self.database), self.rolling.rolls, self.all)
        rows = [(kind, row) for kind in kinds for row in kind.collection.find({}, {"journal": 1})]
        entries = [(kind, row["_id"], entry) for kind, row in rows for entry in row["journal"]]
        for kind, id, entry in [*entries, *reversed(entries)]:
            event = kind.event(entry)
            if type(event) in model_ledger.BOOKS:
                store_ledger.post(self.database, f"{id}.{entry['seq']}", entry["at"], event)
        asked = {"item_id": item, "period": self.period(item)}
        return self.by(self.boss, service="MoneyService").GetTrialBalance(**asked)

    def own(self, company: Enterprise, item_id: str) -> Any:
        """The enterprise's claim of an item, as it is kept; None without one."""
        found = self.all.find({"_id": model.claim_id(item_id, company.uscc, self.period(item_id))})
        return found.state if found else None


@pytest.fixture
def bank() -> Iterator[Bank]:
    with program.running(Bank()) as running:
        yield running


@pytest.fixture
def here(database: Database[dict[str, Any]], bank: Bank) -> Iterator[RollsHere]:
    with claims_here(database, bank, RollsHere) as found:
        yield found


def test_a_list_is_computed_reviewed_published_and_paid_after_the_account_alone(here: RollsHere, bank: Bank) -> None:
    item = here.payable(mode=PROACTIVE, publicity_days=5)
    companies, young = [here.company() for _ in range(3)], here.company(registered_on="2026-10-01")
    roll = here.computed(item.item_id)
    assert (roll.status, roll.lines, roll.total_fen) == (model_rolls.COMPUTED, 3, 15_000_000)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "SAME_OFFICER"):
        here.rolls(here.reviewer).ReviewRoll(roll_id=roll.roll_id, approved=True)
    roll = here.rolls(here.checker).ReviewRoll(roll_id=roll.roll_id, approved=True)
    assert roll.status == model_rolls.PUBLISHED
    assert here.pot(item.item_id)["available"] == 85_000_000
    lines = here.rolls(None).ListRollLines(roll_id=roll.roll_id).lines
    assert [one.uscc for one in lines] == sorted(one.uscc for one in companies)
    assert not any(one.HasField("explanation") for one in lines), "why is for its officers and the enterprise"
    assert model_rolls.digest((one.uscc, one.fen) for one in lines) == roll.digest
    here.publicity_ends(roll.roll_id)
    roll = here.rolls(None).GetRoll(roll_id=roll.roll_id)
    assert (roll.status, roll.claims) == (model_rolls.ISSUED, 3)
    assert here.own(young, item.item_id) is None
    for company in companies:
        claim = here.own(company, item.item_id)
        assert claim.status == model.ACCOUNT
        here.tie(claim.id, company)
        here.claims(company.actor).ConfirmAccount(claim_id=claim.id, account=company.account)
        here.work()
        assert here.claim(claim.id).status == model.APPROVING
        here.claims(here.treasurer).ApproveClaim(claim_id=claim.id, approved=True)
    here.work()
    assert bank.total_paid() == 15_000_000
    pot = here.pot(item.item_id)
    assert (pot["available"], pot["spent"], pot["holds"]) == (85_000_000, 15_000_000, 0)


def test_who_opted_out_or_was_taken_off_is_not_paid_and_the_budget_is_free_again(here: RollsHere) -> None:
    item = here.payable(mode=PROACTIVE, publicity_days=5)
    stays, off, out, declines = (here.company() for _ in range(4))
    here.by(out.actor, service="EnterpriseService").GetMyEnterprise(uscc=out.uscc)
    here.by(out.actor, service="EnterpriseService").OptOut(uscc=out.uscc, item_id=item.item_id, out=True)
    roll = here.computed(item.item_id)
    assert roll.lines == 3
    here.rolls(here.reviewer).ExcludeFromRoll(roll_id=roll.roll_id, uscc=off.uscc, reason="设备已经转让给外地企业")
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "NOT_ON_ROLL"):
        here.rolls(here.reviewer).ExcludeFromRoll(roll_id=roll.roll_id, uscc=out.uscc, reason="不在名单中的企业")
    here.rolls(here.checker).ReviewRoll(roll_id=roll.roll_id, approved=True)
    here.publicity_ends(roll.roll_id)
    assert here.own(off, item.item_id) is None
    claim = here.own(declines, item.item_id)
    here.tie(claim.id, declines)
    here.claims(declines.actor).WithdrawClaim(claim_id=claim.id)
    here.work()
    assert here.claim(claim.id).status == model.DECLINED
    assert here.own(stays, item.item_id).status == model.ACCOUNT
    assert here.pot(item.item_id)["available"] == 95_000_000


def test_an_objection_upheld_takes_an_enterprise_off_and_the_list_waits_for_it(here: RollsHere) -> None:
    item = here.payable(mode=PROACTIVE, publicity_days=5)
    good, bad = here.company(), here.company()
    roll = here.published(item.item_id)
    asked = {"roll_id": roll.roll_id, "uscc": bad.uscc, "text": "该企业早已停产，不应享受"}
    here.rolls(person(level=3)).ObjectToRoll(**asked)
    assert here.rolling.rolls.get(roll.roll_id).state.due is None
    assert not here.rolls(here.reviewer).GetRoll(roll_id=roll.roll_id).objections[0].text
    told = here.rolls(here.boss).GetRoll(roll_id=roll.roll_id).objections[0]
    decided = here.rolls(here.boss).DecideRollObjection(
        roll_id=roll.roll_id, objection_id=told.objection_id, decision="UPHELD", reason="经核实已经停产"
    )
    assert [one.uscc for one in decided.exclusions] == [bad.uscc]
    here.publicity_ends(roll.roll_id)
    assert here.own(bad, item.item_id) is None
    assert here.own(good, item.item_id).status == model.ACCOUNT
    pot = here.pot(item.item_id)
    assert (pot["available"], pot["holds"]) == (95_000_000, 1)


def test_a_list_beyond_its_budget_is_not_published(here: RollsHere) -> None:
    item = here.payable(fen=9_000_000, mode=PROACTIVE, publicity_days=5)
    for _ in range(2):
        here.company()
    roll = here.computed(item.item_id)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "BUDGET_EXHAUSTED"):
        here.rolls(here.checker).ReviewRoll(roll_id=roll.roll_id, approved=True)
    assert here.rolls(here.reviewer).GetRoll(roll_id=roll.roll_id).status == model_rolls.COMPUTED
    assert here.pot(item.item_id)["available"] == 9_000_000
    with refused(grpc.StatusCode.NOT_FOUND):
        here.rolls(None).GetRoll(roll_id=roll.roll_id)


def test_one_list_of_a_period_is_under_way_at_a_time(here: RollsHere) -> None:
    item = here.payable(mode=PROACTIVE, publicity_days=5)
    here.company()
    here.match()
    first = here.rolls(here.reviewer).ComputeRoll(item_id=item.item_id, request_id="the-same-one")
    again = here.rolls(here.reviewer).ComputeRoll(item_id=item.item_id, request_id="the-same-one")
    assert first.roll_id == again.roll_id
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "ROLL_OPEN"):
        here.rolls(here.reviewer).ComputeRoll(item_id=item.item_id)


def test_the_ledger_has_a_list_from_its_whole_sum_to_what_was_paid(here: RollsHere) -> None:
    item = here.funded(100_000_000)
    pays, declines, off = (here.company() for _ in range(3))
    roll = here.computed(item)
    here.rolls(here.reviewer).ExcludeFromRoll(roll_id=roll.roll_id, uscc=off.uscc, reason="设备已经转让给外地企业")
    here.rolls(here.checker).ReviewRoll(roll_id=roll.roll_id, approved=True)
    told = here.balance(item)
    assert (told.balanced, told.accounts["reserved"]) == (True, 10_000_000)
    here.publicity_ends(roll.roll_id)
    assert here.balance(item).accounts["reserved"] == 10_000_000
    for one in (pays, declines):
        here.tie(here.own(one, item).id, one)
    here.claims(declines.actor).WithdrawClaim(claim_id=here.own(declines, item).id)
    here.claims(pays.actor).ConfirmAccount(claim_id=here.own(pays, item).id, account=pays.account)
    here.work()
    here.claims(here.treasurer).ApproveClaim(claim_id=here.own(pays, item).id, approved=True)
    here.work()
    told = here.balance(item)
    assert told.balanced
    assert (told.accounts["available"], told.accounts["paid"], told.accounts["reserved"]) == (95_000_000, 5_000_000, 0)


def test_nobody_but_its_officers_sees_a_list_before_it_is_public(here: RollsHere) -> None:
    item = here.payable(mode=PROACTIVE, publicity_days=5)
    here.company()
    roll = here.computed(item.item_id)
    for stranger in (None, person(), officer("payout", department=OTHER_DEPARTMENT), officer("receive")):
        with refused(grpc.StatusCode.NOT_FOUND):
            here.rolls(stranger).GetRoll(roll_id=roll.roll_id)
        with refused(grpc.StatusCode.NOT_FOUND):
            here.rolls(stranger).ListRollLines(roll_id=roll.roll_id)
    assert not here.rolls(None).ListRolls().rolls
    assert not here.rolls(officer("payout", department=OTHER_DEPARTMENT)).ListRollDesk().rolls
    lines = here.rolls(here.reviewer).ListRollLines(roll_id=roll.roll_id).lines
    assert [one.HasField("explanation") for one in lines] == [True]
    assert [one.roll_id for one in here.rolls(here.boss).ListRollDesk().rolls] == [roll.roll_id]


def test_a_worker_that_dies_while_it_issues_goes_on_without_doing_anything_twice(here: RollsHere) -> None:
    item = here.payable(mode=PROACTIVE, publicity_days=5)
    companies = [here.company() for _ in range(3)]
    roll = here.published(item.item_id)
    here.publicity_ends(roll.roll_id)
    # As if how far it was had never been written down.
    store_rolls.progress(here.database).delete_many({})
    here.rolling.rolls.collection.update_one({"_id": roll.roll_id}, {"$set": {"state.status": model_rolls.ISSUING}})
    here.rolling._issue(here.rolling.rolls.get(roll.roll_id).state)
    assert all(here.own(one, item.item_id).status == model.ACCOUNT for one in companies)
    assert here.pot(item.item_id)["holds"] == 3


def test_who_qualifies_by_its_own_unproven_word_is_on_no_list(here: RollsHere) -> None:
    item = here.payable(mode=PROACTIVE, publicity_days=5, rule=leaf("doctors", "doctors >= 3", "博士不少于3人"))
    proven, says_so, elsewhere = (here.company(doctors=3) for _ in range(3))
    base = here.database["enterprises"]
    base.update_one({"_id": says_so.uscc}, {"$set": {"facts.doctors.kind": "CLAIMED"}})
    base.update_one({"_id": elsewhere.uscc}, {"$set": {"facts.region.kind": "CLAIMED"}})
    roll = here.computed(item.item_id)
    lines = here.rolls(here.reviewer).ListRollLines(roll_id=roll.roll_id).lines
    assert [one.uscc for one in lines] == [proven.uscc]
