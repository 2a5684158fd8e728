"""The guide lint: what is wrong, doubtful or missing in an item's definition, by rule, field and how to mend it. Total: never raises.

The rules stand in `standards.lint_rules`. An error is what misleads the applicant, breaks a case or misses a national obligation,
told by the fields alone: words are never certain, so what only words tell is a warning or a hint. Provinces differ: `levels` changes or
switches off a rule.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final, Literal, NamedTuple

from standards.lint_rules import RULES, Level
from yiwang.catalog.v1 import service_pb2 as pb

LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "hint")
OFF: Final = "off"
_RANKS: Final = {level: rank for rank, level in enumerate(LEVELS)}
_FIELDS: Final = {field.name: field.number for field in pb.ItemDefinition.DESCRIPTOR.fields}
_PATH = re.compile(r"([a-z_]+)(?:\[(\d+)\])?")


class Finding(NamedTuple):
    """One rule a definition breaks: L001 …, the path of the field (materials[3].sample), what is wrong and how to mend it."""

    rule: str
    level: Literal["error", "warning", "hint"]
    field: str
    message: str
    hint: str


def findings(definition: pb.ItemDefinition, levels: Mapping[str, str] | None = None) -> list[Finding]:
    """Everything found in a definition: errors first, then in the order of the fields.

    `levels` maps rules to error, warning, hint or off; anything else in it is ignored (`unknown_levels` tells).
    """
    found = []
    for rule in RULES:
        level = rule.level
        if levels is not None and (told := levels.get(rule.id)) is not None:
            if told == OFF:
                continue
            level = told if told in _RANKS else level
        found += [Finding(rule.id, level, field, message, rule.hint) for field, message in rule.check(definition)]
    found.sort(key=_place)
    return found


def errors(definition: pb.ItemDefinition, levels: Mapping[str, str] | None = None) -> list[Finding]:
    """Only what keeps a guide from being published."""
    return [one for one in findings(definition, levels) if one.level == "error"]


def unknown_levels(levels: Mapping[str, str], others: Collection[str] = ()) -> list[str]:
    """Entries of a table of levels that name no rule (of these or `others`) or no level."""
    known = {rule.id for rule in RULES}.union(others)
    return [rule for rule, level in levels.items() if rule not in known or (level not in _RANKS and level != OFF)]


def _place(one: Finding) -> tuple[int, int, int]:
    found = _PATH.match(one.field)
    return _RANKS[one.level], _FIELDS.get(found[1], 0) if found else 0, int(found[2] or 0) if found else 0
