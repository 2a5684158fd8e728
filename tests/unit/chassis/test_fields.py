"""The field rules of the contracts: every field at fault is named, with a reason as a code and in Chinese."""

import re
import uuid
from typing import Any

import pytest
from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from chassis import contracts, fields
from chassis.errors import INVALID_ARGUMENT, Refused
from tests.support.sources import SERVICES
from yiwang.case.v1 import service_pb2 as case

ID = str(uuid.uuid4())
GOOD = case.SubmitCaseRequest(request_id="r" * 8, item_id=ID, form={"a": "b"})
FAULTS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"request_id": "short"}, {"request_id": "STRING_MIN_LEN"}),
    ({"request_id": "r" * 65}, {"request_id": "STRING_MAX_LEN"}),
    ({"request_id": "no blanks here"}, {"request_id": "STRING_PATTERN"}),
    ({"item_id": ""}, {"item_id": "STRING_UUID_EMPTY"}),
    ({"item_id": "x"}, {"item_id": "STRING_UUID"}),
    ({"channel": 9}, {"channel": "ENUM_DEFINED_ONLY"}),
    ({"form": {"key": "长" * 4001}}, {"form[key]": "STRING_MAX_LEN"}),
    ({"form": {str(n): "" for n in range(61)}}, {"form": "MAP_MAX_PAIRS"}),
    ({"materials": [case.HandedIn(material="A", attachments=[ID])]}, {"materials[0].material": "STRING_PATTERN"}),
    ({"materials": [case.HandedIn(material="a")]}, {"materials[0].attachments": "REPEATED_MIN_ITEMS"}),
    ({"materials": [case.HandedIn(material="a", attachments=[ID, ID])]}, {"materials[0].attachments": "REPEATED_UNIQUE"}),
    ({"materials": [case.HandedIn(material="a", attachments=[ID, "x"])]}, {"materials[0].attachments[1]": "STRING_UUID"}),
    ({"request_id": "", "item_id": "", "channel": 9}, {
        "request_id": "STRING_MIN_LEN", "item_id": "STRING_UUID_EMPTY", "channel": "ENUM_DEFINED_ONLY",
    }),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), FAULTS, ids=lambda value: "+".join(value))
def test_every_field_at_fault_is_named_with_its_reason(changes: dict[str, Any], expected: dict[str, str]) -> None:
    request = case.SubmitCaseRequest(
        **{"request_id": GOOD.request_id, "item_id": GOOD.item_id, "form": dict(GOOD.form)} | changes
    )
    with pytest.raises(Refused) as caught:
        fields.check(request)
    assert caught.value.code == INVALID_ARGUMENT
    found = [(violation.field, violation.reason) for violation in caught.value.violations]
    assert set(expected.items()) <= set(found)
    assert {field for field, _ in found} == expected.keys()
    for violation in caught.value.violations:
        assert re.search("[一-鿿]", violation.message), violation
        assert re.fullmatch("[A-Z0-9_]+", violation.reason), violation


def test_a_request_in_order_passes() -> None:
    fields.check(GOOD)


def messages(descriptor: Descriptor, seen: set[str]) -> list[FieldDescriptor]:
    """Every field a request can carry, however deep."""
    if descriptor.full_name in seen:
        return []
    seen.add(descriptor.full_name)
    fields = list(descriptor.fields)
    return fields + [deep for one in fields if one.message_type for deep in messages(one.message_type, seen)]


REQUESTS = [
    method.input_type for name in SERVICES for contract in contracts.services(name) for method in contract.methods
]


def rules_of(field: FieldDescriptor) -> list[str]:
    """Ids of the rules set on a field, as violations carry them."""
    found = []
    for extension, rules in field.GetOptions().ListFields():
        if extension.full_name != "buf.validate.field":
            continue
        if rules.required:
            found.append("required")
        kind = rules.WhichOneof("type")
        found += [f"{kind}.{name}" for name in _set(getattr(rules, kind))] if kind else []
        if kind == "repeated" and rules.repeated.HasField("items"):
            inner = rules.repeated.items
            if inner.ignore == validate_pb2.IGNORE_ALWAYS:  # rows that are refused by themselves
                continue
            found += [f"{inner.WhichOneof('type')}.{name}" for name in _set(getattr(inner, inner.WhichOneof("type")))]
    return found


def _set(rules: Message) -> list[str]:
    return [field.name for field, _ in rules.ListFields() if field.name not in ("items", "values", "keys")]


@pytest.mark.parametrize("request_type", REQUESTS, ids=lambda one: one.name)
def test_every_rule_of_a_request_has_its_words_in_chinese(request_type: Descriptor) -> None:
    wordless = {rule for field in messages(request_type, set()) for rule in rules_of(field)} - fields.RULES.keys()
    assert wordless == set()
