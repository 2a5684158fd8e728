"""A bank's call that something happened to an order: believed in nothing, kept so that the bank is asked. Pure."""

from dataclasses import dataclass
from datetime import datetime

from chassis.acts import Evolve, Moment
from yiwang.policy.v1 import events_pb2 as events


@dataclass(frozen=True, slots=True)
class Notice:
    """One call."""

    id: str
    order_id: str
    claim_id: str
    at: datetime


def _notified(_before: Notice | None, event: events.BankNotified, moment: Moment) -> Notice:
    return Notice(event.call_id, event.order_id, event.claim_id, moment.at)


EVOLVE: Evolve = {events.BankNotified: _notified}
