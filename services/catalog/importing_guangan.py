"""Lists of items as districts publish them: one flat row an item, no limits, no materials (v-luobo/zwfw, 广安区)."""

import hashlib
from collections.abc import Mapping
from typing import Final

from chassis.errors import Violation
from services.catalog.importing_defaults import (
    Row,
    bad,
    default_fields,
    default_steps,
    entry_of,
    implementation_of,
    joined,
    placeholder_owner,
)
from standards import codes
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import service_pb2 as pb

COLUMNS = frozenset({"department", "item_name", "implement_code", "dept_uscc", "task_type", "area_code"})
_REGION_DIGITS = 6
# A base code shorter than that is a letter or two of an older list: no entry of a directory.
_LEAST_BASE: Final = 10
OWNER: Final = "省级基本目录"
_NOTE: Final = "区级事项清单，未公布时限与材料"


def row(number: int, values: Mapping[str, str]) -> Row:
    """A row of the list, with the implementation it is and the entries of the basic directory it names."""
    for column, name in (("implement_code", "实施编码"), ("item_name", "事项名称"), ("department", "部门")):
        if not values.get(column):
            return bad(number, column, f"{name}为空")
    region = values.get("area_code", "")
    if not codes.region_valid(region) or len(region) < _REGION_DIGITS:
        return bad(number, "area_code", "行政区划代码格式不正确")
    try:
        kind = codes.type_code(values.get("task_type", ""))
    except ValueError:
        return bad(number, "task_type", "事项类型代码格式不正确")
    owner, doubts = _owner(region, values)
    item = _definition(values, _region(region), kind, owner)
    return Row(number, item, [], doubts, (*_entries(item, values), implementation_of(item, _NOTE)))


def _definition(values: Mapping[str, str], region: str, kind: str, owner: str) -> pb.ItemDefinition:
    main = values.get("main_item", "")
    return pb.ItemDefinition(
        code=values["implement_code"],
        base_code=values.get("base_code", ""),
        implementation_code=values["implement_code"],
        duty_codes=[values["implement_code"]],
        name=values["item_name"],
        type_code=kind,
        department=pb.Department(code=owner, name=values["department"]),
        region=region,
        steps=default_steps(),
        form_fields=default_fields(),
        online=True,
        source_note=joined((main and f"主项：{main}", _NOTE), 1000),
    )


def _entries(item: pb.ItemDefinition, values: Mapping[str, str]) -> list[directory.EntryDefinition]:
    """The entry of the province's directory, below its main item where the list names one; without standard elements."""
    if len(item.base_code) < _LEAST_BASE:
        return []
    area, main = item.base_code[:2], values.get("main_item", "")
    below = main_code(area, main) if main and main != item.name else ""
    own = entry_of(item, f"{area}0000", OWNER, below)
    if not below:
        return [own]
    above = directory.EntryDefinition(
        code=own.parent_code, name=main, type_code=item.type_code, region=own.region, owner_name=OWNER
    )
    return [above, own]


def main_code(area: str, name: str) -> str:
    """A code for a main item, which the list names and does not number: TM, the area, ten digits that follow from its name."""
    return f"TM{area}{int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10**10:010d}"


def _region(region: str) -> str:
    """Twelve digits that end in empty levels are the county's six."""
    return codes.region_prefix(region).ljust(_REGION_DIGITS, "0")


def _owner(region: str, values: Mapping[str, str]) -> tuple[str, list[Violation]]:
    """The department's code. One that stands for nobody (a region, 1111…) would make several departments one."""
    code = values.get("dept_uscc", "").upper()
    if code and code != region and len(set(code)) > 1:
        return code, []
    own = placeholder_owner(region, values["department"])
    return own, [Violation("dept_uscc", "OWNER_PLACEHOLDER", f"部门代码“{code}”是占位代码，改用 {own}")]
