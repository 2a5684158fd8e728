"""How each event changes a case. Pure; the journal replayed through EVOLVE gives the state."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from chassis.acts import Evolve, Moment
from services.case import model
from services.case.model import Case, File
from yiwang.case.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2 as catalog


def submitted(_case: None, event: events.CaseSubmitted, moment: Moment) -> Case:
    return Case(
        id=event.case_id,
        number=event.number,
        applicant_id=event.applicant_id,
        item_id=event.item_id,
        edition=event.edition,
        item_code=event.item_code,
        item_name=event.item_name,
        result_name=event.result_name,
        department=event.department,
        department_name=event.department_name,
        region=event.region,
        channel=event.channel,
        status=model.SUBMITTED,
        sealed_form=event.sealed_form,
        files=_files(event.files),
        review_steps=list(event.review_steps),
        promised=_limit(event.promised_limit),
        statutory=_limit(event.statutory_limit),
        submitted_at=moment.at,
        desk=event.department,
        agent=event.agent,
        sealed_agent_name=event.sealed_agent_name,
        delegation_id=event.delegation_id,
        agent_organization_id=event.agent_organization_id,
        sealed_answers=event.sealed_answers,
    )


def correction_requested(case: Case, event: events.CorrectionRequested, moment: Moment) -> Case:
    return replace(
        _received(case, _id(moment.by), moment),
        status=model.CORRECTION,
        correction_materials=list(event.materials),
        sealed_notice=event.sealed_notice,
        correction_asked=True,
    )


def corrected(case: Case, event: events.CaseCorrected, _moment: Moment) -> Case:
    handed_in = {file.material for file in event.files}
    kept = [file for file in case.files if file.material not in handed_in]
    return replace(
        case,
        status=model.SUBMITTED,
        files=kept + _files(event.files),
        sealed_form=event.sealed_form or case.sealed_form,
        correction_materials=[],
        sealed_notice="",
    )


def accepted(case: Case, event: events.CaseAccepted, moment: Moment) -> Case:
    return replace(
        _received(case, event.officer_id, moment),
        status=model.IN_REVIEW if case.review_steps else model.REVIEWED,
        accepted_at=moment.at,
        promised_due=_instant(event.promised_due),
        statutory_due=_instant(event.statutory_due),
        provisional=event.provisional,
    )


def refused(case: Case, event: events.CaseRefused, moment: Moment) -> Case:
    case = _received(case, event.officer_id, moment)
    return replace(case, status=model.REFUSED, closed_at=moment.at, desk="")


def step_passed(case: Case, event: events.ReviewStepPassed, moment: Moment) -> Case:
    passed = case.steps_passed + 1
    status = model.REVIEWED if passed == len(case.review_steps) else model.IN_REVIEW
    return replace(_handled(case, event.officer_id, moment), steps_passed=passed, status=status)


def decided(case: Case, event: events.CaseDecided, moment: Moment) -> Case:
    status = model.GRANTED if event.granted else model.DENIED
    return replace(_handled(case, event.officer_id, moment), status=status, decided_by=event.officer_id)


def issued(case: Case, event: events.ResultIssued, moment: Moment) -> Case:
    return replace(_handled(case, event.officer_id, moment), status=model.ISSUED, result_number=event.result_number)


def closed(case: Case, _event: events.CaseClosed, moment: Moment) -> Case:
    return replace(case, status=model.CLOSED, closed_at=moment.at, desk="")


def withdrawn(case: Case, _event: events.CaseWithdrawn, moment: Moment) -> Case:
    return replace(
        case, status=model.WITHDRAWN, closed_at=moment.at, desk="", correction_materials=[], sealed_notice=""
    )


def handed_over(case: Case, event: events.CaseHandedOver, _moment: Moment) -> Case:
    # When it was handled last stays: if the successor is gone already, it is his open work of that time.
    return replace(case, handler_id=event.to_officer_id)


EVOLVE: Evolve = {
    events.CaseSubmitted: submitted,
    events.CorrectionRequested: correction_requested,
    events.CaseCorrected: corrected,
    events.CaseAccepted: accepted,
    events.CaseRefused: refused,
    events.ReviewStepPassed: step_passed,
    events.CaseDecided: decided,
    events.ResultIssued: issued,
    events.CaseClosed: closed,
    events.CaseWithdrawn: withdrawn,
    events.CaseHandedOver: handed_over,
}


def _handled(case: Case, officer_id: str, moment: Moment) -> Case:
    return replace(case, handler_id=officer_id, handled_at=moment.at)


def _received(case: Case, officer_id: str, moment: Moment) -> Case:
    known = officer_id in case.receivers
    receivers = case.receivers if known else [*case.receivers, officer_id]
    return replace(_handled(case, officer_id, moment), received_by=officer_id, receivers=receivers)


def _files(files: Iterable[events.HandedInFile]) -> list[File]:
    return [
        File(one.attachment_id, one.material, one.sealed_filename, one.media_type, one.size, one.sha256)
        for one in files
    ]


def _limit(limit: catalog.Limit) -> list[int]:
    return [limit.amount, limit.unit]


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _id(principal: str) -> str:
    return principal.partition(":")[2]
