"""What enterprises, reviewers and finance do to a claim, up to its approval. Pure: one function per act, refusing is raising.

An act gives its own event; where the claim goes on to from there is for `onward` alone, so that every way through review, publicity,
account, approval and payment is told in one place.
"""

from datetime import date, datetime, timedelta
from typing import Final

from google.protobuf.message import Message

from chassis.acts import Actor, Moment
from chassis.errors import FAILED_PRECONDITION, Refused, Violation, invalid, require
from services.policy import model
from services.policy.model import Claim
from services.policy.model_evolve import EVOLVE
from services.policy.model_moves import require_move, require_other
from standards.instants import after, after_natural, text
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2
from yiwang.rules.v1 import rules_pb2

# How long a reservation may take; an enterprise has to answer; finance has to decide. Working days but for the first.
RESERVE: Final = timedelta(seconds=60)
REVIEW_DAYS, SECOND_DAYS, APPROVAL_DAYS, CORRECT_DAYS = 10, 3, 5, 15
CONFIRM_DAYS: Final = 30


def submit(
    told: events.ClaimSubmitted, before: Claim | None, stated: Message | None, now: datetime, sure: bool = True
) -> list[Message]:
    """What an enterprise claims, for the first time or again after it came to nothing. The rules have answered: no → refused with the
    reasons, yes → the budget is asked, not known → an officer. `stated` is its account (AccountStated), if it gave one. Unless it is `sure`
    who and where the enterprise is, an officer looks before anything is paid by the rules alone."""
    if before is not None:
        require(before.status in model.ENDED, "ALREADY_CLAIMED", "本期已申报过该兑付事项，不能重复申报")
        free = before.reservation in ("", model.FREE)
        require(free, "STILL_FREEING", "上次申报占用的预算正在释放，请稍后再试")
    told.attempt = before.attempt + 1 if before else 1
    found: list[Message] = [told, *([stated] if stated else [])]
    result = told.explanation.result
    if result == rules_pb2.TRUTH_FALSE:
        return [*found, events.ClaimRefused(claim_id=told.claim_id, reason_code="NOT_ELIGIBLE")]
    if result == rules_pb2.TRUTH_TRUE and (sure or told.mode == model.ORDINARY):
        return [*found, ask_reservation(told.claim_id, told.explanation.amount.fen, now)]
    return [*found, _to_review(told.claim_id, told.terms.review_days, told.region, now)]


def tie(claim: Claim, organization: str) -> events.ClaimTied | None:
    """Whose it is in identity, of a claim that came from a list before anybody acted for the enterprise."""
    if claim.organization_id or not organization:
        return None
    return events.ClaimTied(claim_id=claim.id, organization_id=organization)


def ask_reservation(claim_id: str, fen: int, now: datetime) -> events.ReservationAsked:
    """Benefit and budget are to be reserved before the deadline, which is compared with the store's clock."""
    return events.ReservationAsked(claim_id=claim_id, fen=fen, deadline=text(now + RESERVE))


def reserved(claim: Claim, now: datetime) -> list[Message] | None:
    """They are; the claim goes on. Nothing when it was told already, or the claim came to nothing meanwhile."""
    if claim.reservation != model.ASKED:
        return None
    told = events.ClaimReserved(
        claim_id=claim.id, budget_id=model.budget(claim), fen=claim.reserved_fen, roll_id=claim.roll_id
    )
    return along(claim, [told], now)


def not_reserved(claim: Claim, reason: str) -> list[Message] | None:
    """They cannot be: the claim is refused."""
    if claim.reservation != model.ASKED:
        return None
    return [
        events.ReservationRefused(claim_id=claim.id, reason=reason),
        events.ClaimRefused(claim_id=claim.id, reason_code=reason),
    ]


def correct(claim: Claim, files: list[events.KeptClaimFile], now: datetime) -> events.ClaimCorrected:
    """What was missing is handed in."""
    require_move(claim, "CorrectClaim")
    due = _end(claim.region, claim.terms.review_days or REVIEW_DAYS, now)
    return events.ClaimCorrected(claim_id=claim.id, materials=files, due=due)


def withdraw(claim: Claim, sealed_reason: str) -> events.ClaimWithdrawn:
    """The enterprise takes it back, or does not want it."""
    require_move(claim, "WithdrawClaim")
    return events.ClaimWithdrawn(claim_id=claim.id, sealed_reason=sealed_reason, declined=claim.mode == model.PROACTIVE)


def review(
    claim: Claim, actor: Actor, explained: items_pb2.Explanation, fen: int, sealed_note: str, now: datetime
) -> list[Message]:
    """An officer finds it right. `explained` is what the rules say with the facts he stated, which must be yes; `fen` lowers the amount
    (0 = what the formula gives). FAILED_PRECONDITION NOT_ELIGIBLE; INVALID_ARGUMENT `amount_fen` ABOVE_COMPUTED, `reason` REQUIRED."""
    require_move(claim, "ReviewClaim")
    require_eligible(explained)
    computed = explained.amount.fen
    if fen > computed:
        raise invalid(Violation("amount_fen", "ABOVE_COMPUTED", f"核定金额不得高于按公式计算的{computed / 100:.2f}元"))
    if fen and fen < computed and not sealed_note:
        raise invalid(Violation("reason", "REQUIRED", "核减金额须说明理由"))
    amount = fen or computed
    told = events.ClaimReviewed(claim_id=claim.id, officer_id=actor.id, fen=amount, sealed_note=sealed_note)
    told.explanation.CopyFrom(explained)
    if claim.reservation == model.HELD and amount <= claim.reserved_fen:
        return along(claim, [told], now)
    # What an officer's facts made more than was reserved is reserved anew, under the next number.
    require(claim.reservation != model.HELD, "ABOVE_RESERVED", "核定金额高于申报时占用的预算，请退回企业重新申报")
    return [told, ask_reservation(claim.id, amount, now)]


def require_eligible(explained: items_pb2.Explanation) -> None:
    """FAILED_PRECONDITION NOT_ELIGIBLE unless the rules say yes, with what lacks, or is not known."""
    if explained.result == rules_pb2.TRUTH_TRUE:
        return
    lacking = [one.says or one.leaf for one in explained.lacking] or [one.title for one in explained.missing]
    words = "；".join(lacking[:5]) or explained.amount.fault
    raise Refused(FAILED_PRECONDITION, "NOT_ELIGIBLE", f"尚不能认定符合条件：{words}")


def second_review(claim: Claim, actor: Actor, sealed_note: str, now: datetime) -> list[Message]:
    """The other pair of eyes finds it right. FAILED_PRECONDITION SAME_OFFICER."""
    require_move(claim, "SecondReviewClaim")
    require_other(claim, "SecondReviewClaim", actor)
    told = events.ClaimReviewed(
        claim_id=claim.id, officer_id=actor.id, fen=claim.fen, sealed_note=sealed_note, second=True
    )
    return along(claim, [told], now)


def send_back(claim: Claim, actor: Actor, name: str, sealed_reason: str, now: datetime) -> events.ClaimReturned:
    """The enterprise is to hand in more; the second reviewer sends it to the first."""
    require_move(claim, name)
    require_other(claim, name, actor)
    second = name == "SecondReviewClaim"
    days = (claim.terms.review_days or REVIEW_DAYS) if second else CORRECT_DAYS
    due = _end(claim.region, days, now)
    return events.ClaimReturned(
        claim_id=claim.id, officer_id=actor.id, sealed_reason=sealed_reason, due=due, second=second
    )


def refuse(claim: Claim, actor: Actor, name: str, sealed_reason: str) -> events.ClaimRefused:
    """A reviewer or finance refuses it; never one who has reviewed it before."""
    require_move(claim, name)
    require_other(claim, name, actor)
    code = "APPROVAL" if name == "ApproveClaim" else "REVIEW"
    return events.ClaimRefused(claim_id=claim.id, reason_code=code, sealed_reason=sealed_reason, officer_id=actor.id)


def object(claim: Claim, objection: str, person: str, sealed: str) -> events.ClaimObjected:
    """Somebody says why it is wrong. FAILED_PRECONDITION TOO_MANY; ALREADY_OBJECTED while his own waits."""
    require_move(claim, "ObjectToClaim")
    own = any(one.person_id == person and not one.decision for one in claim.objections)
    require(not own, "ALREADY_OBJECTED", "您提出的异议正在处理，请等待处理结果")
    require(len(claim.objections) < 50, "TOO_MANY", "该公示的异议已达上限")
    return events.ClaimObjected(claim_id=claim.id, objection_id=objection, person_id=person, sealed_text=sealed)


def decide_objection(
    claim: Claim, objection: str, decision: str, actor: Actor, sealed: str, now: datetime
) -> list[Message]:
    """Supervision dismisses it, or upholds it, which refuses the claim. INVALID_ARGUMENT `objection_id` UNKNOWN, DECIDED;
    FAILED_PRECONDITION SAME_OFFICER."""
    require_move(claim, "DecideClaimObjection")
    require_other(claim, "DecideClaimObjection", actor)
    found = next((one for one in claim.objections if one.id == objection), None)
    if found is None or found.decision:
        raise invalid(Violation("objection_id", "DECIDED" if found else "UNKNOWN", "没有这条待处理的异议"))
    told = events.ClaimObjectionDecided(
        claim_id=claim.id, objection_id=objection, decision=decision, sealed_reason=sealed, officer_id=actor.id
    )
    if decision == "UPHELD":
        refused = events.ClaimRefused(
            claim_id=claim.id, reason_code="OBJECTION", sealed_reason=sealed, officer_id=actor.id
        )
        return [told, refused]
    return [told]


def approve(claim: Claim, actor: Actor, now: datetime) -> list[Message]:
    """Finance releases the money. FAILED_PRECONDITION SAME_OFFICER."""
    require_move(claim, "ApproveClaim")
    require_other(claim, "ApproveClaim", actor)
    return along(claim, [_approval(claim, actor.id)], now)


def state_account(claim: Claim, sealed: str, tail: str, bank_name: str) -> events.AccountStated:
    """The enterprise states where the money goes."""
    require_move(claim, "ConfirmAccount")
    return events.AccountStated(
        claim_id=claim.id, sealed_account=sealed, tail=tail, bank_name=bank_name, number=claim.account_number + 1
    )


def account_checked(claim: Claim, number: int, result: str, now: datetime) -> list[Message] | None:
    """What the bank says of an account; nothing when it is about a former one."""
    if claim.account != model.CHECKING or claim.account_number != number:
        return None
    told = events.AccountChecked(claim_id=claim.id, number=number, result=result)
    # An account is wanted at the latest when the money is to go there.
    if claim.status == model.ACCOUNT or (claim.status in (model.APPROVING, model.PAYING) and result != model.OK):
        return along(claim, [told], now)
    return [told]


def fire(claim: Claim, now: datetime) -> list[Message] | None:
    """What an end that is reached makes of it: publicity ends, an enterprise did not answer, officers are late."""
    if claim.due is None or claim.due > now:
        return None
    if claim.due_of == "publicity":
        return along(claim, [events.PublicityEnded(claim_id=claim.id)], now)
    if claim.due_of == "lapse":
        return [events.ClaimLapsed(claim_id=claim.id)]
    return [events.ClaimLate(claim_id=claim.id, step=model.STATUSES[claim.status])]


def along(claim: Claim, told: list[Message], now: datetime) -> list[Message]:
    """These events, and the one that leads the claim on to where it goes from there."""
    moment = Moment(now, "")
    for event in told:
        claim = EVOLVE[type(event)](claim, event, moment)
    return [*told, *onward(claim, now)]


def onward(claim: Claim, now: datetime) -> list[Message]:
    """Where a claim goes once what it waited for is done: review, second review, publicity, account, approval, payment, in this order, each
    where its mode, its amount and its account want it."""
    id, terms, region = claim.id, claim.terms, claim.region
    large = bool(terms.second_review_fen) and claim.fen >= terms.second_review_fen
    if claim.mode == model.ORDINARY or (claim.mode == model.INSTANT and large):
        if not claim.reviewed:
            return [_to_review(id, terms.review_days, region, now)]
        if large and not claim.reviewed_twice:
            due = _end(region, SECOND_DAYS, now)
            return [events.ClaimSentToReview(claim_id=id, due=due, second=True)]
    # What came from a roll was public with it.
    if terms.publicity_days and not claim.published and not claim.roll_id:
        until = _end(region, terms.publicity_days, now)
        return [events.ClaimPublished(claim_id=id, fen=claim.fen, until=until)]
    if claim.account not in (model.OK, model.CHECKING):
        days = terms.confirm_days or CONFIRM_DAYS
        return [events.AccountAsked(claim_id=id, due=text(after_natural(now, days)))]
    if claim.approved_at is not None:
        return [events.PaymentResumed(claim_id=id)] if claim.status != model.PAYING else []
    by_rules = claim.mode == model.INSTANT and not claim.reviewed
    if by_rules:
        return [_approval(claim, "")]
    return [events.ClaimSentToApproval(claim_id=id, due=_end(region, APPROVAL_DAYS, now))]


def _approval(claim: Claim, officer: str) -> events.ClaimApproved:
    return events.ClaimApproved(claim_id=claim.id, budget_id=model.budget(claim), fen=claim.fen, officer_id=officer)


def _to_review(claim_id: str, days: int, region: str, now: datetime) -> events.ClaimSentToReview:
    return events.ClaimSentToReview(claim_id=claim_id, due=_end(region, days or REVIEW_DAYS, now))


def _end(region: str, days: int, now: datetime) -> str:
    return text(after(now, days, region))


def number(code: str, region: str, day: date) -> str:
    """The public number of a claim: DF, county, day and eight characters nobody can guess from another's."""
    return f"DF{region[: model.COUNTY_DIGITS]}{day:%y%m%d}{code}"


def terms_of(definition: items_pb2.PayoutItemDefinition) -> events.ClaimTerms:
    """The terms a claim runs under, of the edition it is made under."""
    return events.ClaimTerms(
        benefit_group=definition.benefit_group,
        overlap=definition.overlap,
        publicity_days=definition.publicity_days,
        review_days=definition.review_days,
        confirm_days=definition.confirm_days,
        second_review_fen=definition.second_review_fen,
        shares=definition.shares,
    )
