"""What was seen of a department's system: one entry for each thing, in order. The checks read nothing else.

Nothing personal stands in it: of a row's content a keyed digest and the times are kept, the key is thrown away with the process.
"""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from google.protobuf.message import Message

_KEY: Final = secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing seen: `at` in seconds since the start, what it was, of which call (0 = of none), and what is known of it."""

    at: float
    what: str
    call: int
    data: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.data[name]

    def get(self, name: str, default: Any = None) -> Any:
        """A part of what is known, or the default."""
        return self.data.get(name, default)


class Log:
    """The entries of a run; several threads write it."""

    def __init__(self, entries: list[Entry] | None = None) -> None:
        self.entries: list[Entry] = entries or []
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self._calls = 0

    def now(self) -> float:
        """Seconds since the start."""
        return round(time.monotonic() - self._begun, 3)

    def open_call(self, rpc: str, **data: Any) -> int:
        """A call came in; its number."""
        with self._lock:
            self._calls += 1
            self.entries.append(Entry(self.now(), "call", self._calls, {"rpc": rpc, **data}))
            return self._calls

    def add(self, what: str, call: int = 0, **data: Any) -> None:
        """One thing more was seen."""
        with self._lock:
            self.entries.append(Entry(self.now(), what, call, data))

    def of(self, *whats: str) -> Iterator[Entry]:
        """The entries of these kinds, oldest first."""
        return (entry for entry in list(self.entries) if entry.what in whats)

    def calls(self, rpc: str) -> list[Entry]:
        """The calls of an RPC, oldest first."""
        return [entry for entry in self.of("call") if entry["rpc"] == rpc]

    def quiet_for(self) -> float:
        """Seconds since the last entry that came from the other side."""
        last = [entry.at for entry in list(self.entries) if entry.what != "sent"]
        return self.now() - (last[-1] if last else 0.0)

    def told(self) -> list[dict[str, Any]]:
        """The entries as plain data."""
        return [asdict(entry) for entry in list(self.entries)]


def digest(message: Message) -> str:
    """A keyed digest of a message's content: the same content has the same one, and it tells nothing of it."""
    return hmac.new(_KEY, message.SerializeToString(deterministic=True), hashlib.sha256).hexdigest()[:16]


def digest_text(text: str) -> str:
    """A keyed digest of a text."""
    return hmac.new(_KEY, text.encode(), hashlib.sha256).hexdigest()[:16]
