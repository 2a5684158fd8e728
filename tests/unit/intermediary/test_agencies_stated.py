"""What an agency states of itself: each wrong field is named, and nothing right is refused."""

from datetime import date
from typing import Any

import pytest

from services.intermediary import model_agencies_stated as stated
from tests.support.agencies import LEGAL, OWNER, id_number, profile, qualification, uscc
from yiwang.intermediary.v1 import agencies_pb2 as pb
from yiwang.intermediary.v1 import service_pb2

TODAY = date(2026, 11, 20)


def faults(told: pb.AgencyProfile) -> dict[str, str]:
    return {one.field: one.reason for one in stated.profile_faults(told, TODAY)}


def qualification_faults(**told: Any) -> dict[str, str]:
    return {one.field: one.reason for one in stated.qualification_faults(qualification(**told), TODAY, "q")}


def staff(**told: Any) -> pb.AgencyPerson:
    said = {"name": LEGAL, "number": id_number(), "certificate_kind": "注册测绘师", "certificate_number": "CH-1"}
    return pb.AgencyPerson(**{**said, **told})


def owner(number: str, share: int = 100, name: str = OWNER) -> pb.Shareholder:
    return pb.Shareholder(name=name, number=number, share=share)


def test_a_right_profile_has_no_faults() -> None:
    assert faults(profile()) == {}
    right = profile(
        shareholders=[owner(uscc(), 4000, "某投资公司"), owner(id_number(), 6000)],
        people=[staff(valid_to="2026-11-20"), staff()],
        avoidances=[service_pb2.Avoidance(uscc=uscc(), reason="母公司")],
    )
    assert faults(right) == {}


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"legal_number": "990121198001010000"}, {"profile.legal_number": "ID_NUMBER"}),
        ({"legal_name": "张\u200b三"}, {"profile.legal_name": "NAME"}),
        ({"contact_name": "  "}, {"profile.contact_name": "NAME"}),
        ({"address": "————"}, {"profile.address": "BLANK"}),
        ({"services": ["测绘", "  "]}, {"profile.services[1]": "BLANK"}),
        ({"services": ["测绘，请致电13912345678"]}, {"profile.services[0]": "PERSONAL_DATA"}),
        (
            {"people": [staff(), staff(certificate_kind="注册测绘师13912345678")]},
            {"profile.people[1].certificate_kind": "PERSONAL_DATA"},
        ),
        ({"shareholders": [owner("91990121MA00000000")]}, {"profile.shareholders[0].number": "USCC"}),
        ({"shareholders": [owner("990121198001010000")]}, {"profile.shareholders[0].number": "ID_NUMBER"}),
        ({"shareholders": [owner(uscc(), 6000), owner(uscc(), 4001)]}, {"profile.shareholders": "SHARES"}),
        ({"shareholders": [owner(uscc(7)), owner(uscc(7))]}, {"profile.shareholders[1].number": "TWICE"}),
        ({"people": [staff(number="1" * 18)]}, {"profile.people[0].number": "ID_NUMBER"}),
        ({"people": [staff(), staff(valid_to="2026-11-19")]}, {"profile.people[1].valid_to": "EXPIRED"}),
        ({"people": [staff(valid_to="2027-02-30")]}, {"profile.people[0].valid_to": "DATE"}),
        ({"people": [staff(number=id_number(7))] * 2}, {"profile.people[1].certificate_kind": "TWICE"}),
        (
            {"avoidances": [service_pb2.Avoidance(uscc="91990121MA00000000", reason="母公司")]},
            {"profile.avoidances[0].uscc": "USCC"},
        ),
    ],
)
def test_a_wrong_field_of_a_profile_is_named(told: dict[str, Any], fault: dict[str, str]) -> None:
    assert faults(profile(**told)) == fault


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({}, {}),
        ({"valid_to": ""}, {}),
        ({"valid_to": "2026-11-20"}, {}),
        ({"kind": "astrology"}, {"q.kind": "KIND_UNKNOWN"}),
        ({"grade": "丁级"}, {"q.grade": "GRADE_UNKNOWN"}),
        ({"grade": ""}, {"q.grade": "GRADE_UNKNOWN"}),
        ({"kind": "law_firm", "grade": ""}, {}),
        ({"kind": "law_firm"}, {"q.grade": "GRADE_UNKNOWN"}),
        ({"valid_from": "2026-02-30"}, {"q.valid_from": "DATE"}),
        ({"valid_to": "2026-11-19"}, {"q.valid_to": "EXPIRED"}),
        ({"valid_from": "2027-05-01", "valid_to": "2027-04-30"}, {"q.valid_to": "BEFORE_FROM"}),
        ({"valid_to": "9999-12-31"}, {"q.valid_to": "DATE"}),
        ({"certificate_number": f"人{id_number(7)}"}, {"q.certificate_number": "PERSONAL_DATA"}),
        # As long as a telephone's or a card's, but a certificate's own.
        ({"certificate_number": "13912345678"}, {}),
        ({"certificate_number": "4111111111111111"}, {}),
    ],
)
def test_a_wrong_field_of_a_qualification_is_named(told: dict[str, Any], fault: dict[str, str]) -> None:
    assert qualification_faults(**told) == fault


def test_one_address_written_otherwise_is_the_same_address() -> None:
    one = stated.normal_address("某县某路 8 号，3 楼 301 室 A")
    assert one == stated.normal_address("某县某路８号3楼-301室（ａ）")
    assert one != stated.normal_address("某县某路8号3楼302室A")
