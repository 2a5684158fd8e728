"""The parts of a case as its reader may see them: procedures, opinions, visits, fees, delivery, what stands for materials."""

from collections.abc import Callable, Mapping

from chassis.acts import MACHINE, OFFICER, Actor
from chassis.sealed import Keyring
from services.case import masking, model, model_seeing, model_visits, timeline
from services.case.model import Case
from services.case.timeline import time_text
from yiwang.case.v1 import service_pb2 as pb

STATUSES: Mapping[int, str] = {
    model.PRE_REVIEW: "网上预审中",
    model.PRE_PASSED: "预审通过，待递交",
    model.PRE_REJECTED: "预审未通过",
    model.RECEIVED: "已收件，待移交",
    model.SUBMITTED: "已提交，待受理",
    model.CORRECTION: "待补正",
    model.IN_REVIEW: "已受理，审查中",
    model.REVIEWED: "审查完毕，待决定",
    model.SUSPENDED: "特别程序中",
    model.WITHDRAW_PENDING: "申请撤回，待确认",
    model.GRANTED: "准予，待制证",
    model.DENIED: "不予许可，待办结",
    model.ISSUED: "已制证，待送达",
    model.DELIVERED: "已送达，待办结",
    model.CLOSED: "办结",
    model.REFUSED: "不予受理",
    model.NOT_ACCEPTED: "不属于受理范围",
    model.WITHDRAWN: "已撤回",
    model.VOIDED: "作废",
    model.TRANSFERRED: "转报办结",
    model.CORRECTION_LAPSED: "逾期未补正",
    model.REVOKED: "决定已撤销",
    model.CANCELLED: "结果已注销",
}
# They read what officers wrote for officers.
OFFICES = (OFFICER, MACHINE)
PROMISES = {None: "", True: "KEPT", False: "BROKEN"}


def add_facts(view: pb.Case, case: Case) -> None:
    """What lists and whole cases tell alike: no text, nobody's name."""
    view.status_title = STATUSES[case.status]
    view.receipt_digest, view.deemed = case.receipt_digest, case.deemed
    view.decision_kind = case.decision_kind  # type: ignore[assignment]
    for name in ("accept_due", "answer_due", "deliver_due", "deferred_due", "verify_due", "pre_valid_until"):
        setattr(view, name, time_text(getattr(case, name)))
    for name in ("sent_at", "taken_at", "renews_until"):
        setattr(view, name, time_text(getattr(case, name)))
    view.fees.extend(pb.CaseFee(name=one.name, amount=one.amount, open=one.open) for one in case.fees)
    view.fees_paid, view.fees_owed = case.paid_at is not None, model.owed(case)
    view.delivery = case.delivery  # type: ignore[assignment]
    view.parcel_state, view.tracking_number = case.parcel_state, case.tracking_number
    view.deferred.extend(case.deferred)
    view.promise_digest, view.promise_state = case.promise_digest, PROMISES[case.promise_kept]
    view.receiving_department, view.receiving_region = case.receiving_department, case.receiving_region
    view.bundle_id, view.project_code, view.automatic = case.bundle_id, case.project_code, case.automatic_truth
    view.extension_asked, view.extended_days = case.extension_days, case.extended_days


Opened = Callable[[str, bool], str]


def add_parts(view: pb.Case, case: Case, actor: Actor, keyring: Keyring) -> None:
    """What only the whole case tells; what officers wrote for officers is for them alone, and who was only asked reads his part."""

    def opened(sealed: str, readable: bool = True) -> str:
        text = keyring.open_text(case.applicant_id, sealed) if readable else ""
        return text if model_seeing.reads_clear(actor) else masking.masked_text(text)

    _add_procedures(view, case, opened)
    _add_intermediaries(view, case)
    _add_opinions(view, case, opened, actor)
    _add_visits(view, case, opened, actor)
    for one in case.stood_for:
        view.stood_for.add(material=one.material, waiver=one.waiver, manual=one.manual, settled=one.settled)
    sends = "issue" in actor.roles and model_seeing.sees(actor, case)
    if case.sealed_delivery and (model_seeing.is_applicant(actor) or sends):
        told = keyring.open(case.applicant_id, case.sealed_delivery) or {}
        view.delivery_to.CopyFrom(pb.DeliveryChoice(way=case.delivery, **told))  # type: ignore[arg-type]


def _add_intermediaries(view: pb.Case, case: Case) -> None:
    for one in case.intermediaries:
        shown = view.intermediaries.add(
            number=one.number,
            service=one.service,
            status=one.status,
            requested_at=time_text(one.requested_at),
            procurement_id=one.procurement_id,
            procurement_number=one.procurement_number,
            reason=one.reason,
            reason_title=timeline.REASONS.get(one.reason, ""),
            finished_at=time_text(one.finished_at),
            agency_name=one.agency_name,
            agency_uscc=one.agency_uscc,
        )
        for file in one.files:
            shown.files.add(file_id=file.file_id, media_type=file.media_type, size=file.size, sha256=file.sha256)


def _add_procedures(view: pb.Case, case: Case, opened: Opened) -> None:
    for one in case.procedures:
        view.procedures.add(
            number=one.number,
            kind=one.kind,
            title=timeline.procedure_words(one.kind),
            started_at=time_text(one.started_at),
            expected_until=time_text(one.expected_until),
            ended_at=time_text(one.ended_at),
            pauses=one.pauses,
            notice=opened(one.sealed_notice, True),
            hearing_on=one.hearing_on,
        )


def _add_opinions(view: pb.Case, case: Case, opened: Opened, actor: Actor) -> None:
    inside, asked = model_seeing.inside(actor, case), model_seeing.is_consulted(actor, case)
    for one in case.opinions:
        readable = inside or (asked and one.department == actor.department)
        view.opinions.add(
            number=one.number,
            department=one.department,
            department_name=one.department_name,
            asked_at=time_text(one.asked_at),
            due=time_text(one.due),
            given_at=time_text(one.given_at),
            agrees=readable and one.agrees,
            question=opened(one.sealed_question, readable),
            text=opened(one.sealed_text, readable),
        )


def _add_visits(view: pb.Case, case: Case, opened: Opened, actor: Actor) -> None:
    office, inside = actor.realm in OFFICES, model_seeing.inside(actor, case)
    for visit in case.visits:
        times = {"start": time_text(visit.start), "end": time_text(visit.end)}
        shown = view.visits.add(number=visit.number, cancelled=visit.cancelled, **times)
        for number, one in enumerate(visit.signatures, 1):
            signed = shown.signatures.add(
                officer_id=one.officer_id if office else "",
                passed=one.passed,
                at=time_text(one.at),
                findings=opened(one.sealed_findings, inside),
            )
            for file in model_visits.evidence_of(case, visit.number, number) if inside else ():
                name = opened(file.sealed_filename, True)
                told = {"filename": name, "media_type": file.media_type, "size": file.size, "sha256": file.sha256}
                signed.evidence.add(id=file.attachment_id, **told)
