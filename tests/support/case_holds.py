"""What must hold of a case at any time, whatever was done to it by whomever."""

from collections import Counter
from datetime import datetime
from typing import Any

from services.case import model, model_deadlines, model_timers
from services.case.model import Case
from standards import workdays
from yiwang.case.v1 import service_pb2 as pb

# Where each end was last, and by which calendar.
Ended = dict[str, tuple[datetime | None, str]]
ONCE = ("CorrectionRequested", "CaseAccepted", "LimitExtended", "ResultDelivered", "CaseClosed")
RECEIVING = (
    "CorrectionRequested",
    "CaseAccepted",
    "CaseRefused",
    "CaseNotAccepted",
    "PreReviewPassed",
    "PreReviewRejected",
)
CLOCKS = ("promised_due", "statutory_due")
# Ends of their own never come nearer, as long as the calendar is the same.
OWN = (
    "accept_due",
    "answer_due",
    "hand_over_due",
    "deferred_due",
    "deliver_due",
    "verify_due",
    "confirm_due",
    "mend_due",
)


def keeps_its_clocks(before: Case, case: Case, found: list[Any], ended: Ended) -> None:
    """Ends move forward only; a pause adds, an extension adds, and nothing is told twice or forgotten."""
    digest, kinds = workdays.calendar_digest(), {type(one).__name__ for one in found}
    assert before.told == case.told[: len(before.told)] and len(set(case.told)) == len(case.told)
    if "DeadlinesRecalculated" in kinds:
        return
    for name in CLOCKS:
        old, new = getattr(before, name), getattr(case, name)
        if new is None and old is not None:
            assert case.status == model.SUSPENDED, f"{name} stands still"
        last, calendar = ended.get(name, (None, ""))
        if last and new and calendar == digest:
            assert new >= last, f"{name} moved back"
            assert new == last or kinds & {"SpecialProcedureEnded", "LimitExtended"}, f"{name} moved by {kinds}"
        if new and new != old:
            ended[name] = new, digest
    for name in OWN:
        old, new = getattr(before, name), getattr(case, name)
        assert not (old and new) or new >= old or ended.get(name, (None, ""))[1] != digest, f"{name} moved back"
        if new != old:
            ended[name] = new, digest
    if "SpecialProcedureEnded" in kinds and case.promised_due and case.clock_from:
        without = model_deadlines.dues(case, case.clock_from, procedures=())
        assert case.promised_due >= datetime.fromisoformat(without.promised_due), "a pause never shortens"


def holds(case: Case, types: Counter[str]) -> None:
    """What a case is at any time, whatever came before."""
    assert all(types[name] <= 1 for name in ONCE), "once"
    assert types["PaymentReceived"] <= 1 + types["PaymentClosed"], "paid once, unless it was given back"
    assert types["CaseDecided"] + types["ResultPushed"] <= 1, "decided once"
    assert types["DueReached"] == len(case.told)
    ended = case.status in model.ENDED
    assert bool(case.desk) != ended and (case.closed_at is not None) == ended
    assert (case.due, case.due_of) == model_timers.upcoming(case)
    if case.accepted_at:
        assert case.receipt_digest and case.clock_from, "no accepted case without a receipt"
        assert case.submitted_at <= case.accepted_at
        received = case.corrected_at or case.submitted_at
        assert not case.deemed or case.accepted_at == case.clock_from == received, "dated to its receipt"
    else:
        renewed = case.decision_kind == pb.DECISION_KIND_DEEMED
        assert case.status not in model.UNDECIDED and (not case.decided_at or renewed), "accepted before anything else"
    if case.decided_at:
        assert case.status not in model.UNDECIDED | model.UNACCEPTED
    assert len([one for one in case.procedures if one.pauses and one.ended_at is None]) <= 1
    assert (case.status == model.SUSPENDED) <= (model.open_procedure(case) is not None)
    assert not case.correction_materials or case.status in (model.CORRECTION, model.PRE_REJECTED)
    assert "passport" not in {file.material for file in case.files}, "nothing outside the list"
    assert case.extended_days <= (15 if case.handling.get("joint") else 10)


def people(case: Case, journal: list[dict[str, Any]]) -> None:
    """Two persons where the law wants two."""
    receivers = {entry["by"] for entry in journal if entry["type"] in RECEIVING and entry["by"].startswith("officer:")}
    for visit in case.visits:
        signed = [one.officer_id for one in visit.signatures]
        assert len(set(signed)) == len(signed) <= model.INSPECTORS, "an inspector signs once"
    for entry in journal[-4:]:
        data, by = entry["data"], entry["by"].removeprefix("officer:")
        if entry["type"] == "CaseDecided" and data.get("officerId"):
            assert entry["by"] not in receivers, "two persons"
            assert case.steps_passed == len(case.review_steps), "every step had passed"
            assert all(one.given_at for one in case.opinions) and all(one.ended_at for one in case.procedures)
        if entry["type"] == "LimitExtended":
            assert data["proposedBy"] != by, "two persons"
        if entry["type"] == "DecisionRevoked":
            assert by != case.decided_by, "two persons"
