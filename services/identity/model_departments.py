"""Departments as pure functions (部门入驻)."""

from dataclasses import dataclass

from chassis.acts import Evolve, Moment
from chassis.errors import Violation, invalid
from standards.codes import region_valid
from standards.identifiers import uscc_valid
from yiwang.identity.v1 import events_pb2 as events


@dataclass(frozen=True, slots=True)
class Department:
    """A department of a region; `parent` is the USCC of the one above, empty for none."""

    id: str
    uscc: str
    name: str
    region: str
    parent: str = ""


def check(wanted: events.DepartmentSaved, parent_known: bool) -> None:
    """INVALID_ARGUMENT for every field at fault; codes by their check digit (GB 32100)."""
    found = []
    if not uscc_valid(wanted.uscc):
        found.append(Violation("uscc", "CHECK_DIGIT", "统一社会信用代码不正确，请核对"))
    if not wanted.name.strip():
        found.append(Violation("name", "REQUIRED", "请填写部门名称"))
    if not region_valid(wanted.region):
        found.append(Violation("region", "REGION_UNKNOWN", "行政区划代码不正确"))
    if wanted.parent and (wanted.parent == wanted.uscc or not parent_known):
        found.append(Violation("parent", "DEPARTMENT_UNKNOWN", "上级部门尚未入驻"))
    if found:
        raise invalid(*found)


def save(department: Department | None, wanted: events.DepartmentSaved) -> events.DepartmentSaved | None:
    """The department as wanted; nothing when it is so already."""
    return None if department == _department(wanted) else wanted


def _department(event: events.DepartmentSaved) -> Department:
    return Department(event.department_id, event.uscc, event.name, event.region, event.parent)


def _saved(_before: Department | None, event: events.DepartmentSaved, _moment: Moment) -> Department:
    return _department(event)


EVOLVE: Evolve = {events.DepartmentSaved: _saved}
