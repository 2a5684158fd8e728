"""How the text of a flat list's cells is read: truths, units, limits, codes of common tables, lists of names. What cannot be read raises
KeyError or ValueError. Codes that differ between platforms (units of limits) are not guessed.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from services.catalog.importing_defaults import material_keys, step_kind
from standards import codes
from yiwang.catalog.v1 import service_pb2 as pb

Read = Callable[[str], Any]
_SPLIT = re.compile(r"[；;|^\n]|(?<=[^\d])、(?=[^\d])")
_SPLIT_NAMES = re.compile(r"[；;|\n]")
# 半个工作日, 半天, 0.5个工作日, 1.5个工作日: half days. Halves of natural days are none of the suite's units.
_HALVES = re.compile(r"(?:半|(\d{1,3})\.50?)\s*(?:个)?\s*(?:工作日|天)(?:以?内)?")
_AMOUNT = re.compile(r"(\d{1,4})(?:\.0+)?\s*(?:个)?\s*(工作日|自然日|日|天|小时|个?月)?(?:以?内)?")


def choice(values: Mapping[str, Any]) -> Read:
    def read(text: str) -> Any:
        return values[text]

    return read


def listed(text: str) -> list[str]:
    return [part.strip() for part in _SPLIT.split(text) if part.strip() and part.strip() != "无"]


def _names(text: str) -> list[str]:
    """Names that may have a 、 of their own."""
    return [part.strip() for part in _SPLIT_NAMES.split(text) if part.strip() and part.strip() != "无"]


def each(values: Mapping[str, Any]) -> Read:
    def read(text: str) -> list[Any]:
        return list(dict.fromkeys(values[part] for part in re.split(r"[；;|^,，、\s]+", text) if part))

    return read


_YES: Final = ("是", "true", "1", "y", "yes", "有", "需要", "支持")
_NO: Final = ("否", "false", "0", "n", "no", "无", "不需要", "不支持")


def truth(text: str) -> bool:
    """是 or 否, as spreadsheets and databases write them."""
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise ValueError(text)


UNITS: Final = {
    "工作日": pb.TIME_UNIT_WORKING_DAY,
    "个工作日": pb.TIME_UNIT_WORKING_DAY,
    "自然日": pb.TIME_UNIT_NATURAL_DAY,
    "日": pb.TIME_UNIT_NATURAL_DAY,
    "天": pb.TIME_UNIT_NATURAL_DAY,
    "半日": pb.TIME_UNIT_HALF_DAY,
    "半天": pb.TIME_UNIT_HALF_DAY,
    "小时": pb.TIME_UNIT_HOUR,
    "月": pb.TIME_UNIT_MONTH,
    "个月": pb.TIME_UNIT_MONTH,
    "即办": pb.TIME_UNIT_AT_ONCE,
    "即时": pb.TIME_UNIT_AT_ONCE,
    "当场": pb.TIME_UNIT_AT_ONCE,
} | {name: number for name, number in pb.TimeUnit.items() if number}
"""Words for units. Codes differ between platforms and are told by a map (`values`)."""
NECESSITIES: Final = {
    "必要": pb.NECESSITY_REQUIRED,
    "非必要": pb.NECESSITY_OPTIONAL,
    "容缺后补": pb.NECESSITY_DEFERRABLE,
    "有条件": pb.NECESSITY_CONDITIONAL,
    "有条件必要": pb.NECESSITY_CONDITIONAL,
}
_OBJECTS: Final = {
    "1": "自然人",
    "2": "企业法人",
    "3": "事业法人",
    "4": "社会组织法人",
    "5": "其他组织",
    "6": "其他组织",
    "9": "其他组织",
}
FORMS: Final = {
    "窗口": 1, "窗口办理": 1, "1": 1, "电脑端": 2, "网上": 2, "网上办理": 2, "2": 2, "移动端": 3, "3": 3,
    "快递": 4, "快递申请": 4, "邮寄": 4, "4": 4, "自助": 5, "自助终端": 5,
}  # fmt: skip
DEPTHS: Final = {str(number): number for number in range(1, 9)} | {
    "互联网咨询": 1, "互联网收件": 2, "互联网预审": 3, "互联网受理": 4, "互联网办理": 5, "互联网办理结果信息反馈": 6,
    "互联网电子证照反馈": 7, "其他": 8,
}  # fmt: skip
REACHES: Final = {
    "无": 1,
    "不通办": 1,
    "不可通办": 1,
    "全县": 2,
    "跨镇": 2,
    "全市": 3,
    "跨县": 3,
    "全省": 4,
    "跨市": 4,
    "全国": 5,
    "跨省": 5,
}
CASES: Final = {"即办件": 1, "1": 1, "承诺件": 2, "2": 2}
REVIEWS: Final = {"即审即办": 1, "前审后批": 2}
LEVELS: Final = (
    {name: code for code, name in codes.LEVELS.items()}
    | {code: code for code in codes.LEVELS}
    | {"乡级": "5", "镇级": "5", "村级": "6"}
)
_TYPES: Final = {name: code for code, name in codes.ITEM_TYPES.items()} | {
    "其他行政权力": "10",
    "其他权力": "10",
    "公共服务事项": "20",
}


def type_code(text: str) -> str:
    return _TYPES.get(text) or codes.type_code(text)


def limit(text: str) -> dict[str, Any]:
    """20, 20个工作日, 半个工作日, 即办, 3个月: an amount, and its unit where it stands beside it."""
    if text in ("即办", "即时办结", "当场办结", "当场办理", "即办件"):
        return {"amount": 0, "unit": pb.TIME_UNIT_AT_ONCE}
    if half := _HALVES.fullmatch(text):
        return {"amount": 2 * int(half[1] or 0) + 1, "unit": pb.TIME_UNIT_HALF_DAY}
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return {"amount": int(found[1])} | ({"unit": UNITS[found[2]]} if found[2] else {})


def count(text: str) -> int:
    found = re.fullmatch(r"(\d{1,4})(?:\.0+)?次?", text)
    if found is None:
        raise ValueError(text)
    return int(found[1])


def steps(text: str) -> list[dict[str, Any]]:
    """受理；审查；决定, or 受理→审查→决定."""
    names = [re.sub(r"^\d+[.、)）]\s*", "", name) for name in listed(re.sub("→|->|—>|=>", "；", text))]
    return [{"name": name, "kind": step_kind(name)} for name in names if name]


def materials(text: str) -> list[dict[str, Any]]:
    """营业执照；非必要:授权委托书: a material without a word before the colon is required."""
    split = [_necessity(part) for part in _names(text)]
    keys = material_keys(name for name, _ in split)
    return [{"key": key, "name": name, "necessity": kind} for key, (name, kind) in zip(keys, split, strict=True)]


def _necessity(part: str) -> tuple[str, int]:
    word, colon, name = part.replace("：", ":", 1).partition(":")
    return (name.strip(), NECESSITIES[word]) if colon and word in NECESSITIES else (part, pb.NECESSITY_REQUIRED)


def procedures(text: str) -> list[dict[str, Any]]:
    kinds = {
        "听证": 1,
        "招标": 2,
        "拍卖": 3,
        "检验": 4,
        "检测": 5,
        "检疫": 6,
        "鉴定": 7,
        "专家评审": 8,
        "公示": 9,
        "现场勘验": 10,
        "勘验": 10,
    }
    names = [name for name in re.split(r"[；;|^,，、\n]+", text) if name not in ("", "无", "否", "0")]
    return [{"name": name, "kind": kinds.get(name, 11)} for name in names]


def fees(text: str) -> list[dict[str, Any]]:
    return [{"name": part[:200], "standard": part} for part in _names(text)]


def place(text: str) -> list[dict[str, Any]]:
    return [{"name": part[:200], "address": part} for part in _names(text)]


def objects(text: str) -> list[str]:
    """Service objects by name, or by code (the codes 5 and 6 mean different bodies in different tables; both are bodies)."""
    return [_OBJECTS.get(one, one) for one in re.split(r"[；;|^,，、\s]+", text) if one]
