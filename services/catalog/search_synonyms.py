"""What people call things: groups of words that mean the same, and words of everyday life with the official ones they stand for.

The base vocabulary is `plain_words.txt`, general for every county; a county adds its own groups (VocabularyService). Pure.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from services.catalog.search_words import runs
from standards import codes

BASE: Final = Path(__file__).with_name("plain_words.txt")
# Expansions of one query; the longest matches are taken.
MOST_EXPANSIONS: Final = 8


class Expansion(NamedTuple):
    """Other words for pieces of a text: where these stand, and what is looked for instead."""

    spans: tuple[tuple[int, int], ...]
    target: str

    @property
    def covered(self) -> int:
        """How many characters of the text it speaks for."""
        return sum(end - start for start, end in self.spans)

    def within(self, other: "Expansion") -> bool:
        """Whether the other speaks for all of the same pieces and more."""
        inside = all(any(first <= start and end <= last for first, last in other.spans) for start, end in self.spans)
        return inside and self.covered < other.covered


class _Entry(NamedTuple):
    parts: tuple[str, ...]
    targets: tuple[str, ...]


class Synonyms:
    """Groups as they are applied. A said word may have parts joined by `+`, which stand anywhere in the text."""

    def __init__(self, entries: Iterable[tuple[str, Sequence[str]]]) -> None:
        self._by_part: dict[str, list[_Entry]] = {}
        for said, targets in entries:
            parts = tuple(plain(part) for part in said.split("+"))
            meant = tuple(one for target in targets if (one := plain(target)))
            if all(parts) and meant:
                self._by_part.setdefault(parts[0], []).append(_Entry(parts, meant))
        self._longest = max(map(len, self._by_part), default=0)

    def expansions(self, text: str) -> list[Expansion]:
        """What may be looked for instead of pieces of the text, longest pieces first."""
        found: dict[Expansion, None] = {}
        for start in range(len(text)):
            for end in range(start + 1, min(len(text), start + self._longest) + 1):
                for entry in self._by_part.get(text[start:end], ()):
                    spans = [(start, end), *(_span(text, part) for part in entry.parts[1:])]
                    if all(span[1] for span in spans):
                        found |= dict.fromkeys(Expansion(tuple(sorted(spans)), one) for one in entry.targets)
        # 宠物医院 is no 医院: what lies within a longer match is not meant.
        kept = [one for one in found if one.target not in text and not any(one.within(other) for other in found)]
        return sorted(kept, key=lambda one: -one.covered)[:MOST_EXPANSIONS]


def plain(text: str) -> str:
    """A word as it stands in a query's text."""
    return "".join(runs(text))


def of_groups(groups: Iterable[Sequence[str]]) -> Synonyms:
    """Groups in which every word stands for every other."""
    return Synonyms((word, [other for other in group if other != word]) for group in groups for word in group)


def parse(lines: Iterable[str]) -> Synonyms:
    """Lines as in `plain_words.txt`: `said said = meant meant`, or a group without `=`; # begins a comment."""
    entries: list[tuple[str, Sequence[str]]] = []
    for line in lines:
        said, is_directed, meant = line.partition("#")[0].partition("=")
        if is_directed:
            entries += [(word, meant.split()) for word in said.split()]
        else:
            group = said.split()
            entries += [(word, [other for other in group if other != word]) for word in group]
    return Synonyms(entries)


@lru_cache(maxsize=1)
def base() -> Synonyms:
    """The vocabulary of every county."""
    return parse(BASE.read_text(encoding="utf-8").splitlines())


def _span(text: str, part: str) -> tuple[int, int]:
    place = text.find(part)
    return (place, place + len(part)) if place >= 0 else (0, 0)


class Vocabularies:
    """The base vocabulary and those of counties, by region. One thread puts, others ask."""

    def __init__(self) -> None:
        self._of: dict[str, Synonyms] = {}

    def put(self, region: str, groups: Iterable[Sequence[str]]) -> None:
        """The groups of a region, all of them."""
        self._of[codes.region_prefix(region)] = of_groups(groups)

    def expansions(self, region: str, text: str) -> list[Expansion]:
        """What may be looked for instead in a region: by its own groups, those of the regions above it, and the base."""
        prefix = codes.region_prefix(region)
        own = [
            self._of[prefix[:length]]
            for length in (12, 9, 6, 4, 2)
            if length <= len(prefix) and prefix[:length] in self._of
        ]
        found = dict.fromkeys(one for synonyms in (*own, base()) for one in synonyms.expansions(text))
        return list(found)[:MOST_EXPANSIONS]
