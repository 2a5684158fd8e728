"""A theme as it is applied for: every item gets exactly what it asks for by itself, and begins when what it waits for has ended."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chassis import rules
from standards import scenarios, themes, themes_children, themes_course
from standards.themes import Known, Merged
from standards.themes_parts import OWN
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import themes_pb2
from yiwang.rules.v1 import rules_pb2

CONTINUE, IGNORE, STOP = (
    themes_pb2.FAILURE_POLICY_CONTINUE,
    themes_pb2.FAILURE_POLICY_IGNORE,
    themes_pb2.FAILURE_POLICY_STOP,
)
RENTED = pb.Question(key="rented", text="是否租赁？", kind=pb.QUESTION_KIND_YES_NO)
NAMES = ["营业执照", "平面图", "身份证", "承诺书", "照片", "户口簿"]


def when(cel: str) -> rules_pb2.Rule:
    return rules_pb2.Rule(leaf=rules_pb2.Leaf(id="l", cel=cel))


def part(key: str, **more: Any) -> themes_pb2.ThemeItem:
    return themes_pb2.ThemeItem(**({"key": key, "name": f"事项{key}", "item_code": f"C-{key}"} | more))


def theme(*items: themes_pb2.ThemeItem, **more: Any) -> themes_pb2.ThemeDefinition:
    return themes_pb2.ThemeDefinition(code="T", region="990121", name="一件事", items=items, **more)


def known(*materials: pb.Material, fields: tuple[pb.FormField, ...] = ()) -> Known:
    return Known("id", 1, pb.ItemDefinition(name="某事项", questions=[RENTED], materials=materials, form_fields=fields))


def merged(definition: themes_pb2.ThemeDefinition, items: dict[str, Known], **answers: str) -> Merged:
    said = {key: pb.Answer(values=[value]) for key, value in answers.items()}
    assert themes.wrong_answers(definition, items, said) == []
    return themes.merged(definition, items, said, rules.judge)


def places(faults: list[scenarios.Fault]) -> list[tuple[str, str]]:
    return [(fault.field, fault.reason) for fault in faults]


# --- the shares of the items ---


def test_each_item_gets_the_form_and_the_materials_by_its_own_keys() -> None:
    field = pb.FormField(key="phone", label="电话", kind=pb.FIELD_KIND_PHONE, fact="applicant.phone")
    other = pb.FormField(key="tel", label="联系电话", kind=pb.FIELD_KIND_PHONE, fact="applicant.phone")
    card = pb.Material(key="m1", name="身份证", necessity=pb.NECESSITY_REQUIRED, licence_code="ID")
    also = pb.Material(key="m7", name="身份证复印件", necessity=pb.NECESSITY_REQUIRED, licence_code="ID")
    wish = pb.Material(key="wish", name="联办申请表", necessity=pb.NECESSITY_REQUIRED)
    definition = theme(part("a"), part("b"), part("bank", item_code=""), materials=[wish])
    both = merged(definition, {"a": known(card, fields=(field,)), "b": known(also, fields=(other,))}, rented="no")
    assert themes.taking_part(both.guide) == ["a", "b"]
    form = {"phone": "0990-0000001"}
    assert themes_children.child_form(both.guide, "a", form) == form
    assert themes_children.child_form(both.guide, "b", form) == {"tel": "0990-0000001"}
    handed_in = {"wish": "f0", "m1": "f1"}
    assert themes_children.missing(both, list(handed_in)) == []
    assert themes_children.child_materials(both, "a", handed_in) == {"m1": "f1"}
    assert themes_children.child_materials(both, "b", handed_in) == {"m7": "f1"}
    assert themes_children.child_materials(both, OWN, handed_in) == {"wish": "f0"}
    assert {key: list(one.values) for key, one in themes_children.child_answers(both, "a").items()} == {
        "rented": ["no"]
    }


def test_what_is_lacking_and_what_nobody_needs_is_named_by_the_merged_list() -> None:
    card = pb.Material(key="card", name="身份证", necessity=pb.NECESSITY_REQUIRED, excludes=["book"])
    book = pb.Material(key="book", name="户口簿", necessity=pb.NECESSITY_REQUIRED)
    plan = pb.Material(key="card", name="平面图", necessity=pb.NECESSITY_REQUIRED)
    both = merged(theme(part("a"), part("b")), {"a": known(card, book), "b": known(plan)}, rented="no")
    keys = [line.material.key for line in both.guide.materials]
    assert keys == ["card", "book", "b_card"]
    assert places(themes_children.missing(both, ["card"])) == [("materials[b_card]", "MATERIAL_MISSING")]
    assert places(themes_children.missing(both, ["card", "book", "b_card"])) == [
        ("materials[book]", "MATERIAL_EXCLUDED")
    ]
    assert places(themes_children.missing(both, ["card", "b_card", "x", "b_card"])) == [
        ("materials[x]", "MATERIAL_NOT_LISTED"),
        ("materials[b_card]", "MATERIAL_TWICE"),
    ]


def test_a_document_one_item_leaves_out_still_reaches_the_item_that_needs_it() -> None:
    card = pb.Material(key="card", name="身份证", necessity=pb.NECESSITY_REQUIRED, excludes=["book"])
    book = pb.Material(key="book", name="户口簿", necessity=pb.NECESSITY_REQUIRED)
    both = merged(theme(part("a"), part("b")), {"a": known(card, book), "b": known(book)}, rented="no")
    assert places(themes_children.missing(both, ["card"])) == [("materials[book]", "MATERIAL_MISSING")]
    assert themes_children.missing(both, ["card", "book"]) == []
    assert themes_children.child_materials(both, "a", {"card": 1, "book": 2}) == {"card": 1}
    assert themes_children.child_materials(both, "b", {"card": 1, "book": 2}) == {"book": 2}


def test_an_item_that_is_over_is_no_case_and_an_open_one_is_undecided() -> None:
    definition = theme(part("a"), part("b", when=when("rented")), part("c"), questions=[RENTED])
    items = {"a": known(), "b": known(), "c": known()._replace(withdrawn=True)}
    open_ = merged(definition, items).guide
    assert (themes.taking_part(open_), themes.undecided(open_)) == (["a"], ["b"])
    told = merged(definition, items, rented="yes").guide
    assert (themes.taking_part(told), themes.undecided(told)) == (["a", "b"], [])


@st.composite
def lists(draw: Any) -> Known:
    names = draw(st.lists(st.sampled_from(NAMES), max_size=6, unique=True))
    one_of = draw(st.booleans()) and len(names) > 2
    made = []
    for number, name in enumerate(names):
        grouped = one_of and number < 2
        material = pb.Material(key=f"m{number}", name=name, one_of="g" if grouped else "")
        material.necessity = pb.NECESSITY_REQUIRED if grouped else draw(st.sampled_from([1, 2, 3, 4]))
        material.maker = draw(st.sampled_from([0, 0, 0, pb.MAKER_OFFICER]))
        material.licence_code = draw(st.sampled_from(["", name]))
        if not grouped and draw(st.booleans()):
            material.when.CopyFrom(when("rented"))
        others = [f"m{other}" for other in range(len(names)) if other != number]
        if others and draw(st.integers(0, 3)) == 0:
            material.excludes.append(draw(st.sampled_from(others)))
        made.append(material)
    form = draw(st.lists(st.sampled_from(["applicant.phone", "premises.address", "shop.name"]), unique=True))
    fields = tuple(
        pb.FormField(key=f"f{n}", label=fact, kind=pb.FIELD_KIND_TEXT, fact=fact) for n, fact in enumerate(form)
    )
    return known(*made, fields=fields)


@given(st.dictionaries(st.sampled_from("abc"), lists(), min_size=1), st.sampled_from(["yes", "no"]), st.data())
@settings(max_examples=200, deadline=None)
def test_every_item_gets_exactly_what_it_demands_under_the_same_answers(
    items: dict[str, Known], rented: str, data: st.DataObject
) -> None:
    definition = theme(*(part(key) for key in sorted(items)))
    both = merged(definition, items, rented=rented)
    listed = [line.material.key for line in both.guide.materials]
    handed_in = data.draw(st.lists(st.sampled_from(listed), unique=True)) if listed else []
    for _ in range(len(listed) + 1):  # as people do: bring what is named as lacking, take back what is superfluous
        faults = themes_children.missing(both, handed_in)
        wrong = {fault.field[10:-1] for fault in faults if fault.reason == "MATERIAL_MISSING"}
        handed_in = [key for key in handed_in if f"materials[{key}]" not in {f.field for f in faults}] + sorted(wrong)
    if themes_children.missing(both, handed_in):
        return  # documents that stand for each other in a circle: nothing satisfies them
    got = {key: themes_children.child_materials(both, key, {one: one for one in handed_in}) for key in items}
    for key, one in items.items():
        answers = {"rented": pb.Answer(values=[rented])}
        alone = scenarios.resolve(one.definition, answers, rules.judge)
        assert both.shares[key].guide == alone
        assert scenarios.missing(one.definition, alone, list(got[key])) == []
        form = {line.field.key: line.field.fact for line in both.guide.fields}
        told = themes_children.child_form(both.guide, key, form)
        assert told == {field.key: field.fact for field in one.definition.form_fields}
    assert set(handed_in) == {place for one in got.values() for place in one.values()}
    asked = [line.field.fact for line in both.guide.fields]
    assert len(asked) == len(set(asked))
    assert merged(definition, items, rented=rented) == both


# --- how it goes on ---


def test_what_fails_keeps_back_what_waits_for_it_or_everything_or_nothing() -> None:
    def chain(policy: int) -> themes_pb2.ThemeDefinition:
        return theme(part("a", on_failure=policy), part("b", after=["a"]), part("c", after=["b"]), part("d"))

    every, begun = ["a", "b", "c", "d"], ["a"]
    assert themes_course.ready(chain(CONTINUE), every, [], {}) == ["a", "d"]
    for policy, ready, given_up in (
        (CONTINUE, ["d"], ["b", "c"]),
        (0, ["d"], ["b", "c"]),
        (IGNORE, ["b", "d"], []),
        (STOP, [], ["b", "c", "d"]),
    ):
        assert themes_course.ready(chain(policy), every, begun, {"a": False}) == ready
        assert themes_course.given_up(chain(policy), every, begun, {"a": False}) == given_up


def test_an_item_that_takes_no_part_keeps_nothing_waiting_but_what_it_waited_for() -> None:
    definition = theme(part("a"), part("b", after=["a"]), part("c", after=["b"]))
    assert themes_course.ready(definition, ["a", "c"], ["a"], {}) == []
    assert themes_course.ready(definition, ["a", "c"], ["a"], {"a": True}) == ["c"]


def test_a_stage_is_complete_when_all_of_it_that_takes_part_has_ended_well() -> None:
    definition = theme(
        part("a", stage="工程建设许可"),
        part("b", stage="工程建设许可", on_failure=IGNORE),
        part("c", stage="施工许可", after=["a"]),
        part("d", stage="竣工验收"),
    )
    every = ["a", "b", "c"]

    def told(**ended: bool) -> list[tuple[str, bool, bool]]:
        return [(s.name, s.complete, s.broken) for s in themes_course.stages(definition, every, list(ended), ended)]

    assert told(a=True) == [("工程建设许可", False, False), ("施工许可", False, False)]
    assert told(a=True, b=False) == [("工程建设许可", True, False), ("施工许可", False, False)]
    assert told(a=False, b=True) == [("工程建设许可", False, True), ("施工许可", False, True)]
    assert told(a=True, b=True, c=True) == [("工程建设许可", True, False), ("施工许可", True, False)]


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_every_item_is_begun_ready_waiting_or_given_up_and_in_the_end_none_waits(data: st.DataObject) -> None:
    keys = [f"k{number}" for number in range(data.draw(st.integers(1, 7)))]
    policy = st.sampled_from([0, CONTINUE, IGNORE, STOP])
    definition = theme(
        *(
            part(key, after=data.draw(st.lists(st.sampled_from(keys[:number]), unique=True)) if number else [],
                 on_failure=data.draw(policy))
            for number, key in enumerate(keys)
        )
    )  # fmt: skip
    taking = [key for key in keys if data.draw(st.integers(0, 4))]
    begun, ended = list[str](), dict[str, bool]()
    for _ in range(3 * len(keys)):
        ready = themes_course.ready(definition, taking, begun, ended)
        over = themes_course.given_up(definition, taking, begun, ended)
        assert not {*ready} & {*over} and not {*ready, *over} & {*begun}
        assert {*ready, *over} <= {*taking}
        begun += ready
        under_way = [key for key in begun if key not in ended]
        if not under_way:
            break
        ended[data.draw(st.sampled_from(under_way))] = data.draw(st.booleans())
        # What is given up stays given up.
        assert {*over} <= {*themes_course.given_up(definition, taking, begun, ended)}
    assert {*begun, *themes_course.given_up(definition, taking, begun, ended)} == {*taking}
    assert {*begun} == {*ended}
