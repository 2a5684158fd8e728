"""Items that take the place of others: a split into parts, a merger into one. Pure: who is ready to end, and what stands for it.

Neither changes two records. A split is noted on the source; its parts are opened, and the source retired once all of them are
published, by handlers. A merger is a draft that names its sources; each is retired when that is published.
"""

from collections.abc import Callable, Mapping, Sequence

from google.protobuf.message import Message

from chassis import rules
from chassis.errors import Violation, invalid, require
from chassis.plain import plain
from services.catalog import model
from services.catalog import model_life as life
from services.catalog.model import Item
from services.catalog.model_life import WITHDRAWN
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import items_pb2 as items
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.rules.v1.rules_pb2 import Rule

# As the contract has them.
MOST_MATERIALS, MOST_QUESTIONS, MOST_LETTERS, MOST_NOTE = 100, 40, 40, 4000
SPLIT, MERGED = "拆分为新的事项", "合并为新的事项"


def split(
    item: Item,
    ids: Sequence[str],
    parts: Sequence[items.Part],
    taken: Mapping[str, bool],
    definition: pb.ItemDefinition,
) -> events.ItemSplit:
    """Parts that are to take an item's place, each with its definition in force. `taken` are those of their codes that an item has, and
    whether that has ended.

    FAILED_PRECONDITION NOT_PUBLISHED, or SPLIT_UNDER_WAY once a part of an earlier split is published; INVALID_ARGUMENT CODE_TWICE,
    CODE_TAKEN, TOO_LARGE.
    """
    model.require_published(item)
    require(not item.parts_published, "SPLIT_UNDER_WAY", "该事项正在拆分，已有部分发布")
    codes = [part.code for part in parts]
    found = [
        Violation(f"parts[{position}].code", "CODE_TWICE", f"编码 {code} 重复")
        for position, code in enumerate(codes)
        if code in codes[:position]
    ]
    # A part that was opened by the split that this one replaces is no other item, unless it has ended.
    found += [
        Violation(f"parts[{position}].code", "CODE_TAKEN", f"编码 {code} 已被使用")
        for position, (id, code) in enumerate(zip(ids, codes, strict=True))
        if code in taken and (taken[code] or id not in item.parts)
    ]
    if found:
        raise invalid(*found)
    life.require_room(item.life, plain(definition))
    return events.ItemSplit(
        item_id=item.id,
        part_ids=ids,
        codes=codes,
        names=[part.name for part in parts],
        definition=definition,
    )


def open_part(
    item: Item | None,
    event: events.ItemSplit,
    position: int,
    by: str,
    filled: Callable[[pb.ItemDefinition], tuple[pb.ItemDefinition, str]],
) -> events.ItemSaved | None:
    """The draft of one part; `by` ordered the split and counts as its writer. `filled` gives a definition as its standard lets it be,
    and the standard's name.

    Where an officer of the same region was quicker to write one under its code, that becomes the part as it stands; nothing when it
    is the part already, is over, or is somebody else's.
    """
    id, source = event.part_ids[position], event.item_id
    if item is None:
        definition = pb.ItemDefinition()
        definition.CopyFrom(event.definition)
        definition.code, definition.name = event.codes[position], event.names[position]
        definition, standard = filled(definition)
        return model.saved(id, definition, predecessors=[source], standard=standard, writers=[by])
    ours = item.region == event.definition.region and item.life.status != WITHDRAWN
    if not ours or source in item.predecessors:
        return None
    return model.saved(
        id,
        model.definition_of(item.definition),
        predecessors=[*item.predecessors, source],
        standard=item.standard,
        writers=[by],
    )


def part_published(item: Item, part_id: str, beside: int) -> list[Message] | None:
    """What an item does when one is published that is to take its place and that of `beside` others: it notes that, and ends when
    nothing is missing any more. None when it is over, knows already, or does not wait for that one: a part of an earlier split."""
    part = part_id in item.parts
    merged = not part and (beside > 0 or not item.parts)
    if item.life.status == WITHDRAWN or part_id in item.parts_published or not (part or merged):
        return None
    found: list[Message] = [events.PartPublished(item_id=item.id, part_id=part_id)]
    if merged or {*item.parts_published, part_id}.issuperset(item.parts):
        reason, successors = (MERGED, [part_id]) if merged else (SPLIT, item.parts)
        found.append(model.withdraw(item, reason, successors))
    return found


def merge(sources: Sequence[Item], definitions: Sequence[pb.ItemDefinition], into: items.Part) -> pb.ItemDefinition:
    """One definition in place of several: the first one's in force, with the materials of all and the questions they depend on.

    FAILED_PRECONDITION NOT_PUBLISHED, SPLIT_UNDER_WAY; INVALID_ARGUMENT DEPARTMENT_DIFFERS, REGION_DIFFERS, TOO_MANY_MATERIALS,
    TOO_MANY_QUESTIONS.
    """
    for item in sources:
        model.require_published(item)
        require(not item.parts, "SPLIT_UNDER_WAY", "其中有正在拆分的事项")
    _require_same(definitions)
    first, others = pb.ItemDefinition(), definitions[1:]
    first.CopyFrom(definitions[0])
    first.code, first.name = into.code, into.name
    for number, other in enumerate(others, 2):
        _take_materials(first, other, number, _take_questions(first, other))
    if len(first.materials) > MOST_MATERIALS:
        raise invalid(Violation("item_ids", "TOO_MANY_MATERIALS", f"合并后材料超过{MOST_MATERIALS}项"))
    if len(first.questions) > MOST_QUESTIONS:
        raise invalid(Violation("item_ids", "TOO_MANY_QUESTIONS", f"合并后情形问题超过{MOST_QUESTIONS}个"))
    return first


def _require_same(definitions: Sequence[pb.ItemDefinition]) -> None:
    first = definitions[0]
    for position, item in enumerate(definitions):
        if item.department.code != first.department.code:
            raise invalid(Violation(f"item_ids[{position}]", "DEPARTMENT_DIFFERS", "只能合并同一部门的事项"))
        if item.region != first.region:
            raise invalid(Violation(f"item_ids[{position}]", "REGION_DIFFERS", "只能合并同一区划的事项"))


def _take_questions(into: pb.ItemDefinition, other: pb.ItemDefinition) -> frozenset[str]:
    """Questions whose key is free come along. Returns the keys under which the merged item asks something else than the other did:
    the other's rules do not mean those."""
    asked = {question.key: question for question in into.questions}
    otherwise = frozenset(one.key for one in other.questions if asked.get(one.key, one) != one)
    for question in other.questions:
        if question.key not in asked:
            copy = into.questions.add()
            copy.CopyFrom(question)
            if _depends(copy, otherwise):
                copy.ClearField("when")
    return otherwise


def _take_materials(into: pb.ItemDefinition, other: pb.ItemDefinition, number: int, otherwise: frozenset[str]) -> None:
    """Materials that are not there yet come along, under keys and words of alternatives that are free."""
    known = {_content(material): material.key for material in into.materials if _alone(material)}
    taken = {material.key for material in into.materials}
    groups = {material.one_of for material in into.materials}
    keys: dict[str, str] = {}
    words = {"": ""}
    fresh = []
    for material in other.materials:
        if _alone(material) and (same := known.get(_content(material))):
            keys[material.key] = same
            continue
        fresh.append(material)
        keys[material.key] = _free(material.key, taken, number)
        if material.one_of not in words:
            words[material.one_of] = _free(material.one_of, groups, number)
    for material in fresh:
        copy = into.materials.add()
        copy.CopyFrom(material)
        copy.key, copy.one_of = keys[material.key], words[material.one_of]
        copy.excludes[:] = [keys.get(key, key) for key in material.excludes]
        if _depends(copy, otherwise):
            _explain(copy)
    # Alternatives are all as necessary as one another.
    loosened = {one.one_of for one in into.materials if one.one_of and one.necessity == pb.NECESSITY_CONDITIONAL}
    for material in into.materials:
        if material.one_of in loosened:
            material.necessity = pb.NECESSITY_CONDITIONAL


def _alone(material: pb.Material) -> bool:
    """Whether it stands for itself; what is an alternative, or excludes others, means something among its own only."""
    return not material.one_of and not material.excludes


def _content(material: pb.Material) -> bytes:
    """What makes two materials the same one: everything they say, whatever their key."""
    bare = pb.Material()
    bare.CopyFrom(material)
    bare.ClearField("key")
    return bare.SerializeToString(deterministic=True)


def _free(word: str, taken: set[str], number: int) -> str:
    """The word, or the word with the number of its item, as long as that is taken; at most 40 letters, as the contract has it."""
    found = word
    while found in taken:
        tail = f"_{number}"
        found, number = word[: MOST_LETTERS - len(tail)] + tail, number + 1
    taken.add(found)
    return found


def _depends(conditional: pb.Material | pb.Question, questions: frozenset[str]) -> bool:
    return conditional.HasField("when") and not rules.reads(conditional.when).isdisjoint(questions)


def _explain(material: pb.Material) -> None:
    """A condition on a question that now asks something else holds no longer; it is told in words, for an officer to mend."""
    said = "；".join(_words(material.when))
    material.ClearField("when")
    if material.necessity == pb.NECESSITY_REQUIRED:
        material.necessity = pb.NECESSITY_CONDITIONAL
    material.note = f"原事项的适用情形：{said}。{material.note}"[:MOST_NOTE]


def _words(rule: Rule) -> list[str]:
    kind = rule.WhichOneof("node")
    if kind == "leaf":
        return [rule.leaf.says or rule.leaf.cel]
    if kind == "not":
        return [f"非（{'；'.join(_words(getattr(rule, 'not')))}）"]
    return [word for part in getattr(rule, kind).rules for word in _words(part)] if kind else []
