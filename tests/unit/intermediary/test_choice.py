"""Who scores proposals: drawn by the list's root, nobody with an interest, and every score once."""

import hashlib
import hmac
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.errors import Refused
from services.intermediary import model, model_choice
from services.intermediary.model import Procurement
from services.intermediary.model_choice import Interest, Taking
from services.intermediary.model_evaluators import IN, Evaluator
from services.intermediary.model_parts import Seat
from yiwang.intermediary.v1 import selection_pb2 as pb

AT = datetime(2026, 11, 23, tzinfo=UTC)
ROOT = "cd" * 32
OWNER, A, B = "owner uscc", "candidate a", "candidate b"
TAKING = [Taking(A, {"key of a"}), Taking(B, ())]


def evaluator(**told: Any) -> Evaluator:
    said = {"person_id": str(uuid.uuid4()), "person_key": "nobody's", "fields": ["环评"], "ties": []}
    return Evaluator(
        str(uuid.uuid4()), **{**said, **told}, sealed_name="", region="990121", county="990121", status=IN, since=AT
    )


def procurement(evaluators: int = 3, **told: Any) -> Procurement:
    need = {"evaluators": evaluators, "criteria": [{"name": "方案", "weight": 10_000}]}
    return Procurement(
        "id", "number", "owner", "990121", "990121", "环评", model.FROZEN, AT, need=need, mode=model.CHOICE, root=ROOT,
        owner_uscc=OWNER, **told,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({}, None),
        ({"person_id": "owner"}, Interest("TIED", OWNER)),
        ({"ties": [OWNER]}, Interest("EMPLOYED", OWNER)),
        ({"ties": ["elsewhere", B]}, Interest("EMPLOYED", B)),
        ({"person_key": "key of a"}, Interest("PART_OF", A)),
    ],
)
def test_an_interest_is_found_with_whom_it_is_about(told: dict[str, Any], found: Interest | None) -> None:
    assert model_choice.interest(evaluator(**told), procurement(), TAKING) == found


def test_the_owner_who_is_a_natural_person_ties_nobody_by_an_empty_code() -> None:
    assert model_choice.interest(evaluator(), replace(procurement(), owner_uscc=""), TAKING) is None


def test_seats_and_reserve_follow_from_the_root_alone() -> None:
    pool = [evaluator() for _ in range(6)]
    drawn = model_choice.draw_evaluators(procurement(), "o", pool, TAKING)
    ranked = sorted(pool, key=lambda one: hmac.new(bytes.fromhex(ROOT), one.id.encode(), hashlib.sha256).digest())
    assert [one.evaluator_id for one in drawn.seats] == [one.id for one in ranked[:3]]
    assert list(drawn.reserve) == [one.id for one in ranked[3:]]
    assert drawn == model_choice.draw_evaluators(procurement(), "o", pool[::-1], TAKING)


def test_those_whose_field_it_is_come_and_all_where_they_are_too_few() -> None:
    able, others = [evaluator() for _ in range(3)], [evaluator(fields=["测绘"]) for _ in range(3)]
    seats = model_choice.draw_evaluators(procurement(), "o", [*others, *able], TAKING).seats
    assert {one.evaluator_id for one in seats} == {one.id for one in able}
    four = model_choice.draw_evaluators(procurement(4), "o", [*others, *able], TAKING)
    assert len(four.seats) == 4 and len(four.reserve) == 2


def test_the_next_without_an_interest_takes_the_seat_and_who_was_passed_over_is_named() -> None:
    seated = procurement(seats=[Seat("leaves", "p1"), Seat("scored", "p2", scored_at=AT)])
    tied, free = evaluator(ties=[A]), evaluator()
    found = model_choice.replace(seated, "leaves", ("RECUSED", "", ""), [tied, free], TAKING)
    assert found.seat.evaluator_id == free.id
    assert [(one.evaluator_id, one.reason, one.uscc) for one in found.left_out] == [(tied.id, "EMPLOYED", A)]
    for who, reserve, reason in (("leaves", [tied], "POOL_TOO_SMALL"), ("scored", [free], "SCORED_ALREADY")):
        with pytest.raises(Refused, match=reason):
            model_choice.replace(seated, who, ("REPLACED", "", "o"), reserve, TAKING)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([(A, 0), (B, 0)], ""),
        ([(A, 0)], "MISSING"),
        ([(A, 0), (B, 0), (A, 0)], "TWICE"),
        ([(A, 0), (B, 1)], "UNKNOWN"),
        ([(A, 0), ("nobody", 0)], "UNKNOWN"),
    ],
)
def test_each_candidate_is_scored_once_by_each_criterion(rows: list[tuple[str, int]], reason: str) -> None:
    told = [pb.Score(uscc=uscc, criterion=criterion, points=7) for uscc, criterion in rows]
    if not reason:
        assert model_choice.points(1, [A, B], told) == {A: [7], B: [7]}
        return
    with pytest.raises(Refused, match=reason):
        model_choice.points(1, [A, B], told)


def test_a_changed_sheet_has_another_digest() -> None:
    sheet = model_choice.sheet("id", "e", {A: [90], B: [80]}, "11" * 32)
    digest = model_choice.digest_of(sheet)
    for changed in ({"scores": {A: [91], B: [80]}}, {"nonce": "12" * 32}, {"evaluator": "f"}, {"procurement": "x"}):
        assert model_choice.digest_of(sheet | changed) != digest
