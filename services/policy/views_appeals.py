"""An appeal as its reader may see it: the enterprise all of it; officers its contact only while there is something to settle."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from chassis.acts import Actor
from chassis.records import Record
from chassis.sealed import Keyring
from services.policy import model_appeals as appeals
from services.policy import model_appeals_moves as moves
from services.policy.model_appeals import Appeal, Line
from services.policy.model_portal import COUNTY_DIGITS
from standards.instants import text
from standards.workdays import local_day
from yiwang.policy.v1 import appeals_pb2 as pb

WHO: Final[Mapping[str, str]] = {
    appeals.ENTERPRISE: "企业",
    appeals.ROUTER: "转办人员",
    appeals.DEPARTMENT: "承办部门",
    appeals.SYSTEM: "系统",
}
WHAT: Final[Mapping[str, str]] = {
    "AppealSubmitted": "提交",
    "AppealRouted": "转办",
    "AppealAccepted": "受理",
    "AppealReturned": "退回转办",
    "AppealExtended": "延期",
    "AppealAnswered": "答复",
    "AppealRated": "评价",
    "AppealReopened": "再次提出",
    "AppealClosed": "到期未评价，办结",
    "AppealOverdue": "超期",
}
# What is between officers, and no answer to the enterprise.
_INTERNAL: Final = frozenset(("AppealRouted", "AppealReturned"))


def number(keyring: Keyring, id: str, region: str, now: datetime) -> str:
    """The number of an appeal: county, day and eight characters nobody can guess from another's."""
    return f"{region[:COUNTY_DIGITS]}{local_day(now):%y%m%d}{keyring.code(f'appeal/{id}')}"


def brief(record: Record[Appeal], keyring: Keyring) -> pb.Appeal:
    """A line of a list, without what was written but its title."""
    appeal = record.state
    said: dict[str, Any] = keyring.open(appeal.organization_id, appeal.sealed) or {}
    return pb.Appeal(
        appeal_id=record.id,
        version=record.version,
        number=appeal.number,
        kind=appeal.kind,  # type: ignore[arg-type]
        status=appeal.status,  # type: ignore[arg-type]
        title=said.get("title", ""),
        uscc=appeal.uscc,
        enterprise_name=appeal.enterprise_name,
        region=appeal.region,
        department=appeal.department,
        department_name=appeal.department_name,
        submitted_at=text(appeal.opened_at),
        due=text(appeal.step_due),
        overdue=appeal.overdue,
        late=appeal.late,
        extended=appeal.extended,
        returns=appeal.returns,
        reopened=appeal.reopened,
        reopen_until=text(appeal.reopen_until),
    )


def full(record: Record[Appeal], actor: Actor, keyring: Keyring, now: datetime) -> pb.Appeal:
    """The whole appeal, for its reader."""
    appeal, view = record.state, brief(record, keyring)
    said: dict[str, Any] = keyring.open(appeal.organization_id, appeal.sealed) or {}
    view.text = said.get("text", "")
    if appeals.knows_contact(actor, appeal):
        view.contact = said.get("contact", "")
    view.ratings.extend(
        pb.AppealRating(
            score=one.score, reason=keyring.open_text(appeal.organization_id, one.sealed_reason), at=text(one.at)
        )
        for one in appeal.ratings
    )
    view.lines.extend(_line(one, appeal, actor, keyring) for one in appeal.lines)
    view.open_moves.extend(moves.open_moves(appeal, actor, now))
    return view


def _line(line: Line, appeal: Appeal, actor: Actor, keyring: Keyring) -> pb.AppealLine:
    hidden = line.what in _INTERNAL and appeals.submits(actor, appeal)
    return pb.AppealLine(
        at=text(line.at),
        who=WHO[line.by],
        what=WHAT[line.what],
        text="" if hidden else keyring.open_text(appeal.organization_id, line.sealed),
        department_name=line.department_name,
    )
