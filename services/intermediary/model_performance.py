"""What owner and winner do between the award and the deliverable, and what the clock does. Pure: one function per act, refusing is raising.

Each of two sides acts: `owner` and `agency`. How it ends is in `model_performance_end`, what a contract must say in `model_contract`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from google.protobuf.message import Message

from chassis.acts import Actor
from chassis.errors import Violation, invalid, require
from services.intermediary import model, model_performance_evolve
from services.intermediary.model import Procurement
from services.intermediary.model_moves import require_move
from services.intermediary.model_parts import Milestone
from services.intermediary.model_performance_evolve import milestone_end
from services.intermediary.model_rules import end
from standards.instants import text
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import performance_pb2 as pb
from yiwang.intermediary.v1 import service_pb2

OWNER, AGENCY = model.OWNER, "agency"
FILED, RETURNED = "filed", "returned"
OPEN, REPORTED, CONFIRMED = "OPEN", "REPORTED", "CONFIRMED"
ASKED = "asked"
LEAST_REASON: Final = 4
Files = Sequence[events.KeptFile]


def side(actor: Actor, procurement: Procurement) -> str:
    """For which side the actor acts, one of the two partners."""
    return OWNER if model.owns(actor, procurement) else AGENCY


def other(side: str) -> str:
    """The other side."""
    return AGENCY if side == OWNER else OWNER


def sealer(procurement: Procurement, side: str) -> str:
    """Under whose key a side's words are sealed: its own, so that they are forgotten with it."""
    return procurement.owner_id if side == OWNER else procurement.winner_organization


def reason_of(said: str, field: str = "reason") -> str:
    """A reason without blanks around it; INVALID_ARGUMENT `field` REQUIRED for too short a one."""
    if len(said.strip()) < LEAST_REASON:
        raise invalid(Violation(field, "REQUIRED", f"请说明原因，不少于{LEAST_REASON}个字"))
    return said.strip()


def file_contract(
    procurement: Procurement, side: str, told: pb.FileContractRequest, files: Files, now: datetime
) -> events.ContractFiled:
    """One side files the signed contract, which is sound (model_contract)."""
    require_move(procurement, "FileContract")
    due = procurement.contract_due
    return events.ContractFiled(
        procurement_id=procurement.id,
        side=side,
        amount_fen=told.amount_fen,
        signed_on=told.signed_on,
        files=files,
        milestones=[
            service_pb2.Milestone(number=number, name=one.name.strip(), due=one.due, share=one.share)
            for number, one in enumerate(told.milestones, 1)
        ],
        late=due is not None and now > due,
    )


def confirm_contract(procurement: Procurement, side: str) -> events.ContractConfirmed:
    """The other side agrees."""
    require_move(procurement, "ConfirmContract")
    _require_other(procurement, side)
    return events.ContractConfirmed(procurement_id=procurement.id, side=side)


def return_contract(procurement: Procurement, side: str, sealed_reason: str) -> events.ContractReturned:
    """The other side does not agree."""
    require_move(procurement, "ReturnContract")
    _require_other(procurement, side)
    return events.ContractReturned(procurement_id=procurement.id, side=side, sealed_reason=sealed_reason)


def report_milestone(
    procurement: Procurement, number: int, sealed_note: str, now: datetime
) -> events.MilestoneReported:
    """The winner says that a milestone is reached. FAILED_PRECONDITION MILESTONE_NOT_OPEN."""
    require_move(procurement, "ReportMilestone")
    milestone = _milestone(procurement, number)
    require(milestone.status == OPEN, "MILESTONE_NOT_OPEN", "该节点已报告")
    late = now > milestone_end(milestone)
    return events.MilestoneReported(procurement_id=procurement.id, number=number, sealed_note=sealed_note, late=late)


def answer_milestone(
    procurement: Procurement, number: int, confirmed: bool, sealed_reason: str
) -> events.MilestoneAnswered:
    """The owner confirms it, or sends it back. FAILED_PRECONDITION MILESTONE_NOT_REPORTED."""
    require_move(procurement, "AnswerMilestone")
    milestone = _milestone(procurement, number)
    require(milestone.status == REPORTED, "MILESTONE_NOT_REPORTED", "该节点没有待确认的报告")
    return events.MilestoneAnswered(
        procurement_id=procurement.id, number=number, confirmed=confirmed, sealed_reason=sealed_reason
    )


def deliver(procurement: Procurement, files: Files, sealed_note: str) -> events.Delivered:
    """The winner hands the deliverables over."""
    require_move(procurement, "Deliver")
    return events.Delivered(procurement_id=procurement.id, files=files, sealed_note=sealed_note)


def return_deliverable(procurement: Procurement, sealed_reason: str) -> events.DeliverableReturned:
    """The owner sends them back."""
    require_move(procurement, "ReturnDeliverable")
    times = procurement.performance.returns + 1
    return events.DeliverableReturned(procurement_id=procurement.id, sealed_reason=sealed_reason, times=times)


def confirm_deliverable(procurement: Procurement, now: datetime) -> events.DeliverableConfirmed:
    """The owner has what he wanted; a break-off that was asked for is not wanted any more."""
    require_move(procurement, "ConfirmDeliverable")
    performance, winner = procurement.performance, procurement.winner
    assert winner is not None and performance.delivered_at is not None
    last = performance.milestones[-1]
    return events.DeliverableConfirmed(
        procurement_id=procurement.id,
        number=procurement.number,
        case_id=procurement.case_id,
        service=procurement.service,
        agency_uscc=winner.uscc,
        agency_name=winner.name,
        files=[
            events.KeptFile(
                file_id=one.file_id,
                sealed_filename=one.sealed_filename,
                media_type=one.media_type,
                size=one.size,
                sha256=one.sha256,
                sealer_id=one.sealer_id,
            )
            for one in performance.deliverables
        ],
        rating_due=text(end(now, procurement.rules["rating_days"], procurement.region)),
        in_time=not last.overdue and performance.delivered_at <= milestone_end(last),
    )


def archived(procurement: Procurement) -> events.ProcurementArchived:
    """The ratings that are in are told."""
    told = procurement.performance
    return events.ProcurementArchived(
        procurement_id=procurement.id, owner_grade=told.owner_grade, agency_grade=told.agency_grade
    )


def fire(procurement: Procurement, now: datetime) -> Message | list[Message] | None:
    """What the clock makes of it after the contract; nothing where it was done meanwhile."""
    due, what = model_performance_evolve.due(procurement)
    if due is None or due > now:
        return None
    if procurement.status == model.COMPLETED:
        return archived(procurement)
    return events.MilestoneOverdue(procurement_id=procurement.id, number=int(what.partition("/")[2]))


def _require_other(procurement: Procurement, side: str) -> None:
    own = procurement.performance.contract_by == side
    require(not own, "MOVE_NOT_ALLOWED", "本方备案的合同由对方确认或退回")


def _milestone(procurement: Procurement, number: int) -> Milestone:
    """One of the contract's; INVALID_ARGUMENT `number` MILESTONE_UNKNOWN."""
    found = next((one for one in procurement.performance.milestones if one.number == number), None)
    if found is None:
        raise invalid(Violation("number", "MILESTONE_UNKNOWN", "合同没有这个节点"))
    return found
