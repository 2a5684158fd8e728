"""What changed between two definitions, field by field, as people look at it. Pure.

Elements of a list are told apart by what names them (a key, a name), so that one that was moved or put in between changes nothing
else; that they stand in another order is one difference of the list. Rules are compared as a whole.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from google.protobuf.json_format import MessageToDict

from services.catalog.model_compare_words import label
from standards import limits
from yiwang.catalog.v1 import service_pb2 as pb

Json = Mapping[str, Any]
NAMED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "materials": ("key",),
    "formFields": ("key",),
    "questions": ("key",),
    "options": ("key",),
    "steps": ("name",),
    "specialProcedures": ("name",),
    "fees": ("name",),
    "results": ("name",),
    "places": ("name",),
    "laws": ("title", "article"),
    "faq": ("question",),
}
"""Lists of messages, and what names an element; those that are not here are named by their position."""
SHOWN_BY: Final = ("name", "label", "text", "title", "question")
RULES: Final = frozenset({"when", "rule"})
ORDER: Final = "[*]"
"""Behind the path of a list whose elements stand in another order: the values are what names them."""
_ORDER_OF_FIELDS: Final = {field.json_name: field.number for field in pb.ItemDefinition.DESCRIPTOR.fields}


class Difference(NamedTuple):
    """One field that is not the same: its path, both values (None = absent) as proto3 JSON has them, and its name for people."""

    path: str
    before: Any
    after: Any
    label: str


class Reduction(NamedTuple):
    """One counter of 四减 before and after."""

    counter: str
    before: int
    after: int


def differences(before: pb.ItemDefinition, after: pb.ItemDefinition) -> list[Difference]:
    """Every field that is not the same, in the order of the contract."""
    return list(_messages("", "", "", MessageToDict(before), MessageToDict(after)))


def reductions(before: pb.ItemDefinition, after: pb.ItemDefinition) -> list[Reduction]:
    """减时限 (in working days, where both state one), 减材料, 减环节, 减跑动."""
    days = _days(before), _days(after)
    found = [] if None in days else [Reduction("limit", *days)]  # type: ignore[arg-type]
    return [
        *found,
        Reduction("materials", len(before.materials), len(after.materials)),
        Reduction("steps", len(before.steps), len(after.steps)),
        Reduction("visits", before.visits, after.visits),
    ]


def _days(definition: pb.ItemDefinition) -> int | None:
    limit = definition.promised_limit
    if not limit.unit or limit.amount == limits.PLACEHOLDER:
        return None
    return limits.whole_days(limits.working_days(limit.amount, limit.unit))


def _messages(path: str, within: str, said: str, before: Json, after: Json) -> Iterator[Difference]:
    for name in sorted(before.keys() | after.keys(), key=lambda one: (_ORDER_OF_FIELDS.get(one, 0), one)):
        here = f"{path}.{name}" if path else name
        words = "·".join(word for word in (said, label(name, within)) if word)
        yield from _values(here, name, words, before.get(name), after.get(name))


def _values(path: str, name: str, said: str, before: Any, after: Any) -> Iterator[Difference]:
    """`name` is the field's: what it holds depends on it."""
    if before == after:
        return
    plain = name in RULES
    if not plain and isinstance(before, dict) and isinstance(after, dict):
        yield from _messages(path, name, said, before, after)
    elif not plain and _messages_in(before) and _messages_in(after) and (before or after):
        yield from _lists(path, name, said, before or [], after or [])
    else:
        yield Difference(path, before, after, said)


def _messages_in(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(one, dict) for one in value))


def _lists(path: str, name: str, said: str, before: list[Json], after: list[Json]) -> Iterator[Difference]:
    old, new = _named(name, before), _named(name, after)
    for key in (*old, *(key for key in new if key not in old)):
        words = f"{said}“{_shown(new[key] if key in new else old[key], key)}”"
        if key in old and key in new:
            yield from _messages(f"{path}[{key}]", name, words, old[key], new[key])
        else:
            yield Difference(f"{path}[{key}]", old.get(key), new.get(key), words)
    if [key for key in old if key in new] != [key for key in new if key in old]:
        yield Difference(path + ORDER, list(old), list(new), f"{said}·顺序")


def _named(name: str, elements: list[Json]) -> dict[str, Json]:
    """The elements by what names them; the second of a name is `name#2`."""
    seen: Counter[str] = Counter()
    found = {}
    for position, element in enumerate(elements):
        key = " ".join(str(element[part]) for part in NAMED_BY.get(name, ()) if part in element) or str(position)
        seen[key] += 1
        while (place := key if seen[key] == 1 else f"{key}#{seen[key]}") in found:
            seen[key] += 1
        found[place] = element
    return found


def _shown(element: Json, key: str) -> str:
    return next((str(element[name]) for name in SHOWN_BY if element.get(name)), key)
