"""Officers as pure functions: who holds which post, who approves it, who takes over when one leaves.

To decide is granted by two (岗位授权双人复核): what an administrator gives alone holds at once, `decide` waits for another one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from google.protobuf.message import Message

from chassis.acts import OFFICER, Actor, Evolve, Moment
from chassis.errors import ABORTED, PERMISSION_DENIED, Refused, Violation, invalid, require
from services.identity import model_regions
from services.identity.model import ID_NUMBER, PASSWORD_LEAST, PHONE
from services.identity.model_departments import Department
from standards.codes import region_covers, region_valid
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import officers_pb2 as officers_pb

ADMINISTER = "administer"
# Roles one administrator alone cannot give.
BY_TWO = frozenset({"decide", "administer"})


@dataclass(frozen=True, slots=True)
class Officer:
    """The post an officer holds; the name is sealed. Who was dismissed keeps a file, and holds no role."""

    id: str
    staff_number: str
    roles: list[str]
    department: str
    department_name: str
    region: str
    sealed: str
    post: str = ""
    dismissed: bool = False
    # Roles that wait for a second administrator, and the principal who proposed them.
    proposed_roles: list[str] = field(default_factory=list)
    proposed_by: str = ""


def visible(actor: Actor) -> dict[str, Any]:
    """The filter of officers an officer may see: his region and what lies within it."""
    return model_regions.within(actor.region if actor.realm == OFFICER else "")


def sees(actor: Actor, officer: Officer) -> bool:
    """The same as `visible`, as a predicate."""
    return actor.realm == OFFICER and region_covers(actor.region, officer.region)


def check_appointment(
    officer: Officer | None,
    wanted: officers_pb.AppointOfficerRequest,
    department: Department | None,
    actor: Actor | None,
) -> None:
    """Whether this post may be given. `actor` is the administrator; None is the operator of the installation."""
    if found := list(_wrong_in(officer, wanted, department)):
        raise invalid(*found)
    if actor is not None:
        own_region_only(actor, wanted.region, *(one.region for one in (officer, department) if one))
        not_himself(actor, officer)


def _wrong_in(
    officer: Officer | None, wanted: officers_pb.AppointOfficerRequest, department: Department | None
) -> Iterator[Violation]:
    if ID_NUMBER.fullmatch(wanted.staff_number) or PHONE.fullmatch(wanted.staff_number):
        # Sign-in tells the kinds of login apart by their form.
        yield Violation("staff_number", "LIKE_A_PERSON", "工号不得与身份证号码或手机号码形式相同")
    if not wanted.name.strip():
        yield Violation("name", "REQUIRED", "请填写姓名")
    if department is None:
        yield unknown_department()
    if not region_valid(wanted.region):
        yield Violation("region", "REGION_UNKNOWN", "行政区划代码不正确")
    if not wanted.password and officer is None:
        yield Violation("password", "REQUIRED", "新任人员须设置初始密码")
    if wanted.password and len(wanted.password) < PASSWORD_LEAST:
        yield Violation("password", "STRING_MIN_LEN", f"密码至少{PASSWORD_LEAST}位")


def unknown_department() -> Violation:
    """The department was never brought in."""
    return Violation("department", "DEPARTMENT_UNKNOWN", "该部门尚未入驻")


def own_region_only(actor: Actor, *wanted: str) -> None:
    """PERMISSION_DENIED OUTSIDE_REGION unless all of these regions lie within the administrator's own."""
    if not all(region_covers(actor.region, one) for one in wanted):
        raise Refused(PERMISSION_DENIED, "OUTSIDE_REGION", "只能办理本辖区内的事项")


def not_himself(actor: Actor, officer: Officer | None) -> None:
    """FAILED_PRECONDITION OWN_POST: nobody changes or ends his own post, so that a region always keeps an administrator."""
    require(officer is None or actor.id != officer.id, "OWN_POST", "不得变更本人的岗位，请由其他管理人员办理")


def appoint(
    officer: Officer | None,
    wanted: events.OfficerAppointed,
    proposer: str,
    renewed: bool = False,
    successor_id: str = "",
) -> list[Message] | None:
    """The post as wanted, as far as it holds at once, and what is only proposed; nothing when it is so already.

    `proposer` is the administrator's principal, empty for the operator, whose word holds; `renewed` says that there is a new
    password, which is worth an entry of its own. Who leaves a department hands his work over there.
    """
    serves = officer is not None and not officer.dismissed
    # With a password somebody else has set, an officer could be that somebody: what two must grant, two grant anew.
    # And what was granted for a region is not granted for a larger one.
    same = officer and officer.department == wanted.department and region_covers(officer.region, wanted.region)
    kept = officer and serves and same and not (renewed and proposer)
    held = officer.roles if officer and kept else ()
    waits = sorted(BY_TWO & {*wanted.roles} - {*held}) if proposer else []
    post = events.OfficerAppointed()
    post.CopyFrom(wanted)
    del post.roles[:]
    post.roles.extend(role for role in wanted.roles if role not in waits)
    found: list[Message] = []
    if officer is None or renewed or _settled(officer) != _officer(post) or (officer.proposed_roles and not waits):
        found.append(post)
    if waits and (found or officer is None or officer.proposed_roles != waits):
        found.append(events.AppointmentProposed(officer_id=wanted.officer_id, roles=waits, proposed_by=proposer))
    if officer and serves and officer.department != wanted.department:
        left = events.OfficerTransferred(
            officer_id=officer.id, department=officer.department, successor_id=successor_id
        )
        found.insert(0, left)
    return found or None


def approve(officer: Officer, actor: Actor) -> events.AppointmentApproved:
    """A second administrator lets the proposed roles hold; neither who proposed them nor the officer himself."""
    require(bool(officer.proposed_roles), "NOTHING_PROPOSED", "没有待复核的授权")
    require(actor.principal != officer.proposed_by, "PROPOSER_MAY_NOT_APPROVE", "提出授权的人员不得自行复核")
    not_himself(actor, officer)
    return events.AppointmentApproved(
        officer_id=officer.id,
        roles=officer.proposed_roles,
        proposed_by=officer.proposed_by,
        approved_by=actor.principal,
    )


def changed_meanwhile() -> Refused:
    """ABORTED CHANGED_MEANWHILE: what was read is not what is there now."""
    return Refused(ABORTED, "CHANGED_MEANWHILE", "该人员的任职已被他人修改，请刷新后重试")


def reject(officer: Officer, sealed_reason: str) -> events.AppointmentRejected:
    """The proposal is taken away; what holds stays."""
    require(bool(officer.proposed_roles), "NOTHING_PROPOSED", "没有待复核的授权")
    return events.AppointmentRejected(officer_id=officer.id, sealed_reason=sealed_reason)


def transfer(
    officer: Officer, wanted: events.OfficerAppointed, successor: Officer | None, actor: Actor
) -> list[Message] | None:
    """Another post in another department; the work he leaves goes to the successor."""
    require_in_office(officer)
    not_himself(actor, officer)
    if wanted.department == officer.department:
        raise invalid(Violation("department", "SAME_DEPARTMENT", "该人员已在此部门任职"))
    return appoint(officer, wanted, actor.principal, successor_id=_taking_over(officer, successor))


def dismiss(
    officer: Officer, successor: Officer | None, alone: bool, sealed_reason: str, actor: Actor
) -> events.OfficerDismissed:
    """The end of a post. `alone`: nobody takes over, the department keeps the open work."""
    require_in_office(officer)
    not_himself(actor, officer)
    return events.OfficerDismissed(
        officer_id=officer.id,
        department=officer.department,
        successor_id="" if alone else _taking_over(officer, successor),
        sealed_reason=sealed_reason,
    )


def require_in_office(officer: Officer) -> None:
    """FAILED_PRECONDITION NOT_IN_OFFICE for who was dismissed."""
    require(not officer.dismissed, "NOT_IN_OFFICE", "该人员已免职")


def _taking_over(officer: Officer, successor: Officer | None) -> str:
    there = successor is not None and not successor.dismissed and successor.department == officer.department
    if successor is None or not there or successor.id == officer.id:
        raise invalid(Violation("successor_id", "SUCCESSOR_NOT_THERE", "接手人员须为同一部门的在职人员"))
    return successor.id


def sorted_roles(roles: Sequence[str]) -> list[str]:
    """Roles in one order, so that the same roles are the same post."""
    return sorted(set(roles))


def _settled(officer: Officer) -> Officer:
    """The officer with nothing proposed."""
    return replace(officer, proposed_roles=[], proposed_by="")


def _officer(event: events.OfficerAppointed) -> Officer:
    return Officer(
        id=event.officer_id,
        staff_number=event.staff_number,
        roles=list(event.roles),
        department=event.department,
        department_name=event.department_name,
        region=event.region,
        sealed=event.sealed,
        post=event.post,
    )


def _appointed(_officer_before: Officer | None, event: events.OfficerAppointed, _moment: Moment) -> Officer:
    return _officer(event)


def _proposed(officer: Officer, event: events.AppointmentProposed, _moment: Moment) -> Officer:
    return replace(officer, proposed_roles=list(event.roles), proposed_by=event.proposed_by)


def _approved(officer: Officer, event: events.AppointmentApproved, _moment: Moment) -> Officer:
    return replace(_settled(officer), roles=sorted_roles([*officer.roles, *event.roles]))


def _rejected(officer: Officer, _event: events.AppointmentRejected, _moment: Moment) -> Officer:
    return _settled(officer)


def _transferred(officer: Officer, _event: events.OfficerTransferred, _moment: Moment) -> Officer:
    return officer  # the post he has now is told by OfficerAppointed, in the same write


def _dismissed(officer: Officer, _event: events.OfficerDismissed, _moment: Moment) -> Officer:
    return replace(_settled(officer), roles=[], dismissed=True)


EVOLVE: Evolve = {
    events.OfficerAppointed: _appointed,
    events.AppointmentProposed: _proposed,
    events.AppointmentApproved: _approved,
    events.AppointmentRejected: _rejected,
    events.OfficerTransferred: _transferred,
    events.OfficerDismissed: _dismissed,
}
