"""How events of the parts of a case change it: pre-review, hand-over, procedures, opinions, visits, promises, fees, delivery. Pure."""

from dataclasses import replace

from chassis.acts import Evolve, Moment
from services.case import model
from services.case.model import Case, FeeLine, Opinion, Procedure, Signature, Visit
from services.case.model_changes import handled, received, took_part, with_dues, with_files
from standards.instants import instant
from yiwang.case.v1 import events_pb2 as events


def begun_as_draft(case: Case, _event: events.DraftSubmitted, _moment: Moment) -> Case:
    # Only the draft ends by it.
    return case


def pre_passed(case: Case, event: events.PreReviewPassed, moment: Moment) -> Case:
    return replace(
        received(case, event.officer_id, moment),
        status=model.PRE_PASSED,
        pre_passed_digest=case.receipt_digest,
        pre_passed_form=case.sealed_form,
        pre_valid_until=instant(event.valid_until),
        correction_materials=[],
        sealed_notice="",
    )


def pre_rejected(case: Case, event: events.PreReviewRejected, moment: Moment) -> Case:
    return replace(
        received(case, event.officer_id, moment),
        status=model.PRE_REJECTED,
        correction_materials=list(event.materials),
        sealed_notice=event.sealed_reason,
    )


def pre_revised(case: Case, event: events.PreReviewRevised, _moment: Moment) -> Case:
    return replace(
        with_files(case, event.files),
        status=model.PRE_REVIEW,
        sealed_form=event.sealed_form or case.sealed_form,
        receipt_digest=event.receipt_digest,
        correction_materials=[],
        sealed_notice="",
    )


def handed_in(case: Case, event: events.CaseHandedIn, moment: Moment) -> Case:
    return replace(
        with_files(case, event.files),
        status=model.SUBMITTED,
        submitted_at=moment.at,
        sealed_form=event.sealed_form or case.sealed_form,
        receipt_digest=event.receipt_digest,
        accept_due=instant(event.accept_due),
    )


def sent(case: Case, event: events.MaterialsSent, moment: Moment) -> Case:
    return replace(case, sent_at=moment.at, hand_over_due=instant(event.take_due))


def taken(case: Case, event: events.MaterialsTaken, moment: Moment) -> Case:
    return replace(handled(case, event.officer_id, moment), status=model.SUBMITTED, taken_at=moment.at)


def automatic_judged(case: Case, event: events.AutomaticJudged, _moment: Moment) -> Case:
    return replace(case, automatic_truth=event.truth)


def procedure_started(case: Case, event: events.SpecialProcedureStarted, moment: Moment) -> Case:
    until = instant(event.expected_until) or moment.at
    told = event.sealed_notice, None, event.hearing_on
    procedure = Procedure(event.procedure, event.kind, moment.at, until, event.pauses, *told)
    case = replace(handled(case, event.officer_id, moment), procedures=[*case.procedures, procedure])
    if not event.pauses:
        return case
    return replace(case, status=model.SUSPENDED, promised_due=None, statutory_due=None, yellow_at=None)


def procedure_ended(case: Case, event: events.SpecialProcedureEnded, moment: Moment) -> Case:
    procedures = [replace(one, ended_at=moment.at) if one.number == event.procedure else one for one in case.procedures]
    case = replace(handled(case, event.officer_id, moment), procedures=procedures)
    if case.status == model.SUSPENDED and model.open_procedure(case) is None:
        reviewed = case.steps_passed == len(case.review_steps)
        case = replace(case, status=model.REVIEWED if reviewed else model.IN_REVIEW)
    return with_dues(case, event.dues)


def extension_proposed(case: Case, event: events.ExtensionProposed, moment: Moment) -> Case:
    return replace(
        handled(case, event.officer_id, moment),
        extension_days=event.days,
        extension_by=event.officer_id,
        sealed_extension=event.sealed_reason,
    )


def limit_extended(case: Case, event: events.LimitExtended, _moment: Moment) -> Case:
    case = took_part(with_dues(case, event.dues), event.officer_id)
    return replace(case, extended_days=event.days, extension_days=0, extension_by="", sealed_extension="")


def extension_declined(case: Case, event: events.ExtensionDeclined, _moment: Moment) -> Case:
    case = took_part(case, event.officer_id)
    return replace(case, extension_days=0, extension_by="", sealed_extension="")


def opinion_requested(case: Case, event: events.OpinionRequested, moment: Moment) -> Case:
    opinion = Opinion(
        event.opinion,
        event.department,
        event.department_name,
        event.officer_id,
        moment.at,
        instant(event.due) or moment.at,
        event.sealed_question,
    )
    consulted = case.consulted if event.department in case.consulted else [*case.consulted, event.department]
    case = replace(handled(case, event.officer_id, moment), opinions=[*case.opinions, opinion])
    return replace(case, consulted=consulted, asked=[*case.asked, event.department])


def opinion_given(case: Case, event: events.OpinionGiven, moment: Moment) -> Case:
    given = {"given_at": moment.at, "agrees": event.agrees, "sealed_text": event.sealed_text}
    opinions = [replace(one, **given) if one.number == event.opinion else one for one in case.opinions]  # type: ignore[arg-type]
    return replace(case, opinions=opinions, asked=[one.department for one in opinions if one.given_at is None])


def licence_checked(case: Case, event: events.LicenceChecked, moment: Moment) -> Case:
    left = [
        replace(one, settled=True) if one.material == event.material else one
        for one in case.stood_for
        # What does not hold stands for nothing: the material is asked for.
        if event.holds or one.material != event.material
    ]
    lacking = case.lacking if event.holds else [*case.lacking, event.material]
    return replace(handled(case, event.officer_id, moment), stood_for=left, lacking=lacking)


def deferred_supplied(case: Case, event: events.DeferredSupplied, _moment: Moment) -> Case:
    return replace(with_files(case, event.files), receipt_digest=event.receipt_digest)


def promise_verified(case: Case, event: events.PromiseVerified, _moment: Moment) -> Case:
    return replace(case, promise_kept=event.kept, mend_due=instant(event.mend_due))


def visit_booked(case: Case, event: events.VisitBooked, moment: Moment) -> Case:
    start, end = instant(event.start) or moment.at, instant(event.end) or moment.at
    return replace(case, visits=[*case.visits, Visit(event.visit, event.slot_id, start, end)])


def visit_cancelled(case: Case, event: events.VisitCancelled, _moment: Moment) -> Case:
    visits = [replace(one, cancelled=True) if one.number == event.visit else one for one in case.visits]
    return replace(case, visits=visits)


def visit_signed(case: Case, event: events.VisitSigned, moment: Moment) -> Case:
    signature = Signature(event.officer_id, event.passed, instant(event.at) or moment.at, event.sealed_findings)
    visits = [
        replace(one, signatures=[*one.signatures, signature]) if one.number == event.visit else one
        for one in case.visits
    ]
    return replace(handled(with_files(case, event.evidence), event.officer_id, moment), visits=visits)


def fees_set(case: Case, event: events.FeesSet, moment: Moment) -> Case:
    fees = [FeeLine(one.name, one.amount, one.open) for one in event.fees]
    return replace(handled(case, event.officer_id, moment), fees=fees)


def payment_ordered(case: Case, event: events.PaymentOrdered, _moment: Moment) -> Case:
    return replace(case, order_id=event.order_id)


def payment_received(case: Case, event: events.PaymentReceived, moment: Moment) -> Case:
    return replace(case, paid_at=instant(event.paid_at) or moment.at, paid_amount=event.amount, order_id=event.order_id)


def payment_closed(case: Case, event: events.PaymentClosed, _moment: Moment) -> Case:
    return replace(case, order_id="", paid_at=None if event.refunded else case.paid_at)


def delivery_chosen(case: Case, event: events.DeliveryChosen, _moment: Moment) -> Case:
    return replace(case, delivery=event.way, sealed_delivery=event.sealed_delivery)


def dispatched(case: Case, event: events.ResultDispatched, moment: Moment) -> Case:
    return replace(handled(case, event.officer_id, moment), parcel_id=event.parcel_id, parcel_state="ORDERED")


def parcel_moved(case: Case, event: events.ParcelMoved, _moment: Moment) -> Case:
    return replace(case, parcel_state=event.state, tracking_number=event.tracking_number or case.tracking_number)


def delivered(case: Case, event: events.ResultDelivered, moment: Moment) -> Case:
    case = handled(case, event.officer_id, moment) if event.officer_id else case
    return replace(case, status=model.DELIVERED, delivery=event.way, delivered_at=moment.at)


EVOLVE: Evolve = {
    events.DraftSubmitted: begun_as_draft,
    events.PreReviewPassed: pre_passed,
    events.PreReviewRejected: pre_rejected,
    events.PreReviewRevised: pre_revised,
    events.CaseHandedIn: handed_in,
    events.MaterialsSent: sent,
    events.MaterialsTaken: taken,
    events.AutomaticJudged: automatic_judged,
    events.SpecialProcedureStarted: procedure_started,
    events.SpecialProcedureEnded: procedure_ended,
    events.ExtensionProposed: extension_proposed,
    events.LimitExtended: limit_extended,
    events.ExtensionDeclined: extension_declined,
    events.OpinionRequested: opinion_requested,
    events.OpinionGiven: opinion_given,
    events.LicenceChecked: licence_checked,
    events.DeferredSupplied: deferred_supplied,
    events.PromiseVerified: promise_verified,
    events.VisitBooked: visit_booked,
    events.VisitCancelled: visit_cancelled,
    events.VisitSigned: visit_signed,
    events.FeesSet: fees_set,
    events.PaymentOrdered: payment_ordered,
    events.PaymentReceived: payment_received,
    events.PaymentClosed: payment_closed,
    events.DeliveryChosen: delivery_chosen,
    events.ResultDispatched: dispatched,
    events.ParcelMoved: parcel_moved,
    events.ResultDelivered: delivered,
}
