"""Acts beside a case's course: withdrawn, voided, sent to another department, taken back, handed over. Pure."""

from datetime import datetime

from google.protobuf.message import Message

from chassis.acts import Actor
from chassis.errors import Violation, invalid, require
from services.case import model, model_deadlines
from services.case.model import CLOCKS_DIFFER, ENDED, Case
from services.case.model_moves import require_move
from standards.instants import after, text
from yiwang.case.v1 import events_pb2 as events


def withdraw(
    case: Case, sealed_reason: str, now: datetime, sealed_agent_name: str = ""
) -> events.CaseWithdrawn | events.WithdrawalAsked:
    """The applicant takes it back before a decision, or somebody does so in his name: at once before acceptance, afterwards when an officer
    has confirmed it, or nobody did in two working days."""
    require_move(case, "WithdrawCase")
    if case.status in model.UNACCEPTED:
        return events.CaseWithdrawn(case_id=case.id, sealed_reason=sealed_reason, sealed_agent_name=sealed_agent_name)
    return events.WithdrawalAsked(
        case_id=case.id,
        sealed_reason=sealed_reason,
        sealed_agent_name=sealed_agent_name,
        confirm_due=text(after(now, model_deadlines.CONFIRM_DAYS, case.region)),
    )


def confirm_withdrawal(case: Case) -> events.CaseWithdrawn:
    """An officer confirms that it was taken back."""
    require_move(case, "ConfirmWithdrawal")
    return events.CaseWithdrawn(case_id=case.id)


def withdraw_by_silence(case: Case, _now: datetime) -> list[Message]:
    """Nobody confirmed in time what is the applicant's right."""
    require_move(case, "WithdrawBySilence")
    return [events.CaseWithdrawn(case_id=case.id)]


def void(case: Case, officer: Actor, sealed_reason: str) -> events.CaseVoided:
    """Taken up by mistake (作废), before acceptance."""
    require_move(case, "VoidCase")
    return events.CaseVoided(case_id=case.id, officer_id=officer.id, sealed_reason=sealed_reason)


def transfer(case: Case, officer: Actor, department: str, name: str, sealed_reason: str) -> events.CaseTransferred:
    """Handed up to another body that decides (转报; art. 43)."""
    require_move(case, "TransferCase")
    if department == case.department:
        raise invalid(Violation("to_department", "OWN_DEPARTMENT", "不能转报本部门"))
    return events.CaseTransferred(
        case_id=case.id,
        officer_id=officer.id,
        to_department=department,
        to_department_name=name,
        sealed_reason=sealed_reason,
    )


def revoke(case: Case, officer: Actor, sealed_reason: str) -> events.DecisionRevoked:
    """The decision is taken back (撤销; art. 69). Whoever decided it does not revoke it himself."""
    require_move(case, "RevokeDecision")
    require(officer.id != case.decided_by, "DECIDER_MAY_NOT_REVOKE", "作出决定的人员不得自行撤销")
    broken = case.promise_kept is False
    return events.DecisionRevoked(
        case_id=case.id, officer_id=officer.id, sealed_reason=sealed_reason, promise_broken=broken
    )


def cancel(case: Case, officer: Actor, sealed_reason: str) -> events.ResultCancelled:
    """The result is deregistered (注销; art. 70)."""
    require_move(case, "CancelResult")
    return events.ResultCancelled(case_id=case.id, officer_id=officer.id, sealed_reason=sealed_reason)


def hand_over(case: Case, officer_id: str, successor_id: str, left: datetime) -> events.CaseHandedOver | None:
    """Open work of an officer who left the case's department then goes to his successor, or to nobody; nothing for a case that
    is not his any more, or that he took up after he had come back."""
    if case.status in ENDED or case.handler_id != officer_id or successor_id == officer_id:
        return None
    if case.handled_at is None or case.handled_at > left + CLOCKS_DIFFER:
        return None
    return events.CaseHandedOver(case_id=case.id, from_officer_id=officer_id, to_officer_id=successor_id)
