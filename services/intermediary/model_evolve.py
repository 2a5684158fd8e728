"""Events turn into the state of a procurement: one pure function each; what follows from the rest stands in `_settled`. What happens after
the award is in `model_performance_evolve`, evaluators are in `model_choice_evolve`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis.acts import Evolve, Moment
from chassis.plain import plain
from services.intermediary import model, model_choice_evolve, model_parts, model_performance_evolve, model_rules
from services.intermediary.model import COUNTY_DIGITS, Procurement
from services.intermediary.model_parts import Objection, Party, Passed, Winner
from standards.instants import instant
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import service_pb2 as pb


def _opened(_none: None, event: events.ProcurementOpened, moment: Moment) -> Procurement:
    return Procurement(
        id=event.procurement_id,
        number=event.number,
        owner_id=event.owner_id,
        region=event.region,
        county=event.region[:COUNTY_DIGITS],
        service=event.service,
        status=model.DRAFT,
        opened_at=moment.at,
        item_id=event.item_id,
        item_code=event.item_code,
        item_name=event.item_name,
        case_id=event.case_id,
        case_number=event.case_number,
        case_department=event.case_department,
        project_code=event.project_code,
    )


def _linked(procurement: Procurement, _event: events.ProcurementLinked, _moment: Moment) -> Procurement:
    return procurement


def _submitted(before: Procurement | None, event: events.ProcurementSubmitted, moment: Moment) -> Procurement:
    procurement = before or Procurement(
        id=event.procurement_id,
        number=event.number,
        owner_id=event.owner_id,
        region=event.need.region,
        county=event.need.region[:COUNTY_DIGITS],
        service=event.need.service,
        status=model.SUBMITTED,
        opened_at=moment.at,
    )
    return replace(
        procurement,
        status=model.SUBMITTED,
        region=event.need.region,
        county=event.need.region[:COUNTY_DIGITS],
        service=event.need.service,
        item_code=event.need.item_code,
        need=plain(event.need),
        mode=event.need.mode,
        owner_uscc=event.owner_uscc,
        owner_name=event.owner_name,
        sealed_owner_name=event.sealed_owner_name,
        owner_department=event.owner_department,
        sealed_contact=event.sealed_contact,
        submitted_at=moment.at,
        returned_reason="",
    )


def _returned(procurement: Procurement, event: events.ProcurementReturned, _moment: Moment) -> Procurement:
    return replace(procurement, status=model.RETURNED, returned_reason=event.reason)


def _published(procurement: Procurement, event: events.ProcurementPublished, moment: Moment) -> Procurement:
    direct = procurement.mode == model.DIRECT
    own = Party(model.PLATFORM, event.platform_commitment, moment.at)
    return replace(
        procurement,
        status=model.FROZEN if direct else model.OPEN,
        published_at=moment.at,
        notice=event.notice,
        notice_digest=event.notice_digest,
        sheets=event.sheets,
        rules=model_rules.of_message(event.rules),
        sealed_nonce=event.sealed_nonce,
        parties=[own] if event.platform_commitment else [],
        signup_end=instant(event.signup_end),
        selection_at=instant(event.selection_at) or moment.at,
    )


def _committed(procurement: Procurement, event: events.NonceCommitted, moment: Moment) -> Procurement:
    party = Party(event.party, event.commitment, moment.at, officer_id=event.officer_id)
    return replace(procurement, parties=[*procurement.parties, party])


def _frozen(procurement: Procurement, event: events.CandidatesFrozen, moment: Moment) -> Procurement:
    return replace(
        procurement,
        status=model.FROZEN,
        frozen_at=moment.at,
        root=event.root,
        candidates=event.candidates,
        excluded=event.excluded,
        list_digest=event.list_digest,
    )


def _revealed(procurement: Procurement, event: events.NonceRevealed, moment: Moment) -> Procurement:
    parties = [
        replace(one, nonce=event.nonce, revealed_at=moment.at) if one.name == event.party else one
        for one in procurement.parties
    ]
    return replace(procurement, parties=parties)


def _beacon(procurement: Procurement, event: events.BeaconRecorded, _moment: Moment) -> Procurement:
    return replace(procurement, beacon_value=event.value)


def _late(procurement: Procurement, event: events.SelectionLate, _moment: Moment) -> Procurement:
    return replace(procurement, late=event.waits_for)


def _winner(told: pb.Winner, organization: str) -> Winner:
    return Winner(told.agency_id, organization, told.uscc, told.name, told.place, told.value)


def _found(procurement: Procurement, event: events.ResultFound, moment: Moment) -> Procurement:
    return replace(
        procurement,
        status=model.SELECTED,
        selected_at=moment.at,
        order_digest=event.order_digest,
        places=event.places,
        seed=event.seed,
        winner=_winner(event.winner, event.organization_id),
        result_until=instant(event.until),
        late="",
    )


def _replaced(procurement: Procurement, event: events.WinnerReplaced, moment: Moment) -> Procurement:
    before = procurement.winner
    assert before is not None
    gone = Passed(before.place, before.agency_id, before.uscc, before.name, event.reason, moment.at)
    skipped = [Passed(one.place, "", one.uscc, one.name, one.reason, moment.at) for one in event.skipped]
    has = event.HasField("winner")
    return replace(
        procurement,
        status=model.SELECTED if has else procurement.status,
        winner=_winner(event.winner, event.organization_id) if has else None,
        passed=[*procurement.passed, gone, *skipped],
        result_until=instant(event.until),
        awarded_at=None,
        contract_due=None,
        contract_overdue=False,
        performance=model_parts.Performance(),
    )


def _objected(procurement: Procurement, event: events.ResultObjected, moment: Moment) -> Procurement:
    own, _, organization = event.agency_id, event.agency_name, moment.by.rpartition(":")[2]
    said = Objection(event.objection_id, own, event.agency_name, organization, event.sealed_text, moment.at)
    return replace(procurement, status=model.OBJECTED, objections=[*procurement.objections, said])


def _objection_decided(procurement: Procurement, event: events.ResultObjectionDecided, moment: Moment) -> Procurement:
    objections = [
        replace(one, decision=event.decision, reason=event.reason, decided_at=moment.at)
        if one.id == event.objection_id
        else one
        for one in procurement.objections
    ]
    waits = any(not one.decision for one in objections)
    until = instant(event.until)
    status = model.OBJECTED if waits else model.SELECTED
    return replace(
        procurement, objections=objections, status=status, result_until=until if until else procurement.result_until
    )


def _awarded(procurement: Procurement, event: events.AwardIssued, moment: Moment) -> Procurement:
    due = instant(event.contract_due)
    return replace(procurement, status=model.AWARDED, awarded_at=moment.at, contract_due=due)


def _contract_overdue(procurement: Procurement, _event: events.ContractOverdue, _moment: Moment) -> Procurement:
    return replace(procurement, contract_overdue=True)


def _ended(procurement: Procurement, event: events.ProcurementEnded, moment: Moment) -> Procurement:
    return replace(
        procurement,
        status=model.ENDED,
        ended_reason=event.reason,
        ended_note=event.note,
        ended_at=moment.at,
        late="",
    )


def _settled(evolve: Callable[[Any, Any, Moment], Procurement]) -> Callable[[Any, Any, Moment], Procurement]:
    """The state after the event, with what follows from it: what a worker has to do, and what is due by itself."""

    def settled(before: Procurement | None, event: Any, moment: Moment) -> Procurement:
        procurement = evolve(before, event, moment)
        task, task_due = _task(procurement)
        due, due_of = _due(procurement)
        winner = procurement.winner.organization_id if procurement.winner else ""
        return replace(procurement, task=task, task_due=task_due, due=due, due_of=due_of, winner_organization=winner)

    return settled


def _task(procurement: Procurement) -> tuple[str, datetime | None]:
    if procurement.status == model.OPEN:
        return "freeze", procurement.signup_end
    if procurement.status == model.FROZEN:
        return "select", procurement.selection_at
    return "", None


def _due(procurement: Procurement) -> tuple[datetime | None, str]:
    if procurement.status == model.SELECTED:
        return procurement.result_until, "award"
    if procurement.status == model.AWARDED:
        return (None, "") if procurement.contract_overdue else (procurement.contract_due, "contract")
    return model_performance_evolve.due(procurement)


_EVOLVE: Evolve = {
    events.ProcurementOpened: _opened,
    events.ProcurementLinked: _linked,
    events.ProcurementSubmitted: _submitted,
    events.ProcurementReturned: _returned,
    events.ProcurementPublished: _published,
    events.NonceCommitted: _committed,
    events.CandidatesFrozen: _frozen,
    events.NonceRevealed: _revealed,
    events.BeaconRecorded: _beacon,
    events.SelectionLate: _late,
    events.ResultFound: _found,
    events.WinnerReplaced: _replaced,
    events.ResultObjected: _objected,
    events.ResultObjectionDecided: _objection_decided,
    events.AwardIssued: _awarded,
    events.ContractOverdue: _contract_overdue,
    events.ProcurementEnded: _ended,
    **model_performance_evolve.EVOLVE,
    **model_choice_evolve.EVOLVE,
}
EVOLVE: Evolve = {event: _settled(evolve) for event, evolve in _EVOLVE.items()}
