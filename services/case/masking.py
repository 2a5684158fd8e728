"""Phones and ID numbers as readers see them who need them only for a purpose (个人信息保护法 art. 6, 28, 51). Pure."""

import re
from collections.abc import Callable, Mapping

from standards.identifiers import id_number_mask, phone_mask
from yiwang.catalog.v1 import service_pb2 as catalog

# \d is a digit of any script, since full-width ones are typed, too; blanks and dashes stand between the parts as people write them.
_ID_NUMBER = re.compile(r"(?<!\d)[1-9１-９]\d{5}[ \-]?\d{8}[ \-]?\d{3}[\dXxＸｘ](?!\d)")
# The fifteen digits of before 1999, told by their month and day.
_OLD_ID_NUMBER = re.compile(r"(?<!\d)[1-9]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)")
_MOBILE = re.compile(r"(?<!\d)(?:(?:00)?86[ \-]?)?[1１][3-9３-９]\d[ \-]?\d{4}[ \-]?\d{4}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)[0０]\d{2,3}[ \-]?\d{7,8}(?!\d)")


def _as_id_number(found: re.Match[str]) -> str:
    return id_number_mask(found[0])


def _as_phone(found: re.Match[str]) -> str:
    return phone_mask(found[0])


_LOOK_LIKE = (
    (_ID_NUMBER, _as_id_number),
    (_OLD_ID_NUMBER, _as_id_number),
    (_MOBILE, _as_phone),
    (_LANDLINE, _as_phone),
)


def masked_text(text: str) -> str:
    """A text with whatever in it looks like an ID number or a phone masked."""
    for pattern, masked in _LOOK_LIKE:
        text = pattern.sub(masked, text)
    return text


_BY_KIND: Mapping[int, Callable[[str], str]] = {
    catalog.FIELD_KIND_PHONE: phone_mask,
    catalog.FIELD_KIND_ID_NUMBER: id_number_mask,
}


def masked_answer(kind: int, value: str) -> str:
    """An answer by the kind of its field: phones and ID numbers wholly, elsewhere what looks like one."""
    return _BY_KIND.get(kind, masked_text)(value)
