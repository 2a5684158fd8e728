"""How each event changes a case. Pure; the journal replayed through EVOLVE gives the state."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from chassis.acts import Evolve, Moment
from services.case import model, model_evolve_parts, model_intermediaries, model_proofs, model_timers
from services.case.model import Case, FeeLine, StoodFor
from services.case.model_changes import files_of, handled, received, with_dues, with_files
from standards.instants import instant
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

# What the state has as the event tells it.
_TOLD = (
    *("number", "applicant_id", "item_id", "edition", "item_code", "item_name", "result_name", "department"),
    *("department_name", "region", "channel", "sealed_form", "agent", "sealed_agent_name", "delegation_id"),
    *(
        "agent_organization_id",
        "sealed_answers",
        "receipt_digest",
        "receiving_department",
        "receiving_region",
        "window_id",
    ),
    *("delivery", "sealed_delivery", "bundle_id", "bundle_key", "project_code"),
)
_ENDS = ("accept_due", "hand_over_due", "renews_until")


def submitted(_case: None, event: events.CaseSubmitted, moment: Moment) -> Case:
    officer = _id(moment.by) if event.receiving_department or event.window_id else ""
    told: dict[str, Any] = {name: getattr(event, name) for name in _TOLD}
    ends: dict[str, Any] = {name: instant(getattr(event, name)) for name in _ENDS}
    return Case(
        id=event.case_id,
        status=_first_status(event),
        files=files_of(event.files),
        review_steps=list(event.review_steps),
        promised=_limit(event.promised_limit),
        statutory=_limit(event.statutory_limit),
        submitted_at=moment.at,
        desk=event.department,
        county=event.region[: model.COUNTY_DIGITS],
        handling=_numbers(event.handling),
        received_by=officer,
        receivers=[officer] if officer else [],
        stood_for=[StoodFor(one.material, one.waiver, one.proof_id, one.manual) for one in event.stood_for],
        deferred=list(event.deferred),
        promise_digest=event.promise.text_digest,
        promise_materials=list(event.promise.materials),
        fees=[FeeLine(one.name, one.amount, one.open) for one in event.fees],
        **told,
        **ends,
    )


def _first_status(event: events.CaseSubmitted) -> int:
    if event.pre_review:
        return model.PRE_REVIEW
    # What a window took for another department is handed over first.
    return model.RECEIVED if event.receiving_department else model.SUBMITTED


def _numbers(handling: catalog.Handling) -> dict[str, int]:
    """Flags, days and needs by name; the text of a promise stays with the item."""
    known = handling.ListFields()
    return {field.name: int(value) for field, value in known if field.type != FieldDescriptor.TYPE_STRING}


def correction_requested(case: Case, event: events.CorrectionRequested, moment: Moment) -> Case:
    return replace(
        received(case, _id(moment.by), moment),
        status=model.CORRECTION,
        correction_materials=list(event.materials),
        sealed_notice=event.sealed_notice,
        correction_asked=True,
        answer_due=instant(event.answer_due),
    )


def corrected(case: Case, event: events.CaseCorrected, moment: Moment) -> Case:
    return replace(
        with_files(case, event.files),
        status=model.SUBMITTED,
        corrected_at=moment.at,
        sealed_form=event.sealed_form or case.sealed_form,
        correction_materials=[],
        sealed_notice="",
        receipt_digest=event.receipt_digest or case.receipt_digest,
        accept_due=instant(event.accept_due),
    )


def accepted(case: Case, event: events.CaseAccepted, moment: Moment) -> Case:
    since = instant(getattr(event, "from")) or moment.at
    case = received(case, event.officer_id, moment) if event.officer_id else case
    return replace(
        case,
        status=model.IN_REVIEW if case.review_steps else model.REVIEWED,
        accepted_at=since if event.deemed else moment.at,
        clock_from=since,
        promised_due=instant(event.promised_due),
        statutory_due=instant(event.statutory_due),
        yellow_at=instant(event.yellow_at),
        provisional=event.provisional,
        deemed=event.deemed,
        pre_reviewed=event.pre_reviewed,
        deferred_due=instant(event.deferred_due),
    )


def refused(case: Case, event: events.CaseRefused, moment: Moment) -> Case:
    return _ended(received(case, event.officer_id, moment), model.REFUSED, moment)


def not_accepted(case: Case, event: events.CaseNotAccepted, moment: Moment) -> Case:
    return _ended(received(case, event.officer_id, moment), model.NOT_ACCEPTED, moment)


def lapsed(case: Case, _event: events.CorrectionLapsed, moment: Moment) -> Case:
    return _ended(case, model.CORRECTION_LAPSED, moment)


def step_passed(case: Case, event: events.ReviewStepPassed, moment: Moment) -> Case:
    passed = case.steps_passed + 1
    status = model.REVIEWED if passed == len(case.review_steps) else model.IN_REVIEW
    return replace(handled(case, event.officer_id, moment), steps_passed=passed, status=status)


def decided(case: Case, event: events.CaseDecided, moment: Moment) -> Case:
    return replace(
        handled(case, event.officer_id, moment) if event.officer_id else case,
        status=model.GRANTED if event.granted else model.DENIED,
        decided_by=event.officer_id,
        decided_at=moment.at,
        decision_kind=event.kind or pb.DECISION_KIND_ORDINARY,
        deliver_due=instant(event.deliver_due),
        verify_due=instant(event.verify_due),
    )


def pushed(case: Case, event: events.ResultPushed, moment: Moment) -> Case:
    issued = bool(event.result_number)
    granted = model.ISSUED if issued else model.GRANTED
    return replace(
        case,
        status=granted if event.granted else model.DENIED,
        steps_passed=len(case.review_steps),
        decided_at=instant(event.decided_at) or moment.at,
        decision_kind=pb.DECISION_KIND_PUSHED,
        deliver_due=instant(event.deliver_due),
        verify_due=instant(event.verify_due),
        result_number=event.result_number,
    )


def issued(case: Case, event: events.ResultIssued, moment: Moment) -> Case:
    case = handled(case, event.officer_id, moment) if event.officer_id else case
    return replace(case, status=model.ISSUED, result_number=event.result_number)


def closed(case: Case, _event: events.CaseClosed, moment: Moment) -> Case:
    return _ended(case, model.CLOSED, moment)


def withdrawal_asked(case: Case, event: events.WithdrawalAsked, _moment: Moment) -> Case:
    return replace(case, status=model.WITHDRAW_PENDING, confirm_due=instant(event.confirm_due))


def withdrawn(case: Case, _event: events.CaseWithdrawn, moment: Moment) -> Case:
    return _ended(case, model.WITHDRAWN, moment)


def voided(case: Case, event: events.CaseVoided, moment: Moment) -> Case:
    return _ended(handled(case, event.officer_id, moment), model.VOIDED, moment)


def transferred(case: Case, event: events.CaseTransferred, moment: Moment) -> Case:
    return _ended(handled(case, event.officer_id, moment), model.TRANSFERRED, moment)


def revoked(case: Case, _event: events.DecisionRevoked, moment: Moment) -> Case:
    return _ended(case, model.REVOKED, moment)


def cancelled(case: Case, _event: events.ResultCancelled, moment: Moment) -> Case:
    return _ended(case, model.CANCELLED, moment)


def handed_over(case: Case, event: events.CaseHandedOver, _moment: Moment) -> Case:
    # When it was handled last stays: if the successor is gone already, it is his open work of that time.
    return replace(case, handler_id=event.to_officer_id)


def due_reached(case: Case, event: events.DueReached, _moment: Moment) -> Case:
    what = f"{event.clock}/{event.number}" if event.number else event.clock
    due = instant(event.due)
    return replace(case, told=[*case.told, model_timers.key(what, due)]) if due else case


def recalculated(case: Case, event: events.DeadlinesRecalculated, _moment: Moment) -> Case:
    case = with_dues(case, event.dues) if event.HasField("dues") else case
    return replace(
        case,
        accept_due=instant(event.accept_due) or case.accept_due,
        deliver_due=instant(event.deliver_due) or case.deliver_due,
    )


def _ended(case: Case, status: int, moment: Moment) -> Case:
    """Off every desk, also of those that were asked; what was closed before stays closed since then."""
    case = replace(case, correction_materials=[], sealed_notice="", consulted=[], asked=[])
    return replace(case, status=status, closed_at=case.closed_at or moment.at, desk="")


def _limit(limit: catalog.Limit) -> list[int]:
    return [limit.amount, limit.unit]


def _id(principal: str) -> str:
    return principal.partition(":")[2]


def _timed(change: Callable[[Any, Any, Moment], Case]) -> Callable[[Any, Any, Moment], Case]:
    """A change that leaves the earliest end behind it."""

    def changed(case: Case | None, event: Any, moment: Moment) -> Case:
        after = change(case, event, moment)
        due, due_of = model_timers.upcoming(after)
        return after if (due, due_of) == (after.due, after.due_of) else replace(after, due=due, due_of=due_of)

    return changed


_CHANGES: Evolve = {
    events.CaseSubmitted: submitted,
    events.CorrectionRequested: correction_requested,
    events.CaseCorrected: corrected,
    events.CaseAccepted: accepted,
    events.CaseRefused: refused,
    events.CaseNotAccepted: not_accepted,
    events.CorrectionLapsed: lapsed,
    events.ReviewStepPassed: step_passed,
    events.CaseDecided: decided,
    events.ResultPushed: pushed,
    events.ResultIssued: issued,
    events.CaseClosed: closed,
    events.WithdrawalAsked: withdrawal_asked,
    events.CaseWithdrawn: withdrawn,
    events.CaseVoided: voided,
    events.CaseTransferred: transferred,
    events.DecisionRevoked: revoked,
    events.ResultCancelled: cancelled,
    events.CaseHandedOver: handed_over,
    events.DueReached: due_reached,
    events.DeadlinesRecalculated: recalculated,
    **model_evolve_parts.EVOLVE,
    **model_intermediaries.EVOLVE,
    **model_proofs.EVOLVE,
}
EVOLVE: Evolve = {event: _timed(change) for event, change in _CHANGES.items()}
