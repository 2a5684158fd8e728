"""A procurement as its reader may see it: its notice, its list and its result everybody; who owns, won, runs and supervises it the rest."""

from chassis.acts import Actor
from chassis.parts import Parts
from chassis.records import Record
from chassis.sealed import Keyring
from services.intermediary import model, model_moves, views_performance
from services.intermediary.model import Procurement
from services.intermediary.model_parts import Objection, Passed, Winner
from standards.identifiers import name_mask
from standards.instants import text
from yiwang.intermediary.v1 import service_pb2 as pb


def full(record: Record[Procurement], actor: Actor, parts: Parts) -> pb.Procurement:
    """The whole procurement, for its reader."""
    procurement, keyring = record.state, parts.keyring
    view = brief(record, actor, keyring)
    inside = model.within(actor, procurement)
    view.commitments.extend(_commitments(procurement))
    view.passed.extend(_passed(one) for one in procurement.passed)
    for one in procurement.objections:
        own = inside or one.organization_id == actor.id
        view.objections.append(_objection(one, keyring, procurement.id, own))
    if inside:
        view.need.contact = keyring.open_text(procurement.id, procurement.sealed_contact)
    if inside or model.serves_case(actor, procurement):
        view.performance.CopyFrom(views_performance.performance(procurement, actor, parts))
    return view


def brief(record: Record[Procurement], actor: Actor, keyring: Keyring) -> pb.Procurement:
    """The procurement as it stands in a list."""
    procurement = record.state
    inside = model.within(actor, procurement) or model.serves_case(actor, procurement)
    view = pb.Procurement(
        id=record.id,
        version=record.version,
        number=procurement.number,
        status=procurement.status,  # type: ignore[arg-type]
        need=_need(procurement),
        owner=procurement.owner_uscc,
        owner_name=_owner_name(procurement, actor, keyring),
        submitted_at=text(procurement.submitted_at),
        published_at=text(procurement.published_at),
        candidates=procurement.candidates,
        excluded=procurement.excluded,
        root=procurement.root,
        notice_digest=procurement.notice_digest,
        frozen_at=text(procurement.frozen_at),
        selected_at=text(procurement.selected_at),
        winner=_winner(procurement.winner),
        places=procurement.places,
        result_until=text(procurement.result_until),
        awarded_at=text(procurement.awarded_at),
        ended_reason=procurement.ended_reason,
        ended_note=procurement.ended_note,
        ended_at=text(procurement.ended_at),
        moves=model_moves.open_moves(procurement, actor),
        late=bool(procurement.late),
    )
    if inside:
        view.case_id, view.case_number = procurement.case_id, procurement.case_number
        view.returned_reason = procurement.returned_reason
        view.contract_due = text(procurement.contract_due)
        view.contract_overdue = procurement.contract_overdue
    return view


def _need(procurement: Procurement) -> pb.Need:
    if procurement.need:
        return model.need_of(procurement)
    # A draft a case opened: what is known of it.
    return pb.Need(
        title=f"{procurement.item_name}所需{procurement.service}"[:100],
        item_code=procurement.item_code,
        service=procurement.service,
        region=procurement.region,
    )


def _owner_name(procurement: Procurement, actor: Actor, keyring: Keyring) -> str:
    """Organisations and departments by name; a natural person in full to himself and the winner, masked to officers, to others not at
    all."""
    if procurement.owner_name or not procurement.sealed_owner_name:
        return procurement.owner_name
    name = keyring.open_text(procurement.owner_id, procurement.sealed_owner_name)
    if model.owns(actor, procurement) or model.won(actor, procurement):
        return name
    return name_mask(name) if name and model.within(actor, procurement) else "个人业主"


def _winner(winner: Winner | None) -> pb.Winner | None:
    if winner is None:
        return None
    return pb.Winner(
        agency_id=winner.agency_id, uscc=winner.uscc, name=winner.name, place=winner.place, value=winner.value
    )


def _commitments(procurement: Procurement) -> list[pb.Commitment]:
    return [
        pb.Commitment(
            party=one.name,
            digest=one.commitment,
            committed_at=text(one.committed_at),
            nonce=one.nonce,
            revealed_at=text(one.revealed_at),
        )
        for one in procurement.parties
    ]


def _passed(one: Passed) -> pb.PassedPlace:
    return pb.PassedPlace(place=one.place, uscc=one.uscc, name=one.name, reason=one.reason, at=text(one.at))


def _objection(one: Objection, keyring: Keyring, sealer: str, own: bool) -> pb.ResultObjection:
    return pb.ResultObjection(
        id=one.id,
        agency_name=one.agency_name if own else "",
        text=keyring.open_text(sealer, one.sealed_text) if own else "",
        filed_at=text(one.at),
        decision=one.decision,
        reason=one.reason,
        decided_at=text(one.decided_at),
    )
