"""Full guides of a province's portal: scenarios, limits, materials, steps, fees, FAQ (official public guides of Hunan).

What the contract has no field for is kept in notes, and what is odd is kept as it stands. Themes (一件事) are read by importing_themes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chassis.errors import Violation
from services.catalog import importing_hunan_materials as materials
from services.catalog import importing_hunan_parts as parts
from services.catalog import importing_themes
from services.catalog import importing_words as words
from services.catalog.importing_conditions import Questions
from services.catalog.importing_defaults import (
    Row,
    bad,
    default_fields,
    default_steps,
    entry_of,
    implementation_of,
    joined,
    placeholder_owner,
    step_kind,
)
from standards import codes
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import service_pb2 as pb

REGION = "430000"
_TYPES = {name: code for code, name in codes.ITEM_TYPES.items()} | {"其他行政权力": "10"}
_NEEDED = (("rights_code", "权力编码"), ("name", "事项名称"), ("matter_type", "事项类型"), ("organization", "实施机构"))

Guide = Mapping[str, Any]


def matches(content: Any) -> bool:
    """Whether a JSON document is of this format."""
    items = content.get("items") if isinstance(content, dict) else None
    return bool(items) and isinstance(items, list) and isinstance(items[0], dict) and "rights_code" in items[0]


def read(content: Guide) -> Iterator[Row]:
    """The guides, numbered from 1 as they stand in the file, then the themes likewise."""
    topics, taken = _topics(content.get("themes", ())), {}
    for number, guide in enumerate(content["items"], 1):
        try:
            row = _row(number, guide, topics)
        except (TypeError, AttributeError, KeyError, ValueError) as error:
            row = bad(number, "", f"结构与指南格式不符（{type(error).__name__}）")
        if isinstance(row.definition, pb.ItemDefinition):
            taken[row.definition.name] = row.definition.code
        yield row
    for number, theme in enumerate(content.get("themes", ()), 1):
        try:
            yield importing_themes.read(number, theme, REGION, taken)
        except (TypeError, AttributeError, KeyError, ValueError) as error:
            yield bad(number, "", f"结构与主题格式不符（{type(error).__name__}）")._replace(part="themes")


def _topics(themes: Sequence[Guide]) -> dict[str, list[str]]:
    """Names of the themes an item takes part in, by the item's name."""
    found: dict[str, list[str]] = {}
    for theme in themes:
        for name, _days in theme.get("joint_items", ()):
            found.setdefault(name, []).append(re.sub("[“”]", "", theme["name"])[:50])
    return found


def _row(number: int, guide: Guide, topics: Mapping[str, list[str]]) -> Row:
    for key, name in _NEEDED:
        if not guide.get(key):
            return bad(number, key, f"{name}为空")
    kind = _TYPES.get(guide["matter_type"])
    if kind is None:
        return bad(number, "matter_type", f"未知的事项类型“{guide['matter_type']}”")
    questions = Questions(guide.get("scenarios") or ())
    material, doubts = materials.read(guide, questions)
    if guide.get("oddity"):
        doubts.append(Violation("", "ODDITY", guide["oddity"]))
    item = _definition(guide, kind, topics.get(guide["name"], []))
    item.MergeFrom(_channels(guide))
    item.materials.extend(material)
    _by_scenario(item, guide, questions)
    return Row(number, item, [], doubts, (_entry(item), implementation_of(item, parts.source_note(guide))))


def _definition(guide: Guide, kind: str, topics: list[str]) -> pb.ItemDefinition:
    """What holds whatever is answered."""
    statutory, promised = parts.limits(guide)
    return pb.ItemDefinition(
        code=guide["rights_code"] + guide.get("business_code", ""),
        base_code=guide["rights_code"],
        implementation_code=guide["rights_code"],
        duty_codes=[guide["rights_code"]],
        name=guide["name"],
        type_code=kind,
        department=pb.Department(
            code=placeholder_owner(REGION, guide["organization"]), name=guide["organization"][:100]
        ),
        joint_departments=[one[:100] for one in guide["organization"].split("、")[1:]],
        region=REGION,
        exercise_level=parts.exercise_level(guide),
        service_objects=guide.get("service_object", "").split("、"),
        statutory_limit=statutory,
        promised_limit=promised,
        case_kind=parts.case_kind(guide, promised),
        special_procedures=parts.special_procedures(guide),
        conditions=guide.get("acceptance_condition", "")[:20_000],
        quantity_limit=guide.get("quantity_limit", "")[:1000],
        apply_by=parts.apply_by(guide),
        legal_basis=joined((guide.get("legal_basis"), guide.get("materials_basis")), 20_000, "\n"),
        laws=words.laws(guide.get("legal_basis", "")),
        steps=_steps(guide) or default_steps(),
        form_fields=default_fields(),
        charged=bool(guide.get("charged")),
        fee_note=parts.fee_note(guide),
        result_name=guide.get("result_name", "")[:500],
        results=parts.results(guide),
        topics=topics[:20],
        faq=[pb.Faq(question=one["q"], answer=one["a"]) for one in guide.get("faq", ())],
        windows=parts.windows(guide),
        source_note=parts.source_note(guide),
    )


def _channels(guide: Guide) -> pb.ItemDefinition:
    """How and where it is applied for."""
    return pb.ItemDefinition(
        visits=guide.get("min_on_site_visits") or 0,
        visit_reason=guide.get("visits_note", "")[:1000],
        online=bool(guide.get("online")),
        online_depths=parts.depths(guide),
        handling_forms=parts.handling_forms(guide),
        reach=parts.reach(guide),
        commitment=bool(guide.get("commitment_system")),
        intermediary_services=parts.intermediaries(guide),
    )


def _by_scenario(item: pb.ItemDefinition, guide: Guide, questions: Questions) -> None:
    """What depends on the answers, and then the questions it needs."""
    item.fees.extend(parts.fees(guide, questions))
    item.limit_variants.extend(parts.limit_variants(guide, questions))
    item.questions.extend(questions.all())


def _entry(item: pb.ItemDefinition) -> directory.EntryDefinition:
    """The entry of the basic directory: 00 is the nation's, else the province's own."""
    national = item.base_code.startswith("00")
    found = entry_of(item, REGION, "国家基本目录" if national else "省级基本目录")
    found.guiding_department = item.department.name
    return found


def _steps(guide: Guide) -> list[pb.Step]:
    return [
        pb.Step(
            name=one["step"][:100],
            kind=step_kind(one["step"]),
            limit=pb.Limit(amount=one["workdays"], unit=pb.TIME_UNIT_WORKING_DAY) if one.get("workdays") else None,
            standard=one.get("standard", "")[:4000],
        )
        for one in guide.get("process", ())
    ]
