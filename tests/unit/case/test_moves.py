"""The table of moves: at every status, which RPC may come, and for whom."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from google.protobuf.message import Message

from chassis.acts import Actor
from chassis.errors import FAILED_PRECONDITION, INVALID_ARGUMENT, Refused
from services.case import model_acts, model_moves, model_seeing
from services.case.model import Case
from tests.support.actors import delegate, handler, officer, person, service, supervisor
from tests.support.cases import APPLICANT, RECEIVER, SUBMITTED_AT, case_in
from tests.support.items import definition
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb

OFFICER = officer("receive", "review", "decide", "issue", id="another-officer")
FILE = events.HandedInFile(attachment_id="a", material="application")
ACTS: dict[str, Callable[[Case], Message]] = {
    "RequestCorrection": lambda case: model_acts.request_correction(
        case, definition(), ["application"], "sealed", SUBMITTED_AT
    ),
    "CorrectCase": lambda case: model_acts.correct(case, definition(), [FILE], "", SUBMITTED_AT),
    "AcceptCase": lambda case: model_acts.accept(case, OFFICER, SUBMITTED_AT),
    "RefuseCase": lambda case: model_acts.refuse(case, OFFICER, "sealed"),
    "PassReviewStep": lambda case: model_acts.pass_step(case, OFFICER, "sealed"),
    "DecideCase": lambda case: model_acts.decide(case, OFFICER, True, "", "", SUBMITTED_AT),
    "IssueResult": lambda case: model_acts.issue(case, OFFICER, "N1"),
    "CloseCase": model_acts.close,
    "WithdrawCase": lambda case: model_acts.withdraw(case, "", SUBMITTED_AT),
}
# From the law and the contract, not from the code: what may happen to a case that stands here.
MAY: dict[str, set[str]] = {
    "SUBMITTED": {"RequestCorrection", "AcceptCase", "RefuseCase", "WithdrawCase"},
    "CORRECTION": {"CorrectCase", "WithdrawCase"},
    "IN_REVIEW": {"PassReviewStep", "WithdrawCase"},
    "REVIEWED": {"DecideCase", "WithdrawCase"},
    "GRANTED": {"IssueResult"},
    "DENIED": {"CloseCase"},
    "ISSUED": {"CloseCase"},
    "CLOSED": set(),
    "REFUSED": set(),
    "WITHDRAWN": set(),
}
APPLICANTS = {"CorrectCase", "WithdrawCase"}
ROLES = {
    "RequestCorrection": {"receive"},
    "AcceptCase": {"receive"},
    "RefuseCase": {"receive"},
    "PassReviewStep": {"review"},
    "DecideCase": {"decide"},
    "IssueResult": {"issue"},
    "CloseCase": {"issue", "decide"},
}
PAIRS = [(status, name) for status in MAY for name in ACTS]


def standing(status: str, **changes: object) -> Case:
    return case_in(pb.CaseStatus.Value(f"CASE_STATUS_{status}"), **changes)


def offered(case: Case, actor: Actor) -> set[str]:
    return set(model_seeing.moves(case, actor))


def test_the_table_has_every_status_and_every_move() -> None:
    assert {f"CASE_STATUS_{status}" for status in MAY} == set(pb.CaseStatus.keys()) - {"CASE_STATUS_UNSPECIFIED"}
    assert ACTS.keys() == model_moves.MOVES.keys() == APPLICANTS | ROLES.keys()


@pytest.mark.parametrize(("status", "name"), PAIRS)
def test_a_move_comes_from_the_statuses_of_the_table_and_from_no_other(status: str, name: str) -> None:
    case = standing(status)
    if name in MAY[status]:
        event = ACTS[name](case)
        assert event.case_id == case.id  # type: ignore[attr-defined]
        return
    with pytest.raises(Refused) as caught:
        ACTS[name](case)
    assert (caught.value.code, caught.value.reason) == (FAILED_PRECONDITION, "MOVE_NOT_ALLOWED")


@pytest.mark.parametrize("status", MAY)
def test_the_applicant_is_offered_his_own_moves(status: str) -> None:
    assert offered(standing(status), person(APPLICANT)) == MAY[status] & APPLICANTS


@pytest.mark.parametrize("status", MAY)
@pytest.mark.parametrize("role", ["receive", "review", "decide", "issue", "supervise", "catalog", "administer"])
def test_an_officer_is_offered_the_moves_of_his_role(status: str, role: str) -> None:
    expected = {name for name in MAY[status] - APPLICANTS if role in ROLES[name]}
    assert offered(standing(status), officer(role)) == expected


@pytest.mark.parametrize("status", MAY)
def test_nobody_else_is_offered_any_move(status: str) -> None:
    assert offered(standing(status), service()) == offered(standing(status), officer()) == set()


def test_a_grant_that_ends_in_no_document_is_closed_as_it_is_and_one_with_a_document_is_not() -> None:
    without = standing("GRANTED", result_name="")
    assert isinstance(model_acts.close(without), events.CaseClosed)
    assert "CloseCase" in offered(without, officer("decide"))
    assert "CloseCase" not in offered(standing("GRANTED"), officer("decide"))


def test_who_received_a_case_may_not_decide_it() -> None:
    case = standing("REVIEWED")
    receiver = officer("receive", "decide", id=RECEIVER)
    with pytest.raises(Refused) as caught:
        model_acts.decide(case, receiver, True, "", "")
    assert (caught.value.code, caught.value.reason) == (FAILED_PRECONDITION, "RECEIVER_MAY_NOT_DECIDE")
    assert "DecideCase" not in offered(case, receiver)
    assert model_acts.decide(case, OFFICER, True, "", "", SUBMITTED_AT).officer_id == OFFICER.id


def test_whoever_took_part_in_receiving_may_not_decide_although_another_accepted() -> None:
    case = standing("REVIEWED", received_by="accepted-it", receivers=["asked-for-the-correction", "accepted-it"])
    for id in case.receivers:
        with pytest.raises(Refused) as caught:
            model_acts.decide(case, officer("decide", id=id), True, "", "")
        assert caught.value.reason == "RECEIVER_MAY_NOT_DECIDE"
        assert "DecideCase" not in offered(case, officer("receive", "decide", id=id))
    assert model_acts.decide(case, officer("decide", id="reviewed-it"), True, "", "").granted


def test_a_case_of_before_everybody_who_received_was_noted_keeps_its_rule() -> None:
    case = standing("REVIEWED", receivers=[])
    assert "DecideCase" not in offered(case, officer("decide", id=RECEIVER))


def test_a_supervisor_who_may_decide_in_his_own_department_is_offered_nothing_on_the_case_of_another() -> None:
    both = supervisor("receive", "review", "decide", "issue")
    for status in MAY:
        assert offered(standing(status), both) == set()
        assert model_seeing.oversees(both, standing(status))


@pytest.mark.parametrize("status", MAY)
def test_who_acts_for_the_applicant_is_offered_the_applicants_moves_on_cases_of_his_delegation(status: str) -> None:
    applicant, case = person(APPLICANT), standing(status, delegation_id="d")
    assert offered(case, delegate(applicant, delegation="d")) == MAY[status] & APPLICANTS
    assert offered(case, handler(applicant)) == MAY[status] & APPLICANTS
    assert offered(case, delegate(applicant, delegation="another")) == set()


LEFT = SUBMITTED_AT + timedelta(days=3)
OPEN = [status for status in MAY if MAY[status]]


@pytest.mark.parametrize("status", OPEN)
def test_open_work_of_an_officer_who_left_goes_to_his_successor_or_to_nobody(status: str) -> None:
    case = standing(status, handler_id="ann", handled_at=SUBMITTED_AT)
    for successor in ("bob", ""):
        event = model_acts.hand_over(case, "ann", successor, LEFT)
        assert event and (event.case_id, event.from_officer_id, event.to_officer_id) == (case.id, "ann", successor)


@pytest.mark.parametrize(
    ("status", "changes"),
    [
        ("CLOSED", {}),
        ("WITHDRAWN", {}),
        ("IN_REVIEW", {"handler_id": "bob"}),
        ("SUBMITTED", {"handler_id": "", "handled_at": None}),
        ("IN_REVIEW", {"handled_at": LEFT + timedelta(days=1)}),
    ],
)
def test_what_is_ended_anothers_or_taken_up_after_he_came_back_is_not_handed_over(
    status: str, changes: dict[str, object]
) -> None:
    case = standing(status, **({"handler_id": "ann", "handled_at": SUBMITTED_AT} | changes))
    assert model_acts.hand_over(case, "ann", "bob", LEFT) is None


def test_nothing_is_handed_over_to_the_same_officer() -> None:
    assert model_acts.hand_over(standing("IN_REVIEW", handler_id="ann"), "ann", "ann", LEFT) is None


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_a_denial_needs_a_reason_and_a_grant_does_not(reason: str) -> None:
    case = standing("REVIEWED")
    assert model_acts.decide(case, OFFICER, True, reason, "").granted
    with pytest.raises(Refused) as caught:
        model_acts.decide(case, OFFICER, False, reason, "")
    assert (caught.value.code, caught.value.violations[0].field) == (INVALID_ARGUMENT, "reason")
    assert not model_acts.decide(case, OFFICER, False, "不符合卫生标准", "sealed").granted


def test_a_correction_is_asked_for_once_only() -> None:
    case = standing("SUBMITTED", correction_asked=True)
    with pytest.raises(Refused) as caught:
        ACTS["RequestCorrection"](case)
    assert caught.value.reason == "CORRECTION_ASKED_ALREADY"
    assert offered(case, officer("receive")) == {"AcceptCase", "RefuseCase"}


def test_a_correction_cannot_ask_for_a_material_the_item_does_not_list() -> None:
    with pytest.raises(Refused) as caught:
        model_acts.request_correction(
            standing("SUBMITTED"), definition(), ["application", "passport", "diploma"], "sealed"
        )
    assert [(one.field, one.reason) for one in caught.value.violations] == [
        ("materials[passport]", "MATERIAL_NOT_LISTED"),
        ("materials[diploma]", "MATERIAL_NOT_LISTED"),
    ]


def test_a_correction_hands_in_everything_that_was_asked_for() -> None:
    case = standing("CORRECTION", correction_materials=["application", "report"])
    with pytest.raises(Refused) as caught:
        model_acts.correct(case, definition(), [events.HandedInFile(material="plan")], "")
    missing = {(one.field, one.reason) for one in caught.value.violations}
    assert missing == {("materials[application]", "MATERIAL_MISSING"), ("materials[report]", "MATERIAL_MISSING")}


def test_a_correction_cannot_hand_in_what_the_item_does_not_list() -> None:
    case = standing("CORRECTION", correction_materials=[])
    with pytest.raises(Refused) as caught:
        model_acts.correct(case, definition(), [events.HandedInFile(material="passport")], "")
    assert [(one.field, one.reason) for one in caught.value.violations] == [
        ("materials[passport]", "MATERIAL_NOT_LISTED")
    ]


def test_the_review_steps_pass_in_the_order_of_the_item() -> None:
    case = standing("IN_REVIEW")
    assert model_acts.pass_step(case, OFFICER, "").step == "材料审查"
    assert model_acts.pass_step(standing("IN_REVIEW", steps_passed=1), OFFICER, "").step == "现场勘验"


def test_the_closing_event_carries_what_a_rating_needs() -> None:
    for status, granted in (("DENIED", False), ("ISSUED", True)):
        case = standing(status)
        closed = model_acts.close(case)
        assert (closed.applicant_id, closed.item_id, closed.department, closed.region, closed.granted) == (
            case.applicant_id,
            case.item_id,
            case.department,
            case.region,
            granted,
        )
        assert (closed.number, closed.item_name, closed.department_name) == (
            case.number,
            case.item_name,
            case.department_name,
        )
