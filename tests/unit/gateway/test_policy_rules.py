"""The rule editor's rows: a rule written as rows and read again says the same, and every button does what it says."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.policy_rules import ALL, ANY, LEAF, NOT, Row, edited, rows_of, rule_of
from yiwang.rules.v1 import rules_pb2 as pb

_leaves = st.builds(
    lambda id, says: pb.Rule(leaf=pb.Leaf(id=f"c{id}", cel=f"x > {id}", says=says, basis="第一条")),
    st.integers(1, 99),
    st.sampled_from(("", "条件")),
)


def _group(kind: str, parts: list[pb.Rule]) -> pb.Rule:
    if kind == NOT:
        found = pb.Rule()
        getattr(found, "not").CopyFrom(parts[0])
        return found
    return pb.Rule(**{kind: pb.RuleList(rules=parts)})


RULES: st.SearchStrategy[pb.Rule] = st.recursive(
    _leaves,
    lambda inner: st.builds(_group, st.sampled_from((ALL, ANY, NOT)), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=8,
)


@given(RULES)
def test_a_rule_written_as_rows_and_read_again_says_the_same(rule: pb.Rule) -> None:
    found, places = rule_of(rows_of(rule))
    whole = rule if rule.WhichOneof("node") != "leaf" else pb.Rule(all=pb.RuleList(rules=[rule]))
    assert found == whole
    rows = rows_of(rule)
    for path, at in places.items():
        assert at_path(whole, path).leaf.id == rows[at].id


def at_path(rule: pb.Rule, path: str) -> pb.Rule:
    """The node a path below the rule names."""
    for step in path.removesuffix(".leaf").strip(".").split(".") if path != ".leaf" else ():
        if step == "not":
            rule = getattr(rule, "not")
        elif step in (ALL, ANY):
            continue
        else:
            number = int(step.removeprefix("rules[").removesuffix("]"))
            rule = getattr(rule, rule.WhichOneof("node") or ALL).rules[number]
    return rule


ROWS = [
    Row(0, ALL),
    Row(1, LEAF, "a", "x > 1"),
    Row(1, ANY),
    Row(2, LEAF, "b", "x > 2"),
    Row(2, LEAF, "c", "x > 3"),
    Row(1, LEAF, "d", "x > 4"),
]


def test_buttons_add_move_and_remove_a_row_with_all_below_it() -> None:
    assert [row.id for row in edited(ROWS, "leaf:2")] == ["", "a", "", "b", "c", "c1", "d"]
    assert [row.kind for row in edited(ROWS, "not:0")][-2:] == [NOT, LEAF]
    assert [row.id for row in edited(ROWS, "remove:2")] == ["", "a", "d"]
    assert [row.id for row in edited(ROWS, "up:5")] == ["", "a", "d", "", "b", "c"]
    assert [row.id for row in edited(ROWS, "down:1")] == ["", "", "b", "c", "a", "d"]
    assert [row.id for row in edited(ROWS, "down:3")] == ["", "a", "", "c", "b", "d"]


def test_what_is_no_button_changes_nothing() -> None:
    for odd in ("", "up:1", "down:5", "up:3", "remove:0", "leaf:1", "leaf:99", "remove:x", "erase:1", "up:-1"):
        assert edited(ROWS, odd) == ROWS, odd


@given(RULES, st.lists(st.tuples(st.sampled_from((LEAF, ALL, ANY, NOT, "remove", "up", "down")), st.integers(0, 12))))
def test_whatever_is_pressed_the_rows_stay_a_tree(rule: pb.Rule, pressed: list[tuple[str, int]]) -> None:
    rows = rows_of(rule)
    for what, at in pressed:
        rows = edited(rows, f"{what}:{at}")
    assert rows[0].depth == 0 and all(row.depth > 0 for row in rows[1:])
    for one, following in itertools.pairwise(rows):
        assert following.depth <= one.depth + (one.kind != LEAF)
    rule_of(rows)


def test_conditions_without_an_expression_are_left_out_and_nothing_is_no_rule() -> None:
    assert rule_of(rows_of(None)) == (None, {})
    some = [Row(0, ALL), Row(1, LEAF, "a", " "), Row(1, NOT), Row(2, LEAF, "b", "x"), Row(2, LEAF, "c", "y")]
    found, places = rule_of(some)
    assert found is not None
    assert [one.leaf.id for one in getattr(found.all.rules[0], "not").any.rules] == ["b", "c"]
    assert set(places.values()) == {3, 4}
