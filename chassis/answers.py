"""What programs outside answer, and how it is read: every field is looked at before anything of it is taken.

Who gives no answer is `chassis.outside.Away`: asked again later. Who gives a wrong one is a `Fault`: asking again helps nothing, a person
has to look.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_REFERENCE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class Fault(Exception):
    """A program outside refused for good, or answered what docs/integrating.md does not allow. The text names the field, and
    nothing that stands in it."""


def fields(said: Any) -> Mapping[str, Any]:
    """The answer as fields; Fault for a refusal and for what is no object."""
    if not isinstance(said, dict):
        raise Fault("refused, or not readable")
    return said


def same(content: Mapping[str, Any], name: str, asked: str | int) -> None:
    """Fault unless a field says what was asked for, of the same type."""
    if type(content.get(name)) is not type(asked) or content[name] != asked:
        raise Fault(f"{name} is not the one asked for")


def text(content: Mapping[str, Any], name: str, longest: int, least: int = 1) -> str:
    """A line of text within these lengths; an absent or null one is empty."""
    value = content.get(name)
    line = "" if value is None else value
    if not isinstance(line, str) or not least <= len(line.strip()) <= longest or _CONTROLS.search(line):
        raise Fault(f"{name} is missing or malformed")
    return line.strip()


def reference(content: Mapping[str, Any], name: str) -> str:
    """A reference of theirs, at most 64 letters, digits and _.:-; it stands in events."""
    value = text(content, name, 64)
    if not _REFERENCE.fullmatch(value):
        raise Fault(f"{name} is malformed")
    return value


def instant(content: Mapping[str, Any], name: str) -> datetime:
    """An instant with its offset (RFC 3339)."""
    try:
        value = datetime.fromisoformat(text(content, name, 40))
    except ValueError:
        raise Fault(f"{name} is no instant") from None
    if value.tzinfo is None:
        raise Fault(f"{name} has no offset")
    return value


def day(content: Mapping[str, Any], name: str) -> date | None:
    """A day as 2026-12-31, None for none."""
    value = text(content, name, 10, least=0)
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise Fault(f"{name} is no day") from None
