"""What each item of a merged theme (一件事) gets of the one form, the one list of materials and the answers, by its own keys. Pure.

Every item gets exactly what it would ask for by itself, and every document handed in is somebody's.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from standards import scenarios
from standards.scenarios import TRUE, Fault
from standards.themes import Merged, Share
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import themes_pb2

T = TypeVar("T")


def child_answers(merged: Merged, key: str) -> dict[str, pb.Answer]:
    """The answers of an item by its own keys; `OWN` for the theme's."""
    return merged.shares[key].answers


def child_form(guide: themes_pb2.ThemeGuide, key: str, form: Mapping[str, T]) -> dict[str, T]:
    """What the merged form says to an item, by its own keys."""
    told = {one.fills[key]: one.field.key for one in guide.fields if key in one.fills}
    return {own: form[here] for own, here in told.items() if here in form}


def child_materials(merged: Merged, key: str, handed_in: Mapping[str, T]) -> dict[str, T]:
    """What an item gets of the materials handed in, by its own keys: what it takes from the applicant under these answers, but what
    another document it gets stands for."""
    share = merged.shares[key]
    taken = set(scenarios.brought(share.guide))
    places = {
        line.fills[key]: line.material.key
        for line in merged.guide.materials
        if key in line.fills and line.fills[key] in taken and line.material.key in handed_in
    }
    kept = _not_excluded(share.definition, places)
    return {own: handed_in[here] for own, here in places.items() if own in kept}


def missing(merged: Merged, handed_in: Sequence[str]) -> list[Fault]:
    """What is wrong with the materials handed in for the whole theme, by the keys of the merged list, as `materials[key]`: what is not
    listed, what nobody needs beside the others, and what an item lacks. The guide has no open questions."""
    listed = {line.material.key: line.material for line in merged.guide.materials}
    brought = {line.material.key for line in merged.guide.materials if line.demand != pb.DEMAND_NOT_BY_APPLICANT}
    every = pb.ItemDefinition(materials=listed.values())
    found = scenarios.unlisted(every, brought, handed_in)
    given = {key: key for key in handed_in if key in brought}
    used, lacking = set[str](), dict[str, Fault]()
    for owner, share in merged.shares.items():
        if share.applies != TRUE:
            continue
        own = child_materials(merged, owner, given)
        used |= set(own.values())
        for fault in _lacking(merged, owner, share, own):
            lacking.setdefault(fault.field, fault)
    found += [
        Fault(f"materials[{key}]", "MATERIAL_EXCLUDED", f"已提交其他材料，不需要再提交：{listed[key].name}")
        for key in given
        if key not in used
    ]
    return found + list(lacking.values())


def _lacking(merged: Merged, owner: str, share: Share, own: Collection[str]) -> list[Fault]:
    places = {
        f"materials[{line.fills[owner]}]": f"materials[{line.material.key}]"
        for line in merged.guide.materials
        if owner in line.fills
    }
    faults = scenarios.missing(share.definition, share.guide, list(own))
    return [fault._replace(field=places[fault.field]) for fault in faults]


def _not_excluded(definition: pb.ItemDefinition, given: Collection[str]) -> set[str]:
    """Of what is given, what no other one of it stands for; of two that exclude each other the first stands."""
    kept = set(given)
    for material in definition.materials:
        if material.key in kept:
            kept -= set(material.excludes)
    return kept
