"""AppealService over gRPC: what enterprises ask for, and who settles it."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from chassis import telemetry
from chassis.acts import holder, now
from chassis.errors import FAILED_PRECONDITION, Refused, Violation, invalid, not_found
from chassis.guards import Guard
from chassis.parts import Parts
from chassis.records import Filter, Record
from chassis.rpc import Call
from services.policy import model_appeals as appeals
from services.policy import model_appeals_acts as acts
from services.policy import store_appeals, views_appeals
from services.policy.model_appeals import Appeal
from services.policy.model_portal import POLICY, SUPERVISE, is_handler, said
from standards.codes import region_covers
from yiwang.policy.v1 import appeals_pb2 as pb

PAGE = 20
OVER = Refused(FAILED_PRECONDITION, "REOPEN_OVER", "再次提出的期限已过，请提交新的诉求")
Decide = Callable[[Appeal], Message]


class AppealApi:
    """The methods of yiwang.policy.v1.AppealService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.keyring = parts.keyring
        self.appeals = store_appeals.appeals(parts.database)
        self.counties = store_appeals.counties(parts.database)
        self.timing = store_appeals.timing(parts.database, self.appeals)

    def SubmitAppeal(self, request: pb.SubmitAppealRequest, call: Call) -> pb.Appeal:
        actor = call.actor

        def begin(id: str) -> Message:
            acts.require_sound(request, is_handler(actor) and holder(actor.id, request.uscc) == actor.holder)
            # Only of a sound one: whoever is refused leaves no county behind that timers and lists walk through.
            self.counties.know(request.region)
            told = {field: getattr(request, field).strip() for field in ("title", "text", "contact")}
            number = views_appeals.number(self.keyring, id, request.region, now())
            return acts.submit(id, request, actor, number, self.keyring.seal(actor.id, told), now())

        return self._view(self.appeals.create(call.cause, begin), call)

    def RouteAppeal(self, request: pb.RouteAppealRequest, call: Call) -> pb.Appeal:
        def decide(appeal: Appeal) -> Message:
            name, note = request.department_name.strip(), self._sealed(appeal, request.note)
            return acts.route(appeal, call.actor, request.department, name, note, now())

        return self._act(request, call, decide)

    def AcceptAppeal(self, request: pb.AcceptAppealRequest, call: Call) -> pb.Appeal:
        return self._act(request, call, lambda appeal: acts.accept(appeal, call.actor, now()))

    def ReturnRouting(self, request: pb.ReturnRoutingRequest, call: Call) -> pb.Appeal:
        def decide(appeal: Appeal) -> Message:
            return acts.send_back(appeal, call.actor, self._sealed(appeal, said("reason", request.reason, 4)), now())

        # It is with nobody now: what the department sees of it is that it was returned.
        record = self.timing.change(request.appeal_id, call.cause, decide)
        return views_appeals.brief(record, self.keyring)

    def AnswerAppeal(self, request: pb.AnswerAppealRequest, call: Call) -> pb.Appeal:
        def decide(appeal: Appeal) -> Message:
            return acts.answer(appeal, call.actor, self._sealed(appeal, said("text", request.text, 4)), now())

        return self._act(request, call, decide)

    def ExtendAppeal(self, request: pb.ExtendAppealRequest, call: Call) -> pb.Appeal:
        def decide(appeal: Appeal) -> Message:
            reason = self._sealed(appeal, said("reason", request.reason, 4))
            return acts.extend(appeal, call.actor, request.days, reason, now())

        return self._act(request, call, decide)

    def RateAppeal(self, request: pb.RateAppealRequest, call: Call) -> pb.Appeal:
        def decide(appeal: Appeal) -> Message:
            return acts.rate(appeal, call.actor, request.score, self._sealed(appeal, request.reason), now())

        return self._act(request, call, decide)

    def ReopenAppeal(self, request: pb.ReopenAppealRequest, call: Call) -> pb.Appeal:
        until = self.appeals.get(request.appeal_id).state.reopen_until

        def decide(appeal: Appeal) -> Message:
            return acts.reopen(appeal, call.actor, self._sealed(appeal, said("reason", request.reason, 4)), now())

        guard = Guard(OVER, before=until) if until else None
        return self._view(self.appeals.change(request.appeal_id, call.cause, decide, guard=guard), call)

    def GetAppeal(self, request: pb.GetAppealRequest, call: Call) -> pb.Appeal:
        return self._view(self.appeals.get(request.appeal_id, min_version=request.min_version), call)

    def ListMyAppeals(self, request: pb.ListMyAppealsRequest, call: Call) -> pb.ListAppealsResponse:
        def wanted(appeal: Appeal) -> bool:
            return appeals.submits(call.actor, appeal) and request.status in (0, appeal.status)

        return self._list([{"state.organization_id": call.actor.id}], wanted, request)

    def ListAppealDesk(self, request: pb.ListAppealDeskRequest, call: Call) -> pb.ListAppealsResponse:
        def wanted(appeal: Appeal) -> bool:
            return (
                (appeals.handles(call.actor, appeal) or (appeals.routes(call.actor, appeal) and not request.mine))
                and request.status in (0, appeal.status)
                and request.kind in (0, appeal.kind)
                and request.county in ("", appeal.county)
                and (not request.overdue or appeal.overdue)
            )

        return self._list(self._where(request, call), wanted, request)

    def _where(self, request: pb.ListAppealDeskRequest, call: Call) -> list[Filter]:
        """What is looked through: the counties of who routes, or what is with the own department."""
        actor, asked = call.actor, request.county
        bounds: list[dict[str, Any]]
        if request.mine or actor.roles.isdisjoint((POLICY, SUPERVISE)):
            bounds = [{"state.department": actor.department}]
        else:
            if asked and not (region_covers(actor.region, asked) or actor.region.startswith(asked)):
                raise invalid(Violation("county", "COUNTY", "不在您的区域内"))
            bounds = [{"state.county": county} for county in self.counties.within(asked or actor.region)]
            bounds.append({"state.department": actor.department})
        return [{**bound, "state.status": request.status} if request.status else bound for bound in bounds]

    def _sealed(self, appeal: Appeal, text: str) -> str:
        """What was said, sealed under the organisation's key; of one that is erased nothing more is kept, and the appeal goes its way."""
        try:
            return self.keyring.seal(appeal.organization_id, text.strip()) if text.strip() else ""
        except Refused as refused:
            if refused.reason != "PERSON_ERASED":
                raise
            return ""

    def _act(self, request: Any, call: Call, decide: Decide) -> pb.Appeal:
        """One move, after what is due by now; to whom the appeal is not there it is not there."""
        return self._view(self.timing.change(request.appeal_id, call.cause, decide), call)

    def _list(self, matches: list[Filter], keep: Callable[[Appeal], bool], request: Any) -> pb.ListAppealsResponse:
        size = request.page_size or PAGE
        rows, token = store_appeals.newest(self.appeals, matches, keep, request.page_token, size)
        return pb.ListAppealsResponse(
            appeals=[views_appeals.brief(row, self.keyring) for row in rows], next_page_token=token
        )

    def _view(self, record: Record[Appeal], call: Call) -> pb.Appeal:
        if not appeals.sees(call.actor, record.state):
            raise not_found()
        call.span.set(telemetry.RECORD, record.id)
        return views_appeals.full(record, call.actor, self.keyring, now())
