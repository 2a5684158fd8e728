"""Codes of windows: what was signed here says what it said, and nothing else says anything."""

import base64
import hmac
import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import INVALID_ARGUMENT, Refused
from services.rating import model_codes
from services.rating.model_codes import Code

NOW = datetime(2026, 11, 23, 2, 30, 15, 250_000, tzinfo=UTC)
WINDOW, CASE = str(uuid.uuid4()), str(uuid.uuid4())
# Of URL-safe base64.
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

kinds = st.sampled_from([(False, ""), (True, ""), (False, CASE)])


def sign(told: str) -> bytes:
    return hmac.digest(b"a key of this place", told.encode(), "sha256")


def another_place(told: str) -> bytes:
    return hmac.digest(b"a key of another place", told.encode(), "sha256")


def issued(printed: bool = False, case: str = "", generation: int = 1, nonce: bytes = b"n" * 12) -> Code:
    return model_codes.issue(WINDOW, printed, generation, nonce, NOW, case)


def read(text: str) -> str:
    """The reason a text is refused as no code of ours."""
    with pytest.raises(Refused) as said:
        model_codes.parse(text, sign)
    assert said.value.code == INVALID_ARGUMENT
    assert [one.field for one in said.value.violations] == ["code"]
    return said.value.reason


def held(code: Code, at: datetime, generation: int = 1) -> str:
    """The reason a code of ours does not hold at an instant; empty when it does."""
    try:
        model_codes.hold(code, generation, at)
    except Refused as refused:
        assert refused.code == INVALID_ARGUMENT
        return refused.reason
    return ""


@given(kinds, st.integers(0, 2**32 - 1), st.binary(min_size=12, max_size=12))
def test_a_code_says_what_was_signed(kind: tuple[bool, str], generation: int, nonce: bytes) -> None:
    code = issued(*kind, generation, nonce)
    text = model_codes.text_of(code, sign)
    assert model_codes.parse(text, sign) == code
    assert re.fullmatch("[A-Za-z0-9_-]{20,200}", text)


@given(kinds, st.data())
def test_a_code_with_another_letter_anywhere_is_forged(kind: tuple[bool, str], data: st.DataObject) -> None:
    text = model_codes.text_of(issued(*kind), sign)
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from(LETTERS.replace(text[place], "")))
    assert read(text[:place] + letter + text[place + 1 :]) == "CODE_FORGED"


@pytest.mark.parametrize("kind", [(False, ""), (True, ""), (False, CASE)])
def test_a_code_is_forged_whatever_single_bit_is_changed(kind: tuple[bool, str]) -> None:
    text = model_codes.text_of(issued(*kind), sign)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    for bit in range(8 * len(raw)):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        assert read(base64.urlsafe_b64encode(changed).decode().rstrip("=")) == "CODE_FORGED"


@pytest.mark.parametrize("kind", [(False, ""), (True, ""), (False, CASE)])
def test_a_code_has_no_second_spelling(kind: tuple[bool, str]) -> None:
    text = model_codes.text_of(issued(*kind), sign)
    same_bytes = [text[:-1] + letter for letter in LETTERS if letter != text[-1]]
    for other in [*same_bytes, text + "=", text + "==", text + "A", text[:-1], text[1:], f" {text}", text.swapcase()]:
        assert read(other) == "CODE_FORGED"


@given(st.text(alphabet=LETTERS, max_size=200))
def test_made_up_texts_are_forged(text: str) -> None:
    assert read(text) == "CODE_FORGED"


def test_a_code_another_place_signed_is_forged_here() -> None:
    assert read(model_codes.text_of(issued(), another_place)) == "CODE_FORGED"


def test_a_part_of_a_code_is_not_signed_by_its_signature() -> None:
    """A code of a case cannot be cut down to one of the window, whose bytes it begins with."""
    text = model_codes.text_of(issued(case=CASE), sign)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    cut = raw[: -model_codes.TAG_BYTES - 16] + raw[-model_codes.TAG_BYTES :]
    assert read(base64.urlsafe_b64encode(cut).decode().rstrip("=")) == "CODE_FORGED"


def test_a_live_code_holds_for_ten_minutes_and_a_copy_of_it_no_longer() -> None:
    code = issued()
    copy = model_codes.parse(model_codes.text_of(code, sign), sign)
    end = NOW.replace(microsecond=0) + timedelta(minutes=10)
    assert copy.expires_at == end and model_codes.issued_at(copy) == NOW.replace(microsecond=0)
    assert held(copy, NOW) == held(copy, end - timedelta(milliseconds=1)) == ""
    assert held(copy, end) == held(copy, end + timedelta(days=1)) == "CODE_EXPIRED"


def test_a_printed_code_holds_for_a_year_and_in_its_generation_alone() -> None:
    code = issued(printed=True, generation=7)
    assert held(code, NOW + timedelta(days=364), generation=7) == ""
    assert held(code, NOW + timedelta(days=365), generation=7) == "CODE_EXPIRED"
    for generation in (1, 6, 8):
        assert held(code, NOW, generation=generation) == "CODE_REVOKED"


def test_a_live_code_does_not_care_for_the_generation_of_printed_ones() -> None:
    assert held(issued(generation=1), NOW, generation=2) == ""


@given(st.binary(min_size=12, max_size=12), st.binary(min_size=12, max_size=12))
def test_a_live_code_gives_a_rating_of_its_own(one: bytes, other: bytes) -> None:
    ids = {model_codes.rating_id(issued(nonce=nonce)) for nonce in (one, other)}
    assert len(ids) == len({one, other})
    assert model_codes.rating_id(issued(nonce=one, case=CASE)) == CASE
