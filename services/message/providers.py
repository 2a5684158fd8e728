"""Providers of messages, as docs/integrating.md describes them: given a batch, asked what became of it, heard by callbacks.

A message is known by its id alone: given twice it is one message. Each of a batch is answered by itself; what is not answered is not known.
No answer at all is Away; Unreached when the provider cannot have heard anything.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from chassis import outside
from chassis.answers import Fault, fields, instant

UNKNOWN, ACCEPTED, DELIVERED, REFUSED, FAILED = "UNKNOWN", "ACCEPTED", "DELIVERED", "REFUSED", "FAILED"
STATES: Final = frozenset((UNKNOWN, ACCEPTED, DELIVERED, REFUSED, FAILED))
BAD_ADDRESS: Final = "BAD_ADDRESS"
_CODE: Final = re.compile(r"[A-Z0-9_]{1,40}")
_REFERENCE: Final = re.compile(r"[A-Za-z0-9_.:-]{0,64}")
MOST: Final = 100


class Said(NamedTuple):
    """What a provider says of a message."""

    state: str
    code: str = ""
    at: datetime | None = None
    reference: str = ""


def give(url: str, channel: str, messages: Sequence[Mapping[str, Any]]) -> Mapping[str, Said]:
    """Gives a batch; what is said of each, by id. A batch refused as a whole is given in halves: one message spoils no other. Away for no
    answer, Fault for a wrong one."""
    answer = outside.post(url, "/messages", {"channel": channel, "messages": list(messages)})
    if answer is not None:
        return _said(answer, [one["id"] for one in messages])
    if len(messages) == 1:
        return {messages[0]["id"]: Said(REFUSED, "REFUSED")}
    half = len(messages) // 2
    return {**give(url, channel, messages[:half]), **give(url, channel, messages[half:])}


def ask(url: str, ids: Sequence[str]) -> Mapping[str, Said]:
    """What became of messages, by id. Away for no answer, Fault for a wrong one."""
    return _said(outside.post(url, "/messages/state", {"ids": list(ids)}), ids)


def told(body: Any) -> Mapping[str, Said]:
    """What a callback says, by id; Fault for what is none."""
    return _said(body, None)


def _said(answer: Any, ids: Sequence[str] | None) -> Mapping[str, Said]:
    rows = fields(answer).get("messages")
    if not isinstance(rows, list) or len(rows) > 2 * MOST:
        raise Fault("messages are missing")
    found = dict[str, Said]()
    for row in map(fields, rows):
        id = row.get("id")
        if not isinstance(id, str) or len(id) > 64 or (ids is not None and id not in ids):
            raise Fault("id is not one that was asked for")
        said = _one(row)
        # Told twice in one answer: what is further on its way holds.
        found[id] = max(found.get(id, said), said, key=lambda one: _FURTHER.index(one.state))
    return found


_FURTHER: Final = (UNKNOWN, ACCEPTED, REFUSED, FAILED, DELIVERED)


def _one(row: Mapping[str, Any]) -> Said:
    state, code, reference = row.get("state"), row.get("code", ""), row.get("reference", "")
    if state not in STATES:
        raise Fault("state is unknown")
    if not isinstance(code, str) or (code and not _CODE.fullmatch(code)):
        raise Fault("code is malformed")
    if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
        raise Fault("reference is malformed")
    return Said(state, code, instant(row, "at") if state == DELIVERED else None, reference)
