"""The pool of evaluators and the choice among proposals over gRPC: half of SelectionService; draws are in `api_selection`."""

import os
from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from chassis.acts import Actor, holder
from chassis.errors import Violation, invalid, not_found, require
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.intermediary import (
    agencies,
    model,
    model_choice,
    model_evaluators,
    store,
    store_agencies,
    store_evaluators,
    store_frozen,
    views_choice,
)
from services.intermediary.model import Procurement
from services.intermediary.model_choice import Taking
from services.intermediary.model_evaluators import Evaluator
from services.intermediary.model_moves import require_by, require_move
from standards import draw
from standards.codes import region_covers, region_valid
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import selection_pb2 as pb

PAGE = 20


class ChoiceApi:
    """The methods of evaluators and of who works with them, by name."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.database = parts.database
        self.keyring = parts.keyring
        self.procurements = store.procurements(parts.database)
        self.evaluators = store_evaluators.evaluators(parts.database)
        self.agencies = store_agencies.agencies(parts.database)
        self.pools = store.counties(parts.database, store_evaluators.COUNTIES)

    # -- the pool ------------------------------------------------------------------------------------------------------

    def ApplyAsEvaluator(self, request: pb.ApplyAsEvaluatorRequest, call: Call) -> pb.Evaluator:
        id = store_evaluators.evaluator_id(call.actor.id)

        def decide(_: Any) -> Message:
            if holder(call.actor.id, request.id_number) != call.actor.holder:
                raise invalid(Violation("id_number", "NOT_YOURS", "请填写本人的身份证号"))
            if not region_valid(request.region):
                raise invalid(Violation("region", "REGION_UNKNOWN", "没有这个行政区划"))
            key = agencies.person_key(self.keyring, request.id_number)
            name = self.keyring.seal(call.actor.id, request.name.strip())
            told = (request.region, request.fields, request.ties)
            applied = model_evaluators.apply(id, call.actor, name, key, *told)
            # Only of a right application: whoever is refused leaves no county behind.
            self.pools.know(request.region)
            return applied

        if self.evaluators.find({"_id": id}) is None:
            return self._entry(self.evaluators.create(call.cause, decide, id), call)
        return self._entry(self.evaluators.change(id, call.cause, decide), call)

    def ReviewEvaluator(self, request: pb.ReviewEvaluatorRequest, call: Call) -> pb.Evaluator:
        def decide(one: Evaluator) -> Message:
            if not region_covers(call.actor.region, one.region):
                raise not_found()
            reason = request.reason.strip()
            sealed = self.keyring.seal(one.person_id, reason) if reason else ""
            return model_evaluators.review(one, call.actor, request.approved, sealed)

        return self._entry(self.evaluators.change(request.evaluator_id, call.cause, decide), call)

    def GetMyEvaluator(self, _request: pb.GetMyEvaluatorRequest, call: Call) -> pb.Evaluator:
        return self._entry(self.evaluators.get(store_evaluators.evaluator_id(call.actor.id)), call)

    def ListEvaluators(self, request: pb.ListEvaluatorsRequest, call: Call) -> pb.ListEvaluatorsResponse:
        def wanted(one: Evaluator) -> bool:
            covered = region_covers(call.actor.region, one.region)
            return covered and request.status in ("", one.status) and (not request.field or request.field in one.fields)

        matches: list[dict[str, Any]] = [{"state.county": county} for county in self.pools.within(call.actor.region)]
        if request.status:
            matches = [match | {"state.status": request.status} for match in matches]
        size = request.page_size or PAGE
        rows, token = store_evaluators.newest(self.evaluators, matches, wanted, request.page_token, size)
        return pb.ListEvaluatorsResponse(evaluators=[self._entry(row, call) for row in rows], next_page_token=token)

    def _entry(self, record: Record[Evaluator], call: Call) -> pb.Evaluator:
        return views_choice.evaluator(record, call.actor, self.keyring)

    # -- who scores ----------------------------------------------------------------------------------------------------

    def DrawEvaluators(self, request: pb.DrawEvaluatorsRequest, call: Call) -> pb.Evaluation:
        def decide(one: Procurement) -> Message:
            require_by(one, call.method, call.actor)
            require_move(one, call.method)
            # Those of the county, and those of its city and province.
            around = [place for place in self.pools.all() if region_covers(place, one.county)]
            pool = store_evaluators.pool(self.evaluators, around)
            return model_choice.draw_evaluators(one, call.actor.id, pool, self._taking(one))

        return self._choose(request.procurement_id, call, decide)

    def ReplaceEvaluator(self, request: pb.ReplaceEvaluatorRequest, call: Call) -> pb.Evaluation:
        def decide(one: Procurement) -> Message:
            require_by(one, call.method, call.actor)
            require_move(one, call.method)
            told = (model_choice.REPLACED, self.keyring.seal(one.id, request.reason.strip()), call.actor.id)
            return self._replaced(one, request.evaluator_id, told)

        return self._choose(request.procurement_id, call, decide)

    def RecuseEvaluator(self, request: pb.RecuseEvaluatorRequest, call: Call) -> pb.Evaluation:
        def decide(one: Procurement) -> Message:
            seat = model_choice.seat_of(one, call.actor.id)
            require_move(one, call.method)
            told = (model_choice.RECUSED, self.keyring.seal(one.id, request.reason.strip()), "")
            return self._replaced(one, seat.evaluator_id, told)

        changed = self.procurements.change(request.procurement_id, call.cause, decide)
        # He is none of them any more: what he did is all he is told.
        return pb.Evaluation(procurement_id=changed.id, number=changed.state.number, version=changed.version)

    def _replaced(self, one: Procurement, evaluator: str, told: tuple[str, str, str]) -> Message:
        found = (self.evaluators.find({"_id": id}) for id in one.evaluator_reserve)
        reserve = [row.state for row in found if row and row.state.status == model_evaluators.IN]
        return model_choice.replace(one, evaluator, told, reserve, self._taking(one))

    def GiveScores(self, request: pb.GiveScoresRequest, call: Call) -> pb.Evaluation:
        nonce = os.urandom(32).hex()

        def decide(one: Procurement) -> Message:
            seat = model_choice.seat_of(one, call.actor.id)
            require_move(one, call.method)
            require(seat.scored_at is None, "SCORED_ALREADY", "已提交评分，不能更改")
            self._require_no_interest(one, seat.evaluator_id)
            listed = [row["uscc"] for row in self._candidates(one)]
            given = model_choice.points(len(model.need_of(one).criteria), listed, request.scores)
            sheet = model_choice.sheet(one.id, seat.evaluator_id, given, nonce)
            return events.ScoresGiven(
                procurement_id=one.id,
                evaluator_id=seat.evaluator_id,
                sealed_scores=self.keyring.seal(one.id, draw.canonical(sheet).decode()),
                digest=model_choice.digest_of(sheet),
            )

        return self._choose(request.procurement_id, call, decide)

    def _require_no_interest(self, one: Procurement, evaluator: str) -> None:
        found = self.evaluators.get(evaluator).state
        tie = model_choice.interest(found, one, self._taking(one))
        why = model_choice.INTERESTS[tie.reason] if tie else ""
        require(tie is None, "INTEREST", f"您与业主或者候选机构有利害关系（{why}），请申请回避")

    def _candidates(self, one: Procurement) -> list[dict[str, Any]]:
        if not one.list_digest:
            return []
        found: list[dict[str, Any]] = store_frozen.get(self.database, one.list_digest)["candidates"]
        return found

    def _taking(self, one: Procurement) -> list[Taking]:
        """The candidates with their people. An agency's record never goes, so each is there."""
        found = ((row["uscc"], self.agencies.get(row["agency_id"]).state) for row in self._candidates(one))
        return [Taking(uscc, agency.person_keys) for uscc, agency in found]

    # -- reading -------------------------------------------------------------------------------------------------------

    def ListMyEvaluations(self, request: pb.ListMyEvaluationsRequest, call: Call) -> pb.ListMyEvaluationsResponse:
        match, size = {"state.seats.person_id": call.actor.id}, request.page_size or PAGE
        rows, token = store.newest(
            self.procurements, [match], lambda one: _sits(call.actor, one), request.page_token, size
        )
        found = [self._evaluation(row, call) for row in rows]
        return pb.ListMyEvaluationsResponse(evaluations=found, next_page_token=token)

    def GetEvaluation(self, request: pb.GetEvaluationRequest, call: Call) -> pb.Evaluation:
        return self._evaluation(self.procurements.get(request.procurement_id), call)

    def _choose(self, id: str, call: Call, decide: Callable[[Procurement], Message]) -> pb.Evaluation:
        return self._evaluation(self.procurements.change(id, call.cause, decide), call)

    def _evaluation(self, record: Record[Procurement], call: Call) -> pb.Evaluation:
        one, actor = record.state, call.actor
        if one.mode != model.CHOICE or one.frozen_at is None:
            raise not_found()
        listed = self._candidates(one)
        inside = _sits(actor, one) or any(of(actor, one) for of in (model.owns, model.operates, model.supervises))
        organizations = {row["organization_id"] for row in listed}
        bid = bool(one.order_digest) and model.is_handler(actor) and actor.id in organizations
        if not (inside or bid):
            raise not_found()
        order = store_frozen.get(self.database, one.order_digest)["places"] if one.order_digest else []
        return views_choice.evaluation(record, actor, self.parts, listed, order, inside)


def _sits(actor: Actor, one: Procurement) -> bool:
    return actor.acting is None and any(seat.person_id == actor.id for seat in one.seats)
