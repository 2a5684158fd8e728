"""The plain words of an act: who asks, why it happens, when it was written. Pure, so that models may use them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message

from yiwang.access.v1 import access_pb2

PERSON = access_pb2.REALM_PERSON
OFFICER = access_pb2.REALM_OFFICER
SERVICE = access_pb2.REALM_SERVICE
REALMS: dict[int, str] = {PERSON: "person", OFFICER: "officer", SERVICE: "service"}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. Anonymous callers of public methods have realm 0 and no id."""

    id: str = ""
    realm: int = 0
    roles: frozenset[str] = frozenset()
    department: str = ""
    region: str = ""
    level: int = 0
    session: str = ""

    @property
    def principal(self) -> str:
        """`person:<id>`, `officer:<id>`, `service:<name>`, or `public`."""
        return f"{REALMS[self.realm]}:{self.id}" if self.realm else "public"


ANONYMOUS = Actor()


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an act happens: its key makes it idempotent, `by` is who did it, `request` the digest of the command."""

    key: str
    by: str
    request: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """When and by whom an entry was written; what evolve may read beside the event."""

    at: datetime
    by: str


# Turns a state and an event into the next state; None is the state before the first event.
Evolve = Mapping[type[Message], Callable[[Any, Any, Moment], Any]]


def now() -> datetime:
    """The present instant in UTC at the store's precision of a millisecond."""
    instant = datetime.now(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
