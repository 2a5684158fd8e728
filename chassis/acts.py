"""The plain words of an act: who asks, why it happens, when it was written. Pure, so that models may use them."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message

from yiwang.access.v1 import access_pb2

PERSON = access_pb2.REALM_PERSON
OFFICER = access_pb2.REALM_OFFICER
SERVICE = access_pb2.REALM_SERVICE
AGENT = access_pb2.REALM_AGENT
MACHINE = access_pb2.REALM_MACHINE
DEVICE = access_pb2.REALM_DEVICE
REALMS: dict[int, str] = {
    PERSON: "person",
    OFFICER: "officer",
    SERVICE: "service",
    AGENT: "agent",
    MACHINE: "machine",
    DEVICE: "device",
}


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts for a principal, and within what: the handler of an organisation, or the delegate of a person."""

    # Principal of who acts: `person:<id>` or `agent:<id>`.
    agent: str
    # As it is shown on every act; personal, so it goes into no log, span or event in clear.
    name: str
    # helper, bank or person for a delegate, handler for an organisation's.
    channel: str
    # The delegation; empty for a handler.
    delegation: str = ""
    # Codes of the items it is limited to, none = all; or the one case.
    items: frozenset[str] = frozenset()
    case: str = ""
    # The agent's own organisation.
    organization: str = ""

    @property
    def id(self) -> str:
        """The id of who acts: his name is sealed under his own key, so that his erasure forgets it everywhere."""
        return self.agent.partition(":")[2]

    @property
    def kind(self) -> int:
        """HANDLER or DELEGATE of yiwang.access.v1.Acting."""
        return access_pb2.ACTING_HANDLER if self.channel == "handler" else access_pb2.ACTING_DELEGATE

    def covers(self, item: str, case: str) -> bool:
        """Whether what may be done covers this item (its code) and this case (its id, empty for a new one)."""
        return case == self.case if self.case else not self.items or item in self.items


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
    # Set when somebody else acts in the principal's name.
    acting: Acting | None = None
    # Digest of the document number the principal is known by (`holder`): a number somebody types is told to be his own. Empty = none.
    holder: str = ""
    # A machine's: the RPCs it may call, as `package.Service/Method`, and how many calls a minute.
    rpcs: frozenset[str] = frozenset()
    quota: int = 0

    @property
    def principal(self) -> str:
        """`person:<id>`, `officer:<id>`, `agent:<id>`, `service:<name>` …, or `public`: in whose name."""
        return f"{REALMS[self.realm]}:{self.id}" if self.realm else "public"

    @property
    def by(self) -> str:
        """Who does it: the principal, or `<who acts>/<principal>`, so that both stand on every act."""
        return f"{self.acting.agent}/{self.principal}" if self.acting else self.principal


ANONYMOUS = Actor()


def holder(id: str, number: str) -> str:
    """The digest a token carries of a principal's own document number (身份证号, 统一社会信用代码)."""
    return hashlib.sha256(f"{id}:{number.strip().upper()}".encode()).hexdigest()[:32]


def acting_id(by: str) -> str:
    """The id of who acted in another's name, from an entry's `by`; empty when nobody did."""
    who, _, principal = by.partition("/")
    return who.partition(":")[2] if principal else ""


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
