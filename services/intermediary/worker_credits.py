"""Credit by the published rules: what happens to a procurement gives its agency a mark, once, in whatever order it is heard."""

from datetime import datetime
from typing import Any

from chassis.errors import NotYet
from chassis.events import Heard, on
from chassis.parts import Parts
from services.intermediary import model_credits, store_agencies, store_credits
from services.intermediary.model_credits import Given
from yiwang.intermediary.v1.events_pb2 import (
    BreakOffDecided,
    ContractFiled,
    DeliverableConfirmed,
    DeliverableReturned,
    MilestoneReported,
    ProcurementArchived,
    QualificationReviewed,
    WinnerReplaced,
)


class HearsCredits:
    """The handlers that give marks."""

    parts: Parts

    @on(WinnerReplaced)
    def mark_replaced(self, event: Heard[WinnerReplaced]) -> None:
        """Act: who had the award, and has it no more by his own fault, gets his mark."""
        self._mark(event)

    @on(ContractFiled)
    def mark_contract(self, event: Heard[ContractFiled]) -> None:
        """Act: a contract the winner filed late costs credit."""
        self._mark(event)

    @on(MilestoneReported)
    def mark_milestone(self, event: Heard[MilestoneReported]) -> None:
        """Act: a late milestone costs credit."""
        self._mark(event)

    @on(DeliverableReturned)
    def mark_returned(self, event: Heard[DeliverableReturned]) -> None:
        """Act: a deliverable sent back for the second time costs credit."""
        self._mark(event)

    @on(DeliverableConfirmed)
    def mark_delivered(self, event: Heard[DeliverableConfirmed]) -> None:
        """Act: what was done in time brings credit."""
        self._mark(event)

    @on(BreakOffDecided)
    def mark_broken_off(self, event: Heard[BreakOffDecided]) -> None:
        """Act: a contract that ended early by the agency's fault costs credit."""
        self._mark(event)

    @on(ProcurementArchived)
    def mark_archived(self, event: Heard[ProcurementArchived]) -> None:
        """Act: what the owner said of the agency brings or costs credit."""
        self._mark(event)

    @on(QualificationReviewed)
    def mark_false_statement(self, event: Heard[QualificationReviewed]) -> None:
        """Act: a false statement costs credit."""
        for given in model_credits.marks_of(event.body):
            self._give(event, event.record, given, event.record)

    def _mark(self, event: Heard[Any]) -> None:
        marks = model_credits.marks_of(event.body)
        if not marks:
            return
        # Whose it was when it happened: the award may have gone on to the next since.
        journal = store_credits.journal_until(self.parts.database, event.record, event.seq)
        if journal is None:
            raise NotYet
        lost = isinstance(event.body, WinnerReplaced)
        agency = event.body.agency_id if lost else model_credits.winner_in(journal)
        for given in marks if agency else ():
            self._give(event, agency, given, event.record, model_credits.number_in(journal))

    def _give(self, event: Heard[Any], agency: str, given: Given, subject: str, number: str = "") -> None:
        """One mark, unless it is there: another event may have given it."""
        all = store_credits.credits(self.parts.database)
        id = store_credits.mark_id(agency, given.rule, subject, given.occasion)
        if all.find({"_id": id}) is not None:
            return
        found = store_agencies.agencies(self.parts.database).find({"_id": agency})
        if found is None:
            raise NotYet
        at = datetime.fromisoformat(event.time)
        procurement = (subject, number) if number else ("", "")
        marked = model_credits.marked(id, agency, found.state.county, given.rule, at, procurement)
        all.create(event.cause, lambda _: marked, id)
