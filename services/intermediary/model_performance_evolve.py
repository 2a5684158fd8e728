"""Events between the award and the archive turn into state. Pure."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis.acts import Evolve, Moment
from services.intermediary import model
from services.intermediary.model import Procurement
from services.intermediary.model_parts import File, Milestone, Performance
from standards.instants import after_natural, instant
from standards.workdays import SHANGHAI
from yiwang.intermediary.v1 import events_pb2 as events

AT = "%Y-%m-%d"


def file_of(told: events.KeptFile) -> File:
    """A file as its event tells it."""
    return File(told.file_id, told.sealed_filename, told.media_type, told.size, told.sha256, told.sealer_id)


def milestone_end(milestone: Milestone) -> datetime:
    """The end of the day a milestone is due, in China."""
    return after_natural(datetime.strptime(milestone.due, AT).replace(tzinfo=SHANGHAI), 0)


def due(procurement: Procurement) -> tuple[datetime | None, str]:
    """The earliest instant something is due by itself after the contract, and what."""
    if procurement.status in (model.CONTRACTED, model.DELIVERED):
        late = [one for one in procurement.performance.milestones if one.status == "OPEN" and not one.overdue]
        first = min(late, key=lambda one: (one.due, one.number), default=None)
        return (milestone_end(first), f"milestone/{first.number}") if first else (None, "")
    if procurement.status == model.COMPLETED:
        return procurement.performance.rating_due, "archive"
    return None, ""


def _on(procurement: Procurement, **changes: Any) -> Procurement:
    return replace(procurement, performance=replace(procurement.performance, **changes))


def _filed(procurement: Procurement, event: events.ContractFiled, _moment: Moment) -> Procurement:
    milestones = [Milestone(one.number, one.name, one.due, one.share) for one in event.milestones]
    return _on(
        procurement,
        contract="filed",
        contract_by=event.side,
        amount_fen=event.amount_fen,
        signed_on=event.signed_on,
        contract_files=[file_of(one) for one in event.files],
        milestones=milestones,
        contract_late=event.late,
        sealed_contract_note="",
    )


def _contract_returned(procurement: Procurement, event: events.ContractReturned, _moment: Moment) -> Procurement:
    return _on(procurement, contract="returned", sealed_contract_note=event.sealed_reason)


def _contracted(procurement: Procurement, _event: events.ContractConfirmed, moment: Moment) -> Procurement:
    return replace(
        _on(procurement, contract="confirmed", contracted_at=moment.at),
        status=model.CONTRACTED,
        contract_overdue=False,
    )


def _milestone(number: int, change: Callable[[Milestone], Milestone], performance: Performance) -> list[Milestone]:
    return [change(one) if one.number == number else one for one in performance.milestones]


def _reported(procurement: Procurement, event: events.MilestoneReported, moment: Moment) -> Procurement:
    def change(one: Milestone) -> Milestone:
        return replace(
            one,
            status="REPORTED",
            reported_at=moment.at,
            sealed_note=event.sealed_note,
            overdue=one.overdue or event.late,
        )

    return _on(procurement, milestones=_milestone(event.number, change, procurement.performance))


def _answered(procurement: Procurement, event: events.MilestoneAnswered, moment: Moment) -> Procurement:
    def change(one: Milestone) -> Milestone:
        if event.confirmed:
            return replace(one, status="CONFIRMED", confirmed_at=moment.at)
        return replace(one, status="OPEN", sealed_note=event.sealed_reason)

    return _on(procurement, milestones=_milestone(event.number, change, procurement.performance))


def _overdue(procurement: Procurement, event: events.MilestoneOverdue, _moment: Moment) -> Procurement:
    late = _milestone(event.number, lambda one: replace(one, overdue=True), procurement.performance)
    return _on(procurement, milestones=late)


def _delivered(procurement: Procurement, event: events.Delivered, moment: Moment) -> Procurement:
    files = [file_of(one) for one in event.files]
    times = procurement.performance.deliveries + 1
    after = _on(
        procurement,
        deliverables=files,
        sealed_delivery_note=event.sealed_note,
        delivered_at=moment.at,
        deliveries=times,
        sealed_returned_reason="",
    )
    return replace(after, status=model.DELIVERED)


def _sent_back(procurement: Procurement, event: events.DeliverableReturned, _moment: Moment) -> Procurement:
    after = _on(procurement, returns=event.times, sealed_returned_reason=event.sealed_reason)
    return replace(after, status=model.CONTRACTED)


def _confirmed(procurement: Procurement, event: events.DeliverableConfirmed, moment: Moment) -> Procurement:
    asked = procurement.performance.break_off
    lapsed = "lapsed" if asked == "asked" else asked
    after = _on(procurement, confirmed_at=moment.at, rating_due=instant(event.rating_due), break_off=lapsed)
    return replace(after, status=model.COMPLETED)


def _rated(procurement: Procurement, event: events.PartnerRated, moment: Moment) -> Procurement:
    if event.side == model.OWNER:
        told = {"sealed_by_owner": event.sealed_rating, "owner_rated_at": moment.at, "owner_grade": event.grade}
    else:
        told = {"sealed_by_agency": event.sealed_rating, "agency_rated_at": moment.at, "agency_grade": event.grade}
    return _on(procurement, **told)


def _archived(procurement: Procurement, event: events.ProcurementArchived, moment: Moment) -> Procurement:
    after = _on(procurement, owner_grade=event.owner_grade, agency_grade=event.agency_grade)
    return replace(after, status=model.ARCHIVED, archived_at=moment.at)


def _asked(procurement: Procurement, event: events.BreakOffAsked, _moment: Moment) -> Procurement:
    return _on(
        procurement,
        break_off="asked",
        break_off_by=event.side,
        sealed_break_off=event.sealed_reason,
        break_off_reason="",
    )


def _decided(procurement: Procurement, event: events.BreakOffDecided, _moment: Moment) -> Procurement:
    how = "ended" if event.ended else "declined"
    return _on(procurement, break_off=how, break_off_reason=event.reason, fault=event.fault)


EVOLVE: Evolve = {
    events.ContractFiled: _filed,
    events.ContractReturned: _contract_returned,
    events.ContractConfirmed: _contracted,
    events.MilestoneReported: _reported,
    events.MilestoneAnswered: _answered,
    events.MilestoneOverdue: _overdue,
    events.Delivered: _delivered,
    events.DeliverableReturned: _sent_back,
    events.DeliverableConfirmed: _confirmed,
    events.PartnerRated: _rated,
    events.ProcurementArchived: _archived,
    events.BreakOffAsked: _asked,
    events.BreakOffDecided: _decided,
}
