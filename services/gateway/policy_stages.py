"""How far a claim is, as its page shows it: five phases by its mode; and what an enterprise received."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from services.gateway import policy_words
from services.gateway.words import short_day_text
from yiwang.policy.v1 import claims_pb2 as claims
from yiwang.policy.v1 import items_pb2 as items


class Stage(NamedTuple):
    """One phase of a claim: done, current, attention, stopped or ahead."""

    name: str
    state: str
    note: str


_S: Final = claims
# Phases of a claim by its mode, and in which of them a status is; the last is behind when it is paid.
_PHASES: Final[Mapping[int, tuple[str, ...]]] = {
    items.PAYOUT_MODE_PROACTIVE: ("列入名单", "公示", "确认账户", "财政审批", "拨付"),
    items.PAYOUT_MODE_INSTANT: ("申报", "规则判定", "账户核验", "拨付", "到账"),
    items.PAYOUT_MODE_ORDINARY: ("申报", "审核", "公示", "财政审批", "拨付"),
}
# status: (proactive, instant, ordinary)
_AT: Final[Mapping[int, tuple[int, int, int]]] = {
    _S.CLAIM_STATUS_RESERVING: (0, 1, 1),
    _S.CLAIM_STATUS_REVIEWING: (0, 1, 1),
    _S.CLAIM_STATUS_CORRECTING: (0, 1, 1),
    _S.CLAIM_STATUS_SECOND_REVIEW: (0, 1, 1),
    _S.CLAIM_STATUS_PUBLICITY: (1, 1, 2),
    _S.CLAIM_STATUS_OBJECTED: (1, 1, 2),
    _S.CLAIM_STATUS_ACCOUNT: (2, 2, 3),
    _S.CLAIM_STATUS_APPROVING: (3, 2, 3),
    _S.CLAIM_STATUS_PAYING: (4, 3, 4),
}
_ATTENTION: Final = (_S.CLAIM_STATUS_CORRECTING, _S.CLAIM_STATUS_OBJECTED, _S.CLAIM_STATUS_ACCOUNT)
_OVER: Final = (
    _S.CLAIM_STATUS_REFUSED,
    _S.CLAIM_STATUS_WITHDRAWN,
    _S.CLAIM_STATUS_DECLINED,
    _S.CLAIM_STATUS_LAPSED,
)
# By which events a claim that ended shows how far it came: the status it was in then.
_CAME: Final = {
    "ClaimSubmitted": _S.CLAIM_STATUS_RESERVING,
    "ClaimSentToReview": _S.CLAIM_STATUS_REVIEWING,
    "ClaimPublished": _S.CLAIM_STATUS_PUBLICITY,
    "AccountAsked": _S.CLAIM_STATUS_ACCOUNT,
    "ClaimSentToApproval": _S.CLAIM_STATUS_APPROVING,
    "PaymentOrdered": _S.CLAIM_STATUS_PAYING,
}


def stages(one: claims.Claim) -> list[Stage]:
    """How far a claim is, in five phases of its mode."""
    names = _PHASES.get(one.mode, _PHASES[items.PAYOUT_MODE_ORDINARY])
    here, now = len(names), "current"
    if one.status in _AT:
        here = _phase(one.status, one.mode)
        now = "attention" if one.status in _ATTENTION or one.late else "current"
    elif one.status in _OVER:
        here, now = _came_to(one), "stopped"
    notes = _notes(one, here)
    return [
        Stage(name, "done" if at < here else now if at == here else "ahead", notes.get(at, ""))
        for at, name in enumerate(names)
    ]


def _phase(status: int, mode: int) -> int:
    column = 0 if mode == items.PAYOUT_MODE_PROACTIVE else 1 if mode == items.PAYOUT_MODE_INSTANT else 2
    return _AT[status][column]


def _came_to(one: claims.Claim) -> int:
    return max((_phase(_CAME[step.type], one.mode) for step in one.steps if step.type in _CAME), default=0)


def _notes(one: claims.Claim, here: int) -> dict[int, str]:
    word = policy_words.CLAIM.get(one.status)
    notes = {0: short_day_text(one.submitted_at)}
    if here < 5 and word:
        notes[here] = word.text
    if one.paid_at:
        notes[4] = short_day_text(one.paid_at)
    return notes


def account(one: claims.Claim) -> str:
    """Where a claim's money goes, masked."""
    return f"{one.account_bank} {one.account_masked}".strip()


def received(some: Sequence[claims.Claim]) -> int:
    """What of these claims was paid and kept, in fen."""
    paid = (
        *(_S.CLAIM_STATUS_PAID, _S.CLAIM_STATUS_RECOVERING),
        *(_S.CLAIM_STATUS_RECOVERED, _S.CLAIM_STATUS_RECOVERY_ENDED),
    )
    return sum(one.approved_fen - one.recovered_fen for one in some if one.status in paid)
