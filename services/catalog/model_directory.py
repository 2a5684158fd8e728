"""An entry of the basic directory (基本目录): a main item or a sub-item, with the standard elements its owner fixes. Pure."""

from typing import Final

from chassis.errors import Violation
from services.catalog import model_checks, model_lines, model_standard
from services.catalog.model_lines import Kind, Line
from standards import codes, item_codes
from yiwang.catalog.v1 import directory_pb2 as pb
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2 as items

_FIELDS: Final = frozenset(items.ItemDefinition.DESCRIPTOR.fields_by_name)
# What of an item a standard need not say, and what its checks then name.
_STAND_INS: Final = ("code", "name", "type_code", "department", "region")


def as_item(definition: pb.EntryDefinition) -> items.ItemDefinition:
    """The standard as an item's definition, to be checked like one; what it need not say is filled in."""
    found = items.ItemDefinition()
    found.CopyFrom(definition.standard)
    found.code, found.region = definition.code, definition.region
    found.name, found.type_code = found.name or definition.name, found.type_code or definition.type_code
    found.department.CopyFrom(items.Department(code=codes.region_prefix(definition.region), name=definition.owner_name))
    return found


def faults(line: Line | None, definition: pb.EntryDefinition) -> list[Violation]:
    """What refuses an entry: blank names, a region that is none, a main item that became a sub-item, a code that contradicts its place in
    the tree, and a standard that is none."""
    found = model_lines.blank(definition, "name", "owner_name")
    if not codes.region_valid(definition.region):
        found.append(Violation("region", "REGION_UNKNOWN", "行政区划代码格式不正确"))
    if line is not None and bool(line.definition.get("parentCode")) != bool(definition.parent_code):
        # Parents are main items, and a main item stays one: so no entry can be below itself.
        found.append(Violation("parent_code", "LEVEL_FIXED", "主项与子项不能互换，请使用新的编码"))
    return [*found, *_place_faults(definition), *_standard_faults(definition)]


def doubts(definition: pb.EntryDefinition) -> list[Violation]:
    """What an officer has to mend and an import keeps and names: a code of another type, one of letters that are misread."""
    parts = item_codes.split_code(definition.code)
    if parts is None or parts.owner:
        return []
    found = []
    if parts.type != definition.type_code:
        found.append(Violation("type_code", "CODE_CONTRADICTS", f"编码中的事项类型是{parts.type}"))
    if "MAIN_LETTER" in codes.check_item_code(definition.code).warnings:
        found.append(Violation("code", "MAIN_LETTER", codes.WARNINGS["MAIN_LETTER"]))
    return found


def parent_fault(parent: Line | None) -> Violation | None:
    """What is wrong with the entry a sub-item names as its main item: none there, or a sub-item itself."""
    if parent is None:
        return Violation("parent_code", "PARENT_UNKNOWN", "所属主项不在基本目录中")
    if parent.definition.get("parentCode"):
        return Violation("parent_code", "PARENT_NOT_MAIN", "所属主项本身是子项")
    return None


def _place_faults(definition: pb.EntryDefinition) -> list[Violation]:
    """000 has no sub-items, 00Y has some, 001 to 999 is one, below the main item of the same nine digits (C.1.2)."""
    code, parent = definition.code, definition.parent_code
    parts = item_codes.split_code(code)
    if parent == code:
        return [Violation("parent_code", "PARENT_ITSELF", "不能以自身为主项")]
    if len(code) != 12 or parts is None:
        return []
    if parts.sub in (item_codes.NO_SUBS, item_codes.HAS_SUBS):
        return [Violation("parent_code", "CODE_CONTRADICTS", "该编码是主项，不能再有主项")] if parent else []
    main = item_codes.main_of(code)
    return [] if parent == main else [Violation("parent_code", "CODE_CONTRADICTS", f"该编码是子项，主项应为 {main}")]


def _standard_faults(definition: pb.EntryDefinition) -> list[Violation]:
    found = [
        Violation(f"standard.{name}", "NEVER_STANDARD", f"该要素不能统一：{why}")
        for name, why in model_standard.NEVER.items()
        if model_standard.is_set(definition.standard, name)
    ]
    for position, name in enumerate(definition.open_fields):
        if name not in _FIELDS or name in model_standard.NEVER:
            found.append(Violation(f"open_fields[{position}]", "FIELD_UNKNOWN", "不是可以统一的要素"))
    checked = model_checks.faults(as_item(definition)) if definition.HasField("standard") else []
    own = [one for one in checked if one.field.split(".")[0].split("[")[0] not in _STAND_INS]
    return found + [Violation(f"standard.{one.field}", one.reason, one.message) for one in own]


ENTRY: Final = Kind(
    id="entry_id",
    definition=pb.EntryDefinition,
    saved=events.EntrySaved,
    reviewed=events.EntryReviewed,
    returned=events.EntryReturned,
    published=events.EntryPublished,
    withdrawn=events.EntryWithdrawn,
    faults=faults,
    doubts=doubts,
)
EVOLVE: Final = model_lines.evolve(ENTRY)
