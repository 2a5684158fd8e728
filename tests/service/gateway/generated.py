"""Requests to the JSON API made by Schemathesis out of its document: as the document allows them, against it, and with the ids of real
records in their places, so that they come further than to "there is no such record"."""

import random
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import schemathesis
from google.protobuf import json_format, message_factory
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.gateway.api_json import METHODS, Method
from services.gateway.openapi import document
from tests.service.authority.targets import TARGETS
from tests.service.authority.world import World

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Of each method: so many requests as the document allows them, so many it does not.
ALLOWED, AGAINST = 9, 3
# These end what later requests need.
LAST = ("EndSessions", "SignOut", "ErasePerson")
SEED = 20261124


class Generated(NamedTuple):
    """A request: the method, what Schemathesis made of it, and how it goes over the wire. `known` holds what is real in its body."""

    path: str
    case: Any
    wire: dict[str, Any]
    known: bool


def operations() -> dict[str, Any]:
    """Every operation of the document by its path; those that end sessions come last."""
    schema = schemathesis.openapi.from_dict(document())
    found = [one.ok() for one in schema.get_all_operations()]
    return {one.path: one for one in sorted(found, key=lambda one: one.path.endswith(LAST))}


def requests_of(path: str, operation: Any, real: "Real") -> Iterator[Generated]:
    """The requests of one operation, the same in every run."""
    method, dice = METHODS[path.removeprefix("/api")], random.Random(f"{SEED} {path}")
    for number, case in enumerate(_cases(operation, GenerationMode.POSITIVE, ALLOWED)):
        wire, known = case.as_transport_kwargs(base_url=""), number % 3 > 0 and isinstance(case.body, dict)
        if known:
            # All of what the record is known by, or some of it among what was made up.
            body = {**wire["json"], **real.fields(method, dice, whole=number % 3 == 1)}
            wire["json"] = body | ({"requestId": f"generated-{dice.getrandbits(60):x}"} if _writes(method) else {})
        yield Generated(path, case, wire, known)
    for case in _cases(operation, GenerationMode.NEGATIVE, AGAINST):
        yield Generated(path, case, case.as_transport_kwargs(base_url=""), False)


def _cases(operation: Any, mode: GenerationMode, many: int) -> list[Any]:
    """So many requests out of Hypothesis; fewer where there are no more."""
    found: list[Any] = []

    @settings(
        max_examples=many,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def collect(case: Any) -> None:
        found.append(case)

    collect()
    return found


def _writes(method: Method) -> bool:
    return "request_id" in method.descriptor.input_type.fields_by_name


class Real:
    """What requests name real records by: of each method its own request out of the authority matrix, of public methods whatever
    other methods know under the same field."""

    def __init__(self, world: World) -> None:
        world.caller = "owner"
        self._own = {f"/{path}": _as_json(f"/{path}", target.fields(world)) for path, target in TARGETS.items()}
        self._pool: dict[str, list[Any]] = {}
        for fields in self._own.values():
            for name, value in fields.items():
                self._pool.setdefault(name, []).append(value)

    def fields(self, method: Method, dice: random.Random, whole: bool) -> Mapping[str, Any]:
        """Fields of a request with the values of real records: all that are known, or about half of them."""
        names = [one.json_name for one in method.descriptor.input_type.fields]
        pooled = {name: dice.choice(self._pool[name]) for name in names if name in self._pool}
        found = self._own.get(method.path) or pooled
        return found if whole else {name: value for name, value in found.items() if dice.random() < 0.5}


def _as_json(path: str, fields: dict[str, Any]) -> dict[str, Any]:
    method = METHODS.get(path)
    if method is None:
        return {}
    request = message_factory.GetMessageClass(method.descriptor.input_type)(**fields)
    return dict(json_format.MessageToDict(request))
