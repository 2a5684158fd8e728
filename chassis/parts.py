"""What a service is built from, handed to `build(parts)` of its api and its worker."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pymongo.database import Database

from chassis.config import Settings
from chassis.sealed import Keyring


@dataclass(frozen=True, slots=True)
class Parts:
    """The name, the settings, the own store and the keys of persons."""

    name: str
    settings: Settings
    database: Database[dict[str, Any]]
    keyring: Keyring


@dataclass(frozen=True, slots=True)
class Api:
    """What `build` of an api returns: a servicer for each gRPC service of its contract, by the service's name, and what the api
    re-reads every second or two."""

    servicers: Mapping[str, object]
    polls: list[Callable[[], None]] = field(default_factory=list)
    # Only identity, which has the keys itself, gives one: key id -> public key.
    find_key: Callable[[str], Any] | None = None
