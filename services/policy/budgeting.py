"""Budgets and their pots: what finance gives, takes back and closes, done to the pot under the name of its change.

A process that dies anywhere in between leaves a budget whose task says what is still to be done; whoever takes it up does the same again.
Nobody else opens a pot.
"""

from collections.abc import Callable
from typing import Any, Final

from chassis.acts import Actor, Cause, now
from chassis.errors import Refused
from chassis.parts import Parts
from chassis.records import Record, record_id
from chassis.telemetry import log
from services.policy import model, model_budgets, store_budgets, store_pots
from services.policy.model_budgets import Budget
from services.policy.store_items import OpenItem
from yiwang.policy.v1 import events_pb2 as events

BY: Final = "system:policy"


class Budgeting:
    """The budgets of one store."""

    def __init__(self, parts: Parts) -> None:
        self._database = parts.database
        self._counties = store_budgets.counties(parts.database)
        self.budgets = store_budgets.budgets(parts.database)

    def set(
        self, item: OpenItem, period: str, total: int, document: str, actor: Actor, cause: Cause
    ) -> tuple[Record[Budget], model_budgets.Change]:
        """The whole budget of an item's period is to be so much; the budget, and what became of this change."""
        id, change = model.budget_id(item.id, period), record_id(f"budget/{cause.key}")
        told = events.BudgetChangeAsked(
            budget_id=id,
            item_id=item.id,
            item_title=item.definition.title,
            period=period,
            region=item.region,
            department=item.department,
            change_id=change,
            document=document,
            officer_id=actor.id,
        )
        self._counties.know(item.region)
        if self.budgets.find({"_id": id}):
            # What another began and left: its change comes first.
            self.finish(id)
        store_budgets.ask(self.budgets, id, cause, lambda before: model_budgets.ask(before, told, total))
        self.finish(id)
        record = self.budgets.get(id)
        return record, next(one for one in record.state.changes if one.id == change)

    def close(self, id: str, actor: Actor, cause: Cause) -> Record[Budget]:
        """Nothing more is reserved; what is left goes back now, or once nothing is reserved any more."""
        self.budgets.change(id, cause, lambda one: model_budgets.close(one, actor))
        self.finish(id)
        return self.budgets.get(id)

    def finish(self, id: str) -> bool:
        """What is still owed to the pot of a budget is done; whether that was all."""
        budget = self.budgets.get(id).state
        if pending := model_budgets.pending(budget):
            for change in pending:
                self._adjust(budget, change)
            budget = self.budgets.get(id).state
        if budget.status == model_budgets.CLOSING:
            store_pots.close(self._database, id)
            return self._settle(budget)
        return budget.status == model_budgets.OPEN or self._settle(budget)

    def _adjust(self, budget: Budget, change: model_budgets.Change) -> None:
        outcome = store_pots.adjust(self._database, budget.id, change.id, change.delta_fen)
        self._tell(budget.id, f"change/{change.id}", lambda one: model_budgets.adjusted(one, change.id, outcome))

    def _settle(self, budget: Budget) -> bool:
        number = budget.closings + 1
        found = store_pots.settle(self._database, budget.id, number, always=not budget.closings)
        if found is None:
            return budget.status == model_budgets.CLOSED
        surplus, spent = found
        self._tell(budget.id, f"closed/{number}", lambda one: model_budgets.closed(one, number, surplus, spent))
        return True

    def _tell(self, id: str, what: str, decide: Callable[[Budget], Any]) -> None:
        self.budgets.change(id, Cause(key=f"task/{what}", by=BY), decide)

    def round(self) -> int:
        """One round over what is still to be done, and over what came back to a pot that is closed; how many were taken up."""
        ids = [*store_budgets.tasks(self.budgets, now()), *store_pots.late(self._database)]
        for id in dict.fromkeys(ids):
            try:
                self.finish(id)
            except Exception as error:  # whatever is wrong with one budget: the others go on
                reason = error.reason if isinstance(error, Refused) else type(error).__name__
                log("budgeting").error("budget_refused", record=id, reason=reason)
        return len(ids)
