"""A provider of messages as docs/integrating.md describes it, for tests and for trying the suite out:
`python -m tests.fakes.message_provider [PORT]`.

Left to itself it takes every message once, by its id, and it arrives at once: `phones` counts how often each id did. A test tells it
otherwise, besides what every fake can be told: `answers` = "no": it does what it is asked and then gives no answer (503), "break": it does
it and the connection ends, "lose": it answers 503 and does nothing, "twice": it says everything twice in one answer, "half": every second
message of a batch is refused, "silent": every second is not answered, "late": it takes them, and they arrive when it is asked the `late`th
time, "never": it takes them and nothing arrives. `bad`: addresses that are none; `dead`: addresses nothing reaches. Kinds of questions for
scripts: GIVE, STATE.
"""

import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fakes import program
from tests.fakes.program import Question, Said

GONE = {"no": 503, "break": 0, "lose": 503}


@dataclass
class Provider(program.Program):
    """What it was given, and what arrived."""

    answers: str = ""
    late: int = 2
    bad: set[str] = field(default_factory=set)
    dead: set[str] = field(default_factory=set)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    # How often a message arrived, by its id.
    phones: Counter[str] = field(default_factory=Counter)

    def kind(self, method: str, path: list[str]) -> str:
        """By the path."""
        return "STATE" if path[-1:] == ["state"] else "GIVE"

    def control(self, told: Mapping[str, Any]) -> None:
        """Also how it answers."""
        super().control(told)
        self.answers = str(told.get("answers", self.answers))
        self.bad |= set(told.get("bad", ()))
        self.dead |= set(told.get("dead", ()))

    def friendly(self, question: Question) -> Said:
        """What it answers once it has done what it was asked."""
        if question.kind == "STATE":
            return {"messages": [self._state(id) for id in question.body["ids"]]}
        if self.answers != "lose":
            said = [self._given(place, one) for place, one in enumerate(question.body["messages"])]
        if self.answers in GONE:
            return GONE[self.answers]
        if self.answers == "silent":
            said = said[::2]
        return {"messages": said * 2 if self.answers == "twice" else said}

    def _given(self, place: int, one: dict[str, Any]) -> dict[str, Any]:
        id = one["id"]
        if id in self.messages:
            return self._told(id)
        known = self.messages[id] = {**one, "state": "ACCEPTED", "asked": 0}
        if one["to"] in self.bad:
            known |= {"state": "REFUSED", "code": "BAD_ADDRESS"}
        elif self.answers == "half" and place % 2:
            known |= {"state": "REFUSED", "code": "BUSY"}
        elif one["to"] in self.dead:
            known |= {"state": "FAILED", "code": "NO_SIGNAL"}
        elif self.answers not in ("late", "never"):
            self._arrive(known)
        return {"id": id, "state": known["state"] if known["state"] == "REFUSED" else "ACCEPTED", **_code(known)}

    def _state(self, id: str) -> dict[str, Any]:
        if id not in self.messages:
            return {"id": id, "state": "UNKNOWN"}
        known = self.messages[id]
        known["asked"] += 1
        if known["state"] == "ACCEPTED" and self.answers != "never" and known["asked"] >= self.late:
            self._arrive(known)
        return self._told(id)

    def _arrive(self, known: dict[str, Any]) -> None:
        known |= {"state": "DELIVERED", "at": datetime.now(UTC).isoformat(), "reference": f"r-{known['id'][-12:]}"}
        self.phones[known["id"]] += 1

    def _told(self, id: str) -> dict[str, Any]:
        known = self.messages[id]
        told = {"id": id, "state": known["state"], **_code(known)}
        if known["state"] == "DELIVERED":
            told |= {"at": known["at"], "reference": known["reference"]}
        return told

    def callback(self, ids: list[str]) -> bytes:
        """The body of a callback about these."""
        return json.dumps({"messages": [self._told(id) for id in ids]}).encode()


def _code(known: Mapping[str, Any]) -> dict[str, str]:
    return {"code": known["code"]} if "code" in known else {}


def signed(secret: str, body: bytes, at: float | None = None) -> tuple[str, str]:
    """The timestamp and the signature of a callback."""
    timestamp = str(int(time.time() if at is None else at))
    return timestamp, hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


if __name__ == "__main__":
    program.main(Provider(), 8108)
