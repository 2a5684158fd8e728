"""Phones and ID numbers are masked wherever they stand, and what is neither stays readable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.case.masking import masked_answer, masked_text
from standards.identifiers import id_number_check_digit
from yiwang.catalog.v1 import service_pb2 as catalog

PHONE, ID_NUMBER, TEXT = catalog.FIELD_KIND_PHONE, catalog.FIELD_KIND_ID_NUMBER, catalog.FIELD_KIND_TEXT
MASKED = [
    ("联系人王某，电话13912345678。", "联系人王某，电话139****5678。"),
    ("13912345678、13800001111", "139****5678、138****1111"),
    ("139 1234 5678", "139******5678"),
    ("+8613912345678", "+861******5678"),
    ("008613912345678", "008********5678"),
    ("１３９１２３４５６７８", "１３９****５６７８"),
    ("座机0516-88886666转801", "座机051******6666转801"),
    ("身份证110101199003071234号", "身份证110101**********34号"),
    ("11010119900307123x", "110101**********3x"),
    ("110101 19900307 1234", "110101************34"),
    ("110101900307123", "110101*******23"),
]
PLAIN = [
    "面积1200.50平方米",
    "2026年11月22日",
    "91320300MA1ABCDE7K",
    "卫证字2026第0001号",
    "编号202611220001",
    "注册资本1000000000元",
    "",
]


@pytest.mark.parametrize(("text", "shown"), MASKED)
def test_what_looks_like_a_phone_or_an_id_number_is_masked_in_a_text(text: str, shown: str) -> None:
    assert masked_text(text) == shown
    assert masked_answer(TEXT, text) == shown


@pytest.mark.parametrize("text", PLAIN)
def test_other_numbers_stay(text: str) -> None:
    assert masked_text(text) == text


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text(alphabet="测试，。 x", max_size=5))
def test_no_mobile_number_shows_its_middle(number: str, around: str) -> None:
    shown = masked_text(f"{around}{number}{around}")
    assert number not in shown and number[3:7] + number[7:] not in shown


@given(st.from_regex(r"[1-9][0-9]{5}(19|20)[0-9]{9}", fullmatch=True))
def test_no_citizen_number_shows_its_birthday(first17: str) -> None:
    number = first17 + id_number_check_digit(first17)
    for kind in (TEXT, ID_NUMBER, catalog.FIELD_KIND_NUMBER, catalog.FIELD_KIND_LONG_TEXT):
        assert first17[6:14] not in masked_answer(kind, number).replace("*", " ").split()
        assert number[6:16] not in masked_answer(kind, number)


@pytest.mark.parametrize("number", ["8888666", "12", "0990-0000101", "+86 139-1234-5678"])
def test_a_field_for_a_phone_is_masked_whatever_is_in_it(number: str) -> None:
    shown = masked_answer(PHONE, number)
    assert "*" in shown and shown != number and len(shown) == len(number)


@given(st.text(max_size=60))
def test_masking_never_fails_and_is_done_once(text: str) -> None:
    for kind in catalog.FieldKind.values():
        once = masked_answer(kind, text)
        if kind not in (PHONE, ID_NUMBER):
            assert masked_answer(kind, once) == once
