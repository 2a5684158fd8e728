"""Forms made from a contract: which inputs a message has. What was typed into them is read by `editing_reading`.

An input's name is its path as the services tell mistakes by, with dots: `materials.3.sample.url`. Only fields that are named are shown,
and only those are overwritten, so whatever a form does not know survives it.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.gateway import editing_rules
from services.gateway import editing_words as words
from services.gateway.editing_rules import Questions
from yiwang.rules.v1 import rules_pb2 as rules

LONG = 500
RULE = rules.Rule.DESCRIPTOR.full_name
Options = Sequence[tuple[Any, str]]
# What names a row: the first of these that its message has.
_IDENTITY = ("key", "name")
_TITLES = ("name", "title", "label", "text", "question", "key")


class Around(NamedTuple):
    """What the inputs of a definition are made with beside it."""

    # The questions its rules may read.
    questions: Questions = ()
    # What there is to pick from, by `Message.field`: value and words.
    picks: Mapping[str, Options] = {}
    # Lists a standard owns, by path: what may still be said in their rows.
    bounded: Mapping[str, Sequence[str]] = {}
    # Path of the rows that get another empty one.
    more: str = ""


NOTHING = Around()


class Input(NamedTuple):
    """One input, or a group of them."""

    path: str
    label: str
    # text, long, lines, picked, number, truth, one, many, rule, part, rows
    kind: str
    value: Any = ""
    options: Options = ()
    most: int = 0
    hint: str = ""
    # Of a part: its inputs; of rows: a part for each, the last ones empty.
    parts: Sequence["Input"] = ()
    # It may not stay empty.
    must: bool = False
    # A part most do without.
    folded: bool = False
    # Of a row: what most leave empty.
    rare: Sequence["Input"] = ()
    # Of a row that a standard owns: what it says beside `parts`, and what names it.
    fixed: Sequence["Input"] = ()
    name: tuple[str, str] = ("", "")

    @property
    def anchor(self) -> str:
        """The id of the input, which a refusal of its path leads to."""
        return anchor(self.path)


def anchor(path: str) -> str:
    """`materials[3].sample.url` and `materials.3.sample.url` → `materials-3-sample-url`."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", path).strip("-")


def inputs(message: Message, names: Sequence[str], prefix: str = "", around: Around = NOTHING) -> list[Input]:
    """The inputs of these fields of a message."""
    known: Mapping[str, Any] = message.DESCRIPTOR.fields_by_name
    return [_input(message, known[name], prefix, around) for name in names]


def _input(message: Message, field: FieldDescriptor, prefix: str, around: Around) -> Input:
    path, key, value = prefix + field.name, key_of(field), getattr(message, field.name)
    label, hint = label_of(field), words.HINT.get(key, "")
    kind, options, must = kind_of(field), options_of(field), must_of(field)
    if key in around.picks:
        options, value = around.picks[key], [str(one) for one in value] if field.is_repeated else value
        kind = "picked" if field.is_repeated else kind
    parts = list[Input]()
    if kind == "rows":
        parts = _rows(value, field, path, around)
    elif kind == "part":
        parts = inputs(value, words.fields_of(of(field)), path + ".", around)
        # What a part that may be left out needs, it only needs when it is there.
        parts = parts if must else [one._replace(must=False) for one in parts]
        value = message.HasField(field.name)
    elif kind == "rule":
        value = editing_rules.shown(value, around.questions)
    elif kind == "lines":
        value = "\n".join(map(str, value))
    elif kind == "many":
        value = list(value)
    folded = kind == "part" and of(field).name in words.FOLDED
    return Input(path, label, kind, value, options, _most(field), hint, parts, must, folded)


def _rows(values: Sequence[Message], field: FieldDescriptor, path: str, around: Around) -> list[Input]:
    owned = path in around.bounded
    every = words.fields_of(of(field))
    names = [name for name in every if not owned or name in around.bounded[path]]
    rare = () if owned else words.RARE.get(of(field).name, ())
    empty = [] if owned or (around.more != path and values) else [GetMessageClass(of(field))()]
    called = words.LABEL.get(of(field).name, "")
    return [
        Input(
            at := f"{path}.{place}",
            f"{called}{place + 1}",
            "part",
            value=place < len(values),
            parts=_apart(value, inputs(value, [name for name in names if name not in rare], at + ".", around)),
            hint=title(value),
            fixed=inputs(value, [name for name in every if name not in names], at + ".", around),
            name=identity(value) if owned else ("", ""),
            rare=inputs(value, [name for name in names if name in rare], at + ".", around),
        )
        for place, value in enumerate([*values, *empty])
    ]


def _apart(row: Message, parts: list[Input]) -> list[Input]:
    """The inputs of a row, which is not itself among what may be picked in it."""
    own = identity(row)[1]
    return [
        one._replace(options=[option for option in one.options if option[0] != own]) if one.kind == "picked" else one
        for one in parts
    ]


def of(field: FieldDescriptor) -> Descriptor:
    """The message a field holds."""
    assert isinstance(field.message_type, Descriptor)
    return field.message_type


def key_of(field: FieldDescriptor) -> str:
    """How the tables of words name a field: Message.field."""
    assert field.containing_type is not None
    return f"{field.containing_type.name}.{field.name}"


def label_of(field: FieldDescriptor) -> str:
    """What a field is called."""
    return words.LABEL.get(key_of(field)) or words.LABEL.get(field.name, field.name)


def identity(row: Message) -> tuple[str, str]:
    """The field that names a row, and what it says."""
    name = next((name for name in _IDENTITY if name in row.DESCRIPTOR.fields_by_name), "")
    return name, str(getattr(row, name)) if name else ""


def title(message: Message) -> str:
    """What a row is called in short."""
    for name in _TITLES:
        if name in message.DESCRIPTOR.fields_by_name and (told := getattr(message, name)):
            return str(told)[:60]
    return ""


def kind_of(field: FieldDescriptor) -> str:
    """The kind of input of a field."""
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        if of(field).full_name == RULE:
            return "rule"
        return "rows" if field.is_repeated else "part"
    listed = field.type == FieldDescriptor.TYPE_ENUM or key_of(field) in words.OPTIONS
    if field.is_repeated:
        return "many" if listed else "lines"
    if listed:
        return "one"
    if field.type == FieldDescriptor.TYPE_BOOL:
        return "truth"
    if field.type != FieldDescriptor.TYPE_STRING:
        return "number"
    return words.KIND.get(key_of(field)) or ("long" if _most(field) > LONG else "text")


def _checks(field: FieldDescriptor) -> Any:
    return field.GetOptions().Extensions[validate_pb2.field]


def _most(field: FieldDescriptor) -> int:
    return int(_checks(field).string.max_len)


def must_of(field: FieldDescriptor) -> bool:
    """Whether a field may not stay empty. Keys may: they are numbered."""
    checks = _checks(field)
    if field.is_repeated:
        return bool(checks.repeated.min_items)
    if field.name == "key" and field.containing_type and field.containing_type.name in words.NUMBERED:
        return False
    pattern = checks.string.pattern
    unmatched = bool(pattern) and not re.search(pattern, "")
    return bool(checks.required or checks.string.min_len or unmatched or 0 in checks.enum.not_in)


def options_of(field: FieldDescriptor) -> Options:
    """The answers a field has to choose from."""
    if key_of(field) in words.OPTIONS:
        return words.OPTIONS[key_of(field)]
    return list(words.ENUM.get(field.enum_type.name, {}).items()) if field.enum_type else ()


def spots(some: Iterable[Input], within: str = "") -> Iterator[tuple[str, str]]:
    """The ids of these inputs and of all within them, and what each is called: 材料3·名称."""
    for one in some:
        called = f"{within}·{one.label}" if within else one.label
        yield one.anchor, called
        yield from spots([*one.parts, *one.rare, *one.fixed], "" if one.kind == "rows" else called)


def placed(path: str, known: Container[str]) -> str:
    """The id of the input something told of a path belongs to: the path's own, else the one around it; empty when none is."""
    at = anchor(path)
    while at and at not in known:
        at = at.rpartition("-")[0]
    return at
