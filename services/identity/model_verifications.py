"""Verifications as pure functions: a person asks, the source answers, perhaps by a question of its own, and his level rises.

What the source is told and what it asks are sealed under the person's key; no name or number is in a state or a journal in clear.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from google.protobuf.message import Message

from chassis.acts import Actor, Evolve, Moment
from chassis.errors import FAILED_PRECONDITION, RESOURCE_EXHAUSTED, Refused, Violation, invalid, require
from services.identity.model import Person
from standards import real_names
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import verifications_pb2 as pb

REQUESTED, CHALLENGED = pb.VERIFICATION_STATUS_REQUESTED, pb.VERIFICATION_STATUS_CHALLENGED
ANSWERED, PASSED, FAILED = (
    pb.VERIFICATION_STATUS_ANSWERED,
    pb.VERIFICATION_STATUS_PASSED,
    pb.VERIFICATION_STATUS_FAILED,
)
OPEN = frozenset((REQUESTED, CHALLENGED, ANSWERED))

MISMATCH, EXPIRED, SOURCE_REFUSED = "MISMATCH", "EXPIRED", "SOURCE_REFUSED"
REASONS = {
    MISMATCH: "所填信息与核验结果不一致",
    EXPIRED: "超过时限未完成，请重新发起核验",
    SOURCE_REFUSED: "核验机构未能受理，请稍后重试，或持证件到窗口核验",
}
# Documents by GA/T 2000.156, as the person reads what was seen of him.
DOCUMENTS = {
    "111": "居民身份证",
    "414": "普通护照",
    "511": "台湾居民来往大陆通行证",
    "516": "港澳居民来往内地通行证",
}

MOST_A_DAY = 10
# So many questions of the source; then the verification has failed.
MOST_CHALLENGES = 5
ANSWER_WITHIN = timedelta(minutes=15)
# The source may be away that long. Nothing is open longer, so that who looks for what is open need look no further back.
SOURCE_WITHIN = timedelta(hours=24)


class Method(NamedTuple):
    """What a method gives, and what of the person's file the source is told."""

    level: int
    fields: tuple[str, ...]
    card: bool = False


METHODS: Mapping[int, Method] = {
    pb.VERIFICATION_METHOD_PHONE: Method(real_names.WEAK, ("phone",)),
    pb.VERIFICATION_METHOD_NAME_NUMBER: Method(real_names.MEDIUM, ("name", "id_number")),
    pb.VERIFICATION_METHOD_FACE: Method(real_names.STRONG, ("name", "id_number")),
    pb.VERIFICATION_METHOD_BANK_CARD: Method(real_names.STRONG, ("name", "id_number", "phone"), card=True),
}


class Answer(NamedTuple):
    """What the source said: PASSED with its reference, FAILED with a reason of ours, or CHALLENGED with what it asks for."""

    status: int
    reference: str = ""
    reason: str = ""
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """One question to the source."""

    id: str
    person_id: str
    method: int
    status: int
    requested_at: datetime
    # When it expires; None once it is finished.
    due: datetime | None
    # What the source is told, what it asks and what the person answered, each sealed; empty once it is finished.
    sealed: str = ""
    sealed_prompt: str = ""
    sealed_answer: str = ""
    challenges: int = 0
    reason: str = ""
    reference: str = ""
    finished_at: datetime | None = None

    @property
    def level(self) -> int:
        """The level it gives when it passes."""
        return METHODS[self.method].level


def visible(actor: Actor) -> dict[str, Any]:
    """Everyone's own verifications only."""
    return {"state.person_id": actor.id}


def not_configured() -> Refused:
    """FAILED_PRECONDITION SOURCE_NOT_CONFIGURED: this installation has no verification source."""
    return Refused(FAILED_PRECONDITION, "SOURCE_NOT_CONFIGURED", "本地尚未接入核验服务，请持证件到窗口核验")


def too_many() -> Refused:
    """RESOURCE_EXHAUSTED TOO_MANY_VERIFICATIONS: ten in a day."""
    return Refused(RESOURCE_EXHAUSTED, "TOO_MANY_VERIFICATIONS", f"每日最多发起{MOST_A_DAY}次核验，请明日再试")


def check_request(person: Person, method: int, card_number: str, known: Mapping[str, str]) -> None:
    """Whether this person may ask by this method; `known` is what is on file of him, in clear."""
    rule = METHODS[method]
    if rule.card and not card_number:
        raise invalid(Violation("card_number", "REQUIRED", "请填写银行卡号"))
    if card_number and not rule.card:
        raise invalid(Violation("card_number", "NOT_FOR_METHOD", "此核验方式不需要银行卡号"))
    require(rule.level > person.level, "LEVEL_HELD", "您已具有该实名等级或更高等级")
    require(all(known.get(field) for field in rule.fields), "FILE_INCOMPLETE", "您的档案缺少此核验方式所需的信息")


def told(method: int, card_number: str, known: Mapping[str, str]) -> dict[str, str]:
    """What the source needs for this method, and nothing else."""
    content = {field: known[field] for field in METHODS[method].fields}
    return content | ({"card_number": card_number} if METHODS[method].card else {})


def request(
    id: str, person: Person, method: int, sealed: str, others: Sequence[Verification], now: datetime
) -> events.VerificationRequested:
    """The source is to be asked. `others` are the person's of today and yesterday: older ones have expired."""
    still = [one for one in others if one.method == method and one.due is not None and one.due > now]
    require(not still, "VERIFICATION_OPEN", "同一方式的核验正在进行，请先完成")
    return events.VerificationRequested(verification_id=id, person_id=person.id, method=method, sealed=sealed)


def answer(one: Verification, sealed: str, now: datetime) -> events.VerificationAnswered:
    """The person answers what the source asked; the source is to be told."""
    require(one.status == CHALLENGED, "NOT_CHALLENGED", "当前没有需要您回答的核验")
    require(one.due is not None and now < one.due, "VERIFICATION_EXPIRED", REASONS[EXPIRED])
    return events.VerificationAnswered(verification_id=one.id, sealed=sealed)


def heard(one: Verification, said: Answer, sealed_prompt: str) -> Message:
    """What the source said about an open verification."""
    if said.status == PASSED:
        return events.VerificationPassed(
            verification_id=one.id,
            person_id=one.person_id,
            level=one.level,  # type: ignore[arg-type]
            reference=said.reference,
        )
    if said.status == CHALLENGED and one.challenges < MOST_CHALLENGES:
        return events.VerificationChallenged(verification_id=one.id, sealed_prompt=sealed_prompt)
    reason = said.reason if said.status == FAILED else MISMATCH
    return events.VerificationFailed(verification_id=one.id, reason=reason)


def waits(one: Verification, sealed_answer: str = "") -> bool:
    """Whether the source is still to be asked, or to be told this answer."""
    if not sealed_answer:
        return one.status == REQUESTED
    return one.status == ANSWERED and one.sealed_answer == sealed_answer


def expire(one: Verification, now: datetime) -> events.VerificationFailed | None:
    """The end of an open one whose time is over."""
    if one.due is None or now < one.due:
        return None
    return events.VerificationFailed(verification_id=one.id, reason=EXPIRED)


def _requested(_before: None, event: events.VerificationRequested, moment: Moment) -> Verification:
    return Verification(
        id=event.verification_id,
        person_id=event.person_id,
        method=event.method,
        status=REQUESTED,
        requested_at=moment.at,
        due=moment.at + SOURCE_WITHIN,
        sealed=event.sealed,
    )


def _challenged(one: Verification, event: events.VerificationChallenged, moment: Moment) -> Verification:
    return replace(
        one,
        status=CHALLENGED,
        due=min(moment.at + ANSWER_WITHIN, one.requested_at + SOURCE_WITHIN),
        sealed_prompt=event.sealed_prompt,
        sealed_answer="",
        challenges=one.challenges + 1,
    )


def _answered(one: Verification, event: events.VerificationAnswered, moment: Moment) -> Verification:
    due = one.requested_at + SOURCE_WITHIN
    return replace(one, status=ANSWERED, due=due, sealed_prompt="", sealed_answer=event.sealed)


def _finished(one: Verification, status: int, moment: Moment, **said: str) -> Verification:
    done = replace(one, status=status, due=None, finished_at=moment.at, **said)  # type: ignore[arg-type]
    return replace(done, sealed="", sealed_prompt="", sealed_answer="")


def _passed(one: Verification, event: events.VerificationPassed, moment: Moment) -> Verification:
    return _finished(one, PASSED, moment, reference=event.reference)


def _failed(one: Verification, event: events.VerificationFailed, moment: Moment) -> Verification:
    return _finished(one, FAILED, moment, reason=event.reason)


EVOLVE: Evolve = {
    events.VerificationRequested: _requested,
    events.VerificationChallenged: _challenged,
    events.VerificationAnswered: _answered,
    events.VerificationPassed: _passed,
    events.VerificationFailed: _failed,
}
