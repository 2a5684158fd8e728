"""Scenario guides: the same answers give the same list, and the list is what is demanded."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import rules
from standards import scenario_faults, scenarios
from tests.support.rules import all_of, any_of, leaf, not_
from yiwang.catalog.v1 import service_pb2 as pb

ONE, MANY, YES_NO, NUMBER = range(pb.QUESTION_KIND_ONE, pb.QUESTION_KIND_NUMBER + 1)
Answers = dict[str, pb.Answer]


def question(key: str, kind: int = ONE, when: Any = None, options: str = "xyz") -> pb.Question:
    choices = [pb.Option(key=one, text=f"{key}是{one}") for one in options] if kind in (ONE, MANY) else []
    return pb.Question(key=key, text=f"{key}是什么？", kind=kind, options=choices, when=when)  # type: ignore[arg-type]


def material(key: str, when: Any = None, necessity: int = pb.NECESSITY_REQUIRED, **more: Any) -> pb.Material:
    return pb.Material(key=key, name=f"材料{key}", necessity=necessity, when=when, **more)  # type: ignore[arg-type]


def answers(**values: str) -> Answers:
    return {key: pb.Answer(values=text.split(",")) for key, text in values.items()}


def guide(definition: pb.ItemDefinition, given: Answers) -> pb.ScenarioGuide:
    return scenarios.resolve(definition, given, rules.judge, "item", 3)


def demands(found: pb.ScenarioGuide) -> dict[str, str]:
    return {one.key: pb.Demand.Name(one.demand).removeprefix("DEMAND_") for one in found.materials}


SHOP = pb.ItemDefinition(
    questions=[
        question("premises", options="xyz"),
        question("rooms", NUMBER, when=leaf('premises == "x"')),
        question("goods", MANY),
        question("vacant", YES_NO, when=leaf("rooms > 3")),
    ],
    materials=[
        material("form"),
        material("lease", leaf('premises == "x"', says="经营场所为租赁")),
        material("deed", not_(leaf('premises == "x"'))),
        material("plan", leaf("rooms > 3")),
        material("milk", leaf('"y" in goods')),
        material("photo", leaf("vacant")),
    ],
    steps=[pb.Step(name="受理"), pb.Step(name="勘验", when=leaf("rooms > 3"))],
    fees=[pb.Fee(name="费", when=leaf('premises == "y"'))],
    special_procedures=[pb.SpecialProcedure(name="听证", when=leaf('"x" in goods'))],
    statutory_limit=pb.Limit(amount=20, unit=pb.TIME_UNIT_WORKING_DAY),
    promised_limit=pb.Limit(amount=10, unit=pb.TIME_UNIT_WORKING_DAY),
    limit_variants=[pb.LimitVariant(when=leaf("rooms > 3"), promised_limit=pb.Limit(amount=15, unit=1))],
)


# -- what is asked ---------------------------------------------------------------------------------------------------------


def test_a_question_is_asked_when_its_condition_holds_and_not_before_that_is_known() -> None:
    assert (list(guide(SHOP, {}).asked), list(guide(SHOP, {}).open)) == (["premises", "goods"],) * 2
    rented = guide(SHOP, answers(premises="x"))
    assert list(rented.asked) == ["premises", "rooms", "goods"] and list(rented.open) == ["rooms", "goods"]
    large = guide(SHOP, answers(premises="x", rooms="4", goods="x"))
    assert list(large.asked) == ["premises", "rooms", "goods", "vacant"] and list(large.open) == ["vacant"]
    assert list(guide(SHOP, answers(premises="y", goods="x")).open) == []


def test_a_question_may_hang_on_a_later_one() -> None:
    definition = pb.ItemDefinition(questions=[question("a", when=leaf("b")), question("b", YES_NO)])
    assert list(guide(definition, {}).asked) == ["b"]
    assert list(guide(definition, answers(b="yes")).asked) == ["a", "b"]


def test_answers_to_questions_that_are_not_asked_change_nothing() -> None:
    plain = guide(SHOP, answers(premises="y", goods="z"))
    assert guide(SHOP, answers(premises="y", goods="z", rooms="9", vacant="yes")) == plain


# -- what applies ------------------------------------------------------------------------------------------------------------


def test_what_applies_what_may_and_what_does_not() -> None:
    assert demands(guide(SHOP, {})) == {
        "form": "REQUIRED", "lease": "OPEN", "deed": "OPEN", "plan": "OPEN", "milk": "OPEN", "photo": "OPEN",
    }  # fmt: skip
    large = guide(SHOP, answers(premises="x", rooms="4", goods="y", vacant="no"))
    assert demands(large) == dict.fromkeys(("form", "lease", "plan", "milk"), "REQUIRED")
    assert (list(large.steps), list(large.fees), list(large.special_procedures)) == ([0, 1], [], [])
    assert (large.promised_limit.amount, large.statutory_limit.amount) == (15, 20)
    owned = guide(SHOP, answers(premises="y", goods="x"))
    assert demands(owned) == {"form": "REQUIRED", "deed": "REQUIRED"}
    assert (list(owned.steps), list(owned.fees), list(owned.special_procedures)) == ([0], [0], [0])
    assert owned.promised_limit.amount == 10


def test_a_reason_stands_beside_what_has_a_condition() -> None:
    found = {one.key: one for one in guide(SHOP, answers(premises="x")).materials}
    assert found["lease"].reason.says == "经营场所为租赁" and found["lease"].reason.facts["premises"] == '"x"'
    assert list(found["plan"].reason.missing) == ["rooms"] and not found["form"].HasField("reason")


def test_the_first_limit_that_holds_counts_and_none_while_an_earlier_one_may() -> None:
    definition = pb.ItemDefinition(
        questions=[question("a", YES_NO), question("b", YES_NO)],
        promised_limit=pb.Limit(amount=9, unit=1),
        limit_variants=[
            pb.LimitVariant(when=leaf("a"), promised_limit=pb.Limit(amount=1, unit=1)),
            pb.LimitVariant(when=leaf("b"), promised_limit=pb.Limit(amount=2, unit=1)),
        ],
    )
    expected = {"": 9, "a=yes": 1, "b=yes": 9, "a=no b=yes": 2, "a=yes b=yes": 1, "a=no b=no": 9}
    for told, amount in expected.items():
        given = answers(**dict(one.split("=") for one in told.split()))
        assert guide(definition, given).promised_limit.amount == amount, told


@pytest.mark.parametrize(
    ("fields", "demand"),
    [
        ({}, "REQUIRED"),
        ({"necessity": pb.NECESSITY_OPTIONAL}, "OPTIONAL"),
        ({"necessity": pb.NECESSITY_DEFERRABLE}, "DEFERRABLE"),
        ({"necessity": pb.NECESSITY_CONDITIONAL}, "CONDITIONAL"),
        ({"one_of": "g"}, "ONE_OF"),
        ({"one_of": "g", "necessity": pb.NECESSITY_OPTIONAL}, "OPTIONAL"),
        ({"maker": pb.MAKER_OFFICER}, "NOT_BY_APPLICANT"),
        ({"maker": pb.MAKER_SYSTEM}, "NOT_BY_APPLICANT"),
        ({"maker": pb.MAKER_GOVERNMENT}, "REQUIRED"),
        ({"kind": pb.MATERIAL_KIND_BIOMETRIC}, "NOT_BY_APPLICANT"),
        ({"stage": "验收", "one_of": "g"}, "NOT_BY_APPLICANT"),
        ({"when": leaf("a")}, "OPEN"),
        ({"when": leaf('a > "x"')}, "OPEN"),
    ],
)
def test_what_is_asked_of_the_applicant_for_a_material(fields: dict[str, Any], demand: str) -> None:
    definition = pb.ItemDefinition(questions=[question("a", YES_NO)], materials=[material("m", **fields)])
    assert demands(guide(definition, {})) == {"m": demand}


def test_a_condition_that_cannot_be_judged_is_left_to_the_officer() -> None:
    definition = pb.ItemDefinition(questions=[question("a", NUMBER)], materials=[material("m", leaf('a > "x"'))])
    assert demands(guide(definition, answers(a="1"))) == {"m": "CONDITIONAL"}


def test_the_digest_tells_lists_apart_and_nothing_else() -> None:
    one, same = guide(SHOP, answers(premises="y", goods="z")), guide(SHOP, answers(goods="z", premises="y"))
    assert one.digest == same.digest == scenarios.digest(one) and len(one.digest) == 64
    assert one.digest != guide(SHOP, answers(premises="x")).digest
    assert one.digest != scenarios.resolve(SHOP, answers(premises="y", goods="z"), rules.judge, "item", 4).digest


# -- wrong answers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "values", "reason"),
    [
        ("nothing", ["x"], "QUESTION_UNKNOWN"),
        ("premises", ["q"], "OPTION_UNKNOWN"),
        ("premises", ["x", "y"], "ONE_ANSWER"),
        ("premises", [], "ONE_ANSWER"),
        ("goods", [], "OPTION_UNKNOWN"),
        ("goods", ["x", "x"], "OPTION_TWICE"),
        ("goods", ["x", "q"], "OPTION_UNKNOWN"),
        ("rooms", ["many"], "NOT_A_NUMBER"),
        ("rooms", ["1.5"], "NOT_A_NUMBER"),
        ("rooms", ["９"], "NOT_A_NUMBER"),
        ("rooms", ["9" * 16], "NOT_A_NUMBER"),
        ("vacant", ["true"], "OPTION_UNKNOWN"),
    ],
)
def test_an_answer_that_fits_no_question_or_option_is_named(key: str, values: list[str], reason: str) -> None:
    (found,) = scenarios.wrong_answers(SHOP.questions, {key: pb.Answer(values=values)})
    assert (found.field, found.reason) == (f"answers[{key}]", reason)


def test_good_answers_are_not_wrong() -> None:
    assert scenarios.wrong_answers(SHOP.questions, answers(premises="x", rooms="-3", goods="x,z", vacant="no")) == []


# -- what is demanded --------------------------------------------------------------------------------------------------------


def lacking(definition: pb.ItemDefinition, *handed_in: str) -> dict[str, str]:
    found = scenarios.missing(definition, guide(definition, {}), handed_in)
    return {one.field: one.reason for one in found}


def test_one_of_a_group_is_enough_and_none_is_told_once() -> None:
    definition = pb.ItemDefinition(materials=[material(key, one_of="g") for key in ("a", "b", "c")])
    assert lacking(definition) == {"materials[a]": "MATERIAL_MISSING"}
    (found,) = scenarios.missing(definition, guide(definition, {}), [])
    assert "材料a、材料b、材料c" in found.message
    for key in ("a", "b", "c"):
        assert lacking(definition, key) == {}


def test_what_is_excluded_is_neither_asked_for_nor_taken() -> None:
    definition = pb.ItemDefinition(
        materials=[
            material("whole", necessity=pb.NECESSITY_OPTIONAL, excludes=["part", "rest"]),
            material("part"),
            material("rest"),
        ]
    )
    assert lacking(definition, "whole") == {}
    assert lacking(definition, "part") == {"materials[rest]": "MATERIAL_MISSING"}
    assert lacking(definition, "whole", "part") == {"materials[part]": "MATERIAL_EXCLUDED"}


def test_a_group_of_which_all_is_excluded_is_not_asked_for() -> None:
    definition = pb.ItemDefinition(
        materials=[material("whole", excludes=["a", "b"]), material("a", one_of="g"), material("b", one_of="g")]
    )
    assert lacking(definition, "whole") == {} and lacking(definition, "a") == {"materials[whole]": "MATERIAL_MISSING"}


def test_what_is_not_of_the_list_not_of_the_scenario_or_twice_is_refused() -> None:
    definition = pb.ItemDefinition(materials=[material("a"), material("gone", leaf("false"))])
    assert lacking(definition, "a", "gone", "strange") == {
        "materials[gone]": "MATERIAL_NOT_IN_SCENARIO", "materials[strange]": "MATERIAL_NOT_LISTED",
    }  # fmt: skip
    assert lacking(definition, "a", "a") == {"materials[a]": "MATERIAL_TWICE"}
    assert [one.reason for one in scenarios.unlisted(definition, ["a"], ["gone", "a"])] == ["MATERIAL_NOT_IN_SCENARIO"]
    assert scenarios.answer_text(SHOP.questions[2], ["x", "z"]) == "goods是x、goods是z"


def test_what_officers_or_the_system_bring_is_not_taken_from_the_applicant_and_stands_for_nothing() -> None:
    definition = pb.ItemDefinition(
        materials=[
            material("form"),
            material("record", maker=pb.MAKER_OFFICER, excludes=["form"]),
            material("later", stage="验收", excludes=["form"]),
        ]
    )
    assert lacking(definition, "form") == {}
    for key in ("record", "later"):
        assert lacking(definition, key) == {
            f"materials[{key}]": "MATERIAL_NOT_IN_SCENARIO",
            "materials[form]": "MATERIAL_MISSING",
        }


def test_no_rule_of_a_question_is_judged_more_than_twice() -> None:
    keys = [f"q{number}" for number in range(40)]
    whens = [leaf(" && ".join(keys[number + 1 :])) for number in range(39)]
    questions = [question(key, YES_NO, when) for key, when in zip(keys, [*whens, None], strict=True)]
    judged: list[str] = []

    def judge(rule: Any, facts: Any) -> Any:
        judged.append(rule.leaf.id)
        return rules.judge(rule, facts)

    for told in ("yes", "no", ""):
        judged.clear()
        given = answers(**dict.fromkeys(keys, told)) if told else {}
        found = scenarios.asking(questions, given, judge)
        assert found.asked == {"yes": keys, "no": keys[-1:], "": keys[-1:]}[told]
        assert len(judged) <= 2 * 39, told


# -- faults of a definition ----------------------------------------------------------------------------------------------------


def faulty(**fields: Any) -> dict[str, str]:
    return {one.field: one.reason for one in scenario_faults.faults(pb.ItemDefinition(**fields), rules.reads)}


def test_a_circle_of_questions_is_named() -> None:
    questions = [question("d"), *(question(key, when=leaf(f'{needs} == "x"')) for key, needs in ("ab", "bc", "ca"))]
    (found,) = scenario_faults.faults(pb.ItemDefinition(questions=questions), rules.reads)
    assert (found.field, found.reason) == ("questions[1].when", "CIRCULAR") and "a → b → c → a" in found.message
    assert faulty(questions=[question("a", when=leaf('a == "x"'))]) == {"questions[0].when": "CIRCULAR"}


def test_keys_options_groups_and_exclusions_that_cannot_be_right_are_named() -> None:
    doubled = pb.Question(
        key="b", text="？", kind=ONE, options=[pb.Option(key="x", text="1"), pb.Option(key="x", text="2")]
    )  # type: ignore[arg-type]
    assert faulty(questions=[question("a"), question("a")]) == {"questions[1].key": "KEY_TWICE"}
    assert faulty(questions=[doubled]) == {"questions[0].options[1].key": "KEY_TWICE"}
    assert faulty(questions=[question("in")]) == {"questions[0].key": "KEY_RESERVED"}
    assert faulty(questions=[question("a", MANY, options="")]) == {"questions[0].options": "REQUIRED"}
    superfluous = pb.Question(key="a", text="？", kind=NUMBER, options=[pb.Option(key="x", text="1")])  # type: ignore[arg-type]
    assert faulty(questions=[superfluous]) == {"questions[0].options": "OPTIONS_SUPERFLUOUS"}
    assert faulty(materials=[material("a", one_of="g")]) == {"materials[0].one_of": "ONE_OF_ALONE"}
    mixed = [material("a", one_of="g"), material("b", one_of="g", necessity=pb.NECESSITY_OPTIONAL)]
    assert faulty(materials=mixed) == {"materials[0].one_of": "ONE_OF_MIXED"}
    assert faulty(materials=[material("a", excludes=["a"])]) == {"materials[0].excludes[0]": "EXCLUDES_ITSELF"}
    assert faulty(materials=[material("a", excludes=["b"])]) == {"materials[0].excludes[0]": "MATERIAL_UNKNOWN"}
    assert scenario_faults.faults(SHOP, rules.reads) == []


def test_rules_that_are_too_large_together_are_told_by_the_one_with_which_they_are() -> None:
    half = all_of(*(leaf("a" + " " * 900, id=f"x{number}") for number in range(110)))
    assert half.ByteSize() < scenario_faults.MOST_BYTES < 2 * half.ByteSize()
    assert scenario_faults.oversized([("first", half)]) == []
    (found,) = scenario_faults.oversized([("first", half), ("second", half), ("third", half)])
    assert (found.field, found.reason) == ("second", "RULES_TOO_LARGE")


# -- properties ----------------------------------------------------------------------------------------------------------------

KEYS = ("a", "b", "c", "d")
POOL = st.sampled_from(
    [f'{key} == "x"' for key in "ab"]
    + [f'"y" in {key}' for key in "c"]
    + ["d > 3", 'a != "x"', 'd > 3 || b == "z"', "size(c) > 1"]
).map(leaf)
RULES = st.one_of(
    POOL, POOL.map(not_), st.lists(POOL, min_size=2, max_size=2).map(lambda two: all_of(*two)),
    st.lists(POOL, min_size=2, max_size=2).map(lambda two: any_of(*two)),
)  # fmt: skip
WHENS = st.one_of(st.none(), RULES)
BEFORE = {"a": [], "b": ['a == "x"'], "c": ['a == "x"', 'b == "y"'], "d": ['"x" in c', 'a != "y"', '!("z" in c)']}


@st.composite
def definitions(draw: st.DrawFn) -> pb.ItemDefinition:
    """Any order of questions whose conditions go one way, and materials with any condition."""
    questions = []
    for key, kind in zip(KEYS, (ONE, ONE, MANY, NUMBER), strict=True):
        when = draw(st.sampled_from([None, *(leaf(cel) for cel in BEFORE[key])]))
        questions.append(question(key, kind, when))
    necessity = st.sampled_from([pb.NECESSITY_REQUIRED, pb.NECESSITY_OPTIONAL, pb.NECESSITY_CONDITIONAL])
    count = draw(st.integers(1, 6))
    materials = [material(f"m{n}", draw(WHENS), draw(necessity)) for n in range(count)]
    for at in draw(st.sets(st.integers(0, count - 1), max_size=3)):
        materials[at].one_of, materials[at].necessity = "g", pb.NECESSITY_REQUIRED
    variants = [pb.LimitVariant(when=draw(RULES), promised_limit=pb.Limit(amount=n + 1, unit=1)) for n in range(2)]
    return pb.ItemDefinition(questions=draw(st.permutations(questions)), materials=materials, limit_variants=variants)


VALUES = {
    "a": st.sampled_from(["x", "y", "z"]), "b": st.sampled_from(["x", "y", "z"]),
    "c": st.sets(st.sampled_from(["x", "y", "z"]), min_size=1).map(",".join), "d": st.integers(-9, 9).map(str),
}  # fmt: skip
SOME = st.fixed_dictionaries({}, optional=VALUES).map(lambda told: answers(**told))
ALL = st.fixed_dictionaries(VALUES).map(lambda told: answers(**told))


@given(definitions(), SOME, st.randoms())
def test_the_same_answers_give_the_same_guide_in_any_order(
    definition: pb.ItemDefinition, given: Answers, chance: random.Random
) -> None:
    shuffled = list(given.items())
    chance.shuffle(shuffled)
    reread = pb.ItemDefinition.FromString(definition.SerializeToString(deterministic=True))
    mixed = {key: pb.Answer(values=sorted(answer.values, key=lambda _: chance.random())) for key, answer in shuffled}
    assert guide(reread, mixed) == guide(definition, given)


@given(definitions(), SOME, ALL)
def test_answers_beside_the_questions_asked_are_irrelevant(
    definition: pb.ItemDefinition, given: Answers, others: Answers
) -> None:
    before = guide(definition, given)
    beside = {key: answer for key, answer in others.items() if key not in before.asked}
    if not before.open:
        assert guide(definition, given | beside) == before
    assert guide(definition, {key: given[key] for key in before.asked if key in given}) == before


@given(definitions(), ALL)
def test_a_complete_guide_leaves_nothing_open(definition: pb.ItemDefinition, given: Answers) -> None:
    found = guide(definition, given)
    assert not found.open and "OPEN" not in demands(found).values()


@given(definitions(), SOME, ALL)
def test_what_was_decided_stays_when_more_is_answered(
    definition: pb.ItemDefinition, some: Answers, rest: Answers
) -> None:
    before, after = guide(definition, some), guide(definition, rest | some)
    told = {key: demand for key, demand in demands(before).items() if demand != "OPEN"}
    assert told.items() <= demands(after).items() and demands(after).keys() <= demands(before).keys()


@given(definitions(), ALL)
def test_what_is_demanded_is_exactly_the_guides_list(definition: pb.ItemDefinition, given: Answers) -> None:
    found = guide(definition, given)
    needed = [one.key for one in found.materials if one.demand == pb.DEMAND_REQUIRED]
    group = [one.key for one in found.materials if one.demand == pb.DEMAND_ONE_OF]
    demanded = {one.field for one in scenarios.missing(definition, found, [])}
    assert demanded == {f"materials[{key}]" for key in needed + group[:1]}
    assert scenarios.missing(definition, found, needed + group[-1:]) == []
    for key in needed:
        without = [one for one in needed if one != key] + group[:1]
        assert [one.field for one in scenarios.missing(definition, found, without)] == [f"materials[{key}]"]
