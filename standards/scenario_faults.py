"""What keeps the questions and conditions of an item from being used: keys twice, circles, groups of one. Pure.

What is wrong within a rule the engine tells; it is handed in only to tell which facts a rule reads.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from standards.scenarios import Fault
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.rules.v1 import rules_pb2 as rules

Reads = Callable[[rules.Rule], frozenset[str]]
CHOICES = (pb.QUESTION_KIND_ONE, pb.QUESTION_KIND_MANY)
CONDITIONAL = ("questions", "materials", "steps", "fees", "special_procedures", "limit_variants")
# Of all rules of one item or theme: anybody may have them judged.
MOST_BYTES = 200_000
# Words of CEL that name nothing else.
RESERVED = frozenset(
    (
        *(
            "true",
            "false",
            "null",
            "in",
            "as",
            "break",
            "const",
            "continue",
            "else",
            "for",
            "function",
            "if",
            "import",
            "let",
        ),
        *("loop", "package", "namespace", "return", "var", "void", "while"),
    )
)


def rules_of(definition: pb.ItemDefinition) -> Iterator[tuple[str, rules.Rule]]:
    """Every rule of the item that reads answers, with its path. 秒批 is not among them: it reads facts of the application, too."""
    for name in CONDITIONAL:
        for position, one in enumerate(getattr(definition, name)):
            if one.HasField("when"):
                yield f"{name}[{position}].when", one.when


def oversized(named: Iterable[tuple[str, rules.Rule]]) -> list[Fault]:
    """The first of these rules, told with their paths, with which all of them together are too large; to be asked before any is read."""
    total = 0
    for path, rule in named:
        total += rule.ByteSize()
        if total > MOST_BYTES:
            return [Fault(path, "RULES_TOO_LARGE", f"全部条件合计不得超过{MOST_BYTES // 1000}KB")]
    return []


def faults(definition: pb.ItemDefinition, reads: Reads) -> list[Fault]:
    """Everything that refuses the definition's questions, conditions, alternatives and exclusions."""
    found = question_faults(definition.questions, reads)
    return found + _alternatives(definition.materials) + _exclusions(definition.materials)


def question_faults(questions: Sequence[pb.Question], reads: Reads) -> list[Fault]:
    """What is wrong with questions, for an item's as for a theme's."""
    found = _repeated("questions", [question.key for question in questions])
    for position, question in enumerate(questions):
        path = f"questions[{position}]"
        if question.key in RESERVED:
            found.append(Fault(f"{path}.key", "KEY_RESERVED", f"键 {question.key} 是条件表达式的保留字"))
        found += _repeated(f"{path}.options", [option.key for option in question.options])
        if question.kind in CHOICES and not question.options:
            found.append(Fault(f"{path}.options", "REQUIRED", "选择题至少要有一个选项"))
        elif question.kind not in CHOICES and question.options:
            found.append(Fault(f"{path}.options", "OPTIONS_SUPERFLUOUS", "是非题和数字题没有选项"))
    if circle := _circle({one.key: reads(one.when) for one in questions if one.HasField("when")}):
        position = [question.key for question in questions].index(circle[0])
        told = " → ".join(circle)
        found.append(Fault(f"questions[{position}].when", "CIRCULAR", f"提问条件循环依赖：{told}"))
    return found


def _repeated(path: str, keys: Sequence[str]) -> list[Fault]:
    return [
        Fault(f"{path}[{position}].key", "KEY_TWICE", f"键 {key} 重复")
        for position, key in enumerate(keys)
        if key in keys[:position]
    ]


def _circle(reads: Mapping[str, frozenset[str]]) -> list[str]:
    """A circle among what reads what, from its first member in alphabetical order back to it; empty when there is none."""
    left = {key: sorted(needs & reads.keys()) for key, needs in reads.items()}
    while free := [key for key, needs in left.items() if not any(need in left for need in needs)]:
        for key in free:
            del left[key]
    if not left:
        return []
    # Whatever is left needs something that is left: going on comes back somewhere.
    way = [min(left)]
    while way[-1] not in way[:-1]:
        way.append(next(need for need in left[way[-1]] if need in left))
    circle = way[way.index(way[-1]) :]
    first = circle.index(min(circle))
    return [*circle[first:-1], *circle[:first], circle[first]]


def _alternatives(materials: Iterable[pb.Material]) -> list[Fault]:
    """Groups of one (nothing to choose from), and groups of which some are required and some are not."""
    groups: dict[str, list[tuple[int, pb.Material]]] = {}
    for position, material in enumerate(materials):
        if material.one_of:
            groups.setdefault(material.one_of, []).append((position, material))
    found = []
    for name, members in groups.items():
        path = f"materials[{members[0][0]}].one_of"
        if len(members) == 1:
            found.append(Fault(path, "ONE_OF_ALONE", f"“任选其一”组 {name} 只有一份材料"))
        if len({material.necessity for _, material in members}) > 1:
            found.append(Fault(path, "ONE_OF_MIXED", f"“任选其一”组 {name} 内各材料的必要性必须相同"))
    return found


def _exclusions(materials: Sequence[pb.Material]) -> list[Fault]:
    keys, found = Counter(material.key for material in materials), []
    for position, material in enumerate(materials):
        for at, key in enumerate(material.excludes):
            path = f"materials[{position}].excludes[{at}]"
            if key == material.key:
                found.append(Fault(path, "EXCLUDES_ITSELF", "材料不能排除自己"))
            elif key not in keys:
                found.append(Fault(path, "MATERIAL_UNKNOWN", f"没有键为 {key} 的材料"))
    return found
