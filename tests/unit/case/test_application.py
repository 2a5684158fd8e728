"""What an application must be: every fault at once, each with its field."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import FAILED_PRECONDITION, INVALID_ARGUMENT, PERMISSION_DENIED, Refused
from services.case import model_application, model_scenario
from services.case.model_scenario import Scenario
from standards import real_names
from standards.identifiers import id_number_check_digit, uscc_check_digit
from tests.support.actors import delegate, handler, person
from tests.support.cases import SUBMITTED_AT
from tests.support.items import FORM, definition, simple
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

ITEM = definition()
FIELDS = {field.key: field for field in ITEM.form_fields}
GOOD = {
    "name": ["张三丰", "x" * 20],
    "phone": ["13912345678", "0516-88886666", "+8613912345678"],
    "area": ["12", "12.5", "-3", ".5"],
    "opening": ["2026-10-01"],
    "note": ["", "长" * 200],
}
BAD = {
    "name": [("", "REQUIRED"), ("   ", "REQUIRED"), ("x" * 21, "TOO_LONG")],
    "phone": [("", "REQUIRED"), ("12", "MALFORMED"), ("abc", "MALFORMED"), ("1" * 13, "MALFORMED")],
    "area": [("twelve", "MALFORMED"), ("1.2.3", "MALFORMED"), ("-", "MALFORMED"), ("1,2", "MALFORMED")],
    "opening": [("2026-02-30", "MALFORMED"), ("01.10.2026", "MALFORMED"), ("tomorrow", "MALFORMED")],
    "note": [("长" * 201, "TOO_LONG")],
}
good_forms = st.fixed_dictionaries({key: st.sampled_from(values) for key, values in GOOD.items()})
bad_answers = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in BAD.items()})
unknown = st.dictionaries(st.sampled_from(["passport", "shoe_size", "name2"]), st.text(max_size=5), max_size=2)


def faults(form: dict[str, str]) -> dict[str, str]:
    return {one.field: one.reason for one in model_application.check_form(ITEM, form)}


@given(good_forms)
def test_answers_in_order_are_taken(form: dict[str, str]) -> None:
    assert faults(form) == {}


@given(good_forms, bad_answers, unknown)
def test_every_fault_of_a_form_is_named_at_once_and_nothing_else(
    form: dict[str, str], bad: dict[str, tuple[str, str]], more: dict[str, str]
) -> None:
    given_form = form | {key: answer for key, (answer, _) in bad.items()} | more
    expected = {f"form[{key}]": reason for key, (_, reason) in bad.items()}
    assert faults(given_form) == expected | {f"form[{key}]": "FIELD_NOT_LISTED" for key in more}


def test_answers_left_out_are_faults_only_where_they_are_required() -> None:
    assert faults({}) == {"form[name]": "REQUIRED", "form[phone]": "REQUIRED"}


def test_the_words_of_a_fault_name_the_field_as_people_know_it() -> None:
    for one in model_application.check_form(ITEM, {"name": "x" * 30, "phone": "1", "area": "x"}):
        assert FIELDS[one.field[5:-1]].label in one.message


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=30), max_size=8))
def test_no_form_makes_the_check_raise(form: dict[str, str]) -> None:
    for one in model_application.check_form(ITEM, form):
        assert re.fullmatch(r"form\[.*\]", one.field, re.S) and one.message


def scenario(item: catalog.ItemDefinition = ITEM) -> Scenario:
    return model_scenario.of(item, {}, "item", 1)


def materials(handed_in: list[str], complete: bool = True) -> dict[str, str]:
    found = model_scenario.lacking(ITEM, scenario(), handed_in)
    return {one.field: one.reason for one in (found if complete else model_scenario.unlisted(ITEM, None, handed_in))}


def test_required_materials_must_be_there_optional_and_deferrable_ones_need_not() -> None:
    assert materials([]) == {"materials[application]": "MATERIAL_MISSING"}
    assert materials(["application"]) == {}
    assert materials(["application", "plan", "report"]) == {}
    assert materials([], complete=False) == {}


def test_a_material_that_is_not_listed_cannot_be_demanded_nor_handed_in() -> None:
    assert materials(["application", "passport"]) == {"materials[passport]": "MATERIAL_NOT_LISTED"}


def test_a_material_handed_in_twice_is_a_fault() -> None:
    assert materials(["application", "plan", "plan"]) == {"materials[plan]": "MATERIAL_TWICE"}


def test_faults_of_form_and_materials_come_together() -> None:
    with pytest.raises(Refused) as caught:
        model_application.check_application(ITEM, scenario(ITEM), {"area": "x"}, ["passport"], level=2)
    assert caught.value.code == INVALID_ARGUMENT
    assert {one.field for one in caught.value.violations} == {
        "form[name]",
        "form[phone]",
        "form[area]",
        "materials[passport]",
        "materials[application]",
    }


@pytest.mark.parametrize(("wanted", "has"), [(wanted, has) for wanted in range(6) for has in range(6)])
def test_the_level_an_item_asks_for_is_needed_and_enough(wanted: int, has: int) -> None:
    item = simple(required_level=wanted)
    if has >= wanted:
        model_application.check_application(item, scenario(item), {}, [], has)
        return
    with pytest.raises(Refused) as caught:
        model_application.check_application(item, scenario(item), {}, [], has)
    assert (caught.value.code, caught.value.reason) == (FAILED_PRECONDITION, "LEVEL_TOO_LOW")
    assert f"“{real_names.WORDS[wanted]}”" in caught.value.message, "it says which level"
    assert ("窗口" if wanted == real_names.IN_PERSON else "我的账户") in caught.value.message, "and what to do"


def test_an_id_number_is_taken_only_with_its_check_digit_and_a_date_that_was() -> None:
    item = definition(form_fields=[catalog.FormField(key="id", label="证件号码", kind=catalog.FIELD_KIND_ID_NUMBER)])
    first17 = "99012119900307001"
    good = first17 + id_number_check_digit(first17)
    wrong_check = first17 + str((int(id_number_check_digit(first17).replace("X", "0")) + 1) % 10)
    never = "99012119900230001" + id_number_check_digit("99012119900230001")
    for number, faulty in ((good, False), (wrong_check, True), (never, True), ("110101900307123", True)):
        assert bool(model_application.check_form(item, {"id": number})) == faulty


CITIZEN = person("p")


@pytest.mark.parametrize("stated", pb.Channel.values())
def test_a_helpers_and_a_tellers_channel_is_told_by_who_acts_and_nobody_else_can_state_it(stated: int) -> None:
    assert model_application.channel_of(delegate(CITIZEN, "helper"), stated) == pb.CHANNEL_AGENT
    assert model_application.channel_of(delegate(CITIZEN, "bank"), stated) == pb.CHANNEL_BANK
    for actor in (CITIZEN, delegate(CITIZEN, "person"), handler(CITIZEN)):
        if stated in (pb.CHANNEL_AGENT, pb.CHANNEL_BANK):
            with pytest.raises(Refused) as caught:
                model_application.channel_of(actor, stated)
            assert (caught.value.reason, caught.value.violations[0].field) == ("CHANNEL_NOT_OPEN_TO_YOU", "channel")
        else:
            assert model_application.channel_of(actor, stated) == stated


def test_what_was_not_delegated_cannot_be_applied_for() -> None:
    for actor in (delegate(CITIZEN, items=["OTHER"]), delegate(CITIZEN, "bank", items=["OTHER"])):
        with pytest.raises(Refused) as caught:
            model_application.check_delegated(actor, ITEM)
        assert (caught.value.code, caught.value.reason) == (PERMISSION_DENIED, "ITEM_NOT_DELEGATED")
    with pytest.raises(Refused):
        model_application.check_delegated(delegate(CITIZEN, case="case-1"), ITEM)
    for actor in (CITIZEN, handler(CITIZEN), delegate(CITIZEN, items=["OTHER", ITEM.code]), delegate(CITIZEN)):
        model_application.check_delegated(actor, ITEM)


@pytest.mark.parametrize("channel", pb.Channel.values())
def test_every_way_in_hangs_on_one_of_the_countys_switches(channel: int) -> None:
    switch = model_application.SWITCHES[channel]
    everything = {"web", "mobile", "window", "kiosk", "agent", "bank"}
    assert switch in everything
    model_application.check_channel(None, channel)
    model_application.check_channel(frozenset({switch}), channel)
    for channels in (frozenset[str](), frozenset(everything - {switch})):
        with pytest.raises(Refused) as caught:
            model_application.check_channel(channels, channel)
        assert (caught.value.code, caught.value.reason) == (FAILED_PRECONDITION, "CHANNEL_CLOSED")


def test_an_item_that_is_not_online_takes_no_application() -> None:
    with pytest.raises(Refused) as caught:
        model_application.check_application(simple(online=False), scenario(simple()), {}, [], 5)
    assert caught.value.reason == "NOT_ONLINE"


def test_the_event_carries_what_the_edition_says_and_the_case_never_asks_the_item_again() -> None:
    event = model_application.submit(events.CaseSubmitted(case_id="c"), ITEM, scenario().guide, SUBMITTED_AT)
    assert (event.item_code, event.item_name, event.department, event.region) == (
        ITEM.code,
        ITEM.name,
        ITEM.department.code,
        ITEM.region,
    )
    assert list(event.review_steps) == ["材料审查", "现场勘验"], "only what stands between acceptance and decision"
    assert (event.promised_limit.amount, event.promised_limit.unit) == (5, catalog.TIME_UNIT_WORKING_DAY)
    assert event.result_name == "卫生许可证"


def test_a_good_form_is_good() -> None:
    model_application.check_application(ITEM, scenario(ITEM), FORM, ["application"], 1)


def test_a_choice_must_be_one_of_its_options_and_a_credit_code_must_hold() -> None:
    item = simple(
        form_fields=[
            catalog.FormField(key="kind", label="类别", kind=catalog.FIELD_KIND_CHOICE, options=["甲类", "乙类"]),
            catalog.FormField(key="uscc", label="信用代码", kind=catalog.FIELD_KIND_USCC),
        ]
    )
    good = "91990121MA0XA8M04" + uscc_check_digit("91990121MA0XA8M04")
    for form in ({}, {"kind": "乙类"}, {"uscc": good}, {"uscc": good.lower()}):
        assert model_application.check_form(item, form) == []
    wrong = model_application.check_form(item, {"kind": "丙类", "uscc": good[:-1] + ("A" if good[-1] != "A" else "B")})
    assert [(one.field, one.reason) for one in wrong] == [("form[kind]", "OPTION_UNKNOWN"), ("form[uscc]", "MALFORMED")]
