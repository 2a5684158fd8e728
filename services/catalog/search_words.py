"""How text becomes words for search: Chinese words and single characters, pinyin and initials."""

import os
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

import rjieba

# Without its phrases pypinyin takes 11 MB and not 57; the readings that matter here are below.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
import pypinyin

MOST_WORDS = 12
# Longest spelling kept or asked for, in letters, and longest row of initials.
MOST_LETTERS, MOST_INITIALS = 24, 10
_STOP = """
我 我要 我想 想 要 想要 想开 需要 需 怎么 怎么办 怎样 如何 哪 哪里 在 去 到 的 了 吗 呢 呀 啊 个 什么 请问 一下 能 可以 能否 帮 该 和 与 及
或 是 有 给
"""
STOP: Final = frozenset(_STOP.split())
"""Words people say around what they look for."""

READINGS: Final = {
    "行业": ("hang", "ye"),
    "银行": ("yin", "hang"),
    "会计": ("kuai", "ji"),
    "给付": ("ji", "fu"),
    "供给": ("gong", "ji"),
    "校验": ("jiao", "yan"),
    "调解": ("tiao", "jie"),
    "调整": ("tiao", "zheng"),
    "调控": ("tiao", "kong"),
    "重新": ("chong", "xin"),
    "重建": ("chong", "jian"),
    "重庆": ("chong", "qing"),
    "返还": ("fan", "huan"),
    "还款": ("huan", "kuan"),
    "畜牧": ("xu", "mu"),
    "成都": ("cheng", "du"),
    "首都": ("shou", "du"),
    "长者": ("zhang", "zhe"),
    "差旅": ("chai", "lv"),
}
"""Pairs that are not read as their characters are by themselves."""

_RUNS = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+|[a-z0-9]+")


class Unit(NamedTuple):
    """One word of a query, and where it stands in its text."""

    word: str
    start: int

    @property
    def end(self) -> int:
        """Where the next begins."""
        return self.start + len(self.word)


class Asked(NamedTuple):
    """A query: all of it run together, and the words in it that tell something."""

    text: str
    units: list[Unit]


def runs(text: str) -> list[str]:
    """Runs of Chinese characters, and of letters and digits, in small letters and plain width."""
    return _RUNS.findall(unicodedata.normalize("NFKC", text).lower())


def asked(query: str) -> Asked:
    """What a query asks for. Whatever else people type (quotes, stars, brackets) separates words and means nothing."""
    units: list[Unit] = []
    start = 0
    parts = runs(query)[:MOST_WORDS]
    for part in parts:
        for word in words(part):
            units.append(Unit(word, start))
            start += len(word)
    told = _once(unit for unit in units if unit.word not in STOP) or _once(units)
    return Asked("".join(parts), told[:MOST_WORDS])


def indexed(texts: Iterable[str]) -> str:
    """The tokens texts are found by: each text as a whole, its words, its characters."""
    tokens: list[str] = []
    for text in texts:
        parts = runs(text)
        tokens.append("".join(parts))
        for run in parts:
            tokens += [run] if run.isascii() else [*rjieba.cut_for_search(run), *rjieba.cut(run), *run]
    return " ".join(_unique(tokens))


def words(run: str) -> list[str]:
    """A run cut into words that do not overlap."""
    return [run] if run.isascii() else list(rjieba.cut(run))


def tagged(text: str) -> list[tuple[str, str]]:
    """The words of a text with what parts of speech they are taken for (nr = a person's name)."""
    return [pair for run in runs(text)[:MOST_WORDS] for pair in rjieba.tag(run)]


def spelled(texts: Iterable[str]) -> str:
    """Pinyin of texts from each word on, run together, and its initials; found by their beginnings."""
    tokens: list[str] = []
    for text in texts:
        sounds = [syllables(word) for run in runs(text) for word in words(run)]
        for start in range(len(sounds)):
            rest = [sound for word in sounds[start:] for sound in word]
            tokens.append("".join(rest)[:MOST_LETTERS])
            tokens.append("".join(sound[0] for sound in rest)[:MOST_INITIALS])
    return " ".join(_unique(tokens))


def syllables(word: str) -> list[str]:
    """Pinyin of a word, syllable by syllable, without tones; letters and digits are one."""
    if word.isascii():
        return [word]
    found: list[str] = []
    position = 0
    while position < len(word):
        pair = READINGS.get(word[position : position + 2])
        found += pair or [_syllable(word[position])]
        position += 2 if pair else 1
    return found


@lru_cache(maxsize=10_000)
def _syllable(character: str) -> str:
    sound: str = pypinyin.lazy_pinyin(character)[0]
    return sound if sound.isascii() and sound.isalpha() else "x"


def _unique(tokens: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(token for token in tokens if token))


def _once(units: Iterable[Unit]) -> list[Unit]:
    return list({unit.word: unit for unit in reversed(list(units))}.values())[::-1]
