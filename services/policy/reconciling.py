"""Each day is compared with the bank's statement: every line finds its order or its recovery, every order its line; what does not is for
finance to resolve.

A bank that is away, or has not closed the day, leaves the day open, and it is tried again. Everything that is told to a claim on the way
is told once, so that a process that dies anywhere in between is followed by another that does the same.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from google.protobuf.message import Message

from chassis.acts import Cause, now
from chassis.answers import Fault
from chassis.errors import Refused
from chassis.outside import Away
from chassis.parts import Parts
from chassis.records import Records
from chassis.telemetry import log
from services.policy import bank, model, model_payments, settings, store_budgets, store_claims
from services.policy import model_reconciliation as reconciled
from services.policy import store_reconciliation as kept
from services.policy.model import Claim
from services.policy.model_reconciliation import Finding, Reconciliation
from services.policy.paying import Paying
from standards.workdays import local_day
from yiwang.policy.v1 import events_pb2 as events

BY: Final = "system:policy"
# What an enterprise writes on a transfer that gives back; among other words.
_CODE: Final = re.compile(r"ZH[A-Z2-7]{8}")
_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")


class Unsettled(Exception):
    """The bank's statement and its own answer to the order are not the same yet: the day is tried again."""


class Reconciling:
    """The reconciliations of one store."""

    def __init__(self, parts: Parts) -> None:
        self._database = parts.database
        self._told = settings.of(parts)
        self._claims: Records[Claim] = store_claims.claims(parts.database)
        self._paying = Paying(parts)
        self.days = kept.reconciliations(parts.database)

    def round(self) -> int:
        """Opens the days up to yesterday and compares those that are open; how many were compared."""
        if not (self._told.bank_url and self._told.payer_account):
            return 0
        self.open_until(local_day(now()))
        done = 0
        for one in kept.open_days(self.days):
            try:
                done += self._attempt(one)
            except Away as away:
                # The same bank for every day.
                log("reconciling").info("bank_away", record=one.id, error=str(away))
                break
        return done

    def open_until(self, today: date) -> None:
        """The days before this one are to be compared, from the last that was on."""
        region = reconciled.region_of(store_budgets.counties(self._database).all())
        for day in reconciled.due_days(kept.last_day(self.days), today, kept.MOST_DAYS) if region else ():
            self.open(day, region)

    def open(self, day: date, region: str) -> str:
        """A day is to be compared, for who oversees this region; its id. The same again changes nothing."""
        account = self._told.payer_account
        id = reconciled.reconciliation_id(account, day)
        told = events.ReconciliationOpened(
            reconciliation_id=id, day=day.isoformat(), region=region, payer_tail=account[-4:]
        )
        self.days.create(Cause(key=f"reconcile/open/{day.isoformat()}", by=BY), lambda _: told, id)
        return id

    def _attempt(self, one: Reconciliation) -> bool:
        """One day, now; whether it was compared. What is wrong with one is logged and keeps no other waiting. Away."""
        try:
            return self.compare(one.id)
        except Away:
            raise
        except Unsettled as why:
            log("reconciling").info("day_stays_open", record=one.id, error=str(why))
        except Exception as error:  # whatever is wrong with one day: the others are compared
            reason = error.reason if isinstance(error, Refused) else str(error) if isinstance(error, Fault) else ""
            log("reconciling").error("day_refused", record=one.id, reason=reason or type(error).__name__)
        return False

    def compare(self, id: str) -> bool:
        """Compares a day that is open; whether it is compared. Away, Fault and Unsettled leave it open."""
        one = self.days.get(id).state
        if one.status != reconciled.OPEN:
            return True
        statement = bank.statement(self._told.bank_url, self._told.payer_account, one.day)
        if not statement.complete:
            raise Unsettled("the bank has not closed the day")
        lines = list({line.id: line for line in statement.lines}.values())
        found, there = self._matched(one, lines)
        day = date.fromisoformat(one.day)
        paid = store_claims.paid_between(self._claims, *reconciled.span(day))
        self._close(one, lines, found, reconciled.lacking(paid, day, there))
        return True

    def _matched(self, one: Reconciliation, lines: list[bank.StatementLine]) -> tuple[list[Finding], set[str]]:
        """What is wrong with the lines, and the orders that went out by one."""
        found, seen = list[Finding](), set[tuple[str, str]]()
        for line in lines:
            again = line.kind != bank.IN and (line.kind, line.subject) in seen
            seen.add((line.kind, line.subject))
            if wrong := self._line(one, line, again):
                found.append(wrong)
        return found, {subject for kind, subject in seen if kind == bank.OUT}

    def _line(self, one: Reconciliation, line: bank.StatementLine, again: bool) -> Finding | None:
        if line.kind == bank.IN:
            return self._income(one, line)
        claim = store_claims.of_order(self._claims, line.subject)
        if claim is None:
            # Only what looks like an id is kept of what the bank wrote.
            named = line.subject if _ID.fullmatch(line.subject) else ""
            return reconciled.finding(reconciled.UNKNOWN_ORDER, line.id, None, named, line.fen)
        claim = self._asked(claim, line)
        order = reconciled.order_of(claim, line.subject)
        if line.kind == bank.BACK:
            return reconciled.came_back(claim, order, line.id, line.fen, again)
        wrong = reconciled.paid_out(claim, order, one.day, line.id, line.fen, again)
        if wrong is None:
            self._tell(claim.id, line.id, lambda each: model_payments.reconciled(each, order.id, one.day, line.id))
        return wrong

    def _asked(self, claim: Claim, line: bank.StatementLine) -> Claim:
        """The claim, with what the bank says of the order when we do not know it yet. Unsettled while that is not what the statement
        says."""
        order = reconciled.order_of(claim, line.subject)
        behind = order.state == model.ORDERED or (line.kind == bank.BACK and order.state == model.SETTLED)
        if not behind:
            return claim
        self._paying.look(claim.id)
        claim = self._claims.get(claim.id).state
        order = reconciled.order_of(claim, line.subject)
        expected = claim.status in (model.PAYING, model.PAID)
        if order.state == model.ORDERED or (line.kind == bank.BACK and order.state == model.SETTLED and expected):
            raise Unsettled(f"order {order.id}")
        return claim

    def _income(self, one: Reconciliation, line: bank.StatementLine) -> Finding | None:
        codes = _CODE.findall(re.sub(r"\s", "", line.subject).upper())
        claim = store_claims.of_recovery(self._claims, codes[0]) if codes else None
        if claim is None:
            return reconciled.finding(reconciled.UNKNOWN_INCOME, line.id, None, "", line.fen)
        if line.id in claim.recovery_lines:
            return None
        expected = model_payments.to_recover(claim)
        room = len(claim.recovery_lines) < model_payments.MOST_LINES
        if claim.status != model.RECOVERING or line.fen > expected or not room:
            return reconciled.finding(reconciled.WRONG_AMOUNT, line.id, claim, "", line.fen, expected)
        self._tell(claim.id, line.id, lambda each: model_payments.recovered(each, line.fen, line.id, one.day))
        return None

    def _close(
        self, one: Reconciliation, lines: list[bank.StatementLine], found: list[Finding], lacking: list[Finding]
    ) -> None:
        all = [*found, *lacking]
        if len(all) > reconciled.MOST:
            log("reconciling").error("too_many_exceptions", record=one.id, exceptions=len(all))
            raise Unsettled("too many exceptions")
        sums = {kind: sum(line.fen for line in lines if line.kind == kind) for kind in (bank.OUT, bank.BACK, bank.IN)}
        told = events.DayReconciled(
            reconciliation_id=one.id,
            day=one.day,
            region=one.region,
            lines=len(lines),
            matched=len(lines) - len(found),
            out_fen=sums[bank.OUT],
            returned_fen=sums[bank.BACK],
            in_fen=sums[bank.IN],
            exceptions=[_said(each) for each in all],
        )
        cause = Cause(key=f"reconcile/{one.day}", by=BY)
        self.days.change(one.id, cause, lambda each: told if each.status == reconciled.OPEN else None)

    def _tell(self, id: str, line: str, decide: Callable[[Claim], Message | None]) -> None:
        self._claims.change(id, Cause(key=f"statement/{line}", by=BY), decide)


def _said(one: Finding) -> Any:
    return events.ExceptionFound(
        exception_id=one.id,
        kind=one.kind,
        line_id=one.line_id,
        order_id=one.order_id,
        claim_id=one.claim_id,
        fen=one.fen,
        expected_fen=one.expected_fen,
    )
