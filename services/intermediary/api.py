"""ProcurementService over gRPC. Every act reads parse → load → decide → write → reply; everything around it is chassis.rpc."""

import os
from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from chassis import telemetry
from chassis.acts import holder, now
from chassis.errors import Violation, invalid, not_found, require
from chassis.guards import Guard
from chassis.parts import Api, Parts
from chassis.records import Record, record_id
from chassis.rpc import Call
from services.intermediary import (
    linking,
    model,
    model_acts,
    model_needs,
    model_rules,
    model_sheets,
    settings,
    store,
    store_agencies,
    store_services,
    views,
)
from services.intermediary.api_agencies import AgencyApi
from services.intermediary.api_market import MarketApi
from services.intermediary.api_performance import PerformanceApi
from services.intermediary.api_selection import SelectionApi
from services.intermediary.api_signups import OVER, SignUpApi
from services.intermediary.model import Procurement
from services.intermediary.model_moves import require_by, require_move
from services.intermediary.selecting import Selecting
from standards import draw
from standards.codes import region_covers
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import service_pb2 as pb

PAGE = 20
Decide = Callable[[Procurement], Message | list[Message] | None]


class ProcurementApi:
    """The methods of yiwang.intermediary.v1.ProcurementService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.keyring = parts.keyring
        self.database = parts.database
        self.procurements = store.procurements(parts.database)
        self.timing = store.timing(parts.database, self.procurements)
        self.rules = store.rules(parts.database)
        self.sheets = store.sheets(parts.database)
        self.agencies = store_agencies.agencies(parts.database)
        self.counties = store.counties(parts.database)
        self.selecting = Selecting(parts)

    def SubmitProcurement(self, request: pb.SubmitProcurementRequest, call: Call) -> pb.Procurement:
        if request.procurement_id:

            def decide(one: Procurement) -> Message:
                # The month, and the county, it may now leave.
                self.procurements.counts.mark(one)
                return model_acts.resubmit(one, self._submitted(one.id, request, call), call.actor)

            return self._view(self.procurements.change(request.procurement_id, call.cause, decide), call)

        def begin(id: str) -> Message:
            told = self._submitted(id, request, call)
            told.number = linking.number_of(self.keyring, id, request.need.region, now())
            return told

        return self._view(self.procurements.create(call.cause, begin), call)

    def _submitted(self, id: str, request: pb.SubmitProcurementRequest, call: Call) -> events.ProcurementSubmitted:
        """What is laid before the operator: whose it is, and what is needed, once it is sound."""
        actor, need = call.actor, pb.Need()
        need.CopyFrom(request.need)
        organization = model.is_handler(actor)
        uscc = request.owner_uscc if organization else actor.department if model.procures(actor) else ""
        if organization and holder(actor.id, uscc) != actor.holder:
            raise invalid(Violation("owner_uscc", "NOT_OWN", "请填写本单位的统一社会信用代码"))
        rules = model_rules.values(store.rules_of(self.rules, need.region))
        model_needs.require_sound(need, rules, lambda code: store_services.listed(self.database, code), uscc, now())
        # Only of a sound need: whoever is refused leaves no county behind that timers and lists walk through.
        self.counties.know(need.region)
        contact, name = need.contact.strip(), request.owner_name.strip()
        need.contact = ""
        named = bool(uscc)
        return events.ProcurementSubmitted(
            procurement_id=id,
            owner_id=model.owner_of(actor),
            owner_uscc=uscc,
            owner_name=name if named else "",
            sealed_owner_name="" if named else self.keyring.seal(actor.id, name),
            owner_department=uscc if model.procures(actor) else "",
            need=need,
            sealed_contact=self.keyring.seal(id, contact) if contact else "",
        )

    def ReviewProcurement(self, request: pb.ReviewProcurementRequest, call: Call) -> pb.Procurement:
        # Drawn before it is decided, so that a decision that is made again makes no other one.
        nonce = os.urandom(32).hex()

        def decide(one: Procurement) -> Message:
            require_by(one, call.method, call.actor)
            if not request.approved:
                return model_acts.send_back(one, call.actor, request.reason)
            rules = model_rules.values(store.rules_of(self.rules, one.region))
            notice = model_needs.notice(one, rules)
            written = draw.canonical(notice).decode(), draw.notice_digest(notice)
            drawn = one.mode == model.DRAW
            platform = (draw.commitment(nonce), self.keyring.seal(one.id, nonce)) if drawn else ("", "")
            sheets = settings.of(self.parts).signup_sheets
            return model_acts.publish(one, call.actor, rules, written, sheets, platform, now())

        return self._view(self.procurements.change(request.procurement_id, call.cause, decide), call)

    def WithdrawProcurement(self, request: pb.WithdrawProcurementRequest, call: Call) -> pb.Procurement:
        end = self.procurements.get(request.procurement_id).state.signup_end

        def decide(one: Procurement) -> Message:
            require_by(one, call.method, call.actor)
            return model_acts.withdraw(one, request.reason)

        guard = Guard(OVER, before=end) if end else None
        return self._view(self.procurements.change(request.procurement_id, call.cause, decide, guard=guard), call)

    def StopProcurement(self, request: pb.StopProcurementRequest, call: Call) -> pb.Procurement:
        def decide(one: Procurement) -> Message:
            return model_acts.stop(one, call.actor, request.reason, now())

        return self._act(request, call, decide)

    def GetProcurement(self, request: pb.GetProcurementRequest, call: Call) -> pb.Procurement:
        return self._view(self.procurements.get(request.procurement_id, min_version=request.min_version), call)

    def ListProcurements(self, request: pb.ListProcurementsRequest, call: Call) -> pb.ListProcurementsResponse:
        def wanted(one: Procurement) -> bool:
            return (
                one.published_at is not None
                and (not request.region or region_covers(request.region, one.region))
                and request.status in (0, one.status)
                and request.mode in (0, one.mode)
                and (not request.words or any(request.words in said for said in _texts(one)))
            )

        counties = self.counties.within(request.region) if request.region else self.counties.all()
        return self._list(_by_status(counties, request.status), wanted, request, call)

    def ListMyProcurements(self, request: pb.ListMyProcurementsRequest, call: Call) -> pb.ListProcurementsResponse:
        own = model.owner_of(call.actor)
        if request.won:
            match = {"state.winner_organization": own} if model.is_handler(call.actor) else model.NO_RECORD
            return self._list([match], lambda one: model.won(call.actor, one), request, call)
        match = {"state.owner_id": own} if own else model.NO_RECORD
        return self._list([match], lambda one: model.owns(call.actor, one), request, call)

    def ListProcurementDesk(self, request: pb.ListProcurementDeskRequest, call: Call) -> pb.ListProcurementsResponse:
        def wanted(one: Procurement) -> bool:
            desk = model.operates(call.actor, one) or model.supervises(call.actor, one)
            late = one.late or one.contract_overdue
            return desk and request.status in (0, one.status) and (not request.late or bool(late))

        asked = request.county or call.actor.region
        if not (region_covers(call.actor.region, asked) or call.actor.region.startswith(asked)):
            raise invalid(Violation("county", "COUNTY", "不在您的区域内"))
        return self._list(_by_status(self.counties.within(asked), request.status), wanted, request, call)

    def ObjectToResult(self, request: pb.ObjectToResultRequest, call: Call) -> pb.Procurement:
        agency = store_agencies.of_organization(self.agencies, call.actor.id)

        def decide(one: Procurement) -> Message:
            if not model.sees(call.actor, one):
                raise not_found()
            signed_up = agency is not None and self._signed_up(one, agency.state.uscc)
            require(signed_up, "NOT_A_CANDIDATE", "报名的机构才能提出异议")
            assert agency is not None
            objection = record_id(f"objection/{call.cause.key}")
            sealed = self.keyring.seal(one.id, request.text.strip())
            told = (agency.id, call.actor.id, agency.state.name)
            return model_acts.object(one, objection, *told, sealed, now())

        return self._view(self.timing.change(request.procurement_id, call.cause, decide), call)

    def DecideResultObjection(self, request: pb.DecideResultObjectionRequest, call: Call) -> pb.Procurement:
        def decide(one: Procurement) -> list[Message]:
            decided = model_acts.decide_objection(
                one, request.objection_id, request.decision, call.actor, request.reason, now()
            )
            if request.decision == "DISMISSED":
                return [decided]
            if request.decision == "ANNULLED":
                return [decided, model_acts.ended(one, model.ANNULLED, decided.reason, call.actor.id)]
            return [decided, *self._next(one, model_acts.UPHELD, "", call.actor.id)]

        return self._act(request, call, decide)

    def GiveUpAward(self, request: pb.GiveUpAwardRequest, call: Call) -> pb.Procurement:
        def decide(one: Procurement) -> list[Message]:
            require_move(one, call.method)
            return self._next(one, model_acts.GAVE_UP, self.keyring.seal(one.id, request.reason.strip()), "")

        return self._act(request, call, decide)

    def PassOverWinner(self, request: pb.PassOverWinnerRequest, call: Call) -> pb.Procurement:
        def decide(one: Procurement) -> list[Message]:
            require_move(one, call.method)
            sealed = self.keyring.seal(one.id, request.reason.strip())
            return self._next(one, model_acts.PASSED_OVER, sealed, call.actor.id)

        return self._act(request, call, decide)

    def _next(self, one: Procurement, reason: str, sealed: str, officer: str) -> list[Message]:
        return model_acts.replace_winner(one, reason, sealed, officer, self.selecting.following(one), now())

    def _signed_up(self, one: Procurement, uscc: str) -> bool:
        if not one.sheets:
            return False
        number = model_sheets.number_of(uscc, one.sheets)
        found = self.sheets.find({"_id": store.sheet_id(one.id, number)})
        entry = model_sheets.entry(found.state, uscc) if found else None
        return entry is not None and entry.status == model_sheets.IN

    def _act(self, request: Any, call: Call, decide: Decide) -> pb.Procurement:
        """One move by who may make it, after what is due by now; to whom the procurement is not there it is not there."""

        def decided(one: Procurement) -> Message | list[Message] | None:
            require_by(one, call.method, call.actor)
            return decide(one)

        return self._view(self.timing.change(request.procurement_id, call.cause, decided), call)

    def _list(
        self, matches: list[dict[str, Any]], keep: Callable[[Procurement], bool], request: Any, call: Call
    ) -> pb.ListProcurementsResponse:
        size = request.page_size or PAGE
        rows, token = store.newest(self.procurements, matches, keep, request.page_token, size)
        found = [views.brief(row, call.actor, self.keyring) for row in rows]
        return pb.ListProcurementsResponse(procurements=found, next_page_token=token)

    def _view(self, record: Record[Procurement], call: Call) -> pb.Procurement:
        if not model.sees(call.actor, record.state):
            raise not_found()
        call.span.set(telemetry.RECORD, record.id)
        return views.full(record, call.actor, self.parts)


def _by_status(counties: list[str], status: int) -> list[dict[str, Any]]:
    bounds = [{"state.county": county} for county in counties]
    return [bound | {"state.status": status} for bound in bounds] if status else bounds


def _texts(one: Procurement) -> tuple[str, ...]:
    return str(one.need.get("title", "")), one.service, one.number, one.item_name


def build(parts: Parts) -> Api:
    """The api of intermediary, from its parts."""
    return Api(
        {
            "ProcurementService": ProcurementApi(parts),
            "SignUpService": SignUpApi(parts),
            "SelectionService": SelectionApi(parts),
            "PerformanceService": PerformanceApi(parts),
            "AgencyService": AgencyApi(parts),
            "MarketService": MarketApi(parts),
        }
    )
