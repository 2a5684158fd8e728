"""Codes of the national rating interface (好差评, C.5.2), by profile: names inside, codes outside.

The two profiles have opposite satisfaction codes: GB/T 39046-2020 A.8 counts 1 非常满意 … 5 非常不满意 [STD], the national platform's
interface as Zhejiang implemented it 5 非常满意 … 1 非常不满意 [CODE 1]. The enum Grade happens to be numbered like the second, so a
number never passes for a code: whoever needs one asks here. What a profile has no code for is None, and the field is left empty.
Evidence beside each table, as in `exchange_codes`.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from yiwang.case.v1 import service_pb2 as case_pb
from yiwang.rating.v1 import service_pb2 as pb

GBT39046, ZHEJIANG = "GBT39046", "ZHEJIANG"
PROFILES: Final = (GBT39046, ZHEJIANG)

GRADE, CHANNEL, TIME, ANONYMITY, AUDIT, USER, SOURCE, STATE, NODE = (
    "grade", "channel", "time", "anonymity", "audit", "user", "source", "state", "node",
)  # fmt: skip

FIRST, SECOND = "FIRST", "SECOND"
ANONYMOUS, NAMED = "ANONYMOUS", "NAMED"
NO_AUDIT, AUDITED, NOT_AUDITED = "NO_AUDIT", "AUDITED", "NOT_AUDITED"
PERSON, LEGAL = "PERSON", "LEGAL"
HALL, WEB, HOTLINE, MOBILE, KIOSK = "HALL", "WEB", "HOTLINE", "MOBILE", "KIOSK"
PENDING, ACCEPTED, CLOSED = "PENDING", "ACCEPTED", "CLOSED"
# Of the field `channel` beside the numbers of RatingChannel: nobody rated, the system did (系统默认评价).
DEFAULT: Final = "DEFAULT"

# Numbers of Grade and RatingChannel, or a name of this file.
Name = int | str

_ONE: Final[dict[str, Mapping[str, Name]]] = {
    # 评价次数, 是否匿名, 审核状态, 用户属性, 办件来源 [CODE 2-3]; proStatus [CODE 2]
    TIME: {"1": FIRST, "2": SECOND},
    ANONYMITY: {"1": ANONYMOUS, "2": NAMED},
    AUDIT: {"1": NO_AUDIT, "2": AUDITED, "3": NOT_AUDITED},
    USER: {"1": PERSON, "2": LEGAL},
    SOURCE: {"1": HALL, "2": WEB, "3": HOTLINE, "4": MOBILE, "5": KIOSK},
    STATE: {"1": PENDING, "2": ACCEPTED, "3": CLOSED},
    # serviceName [CODE 1, Beijing] names the points and has no numbers; 窗口服务 is ours, for a service without a case.
    NODE: {
        "咨询": pb.SERVICE_NODE_CONSULT,
        "申报": pb.SERVICE_NODE_APPLY,
        "补正": pb.SERVICE_NODE_CORRECT,
        "缴费": pb.SERVICE_NODE_PAY,
        "办结": pb.SERVICE_NODE_CLOSE,
        "窗口服务": pb.SERVICE_NODE_WINDOW,
    },
}
_PF: Final[dict[str, Name]] = {
    # 评价渠道 1 to 5 are the same everywhere [CODE 5]
    "1": pb.RATING_CHANNEL_PC,
    "2": pb.RATING_CHANNEL_MOBILE,
    "3": pb.RATING_CHANNEL_QR,
    "4": pb.RATING_CHANNEL_TABLET,
    "5": pb.RATING_CHANNEL_TERMINAL,
}

TABLES: Final[Mapping[str, Mapping[str, Mapping[str, Name]]]] = {
    GBT39046: {
        **_ONE,
        # [STD] A.8
        GRADE: {
            "1": pb.GRADE_VERY_SATISFIED,
            "2": pb.GRADE_SATISFIED,
            "3": pb.GRADE_FAIRLY_SATISFIED,
            "4": pb.GRADE_DISSATISFIED,
            "5": pb.GRADE_VERY_DISSATISFIED,
        },
        # 6, 7 [CODE 2 + the order of the standard]; nothing for a default rating.
        CHANNEL: {**_PF, "6": pb.RATING_CHANNEL_PHONE, "7": pb.RATING_CHANNEL_SMS},
    },
    ZHEJIANG: {
        **_ONE,
        # [CODE 1]
        GRADE: {
            "5": pb.GRADE_VERY_SATISFIED,
            "4": pb.GRADE_SATISFIED,
            "3": pb.GRADE_FAIRLY_SATISFIED,
            "2": pb.GRADE_DISSATISFIED,
            "1": pb.GRADE_VERY_DISSATISFIED,
        },
        # 6, 7 [CODE 1]; nothing for a rating by telephone.
        CHANNEL: {**_PF, "6": pb.RATING_CHANNEL_SMS, "7": DEFAULT},
    },
}
"""The name of each code, by profile and field."""

_CODES: Final = {
    profile: {field: {name: code for code, name in table.items()} for field, table in fields.items()}
    for profile, fields in TABLES.items()
}

# The way a case came in (yiwang.case.v1.Channel) as 办件来源: a helper or a bank's counter stands for the hall, a program for the web.
SOURCES: Final[Mapping[int, str]] = {
    case_pb.CHANNEL_WINDOW: HALL,
    case_pb.CHANNEL_WEB: WEB,
    case_pb.CHANNEL_MOBILE: MOBILE,
    case_pb.CHANNEL_API: WEB,
    case_pb.CHANNEL_KIOSK: KIOSK,
    case_pb.CHANNEL_AGENT: HALL,
    case_pb.CHANNEL_BANK: HALL,
}


def name_of(field: str, profile: str, code: str) -> Name | None:
    """The name of a code of this profile; None when it has none. KeyError for a profile or field that is none."""
    return TABLES[profile][field].get(code)


def code_of(field: str, profile: str, name: Name) -> str | None:
    """The code this profile has for a name; None when it has none. KeyError for a profile or field that is none."""
    return _CODES[profile][field].get(name)


# -- 评价指标 ----------------------------------------------------------------------------------------------------------


class Tag(NamedTuple):
    """What may be ticked beside a grade. The first digit of the code is the grade's by GB/T 39046 (1 = 非常满意)."""

    code: str
    grade: int
    name: str
    # For what happened in a hall; else on the web.
    hall: bool


# 二级指标: offline 服务效率, 服务水平, 服务态度 and others, online 办事效率, 办事指南精确度, 办事便捷度, 平台操作性 [PAGE]. The numbers
# behind the first digit are ours: from 01 for the hall, from 21 for the web.
_HALL: Final = ("服务效率", "服务水平", "服务态度", "一次性告知", "大厅环境与设施")
_WEB: Final = ("办事效率", "办事指南精确度", "办事便捷度", "平台操作性")
_WORDS: Final[Mapping[int, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    pb.GRADE_VERY_SATISFIED: (
        ("服务效率非常高", "业务水平非常专业", "服务态度非常热情", "一次性告知非常清楚", "大厅环境和设施非常好"),
        ("办事效率非常高", "办事指南非常准确", "办事非常便捷", "平台非常好操作"),
    ),
    pb.GRADE_SATISFIED: (
        ("服务效率高", "业务熟练", "服务态度好", "一次性告知清楚", "大厅环境和设施好"),
        ("办事效率高", "办事指南准确", "办事便捷", "平台好操作"),
    ),
    pb.GRADE_FAIRLY_SATISFIED: (
        ("服务效率一般", "业务水平一般", "服务态度一般", "一次性告知基本清楚", "大厅环境和设施一般"),
        ("办事效率一般", "办事指南基本准确", "办事基本便捷", "平台操作一般"),
    ),
    pb.GRADE_DISSATISFIED: (
        ("服务效率低", "业务不熟练", "服务态度不好", "没有一次性告知", "大厅环境或设施差"),
        ("办事效率低", "办事指南不准确", "办事不便捷", "平台不好操作"),
    ),
    pb.GRADE_VERY_DISSATISFIED: (
        ("服务效率非常低", "推诿扯皮、业务很不熟练", "服务态度恶劣", "多次告知、反复跑动", "大厅环境或设施非常差"),
        ("办事效率非常低", "办事指南严重不符", "办事非常不便", "平台无法正常使用"),
    ),
}
_HALL_FROM, _WEB_FROM = 1, 21


def _made() -> dict[str, Tag]:
    found = {}
    for digit, grade in TABLES[GBT39046][GRADE].items():
        hall, web = _WORDS[int(grade)]
        numbered = [(number, name, True) for number, name in enumerate(hall, _HALL_FROM)]
        numbered += [(number, name, False) for number, name in enumerate(web, _WEB_FROM)]
        for number, name, is_hall in numbered:
            code = f"{digit}{number:02d}"
            found[code] = Tag(code, int(grade), name, is_hall)
    return found


TAGS: Final[Mapping[str, Tag]] = _made()
"""Every tag by its code, as the suite keeps it."""


def indicator(code: str) -> str:
    """The 二级指标 a tag tells of, whatever its grade, as 服务效率; empty for a code that is none."""
    tag = TAGS.get(code)
    if tag is None:
        return ""
    number = int(code[1:])
    return _HALL[number - _HALL_FROM] if tag.hall else _WEB[number - _WEB_FROM]


def tag_out(profile: str, code: str) -> str:
    """A tag's code as the profile writes it: its first digit is the grade's of the profile. KeyError for a code that is no tag."""
    return f"{_CODES[profile][GRADE][TAGS[code].grade]}{code[1:]}"


def tag_in(profile: str, code: str) -> str | None:
    """The suite's code of a tag of this profile; None when there is no such tag."""
    grade = TABLES[profile][GRADE].get(code[:1])
    found = None if grade is None else f"{_CODES[GBT39046][GRADE][grade]}{code[1:]}"
    return found if found in TAGS else None
