"""One window (一窗受理): what may be received where, and the way of what was received for another department. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from chassis.acts import Actor
from chassis.errors import PERMISSION_DENIED, Refused, require
from services.case import model_deadlines
from services.case.model import COUNTY_DIGITS, RECEIVED, Case
from services.case.model_moves import require_move
from standards.instants import after, text
from yiwang.case.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2 as catalog

# Digits of the region that window and item have in common, by how far the item is handled (通办范围).
_REACH: Final[Mapping[int, int]] = {
    catalog.REACH_CITY: 4,
    catalog.REACH_PROVINCE: 2,
    catalog.REACH_NATION: 0,
}


def check_reach(officer: Actor, item: catalog.ItemDefinition) -> None:
    """PERMISSION_DENIED REACH unless the window's county is the item's, or the item is handled as far as here (跨域通办)."""
    digits = _REACH.get(item.reach, COUNTY_DIGITS)
    if not officer.region or officer.region[:digits] != item.region[:digits]:
        raise Refused(PERMISSION_DENIED, "REACH", "该事项不在本窗口的通办范围内，请引导申请人到有权受理的地方办理")


def receiving(officer: Actor, item: catalog.ItemDefinition) -> tuple[str, str]:
    """Department and region that received it for the one that decides; empty where that is the same department."""
    same = officer.department == item.department.code
    return ("", "") if same else (officer.department, officer.region)


def waits(case: Case) -> bool:
    """Whether the window still has to hand it over."""
    return case.status == RECEIVED and case.sent_at is None


def send(case: Case, officer: Actor, receipt_digest: str, now: datetime) -> events.MaterialsSent:
    """The window sent it on; what was sent is told by the receipt's digest."""
    require_move(case, "HandOverCase")
    _require_same(case, receipt_digest)
    take_due = text(after(now, model_deadlines.TAKE_OVER_DAYS, case.region))
    return events.MaterialsSent(
        case_id=case.id, officer_id=officer.id, receipt_digest=receipt_digest, take_due=take_due
    )


def take(case: Case, officer: Actor, receipt_digest: str) -> events.MaterialsTaken:
    """The department that decides has it, and the same."""
    require_move(case, "TakeOverCase")
    _require_same(case, receipt_digest)
    return events.MaterialsTaken(case_id=case.id, officer_id=officer.id, receipt_digest=receipt_digest)


def _require_same(case: Case, receipt_digest: str) -> None:
    same = receipt_digest == case.receipt_digest
    require(same, "RECEIPT_DIFFERS", "与收件凭证的材料校验值不一致，请核对材料")
