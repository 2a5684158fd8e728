"""ClaimService over gRPC: what officers do with claims, lists, receipts and files. Part of the servicer in api_claims."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from google.protobuf.message import Message

from chassis import telemetry
from chassis.acts import now
from chassis.errors import Violation, invalid, not_found, require
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.policy import (
    judging,
    model,
    model_claims,
    model_facts,
    model_payments,
    model_sheets,
    receipts,
    store_claims,
    store_enterprises,
    store_files,
    store_items,
    views_claims,
)
from services.policy.model import Claim
from services.policy.model_facts import Fact
from services.policy.model_moves import require_by
from services.policy.reserving import Reserving
from standards.codes import region_covers
from yiwang.policy.v1 import claims_pb2 as pb
from yiwang.policy.v1 import items_pb2

PAGE: Final = 20
REASON: Final = 4
Decide = Callable[[Claim], Message | list[Message] | None]


class ClaimDeskApi:
    """What officers do, and what every reader reads."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.keyring = parts.keyring
        self.database = parts.database
        self.claims = store_claims.claims(parts.database)
        self.timing = store_claims.timing(parts.database, self.claims)
        self.counties = store_claims.counties(parts.database)
        self.reserving = Reserving(parts)

    def ReviewClaim(self, request: pb.ReviewClaimRequest, call: Call) -> pb.Claim:
        def decide(one: Claim) -> Message | list[Message]:
            require_by(one, call.method, call.actor)
            sealed = self._sealed(one, request.reason)
            if request.decision != "APPROVE":
                _require_reason(request.reason)
                if request.decision == "RETURN":
                    return model_claims.send_back(one, call.actor, call.method, sealed, now())
                return model_claims.refuse(one, call.actor, call.method, sealed)
            explained = self._explained(one, request)
            return model_claims.review(one, call.actor, explained, request.amount_fen, sealed, now())

        return self._act(request.claim_id, call, decide, _room(request.decision))

    def _explained(self, claim: Claim, request: pb.ReviewClaimRequest) -> items_pb2.Explanation:
        """What the rules say of the day it was submitted on, with what the base knows by now and what the reviewer states."""
        definition = store_items.definition(self.database, claim.item_id, claim.edition)
        assert definition is not None
        kinds, stated = store_enterprises.kinds(self.database), {}
        for name, value in request.facts.items():
            if name not in kinds:
                raise invalid(Violation("facts", "FACT_UNKNOWN", f"没有名为 {name} 的事实"))
            told, fault = model_sheets.value_of(name, kinds[name], value)
            if fault:
                why = model_sheets.MESSAGES[fault]
                raise invalid(Violation("facts", fault, f"事实 {kinds[name].title} 的值不正确：{why}"))
            stated[name] = Fact(name, told, claim.department, claim.department_name, model_facts.REPORTED, now())
        item = store_items.OpenItem(
            claim.item_id, claim.edition, claim.region, "", claim.department, definition, claim.department_name
        )
        # Not the day it was written on: that may be the next period's by a second.
        day = date.fromisoformat(claim.explanation["day"])
        had = judging.had_by(model.explanation_of(claim)) if claim.reservation == model.HELD else None
        return judging.explain(self.database, item, claim.uscc, day, stated, claim.id, had)

    def SecondReviewClaim(self, request: pb.SecondReviewClaimRequest, call: Call) -> pb.Claim:
        def decide(one: Claim) -> Message | list[Message]:
            require_by(one, call.method, call.actor)
            sealed = self._sealed(one, request.reason)
            if request.decision == "APPROVE":
                return model_claims.second_review(one, call.actor, sealed, now())
            _require_reason(request.reason)
            if request.decision == "RETURN":
                return model_claims.send_back(one, call.actor, call.method, sealed, now())
            return model_claims.refuse(one, call.actor, call.method, sealed)

        return self._act(request.claim_id, call, decide, _room(request.decision))

    def DecideClaimObjection(self, request: pb.DecideClaimObjectionRequest, call: Call) -> pb.Claim:
        def decide(one: Claim) -> list[Message]:
            require_by(one, call.method, call.actor)
            sealed = self._sealed(one, request.reason)
            return model_claims.decide_objection(one, request.objection_id, request.decision, call.actor, sealed, now())

        return self._act(request.claim_id, call, decide)

    def ApproveClaim(self, request: pb.ApproveClaimRequest, call: Call) -> pb.Claim:
        def decide(one: Claim) -> Message | list[Message]:
            require_by(one, call.method, call.actor)
            if request.approved:
                return model_claims.approve(one, call.actor, now())
            _require_reason(request.reason)
            return model_claims.refuse(one, call.actor, call.method, self._sealed(one, request.reason))

        return self._act(request.claim_id, call, decide)

    def OpenSpotCheck(self, request: pb.OpenSpotCheckRequest, call: Call) -> pb.Claim:
        def decide(one: Claim) -> Message:
            require_by(one, call.method, call.actor)
            return model_payments.open_check(one, call.actor, self._sealed(one, request.note))

        return self._act(request.claim_id, call, decide, store_claims.ROOM_ACTS)

    def ConcludeSpotCheck(self, request: pb.ConcludeSpotCheckRequest, call: Call) -> pb.Claim:
        code = f"ZH{self.keyring.code(f'recovery/{request.claim_id}')}"

        def decide(one: Claim) -> Message:
            require_by(one, call.method, call.actor)
            sealed = self._sealed(one, request.reason)
            return model_payments.conclude_check(one, call.actor, request.recover_fen, sealed, code, now())

        return self._act(request.claim_id, call, decide)

    def EndRecovery(self, request: pb.EndRecoveryRequest, call: Call) -> pb.Claim:
        def decide(one: Claim) -> Message:
            require_by(one, call.method, call.actor)
            return model_payments.end_recovery(one, call.actor, self._sealed(one, request.reason))

        return self._act(request.claim_id, call, decide)

    def ListClaimDesk(self, request: pb.ListClaimDeskRequest, call: Call) -> pb.ListClaimsResponse:
        actor = call.actor

        def wanted(one: Claim) -> bool:
            return (
                model.sees(actor, one)
                and request.status in (0, one.status)
                and (not request.late or one.late)
                and request.item_id in ("", one.item_id)
                and (not request.checked or one.check == "OPEN")
            )

        wide = not actor.roles.isdisjoint((model.FINANCE, model.SUPERVISE))
        bounds = (
            [{"state.county": county} for county in self.counties.within(actor.region)]
            if wide
            else [{"state.department": actor.department}]
        )
        return self._list(_by_status(bounds, request.status), wanted, request, call)

    def ListPublishedClaims(self, request: pb.ListPublishedClaimsRequest, call: Call) -> pb.ListPublishedClaimsResponse:
        counties = self.counties.within(request.region) if request.region else self.counties.all()
        bounds = [
            {"state.county": county, "state.status": status}
            for county in counties
            for status in (model.PUBLICITY, model.OBJECTED)
        ]

        def wanted(one: Claim) -> bool:
            return not request.region or region_covers(request.region, one.region)

        size = request.page_size or PAGE
        rows, token = store_claims.newest(self.claims, bounds, wanted, request.page_token, size)
        found = [views_claims.published(row) for row in rows]
        return pb.ListPublishedClaimsResponse(claims=found, next_page_token=token)

    def GetReceipt(self, request: pb.GetReceiptRequest, call: Call) -> pb.GetReceiptResponse:
        claim = self._seen(request.claim_id, call)
        require(claim.paid_at is not None, "NOT_PAID", "资金尚未拨付到账，暂无回单")
        return pb.GetReceiptResponse(pdf=receipts.of(claim), filename=f"拨付回单-{claim.number}.pdf")

    def DownloadClaimFile(self, request: pb.DownloadClaimFileRequest, call: Call) -> pb.DownloadClaimFileResponse:
        claim = self._seen(request.claim_id, call)
        for one in claim.materials:
            sealed = store_files.files(self.database).read(one.file_id) if one.file_id == request.file_id else None
            content = self.keyring.open_bytes(claim.organization_id, sealed) if sealed is not None else None
            if content is not None:
                file = views_claims.file(one, claim, self.parts)
                return pb.DownloadClaimFileResponse(file=file, content=content)
        raise not_found()

    def _act(self, id: str, call: Call, decide: Decide, room: int = 0) -> pb.Claim:
        record = self.timing.change(id, call.cause, decide, room=room)
        if record.state.reservation == model.ASKED:
            # What is not done here is the worker's task.
            self.reserving.reserve(id)
            record = self.claims.get(id)
        return self._view(record, call)

    def _seen(self, id: str, call: Call) -> Claim:
        claim = self.claims.get(id).state
        if not model.sees(call.actor, claim):
            raise not_found()
        return claim

    def _sealed(self, claim: Claim, reason: str) -> str:
        """Under the claim's own key: it may name persons, and the enterprise reads it."""
        return self.keyring.seal(claim.id, reason.strip()) if reason.strip() else ""

    def _list(
        self, matches: list[dict[str, Any]], keep: Callable[[Claim], bool], request: Any, call: Call
    ) -> pb.ListClaimsResponse:
        size = request.page_size or PAGE
        rows, token = store_claims.newest(self.claims, matches, keep, request.page_token, size)
        found = [views_claims.brief(row, call.actor, self.parts) for row in rows]
        return pb.ListClaimsResponse(claims=found, next_page_token=token)

    def _view(self, record: Record[Claim], call: Call) -> pb.Claim:
        if not model.sees(call.actor, record.state):
            raise not_found()
        call.span.set(telemetry.RECORD, record.id)
        return views_claims.full(record, call.actor, self.parts)


def _room(decision: str) -> int:
    return store_claims.ROOM_ACTS if decision == "RETURN" else 0


def _require_reason(reason: str) -> None:
    if len(reason.strip()) < REASON:
        raise invalid(Violation("reason", "REQUIRED", "请说明理由，企业将看到"))


def _by_status(bounds: list[dict[str, Any]], status: int) -> list[dict[str, Any]]:
    return [bound | {"state.status": status} for bound in bounds] if status else bounds
