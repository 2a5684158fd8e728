"""What policy keeps: each subject has a store of its own, declared here."""

from typing import Any

from pymongo.database import Database

from chassis.records import Records
from services.policy import (
    store_appeals,
    store_budgets,
    store_bulletins,
    store_claims,
    store_complaints,
    store_dry_runs,
    store_enterprises,
    store_files,
    store_items,
    store_ledger,
    store_matches,
    store_news,
    store_notices,
    store_policies,
    store_pots,
    store_reconciliation,
    store_rolls,
)

Document = dict[str, Any]
# Those with journals, and those without.
RECORDED: tuple[Any, ...] = (
    store_policies,
    store_items,
    store_dry_runs,
    store_enterprises,
    store_claims,
    store_rolls,
    store_budgets,
    store_notices,
    store_reconciliation,
    store_appeals,
    store_complaints,
    store_news,
)
PLAIN: tuple[Any, ...] = (store_bulletins, store_files, store_matches, store_pots, store_ledger)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [one for part in RECORDED for one in part.records(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    for part in (*RECORDED, *PLAIN):
        part.ensure_indexes(database)
