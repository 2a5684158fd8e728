"""A theme merged of its items: every fact asked once, nothing required of an item lost, the longest branch told."""

from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import Refused
from services.catalog import model_themes
from services.catalog.model_themes_checks import faults
from standards import themes_graph
from standards.themes import Known
from standards.themes_parts import OWN
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import themes_pb2
from yiwang.rules.v1 import rules_pb2

TRUE, FALSE, UNKNOWN = rules_pb2.TRUTH_TRUE, rules_pb2.TRUTH_FALSE, rules_pb2.TRUTH_UNKNOWN


def days(amount: int, unit: int = pb.TIME_UNIT_WORKING_DAY) -> pb.Limit:
    return pb.Limit(amount=amount, unit=unit)  # type: ignore[arg-type]


def when(cel: str) -> rules_pb2.Rule:
    return rules_pb2.Rule(leaf=rules_pb2.Leaf(id="l", cel=cel))


def yes_no(key: str, text: str = "是否租赁经营场所？") -> pb.Question:
    return pb.Question(key=key, text=text, kind=pb.QUESTION_KIND_YES_NO)


def choice(key: str, *options: str) -> pb.Question:
    listed = [pb.Option(key=one, text=f"选项{one}") for one in options]
    return pb.Question(key=key, text="请选择", kind=pb.QUESTION_KIND_ONE, options=listed)


def material(key: str, name: str = "", necessity: int = pb.NECESSITY_REQUIRED, **more: Any) -> pb.Material:
    return pb.Material(key=key, name=name or key, necessity=necessity, **more)  # type: ignore[arg-type]


def field(
    key: str, fact: str = "", required: bool = False, kind: int = pb.FIELD_KIND_TEXT, **more: Any
) -> pb.FormField:
    label = more.pop("label", key)
    return pb.FormField(key=key, label=label, kind=kind, fact=fact, required=required, **more)  # type: ignore[arg-type]


def part(key: str, **more: Any) -> themes_pb2.ThemeItem:
    return themes_pb2.ThemeItem(**({"key": key, "name": f"事项{key}", "item_code": f"CODE-{key}"} | more))


def theme(*items: themes_pb2.ThemeItem, **more: Any) -> themes_pb2.ThemeDefinition:
    fields = {"code": "T-1", "region": "990121", "name": "开餐饮店一件事", "items": items} | more
    return themes_pb2.ThemeDefinition(**fields)


def known(suspended: bool = False, withdrawn: bool = False, **definition: Any) -> Known:
    fields = {"name": "某事项", "promised_limit": days(5)} | definition
    return Known("id", 1, pb.ItemDefinition(**fields), suspended, withdrawn)


def said(**answers: str) -> dict[str, pb.Answer]:
    return {key: pb.Answer(values=[value]) for key, value in answers.items()}


def merged(definition: themes_pb2.ThemeDefinition, items: dict[str, Known], **answers: str) -> themes_pb2.ThemeGuide:
    assert faults(definition) == []
    return model_themes.guide(definition, items, said(**answers))


def reasons(guide: themes_pb2.ThemeGuide) -> list[str]:
    return [oddity.reason for oddity in guide.oddities]


# --- what is refused ---


@pytest.mark.parametrize(
    ("definition", "place", "reason"),
    [
        (theme(part("a", after=["b"]), part("b", after=["a"])), "items[0].after", "CIRCULAR"),
        (theme(part("a", after=["a"])), "items[0].after", "CIRCULAR"),
        (theme(part("a", after=["x"])), "items[0].after[0]", "KEY_UNKNOWN"),
        (theme(part("a"), part("a")), "items[1].key", "KEY_TWICE"),
        (theme(part("theme")), "items[0].key", "KEY_RESERVED"),
        (theme(part("a", one_of="x")), "items[0].one_of", "ONE_OF_ALONE"),
        (
            theme(part("a", one_of="x"), part("c", after=["a"]), part("b", one_of="x", after=["c"])),
            "items[2].after",
            "AFTER_ALTERNATIVE",
        ),
        (theme(part("a", when=when("q == 1"))), "items[0].when.leaf.cel", "FACT_UNKNOWN"),
        (
            theme(part("a", when=when("rented &&")), questions=[yes_no("rented")]),
            "items[0].when.leaf.cel",
            "CEL_SYNTAX",
        ),
        (theme(part("a"), questions=[yes_no("choose_x")]), "questions[0].key", "KEY_RESERVED"),
        (theme(part("a"), questions=[choice("q")]), "questions[0].options", "REQUIRED"),
        (theme(part("a", stage="施工许可"), part("b"), project=True), "items[1].stage", "REQUIRED"),
        (theme(part("a"), region="12345"), "region", "REGION_UNKNOWN"),
    ],
)
def test_what_is_wrong_with_a_theme_is_named_by_field(
    definition: themes_pb2.ThemeDefinition, place: str, reason: str
) -> None:
    assert (place, reason) in [(one.field, one.reason) for one in faults(definition)]


def test_a_circle_is_named_from_its_beginning_to_its_beginning() -> None:
    found = faults(theme(part("x"), part("a", after=["b", "x"]), part("b", after=["c"]), part("c", after=["a"])))
    assert [one.message for one in found] == ["先后关系成环：a → b → c → a"]


def test_a_wide_graph_is_looked_through_once() -> None:
    layers = [[f"k{layer}_{place}" for place in range(8)] for layer in range(5)]
    items = [
        part(key, after=layers[number - 1] if number else []) for number, layer in enumerate(layers) for key in layer
    ]
    assert faults(theme(*items)) == []
    assert themes_graph.circle({str(n): [str(m) for m in range(n)] for n in range(300)}) == []


# --- the form and the materials ---


def test_a_fact_is_asked_once_and_fills_every_form_that_needs_it() -> None:
    items = {
        "a": known(form_fields=[field("phone", "applicant.phone", kind=pb.FIELD_KIND_PHONE, label="电话")]),
        "b": known(form_fields=[field("tel", "applicant.phone", required=True, label="联系电话"), field("area")]),
    }
    guide = merged(theme(part("a"), part("b"), form_fields=[field("wish")]), items)
    assert [(one.field.key, dict(one.fills)) for one in guide.fields] == [
        ("wish", {OWN: "wish"}),
        ("phone", {"a": "phone", "b": "tel"}),
        ("area", {"b": "area"}),
    ]
    phone = guide.fields[1].field
    assert (phone.required, phone.kind) == (True, pb.FIELD_KIND_PHONE)
    assert guide.fields_before == 3
    assert "FACT_DIFFERS" not in reasons(guide)


def test_without_a_fact_key_kind_and_label_tell_what_is_the_same() -> None:
    items = {
        "a": known(form_fields=[field("area", label="经营面积（㎡）"), field("note", label="备注")]),
        "b": known(form_fields=[field("area", label="经营面积(㎡)"), field("note", label="特别说明")]),
    }
    guide = merged(theme(part("a"), part("b")), items)
    assert [(one.field.key, sorted(one.fills)) for one in guide.fields] == [
        ("area", ["a", "b"]),
        ("note", ["a"]),
        ("b_note", ["b"]),
    ]


def test_a_fact_with_different_options_is_asked_apart_and_said_so() -> None:
    items = {
        "a": known(form_fields=[field("kind", "shop.kind", kind=pb.FIELD_KIND_CHOICE, options=["大", "小"])]),
        "b": known(form_fields=[field("kind", "shop.kind", kind=pb.FIELD_KIND_CHOICE, options=["甲", "乙"])]),
    }
    guide = merged(theme(part("a"), part("b")), items)
    assert [(one.field.key, dict(one.fills)) for one in guide.fields] == [
        ("kind", {"a": "kind"}),
        ("b_kind", {"b": "kind"}),
    ]
    assert reasons(guide) == ["FACT_DIFFERS"]


def test_a_material_is_handed_in_once_and_the_strongest_demand_counts() -> None:
    licence = {"licence_code": "BUSINESS"}
    items = {
        "a": known(materials=[material("m1", "营业执照", pb.NECESSITY_OPTIONAL, **licence), material("m2", "平面图")]),
        "b": known(materials=[material("x", "营业执照（副本）", duplicates=2, **licence), material("y", "平面 图。")]),
        "c": known(materials=[material("m1", "营业执照"), material("m2", "承诺书", pb.NECESSITY_DEFERRABLE)]),
    }
    guide = merged(theme(part("a"), part("b"), part("c")), items)
    assert [(one.material.key, one.demand, dict(one.fills)) for one in guide.materials] == [
        ("x", pb.DEMAND_REQUIRED, {"a": "m1", "b": "x", "c": "m1"}),
        ("m2", pb.DEMAND_REQUIRED, {"a": "m2", "b": "y"}),
        ("c_m2", pb.DEMAND_DEFERRABLE, {"c": "m2"}),
    ]
    assert guide.materials[0].material.duplicates == 2
    assert guide.materials_before == 6


def test_two_of_one_code_in_one_item_stay_two() -> None:
    card = {"licence_code": "ID"}
    items = {
        "a": known(materials=[material("own", "申请人身份证", **card), material("other", "担保人身份证", **card)]),
        "b": known(materials=[material("m", "申请人身份证", **card)]),
    }
    guide = merged(theme(part("a"), part("b")), items)
    assert [dict(one.fills) for one in guide.materials] == [{"a": "own", "b": "m"}, {"a": "other"}]


def test_a_group_of_alternatives_is_served_by_what_another_item_requires() -> None:
    lease, deed = material("lease", "租赁合同", one_of="premises"), material("deed", "房产证", one_of="premises")
    alone = merged(
        theme(part("a"), part("b")), {"a": known(materials=[lease, deed]), "b": known(materials=[lease, deed])}
    )
    assert [(one.demand, sorted(one.fills)) for one in alone.materials] == [(pb.DEMAND_ONE_OF, ["a", "b"])] * 2
    assert len({one.material.one_of for one in alone.materials}) == 1
    items = {"a": known(materials=[lease, deed]), "b": known(materials=[material("d", "房产证")])}
    served = merged(theme(part("a"), part("b")), items)
    assert [(one.material.name, one.demand, one.material.one_of) for one in served.materials] == [
        ("租赁合同", pb.DEMAND_OPTIONAL, ""),
        ("房产证", pb.DEMAND_REQUIRED, ""),
    ]


def test_different_groups_of_alternatives_stay_apart() -> None:
    one = [material("lease", "租赁合同", one_of="g"), material("deed", "房产证", one_of="g")]
    two = [material("lease", "租赁合同", one_of="g"), material("free", "无偿使用证明", one_of="g")]
    guide = merged(theme(part("a"), part("b")), {"a": known(materials=one), "b": known(materials=two)})
    by_group: dict[str, list[str]] = {}
    for line in guide.materials:
        by_group.setdefault(line.material.one_of, []).append(line.material.name)
    assert sorted(by_group.values()) == [["租赁合同", "房产证"], ["租赁合同", "无偿使用证明"]]
    assert len({line.material.key for line in guide.materials}) == 4


def test_what_one_item_excludes_is_still_asked_for_where_another_needs_it() -> None:
    a = [material("card", "身份证", excludes=["book", "photo"]), material("book", "户口簿"), material("photo", "照片")]
    guide = merged(
        theme(part("a"), part("b")), {"a": known(materials=a), "b": known(materials=[material("b", "户口簿")])}
    )
    assert list(guide.materials[0].material.excludes) == ["photo"]


# --- questions and alternatives ---


def test_a_question_of_several_items_is_asked_once_and_answers_both() -> None:
    rented = material("lease", "租赁合同", when=when("rented"))
    items = {key: known(questions=[yes_no("rented")], materials=[rented]) for key in "ab"}
    guide = merged(theme(part("a"), part("b")), items)
    assert ([one.key for one in guide.questions], list(guide.asked), list(guide.open)) == (["rented"],) * 3
    assert [one.demand for one in guide.materials] == [pb.DEMAND_OPEN]
    assert [one.demand for one in merged(theme(part("a"), part("b")), items, rented="yes").materials] == [
        pb.DEMAND_REQUIRED
    ]
    assert list(merged(theme(part("a"), part("b")), items, rented="no").materials) == []


def test_one_key_with_different_options_is_two_questions_and_an_oddity() -> None:
    items = {
        "a": known(questions=[choice("size", "big", "small")], materials=[material("m", when=when('size == "big"'))]),
        "b": known(questions=[choice("size", "one", "two")], materials=[material("n", when=when('size == "two"'))]),
    }
    guide = merged(theme(part("a"), part("b")), items, size="small", b_size="two")
    assert [one.key for one in guide.questions] == ["size", "b_size"]
    assert reasons(guide) == ["QUESTION_DIFFERS"]
    assert [one.material.key for one in guide.materials] == ["n"]


def test_an_answer_that_fits_nothing_is_named() -> None:
    for answers, reason in (({"x": "yes"}, "QUESTION_UNKNOWN"), ({"rented": "maybe"}, "OPTION_UNKNOWN")):
        with pytest.raises(Refused) as refused:
            merged(theme(part("a"), questions=[yes_no("rented")]), {}, **answers)
        assert [(one.field, one.reason) for one in refused.value.violations] == [
            (f"answers[{next(iter(answers))}]", reason)
        ]


def test_an_item_takes_part_only_where_its_rule_holds() -> None:
    sign = known(
        questions=[yes_no("lit", "是否亮灯？")], materials=[material("photo")], form_fields=[field("f", required=True)]
    )
    definition = theme(part("a"), part("sign", when=when("outdoor")), questions=[yes_no("outdoor", "是否设户外招牌？")])
    items = {"a": known(), "sign": sign}
    open_ = merged(definition, items)
    assert [one.applies for one in open_.branches] == [TRUE, UNKNOWN]
    assert (list(open_.asked), list(open_.open)) == (["outdoor"], ["outdoor"])  # nobody is asked of what may not be
    assert [one.demand for one in open_.materials] == [pb.DEMAND_OPEN]
    assert [one.field.required for one in open_.fields] == [False]
    yes = merged(definition, items, outdoor="yes")
    assert (list(yes.asked), list(yes.open)) == (["outdoor", "lit"], ["lit"])
    assert [one.field.required for one in yes.fields] == [True]
    no = merged(definition, items, outdoor="no")
    assert (list(no.materials), list(no.fields), list(no.asked)) == ([], [], ["outdoor"])
    assert [one.applies for one in no.branches] == [TRUE, FALSE]


def test_alternatives_are_chosen_by_people_where_no_rule_does() -> None:
    definition = theme(part("small", one_of="food", limit=days(3)), part("big", one_of="food", limit=days(10)))
    open_ = merged(definition, {})
    assert [one.key for one in open_.questions] == list(open_.open) == ["choose_food"]
    assert [option.text for option in open_.questions[0].options] == ["事项small", "事项big"]
    assert (open_.longest_days, list(open_.longest)) == (10, ["big"])
    chosen = merged(definition, {}, choose_food="small")
    assert ([one.applies for one in chosen.branches], chosen.longest_days) == ([TRUE, FALSE], 3)


def test_alternatives_are_chosen_by_rules_and_what_has_none_stands_for_the_rest() -> None:
    size = choice("size", "big", "small")
    definition = theme(
        part("big", one_of="food", when=when('size == "big"')), part("small", one_of="food"), questions=[size]
    )
    for answers, applies in (
        ({}, [UNKNOWN, UNKNOWN]),
        ({"size": "big"}, [TRUE, FALSE]),
        ({"size": "small"}, [FALSE, TRUE]),
    ):
        assert [one.applies for one in merged(definition, {}, **answers).branches] == applies
    both = theme(
        part("a", one_of="x", when=when("rented")),
        part("b", one_of="x", when=when("rented")),
        questions=[yes_no("rented")],
    )
    guide = merged(both, {}, rented="yes")
    assert [one.applies for one in guide.branches] == [TRUE, FALSE]
    assert "ALTERNATIVES_BOTH" in reasons(guide)


# --- limits and oddities ---


def test_the_stated_limit_below_the_longest_branch_is_kept_and_flagged() -> None:
    definition = theme(part("a", limit=days(4)), part("b", after=["a"]), stated_limit=days(8))
    guide = merged(definition, {"a": known(), "b": known(promised_limit=days(7, pb.TIME_UNIT_NATURAL_DAY))})
    assert [(one.limit.amount, one.ends_after) for one in guide.branches] == [(4, 4), (7, 9)]
    assert (guide.longest_days, list(guide.longest)) == (9, ["a", "b"])
    assert reasons(guide) == ["STATED_BELOW_LONGEST"]
    assert guide.oddities[0].field == "stated_limit"
    assert "STATED_BELOW_LONGEST" not in reasons(merged(theme(part("a", limit=days(8)), stated_limit=days(8)), {}))


def test_what_is_behind_an_item_that_takes_no_part_waits_for_what_that_waited_for() -> None:
    definition = theme(
        part("a", limit=days(2)),
        part("b", limit=days(9), after=["a"], when=when("rented")),
        part("c", limit=days(3), after=["b"]),
        questions=[yes_no("rented")],
    )
    assert [one.ends_after for one in merged(definition, {}, rented="no").branches] == [2, 0, 5]
    assert merged(definition, {}, rented="yes").longest_days == 14


def test_items_that_are_unknown_suspended_or_withdrawn_are_flagged() -> None:
    definition = theme(part("a"), part("b"), part("c"), part("bank", item_code="", limit=days(1)))
    items = {
        "b": known(suspended=True, materials=[material("m")]),
        "c": known(withdrawn=True, materials=[material("n")], promised_limit=days(99)),
    }
    guide = merged(definition, items)
    assert reasons(guide) == ["ITEM_UNKNOWN", "ITEM_SUSPENDED", "ITEM_WITHDRAWN", "LIMIT_UNKNOWN", "LIMIT_UNKNOWN"]
    assert [one.field for one in guide.oddities[:3]] == [f"items[{n}].item_code" for n in range(3)]
    assert [one.material.key for one in guide.materials] == ["m"]
    assert guide.longest_days == 5


# --- whatever the items are ---

FACTS = st.sampled_from(["", "applicant.phone", "premises.address", "shop.name", "shop.area"])
KINDS = st.sampled_from([pb.FIELD_KIND_TEXT, pb.FIELD_KIND_LONG_TEXT, pb.FIELD_KIND_PHONE])
NECESSITIES = st.sampled_from(
    [pb.NECESSITY_REQUIRED, pb.NECESSITY_OPTIONAL, pb.NECESSITY_DEFERRABLE, pb.NECESSITY_CONDITIONAL]
)


@st.composite
def forms(draw: Any) -> list[pb.FormField]:
    facts = draw(st.lists(FACTS, max_size=5, unique_by=lambda fact: fact or object()))
    made = []
    for number, fact in enumerate(facts):
        kind = pb.FIELD_KIND_PHONE if fact == "applicant.phone" else draw(KINDS) if not fact else pb.FIELD_KIND_TEXT
        made.append(field(f"f{number}", fact, draw(st.booleans()), kind, label=draw(st.sampled_from(["甲", "乙"]))))
    return made


@st.composite
def lists(draw: Any) -> list[pb.Material]:
    names = draw(st.lists(st.sampled_from(["营业执照", "平面图", "身份证", "承诺书", "照片"]), max_size=5, unique=True))
    one_of = draw(st.booleans()) and len(names) > 2
    made = []
    for number, name in enumerate(names):
        grouped = one_of and number < 2
        necessity = pb.NECESSITY_REQUIRED if grouped else draw(NECESSITIES)
        code = draw(st.sampled_from(["", name])) if name != "照片" else ""
        condition = {"when": when("rented")} if draw(st.booleans()) and not grouped else {}
        made.append(
            material(f"m{number}", name, necessity, licence_code=code, one_of="g" if grouped else "", **condition)
        )
    return made


ITEMS = st.dictionaries(
    st.sampled_from("abcd"),
    st.builds(
        lambda form, some: known(form_fields=form, materials=some, questions=[yes_no("rented")]), forms(), lists()
    ),
    min_size=1,
)
ANSWERS = st.sampled_from([{}, {"rented": "yes"}, {"rented": "no"}])


@given(ITEMS, ANSWERS)
@settings(max_examples=150, deadline=None)
def test_every_fact_is_asked_once_and_nothing_an_item_requires_is_lost(
    items: dict[str, Known], answers: dict[str, str]
) -> None:
    definition = theme(*(part(key) for key in sorted(items)))
    guide = merged(definition, items, **answers)
    facts = [one.field.fact for one in guide.fields if one.field.fact]
    assert len(facts) == len(set(facts))
    for keys in ([one.field.key for one in guide.fields], [one.material.key for one in guide.materials]):
        assert len(keys) == len(set(keys))
    filled = [(owner, key) for one in guide.fields for owner, key in one.fills.items()]
    wanted = [(owner, one.key) for owner, item in items.items() for one in item.definition.form_fields]
    assert sorted(filled) == sorted(wanted)  # every field is filled, by one question
    required = {pair for one in guide.fields if one.field.required for pair in one.fills.items()}
    for owner, item in items.items():
        assert {(owner, one.key) for one in item.definition.form_fields if one.required} <= required
    _nothing_is_lost(guide, items, answers)
    assert guide == merged(definition, items, **answers)


def _nothing_is_lost(guide: themes_pb2.ThemeGuide, items: dict[str, Known], answers: dict[str, str]) -> None:
    lines = {(owner, key): one for one in guide.materials for owner, key in one.fills.items()}
    for owner, item in items.items():
        for one in item.definition.materials:
            if one.HasField("when") and answers.get("rented") == "no":
                assert (owner, one.key) not in lines
                continue
            line = lines[owner, one.key]
            certain = not one.HasField("when") or answers.get("rented") == "yes"
            if one.necessity == pb.NECESSITY_REQUIRED and not one.one_of and certain:
                assert line.demand == pb.DEMAND_REQUIRED
        group = [lines[owner, one.key] for one in item.definition.materials if one.one_of]
        if group:
            together = {line.material.one_of for line in group} - {""}
            served = any(line.demand == pb.DEMAND_REQUIRED for line in group)
            assert served or (len(together) == 1 and all(line.material.one_of for line in group))


@st.composite
def graphs(draw: Any) -> tuple[dict[str, list[str]], dict[str, Fraction]]:
    keys = [f"k{number}" for number in range(draw(st.integers(1, 7)))]
    after = {key: [before for before in keys[:number] if draw(st.booleans())] for number, key in enumerate(keys)}
    order = draw(st.permutations(keys))
    days_ = {key: Fraction(draw(st.integers(0, 20)), 7) for key in keys if draw(st.integers(0, 3))}
    return {key: after[key] for key in order}, days_


@given(graphs())
@settings(max_examples=200, deadline=None)
def test_the_longest_branch_is_the_longest_of_all_chains(
    drawn: tuple[dict[str, list[str]], dict[str, Fraction]],
) -> None:
    after, days_ = drawn
    before = themes_graph.preceding(after)
    chains = (
        chain
        for size in range(len(after) + 1)
        for chain in combinations(after, size)
        if all(one in before[other] or other in before[one] for one, other in combinations(chain, 2))
    )
    course = themes_graph.course(after, days_)
    assert course.longest == max(sum((days_.get(key, Fraction(0)) for key in chain), Fraction(0)) for chain in chains)
    assert course.longest == sum((days_[key] for key in course.along), Fraction(0))
    assert all(one in before[other] for one, other in zip(course.along, course.along[1:], strict=False))
