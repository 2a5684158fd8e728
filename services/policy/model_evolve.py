"""Events turn into the state of a claim: one pure function each; what follows from the rest (tasks, what is due) stands in `_settled`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis.acts import Evolve, Moment
from chassis.plain import plain
from services.policy import model, model_evolve_money
from services.policy.model import COUNTY_DIGITS, Claim, File, Objection, Share, Terms
from standards.instants import instant
from yiwang.policy.v1 import events_pb2 as events


def _submitted(before: Claim | None, event: events.ClaimSubmitted, moment: Moment) -> Claim:
    # Of an earlier attempt nothing is left but the account and the orders, which are the claim's for ever.
    kept = (
        {}
        if before is None
        else {
            "sealed_account": before.sealed_account,
            "account_tail": before.account_tail,
            "account_bank": before.account_bank,
            "account_number": before.account_number,
            "orders": before.orders,
        }
    )
    return Claim(
        id=event.claim_id,
        number=event.number,
        status=model.REVIEWING,
        attempt=event.attempt,
        item_id=event.item_id,
        edition=event.edition,
        item_title=event.item_title,
        period=event.period,
        mode=event.mode,
        uscc=event.uscc,
        name=event.name,
        region=event.region,
        county=event.region[:COUNTY_DIGITS],
        department=event.department,
        department_name=event.department_name,
        submitted_at=moment.at,
        organization_id=event.organization_id,
        roll_id=event.roll_id,
        terms=_terms(event.terms),
        explanation=plain(event.explanation),
        materials=_files(event.materials),
        claimed_fen=event.explanation.amount.fen,
        fen=event.explanation.amount.fen,
        reviewers=list(event.officers),
        **kept,  # type: ignore[arg-type]
    )


def _terms(terms: events.ClaimTerms) -> Terms:
    return Terms(
        terms.benefit_group,
        terms.overlap,
        terms.publicity_days,
        terms.review_days,
        terms.confirm_days,
        terms.second_review_fen,
        [Share(one.bearer, one.basis_points) for one in terms.shares],
    )


def _files(files: Any) -> list[File]:
    return [File(one.code, one.file_id, one.sealed_filename, one.media_type, one.size, one.sha256) for one in files]


def _tied(claim: Claim, event: events.ClaimTied, _moment: Moment) -> Claim:
    return replace(claim, organization_id=event.organization_id)


def _asked(claim: Claim, event: events.ReservationAsked, _moment: Moment) -> Claim:
    until = instant(event.deadline)
    return replace(claim, status=model.RESERVING, reservation=model.ASKED, reserved_fen=event.fen, reserve_until=until)


def _reserved(claim: Claim, event: events.ClaimReserved, _moment: Moment) -> Claim:
    return replace(claim, reservation=model.HELD, booked_fen=event.fen)


def _not_reserved(claim: Claim, _event: events.ReservationRefused, _moment: Moment) -> Claim:
    # The benefit may be held all the same.
    return replace(claim, reservation=model.FREEING)


def _sent_to_review(claim: Claim, event: events.ClaimSentToReview, _moment: Moment) -> Claim:
    status = model.SECOND_REVIEW if event.second else model.REVIEWING
    return replace(claim, status=status, step_due=instant(event.due), late=False)


def _reviewed(claim: Claim, event: events.ClaimReviewed, moment: Moment) -> Claim:
    told = plain(event.explanation) if event.HasField("explanation") else claim.explanation
    return replace(
        claim,
        fen=event.fen,
        explanation=told,
        reviewers=[*claim.reviewers, event.officer_id],
        reviewed=True,
        reviewed_twice=event.second,
        sealed_note=event.sealed_note or claim.sealed_note,
        step_due=None,
        late=False,
    )


def _returned(claim: Claim, event: events.ClaimReturned, _moment: Moment) -> Claim:
    back = {"status": model.REVIEWING, "reviewed": False} if event.second else {"status": model.CORRECTING}
    return replace(claim, **back, sealed_reason=event.sealed_reason, step_due=instant(event.due), late=False)


def _corrected(claim: Claim, event: events.ClaimCorrected, _moment: Moment) -> Claim:
    fresh = _files(event.materials)
    codes = {one.code for one in fresh}
    kept = [one for one in claim.materials if one.code not in codes]
    return replace(
        claim,
        status=model.REVIEWING,
        materials=[*kept, *fresh],
        sealed_reason="",
        step_due=instant(event.due),
        late=False,
    )


def _published(claim: Claim, event: events.ClaimPublished, _moment: Moment) -> Claim:
    return replace(
        claim, status=model.PUBLICITY, published=True, publicity_until=instant(event.until), step_due=None, late=False
    )


def _publicity_ended(claim: Claim, _event: events.PublicityEnded, _moment: Moment) -> Claim:
    return replace(claim, publicity_until=None)


def _objected(claim: Claim, event: events.ClaimObjected, moment: Moment) -> Claim:
    found = Objection(event.objection_id, event.person_id, event.sealed_text, moment.at)
    return replace(claim, status=model.OBJECTED, objections=[*claim.objections, found])


def _objection_decided(claim: Claim, event: events.ClaimObjectionDecided, _moment: Moment) -> Claim:
    decided = [
        replace(one, decision=event.decision, sealed_reason=event.sealed_reason)
        if one.id == event.objection_id
        else one
        for one in claim.objections
    ]
    still = any(not one.decision for one in decided)
    return replace(claim, status=model.OBJECTED if still else model.PUBLICITY, objections=decided)


def _account_asked(claim: Claim, event: events.AccountAsked, _moment: Moment) -> Claim:
    return replace(claim, status=model.ACCOUNT, step_due=instant(event.due), late=False)


def _account_stated(claim: Claim, event: events.AccountStated, _moment: Moment) -> Claim:
    return replace(
        claim,
        sealed_account=event.sealed_account,
        account_tail=event.tail,
        account_bank=event.bank_name,
        account_number=event.number,
        account=model.CHECKING,
        step_due=None,
    )


def _account_checked(claim: Claim, event: events.AccountChecked, _moment: Moment) -> Claim:
    return replace(claim, account=event.result)


def _sent_to_approval(claim: Claim, event: events.ClaimSentToApproval, _moment: Moment) -> Claim:
    return replace(claim, status=model.APPROVING, step_due=instant(event.due), late=False)


def _approved(claim: Claim, event: events.ClaimApproved, moment: Moment) -> Claim:
    return replace(
        claim,
        status=model.PAYING,
        fen=event.fen,
        approved_at=moment.at,
        approved_by=event.officer_id,
        step_due=None,
        late=False,
    )


def _refused(claim: Claim, event: events.ClaimRefused, moment: Moment) -> Claim:
    ended = _ended(claim, model.REFUSED, moment)
    return replace(ended, reason_code=event.reason_code, sealed_reason=event.sealed_reason)


def _withdrawn(claim: Claim, event: events.ClaimWithdrawn, moment: Moment) -> Claim:
    status = model.DECLINED if event.declined else model.WITHDRAWN
    return replace(_ended(claim, status, moment), sealed_reason=event.sealed_reason)


def _lapsed(claim: Claim, _event: events.ClaimLapsed, moment: Moment) -> Claim:
    return _ended(claim, model.LAPSED, moment)


def _ended(claim: Claim, status: int, moment: Moment) -> Claim:
    return replace(
        claim,
        status=status,
        reservation=_ENDING.get(claim.reservation, claim.reservation),
        step_due=None,
        publicity_until=None,
        late=False,
        ended_at=moment.at,
    )


# What was asked for may be held already: it is freed all the same, once its deadline is over. What was paid came back before.
_ENDING = {model.ASKED: model.FREEING, model.HELD: model.FREEING, model.SPENT: model.RESTORING}


def _late(claim: Claim, _event: events.ClaimLate, _moment: Moment) -> Claim:
    return replace(claim, late=True)


def _settled(evolve: Callable[[Any, Any, Moment], Claim]) -> Callable[[Any, Any, Moment], Claim]:
    """The state after the event, with what follows from it: what a worker has to do, and what is due by itself."""

    def settled(before: Claim | None, event: Any, moment: Moment) -> Claim:
        claim = evolve(before, event, moment)
        task = _task(claim)
        same = before is not None and task == before.task
        due, due_of = _due(claim)
        at = (before.task_due if same and before else _from(claim, task, moment.at)) if task else None
        return replace(claim, task=task, task_due=at, due=due, due_of=due_of)

    return settled


def _from(claim: Claim, task: str, at: datetime) -> datetime:
    """From when on: nothing is taken off a budget before the reservation's deadline."""
    waits = task in (model.TASKS[model.FREEING], model.TASKS[model.SPENDING])
    return max(at, claim.reserve_until) if waits and claim.reserve_until else at


def _task(claim: Claim) -> str:
    """What a worker has to do: one thing after the other."""
    if task := model.TASKS.get(claim.reservation):
        return task
    if claim.account == model.CHECKING and claim.status not in model.ENDED:
        return "check"
    return "pay" if claim.status == model.PAYING else ""


def _due(claim: Claim) -> tuple[datetime | None, str]:
    if claim.status == model.PUBLICITY:
        return claim.publicity_until, "publicity"
    if claim.step_due is None or claim.late:
        return None, ""
    return claim.step_due, model.STEPS.get(claim.status, "step")


_EVOLVE: Evolve = {
    events.ClaimSubmitted: _submitted,
    events.ClaimTied: _tied,
    events.ReservationAsked: _asked,
    events.ClaimReserved: _reserved,
    events.ReservationRefused: _not_reserved,
    events.ClaimSentToReview: _sent_to_review,
    events.ClaimReviewed: _reviewed,
    events.ClaimReturned: _returned,
    events.ClaimCorrected: _corrected,
    events.ClaimPublished: _published,
    events.PublicityEnded: _publicity_ended,
    events.ClaimObjected: _objected,
    events.ClaimObjectionDecided: _objection_decided,
    events.AccountAsked: _account_asked,
    events.AccountStated: _account_stated,
    events.AccountChecked: _account_checked,
    events.ClaimSentToApproval: _sent_to_approval,
    events.ClaimApproved: _approved,
    events.ClaimRefused: _refused,
    events.ClaimWithdrawn: _withdrawn,
    events.ClaimLapsed: _lapsed,
    events.ClaimLate: _late,
    **model_evolve_money.EVOLVE,
}
EVOLVE: Evolve = {event: _settled(evolve) for event, evolve in _EVOLVE.items()}
