"""Tickets of rating as tests open them and move them."""

import uuid
from datetime import timedelta
from typing import Any

from chassis.acts import Actor, Cause, now
from chassis.events import Heard
from chassis.records import Record
from services.rating import store_tickets, store_windows
from services.rating.model_tickets import Ticket
from services.rating.windows import Windows
from standards.instants import text
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, machine, officer, supervisor
from tests.support.calling import As
from tests.support.rating_service import RatingHere, closed
from yiwang.identity.v1 import events_pb2 as identity
from yiwang.rating.v1 import tickets_pb2 as pb

SERVICE = "TicketService"
TITLE, TEXT = "窗口要求重复提交材料", "我已经提交过营业执照，窗口仍要求再次提交复印件"
NAME, PHONE = "诸葛试真名", "19900000777"
SECRETS = (TITLE, TEXT, NAME, PHONE)
ANSWER = "经核实，营业执照已可免提交，窗口已更正"


class TicketsHere:
    """rating as the tests of tickets call it: departments are known, and a supervisor and an officer are there."""

    def __init__(self, rating: RatingHere) -> None:
        self.rating = rating
        self.supervisor = supervisor()
        self.officer = officer("review")
        self.platform = machine(*(f"yiwang.rating.v1.TicketService/{name}" for name in PLATFORM))
        for code, name in ((DEPARTMENT, "水务局"), (OTHER_DEPARTMENT, "市场监督管理局")):
            rating.hear("keep_department", identity.DepartmentSaved(uscc=code, name=name, region=REGION), code, 1)

    @property
    def records(self) -> store_tickets.Tickets:
        """The records."""
        return store_tickets.tickets(self.rating.parts.database)

    def by(self, actor: Actor | None) -> As:
        """TicketService as this actor calls it."""
        return self.rating.by(actor, service=SERVICE)

    def open(self, actor: Actor | None, kind: int = pb.TICKET_KIND_COMPLAINT, **told: Any) -> pb.Ticket:
        """A ticket as somebody opens it."""
        said = {"title": TITLE, "text": TEXT, "contact_name": NAME, "contact": PHONE, "region": REGION, **told}
        opened: pb.Ticket = self.by(actor).OpenTicket(kind=kind, **said)
        return opened

    def assigned(self, actor: Actor, **told: Any) -> pb.Ticket:
        """A complaint that the department is to answer."""
        return self.assign(self.open(actor, **told).id)

    def assign(self, id: str) -> pb.Ticket:
        """The supervisor hands it to the department."""
        done: pb.Ticket = self.by(self.supervisor).AssignTicket(ticket_id=id, department=DEPARTMENT, note="请尽快答复")
        return done

    def answer(self, id: str) -> pb.Ticket:
        """The department answers."""
        done: pb.Ticket = self.by(self.officer).AnswerTicket(ticket_id=id, text=ANSWER)
        return done

    def window(self, number: str = "A01", duty: str = "", region: str = REGION) -> str:
        """A window of the department, with this officer on duty; its id."""
        id = str(uuid.uuid4())
        saved = identity.WindowSaved(window_id=id, number=number, hall="政务大厅", region=region, department=DEPARTMENT)
        self.rating.hear("keep_window", saved, id, 1)
        if duty:
            started = identity.DutyStarted(
                duty_id=str(uuid.uuid4()), window_id=id, officer_id=duty, staff_number="0001", turn=1
            )
            self.rating.hear("keep_duty", started, started.duty_id, 1, text(now() - timedelta(seconds=2)))
        return id

    def code(self, window: str, printed: bool = True, issued: timedelta = timedelta(0), case: str = "") -> str:
        """A window's code, issued so long ago; of a case by the id of its rating."""
        windows = Windows(self.rating.parts)
        place = store_windows.window(self.rating.parts.database, window)
        assert place is not None
        cause = Cause(uuid.uuid4().hex, "officer:o")
        return windows.text_of(windows.issue(place, printed, cause, now() - issued, case))

    def case(self, applicant: Actor, *officers: str, **told: Any) -> str:
        """A closed case of a person's that these officers dealt with; its public number."""
        event = closed(applicant.id, officer_ids=officers, **told)
        self.rating.close(event)
        return event.number

    def hotline(self, number: str = "", **told: Any) -> pb.HotlineTicket:
        """A ticket of the 12345 platform."""
        said = {
            "hotline_number": number or f"HL-{uuid.uuid4().hex[:12]}",
            "title": TITLE,
            "text": TEXT,
            "caller_name": NAME,
            "caller_phone": PHONE,
            "region": REGION,
            "called_at": text(now() - timedelta(minutes=5)),
        }
        received: pb.HotlineTicket = self.by(self.platform).ReceiveHotlineTicket(**{**said, **told})
        return received

    def tell(self, number: str, status: str, callback: str = "", **told: Any) -> pb.HotlineTicket:
        """What the platform says of its ticket."""
        answer: pb.HotlineTicket = self.by(self.platform).TellHotlineStatus(
            hotline_number=number, callback_id=callback or f"cb-{uuid.uuid4().hex[:12]}", status=status, **told
        )
        return answer

    def of_hotline(self, number: str) -> Record[Ticket]:
        """The record of the platform's ticket."""
        return self.records.get(store_tickets.hotline_id(REGION, number))

    def heard(self, name: str, id: str, kind: type[Any], times: int = 2) -> None:
        """The worker hears what stands last of this kind in the journal, twice."""
        journal = self.records.get(id).journal
        entry = next(one for one in reversed(journal) if one["type"] == kind.DESCRIPTOR.name)
        for _ in range(times):
            self.hear(name, id, entry)

    def hear(self, name: str, id: str, entry: dict[str, Any]) -> None:
        """The worker hears an entry of the journal."""
        body, seq = self.records.event(entry), entry["seq"]
        heard: Heard[Any] = Heard(f"{id}.{seq}", id, seq, "", entry["at"].isoformat(), body, f"rating.{name}", "")
        getattr(self.rating.worker, name)(heard)

    def counts(self) -> pb.TicketCounts:
        """The numbers of the county, recounted."""
        self.rating.worker.count_tickets()
        found: pb.TicketCounts = self.by(None).CountTickets(county=REGION, from_day="2026-01-01", to_day="2099-12-31")
        return found

    def count(self, kind: int) -> pb.TicketCount:
        """The numbers of a kind, recounted."""
        return next(one for one in self.counts().kinds if one.kind == kind)


PLATFORM = ("ReceiveHotlineTicket", "TellHotlineStatus")
