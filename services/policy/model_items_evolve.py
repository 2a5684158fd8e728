"""Events turn into the state of a payout item: one pure function each."""

from dataclasses import replace

from chassis.acts import Evolve, Moment
from chassis.plain import plain
from services.policy import model_items, model_writing
from services.policy.model import COUNTY_DIGITS
from services.policy.model_items import PayoutItem
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2 as pb


def _saved(before: PayoutItem | None, event: events.PayoutItemSaved, moment: Moment) -> PayoutItem:
    item = before or PayoutItem(
        id=event.item_id,
        number=event.number,
        department=event.department,
        department_name=event.department_name,
        region=event.definition.region,
        county=event.definition.region[:COUNTY_DIGITS],
        policy_id=event.definition.policy_id,
        status=model_items.DRAFT,
        created_at=moment.at,
        changed_at=moment.at,
    )
    writing = model_writing.after_saved(before.writing if before else None, plain(event.definition), moment)
    item = replace(item, writing=writing, changed_at=moment.at, department_name=event.department_name)
    # What the public knows changes with an edition alone.
    return item if item.edition else _of_definition(item, event.definition)


def _of_definition(item: PayoutItem, definition: pb.PayoutItemDefinition) -> PayoutItem:
    return replace(
        item,
        region=definition.region,
        county=definition.region[:COUNTY_DIGITS],
        policy_id=definition.policy_id,
        title=definition.title,
        mode=definition.mode,
    )


def _returned(item: PayoutItem, event: events.PayoutItemReturned, moment: Moment) -> PayoutItem:
    return replace(item, writing=model_writing.after_returned(item.writing, event.reason), changed_at=moment.at)


def _opened(item: PayoutItem, event: events.PayoutItemOpened, moment: Moment) -> PayoutItem:
    content = plain(event.definition)
    return _standing(
        replace(
            _of_definition(item, event.definition),
            writing=model_writing.after_public(item.writing, model_writing.size(content)),
            edition=event.edition,
            definition=content,
            payable=event.payable,
            opened_at=moment.at,
        ),
        model_items.OPEN,
        "",
        moment,
    )


def _standing(item: PayoutItem, status: int, reason: str, moment: Moment) -> PayoutItem:
    claimed = item.policy_id if status == model_items.OPEN and item.payable else ""
    return replace(item, status=status, status_reason=reason, payable_policy=claimed, changed_at=moment.at)


def _paused(item: PayoutItem, event: events.PayoutItemPaused, moment: Moment) -> PayoutItem:
    moved = replace(item, writing=model_writing.moved(item.writing))
    return _standing(moved, model_items.PAUSED, event.reason, moment)


def _resumed(item: PayoutItem, _event: events.PayoutItemResumed, moment: Moment) -> PayoutItem:
    moved = replace(item, writing=model_writing.moved(item.writing))
    return _standing(moved, model_items.OPEN, "", moment)


def _closed(item: PayoutItem, event: events.PayoutItemClosed, moment: Moment) -> PayoutItem:
    dropped = replace(item, writing=model_writing.after_dropped(item.writing))
    return _standing(dropped, model_items.CLOSED, event.reason, moment)


EVOLVE: Evolve = {
    events.PayoutItemSaved: _saved,
    events.PayoutItemReturned: _returned,
    events.PayoutItemOpened: _opened,
    events.PayoutItemPaused: _paused,
    events.PayoutItemResumed: _resumed,
    events.PayoutItemClosed: _closed,
}
