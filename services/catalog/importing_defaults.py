"""What an import fills in where a source says nothing, the same for every format."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from google.protobuf.message import Message

from chassis.errors import Violation
from standards import item_codes
from standards.codes import region_prefix
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import service_pb2 as pb


class Row(NamedTuple):
    """One row of a file: where it stands, its definition unless it is bad, what is wrong and what is doubtful.

    `definition` is of an item, an entry, an implementation or a theme, or a SaveVocabularyRequest for the synonyms of a region.
    `above` are the levels above an item (entry, implementation), brought before it. `part` names the list the number counts in.
    """

    number: int
    definition: Message | None
    faults: list[Violation]
    doubts: list[Violation]
    above: tuple[Message, ...] = ()
    part: str = ""


Rows = Iterable[Row]

# A step's kind is told by the first of these its name has.
_STEP_KINDS = (
    (re.compile("制证|制作|发放|领取|送达|办结|反馈|归档|颁发|发证"), pb.STEP_KIND_ISSUE),
    (re.compile("决定|审批|登簿|批准|核准"), pb.STEP_KIND_DECIDE),
    (re.compile("受理|收件|申请|接收"), pb.STEP_KIND_ACCEPT),
)
MOST = {"source_note": 1000, "note": 4000, "limit_note": 2000}


def bad(number: int, field: str, message: str) -> Row:
    """A row that is refused for one field."""
    return Row(number, None, [Violation(field, "BAD_ROW", message)], [])


def step_kind(name: str) -> "pb.StepKind.ValueType":
    """Where a step stands in the course of a case; what nothing tells is a review."""
    return next((kind for pattern, kind in _STEP_KINDS if pattern.search(name)), pb.STEP_KIND_REVIEW)


def default_steps() -> list[pb.Step]:
    """The steps of every application (行政许可法 ch. 4): accept, review, decide."""
    return [pb.Step(name=name, kind=step_kind(name)) for name in ("受理", "审查", "决定")]


def default_fields() -> list[pb.FormField]:
    """What every application asks when its item lists no questions."""
    return [
        pb.FormField(key="contact_phone", label="联系人电话", kind=pb.FIELD_KIND_PHONE, required=True, max_length=20),
        pb.FormField(key="contact_address", label="联系地址", kind=pb.FIELD_KIND_TEXT, max_length=200),
        pb.FormField(
            key="request_note", label="申请说明", kind=pb.FIELD_KIND_LONG_TEXT, required=True, max_length=2000
        ),
    ]


def placeholder_owner(region: str, name: str) -> str:
    """A code for a department whose own is unknown: TE, region, and digits that follow from its name. 18 characters."""
    digits = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10**10
    return f"TE{region_prefix(region).ljust(6, '0')[:6]}{digits:010d}"


def material_keys(names: Iterable[str]) -> Iterator[str]:
    """Keys of materials by their names, so that they stay when the source puts another one before them."""
    used: dict[str, int] = {}
    for name in names:
        key = "m" + hashlib.sha256(name.strip().encode()).hexdigest()[:8]
        used[key] = used.get(key, 0) + 1
        yield key if used[key] == 1 else f"{key}_{used[key]}"


def implementation_of(item: pb.ItemDefinition, note: str = "") -> directory.ImplementationDefinition:
    """The implementation an item belongs to, as far as the item tells it."""
    return directory.ImplementationDefinition(
        code=item.implementation_code,
        base_code=item.base_code,
        name=item.name,
        type_code=item.type_code,
        department=item.department,
        region=item.region,
        exercise_level=item.exercise_level,
        laws=item.laws,
        supervision_phone=item.supervision_phone,
        source_note=note,
    )


def entry_of(item: pb.ItemDefinition, region: str, owner: str, parent: str = "") -> directory.EntryDefinition:
    """The entry of the basic directory an item names, without standard elements. A sub-item's code tells its main item (C.1.2)."""
    parts = item_codes.split_code(item.base_code)
    sub = parts is not None and bool(parts.area) and parts.sub not in (item_codes.NO_SUBS, item_codes.HAS_SUBS)
    return directory.EntryDefinition(
        code=item.base_code,
        name=item.name,
        type_code=item.type_code,
        parent_code=item_codes.main_of(item.base_code) if sub else parent,
        region=region,
        owner_name=owner,
    )


def labelled(label: str, value: Any) -> str:
    """`label：value`, lists joined by 、; empty when the source says nothing, or 无."""
    if not value or value == "无":
        return ""
    return f"{label}：{'、'.join(map(str, value)) if isinstance(value, list) else value}"


def joined(parts: Iterable[str | None], most: int, separator: str = "；") -> str:
    """The parts that say something, in one text of at most so many characters."""
    return separator.join(part.strip() for part in parts if part and part.strip())[:most]
