"""Numbers with check characters: organisations, persons, case numbers; and how numbers are masked.

Sources: GB 32100-2015 (USCC), GB 11714-1997 (organisation code), GB 11643-1999 (citizen number),
ISO 7064:2003 MOD 37,36.
"""

import re
import string
import unicodedata
from datetime import date

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015: digits and capitals without I O S V Z."""
USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS = "10X98765432"
MOD37_ALPHABET = string.digits + string.ascii_uppercase
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 without I L O U, so that nothing is misread over the telephone."""

_USCC_VALUES = {character: value for value, character in enumerate(USCC_ALPHABET)}
_MOD37_VALUES = {character: value for value, character in enumerate(MOD37_ALPHABET)}
_USCC = re.compile(f"[{USCC_ALPHABET}]{{18}}")
_ID_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9Xx]")
_CASE_NUMBER = re.compile(f"[1-9][0-9]{{5}}([0-9]{{6}})[{CROCKFORD}]{{6}}[0-9A-Z]")
_DROPPED = re.compile(r"[\s\-\u2010-\u2015\u2212]")


def _values(text: str, length: int, values: dict[str, int]) -> list[int]:
    """Values of exactly so many characters of an alphabet."""
    if len(text) != length:
        raise ValueError(f"{length} characters expected, not {len(text)}")
    try:
        return [values[character] for character in text]
    except KeyError as outside:
        raise ValueError(f"character {outside} is not of the alphabet") from None


def uscc_check_digit(first17: str) -> str:
    """Check character of a unified social credit code: GB 32100-2015, weights 3^(i-1) mod 31."""
    values = _values(first17, 17, _USCC_VALUES)
    total = sum(value * weight for value, weight in zip(values, USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[-total % 31]


def uscc_valid(code: str) -> bool:
    """Whether the code is a USCC: 18 characters of the alphabet, last one right (GB 32100-2015).

    The own check digit of places 9-17 is not asked: codes in use exist where it does not hold.
    """
    return bool(_USCC.fullmatch(code)) and uscc_check_digit(code[:17]) == code[17]


def organisation_check_digit(first8: str) -> str:
    """Check character of the organisation code, places 9-17 of a USCC: GB 11714-1997; 10 is X, 11 is 0."""
    values = _values(first8, 8, _MOD37_VALUES)
    total = sum(value * weight for value, weight in zip(values, ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def id_number_check_digit(first17: str) -> str:
    """Check character of a citizen number: GB 11643-1999 and ISO 7064 MOD 11-2."""
    values = _values(first17, 17, {digit: value for value, digit in enumerate(string.digits)})
    total = sum(value * weight for value, weight in zip(values, ID_WEIGHTS, strict=True))
    return ID_CHECKS[total % 11]


def id_number_birthday(number: str) -> date | None:
    """Date of birth in places 7-14 (GB 11643-1999), or None when no such day ever was."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def id_number_valid(number: str, today: date | None = None) -> bool:
    """Whether this is a citizen number: shape, real date not after `today`, check character (GB 11643-1999).

    The region is only asked not to begin with 0: old codes and dissolved counties stay on cards for life.
    """
    if not _ID_NUMBER.fullmatch(number):
        return False
    birthday = id_number_birthday(number)
    if birthday is None or (today is not None and birthday > today):
        return False
    return id_number_check_digit(number[:17]) == number[17].upper()


def _mask(text: str, head: int, tail: int) -> str:
    """Stars between head and tail; a text too short to hide anything is stars only."""
    hidden = len(text) - head - tail
    if hidden < 1:
        return "*" * len(text)
    return text[:head] + "*" * hidden + text[len(text) - tail :]


def id_number_mask(number: str) -> str:
    """First six and last two characters, the rest stars (least disclosure: 个人信息保护法 art. 6, 51)."""
    return _mask(number, 6, 2)


def phone_mask(number: str) -> str:
    """First three and last four digits, the rest stars."""
    return _mask(number, 3, 4)


_SURNAMES = """
欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人
夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶
太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于
司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良
漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里
呼延 东郭 南门 羊舌 微生 梁丘 左丘 东门 西门 第五
"""
COMPOUND_SURNAMES = frozenset(_SURNAMES.split())
"""Family names of two characters (《百家姓》)."""


def name_mask(name: str) -> str:
    """A person's name with the given name as stars: 张**, 欧阳**; of a name in parts, or in Latin letters, the first letter stays."""
    name = name.strip()
    return _mask(name, 2 if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else 1, 0)


def mod37_36_check(text: str) -> str:
    """Check character of digits and capitals: ISO 7064:2003, hybrid system MOD 37,36."""
    product = 36
    for value in _values(text, len(text), _MOD37_VALUES):
        product = (product + value) % 36 or 36
        product = product * 2 % 37
    return MOD37_ALPHABET[(37 - product) % 36]


def mod37_36_valid(text: str) -> bool:
    """Whether the last character is the check of those before it (ISO 7064:2003, MOD 37,36)."""
    if len(text) < 2 or not all(character in _MOD37_VALUES for character in text):
        return False
    return mod37_36_check(text[:-1]) == text[-1]


def case_number(region: str, day: date, random: bytes) -> str:
    """Public number of a case: region 6, yymmdd, 6 random characters, check character; 19 in all, no counter.

    `random` gives 30 bits, so at least 4 bytes. What follows the sixth digit of the region is dropped.
    """
    if len(random) < 4:
        raise ValueError("at least 4 random bytes are needed")
    bits = int.from_bytes(random[:4], "big") >> 2
    letters = "".join(CROCKFORD[bits >> place & 31] for place in range(25, -1, -5))
    number = f"{region[:6]}{day:%y%m%d}{letters}"
    if not _CASE_NUMBER.fullmatch(number + "0"):
        raise ValueError("the region must begin with six digits, the first not 0")
    return number + mod37_36_check(number)


def case_number_normal(number: str) -> str:
    """The number as stored: dashes and blanks dropped, capitals, full-width characters made plain."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", number)).upper()


def case_number_valid(number: str) -> bool:
    """Whether a number in its normal form is a case number: shape, real day, check character."""
    found = _CASE_NUMBER.fullmatch(number)
    if found is None or not mod37_36_valid(number):
        return False
    day = found[1]
    try:
        date(2000 + int(day[:2]), int(day[2:4]), int(day[4:]))
    except ValueError:
        return False
    return True


PROJECT_KINDS = {"01": "审批", "02": "核准", "03": "备案"}
"""What kind of investment project a project code names: subject to approval, to verification, or filed only."""
_PROJECT_CODE = re.compile(r"(?:19|20)[0-9]{2}-[1-9][0-9]{5}-[0-9]{2}-(0[123])-[0-9]{6}")


def project_code_valid(code: str) -> bool:
    """Whether this is a code of an investment project (投资项目统一代码), 24 characters: year-region-industry-kind-sequence."""
    return bool(_PROJECT_CODE.fullmatch(code))


def project_code_kind(code: str) -> str:
    """01 审批, 02 核准 or 03 备案, as the code says; empty when it is no project code."""
    found = _PROJECT_CODE.fullmatch(code)
    return found[1] if found else ""
