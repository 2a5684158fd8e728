"""Whose a field is (服务同源): what a standard of the basic directory fixes of an item, and what a county may have otherwise. Pure.

`merge` fills in what a county left out, `violations` names what it may not say, `owned` tells an editor what it cannot change, and
`rebase` carries what is a county's own over to a changed standard. What a field's table does not name is fixed as a whole.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from google.protobuf.message import Message

from chassis.errors import PERMISSION_DENIED, Refused, Violation
from services.catalog import model_standard_lists as lists
from standards import item_codes, limits
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import service_pb2 as pb

NEVER: Final[Mapping[str, str]] = {
    "code": "编码是每个办理项自己的",
    "base_code": "基本编码即本条目录的编码",
    "department": "实施部门各地不同",
    "region": "区划各地不同",
    "places": "办理地点和时间各地不同",
    "windows": "办理地点和时间各地不同",
    "phone": "咨询电话各地不同",
    "supervision_phone": "监督电话各地不同",
    "handling_office": "承办机构各地不同",
    "joint_departments": "共同实施部门各地不同",
    "implementation_code": "实施编码含实施主体代码",
    "duty_codes": "权责清单条目各地不同",
    "former_codes": "曾用编码各地不同",
    "exercise_level": "行使层级随实施主体",
    "at_service_centre": "是否进驻取决于当地大厅",
    "not_at_centre_reason": "是否进驻取决于当地大厅",
    "baseline": "改革前的情况各地不同",
    "source_note": "来源是每个办理项自己的",
}
"""Fields that are never standard, and why."""

ALLOWED: Final[Mapping[str, str]] = {
    "promised_limit": "承诺时限可以更短，不能更长",
    "limit_variants": "分情形的承诺时限不能超过统一的承诺时限，法定时限不能改动",
    "visits": "到现场次数可以更少，不能更多",
    "visit_reason": "到现场次数减少的，可以另行说明",
    "materials": "材料可以减少或降低必要性，不能增加或改动内容",
    "steps": "环节的时限可以更短，环节不能增减或改动",
}
"""What a county may do to a field that is standard all the same."""

# Left to the county's own input: an editor does not lock them, `violations` watches their bounds.
_BOUNDED: Final = frozenset({"promised_limit", "visits"})
# Where charging is left open, a county that charges nothing has no use for the standard's fees.
_OF_FEES: Final = frozenset({"fees", "fee_note"})
_FIELDS: Final = tuple(pb.ItemDefinition.DESCRIPTOR.fields)


def base_codes(definition: pb.ItemDefinition) -> list[str]:
    """By which an item finds its entry: the base code it states, and the one in its own code."""
    found = (definition.base_code, item_codes.base_of(definition.code))
    return list(dict.fromkeys(code for code in found if code))


def owned(entry: directory.EntryDefinition) -> dict[str, str]:
    """The fields the entry's owner fixes, by name, with the owner's name. Not those a county may set within bounds."""
    fixed = _fixed(entry)
    return {field.name: entry.owner_name for field, _ in entry.standard.ListFields() if field.name in fixed - _BOUNDED}


def held(entry: directory.EntryDefinition | None, definition: pb.ItemDefinition) -> pb.ItemDefinition:
    """What a county's definition becomes under the standard. PERMISSION_DENIED FIELD_OWNED names every field it may not set so, and
    whose it is. Without an entry it is as it was."""
    if entry is None:
        return definition
    if found := violations(entry, definition):
        raise Refused(PERMISSION_DENIED, "FIELD_OWNED", found[0].message, tuple(found))
    return merge(entry, definition)


def violations(entry: directory.EntryDefinition, definition: pb.ItemDefinition) -> list[Violation]:
    """What the definition says that only the entry's owner may; nothing for what it leaves out."""
    found: list[Violation] = []
    fixed = _fixed(entry)
    for name in (field.name for field in _FIELDS if field.name in fixed):
        hint = ALLOWED.get(name, "各地不能改动")
        message = f"该要素由{entry.owner_name}统一规定，{hint}"
        spots = _WATCHED.get(name, _whole(name))(entry.standard, definition)
        found += [Violation(f"definition.{spot}", "FIELD_OWNED", message) for spot in spots]
    return found


def merge(entry: directory.EntryDefinition, definition: pb.ItemDefinition) -> pb.ItemDefinition:
    """The definition with the standard's elements filled in. Whatever contradicts them gives way; twice is as once."""
    return rebase(entry, entry, definition)


def rebase(
    old: directory.EntryDefinition, new: directory.EntryDefinition, definition: pb.ItemDefinition
) -> pb.ItemDefinition:
    """A definition that held the old standard, with the new one: what it had taken over from the old gives way, what is its own stays
    as far as the new one allows."""
    result = pb.ItemDefinition()
    result.CopyFrom(definition)
    fixed = _fixed(new)
    for field in _FIELDS:
        name = field.name
        if name in fixed:
            _TAKEN.get(name, _replace(name))(old.standard, new.standard, definition, result)
        elif name in new.open_fields and name not in NEVER and is_set(new.standard, name):
            _suggest(name, old.standard, new.standard, result)
    return result


def is_set(message: Message, name: str) -> bool:
    """Whether a field says anything: unset, zero and empty are the same (proto3)."""
    return any(field.name == name for field, _ in message.ListFields())


def longer(limit: pb.Limit, bound: pb.Limit) -> bool:
    """Whether a limit is longer than the bound, in a common unit; one without a unit cannot be compared and counts as longer."""
    return bool(bound.unit) and (not limit.unit or _days(limit) > _days(bound))


def _days(limit: pb.Limit) -> Fraction:
    return limits.working_days(limit.amount, limit.unit)


def _fixed(entry: directory.EntryDefinition) -> set[str]:
    """Names of the fields the entry fixes."""
    names = {field.name for field, _ in entry.standard.ListFields()}
    if names & {"promised_limit", "statutory_limit"} - set(entry.open_fields):
        # Limits by scenario would be a way around the limits.
        names.add("limit_variants")
    return names - set(entry.open_fields) - NEVER.keys()


# -- what a definition may not say: the paths at fault -----------------------------------------------------------------


def _whole(name: str) -> Callable[[pb.ItemDefinition, pb.ItemDefinition], list[str]]:
    def spots(standard: pb.ItemDefinition, mine: pb.ItemDefinition) -> list[str]:
        return [] if not is_set(mine, name) or lists.says_no_more(mine, standard, name) else [name]

    return spots


def _promise_spots(standard: pb.ItemDefinition, mine: pb.ItemDefinition) -> list[str]:
    said = is_set(mine, "promised_limit") and (mine.promised_limit.unit or mine.promised_limit.amount)
    return ["promised_limit"] if said and longer(mine.promised_limit, standard.promised_limit) else []


def _variant_spots(standard: pb.ItemDefinition, mine: pb.ItemDefinition) -> list[str]:
    if standard.limit_variants:
        return _whole("limit_variants")(standard, mine)
    found = []
    for position, variant in enumerate(mine.limit_variants):
        if variant.HasField("promised_limit") and longer(variant.promised_limit, standard.promised_limit):
            found.append(f"limit_variants[{position}].promised_limit")
        if variant.HasField("statutory_limit") and standard.HasField("statutory_limit"):
            found.append(f"limit_variants[{position}].statutory_limit")
    return found


def _visit_spots(standard: pb.ItemDefinition, mine: pb.ItemDefinition) -> list[str]:
    return ["visits"] if mine.visits > standard.visits else []


def _reason_spots(standard: pb.ItemDefinition, mine: pb.ItemDefinition) -> list[str]:
    fewer = is_set(standard, "visits") and _says_visits(mine) and mine.visits < standard.visits
    return [] if fewer else _whole("visit_reason")(standard, mine)


_WATCHED: Final[Mapping[str, Callable[[pb.ItemDefinition, pb.ItemDefinition], list[str]]]] = {
    "promised_limit": _promise_spots,
    "limit_variants": _variant_spots,
    "visits": _visit_spots,
    "visit_reason": _reason_spots,
    "materials": lambda standard, mine: lists.material_spots(standard.materials, mine.materials),
    "steps": lambda standard, mine: lists.step_spots(standard.steps, mine.steps, longer),
}


# -- what a definition takes over --------------------------------------------------------------------------------------


Taken = Callable[[pb.ItemDefinition, pb.ItemDefinition, pb.ItemDefinition, pb.ItemDefinition], None]


def _replace(name: str) -> Taken:
    def take(
        _old: pb.ItemDefinition, new: pb.ItemDefinition, _mine: pb.ItemDefinition, result: pb.ItemDefinition
    ) -> None:
        lists.copy_field(new, result, name)

    return take


def _suggest(name: str, old: pb.ItemDefinition, new: pb.ItemDefinition, result: pb.ItemDefinition) -> None:
    """An open field is filled in where the county says nothing of its own; yes or no it always says."""
    value = getattr(result, name)
    if isinstance(value, bool) or (name in _OF_FEES and not result.charged):
        return
    if not is_set(result, name) or value == getattr(old, name):
        lists.copy_field(new, result, name)


def _promise(
    old: pb.ItemDefinition, new: pb.ItemDefinition, mine: pb.ItemDefinition, result: pb.ItemDefinition
) -> None:
    result.promised_limit.CopyFrom(lists.shorter(old.promised_limit, new.promised_limit, mine.promised_limit, longer))


def _variants(
    old: pb.ItemDefinition, new: pb.ItemDefinition, mine: pb.ItemDefinition, result: pb.ItemDefinition
) -> None:
    if new.limit_variants:
        lists.copy_field(new, result, "limit_variants")
        return
    if old.limit_variants and list(mine.limit_variants) == list(old.limit_variants):
        del result.limit_variants[:]
    for variant in result.limit_variants:
        if variant.HasField("promised_limit") and longer(variant.promised_limit, new.promised_limit):
            variant.promised_limit.CopyFrom(new.promised_limit)
        if variant.HasField("statutory_limit") and new.HasField("statutory_limit"):
            variant.ClearField("statutory_limit")


def _says_visits(mine: pb.ItemDefinition) -> bool:
    """No visit at all is only said of what can be applied for without one: online or by post."""
    return bool(mine.visits or mine.online or mine.postal)


def _visits(old: pb.ItemDefinition, new: pb.ItemDefinition, mine: pb.ItemDefinition, result: pb.ItemDefinition) -> None:
    own = _says_visits(mine) and (not old.visits or mine.visits != old.visits)
    result.visits = min(mine.visits, new.visits) if own else new.visits


def _reason(old: pb.ItemDefinition, new: pb.ItemDefinition, mine: pb.ItemDefinition, result: pb.ItemDefinition) -> None:
    fewer = is_set(new, "visits") and result.visits < new.visits
    own = bool(mine.visit_reason) and mine.visit_reason != old.visit_reason
    if not fewer or (result.visits and not own):
        result.visit_reason = new.visit_reason


def _materials(
    old: pb.ItemDefinition, new: pb.ItemDefinition, mine: pb.ItemDefinition, result: pb.ItemDefinition
) -> None:
    taken = lists.materials(old.materials, new.materials, mine.materials)
    del result.materials[:]
    result.materials.extend(taken)


def _steps(old: pb.ItemDefinition, new: pb.ItemDefinition, mine: pb.ItemDefinition, result: pb.ItemDefinition) -> None:
    taken = lists.steps(old.steps, new.steps, mine.steps, longer)
    del result.steps[:]
    result.steps.extend(taken)


_TAKEN: Final[Mapping[str, Taken]] = {
    "promised_limit": _promise,
    "limit_variants": _variants,
    "visits": _visits,
    "visit_reason": _reason,
    "materials": _materials,
    "steps": _steps,
}
