"""One form and one list of materials out of those of several items: each fact and each material is asked for once. Pure."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Any, NamedTuple

from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import themes_pb2

Identity = tuple[Any, ...]
_NOT_WORDS = re.compile(r"[\W_]+")
# Weakest first: of what several items demand of one material the strongest counts.
DEMANDS = (
    *(pb.DEMAND_UNSPECIFIED, pb.DEMAND_NOT_BY_APPLICANT, pb.DEMAND_OPTIONAL, pb.DEMAND_CONDITIONAL),
    *(pb.DEMAND_OPEN, pb.DEMAND_ONE_OF, pb.DEMAND_DEFERRABLE, pb.DEMAND_REQUIRED),
)
_STRENGTH: dict[int, int] = {demand: strength for strength, demand in enumerate(DEMANDS)}
# Kinds that take whatever another kind takes.
_LOOSE = (pb.FIELD_KIND_LONG_TEXT, pb.FIELD_KIND_TEXT)


class Asked(NamedTuple):
    """One material an item asks for: whose it is (the item's key in the theme), the material, and what is demanded of it."""

    owner: str
    material: pb.Material
    demand: int


def normalised(text: str) -> str:
    """A name as it is compared: full-width letters as half-width ones, small, without blanks, brackets and punctuation."""
    return _NOT_WORDS.sub("", unicodedata.normalize("NFKC", text).lower())


# --- the form -----------------------------------------------------------------------------------------------------------


def fields(forms: Mapping[str, Sequence[pb.FormField]], applying: frozenset[str]) -> Iterator[themes_pb2.MergedField]:
    """The merged form of the items' forms, in their order. A field is required when one of those `applying` requires it."""
    merged: dict[Identity, list[tuple[str, pb.FormField]]] = {}
    for owner, form in forms.items():
        for identity, field in _told_apart(form, _fact):
            place = next((one for one in _variants(identity) if _fits(merged.get(one, []), owner, field)), identity)
            merged.setdefault(place, []).append((owner, field))
    taken: set[str] = set()
    for same in merged.values():
        field = _strictest([field for _, field in same])
        field.required = any(one.required and owner in applying for owner, one in same)
        field.key = _free(field.key, same[0][0], taken)
        yield themes_pb2.MergedField(field=field, fills={owner: one.key for owner, one in same})


def differing(merged: Iterable[themes_pb2.MergedField]) -> list[str]:
    """Facts that are asked for more than once all the same, because one answer cannot do for all."""
    counts = Counter(one.field.fact for one in merged if one.field.fact)
    return [fact for fact, count in counts.items() if count > 1]


def _fact(field: pb.FormField) -> Identity:
    return ("fact", field.fact) if field.fact else ("field", field.key, field.kind, normalised(field.label))


def _told_apart(form: Sequence[pb.FormField], identify: Any) -> Iterator[tuple[Identity, pb.FormField]]:
    """What one item asks for twice, it means twice: the second is another one."""
    seen: Counter[Identity] = Counter()
    for field in form:
        identity = identify(field)
        yield (*identity, seen[identity]), field
        seen[identity] += 1


def _variants(identity: Identity) -> Iterator[Identity]:
    """Where a field may go: beside its fact, or beside those that did not fit there."""
    return ((*identity, number) if number else identity for number in range(41))


def _fits(same: list[tuple[str, pb.FormField]], owner: str, field: pb.FormField) -> bool:
    """Whether one answer does for all of them."""
    strict = {(one.kind, tuple(one.options)) for _, one in [*same, (owner, field)] if one.kind not in _LOOSE}
    return len(strict) <= 1


def _strictest(same: Sequence[pb.FormField]) -> pb.FormField:
    """A copy of the one whose answers all the others take, with the tightest length."""
    order = {kind: rank for rank, kind in enumerate(_LOOSE)}
    chosen = pb.FormField()
    chosen.CopyFrom(max(same, key=lambda field: order.get(field.kind, len(order))))
    chosen.max_length = min((field.max_length for field in same if field.max_length), default=0)
    return chosen


# --- the materials ------------------------------------------------------------------------------------------------------


def materials(asked: Sequence[Asked]) -> list[themes_pb2.MergedMaterial]:
    """The merged list, in the order the items ask for them: one line for each material, with the strongest demand."""
    identities = _identities(asked)
    settled = _settle_groups(asked, identities)
    merged: dict[Identity, list[Asked]] = {}
    for one, identity in settled:
        merged.setdefault(identity, []).append(one)
    taken: set[str] = set()
    lines, keys = [], dict[tuple[str, str], str]()
    for same in merged.values():
        line = _line(same, taken)
        keys |= {(one.owner, one.material.key): line.material.key for one in same}
        lines.append(line)
    by_key = {line.material.key: line for line in lines}
    for line, same in zip(lines, merged.values(), strict=True):
        line.material.excludes[:] = _excluded(same, keys, by_key)
    return lines


def _identities(asked: Sequence[Asked]) -> list[Identity]:
    """What each material is: its standard material, else the licence that replaces it, else its name. Where an item asks for two of
    one code (the applicant's and the guarantor's identity card), the name tells them apart, everywhere."""
    by_name: dict[str, set[Identity]] = {}
    for one in asked:
        by_name.setdefault(normalised(one.material.name), set()).update(_codes(one.material))
    coarse = [_coarse(one.material, by_name) for one in asked]
    twice = {
        identity
        for (_, identity), count in Counter(zip((a.owner for a in asked), coarse, strict=True)).items()
        if count > 1
    }
    fine = [
        (*identity, normalised(one.material.name)) if identity in twice else identity
        for one, identity in zip(asked, coarse, strict=True)
    ]
    seen: Counter[tuple[str, Identity]] = Counter()
    found = []
    for one, identity in zip(asked, fine, strict=True):
        number = seen[one.owner, identity]
        seen[one.owner, identity] += 1
        found.append((*identity, number) if number else identity)
    return found


def _codes(material: pb.Material) -> list[Identity]:
    """The codes of a material, the one that counts first."""
    found = [("standard", material.standard_code), ("licence", material.licence_code)]
    return [identity for identity in found if identity[1]]


def _coarse(material: pb.Material, by_name: Mapping[str, set[Identity]]) -> Identity:
    name = normalised(material.name)
    # Without a code it is what others of its name are, when these are all the same.
    codes = _codes(material)[:1] or (list(by_name[name]) if len(by_name[name]) == 1 else [])
    return codes[0] if codes else ("name", name)


def _settle_groups(asked: Sequence[Asked], identities: Sequence[Identity]) -> list[tuple[Asked, Identity]]:
    """Alternatives: where one of a group is required outright by another item, the group is served by it and its others become
    optional. Groups of the same materials are one; a material of several different groups stands in each of them."""
    required = {i for one, i in zip(asked, identities, strict=True) if one.demand == pb.DEMAND_REQUIRED}
    members: dict[tuple[str, str], list[Identity]] = {}
    for one, identity in zip(asked, identities, strict=True):
        if one.demand == pb.DEMAND_ONE_OF:
            members.setdefault((one.owner, one.material.one_of), []).append(identity)
    words: dict[tuple[Identity, ...], str] = {}
    homes: dict[Identity, tuple[Identity, ...]] = {}
    found = []
    for one, identity in zip(asked, identities, strict=True):
        group = tuple(sorted(members.get((one.owner, one.material.one_of), []), key=repr))
        if one.demand != pb.DEMAND_ONE_OF:
            found.append((_regrouped(one, "", one.demand), identity))
        elif required.intersection(group):
            found.append((_regrouped(one, "", pb.DEMAND_OPTIONAL), identity))
        else:
            word = words.setdefault(group, _free(f"{one.owner}_{one.material.one_of}"[:40], "", set(words.values())))
            at_home = homes.setdefault(identity, group) == group
            found.append((_regrouped(one, word, one.demand), identity if at_home else (*identity, "of", group)))
    return found


def _regrouped(one: Asked, word: str, demand: int) -> Asked:
    material = pb.Material()
    material.CopyFrom(one.material)
    material.one_of = word
    return Asked(one.owner, material, demand)


def _line(same: Sequence[Asked], taken: set[str]) -> themes_pb2.MergedMaterial:
    """One line: the words of who demands most, with the most copies of all."""
    strongest = max(same, key=lambda one: _STRENGTH[one.demand])
    material = pb.Material()
    material.CopyFrom(strongest.material)
    material.ClearField("when")
    material.one_of = next((one.material.one_of for one in same if one.material.one_of), "")
    material.key = _free(material.key, strongest.owner, taken)
    material.originals = max(one.material.originals for one in same)
    material.duplicates = max(one.material.duplicates for one in same)
    fills = {one.owner: one.material.key for one in same}
    return themes_pb2.MergedMaterial(material=material, demand=strongest.demand, fills=fills)  # type: ignore[arg-type]


def _excluded(
    same: Sequence[Asked], keys: Mapping[tuple[str, str], str], lines: Mapping[str, themes_pb2.MergedMaterial]
) -> list[str]:
    """Lines that are not asked for once this one is handed in: those that everybody who asks for them would leave out then."""
    owners: dict[str, set[str]] = {}
    for one in same:
        for key in one.material.excludes:
            if place := keys.get((one.owner, key)):
                owners.setdefault(place, set()).add(one.owner)
    return [place for place, by in owners.items() if by >= set(lines[place].fills)]


def _free(key: str, owner: str, taken: set[str]) -> str:
    """A key nobody has yet: the item's own, else with the item's key before it."""
    numbered = (f"{key[:34]}_{number}" for number in count(2))
    names = chain((key, f"{owner}_{key}"[:40]), numbered)
    found = next(name for name in names if name not in taken)
    taken.add(found)
    return found
