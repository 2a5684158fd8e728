"""Item codes taken apart, put together and given out: 基本编码 12, 实施编码 31, 业务办理项编码 33 digits, and the legacy 10 and 29.

12 digits are the area (00 national, else the province's two), the type, the main item (two digits of the guiding department of the
nation and an order of three) and the sub-item (000 none, 00Y has sub-items, 001 to 999 is one). 31 digits are the body's USCC, the level
it exercises and the 12; 33 are the 31 and 01 to 99. Legacy codes have no area. What a code is worth is told by standards.codes.
"""

import re
import unicodedata
from collections.abc import Container, Iterable, Iterator
from typing import Final, NamedTuple

ORDER_LETTERS: Final = "ABCDEFGHJKLMNPQRTUWXY"
"""Capitals that continue an order when its digits run out: not I O Z S V, which are misread."""

NO_SUBS, HAS_SUBS = "000", "00Y"

_BASE = r"(?P<area>[0-9]{2})(?P<type>[0-9]{2})(?P<guiding>[0-9A-Z]{2})(?P<order>[0-9A-Z]{3})(?P<sub>[0-9]{3}|00Y)"
_LEGACY = r"(?P<type>[0-9]{2})(?P<guiding>[0-9A-Z]{2})(?P<order>[0-9A-Z]{3})(?P<sub>[0-9A-Z]{3})"
_OWNER = r"(?P<owner>[0-9A-Z]{18})(?P<level>[0-9])"
_FORMS: Final = {
    10: re.compile(_LEGACY),
    12: re.compile(_BASE),
    29: re.compile(_OWNER + _LEGACY),
    31: re.compile(_OWNER + _BASE),
    33: re.compile(_OWNER + _BASE + r"(?P<handling>0[1-9]|[1-9][0-9])"),
}
_AREA = re.compile("[0-9]{2}")
_BLANK = re.compile(r"\s+")


class CodesUsedUp(ValueError):
    """Every code of the range is taken."""


class CodeParts(NamedTuple):
    """What a code consists of; empty parts are not in it. In order: `compose` joins them."""

    owner: str = ""
    level: str = ""
    area: str = ""
    type: str = ""
    guiding: str = ""
    order: str = ""
    sub: str = ""
    handling: str = ""


def split_code(code: str) -> CodeParts | None:
    """The parts of a code of 10, 12, 29, 31 or 33 digits; None when it is none of them."""
    form = _FORMS.get(len(code))
    found = form.fullmatch(code) if form else None
    return CodeParts(**found.groupdict()) if found else None


def compose(parts: CodeParts) -> str:
    """The code of these parts; ValueError when together they are none."""
    code = "".join(parts)
    if split_code(code) != parts:
        raise ValueError(f"no item code has these parts: {parts}")
    return code


def base_of(code: str) -> str:
    """The 基本编码 in a code: its last 12 (legacy 10) digits before the handling number. Empty when it has none."""
    parts = split_code(code)
    return "".join(parts[2:7]) if parts else ""


def implementation_of(code: str) -> str:
    """The 实施编码 a code of 33 digits belongs to; of one of 31 or 29 itself; empty of any other."""
    parts = split_code(code)
    return "".join(parts[:7]) if parts and parts.owner else ""


def main_of(code: str) -> str:
    """The main item (主项) of a 基本编码: of a sub-item the one with 00Y, of any other itself. ValueError when it is no 基本编码."""
    parts = _base_parts(code)
    return code if parts.sub in (NO_SUBS, HAS_SUBS) else compose(parts._replace(sub=HAS_SUBS))


def aliases(code: str) -> list[str]:
    """Other codes the same thing may be filed under: the legacy form without the area (12 → 10, 31 → 29). What is 00Y here is 000 there."""
    parts = split_code(code)
    if parts is None or not parts.area or parts.handling:
        return []
    return [compose(parts._replace(area="", sub=NO_SUBS if parts.sub == HAS_SUBS else parts.sub))]


def normal_code(raw: str) -> str:
    """A code as it is stored: plain capitals without blanks, whatever the source wrote (full-width, lower case)."""
    return _BLANK.sub("", unicodedata.normalize("NFKC", raw)).upper()


def orders() -> Iterator[str]:
    """Orders of main items as they are given out: 001 to 999, then A01 to A99, B01 … Y99."""
    for number in range(1, 1000):
        yield f"{number:03d}"
    for letter in ORDER_LETTERS:
        for number in range(1, 100):
            yield f"{letter}{number:02d}"


def next_main(area: str, type_code: str, guiding: str, taken: Iterable[str]) -> str:
    """The first free main item of a guiding department's type: 12 digits that end in 000.

    `taken` are all codes ever given (withdrawn ones, too: a code is never used again), of any length; those of others do not count.
    ValueError when area, type or guiding department are not two digits each; CodesUsedUp.
    """
    if not all(_AREA.fullmatch(part) for part in (area, type_code, guiding)):
        raise ValueError("area, type and guiding department have two digits each")
    stem = area + type_code + guiding
    used = {code[6:9] for code in map(base_or_self, taken) if code.startswith(stem)}
    return stem + _free(orders(), used, stem) + NO_SUBS


def next_sub(parent: str, taken: Iterable[str]) -> str:
    """The first free sub-item below a main item: 001 to 999 in place of its 000 or 00Y. ValueError when it is none; CodesUsedUp."""
    parts = _base_parts(parent)
    if parts.sub not in (NO_SUBS, HAS_SUBS):
        raise ValueError(f"not a main item: {parent!r}")
    stem = parent[:9]
    used = {code[9:] for code in map(base_or_self, taken) if code.startswith(stem)}
    return stem + _free((f"{number:03d}" for number in range(1, 1000)), used, stem)


def next_handling(implementation: str, taken: Iterable[str]) -> str:
    """The first free handling item of an implementation of 31 digits: 01 to 99 behind it. ValueError when it is none; CodesUsedUp."""
    if len(implementation) != 31 or split_code(implementation) is None:
        raise ValueError(f"not an implementing code of 31 digits: {implementation!r}")
    used = {code[31:33] for code in taken if code.startswith(implementation) and len(code) == 33}
    return implementation + _free((f"{number:02d}" for number in range(1, 100)), used, implementation)


def base_or_self(code: str) -> str:
    """The 基本编码 in a code, or the code itself when it is not made of parts."""
    return base_of(code) or code


def _free(all: Iterable[str], used: Container[str], stem: str) -> str:
    for one in all:
        if one not in used:
            return one
    raise CodesUsedUp(f"every code of {stem} is taken")


def _base_parts(code: str) -> CodeParts:
    parts = split_code(code) if len(code) == 12 else None
    if parts is None:
        raise ValueError(f"not a basic code of 12 digits: {code!r}")
    return parts
