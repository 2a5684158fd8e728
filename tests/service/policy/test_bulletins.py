"""The bulletin: what the claims themselves come to, month by month, and what is read and published."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from pymongo.database import Database

from services.policy import bulletins, model, model_bulletins, store_bulletins
from tests.fakes import program
from tests.fakes.bank import Bank
from tests.support.actors import REGION
from tests.support.calling import refused
from tests.support.policy_claims import ClaimsHere, claims_here
from yiwang.policy.v1 import bulletins_pb2 as pb

NOW = datetime.now(UTC)
MONTH = model_bulletins.month_of(NOW)


@pytest.fixture
def here(database: Database[dict[str, Any]]) -> Iterator[ClaimsHere]:
    with program.running(Bank(day=NOW.date().isoformat())) as bank, claims_here(database, bank) as found:
        yield found


def bulletin(here: ClaimsHere, region: str = REGION, **told: Any) -> pb.Bulletin:
    here.all.counts._marks._rest_until = 0.0  # type: ignore[attr-defined]
    here.all.counts.recount(here.all)  # type: ignore[attr-defined]
    store_bulletins.count_enterprises(here.database, bulletins.joined(here.database))
    answer: pb.Bulletin = here.by(None, service="BulletinService").GetBulletin(region=region, **told)
    return answer


def test_a_bulletin_counts_what_was_claimed_and_paid_and_to_whom(here: ClaimsHere) -> None:
    item, other = here.payable(), here.open()
    companies = [here.company() for _ in range(3)]
    young = here.company(registered_on="2026-10-01")
    for company in (*companies, young):
        here.submit(company, item.item_id)
    here.work()
    told = bulletin(here)
    assert (told.claims, told.refused, told.payments, told.paid_fen) == (4, 1, 3, 15_000_000)
    assert (told.enterprises_paid, told.proactive_fen) == (3, 0)
    assert [(row.claims, row.payments) for row in told.months if row.month == MONTH] == [(4, 3)]
    assert [(row.key, row.paid_fen) for row in told.modes] == [("PAYOUT_MODE_INSTANT", 15_000_000)]
    assert [(row.key, row.claims, row.payments) for row in told.items_paid] == [(item.item_id, 4, 3)]
    assert (told.policies, told.items, told.payable_items) == (2, 2, 2)
    assert other.item_id and told.enterprises == 4


def test_the_same_counted_again_is_the_same_and_agrees_with_the_claims(here: ClaimsHere) -> None:
    item = here.payable()
    for _ in range(2):
        here.submit(here.company(), item.item_id)
    here.work()
    first, second = bulletin(here), bulletin(here)
    first.counted_at = second.counted_at = ""
    assert first == second
    journals = [here.all.replay(row["journal"]) for row in here.all.collection.find({})]
    found = model_bulletins.counted(journals, journals, MONTH)
    assert (found.claims, found.paid_fen) == (first.claims, first.paid_fen)


def test_money_that_came_back_is_not_counted_as_paid(here: ClaimsHere) -> None:
    item = here.payable()
    claim = here.submit(here.company(), item.item_id)
    here.work()
    assert bulletin(here).paid_fen == 5_000_000
    order = here.claim(claim.claim_id).orders[0]
    told = here.answer(claim.claim_id, order.id, "RETURNED")
    assert told.status == model.ACCOUNT
    assert bulletin(here).paid_fen == 0


def test_reads_of_policies_and_items_are_visits(here: ClaimsHere) -> None:
    item = here.payable()
    before = bulletin(here).visits
    for _ in range(3):
        here.items(None).GetPayoutItem(item_id=item.item_id)
    here.policies(None).GetPolicy(policy_id=item.definition.policy_id)
    here.poll()
    assert bulletin(here).visits == before + 4


def test_another_county_has_numbers_of_its_own(here: ClaimsHere) -> None:
    here.submit(here.company(), here.payable().item_id)
    assert bulletin(here, "990122").claims == 0
    assert bulletin(here, "990100").claims == 1


def test_months_that_are_none_are_refused_by_their_name(here: ClaimsHere) -> None:
    for first, last, reason in (
        ("2026-13", "", "MALFORMED"),
        ("2026-05", "2026-04", "AFTER_LAST"),
        ("2020-01", "2026-01", "TOO_LONG"),
    ):
        with refused(grpc.StatusCode.INVALID_ARGUMENT, reason):
            bulletin(here, first_month=first, last_month=last)
