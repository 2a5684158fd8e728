"""A message as plain values is exactly its proto3 JSON, whatever it holds."""

from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.contracts import services
from chassis.plain import plain
from loadtests.items import full_items
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.rules.v1 import rules_pb2 as rules

SERVICES = ("identity", "catalog", "case", "rating", "intermediary")
_NUMBERS = {
    FieldDescriptor.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
    FieldDescriptor.CPPTYPE_ENUM: st.integers(0, 9),
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats(allow_nan=False, allow_infinity=False),
    FieldDescriptor.CPPTYPE_FLOAT: st.just(1.5),
}
MESSAGES = sorted(
    {method.input_type for name in SERVICES for service in services(name) for method in service.methods}
    | {method.output_type for name in SERVICES for service in services(name) for method in service.methods},
    key=lambda one: str(one.full_name),
)


def fill(draw: Any, message: Message, deep: int) -> Message:
    for field in message.DESCRIPTOR.fields:
        if not draw(st.booleans()):
            continue
        if field.message_type is not None:
            if deep and not field.message_type.GetOptions().map_entry:
                inner = getattr(message, field.name)
                fill(draw, inner.add() if field.is_repeated else inner, deep - 1)
            continue
        value = draw(
            _NUMBERS.get(field.cpp_type, st.binary() if field.type == field.TYPE_BYTES else st.text(max_size=8))
        )
        if field.is_repeated:
            getattr(message, field.name).extend([value, value])
        else:
            setattr(message, field.name, value)
    return message


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_every_message_of_the_suite_is_told_as_protobuf_tells_it(data: Any) -> None:
    message = message_factory.GetMessageClass(data.draw(st.sampled_from(MESSAGES)))()
    fill(data.draw, message, 3)
    assert plain(message) == MessageToDict(message)


def test_a_whole_item_and_an_enum_of_a_newer_writer_are_told_the_same() -> None:
    for item in full_items(20, 1):
        assert plain(item) == MessageToDict(item)
    newer = pb.ItemDefinition(reach=99)  # type: ignore[arg-type]
    assert plain(newer) == MessageToDict(newer) == {"reach": 99}


def test_rules_within_rules_are_told_to_their_end() -> None:
    rule = rules.Rule(leaf=rules.Leaf(id="a", cel="a"))
    for _ in range(8):
        opposite = rules.Rule()
        getattr(opposite, "not").CopyFrom(rule)
        rule = rules.Rule(all=rules.RuleList(rules=[rule, opposite]))
    assert plain(rule) == MessageToDict(rule)
