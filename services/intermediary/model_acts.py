"""What owners, operators, supervisors, winners and the clock do to a procurement, up to its award. Pure: one function per act, refusing is
raising."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from google.protobuf.message import Message

from chassis.acts import Actor
from chassis.errors import Violation, invalid, not_found, require
from services.intermediary import model, model_needs, model_performance, model_rules
from services.intermediary.model import Procurement
from services.intermediary.model_moves import require_by, require_move
from services.intermediary.model_rules import end
from standards.instants import text
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import service_pb2 as pb

GAVE_UP, PASSED_OVER, UPHELD, NOT_ELIGIBLE = "GAVE_UP", "PASSED_OVER", "OBJECTION_UPHELD", "NOT_ELIGIBLE"


def resubmit(procurement: Procurement, told: events.ProcurementSubmitted, actor: Actor) -> events.ProcurementSubmitted:
    """A draft or a returned need is laid before the operator. What a case needs stays what it needs. FAILED_PRECONDITION
    MOVE_NOT_ALLOWED; INVALID_ARGUMENT `need.service` NOT_THE_CASES."""
    require_by(procurement, "SubmitProcurement", actor)
    require_move(procurement, "SubmitProcurement")
    if procurement.case_id and told.need.service != procurement.service:
        raise invalid(Violation("need.service", "NOT_THE_CASES", "应为办件所需的中介服务"))
    told.number = procurement.number
    return told


def send_back(procurement: Procurement, actor: Actor, reason: str) -> events.ProcurementReturned:
    """The operator returns it. INVALID_ARGUMENT `reason` REQUIRED, PERSONAL_DATA."""
    require_move(procurement, "ReviewProcurement")
    if len(reason.strip()) < 4:
        raise invalid(Violation("reason", "REQUIRED", "请说明退回原因"))
    return events.ProcurementReturned(
        procurement_id=procurement.id, officer_id=actor.id, reason=_public("reason", reason)
    )


def publish(
    procurement: Procurement,
    actor: Actor,
    rules: Mapping[str, int],
    written: tuple[str, str],
    sheets: int,
    platform: tuple[str, str],
    now: datetime,
) -> events.ProcurementPublished:
    """The operator approves, and the notice is published. `written` is the notice with its digest, `platform` the platform's commitment
    with its sealed nonce (both empty but for a draw). FAILED_PRECONDITION TIMES_PAST."""
    require_move(procurement, "ReviewProcurement")
    need = model.need_of(procurement)
    direct = procurement.mode == model.DIRECT
    late = not direct and model_needs.too_soon(need, rules, now)
    require(not late, "TIMES_PAST", "报名时间少于规定的天数，请退回业主修改")
    return events.ProcurementPublished(
        procurement_id=procurement.id,
        officer_id=actor.id,
        notice=written[0],
        notice_digest=written[1],
        sheets=0 if direct else sheets,
        platform_commitment=platform[0],
        sealed_nonce=platform[1],
        rules=model_rules.view(procurement.county, rules),
        signup_end="" if direct else text(model_needs.instant_of("need.signup_end", need.signup_end)),
        selection_at="" if direct else text(model_needs.instant_of("need.selection_at", need.selection_at)),
    )


def withdraw(procurement: Procurement, reason: str) -> events.ProcurementEnded:
    """The owner ends it, before sign-up is over. INVALID_ARGUMENT `reason` PERSONAL_DATA: why needs were abandoned is public."""
    require_move(procurement, "WithdrawProcurement")
    return ended(procurement, model.OWNER_WITHDREW, _public("reason", reason))


def stop(procurement: Procurement, actor: Actor, reason: str, now: datetime) -> events.ProcurementEnded:
    """The supervisor ends it. FAILED_PRECONDITION SELECTION_BEGUN from the selection time on, unless it waits for something: nobody who
    knows what comes out may stop it."""
    require_move(procurement, "StopProcurement")
    at = procurement.selection_at
    begun = procurement.status == model.FROZEN and at is not None and at <= now and not procurement.late
    require(not begun, "SELECTION_BEGUN", "选取时间已到，不能再终止")
    return ended(procurement, model.STOPPED, _public("reason", reason), actor.id)


def ended(procurement: Procurement, reason: str, note: str = "", officer: str = "") -> events.ProcurementEnded:
    """It is over early."""
    return events.ProcurementEnded(
        procurement_id=procurement.id,
        reason=reason,
        note=note,
        officer_id=officer,
        case_id=procurement.case_id,
        number=procurement.number,
        service=procurement.service,
    )


def freeze(procurement: Procurement, root: str, candidates: int, excluded: int, digest: str) -> list[Message] | None:
    """Who takes part is fixed; with too few it ends."""
    if procurement.status != model.OPEN:
        return None
    frozen = events.CandidatesFrozen(
        procurement_id=procurement.id, root=root, candidates=candidates, excluded=excluded, list_digest=digest
    )
    least = procurement.rules["proposals_least" if procurement.mode == model.CHOICE else "candidates_least"]
    if candidates >= max(least, 1):
        return [frozen]
    nobody = not candidates and not excluded
    return [frozen, ended(procurement, model.NOBODY if nobody else model.TOO_FEW)]


def find_result(
    procurement: Procurement, winner: pb.Winner, organization: str, places: int, digest: str, seed: str, now: datetime
) -> events.ResultFound:
    """The order stands; the first has the award."""
    return events.ResultFound(
        procurement_id=procurement.id,
        order_digest=digest,
        places=places,
        winner=winner,
        seed=seed,
        until=_until(procurement, now),
        organization_id=organization,
    )


def object(
    procurement: Procurement, id: str, agency: str, organization: str, name: str, sealed: str, now: datetime
) -> events.ResultObjected:
    """Somebody who signed up objects, once to a result. FAILED_PRECONDITION OBJECTED_ALREADY, NOTICE_OVER."""
    require_move(procurement, "ObjectToResult")
    over = procurement.result_until is None or now > procurement.result_until
    require(not over, "NOTICE_OVER", "公示期已过，不能再提出异议")
    since = procurement.passed[-1].at if procurement.passed else procurement.selected_at
    mine = [one for one in procurement.objections if one.organization_id == organization]
    again = any(since is None or one.at >= since for one in mine)
    require(not again, "OBJECTED_ALREADY", "贵机构已对该结果提出异议")
    return events.ResultObjected(
        procurement_id=procurement.id, objection_id=id, agency_id=agency, agency_name=name, sealed_text=sealed
    )


def decide_objection(
    procurement: Procurement, objection: str, decision: str, actor: Actor, reason: str, now: datetime
) -> events.ResultObjectionDecided:
    """The supervisor's word on an objection. NOT_FOUND for one that is not there; FAILED_PRECONDITION DECIDED_ALREADY."""
    require_move(procurement, "DecideResultObjection")
    found = next((one for one in procurement.objections if one.id == objection), None)
    if found is None:
        raise not_found()
    require(not found.decision, "DECIDED_ALREADY", "该异议已处理")
    until = procurement.result_until
    # The notice stood still for as long as objections did: at least a day of it is left.
    rest = max(until, end(now, 1, procurement.region)) if until else None
    return events.ResultObjectionDecided(
        procurement_id=procurement.id,
        objection_id=objection,
        decision=decision,
        officer_id=actor.id,
        reason=_public("reason", reason),
        until=text(rest),
    )


def replace_winner(
    procurement: Procurement,
    reason: str,
    sealed_note: str,
    officer: str,
    order: tuple[Sequence[pb.PassedPlace], pb.Winner | None, str],
    now: datetime,
) -> list[Message]:
    """The winner has it no more; `order` tells the places that are skipped, who is next (None = nobody is left), and his organisation."""
    skipped, following, organization = order
    before = procurement.winner
    assert before is not None
    replaced = events.WinnerReplaced(
        procurement_id=procurement.id,
        agency_id=before.agency_id,
        uscc=before.uscc,
        reason=reason,
        sealed_note=sealed_note,
        officer_id=officer,
        skipped=skipped,
        winner=following,
        until=_until(procurement, now) if following else "",
        organization_id=organization,
    )
    return [replaced] if following else [replaced, ended(procurement, model.WINNERS_GAVE_UP, officer=officer)]


def fire(procurement: Procurement, now: datetime) -> Message | list[Message] | None:
    """What the clock makes of it; nothing where it was done meanwhile."""
    if procurement.due is None or procurement.due > now:
        return None
    if procurement.status == model.SELECTED:
        due = end(now, procurement.rules["contract_days"], procurement.region)
        return events.AwardIssued(procurement_id=procurement.id, contract_due=text(due))
    if procurement.status == model.AWARDED:
        return events.ContractOverdue(procurement_id=procurement.id)
    return model_performance.fire(procurement, now)


def _until(procurement: Procurement, now: datetime) -> str:
    return text(end(now, procurement.rules["result_notice_days"], procurement.region))


def _public(field: str, said: str) -> str:
    faults = list(model_needs.plain_text(field, said))
    if faults:
        raise invalid(*faults)
    return said.strip()
