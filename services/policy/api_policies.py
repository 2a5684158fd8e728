"""PolicyService over gRPC: how policies are written, published and ended, and what everybody reads of them."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from chassis import telemetry
from chassis.acts import ANONYMOUS, Actor, now
from chassis.errors import not_found
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.policy import model_policies, store_items, store_policies, views_policies
from services.policy.bulletins import Visits
from services.policy.model_policies import Policy
from standards.instants import text
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import service_pb2 as pb

PAGE = 20
PAST = (model_policies.EXPIRED, model_policies.WITHDRAWN)


class PolicyApi:
    """The methods of yiwang.policy.v1.PolicyService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.policies = store_policies.policies(parts.database)
        self.timing = store_policies.timing(parts.database)
        self.counties = store_policies.counties(parts.database)
        self.visits = Visits(parts.database)

    def SavePolicy(self, request: pb.SavePolicyRequest, call: Call) -> pb.Policy:
        def told(id: str, policy: Policy | None) -> Message | None:
            saved = events.PolicySaved(
                policy_id=id,
                department=call.actor.department,
                department_name=request.department_name.strip() or (policy.department_name if policy else ""),
                text=request.text,
            )
            found = model_policies.save(policy, saved, request.version, call.actor.region)
            # Only of a sound one: whoever is refused leaves no county behind that timers and lists walk through.
            self.counties.know(request.text.region)
            return found

        if request.policy_id:
            return self._act(request, call, lambda policy: told(policy.id, policy), store_policies.ROOM)

        def begin(id: str) -> Message:
            saved = told(id, None)
            assert saved is not None
            return saved

        return self._view(self.policies.create(call.cause, begin), call)

    def PublishPolicy(self, request: pb.PublishPolicyRequest, call: Call) -> pb.Policy:
        by = call.actor.by
        return self._act(request, call, lambda policy: model_policies.publish(policy, by, request.version, now()))

    def ReturnPolicy(self, request: pb.ReturnPolicyRequest, call: Call) -> pb.Policy:
        return self._act(request, call, lambda policy: model_policies.give_back(policy, request.reason))

    def WithdrawPolicy(self, request: pb.WithdrawPolicyRequest, call: Call) -> pb.Policy:
        def decide(policy: Policy) -> Message:
            return model_policies.withdraw(policy, request.reason, store_items.is_open(self.database, policy.id))

        return self._act(request, call, decide)

    def GetPolicy(self, request: pb.GetPolicyRequest, call: Call) -> pb.Policy:
        record = self.policies.get(request.policy_id, min_version=request.min_version)
        self.visits.note(record.state.region)
        return self._view(record, call)

    def ListPolicies(self, request: pb.ListPoliciesRequest, _call: Call) -> pb.ListPoliciesResponse:
        payable, words = store_items.payable_policies(self.database), request.words.split()

        def wanted(policy: Policy) -> bool:
            return (
                bool(policy.editions)
                and (request.past or policy.status not in PAST)
                and model_policies.near(request.region, policy.region)
                and (not request.payable or policy.id in payable)
                and (not request.kind or policy.text["kind"] == pb.PolicyKind.Name(request.kind))
                and all(any(word in said for said in model_policies.words(policy)) for word in words)
            )

        matches = [{"state.county": one} for one in store_items.near(self.counties, request.region)]
        return self._list(matches, "published_at", wanted, request, ANONYMOUS, payable)

    def ListPolicyEditions(self, request: pb.ListPolicyEditionsRequest, call: Call) -> pb.ListPolicyEditionsResponse:
        record = self._published(request.policy_id, call)
        found = [
            views_policies.edition(record.id, number, text(at), told, brief=True)
            for number, at, told in reversed(store_policies.editions(self.policies, record))
        ]
        return pb.ListPolicyEditionsResponse(editions=found)

    def GetPolicyEdition(self, request: pb.GetPolicyEditionRequest, call: Call) -> pb.PolicyEdition:
        record = self._published(request.policy_id, call)
        for number, at, told in store_policies.editions(self.policies, record):
            if number == request.edition:
                return views_policies.edition(record.id, number, text(at), told)
        raise not_found()

    def ListPolicyDesk(self, request: pb.ListPolicyDeskRequest, call: Call) -> pb.ListPoliciesResponse:
        def wanted(policy: Policy) -> bool:
            own = model_policies.writes(call.actor, policy)
            return own and request.status in (0, policy.status) and (not request.waiting or policy.writing.waiting)

        matches = [{"state.department": call.actor.department}]
        payable = store_items.payable_policies(self.database)
        return self._list(matches, "changed_at", wanted, request, call.actor, payable)

    def _published(self, id: str, call: Call) -> Record[Policy]:
        record = self.policies.get(id)
        if not record.state.editions:
            raise not_found()
        call.span.set(telemetry.RECORD, record.id)
        return record

    def _act(self, request: Any, call: Call, decide: Callable[[Policy], Message | None], room: int = 0) -> pb.Policy:
        """One act by an officer of its department, after what is due by now; to everybody else it is not there."""

        def decided(policy: Policy) -> Message | None:
            if not model_policies.writes(call.actor, policy):
                raise not_found()
            return decide(policy)

        if room:
            return self._view(self.policies.change(request.policy_id, call.cause, decided, room=room), call)
        return self._view(self.timing.change(request.policy_id, call.cause, decided), call)

    def _list(
        self,
        matches: list[dict[str, str]],
        field: str,
        keep: Callable[[Policy], bool],
        request: Any,
        actor: Actor,
        payable: dict[str, int],
    ) -> pb.ListPoliciesResponse:
        size = request.page_size or PAGE
        rows, token = store_policies.newest(self.policies, matches, field, keep, request.page_token, size)
        found = [views_policies.policy(row, actor, payable.get(row.id, 0), brief=True) for row in rows]
        return pb.ListPoliciesResponse(policies=found, next_page_token=token)

    def _view(self, record: Record[Policy], call: Call) -> pb.Policy:
        if not model_policies.sees(call.actor, record.state):
            raise not_found()
        call.span.set(telemetry.RECORD, record.id)
        return views_policies.policy(record, call.actor, store_items.payable_of(self.database, record.id))
