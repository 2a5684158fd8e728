"""Which words that found nothing may be kept: none that could be a number, an address, or anybody's name. Pure.

People type what they are asked for everywhere: names, ID numbers, telephones. Better too little is kept than any of it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

from standards.identifiers import COMPOUND_SURNAMES

SHORTEST, LONGEST = 2, 30
_DIGITS: Final = 4
_LATIN = re.compile(r"[a-z]{4,}")
_NUMERALS = re.compile(r"[零〇一二三四五六七八九幺两十百千]{4,}")
_ADDRESS = re.compile(r"[0-9零〇一二三四五六七八九十百]+(?:号|栋|幢|座|单元|室|弄|巷|楼|层|组|队)|[路街巷弄村镇乡].{0,4}号")
_CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+")
_SURNAMES: Final = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧肖程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任"
    "姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱丘秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍"
    "韦申尤毕聂丛焦向柳邢骆岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单"
    "包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丰古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻"
    "揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬明沙薄伏岑习胥保和蔺"
)


def kept(text: str, parts: Iterable[str], knows: Callable[[list[str]], set[str]]) -> str:
    """The words as they are counted; empty when they must not be kept. `parts` is the text cut into words, and `knows` tells which
    words the catalogue has itself."""
    plain = unicodedata.normalize("NFKC", text).lower()
    words = " ".join(re.findall(r"[a-z0-9]+|[\u3400-\u9fff\U00020000-\U0003ffff]+", plain))
    if not SHORTEST <= len(words) <= LONGEST or "@" in plain or "·" in text or not _CHINESE.search(words):
        return ""
    if sum(character.isdecimal() for character in plain) >= _DIGITS or _LATIN.search(plain):
        return ""
    if _NUMERALS.search(plain) or _ADDRESS.search(plain):
        return ""
    return "" if _maybe_named(list(parts), knows) else words


def _maybe_named(parts: list[str], knows: Callable[[list[str]], set[str]]) -> bool:
    """Whether a name may stand in it: a family name and something after it that is no word of the catalogue."""
    known = knows(list(dict.fromkeys(parts)))
    text = "".join(parts)
    # A given name may itself be a word (王建设): a short text that begins with a lone family name is taken for a name.
    if parts and len(text) <= 4 and (parts[0] in _SURNAMES or parts[0] in COMPOUND_SURNAMES):
        return True
    stretch = ""
    for part in [*parts, ""]:
        if part and (part not in known or len(part) == 1):
            stretch += part
            continue
        if _has_name(stretch):
            return True
        stretch = ""
    return False


def _has_name(stretch: str) -> bool:
    if any(stretch[place : place + 2] in COMPOUND_SURNAMES for place in range(len(stretch) - 1)):
        return True
    return any(character in _SURNAMES for character in stretch[:-1])
