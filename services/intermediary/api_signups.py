"""SignUpService over gRPC: the way of agencies into a selection. Sign-ups come in thousands at the last minute: one write each."""

from typing import Any

from google.protobuf.message import Message

from chassis import telemetry
from chassis.acts import Actor, Cause, now
from chassis.errors import FAILED_PRECONDITION, NOT_FOUND, Refused, Violation, invalid, not_found, require
from chassis.guards import Guard
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.intermediary import (
    files,
    freezing,
    model,
    model_check,
    model_needs,
    model_sheets,
    store,
    store_agencies,
    store_credits,
    store_frozen,
)
from services.intermediary.model import Procurement
from services.intermediary.model_agencies import Agency
from services.intermediary.model_moves import require_move
from services.intermediary.model_sheets import Entry, Sheet
from standards.instants import text
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import signups_pb2 as pb
from yiwang.rules.v1 import rules_pb2

OVER = Refused(FAILED_PRECONDITION, "SIGNUP_OVER", "报名已截止")
BIDS_OVER = Refused(FAILED_PRECONDITION, "OPENING_OVER", "公开报价的时间已过")
_FAILED_MOST = 500
# Procurements kept in memory.
MOST_KEPT = 200


class SignUpApi:
    """The methods of yiwang.intermediary.v1.SignUpService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.database = parts.database
        self.procurements = store.procurements(parts.database)
        self.sheets = store.sheets(parts.database)
        self.agencies = store_agencies.agencies(parts.database)
        self._kept: dict[str, Record[Procurement]] = {}

    def CheckQualification(self, request: pb.CheckQualificationRequest, call: Call) -> rules_pb2.Verdict:
        procurement = self._published(request.procurement_id)
        return self._verdict(procurement, self._own(call.actor))

    def SignUp(self, request: pb.SignUpRequest, call: Call) -> pb.SignUpEntry:
        procurement, own = self._published(request.procurement_id), self._own(call.actor)
        sheet = self._sheet(procurement, own.state.uscc)

        def decide(found: Sheet) -> Message:
            told = self._told(procurement, own, sheet, request, call)
            return model_sheets.sign_up(found, told)

        guard = Guard(OVER, before=procurement.signup_end)
        try:
            signed = self.sheets.change(sheet, call.cause, decide, guard=guard)
        except Refused as refused:
            if refused.code != NOT_FOUND:
                raise
            self._open(sheet, procurement)
            signed = self.sheets.change(sheet, call.cause, decide, guard=guard)
        return self._view(signed, procurement, own, call)

    def _open(self, sheet: str, procurement: Procurement) -> None:
        """The first who comes opens the sheet, empty: that much may be late, since the freeze closes what it finds."""
        closes = procurement.signup_end
        assert closes is not None
        opening = Cause(key=f"open/{sheet}", by=freezing.BY)
        self.sheets.create(opening, lambda id: model_sheets.opened(id, procurement.id, closes), sheet)

    def _told(
        self, procurement: Procurement, own: Record[Agency], sheet: str, request: pb.SignUpRequest, call: Call
    ) -> events.AgencySignedUp:
        """The sign-up as its event carries it, once the agency may; refused as SignUp."""
        require_move(procurement, "SignUp")
        verdict = self._verdict(procurement, own)
        failed = model_check.failing(verdict)
        avoided = {one.id for one in failed} & model_check.AVOIDED
        why = "；".join(one.says for one in failed)[:_FAILED_MOST]
        require(not avoided, "AVOIDED", f"贵机构与业主互为回避：{why}")
        require(not failed, "NOT_QUALIFIED", f"贵机构不符合条件：{why}")
        _wanted("bid_commitment", request.bid_commitment, procurement.mode == model.PRICE, "请提交报价的密封承诺")
        _wanted("proposal", request.proposal, procurement.mode == model.CHOICE, "请提交方案文件")
        told = events.AgencySignedUp(
            sheet_id=sheet,
            procurement_id=procurement.id,
            agency_id=own.id,
            uscc=own.state.uscc,
            name=own.state.name,
            bid_commitment=request.bid_commitment,
            organization_id=own.state.organization_id,
        )
        if request.proposal:
            claimed = files.claim(self.database, [request.proposal], call.actor, sheet, "proposal")
            told.proposal.CopyFrom(claimed[0])
        return told

    def WithdrawSignUp(self, request: pb.WithdrawSignUpRequest, call: Call) -> pb.SignUpEntry:
        procurement, own = self._published(request.procurement_id), self._own(call.actor)
        guard = Guard(OVER, before=procurement.signup_end)

        def decide(found: Sheet) -> Message:
            require_move(procurement, "WithdrawSignUp")
            return model_sheets.withdraw(found, own.state.uscc)

        return self._change(procurement, own, call, decide, guard)

    def OpenBid(self, request: pb.OpenBidRequest, call: Call) -> pb.SignUpEntry:
        procurement, own = self._published(request.procurement_id), self._own(call.actor)
        guard = Guard(BIDS_OVER, before=procurement.selection_at)
        bounds = model_needs.bid_bounds(model.need_of(procurement))

        def decide(found: Sheet) -> Message:
            require_move(procurement, "OpenBid")
            return model_sheets.open_bid(found, own.state.uscc, request.value, request.nonce, bounds)

        return self._change(procurement, own, call, decide, guard)

    def GetMySignUp(self, request: pb.GetMySignUpRequest, call: Call) -> pb.SignUpEntry:
        procurement, own = self._published(request.procurement_id), self._own(call.actor)
        return self._view(self._there(procurement, own), procurement, own, call)

    def _change(
        self, procurement: Procurement, own: Record[Agency], call: Call, decide: Any, guard: Guard
    ) -> pb.SignUpEntry:
        found = self.sheets.find({"_id": self._sheet(procurement, own.state.uscc)})
        require(found is not None, "NOT_SIGNED_UP", "贵机构没有报名")
        assert found is not None
        return self._view(self.sheets.change(found.id, call.cause, decide, guard=guard), procurement, own, call)

    def _published(self, id: str) -> Procurement:
        """A procurement with a notice: to agencies others are not there."""
        procurement = self._known(id)
        if procurement.published_at is None:
            raise not_found()
        require(procurement.sheets > 0, "MOVE_NOT_ALLOWED", "直接选取的采购没有报名")
        return procurement

    def _known(self, id: str) -> Procurement:
        """The procurement as it is now. Its version is asked, and all of it only where that moved: thousands sign up to one notice."""
        head = self.procurements.collection.find_one({"_id": id}, {"version": 1})
        kept = self._kept.get(id)
        if head is None or kept is None or kept.version != head["version"]:
            kept = self.procurements.get(id)
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[id] = kept
        return kept.state

    def _own(self, actor: Actor) -> Record[Agency]:
        found = store_agencies.of_organization(self.agencies, actor.id) if model.is_handler(actor) else None
        require(found is not None, "NO_AGENCY", "贵单位尚未入驻中介服务网上超市")
        assert found is not None
        return found

    def _verdict(self, procurement: Procurement, own: Record[Agency]) -> rules_pb2.Verdict:
        need, at = model.need_of(procurement), now()
        # Asked only where the notice asks: this runs at every sign-up.
        score = store_credits.score(self.database, own.id, at) if need.requirement.credit_min else 0
        return freezing.check(procurement, need, own.state, score, at)

    @staticmethod
    def _sheet(procurement: Procurement, uscc: str) -> str:
        return store.sheet_id(procurement.id, model_sheets.number_of(uscc, procurement.sheets))

    def _there(self, procurement: Procurement, own: Record[Agency]) -> Record[Sheet]:
        found = self.sheets.find({"_id": self._sheet(procurement, own.state.uscc)})
        if found is None or model_sheets.entry(found.state, own.state.uscc) is None:
            raise not_found()
        return found

    def _view(self, record: Record[Sheet], procurement: Procurement, own: Record[Agency], call: Call) -> pb.SignUpEntry:
        call.span.set(telemetry.RECORD, record.id)
        entry = model_sheets.entry(record.state, own.state.uscc)
        assert entry is not None
        view = pb.SignUpEntry(
            procurement_id=procurement.id,
            uscc=entry.uscc,
            name=entry.name,
            status=entry.status,
            at=text(entry.at),
            bid_commitment=entry.bid_commitment,
            opened=entry.opened_at is not None,
            value=entry.value,
            opened_at=text(entry.opened_at),
        )
        if entry.proposal:
            view.proposal.CopyFrom(files.shown(self.parts, entry.proposal))
        if entry.status == model_sheets.IN:
            self._outcome(view, procurement, entry)
        return view

    def _outcome(self, view: pb.SignUpEntry, procurement: Procurement, entry: Entry) -> None:
        """What became of it: whether it was in, and its place."""
        left_out: list[Any] = []
        if procurement.list_digest:
            view.outcome = "IN"
            left_out += store_frozen.get(self.database, procurement.list_digest)["excluded"]
        if procurement.order_digest:
            order = store_frozen.get(self.database, procurement.order_digest)
            left_out += order["excluded"]
            places = [one["uscc"] for one in order["places"]]
            view.place = places.index(entry.uscc) + 1 if entry.uscc in places else 0
        for one in left_out:
            if one["uscc"] == entry.uscc:
                view.outcome, view.outcome_note = one["reason"], one["note"]


def _wanted(field: str, told: str, wanted: bool, message: str) -> None:
    if wanted and not told:
        raise invalid(Violation(field, "REQUIRED", message))
    if told and not wanted:
        raise invalid(Violation(field, "NOT_WANTED", "该选取方式不填写此项"))
