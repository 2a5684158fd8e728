"""What entries of the basic directory and implementations have in common: a line with a code of its own, written, reviewed, published and
withdrawn as `model_life` says. Pure. What is particular to each stands in its `Kind`: its events, and what refuses a definition.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from chassis.acts import Evolve, Moment
from chassis.errors import Violation, invalid
from chassis.plain import plain
from services.catalog import model_life as life
from services.catalog.model_life import WITHDRAWN, Life, digest

# Who writes when an import does.
IMPORTER: Final = "system:catalog"


@dataclass(frozen=True, slots=True)
class Line:
    """The present state of a line. `definition` is the working one, `published` the one in force (empty = never), both as proto3 JSON;
    older editions stand in the journal."""

    id: str
    code: str
    region: str
    life: Life
    definition: dict[str, Any]
    published: dict[str, Any] = field(default_factory=dict)
    # Its published code and those it had before: what it is found by.
    codes: list[str] = field(default_factory=list)
    # Digest of the definition imported last: the same file again changes nothing, whatever officers wrote since.
    imported: str = ""


class Kind(NamedTuple):
    """What makes a line an entry or an implementation."""

    # The field of its events with the id; its definition; and its events, as message classes.
    id: str
    definition: Any
    saved: Any
    reviewed: Any
    returned: Any
    published: Any
    withdrawn: Any
    # What refuses it from everyone, and from an officer as well (an import names that as doubts). Paths without `definition.`.
    faults: Callable[[Line | None, Any], list[Violation]]
    doubts: Callable[[Any], list[Violation]]


def save(kind: Kind, line: Line | None, id: str, definition: Message, seen: int = 0) -> Any:
    """The working definition, new or changed; nothing for the same one again. `seen` is the version it was read at, 0 = any."""
    _refuse([*kind.faults(line, definition), *kind.doubts(definition)])
    if not life.save(line.life if line else None, definition, seen):
        return None
    return kind.saved(**{kind.id: id}, definition=definition)


def review(kind: Kind, line: Line, by: str, seen: int, note: str) -> Any:
    """Approved as it stands at the version seen, by somebody who wrote none of it."""
    life.review(line.life, by, seen)
    return kind.reviewed(**{kind.id: line.id}, note=note, digest=line.life.digest)


def give_back(kind: Kind, line: Line, reason: str) -> Any:
    """Sent back to its writers."""
    life.give_back(line.life)
    return kind.returned(**{kind.id: line.id}, reason=reason)


def publish(kind: Kind, line: Line) -> Any:
    """The reviewed definition as the next edition."""
    life.publish(line.life)
    return _edition(kind, line.id, line.life.edition + 1, definition_of(kind, line.definition))


def withdraw(kind: Kind, line: Line, reason: str) -> Any:
    """Over for ever."""
    life.withdraw(line.life)
    return kind.withdrawn(**{kind.id: line.id}, reason=reason)


def bring(kind: Kind, line: Line | None, id: str, definition: Message, live: bool = True) -> list[Message]:
    """What an import writes: the definition when the source changed it, published when `live` and not over. Nothing for the same one again,
    and nothing over what officers wrote since. INVALID_ARGUMENT for what is no line at all; what is only doubtful is kept (`doubts`)."""
    if line is not None and line.life.status == WITHDRAWN:
        return []
    _refuse(kind.faults(line, definition))
    incoming = digest(plain(definition))
    found: list[Message] = []
    if line is None or incoming not in (line.imported, line.life.digest):
        life.save(line.life if line else None, definition)
        found.append(kind.saved(**{kind.id: id}, definition=definition))
    ours = bool(found) or (line is not None and line.life.digest == incoming)
    fresh = line is None or line.life.published_digest != incoming
    if live and ours and fresh:
        found.append(_edition(kind, id, line.life.edition + 1 if line else 1, definition))
    return found


def definition_of(kind: Kind, content: Mapping[str, Any]) -> Any:
    """A definition from its proto3 JSON; unknown fields are a newer writer's and are ignored."""
    return ParseDict(dict(content), kind.definition(), ignore_unknown_fields=True)


def blank(definition: Any, *fields: str) -> list[Violation]:
    """The fields, by path, that say nothing but blanks."""
    found = []
    for path in fields:
        value = definition
        for name in path.split("."):
            value = getattr(value, name)
        if not value.strip():
            found.append(Violation(path, "REQUIRED", "必填"))
    return found


def evolve(kind: Kind) -> Evolve:
    """The states of a kind, from its events."""
    return {
        kind.saved: lambda line, event, moment: _saved(kind, line, event, moment),
        kind.reviewed: _reviewed,
        kind.returned: _returned,
        kind.published: _published,
        kind.withdrawn: _withdrawn,
    }


def _refuse(found: list[Violation]) -> None:
    if found:
        raise invalid(*(Violation(f"definition.{one.field}", one.reason, one.message) for one in found))


def _edition(kind: Kind, id: str, edition: int, definition: Message) -> Any:
    return kind.published(**{kind.id: id}, edition=edition, definition=definition)


def _saved(kind: Kind, line: Line | None, event: Any, moment: Moment) -> Line:
    definition, content = event.definition, plain(event.definition)
    base = line or Line(getattr(event, kind.id), definition.code, "", Life(), {})
    moved = life.after_saved(line.life if line else None, content, moment)
    imported = moved.digest if moment.by == IMPORTER else base.imported
    return replace(base, region=definition.region, life=moved, definition=content, imported=imported)


def _reviewed(line: Line, _event: Any, moment: Moment) -> Line:
    return replace(line, life=life.after_reviewed(line.life, moment))


def _returned(line: Line, event: Any, moment: Moment) -> Line:
    return replace(line, life=life.after_returned(line.life, event.reason, moment))


def _published(line: Line, event: Any, moment: Moment) -> Line:
    content = plain(event.definition)
    found = [event.definition.code, *event.definition.former_codes]
    moved = life.after_published(line.life, event.edition, content, moment)
    return replace(line, life=moved, published=content, codes=list(dict.fromkeys(found)))


def _withdrawn(line: Line, event: Any, moment: Moment) -> Line:
    return replace(line, life=life.after_withdrawn(line.life, event.reason, moment))
