"""Materials, steps and limits under a standard of the basic directory: which of a county's belong to which of the standard's, what it may
have of its own, and what it takes over. Pure; the rules for whole fields are in `model_standard`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from google.protobuf.message import Message

from yiwang.catalog.v1 import service_pb2 as pb

M = TypeVar("M", bound=Message)
Longer = Callable[[pb.Limit, pb.Limit], bool]

# How much a necessity asks of people.
_WEIGHT: Final = {
    pb.NECESSITY_OPTIONAL: 1,
    pb.NECESSITY_CONDITIONAL: 2,
    pb.NECESSITY_DEFERRABLE: 3,
    pb.NECESSITY_REQUIRED: 4,
}
# What a county may add where the standard says nothing: its own blank form and sample, and what spares people the material.
_MATERIAL_OPEN: Final = ("blank_form", "sample", "waiver", "licence_code", "licence_name")
# Its own post in charge, what the step ends in, and a limit within the whole.
_STEP_OPEN: Final = ("role", "outcome", "limit")


def says_no_more(mine: Message, standard: Message, name: str) -> bool:
    """Whether a field says nothing that the standard's does not: of a message, part by part."""
    value, fixed = getattr(mine, name), getattr(standard, name)
    if isinstance(value, Message):
        return all(value_of == getattr(fixed, field.name) for field, value_of in value.ListFields())
    return bool(value == fixed)


def copy_field(source: M, target: M, name: str) -> None:
    """One field as the source has it."""
    one = type(source)()
    one.CopyFrom(source)
    for field, _ in source.ListFields():
        if field.name != name:
            one.ClearField(field.name)
    target.ClearField(name)
    target.MergeFrom(one)


def shorter(old: pb.Limit, new: pb.Limit, mine: pb.Limit, longer: Longer) -> pb.Limit:
    """The county's own limit when it is stated and within the new one, else the new one; its note stays where it has one of its own."""
    stated = (mine.amount, mine.unit)
    own = mine.unit and stated not in ((old.amount, old.unit), (new.amount, new.unit)) and not longer(mine, new)
    found = pb.Limit()
    found.CopyFrom(mine if own else new)
    if stated == (new.amount, new.unit) and mine.note not in ("", old.note):
        found.note = mine.note
    return found


# -- materials ---------------------------------------------------------------------------------------------------------


def material_spots(standard: Sequence[pb.Material], mine: Sequence[pb.Material]) -> list[str]:
    """Paths of what a county may not ask for: materials the standard does not have, other contents, more necessity, and one of several
    alternatives without the others."""
    targets = _targets(standard, mine)
    kept = {target.key for target in targets if target}
    found = []
    for position, (material, target) in enumerate(zip(mine, targets, strict=True)):
        path = f"materials[{position}]"
        if target is None:
            found.append(path)
            continue
        fixed = _pruned(target, kept)
        if _WEIGHT.get(material.necessity, 0) > _WEIGHT.get(fixed.necessity, 0):
            found.append(f"{path}.necessity")
        found += [f"{path}.{name}" for name in _other(material, fixed, ("key", "necessity"), _MATERIAL_OPEN)]
    alternatives = {target.one_of for target in targets if target and target.one_of}
    if any(one.one_of in alternatives and one.key not in kept for one in standard):
        found.append("materials")
    return found


def materials(old: Sequence[pb.Material], new: Sequence[pb.Material], mine: Sequence[pb.Material]) -> list[pb.Material]:
    """The new standard's materials without those the county had done without, and less necessary where the county asks less. One that has
    none of them has left them out, and takes all."""
    owns = {target.key: one for one, target in zip(mine, _targets(new, mine), strict=True) if target}
    before = {target.key: one for one, target in zip(old, _targets(new, old), strict=True) if target}
    wanted = {one.key for one in new if one.key in owns or (mine and one.key not in before)}
    # Alternatives stay or go together: one of them alone would be required.
    kept = {one.one_of for one in new if one.one_of and one.key in owns}
    dropped = {one.one_of for one in new if one.one_of and one.key in before} - kept
    chosen = [one for one in new if one.one_of in kept or (one.key in wanted and one.one_of not in dropped)]
    chosen = chosen or list(new)
    keys = {one.key for one in chosen}
    return [_material(before.get(one.key), _pruned(one, keys), owns.get(one.key)) for one in chosen]


def _material(old: pb.Material | None, new: pb.Material, mine: pb.Material | None) -> pb.Material:
    found = pb.Material()
    found.CopyFrom(new)
    if mine is None:
        return found
    own = old is None or mine.necessity != old.necessity
    if own and 0 < _WEIGHT.get(mine.necessity, 0) < _WEIGHT.get(new.necessity, 0):
        found.necessity = mine.necessity
    for name in _MATERIAL_OPEN:
        _add(found, mine, old, name)
    return found


def _targets(standard: Sequence[pb.Material], mine: Iterable[pb.Material]) -> list[pb.Material | None]:
    """The material of the standard each is: the one of its key and name, else of its name, else of its key; each of them once."""
    by_key = {one.key: one for one in standard}
    names = [one.name for one in standard]
    by_name = {one.name: one for one in standard if names.count(one.name) == 1}
    taken: set[str] = set()
    found: list[pb.Material | None] = []
    for one in mine:
        same = by_key.get(one.key)
        target = same if same and same.name == one.name else by_name.get(one.name) or same
        if target is None or target.key in taken:
            found.append(None)
            continue
        taken.add(target.key)
        found.append(target)
    return found


def _pruned(material: pb.Material, kept: set[str]) -> pb.Material:
    """Without what it excludes that is not there."""
    found = pb.Material()
    found.CopyFrom(material)
    del found.excludes[:]
    found.excludes.extend(key for key in material.excludes if key in kept)
    return found


# -- steps -------------------------------------------------------------------------------------------------------------


def step_spots(standard: Sequence[pb.Step], mine: Sequence[pb.Step], longer: Longer) -> list[str]:
    """Paths of what a county may not change: the steps and their order, what the standard says of one, and longer limits."""
    if not mine:
        return []
    if [one.name for one in mine] != [one.name for one in standard]:
        return ["steps"]
    found = []
    for position, (step, fixed) in enumerate(zip(mine, standard, strict=True)):
        if step.HasField("limit") and fixed.HasField("limit") and step.limit.unit and longer(step.limit, fixed.limit):
            found.append(f"steps[{position}].limit")
        found += [f"steps[{position}].{name}" for name in _other(step, fixed, ("limit",), _STEP_OPEN)]
    return found


def steps(old: Sequence[pb.Step], new: Sequence[pb.Step], mine: Sequence[pb.Step], longer: Longer) -> list[pb.Step]:
    """The new standard's steps, with the county's shorter limits and its own posts where it has a step of that name."""
    before, owns = _by_name(old), _by_name(mine)
    return [_step(before.get(name), one, owns.get(name), longer) for name, one in _by_name(new).items()]


def _step(old: pb.Step | None, new: pb.Step, mine: pb.Step | None, longer: Longer) -> pb.Step:
    found = pb.Step()
    found.CopyFrom(new)
    if mine is None:
        return found
    if new.HasField("limit") and mine.limit.unit:
        found.limit.CopyFrom(shorter(old.limit if old else pb.Limit(), new.limit, mine.limit, longer))
    for name in _STEP_OPEN:
        _add(found, mine, old, name)
    return found


def _by_name(steps: Iterable[pb.Step]) -> dict[tuple[str, int], pb.Step]:
    """Steps by name and the how manieth of that name it is."""
    found: dict[tuple[str, int], pb.Step] = {}
    for step in steps:
        found[step.name, sum(name == step.name for name, _ in found)] = step
    return found


# -- both --------------------------------------------------------------------------------------------------------------


def _other(mine: Message, standard: Message, skipped: Iterable[str], open: Iterable[str]) -> list[str]:
    """Names of the parts that say something the standard does not say."""
    found = []
    for field, _ in mine.ListFields():
        added = field.name in open and not _says(standard, field.name)
        if field.name not in skipped and not added and not says_no_more(mine, standard, field.name):
            found.append(field.name)
    return found


def _add(found: Message, mine: Message, old: Message | None, name: str) -> None:
    """What the county has of its own where the standard says nothing; not what it had from the old one."""
    inherited = old is not None and getattr(mine, name) == getattr(old, name)
    if _says(mine, name) and not _says(found, name) and not inherited:
        copy_field(mine, found, name)


def _says(message: Message, name: str) -> bool:
    value = getattr(message, name)
    if name == "waiver":
        return value not in (pb.WAIVER_UNSPECIFIED, pb.WAIVER_NONE)
    return any(field.name == name for field, _ in message.ListFields())
