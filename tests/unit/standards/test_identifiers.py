"""Check characters, masks and case numbers."""

import csv
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards import identifiers as ids

ORGANISATIONS = Path(__file__).parents[4] / "shared/data/organizations/organizations_uscc.csv"

uscc_first17 = st.text(ids.USCC_ALPHABET, min_size=17, max_size=17)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
id_first17 = st.builds(
    lambda area, day, order: f"99{area:04}{day:%Y%m%d}{order:03}",
    st.integers(0, 9999),
    st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    st.integers(0, 999),
)
mod37_text = st.text(ids.MOD37_ALPHABET, min_size=1, max_size=40)
case_numbers = st.builds(ids.case_number, st.just("990100"), days, st.binary(min_size=4, max_size=16))


def changed(text: str, place: int, character: str) -> str:
    """The text with another character at one place."""
    place %= len(text)
    return text[:place] + character + text[place + 1 :]


@pytest.mark.parametrize("code", ["12441500196720244T", "115113010833722043", "11511301008778386B"])
def test_published_usccs_hold(code: str) -> None:
    assert ids.uscc_valid(code)


@pytest.mark.skipif(not ORGANISATIONS.exists(), reason="shared data is not here")
def test_published_organisations_agree_with_their_stated_check() -> None:
    with ORGANISATIONS.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    whole = [row for row in rows if len(row["uscc"]) == 18]
    assert len(whole) > 1900
    assert [row for row in whole if ids.uscc_valid(row["uscc"]) != (row["uscc_checksum_ok"] == "True")] == []


@given(uscc_first17, st.integers(0, 17), st.sampled_from(ids.USCC_ALPHABET))
def test_uscc_check_finds_every_single_wrong_character(first17: str, place: int, character: str) -> None:
    code = first17 + ids.uscc_check_digit(first17)
    assert ids.uscc_valid(code)
    assert ids.uscc_valid(changed(code, place, character)) == (code[place] == character)


@pytest.mark.parametrize(
    "code", ["", "1" * 17, "1" * 19, "I" * 18, "１" * 18, "91330182736861540p", "9133000014292273X\n"]
)
def test_uscc_refuses_other_shapes(code: str) -> None:
    assert not ids.uscc_valid(code)


@pytest.mark.parametrize("first17", ["", "123", "O" * 17])
def test_check_digit_of_what_is_no_code_is_a_value_error(first17: str) -> None:
    with pytest.raises(ValueError, match=r"expected|alphabet"):
        ids.uscc_check_digit(first17)
    with pytest.raises(ValueError, match=r"expected|alphabet"):
        ids.id_number_check_digit(first17)


def test_organisation_check_digit_of_gb_11714_example() -> None:
    assert ids.organisation_check_digit("D2143569") == "X"


def test_id_number_of_the_standard_holds() -> None:
    assert ids.id_number_valid("11010519491231002X")
    assert ids.id_number_valid("11010519491231002x")
    assert not ids.id_number_valid("110105194912310021")


@given(id_first17, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_id_number_check_finds_every_single_wrong_character(first17: str, place: int, character: str) -> None:
    number = first17 + ids.id_number_check_digit(first17)
    assert ids.id_number_valid(number)
    assert ids.id_number_valid(changed(number, place, character)) == (number[place] == character)


@pytest.mark.parametrize("birthday", ["20230229", "19990431", "20001301", "00000101"])
def test_id_number_needs_a_day_that_was(birthday: str) -> None:
    first17 = f"990100{birthday}001"
    assert not ids.id_number_valid(first17 + ids.id_number_check_digit(first17))


def test_id_number_is_not_born_after_today() -> None:
    first17 = "99010020260302001"
    number = first17 + ids.id_number_check_digit(first17)
    assert ids.id_number_valid(number, date(2026, 3, 2))
    assert not ids.id_number_valid(number, date(2026, 3, 1))


@pytest.mark.parametrize("number", ["", "99010019900101001", "9901001990010100１0", "01010519491231002X", "abc" * 6])
def test_id_number_refuses_other_shapes(number: str) -> None:
    assert not ids.id_number_valid(number)


def test_masks_show_the_ends_only() -> None:
    assert ids.id_number_mask("11010519491231002X") == "110105**********2X"
    assert ids.phone_mask("19900000001") == "199****0001"
    assert ids.phone_mask("110") == "***"
    assert ids.id_number_mask("") == ""


@given(st.text(max_size=30))
def test_a_mask_keeps_the_length_and_hides_something(text: str) -> None:
    for masked in (ids.id_number_mask(text), ids.phone_mask(text)):
        assert len(masked) == len(text)
        assert not text or "*" in masked


def test_mod37_36_of_the_standard() -> None:
    # ISO 7064 example, known from the Global Release Identifier (ISRC family): A1-2425G-ABC1234002-M
    assert ids.mod37_36_check("A12425GABC1234002") == "M"


@given(mod37_text, st.integers(0, 40), st.sampled_from(ids.MOD37_ALPHABET))
def test_mod37_36_finds_every_single_wrong_character(text: str, place: int, character: str) -> None:
    whole = text + ids.mod37_36_check(text)
    assert ids.mod37_36_valid(whole)
    assert ids.mod37_36_valid(changed(whole, place, character)) == (changed(whole, place, character) == whole)


@given(st.text(max_size=30))
def test_no_text_makes_a_check_raise(text: str) -> None:
    for valid in (ids.mod37_36_valid, ids.uscc_valid, ids.id_number_valid, ids.case_number_valid):
        valid(text)
    ids.case_number_normal(text)


@given(case_numbers)
def test_a_case_number_has_nineteen_characters_and_holds(number: str) -> None:
    assert re.fullmatch(r"990100[0-9]{6}[0-9A-HJKMNP-TV-Z]{6}[0-9A-Z]", number)
    assert ids.case_number_valid(number)


@given(case_numbers)
def test_a_case_number_read_aloud_is_found_again(number: str) -> None:
    spoken = f" {number[:6]}-{number[6:12]} {number[12:18]}－{number[18:]}\u3000".lower()
    assert ids.case_number_normal(spoken) == number
    assert ids.case_number_normal(number) == number


@given(case_numbers, st.integers(0, 18), st.sampled_from(ids.MOD37_ALPHABET))
def test_a_mistyped_case_number_is_refused(number: str, place: int, character: str) -> None:
    assert ids.case_number_valid(changed(number, place, character)) == (number[place] == character)


def test_case_number_takes_the_county_of_a_township_and_thirty_bits() -> None:
    day = date(2026, 3, 2)
    number = ids.case_number("990100101", day, b"\xff\xff\xff\xff")
    assert number.startswith("990100260302ZZZZZZ")
    assert ids.case_number("990100", day, bytes(4)).startswith("990100260302000000")
    assert len({ids.case_number("990100", day, bytes([n, 0, 0, n])) for n in range(256)}) == 256


@pytest.mark.parametrize(
    ("region", "random"), [("9901", bytes(8)), ("", bytes(8)), ("99O100", bytes(8)), ("990100", b"")]
)
def test_case_number_refuses_what_it_cannot_number(region: str, random: bytes) -> None:
    with pytest.raises(ValueError, match=r"region|random"):
        ids.case_number(region, date(2026, 3, 2), random)


def test_case_number_needs_a_real_day() -> None:
    head = "990100260230ABCDEF"
    assert not ids.case_number_valid(head + ids.mod37_36_check(head))
