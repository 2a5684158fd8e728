"""What every servicer of case does alike: find the case by the way its caller sees it, change it, and show it."""

from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf.message import Message

from chassis import paging, telemetry
from chassis.acts import OFFICER, Actor, now
from chassis.errors import NOT_FOUND, Refused, not_found
from chassis.parts import Parts
from chassis.records import Filter, Record
from chassis.rpc import Call
from services.case import model_moves, model_seeing, store, store_items, timing, views
from services.case.accesses import Accesses
from services.case.model import Case
from services.case.submitting import Submitting
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

Decide = Callable[[Case], Message | list[Message] | None]
# Whose filter finds the case of a move.
_SEES: dict[str, Callable[[Any], Filter]] = {
    model_moves.DEPARTMENT: model_seeing.visible,
    model_moves.APPLICANT: model_seeing.visible,
    model_moves.RECEIVER: model_seeing.received_here,
    model_moves.CONSULTED: model_seeing.consulted,
}


# A list by due date goes no further.
DEEPEST = 10_000


class Desk:
    """The cases of one store with what belongs to them; shared by the servicers."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.keyring = parts.keyring
        self.cases = store.cases(parts.database)
        self.timing = timing.timing_of(parts.database, self.cases)
        self.items = store_items.Items(parts.database)
        self.files = store.attachments(parts.database)
        self.accesses = Accesses(store.accesses(parts.database), self.cases, self.keyring)
        self.submitting = Submitting(parts.database, self.items, self.keyring)

    def move(self, request: Any, call: Call, decide: Decide) -> pb.Case:
        """One act on the case a request names, found by the way the table says its caller sees it; answers with the case."""
        visible = _SEES[model_moves.MOVES[call.method].sees](call.actor)
        return self.reply(self.change(request.case_id, call, decide, visible), call)

    def change(self, id: str, call: Call, decide: Decide, visible: Filter) -> Record[Case]:
        """One act on a case. What the law made of it by then happens first, whether or not the timer came round: nobody asks for a
        correction, or refuses, once it is deemed accepted."""
        return self.timing.change(id, call.cause, decide, visible)

    def reasoned(self, request: Any, call: Call, decide: Callable[[Case, str], Message]) -> pb.Case:
        """A move with a reason, sealed under the applicant's key."""
        return self.move(request, call, lambda case: decide(case, self.sealed(case, request.reason)))

    def read(self, id: str, call: Call, min_version: int = 0, own: bool = False) -> tuple[Record[Case], bool]:
        """The case as the caller may read it: as his own or his department's, as one his department was asked about or his window
        received (neither of these where it has to be his `own`), or as a supervisor only (True), which is noted before he sees it."""
        for visible in _filters(call.actor, own):
            try:
                return self.cases.get(id, visible, min_version), False
            except Refused as refused:
                if refused.code != NOT_FOUND:
                    raise
        return self.cases.get(id, model_seeing.overseen(call.actor), min_version), True

    def version(self, id: str, call: Call) -> int:
        """How often a case the caller may read was written. Nothing of it is read, so nothing is noted."""
        for visible in (*_filters(call.actor, own=False), model_seeing.overseen(call.actor)):
            if found := self.cases.collection.find_one({"_id": id, **visible}, {"version": 1}):
                return int(found["version"])
        raise not_found()

    def reply(self, record: Record[Case], call: Call) -> pb.Case:
        """The whole case, for its reader."""
        call.span.set(telemetry.RECORD, record.id)
        call.span.set(telemetry.LABEL, record.state.number)
        return views.full(record, self.item_of(record.state), call.actor, self.keyring, now())

    def item_of(self, case: Case) -> catalog.ItemDefinition:
        """The edition of the item the case was submitted for."""
        return self.items.edition(case.item_id, case.edition) or catalog.ItemDefinition()

    def sealed(self, case: Case, text: str) -> str:
        """A text under the applicant's key; empty for none."""
        return self.keyring.seal(case.applicant_id, text) if text else ""

    def agent_name(self, call: Call) -> str:
        """Who acts for the applicant, sealed under his own key; empty when nobody does."""
        acting = call.actor.acting
        return self.keyring.seal(acting.id, views.agent_text(call.actor)) if acting else ""


def _filters(actor: Actor, own: bool) -> Sequence[Filter]:
    """The cases somebody reads as his own or his department's, as one his department was asked about, or his window received."""
    filters = [model_seeing.visible(actor)]
    if actor.realm == OFFICER and not own:
        filters += [model_seeing.consulted(actor), model_seeing.received_here(actor)]
    return filters


def offset(token: str) -> int:
    """The place a page of a list by due date begins at."""
    if token and not (token.isdecimal() and len(token) < 6 and int(token) <= DEEPEST):
        raise paging.malformed()
    return int(token or 0)
