"""Item codes: given out in order, taken apart and put together, and judged beside their region."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards import codes, item_codes
from standards.identifiers import USCC_ALPHABET, uscc_check_digit
from standards.item_codes import CodeParts, CodesUsedUp

OWNER = "12441500196720244T"
PARTS = CodeParts(OWNER, "3", "44", "21", "99", "806", "003")
CODE = OWNER + "3" + "442199806003"

digits = st.text("0123456789", min_size=2, max_size=2)
orders = st.sampled_from(list(item_codes.orders()))
subs = st.sampled_from(["000", "00Y", *(f"{number:03d}" for number in range(1, 1000))])
owners = st.text(USCC_ALPHABET, min_size=17, max_size=17).map(lambda body: body + uscc_check_digit(body))
handlings = st.integers(1, 99).map(lambda number: f"{number:02d}")


def test_the_example_of_the_standard_is_taken_apart() -> None:
    assert item_codes.split_code(CODE) == PARTS
    assert item_codes.split_code(CODE + "07") == PARTS._replace(handling="07")
    assert item_codes.base_of(CODE + "07") == "442199806003" and item_codes.implementation_of(CODE + "07") == CODE
    assert item_codes.main_of("442199806003") == "44219980600Y" and item_codes.main_of("442199806000") == "442199806000"
    assert item_codes.aliases("442199806003") == ["2199806003"]
    assert item_codes.aliases(CODE) == [OWNER + "3" + "2199806003"] and item_codes.aliases(CODE + "07") == []


@given(
    owners,
    st.sampled_from("1234567"),
    digits,
    st.sampled_from(sorted(codes.ITEM_TYPES)),
    digits,
    orders,
    subs,
    handlings,
)
def test_codes_survive_being_put_together_and_taken_apart(
    owner: str, level: str, area: str, type_code: str, guiding: str, order: str, sub: str, handling: str
) -> None:
    parts = CodeParts(owner, level, area, type_code, guiding, order, sub, handling)
    shapes = {
        "national-33": parts,
        "national-31": parts._replace(handling=""),
        "national-12": parts._replace(owner="", level="", handling=""),
        "legacy-29": parts._replace(area="", handling=""),
    }
    for profile, shape in shapes.items():
        code = item_codes.compose(shape)
        assert item_codes.split_code(code) == shape
        checked = codes.check_item_code(code)
        assert (checked.profile, checked.ok) == (profile, True)
        assert set(checked.warnings) <= {"OWNER_PLACEHOLDER"}


@given(digits, digits, st.sampled_from(sorted(codes.ITEM_TYPES)), st.sets(orders, max_size=40))
def test_a_new_code_is_free_valid_and_the_first(area: str, guiding: str, type_code: str, taken: set[str]) -> None:
    stem = area + type_code + guiding
    used = [stem + order + "000" for order in taken]
    code = item_codes.next_main(area, type_code, guiding, [*used, "X", "123"])
    assert code not in used and codes.check_item_code(code).profile == "national-12"
    before = list(item_codes.orders())
    assert set(before[: before.index(code[6:9])]) <= taken


def test_orders_begin_with_digits_and_go_on_with_letters_that_are_not_misread() -> None:
    all = list(item_codes.orders())
    assert (all[0], all[998], all[999], all[-1]) == ("001", "999", "A01", "Y99")
    assert len(all) == len(set(all)) == 999 + 21 * 99
    assert not {letter for order in all for letter in order} & set("IOZSV")


def test_an_order_is_taken_by_its_sub_items_and_by_codes_of_every_length() -> None:
    taken = ["43011201500Y", OWNER + "4" + "430112001007", OWNER + "4" + "430112002000" + "01", "440112003000"]
    assert item_codes.next_main("43", "01", "12", taken) == "430112003000"


def test_sub_items_are_numbered_below_their_main_item() -> None:
    assert item_codes.next_sub("430112015000", []) == "430112015001"
    assert item_codes.next_sub("43011201500Y", ["430112015001", OWNER + "4" + "430112015003"]) == "430112015002"
    with pytest.raises(ValueError, match="main item"):
        item_codes.next_sub("430112015001", [])
    with pytest.raises(CodesUsedUp):
        item_codes.next_sub("430112015000", [f"430112015{number:03d}" for number in range(1, 1000)])


def test_handling_items_are_01_to_99() -> None:
    assert item_codes.next_handling(CODE, []) == CODE + "01"
    assert item_codes.next_handling(CODE, [CODE + "01", CODE + "03", CODE[:-1] + "102"]) == CODE + "02"
    with pytest.raises(CodesUsedUp):
        item_codes.next_handling(CODE, [CODE + f"{number:02d}" for number in range(1, 100)])
    with pytest.raises(ValueError, match="31 digits"):
        item_codes.next_handling(CODE[:-1], [])


def test_when_every_order_is_given_out_there_is_none() -> None:
    with pytest.raises(CodesUsedUp):
        item_codes.next_main("43", "01", "12", ["430112" + order + "000" for order in item_codes.orders()])
    with pytest.raises(ValueError, match="two digits"):
        item_codes.next_main("4", "01", "12", [])


@given(st.text(max_size=40))
def test_other_texts_have_no_parts(text: str) -> None:
    parts = item_codes.split_code(text)
    assert parts is None or item_codes.compose(parts) == text
    assert (item_codes.base_or_self(text) and len(item_codes.base_or_self(text)) <= len(text)) or text == ""


def test_parts_that_make_no_code_are_refused() -> None:
    for wrong in (CodeParts(), PARTS._replace(sub="01Y"), PARTS._replace(handling="00"), PARTS._replace(owner="")):
        with pytest.raises(ValueError, match="parts"):
            item_codes.compose(wrong)


def test_codes_are_stored_as_plain_capitals() -> None:
    assert item_codes.normal_code(" １2441500 196720244t　") == OWNER


LEVELS = [("440000", "2"), ("440100", "3"), ("440103", "4"), ("440103001", "5"), ("440103001002", "6")]


@pytest.mark.parametrize(("region", "level"), LEVELS)
def test_a_level_that_is_one_off_is_doubtful(region: str, level: str) -> None:
    base = "440199806003"
    assert codes.check_item_code(OWNER + level + base, region).warnings == ()
    assert codes.check_item_code(OWNER + "7" + base, region).warnings == ()
    for other in set("123456") - {level}:
        assert codes.check_item_code(OWNER + other + base, region).warnings == ("LEVEL_NOT_REGION",)


def test_an_area_of_another_province_is_doubtful_and_a_national_one_is_not() -> None:
    assert codes.check_item_code("430199806003", "440103").warnings == ("AREA_NOT_REGION",)
    assert codes.check_item_code("000199806003", "440103").warnings == ()
    assert codes.check_item_code("430199806003", "").warnings == ()


def test_only_00Y_is_a_parent() -> None:
    assert codes.check_item_code("61011201500Y").profile == "national-12"
    assert codes.check_item_code("61011201512Y").profile == "local-base"
