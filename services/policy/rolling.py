"""What a worker has to do with rolls: they are computed part by part of the base, their sum is reserved, their claims are made one by one.
How far it is stands beside the roll; whoever takes it up goes on from there, and what was done already is done once.
"""

import time
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from pymongo.errors import DuplicateKeyError

from chassis.acts import Cause, now
from chassis.errors import Refused
from chassis.parts import Parts
from chassis.telemetry import log
from services.policy import (
    judging,
    model,
    model_claims,
    model_rolls,
    store_claims,
    store_enterprises,
    store_items,
    store_matches,
    store_pots,
    store_rolls,
)
from services.policy.model_enterprises import BUCKETS
from services.policy.model_rolls import Roll
from services.policy.reserving import BY, Reserving
from services.policy.store_items import OpenItem
from standards.workdays import local_day
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2
from yiwang.rules.v1 import rules_pb2

Document = dict[str, Any]
# So long, in seconds, a round goes on with parts of the base, and so many claims it makes: handlers come in between.
SPELL, CLAIMS_A_ROUND = 0.5, 20


class Rolling:
    """The rolls of one store."""

    def __init__(self, parts: Parts) -> None:
        self._database = parts.database
        self._keyring = parts.keyring
        self.rolls = store_rolls.rolls(parts.database)
        self._claims = store_claims.claims(parts.database)
        self._counties = store_claims.counties(parts.database)
        self._reserving = Reserving(parts)
        self._do: Final[Mapping[int, Callable[[Roll], None]]] = {
            model_rolls.COMPUTING: self._compute,
            model_rolls.RESERVING: self.reserve,
            model_rolls.ISSUING: self._issue,
        }

    def round(self) -> int:
        """Some way further on every roll that is being made; how many there are."""
        found = store_rolls.tasks(self.rolls, now())
        for id in found:
            roll = self.rolls.get(id).state
            try:
                self._do.get(roll.status, _nothing)(roll)
            except Exception as error:  # whatever is wrong with one roll keeps no other waiting
                reason = error.reason if isinstance(error, Refused) else type(error).__name__
                log("rolls").error("task_refused", record=id, task=roll.task, reason=reason)
        return len(found)

    # -- computed ------------------------------------------------------------------------------------------------------

    def _compute(self, roll: Roll) -> None:
        item = self._item(roll)
        walks = store_matches.unfinished(self._database, local_day(now()).isoformat())
        if any(one["item"] in ("", roll.item_id) for one in walks):
            return  # who gets it is not looked at to the end yet
        out = store_enterprises.opted_out_of(self._database, roll.item_id)
        until = time.monotonic() + SPELL
        while time.monotonic() < until:
            part = self._reached(roll, 0)
            if part >= BUCKETS:
                self._computed(roll)
                return
            self._compute_part(roll, item, part, out)
            self._reach(roll, part, part + 1)
            time.sleep(0)  # lets handlers in

    def _compute_part(self, roll: Roll, item: OpenItem, part: int, out: set[str]) -> None:
        rows = [row["_id"] for row in store_matches.qualifying(self._database, roll.item_id, part)]
        entries = store_enterprises.entries_of(self._database, part) if rows else {}
        found = []
        for uscc in sorted(set(rows) - out):
            told, sure = judging.decided(self._database, item, uscc, date.fromisoformat(roll.day))
            enterprise = store_enterprises.enterprise(self._database, uscc)
            if told.result != rules_pb2.TRUTH_TRUE or not sure or enterprise is None:
                continue
            known = entries[uscc].state.organization_id if uscc in entries else ""
            explained = MessageToDict(told)
            line = {"uscc": uscc, "name": enterprise["name"], "organization": known, "fen": told.amount.fen}
            found.append({**line, "explanation": explained})
        if self.rolls.get(roll.id).state.status == model_rolls.COMPUTING:
            store_rolls.write_lines(self._database, roll.id, found)

    def _computed(self, roll: Roll) -> None:
        rows = store_rolls.amounts(self._database, roll.id)
        told = events.RollComputed(
            roll_id=roll.id,
            lines=len(rows),
            total_fen=sum(fen for _, fen in rows),
            digest=model_rolls.digest(rows),
        )
        self._tell(roll, "computed", lambda one: told if one.status == model_rolls.COMPUTING else None)
        self._forget(roll)

    # -- reserved ------------------------------------------------------------------------------------------------------

    def reserve(self, roll: Roll) -> None:
        """Its sum is reserved under its id, and it is public; or there is not so much left."""
        if roll.status != model_rolls.RESERVING or roll.reserve_until is None:
            return
        budget = model.budget_id(roll.item_id, roll.period)
        ask = f"{roll.id}-{roll.reserve_until.timestamp() * 1000:.0f}"
        outcome = store_pots.reserve(self._database, budget, roll.id, roll.reserved_fen, roll.reserve_until, ask)
        if outcome == store_pots.HELD or not store_pots.refuse(self._database, budget, roll.id, ask):
            self._tell(roll, "published", lambda one: model_rolls.publish(one, now()))
            return
        refused = events.RollReservationRefused(roll_id=roll.id, reason=outcome)

        def decide(one: Roll) -> Message | None:
            same = one.status == model_rolls.RESERVING and one.reserve_until == roll.reserve_until
            return refused if same else None

        self._tell(roll, f"refused/{roll.reserve_until}", decide)

    # -- issued --------------------------------------------------------------------------------------------------------

    def _issue(self, roll: Roll) -> None:
        after = str(self._reached(roll, ""))
        if not after and not store_rolls.whole(self._database, roll):
            # Nobody is paid by a list other than the one that was reviewed and public.
            log("rolls").error("list_changed", record=roll.id)
            return
        item, off = self._item(roll), {one.uscc for one in roll.excluded}
        out = store_enterprises.opted_out_of(self._database, roll.item_id)
        rows = store_rolls.page(self._database, roll.id, after, CLAIMS_A_ROUND)
        for row in rows:
            if row["uscc"] not in off | out:
                self._claim(roll, item, row)
        if rows:
            self._reach(roll, after, rows[-1]["uscc"])
        else:
            self._issued(roll)

    def _claim(self, roll: Roll, item: OpenItem, row: Document) -> None:
        """The enterprise's claim of this roll, unless it has one for the period."""
        id = model.claim_id(roll.item_id, row["uscc"], roll.period)
        explained = ParseDict(row["explanation"], items_pb2.Explanation(), ignore_unknown_fields=True)
        # What was public is what is paid.
        assert explained.amount.fen == row["fen"]
        told = events.ClaimSubmitted(
            claim_id=id,
            number=model_claims.number(self._keyring.code(f"claim/{id}"), roll.region, local_day(now())),
            item_id=roll.item_id,
            edition=roll.edition,
            item_title=roll.item_title,
            period=roll.period,
            mode=model.PROACTIVE,
            uscc=row["uscc"],
            name=row["name"],
            organization_id=row["organization"] or _organization(self._database, row["uscc"]),
            region=roll.region,
            department=roll.department,
            department_name=roll.department_name,
            explanation=explained,
            roll_id=roll.id,
            officers=[*roll.officers, roll.approved_by],
            terms=model_claims.terms_of(item.definition),
        )
        self._counties.know(roll.region)
        cause = Cause(key=f"roll/{roll.id}/{row['uscc']}", by=BY)
        try:
            store_claims.submit(self._claims, id, cause, lambda before: model_claims.submit(told, before, None, now()))
        except Refused as refused:
            if refused.reason not in ("ALREADY_CLAIMED", "JOURNAL_FULL"):
                raise
        claim = self._claims.get(id).state
        if not claim.organization_id and (organization := _organization(self._database, claim.uscc)):
            # Somebody began to act for it this very moment.
            cause = Cause(key=f"roll/{roll.id}/tie", by=BY)
            self._claims.change(id, cause, lambda one: model_claims.tie(one, organization))
        if claim.reservation == model.ASKED:
            self._reserving.reserve(id)

    def _issued(self, roll: Roll) -> None:
        """What nobody took of its sum is free, once no claim of it is still being reserved."""
        budget = model.budget_id(roll.item_id, roll.period)
        claims, waiting = store_claims.of_roll(self._claims, roll.id)
        if waiting or not store_pots.free(self._database, budget, roll.id, roll.reserve_until):
            return
        # What claims took over was off the roll's hold before, whatever became of them since.
        freed = roll.reserved_fen - store_pots.taken_over(self._database, budget, roll.id)
        told = events.RollIssued(roll_id=roll.id, budget_id=budget, claims=claims, freed_fen=freed)
        self._tell(roll, "issued", lambda one: told if one.status == model_rolls.ISSUING else None)
        self._forget(roll)

    # -- both ----------------------------------------------------------------------------------------------------------

    def _item(self, roll: Roll) -> OpenItem:
        definition = store_items.definition(self._database, roll.item_id, roll.edition)
        assert definition is not None
        about = (roll.item_id, roll.edition, roll.region, "", roll.department, definition, roll.department_name)
        return OpenItem(*about)

    def _reached(self, roll: Roll, start: Any) -> Any:
        found = store_rolls.progress(self._database).find_one({"_id": _task(roll)})
        return found["next"] if found else start

    def _reach(self, roll: Roll, before: Any, after: Any) -> None:
        """How far it is, unless somebody else went on."""
        rows, id = store_rolls.progress(self._database), _task(roll)
        if not before:
            try:
                rows.insert_one({"_id": id, "next": after})
            except DuplicateKeyError:
                return
        else:
            rows.update_one({"_id": id, "next": before}, {"$set": {"next": after}})

    def _forget(self, roll: Roll) -> None:
        store_rolls.progress(self._database).delete_one({"_id": _task(roll)})

    def _tell(self, roll: Roll, what: str, decide: Callable[[Roll], Any]) -> None:
        self.rolls.change(roll.id, Cause(key=f"task/{what}", by=BY), decide)


def _nothing(_roll: Roll) -> None:
    """There is nothing to do with it now."""


def _task(roll: Roll) -> str:
    """Where it stands how far one is: by its task, so that who is late with the one leaves nothing to the other."""
    return f"{roll.id}/{roll.task}"


def _organization(database: Any, uscc: str) -> str:
    found = store_enterprises.entry(database, uscc)
    return found.state.organization_id if found else ""
