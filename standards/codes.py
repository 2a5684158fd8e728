"""Item codes by profile, regions, and the code tables of GB/T 39046-2020 annex A.

The sources disagree, so a code is recognised by a table of profiles and doubts are warnings, never exceptions.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from standards.identifiers import uscc_valid

ITEM_TYPES: Final[dict[str, str]] = {
    "00": "行政权力事项",
    "01": "行政许可",
    "02": "行政处罚",
    "03": "行政强制",
    "04": "行政征收",
    "05": "行政给付",
    "06": "行政检查",
    "07": "行政确认",
    "08": "行政奖励",
    "09": "行政裁决",
    "10": "其他类别",
    "20": "公共服务",
}
"""事项类型, GB/T 39046-2020 A.1; 11-19 and 21-99 are extensions."""

APPLIED_FOR: Final = frozenset({"01", "05", "07", "08", "09", "10", "20"})
"""依申请 types: those that have guides, cases and ratings."""

LEVELS: Final[dict[str, str]] = {
    "1": "国家级",
    "2": "省级",
    "3": "市级",
    "4": "县级",
    "5": "镇（乡、街道）级",
    "6": "村（社区）级",
    "7": "分级管理",
}
"""行使层级, GB/T 39046-2020 A.2."""

WARNINGS: Final[dict[str, str]] = {
    "CODE_UNKNOWN": "编码不符合任何已知格式",
    "USCC_CHECK_DIGIT": "编码中的统一社会信用代码校验位不符",
    "OWNER_PLACEHOLDER": "实施主体为占位代码，没有统一社会信用代码",
    "OWNER_NOT_USCC": "实施主体不是18位统一社会信用代码",
    "LEVEL_UNKNOWN": "行使层级代码不在GB/T 39046 表A.2中",
    "TYPE_EXTENSION": "事项类型代码为扩展代码",
    "MAIN_LETTER": "主项顺序码使用了不应使用的字母",
    "REGION_UNKNOWN": "行政区划代码格式不符",
    "LOWER_CASE": "编码中有小写字母",
    "LEVEL_NOT_REGION": "编码中的行使层级与所属区划的层级不符（常见差一级的错误）",
    "AREA_NOT_REGION": "编码中的行政区划与所属省份不符",
}
"""What each warning of a CodeCheck means, for people."""

_BASE = r"(?P<area>[0-9]{2})(?P<type>[0-9]{2})(?P<main>[0-9A-Z]{5})(?:[0-9]{3}|00Y)"
_OWNER = r"(?P<owner>[0-9A-Z]{18})(?P<level>[0-9])"
_PLACE = r"(?P<region>[0-9]{12})-[0-9]{3}-(?P<body>[0-9A-Z]{6,18}(?:-[0-9A-Z])?)-[0-9]-[0-9]{2}"

PROFILES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("national-12", re.compile(_BASE)),
    ("national-31", re.compile(_OWNER + _BASE)),
    ("national-33", re.compile(_OWNER + _BASE + r"(?:0[1-9]|[1-9][0-9])")),
    ("legacy-29", re.compile(_OWNER + r"(?P<type>[0-9]{2})[0-9A-Z]{8}")),
    ("legacy-10", re.compile(r"(?P<type>0[0-9]|10|20)[0-9]{8}")),
    ("gbt39046-24", re.compile(r"[0-9A-Z]{24}")),
    ("gbt39046-10", re.compile(r"[0-9A-Z]{10}")),
    ("local-base", re.compile(r"[0-9]{2}[0-9A-Z]{10}(?:[0-9A-Z]{2})?")),
    ("dash-base", re.compile(r"[0-9]{2}[0-9A-Z]{10}(?:[0-9A-Z]{2})?-" + _PLACE)),
    ("dash-letter", re.compile(r"[0-9]?[A-Z]-[0-9]{4,6}-[0-9]{3,5}-(?:" + _PLACE + r"|(?P<filler>[0-9]{6,18}))")),
)
"""Profiles in the order they are tried. National: 基本编码 12, 实施编码 31, 业务办理项编码 33. The dash styles carry
the code of the body last: `<base>-<region 12>-000-<body>-<1>-<00>`, or a letter and two numbers for the base."""


class CodeCheck(NamedTuple):
    """What is known of an item code: its profile, whether it has one, and doubts as keys of WARNINGS."""

    profile: str
    ok: bool
    warnings: tuple[str, ...]


def _owner_doubt(owner: str) -> str | None:
    """The doubt about the body a code names: a USCC whose check digit holds gives none."""
    if owner.startswith("TE") or len(set(owner)) == 1:
        return "OWNER_PLACEHOLDER"
    if len(owner) != 18:
        return "OWNER_NOT_USCC"
    return None if uscc_valid(owner) else "USCC_CHECK_DIGIT"


_DOUBTS: Final[dict[str, Callable[[str], str | None]]] = {
    "owner": _owner_doubt,
    "body": _owner_doubt,
    "filler": lambda _: "OWNER_PLACEHOLDER",
    "level": lambda level: None if level in LEVELS else "LEVEL_UNKNOWN",
    "type": lambda code: None if code in ITEM_TYPES else "TYPE_EXTENSION",
    "main": lambda main: "MAIN_LETTER" if set(main) & set("IOZSV") else None,
    "region": lambda region: None if region_valid(region) else "REGION_UNKNOWN",
}


@lru_cache(maxsize=4096)
def check_item_code(code: str, region: str = "") -> CodeCheck:
    """Tells the profile of an item code and what is doubtful about it, also beside the region it is used in. Never raises."""
    capitals = code.upper() if code.isascii() else ""
    for profile, pattern in PROFILES:
        if found := pattern.fullmatch(capitals):
            parts = ((_DOUBTS[name], text) for name, text in found.groupdict().items() if name in _DOUBTS and text)
            doubts = ["LOWER_CASE" if capitals != code else None, *(doubt(text) for doubt, text in parts)]
            doubts += _place_doubts(found.groupdict(), region)
            return CodeCheck(profile, True, tuple(doubt for doubt in doubts if doubt))
    return CodeCheck("unknown", False, ("CODE_UNKNOWN",))


def _place_doubts(parts: dict[str, str | None], region: str) -> list[str]:
    """Doubts about a code's level and area in a region: a national code (area 00), and 分级管理, fit everywhere."""
    if not region_valid(region):
        return []
    level, area = parts.get("level"), parts.get("area")
    found = []
    if level in LEVELS and level not in (LEVEL_OF_REGION[region_level(region)], "7"):
        found.append("LEVEL_NOT_REGION")
    if area and area not in ("00", region[:2]):
        found.append("AREA_NOT_REGION")
    return found


def type_code(raw: str) -> str:
    """Two-digit type code of what a source has: '5' is '05', ' 20 ' is '20' (GB/T 39046-2020 A.1)."""
    code = raw.strip().zfill(2)
    if not re.fullmatch(r"[0-9]{2}", code):
        raise ValueError(f"not a type code: {raw!r}")
    return code


RegionLevel = Literal["province", "city", "county", "township", "village"]

_REGION_LEVELS: Final[dict[int, RegionLevel]] = {2: "province", 4: "city", 6: "county", 9: "township", 12: "village"}
LEVEL_OF_REGION: Final[dict[RegionLevel, str]] = {
    "province": "2",
    "city": "3",
    "county": "4",
    "township": "5",
    "village": "6",
}
"""行使层级 that a body of a region of that level exercises: one more than the region's own level, which is where codes go wrong."""
_REGION = re.compile(r"[1-9][0-9](?:[0-9]{2}(?:[0-9]{2}(?:[0-9]{3}(?:[0-9]{3})?)?)?)?")
_EMPTY_TAILS: Final = {12: "000", 9: "000", 6: "00", 4: "00"}


def region_valid(region: str) -> bool:
    """Whether the code has the form of GB/T 2260 or GB/T 10114: 2, 4, 6, 9 or 12 digits. Existence is not asked."""
    return bool(_REGION.fullmatch(region))


def region_prefix(region: str) -> str:
    """The code without its empty levels: 123400 is 1234, 511602000000 is 511602. What it covers begins with it."""
    while (tail := _EMPTY_TAILS.get(len(region))) and region.endswith(tail):
        region = region[: -len(tail)]
    return region


def region_level(region: str) -> RegionLevel:
    """Level by the last level that is not empty (GB/T 2260, GB/T 10114); ValueError when it is no region code."""
    if not region_valid(region):
        raise ValueError(f"not a region code: {region!r}")
    return _REGION_LEVELS[len(region_prefix(region))]


def region_covers(prefix_region: str, region: str) -> bool:
    """Whether the second region is the first or lies within it: 123400 covers 1234xx and all below."""
    if not (region_valid(prefix_region) and region_valid(region)):
        return False
    return region.startswith(region_prefix(prefix_region))
