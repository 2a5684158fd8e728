"""The project's own sample county keeps the contract and the national rules."""

import hashlib
import json
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import protovalidate
import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from chassis import rules
from services.catalog import model_checks, model_directory, model_standard, model_themes_checks, model_vocabulary
from standards import codes, lint
from standards import themes as themes_merge
from standards.codes import region_covers
from standards.identifiers import id_number_valid, organisation_check_digit, uscc_valid
from standards.themes import Known
from yiwang.access.v1 import access_pb2 as access
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.catalog.v1 import themes_pb2 as themes
from yiwang.catalog.v1 import vocabulary_pb2 as vocabulary
from yiwang.identity.v1 import counties_pb2 as counties_pb
from yiwang.identity.v1 import officers_pb2 as officers_pb
from yiwang.identity.v1 import organizations_pb2 as organizations_pb
from yiwang.identity.v1 import service_pb2 as identity

SAMPLE = Path(__file__).parents[3] / "services/catalog/sample"
THEMES = json.loads((SAMPLE / "themes.json").read_text(encoding="utf-8"))["themes"]
ENTRIES = json.loads((SAMPLE / "directory.json").read_text(encoding="utf-8"))["entries"]
WORDS = json.loads((SAMPLE / "vocabulary.json").read_text(encoding="utf-8"))["vocabularies"]
RAW: list[dict[str, Any]] = json.loads((SAMPLE / "items.json").read_text(encoding="utf-8"))["items"]
THEME = {raw["name"]: ParseDict(raw, themes.ThemeDefinition()) for raw in THEMES}
ACCOUNTS: dict[str, list[dict[str, Any]]] = json.loads((SAMPLE / "people.json").read_text(encoding="utf-8"))
ITEMS = [ParseDict(raw, catalog.ItemDefinition()) for raw in RAW]

# Roles that have nothing to do with a department's own cases.
BESIDE = (["catalog"], ["procure"], ["policy"], ["payout"])
# Natural days a unit takes at most: five working days are a week.
NATURAL_DAYS = {
    "WORKING_DAY": 7 / 5,
    "NATURAL_DAY": 1.0,
    "HOUR": 1 / 24,
    "MONTH": 28.0,
    "AT_ONCE": 0.0,
    "HALF_DAY": 0.7,
}

each_item = pytest.mark.parametrize("item", ITEMS, ids=[item.code[-13:] for item in ITEMS])


def natural(limit: catalog.Limit) -> float:
    """A limit in natural days, to compare limits of different units."""
    return limit.amount * NATURAL_DAYS[catalog.TimeUnit.Name(limit.unit).removeprefix("TIME_UNIT_")]


def steps(item: catalog.ItemDefinition, *kinds: int) -> list[catalog.Step]:
    """The steps of these kinds."""
    return [step for step in item.steps if step.kind in kinds]


@each_item
def test_item_keeps_the_contract(item: catalog.ItemDefinition) -> None:
    assert [str(violation) for violation in protovalidate.collect_violations(item)] == []


@each_item
def test_item_codes_hold(item: catalog.ItemDefinition) -> None:
    assert codes.check_item_code(item.code) == codes.CodeCheck("national-31", True, ())
    assert codes.check_item_code(item.base_code) == codes.CodeCheck("national-12", True, ())
    level = "5" if len(item.region) == 9 else "4"
    assert item.code == item.department.code + level + item.base_code
    assert item.base_code[:4] == "99" + item.type_code
    assert item.type_code in codes.APPLIED_FOR


@each_item
def test_item_department_holds_and_lies_in_the_county(item: catalog.ItemDefinition) -> None:
    assert uscc_valid(item.department.code)
    assert item.department.code.startswith("11990121")
    assert organisation_check_digit(item.department.code[8:16]) == item.department.code[16]
    assert codes.region_covers("990121", item.region)


@each_item
def test_item_promises_no_more_than_the_law_allows(item: catalog.ItemDefinition) -> None:
    assert item.HasField("promised_limit")
    if item.HasField("statutory_limit"):
        assert natural(item.promised_limit) <= natural(item.statutory_limit)
    worked = steps(item, catalog.STEP_KIND_REVIEW, catalog.STEP_KIND_DECIDE)
    assert sum(natural(step.limit) for step in worked) <= natural(item.promised_limit) + 1e-9


@each_item
def test_item_process_runs_from_acceptance_to_issue(item: catalog.ItemDefinition) -> None:
    kinds = [catalog.StepKind.Name(step.kind).removeprefix("STEP_KIND_") for step in item.steps]
    assert re.fullmatch(r"ACCEPT (REVIEW ){0,3}DECIDE ISSUE( ISSUE)?( ISSUE)?", " ".join(kinds))
    if item.promised_limit.unit == catalog.TIME_UNIT_AT_ONCE:
        assert not steps(item, catalog.STEP_KIND_REVIEW)


@each_item
def test_item_guide_is_complete(item: catalog.ItemDefinition) -> None:
    for text in (item.conditions, item.legal_basis, item.result_name, item.windows, item.source_note):
        assert text.strip()
    assert item.aliases
    assert item.topics
    assert item.service_objects
    assert item.source_note == "据公开法规和办事指南整理的示范数据"
    assert re.fullmatch(r"0990-0000[0-9]{3}", item.phone)
    assert item.charged == bool(item.fee_note) == any(fee.most for fee in item.fees) == item.pay_online
    assert item.supervision_phone and item.supervision_phone != item.phone
    assert item.places and all(place.name and place.hours for place in item.places)
    assert item.laws and item.results and item.handling_forms and item.reach and item.case_kind and item.review_kind
    assert (item.implementation_code, list(item.duty_codes)) == (item.code, [item.code])
    assert bool(item.visits) == bool(item.visit_reason)
    assert 3 <= len(item.form_fields) <= 6
    assert len({field.key for field in item.form_fields}) == len(item.form_fields)
    assert [material.key for material in item.materials] == [f"m{n}" for n in range(1, len(item.materials) + 1)]


@each_item
def test_item_has_no_error_and_hardly_a_warning(item: catalog.ItemDefinition) -> None:
    found = lint.findings(item)
    assert [one for one in found if one.level == "error"] == []
    assert len([one for one in found if one.level == "warning"]) <= 1


@each_item
def test_item_asks_only_what_matters_and_every_file_it_names_is_there(item: catalog.ItemDefinition) -> None:
    assert model_checks.faults(item) == []
    there = {hashlib.sha256(file.read_bytes()).hexdigest() for file in (SAMPLE / "files").glob("*.pdf")}
    named = [one.sample.id for one in item.results]
    named += [id for material in item.materials for id in (material.blank_form.id, material.sample.id) if id]
    assert set(named) <= there and not [
        material.blank_form.url for material in item.materials if material.blank_form.url
    ]


def test_the_county_shows_scenarios_reform_and_decisions_without_a_person() -> None:
    assert sum(bool(item.questions) for item in ITEMS) >= 12
    assert sum(item.HasField("baseline") for item in ITEMS) >= 20
    assert sum(item.HasField("automatic") for item in ITEMS) >= 4
    assert sum(item.postal for item in ITEMS) >= 20 and sum(bool(item.special_procedures) for item in ITEMS) >= 10
    assert any(len(place.region) == 9 for item in ITEMS for place in item.places)
    food = next(item for item in ITEMS if item.name == "食品经营许可证核发")
    assert {question.key for question in food.questions} >= {"premises", "online_sale", "delegated"}


def test_the_citys_standards_hold_for_the_countys_items_as_they_stand() -> None:
    entries = {raw["code"]: ParseDict(raw, directory.EntryDefinition()) for raw in ENTRIES}
    assert {entry.region for entry in entries.values()} == {"990100"} and len(entries) >= 15
    held = [(entries[item.base_code], item) for item in ITEMS if item.base_code in entries]
    assert len(held) >= 12
    for entry, item in held:
        assert protovalidate.collect_violations(entry) == [] and model_directory.faults(None, entry) == []
        assert model_standard.violations(entry, item) == [] and model_standard.merge(entry, item) == item


def test_themes_join_items_of_the_county() -> None:
    codes_here = {item.code for item in ITEMS}
    for raw in THEMES:
        theme = ParseDict(raw, themes.ThemeDefinition())
        assert protovalidate.collect_violations(theme) == [] and model_themes_checks.faults(theme) == []
        named = [one.item_code for one in theme.items if one.item_code]
        assert set(named) <= codes_here and len(set(named)) >= 1 and theme.stated_limit.unit
    assert {"开办餐饮店一件事", "新生儿出生一件事", "开办企业一件事"} <= {raw["name"] for raw in THEMES}


def test_the_county_shows_every_way_a_case_can_go() -> None:
    ways = [item.handling for item in ITEMS]
    for way in ("pre_review", "decided_on_site", "renewal", "joint", "in_order", "refunds", "deferral_days"):
        assert any(getattr(one, way) for one in ways), way
    assert any(one.visit == catalog.VISIT_NEED_REQUIRED and one.decided_on_site for one in ways)
    assert any(one.visit == catalog.VISIT_NEED_POSSIBLE for one in ways)
    assert any(item.commitment and len(item.handling.commitment_text) > 100 for item in ITEMS)
    waivers = {material.waiver for item in ITEMS for material in item.materials}
    assert {catalog.WAIVER_LICENCE, catalog.WAIVER_DATA, catalog.WAIVER_COMMITMENT} <= waivers
    assert sum(bool(item.fees) and not any(fee.most for fee in item.fees) for item in ITEMS) >= 3  # shown as zero
    assert {item.reach for item in ITEMS} >= {catalog.REACH_CITY, catalog.REACH_PROVINCE, catalog.REACH_NATION}
    read = {name for item in ITEMS if item.HasField("automatic") for name in rules.reads(item.automatic.rule)}
    assert {"staff_count", "applicant_level", "licence_m1", "delegated"} <= read


def test_a_business_is_opened_by_six_at_once_in_half_a_day() -> None:
    theme = THEME["开办企业一件事"]
    assert (theme.stated_limit.amount, theme.stated_limit.unit) == (1, catalog.TIME_UNIT_HALF_DAY)
    assert len(theme.items) == 6 and theme.partial_results
    assert [list(one.after) for one in theme.items] == [[], *[["licence"]] * 5]
    assert len({item.department.code for item in ITEMS for one in theme.items if one.item_code == item.code}) == 5
    guide = merged(theme, shareholders="persons", premises="own", delegated="no", account="no")
    assert not guide.oddities and not guide.open
    assert themes_merge.taking_part(guide) == ["licence", "seal", "tax", "insurance", "fund"]


def test_a_project_runs_through_four_stages_of_three_departments() -> None:
    theme = THEME["工程建设项目审批一件事"]
    stages = ["立项用地规划许可", "工程建设许可", "施工许可", "竣工验收"]
    assert theme.project and list(dict.fromkeys(one.stage for one in theme.items)) == stages
    assert len({item.department.code for item in ITEMS for one in theme.items if one.item_code == item.code}) >= 3
    guide = merged(theme, crosses_road="yes", drains="yes")
    assert len(themes_merge.taking_part(guide)) == len(theme.items) >= 5
    assert not guide.oddities and guide.longest_days <= theme.stated_limit.amount
    assert len(guide.fields) < guide.fields_before / 2


def merged(theme: themes.ThemeDefinition, **said: str) -> themes.ThemeGuide:
    by_code = {item.code: Known(item.code, 1, item) for item in ITEMS}
    known = {one.key: by_code[one.item_code] for one in theme.items if one.item_code}
    answers = {key: catalog.Answer(values=[value]) for key, value in said.items()}
    assert themes_merge.wrong_answers(theme, known, answers) == []
    return themes_merge.merge(theme, known, answers, rules.judge)


def test_the_countys_words_can_be_saved() -> None:
    (words,) = (ParseDict(raw, vocabulary.Vocabulary()) for raw in WORDS)
    assert words.region == "990121" and model_vocabulary.save(None, words.region, words.groups, 0) is not None


def test_the_county_is_wide_enough_to_try_everything() -> None:
    assert len(ITEMS) >= 44
    assert len({item.code for item in ITEMS}) == len(ITEMS)
    assert {item.region for item in ITEMS} == {"990121", "990121101", "990121102"}
    assert len({item.department.code for item in ITEMS if item.region == "990121"}) >= 8
    assert Counter(item.promised_limit.unit for item in ITEMS)[catalog.TIME_UNIT_AT_ONCE] >= 6
    assert {len(steps(item, catalog.STEP_KIND_REVIEW)) for item in ITEMS} == {0, 1, 2, 3}
    assert sum(item.charged for item in ITEMS) >= 2
    assert sum(not item.online for item in ITEMS) >= 1
    assert any(not [m for m in item.materials if m.necessity == catalog.NECESSITY_REQUIRED] for item in ITEMS)
    assert any(m.necessity == catalog.NECESSITY_DEFERRABLE for item in ITEMS for m in item.materials)
    assert {item.statutory_limit.unit for item in ITEMS} >= {
        catalog.TIME_UNIT_WORKING_DAY,
        catalog.TIME_UNIT_NATURAL_DAY,
        catalog.TIME_UNIT_MONTH,
    }


def test_one_code_has_one_department_and_people_find_items_by_their_own_words() -> None:
    assert len({(i.department.code, i.department.name, i.region) for i in ITEMS}) == len(
        {i.department.code for i in ITEMS}
    )
    spoken = {alias for item in ITEMS for alias in item.aliases}
    assert {"开饭店", "开公司", "办身份证", "生孩子"} <= spoken


def test_every_department_has_one_who_receives_another_who_decides_and_a_second_inspector_where_one_is_needed() -> None:
    for item in ITEMS:
        here = [officer for officer in ACCOUNTS["officers"] if officer["department"] == item.department.code]
        officers = [officer for officer in here if officer["roles"] not in BESIDE]
        inspects = any(
            one.handling.visit == catalog.VISIT_NEED_REQUIRED
            for one in ITEMS
            if one.department.code == item.department.code
        )
        second = [["review"]] if inspects else []
        assert [officer["roles"] for officer in officers] == [["receive", "review"], *second, ["decide", "issue"]]
        assert {(officer["departmentName"], officer["region"]) for officer in officers} == {
            (item.department.name, item.region)
        }


def request(message: Message, row: dict[str, Any]) -> Any:
    """The row as the request it becomes, which keeps the contract."""
    made = ParseDict({"requestId": "sample-0001", **row}, message)
    assert [str(one) for one in protovalidate.collect_violations(made)] == []
    return made


def test_every_department_is_brought_in_and_every_row_names_one_of_them() -> None:
    departments = [request(officers_pb.SaveDepartmentRequest(), row) for row in ACCOUNTS["departments"]]
    known = {one.uscc: (one.name, one.region) for one in departments}
    assert len(known) == len(departments) and all(uscc_valid(uscc) for uscc in known)
    assert all(known[one["department"]] == (one["departmentName"], one["region"]) for one in ACCOUNTS["officers"])
    assert {one["department"] for one in ACCOUNTS["windows"]} <= set(known)
    assert {item.department.code for item in ITEMS} <= set(known)


def test_officers_can_be_appointed() -> None:
    officers = [request(officers_pb.AppointOfficerRequest(), row) for row in ACCOUNTS["officers"]]
    assert len({officer.staff_number for officer in officers}) == len(officers)


def test_who_writes_items_is_not_alone_in_county_and_city() -> None:
    writers = [(one["region"], one["staffNumber"]) for one in ACCOUNTS["officers"] if "catalog" in one["roles"]]
    regions = Counter(region for region, _ in writers)
    assert regions["990121"] >= 2 and regions["990100"] == 2
    assert {"zw-901", "zw-903", "cs-901", "cs-902"} <= {number for _, number in writers}


def test_two_administer_so_that_one_can_approve_what_the_other_proposes_and_two_supervise() -> None:
    roles = {officer["staffNumber"]: officer["roles"] for officer in ACCOUNTS["officers"]}
    assert [number for number in roles if "administer" in roles[number]] == ["zw-901", "zw-902"]
    assert [number for number in roles if "supervise" in roles[number]] == ["jd-801", "jd-802"]


def test_the_intermediary_supermarket_has_its_operator_and_a_department_that_procures() -> None:
    roles = {officer["staffNumber"]: officer["roles"] for officer in ACCOUNTS["officers"]}
    assert [number for number in roles if "market" in roles[number]] == ["zc-701"]
    assert [number for number in roles if "procure" in roles[number]] == ["cg-601"]


def test_what_one_writes_reviews_or_pays_of_policies_another_confirms() -> None:
    roles = {
        role: [one for one in ACCOUNTS["officers"] if one["roles"] == [role]]
        for role in ("policy", "payout", "finance")
    }
    assert len(roles["finance"]) == 2
    # Two of each department that has policies write, and open; one at least reviews; and one corrects what the data bureau reported.
    writers = Counter(one["department"] for one in roles["policy"])
    reporter = next(one["department"] for one in ACCOUNTS["officers"] if one["departmentName"] == "示范县数据局")
    assert set(writers.values()) == {2}
    assert {*writers, reporter} == {one["department"] for one in roles["payout"]}


def test_the_county_has_settings_that_can_be_read_and_windows_of_its_departments() -> None:
    (county,) = (request(counties_pb.SaveCountyRequest(), row) for row in ACCOUNTS["counties"])
    assert (county.region, county.name, county.channels.agent) == ("990121", "示范县", True)
    windows = [request(counties_pb.SaveWindowRequest(), row) for row in ACCOUNTS["windows"]]
    assert len({(one.hall, one.number) for one in windows}) == len(windows) == 2


def test_a_helper_point_and_a_bank_act_for_people_with_items_there_are() -> None:
    points = {one["code"]: one for one in ACCOUNTS["agentOrganizations"]}
    assert sorted(one["kind"] for one in points.values()) == ["bank", "helper"]
    assert {agent["organization"] for agent in ACCOUNTS["agents"]} == set(points)
    codes = {code for one in points.values() for code in one.get("itemCodes", [])}
    assert codes and codes <= {item.code for item in ITEMS}
    for one in points.values():
        assert region_covers("990121", one["region"])
        assert re.fullmatch(r"0990-0000[0-9]{3}", one["phone"])


def test_people_can_register_and_are_nobody() -> None:
    people = ACCOUNTS["people"]
    assert [person.get("level", "NONE") for person in people][:3] == ["STRONG", "MEDIUM", "NONE"]
    for person in people:
        own = {key: value for key, value in person.items() if key != "level"}
        request(identity.RegisterPersonRequest(), own)
        assert id_number_valid(person["idNumber"], date(2026, 1, 1))
        assert re.fullmatch(r"99[0-9]{4}.{12}", person["idNumber"])
        assert re.fullmatch(r"1990000[0-9]{4}", person["phone"])
    assert len({person["idNumber"] for person in people}) == len({person["phone"] for person in people}) == 13


def test_six_agencies_and_an_owner_are_represented_by_people_there_are_and_two_agencies_by_one() -> None:
    organizations, numbers = ACCOUNTS["organizations"], {person["idNumber"] for person in ACCOUNTS["people"]}
    for one in organizations:
        request(
            organizations_pb.RegisterOrganizationRequest(), {key: one[key] for key in one if key != "representative"}
        )
        assert uscc_valid(one["uscc"]) and one["representative"] in numbers
    assert len({one["uscc"] for one in organizations}) == len(organizations) == 7
    (shared,) = [who for who, times in Counter(one["representative"] for one in organizations).items() if times > 1]
    assert len({one["address"] for one in organizations if one["representative"] == shared}) == 1


def test_required_level_is_left_open_so_that_demo_people_may_apply() -> None:
    assert {item.required_level for item in ITEMS} == {access.IDENTITY_LEVEL_UNSPECIFIED}
