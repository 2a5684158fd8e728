"""Which items a query means, as sets of rows: each word by itself or by what stands for it, all of them or the telling ones. Pure."""

import math
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from services.catalog.search_synonyms import Expansion
from services.catalog.search_terms import Term
from services.catalog.search_words import MOST_LETTERS, Asked, words

# With fewer hits than this the next tier is asked, too; a tier of single words takes in no more than RANKED rows.
FEW: Final = 10
RANKED: Final = 1000
_SHORTEST_CODE: Final = 6
_SHORTEST_SOUND: Final = 2

Look = Callable[[Term], int]


class Known(NamedTuple):
    """A word of the query: where it stands, the rows that have it, and those that have what stands for it."""

    word: str
    start: int
    end: int
    rows: int
    meant: int
    # How much it tells: rare words more.
    weight: float


class Meant(NamedTuple):
    """An expansion with its words, and the rows that have all of them."""

    expansion: Expansion
    words: tuple[str, ...]
    rows: int


class Matched(NamedTuple):
    """What a query matches before any filter. `every` has all its words, `rows` what is shown of it and of less."""

    text: str
    known: list[Known]
    meant: list[Meant]
    whole: int
    every: int
    rows: int
    # Nothing but single characters was found.
    weak: bool = False


def match(asked: Asked, expansions: list[Expansion], look: Look, within: int, items: int) -> Matched:
    """Tier after tier until enough rows lie `within` the filters; -1 = no filter. `items` is how many there are."""
    meant = [one for one in (_meant(expansion, look) for expansion in expansions) if one.rows]
    units = [(unit, _rows(unit.word, look)) for unit in asked.units]
    known = [_known(unit.word, unit.start, unit.end, rows, meant, items) for unit, rows in units]
    whole = look(Term("title", asked.text)) | (_by_code(asked.text, look) if len(known) > 1 else 0)
    every = _all(one.rows | one.meant for one in known) | whole
    found = Matched(asked.text, known, meant, whole, every, every)
    if (every & within).bit_count() >= FEW:
        return found
    heard = [one for one in known if one.rows or one.meant]
    rows = every | (_all(one.rows | one.meant for one in heard) if len(heard) < len(known) else 0)
    if (rows & within).bit_count() >= FEW:
        return found._replace(rows=rows)
    telling = [one.rows for one in heard if len(one.word) > 1] + [one.rows for one in meant]
    if any(one & within for one in telling):
        return found._replace(rows=rows | _rarest(telling, within))
    characters = dict.fromkeys(character for one in known if not one.word.isascii() for character in one.word)
    single = [look(Term("title", character)) for character in characters]
    return found._replace(rows=rows | _rarest(single, within), weak=not rows & within)


def _known(word: str, start: int, end: int, rows: int, meant: list[Meant], items: int) -> Known:
    instead = 0
    for one in meant:
        if any(first < end and start < last for first, last in one.expansion.spans):
            instead |= one.rows
    return Known(word, start, end, rows, instead, math.log(1 + (items + 1) / (1 + rows.bit_count())))


def _meant(expansion: Expansion, look: Look) -> Meant:
    told = tuple(words(expansion.target))
    return Meant(expansion, told, _all(_rows(word, look) for word in told))


def _rows(word: str, look: Look) -> int:
    """The rows that have a word: as a word, by its sound or code, else by all of its characters."""
    found = look(Term("title", word)) | look(Term("about", word))
    if word.isascii():
        if len(word) >= _SHORTEST_SOUND and not word.isdigit():
            found |= look(Term("spelled", word[:MOST_LETTERS], True))
        return found | _by_code(word, look)
    if not found and len(word) > 1:
        found = _all(look(Term("title", character)) for character in word)
    return found


def _by_code(text: str, look: Look) -> int:
    if text.isascii() and len(text) >= _SHORTEST_CODE and any(character.isdigit() for character in text):
        return look(Term("codes", text, True))
    return 0


def _all(sets: Iterable[int]) -> int:
    found = -1
    for one in sets:
        found &= one
    return max(found, 0)


def _rarest(sets: list[int], within: int) -> int:
    """The sets with fewest rows within, as many as fit into what is ranked; at least one that has any."""
    counted = sorted(((one & within).bit_count(), number) for number, one in enumerate(sets))
    chosen, room, taken = 0, RANKED, False
    for count, number in counted:
        if count and (not taken or count <= room):
            chosen |= sets[number]
            room, taken = room - count, True
    return chosen
