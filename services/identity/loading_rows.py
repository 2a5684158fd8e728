"""What every kind of row of a loading file has in common: how its fields get into a request, and by whose word it is done."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

from chassis.acts import Cause
from chassis.errors import Violation, invalid
from chassis.parts import Parts
from chassis.records import Record
from services.identity.appointing import Appointing
from services.identity.registry import Registry

BY = "system:identity"


class Desk(NamedTuple):
    """What rows are loaded with."""

    parts: Parts
    registry: Registry
    appointing: Appointing


def desk(parts: Parts) -> Desk:
    """The desk of the installation's operator."""
    registry = Registry(parts)
    return Desk(parts, registry, Appointing(parts, registry))


def cause_of(id: str, before: Record[Any] | None) -> Cause:
    """The cause of what a row does to a record as it is before: the same file again finds it done."""
    return Cause(key=f"{BY}/load/{id}/{before.version if before else 0}", by=BY)


def changed(before: Record[Any] | None, after: Record[Any]) -> bool:
    """Whether the row did anything."""
    return before is None or after.version != before.version


def fill(request: Message, row: object, fields: Mapping[str, str], optional: Collection[str] = ()) -> None:
    """Sets the fields of a request (row's key → field); INVALID_ARGUMENT for what is missing, unknown or of another type."""
    if not isinstance(row, dict):
        raise invalid(Violation("row", "TYPE", "不是对象"))
    found = [Violation(key, "REQUIRED", "缺少此项") for key in fields if key not in row and key not in optional]
    if row.keys() - fields.keys():
        found.append(Violation("row", "FIELD_UNKNOWN", "有未知的项"))
    for key in fields.keys() & row.keys():
        try:
            _set(request, fields[key], row[key])
        except (TypeError, ValueError, ParseError):  # the text of these errors shows the value
            found.append(Violation(key, "TYPE", "类型不正确"))
    if found:
        raise invalid(*found)


def _set(request: Message, name: str, value: Any) -> None:
    field = request.DESCRIPTOR.fields_by_name[name]
    if field.is_repeated and (field.message_type or field.enum_type):
        ParseDict({field.json_name: value}, request)
    elif field.is_repeated:
        getattr(request, name).extend(value)
    elif field.message_type:
        ParseDict(value, getattr(request, name))
    else:
        setattr(request, name, value)
