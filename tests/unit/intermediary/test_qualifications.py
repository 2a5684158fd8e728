"""Kinds of qualifications and their grades: what is better than what."""

import pytest

from services.intermediary import model_qualifications as kinds


def test_the_kinds_of_the_supermarket_are_there_each_with_name_and_source() -> None:
    assert len(kinds.KINDS) >= 20
    assert len({kind.name for kind in kinds.KINDS.values()}) == len(kinds.KINDS)
    for kind in kinds.KINDS.values():
        assert kind.name and kind.basis
        assert len(set(kind.grades)) == len(kind.grades)


@pytest.mark.parametrize(
    ("kind", "have", "want", "enough"),
    [
        ("surveying", "甲级", "乙级", True),
        ("surveying", "乙级", "乙级", True),
        ("surveying", "乙级", "甲级", False),
        ("surveying", "乙级", "", True),
        ("surveying", "", "", False),
        ("surveying", "丁级", "乙级", False),
        ("surveying", "甲级", "特级", False),
        ("real_estate_appraisal", "一级", "三级", True),
        ("real_estate_appraisal", "三级", "二级", False),
        ("engineering_design", "综合资质", "甲级", True),
        ("water_soil_conservation", "五星", "一星", True),
        ("inspection_testing", "", "", True),
        ("inspection_testing", "", "甲级", False),
        ("astrology", "甲级", "甲级", False),
        ("astrology", "", "", False),
    ],
)
def test_a_grade_is_enough_when_it_is_the_wanted_one_or_better(kind: str, have: str, want: str, enough: bool) -> None:
    assert kinds.grade_at_least(kind, have, want) is enough


def test_each_grade_is_enough_for_itself_and_those_below_and_for_no_other() -> None:
    for id, kind in kinds.KINDS.items():
        for better, have in enumerate(kind.grades):
            for place, want in enumerate(kind.grades):
                assert kinds.grade_at_least(id, have, want) is (better <= place)


def test_a_kind_that_is_not_in_the_table_is_called_by_its_own_text() -> None:
    assert kinds.name_of("surveying") == "工程测量（测绘）"
    assert kinds.name_of("星象测算") == "星象测算"
