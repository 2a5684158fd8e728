"""Cases as the model sees them, at any point of their way."""

import uuid
from datetime import UTC, datetime
from typing import Any

from services.case import model
from services.case.model import Case
from tests.support.actors import DEPARTMENT, REGION

SUBMITTED_AT = datetime(2026, 9, 28, 1, tzinfo=UTC)
DUE = datetime(2026, 10, 13, 15, 59, 59, tzinfo=UTC)
RECEIVER = "officer-who-received"
APPLICANT = "applicant"


# Ended before anybody reviewed them.
UNREVIEWED = (model.REFUSED, model.NOT_ACCEPTED, model.WITHDRAWN, model.VOIDED, model.CORRECTION_LAPSED)


def case_in(status: int, **changes: Any) -> Case:
    """A case with this status, and what goes with it."""
    accepted = status not in model.UNACCEPTED and status not in UNREVIEWED
    passed = 0 if status == model.IN_REVIEW or status in model.UNACCEPTED or status in UNREVIEWED else 2
    fields: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "number": "990121260928ABCDEF0",
        "applicant_id": APPLICANT,
        "item_id": str(uuid.uuid4()),
        "edition": 1,
        "item_code": "TEST-1",
        "item_name": "公共场所卫生许可",
        "result_name": "卫生许可证",
        "department": DEPARTMENT,
        "department_name": "示范县卫生健康局",
        "region": REGION,
        "channel": 2,
        "status": status,
        "sealed_form": "sealed",
        "files": [],
        "review_steps": ["材料审查", "现场勘验"],
        "promised": [5, 1],
        "statutory": [20, 1],
        "submitted_at": SUBMITTED_AT,
        "desk": "" if status in model.ENDED else DEPARTMENT,
        "steps_passed": passed,
        "correction_materials": ["application"] if status == model.CORRECTION else [],
        "correction_asked": status == model.CORRECTION,
        "received_by": RECEIVER if accepted else "",
        "receivers": [RECEIVER] if accepted else [],
        "handler_id": RECEIVER if accepted else "",
        "handled_at": SUBMITTED_AT if accepted else None,
        "promised_due": DUE if accepted else None,
    }
    return Case(**(fields | changes))
