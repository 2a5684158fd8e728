"""What a text that is to be made public is scanned for."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards import identifiers, personal_data
from tests.support.rating_texts import MARKED, ORDINARY

WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789X"}
NUMERALS = str.maketrans("0123456789", "零一二三四五六七八九")
SEPARATORS = ("", " ", "  ", "-", ".", "·", "\u3000", "_", "\u200b", "–")
AROUND = st.sampled_from(("", "电话", "办事很慢，", "，谢谢", "（急）", "我的号码是：", "\n", "等了3次 "))


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_comments_pass(text: str) -> None:
    assert personal_data.found(text) == []


@pytest.mark.parametrize(("kind", "text"), MARKED)
def test_personal_data_is_found_once_and_where_it_stands(kind: str, text: str) -> None:
    (one,) = personal_data.found(text)
    assert one.kind == kind
    start, end = one.span
    # What is left is clean: the whole of it was found.
    assert personal_data.found(text[:start] + "□" + text[end:]) == []


def test_the_corpora_are_large_enough_to_mean_something() -> None:
    assert len(ORDINARY) >= 60
    assert len(MARKED) >= 60
    assert {kind for kind, _ in MARKED} == set(personal_data.KINDS)


@st.composite
def id_numbers(draw: st.DrawFn) -> str:
    """Citizen numbers of no real region."""
    day = draw(st.dates(date(1930, 1, 1), date(2020, 12, 31)))
    first = f"99{draw(st.integers(0, 9999)):04}{day:%Y%m%d}{draw(st.integers(0, 999)):03}"
    return first + identifiers.id_number_check_digit(first)


@st.composite
def mobiles(draw: st.DrawFn) -> str:
    return f"1{draw(st.integers(3, 9))}{draw(st.integers(0, 10**9 - 1)):09}"


@st.composite
def cards(draw: st.DrawFn) -> str:
    """Numbers of cards as UnionPay gives them out."""
    first = "62" + "".join(str(draw(st.integers(0, 9))) for _ in range(draw(st.sampled_from((13, 16)))))
    doubled = [int(digit) * 2 for digit in first[::-2]]
    total = sum(map(int, first[-2::-2])) + sum(number // 10 + number % 10 for number in doubled)
    return first + str(-total % 10)


def hidden(number: str, separator: str, wide: bool, every: int) -> str:
    """A number as somebody writes it who does not want it found."""
    parts = [number[at : at + every] for at in range(0, len(number), every)]
    told = separator.join(parts)
    return told.translate(WIDE) if wide else told


@given(
    st.one_of(id_numbers(), mobiles(), cards()),
    st.sampled_from(SEPARATORS),
    st.booleans(),
    st.sampled_from((1, 3, 4, 6)),
    AROUND,
    AROUND,
)
def test_a_number_is_found_however_it_is_parted(
    number: str, separator: str, wide: bool, every: int, before: str, behind: str
) -> None:
    text = f"{before}{hidden(number, separator, wide, every)}{behind}"
    finds = personal_data.found(text)
    assert finds, text
    (start, end), length = finds[0].span, len(text) - len(behind)
    assert start <= len(before)
    assert end >= length


@given(mobiles(), st.sampled_from(("", " ", "-")))
def test_a_telephone_in_chinese_numerals_is_found(number: str, separator: str) -> None:
    text = separator.join(number).translate(NUMERALS)
    assert [one.kind for one in personal_data.found(f"打我电话{text}吧")] == [personal_data.PHONE]


@given(st.text(max_size=200))
def test_any_text_is_scanned_and_every_find_lies_in_it(text: str) -> None:
    for one in personal_data.found(text):
        start, end = one.span
        assert 0 <= start < end <= len(text)
        assert one.kind in personal_data.KINDS


@given(st.integers(0, 10**13 - 1))
def test_the_code_of_an_organisation_is_not_personal(number: int) -> None:
    first = f"9133{number:013}"
    code = first + identifiers.uscc_check_digit(first)
    if not identifiers.id_number_valid(code):
        assert personal_data.found(f"统一社会信用代码{code}的执照") == []


def test_a_long_text_takes_no_long_time() -> None:
    for text in ("1 " * 500, "王" * 1000, "住在" * 500, "3栋" * 333, "a@" * 500, "138-" * 250):
        personal_data.found(text)


def test_what_is_masked_keeps_its_length_and_the_rest_of_the_text() -> None:
    text = "请联系13912345678，或者发邮件到a.b@example.com核对"
    masked = personal_data.masked(text)
    assert masked == f"请联系{'*' * 11}，或者发邮件到{'*' * 15}核对" and len(masked) == len(text)
    assert personal_data.masked("报告已经送达") == "报告已经送达"
