"""How an RPC is asked in the authority matrix, and what everybody of it knows: departments, region, times."""

from collections.abc import Callable
from typing import Any, NamedTuple

from standards.identifiers import uscc_check_digit

Fields = Callable[[Any], dict[str, Any]]


class Target(NamedTuple):
    """What an RPC is asked for."""

    # The request, from the world's ids.
    fields: Fields = lambda world: {}
    # `record`: the request names one, who may not see it is told that there is none. `list`: the answer shows it or does not.
    # `self`: it is about the caller alone.
    kind: str = "self"
    # Who reaches it where the scope is `own`: names of callers.
    owner: tuple[str, ...] = ()
    # What only those may read in an answer who are in scope: a text of the world's record.
    shows: Callable[[Any], str] = lambda world: ""


def record(
    fields: Fields, owner: tuple[str, ...] = ("owner",), shows: Callable[[Any], str] = lambda world: ""
) -> Target:
    """A request that names a record."""
    return Target(fields, "record", owner, shows)


def listing(shows: Callable[[Any], str], owner: tuple[str, ...] = ("owner",), **fields: Any) -> Target:
    """A request whose answer shows the record to those in scope."""
    return Target(lambda world: {k: v(world) if callable(v) else v for k, v in fields.items()}, "list", owner, shows)


def itself(**fields: Any) -> Target:
    """A request about the caller."""
    return Target(lambda world: {k: v(world) if callable(v) else v for k, v in fields.items()}, "self")


PASSWORD = "Another-Horse-2026"
REGION = "990121"


def uscc(first17: str) -> str:
    """A unified social credit code with its check character."""
    return first17 + uscc_check_digit(first17)


DEPARTMENT, OTHER_DEPARTMENT = uscc("11990121MB0000001"), uscc("11990121MB0000002")
JWK = '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
NOW = "2027-06-30T16:00:00Z"
PROJECT = "2026-990121-47-01-123456"
CALLED_AT = "2026-11-20T08:00:00+08:00"
