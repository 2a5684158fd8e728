"""Who hears what: the queues the contracts name, and the handlers that stand behind them."""

import inspect

import pytest
from google.protobuf.descriptor import Descriptor

from chassis import bus
from services.case import worker as case_worker
from services.topology import EVENTS
from yiwang.case.v1 import events_pb2 as case
from yiwang.catalog.v1 import events_pb2 as catalog

QUEUES = {
    "case.keep_item": "yiwang.catalog.v1.ItemPublished",
    "case.suspend_item": "yiwang.catalog.v1.ItemSuspended",
    "case.note_arrival": "yiwang.case.v1.CaseSubmitted",
    "case.refuse_session": "yiwang.identity.v1.SessionEnded",
    "case.forget_person": "yiwang.identity.v1.PersonErased",
    "catalog.refuse_session": "yiwang.identity.v1.SessionEnded",
    "rating.refuse_session": "yiwang.identity.v1.SessionEnded",
    "rating.count": "yiwang.rating.v1.InvitationOpened",
    "rating.count_rating": "yiwang.rating.v1.CaseRated",
    "rating.forget_person": "yiwang.identity.v1.PersonErased",
    "rating.open_invitation": "yiwang.case.v1.CaseClosed",
}
MESSAGES = [event for module in EVENTS for event in module.DESCRIPTOR.message_types_by_name.values()]


def test_the_contracts_name_these_queues_and_no_others() -> None:
    named = [(name, event.full_name) for name, event in bus.queues(EVENTS)]
    assert sorted(named) == sorted(QUEUES.items())


@pytest.mark.parametrize(("name", "event"), list(bus.queues(EVENTS)), ids=lambda value: getattr(value, "name", value))
def test_a_queue_is_bound_to_its_event_at_the_service_that_publishes_it(name: str, event: Descriptor) -> None:
    queue = bus.queue_of(name, event)
    assert queue.exchange.name == f"{event.full_name.split('.')[1]}.events"
    assert (queue.name, queue.routing_key, queue.durable) == (name, event.name, True)


@pytest.mark.parametrize(("name", "event"), list(bus.queues(EVENTS)), ids=lambda value: getattr(value, "name", value))
def test_what_a_queue_gives_up_goes_to_its_own_dead_queue(name: str, event: Descriptor) -> None:
    arguments, dead = bus.queue_of(name, event).queue_arguments, bus.dead_of(name)
    assert arguments["x-queue-type"] == dead.queue_arguments["x-queue-type"] == "quorum"
    assert arguments["x-dead-letter-exchange"] == dead.exchange.name
    assert (arguments["x-dead-letter-routing-key"], dead.name) == (dead.routing_key, f"{name}.dead")
    assert arguments["x-dead-letter-strategy"] == "at-least-once" and arguments["x-delivery-limit"] == 20


def test_a_failing_handler_is_given_about_an_hour_and_each_delay_is_no_shorter_than_the_one_before() -> None:
    delays = [bus.RETRIES[name] for name in bus.SCHEDULE]
    assert delays == sorted(delays)
    assert 50 * 60_000 < sum(delays) < 70 * 60_000


def test_every_event_is_heard_or_published_for_others() -> None:
    silent = [
        event.full_name for event in MESSAGES if not (bus.rule_of(event).consumers or bus.rule_of(event).published)
    ]
    assert [name for name in silent if not name.endswith("HandedInFile")] == []


def test_case_handles_exactly_what_the_contracts_say_it_hears() -> None:
    methods = inspect.getmembers(case_worker.Worker, inspect.isfunction)
    handled = {
        f"case.{name}": method.hears.DESCRIPTOR.full_name for name, method in methods if hasattr(method, "hears")
    }
    assert handled == {name: event for name, event in QUEUES.items() if name.startswith("case.")}


def test_the_exchange_of_an_event_is_its_service() -> None:
    exchanges = [bus.exchange_of(one.DESCRIPTOR) for one in (case.CaseClosed, catalog.ItemPublished)]
    assert [(exchange.name, exchange.type, exchange.durable) for exchange in exchanges] == [
        ("case.events", "topic", True),
        ("catalog.events", "topic", True),
    ]
