"""How departments and officers come in, move and leave: by the api, and by the loading of files.

The password of somebody new goes to the credentials first, so that whoever was told he is appointed can sign in; that of who has a post
goes there last, when what two must grant is taken from him: whoever set it could be him.
"""

from dataclasses import replace

from google.protobuf.message import Message

from chassis.acts import Actor, Cause
from chassis.errors import invalid
from chassis.parts import Parts
from chassis.records import Record
from services.identity import model_departments, model_officers, store, store_officers
from services.identity.model_departments import Department
from services.identity.model_officers import Officer
from services.identity.registry import Registry
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import officers_pb2 as officers_pb


class Appointing:
    """Departments, officers and their passwords. `actor` is the administrator; None is the installation's operator."""

    def __init__(self, parts: Parts, registry: Registry) -> None:
        self.database = parts.database
        self.keyring = parts.keyring
        self.registry = registry
        self.officers = store_officers.officers(parts.database)
        self.departments = store_officers.departments(parts.database)

    def save_department(
        self, request: officers_pb.SaveDepartmentRequest, cause: Cause, actor: Actor | None
    ) -> Record[Department]:
        """Brings a department in, or changes it."""
        id = store_officers.department_id(request.uscc)
        wanted = events.DepartmentSaved(
            department_id=id,
            uscc=request.uscc,
            name=request.name.strip(),
            region=request.region,
            parent=request.parent,
        )
        parent_known = store_officers.department_of(self.database, request.parent) is not None

        def decide(department: Department | None) -> events.DepartmentSaved | None:
            model_departments.check(wanted, parent_known)
            if actor is not None:
                present = [department.region] if department else []
                model_officers.own_region_only(actor, wanted.region, *present)
            return model_departments.save(department, wanted)

        return store.put(self.departments, id, cause, decide)

    def appoint(self, request: officers_pb.AppointOfficerRequest, cause: Cause, actor: Actor | None) -> Record[Officer]:
        """Opens or changes the file of an officer."""
        id = store_officers.officer_id(request.staff_number)
        department = store_officers.department_of(self.database, request.department)
        found = self.officers.find({"_id": id})
        repeated = found is not None and store.caused(found, cause)
        if not repeated:
            model_officers.check_appointment(found.state if found else None, request, department, actor)
        hashed = self._hash(request.password, cause) if request.password else ""
        if hashed and found is None:
            self.registry.credentials.put(id, hashed)
        proposer = actor.principal if actor else ""

        def decide(officer: Officer | None) -> list[Message] | None:
            model_officers.check_appointment(officer, request, department, actor)
            return model_officers.appoint(officer, self._wanted(officer, request, department), proposer, bool(hashed))

        record = store.put(self.officers, id, replace(cause, request=self.registry.digest(request, hashed)), decide)
        if hashed and found is not None:
            self._keep_password(record, cause, hashed)
        return record

    def _keep_password(self, record: Record[Officer], cause: Cause, hashed: str) -> None:
        """Unless it is kept already, or a later one: after a crash the same request again finishes it."""
        written = next(entry["at"] for entry in record.journal if entry["cause"] == cause.key)
        present = self.registry.credentials.find(record.id)
        if present is None or present["at"] < written:
            self.registry.credentials.put(record.id, hashed)

    def _wanted(
        self, officer: Officer | None, request: officers_pb.AppointOfficerRequest, department: Department | None
    ) -> events.OfficerAppointed:
        id, name = store_officers.officer_id(request.staff_number), request.name.strip()
        kept = officer is not None and self.keyring.open_text(id, officer.sealed) == name
        return events.OfficerAppointed(
            officer_id=id,
            staff_number=request.staff_number,
            roles=model_officers.sorted_roles(request.roles),
            department=request.department,
            department_name=request.department_name or (department.name if department else ""),
            region=request.region,
            sealed=officer.sealed if officer and kept else self.keyring.seal(id, name),
            post=request.post,
        )

    def transfer(self, request: officers_pb.TransferOfficerRequest, cause: Cause, actor: Actor) -> Record[Officer]:
        """Another post in another department, whose region he takes; his open work goes to the successor."""
        department = store_officers.department_of(self.database, request.department)
        successor = store_officers.officer_of(self.database, request.successor_id)

        def decide(officer: Officer) -> list[Message] | None:
            if department is None:
                raise invalid(model_officers.unknown_department())
            model_officers.own_region_only(actor, department.region)
            wanted = events.OfficerAppointed(
                officer_id=officer.id,
                staff_number=officer.staff_number,
                roles=model_officers.sorted_roles(request.roles),
                department=department.uscc,
                department_name=department.name,
                region=department.region,
                sealed=officer.sealed,
                post=request.post,
            )
            return model_officers.transfer(officer, wanted, successor, actor)

        return self.officers.change(request.officer_id, cause, decide, model_officers.visible(actor))

    def dismiss(self, request: officers_pb.DismissOfficerRequest, cause: Cause, actor: Actor) -> Record[Officer]:
        """The end of a post; the reason is sealed under the officer's key."""
        successor = store_officers.officer_of(self.database, request.successor_id) if request.successor_id else None

        def decide(officer: Officer) -> events.OfficerDismissed:
            sealed = self._sealed(officer.id, request.reason)
            return model_officers.dismiss(officer, successor, not request.successor_id, sealed, actor)

        return self.officers.change(request.officer_id, cause, decide, model_officers.visible(actor))

    def approve(self, request: officers_pb.ApproveAppointmentRequest, cause: Cause, actor: Actor) -> Record[Officer]:
        """Lets the proposal hold that the approver has read; ABORTED CHANGED_MEANWHILE when the file is another one by now."""
        visible = model_officers.visible(actor)
        read = self.officers.get(request.officer_id, visible)

        def decide(officer: Officer) -> events.AppointmentApproved:
            if read.version != request.version or officer != read.state:
                raise model_officers.changed_meanwhile()
            return model_officers.approve(officer, actor)

        return self.officers.change(request.officer_id, cause, decide, visible)

    def reject(self, request: officers_pb.RejectAppointmentRequest, cause: Cause, actor: Actor) -> Record[Officer]:
        """Takes the proposal away; the reason is sealed under the officer's key."""

        def decide(officer: Officer) -> events.AppointmentRejected:
            return model_officers.reject(officer, self._sealed(officer.id, request.reason))

        return self.officers.change(request.officer_id, cause, decide, model_officers.visible(actor))

    def _sealed(self, officer_id: str, reason: str) -> str:
        return self.keyring.seal(officer_id, reason) if reason else ""

    def _hash(self, password: str, cause: Cause) -> str:
        return self.registry.credentials.hash(password, self.keyring.blind("salt", cause.key))
