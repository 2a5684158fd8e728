"""VisitService over gRPC: slots for inspections on site, bookings, and what two inspectors sign."""

from datetime import UTC, datetime

from chassis import paging
from chassis.acts import OFFICER, now
from chassis.errors import Refused, Violation, invalid
from chassis.rpc import Call
from services.case import attachments, model_seeing, model_visits
from services.case.acting_on import Desk
from services.case.model import Case
from services.case.slots import Booking
from services.case.store_slots import Document
from services.case.timeline import time_text
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import procedures_pb2 as pb
from yiwang.case.v1.service_pb2 import Case as View
from yiwang.case.v1.service_pb2 import HandedIn

PAGE = 20


class VisitApi:
    """The methods of yiwang.case.v1.VisitService, by name."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.booking = Booking(desk.parts.database, desk.cases, desk.keyring)

    def OpenSlots(self, request: pb.OpenSlotsRequest, call: Call) -> pb.OpenSlotsResponse:
        opened = self.booking.open(request.slots, call.actor, call.cause)
        return pb.OpenSlotsResponse(slots=[_slot(one) for one in opened])

    def ListSlots(self, request: pb.ListSlotsRequest, call: Call) -> pb.ListSlotsResponse:
        after, size = _place(request.page_token), request.page_size or PAGE
        found = self.booking.slots.future(self._department(request, call), now())
        left = [slot for slot in found if (slot["start"], slot["_id"]) > after]
        token = _token(left[size - 1]) if len(left) > size else ""
        return pb.ListSlotsResponse(slots=[_slot(one) for one in left[:size]], next_page_token=token)

    def _department(self, request: pb.ListSlotsRequest, call: Call) -> str:
        if request.case_id:
            case = self.desk.cases.get(request.case_id, model_seeing.visible(call.actor)).state
            return case.department
        if call.actor.realm != OFFICER:
            raise invalid(Violation("case_id", "REQUIRED", "请指明办件"))
        return call.actor.department

    def BookVisit(self, request: pb.BookVisitRequest, call: Call) -> View:
        visible = model_seeing.visible(call.actor)
        record = self.booking.book(request.case_id, request.slot_id, visible, call.cause)
        return self.desk.reply(record, call)

    def CancelVisit(self, request: pb.CancelVisitRequest, call: Call) -> View:
        return self.desk.reasoned(request, call, lambda case, sealed: model_visits.cancel(case, sealed, now()))

    def RescheduleVisit(self, request: pb.RescheduleVisitRequest, call: Call) -> View:
        return self.desk.reasoned(request, call, lambda case, sealed: model_visits.reschedule(case, sealed))

    def SignVisit(self, request: pb.SignVisitRequest, call: Call) -> View:
        return self.desk.move(request, call, lambda case: self._sign(case, request, call))

    def _sign(self, case: Case, request: pb.SignVisitRequest, call: Call) -> events.VisitSigned:
        found = f"{request.findings}\n勘验地点：{request.place}\n签字：{request.signature}"
        return model_visits.sign(
            case,
            call.actor,
            request.passed,
            request.at,
            self.desk.sealed(case, found),
            self._evidence(case, request, call),
            now(),
        )

    def _evidence(self, case: Case, request: pb.SignVisitRequest, call: Call) -> list[events.HandedInFile]:
        """What the inspector uploaded for the case."""
        brought = [HandedIn(material=model_visits.evidence_key(case), attachments=request.evidence)]
        try:
            return attachments.claim(self.desk.files, brought, call.actor, case.applicant_id)
        except Refused as refused:
            raise invalid(*(Violation("evidence", one.reason, one.message) for one in refused.violations)) from None


def _slot(slot: Document) -> pb.Slot:
    return pb.Slot(
        id=slot["_id"],
        department=slot["department"],
        start=time_text(slot["start"]),
        end=time_text(slot["end"]),
        place=slot["place"],
        capacity=slot["capacity"],
        available=slot["available"],
    )


def _token(slot: Document) -> str:
    return f"{round(slot['start'].timestamp() * 1000)}-{slot['_id']}"


def _place(token: str) -> tuple[datetime, str]:
    """The place of a page's last slot; INVALID_ARGUMENT for a token nobody gave out."""
    milliseconds, _, id = token.partition("-")
    if not token:
        return datetime.fromtimestamp(0, UTC), ""
    if not (milliseconds.isdecimal() and len(milliseconds) <= 14 and id):
        raise paging.malformed()
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC), id
