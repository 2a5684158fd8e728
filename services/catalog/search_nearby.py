"""Words that are nearly what was typed: one character wrong, missing, doubled or swapped, or another with the same sound. Pure.

Every word of the index stands under its keys: itself, itself less one character, its pinyin, its pinyin less one letter. What was
typed is looked up by the same keys, so that a look-up costs the same whatever the index holds (deletion neighbourhoods).
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from services.catalog.search_words import runs, syllables, words

# Lengths of words kept and windows looked at, in characters; longest text that is corrected.
SHORTEST, LONGEST, MOST_TEXT = 2, 8, 20
# With fewer characters another one makes another word.
_SHORTEST_EDITED: Final = 3
_SHORTEST_SOUND: Final = 5
MOST_CANDIDATES: Final = 3


class Window(NamedTuple):
    """A piece of what was typed."""

    start: int
    text: str


class Repair(NamedTuple):
    """A word for a window, and how much speaks for it."""

    window: Window
    word: str
    weight: float


def lexicon(names: Iterable[str]) -> set[str]:
    """The words of names, and pairs of neighbours as one."""
    found = set()
    for name in names:
        for run in runs(name):
            if not run.isascii():
                parts = words(run)
                found.update(parts)
                found.update(left + right for left, right in pairwise(parts))
    return {word for word in found if SHORTEST <= len(word) <= LONGEST}


def keys(word: str) -> set[str]:
    """The keys a word is found by."""
    sound = sound_of(word)
    return {word, *_shorter(word, _SHORTEST_EDITED), sound, *_shorter(sound, _SHORTEST_SOUND)}


def sound_of(word: str) -> str:
    """A word's pinyin as a key, which no word is."""
    return "~" + "".join(syllables(word))


def windows(text: str, doubtful: list[tuple[int, int]]) -> list[Window]:
    """Pieces of the text that touch a doubtful place (start, end)."""
    if len(text) > MOST_TEXT:
        return []
    if text.isascii():
        return [Window(0, text)]
    found = []
    for start in range(len(text)):
        for end in range(start + SHORTEST, min(len(text), start + LONGEST) + 1):
            if any(start < last and first < end for first, last in doubtful) and not text[start:end].isascii():
                found.append(Window(start, text[start:end]))
    return found


def asked_keys(window: Window) -> set[str]:
    """The keys a window is looked up by."""
    text = window.text
    if text.isascii():
        return {"~" + text, *_shorter("~" + text, _SHORTEST_SOUND)}
    return {text, *_shorter(text, _SHORTEST_EDITED), sound_of(text)}


def repairs(found: Iterable[tuple[Window, str]]) -> list[Repair]:
    """What speaks for each word found under a window's keys; those that nothing does are left out."""
    weighed = (Repair(window, word, _weight(window.text, word)) for window, word in found if window.text != word)
    return sorted((one for one in weighed if one.weight > 0), key=lambda one: (-one.weight, one.window.start, one.word))


def corrected(text: str, found: list[Repair]) -> Iterator[str]:
    """The text with repairs in place: the best together first, then single ones; at most MOST_CANDIDATES, best first."""
    chosen: list[Repair] = []
    for one in found:
        if all(one.window.start >= _end(other) or _end(one) <= other.window.start for other in chosen):
            chosen.append(one)
    given = {text}
    for pick in [chosen, *([one] for one in found)]:
        mended = _mended(text, pick)
        if mended not in given:
            given.add(mended)
            yield mended
        if len(given) > MOST_CANDIDATES:
            return


def _end(one: Repair) -> int:
    return one.window.start + len(one.window.text)


def _mended(text: str, chosen: list[Repair]) -> str:
    for one in sorted(chosen, key=lambda one: -one.window.start):
        text = text[: one.window.start] + one.word + text[_end(one) :]
    return text


def _weight(typed: str, word: str) -> float:
    """Characters that agree, less what it takes to get there; 0 when it takes too much."""
    if typed.isascii():
        sound = sound_of(word)[1:]
        return len(sound) / 4 - (0 if sound == typed else 1) if within_one(typed, sound) else 0
    same = len(set(typed) & set(word))
    # What sounds the same is the commonest slip of a Chinese keyboard; it needs one character that agrees, or three that sound so.
    if sound_of(typed) == sound_of(word):
        return len(word) - 0.5 if same or len(word) > SHORTEST else 0.6
    if len(typed) < _SHORTEST_EDITED or not within_one(typed, word):
        return 0
    return len(typed) - 1.5


def within_one(left: str, right: str) -> bool:
    """Whether one insertion, deletion, replacement or swap of neighbours at most makes one of the other."""
    if len(left) > len(right):
        left, right = right, left
    if len(right) - len(left) > 1:
        return False
    start = next((place for place, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), len(left))
    if len(left) < len(right):
        return left[start:] == right[start + 1 :]
    rest = (left[start + 1 :], right[start + 1 :])
    swapped = left[start : start + 2] == right[start : start + 2][::-1] and left[start + 2 :] == right[start + 2 :]
    return rest[0] == rest[1] or swapped


def _shorter(key: str, least: int) -> set[str]:
    """A key less one of its characters, of those that are long enough; the mark of a sound stays."""
    first = 1 if key.startswith("~") else 0
    return {key[:place] + key[place + 1 :] for place in range(first, len(key))} if len(key) >= least else set()
