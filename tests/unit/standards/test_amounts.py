"""Amounts in capital numerals: the examples of the regulation, and every amount read back from its writing."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from standards.amounts import DIGITS, MOST, capital

UNITS = {"拾": 10, "佰": 100, "仟": 1000}


def read(written: str) -> int:
    """The fen of an amount, as a person reads it: aloud, unit by unit, knowing nothing of how it was written."""
    whole, _, rest = written.partition("元") if "元" in written else ("", "", written)
    above, total, group, digit = 0, 0, 0, 0
    for sign in whole:
        if sign in DIGITS:
            digit = DIGITS.index(sign)
        elif sign in UNITS:
            group, digit = group + digit * UNITS[sign], 0
        elif sign == "万":
            total, group, digit = total + (group + digit) * 10_000, 0, 0
        else:
            above, total, group, digit = above + (total + group + digit) * 10**8, 0, 0, 0
    fen = (above + total + group + digit) * 100
    for sign in rest:
        if sign in DIGITS:
            digit = DIGITS.index(sign)
        elif sign in "角分":
            fen, digit = fen + digit * (10 if sign == "角" else 1), 0
    return fen


@pytest.mark.parametrize(
    ("fen", "written"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (56, "伍角陆分"),
        (100, "壹元整"),
        (101, "壹元零壹分"),
        (1000, "壹拾元整"),
        (140_950, "壹仟肆佰零玖元伍角整"),
        (600_714, "陆仟零柒元壹角肆分"),
        (168_032, "壹仟陆佰捌拾元零叁角贰分"),
        (10_700_053, "壹拾万柒仟元零伍角叁分"),
        (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
        (32_504, "叁佰贰拾伍元零肆分"),
        (1_000_100, "壹万零壹元整"),
        (5_000_000, "伍万元整"),
        (10_000_000_000, "壹亿元整"),
        (10_000_000_100, "壹亿零壹元整"),
        (10_000_100_000, "壹亿零壹仟元整"),
        (1_000_000_010_000_000, "壹拾万亿零壹拾万元整"),
        (123_456_789_000_000, "壹万贰仟叁佰肆拾伍亿陆仟柒佰捌拾玖万元整"),
    ],
)
def test_amounts_are_written_as_the_regulation_writes_them(fen: int, written: str) -> None:
    assert capital(fen) == written


@given(
    st.integers(0, MOST - 1)
    | st.integers(0, 10**7)
    | st.builds(lambda a, b: a * 10**b, st.integers(0, 999), st.integers(0, 15))
)
@example(MOST - 1)
def test_every_amount_is_read_back_from_its_writing(fen: int) -> None:
    written = capital(fen)
    assert read(written) == fen
    assert "零零" not in written
    assert written.endswith("分") != written.endswith("整")


@pytest.mark.parametrize("fen", [-1, MOST])
def test_what_is_no_amount_is_not_written(fen: int) -> None:
    with pytest.raises(ValueError, match="no amount"):
        capital(fen)
