"""The real guides of a province are imported whole: every fact of the source stands somewhere, and its oddities are kept and named."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from services.catalog import importing_hunan
from services.catalog.importing_defaults import Row
from services.catalog.importing_files import rows
from standards import lint
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import themes_pb2 as themes

FILE = Path(__file__).resolve().parents[4] / "shared/data/items/hunan_guides.json"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the real data is not beside the checkout")

# Where every key of the source goes. What stands here as text is looked for word by word; the rest is told by a value of ours.
KEPT = {
    "service_id": "source_note",
    "rights_code": "code, base_code, implementation_code, duty_codes",
    "business_code": "code",
    "name": "name",
    "organization": "department, entry's guiding_department",
    "implementation_level": "windows, exercise_level",
    "do_scope": "source_note, reach",
    "acceptance_condition": "conditions",
    "law_limit_note": "statutory_limit.note",
    "promise_note": "promised_limit.note",
    "legal_basis": "legal_basis, laws",
    "materials_basis": "legal_basis, materials.basis",
    "result_name": "result_name, results",
    "quantity_limit": "quantity_limit",
    "visits_note": "visit_reason",
    "transact_level": "source_note, online_depths",
    "official_url": "source_note",
    "source_page": "source_note",
    "oddity": "source_note",
    "post_check": "source_note",
    "sibling_variant": "source_note",
    "scenarios[]": "questions",
    "fee_applies_to[]": "fees.payer, fees.when",
    "fees[].name": "fees",
    "fees[].standard": "fee_note, fees",
    "fees[].basis": "fees.basis",
    "faq[].q": "faq",
    "faq[].a": "faq",
    "apply_deadlines[].who": "apply_by",
    "apply_deadlines[].from": "apply_by",
    "apply_deadlines[].unit": "apply_by",
    "process[].step": "steps",
    "process[].standard": "steps.standard",
    "special_procedure.types[]": "special_procedures",
    "materials[].name": "name",
    "materials[].doc_type": "form, originals, duplicates",
    "materials[].form": "form, medium",
    "materials[].source": "source, maker",
    "materials[].channel": "note",
    "materials[].note": "note",
    "materials[].any_of": "one_of, note",
    "materials[].applies_to[]": "when, note",
    "materials[].waived_if": "when or waiver, note",
    "materials[].stage": "stage",
    "materials[].free_submission": "waiver, note",
    "materials[].material_code": "note",
    "materials[].material_kind": "kind, note",
    "materials[].standard_material.code": "standard_code",
    "materials[].standard_material.name": "note",
}
# Told by a value: numbers, flags and closed lists, each with the reading of it that must agree.
TOLD = {
    "matter_type",
    "service_object",
    "online",
    "min_on_site_visits",
    "law_limit_days",
    "promise_limit_days",
    "charged",
    "special_procedure",
    "intermediary_service",
    "commitment_system",
    "immediate",
    "hour_limit",
    "result_validity_years",
    "transact_from",
    "materials[].necessity",
    "materials[].copies",
    "process[].workdays",
    "special_procedure.days",
    "apply_deadlines[].days",
    "apply_deadlines[].years",
    "channel_limits.线上.workdays",
    "channel_limits.线下.immediate",
}
NOTHING_TO_KEEP = {"", "无", "0"}


@pytest.fixture(scope="module")
def source() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(FILE.read_text())
    return content


@pytest.fixture(scope="module")
def found() -> list[Row]:
    return list(rows(FILE))


@pytest.fixture(scope="module")
def items(found: list[Row]) -> dict[str, pb.ItemDefinition]:
    return {row.definition.code: row.definition for row in found if isinstance(row.definition, pb.ItemDefinition)}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one, f"{path}[]")
    else:
        yield path, value


def told(row: Row) -> str:
    parts = [row.definition, *row.above]
    text = json.dumps([MessageToDict(one) for one in parts if one is not None], ensure_ascii=False)
    return re.sub(r"\s+", "", text.replace("\\n", "").replace('\\"', '"'))


def test_all_guides_and_themes_are_good(found: list[Row], items: dict[str, pb.ItemDefinition]) -> None:
    assert [(row.part, row.number, row.faults) for row in found if row.faults] == []
    assert len(items) == 27 and sum(isinstance(row.definition, themes.ThemeDefinition) for row in found) == 3
    assert {item.region for item in items.values()} == {"430000"}


def test_every_key_of_the_source_has_its_place(source: dict[str, Any]) -> None:
    keys = {path for guide in source["items"] for path, _ in leaves(guide)}
    assert keys - {"special_procedure"} == set(KEPT) | TOLD - {"special_procedure"}


def test_no_word_of_a_guide_is_lost(source: dict[str, Any], found: list[Row]) -> None:
    for guide, row in zip(source["items"], found, strict=False):
        text = told(row)
        for path, value in leaves(guide):
            words = re.sub(r"\s+", "", str(value))
            if path in KEPT and words not in NOTHING_TO_KEEP:
                assert words in text, f"{guide['name']}: {path} = {value}"


def test_what_is_told_by_a_value_agrees(source: dict[str, Any], items: dict[str, pb.ItemDefinition]) -> None:
    necessities = {"必要": {1, 4}, "非必要": {1, 2}, "容缺后补": {3}}
    for guide in source["items"]:
        item = items[guide["rights_code"] + guide["business_code"]]
        assert (item.visits, item.online) == (guide["min_on_site_visits"], guide["online"])
        assert (item.charged, item.commitment) == (guide["charged"], bool(guide.get("commitment_system")))
        assert bool(item.intermediary_services) == bool(guide["intermediary_service"])
        special = guide["special_procedure"] or {"days": 0, "types": []}
        assert [(one.name, one.cap.amount) for one in item.special_procedures] == [
            (name, special["days"]) for name in special["types"]
        ]
        for one, material in zip(guide["materials"], item.materials, strict=True):
            assert material.necessity in necessities[one["necessity"]], material.name
            assert material.copies == one["copies"] and bool(material.stage) == bool(one.get("stage"))
        workdays = [one["workdays"] for one in guide["process"] if "workdays" in one]
        assert [step.limit.amount for step in item.steps if step.HasField("limit")] == workdays
        if years := guide.get("result_validity_years"):
            assert {result.validity for result in item.results} == {f"{years}年"}


def test_limits_have_the_units_their_prose_tells(items: dict[str, pb.ItemDefinition]) -> None:
    dispute = items["00093100100001"]
    assert (dispute.statutory_limit.amount, dispute.statutory_limit.unit) == (3, pb.TIME_UNIT_MONTH)
    assert (dispute.promised_limit.amount, dispute.promised_limit.unit) == (90, pb.TIME_UNIT_WORKING_DAY)
    tax = items["00203003500001"]
    assert (tax.promised_limit.unit, tax.case_kind) == (pb.TIME_UNIT_AT_ONCE, pb.CASE_KIND_AT_ONCE)
    seal = items["431009085W0001"]
    assert (seal.promised_limit.amount, seal.promised_limit.unit) == (24, pb.TIME_UNIT_HOUR)
    assert items["00070911100102"].promised_limit.unit == pb.TIME_UNIT_NATURAL_DAY
    referral = items["432036005W0601"]
    assert [(one.promised_limit.amount, one.promised_limit.unit) for one in referral.limit_variants] == [
        (2, pb.TIME_UNIT_WORKING_DAY),
        (0, pb.TIME_UNIT_AT_ONCE),
    ]


def material(item: pb.ItemDefinition, start: str) -> pb.Material:
    return next(one for one in item.materials if one.name.startswith(start))


def test_scenarios_are_asked_and_materials_follow_the_answers(items: dict[str, pb.ItemDefinition]) -> None:
    charity = items["00071101700001"]
    (forms, supervised) = charity.questions
    assert [option.text for option in forms.options] == ["基金会", "社会团体", "社会服务机构", "以上都不是"]
    report = material(charity, "注册会计师")
    assert report.necessity == pb.NECESSITY_REQUIRED
    assert [rule.leaf.says for rule in report.when.any.rules] == ["社会团体", "社会服务机构"]
    assert material(charity, "业务主管部门").when.leaf.id == supervised.key
    permit = items["00016300200501"]
    assert [question.hint for question in permit.questions[1:]] == ["未满16周岁", "军人", "登记备案的国家工作人员"]
    letter, soldier = material(permit, "同意函"), permit.questions[2].key
    assert soldier in {rule.leaf.cel for rule in letter.when.any.rules}
    building = items["00011700600001"]
    both = material(building, "监理中标通知书").when
    assert {rule.leaf.says for rule in both.all.rules} == {"须实施监理", "依法必须招标"}
    assert len(building.questions) == 2


def test_what_nobody_must_bring_is_not_the_applicants(items: dict[str, pb.ItemDefinition]) -> None:
    relief, injury, pension = items["00051100200001"], items["00201400700401"], items["00201400600102"]
    assert material(relief, "临时救助调查审核确认表").maker == pb.MAKER_OFFICER
    assert material(relief, "公示照片").maker == material(injury, "调查笔录").maker == pb.MAKER_OFFICER
    assert material(pension, "承诺书").maker == pb.MAKER_SYSTEM
    assert material(items["432099002W0001"], "广播电视有线网络验收").stage == "验收"
    assert material(items["00016300200501"], "指纹").kind == pb.MATERIAL_KIND_BIOMETRIC


def test_alternatives_are_one_group_and_one_of_several_papers_stays_one_material(
    items: dict[str, pb.ItemDefinition],
) -> None:
    residence = items["00070911100102"]
    groups = [one.one_of for one in residence.materials]
    assert groups[0] == groups[1] == "" and len(set(groups[2:])) == 1 and groups[2]
    assert residence.materials[1].when.WhichOneof("node") == "not"
    card = items["432036005W0601"].materials[0]
    assert (card.necessity, card.one_of) == (pb.NECESSITY_REQUIRED, "") and "三选一" in card.note


def test_a_licence_replaces_what_the_source_says_it_does(items: dict[str, pb.ItemDefinition]) -> None:
    mortgage, fire = items["00071500101411"], items["00012504900002"]
    proof = material(mortgage, "申请人身份证明")
    assert (proof.waiver, proof.licence_code) == (pb.WAIVER_LICENCE, "L2000016")
    shared = material(fire, "营业执照")
    assert shared.waiver == pb.WAIVER_DATA and not shared.HasField("when")


def test_fees_are_amounts_of_those_who_pay(items: dict[str, pb.ItemDefinition]) -> None:
    fees = {item.name: item.fees for item in items.values() if item.fees}
    assert [(one.least, one.most, one.unit) for one in fees["往来港澳通行证签发"]] == [(6000, 6000, "证")]
    assert [(one.least, one.unit) for one in fees["抵押权首次登记"]] == [(8000, "件"), (55000, "件"), (1000, "本")]
    (cable,) = fees["有线电视安装费"]
    assert (cable.least, cable.most, cable.payer) == (500, 800, "建设单位")
    assert [one.most for one in fees["非因工劳动能力鉴定申请"]] == [20000, 30000]
    assert all(len(one.when.any.rules) == 2 for one in fees["非因工劳动能力鉴定申请"])


def test_a_condition_in_words_alone_is_never_silently_optional(
    source: dict[str, Any], found: list[Row], items: dict[str, pb.ItemDefinition]
) -> None:
    stated = {
        (guide["rights_code"] + guide["business_code"], position): one["necessity"]
        for guide in source["items"]
        for position, one in enumerate(guide["materials"])
    }
    for code, item in items.items():
        for position, one in enumerate(item.materials):
            if stated[code, position] == "必要":
                assert one.necessity != pb.NECESSITY_OPTIONAL
            if one.necessity == pb.NECESSITY_CONDITIONAL:
                assert one.note, one.name
    doubted = {doubt.field for row in found for doubt in row.doubts if doubt.reason == "CONDITIONAL"}
    assert len(doubted) > 5


def test_the_levels_above_stand_once(found: list[Row]) -> None:
    above = [one for row in found for one in row.above]
    made = [one.code for one in above if isinstance(one, directory.ImplementationDefinition)]
    entries = [one.code for one in above if isinstance(one, directory.EntryDefinition)]
    # The two flows of one inspection are one power.
    assert len(made) == len(set(made)) == len(entries) == len(set(entries)) == 26


def test_oddities_are_kept_and_named_by_the_lint(source: dict[str, Any], found: list[Row]) -> None:
    for guide, row in zip(source["items"], found, strict=False):
        assert isinstance(row.definition, pb.ItemDefinition)
        named = [one for one in lint.findings(row.definition) if one.level != "hint"]
        if guide.get("oddity"):
            assert f"存疑：{guide['oddity']}" in row.definition.source_note
            assert named and "ODDITY" in {doubt.reason for doubt in row.doubts}
    errors = {
        row.definition.name: [one.rule for one in lint.findings(row.definition) if one.level == "error"]
        for row in found
        if isinstance(row.definition, pb.ItemDefinition)
    }
    assert {name: rules for name, rules in errors.items() if rules} == {
        "对企业名称争议的裁决": ["L101"],
        "公众聚集场所投入使用、营业前消防安全检查（告知承诺制流程）": ["L231"],
    }


def test_themes_keep_their_stated_limit_and_their_alternatives(found: list[Row]) -> None:
    known = {row.definition.code: row for row in found if isinstance(row.definition, themes.ThemeDefinition)}
    row = known["43TCN0003"]
    theme = row.definition
    assert isinstance(theme, themes.ThemeDefinition)
    assert (theme.stated_limit.amount, max(one.limit.amount for one in theme.items)) == (4, 10)
    assert {doubt.reason for doubt in row.doubts} == {"ODDITY", "STATED_BELOW_LONGEST"}
    fire = [one for one in theme.items if one.one_of == "g2"]
    assert [one.item_code for one in fire] == ["00012504900002", "00012504900001"]
    assert all(one.HasField("when") for one in fire) and theme.partial_results
    general = next(one for one in theme.materials if one.name == "消防安全检查申报表（一般流程）")
    assert general.when.leaf.cel == fire[1].when.leaf.cel
    water = known["43TCN0004"].definition
    assert isinstance(water, themes.ThemeDefinition)
    gas = next(one for one in water.materials if one.name == "用气报装申请函")
    assert gas.necessity == pb.NECESSITY_REQUIRED and gas.when.leaf.says == "用气"


def test_no_word_of_a_theme_is_lost(source: dict[str, Any], found: list[Row]) -> None:
    read = [row for row in found if isinstance(row.definition, themes.ThemeDefinition)]
    flags = {"charged", "intermediary_service", "joint_survey", "partial_result"}
    for theme, row in zip(source["themes"], read, strict=True):
        text = told(row)
        for path, value in leaves(theme):
            words = re.sub(r"[\s“”]+", "", str(value)) if path == "name" else re.sub(r"\s+", "", str(value))
            if path.split(".")[0] not in flags and path not in ("promise_unit_code", "joint_items[][]"):
                assert words in text, f"{theme['name']}: {path} = {value}"


def test_the_same_words_always_give_the_same_keys(source: dict[str, Any], items: dict[str, pb.ItemDefinition]) -> None:
    again = [row.definition for row in importing_hunan.read(source) if isinstance(row.definition, pb.ItemDefinition)]
    assert again == list(items.values())
