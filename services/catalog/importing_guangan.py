"""Lists of items as districts publish them: one flat row an item, no limits, no materials (v-luobo/zwfw, 广安区)."""

import csv
import io
from collections.abc import Iterator, Mapping

from chassis.errors import Violation
from services.catalog.importing_defaults import Row, bad, default_fields, default_steps, joined, placeholder_owner
from standards import codes
from yiwang.catalog.v1 import service_pb2 as pb

COLUMNS = frozenset({"department", "item_name", "implement_code", "dept_uscc", "task_type", "area_code"})
_REGION_DIGITS = 6


def read(text: str) -> Iterator[Row]:
    """The rows of the file; a row's number is its line."""
    reader = csv.DictReader(io.StringIO(text))
    for values in reader:
        yield _row(reader.line_num, {key: (value or "").strip() for key, value in values.items() if key})


def _row(number: int, values: Mapping[str, str]) -> Row:
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
    return Row(number, _definition(values, _region(region), kind, owner), [], doubts)


def _definition(values: Mapping[str, str], region: str, kind: str, owner: str) -> pb.ItemDefinition:
    main = values.get("main_item", "")
    return pb.ItemDefinition(
        code=values["implement_code"],
        base_code=values.get("base_code", ""),
        name=values["item_name"],
        type_code=kind,
        department=pb.Department(code=owner, name=values["department"]),
        region=region,
        steps=default_steps(),
        form_fields=default_fields(),
        online=True,
        source_note=joined((main and f"主项：{main}", "区级事项清单，未公布时限与材料"), 1000),
    )


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
