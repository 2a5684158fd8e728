"""Codes of departments' systems by profile: no code is taken for another profile's, and a round trip keeps the name."""

import pytest

from standards.exchange_codes import (
    CERTIFICATE,
    PROFILES,
    RESULT,
    SOURCE,
    TABLES,
    WORDS,
    code_of,
    name_of,
    told,
    word_of,
)

CELLS = [
    (field, profile, code, name)
    for field, profiles in TABLES.items()
    for profile, table in profiles.items()
    for code, name in table.items()
]


@pytest.mark.parametrize(("field", "profile", "code", "name"), CELLS)
def test_a_round_trip_keeps_the_name(field: str, profile: str, code: str, name: str) -> None:
    assert name_of(field, profile, code) == name
    outside = code_of(field, profile, name)
    assert outside is not None and name_of(field, profile, outside) == name


@pytest.mark.parametrize(("field", "profile", "code", "name"), CELLS)
def test_every_name_has_words_and_every_profile_is_known(field: str, profile: str, code: str, name: str) -> None:
    assert profile in PROFILES and word_of(field, name) and code == code.strip()


def test_there_are_words_for_every_field() -> None:
    assert set(WORDS) == set(TABLES)


def test_the_same_code_means_what_its_profile_says() -> None:
    assert name_of(SOURCE, "gbt39046", "3") == "MOBILE" and name_of(SOURCE, "national", "3") == "HOTLINE"
    assert name_of(RESULT, "guangdong", "2") == "VOIDED" and name_of(RESULT, "spgl", "2") == "OTHER"


def test_what_is_not_known_of_a_profile_has_no_code() -> None:
    assert not told(RESULT, "gbt39046") and name_of(RESULT, "gbt39046", "0") is None
    assert code_of(RESULT, "national", "GRANTED") is None
    assert name_of(RESULT, "nobody's", "0") is None and word_of(RESULT, "") == ""


def test_every_profile_has_the_certificates_of_the_contract() -> None:
    for profile in PROFILES:
        assert name_of(CERTIFICATE, profile, "111") == "ID_CARD" and name_of(CERTIFICATE, profile, "001") == "USCC"


def test_codes_of_other_scripts_are_none() -> None:
    assert name_of(RESULT, "guangdong", "０") is None and name_of(RESULT, "guangdong", " 0") is None
