"""The licence source: what it is asked and why, what its answers mean, and which licence stands for a material."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from chassis.answers import Fault
from chassis.outside import Away
from services.case.licences import ID_CARD, Licence, look_up, unfit
from tests.fakes.licence_source import ISSUER, LicenceSource, identifier, licence
from tests.fakes.program import running

HOLDER, KIND, TODAY = "99010119900101123X", f"{ISSUER}001", date(2026, 7, 1)


@pytest.fixture
def source() -> Iterator[LicenceSource]:
    with running(LicenceSource()) as source:
        yield source


def ask(source: LicenceSource, id: str = "case-1.business", holder: str = HOLDER) -> Licence | None:
    return look_up(source.url, id, ID_CARD, holder, KIND, "食品经营许可申请", "990121260701ABCDEFG", "0123")


def found(source: LicenceSource, **other: Any) -> Licence:
    source.give(HOLDER, KIND, licence(**other))
    one = ask(source)
    assert one is not None
    return one


def test_a_licence_is_told_with_what_stands_on_it(source: LicenceSource) -> None:
    one = found(source, identifier=identifier(), expires_on="2028-02-29")
    assert one == Licence(
        identifier=identifier(),
        name="营业执照",
        number="91990121MA00000001",
        holder_name="示范县某店",
        issuer="示范县市场监督管理局",
        issued_on=date(2024, 3, 1),
        expires_on=date(2028, 2, 29),
        state="01",
        signed=True,
    )


def test_the_source_is_told_for_what_purpose_and_case_it_is_asked(source: LicenceSource) -> None:
    ask(source)
    assert source.of("LICENCE") == [
        {
            "id": "case-1.business",
            "holder_type": "111",
            "holder_code": HOLDER,
            "licence_type": KIND,
            "purpose": "食品经营许可申请",
            "item_code": "0123",
            "case_number": "990121260701ABCDEFG",
        }
    ]


@pytest.mark.parametrize("purpose", ["", "  ", "因" * 201])
def test_nobody_is_asked_without_a_purpose(source: LicenceSource, purpose: str) -> None:
    with pytest.raises(ValueError, match="purpose"):
        look_up(source.url, "one", ID_CARD, HOLDER, KIND, purpose, "1")
    assert source.asked == []


def test_who_has_no_licence_has_none(source: LicenceSource) -> None:
    assert ask(source, holder="990101199001011230") is None


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({}, ""),
        ({"expires_on": "2026-07-01"}, ""),
        ({"expires_on": "2026-06-30"}, "EXPIRED"),
        ({"issued_on": "2026-07-02"}, "NOT_IN_FORCE"),
        ({"issued_on": None}, ""),
        ({"signed": False}, "NOT_SIGNED"),
        ({"signed": "true"}, "NOT_SIGNED"),
        ({"signed": 1}, "NOT_SIGNED"),
        *(({"state": state}, "NOT_IN_FORCE") for state in ("02", "03", "04", "05", "06", "07", "99")),
    ],
)
def test_only_a_signed_licence_in_force_stands_for_a_material(
    source: LicenceSource, other: dict[str, Any], why: str
) -> None:
    assert unfit(found(source, **other), TODAY) == why


def test_of_several_the_one_that_serves_is_taken(source: LicenceSource) -> None:
    bad = [
        licence(number="a", state="05"),
        licence(number="b", signed=False),
        licence(number="c", expires_on="2027-01-01"),
    ]
    source.give(HOLDER, KIND, *bad, licence(number="d", expires_on="2028-01-01"), licence(number="e", state="02"))
    one = ask(source)
    assert one is not None and one.number == "d"


@pytest.mark.parametrize("status", [500, 503, 429, 302, 404, 401])
def test_a_source_that_is_away_is_no_answer(source: LicenceSource, status: int) -> None:
    source.script("LICENCE", status)
    with pytest.raises(Away, match=f"HTTP {status}"):
        ask(source)
    assert ask(source) is not None


def with_one(**other: Any) -> dict[str, Any]:
    return {"result": "found", "licences": [licence(**other)]}


@pytest.mark.parametrize(
    "said",
    [
        400,
        422,
        b"<html>",
        b"[]",
        {"result": "FOUND"},
        {"result": "found"},
        {"result": "found", "licences": []},
        {"result": "found", "licences": [1]},
        {"result": "found", "licences": [licence()] * 51},
        with_one(state="00"),
        with_one(state=None),
        with_one(name=""),
        with_one(number="长" * 101),
        with_one(holder_name=7),
        with_one(issuer="示范\u202e局"),
        with_one(issued_on="2026-02-30"),
        with_one(expires_on="2026/01/01"),
        with_one(identifier=identifier()[:-1] + ("0" if identifier()[-1] != "0" else "1")),
        with_one(identifier="1.2.3"),
        with_one(identifier=identifier(kind=f"{ISSUER}002")),
    ],
)
def test_an_answer_the_contract_does_not_allow_is_a_fault_and_tells_nothing_of_it(
    source: LicenceSource, said: Any
) -> None:
    source.script("LICENCE", said)
    with pytest.raises(Fault) as caught:
        ask(source)
    assert HOLDER not in str(caught.value) and "示范" not in str(caught.value)


def test_a_kind_of_another_numbering_is_not_compared_with_the_identifier(source: LicenceSource) -> None:
    source.give(HOLDER, "YYZZ", licence(identifier=identifier()))
    one = look_up(source.url, "one", ID_CARD, HOLDER, "YYZZ", "申请", "1")
    assert one is not None and one.identifier == identifier()
