"""OfficerService over gRPC."""

from chassis.parts import Parts
from chassis.rpc import Call
from services.identity import model_officers, store_officers, views_officers
from services.identity.appointing import Appointing
from services.identity.opening import Opening
from services.identity.registry import Registry
from yiwang.identity.v1 import officers_pb2 as officers_pb
from yiwang.identity.v1 import service_pb2 as pb


class OfficerApi:
    """The methods of yiwang.identity.v1.OfficerService, by name."""

    def __init__(self, parts: Parts, opening: Opening) -> None:
        self.keyring = parts.keyring
        self.appointing = Appointing(parts, Registry(parts))
        self.officers = store_officers.officers(parts.database)
        self.departments = store_officers.departments(parts.database)

    def SaveDepartment(self, request: officers_pb.SaveDepartmentRequest, call: Call) -> officers_pb.Department:
        return views_officers.department(self.appointing.save_department(request, call.cause, call.actor))

    def ListDepartments(
        self, request: officers_pb.ListDepartmentsRequest, call: Call
    ) -> officers_pb.ListDepartmentsResponse:
        rows, token = store_officers.departments_page(
            self.departments, request.region, request.page_token, request.page_size
        )
        found = [views_officers.department(row) for row in rows]
        return officers_pb.ListDepartmentsResponse(departments=found, next_page_token=token)

    def AppointOfficer(self, request: officers_pb.AppointOfficerRequest, call: Call) -> pb.Officer:
        return views_officers.officer(self.appointing.appoint(request, call.cause, call.actor), self.keyring)

    def ApproveAppointment(self, request: officers_pb.ApproveAppointmentRequest, call: Call) -> pb.Officer:
        return views_officers.officer(self.appointing.approve(request, call.cause, call.actor), self.keyring)

    def RejectAppointment(self, request: officers_pb.RejectAppointmentRequest, call: Call) -> pb.Officer:
        return views_officers.officer(self.appointing.reject(request, call.cause, call.actor), self.keyring)

    def TransferOfficer(self, request: officers_pb.TransferOfficerRequest, call: Call) -> pb.Officer:
        return views_officers.officer(self.appointing.transfer(request, call.cause, call.actor), self.keyring)

    def DismissOfficer(self, request: officers_pb.DismissOfficerRequest, call: Call) -> pb.Officer:
        return views_officers.officer(self.appointing.dismiss(request, call.cause, call.actor), self.keyring)

    def GetOfficer(self, request: officers_pb.GetOfficerRequest, call: Call) -> pb.Officer:
        record = self.officers.get(request.officer_id, model_officers.visible(call.actor))
        return views_officers.officer(record, self.keyring)

    def ListOfficers(self, request: officers_pb.ListOfficersRequest, call: Call) -> officers_pb.ListOfficersResponse:
        visible = model_officers.visible(call.actor)
        only = (request.department, request.proposed)
        rows, token = store_officers.officers_page(self.officers, visible, *only, request.page_token, request.page_size)
        found = [views_officers.officer(row, self.keyring) for row in rows]
        return officers_pb.ListOfficersResponse(officers=found, next_page_token=token)
