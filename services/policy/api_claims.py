"""ClaimService over gRPC: what enterprises do with their claims. What officers do is in api_claims_desk."""

from typing import Any

import orjson
from google.protobuf.message import Message

from chassis import uploads
from chassis.acts import Actor, holder, now
from chassis.errors import FAILED_PRECONDITION, Refused, Violation, invalid, not_found, require
from chassis.guards import Guard
from chassis.records import Record, record_id
from chassis.rpc import Call
from services.policy import (
    judging,
    model,
    model_accounts,
    model_claims,
    model_explain,
    model_periods,
    store_claims,
    store_enterprises,
    store_files,
    store_items,
    store_pots,
    views_claims,
)
from services.policy.api_claims_desk import ClaimDeskApi
from services.policy.model import Claim
from services.policy.model_moves import require_by
from services.policy.store_items import OpenItem
from standards.codes import region_covers
from yiwang.policy.v1 import claims_pb2 as pb
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2
from yiwang.rules.v1 import rules_pb2

OVER = Refused(FAILED_PRECONDITION, "PUBLICITY_OVER", "公示期已满，不能再提出异议")


class ClaimApi(ClaimDeskApi):
    """The methods of yiwang.policy.v1.ClaimService, by name."""

    def SubmitClaim(self, request: pb.SubmitClaimRequest, call: Call) -> pb.Claim:
        require(model.is_handler(call.actor), "NOT_A_HANDLER", "请以企业经办人身份办理")
        if holder(call.actor.id, request.uscc) != call.actor.holder:
            raise invalid(Violation("uscc", "NOT_OWN", "请填写本企业的统一社会信用代码"))
        day = judging.day_of(now())
        item = store_items.opened(self.database, request.item_id)
        id = model.claim_id(item.id, request.uscc, model_periods.period_of(item.definition.period, day))
        found = self.claims.find({"_id": id})
        if found is not None and any(entry["cause"] == call.cause.key for entry in found.journal):
            # Whatever became of the item since.
            return self._again(found, call)
        item = store_items.claimable(self.database, request.item_id, now())
        require(item.definition.mode != model.PROACTIVE, "PROACTIVE_ONLY", "该事项免申即享，无需申报，请等待名单公示")
        enterprise = store_enterprises.enterprise(self.database, request.uscc)
        at_home = enterprise is None or region_covers(item.region, enterprise.get("region") or item.region)
        require(at_home, "OTHER_REGION", "该事项只面向本地区企业")
        explained, sure = judging.decided(self.database, item, request.uscc, day, beside=id)
        self._require_budget(item, explained)
        told = self._told(id, item, request, explained, call, enterprise.get("name", "") if enterprise else "")
        stated = self._stated(id, request, request.uscc, found.state if found else None, told.name)
        self.counties.know(told.region)

        def decide(before: Claim | None) -> list[Message]:
            return model_claims.submit(told, before, stated, now(), sure)

        record = store_claims.submit(self.claims, id, call.cause, decide)
        if record.state.reservation == model.ASKED:
            # What is not done here is the worker's task.
            self.reserving.reserve(id)
        return self._view(self.claims.get(id), call)

    def _again(self, found: Record[Claim], call: Call) -> pb.Claim:
        """The same request once more: the present claim, or a refusal for another content."""
        return self._view(self.claims.change(found.id, call.cause, lambda _: None), call)

    def _require_budget(self, item: OpenItem, explained: items_pb2.Explanation) -> None:
        if explained.result == rules_pb2.TRUTH_FALSE:
            return
        there = store_pots.there(self.database, model.budget_id(item.id, explained.period))
        require(there, "BUDGET_MISSING", "该事项本期尚未安排预算，暂不能申报")

    def _told(
        self,
        id: str,
        item: OpenItem,
        request: pb.SubmitClaimRequest,
        explained: items_pb2.Explanation,
        call: Call,
        name: str,
    ) -> events.ClaimSubmitted:
        wanted = explained.result != rules_pb2.TRUTH_FALSE
        files = self._files(item.definition, request.materials, call, id) if wanted else []
        assert call.actor.acting is not None
        return events.ClaimSubmitted(
            claim_id=id,
            number=model_claims.number(self.keyring.code(f"claim/{id}"), item.region, judging.day_of(now())),
            item_id=item.id,
            edition=item.edition,
            item_title=item.definition.title,
            period=explained.period,
            mode=item.definition.mode,
            uscc=request.uscc,
            name=name or request.account.name.strip(),
            organization_id=call.actor.id,
            region=item.region,
            department=item.department,
            department_name=item.department_name,
            explanation=explained,
            materials=files,
            terms=model_claims.terms_of(item.definition),
            handler=call.actor.acting.agent,
        )

    def _files(
        self, definition: items_pb2.PayoutItemDefinition, handed: Any, call: Call, id: str, all: bool = True
    ) -> list[events.KeptClaimFile]:
        """What is handed in, of what the item wants and nothing else; `all`: nothing that is required may be missing."""
        wanted = {one.code: one for one in definition.materials}
        codes = [one.code for one in handed]
        if odd := [code for code in codes if code not in wanted or codes.count(code) > 1]:
            raise invalid(Violation("materials", "NOT_WANTED", f"该事项不需要或重复提交了材料 {odd[0]}"))
        missing = [one.name for code, one in wanted.items() if one.required and code not in codes]
        if all and missing:
            raise invalid(Violation("materials", "MISSING", f"缺少材料：{'、'.join(missing)}"))
        ids = [one.file_id for one in handed]
        files, users = store_files.files(self.database), store_files.users(self.database)
        kept = uploads.claim(files, users, ids, call.actor, call.actor.id, id, "materials")
        return [
            events.KeptClaimFile(
                code=code,
                file_id=stored["upload"],
                sealed_filename=stored["sealed_filename"],
                media_type=stored["media_type"],
                size=stored["size"],
                sha256=stored["sha256"],
            )
            for code, stored in zip(codes, kept, strict=True)
        ]

    def _stated(self, id: str, request: Any, uscc: str, before: Claim | None, name: str) -> events.AccountStated | None:
        """The account the enterprise states, or the one of its last claim; None without either."""
        if request.HasField("account"):
            account = request.account
            model_accounts.require_sound(account, name)
            told = {"name": account.name.strip(), "number": account.number, "bank_code": account.bank_code}
            tail, bank_name = account.number[-4:], account.bank_name.strip()
        else:
            last = store_claims.last_account(self.claims, uscc)
            opened = self.keyring.open_text(last.id, last.sealed_account) if last else ""
            if last is None or not opened:
                return None
            told, tail, bank_name = orjson.loads(opened), last.account_tail, last.account_bank
        return events.AccountStated(
            claim_id=id,
            sealed_account=self.keyring.seal(id, orjson.dumps(told).decode()),
            tail=tail,
            bank_name=bank_name,
            number=(before.account_number if before else 0) + 1,
        )

    def CorrectClaim(self, request: pb.CorrectClaimRequest, call: Call) -> pb.Claim:
        claim = self._mine(request.claim_id, call.actor)
        definition = store_items.definition(self.database, claim.item_id, claim.edition)
        assert definition is not None

        def decide(one: Claim) -> Message:
            require_by(one, call.method, call.actor)
            files = self._files(definition, request.materials, call, one.id, all=False)
            return model_claims.correct(one, files, now())

        return self._view(self._handed(request.claim_id, call, decide), call)

    def ConfirmAccount(self, request: pb.ConfirmAccountRequest, call: Call) -> pb.Claim:
        self._mine(request.claim_id, call.actor)

        def decide(one: Claim) -> Message:
            require_by(one, call.method, call.actor)
            stated = self._stated(one.id, request, one.uscc, one, one.name)
            if stated is None:
                raise invalid(Violation("account", "REQUIRED", "请填写收款账户"))
            return stated

        return self._view(self._handed(request.claim_id, call, decide), call)

    def WithdrawClaim(self, request: pb.WithdrawClaimRequest, call: Call) -> pb.Claim:
        def decide(one: Claim) -> Message:
            require_by(one, call.method, call.actor)
            reason = request.reason.strip()
            return model_claims.withdraw(one, self.keyring.seal(one.id, reason) if reason else "")

        return self._view(self.timing.change(request.claim_id, call.cause, decide), call)

    def ObjectToClaim(self, request: pb.ObjectToClaimRequest, call: Call) -> pb.PublishedClaim:
        until = self.claims.get(request.claim_id).state.publicity_until
        if until is None:
            raise not_found()

        def decide(one: Claim) -> Message:
            require(not model.owns(call.actor, one), "OWN_CLAIM", "不能对本企业的申报提出异议")
            objection = record_id(f"objection/{call.cause.key}")
            sealed = self.keyring.seal(call.actor.id, request.text.strip())
            return model_claims.object(one, objection, call.actor.id, sealed)

        guard = Guard(OVER, before=until)
        return views_claims.published(
            self.claims.change(request.claim_id, call.cause, decide, room=store_claims.ROOM_OTHERS, guard=guard)
        )

    def GetClaim(self, request: pb.GetClaimRequest, call: Call) -> pb.Claim:
        return self._view(self.claims.get(request.claim_id, min_version=request.min_version), call)

    def ReplayClaim(self, request: pb.ReplayClaimRequest, call: Call) -> pb.ReplayClaimResponse:
        claim = self.claims.get(request.claim_id).state
        if not model.sees(call.actor, claim):
            raise not_found()
        definition = store_items.definition(self.database, claim.item_id, claim.edition)
        assert definition is not None
        told = model.explanation_of(claim)
        again = model_explain.recompute(told, definition, store_enterprises.kinds(self.database))
        return pb.ReplayClaimResponse(explanation=again, same=model_explain.same(again, told))

    def ListMyClaims(self, request: pb.ListMyClaimsRequest, call: Call) -> pb.ListClaimsResponse:
        own = model.is_handler(call.actor)
        match = {"state.organization_id": call.actor.id} if own else model.NO_RECORD
        return self._list([match], lambda one: model.owns(call.actor, one), request, call)

    def UploadClaimFile(self, request: pb.UploadClaimFileRequest, call: Call) -> pb.ClaimFile:
        files = store_files.files(self.database)
        what = (request.filename, request.content, call.actor.id, call.actor, call.cause)
        stored = uploads.upload(files, self.keyring, *what)
        return pb.ClaimFile(
            file_id=stored["upload"],
            filename=request.filename,
            media_type=stored["media_type"],
            size=stored["size"],
            sha256=stored["sha256"],
        )

    def _handed(self, id: str, call: Call, decide: Any) -> Record[Claim]:
        return self.timing.change(id, call.cause, decide, room=store_claims.ROOM_ACTS)

    def _mine(self, id: str, actor: Actor) -> Claim:
        claim = self.claims.get(id).state
        if not model.sees(actor, claim):
            raise not_found()
        return claim
