"""Corrections of EnterpriseService: an enterprise asks, the department that reported decides."""

from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.acts import PERSON
from chassis.errors import ALREADY_EXISTS, Refused, Violation, invalid, not_found
from chassis.parts import Parts
from chassis.records import Record, Records
from chassis.rpc import Call
from services.policy import (
    correcting,
    model_corrections,
    model_enterprises,
    model_facts,
    store_corrections,
    store_enterprises,
    views_enterprises,
)
from services.policy.model_corrections import Correction
from yiwang.policy.v1 import enterprises_pb2 as pb
from yiwang.policy.v1 import events_pb2 as events

PAGE = 20
ALREADY_ASKED = Refused(ALREADY_EXISTS, "ALREADY_ASKED", "该事实已申请更正")


class CorrectionsApi:
    """The methods of corrections, by name."""

    parts: Parts
    corrections: Records[Correction]

    def AskCorrection(self, request: pb.AskCorrectionRequest, call: Call) -> pb.Correction:
        model_enterprises.require_own(call.actor, request.uscc)
        database, kinds = self.parts.database, store_enterprises.kinds(self.parts.database)
        known = store_enterprises.enterprise(database, request.uscc)
        facts = store_enterprises.facts_in(known) if known else {}
        fact = model_corrections.require_reported(facts.get(request.fact))
        wanted = model_corrections.required("wanted", request.fact, kinds[request.fact], request.wanted)
        id = store_corrections.correction_id(request.uscc, request.fact, fact.sheet, fact.seq)
        told = events.CorrectionAsked(
            correction_id=id,
            uscc=request.uscc,
            organization_id=call.actor.id,
            region=known["region"] if known else "",
            fact=request.fact,
            value=model_facts.written(fact.value),
            wanted=wanted,
            sealed_reason=self.parts.keyring.seal(call.actor.id, request.reason.strip()),
            department=fact.source,
            department_name=fact.source_name,
        )
        store_corrections.counties(database).know(told.region)
        try:
            return self._correction(self.corrections.create(call.cause, lambda _: told, id), call)
        except DuplicateKeyError:
            raise ALREADY_ASKED from None
        except Refused as refused:
            raise ALREADY_ASKED if refused.reason == "REQUEST_ID_REUSED" else refused from None

    def ListCorrections(self, request: pb.ListCorrectionsRequest, call: Call) -> pb.ListCorrectionsResponse:
        def keep(one: Correction) -> bool:
            waits = one.status == model_corrections.ASKED
            return model_corrections.sees(call.actor, one) and (waits or not request.waiting)

        matches = self._bounds(request, call)
        found, token = store_corrections.newest(
            self.corrections, matches, keep, request.page_token, request.page_size or PAGE
        )
        told = [self._correction(row, call) for row in found]
        return pb.ListCorrectionsResponse(corrections=told, next_page_token=token)

    def _bounds(self, request: pb.ListCorrectionsRequest, call: Call) -> list[dict[str, Any]]:
        """What the list is bounded by in the store; who may see what of it is the model's."""
        actor = call.actor
        if actor.realm == PERSON:
            model_enterprises.require_own(actor, request.uscc)
            return [{"state.uscc": request.uscc}]
        if request.uscc:
            return [{"state.uscc": request.uscc}]
        if actor.roles & model_corrections.DECIDERS:
            return [{"state.department": actor.department}]
        within = store_corrections.counties(self.parts.database).within(actor.region)
        return [{"state.county": county} for county in within]

    def DecideCorrection(self, request: pb.DecideCorrectionRequest, call: Call) -> pb.Correction:
        reason, accepted = request.reason.strip(), request.accepted
        if not accepted and not reason:
            raise invalid(Violation("reason", "REASON_MISSING", "请填写不予更正的理由"))
        known = self.corrections.get(request.correction_id).state
        if not model_corrections.decides(call.actor, known):
            raise not_found()
        kind = store_enterprises.kinds(self.parts.database)[known.fact]
        value = model_corrections.required("value", known.fact, kind, request.value) if request.value else ""
        sealed = self.parts.keyring.seal(known.organization_id, reason) if reason else ""

        def decide(one: Correction) -> events.CorrectionDecided:
            return model_corrections.decide(one, call.actor, accepted, value, sealed)

        decided = self.corrections.change(request.correction_id, call.cause, decide)
        correcting.correct(self.parts.database, decided, call.span.traceparent)
        return self._correction(decided, call)

    def _correction(self, record: Record[Correction], call: Call) -> pb.Correction:
        if not model_corrections.sees(call.actor, record.state):
            raise not_found()
        heading = store_enterprises.heading(self.parts.database, record.state.uscc)
        kinds = store_enterprises.kinds(self.parts.database)
        return views_enterprises.correction(record, heading["name"] if heading else "", kinds, self.parts.keyring)
