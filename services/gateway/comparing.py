"""What changed between two editions, in words: values as people call them, and of long texts only what is different."""

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final, NamedTuple

import orjson
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import Message

from services.gateway import editing, editing_rules
from services.gateway import editing_words as words
from services.gateway.editing_rules import Questions
from services.gateway.words import limit_text
from yiwang.catalog.v1 import items_pb2 as items
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.rules.v1 import rules_pb2 as rules

ABSENT = "没有"
# Amounts of money are kept in fen.
_MONEY: Final = frozenset({"Fee.least", "Fee.most"})
_PIECES = re.compile(r"[^。；;\n，,、]+|[。；;\n，,、]")
_TITLES = ("name", "title", "label", "text", "question")
# Texts of a list that are no longer than this stand in one line.
_SHORT = 30


class Piece(NamedTuple):
    """A piece of a text, and whether only this side has it."""

    text: str
    own: bool


class Change(NamedTuple):
    """One element that is not the same: what it is called, and both sides in pieces; none = absent."""

    label: str
    before: Sequence[Piece]
    after: Sequence[Piece]


def changes(differences: Sequence[items.Difference], questions: Questions) -> list[Change]:
    """The differences catalog tells of an item, in words."""
    found = []
    for one in differences:
        field = _field(catalog.ItemDefinition.DESCRIPTOR, one.path)
        before, after = (_told(field, value, one.path, questions) for value in (one.before, one.after))
        found.append(Change(one.label or one.path, *marked(before, after)))
    return found


def between(before: Message, after: Message, questions: Questions = (), within: str = "") -> list[Change]:
    """What differs between two definitions of the same kind, field by field."""
    found: list[Change] = []
    fields: Sequence[Any] = before.DESCRIPTOR.fields
    for field in fields:
        if (
            field.type == FieldDescriptor.TYPE_MESSAGE
            and field.message_type.name == catalog.ItemDefinition.DESCRIPTOR.name
        ):
            found += between(
                getattr(before, field.name), getattr(after, field.name), questions, editing.label_of(field)
            )
            continue
        old, new = (MessageToDict(one).get(field.json_name) for one in (before, after))
        if old != new:
            label = f"{within}·{editing.label_of(field)}" if within else editing.label_of(field)
            sides = (_absent(field) if one is None else text(field, one, questions) for one in (old, new))
            found.append(Change(label, *marked(*sides)))
    return found


def _field(descriptor: Descriptor, path: str) -> FieldDescriptor | None:
    """The field at the end of a path of the proto3 JSON: materials[m1].necessity."""
    field = None
    for name in re.sub(r"\[[^\]]*\]", "", path).split("."):
        known: Mapping[str, Any] = descriptor.fields_by_camelcase_name
        if (field := known.get(name)) is None:
            return None
        descriptor = field.message_type or descriptor
    return field


def _told(field: FieldDescriptor | None, value: str, path: str, questions: Questions) -> str:
    """One side of a difference in words: its value stands there as JSON, empty when it is absent."""
    if not value:
        return _absent(field)
    read = orjson.loads(value)
    if field is None or path.endswith("[*]"):
        return "、".join(map(str, read)) if isinstance(read, list) else str(read)
    return text(field, read, questions)


def _absent(field: FieldDescriptor | None) -> str:
    """What a field that says nothing says: proto3 leaves no and none out."""
    if field is None or field.is_repeated or field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_MESSAGE):
        return ABSENT
    return {FieldDescriptor.TYPE_BOOL: "否", FieldDescriptor.TYPE_ENUM: ABSENT}.get(field.type, "0")


def text(field: FieldDescriptor, value: Any, questions: Questions) -> str:
    """A value of a field, as the proto3 JSON has it, in words."""
    if isinstance(value, list):
        told = [text(field, one, questions) for one in value]
        brief = field.type != FieldDescriptor.TYPE_MESSAGE or all(len(one) <= _SHORT for one in told)
        return "、".join(told) if brief else "\n".join(f"{place}. {one}" for place, one in enumerate(told, 1))
    if isinstance(value, bool):
        return "是" if value else "否"
    if field.enum_type is not None:
        number = field.enum_type.values_by_name[value].number if value in field.enum_type.values_by_name else value
        return str(words.ENUM.get(field.enum_type.name, {}).get(number, value))
    if options := words.OPTIONS.get(editing.key_of(field)):
        return next((told for key, told in options if str(key) == str(value)), str(value))
    if editing.key_of(field) in _MONEY:
        return f"{int(value) / 100:,.2f}".removesuffix(".00") + " 元"
    return _part(editing.of(field), value, questions) if isinstance(value, dict) else str(value)


def _part(descriptor: Descriptor, value: Mapping[str, Any], questions: Questions) -> str:
    """A message in words: its name first, then whatever it says."""
    try:
        if descriptor.full_name == editing.RULE:
            return editing_rules.words_of(ParseDict(dict(value), rules.Rule()), questions)
        if descriptor.name == "Limit" and (told := limit_text(limit := ParseDict(dict(value), catalog.Limit()))):
            return f"{told}（{limit.note}）" if limit.note else told
    except ParseError:
        return str(value)
    known: Mapping[str, Any] = descriptor.fields_by_camelcase_name
    parts: list[str] = []
    titled = any(name in value for name in _TITLES)
    for name in sorted(value, key=lambda one: _rank(known.get(one))):
        # Keys are for rules; people know a thing by its name.
        if (field := known.get(name)) and not (titled and name == "key"):
            told = text(field, value[name], questions)
            parts.append(told if not parts else f"{editing.label_of(field)}：{told}")
    return "；".join(parts)


def _rank(field: FieldDescriptor | None) -> int:
    return -1 if field is not None and field.name in _TITLES else field.number if field is not None else 0


def marked(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Both sides in pieces, those marked that the other has not."""
    if ABSENT in (before, after):
        return [Piece(before, before != ABSENT)], [Piece(after, after != ABSENT)]
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    left, right = list[Piece](), list[Piece]()
    for kind, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        own = kind != "equal"
        left += [Piece("".join(old[start:end]), own)] if end > start else []
        right += [Piece("".join(new[first:last]), own)] if last > first else []
    return left, right
