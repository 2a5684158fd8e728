"""What a rating has to know of a case (好差评): what was served, and by whom. Pure."""

from services.case.model import Case
from yiwang.case.v1 import events_pb2 as events


def officers(case: Case, *now: str) -> list[str]:
    """Everybody of the department who took part in a case so far, and who does now: none of them deals with its rating."""
    signed = (signature.officer_id for visit in case.visits for signature in visit.signatures)
    known = (case.received_by, *case.receivers, case.handler_id, *case.handlers, case.decided_by)
    return sorted({*known, *signed, *now} - {""})


def served(case: Case, *now: str) -> events.Served:
    """What a rating of the stretch of service that ends with this event has to know."""
    return events.Served(
        number=case.number,
        applicant_id=case.applicant_id,
        item_id=case.item_id,
        item_code=case.item_code,
        item_name=case.item_name,
        department=case.department,
        department_name=case.department_name,
        region=case.region,
        channel=case.channel,  # type: ignore[arg-type]
        window_id=case.window_id,
        officer_ids=officers(case, *now),
    )
