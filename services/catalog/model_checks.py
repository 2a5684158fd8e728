"""What a definition must be beyond the proto's field rules, and what is doubtful about it. Pure.

Faults are structural and refuse it. Doubts are what real sources contain: an import keeps them and names them.
"""

from collections.abc import Iterable

from chassis.errors import Violation
from services.catalog import model_scenarios
from standards import codes, identifiers
from yiwang.catalog.v1 import service_pb2 as pb

PLACEHOLDERS = frozenset({"空", "无", "暂无", "/", "暂无受理条件"})
PLACEHOLDER_LIMIT = 999
_TEXTS = ("conditions", "legal_basis", "result_name", "fee_note", "windows", "phone")


def faults(definition: pb.ItemDefinition) -> list[Violation]:
    """What refuses a definition: keys used twice, blank names, a region that is none."""
    found = _repeated("materials", (material.key for material in definition.materials))
    found += _repeated("form_fields", (field.key for field in definition.form_fields))
    if not definition.name.strip():
        found.append(Violation("name", "REQUIRED", "必填"))
    if not definition.department.name.strip() or not definition.department.code.strip():
        found.append(Violation("department", "REQUIRED", "必填"))
    if not codes.region_valid(definition.region):
        found.append(Violation("region", "REGION_UNKNOWN", "行政区划代码格式不正确"))
    return found + model_scenarios.faults(definition)


def _repeated(path: str, keys: Iterable[str]) -> list[Violation]:
    seen: set[str] = set()
    found = []
    for position, key in enumerate(keys):
        if key in seen:
            found.append(Violation(f"{path}[{position}].key", "KEY_TWICE", f"键 {key} 重复"))
        seen.add(key)
    return found


def doubts(definition: pb.ItemDefinition) -> list[Violation]:
    """What an import keeps and names: codes, limits and texts that cannot be quite right."""
    code = codes.check_item_code(definition.code)
    found = [Violation("code", warning, codes.WARNINGS[warning]) for warning in code.warnings]
    if not identifiers.uscc_valid(definition.department.code):
        found.append(Violation("department.code", "NOT_USCC", "部门代码不是有效的统一社会信用代码"))
    found += _limit_doubts(definition)
    for name in _TEXTS:
        if getattr(definition, name).strip() in PLACEHOLDERS:
            found.append(Violation(name, "PLACEHOLDER", "内容是占位文字"))
    if definition.online and definition.visits and not definition.materials:
        found.append(Violation("materials", "NONE_LISTED", "可网办但未列出任何材料"))
    return found


def _limit_doubts(definition: pb.ItemDefinition) -> list[Violation]:
    statutory, promised = definition.statutory_limit, definition.promised_limit
    found = []
    if promised.unit and promised.unit == statutory.unit and promised.amount > statutory.amount:
        found.append(Violation("promised_limit", "ABOVE_STATUTORY", "承诺时限长于法定时限"))
    for name, limit in (("statutory_limit", statutory), ("promised_limit", promised)):
        if limit.amount == PLACEHOLDER_LIMIT:
            found.append(Violation(name, "PLACEHOLDER", "时限是占位数字"))
    # The document is made after the decision, within a limit of its own (行政许可法 art. 44).
    steps = [step.limit for step in definition.steps if step.limit.unit and step.kind != pb.STEP_KIND_ISSUE]
    if promised.unit and steps and all(limit.unit == promised.unit for limit in steps):
        total = sum(limit.amount for limit in steps)
        if total > promised.amount:
            found.append(Violation("steps", "ABOVE_PROMISE", f"各环节时限合计{total}，超过承诺时限{promised.amount}"))
    return found
