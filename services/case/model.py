"""A case as pure functions: one per act, one per event, and the table of moves.

An act checks and returns the event; `EVOLVE` turns events into state; who may see a case is in `model_seeing`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from chassis.acts import OFFICER, PERSON, Actor
from chassis.errors import Violation, invalid, require
from services.case.model_scenario import Scenario, unlisted
from standards import workdays
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

SUBMITTED, CORRECTION = pb.CASE_STATUS_SUBMITTED, pb.CASE_STATUS_CORRECTION
IN_REVIEW, REVIEWED = pb.CASE_STATUS_IN_REVIEW, pb.CASE_STATUS_REVIEWED
GRANTED, DENIED, ISSUED = pb.CASE_STATUS_GRANTED, pb.CASE_STATUS_DENIED, pb.CASE_STATUS_ISSUED
CLOSED, REFUSED, WITHDRAWN = pb.CASE_STATUS_CLOSED, pb.CASE_STATUS_REFUSED, pb.CASE_STATUS_WITHDRAWN
ENDED = frozenset({CLOSED, REFUSED, WITHDRAWN})
YELLOW_WORKING_DAYS = 2
# Clocks of two services may differ by so much.
CLOCKS_DIFFER = timedelta(seconds=60)


class Move(NamedTuple):
    """Who may make a move, and from which statuses."""

    realm: int
    role: tuple[str, ...]
    sources: tuple[int, ...]


# By the name of the RPC. A new way a case can go is a new line here, an act and an event below.
MOVES: Mapping[str, Move] = {
    "RequestCorrection": Move(OFFICER, ("receive",), (SUBMITTED,)),
    "CorrectCase": Move(PERSON, (), (CORRECTION,)),
    "AcceptCase": Move(OFFICER, ("receive",), (SUBMITTED,)),
    "RefuseCase": Move(OFFICER, ("receive",), (SUBMITTED,)),
    "PassReviewStep": Move(OFFICER, ("review",), (IN_REVIEW,)),
    "DecideCase": Move(OFFICER, ("decide",), (REVIEWED,)),
    "IssueResult": Move(OFFICER, ("issue",), (GRANTED,)),
    "CloseCase": Move(OFFICER, ("issue", "decide"), (DENIED, ISSUED)),
    "WithdrawCase": Move(PERSON, (), (SUBMITTED, CORRECTION, IN_REVIEW, REVIEWED)),
}


@dataclass(frozen=True, slots=True)
class File:
    """A file handed in for a material; its name is sealed."""

    attachment_id: str
    material: str
    sealed_filename: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Case:
    """The present state of a case. What names a person is sealed under the applicant's key."""

    id: str
    number: str
    applicant_id: str
    item_id: str
    edition: int
    item_code: str
    item_name: str
    result_name: str
    department: str
    department_name: str
    region: str
    channel: int
    status: int
    sealed_form: str
    files: list[File]
    review_steps: list[str]
    promised: list[int]
    statutory: list[int]
    submitted_at: datetime
    # The department while the case is open, empty afterwards: the key of its inbox.
    desk: str
    steps_passed: int = 0
    correction_materials: list[str] = field(default_factory=list)
    sealed_notice: str = ""
    correction_asked: bool = False
    # Who received it last, and everybody who took part in receiving it: none of them may decide it.
    received_by: str = ""
    receivers: list[str] = field(default_factory=list)
    # Whose work it is, and since when: the officer who acted last, or who took over from him.
    handler_id: str = ""
    handled_at: datetime | None = None
    accepted_at: datetime | None = None
    promised_due: datetime | None = None
    statutory_due: datetime | None = None
    provisional: bool = False
    decided_by: str = ""
    result_number: str = ""
    closed_at: datetime | None = None
    # Who submitted it for the applicant (agent:<id> or person:<id>), under which delegation, of which organisation.
    agent: str = ""
    sealed_agent_name: str = ""
    delegation_id: str = ""
    agent_organization_id: str = ""
    # Answers to the scenario questions, with the digest of their guide; empty when none were asked.
    sealed_answers: str = ""


def allowed(case: Case, name: str, actor: Actor) -> bool:
    """Whether an actor who sees the case could make this move now, as far as the table and the two-person rule tell."""
    move = MOVES[name]
    return (
        _may_come(case, name, move)
        and actor.realm == move.realm
        and (not move.role or not actor.roles.isdisjoint(move.role))
        and not (name == "RequestCorrection" and case.correction_asked)
        and not (name == "DecideCase" and received(case, actor))
    )


def received(case: Case, officer: Actor) -> bool:
    """Whether the officer took part in receiving the case: he asked for its correction, or accepted it."""
    return officer.id == case.received_by or officer.id in case.receivers


def _may_come(case: Case, name: str, move: Move) -> bool:
    # A grant that ends in no document can be closed as it is.
    return case.status in move.sources or (name == "CloseCase" and case.status == GRANTED and not case.result_name)


def require_move(case: Case, name: str) -> None:
    """FAILED_PRECONDITION MOVE_NOT_ALLOWED unless the table has the move from the present status."""
    require(_may_come(case, name, MOVES[name]), "MOVE_NOT_ALLOWED", "办件当前状态不允许此操作")


def request_correction(
    case: Case,
    item: catalog.ItemDefinition,
    materials: Sequence[str],
    sealed_notice: str,
    scenario: Scenario | None = None,
) -> events.CorrectionRequested:
    """The one notice of everything that is missing (行政许可法 art. 32(4)); of what the applicant's answers ask for, as far as they are
    still readable."""
    require_move(case, "RequestCorrection")
    require(not case.correction_asked, "CORRECTION_ASKED_ALREADY", "补正只能一次性告知，该办件已告知过")
    if found := unlisted(item, scenario, materials):
        raise invalid(*found)
    return events.CorrectionRequested(case_id=case.id, materials=materials, sealed_notice=sealed_notice)


def correct(
    case: Case,
    item: catalog.ItemDefinition,
    files: Sequence[events.HandedInFile],
    sealed_form: str,
    sealed_agent_name: str = "",
    scenario: Scenario | None = None,
) -> events.CaseCorrected:
    """What is handed in after the notice, by the applicant or in his name; everything asked for must be there."""
    require_move(case, "CorrectCase")
    handed_in = list(dict.fromkeys(file.material for file in files))
    found = unlisted(item, scenario, handed_in)
    for key in case.correction_materials:
        if key not in handed_in:
            found.append(Violation(f"materials[{key}]", "MATERIAL_MISSING", "请补交此材料"))
    if found:
        raise invalid(*found)
    return events.CaseCorrected(
        case_id=case.id, files=files, sealed_form=sealed_form, sealed_agent_name=sealed_agent_name
    )


def accept(case: Case, officer: Actor, now: datetime) -> events.CaseAccepted:
    """Acceptance (受理): both clocks start; working days, first day not counted (行政许可法 art. 42, 82)."""
    require_move(case, "AcceptCase")
    dues = [_due(now, limit) for limit in (case.promised, case.statutory)]
    return events.CaseAccepted(
        case_id=case.id,
        officer_id=officer.id,
        promised_due=dues[0].instant.isoformat() if dues[0] else "",
        statutory_due=dues[1].instant.isoformat() if dues[1] else "",
        provisional=any(due.provisional for due in dues if due),
    )


def _due(start: datetime, limit: Sequence[int]) -> workdays.Due | None:
    amount, unit = limit
    if unit == catalog.TIME_UNIT_UNSPECIFIED:
        return None
    return workdays.due_at(start, amount, catalog.TimeUnit.Name(unit).removeprefix("TIME_UNIT_"))  # type: ignore[arg-type]


def refuse(case: Case, officer: Actor, sealed_reason: str) -> events.CaseRefused:
    """Refusal to accept (不予受理), with a reason (art. 32(5))."""
    require_move(case, "RefuseCase")
    return events.CaseRefused(case_id=case.id, officer_id=officer.id, sealed_reason=sealed_reason)


def pass_step(case: Case, officer: Actor, sealed_opinion: str) -> events.ReviewStepPassed:
    """The present review step is done, with an opinion."""
    require_move(case, "PassReviewStep")
    step = case.review_steps[case.steps_passed]
    return events.ReviewStepPassed(case_id=case.id, officer_id=officer.id, step=step, sealed_opinion=sealed_opinion)


def decide(case: Case, officer: Actor, granted: bool, reason: str, sealed_reason: str) -> events.CaseDecided:
    """The decision; a denial needs a reason (art. 38). Whoever took part in receiving the case may not decide it."""
    require_move(case, "DecideCase")
    require(not received(case, officer), "RECEIVER_MAY_NOT_DECIDE", "收件人不得审批同一办件")
    if not granted and not reason.strip():
        raise invalid(Violation("reason", "REQUIRED", "不予许可必须说明理由"))
    return events.CaseDecided(case_id=case.id, officer_id=officer.id, granted=granted, sealed_reason=sealed_reason)


def issue(case: Case, officer: Actor, result_number: str) -> events.ResultIssued:
    """The document of a grant was made (art. 44)."""
    require_move(case, "IssueResult")
    return events.ResultIssued(
        case_id=case.id, officer_id=officer.id, result_number=result_number, result_name=case.result_name
    )


def close(case: Case) -> events.CaseClosed:
    """The end of a decided case; carries what a rating needs."""
    require_move(case, "CloseCase")
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
        granted=case.status != DENIED,
        channel=case.channel,  # type: ignore[arg-type]
    )


def withdraw(case: Case, sealed_reason: str, sealed_agent_name: str = "") -> events.CaseWithdrawn:
    """The applicant takes it back before a decision, or somebody does so in his name."""
    require_move(case, "WithdrawCase")
    return events.CaseWithdrawn(case_id=case.id, sealed_reason=sealed_reason, sealed_agent_name=sealed_agent_name)


def hand_over(case: Case, officer_id: str, successor_id: str, left: datetime) -> events.CaseHandedOver | None:
    """Open work of an officer who left the case's department then goes to his successor, or to nobody; nothing for a case that
    is not his any more, or that he took up after he had come back."""
    if case.status in ENDED or case.handler_id != officer_id or successor_id == officer_id:
        return None
    if case.handled_at is None or case.handled_at > left + CLOCKS_DIFFER:
        return None
    return events.CaseHandedOver(case_id=case.id, from_officer_id=officer_id, to_officer_id=successor_id)


def light(case: Case, now: datetime) -> int:
    """How near the promised limit is; none before acceptance and after the end."""
    if case.promised_due is None or case.status in ENDED:
        return pb.LIGHT_UNSPECIFIED
    if now > case.promised_due:
        return pb.LIGHT_RED
    return pb.LIGHT_YELLOW if case.promised_due <= _yellow_until(now) else pb.LIGHT_GREEN


def due_between(wanted: int, now: datetime) -> tuple[datetime, datetime]:
    """(after, until]: when a case of this light is due."""
    reach, yellow = timedelta(days=10 * 366), _yellow_until(now)
    bounds = {pb.LIGHT_RED: (now - reach, now), pb.LIGHT_YELLOW: (now, yellow), pb.LIGHT_GREEN: (yellow, now + reach)}
    return bounds[wanted]  # type: ignore[index]


def _yellow_until(now: datetime) -> datetime:
    return workdays.add_working_days(now.astimezone(workdays.SHANGHAI).date(), YELLOW_WORKING_DAYS).instant
