"""How the materials of a full guide are read: who must hand them in, who makes them, in what form, and what replaces them. Pure.

A condition the words tell exactly becomes a rule; one they only hint at makes the material CONDITIONAL: shown and explained, never
demanded by the machine, and never silently optional.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chassis.errors import Violation
from services.catalog import importing_conditions as conditions
from services.catalog import importing_words as words
from services.catalog.importing_conditions import Condition, Questions
from services.catalog.importing_defaults import joined, labelled, material_keys
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.rules.v1 import rules_pb2 as rules

Part = Mapping[str, Any]

_NECESSITIES = {
    "必要": pb.NECESSITY_REQUIRED,
    "非必要": pb.NECESSITY_OPTIONAL,
    "容缺后补": pb.NECESSITY_DEFERRABLE,
}
_MAKERS = {"申请人自备": pb.MAKER_APPLICANT, "政府部门核发": pb.MAKER_GOVERNMENT}
_WAIVERS = {
    "无": pb.WAIVER_NONE,
    "电子证照代替": pb.WAIVER_LICENCE,
    "数据共享核验": pb.WAIVER_DATA,
    "告知承诺代替": pb.WAIVER_COMMITMENT,
}
_KINDS = {"申请表": pb.MATERIAL_KIND_FORM, "证照": pb.MATERIAL_KIND_LICENCE, "证明材料": pb.MATERIAL_KIND_DOCUMENT}
_BY_OFFICER = re.compile("办理过程中(?:产生|形成)|由办理机关上传|(?:工作人员|核实中心)(?:提供|上传|审核确认)")
_BY_SYSTEM = re.compile("系统(?:自动)?(?:生成|自带)")
_SHARED = re.compile("共享|可查询")
# The words hint at a condition and do not say it, or name nothing that could be demanded.
_HINTED = re.compile(
    r"（[^（）]{2,40}，应提交|仅[^；。]{2,40}需要|^(?:经办人)?授权委托书|委托书$|^其他.*材料|的，可委托"
)
_ISSUER = re.compile("^由?(?P<who>[^，；。（）]{1,16}(?:部门|机构|单位|机关|局|厅))(?:提供|出具|核发)(?:$|[，；。、])")


def read(guide: Part, questions: Questions) -> tuple[list[pb.Material], list[Violation]]:
    """The materials of a guide; `questions` takes up what has to be asked. Doubts name where this differs from what is stated."""
    listed: Sequence[Part] = guide.get("materials", ())
    keys = material_keys(one["name"] for one in listed)
    found, doubts = [], []
    for position, (key, one) in enumerate(zip(keys, listed, strict=True)):
        necessity, rule, doubt = needed(one, questions)
        if doubt:
            doubts.append(
                Violation(f"materials[{position}].necessity", "CONDITIONAL", f"材料“{one['name'][:30]}”{doubt}")
            )
        found.append(_material(key, one, necessity, rule, doubt, guide.get("materials_basis", "")))
    return found, doubts


def needed(one: Part, questions: Questions) -> "tuple[pb.Necessity.ValueType, rules.Rule | None, str]":
    """How necessary a material is, for whom, and why that differs from what the source says (empty when it does not)."""
    stated, name, note = _NECESSITIES[one["necessity"]], one["name"], one.get("note", "")
    if _BY_OFFICER.search(f"{name}；{note}") or one.get("any_of") or one.get("stage"):
        return stated, None, ""
    told, doubt = _conditions(one), ""
    if not told:
        hinted = stated == pb.NECESSITY_REQUIRED and (_HINTED.search(name) or _HINTED.search(note))
        return (
            (pb.NECESSITY_CONDITIONAL, None, "标为必要，但只对部分申请人，条件只在文字里")
            if hinted
            else (stated, None, "")
        )
    rule = conditions.all_of(_different([questions.rule(condition) for condition in told]))
    if stated == pb.NECESSITY_REQUIRED:
        doubt = "标为必要，按文字只对部分申请人"
    elif stated == pb.NECESSITY_OPTIONAL and any(condition.must for condition in told):
        stated, doubt = pb.NECESSITY_REQUIRED, "标为非必要，按文字符合条件的必须提交"
    return stated, rule, doubt


def _different(found: list[rules.Rule]) -> list[rules.Rule]:
    return [rule for position, rule in enumerate(found) if rule not in found[:position]]


def _conditions(one: Part) -> list[Condition]:
    """What the source states in fields of its own goes before what name and note say."""
    waived = one.get("waived_if", "")
    if one.get("applies_to") or waived:
        phrases = tuple(phrase for told in one.get("applies_to", ()) for phrase in conditions.split(told))
        told = [Condition(phrases)] if phrases else []
        # What the office looks up itself is asked of nobody.
        return told + ([Condition((waived,), negative=True)] if waived and not _SHARED.search(waived) else [])
    return conditions.condition_of(one["name"].strip("。"), one.get("note", ""))


def _material(
    key: str, one: Part, necessity: "pb.Necessity.ValueType", rule: rules.Rule | None, doubt: str, basis: str
) -> pb.Material:
    originals, duplicates = words.copies(one.get("doc_type", ""), one.get("copies", ""))
    standard = one.get("standard_material") or {}
    waiver, note = _waiver(one), one.get("note", "")
    issuer = _ISSUER.search(note)
    found = pb.Material(
        key=key,
        name=one["name"][:500],
        necessity=necessity,
        form=joined((one.get("doc_type"), one.get("form")), 200, "，"),
        copies=one.get("copies", "")[:200],
        source=one.get("source", "")[:200],
        note=_note(one, doubt),
        kind=_KINDS.get(one.get("material_kind", ""), words.material_kind(one["name"])),
        medium=words.medium(one.get("form", "")),
        originals=originals,
        duplicates=duplicates,
        one_of=conditions.key_of("g", one["any_of"]) if one.get("any_of") else "",
        waiver=waiver,
        maker=_maker(one),
        basis=basis[:2000],
        stage=one.get("stage", "")[:50],
        standard_code=standard.get("code", "")[:40],
        issuer=issuer["who"] if issuer else "",
    )
    if waiver == pb.WAIVER_LICENCE:
        found.licence_code, found.licence_name = standard.get("code", "")[:40], standard.get("name", "")[:200]
    if rule is not None:
        found.when.CopyFrom(rule)
    return found


def _waiver(one: Part) -> "pb.Waiver.ValueType":
    told = _WAIVERS.get(one.get("free_submission", ""), pb.WAIVER_UNSPECIFIED)
    return pb.WAIVER_DATA if not told and _SHARED.search(one.get("waived_if", "")) else told


def _maker(one: Part) -> "pb.Maker.ValueType":
    text = f"{one['name']}；{one.get('note', '')}"
    if _BY_OFFICER.search(text):
        return pb.MAKER_OFFICER
    return pb.MAKER_SYSTEM if _BY_SYSTEM.search(text) else _MAKERS.get(one.get("source", ""), pb.MAKER_UNSPECIFIED)


def _note(one: Part, doubt: str) -> str:
    """Everything the source says of a material that has no field of its own, or that a rule stands for."""
    return joined(
        (
            one.get("note"),
            doubt and f"原文{doubt}",
            labelled("适用于", one.get("applies_to")),
            labelled("任选其一", one.get("any_of")),
            labelled("可免交", one.get("waived_if")),
            labelled("提交方式", one.get("channel")),
            labelled("免提交", one.get("free_submission")),
            labelled("标准材料", (one.get("standard_material") or {}).get("name")),
            labelled("材料类型", one.get("material_kind")),
            labelled("材料编码", one.get("material_code")),
        ),
        4000,
    )
