"""A claim as its reader may see it: all of it to its enterprise, its department, finance and supervision; who objected and why to
supervision; its result to everybody while it is public."""

from collections.abc import Mapping
from typing import Any, Final

from chassis.acts import Actor
from chassis.parts import Parts
from chassis.records import Record
from services.policy import model, model_moves
from services.policy.model import Claim, File, Objection, Order
from standards.instants import text
from yiwang.policy.v1 import claims_pb2 as pb
from yiwang.policy.v1 import items_pb2

# What the bank says of an account or an order, for people.
CODES: Final[Mapping[str, str]] = {
    "CHECKING": "正在核验账户",
    "OK": "账户核验通过",
    "NAME_MISMATCH": "户名与账号不符",
    "NO_SUCH_ACCOUNT": "账号不存在",
    "CLOSED": "账户已销户",
    "FROZEN": "账户已冻结",
    "REFUSED": "银行不接受该账户",
}
# What each event of the journal is to people.
STEPS: Final[Mapping[str, str]] = {
    "ClaimSubmitted": "提交申报",
    "ClaimReserved": "预算已占用",
    "ClaimTied": "与企业账号关联",
    "ReservationRefused": "预算占用未成功",
    "ReservationReleased": "占用的预算已释放",
    "ClaimSentToReview": "进入审核",
    "ClaimReviewed": "审核通过",
    "ClaimReturned": "退回补正",
    "ClaimCorrected": "已补正",
    "ClaimPublished": "开始公示",
    "PublicityEnded": "公示期满",
    "ClaimObjected": "收到异议",
    "ClaimObjectionDecided": "异议已处理",
    "AccountAsked": "等待企业确认账户",
    "AccountStated": "企业确认账户",
    "AccountChecked": "银行核验账户",
    "ClaimSentToApproval": "进入财政审批",
    "ClaimApproved": "审批通过",
    "ClaimRefused": "不予兑付",
    "ClaimWithdrawn": "企业撤回",
    "ClaimLapsed": "逾期未答复，申报终止",
    "PaymentOrdered": "开具支付指令",
    "PaymentSettled": "资金拨付到账",
    "PaymentRejected": "银行退回支付指令",
    "PaymentReturned": "退汇",
    "PaymentResumed": "重新拨付",
    "PaymentReconciled": "与银行对账一致",
    "SpotCheckOpened": "开始抽查",
    "SpotCheckConcluded": "抽查结论",
    "RecoveryReceived": "收回资金",
    "RecoveryEnded": "终止追回",
}


def full(record: Record[Claim], actor: Actor, parts: Parts) -> pb.Claim:
    """The whole claim, for its reader."""
    claim, view = record.state, brief(record, actor, parts)
    view.explanation.CopyFrom(model.explanation_of(claim))
    view.materials.extend(_material(one, claim, parts) for one in claim.materials)
    within = model.supervises(actor, claim)
    view.objections.extend(_objection(one, claim, parts, within) for one in claim.objections)
    view.shares.extend(items_pb2.Share(bearer=one.bearer, basis_points=one.basis_points) for one in claim.terms.shares)
    view.spot_check_note = _open(parts, claim, claim.sealed_check)
    view.steps.extend(_steps(record.journal))
    return view


def brief(record: Record[Claim], actor: Actor, parts: Parts) -> pb.Claim:
    """The claim as it stands in a list."""
    claim = record.state
    view = pb.Claim(
        claim_id=record.id,
        version=record.version,
        number=claim.number,
        status=claim.status,  # type: ignore[arg-type]
        item_id=claim.item_id,
        edition=claim.edition,
        item_title=claim.item_title,
        period=claim.period,
        mode=claim.mode,  # type: ignore[arg-type]
        uscc=claim.uscc,
        name=claim.name,
        department=claim.department,
        department_name=claim.department_name,
        region=claim.region,
        reason_code=claim.reason_code,
        reason=_reason(parts, claim),
        due=text(claim.publicity_until or claim.step_due),
        late=claim.late,
        publicity_until=text(claim.publicity_until),
        submitted_at=text(claim.submitted_at),
        roll_id=claim.roll_id,
        open_moves=model_moves.open_moves(claim, actor),
        attempt=claim.attempt,
    )
    view.MergeFrom(_money(claim))
    return view


def _money(claim: Claim) -> pb.Claim:
    """What a claim tells of its money."""
    return pb.Claim(
        claimed_fen=claim.claimed_fen,
        approved_fen=claim.fen if claim.reviewed or claim.approved_at else 0,
        account_masked=f"****{claim.account_tail}" if claim.account_tail else "",
        account_bank=claim.account_bank,
        account_state=claim.account,
        account_reason=CODES.get(claim.account, claim.account),
        payments=[_payment(one) for one in claim.orders],
        approved_at=text(claim.approved_at),
        paid_at=text(claim.paid_at),
        spot_check=claim.check,
        recover_fen=claim.recover_fen,
        recovered_fen=claim.recovered_fen,
        recovery_code=claim.recovery_code,
        recovery_due=text(claim.step_due) if claim.status == model.RECOVERING else "",
    )


def published(record: Record[Claim]) -> pb.PublishedClaim:
    """What everybody sees of a result."""
    claim = record.state
    return pb.PublishedClaim(
        claim_id=record.id,
        item_id=claim.item_id,
        item_title=claim.item_title,
        uscc=claim.uscc,
        name=claim.name,
        fen=claim.fen,
        period=claim.period,
        until=text(claim.publicity_until),
        department_name=claim.department_name,
    )


def _reason(parts: Parts, claim: Claim) -> str:
    said = _open(parts, claim, claim.sealed_reason)
    title = model.REASONS.get(claim.reason_code, "")
    return f"{title}：{said}" if title and said else title or said


def _open(parts: Parts, claim: Claim, sealed: str) -> str:
    return parts.keyring.open_text(claim.id, sealed) if sealed else ""


def file(one: File, claim: Claim, parts: Parts) -> pb.ClaimFile:
    """A file of a claim; without its name when the organisation's key is gone."""
    name = parts.keyring.open_text(claim.organization_id, one.sealed_filename)
    return pb.ClaimFile(file_id=one.file_id, filename=name, media_type=one.media_type, size=one.size, sha256=one.sha256)


def _material(one: File, claim: Claim, parts: Parts) -> pb.ClaimMaterial:
    return pb.ClaimMaterial(code=one.code, file=file(one, claim, parts))


def _objection(one: Objection, claim: Claim, parts: Parts, within: bool) -> pb.ClaimObjection:
    return pb.ClaimObjection(
        objection_id=one.id,
        at=text(one.at),
        text=parts.keyring.open_text(one.person_id, one.sealed_text) if within else "",
        decision=one.decision,
        reason=_open(parts, claim, one.sealed_reason),
    )


def _payment(one: Order) -> pb.Payment:
    return pb.Payment(
        order_id=one.id,
        number=one.number,
        fen=one.fen,
        state=one.state,
        ordered_at=text(one.ordered_at),
        at=text(one.at),
        reference=one.reference,
        reason=CODES.get(one.code, one.code),
        account_tail=one.tail,
        reconciled_on=one.reconciled_on,
    )


def _steps(journal: Any) -> list[pb.ClaimStep]:
    return [
        pb.ClaimStep(at=text(entry["at"]), type=entry["type"], says=STEPS[entry["type"]])
        for entry in journal
        if entry["type"] in STEPS
    ]
