"""Acts on a case, from receipt to close: each checks and returns the event, or raises. Pure.

Special procedures, opinions and visits are in `model_procedures` and `model_visits`, windows in `model_intake`, promises and licences in
`model_promises`, fees and delivery in `model_fulfilment`, withdrawal and what happens to a case beside its course in `model_asides`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from google.protobuf.message import Message

from chassis.acts import Actor
from chassis.errors import Violation, invalid, require
from services.case import model, model_deadlines, model_receipts
from services.case.model import DENIED, Case
from services.case.model_moves import received, require_move
from services.case.model_scenario import Scenario, unlisted
from services.case.model_served import officers, served
from standards.instants import after, text
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog


def request_correction(
    case: Case,
    item: catalog.ItemDefinition,
    materials: Sequence[str],
    sealed_notice: str,
    now: datetime,
    scenario: Scenario | None = None,
) -> events.CorrectionRequested:
    """The one notice of everything that is missing (行政许可法 art. 32(4)); of what the applicant's answers ask for, as far as they are
    still readable."""
    require_move(case, "RequestCorrection")
    require(not case.correction_asked, "CORRECTION_ASKED_ALREADY", "补正只能一次性告知，该办件已告知过")
    if found := unlisted(item, scenario, materials):
        raise invalid(*found)
    answer_due = text(after(now, case.handling.get("correction_days", model_deadlines.CORRECTION_DAYS), case.region))
    return events.CorrectionRequested(
        case_id=case.id, materials=materials, sealed_notice=sealed_notice, answer_due=answer_due
    )


def correct(
    case: Case,
    item: catalog.ItemDefinition,
    files: Sequence[events.HandedInFile],
    sealed_form: str,
    now: datetime,
    sealed_agent_name: str = "",
    scenario: Scenario | None = None,
) -> events.CaseCorrected:
    """What is handed in after the notice, by the applicant or in his name; everything asked for must be there. Five days to accept it
    begin anew."""
    require_move(case, "CorrectCase")
    handed_in = list(dict.fromkeys(file.material for file in files))
    found = unlisted(item, scenario, handed_in)
    for key in case.correction_materials:
        if key not in handed_in:
            found.append(Violation(f"materials[{key}]", "MATERIAL_MISSING", "请补交此材料"))
    if found:
        raise invalid(*found)
    kept = [file for file in case.files if file.material not in handed_in]
    return events.CaseCorrected(
        case_id=case.id,
        files=files,
        sealed_form=sealed_form,
        sealed_agent_name=sealed_agent_name,
        receipt_digest=model_receipts.digest([*kept, *files]),
        accept_due=text(after(now, model_deadlines.ACCEPT_DAYS, case.region)),
        served=served(case),
    )


def accept(case: Case, officer: Actor, now: datetime) -> events.CaseAccepted:
    """Acceptance (受理): both clocks start; working days, first day not counted (行政许可法 art. 42, 82). A licence that the source
    could not confirm is looked at first (LICENCE_UNCHECKED), and what did not hold is handed in (STAND_IN_MISSING)."""
    require_move(case, "AcceptCase")
    require_proven(case)
    return _accepted(case, now, now, officer_id=officer.id)


def deem_accepted(case: Case, now: datetime) -> list[Message]:
    """Nobody said anything in five working days: accepted from the day it was received (行政许可法 art. 32(4)); after a correction notice
    from the day what it asked for was, since the applicant's time is not the authority's."""
    require_move(case, "DeemAccepted")
    return [_accepted(case, now, model.complete_since(case), deemed=True)]


def accept_unchanged(case: Case, now: datetime) -> events.CaseAccepted:
    """What passed the pre-review was handed in unchanged: accepted without a second review."""
    return _accepted(case, now, now, pre_reviewed=True)


def accept_automatically(case: Case, now: datetime) -> events.CaseAccepted:
    """Accepted by the rule that decides it (秒批)."""
    return _accepted(case, now, now)


def _accepted(case: Case, now: datetime, since: datetime, **how: Any) -> events.CaseAccepted:
    dues = model_deadlines.dues(case, since)
    deferred = case.handling.get("deferral_days", model_deadlines.DEFERRAL_DAYS)
    return events.CaseAccepted(
        case_id=case.id,
        promised_due=dues.promised_due,
        statutory_due=dues.statutory_due,
        yellow_at=dues.yellow_at,
        provisional=dues.provisional,
        deferred_due=text(after(now, deferred, case.region)) if case.deferred else "",
        served=served(case, str(how.get("officer_id", ""))),
        **(how | {"from": since.isoformat()}),
    )


def refuse(case: Case, officer: Actor, sealed_reason: str) -> events.CaseRefused:
    """Refusal to accept (不予受理), with a reason (art. 32(5))."""
    require_move(case, "RefuseCase")
    return events.CaseRefused(
        case_id=case.id, officer_id=officer.id, sealed_reason=sealed_reason, served=served(case, officer.id)
    )


def not_accept(case: Case, officer: Actor, not_needed: bool, sealed_reason: str) -> events.CaseNotAccepted:
    """No matter of this department, or nothing to be licensed (art. 32(1), (2))."""
    require_move(case, "NotAcceptCase")
    return events.CaseNotAccepted(
        case_id=case.id,
        officer_id=officer.id,
        not_needed=not_needed,
        sealed_reason=sealed_reason,
        served=served(case, officer.id),
    )


def lapse(case: Case, _now: datetime) -> list[Message]:
    """Nothing was handed in after the correction notice."""
    require_move(case, "LapseCorrection")
    return [events.CorrectionLapsed(case_id=case.id)]


def pass_step(case: Case, officer: Actor, sealed_opinion: str) -> events.ReviewStepPassed:
    """The present review step is done, with an opinion."""
    require_move(case, "PassReviewStep")
    step = case.review_steps[case.steps_passed]
    return events.ReviewStepPassed(case_id=case.id, officer_id=officer.id, step=step, sealed_opinion=sealed_opinion)


def decide(
    case: Case, officer: Actor, granted: bool, reason: str, sealed_reason: str, now: datetime
) -> events.CaseDecided:
    """The decision; a denial needs a reason (art. 38). Whoever took part in receiving the case may not decide it; opinions that were
    asked for are in, and a grant that needs an inspection has one that two inspectors passed."""
    require_move(case, "DecideCase")
    require(not received(case, officer), "RECEIVER_MAY_NOT_DECIDE", "收件人不得审批同一办件")
    require_heard(case)
    if granted:
        require_proven(case)
        require(_inspected(case), "VISIT_MISSING", "该事项须经两名以上工作人员现场勘验合格后方可准予")
    if not granted and not reason.strip():
        raise invalid(Violation("reason", "REQUIRED", "不予许可必须说明理由"))
    return decided(case, granted, _kind(case, granted), now, officer_id=officer.id, sealed_reason=sealed_reason)


def _inspected(case: Case) -> bool:
    if case.handling.get("visit", 0) != catalog.VISIT_NEED_REQUIRED:
        return True
    return any(
        len(one.signatures) >= model.INSPECTORS and all(signature.passed for signature in one.signatures)
        for one in case.visits
        if not one.cancelled
    )


def _kind(case: Case, granted: bool) -> int:
    if granted and case.promise_digest:
        return pb.DECISION_KIND_COMMITMENT
    if granted and case.deferred:
        return pb.DECISION_KIND_DEFERRED
    on_site = case.handling.get("decided_on_site", 0) and any(
        len(one.signatures) >= model.INSPECTORS for one in case.visits
    )
    return pb.DECISION_KIND_ON_SITE if on_site else pb.DECISION_KIND_ORDINARY


def decided(case: Case, granted: bool, kind: int, now: datetime, **more: str) -> events.CaseDecided:
    """The event of a decision."""
    clocks = model_deadlines.clocks_of_grant(case, now) if granted else {}
    return events.CaseDecided(case_id=case.id, granted=granted, kind=kind, **clocks, **more)  # type: ignore[arg-type]


def deem_renewed(case: Case, now: datetime) -> list[Message]:
    """The licence ran out before anybody decided on its renewal: deemed renewed (art. 50)."""
    require_move(case, "DeemRenewed")
    return [decided(case, True, pb.DECISION_KIND_DEEMED, now)]


def issue(case: Case, officer: Actor, result_number: str) -> events.ResultIssued:
    """The document of a grant was made (art. 44); fees are paid by then, and what could follow later (容缺) is here."""
    require_move(case, "IssueResult")
    require_paid(case)
    require(not case.deferred, "DEFERRED_OPEN", "容缺材料尚未补齐，不能制证")
    return events.ResultIssued(
        case_id=case.id, officer_id=officer.id, result_number=result_number, result_name=case.result_name
    )


def require_heard(case: Case) -> None:
    """FAILED_PRECONDITION OPINION_OPEN, PROCEDURE_OPEN before a decision, unless every department that was asked has answered and every
    special procedure is over."""
    require(all(one.given_at for one in case.opinions), "OPINION_OPEN", "征求的部门意见尚未全部反馈")
    require(all(one.ended_at for one in case.procedures), "PROCEDURE_OPEN", "特别程序尚未结束")


def require_proven(case: Case) -> None:
    """FAILED_PRECONDITION LICENCE_UNCHECKED, STAND_IN_MISSING unless what stands for materials was confirmed by its source or looked at,
    and what did not hold was handed in: nothing passes in silence."""
    require(not model.unchecked(case), "LICENCE_UNCHECKED", "有免提交证照未能自动核验，请先人工核验")
    require(not case.lacking, "STAND_IN_MISSING", "有证照经人工核验不成立，须由申请人补交该材料")


def require_paid(case: Case) -> None:
    """FAILED_PRECONDITION FEE_UNPAID, FEE_OPEN unless every fee is set and paid."""
    require(case.paid_at is not None or not any(one.open for one in case.fees), "FEE_OPEN", "费用金额尚未核定")
    require(not model.owed(case), "FEE_UNPAID", "费用尚未缴清")


def close(case: Case, officer: Actor) -> events.CaseClosed:
    """The end of a decided case; carries what a rating needs."""
    require_move(case, "CloseCase")
    if case.status != DENIED:
        require_paid(case)
        require(not case.deferred, "DEFERRED_OPEN", "容缺材料尚未补齐，不能办结")
    return closed(case, case.status != DENIED, officer.id)


def closed(case: Case, granted: bool, officer_id: str = "") -> events.CaseClosed:
    """The event of the end; `officer_id` is who ends it, empty where a rule does."""
    return events.CaseClosed(
        case_id=case.id,
        number=case.number,
        applicant_id=case.applicant_id,
        item_id=case.item_id,
        item_code=case.item_code,
        item_name=case.item_name,
        department=case.department,
        department_name=case.department_name,
        region=case.region,
        granted=granted,
        channel=case.channel,  # type: ignore[arg-type]
        bundle_id=case.bundle_id,
        bundle_key=case.bundle_key,
        window_id=case.window_id,
        officer_ids=officers(case, officer_id),
        officer_id=officer_id,
    )
