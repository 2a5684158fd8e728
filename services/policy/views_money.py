"""Budgets, lines of the ledger and days that were compared, as officers read them."""

from typing import Any

from pymongo.database import Database

from chassis.records import Record
from services.policy import model_ledger, store_ledger, store_pots
from services.policy.model_budgets import Budget
from services.policy.model_ledger import Posting
from services.policy.model_reconciliation import Finding, Reconciliation
from standards.instants import text
from yiwang.policy.v1 import money_pb2 as pb

Document = dict[str, Any]


def budget(record: Record[Budget], database: Database[Document], changes: bool = True) -> pb.Budget:
    """A budget with how much of its pot is taken; in lists without its changes."""
    one, pot = record.state, store_pots.sums(database, record.id)
    return pb.Budget(
        budget_id=record.id,
        version=record.version,
        item_id=one.item_id,
        item_title=one.item_title,
        period=one.period,
        region=one.region,
        department=one.department,
        total_fen=one.total_fen,
        available_fen=pot.available,
        reserved_fen=pot.reserved,
        spent_fen=pot.spent,
        status=one.status,
        surplus_fen=one.surplus_fen,
        changes=[
            pb.BudgetChange(at=text(each.at), delta_fen=each.delta_fen, document=each.document, state=each.state)
            for each in (one.changes if changes else ())
        ],
    )


def posting(record: Record[Posting]) -> pb.Posting:
    """A line of the ledger."""
    one = record.state
    told = pb.Posting(
        posting_id=record.id,
        at=text(one.at),
        to=one.target,
        fen=one.fen,
        type=one.type,
        claim_id=one.claim_id,
        order_id=one.order_id,
    )
    setattr(told, "from", one.source)
    return told


def balance(database: Database[Document], id: str) -> pb.TrialBalance:
    """What the accounts of a budget's ledger hold, beside its pot."""
    accounts, pot = store_ledger.balances(database, id), store_pots.sums(database, id)
    return pb.TrialBalance(
        accounts=accounts,
        available_fen=pot.available,
        reserved_fen=pot.reserved,
        spent_fen=pot.spent,
        balanced=model_ledger.agree(accounts, pot.total, pot.available, pot.reserved + pot.spent),
    )


def reconciliation(record: Record[Reconciliation], exceptions: bool = True) -> pb.Reconciliation:
    """A day that is compared; in lists without its exceptions."""
    one = record.state
    return pb.Reconciliation(
        reconciliation_id=record.id,
        version=record.version,
        day=one.day,
        payer_account_masked=f"****{one.payer_tail}",
        status=one.status,
        lines=one.lines,
        matched=one.matched,
        out_fen=one.out_fen,
        returned_fen=one.returned_fen,
        in_fen=one.in_fen,
        exceptions=[_exception(each) for each in (one.exceptions if exceptions else ())],
    )


def _exception(one: Finding) -> pb.ReconciliationException:
    return pb.ReconciliationException(
        exception_id=one.id,
        kind=one.kind,
        line_id=one.line_id,
        order_id=one.order_id,
        claim_id=one.claim_id,
        fen=one.fen,
        expected_fen=one.expected_fen,
        resolution=one.resolution,
        resolved_at=text(one.resolved_at),
    )
