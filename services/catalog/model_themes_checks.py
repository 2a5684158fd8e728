"""What the definition of a theme must be beyond the proto's field rules. Pure; everything found is named by its field."""

from collections import Counter
from collections.abc import Iterable, Iterator

from chassis import rules
from chassis.errors import Violation
from standards import codes, scenario_faults, themes_graph
from standards.themes_parts import CHOICE, OWN, graph, groups, shell
from yiwang.catalog.v1 import themes_pb2 as pb
from yiwang.rules.v1 import rules_pb2


def faults(definition: pb.ThemeDefinition) -> list[Violation]:
    """What refuses a definition: a region that is none, keys used twice or unknown, circles, alternatives that are none, and questions
    and rules that cannot be used."""
    found = []
    if not definition.name.strip():
        found.append(Violation("name", "REQUIRED", "必填"))
    if not codes.region_valid(definition.region):
        found.append(Violation("region", "REGION_UNKNOWN", "行政区划代码格式不正确"))
    for name in ("items", "materials", "form_fields"):
        found += _twice(name, (one.key for one in getattr(definition, name)))
    found += _graph_faults(definition) + _stage_faults(definition)
    if large := scenario_faults.oversized(_rules_of(definition)):
        return found + [Violation(*one) for one in large]
    return found + _question_faults(definition) + _rule_faults(definition)


def _twice(path: str, keys: Iterable[str]) -> list[Violation]:
    listed = list(keys)
    again = [number for number, key in enumerate(listed) if key in listed[:number]]
    return [Violation(f"{path}[{number}].key", "KEY_TWICE", f"键 {listed[number]} 重复") for number in again]


def _graph_faults(definition: pb.ThemeDefinition) -> list[Violation]:
    after = graph(definition)
    found = []
    for number, item in enumerate(definition.items):
        if item.key == OWN:
            found.append(Violation(f"items[{number}].key", "KEY_RESERVED", f"键 {OWN} 不能用于联办事项"))
        for place, key in enumerate(item.after):
            if key not in after:
                found.append(Violation(f"items[{number}].after[{place}]", "KEY_UNKNOWN", f"没有键为 {key} 的联办事项"))
    if circle := themes_graph.circle(after):
        number = next(number for number, item in enumerate(definition.items) if item.key == circle[0])
        shown = " → ".join(circle)
        return [*found, Violation(f"items[{number}].after", "CIRCULAR", f"先后关系成环：{shown}")]
    return found + _alternative_faults(definition)


def _stage_faults(definition: pb.ThemeDefinition) -> list[Violation]:
    """Every item of a project stands in one of its stages."""
    return [
        Violation(f"items[{number}].stage", "REQUIRED", "工程建设项目的每个联办事项都应写明所属阶段")
        for number, item in enumerate(definition.items)
        if definition.project and not item.stage.strip()
    ]


def _alternative_faults(definition: pb.ThemeDefinition) -> list[Violation]:
    """One alternative alone is no choice, and none can wait for another one, since only one of them is part of an application."""
    found = []
    sizes = Counter(item.one_of for item in definition.items if item.one_of)
    before = themes_graph.preceding(graph(definition))
    members = groups(definition)
    for number, item in enumerate(definition.items):
        if item.one_of and sizes[item.one_of] < 2:
            found.append(Violation(f"items[{number}].one_of", "ONE_OF_ALONE", "可替代的事项至少应有两个"))
        for other in members.get(item.one_of, ()):
            if other in before[item.key]:
                message = f"{item.key} 与 {other} 只办其一，不能有先后"
                found.append(Violation(f"items[{number}].after", "AFTER_ALTERNATIVE", message))
    return found


def _question_faults(definition: pb.ThemeDefinition) -> list[Violation]:
    """What an item's questions and materials are refused for, a theme's are, too."""
    found = [Violation(*fault) for fault in scenario_faults.faults(shell(definition), rules.reads)]
    for number, question in enumerate(definition.questions):
        if question.key.startswith(CHOICE):
            found.append(Violation(f"questions[{number}].key", "KEY_RESERVED", f"问题的键不能以 {CHOICE} 开头"))
    return found


def _rule_faults(definition: pb.ThemeDefinition) -> list[Violation]:
    facts = {question.key for question in definition.questions}
    return [found for path, rule in _rules_of(definition) for found in rules.faults(rule, facts, path)]


def _rules_of(definition: pb.ThemeDefinition) -> Iterator[tuple[str, rules_pb2.Rule]]:
    for name in ("items", "questions", "materials"):
        for number, one in enumerate(getattr(definition, name)):
            if one.HasField("when"):
                yield f"{name}[{number}].when", one.when
