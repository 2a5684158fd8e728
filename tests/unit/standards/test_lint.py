"""The guide lint: a guide without fault has no finding, and each rule finds what it is for and nothing else of its kind."""

import re
from pathlib import Path
from typing import Any

import pytest

from standards import lint
from standards.lint_list import LIST_RULES
from standards.lint_rules import RULES
from tests.support.guides import CODE, IMPLEMENTATION, OWNER, clean, days, leaf, material
from yiwang.catalog.v1 import service_pb2 as pb

ROOT = Path(__file__).resolve().parents[3]
AT_ONCE = pb.Limit(unit=pb.TIME_UNIT_AT_ONCE)
MONTH, NATURAL, HOUR, HALF = (
    pb.TIME_UNIT_MONTH,
    pb.TIME_UNIT_NATURAL_DAY,
    pb.TIME_UNIT_HOUR,
    pb.TIME_UNIT_HALF_DAY,
)
FILE = pb.GuideFile(name="样本.pdf", url="https://example.org/a.pdf")


def fee(**changes: Any) -> list[pb.Fee]:
    return [
        pb.Fee(
            **(
                {"name": "工本费", "standard": "10元/证", "least": 1000, "most": 1000, "basis": "发改价格〔2019〕914号"}
                | changes
            )
        )
    ]


def result(name: str, kind: int, sample: bool = True) -> list[pb.Result]:
    return [pb.Result(name=name, kind=kind, sample=FILE if sample else None)]  # type: ignore[arg-type]


def step(name: str, kind: int = pb.STEP_KIND_REVIEW, **more: Any) -> pb.Step:
    return pb.Step(name=name, kind=kind, role="许可岗", **more)  # type: ignore[arg-type]


def with_step(*more: pb.Step) -> list[pb.Step]:
    return [*clean().steps, *more]


def with_material(**changes: Any) -> list[pb.Material]:
    return [*clean().materials, material(**({"key": "other", "name": "管理制度"} | changes))]


def question(**changes: Any) -> list[pb.Question]:
    found = clean().questions[0]
    return [
        pb.Question(
            **({"key": found.key, "text": found.text, "kind": found.kind, "options": list(found.options)} | changes)
        )
    ]


def procedure(
    kind: int = pb.PROCEDURE_KIND_HEARING, name: str = "听证", cap: pb.Limit | None = None
) -> list[pb.SpecialProcedure]:
    return [pb.SpecialProcedure(kind=kind, name=name, cap=cap)]  # type: ignore[arg-type]


def automatic(cel: str) -> pb.Automatic:
    return pb.Automatic(rule=leaf(cel), summary="符合条件的，提交即办结")


PREMISES_FIELD = pb.FormField(key="premises", label="经营场所", kind=pb.FIELD_KIND_TEXT)
LICENSING = pb.Law(title="《中华人民共和国行政许可法》", article="第四十五条")
DEFERRABLE = [*clean().materials, material(key="later", name="健康证明", necessity=pb.NECESSITY_DEFERRABLE)]
LONG = pb.LimitVariant(when=leaf('premises == "own"'), promised_limit=days(25))
MANY = [*clean().materials, *(material(key=f"m{n}", name=f"第{n}号布局图") for n in range(12))]

BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("L001", "case_kind", {"case_kind": pb.CASE_KIND_AT_ONCE}),
    ("L001", "review_kind", {"review_kind": None}),
    ("L001", "case_kind", {"promised_limit": AT_ONCE}),
    ("L002", "results[0].kind", {"results": result("《卫生许可证》", pb.RESULT_KIND_DOCUMENT)}),
    ("L003", "results[0].kind", {"results": result("批准公文", pb.RESULT_KIND_CERTIFICATE)}),
    ("L004", "results[0].kind", {"results": result("关于某项目的批复", pb.RESULT_KIND_DOCUMENT)}),
    ("L005", "visit_reason", {"visits": 1, "online_depths": [4]}),
    ("L005", "visit_reason", {"visits": 1, "visit_reason": "无", "online_depths": [4]}),
    ("L006", "visit_reason", {"visit_reason": "核验原件"}),
    ("L007", "postal", {"online": False, "online_depths": [1], "handling_forms": [pb.HANDLING_FORM_WINDOW]}),
    ("L008", "visits", {"visits": 1, "visit_reason": "核验原件"}),
    ("L009", "fees", {"fees": None}),
    ("L009", "fees[0].basis", {"fees": fee(basis="")}),
    ("L009", "pay_online", {"pay_online": False}),
    ("L010", "pay_online", {"charged": False, "fees": None}),
    ("L011", "phone", {"phone": "82213456"}),
    ("L011", "supervision_phone", {"supervision_phone": "（0731）8221 3456"}),
    ("L012", "topics", {"topics": None}),
    ("L012", "corporate_topics", {"service_objects": ["自然人"]}),
    ("L012", "service_objects", {"service_objects": None}),
    ("L013", "faq", {"faq": None}),
    ("L014", "steps", {"steps": clean().steps[:4]}),
    ("L015", "results[0].sample", {"results": result("卫生许可证", pb.RESULT_KIND_CERTIFICATE, False)}),
    ("L015", "results", {"results": None, "result_name": "卫生许可证"}),
    ("L101", "promised_limit", {"promised_limit": days(21)}),
    ("L101", "promised_limit", {"statutory_limit": days(3, MONTH), "promised_limit": days(90)}),
    ("L101", "limit_variants[0].promised_limit", {"limit_variants": [LONG]}),
    ("L102", "promised_limit", {"statutory_limit": days(30, NATURAL), "promised_limit": days(22)}),
    ("L103", "promised_limit", {"promised_limit": None}),
    ("L104", "statutory_limit", {"statutory_limit": None}),
    ("L105", "promised_limit", {"promised_limit": days(5, 0)}),
    ("L105", "promised_limit", {"promised_limit": pb.Limit(amount=1, unit=pb.TIME_UNIT_AT_ONCE)}),
    ("L106", "statutory_limit", {"statutory_limit": days(999)}),
    ("L107", "steps", {"steps": with_step(step("复核", limit=days(2)))}),
    ("L107", "steps[5].limit", {"steps": with_step(step("复核", limit=days(3, MONTH), when=leaf('premises == "own"')))}),
    ("L108", "statutory_limit", {"laws": [pb.Law(title="《消防法》", article="第十五条", text="应当自受理之日起十个工作日内检查")]}),
    ("L109", "promised_limit", {"promised_limit": days(5, note="自受理之日起7个工作日内")}),
    ("L109", "promised_limit", {"promised_limit": days(5, note="当场办理")}),
    ("L110", "promised_limit", {"promised_limit": days(5, note="线上5个工作日，线下即办")}),
    ("L110", "statutory_limit", {"statutory_limit": days(20, note="20个工作日，经批准可延长10日")}),
    ("L111", "special_procedures", {"promised_limit": AT_ONCE, "special_procedures": procedure(cap=days(2))}),
    ("L111", "steps[1]", {"promised_limit": AT_ONCE}),
    ("L112", "steps[5].name", {"steps": with_step(step("现场勘验"))}),
    ("L112", "visit_reason", {"visits": 1, "visit_reason": "需现场进行技术性鉴定", "online_depths": [4]}),
    ("L113", "special_procedures[0].cap", {"special_procedures": procedure()}),
    ("L114", "special_procedures[0].cap", {"special_procedures": procedure(cap=days(120))}),
    ("L115", "special_procedures[0].kind", {"special_procedures": procedure(pb.PROCEDURE_KIND_OTHER, "联合审查", days(2))}),
    ("L116", "steps[5].name", {"steps": with_step(step("审核"))}),
    ("L117", "steps", {"steps": None}),
    ("L117", "steps", {"steps": [step(name) for name in ("收", "审", "核", "送", "档")]}),
    ("L118", "steps", {"steps": [*clean().steps[:4], pb.Step(name="送达", kind=pb.STEP_KIND_ISSUE)]}),
    ("L119", "promised_limit", {"promised_limit": days(1), "steps": [step(name, pb.STEP_KIND_DECIDE) for name in "收审核送档"]}),
    ("L131", "materials[3].name", {"materials": with_material(name="场所平面图（复印件）")}),
    ("L132", "materials[3].necessity", {"materials": with_material(name="授权委托书（仅委托他人办理的提供）")}),
    ("L132", "materials[3].necessity", {"materials": with_material(note="如有分支机构")}),
    ("L133", "materials[3].when", {"materials": with_material(necessity=pb.NECESSITY_CONDITIONAL)}),
    ("L134", "materials[3].one_of", {"materials": with_material(note="三选一")}),
    ("L134", "materials[3].one_of", {"materials": with_material(one_of="proof")}),
    ("L135", "materials[3].maker", {"materials": with_material(maker=pb.MAKER_OFFICER)}),
    ("L135", "materials[3].maker", {"materials": with_material(note="由办理机关上传（办理过程中产生）")}),
    ("L135", "materials[3].maker", {"materials": with_material(note="系统自动生成，申请人签字")}),
    ("L136", "materials[3].stage", {"materials": with_material(stage="验收")}),
    ("L137", "materials[3].kind", {"materials": with_material(name="指纹")}),
    ("L138", "materials[3].waiver", {"materials": with_material(name="营业执照", source="政府部门核发")}),
    ("L139", "materials[3].licence_code", {"materials": with_material(name="营业执照", waiver=pb.WAIVER_LICENCE)}),
    ("L140", "materials[3].licence_name", {
        "materials": with_material(name="申请人身份证明", waiver=pb.WAIVER_LICENCE, licence_name="居民身份证")}),
    ("L141", "materials[3].issuer", {"materials": with_material(issuer="示范县卫生健康局")}),
    ("L142", "materials[3].name", {"materials": with_material(name="法律、法规规定的其他材料")}),
    ("L143", "materials[3].blank_form", {"materials": with_material(name="备案登记表", sample=FILE)}),
    ("L144", "materials[3].sample", {"materials": with_material(name="备案登记表", blank_form=FILE)}),
    ("L145", "materials[3].standard", {"materials": with_material(originals=0, duplicates=1, standard="须为原件")}),
    ("L146", "materials[3].medium", {"materials": with_material(medium=pb.MATERIAL_FORM_PAPER)}),
    ("L147", "materials[3].medium", {
        "online": False, "online_depths": [1], "postal": True, "handling_forms": [pb.HANDLING_FORM_WINDOW],
        "materials": with_material(medium=pb.MATERIAL_FORM_ELECTRONIC)}),
    ("L148", "materials[3].excludes", {"materials": with_material(excludes=["nobody"])}),
    ("L149", "materials", {"materials": None, "questions": None}),
    ("L150", "materials", {"materials": [material(medium=2), material(key="b", name="制度", medium=2)], "questions": None}),
    ("L151", "materials[3].source", {"materials": with_material(source="", maker=0)}),
    ("L152", "questions", {"materials": [one for one in MANY if one.key != "lease"], "questions": None}),
    ("L153", "materials[3].note", {"materials": with_material(note="暂无")}),
    ("L161", "materials[3].when", {"materials": with_material(when=leaf("colour == 1"))}),
    ("L162", "materials[3].when", {"materials": with_material(when=leaf('premises == "lent"'))}),
    ("L163", "questions[0]", {"materials": clean().materials[:2]}),
    ("L164", "questions[0].options", {"questions": question(options=[])}),
    ("L165", "questions[0].options", {"questions": question(options=[pb.Option(key="rented", text="租赁")])}),
    ("L166", "questions[0].options", {"questions": question(options=[pb.Option(key=key, text=key) for key in ("own", "lent", "rented")])}),
    ("L171", "visits", {"conditions": "申请人双方须共同到场签字，场所符合卫生标准。"}),
    ("L172", "handling_forms", {"handling_forms": [pb.HANDLING_FORM_WINDOW]}),
    ("L172", "online", {"online": False, "online_depths": [1], "postal": True}),
    ("L173", "online_depths", {"online_depths": None}),
    ("L174", "handling_forms", {"handling_forms": None}),
    ("L175", "not_at_centre_reason", {"at_service_centre": False}),
    ("L176", "commitment", {"name": "公共场所卫生许可（告知承诺制）"}),
    ("L176", "materials", {"commitment": True}),
    ("L177", "places", {"places": None}),
    ("L178", "places[0].hours", {"places": [pb.Place(name="大厅", address="人民路1号")]}),
    ("L179", "supervision_phone", {"supervision_phone": None}),
    ("L180", "conditions", {"conditions": "空"}),
    ("L180", "promised_limit.note", {"promised_limit": days(5, note="根据实际情况办理")}),
    ("L181", "conditions", {"conditions": None}),
    ("L182", "results", {"results": None}),
    ("L183", "results[0].name", {"results": result("审核结果公示", pb.RESULT_KIND_APPROVAL)}),
    ("L184", "results[0].name", {"results": result("裁决书、调解书", pb.RESULT_KIND_APPROVAL)}),
    ("L185", "quantity_limit", {"quantity_limit": "999"}),
    ("L186", "conditions", {"conditions": "通过印章系统接收推送的企业信息后办理。"}),
    ("L187", "conditions", {"conditions": "被申请人的名称侵犯申请人的合法权益。"}),
    ("L188", "conditions", {"region": "430000", "conditions": "材料交到长沙市芙蓉区人民路12号。"}),
    ("L188", "conditions", {"region": "430100000000", "conditions": "材料交到长沙市芙蓉区人民路12号。"}),
    ("L189", "name", {"name": "有线电视安装费"}),
    ("L190", "source_note", {"source_note": "某省门户；存疑：数量限制为2"}),
    ("L191", "apply_by", {"conditions": "场所符合标准。申请期限：自事故发生之日起30日内。"}),
    ("L192", "service_objects", {"service_objects": ["其他"]}),
    ("L201", "department.code", {"department": pb.Department(code=OWNER[:17] + "?", name="示范县卫生健康局")}),
    ("L202", "code", {"code": "X-1", "implementation_code": None}),
    ("L203", "base_code", {"base_code": "12", "implementation_code": None}),
    ("L203", "implementation_code", {"code": IMPLEMENTATION[:-1] + "101"}),
    ("L203", "former_codes", {"former_codes": [CODE]}),
    ("L204", "type_code", {"type_code": "07"}),
    ("L205", "exercise_level", {"exercise_level": "3"}),
    ("L205", "code", {"region": "430100", "exercise_level": "3"}),
    ("L206", "region", {"region": "030103"}),
    ("L207", "duty_codes", {"duty_codes": None}),
    ("L208", "department.name", {"department": pb.Department(code=OWNER, name="示范县水务集团有限公司")}),
    ("L209", "department.name", {"type_code": "20", "department": pb.Department(code=OWNER, name="示范县水务集团有限公司")}),
    ("L210", "laws[0].title", {"laws": [pb.Law(title="按国家有关规定")]}),
    ("L210", "laws[0].article", {"laws": [pb.Law(title="《公共场所卫生管理条例》")]}),
    ("L210", "legal_basis", {"laws": None, "legal_basis": "国家和省有关卫生管理的要求"}),
    ("L211", "laws", {"laws": None}),
    ("L212", "laws[0].title", {"laws": [pb.Law(title="《中华人民共和国物权法》", article="第九条")]}),
    ("L213", "laws[0].title", {"name": "停止供水审批", "laws": [pb.Law(title="《城镇燃气管理条例》", article="第二十条")]}),
    ("L214", "fees[0]", {"fees": fee(least=2000)}),
    ("L215", "fees[0].standard", {"fees": fee(standard="按规定标准", least=0, most=0)}),
    ("L216", "fees[0]", {"fees": fee(standard="每平方米5-8元", least=500, most=800)}),
    ("L217", "fees[0].when", {"fees": fee(payer="非法用工人员")}),
    ("L218", "charged", {"charged": False, "pay_online": False}),
    ("L219", "baseline", {"baseline": pb.Baseline(materials=2)}),
    ("L220", "fees[1]", {"fees": fee() * 2}),
    ("L221", "name", {"name": "公共场所卫生许可（新办"}),
    ("L222", "materials[3].name", {"materials": with_material(name="卫生检测报告")}),
    ("L223", "results[0].kind", {"results": result("备案回执", 0)}),
    ("L231", "handling.commitment_text", {"commitment": True}),
    ("L232", "materials[3].waiver", {"materials": with_material(waiver=pb.WAIVER_COMMITMENT)}),
    ("L233", "handling.commitment_text", {"handling": pb.Handling(commitment_text="本人承诺符合条件。")}),
    ("L234", "online_depths", {"handling": pb.Handling(pre_review=True)}),
    ("L235", "handling.decided_on_site", {"handling": pb.Handling(decided_on_site=True)}),
    ("L235", "handling.decided_on_site", {"handling": pb.Handling(decided_on_site=True, visit=pb.VISIT_NEED_NONE)}),
    ("L236", "steps", {"handling": pb.Handling(visit=pb.VISIT_NEED_REQUIRED)}),
    ("L237", "handling.visit_pauses", {"handling": pb.Handling(visit_pauses=True), "laws": [LICENSING]}),
    ("L238", "special_procedures[0].cap", {"special_procedures": procedure(10, "现场勘验", days(3))}),
    ("L238", "special_procedures[0].cap", {"special_procedures": procedure(10, "现场勘验", days(3, note="不计入时限"))}),
    ("L239", "statutory_limit", {"statutory_limit": days(21)}),
    ("L239", "statutory_limit", {"statutory_limit": days(2, MONTH)}),
    ("L239", "statutory_limit", {"statutory_limit": days(46), "handling": pb.Handling(joint=True)}),
    ("L240", "case_kind", {"automatic": automatic("true")}),
    ("L241", "automatic.rule", {"automatic": automatic("income > 5")}),
    ("L241", "automatic.rule", {"automatic": automatic("licence_other")}),
    ("L241", "automatic.rule", {"automatic": automatic('premises == "own"'), "form_fields": [PREMISES_FIELD]}),
    ("L242", "handling.deferral_days", {"handling": pb.Handling(deferral_days=10)}),
    ("L242", "handling.deferral_days", {"handling": pb.Handling(deferral_days=61), "materials": DEFERRABLE}),
    ("L243", "handling.correction_days", {"handling": pb.Handling(correction_days=61)}),
]  # fmt: skip


def found(item: pb.ItemDefinition) -> set[tuple[str, str]]:
    return {(one.rule, one.field) for one in lint.findings(item)}


def test_a_guide_that_has_everything_has_no_finding() -> None:
    assert lint.findings(clean()) == []


@pytest.mark.parametrize(("rule", "field", "changes"), BROKEN, ids=[f"{rule}-{field}" for rule, field, _ in BROKEN])
def test_each_rule_finds_what_it_is_for_and_names_the_field(rule: str, field: str, changes: dict[str, Any]) -> None:
    assert (rule, field) in found(clean(**changes))


def test_every_rule_is_shown_to_find_something() -> None:
    assert {rule for rule, _, _ in BROKEN} == {rule.id for rule in RULES}


FINE: list[tuple[str, dict[str, Any]]] = [
    ("L001", {"promised_limit": AT_ONCE, "case_kind": pb.CASE_KIND_AT_ONCE, "review_kind": pb.REVIEW_KIND_AT_ONCE}),
    ("L007", {"online": False, "postal": True}),
    ("L011", {"phone": "0731-82213456转8", "supervision_phone": "12345、0731-82210000"}),
    ("L101", {"statutory_limit": days(3, MONTH), "promised_limit": days(60)}),
    ("L101", {"statutory_limit": days(60, NATURAL), "promised_limit": days(40)}),
    ("L107", {"steps": with_step(step("制证", pb.STEP_KIND_ISSUE, limit=days(10)))}),
    ("L108", {"laws": [pb.Law(title="《行政许可法》", article="第四十二条", text="应当自受理之日起二十日内作出决定")]}),
    (
        "L108",
        {
            "laws": [
                pb.Law(
                    title="《城市供水条例》", article="第二十二条", text="应当提前24小时通知用户，2020年3月1日起施行"
                )
            ]
        },
    ),
    ("L109", {"promised_limit": days(5, note="5个工作日，情形复杂的延长10个工作日")}),
    ("L112", {"steps": with_step(step("现场勘验")), "special_procedures": procedure(10, "现场勘验", days(3))}),
    ("L132", {"materials": with_material(note="网上现场都可提交")}),
    ("L132", {"materials": with_material(name="处置施工险情和意外事故的应急方案")}),
    ("L132", {"materials": with_material(name="符合生产工艺的需求说明")}),
    (
        "L134",
        {
            "materials": [
                *with_material(one_of="proof", note="任选其一"),
                material(key="third", name="证明", one_of="proof"),
            ]
        },
    ),
    ("L138", {"materials": with_material(name="营业执照", waiver=pb.WAIVER_DATA)}),
    ("L138", {"materials": with_material(name="《食品经营许可证》申请书")}),
    ("L171", {"conditions": "全程网办，申请人无需到现场。"}),
    ("L205", {"exercise_level": "7"}),
    ("L101", {"statutory_limit": days(1), "promised_limit": days(1, HALF)}),
    ("L109", {"promised_limit": days(1, HALF, note="半个工作日内办结")}),
    ("L218", {"charged": False, "pay_online": False, "fees": fee(standard="0元/证，已停征", least=0, most=0)}),
    ("L231", {"commitment": True, "handling": pb.Handling(commitment_text="本人承诺符合条件。")}),
    ("L234", {"handling": pb.Handling(pre_review=True), "online_depths": [3, 4]}),
    (
        "L236",
        {"handling": pb.Handling(visit=pb.VISIT_NEED_REQUIRED), "steps": with_step(step("现场勘验", limit=days(1)))},
    ),
    ("L237", {"handling": pb.Handling(visit_pauses=True, visit=pb.VISIT_NEED_REQUIRED)}),
    ("L238", {"special_procedures": procedure(10, "现场勘验", days(3, note="计入承诺时限"))}),
    (
        "L238",
        {
            "special_procedures": procedure(10, "现场勘验", days(3)),
            "handling": pb.Handling(visit=pb.VISIT_NEED_REQUIRED, visit_pauses=True),
        },
    ),
    ("L239", {"statutory_limit": days(45), "handling": pb.Handling(joint=True)}),
    ("L239", {"statutory_limit": days(2, MONTH), "laws": [pb.Law(title="《某法》", article="第五条", text="2个月内")]}),
    (
        "L241",
        {"automatic": automatic('applicant_level >= 2 && "form" in handed_in && licence_plan && premises == "own"')},
    ),
    ("L242", {"handling": pb.Handling(deferral_days=10), "materials": DEFERRABLE}),
]


@pytest.mark.parametrize(("rule", "changes"), FINE)
def test_what_is_right_is_not_found(rule: str, changes: dict[str, Any]) -> None:
    assert rule not in {one for one, _ in found(clean(**changes))}


def test_errors_come_first_and_then_the_order_of_the_fields() -> None:
    all = lint.findings(clean(duty_codes=None, name="停止供水费", region="990000", faq=None, promised_limit=days(30)))
    levels = [lint.LEVELS.index(one.level) for one in all]
    assert levels == sorted(levels) and levels[0] == 0
    assert [one.field for one in all if one.level == "error"] == ["promised_limit", "duty_codes"]
    assert all == lint.findings(
        clean(duty_codes=None, name="停止供水费", region="990000", faq=None, promised_limit=days(30))
    )


def test_only_few_rules_keep_a_guide_from_being_published() -> None:
    assert [rule.id for rule in RULES if rule.level == "error"] == [
        "L008",
        "L101",
        "L161",
        "L162",
        "L164",
        "L206",
        "L207",
        "L214",
        "L231",
        "L232",
        "L235",
        "L241",
    ]


def test_a_table_of_levels_changes_and_switches_off_rules() -> None:
    broken = clean(duty_codes=None, faq=None)
    assert [
        (one.rule, one.level) for one in lint.findings(broken, {"L207": "hint", "L013": "off", "L999": "error"})
    ] == [("L207", "hint")]
    assert lint.errors(broken)[0].rule == "L207" and lint.errors(broken, {"L207": "off"}) == []
    assert lint.findings(broken, {"L207": "loud"})[0].level == "error"
    assert lint.unknown_levels({"L207": "loud", "L999": "error", "L013": "off"}) == ["L207", "L999"]


def test_the_document_lists_every_rule_as_it_is() -> None:
    rows = re.findall(
        r"^\| (L\d{3}) \| (\w+) \| (.+?) \| (.+?) \| (.+?) \|$", (ROOT / "docs/lint.md").read_text(), re.MULTILINE
    )
    assert rows == [(rule.id, rule.level, rule.words, rule.source, rule.hint) for rule in (*RULES, *LIST_RULES)]
