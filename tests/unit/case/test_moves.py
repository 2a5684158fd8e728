"""The table of moves: at every status, which RPC may come, and for whom."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.message import Message

from chassis import contracts
from chassis.acts import OFFICER as OFFICER_REALM
from chassis.acts import PERSON, Actor
from chassis.errors import FAILED_PRECONDITION, INVALID_ARGUMENT, Refused
from services.case import model, model_acts, model_asides, model_moves, model_seeing
from services.case.model import Case, FeeLine, Opinion, Procedure, StoodFor, Visit
from tests.support.actors import OTHER_DEPARTMENT, delegate, handler, officer, person, service, supervisor
from tests.support.cases import APPLICANT, RECEIVER, SUBMITTED_AT, case_in
from tests.support.items import definition
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

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
    "CloseCase": lambda case: model_acts.close(case, OFFICER),
    "WithdrawCase": lambda case: model_asides.withdraw(case, "", SUBMITTED_AT),
    "NotAcceptCase": lambda case: model_acts.not_accept(case, OFFICER, True, ""),
    "ConfirmWithdrawal": model_asides.confirm_withdrawal,
    "VoidCase": lambda case: model_asides.void(case, OFFICER, ""),
    "TransferCase": lambda case: model_asides.transfer(case, OFFICER, OTHER_DEPARTMENT, "省厅", ""),
    "RevokeDecision": lambda case: model_asides.revoke(case, OFFICER, ""),
    "CancelResult": lambda case: model_asides.cancel(case, OFFICER, ""),
    "DeemAccepted": lambda case: model_acts.deem_accepted(case, SUBMITTED_AT)[0],
    "LapseCorrection": lambda case: model_acts.lapse(case, SUBMITTED_AT)[0],
    "WithdrawBySilence": lambda case: model_asides.withdraw_by_silence(case, SUBMITTED_AT)[0],
    "DeemRenewed": lambda case: model_acts.deem_renewed(case, SUBMITTED_AT)[0],
}
# From the law and the contract, not from the code: what may happen to a case that stands here, by whoever may do it.
REVIEW = {
    *(
        "RequestOpinion",
        "GiveOpinion",
        "StartSpecialProcedure",
        "EndSpecialProcedure",
        "ProposeExtension",
        "ApproveExtension",
    ),
    *("DeclineExtension", "CheckLicence", "SupplyDeferred", "BookVisit", "CancelVisit", "RescheduleVisit", "SignVisit"),
    *(
        "PushResult",
        "DeemRenewed",
        "SetFees",
        "PayFees",
        "RecordPayment",
        "ChooseDelivery",
        "WithdrawCase",
        "TransferCase",
    ),
}
AFTER = {"SupplyDeferred", "VerifyPromise", "RevokeDecision"}
MAY: dict[str, set[str]] = {
    "PRE_REVIEW": {"PassPreReview", "RejectPreReview", "WithdrawCase", "VoidCase"},
    "PRE_PASSED": {"RevisePreReview", "HandInCase", "WithdrawCase", "VoidCase"},
    "PRE_REJECTED": {"RevisePreReview", "WithdrawCase", "VoidCase"},
    "RECEIVED": {"HandOverCase", "TakeOverCase", "DeemAccepted", "WithdrawCase", "VoidCase"},
    "SUBMITTED": {
        *(
            "RequestCorrection",
            "AcceptCase",
            "RefuseCase",
            "NotAcceptCase",
            "DeemAccepted",
            "CheckLicence",
            "DeemRenewed",
        ),
        *("DecideAutomatically", "ChooseDelivery", "WithdrawCase", "VoidCase"),
    },
    "CORRECTION": {"CorrectCase", "LapseCorrection", "ChooseDelivery", "WithdrawCase", "VoidCase"},
    "IN_REVIEW": {"PassReviewStep", *REVIEW},
    "REVIEWED": {"DecideCase", *REVIEW},
    "SUSPENDED": {
        *("EndSpecialProcedure", "GiveOpinion", "SupplyDeferred", "DeemRenewed", "ChooseDelivery", "WithdrawCase"),
        # Another procedure, one that pauses nothing; and the inspection a law lets stand the clocks still.
        *("StartSpecialProcedure", "BookVisit", "CancelVisit", "RescheduleVisit", "SignVisit"),
    },
    "WITHDRAW_PENDING": {"ConfirmWithdrawal", "WithdrawBySilence"},
    "GRANTED": {"IssueResult", "SetFees", "PayFees", "RecordPayment", "ChooseDelivery", *AFTER},
    "DENIED": {"CloseCase"},
    "ISSUED": {"ChooseDelivery", "DispatchResult", "DeliverResult", "CloseCase", *AFTER},
    "DELIVERED": {"CloseCase", *AFTER},
    "CLOSED": {"VerifyPromise", "RevokeDecision", "CancelResult"},
    "REFUSED": set(),
    "NOT_ACCEPTED": set(),
    "WITHDRAWN": set(),
    "VOIDED": set(),
    "TRANSFERRED": set(),
    "CORRECTION_LAPSED": set(),
    "REVOKED": set(),
    "CANCELLED": set(),
}
# What a case must have for a move that not every case can make.
LATER = SUBMITTED_AT + timedelta(days=5)
HEARING = Procedure(1, catalog.PROCEDURE_KIND_HEARING, SUBMITTED_AT, LATER, True, "")
ASKED = Opinion(1, OTHER_DEPARTMENT, "示范县消防局", "o", SUBMITTED_AT, LATER, "")
BOOKED = Visit(1, "slot", SUBMITTED_AT, LATER)
OWED = {"fees": [FeeLine("工本费", 500, False)]}
HAS: dict[str, dict[str, Any]] = {
    "TakeOverCase": {"sent_at": SUBMITTED_AT},
    "EndSpecialProcedure": {"procedures": [HEARING]},
    "ApproveExtension": {"extension_by": "somebody", "extension_days": 5},
    "DeclineExtension": {"extension_by": "somebody", "extension_days": 5},
    "GiveOpinion": {"opinions": [ASKED], "consulted": [OTHER_DEPARTMENT]},
    "CheckLicence": {"stood_for": [StoodFor("plan", catalog.WAIVER_LICENCE, "p", True)]},
    "SupplyDeferred": {"deferred": ["report"]},
    "BookVisit": {"handling": {"visit": catalog.VISIT_NEED_REQUIRED}},
    "CancelVisit": {"visits": [BOOKED]},
    "RescheduleVisit": {"visits": [BOOKED]},
    "SignVisit": {"visits": [BOOKED]},
    "SetFees": OWED,
    "PayFees": OWED,
    "RecordPayment": OWED,
    "DispatchResult": {"delivery": pb.DELIVERY_WAY_EXPRESS},
    "VerifyPromise": {"promise_digest": "d" * 64, "deliver_due": LATER},
    "RevokeDecision": {"deliver_due": LATER},
    "CancelResult": {"deliver_due": LATER},
    "DeemRenewed": {"renews_until": SUBMITTED_AT + timedelta(days=40)},
}
# Whose move it is, where the officer's role or the way the case is seen decides it.
APPLICANTS = {name for name, move in model_moves.MOVES.items() if move.realm == PERSON}
PAIRS = [(status, name) for status in MAY for name in model_moves.MOVES]


def standing(status: str, **changes: object) -> Case:
    return case_in(pb.CaseStatus.Value(f"CASE_STATUS_{status}"), **changes)


def able(status: str, name: str, **changes: object) -> Case:
    """A case that stands here and has what the move needs."""
    return standing(status, **(HAS.get(name, {}) | changes))


def offered(case: Case, actor: Actor) -> set[str]:
    return set(model_seeing.moves(case, actor))


def test_the_table_has_every_status_and_every_move() -> None:
    assert {f"CASE_STATUS_{status}" for status in MAY} == set(pb.CaseStatus.keys()) - {"CASE_STATUS_UNSPECIFIED"}
    assert set().union(*MAY.values()) == model_moves.MOVES.keys()
    methods = {method.name for one in contracts.services("case") for method in one.methods}
    by_itself = {name for name, move in model_moves.MOVES.items() if move.sees == model_moves.SYSTEM}
    assert model_moves.MOVES.keys() - by_itself <= methods, "each move but those of the clock is an RPC of its name"


@pytest.mark.parametrize(("status", "name"), PAIRS)
def test_a_move_comes_from_the_statuses_of_the_table_and_from_no_other(status: str, name: str) -> None:
    case = able(status, name)
    if name in MAY[status]:
        model_moves.require_move(case, name)
        return
    with pytest.raises(Refused) as caught:
        model_moves.require_move(case, name)
    assert (caught.value.code, caught.value.reason) == (FAILED_PRECONDITION, "MOVE_NOT_ALLOWED")
    assert model_moves.MOVES[name].title in caught.value.message


@pytest.mark.parametrize("name", HAS)
def test_a_case_that_lacks_what_a_move_needs_cannot_make_it(name: str) -> None:
    for status in MAY:
        assert not model_moves.may_come(standing(status), name)


@pytest.mark.parametrize(("status", "name"), [(status, name) for status in MAY for name in ACTS])
def test_an_act_refuses_what_the_table_does_not_have(status: str, name: str) -> None:
    if name in MAY[status]:
        assert ACTS[name](able(status, name)).case_id  # type: ignore[attr-defined]
        return
    with pytest.raises(Refused) as caught:
        ACTS[name](able(status, name))
    assert caught.value.reason == "MOVE_NOT_ALLOWED"


@pytest.mark.parametrize("name", sorted(APPLICANTS))
def test_the_applicant_is_offered_his_own_moves_and_no_officer_is(name: str) -> None:
    for status, may in MAY.items():
        case = able(status, name)
        assert (name in offered(case, person(APPLICANT))) == (name in may)
        assert name not in offered(case, officer("receive", "review", "decide", "issue", id="o"))


ROLES = ("receive", "review", "decide", "issue", "supervise", "catalog", "administer", "market", "procure")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", sorted(model_moves.MOVES.keys() - APPLICANTS))
def test_an_officer_of_the_department_is_offered_the_moves_of_his_role(name: str, role: str) -> None:
    move = model_moves.MOVES[name]
    his = move.realm == OFFICER_REALM and role in move.role and move.sees == model_moves.DEPARTMENT
    for status, may in MAY.items():
        assert (name in offered(able(status, name), officer(role, id="o"))) == (his and name in may)


def test_the_window_that_received_and_the_department_that_was_asked_are_offered_their_part_alone() -> None:
    received = standing("RECEIVED", receiving_department=OTHER_DEPARTMENT)
    assert offered(received, officer("receive", department=OTHER_DEPARTMENT)) == {"HandOverCase"}
    asked = able("IN_REVIEW", "GiveOpinion")
    assert offered(asked, officer("review", department=OTHER_DEPARTMENT)) == {"GiveOpinion"}
    assert offered(asked, officer("receive", department=OTHER_DEPARTMENT)) == set()


@pytest.mark.parametrize("status", MAY)
def test_nobody_else_is_offered_any_move(status: str) -> None:
    assert offered(standing(status), service()) == offered(standing(status), officer()) == set()


def test_a_grant_that_ends_in_no_document_is_closed_as_it_is_and_one_with_a_document_is_not() -> None:
    without = standing("GRANTED", result_name="")
    assert isinstance(model_acts.close(without, OFFICER), events.CaseClosed)
    assert "CloseCase" in offered(without, officer("decide"))
    assert "CloseCase" not in offered(standing("GRANTED"), officer("decide"))


def test_who_received_a_case_may_not_decide_it() -> None:
    case = standing("REVIEWED")
    receiver = officer("receive", "decide", id=RECEIVER)
    with pytest.raises(Refused) as caught:
        model_acts.decide(case, receiver, True, "", "", SUBMITTED_AT)
    assert (caught.value.code, caught.value.reason) == (FAILED_PRECONDITION, "RECEIVER_MAY_NOT_DECIDE")
    assert "DecideCase" not in offered(case, receiver)
    assert model_acts.decide(case, OFFICER, True, "", "", SUBMITTED_AT).officer_id == OFFICER.id


def test_whoever_took_part_in_receiving_may_not_decide_although_another_accepted() -> None:
    case = standing("REVIEWED", received_by="accepted-it", receivers=["asked-for-the-correction", "accepted-it"])
    for id in case.receivers:
        with pytest.raises(Refused) as caught:
            model_acts.decide(case, officer("decide", id=id), True, "", "", SUBMITTED_AT)
        assert caught.value.reason == "RECEIVER_MAY_NOT_DECIDE"
        assert "DecideCase" not in offered(case, officer("receive", "decide", id=id))
    assert model_acts.decide(case, officer("decide", id="reviewed-it"), True, "", "", SUBMITTED_AT).granted


def test_a_case_of_before_everybody_who_received_was_noted_keeps_its_rule() -> None:
    case = standing("REVIEWED", receivers=[])
    assert "DecideCase" not in offered(case, officer("decide", id=RECEIVER))


def test_a_supervisor_who_may_decide_in_his_own_department_is_offered_nothing_on_the_case_of_another() -> None:
    both = supervisor("receive", "review", "decide", "issue")
    for status in MAY:
        assert offered(standing(status), both) == set()
        assert model_seeing.oversees(both, standing(status))


@pytest.mark.parametrize("name", sorted(APPLICANTS))
def test_who_acts_for_the_applicant_is_offered_the_applicants_moves_on_cases_of_his_delegation(name: str) -> None:
    applicant = person(APPLICANT)
    for status, may in MAY.items():
        case = able(status, name, delegation_id="d")
        for actor in (delegate(applicant, delegation="d"), handler(applicant)):
            assert (name in offered(case, actor)) == (name in may)
        assert offered(case, delegate(applicant, delegation="another")) == set()


LEFT = SUBMITTED_AT + timedelta(days=3)
OPEN = [status for status in MAY if pb.CaseStatus.Value(f"CASE_STATUS_{status}") not in model.ENDED]


@pytest.mark.parametrize("status", OPEN)
def test_open_work_of_an_officer_who_left_goes_to_his_successor_or_to_nobody(status: str) -> None:
    case = standing(status, handler_id="ann", handled_at=SUBMITTED_AT)
    for successor in ("bob", ""):
        event = model_asides.hand_over(case, "ann", successor, LEFT)
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
    assert model_asides.hand_over(case, "ann", "bob", LEFT) is None


def test_nothing_is_handed_over_to_the_same_officer() -> None:
    assert model_asides.hand_over(standing("IN_REVIEW", handler_id="ann"), "ann", "ann", LEFT) is None


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_a_denial_needs_a_reason_and_a_grant_does_not(reason: str) -> None:
    case = standing("REVIEWED")
    assert model_acts.decide(case, OFFICER, True, reason, "", SUBMITTED_AT).granted
    with pytest.raises(Refused) as caught:
        model_acts.decide(case, OFFICER, False, reason, "", SUBMITTED_AT)
    assert (caught.value.code, caught.value.violations[0].field) == (INVALID_ARGUMENT, "reason")
    assert not model_acts.decide(case, OFFICER, False, "不符合卫生标准", "sealed", SUBMITTED_AT).granted


def test_a_correction_is_asked_for_once_only() -> None:
    case = standing("SUBMITTED", correction_asked=True)
    with pytest.raises(Refused) as caught:
        ACTS["RequestCorrection"](case)
    assert caught.value.reason == "CORRECTION_ASKED_ALREADY"
    assert offered(case, officer("receive")) == {"AcceptCase", "RefuseCase", "NotAcceptCase", "VoidCase"}


def test_a_correction_cannot_ask_for_a_material_the_item_does_not_list() -> None:
    with pytest.raises(Refused) as caught:
        model_acts.request_correction(
            standing("SUBMITTED"), definition(), ["application", "passport", "diploma"], "sealed", SUBMITTED_AT
        )
    assert [(one.field, one.reason) for one in caught.value.violations] == [
        ("materials[passport]", "MATERIAL_NOT_LISTED"),
        ("materials[diploma]", "MATERIAL_NOT_LISTED"),
    ]


def test_a_correction_hands_in_everything_that_was_asked_for() -> None:
    case = standing("CORRECTION", correction_materials=["application", "report"])
    with pytest.raises(Refused) as caught:
        model_acts.correct(case, definition(), [events.HandedInFile(material="plan")], "", SUBMITTED_AT)
    missing = {(one.field, one.reason) for one in caught.value.violations}
    assert missing == {("materials[application]", "MATERIAL_MISSING"), ("materials[report]", "MATERIAL_MISSING")}


def test_a_correction_cannot_hand_in_what_the_item_does_not_list() -> None:
    case = standing("CORRECTION", correction_materials=[])
    with pytest.raises(Refused) as caught:
        model_acts.correct(case, definition(), [events.HandedInFile(material="passport")], "", SUBMITTED_AT)
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
        closed = model_acts.close(case, OFFICER)
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
