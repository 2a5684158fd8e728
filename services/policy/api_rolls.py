"""RollService over gRPC: lists of proactive payouts, from the computation to what everybody may see of them."""

from collections.abc import Callable
from typing import Any, Final

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from chassis import telemetry
from chassis.acts import Actor, now
from chassis.errors import FAILED_PRECONDITION, Refused, Violation, invalid, not_found, require
from chassis.guards import Guard
from chassis.parts import Parts
from chassis.records import Record, record_id
from chassis.rpc import Call
from services.policy import model, model_periods, model_portal, model_rolls, store_items, store_pots, store_rolls
from services.policy.model_rolls import Roll
from services.policy.rolling import Rolling
from standards.codes import region_covers
from standards.instants import text
from standards.workdays import local_day
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2
from yiwang.policy.v1 import rolls_pb2 as pb

PAGE: Final = 20
OPEN = Refused(FAILED_PRECONDITION, "ROLL_OPEN", "该事项本期已有名单在办理")
OVER = Refused(FAILED_PRECONDITION, "PUBLICITY_OVER", "公示期已满，不能再提出异议")
_SHORT: Final = {store_pots.EXHAUSTED: "预算余额不足以兑付整份名单", store_pots.CLOSED: "本期已经关账"}


class RollApi:
    """The methods of yiwang.policy.v1.RollService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.database = parts.database
        self.keyring = parts.keyring
        self.rolls = store_rolls.rolls(parts.database)
        self.timing = store_rolls.timing(parts.database, self.rolls)
        self.counties = store_rolls.counties(parts.database)
        self.rolling = Rolling(parts)

    def ComputeRoll(self, request: pb.ComputeRollRequest, call: Call) -> pb.Roll:
        item = store_items.claimable(self.database, request.item_id, now())
        if call.actor.department != item.department:
            raise not_found()
        require(item.definition.mode == model.PROACTIVE, "NOT_PROACTIVE", "该事项不是免申即享事项")
        day = local_day(now())
        period = model_periods.period_of(item.definition.period, day)
        pot = store_pots.pots(self.database).find_one({"_id": model.budget_id(item.id, period)})
        require(pot is not None, "BUDGET_MISSING", "该事项本期尚未安排预算")
        number = store_rolls.number_of(self.rolls, item.id, period)
        id = model_rolls.roll_id(item.id, period, number)
        if (known := self._of_cause(item.id, call)) is not None:
            return self._view(self.rolls.change(known, call.cause, lambda _: None), call)
        if store_rolls.open_of(self.rolls, item.id, period) is not None:
            raise OPEN
        told = events.RollBegun(
            roll_id=id,
            item_id=item.id,
            edition=item.edition,
            item_title=item.definition.title,
            period=period,
            region=item.region,
            department=item.department,
            department_name=item.department_name,
            day=day.isoformat(),
            officer_id=call.actor.id,
            publicity_days=item.definition.publicity_days,
        )
        self.counties.know(item.region)
        try:
            return self._view(self.rolls.create(call.cause, lambda _: told, id), call)
        except Refused as refused:
            # Somebody else began one this very moment.
            raise OPEN if refused.reason == "REQUEST_ID_REUSED" else refused from None

    def _of_cause(self, item_id: str, call: Call) -> str | None:
        """The roll this very request began."""
        rows = self.rolls.collection.find({"state.item_id": item_id}, {"journal.cause": 1})
        return next((row["_id"] for row in rows if row["journal"][0]["cause"] == call.cause.key), None)

    def ExcludeFromRoll(self, request: pb.ExcludeFromRollRequest, call: Call) -> pb.Roll:
        line = store_rolls.line(self.database, request.roll_id, request.uscc)
        reason = _public("reason", request.reason)

        def decide(one: Roll) -> Message:
            return model_rolls.exclude(one, request.uscc, line, reason, call.actor)

        return self._view(self.rolls.change(request.roll_id, call.cause, decide, room=model_rolls.ROOM), call)

    def ReviewRoll(self, request: pb.ReviewRollRequest, call: Call) -> pb.Roll:
        def decide(one: Roll) -> Message:
            if request.approved:
                return model_rolls.approve(one, call.actor, store_rolls.whole(self.database, one), now())
            if len(request.reason.strip()) < 4:
                raise invalid(Violation("reason", "REQUIRED", "请说明作废的理由"))
            return model_rolls.drop(one, call.actor, _public("reason", request.reason))

        room = model_rolls.ROOM if request.approved else 0
        record = self.rolls.change(request.roll_id, call.cause, decide, room=room)
        if record.state.status == model_rolls.RESERVING:
            # What is not done here is the worker's task.
            self.rolling.reserve(record.state)
            record = self.rolls.get(record.id)
            refused = _SHORT.get(record.state.reason)
            require(refused is None or record.state.status != model_rolls.COMPUTED, record.state.reason, refused or "")
        return self._view(record, call)

    def ObjectToRoll(self, request: pb.ObjectToRollRequest, call: Call) -> pb.Roll:
        roll = self.rolls.get(request.roll_id).state
        if roll.status not in model_rolls.PUBLIC or roll.publicity_until is None:
            raise not_found()

        def decide(one: Roll) -> Message:
            objection = record_id(f"objection/{call.cause.key}")
            sealed = self.keyring.seal(call.actor.id, request.text.strip())
            return model_rolls.object(one, objection, request.uscc, call.actor.id, sealed)

        guard = Guard(OVER, before=roll.publicity_until)
        room = model_rolls.ROOM_OBJECTIONS
        return self._view(self.rolls.change(request.roll_id, call.cause, decide, room=room, guard=guard), call)

    def DecideRollObjection(self, request: pb.DecideRollObjectionRequest, call: Call) -> pb.Roll:
        reason = _public("reason", request.reason)

        def decide(one: Roll) -> list[Any]:
            about = next((row.uscc for row in one.objections if row.id == request.objection_id), "")
            line = store_rolls.line(self.database, one.id, about)
            return model_rolls.decide_objection(one, request.objection_id, request.decision, line, reason, call.actor)

        return self._view(self.rolls.change(request.roll_id, call.cause, decide), call)

    def GetRoll(self, request: pb.GetRollRequest, call: Call) -> pb.Roll:
        return self._view(self.rolls.get(request.roll_id, min_version=request.min_version), call)

    def ListRollLines(self, request: pb.ListRollLinesRequest, call: Call) -> pb.ListRollLinesResponse:
        roll = self.rolls.get(request.roll_id).state
        if not model_rolls.sees(call.actor, roll):
            raise not_found()
        size = request.page_size or PAGE
        rows = store_rolls.page(self.database, roll.id, request.page_token, size)
        off = {one.uscc for one in roll.excluded}
        found = [_line(row, off, _reads(call.actor, roll, row)) for row in rows]
        return pb.ListRollLinesResponse(lines=found, next_page_token=rows[-1]["uscc"] if len(rows) == size else "")

    def ListRolls(self, request: pb.ListRollsRequest, call: Call) -> pb.ListRollsResponse:
        counties = self.counties.within(request.region) if request.region else self.counties.all()
        bounds = [{"state.county": one, "state.status": status} for one in counties for status in model_rolls.PUBLIC]

        def wanted(one: Roll) -> bool:
            return not request.region or region_covers(request.region, one.region)

        return self._list(bounds, wanted, request, call)

    def ListRollDesk(self, request: pb.ListRollDeskRequest, call: Call) -> pb.ListRollsResponse:
        actor = call.actor
        wide = not actor.roles.isdisjoint((model.FINANCE, model.SUPERVISE))
        bounds: list[dict[str, Any]] = (
            [{"state.county": one} for one in self.counties.within(actor.region)]
            if wide
            else [{"state.department": actor.department}]
        )
        if request.status:
            bounds = [bound | {"state.status": request.status} for bound in bounds]
        return self._list(bounds, lambda one: model_rolls.at_desk(actor, one), request, call)

    def _list(
        self, bounds: list[dict[str, Any]], keep: Callable[[Roll], bool], request: Any, call: Call
    ) -> pb.ListRollsResponse:
        size = request.page_size or PAGE
        rows, token = store_rolls.newest(self.rolls, bounds, keep, request.page_token, size)
        return pb.ListRollsResponse(rolls=[self._brief(row, call.actor) for row in rows], next_page_token=token)

    def _view(self, record: Record[Roll], call: Call) -> pb.Roll:
        if not model_rolls.sees(call.actor, record.state):
            raise not_found()
        call.span.set(telemetry.RECORD, record.id)
        roll, view = record.state, self._brief(record, call.actor)
        view.exclusions.extend(
            pb.RollExclusion(uscc=one.uscc, name=one.name, reason=one.reason, at=text(one.at)) for one in roll.excluded
        )
        within = model_rolls.supervises(call.actor, roll)
        for one in roll.objections:
            said = self.keyring.open_text(one.person_id, one.sealed_text) if within else ""
            told = pb.RollObjection(objection_id=one.id, uscc=one.uscc, text=said, at=text(one.at))
            told.decision, told.reason = one.decision, one.reason
            view.objections.append(told)
        return view

    def _brief(self, record: Record[Roll], actor: Actor) -> pb.Roll:
        roll = record.state
        return pb.Roll(
            roll_id=record.id,
            version=record.version,
            status=roll.status,  # type: ignore[arg-type]
            item_id=roll.item_id,
            edition=roll.edition,
            item_title=roll.item_title,
            period=roll.period,
            region=roll.region,
            department=roll.department,
            department_name=roll.department_name,
            lines=roll.lines - len(roll.excluded),
            total_fen=model_rolls.sum_of(roll),
            digest=roll.digest,
            computed_at=text(roll.computed_at),
            published_at=text(roll.published_at),
            publicity_until=text(roll.publicity_until),
            issued_at=text(roll.issued_at),
            reason=roll.reason if model_rolls.at_desk(actor, roll) else "",
            claims=roll.claims,
        )


def _reads(actor: Actor, roll: Roll, row: dict[str, Any]) -> bool:
    """Whether the actor may see why an enterprise is on a list: its officers, and the enterprise."""
    own = model.is_handler(actor) and bool(row["organization"]) and row["organization"] == actor.id
    return own or model_rolls.at_desk(actor, roll)


def _line(row: dict[str, Any], off: set[str], reads: bool) -> pb.RollLine:
    line = pb.RollLine(uscc=row["uscc"], name=row["name"], fen=row["fen"], excluded=row["uscc"] in off)
    if reads:
        told = ParseDict(row["explanation"], items_pb2.Explanation(), ignore_unknown_fields=True)
        line.explanation.CopyFrom(told)
    return line


def _public(field: str, said: str) -> str:
    """A text everybody may read. INVALID_ARGUMENT PERSONAL_DATA."""
    if found := list(model_portal.plain_text(field, said)):
        raise invalid(*found)
    return said.strip()
