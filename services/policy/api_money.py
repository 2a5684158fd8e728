"""MoneyService over gRPC: budgets, the ledger, what the bank says, days compared with its statement."""

from typing import Any, Final

from chassis import telemetry
from chassis.acts import Actor
from chassis.errors import FAILED_PRECONDITION, Refused, Violation, invalid, not_found
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.policy import (
    model,
    model_budgets,
    model_periods,
    model_portal,
    model_reconciliation,
    store_budgets,
    store_claims,
    store_items,
    store_ledger,
    store_notices,
    store_reconciliation,
    views_money,
)
from services.policy.budgeting import Budgeting
from services.policy.model_budgets import Budget
from services.policy.model_reconciliation import EXCEPTIONS, Reconciliation
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import money_pb2 as pb

PAGE: Final = 20
LINES: Final = 50


class MoneyApi:
    """The methods of yiwang.policy.v1.MoneyService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.budgeting = Budgeting(parts)
        self.budgets = self.budgeting.budgets
        self.counties = store_budgets.counties(parts.database)
        self.claims = store_claims.claims(parts.database)
        self.notices = store_notices.notices(parts.database)
        self.days = store_reconciliation.reconciliations(parts.database)

    def SetBudget(self, request: pb.SetBudgetRequest, call: Call) -> pb.Budget:
        item = store_items.opened(self.database, request.item_id)
        if not model_budgets.finances(call.actor, item.region):
            raise not_found()
        right = model_periods.valid(request.period)
        if not right or model_periods.kind_of(request.period) != item.definition.period:
            raise invalid(Violation("period", "WRONG_KIND", "期间与该事项的兑付周期不符"))
        told = (item, request.period, request.total_fen, request.document.strip())
        record, change = self.budgeting.set(*told, call.actor, call.cause)
        if change.state == model_budgets.REFUSED:
            raise Refused(FAILED_PRECONDITION, change.reason, model_budgets.REASONS[change.reason])
        return self._view(record, call)

    def GetBudget(self, request: pb.GetBudgetRequest, call: Call) -> pb.Budget:
        record = self.budgets.get(model.budget_id(request.item_id, request.period))
        if not model_budgets.sees(call.actor, record.state):
            raise not_found()
        return self._view(record, call)

    def ListBudgets(self, request: pb.ListBudgetsRequest, call: Call) -> pb.ListBudgetsResponse:
        actor = call.actor

        def wanted(one: Budget) -> bool:
            return model_budgets.sees(actor, one) and request.item_id in ("", one.item_id)

        size = request.page_size or PAGE
        rows, token = store_budgets.newest(self.budgets, self._bounds(request, actor), wanted, request.page_token, size)
        found = [views_money.budget(row, self.database, changes=False) for row in rows]
        return pb.ListBudgetsResponse(budgets=found, next_page_token=token)

    def _bounds(self, request: pb.ListBudgetsRequest, actor: Actor) -> list[dict[str, Any]]:
        if request.item_id:
            return [{"state.item_id": request.item_id}]
        if actor.roles.isdisjoint((model.FINANCE, model.SUPERVISE)):
            return [{"state.department": actor.department}]
        counties = [{"state.county": county} for county in self.counties.within(actor.region)]
        return counties or [model.NO_RECORD]

    def ClosePeriod(self, request: pb.ClosePeriodRequest, call: Call) -> pb.Budget:
        id = model.budget_id(request.item_id, request.period)
        if not model_budgets.finances(call.actor, self.budgets.get(id).state.region):
            raise not_found()
        return self._view(self.budgeting.close(id, call.actor, call.cause), call)

    def NotifyPayment(self, request: pb.NotifyPaymentRequest, call: Call) -> pb.NotifyPaymentResponse:
        claim = store_claims.of_order(self.claims, request.order_id)
        if claim is None:
            raise not_found()
        told = claim.id
        self.notices.create(
            call.cause,
            lambda id: events.BankNotified(call_id=id, order_id=request.order_id, claim_id=told),
        )
        return pb.NotifyPaymentResponse()

    def ListPostings(self, request: pb.ListPostingsRequest, call: Call) -> pb.ListPostingsResponse:
        id, size = self._overseen(request, call.actor), request.page_size or LINES
        rows, token = store_ledger.newest(self.database, id, request.page_token, size)
        return pb.ListPostingsResponse(postings=[views_money.posting(row) for row in rows], next_page_token=token)

    def GetTrialBalance(self, request: pb.GetTrialBalanceRequest, call: Call) -> pb.TrialBalance:
        return views_money.balance(self.database, self._overseen(request, call.actor))

    def _overseen(self, request: Any, actor: Actor) -> str:
        """The id of a budget whose money the actor reads."""
        id = model.budget_id(request.item_id, request.period)
        if not model_budgets.oversees(actor, self.budgets.get(id).state.region):
            raise not_found()
        return id

    def ListReconciliations(self, request: pb.ListReconciliationsRequest, call: Call) -> pb.ListReconciliationsResponse:
        def wanted(one: Reconciliation) -> bool:
            return model_budgets.oversees(call.actor, one.region)

        statuses = (EXCEPTIONS,) if request.open else model_reconciliation.STATUSES
        bounds = [{"state.status": status} for status in statuses]
        size = request.page_size or PAGE
        rows, token = store_reconciliation.newest(self.days, bounds, wanted, request.page_token, size)
        found = [views_money.reconciliation(row, exceptions=False) for row in rows]
        return pb.ListReconciliationsResponse(reconciliations=found, next_page_token=token)

    def GetReconciliation(self, request: pb.GetReconciliationRequest, call: Call) -> pb.Reconciliation:
        record = self.days.get(request.reconciliation_id)
        if not model_budgets.oversees(call.actor, record.state.region):
            raise not_found()
        return views_money.reconciliation(record)

    def SettleException(self, request: pb.SettleExceptionRequest, call: Call) -> pb.Reconciliation:
        if faults := list(model_portal.plain_text("resolution", request.resolution)):
            raise invalid(*faults)

        def decide(one: Reconciliation) -> events.ExceptionResolved:
            if not model_budgets.finances(call.actor, one.region):
                raise not_found()
            return model_reconciliation.resolve(one, request.exception_id, call.actor, request.resolution)

        return views_money.reconciliation(self.days.change(request.reconciliation_id, call.cause, decide))

    def _view(self, record: Record[Budget], call: Call) -> pb.Budget:
        call.span.set(telemetry.RECORD, record.id)
        return views_money.budget(record, self.database)
