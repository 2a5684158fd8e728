"""Personal data in running text: what has to be taken out before a text is made public. Pure.

Numbers that lead to one person, names with a word that only goes with people, and where somebody lives (个人信息保护法 art. 4; 13, 25:
nothing of it is made public without the person's own consent; 28: 证件号, 账户 and whereabouts are sensitive). Found through what people
do to numbers: blanks, dashes and dots between, full-width and Chinese numerals, signs nobody sees. An organisation's code, telephone
or rooms are not personal. What is not found: a bare name without such a word, and what only describes somebody (health, faith).
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final, NamedTuple

from standards import personal_names
from standards.identifiers import case_number_normal, case_number_valid, id_number_valid, uscc_valid

Span = tuple[int, int]

ID_NUMBER, PHONE, BANK_CARD, PASSPORT = "身份证号", "电话号码", "银行卡号", "出入境证件号"
PLATE, EMAIL, ACCOUNT, CASE_NUMBER = "车牌号", "电子邮箱", "微信或QQ号", "办件编号"
NAME, ADDRESS, BIRTHDAY = "姓名", "住址", "出生日期"
KINDS: Final = (
    *(ID_NUMBER, PHONE, BANK_CARD, PASSPORT, PLATE, EMAIL, ACCOUNT, CASE_NUMBER, NAME, ADDRESS, BIRTHDAY),
)  # fmt: skip
"""What may be found, as it is told to people."""


class Found(NamedTuple):
    """One find: what it is (KINDS), and from where to where it stands in the text as it was given."""

    kind: str
    span: Span


def found(text: str) -> list[Found]:
    """All personal data in a text, in its order; of two finds in one place the longer."""
    plain, places = _plain(text)
    finds = sorted(_all(plain), key=lambda one: (one.span[0] - one.span[1], one.span))
    kept: list[Found] = []
    for one in finds:
        if not any(one.span[0] < other.span[1] and other.span[0] < one.span[1] for other in kept):
            kept.append(one)
    return sorted(
        (Found(kind, (places[start], places[end - 1] + 1)) for kind, (start, end) in kept), key=lambda one: one.span
    )


def masked(text: str) -> str:
    """The text with whatever in it leads to a person as stars, as many as the signs they stand for."""
    for one in found(text):
        start, end = one.span
        text = text[:start] + "*" * (end - start) + text[end:]
    return text


# -- what is read ------------------------------------------------------------------------------------------------------

_NUMERALS: Final = dict(zip("零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789", strict=True))
_SEP: Final = r"[\s\-_.·*、~–—―−‐]{0,2}"
_NUMERAL_RUN: Final = re.compile(rf"(?:[0-9{''.join(_NUMERALS)}]{_SEP}){{11,}}")


def _plain(text: str) -> tuple[str, list[int]]:
    """The text with full-width and other digits made plain and invisible signs dropped, and the place of each of its signs."""
    signs, places = [], []
    for place, sign in enumerate(text):
        if unicodedata.category(sign) in ("Cf", "Mn", "Me"):
            continue
        digit = unicodedata.decimal(sign, None)
        for one in unicodedata.normalize("NFKC", sign) if digit is None else str(digit):
            signs.append(one)
            places.append(place)
    plain = "".join(signs)
    return _NUMERAL_RUN.sub(lambda run: "".join(_NUMERALS.get(sign, sign) for sign in run[0]), plain), places


def _all(text: str) -> Iterator[Found]:
    organisations = [one.span() for one in _USCC.finditer(text.upper()) if uscc_valid(one[0])]
    for kind, pattern, holds in _NUMBERS:
        for one in pattern.finditer(text):
            start, end = one.span(1)
            inside = any(first <= start and end <= last for first, last in organisations)
            if holds(one[1], text[:start]) and not (inside and kind != ID_NUMBER):
                yield Found(kind, (start, end))
    for span in personal_names.names(text):
        yield Found(NAME, span)
    for span in personal_names.addresses(text):
        yield Found(ADDRESS, span)


# -- numbers -----------------------------------------------------------------------------------------------------------

_USCC: Final = re.compile(r"(?<![0-9A-Z])[0-9A-HJ-NPQRTUWXY]{18}(?![0-9A-Z])")
# First two digits of the codes of administrative divisions (GB/T 2260): of cards of 15 digits, which have no check digit.
_PROVINCES: Final = frozenset(
    str(code)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 82))
    for code in range(first, last + 1)
)
# First digits of cards (ISO/IEC 7812): UnionPay, Visa, Mastercard, JCB, American Express, and older ones of banks here.
_ISSUERS: Final = ("62", "60", "4", "51", "52", "53", "54", "55", "35", "34", "37", "9558", "9559")
_LETTERS: Final = re.compile(r"[^0-9A-Za-z]")
_OFFICE_PHONE: Final = re.compile(
    r"(?:咨询|服务|监督|投诉|举报|办公|办公室|窗口|受理|热线|值班|客服|公开|政务)(?:电话|热线|号码)?(?:是|为)?[:：\s(（]{0,3}$"
)


def _bare(value: str) -> str:
    return _LETTERS.sub("", value).upper()


def _even(value: str) -> bool:
    """Whether it is parted in one way, as one writes a single number."""
    return len(set(_LETTERS.findall(value.replace("  ", " ")))) <= 1


def _is_id(value: str, _before: str) -> bool:
    return id_number_valid(_bare(value))


def _is_old_id(value: str, _before: str) -> bool:
    digits = _bare(value)
    try:
        date(1900 + int(digits[6:8]), int(digits[8:10]), int(digits[10:12]))
    except ValueError:
        return False
    return digits[:2] in _PROVINCES and _even(value)


def _is_card(value: str, _before: str) -> bool:
    digits = _bare(value)
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    total = sum(map(int, digits[-1::-2])) + sum(number // 10 + number % 10 for number in doubled)
    return digits.startswith(_ISSUERS) and total % 10 == 0 and len(set(digits)) > 1 and _even(value)


def _is_mobile(value: str, _before: str) -> bool:
    return _even(value.removeprefix("+"))


def _is_case(value: str, _before: str) -> bool:
    return case_number_valid(case_number_normal(value))


def _is_plate(value: str, _before: str) -> bool:
    return any(sign.isdigit() for sign in value)


def _anything(_value: str, _before: str) -> bool:
    return True


def _digits(first: str, count: str) -> str:
    """Digits that begin so, parted or not; `first` is a pattern of one digit or more."""
    return rf"{first}(?:{_SEP}[0-9]){{{count}}}"


def _alone(pattern: str, neighbours: str = "0-9") -> re.Pattern[str]:
    """Not inside a longer number. Looked for at every place: what begins it may belong to something else."""
    return re.compile(rf"(?<![{neighbours}])(?=({pattern})(?![{neighbours}]))")


_ALNUM: Final = "0-9A-Za-z"
_ENDS_HERE: Final = rf"(?![{_ALNUM}])"
_IS: Final = r"(?:是|为)?[:：\s]{0,2}"
_LINKED: Final = r"(?:号码?|账号|帐号|是|为|加我?|[:：=])"
_WECHAT: Final = "(?:微信|薇信|威信|wechat|weixin|vx|wx|v信|加v)"
_PLACES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE_SIGN: Final = "A-HJ-NP-Za-hj-np-z0-9"
_DAY: Final = r"(?:19|20)[0-9]{2}\s?[年./-]\s?[0-9]{1,2}\s?[月./-]\s?[0-9]{1,2}\s?日?"
# 普通护照 E, G and 8 digits or EA to EZ and 7; 公务护照 D, S, P, DE, SE, PE; 港澳通行证 C, W, CA to CZ; 来往内地通行证 H, M.
_TRAVEL: Final = r"(?:[EGDSPCWegdspcw][0-9]{8}|[DSPdsp][Ee][0-9]{7}|[EeCc][A-Za-z][0-9]{7}|[HMhm][0-9]{8}(?:[0-9]{2})?)"


def _after_word(word: str, value: str) -> re.Pattern[str]:
    return re.compile(f"{word}({value})", re.IGNORECASE)


def _no_office(_value: str, before: str) -> bool:
    return not _OFFICE_PHONE.search(re.sub(rf"电话号?码?{_IS}$", "", before))


_NUMBERS: Final[tuple[tuple[str, re.Pattern[str], Callable[[str, str], bool]], ...]] = (
    (ID_NUMBER, _alone(rf"{_digits('[1-9]', '16')}{_SEP}[0-9Xx]"), _is_id),
    (ID_NUMBER, _alone(_digits("[1-8]", "14")), _is_old_id),
    (BANK_CARD, _alone(_digits("[3-69]", "14,18")), _is_card),
    (PHONE, _alone(rf"(?:\+?(?:00)?86{_SEP})?1{_digits(f'{_SEP}[3-9]', '9')}"), _is_mobile),
    (PHONE, _alone(r"[(（]?0(?:10|2[0-9]|[3-9][0-9]{2})[)）\s\-–—]{0,3}[2-8](?:[\s-]?[0-9]){6,7}"), _no_office),
    (
        PHONE,
        _after_word(rf"(?:电话|座机|固话|手机|联系方式|致电|打给我)号?码?{_IS}", r"[2-8](?:[\s-]?[0-9]){6,7}(?![0-9])"),
        _no_office,
    ),
    (PASSPORT, _alone(_TRAVEL, _ALNUM), _anything),
    # 外国人永久居留身份证 and 香港居民身份证.
    (PASSPORT, _alone(r"[A-Z]{3}[0-9]{12}", _ALNUM), _anything),
    (PASSPORT, re.compile(rf"(?<![{_ALNUM}])([A-Za-z]{{1,2}}[0-9]{{6}}[(（][0-9Aa][)）])"), _anything),
    (
        PASSPORT,
        _after_word(rf"(?:台胞证|通行证|护照|回乡证)(?:号码?)?{_IS}", f"[A-Za-z]{{0,2}}[0-9]{{7,10}}{_ENDS_HERE}"),
        _anything,
    ),
    (
        PLATE,
        re.compile(rf"([{_PLACES}][A-Za-z][·.\s-]?[{_PLATE_SIGN}]{{4,5}}[{_PLATE_SIGN}学警挂港澳]){_ENDS_HERE}"),
        _is_plate,
    ),
    (
        EMAIL,
        re.compile(
            r"([A-Za-z0-9][A-Za-z0-9._%+-]{0,63}\s?(?:@|[(\[]at[)\]]|艾特)\s?[A-Za-z0-9-]+(?:\s?(?:\.|点)\s?[A-Za-z0-9-]+)+)",
            re.IGNORECASE,
        ),
        _anything,
    ),
    (ACCOUNT, _after_word(rf"{_WECHAT}\s?{_LINKED}{{1,3}}\s?", "[A-Za-z0-9][-_A-Za-z0-9]{4,19}"), _anything),
    (ACCOUNT, _after_word(rf"{_WECHAT}\s?", "(?=[-_A-Za-z]*[0-9])[A-Za-z0-9][-_A-Za-z0-9]{5,19}"), _anything),
    (ACCOUNT, _after_word(rf"(?:QQ|扣扣|企鹅)\s?{_LINKED}{{0,3}}\s?", r"[1-9](?:\s?[0-9]){4,11}"), _anything),
    (CASE_NUMBER, _alone(rf"{_digits('[1-9]', '11')}(?:[\s-]{{0,2}}[0-9A-Za-z]){{7}}", _ALNUM), _is_case),
    (BIRTHDAY, re.compile(rf"({_DAY})\s?(?:出生|生人|生的)"), _anything),
    (BIRTHDAY, _after_word(rf"(?:生于|出生日期|出生年月|生日){_IS}", _DAY), _anything),
)
