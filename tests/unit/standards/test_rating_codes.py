"""Rating codes at the edge: opposite satisfaction tables, channels of two profiles, tags whose first digit is the grade."""

import itertools

import pytest

from standards import rating_codes as codes
from standards.rating_codes import CHANNEL, DEFAULT, GBT39046, GRADE, PROFILES, TABLES, TAGS, ZHEJIANG
from yiwang.case.v1 import service_pb2 as case_pb
from yiwang.rating.v1 import service_pb2 as pb

GRADES = [grade for grade in pb.Grade.values() if grade]
FIELDS = sorted(TABLES[GBT39046])


def test_the_two_satisfaction_tables_are_opposite() -> None:
    words = [
        ("1", "5", pb.GRADE_VERY_SATISFIED),
        ("2", "4", pb.GRADE_SATISFIED),
        ("3", "3", pb.GRADE_FAIRLY_SATISFIED),
        ("4", "2", pb.GRADE_DISSATISFIED),
        ("5", "1", pb.GRADE_VERY_DISSATISFIED),
    ]
    for standard, zhejiang, grade in words:
        assert codes.name_of(GRADE, GBT39046, standard) == codes.name_of(GRADE, ZHEJIANG, zhejiang) == grade
        assert codes.code_of(GRADE, GBT39046, grade) == standard
        assert codes.code_of(GRADE, ZHEJIANG, grade) == zhejiang


def test_a_number_of_the_enum_never_passes_for_a_code_of_the_standard() -> None:
    """The one grade in the middle apart, whoever writes the enum's number instead of a code turns praise into blame."""
    same = [grade for grade in GRADES if codes.code_of(GRADE, GBT39046, grade) == str(grade)]
    assert same == [pb.GRADE_FAIRLY_SATISFIED]


def test_reading_by_the_other_profile_is_noticed_by_all_grades_but_the_middle() -> None:
    for grade in set(GRADES) - {pb.GRADE_FAIRLY_SATISFIED}:
        for there, here in itertools.permutations(PROFILES, 2):
            assert codes.name_of(GRADE, here, codes.code_of(GRADE, there, grade) or "") != grade


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("field", FIELDS)
def test_every_code_comes_back_as_itself(profile: str, field: str) -> None:
    table = TABLES[profile][field]
    assert table and len(set(table.values())) == len(table)
    for code, name in table.items():
        assert codes.name_of(field, profile, code) == name
        assert codes.code_of(field, profile, name) == code


@pytest.mark.parametrize("profile", PROFILES)
def test_every_grade_has_its_code_and_no_other_code_is_one(profile: str) -> None:
    assert sorted(map(int, TABLES[profile][GRADE].values())) == sorted(GRADES)
    for code in ("0", "6", "", "01", "１", "非常满意", "-1"):
        assert codes.name_of(GRADE, profile, code) is None


def test_channels_differ_in_six_and_seven() -> None:
    read = {profile: [codes.name_of(CHANNEL, profile, str(code)) for code in range(9)] for profile in PROFILES}
    assert read[GBT39046] == [None, 1, 2, 3, 4, 5, pb.RATING_CHANNEL_PHONE, pb.RATING_CHANNEL_SMS, None]
    assert read[ZHEJIANG] == [None, 1, 2, 3, 4, 5, pb.RATING_CHANNEL_SMS, DEFAULT, None]
    assert codes.code_of(CHANNEL, ZHEJIANG, pb.RATING_CHANNEL_PHONE) is None
    assert codes.code_of(CHANNEL, GBT39046, DEFAULT) is None


def test_a_profile_or_a_field_nobody_has_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        codes.name_of(GRADE, "gbt39046", "1")
    with pytest.raises(KeyError):
        codes.code_of("colour", GBT39046, 1)


def test_every_way_a_case_comes_in_has_its_source() -> None:
    assert set(codes.SOURCES) == set(case_pb.Channel.values()) - {0}
    assert set(codes.SOURCES.values()) <= set(TABLES[GBT39046][codes.SOURCE].values())


def test_every_service_node_has_its_name() -> None:
    assert set(TABLES[GBT39046][codes.NODE].values()) == set(pb.ServiceNode.values()) - {0}


# -- 评价指标 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grade", GRADES)
def test_each_grade_has_tags_of_the_hall_and_of_the_web(grade: int) -> None:
    of_grade = [tag for tag in TAGS.values() if tag.grade == grade]
    assert len([tag for tag in of_grade if tag.hall]) >= 4
    assert len([tag for tag in of_grade if not tag.hall]) >= 4
    assert {tag.code[0] for tag in of_grade} == {codes.code_of(GRADE, GBT39046, grade)}


def test_tags_have_three_digits_and_names_of_their_own() -> None:
    assert all(len(code) == 3 and code.isascii() and code.isdigit() for code in TAGS)
    assert len({tag.name for tag in TAGS.values()}) == len(TAGS)
    assert [codes.indicator(code) for code in ("101", "501", "121", "522", "199", "")] == [
        "服务效率", "服务效率", "办事效率", "办事指南精确度", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize("profile", PROFILES)
def test_the_first_digit_of_a_tag_is_the_grade_of_the_profile(profile: str) -> None:
    for code, tag in TAGS.items():
        out = codes.tag_out(profile, code)
        assert codes.name_of(GRADE, profile, out[0]) == tag.grade
        assert codes.tag_in(profile, out) == code
    assert codes.tag_out(ZHEJIANG, "101") == "501"


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("code", ["", "1", "199", "601", "001", "1011", "abc"])
def test_an_unknown_tag_is_none(profile: str, code: str) -> None:
    assert codes.tag_in(profile, code) is None
