"""What happens between award and archive, as its reader may see it: both sides all that was said, officers of the market with persons
masked, and nobody a rating before both are in or the time for them is over."""

from collections.abc import Callable, Sequence
from datetime import datetime

from chassis.acts import Actor
from chassis.parts import Parts
from services.intermediary import files, model
from services.intermediary.model import Procurement
from services.intermediary.model_parts import File, Milestone
from services.intermediary.model_performance import AGENCY, OPEN, OWNER, other, sealer
from services.intermediary.model_reading import is_partner
from standards import personal_data
from standards.instants import text
from yiwang.intermediary.v1 import service_pb2 as pb

# What a side wrote, by the side and the sealed text.
Said = Callable[[str, str], str]


def performance(procurement: Procurement, actor: Actor, parts: Parts) -> pb.Performance:
    """It, for one of those within; who works on the case it serves sees the result alone. Texts of who was erased are empty, files
    of his have a neutral name."""
    told = procurement.performance
    if not model.within(actor, procurement):
        return _result(procurement, parts)
    partner = is_partner(actor, procurement)
    said = _said(procurement, parts, partner)
    view = pb.Performance(
        contract=told.contract,
        contract_by=told.contract_by,
        amount_fen=told.amount_fen,
        signed_on=told.signed_on,
        contract_files=_files(told.contract_files, parts, partner),
        # Whoever sent it back is not who filed it.
        contract_note=said(other(told.contract_by), told.sealed_contract_note),
        contract_late=told.contract_late,
        milestones=[_milestone(one, said) for one in told.milestones],
        deliverables=_files(told.deliverables, parts, partner),
        delivery_note=said(AGENCY, told.sealed_delivery_note),
        delivered_at=text(told.delivered_at),
        deliveries=told.deliveries,
        returned_reason=said(OWNER, told.sealed_returned_reason),
        confirmed_at=text(told.confirmed_at),
        rating_due=text(told.rating_due),
        archived_at=text(procurement.archived_at),
        break_off=told.break_off,
        break_off_by=told.break_off_by,
        break_off_reason=said(told.break_off_by, told.sealed_break_off),
        break_off_answer=told.break_off_reason,
        fault=told.fault,
    )
    _ratings(view, procurement, actor, parts)
    return view


def _result(procurement: Procurement, parts: Parts) -> pb.Performance:
    told = procurement.performance
    if told.confirmed_at is None:
        return pb.Performance()
    return pb.Performance(
        deliverables=_files(told.deliverables, parts, False),
        delivered_at=text(told.delivered_at),
        confirmed_at=text(told.confirmed_at),
    )


def _files(found: Sequence[File], parts: Parts, partner: bool) -> list[pb.MarketFile]:
    """Files as they are shown: by their own names to both sides alone."""
    return [files.shown(parts, file, number, partner) for number, file in enumerate(found, 1)]


def _said(procurement: Procurement, parts: Parts, partner: bool) -> Said:
    def said(side: str, sealed: str) -> str:
        opened = parts.keyring.open_text(sealer(procurement, side), sealed) if sealed else ""
        return opened if partner else personal_data.masked(opened)

    return said


def _milestone(one: Milestone, said: Said) -> pb.Milestone:
    # Of an open one the note is why the owner sent it back, else what the agency reported.
    return pb.Milestone(
        number=one.number,
        name=one.name,
        due=one.due,
        share=one.share,
        status=one.status,
        overdue=one.overdue,
        reported_at=text(one.reported_at),
        confirmed_at=text(one.confirmed_at),
        note=said(OWNER if one.status == OPEN else AGENCY, one.sealed_note),
    )


def _ratings(view: pb.Performance, procurement: Procurement, actor: Actor, parts: Parts) -> None:
    told, all = procurement.performance, procurement.status == model.ARCHIVED

    def add(rating: pb.PartnerRating, side: str, sealed: str, grade: int, at: datetime) -> None:
        words = (parts.keyring.open(sealer(procurement, side), sealed) or {}).get("text", "")
        shown = words if is_partner(actor, procurement) else personal_data.masked(words)
        rating.MergeFrom(pb.PartnerRating(grade=grade, text=shown, at=text(at)))

    if told.owner_rated_at and (all or model.owns(actor, procurement)):
        add(view.by_owner, OWNER, told.sealed_by_owner, told.owner_grade, told.owner_rated_at)
    if told.agency_rated_at and (all or model.won(actor, procurement)):
        add(view.by_agency, AGENCY, told.sealed_by_agency, told.agency_grade, told.agency_rated_at)
