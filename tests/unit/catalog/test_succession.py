"""Mergers: one definition that says what all of them said, with keys and conditions that still mean the same."""

from collections import Counter
from typing import Any

import protovalidate
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.acts import Moment, now
from chassis.errors import Refused
from services.catalog import model, model_checks, model_succession, store
from services.catalog.model import Item
from services.catalog.model_evolve import EVOLVE
from tests.support.items import definition
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import items_pb2 as items
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.rules.v1.rules_pb2 import Leaf, Rule

NEED, MAY, SOME = pb.NECESSITY_REQUIRED, pb.NECESSITY_OPTIONAL, pb.NECESSITY_CONDITIONAL
INTO = items.Part(code="INTO", name="合并后的许可")
MOMENT = Moment(now(), "officer:ann")


def published(wanted: pb.ItemDefinition) -> Item:
    item: Any = None
    id = store.item_id(wanted.code)
    for event in (
        events.ItemSaved(item_id=id, definition=wanted),
        events.ItemPublished(item_id=id, edition=1, definition=wanted),
    ):
        item = EVOLVE[type(event)](item, event, MOMENT)
    found: Item = item
    return found


def merged(*wanted: pb.ItemDefinition) -> pb.ItemDefinition:
    return model_succession.merge([published(one) for one in wanted], wanted, INTO)


def when(cel: str, says: str = "") -> Rule:
    return Rule(leaf=Leaf(id="l", cel=cel, says=says))


def material(key: str, name: str, **more: Any) -> pb.Material:
    return pb.Material(**({"key": key, "name": name, "necessity": NEED} | more))


def question(key: str, text: str) -> pb.Question:
    return pb.Question(key=key, text=text, kind=pb.QUESTION_KIND_YES_NO)


def keys(one: pb.ItemDefinition) -> list[tuple[str, str]]:
    return [(material.key, material.name) for material in one.materials]


def test_what_both_ask_for_is_asked_for_once_and_keys_stay_different() -> None:
    first = definition(code="A", materials=[material("m1", "申请表"), material("m2", "身份证")])
    other = definition(code="B", materials=[material("m1", "身份证"), material("m2", "营业执照")])
    found = merged(first, other)
    assert keys(found) == [("m1", "申请表"), ("m2", "身份证"), ("m2_2", "营业执照")]
    assert (found.code, found.name) == ("INTO", "合并后的许可")


def test_alternatives_and_exclusions_of_each_stay_among_their_own() -> None:
    group = [material("m1", "房产证", one_of="home"), material("m2", "租赁合同", one_of="home", excludes=["m1"])]
    found = merged(definition(code="A", materials=group), definition(code="B", materials=group))
    assert [(one.key, one.one_of, list(one.excludes)) for one in found.materials] == [
        ("m1", "home", []),
        ("m2", "home", ["m1"]),
        ("m1_2", "home_2", []),
        ("m2_2", "home_2", ["m1_2"]),
    ]


def test_questions_the_conditions_read_come_along() -> None:
    other = definition(
        code="B",
        questions=[question("rented", "是否租赁？")],
        materials=[material("lease", "租赁合同", when=when("rented", "经营场所为租赁"))],
    )
    found = merged(definition(code="A", questions=[question("chain", "是否连锁？")]), other)
    assert [one.key for one in found.questions] == ["chain", "rented"]
    lease = found.materials[-1]
    assert lease.when == other.materials[0].when and lease.necessity == NEED
    assert model_checks.faults(found) == []


def test_a_condition_on_a_question_that_now_asks_something_else_becomes_words() -> None:
    other = definition(
        code="B",
        questions=[question("rented", "设备是否租赁？")],
        materials=[
            material("lease", "租赁合同", when=when("rented", "设备为租赁"), note="复印件"),
            material("more", "补充材料", necessity=MAY, when=Rule(**{"not": when("rented", "设备为租赁")})),
        ],
    )
    found = merged(definition(code="A", questions=[question("rented", "场所是否租赁？")]), other)
    lease, more = found.materials[-2:]
    assert not lease.HasField("when") and lease.necessity == SOME
    assert lease.note == "原事项的适用情形：设备为租赁。复印件"
    assert more.necessity == MAY and "非（设备为租赁）" in more.note
    assert [one.text for one in found.questions] == ["场所是否租赁？"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"department": pb.Department(code="OTHER", name="某局")}, "DEPARTMENT_DIFFERS"),
        ({"region": "990122"}, "REGION_DIFFERS"),
        ({"materials": [material(f"x{n}", f"材料{n}") for n in range(98)]}, "TOO_MANY_MATERIALS"),
        ({"questions": [question(f"q{n}", f"问题{n}？") for n in range(40)]}, "TOO_MANY_QUESTIONS"),
    ],
)
def test_what_cannot_be_merged_says_why(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused) as refused:
        merged(definition(code="A", questions=[question("chain", "是否连锁？")]), definition(code="B", **change))
    assert refused.value.reason == reason


letters = st.text("abc_9", min_size=1, max_size=40)


def sound(wanted: list[pb.Material]) -> list[pb.Material]:
    """As a guide may have them: alternatives are several, and all required."""
    groups = Counter(one.one_of for one in wanted)
    for one in wanted:
        one.one_of = one.one_of if groups[one.one_of] > 1 else ""
        one.necessity = NEED if one.one_of else one.necessity
    return wanted


some_materials = st.lists(
    st.builds(
        material,
        letters,
        st.sampled_from(["甲", "乙", "丙"]),
        necessity=st.sampled_from([NEED, MAY]),
        one_of=st.sampled_from(["", "g", "g_2"]),
        when=st.none() | st.just(when("q")),
    ),
    max_size=6,
    unique_by=lambda one: one.key,
).map(sound)


@settings(deadline=None)
@given(st.lists(st.tuples(some_materials, st.sampled_from(["一？", "二？"])), min_size=2, max_size=4))
def test_a_merger_can_be_saved_and_asks_for_every_material_of_all(told: list[tuple[list[pb.Material], str]]) -> None:
    sources = [
        definition(code=f"S{number}", type_code="01", materials=wanted, questions=[question("q", text)])
        for number, (wanted, text) in enumerate(told)
    ]
    found = merged(*sources)
    assert model.save(None, "id", found) is not None
    assert not protovalidate.collect_violations(found)
    for source in sources:
        assert {one.name for one in source.materials} <= {one.name for one in found.materials}
    # Nobody's alternatives got into a group of somebody else.
    largest = max(
        max(Counter(one.one_of for one in source.materials if one.one_of).values(), default=0) for source in sources
    )
    assert all(count <= largest for count in Counter(one.one_of for one in found.materials if one.one_of).values())
