"""Comparing definitions: nothing where nothing changed, everything where something did, and no noise where things only moved."""

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor
from google.protobuf.json_format import MessageToDict, ParseDict
from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalog import model_compare as compare
from services.catalog.model_compare_words import FIELDS, WITHIN, label
from tests.support.items import definition
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.rules.v1.rules_pb2 import Leaf, Rule

NEED, MAY = pb.NECESSITY_REQUIRED, pb.NECESSITY_OPTIONAL
words = st.sampled_from(["", "甲", "乙", "丙"])
limits = st.builds(pb.Limit, amount=st.integers(0, 30), unit=st.sampled_from([0, 1, 2, 3, 4, 5]))
rules = st.builds(lambda id, cel: Rule(leaf=Leaf(id=id, cel=cel)), st.sampled_from("ab"), st.sampled_from(["x", "!x"]))
forms = st.builds(pb.GuideFile, name=words)
materials = st.builds(
    pb.Material,
    key=st.sampled_from([f"m{n}" for n in range(6)]),
    name=words,
    necessity=st.sampled_from([NEED, MAY]),
    when=st.none() | rules,
    excludes=st.lists(words, max_size=2),
    blank_form=st.none() | forms,
)
steps = st.builds(
    pb.Step, name=st.sampled_from(["受理", "审查", "决定", "送达"]), kind=st.integers(1, 4), limit=st.none() | limits
)
options = st.builds(pb.Option, key=st.sampled_from("abc"), text=words)
questions = st.builds(pb.Question, key=st.sampled_from("xyz"), text=words, options=st.lists(options, max_size=3))
laws = st.builds(pb.Law, title=words, article=words)
variants = st.builds(pb.LimitVariant, when=rules, promised_limit=limits)
definitions = st.builds(
    pb.ItemDefinition,
    name=words,
    online=st.booleans(),
    visits=st.integers(0, 3),
    department=st.builds(pb.Department, code=words, name=words),
    promised_limit=st.none() | limits,
    aliases=st.lists(words, max_size=3),
    materials=st.lists(materials, max_size=5),
    steps=st.lists(steps, max_size=5),
    questions=st.lists(questions, max_size=3),
    laws=st.lists(laws, max_size=3),
    limit_variants=st.lists(variants, max_size=2),
)


def found(before: pb.ItemDefinition, after: pb.ItemDefinition) -> dict[str, tuple[Any, Any]]:
    return {one.path: (one.before, one.after) for one in compare.differences(before, after)}


def apply(content: dict[str, Any], differences: list[compare.Difference]) -> dict[str, Any]:
    """The definition with every difference made good, as a reader of the paths would do it."""
    result = copy.deepcopy(content)
    named = _name_lists(result)
    for one in differences:
        if not one.path.endswith(compare.ORDER):
            _put(named, re.findall(r"\[[^\]]*\]|[^.\[\]]+", one.path), one.after)
    return {name: value for name, value in named.items() if value not in ({}, None)}


def _name_lists(content: Any, name: str = "") -> Any:
    """Lists of messages as dictionaries by what names an element."""
    if isinstance(content, dict):
        return {key: value if key in compare.RULES else _name_lists(value, key) for key, value in content.items()}
    if isinstance(content, list) and content and isinstance(content[0], dict):
        return {f"[{key}]": _name_lists(one) for key, one in compare._named(name, content).items()}
    return content


def _put(content: dict[str, Any], path: list[str], value: Any) -> None:
    name, *rest = path
    if rest:
        inner = content.setdefault(name, {})
        _put(inner, rest, value)
    elif value is None:
        content.pop(name, None)
    else:
        content[name] = _name_lists(value, name)


def _plain(content: Any) -> Any:
    """Without what is empty: it is the same as absent."""
    if isinstance(content, dict):
        inner = {key: _plain(value) for key, value in content.items()}
        return {key: value for key, value in inner.items() if value not in ({}, None, [])}
    return content


@given(definitions)
def test_a_definition_does_not_differ_from_itself(one: pb.ItemDefinition) -> None:
    assert compare.differences(one, one) == []


@settings(max_examples=150)
@given(definitions, definitions)
def test_the_differences_put_into_the_one_give_the_other(before: pb.ItemDefinition, after: pb.ItemDefinition) -> None:
    differences = compare.differences(before, after)
    changed = apply(MessageToDict(before), differences)
    assert _plain(changed) == _plain(_name_lists(MessageToDict(after)))
    assert (differences == []) == (MessageToDict(before) == MessageToDict(after))


@given(definitions, definitions)
def test_there_and_back_are_the_same_fields_the_other_way_round(
    before: pb.ItemDefinition, after: pb.ItemDefinition
) -> None:
    there, back = found(before, after), found(after, before)
    assert {path: values[::-1] for path, values in there.items()} == back


@given(definitions, st.randoms())
def test_what_only_moved_is_one_difference_of_its_list(one: pb.ItemDefinition, random: Any) -> None:
    moved = pb.ItemDefinition()
    moved.CopyFrom(one)
    shuffled = list({material.key: material for material in one.materials}.values())
    del one.materials[:], moved.materials[:]
    one.materials.extend(shuffled)
    random.shuffle(shuffled)
    moved.materials.extend(shuffled)
    assert found(one, moved).keys() <= {"materials[*]"}


def test_a_change_is_told_where_it_is_and_in_words() -> None:
    before = definition()
    after = definition()
    after.materials[1].necessity = NEED
    after.materials.insert(0, pb.Material(key="photo", name="照片", necessity=MAY))
    after.steps[2].limit.CopyFrom(pb.Limit(amount=3, unit=pb.TIME_UNIT_WORKING_DAY))
    after.department.name = "新局"
    told = [(one.path, one.label) for one in compare.differences(before, after)]
    assert told == [
        ("department.name", "实施主体·名称"),
        ("steps[现场勘验].limit", "办理流程“现场勘验”·时限"),
        ("materials[plan].necessity", "材料“平面图”·必要性"),
        ("materials[photo]", "材料“照片”"),
    ]


def test_elements_of_one_name_are_told_apart() -> None:
    twice = [pb.Step(name="审查", kind=2), pb.Step(name="审查", kind=2)]
    changed = [pb.Step(name="审查", kind=2), pb.Step(name="审查", kind=3)]
    assert list(found(pb.ItemDefinition(steps=twice), pb.ItemDefinition(steps=changed))) == ["steps[审查#2].kind"]


def fields(message: Descriptor, within: str = "") -> Iterator[tuple[str, str]]:
    """Every field a definition may have, with the list or message it stands in."""
    for field in message.fields:
        yield within, field.json_name
        if field.message_type is not None and field.message_type.full_name != Rule.DESCRIPTOR.full_name:
            yield from fields(field.message_type, field.json_name)


@pytest.mark.parametrize(("within", "name"), sorted(set(fields(pb.ItemDefinition.DESCRIPTOR))))
def test_every_field_has_a_name_for_people(within: str, name: str) -> None:
    assert label(name, within)


def test_no_name_is_for_a_field_that_is_none() -> None:
    known = set(fields(pb.ItemDefinition.DESCRIPTOR))
    assert FIELDS.keys() <= {name for _, name in known}
    assert WITHIN.keys() <= known
    assert all(field in {name for _, name in known} for field in compare.NAMED_BY)


@pytest.mark.parametrize(
    ("before", "after", "limit"),
    [
        ((20, pb.TIME_UNIT_WORKING_DAY), (5, pb.TIME_UNIT_WORKING_DAY), ("limit", 20, 5)),
        ((1, pb.TIME_UNIT_MONTH), (0, pb.TIME_UNIT_AT_ONCE), ("limit", 22, 0)),
        ((999, pb.TIME_UNIT_WORKING_DAY), (5, pb.TIME_UNIT_WORKING_DAY), None),
        ((0, 0), (5, pb.TIME_UNIT_WORKING_DAY), None),
    ],
)
def test_limits_are_counted_where_both_are_stated(before: Any, after: Any, limit: Any) -> None:
    sides = [pb.ItemDefinition(promised_limit=pb.Limit(amount=side[0], unit=side[1])) for side in (before, after)]
    counters = compare.reductions(*sides)
    assert [one for one in counters if one.counter == "limit"] == ([limit] if limit else [])
    assert [one.counter for one in counters][-3:] == ["materials", "steps", "visits"]


def test_a_definition_that_was_read_from_json_is_compared_as_it_is() -> None:
    read = ParseDict(MessageToDict(definition()), pb.ItemDefinition())
    assert compare.differences(definition(), read) == []
