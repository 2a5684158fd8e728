"""Rules written without CEL: the answers ticked say exactly what is judged, and what nobody touched stays as it was."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from chassis import rules as engine
from services.gateway import editing_rules
from services.gateway.editing_rules import Mistyped
from standards import scenarios
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.rules.v1 import rules_pb2 as rules

PREMISES = catalog.Question(
    key="premises",
    text="经营场所是自有的还是租来的？",
    kind=catalog.QUESTION_KIND_ONE,
    options=[
        catalog.Option(key=key, text=text) for key, text in (("own", "自有"), ("rented", "租赁"), ("lent", "借用"))
    ],
)
FOODS = catalog.Question(
    key="foods",
    text="卖什么",
    kind=catalog.QUESTION_KIND_MANY,
    options=[catalog.Option(key=key, text=key) for key in ("cold", "hot")],
)
ONLINE = catalog.Question(key="online", text="网上也卖吗？", kind=catalog.QUESTION_KIND_YES_NO)
AREA = catalog.Question(key="area", text="面积（平方米）", kind=catalog.QUESTION_KIND_NUMBER)
QUESTIONS = [PREMISES, FOODS, ONLINE, AREA]
ANSWERS = {"premises": ["own", "rented", "lent"], "foods": ["cold", "hot"], "online": ["yes", "no"]}

chosen = st.fixed_dictionaries(
    {},
    optional={
        "premises": st.lists(st.sampled_from(ANSWERS["premises"]), min_size=1, unique=True),
        "foods": st.lists(st.sampled_from(ANSWERS["foods"]), min_size=1, unique=True),
        "online": st.sampled_from([["yes"], ["no"]]),
        "area": st.tuples(st.sampled_from([">=", ">", "<=", "<", "=="]), st.integers(0, 500).map(str)),
    },
)


def form(ticked: Mapping[str, Sequence[str]], **typed: str) -> FormData:
    """What a browser sends of the rule `when`."""
    pairs = [(f"when.{name}", value) for name, value in typed.items()]
    for key, values in ticked.items():
        if key == "area":
            pairs += [("when.q.area.op", values[0]), ("when.q.area", values[1])]
        else:
            pairs += [(f"when.q.{key}", value) for value in values]
    return FormData(pairs)


def holds(rule: rules.Rule, answers: Mapping[str, Sequence[str]]) -> bool:
    facts = {one.key: scenarios.fact(one, answers[one.key]) for one in QUESTIONS}
    return engine.judge(rule, facts).truth == rules.TRUTH_TRUE


def fits(ticked: Mapping[str, Sequence[str]], answers: Mapping[str, Sequence[str]]) -> bool:
    """What ticking means: one of the answers of each question that has any ticked."""
    number = int(answers["area"][0])
    compared = {">=": int.__ge__, ">": int.__gt__, "<=": int.__le__, "<": int.__lt__, "==": int.__eq__}
    return all(
        compared[values[0]](number, int(values[1])) if key == "area" else bool({*values} & {*answers[key]})
        for key, values in ticked.items()
    )


@given(
    ticked=chosen,
    answers=st.fixed_dictionaries(
        {
            "premises": st.sampled_from(ANSWERS["premises"]).map(lambda one: [one]),
            "foods": st.lists(st.sampled_from(ANSWERS["foods"]), min_size=1, unique=True),
            "online": st.sampled_from([["yes"], ["no"]]),
            "area": st.integers(0, 500).map(lambda one: [str(one)]),
        }
    ),
)
def test_a_ticked_rule_holds_of_exactly_the_answers_ticked_and_is_shown_ticked_again(
    ticked: dict[str, Sequence[str]], answers: dict[str, Sequence[str]]
):
    rule = editing_rules.read(form(ticked), "when", QUESTIONS)
    assert (rule is None) == (not ticked)
    if rule is None:
        return
    assert engine.faults(rule, {one.key for one in QUESTIONS}, "when") == []
    assert holds(rule, answers) == fits(ticked, answers)
    again = editing_rules.chosen(rule, QUESTIONS)
    assert again == {key: tuple(values) for key, values in ticked.items()}
    shown = editing_rules.shown(rule, QUESTIONS)
    same = editing_rules.read(
        form(ticked, was=shown["was"], says=shown["says"], basis=shown["basis"]), "when", QUESTIONS
    )
    assert same == rule


@pytest.mark.parametrize(
    ("cel", "ticked"),
    [
        ('premises == "rented"', {"premises": ("rented",)}),
        ('premises != "own"', {"premises": ("rented", "lent")}),
        ('premises == "own" || premises == "lent"', {"premises": ("own", "lent")}),
        ('"hot" in foods', {"foods": ("hot",)}),
        ("!online", {"online": ("no",)}),
        ("area > 60", {"area": (">", "60")}),
        # More than answers: it stays an expression.
        ('premises == "sold"', None),
        ('premises == "own" && online', None),
        ("area > 60 || area < 10", None),
        ("online || online", None),
        ("size(foods) > 1", None),
    ],
)
def test_an_expression_that_asks_for_answers_is_shown_as_ticked_answers(
    cel: str, ticked: dict[str, tuple[str, ...]] | None
):
    rule = rules.Rule(leaf=rules.Leaf(id="r1", cel=cel, says="说法", basis="第三条"))
    assert editing_rules.chosen(rule, QUESTIONS) == ticked
    shown = editing_rules.shown(rule, QUESTIONS)
    assert bool(shown["was"]) == (ticked is not None) and shown["cel"] == ("" if ticked else cel)
    typed = {name: shown[name] for name in ("was", "says", "basis", "cel", "id")}
    assert editing_rules.read(form(ticked or {}, **typed), "when", QUESTIONS) == rule


def test_new_answers_get_new_words_unless_somebody_wrote_some():
    rule = rules.Rule(leaf=rules.Leaf(id="a", cel='premises == "rented"', says="租赁场所", basis="第三条"))
    kept = {"was": editing_rules.shown(rule, QUESTIONS)["was"], "says": "租赁场所", "basis": "第三条"}
    changed = editing_rules.read(form({"premises": ["own", "lent"]}, **kept), "when", QUESTIONS)
    assert changed is not None and changed.leaf.says == "经营场所是自有的还是租来的：自有、借用"
    assert changed.leaf.basis == "第三条" and changed.leaf.cel == 'premises in ["own", "lent"]'
    written = editing_rules.read(form({"premises": ["own"]}, **kept | {"says": "自家的"}), "when", QUESTIONS)
    assert written is not None and written.leaf.says == "自家的"
    more = editing_rules.read(form({"premises": ["rented"], "online": ["yes"]}, **kept), "when", QUESTIONS)
    assert more is not None and more.all.rules[0] == rule
    assert more.all.rules[1].leaf.says == "网上也卖吗：是"
    assert editing_rules.read(form({}, **kept), "when", QUESTIONS) is None


def test_a_turned_round_condition_and_a_tree_are_said_in_words():
    turned = rules.Rule()
    getattr(turned, "not").leaf.cel, getattr(turned, "not").leaf.says = "online", "只在店里卖"
    assert editing_rules.chosen(turned, QUESTIONS) == {"online": ("no",)}
    assert editing_rules.words_of(turned, QUESTIONS) == "只在店里卖"
    leaf = rules.Rule(leaf=rules.Leaf(id="a", cel='"hot" in foods'))
    tree = rules.Rule(any=rules.RuleList(rules=[turned, leaf]))
    assert editing_rules.words_of(tree, QUESTIONS) == "（只在店里卖） 或者 （卖什么：hot）"
    shown = editing_rules.shown(tree, QUESTIONS)
    assert editing_rules.read(form({}, json=shown["json"]), "when", QUESTIONS) == tree


def test_answers_and_an_expression_together_are_refused_and_what_was_typed_is_kept():
    with pytest.raises(Mistyped) as both:
        editing_rules.read(form({"online": ["yes"]}, cel="area > 5"), "when", QUESTIONS)
    assert both.value.path == "when" and both.value.typed == "area > 5"
    with pytest.raises(Mistyped):
        editing_rules.read(form({"area": [">=", "许多"]}), "when", QUESTIONS)
