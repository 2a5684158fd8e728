"""The guide lint never raises, whatever stands in a definition, and says the same of the same."""

import time
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from standards import lint
from standards.lint_list import ItemList
from standards.lint_rules import RULES, Rule
from standards.lint_scenarios import read
from tests.support.guides import clean
from yiwang.catalog.v1 import service_pb2 as pb

WORDS = (
    "", "空", "暂无", "/", "999", "即办", "20个工作日", "二十日", "三选一", "仅法人需要", "现场勘验", "听证", "《民法典》第一条",
    "0731-82213456", "营业执照", "需现场核实", "法律、法规规定的其他材料", "430103", "01", "11430103006123456X4430112015000",
    'a == "b" && c in d', "“《（", "\0", "存疑：", "申请期限：30日",
)  # fmt: skip
TEXTS = (
    st.sampled_from(WORDS) | st.text(max_size=20) | st.text("零〇一二十百年月日个工作0９²五第（）《》；，", max_size=12)
)
KEYS = st.sampled_from(("a", "b", "premises")) | TEXTS
DEPTH = 4


def scalar(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if field.type == FieldDescriptor.TYPE_STRING:
        return KEYS if field.name in ("key", "one_of") else TEXTS
    if field.type == FieldDescriptor.TYPE_BOOL:
        return st.booleans()
    if field.type == FieldDescriptor.TYPE_ENUM:
        return st.sampled_from([value.number for value in field.enum_type.values])
    if field.type == FieldDescriptor.TYPE_UINT64:
        return st.sampled_from((0, 1, 500, 2**64 - 1))
    return st.sampled_from((0, 1, 5, 8, 20, 999, 3650, 2**32 - 1))


def messages(draw: st.DrawFn, kind: type[Message], depth: int) -> Message:
    built = kind()
    for field in kind.DESCRIPTOR.fields:
        if not draw(st.booleans()):
            continue
        if field.message_type is not None and depth == 0:
            continue
        values = getattr(built, field.name)
        if field.is_repeated:
            for _ in range(draw(st.integers(1, 3))):
                values.append(
                    messages(draw, type(values.add()) if field.message_type else kind, depth - 1)
                    if field.message_type
                    else draw(scalar(field))
                )
        elif field.message_type is not None:
            values.CopyFrom(messages(draw, type(values), depth - 1))
        else:
            setattr(built, field.name, draw(scalar(field)))
    return built


@st.composite
def definitions(draw: st.DrawFn) -> pb.ItemDefinition:
    built = messages(draw, pb.ItemDefinition, DEPTH)
    assert isinstance(built, pb.ItemDefinition)
    return built


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions())
@example(pb.ItemDefinition())
@example(clean())
def test_no_definition_makes_the_lint_raise_and_findings_are_whole(item: pb.ItemDefinition) -> None:
    before = item.SerializeToString(deterministic=True)
    found = lint.findings(item)
    assert found == lint.findings(item)
    assert item.SerializeToString(deterministic=True) == before
    known = {rule.id for rule in RULES}
    fields = {field.name for field in pb.ItemDefinition.DESCRIPTOR.fields}
    for one in found:
        assert one.rule in known and one.level in lint.LEVELS and one.message and one.hint
        assert one.field.partition(".")[0].partition("[")[0] in fields


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(definitions(), max_size=4))
def test_no_list_of_definitions_makes_the_rules_on_lists_raise(items: list[pb.ItemDefinition]) -> None:
    kept = ItemList()
    for number, item in enumerate(items, 1):
        kept.add("a.json", number, item)
    assert all(1 <= one.row <= len(items) for one in kept.findings())


@given(TEXTS | st.text("ab\"'\\ =!in().&|?:0", max_size=40))
def test_no_expression_makes_the_reading_of_rules_raise(cel: str) -> None:
    assert all(name in cel for name in read(cel).names)


LONG = (
    "0",
    "《",
    "情形：",
    '"\\',
    "'a",
    "1 - ",
    "县街1",
    "的，提交",
    "仅收",
    "十日",
    "须要求",
    "按照",
    "（其他",
    "x、",
)


@pytest.mark.parametrize("part", LONG)
def test_a_text_of_twenty_thousand_characters_costs_no_rule_a_tenth_of_a_second(part: str) -> None:
    item, text = clean(), (part * 20_000)[:20_000]
    item.conditions = item.legal_basis = item.windows = item.visit_reason = text
    item.promised_limit.note = item.statutory_limit.note = text
    item.region, item.visits = "430000", 0
    item.ClearField("laws")
    item.ClearField("questions")
    for name, kept in (("materials", "key"), ("fees", ""), ("results", ""), ("faq", "")):
        one = getattr(item, name).add(**{kept: "long"} if kept else {})
        for field in one.DESCRIPTOR.fields:
            if (
                field.type == FieldDescriptor.TYPE_STRING
                and not field.is_repeated
                and field.name not in ("key", "one_of")
            ):
                setattr(one, field.name, text)
    item.materials[-1].necessity = pb.NECESSITY_REQUIRED
    item.materials.add(key="ruled").when.leaf.cel = text
    slowest = 0.0
    for rule in RULES:
        # The better of two: whatever else the machine does is not the rule's.
        slowest = max(slowest, min(_seconds(rule, item), _seconds(rule, item)))
    assert slowest < 0.1


def _seconds(rule: Rule, item: pb.ItemDefinition) -> float:
    read.cache_clear()
    begun = time.process_time()
    list(rule.check(item))
    return time.process_time() - begun


def test_facts_and_options_are_read_from_the_text_of_an_expression() -> None:
    told = read(
        'premises == "rented" && area > 60 && ("x" in kinds || \'y\' != sort) && has(part.of) && size(list) > 1'
    )
    assert told.names == {"premises", "area", "kinds", "sort", "part", "list"}
    assert told.options == {("premises", "rented"), ("kinds", "x"), ("sort", "y")}
    assert read('list.exists(one, one == "a")').names == {"list"}
