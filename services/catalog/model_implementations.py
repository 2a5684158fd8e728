"""An implementation (实施清单, 权责清单): which department of which place exercises an entry, and from whom its power is. Pure."""

from typing import Final

from chassis.errors import Violation
from services.catalog import model_lines
from services.catalog.model_lines import Kind, Line
from standards import codes, identifiers
from yiwang.catalog.v1 import directory_pb2 as pb
from yiwang.catalog.v1 import events_pb2 as events


def faults(_line: Line | None, definition: pb.ImplementationDefinition) -> list[Violation]:
    """What refuses an implementation from everyone: blank names, a region that is none."""
    found = model_lines.blank(definition, "name", "department.code", "department.name")
    if not codes.region_valid(definition.region):
        found.append(Violation("region", "REGION_UNKNOWN", "行政区划代码格式不正确"))
    return found


def doubts(definition: pb.ImplementationDefinition) -> list[Violation]:
    """What an officer has to mend and an import keeps and names: a code of 31 digits that contradicts the rest (C.1.2), and check digits of
    unified social credit codes. Other profiles say what they like."""
    found = []
    if codes.check_item_code(definition.code).profile == "national-31":
        found += _contradictions(definition)
        if not _credible(definition.code[:18].upper()):
            found.append(Violation("code", "USCC_CHECK_DIGIT", codes.WARNINGS["USCC_CHECK_DIGIT"]))
    if len(definition.department.code) == 18 and not _credible(definition.department.code):
        found.append(Violation("department.code", "USCC_CHECK_DIGIT", "统一社会信用代码校验位不符"))
    return found


def _contradictions(definition: pb.ImplementationDefinition) -> list[Violation]:
    code = definition.code.upper()
    parts = {
        "department.code": (code[:18], definition.department.code, "实施主体"),
        "exercise_level": (code[18], definition.exercise_level, "行使层级"),
        "base_code": (code[19:], definition.base_code, "基本编码"),
        "type_code": (code[21:23], definition.type_code, "事项类型"),
    }
    return [
        Violation(path, "CODE_CONTRADICTS", f"实施编码中的{what}是{coded}")
        for path, (coded, said, what) in parts.items()
        if said and said != coded
    ]


def _credible(uscc: str) -> bool:
    """Whether its check digit holds, or it stands for a body that has none (TE…, one digit over and over)."""
    return uscc.startswith("TE") or len(set(uscc)) == 1 or identifiers.uscc_valid(uscc)


IMPLEMENTATION: Final = Kind(
    id="implementation_id",
    definition=pb.ImplementationDefinition,
    saved=events.ImplementationSaved,
    reviewed=events.ImplementationReviewed,
    returned=events.ImplementationReturned,
    published=events.ImplementationPublished,
    withdrawn=events.ImplementationWithdrawn,
    faults=faults,
    doubts=doubts,
)
EVOLVE: Final = model_lines.evolve(IMPLEMENTATION)
