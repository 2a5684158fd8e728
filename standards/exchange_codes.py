"""Codes in which departments' systems report cases, by profile: names inside, codes outside.

The sources disagree, so a code says nothing without its profile, and no code leaves this file. What is not known of a profile is not
here: its codes are unknown, and the field is left empty. Evidence beside each table: [STD] text of GB/T 39046-2020 · [CODE n] seen in n
systems in use · [MEM] common knowledge of the trade · what a code is called inside is ours.
"""

from functools import cache
from typing import Final

DEFAULT: Final = "gbt39046"
PROFILES: Final = (DEFAULT, "national", "guangdong", "spgl")
"""GB/T 39046-2020; the national exchange platform; Guangdong's (DB44) messages; 住建部 SPGL of construction projects."""

CASE_KIND, RESULT, ACTION, STATE = "case_kind", "result", "action", "state"
SPECIAL, SOURCE, CERTIFICATE, MATERIAL_FORM = "special", "source", "certificate", "material_form"

WORDS: Final[dict[str, dict[str, str]]] = {
    CASE_KIND: {"AT_ONCE": "即办件", "PROMISED": "承诺件", "SENT_UP": "上报件", "OTHER": "其他"},
    RESULT: {
        "GRANTED": "准予", "DENIED": "不予许可", "RETURNED": "退回", "VOIDED": "作废", "TRANSFERRED": "转报",
        "LAPSED": "补正不来", "OTHER": "其他",
    },
    ACTION: {"PASSED": "通过", "RETURNED": "退回", "OTHER": "其他"},
    STATE: {"WAITING": "待办", "DONE": "已办"},
    SPECIAL: {"EXTENSION": "延长审批", "OTHER": "其他"},
    SOURCE: {
        "WINDOW": "窗口", "WEB": "电脑端", "MOBILE": "移动端", "POST": "快递申请", "HOTLINE": "热线", "KIOSK": "自助端",
        "OTHER": "其他",
    },
    CERTIFICATE: {
        "ID_CARD": "居民身份证", "USCC": "统一社会信用代码", "PASSPORT": "普通护照", "TAIWAN_PERMIT": "台湾居民来往大陆通行证",
        "HONG_KONG_MACAO_PERMIT": "港澳居民来往内地通行证",
    },
    MATERIAL_FORM: {"PAPER": "纸质", "ELECTRONIC": "电子"},
}  # fmt: skip
"""The names of each field, with what people call them."""

# GA/T 2000.156: 111 [CODE 1], 001 [CODE 1], the passes [MEM]. The contract names this table for every profile.
_CERTIFICATES: Final = {
    "111": "ID_CARD", "001": "USCC", "414": "PASSPORT", "511": "TAIWAN_PERMIT", "516": "HONG_KONG_MACAO_PERMIT",
}  # fmt: skip

TABLES: Final[dict[str, dict[str, dict[str, str]]]] = {
    CASE_KIND: {
        # [STD]
        "gbt39046": {"1": "AT_ONCE", "2": "PROMISED", "9": "OTHER"},
        # [CODE 4]; Zhejiang has them the other way round: a profile of its own, when it is wanted.
        "national": {"1": "AT_ONCE", "2": "PROMISED"},
        # [CODE 4], 3 [CODE 1]
        "guangdong": {"1": "AT_ONCE", "2": "PROMISED", "3": "SENT_UP"},
    },
    RESULT: {
        # [CODE 3]: 出证办结, 退回办结, 作废办结, 删除办结 (entered by mistake), 转报办结, 补正不来办结, 办结(其他).
        "guangdong": {
            "0": "GRANTED", "1": "RETURNED", "2": "VOIDED", "3": "VOIDED", "4": "TRANSFERRED", "5": "LAPSED", "6": "OTHER",
        },
        # [CODE 3], the states of an item that end it: 办结(通过), 办结(容缺通过), 办结(不通过); 不受理, 不予受理; 已撤件, 撤回; 撤销.
        "spgl": {
            "11": "GRANTED", "12": "GRANTED", "13": "DENIED", "4": "RETURNED", "5": "RETURNED", "2": "OTHER", "14": "OTHER",
            "15": "VOIDED",
        },
    },
    ACTION: {
        # [STD] table 7 names the values and gives no numbers.
        "gbt39046": {"通过": "PASSED", "退回": "RETURNED", "其他": "OTHER"},
    },
    STATE: {
        # [STD] table 7
        "gbt39046": {"1": "WAITING", "2": "DONE"},
    },
    SPECIAL: {
        # [STD] table 7
        "gbt39046": {"1": "EXTENSION", "2": "OTHER"},
    },
    SOURCE: {
        # [STD] A.5 (办理形式), the only table of the standard for ways in; that 申报来源 is coded by it is our reading.
        "gbt39046": {"1": "WINDOW", "2": "WEB", "3": "MOBILE", "4": "POST", "9": "OTHER"},
        # [CODE 2] 办件来源: 实体大厅, 网厅, 热线, 移动端, 自助端.
        "national": {"1": "WINDOW", "2": "WEB", "3": "HOTLINE", "4": "MOBILE", "5": "KIOSK"},
    },
    CERTIFICATE: dict.fromkeys(PROFILES, _CERTIFICATES),
    # 材料收取方式: no source has codes.
    MATERIAL_FORM: {},
}  # fmt: skip


def told(field: str, profile: str) -> bool:
    """Whether codes of this field are known in the profile."""
    return profile in TABLES[field]


def name_of(field: str, profile: str, code: str) -> str | None:
    """The name of a code of this profile; None when it has none."""
    return TABLES[field].get(profile, {}).get(code)


def code_of(field: str, profile: str, name: str) -> str | None:
    """The code this profile has for a name, the first where it has several; None when it has none."""
    return _codes(field, profile).get(name)


def word_of(field: str, name: str) -> str:
    """What people call it; empty for an unknown or empty name."""
    return WORDS[field].get(name, "")


@cache
def _codes(field: str, profile: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for code, name in TABLES[field].get(profile, {}).items():
        found.setdefault(name, code)
    return found
