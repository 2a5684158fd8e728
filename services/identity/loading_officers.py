"""Rows of departments and officers. The operator's word needs nobody's approval."""

from collections.abc import Mapping
from typing import Final

from chassis.fields import check
from services.identity import store_officers
from services.identity.loading_rows import Desk, cause_of, changed, fill
from yiwang.identity.v1 import officers_pb2 as officers_pb

DEPARTMENT_FIELDS: Final[Mapping[str, str]] = {"uscc": "uscc", "name": "name", "region": "region", "parent": "parent"}
OFFICER_FIELDS: Final[Mapping[str, str]] = {
    "staffNumber": "staff_number",
    "name": "name",
    "roles": "roles",
    "department": "department",
    "departmentName": "department_name",
    "region": "region",
    "password": "password",
    "post": "post",
}


def load_department(desk: Desk, row: object) -> bool:
    """Brings a department in, new or changed; False when it is so already."""
    request = officers_pb.SaveDepartmentRequest()
    fill(request, row, DEPARTMENT_FIELDS, ("parent",))
    return _save_department(desk, request)


def _save_department(desk: Desk, request: officers_pb.SaveDepartmentRequest) -> bool:
    id = store_officers.department_id(request.uscc)
    request.request_id = f"load-{id}"
    check(request)
    before = desk.appointing.departments.find({"_id": id})
    return changed(before, desk.appointing.save_department(request, cause_of(id, before), None))


def load_officer(desk: Desk, row: object) -> bool:
    """Appoints an officer, new or changed; False when he holds that post already. A password there is kept. A department the
    installation does not know comes in with its officer."""
    request = officers_pb.AppointOfficerRequest()
    fill(request, row, OFFICER_FIELDS, ("post",))
    id = store_officers.officer_id(request.staff_number)
    before = desk.appointing.officers.find({"_id": id})
    if before is not None:
        request.password = ""
    request.request_id = f"load-{id}"
    check(request)
    if store_officers.department_of(desk.parts.database, request.department) is None:
        department = officers_pb.SaveDepartmentRequest(
            uscc=request.department, name=request.department_name, region=request.region
        )
        _save_department(desk, department)
    return changed(before, desk.appointing.appoint(request, cause_of(id, before), None))
