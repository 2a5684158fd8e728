"""One source (服务同源): whose a field is, what a county may say, and what it takes over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import PERMISSION_DENIED, Refused
from services.catalog import model_standard
from tests.support.items import definition as sample
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import service_pb2 as pb

OWNER = "示范市行政审批局"
DAYS, WEEKENDS_TOO = pb.TIME_UNIT_WORKING_DAY, pb.TIME_UNIT_NATURAL_DAY
REQUIRED, OPTIONAL, DEFERRABLE = pb.NECESSITY_REQUIRED, pb.NECESSITY_OPTIONAL, pb.NECESSITY_DEFERRABLE


def days(amount: int, unit: int = DAYS, note: str = "") -> pb.Limit:
    return pb.Limit(amount=amount, unit=unit, note=note)  # type: ignore[arg-type]


def material(key: str, necessity: int = REQUIRED, **more: object) -> pb.Material:
    return pb.Material(**({"key": key, "name": f"材料{key}", "necessity": necessity} | more))  # type: ignore[arg-type]


def entry(open_fields: tuple[str, ...] = (), **standard: object) -> directory.EntryDefinition:
    return directory.EntryDefinition(
        code="000112340000",
        name="取水许可",
        type_code="01",
        region="990100",
        owner_name=OWNER,
        standard=pb.ItemDefinition(**standard),  # type: ignore[arg-type]
        open_fields=open_fields,
    )


def county(**changes: object) -> pb.ItemDefinition:
    """What a county sends that leaves everything out that it may."""
    item = sample()
    bare = {"code": item.code, "name": item.name, "department": item.department, "region": item.region}
    return pb.ItemDefinition(**(bare | changes))  # type: ignore[arg-type]


def wrong(standard: directory.EntryDefinition, definition: pb.ItemDefinition) -> list[str]:
    return [one.field.removeprefix("definition.") for one in model_standard.violations(standard, definition)]


# -- what is left out is filled in, what contradicts is refused with the owner named -------------------------------------


def test_what_a_county_leaves_out_is_the_standards() -> None:
    city = entry(conditions="年满十八周岁", statutory_limit=days(20), charged=True, materials=[material("a")])
    merged = model_standard.held(city, county(phone="0990-1234567"))
    assert merged.conditions == "年满十八周岁" and merged.charged and merged.statutory_limit == days(20)
    assert [one.key for one in merged.materials] == ["a"]
    assert (merged.phone, merged.region) == ("0990-1234567", "990121")


def test_whoever_says_otherwise_is_refused_with_every_field_and_its_owner() -> None:
    city = entry(conditions="年满十八周岁", statutory_limit=days(20), result_name="取水许可证")
    with pytest.raises(Refused) as said:
        model_standard.held(city, county(conditions="不限", statutory_limit=days(30), result_name="取水许可证"))
    assert (said.value.code, said.value.reason) == (PERMISSION_DENIED, "FIELD_OWNED")
    fields = {one.field: one.message for one in said.value.violations}
    assert set(fields) == {"definition.statutory_limit", "definition.conditions"}
    assert all(OWNER in message for message in fields.values())


def test_an_open_field_is_the_countys_and_only_filled_in_where_it_says_nothing() -> None:
    city = entry(
        ("fee_note", "charged", "faq"), fee_note="按件收费", charged=True, faq=[pb.Faq(question="问", answer="答")]
    )
    own = county(faq=[pb.Faq(question="本县", answer="另行规定")])
    assert wrong(city, own) == []
    merged = model_standard.merge(city, own)
    assert merged.faq == own.faq
    # A county that charges nothing is charged for nothing.
    assert (merged.charged, merged.fee_note) == (False, "")
    assert model_standard.merge(city, county(charged=True)).fee_note == "按件收费"


def test_fields_of_the_place_are_never_standard() -> None:
    city = entry(phone="1", region="990100", code="X", conditions="条件")
    merged = model_standard.merge(city, county(phone="2"))
    assert (merged.phone, merged.region, merged.code) == ("2", "990121", sample().code)
    assert set(model_standard.owned(city)) == {"conditions"}


def test_without_an_entry_an_item_is_its_countys_alone() -> None:
    assert model_standard.held(None, county()) == county()


# -- a promise may be shorter, visits fewer ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("promised", "allowed"),
    [
        (days(10), True),
        (days(9), True),
        (days(11), False),
        (days(14, WEEKENDS_TOO), True),
        (days(15, WEEKENDS_TOO), False),
        (days(0, pb.TIME_UNIT_AT_ONCE), True),
        (days(5, pb.TIME_UNIT_UNSPECIFIED), False),
    ],
)
def test_a_promise_may_be_shorter_never_longer_whatever_its_unit(promised: pb.Limit, allowed: bool) -> None:
    city = entry(promised_limit=days(10))
    own = county(promised_limit=promised)
    assert (wrong(city, own) == []) is allowed
    assert model_standard.merge(city, own).promised_limit == (promised if allowed else days(10))


def test_a_promise_that_a_new_standard_makes_its_own_takes_its_note() -> None:
    first, new = entry(), entry(promised_limit=days(10, note="不含公示"))
    after = model_standard.rebase(first, new, county(promised_limit=days(10)))
    assert after.promised_limit == days(10, note="不含公示")
    assert model_standard.merge(new, after) == after


def test_limits_by_scenario_are_no_way_around_the_limits() -> None:
    city = entry(promised_limit=days(10), statutory_limit=days(20))
    variant = pb.LimitVariant(promised_limit=days(15), statutory_limit=days(40))
    own = county(limit_variants=[variant, pb.LimitVariant(promised_limit=days(5))])
    assert wrong(city, own) == ["limit_variants[0].promised_limit", "limit_variants[0].statutory_limit"]
    merged = model_standard.merge(city, own)
    assert [one.promised_limit.amount for one in merged.limit_variants] == [10, 5]
    assert not merged.limit_variants[0].HasField("statutory_limit")


def test_visits_may_be_fewer_and_then_have_a_reason_of_their_own() -> None:
    city = entry(visits=2, visit_reason="核验原件")
    assert wrong(city, county(visits=3, visit_reason="核验原件")) == ["visits"]
    fewer = county(visits=1, visit_reason="领取证件")
    assert wrong(city, fewer) == [] and model_standard.merge(city, fewer).visit_reason == "领取证件"
    assert wrong(city, county(visits=2, visit_reason="领取证件")) == ["visit_reason"]


def test_no_visit_is_said_where_one_need_not_come_and_is_left_out_elsewhere() -> None:
    city = entry(visits=2, visit_reason="核验原件")
    online = model_standard.merge(city, county(online=True))
    assert (online.visits, online.visit_reason) == (0, "")
    assert model_standard.merge(city, county()).visits == 2


# -- materials may be fewer or less necessary ----------------------------------------------------------------------------


def test_materials_may_be_fewer_or_less_necessary_never_more_and_never_others() -> None:
    city = entry(materials=[material("a"), material("b", copies="1份"), material("c", OPTIONAL)])
    own = county(materials=[material("a", DEFERRABLE), material("b")])
    assert wrong(city, own) == []
    merged = model_standard.merge(city, own)
    assert [(one.key, one.necessity, one.copies) for one in merged.materials] == [
        ("a", DEFERRABLE, ""),
        ("b", REQUIRED, "1份"),
    ]
    more = county(materials=[material("a"), material("b", copies="5份"), material("c", REQUIRED), material("d")])
    assert wrong(city, more) == ["materials[1].copies", "materials[2].necessity", "materials[3]"]


def test_a_material_is_known_by_its_name_where_the_county_has_a_key_of_its_own() -> None:
    city = entry(materials=[material("a"), material("b")])
    own = county(materials=[pb.Material(key="m1", name="材料b", necessity=OPTIONAL)])
    assert wrong(city, own) == []
    assert [(one.key, one.necessity) for one in model_standard.merge(city, own).materials] == [("b", OPTIONAL)]


def test_one_of_several_alternatives_is_not_demanded_alone() -> None:
    city = entry(materials=[material("a", one_of="proof"), material("b", one_of="proof"), material("c")])
    assert wrong(city, county(materials=[material("a"), material("c")])) == ["materials"]
    assert wrong(city, county(materials=[material("c")])) == []
    merged = model_standard.merge(city, county(materials=[material("a"), material("c")]))
    assert [one.key for one in merged.materials] == ["a", "b", "c"]


def test_a_county_may_show_its_own_sample_and_spare_people_a_material() -> None:
    city = entry(materials=[material("a")])
    file = pb.GuideFile(name="样表", url="https://county.example/a.pdf")
    own = county(materials=[material("a", sample=file, waiver=pb.WAIVER_LICENCE, licence_name="营业执照")])
    assert wrong(city, own) == []
    (kept,) = model_standard.merge(city, own).materials
    assert (kept.sample, kept.waiver, kept.licence_name) == (file, pb.WAIVER_LICENCE, "营业执照")
    spared = entry(materials=[material("a", waiver=pb.WAIVER_DATA)])
    assert wrong(spared, county(materials=[material("a", waiver=pb.WAIVER_NONE)])) == ["materials[0].waiver"]


def test_what_excludes_a_material_that_is_not_asked_for_excludes_it_no_more() -> None:
    city = entry(materials=[material("a", excludes=["b", "c"]), material("b"), material("c")])
    merged = model_standard.merge(city, county(materials=[material("a"), material("c")]))
    assert list(merged.materials[0].excludes) == ["c"]
    assert wrong(city, merged) == []


# -- steps ---------------------------------------------------------------------------------------------------------------


def step(name: str, **more: object) -> pb.Step:
    return pb.Step(**({"name": name, "kind": pb.STEP_KIND_REVIEW} | more))  # type: ignore[arg-type]


def test_steps_are_the_standards_with_shorter_limits_and_posts_of_the_county() -> None:
    city = entry(steps=[step("受理", limit=days(2)), step("审查", limit=days(5), standard="齐全")])
    own = county(steps=[step("受理", limit=days(1), role="综合窗口"), step("审查", role="审批科")])
    assert wrong(city, own) == []
    taken = model_standard.merge(city, own).steps
    assert [(one.limit.amount, one.role, one.standard) for one in taken] == [(1, "综合窗口", ""), (5, "审批科", "齐全")]
    assert wrong(city, county(steps=[step("受理", limit=days(3)), step("审查", standard="不限")])) == [
        "steps[0].limit",
        "steps[1].standard",
    ]
    assert wrong(city, county(steps=[step("受理"), step("现场勘验"), step("审查")])) == ["steps"]


# -- the standard changes ------------------------------------------------------------------------------------------------


def test_a_changed_standard_gives_what_was_taken_over_and_leaves_what_is_the_countys() -> None:
    old = entry(
        promised_limit=days(10), visits=2, conditions="旧", materials=[material("a"), material("b"), material("c")]
    )
    new = entry(
        promised_limit=days(12), visits=1, conditions="新", materials=[material("a"), material("b"), material("d")]
    )
    plain = model_standard.merge(old, county())
    assert model_standard.rebase(old, new, plain) == model_standard.merge(new, county())
    own = model_standard.merge(
        old, county(promised_limit=days(5), materials=[material("a", OPTIONAL), material("c")], phone="1")
    )
    after = model_standard.rebase(old, new, own)
    # Five days, an optional a and no b are the county's; c is gone and d is new in the whole city.
    assert (after.promised_limit, after.visits, after.conditions, after.phone) == (days(5), 1, "新", "1")
    assert [(one.key, one.necessity) for one in after.materials] == [("a", OPTIONAL), ("d", REQUIRED)]


def test_what_the_new_standard_no_longer_allows_gives_way() -> None:
    old, new = entry(promised_limit=days(10), visits=3), entry(promised_limit=days(3), visits=1)
    own = model_standard.merge(old, county(promised_limit=days(5), visits=2))
    after = model_standard.rebase(old, new, own)
    assert (after.promised_limit, after.visits) == (days(3), 1)


def test_a_new_alternative_to_materials_the_county_does_without_is_not_demanded() -> None:
    old = entry(materials=[material("a", one_of="proof"), material("b", one_of="proof"), material("x")])
    new = entry(materials=[*old.standard.materials, material("c", one_of="proof")])
    own = model_standard.merge(old, county(materials=[material("x")]))
    assert [one.key for one in model_standard.rebase(old, new, own).materials] == ["x"]


# -- whatever is sent ----------------------------------------------------------------------------------------------------

_limits = st.builds(
    days, st.integers(0, 30), st.sampled_from([0, 1, 2, 3, 4, 5]), st.sampled_from(["", "注一", "注二"])
)
_files = st.builds(pb.GuideFile, name=st.sampled_from(["甲", "乙"]))
_materials = st.lists(
    st.builds(
        pb.Material,
        key=st.sampled_from("abcd"),
        name=st.sampled_from(["材料a", "材料b", "材料c", "材料d"]),
        necessity=st.sampled_from([1, 2, 3, 4]),
        copies=st.sampled_from(["", "", "1份"]),
        one_of=st.sampled_from(["", "", "proof"]),
        excludes=st.lists(st.sampled_from("abcd"), max_size=2, unique=True),
        waiver=st.sampled_from([0, 0, 1, 2]),
        sample=st.none() | _files,
    ),
    max_size=4,
    unique_by=lambda one: one.key,
)
_steps = st.lists(
    st.builds(
        pb.Step,
        name=st.sampled_from(["受理", "审查", "决定"]),
        kind=st.sampled_from([1, 2, 3]),
        limit=st.none() | _limits,
        role=st.sampled_from(["", "窗口"]),
    ),
    max_size=3,
)
_variants = st.lists(
    st.builds(pb.LimitVariant, promised_limit=st.none() | _limits, statutory_limit=st.none() | _limits), max_size=2
)
_definitions = st.builds(
    pb.ItemDefinition,
    conditions=st.sampled_from(["", "甲", "乙"]),
    charged=st.booleans(),
    online=st.booleans(),
    postal=st.booleans(),
    fee_note=st.sampled_from(["", "甲", "乙"]),
    visits=st.integers(0, 3),
    visit_reason=st.sampled_from(["", "甲", "乙"]),
    promised_limit=st.none() | _limits,
    statutory_limit=st.none() | _limits,
    limit_variants=_variants,
    materials=_materials,
    steps=_steps,
    topics=st.lists(st.sampled_from(["住房", "出行"]), max_size=2, unique=True),
)
_OPEN = ("conditions", "charged", "fee_note", "promised_limit", "materials", "visits", "limit_variants", "steps")
_entries = st.builds(
    lambda standard, open: directory.EntryDefinition(owner_name=OWNER, standard=standard, open_fields=open),
    _definitions,
    st.lists(st.sampled_from(_OPEN), max_size=3, unique=True),
)


@given(_entries, _definitions)
def test_once_merged_nothing_contradicts_and_merging_again_changes_nothing(
    standard: directory.EntryDefinition, definition: pb.ItemDefinition
) -> None:
    merged = model_standard.merge(standard, definition)
    assert model_standard.violations(standard, merged) == []
    assert model_standard.merge(standard, merged) == merged


@given(_entries, _entries, _definitions)
def test_after_any_change_of_the_standard_nothing_contradicts(
    old: directory.EntryDefinition, new: directory.EntryDefinition, definition: pb.ItemDefinition
) -> None:
    after = model_standard.rebase(old, new, model_standard.merge(old, definition))
    assert model_standard.violations(new, after) == []
    assert model_standard.merge(new, after) == after


@given(_entries, _definitions)
def test_what_a_county_may_say_stays_as_it_said_it(
    standard: directory.EntryDefinition, definition: pb.ItemDefinition
) -> None:
    if model_standard.violations(standard, definition):
        return
    merged = model_standard.merge(standard, definition)
    if definition.promised_limit.unit:
        assert (merged.promised_limit.amount, merged.promised_limit.unit) == (
            definition.promised_limit.amount,
            definition.promised_limit.unit,
        )
    for name in ("conditions", "topics"):
        if model_standard.is_set(definition, name):
            assert getattr(merged, name) == getattr(definition, name)
    if definition.materials:
        assert len(merged.materials) == len(definition.materials)
        # Alternatives and keys may be filled in, necessity is what was said.
        assert sorted(one.necessity for one in merged.materials) == sorted(
            one.necessity for one in definition.materials
        )
    assert not definition.visits or merged.visits == definition.visits
