"""Full guides of a province's portal: limits, materials, steps, fees, FAQ (official public guides of Hunan).

What the contract has no field for is kept in notes. Themes (一件事) are no items: they give their items a topic.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chassis.errors import Violation
from services.catalog import importing_hunan_parts as parts
from services.catalog.importing_defaults import (
    Row,
    bad,
    default_fields,
    default_steps,
    joined,
    material_keys,
    placeholder_owner,
    step_kind,
)
from standards import codes
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
    """The guides, numbered from 1 as they stand in the file."""
    topics = _topics(content.get("themes", ()))
    for number, guide in enumerate(content["items"], 1):
        try:
            yield _row(number, guide, topics)
        except (TypeError, AttributeError, KeyError, ValueError) as error:
            yield bad(number, "", f"结构与指南格式不符（{type(error).__name__}）")


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
    materials, doubts = _materials(guide)
    if guide.get("oddity"):
        doubts.append(Violation("", "ODDITY", guide["oddity"]))
    return Row(number, _definition(guide, kind, materials, topics.get(guide["name"], [])), [], doubts)


def _definition(guide: Guide, kind: str, materials: list[pb.Material], topics: list[str]) -> pb.ItemDefinition:
    statutory, promised = parts.limits(guide)
    return pb.ItemDefinition(
        code=guide["rights_code"] + guide.get("business_code", ""),
        base_code=guide["rights_code"],
        name=guide["name"],
        type_code=kind,
        department=pb.Department(
            code=placeholder_owner(REGION, guide["organization"]), name=guide["organization"][:100]
        ),
        region=REGION,
        service_objects=guide.get("service_object", "").split("、"),
        statutory_limit=statutory,
        promised_limit=promised,
        conditions=parts.conditions(guide),
        legal_basis=joined((guide.get("legal_basis"), guide.get("materials_basis")), 20_000, "\n"),
        steps=_steps(guide) or default_steps(),
        materials=materials,
        form_fields=default_fields(),
        charged=bool(guide.get("charged")),
        fee_note=parts.fees(guide),
        result_name=guide.get("result_name", "")[:500],
        visits=guide.get("min_on_site_visits") or 0,
        online=bool(guide.get("online")),
        topics=topics[:20],
        faq=[pb.Faq(question=one["q"], answer=one["a"]) for one in guide.get("faq", ())],
        windows=parts.windows(guide),
        source_note=parts.source_note(guide),
    )


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


def _materials(guide: Guide) -> tuple[list[pb.Material], list[Violation]]:
    listed = guide.get("materials", ())
    found, doubts = [], []
    for position, (key, one) in enumerate(zip(material_keys(one["name"] for one in listed), listed, strict=True)):
        necessity, doubt = parts.necessity(one)
        if doubt:
            doubts.append(Violation(f"materials[{position}].necessity", "CONDITIONAL", doubt))
        found.append(
            pb.Material(
                key=key,
                name=one["name"][:500],
                necessity=necessity,
                form=joined((one.get("doc_type"), one.get("form")), 200, "，"),
                copies=one.get("copies", "")[:200],
                source=one.get("source", "")[:200],
                note=parts.material_note(one, doubt),
            )
        )
    return found, doubts
