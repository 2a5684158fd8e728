"""The 12345 platform, as docs/integrating.md describes it: told of the answer and the end of its tickets until it has them, in their order.

What is told stands in the ticket's journal; an errand says which entry. A crash between their answer and ours tells it again under the same
id, which is the same for them.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from chassis import outside as http
from chassis.acts import now
from chassis.events import Heard
from chassis.outside import Away
from chassis.parts import Parts
from chassis.records import Record
from chassis.telemetry import log
from services.rating import settings, store_tickets
from services.rating.model_tickets import Ticket
from services.rating.store_tickets import Document, Errands
from standards.instants import text
from yiwang.rating.v1 import events_pb2 as events

SOON, LATER, REACH = timedelta(seconds=2), timedelta(minutes=5), timedelta(days=3660)
ANSWERED, CLOSED = "ANSWERED", "CLOSED"


class Fault(Exception):
    """The platform refused for good, or answered what docs/integrating.md does not allow: a person has to look."""


def note(parts: Parts, heard: Heard[Any], ticket: Ticket) -> None:
    """What happened to a ticket of the platform is to be told to it; nothing where there is no platform."""
    if ticket.hotline_number and settings.of(parts).hotline_url:
        Errands(parts.database).add(heard.id, heard.record, heard.seq, now())


class Telling:
    """Tells what is to be told."""

    def __init__(self, parts: Parts) -> None:
        self._keyring = parts.keyring
        self._url = settings.of(parts).hotline_url
        self._errands = Errands(parts.database)
        self._tickets = store_tickets.tickets(parts.database)
        self._database = parts.database

    def round(self) -> None:
        """Everything that is to be told now, each by itself: one that fails keeps no other ticket's waiting."""
        if not self._url:
            return
        instant = now()
        for errand in self._errands.due(instant - REACH, instant):
            if self._errands.before(errand):
                self._errands.later(errand, now() + SOON)
                continue
            try:
                self._tell(errand)
            except Away as away:
                self._errands.later(errand, now() + self._pause(errand))
                log("hotline").info("outside_away", error=str(away))
            except Fault as fault:
                self._errands.later(errand, now() + LATER)
                log("hotline").error("outside_fault", record=errand["ticket_id"], fault=str(fault))
            else:
                self._errands.done(errand, now())

    @staticmethod
    def _pause(errand: Document) -> timedelta:
        """Told again soon at first, then more and more seldom."""
        waited: timedelta = now() - errand["since"]
        return min(max(waited / 4, SOON), LATER)

    def _tell(self, errand: Document) -> None:
        record = self._tickets.get(errand["ticket_id"])
        path = f"/tickets/{quote(record.state.hotline_number, safe='')}/progress"
        said = http.post(self._url, path, self._message(record, errand))
        if not isinstance(said, dict):
            raise Fault("refused, or not readable")
        if said.get("id") != errand["_id"]:
            raise Fault("id is not the one told")

    def _message(self, record: Record[Ticket], errand: Document) -> Mapping[str, Any]:
        entry = record.journal[errand["seq"] - 1]
        event: Any = self._tickets.event(entry)
        content = {
            "id": errand["_id"],
            "sequence": errand["seq"],
            "hotline_number": record.state.hotline_number,
            "number": record.state.number,
            "at": text(entry["at"]),
        }
        if isinstance(event, events.TicketClosed):
            return {**content, "status": CLOSED}
        known = store_tickets.department(self._database, event.department) if event.department else None
        return {
            **content,
            "status": ANSWERED,
            "text": self._keyring.open_text(record.state.sealer_id, event.sealed_text),
            "department": event.department,
            "department_name": known.name if known else "",
            "late": event.late,
        }
