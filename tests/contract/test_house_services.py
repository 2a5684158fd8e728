"""What a service is made of: its five files, every method of its contract, and a worker that hears what the contracts say.

Every test covers every service that has a folder in proto/.
"""

import inspect
from functools import cache
from importlib import import_module
from unittest.mock import MagicMock

from google.protobuf.descriptor import Descriptor

from chassis import contracts
from tests.support.sources import ROOT, SERVICES, every_service
from yiwang.access.v1 import access_pb2


def events(service: str) -> list[Descriptor]:
    """The events of a service: messages with the option."""
    module = import_module(f"yiwang.{service}.v1.events_pb2")
    messages = module.DESCRIPTOR.message_types_by_name.values()
    return [message for message in messages if message.GetOptions().HasExtension(access_pb2.event)]


# -- who hears what ----------------------------------------------------------------------------------------------------


def named_consumers() -> set[tuple[str, str]]:
    """(queue, event) as the contracts say."""
    heard = [event for service in SERVICES for event in events(service)]
    rules = {event.full_name: event.GetOptions().Extensions[access_pb2.event] for event in heard}
    return {(queue, name) for name, rule in rules.items() for queue in rule.consumers}


@cache
def worker(service: str) -> type:
    module = import_module(f"services.{service}.worker")
    found: type = module.Worker
    return found


@every_service
def test_handlers_are_those_the_contracts_name(service: str) -> None:
    methods = inspect.getmembers(worker(service), lambda one: hasattr(one, "hears"))
    handlers = {(f"{service}.{name}", event.DESCRIPTOR.full_name) for name, method in methods for event in method.hears}
    assert handlers == {edge for edge in named_consumers() if edge[0].startswith(f"{service}.")}


@every_service
def test_a_worker_has_its_services_name(service: str) -> None:
    assert worker(service).name == service


def test_every_consumer_is_a_service() -> None:
    assert {queue.partition(".")[0] for queue, _ in named_consumers()} <= set(SERVICES)


def test_topology_declares_the_events_of_every_service() -> None:
    declared = {module.DESCRIPTOR.package for module in import_module("services.topology").EVENTS}
    assert declared == {f"yiwang.{service}.v1" for service in SERVICES}


# -- what contracts ask of the code ------------------------------------------------------------------------------------


@every_service
def test_every_method_of_the_contract_is_served(service: str) -> None:
    module = import_module(f"services.{service}.api")
    for contract in contracts.services(service):
        wanted = {method.name for method in contract.methods}
        served = {name for name in dir(getattr(module, contract.name.replace("Service", "Api"))) if name[0].isupper()}
        assert wanted == served, f"{contract.name} misses {wanted - served}, has unknown {served - wanted}"


@every_service
def test_every_event_of_a_journal_has_its_evolution(service: str) -> None:
    records = import_module(f"services.{service}.store").records(MagicMock())
    assert records
    evolved = {message.DESCRIPTOR.full_name for kind in records for message in kind.evolve}
    assert evolved == {event.full_name for event in events(service)}


@every_service
def test_a_service_has_its_five_files(service: str) -> None:
    files = {path.name for path in (ROOT / "services" / service).iterdir()}
    assert {"model.py", "store.py", "api.py", "worker.py", "__main__.py"} <= files
