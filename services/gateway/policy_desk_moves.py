"""What officers may do with a claim or a list of proactive payouts, as forms: one row per move, its inputs as data. Pages draw what is
offered."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from services.gateway.market_forms import Entry, read
from services.gateway.moves import Move
from services.gateway.policy_desk_words import FIELD
from services.gateway.policy_forms import act
from yiwang.policy.v1 import claims_pb2 as claims
from yiwang.policy.v1 import rolls_pb2 as rolls

ROLES: Final = ("payout", "finance", "supervise")
# Statuses as an address has them.
STATUSES: Final[Mapping[str, int]] = {
    "reviewing": claims.CLAIM_STATUS_REVIEWING,
    "second": claims.CLAIM_STATUS_SECOND_REVIEW,
    "correcting": claims.CLAIM_STATUS_CORRECTING,
    "publicity": claims.CLAIM_STATUS_PUBLICITY,
    "objected": claims.CLAIM_STATUS_OBJECTED,
    "account": claims.CLAIM_STATUS_ACCOUNT,
    "approving": claims.CLAIM_STATUS_APPROVING,
    "paying": claims.CLAIM_STATUS_PAYING,
    "paid": claims.CLAIM_STATUS_PAID,
    "recovering": claims.CLAIM_STATUS_RECOVERING,
    "refused": claims.CLAIM_STATUS_REFUSED,
}
ROLL_STATUSES: Final[Mapping[str, int]] = {
    "computed": rolls.ROLL_STATUS_COMPUTED,
    "published": rolls.ROLL_STATUS_PUBLISHED,
    "issuing": rolls.ROLL_STATUS_ISSUING,
    "issued": rolls.ROLL_STATUS_ISSUED,
    "dropped": rolls.ROLL_STATUS_DROPPED,
}


def _move(
    rpc: str, request: type[Any], title: str, done: str, inputs: Sequence[Entry] = (), hint: str = "", first: bool = True,
    danger: bool = False,
) -> Move:  # fmt: skip
    return Move(act(rpc, request, done, lambda form: read(inputs, form), FIELD), title, inputs, hint, first, danger)


def _fixed(*options: tuple[str, str]) -> Callable[[Any], Sequence[tuple[str, str]]]:
    return lambda _one: options


def _open_objections(one: claims.Claim | rolls.Roll) -> list[tuple[str, str]]:
    return [(row.objection_id, f"{row.at[:10]} {row.text[:40]}".strip()) for row in one.objections if not row.decision]


_WHY: Final = Entry("reason", "理由", required=False, hint="不通过的必须说明，企业会看到。", most=500)
_DECIDED: Final = (
    Entry("objection_id", "异议", "choice", options=_open_objections),
    Entry("decision", "处理", "choice", options=_fixed(("DISMISSED", "异议不成立"), ("UPHELD", "异议成立，不予兑付"))),
)
CLAIM: Final[Mapping[str, Move]] = {
    "SecondReviewClaim": _move(
        "claims.SecondReviewClaim", claims.SecondReviewClaimRequest, "复核", "policy-reviewed",
        (
            Entry("decision", "复核意见", "choice", options=_fixed(
                ("APPROVE", "通过"), ("RETURN", "退回重新审核"), ("REFUSE", "不予兑付"))),
            _WHY,
        ),
        "审核过的人不能复核。",
    ),
    "DecideClaimObjection": _move(
        "claims.DecideClaimObjection", claims.DecideClaimObjectionRequest, "处理异议", "policy-objection-decided",
        (*_DECIDED, Entry("reason", "理由", hint="企业会看到。", most=500)),
    ),
    "ApproveClaim": _move(
        "claims.ApproveClaim", claims.ApproveClaimRequest, "财政审批", "policy-approved",
        (Entry("approved", "审批意见", "yes", words=("同意拨付", "不同意")), _WHY),
        "同意以后支付指令即发银行。审核过的人不能审批。",
    ),
    "OpenSpotCheck": _move(
        "claims.OpenSpotCheck", claims.OpenSpotCheckRequest, "开始抽查", "policy-check-opened",
        (Entry("note", "抽查事由", required=False, most=500),), first=False,
    ),
    "ConcludeSpotCheck": _move(
        "claims.ConcludeSpotCheck", claims.ConcludeSpotCheckRequest, "抽查结论", "policy-check-concluded",
        (
            Entry("recover_fen", "应退回金额（元）", "yuan", hint="没有问题填 0。"),
            Entry("reason", "结论", hint="企业会看到。", most=500),
        ),
        "应退回的，系统给出转账附言，到账后自动核销。",
    ),
    "EndRecovery": _move(
        "claims.EndRecovery", claims.EndRecoveryRequest, "终止追回", "policy-recovery-ended",
        (Entry("reason", "理由", hint="企业会看到：如企业已注销、追回决定已撤销、已移送法院执行。", most=500),),
        "不再要求退回其余资金。审批过拨付的人不能终止。", first=False, danger=True,
    ),
}  # fmt: skip
ROLL: Final[Mapping[str, Move]] = {
    "ReviewRoll": _move(
        "rolls.ReviewRoll", rolls.ReviewRollRequest, "审核名单", "policy-roll-reviewed",
        (
            Entry("approved", "审核意见", "yes", words=("同意公示", "作废")),
            Entry("reason", "理由", required=False, hint="作废的必须说明。", most=200),
        ),
        "同意后预留全部金额并公示。生成名单或者移出企业的人不能审核。",
    ),
    "ExcludeFromRoll": _move(
        "rolls.ExcludeFromRoll", rolls.ExcludeFromRollRequest, "移出企业", "policy-roll-excluded",
        (
            Entry("uscc", "统一社会信用代码", "text", most=18),
            Entry("reason", "理由", hint="将随名单公开，不写任何人的姓名、电话。", most=200),
        ),
        first=False, danger=True,
    ),
    "DecideRollObjection": _move(
        "rolls.DecideRollObjection", rolls.DecideRollObjectionRequest, "处理异议", "policy-objection-decided",
        (*_DECIDED, Entry("reason", "理由", hint="将公开，不写任何人的姓名、电话。", most=200)),
        "异议成立的，企业移出名单。全部异议处理完，名单才进入拨付。",
    ),
}  # fmt: skip
