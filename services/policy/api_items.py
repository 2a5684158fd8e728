"""PayoutItemService over gRPC: how payout items are written, opened and ended, and what everybody reads of them. Trials are in
`api_trials`."""

from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf.message import Message

from chassis import telemetry
from chassis.acts import ANONYMOUS, Actor
from chassis.errors import not_found
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.policy import model_items, model_policies, store_items, store_policies, views_policies
from services.policy.api_trials import Trials
from services.policy.bulletins import Visits
from services.policy.model import FINANCE, SUPERVISE
from services.policy.model_items import PayoutItem
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2 as pb

PAGE = 20


class PayoutItemApi(Trials):
    """The methods of yiwang.policy.v1.PayoutItemService, by name; those that judge are in `api_trials`."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self.keyring = parts.keyring
        self.counties = store_items.counties(parts.database)
        self.visits = Visits(parts.database)

    def SavePayoutItem(self, request: pb.SavePayoutItemRequest, call: Call) -> pb.PayoutItem:
        def told(id: str, item: PayoutItem | None) -> Message | None:
            definition = request.definition
            saved = events.PayoutItemSaved(
                item_id=id,
                number=item.number if item else self._number(id, definition.region),
                department=call.actor.department,
                department_name=request.department_name.strip() or (item.department_name if item else ""),
                definition=definition,
            )
            found = model_items.save(item, saved, request.version, self.faults(definition, call.actor, item))
            # Only of a sound one: whoever is refused leaves no county behind that lists walk through.
            self.counties.know(definition.region)
            return found

        if request.item_id:
            return self._act(request, call, lambda item: told(item.id, item), store_items.ROOM)

        def begin(id: str) -> Message:
            saved = told(id, None)
            assert saved is not None
            return saved

        return self._view(self.items.create(call.cause, begin), call)

    def _number(self, id: str, region: str) -> str:
        return f"DF-{region}-{self.keyring.code(f'payout_item/{id}')}"

    def OpenPayoutItem(self, request: pb.OpenPayoutItemRequest, call: Call) -> pb.PayoutItem:
        def decide(item: PayoutItem) -> Message:
            definition = model_items.definition_of(item.writing.working)
            policy = store_policies.state(self.database, definition.policy_id)
            standing = policy is not None and policy.status == model_policies.PUBLISHED
            faults = self.faults(definition, call.actor, item, opening=True)
            return model_items.open_next(item, call.actor.by, request.version, standing, faults)

        return self._act(request, call, decide)

    def ReturnPayoutItem(self, request: pb.ReturnPayoutItemRequest, call: Call) -> pb.PayoutItem:
        return self._act(request, call, lambda item: model_items.give_back(item, request.reason))

    def PausePayoutItem(self, request: pb.PausePayoutItemRequest, call: Call) -> pb.PayoutItem:
        return self._act(request, call, lambda item: model_items.pause(item, request.reason))

    def ResumePayoutItem(self, request: pb.ResumePayoutItemRequest, call: Call) -> pb.PayoutItem:
        def decide(item: PayoutItem) -> Message:
            withdrawn = store_policies.withdrawn(self.database, item.policy_id)
            return model_items.resume(item, not withdrawn)

        return self._act(request, call, decide, store_items.ROOM)

    def ClosePayoutItem(self, request: pb.ClosePayoutItemRequest, call: Call) -> pb.PayoutItem:
        return self._act(request, call, lambda item: model_items.close(item, request.reason))

    def GetPayoutItem(self, request: pb.GetPayoutItemRequest, call: Call) -> pb.PayoutItem:
        record = self.items.get(request.item_id, min_version=request.min_version)
        self.visits.note(record.state.region)
        return self._view(record, call)

    def ListPayoutItems(self, request: pb.ListPayoutItemsRequest, _call: Call) -> pb.ListPayoutItemsResponse:
        words = request.words.split()

        def wanted(item: PayoutItem) -> bool:
            return (
                item.edition > 0
                and (request.past or item.status != model_items.CLOSED)
                and model_policies.near(request.region, item.region)
                and request.mode in (0, item.mode)
                and (not request.policy_id or request.policy_id == item.policy_id)
                and all(any(word in said for said in model_items.words(item)) for word in words)
            )

        if request.policy_id:
            matches = [{"state.policy_id": request.policy_id}]
        else:
            matches = [{"state.county": one} for one in store_items.near(self.counties, request.region)]
        return self._list(matches, "opened_at", wanted, request, ANONYMOUS)

    def ListPayoutItemDesk(self, request: pb.ListPayoutItemDeskRequest, call: Call) -> pb.ListPayoutItemsResponse:
        def wanted(item: PayoutItem) -> bool:
            there = model_items.works(call.actor, item)
            return there and request.status in (0, item.status) and (not request.waiting or item.writing.waiting)

        matches = [{"state.department": call.actor.department}]
        if not call.actor.roles.isdisjoint((FINANCE, SUPERVISE)):
            matches = [{"state.county": one} for one in self.counties.within(call.actor.region)]
        return self._list(matches, "changed_at", wanted, request, call.actor)

    def _act(
        self, request: Any, call: Call, decide: Callable[[PayoutItem], Message | None], room: int = 0
    ) -> pb.PayoutItem:
        """One act by an officer of its department; to everybody else it is not there."""

        def decided(item: PayoutItem) -> Message | None:
            if not model_items.writes(call.actor, item):
                raise not_found()
            return decide(item)

        return self._view(self.items.change(request.item_id, call.cause, decided, room=room), call)

    def _list(
        self,
        matches: Sequence[dict[str, str]],
        field: str,
        keep: Callable[[PayoutItem], bool],
        request: Any,
        actor: Actor,
    ) -> pb.ListPayoutItemsResponse:
        size = request.page_size or PAGE
        rows, token = store_items.newest(self.items, matches, field, keep, request.page_token, size)
        titles = {row.state.policy_id: "" for row in rows}
        titles = {id: store_policies.title(self.database, id) for id in titles}
        found = [views_policies.item(row, actor, titles[row.state.policy_id], brief=True) for row in rows]
        return pb.ListPayoutItemsResponse(items=found, next_page_token=token)

    def _view(self, record: Record[PayoutItem], call: Call) -> pb.PayoutItem:
        if not model_items.sees(call.actor, record.state):
            raise not_found()
        call.span.set(telemetry.RECORD, record.id)
        title = store_policies.title(self.database, record.state.policy_id)
        return views_policies.item(record, call.actor, title)
