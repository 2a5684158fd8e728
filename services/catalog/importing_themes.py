"""Themes (一件事) of a province's portal as ThemeDefinition: their items, alternatives, materials, stated limit. Pure.

Their oddities are kept: a stated limit below the longest item, a necessity code the source does not explain, items of companies.
"""

import re
from collections.abc import Mapping
from typing import Any

from chassis.errors import Violation
from services.catalog import importing_conditions as conditions
from services.catalog import importing_words as words
from services.catalog.importing_conditions import Condition, Questions
from services.catalog.importing_defaults import Row, joined, labelled, material_keys
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import themes_pb2 as themes
from yiwang.rules.v1 import rules_pb2 as rules

Part = Mapping[str, Any]

# Codes of the portal. 3 is explained nowhere; it stands beside conditions, so it is read as one.
_NECESSITIES = {"1": pb.NECESSITY_REQUIRED, "2": pb.NECESSITY_OPTIONAL, "3": pb.NECESSITY_CONDITIONAL}
_MAKERS = {"10": pb.MAKER_APPLICANT, "20": pb.MAKER_GOVERNMENT}
_UNITS = {"1.0": pb.TIME_UNIT_WORKING_DAY, "1": pb.TIME_UNIT_WORKING_DAY}
_UNIT_ASSUMED = "原文未注明单位，按工作日计"
_NAMED = re.compile("（([^（）]*流程[^（）]*)）$")


def read(number: int, theme: Part, region: str, items: Mapping[str, str]) -> Row:
    """A theme, numbered as it stands in the file. `items` are the codes of the items of the same file by their names."""
    questions = Questions()
    definition = themes.ThemeDefinition(
        code=theme["theme_id"],
        region=region,
        name=re.sub("[“”]", "", theme["name"])[:200],
        stated_limit=_limit(theme["promise_limit_days"], theme.get("promise_unit_code", "")),
        conditions="\n".join(theme.get("conditions", ()))[:20_000],
        faq=[pb.Faq(question=one["q"], answer=one["a"]) for one in theme.get("faq", ())],
        partial_results=bool(theme.get("partial_result")),
        delivery=theme.get("delivery", "")[:200],
        source_note=_source_note(theme),
    )
    chosen = _choices(theme, questions)
    definition.items.extend(_items(theme, items, chosen))
    definition.materials.extend(_materials(theme, questions, chosen))
    definition.questions.extend(questions.all())
    doubts = [Violation("", "ODDITY", theme["oddity"])] if theme.get("oddity") else []
    longest = max((days for _, days in theme["joint_items"]), default=0)
    if theme["promise_limit_days"] < longest:
        told = f"主题承诺{theme['promise_limit_days']}日，短于最长的联办事项{longest}日；按原文保留"
        doubts.append(Violation("stated_limit", "STATED_BELOW_LONGEST", told))
    return Row(number, definition, [], doubts, part="themes")


def _choices(theme: Part, questions: Questions) -> dict[str, rules.Rule]:
    """Asks which of the alternatives is wanted; the rule of each by its name."""
    found: dict[str, rules.Rule] = {}
    for position, group in enumerate(theme.get("alternatives", ()), 1):
        found |= questions.choice(f"choice_{position}", f"以下事项您办理哪一项（{len(group)}选一）", group)
    return found


def _items(theme: Part, items: Mapping[str, str], chosen: Mapping[str, rules.Rule]) -> list[themes.ThemeItem]:
    groups = {name: f"g{position}" for position, group in enumerate(theme.get("alternatives", ()), 1) for name in group}
    ends: Mapping[str, str] = theme.get("joint_results") or {}
    return [
        themes.ThemeItem(
            key=conditions.key_of("i", name),
            name=name,
            item_code=items.get(name, ""),
            limit=_limit(days, theme.get("promise_unit_code", "")),
            one_of=groups.get(name, ""),
            when=chosen.get(name),
            result_name=next((told for start, told in ends.items() if name.startswith(start)), "")[:500],
        )
        for name, days in theme["joint_items"]
    ]


def _limit(days: int, unit: str) -> pb.Limit:
    known = _UNITS.get(unit)
    return pb.Limit(amount=days, unit=known or pb.TIME_UNIT_WORKING_DAY, note="" if known else _UNIT_ASSUMED)


def _materials(theme: Part, questions: Questions, chosen: Mapping[str, rules.Rule]) -> list[pb.Material]:
    details = {one["name"]: one for one in theme.get("materials_detail", ())}
    names: list[str] = list(dict.fromkeys((*theme.get("materials", ()), *details)))
    exempt = set(theme.get("exempt_by_elicense", ()))
    found = []
    for key, name in zip(material_keys(names), names, strict=True):
        detail = details.get(name, {})
        material = _material(key, name, detail, name in exempt)
        if told := _of_process(name, chosen):
            material.when.CopyFrom(conditions.any_of(told))
        elif detail.get("necessity_code") == "3" and detail.get("note"):
            material.necessity = pb.NECESSITY_REQUIRED
            material.when.CopyFrom(questions.rule(Condition((detail["note"],))))
        found.append(material)
    return found


def _material(key: str, name: str, detail: Part, exempt: bool) -> pb.Material:
    # Without a detail the source does not say who needs it.
    necessity = _NECESSITIES.get(detail.get("necessity_code", ""), pb.NECESSITY_CONDITIONAL)
    return pb.Material(
        key=key,
        name=name[:500],
        necessity=necessity,
        kind=words.material_kind(name),
        maker=_MAKERS.get(detail.get("source_code", ""), pb.MAKER_UNSPECIFIED),
        waiver=pb.WAIVER_LICENCE if exempt else pb.WAIVER_UNSPECIFIED,
        licence_name=name[:200] if exempt else "",
        note=joined(
            (
                detail.get("note"),
                "" if detail else "原文未注明必要性",
                "可由电子证照代替" if exempt else "",
                labelled("必要性代码", detail.get("necessity_code")),
                labelled("来源代码", detail.get("source_code")),
                labelled("形式代码", detail.get("form_code")),
            ),
            4000,
        ),
    )


def _of_process(name: str, chosen: Mapping[str, rules.Rule]) -> list[rules.Rule]:
    """The alternatives a material's name says it is for: （告知承诺制流程/一般流程）."""
    named = _NAMED.search(name)
    words_of = [one.removesuffix("流程") for one in named[1].split("/")] if named else []
    return [rule for item, rule in chosen.items() if any(f"（{one}流程）" in item for one in words_of)]


def _source_note(theme: Part) -> str:
    numbers = {
        "variant_id": "变体编号",
        "applicable_area_count": "适用地区数",
        "areas_total": "地区总数",
        "variants_total": "变体总数",
        "unified_finish_code": "统一办结代码",
        "source_page": "来源页",
    }
    flags = {"charged": "收费", "intermediary_service": "中介服务", "joint_survey": "联合踏勘"}
    return joined(
        (
            labelled("存疑", theme.get("oddity")),
            *(f"{name}：{'是' if theme[key] else '否'}" for key, name in flags.items() if theme.get(key) is not None),
            *(labelled(name, theme.get(key)) for key, name in numbers.items()),
        ),
        1000,
    )
