"""Levels of other providers, mapped to ours."""

import pytest

from standards import real_names
from standards.real_names import IN_PERSON, LEVELS, MEDIUM, NONE, PROFILES, STRONG, WEAK, WORDS, level_of, read_table
from yiwang.access.v1 import access_pb2


def test_our_levels_are_those_of_the_contract_in_their_order() -> None:
    named = {
        name.removeprefix("IDENTITY_LEVEL_"): number for name, number in access_pb2.IdentityLevel.items() if number
    }
    assert named == LEVELS
    assert NONE < WEAK < MEDIUM < STRONG < IN_PERSON
    assert set(WORDS) == set(LEVELS.values())


@pytest.mark.parametrize(
    ("profile", "value", "level"),
    [
        ("generic", "STRONG", STRONG),
        ("lettered", "L2", MEDIUM),
        ("numbered", 3, STRONG),
        ("numbered", " 1 ", WEAK),
        ("worded", "高级实名", STRONG),
        ("whether", True, MEDIUM),
        ("whether", "否", NONE),
    ],
)
def test_a_value_of_a_profile_is_our_level(profile: str, value: object, level: int) -> None:
    assert level_of(profile, value) == level


@pytest.mark.parametrize("value", ["", None, "L9", 4.0, "strong", ["STRONG"], {"$gt": ""}])
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_what_is_not_understood_proves_nothing(profile: str, value: object) -> None:
    assert level_of(profile, value) == NONE


def test_a_profile_nobody_knows_is_no_level_at_all() -> None:
    with pytest.raises(LookupError, match="provincial"):
        level_of("provincial", "L1")


def test_a_province_brings_a_table_of_its_own() -> None:
    table = read_table({"A": "WEAK", "B": "STRONG"})
    assert [level_of(table, value) for value in ("A", "B", "C")] == [WEAK, STRONG, NONE]
    with pytest.raises(ValueError, match="HIGH"):
        read_table({"A": "HIGH"})


def test_tables_cannot_be_changed_by_who_reads_them() -> None:
    with pytest.raises(TypeError):
        real_names.PROFILES["generic"] = {}  # type: ignore[index]
