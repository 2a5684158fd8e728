"""In which order the rows found are shown. Words found in the name count most, rare ones more than common ones, what stands for a
word less than the word, and of names that say the same the one that says nothing else. Pure.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Final, NamedTuple

from services.catalog import search_bits
from services.catalog.search_matching import RANKED, Matched

# Rows that are looked at closely.
CLOSE: Final = 150
# One row in so many is many.
_DENSE: Final = 20
# What a word is worth where it stands, and what one that stands for it is.
_NAME, _ALIAS, _ABOUT, _MEANT, _HEARD = 1.0, 0.95, 0.75, 0.8, 0.7
# What follows a first application, or only tells about it: shown after it unless it was asked for.
_LATER_WORDS = """
注销 变更 延续 补领 补办 补发 换领 换发 换证 撤销 撤回 终止 废止 迁移 遗失 停业 恢复 年检 年审 校验 查询 咨询 指引 投诉
"""
_LATER: Final = frozenset(_LATER_WORDS.split())
_LATER_COST: Final = 0.08


class Line(NamedTuple):
    """What is read of a row to rank it: texts in plain form, aliases and topics parted by line ends."""

    row: int
    place: str
    name: str
    aliases: str
    about: str


class Prior(NamedTuple):
    """What speaks for a row whatever is asked: by row a number, least first, and the rows in that order."""

    by_row: Sequence[int]
    rows: Sequence[int]


def first(matched: Matched, rows: int, prior: Prior) -> list[int]:
    """At most RANKED of the rows, by the words they have, then by the prior."""
    gains = [(search_bits.as_bytes(one.rows), one.weight) for one in matched.known]
    gains += [(search_bits.as_bytes(one.meant & ~one.rows), one.weight * _MEANT) for one in matched.known if one.meant]
    gains.append((search_bits.as_bytes(matched.whole), 1 + sum(one.weight for one in matched.known)))
    has, by_row = search_bits.has, prior.by_row

    def key(row: int) -> tuple[float, int]:
        return -sum([weight for raw, weight in gains if has(raw, row)]), by_row[row]

    return sorted(_narrowed(matched, rows & (1 << len(by_row)) - 1, prior), key=key)


def _narrowed(matched: Matched, rows: int, prior: Prior) -> list[int]:
    """No more rows than are ranked: those with all the words as typed first."""
    if rows.bit_count() <= RANKED:
        return search_bits.to_rows(rows)
    typed = rows
    for one in matched.known:
        typed &= one.rows
    taken: list[int] = []
    for part in (rows & matched.whole, typed, rows):
        taken += _best(part & rows, prior, RANKED - len(taken))
        rows &= ~part
        if len(taken) >= RANKED:
            break
    return taken


def _best(rows: int, prior: Prior, most: int) -> list[int]:
    """The first of these rows by the prior: picked out where they are few, met in its order where they are many."""
    if rows.bit_count() * _DENSE < len(prior.rows):
        return sorted(search_bits.to_rows(rows), key=prior.by_row.__getitem__)[:most]
    raw = search_bits.as_bytes(rows)
    return list(islice((row for row in prior.rows if search_bits.has(raw, row)), most))


def closely(matched: Matched, lines: list[Line]) -> list[int]:
    """Rows in the order of a closer look."""
    total = sum(one.weight for one in matched.known) or 1.0
    scored = ((-_score(matched, total, line), len(line.name), line.place, line.row) for line in lines)
    return [row for *_, row in sorted(scored)]


def _score(matched: Matched, total: float, line: Line) -> float:
    best = _title(matched, total, line.name, line) * _NAME
    for alias in line.aliases.split("\n") if line.aliases else ():
        best = max(best, _title(matched, total, alias, line) * _ALIAS)
    later = sum(1 for word in _LATER if word in line.name and not _asked_for(matched, word))
    return best - _LATER_COST * min(later, 2)


def _asked_for(matched: Matched, word: str) -> bool:
    return word in matched.text or any(word in one.expansion.target for one in matched.meant)


def _title(matched: Matched, total: float, title: str, line: Line) -> float:
    """How well a name or alias answers: words of the query it has, and how much of it they are."""
    gained = 0.0
    agreed: set[int] = set()
    for one in matched.known:
        if (place := title.find(one.word)) >= 0:
            gained += one.weight
            agreed.update(range(place, place + len(one.word)))
            continue
        instead = _instead(matched, one.start, one.end, title)
        if instead:
            gained += one.weight * _MEANT
            agreed |= instead
        elif one.word in line.about:
            gained += one.weight * _ABOUT
        elif one.word.isascii() and search_bits.has(search_bits.as_bytes(one.rows), line.row):
            gained += one.weight * _HEARD
    exact = 0.3 if title == matched.text else 0.1 if len(matched.text) > 1 and matched.text in title else 0.0
    return gained / total * (0.7 + 0.3 * len(agreed) / max(len(title), 1)) + exact


def _instead(matched: Matched, start: int, end: int, title: str) -> set[int]:
    """Places of the title that an expansion of this word agrees with, all of its words together."""
    best: set[int] = set()
    for one in matched.meant:
        if any(first < end and start < last for first, last in one.expansion.spans):
            places = [(title.find(word), len(word)) for word in one.words]
            if all(place >= 0 for place, _ in places):
                found = {spot for place, length in places for spot in range(place, place + length)}
                best = max(best, found, key=len)
    return best
