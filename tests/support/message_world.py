"""A notice of every kind the authority matrix needs, made as message makes them."""

from typing import Any, NamedTuple

from chassis.acts import Cause, now
from chassis.events import Heard
from services.message import model_sending, store, worker
from services.message.model_rules import Rules
from tests.support.serving import Here
from yiwang.case.v1 import events_pb2 as case


class Notices(NamedTuple):
    """The case, the notice of it that waits, and one that did not arrive."""

    case: str
    notice: str
    failed: str


def plant(here: Here, owner: str, department: str, region: str) -> Notices:
    """The owner's case at the department is to be corrected, and was decided, which nobody could tell him."""
    own: Any = worker.build(here.parts)()
    id = "0d7c4dc4-1111-4c53-9a4e-64c59d1f5f11"
    submitted = case.CaseSubmitted(
        case_id=id,
        number="990121-261123-TESTED",
        applicant_id=owner,
        item_name="食品经营许可",
        department=department,
        department_name="某局",
        region=region,
    )
    told = {
        "know": submitted,
        "tell_case": case.CorrectionRequested(case_id=id, answer_due="2026-12-03T15:59:59+00:00"),
    }
    for seq, (handler, event) in enumerate(told.items(), 1):
        getattr(own, handler)(_heard(id, seq, event, handler))
    own.tell_case(_heard(id, 3, case.CaseDecided(case_id=id, granted=True), "tell_case"))
    notices = store.notices(here.database)
    waiting, failed = (
        next(row["_id"] for row in notices.collection.find({"state.told_event": f"{id}.{seq}"})) for seq in (2, 3)
    )
    for place in range(3):
        notices.change(
            failed,
            Cause(f"planted/{place}", "system:tests"),
            lambda one: model_sending.skipped(one, model_sending.NO_PROVIDER, Rules(region), now()),
        )
    notices.change(failed, Cause("planted/over", "system:tests"), model_sending.give_up)
    return Notices(id, waiting, failed)


def _heard(record: str, seq: int, body: Any, handler: str) -> Heard[Any]:
    return Heard(f"{record}.{seq}", record, seq, "", now().isoformat(), body, f"message.{handler}", "")
