"""What a definition must be beyond the proto's field rules, and what is doubtful about it. Pure.

Faults are structural and refuse it. Doubts are what real sources contain: an import keeps them and names them.
"""

from collections.abc import Iterable

from chassis.errors import Violation
from services.catalog import model_scenarios
from standards import codes, lint
from yiwang.catalog.v1 import service_pb2 as pb


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
    """What an import keeps and names: what the guide lint finds, hints apart; the reason is the rule."""
    return [Violation(one.field, one.rule, one.message) for one in lint.findings(definition) if one.level != "hint"]
