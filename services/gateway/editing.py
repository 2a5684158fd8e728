"""Forms made from a contract: which inputs a message has, and the message that was typed into them.

An input's name is its path as the services tell mistakes by, with dots: `materials.3.sample.url`. Only fields that are named are shown,
and only those are overwritten, so whatever a form does not know survives it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from starlette.datastructures import FormData

from services.gateway import editing_words as words
from yiwang.rules.v1 import rules_pb2 as rules

LONG = 500
EMPTY_ROWS = 1
RULE = rules.Rule.DESCRIPTOR.full_name
_SPLIT = re.compile(r"[\n；;]")
Kinds = Mapping[int, str]


class Input(NamedTuple):
    """One input, or a group of them."""

    path: str
    label: str
    # text, long, lines, number, truth, one, many, rule, part, rows
    kind: str
    value: Any = ""
    options: Sequence[tuple[Any, str]] = ()
    most: int = 0
    hint: str = ""
    # Of a part: its inputs; of rows: a part for each, the last ones empty.
    parts: Sequence["Input"] = ()

    @property
    def anchor(self) -> str:
        """The id of the input, which a refusal of its path leads to."""
        return anchor(self.path)


def anchor(path: str) -> str:
    """`materials[3].sample.url` and `materials.3.sample.url` → `materials-3-sample-url`."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", path).strip("-")


def inputs(message: Message, names: Sequence[str], prefix: str = "", more: str = "") -> list[Input]:
    """The inputs of these fields of a message; `more` is the path of the rows that get another empty one."""
    known: Mapping[str, Any] = message.DESCRIPTOR.fields_by_name
    return [_input(message, known[name], prefix, more) for name in names]


def _input(message: Message, field: FieldDescriptor, prefix: str, more: str) -> Input:
    path = prefix + field.name
    key = f"{_home(field)}.{field.name}"
    label, hint = words.LABEL.get(key) or words.LABEL.get(field.name, field.name), words.HINT.get(key, "")
    kind, options = kind_of(field), words.OPTIONS.get(key, ())
    value, parts = getattr(message, field.name), []
    if kind == "rows":
        parts = _rows(value, field, path, more)
    elif kind == "part":
        parts = inputs(value, words.fields_of(_of(field)), path + ".", more)
    elif kind == "rule":
        value = rule_text(value)
    elif kind == "lines":
        value = "\n".join(map(str, value))
    elif kind == "many":
        value = list(value)
    return Input(path, label, kind, value, options or _options(field), _most(field), hint, parts)


def _rows(values: Sequence[Message], field: FieldDescriptor, path: str, more: str) -> list[Input]:
    names = words.fields_of(_of(field))
    empty = [] if more != path and values else [GetMessageClass(_of(field))()] * EMPTY_ROWS
    return [
        Input(
            f"{path}.{place}",
            f"{words.LABEL.get(_of(field).name, '')}{place + 1}",
            "part",
            value=place < len(values),
            parts=inputs(value, names, f"{path}.{place}.", more),
            hint=_title(value),
        )
        for place, value in enumerate([*values, *empty])
    ]


def _of(field: FieldDescriptor) -> Descriptor:
    assert isinstance(field.message_type, Descriptor)
    return field.message_type


def _home(field: FieldDescriptor) -> str:
    assert field.containing_type is not None
    return field.containing_type.name


def _title(message: Message) -> str:
    """What a row is called in short."""
    for name in ("name", "title", "label", "text", "question", "key"):
        if name in message.DESCRIPTOR.fields_by_name and (told := getattr(message, name)):
            return str(told)[:60]
    return ""


def kind_of(field: FieldDescriptor) -> str:
    """The kind of input of a field."""
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        if _of(field).full_name == RULE:
            return "rule"
        return "rows" if field.is_repeated else "part"
    if field.is_repeated:
        listed = field.type == FieldDescriptor.TYPE_ENUM or f"{_home(field)}.{field.name}" in words.OPTIONS
        return "many" if listed else "lines"
    if field.type == FieldDescriptor.TYPE_ENUM or f"{_home(field)}.{field.name}" in words.OPTIONS:
        return "one"
    if field.type == FieldDescriptor.TYPE_BOOL:
        return "truth"
    if field.type != FieldDescriptor.TYPE_STRING:
        return "number"
    return "long" if _most(field) > LONG else "text"


def _most(field: FieldDescriptor) -> int:
    rule = field.GetOptions().Extensions[validate_pb2.field]
    return int(rule.string.max_len)


def _options(field: FieldDescriptor) -> Sequence[tuple[Any, str]]:
    if field.type != FieldDescriptor.TYPE_ENUM:
        return ()
    return [
        (number, told) for number, told in words.ENUM.get(field.enum_type.name if field.enum_type else "", {}).items()
    ]


def rule_text(rule: rules.Rule) -> dict[str, str]:
    """A rule as people edit it: a single condition by its parts, a tree as JSON."""
    empty = {"json": "", "cel": "", "says": "", "basis": "", "id": ""}
    if not rule.WhichOneof("node"):
        return empty
    if rule.WhichOneof("node") == "leaf":
        return empty | {"cel": rule.leaf.cel, "says": rule.leaf.says, "basis": rule.leaf.basis, "id": rule.leaf.id}
    return empty | {"json": MessageToJson(rule, ensure_ascii=False, indent=1)}


class Mistyped(Exception):
    """What was typed cannot be read as its field at all."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(path)
        self.path = path
        self.text = text


def read(form: FormData, message: Message, names: Sequence[str], prefix: str = "") -> None:
    """Overwrites these fields of a message with what was typed. Mistyped names what cannot be read."""
    known: Mapping[str, Any] = message.DESCRIPTOR.fields_by_name
    for name in names:
        _read(form, message, known[name], prefix + name)


def _read(form: FormData, message: Message, field: FieldDescriptor, path: str) -> None:
    kind = kind_of(field)
    message.ClearField(field.name)
    if kind == "rows":
        for row in _typed_rows(form, path):
            fresh = getattr(message, field.name).add()
            read(form, fresh, words.fields_of(_of(field)), f"{path}.{row}.")
    elif kind == "part":
        part = GetMessageClass(_of(field))()
        read(form, part, words.fields_of(_of(field)), path + ".")
        if part.ByteSize():
            getattr(message, field.name).CopyFrom(part)
    elif kind == "rule":
        if rule := _rule(form, path):
            getattr(message, field.name).CopyFrom(rule)
    elif field.is_repeated:
        getattr(message, field.name).extend(_listed(form, field, kind, path))
    else:
        setattr(message, field.name, _single(form, field, kind, path))


def _typed_rows(form: FormData, path: str) -> list[str]:
    """The rows of a list that hold anything and were not struck out, in the order they are to stand in."""
    pattern = re.compile(re.escape(path) + r"\.(\d{1,4})\.(.+)")
    filled: dict[str, bool] = {}
    for name in form:
        if (found := pattern.fullmatch(name)) and found[2] not in ("remove", "place"):
            filled[found[1]] = filled.get(found[1], False) or (bool(_text(form, name)) and not _preset(found[2]))
    kept = [row for row, is_filled in filled.items() if is_filled and not _text(form, f"{path}.{row}.remove")]
    return sorted(kept, key=lambda row: (_place(form, path, row), int(row)))


def _preset(name: str) -> bool:
    # A choice always has a value: it does not make a row.
    return name.rpartition(".")[2] in words.PRESET


def _place(form: FormData, path: str, row: str) -> float:
    """Where a row is to stand: at the place typed, past the one that stands there when it moves down."""
    typed, here = _text(form, f"{path}.{row}.place"), int(row) + 1
    if not (typed.isascii() and typed.isdecimal()) or int(typed) == here:
        return float(here)
    return int(typed) + (0.5 if int(typed) > here else -0.5)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip().replace("\r\n", "\n") if isinstance(value, str) else ""


def _listed(form: FormData, field: FieldDescriptor, kind: str, path: str) -> Iterator[Any]:
    if kind == "many":
        typed = [value for value in form.getlist(path) if isinstance(value, str) and value]
    else:
        typed = [part.strip() for part in _SPLIT.split(_text(form, path)) if part.strip()]
    for one in dict.fromkeys(typed):
        yield _converted(one, field, path)


def _single(form: FormData, field: FieldDescriptor, kind: str, path: str) -> Any:
    typed = _text(form, path)
    if kind == "truth":
        return bool(typed)
    return _converted(typed, field, path) if typed or field.type == FieldDescriptor.TYPE_STRING else field.default_value


def _converted(typed: str, field: FieldDescriptor, path: str) -> Any:
    if field.type == FieldDescriptor.TYPE_STRING:
        return typed
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 16):
        raise Mistyped(path, "请填写整数")
    return int(typed)


def _rule(form: FormData, path: str) -> rules.Rule | None:
    if tree := _text(form, path + ".json"):
        try:
            return Parse(tree, rules.Rule())
        except ParseError:
            raise Mistyped(path, "规则不是有效的 JSON 规则树") from None
    cel = _text(form, path + ".cel")
    if not cel:
        return None
    leaf = rules.Leaf(
        id=_text(form, path + ".id") or "r1",
        cel=cel,
        says=_text(form, path + ".says"),
        basis=_text(form, path + ".basis"),
    )
    return rules.Rule(leaf=leaf)
