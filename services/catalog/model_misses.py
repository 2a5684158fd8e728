"""Which words that found nothing may be kept: none that could be a number, an address, or anybody's name. Pure.

People type what they are asked for everywhere: names, ID numbers, telephones. Better too little is kept than any of it.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

from standards.identifiers import COMPOUND_SURNAMES

SHORTEST, LONGEST = 2, 30
_DIGITS: Final = 4
_LATIN = re.compile(r"[a-z]{4,}")
_NUMERALS = re.compile(r"[零〇一二三四五六七八九幺两十百千]{4,}")
_ADDRESS = re.compile(
    r"[0-9零〇一二三四五六七八九十百]+(?:号|栋|幢|座|单元|室|弄|巷|楼|层|组|队)|[路街巷弄村镇乡].{0,4}号"
)
_INTRODUCED = re.compile(r"叫|姓名|名字")
_WORDS = re.compile(r"[a-z0-9]+|[\u3400-\u9fff\U00020000-\U0003ffff]+")
_CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+")
_SURNAMES: Final = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧肖程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任"
    "姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱丘秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍"
    "韦申尤毕聂丛焦向柳邢骆岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单"
    "包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丰古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻"
    "揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬明沙薄伏岑习胥保和蔺"
)


# Longest text that is taken for a name by its first character alone.
_SHORT: Final = 3
_NAME_TAG: Final = "nr"


def kept(text: str, parts: Sequence[tuple[str, str]], knows: Callable[[list[str]], set[str]]) -> str:
    """The words as they are counted; empty when they must not be kept.

    `parts` is the text cut into words, each with what part of speech it is taken for; `knows` tells which words are the catalogue's.
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    words = "".join(_WORDS.findall(plain))
    if not SHORTEST <= len(words) <= LONGEST or "@" in plain or "·" in text or not _CHINESE.search(words):
        return ""
    if sum(character.isdecimal() for character in plain) >= _DIGITS or _LATIN.search(words):
        return ""
    if _NUMERALS.search(words) or _ADDRESS.search(words) or _INTRODUCED.search(words):
        return ""
    return "" if _maybe_named(parts, knows([word for word, _ in parts])) else words


def _maybe_named(parts: Sequence[tuple[str, str]], known: set[str]) -> bool:
    """Whether a person's name may stand in it: what is tagged as one and is no word of the catalogue, or what begins like one."""
    text = "".join(word for word, _ in parts)
    begins = text[:1] in _SURNAMES or text[:2] in COMPOUND_SURNAMES
    if begins and len(text) <= _SHORT and text not in known:
        return True
    for (word, tag), (after, _) in zip(parts, [*parts[1:], ("", "")], strict=True):
        if word[:2] in COMPOUND_SURNAMES or (tag.startswith(_NAME_TAG) and word not in known):
            return True
        # Names that are words of their own to the tagger: of three characters, as most names are.
        if word[0] in _SURNAMES and len(word) == _SHORT and word not in known:
            return True
        # A lone family name before a word that is as short as a given name: 于丹, 王建设.
        if word in _SURNAMES and after and (len(after) == 1 or len(text) <= _SHORT + 1):
            return True
    return False
