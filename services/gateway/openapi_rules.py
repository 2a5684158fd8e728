"""What the contracts say beside their types: protovalidate's rules as JSON Schema, and the comments of the source."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from buf.validate import validate_pb2 as validate
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet

# Beside the generated packages; missing where the suite was installed without it, then there are no comments.
IMAGE = Path(validate.__file__).parents[2] / "image.binpb"

# Rules that have a JSON Schema keyword of the same meaning; the rest (not_in, CEL) is left to the server.
_STRING = {"min_len": "minLength", "max_len": "maxLength", "pattern": "pattern", "in": "enum"}
_NUMBER = {"lte": "maximum", "gte": "minimum", "lt": "exclusiveMaximum", "gt": "exclusiveMinimum"}
_REPEATED = {"min_items": "minItems", "max_items": "maxItems", "unique": "uniqueItems"}
_MAP = {"min_pairs": "minProperties", "max_pairs": "maxProperties"}
_KEYWORDS = {"string": _STRING, "uint32": _NUMBER, "int32": _NUMBER, "repeated": _REPEATED, "map": _MAP}


class Rules(NamedTuple):
    """Keywords for the field, and for each of its elements or values."""

    own: dict[str, Any]
    items: dict[str, Any]


# Of what no rule binds.
FREE = Rules({}, {})


def rules_of(field: FieldDescriptor) -> Rules:
    """The rules of a field."""
    rules = _rules(field)
    inner = {"repeated": "items", "map": "values"}.get(rules.WhichOneof("type") or "")
    elements = getattr(getattr(rules, rules.WhichOneof("type") or ""), inner) if inner else validate.FieldRules()
    return Rules(_keywords(rules), _keywords(elements))


def needed(field: FieldDescriptor) -> bool:
    """Whether an absent value is refused. `request_id` is not listed: the Idempotency-Key header may give it."""
    rules, kind = _rules(field), _rules(field).WhichOneof("type")
    if rules.required or field.name == "request_id":
        return bool(rules.required)
    if kind == "string":
        text = rules.string
        refused = text.pattern and not re.search(text.pattern, "")
        return bool(text.min_len or text.len or text.uuid or refused)
    return bool(
        (kind == "repeated" and rules.repeated.min_items)
        or (kind == "bytes" and rules.bytes.min_len)
        or (kind == "enum" and 0 in rules.enum.not_in and not field.is_repeated)
    )


def _rules(field: FieldDescriptor) -> validate.FieldRules:
    return field.GetOptions().Extensions[validate.field]


def _keywords(rules: validate.FieldRules) -> dict[str, Any]:
    """The rules that are simple enough, as JSON Schema keywords."""
    kind = rules.WhichOneof("type") or ""
    names, found = _KEYWORDS.get(kind, {}), dict[str, Any]()
    for descriptor, value in getattr(rules, kind).ListFields() if names else ():
        if descriptor.name in names:
            found[names[descriptor.name]] = list(value) if descriptor.is_repeated else value
        elif descriptor.name == "len":
            found |= {"minLength": value, "maxLength": value}
        elif descriptor.name == "uuid":
            found["format"] = "uuid"
    return found


@cache
def comments() -> dict[str, str]:
    """Leading comments by full name of message, field and method."""
    if not IMAGE.exists():
        return {}
    files = FileDescriptorSet.FromString(IMAGE.read_bytes()).file
    return {name: text for file in files if file.package.startswith("yiwang.") for name, text in _of_file(file)}


def _of_file(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    for place in file.source_code_info.location:
        if place.leading_comments and (name := _name(file, list(place.path))):
            yield f"{file.package}.{name}", " ".join(place.leading_comments.split())


def _name(file: FileDescriptorProto, path: list[int]) -> str:
    """The name at a path of descriptor.proto: 4 message, 6 service, and 2 its fields or methods."""
    match path:
        case [4, message]:
            return file.message_type[message].name
        case [4, message, 2, field]:
            return _join(file.message_type[message], field)
        case [6, service, 2, method]:
            return f"{file.service[service].name}.{file.service[service].method[method].name}"
    return ""


def _join(message: DescriptorProto, field: int) -> str:
    return f"{message.name}.{message.field[field].name}"
