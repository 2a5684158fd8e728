"""Item code profiles, regions and code tables."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards import codes

GUANGAN = Path(__file__).parents[4] / "shared/data/items/guangan_items.csv"
OWNER = "12441500196720244T"

KNOWN = [
    ("442199806003", "national-12", ("TYPE_EXTENSION",)),
    ("61011201500Y", "national-12", ()),
    ("6101120I5001", "national-12", ("MAIN_LETTER",)),
    (OWNER + "3" + "442199806003", "national-31", ("TYPE_EXTENSION",)),
    (OWNER + "3" + "440199806003", "national-31", ()),
    (OWNER + "9" + "440199806003", "national-31", ("LEVEL_UNKNOWN",)),
    ("12441500196720245T" + "3" + "440199806003", "national-31", ("USCC_CHECK_DIGIT",)),
    (OWNER + "3" + "440199806003" + "01", "national-33", ()),
    (OWNER + "3" + "0114001003", "legacy-29", ()),
    ("TE1234567890123456" + "3" + "0114001003", "legacy-29", ("OWNER_PLACEHOLDER",)),
    ("0114001003", "legacy-10", ()),
    ("A114001003", "gbt39046-10", ()),
    ("A11400100300000000000001", "gbt39046-24", ()),
    ("511A0138000000", "local-base", ()),
    ("511F33033003", "local-base", ()),
    ("511A0138000000-511602000000-000-115113010833722043-1-00", "dash-base", ()),
    ("512C0107400001-511602000000-000-00877868-5-1-00", "dash-base", ("OWNER_NOT_USCC",)),
    ("511A0014200002-511602000000-000-2222222222222-1-00", "dash-base", ("OWNER_PLACEHOLDER",)),
    ("G-000007-001-511602000000-000-115113010833722043-1-00", "dash-letter", ()),
    ("1J-5100-00027-511602000000-000-11511301008778386B-1-00", "dash-letter", ()),
    ("511F0045400001-511602000000-000-11511301452259996u-1-00", "dash-base", ("LOWER_CASE",)),
    ("E-000021-001-1111111111111111", "dash-letter", ("OWNER_PLACEHOLDER",)),
]


@pytest.mark.parametrize(("code", "profile", "warnings"), KNOWN)
def test_known_codes_are_told_apart(code: str, profile: str, warnings: tuple[str, ...]) -> None:
    assert codes.check_item_code(code) == codes.CodeCheck(profile, True, warnings)


@pytest.mark.parametrize("code", ["", "1", "空", "暂无", OWNER + "3" + "440199806003" + "00", "１" * 31, OWNER + "\n"])
def test_other_codes_are_unknown_and_not_ok(code: str) -> None:
    assert codes.check_item_code(code) == codes.CodeCheck("unknown", False, ("CODE_UNKNOWN",))


@given(st.one_of(st.text(max_size=64), st.text("0123456789AEGJTXZ-", max_size=64)))
def test_no_text_makes_the_check_raise_and_every_warning_has_words(code: str) -> None:
    assert set(codes.check_item_code(code).warnings) <= set(codes.WARNINGS)


@pytest.mark.skipif(not GUANGAN.exists(), reason="shared data is not here")
def test_every_code_of_a_real_district_has_a_profile() -> None:
    with GUANGAN.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    profiles = Counter(codes.check_item_code(row["implement_code"]).profile for row in rows)
    assert profiles == {"dash-base": 889, "dash-letter": 19}
    assert {codes.type_code(row["task_type"]) for row in rows} <= set(codes.ITEM_TYPES)
    assert {codes.region_level(row["area_code"]) for row in rows} == {"county"}


@pytest.mark.parametrize(("raw", "code"), [("5", "05"), ("05", "05"), (" 20 ", "20"), ("1", "01"), ("30", "30")])
def test_type_codes_have_two_digits(raw: str, code: str) -> None:
    assert codes.type_code(raw) == code


@pytest.mark.parametrize("raw", ["许可", "1A", "100", "-1", "五", "²", "٥"])
def test_other_type_codes_are_refused(raw: str) -> None:
    with pytest.raises(ValueError, match="type code"):
        codes.type_code(raw)


def test_tables_are_those_of_annex_a() -> None:
    assert list(codes.ITEM_TYPES) == [f"{code:02}" for code in range(11)] + ["20"]
    assert codes.ITEM_TYPES["01"] == "行政许可"
    assert codes.ITEM_TYPES["20"] == "公共服务"
    assert codes.LEVELS["4"] == "县级"
    assert set(codes.ITEM_TYPES) > codes.APPLIED_FOR


LEVEL_OF = [
    ("51", "province"),
    ("510000", "province"),
    ("5116", "city"),
    ("511600", "city"),
    ("511602", "county"),
    ("511602000", "county"),
    ("511602000000", "county"),
    ("511602001", "township"),
    ("511602001000", "township"),
    ("441900003", "township"),
    ("511602001201", "village"),
]


@pytest.mark.parametrize(("region", "level"), LEVEL_OF)
def test_region_level_is_the_last_level_not_empty(region: str, level: str) -> None:
    assert codes.region_level(region) == level


@pytest.mark.parametrize("region", ["", "5", "511", "51160", "5116021", "01", "5116020010", "51160２", "511602\n"])
def test_other_regions_are_refused_and_cover_nothing(region: str) -> None:
    assert not codes.region_valid(region)
    assert not codes.region_covers(region, "511602")
    assert not codes.region_covers("511602", region)
    with pytest.raises(ValueError, match="region code"):
        codes.region_level(region)


COVERS = [
    ("123400", "123456", True),
    ("123400", "123456001", True),
    ("123400000000", "123456001002", True),
    ("120000", "123456", True),
    ("123456", "123456000000", True),
    ("123456000000", "123456", True),
    ("123456", "123457", False),
    ("123456001", "123456", False),
    ("123456001", "123456010", False),
    ("123456001000", "123456001002", True),
    ("123456", "123400", False),
]


@pytest.mark.parametrize(("wide", "narrow", "covered"), COVERS)
def test_a_region_covers_itself_and_what_lies_within(wide: str, narrow: str, covered: bool) -> None:
    assert codes.region_covers(wide, narrow) is covered


regions = st.from_regex(r"[1-9][0-9]([0-9]{2}([0-9]{2}([0-9]{3}([0-9]{3})?)?)?)?", fullmatch=True)


@given(regions, regions, regions)
def test_covering_is_an_order(a: str, b: str, c: str) -> None:
    assert codes.region_covers(a, a)
    assert codes.region_prefix(codes.region_prefix(a)) == codes.region_prefix(a)
    if codes.region_covers(a, b) and codes.region_covers(b, c):
        assert codes.region_covers(a, c)
    if codes.region_covers(a, b) and codes.region_covers(b, a):
        assert codes.region_prefix(a) == codes.region_prefix(b)
