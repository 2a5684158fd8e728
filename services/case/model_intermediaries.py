"""Results of intermediaries a case needs (中介服务): asked for, procured elsewhere, back with their hashes. Pure.

Nothing here moves a case or touches its clocks: who has to stand them still for a test or an appraisal starts a special procedure.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from google.protobuf.message import Message

from chassis.acts import OFFICER, Actor, Evolve, Moment
from chassis.errors import Violation, invalid, require
from services.case import model, model_seeing
from services.case.model import Case, Deliverable, Intermediary
from services.case.model_changes import handled
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.intermediary.v1 import events_pb2 as procured

REQUESTED, RUNNING = pb.INTERMEDIARY_STATUS_REQUESTED, pb.INTERMEDIARY_STATUS_RUNNING
DELIVERED, ENDED = pb.INTERMEDIARY_STATUS_DELIVERED, pb.INTERMEDIARY_STATUS_ENDED
OPEN = frozenset((REQUESTED, RUNNING))
# Of a case: its journal is for its own course.
MOST = 20
# What a service and a paper add to what both are about.
_ENDING = re.compile(r"(?:编制|出具|服务|报告书?|材料|意见书?)+$")
_SHORTEST = 2


def can_request(case: Case, item: catalog.ItemDefinition, actor: Actor) -> list[str]:
    """The services of the item's list the actor may ask for now."""
    may = model_seeing.sees(actor, case) and (actor.realm != OFFICER or "review" in actor.roles)
    if not may or case.status in model.ENDED or len(case.intermediaries) >= MOST:
        return []
    return [one for one in dict.fromkeys(item.intermediary_services) if _open(case, one) is None]


def request(
    case: Case, item: catalog.ItemDefinition, service: str, actor: Actor, sealed_agent_name: str = ""
) -> events.IntermediaryRequested:
    """A procurement of a service the item lists, unless one is under way."""
    require(case.status not in model.ENDED, "CASE_ENDED", "办件已结束，不能申请中介服务")
    if service not in item.intermediary_services:
        raise invalid(Violation("service", "INTERMEDIARY_NOT_LISTED", "该事项没有此项中介服务"))
    require(_open(case, service) is None, "INTERMEDIARY_RUNNING", "该项中介服务正在采购中")
    require(len(case.intermediaries) < MOST, "INTERMEDIARY_TOO_OFTEN", f"一个办件最多申请{MOST}次中介服务")
    return events.IntermediaryRequested(
        case_id=case.id,
        case_number=case.number,
        item_id=case.item_id,
        item_code=case.item_code,
        item_name=case.item_name,
        service=service,
        region=case.region,
        department=case.department,
        department_name=case.department_name,
        applicant_id=case.applicant_id,
        project_code=case.project_code,
        intermediary=len(case.intermediaries) + 1,
        officer_id=actor.id if actor.realm == OFFICER else "",
        sealed_agent_name=sealed_agent_name,
    )


Told = procured.ProcurementLinked | procured.DeliverableConfirmed | procured.ProcurementEnded


def note(case: Case, told: procured.ProcurementLinked) -> Message | None:
    """What was asked for has its procurement; nothing when this is known, or was never asked for."""
    found = _meant(case, told)
    if found is None or found.procurement_id:
        return None
    return events.ProcurementNoted(**_of(case, found, told))


def keep(case: Case, item: catalog.ItemDefinition, told: procured.DeliverableConfirmed) -> Message | None:
    """The owner confirmed the deliverable: the case has it, also when it ended meanwhile; nothing when it has it already."""
    found = _meant(case, told)
    if found is None or found.status not in OPEN:
        return None
    files = [
        pb.Deliverable(file_id=one.file_id, media_type=one.media_type, size=one.size, sha256=one.sha256)
        for one in told.files
    ]
    return events.DeliverableKept(
        **_of(case, found, told),
        agency_name=told.agency_name,
        agency_uscc=told.agency_uscc,
        files=files,
        material=material_of(item, found.service),
    )


def end(case: Case, told: procured.ProcurementEnded) -> Message | None:
    """It ended without a result; nothing when it is over already."""
    found = _meant(case, told)
    if found is None or found.status not in OPEN:
        return None
    return events.ProcurementEndNoted(**_of(case, found, told), reason=told.reason)


def _meant(case: Case, told: Told) -> Intermediary | None:
    """The one a procurement is for: the one that knows it, else the open one of its service that knows none yet. Since one of a service is
    open at a time, the order in which events are heard does not matter."""
    known = [one for one in case.intermediaries if one.procurement_id == told.procurement_id]
    waits = [one for one in case.intermediaries if one.service == told.service and one.status == REQUESTED]
    return next(iter([*known, *waits]), None)


def _of(case: Case, found: Intermediary, told: Told) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "intermediary": found.number,
        "procurement_id": told.procurement_id,
        "procurement_number": told.number,
    }


def _open(case: Case, service: str) -> Intermediary | None:
    return next((one for one in case.intermediaries if one.service == service and one.status in OPEN), None)


def material_of(item: catalog.ItemDefinition, service: str) -> str:
    """Key of the first material that is the service's result by its wording (论证报告编制 → 论证报告书); empty for none."""
    about = _about(service)
    found = (one.key for one in item.materials if _same(about, _about(one.name)))
    return next(found, "")


def _about(words: str) -> str:
    return _ENDING.sub("", words.strip().replace("或者", "或"))


def _same(one: str, other: str) -> bool:
    return min(len(one), len(other)) >= _SHORTEST and (one in other or other in one)


def requested(case: Case, event: events.IntermediaryRequested, moment: Moment) -> Case:
    case = handled(case, event.officer_id, moment) if event.officer_id else case
    asked = Intermediary(event.intermediary, event.service, REQUESTED, moment.at)
    return replace(case, intermediaries=[*case.intermediaries, asked])


Change = Callable[[Intermediary], Intermediary]


def _changed(case: Case, number: int, change: Change) -> Case:
    return replace(case, intermediaries=[change(one) if one.number == number else one for one in case.intermediaries])


def noted(case: Case, event: events.ProcurementNoted, _moment: Moment) -> Case:
    known = {"procurement_id": event.procurement_id, "procurement_number": event.procurement_number}
    return _changed(case, event.intermediary, lambda one: replace(one, status=RUNNING, **known))  # type: ignore[arg-type]


def kept(case: Case, event: events.DeliverableKept, moment: Moment) -> Case:
    files = [Deliverable(one.file_id, one.media_type, one.size, one.sha256) for one in event.files]
    return _changed(
        case,
        event.intermediary,
        lambda one: replace(
            one,
            status=DELIVERED,
            procurement_id=event.procurement_id,
            procurement_number=event.procurement_number,
            finished_at=moment.at,
            agency_name=event.agency_name,
            agency_uscc=event.agency_uscc,
            files=files,
            material=event.material,
        ),
    )


def ended(case: Case, event: events.ProcurementEndNoted, moment: Moment) -> Case:
    return _changed(
        case,
        event.intermediary,
        lambda one: replace(
            one,
            status=ENDED,
            procurement_id=event.procurement_id,
            procurement_number=event.procurement_number,
            finished_at=moment.at,
            reason=event.reason,
        ),
    )


EVOLVE: Evolve = {
    events.IntermediaryRequested: requested,
    events.ProcurementNoted: noted,
    events.DeliverableKept: kept,
    events.ProcurementEndNoted: ended,
}
