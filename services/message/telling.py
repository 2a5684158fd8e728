"""What happened is told: an event becomes notices, each once, whatever is heard twice or out of order."""

from typing import Any

from google.protobuf.message import Message

from chassis.acts import Cause, now
from chassis.errors import NotYet
from chassis.events import Heard
from chassis.parts import Parts
from chassis.records import record_id
from services.message import model_matters, model_raising, model_rules, model_table, settings, store
from services.message.model_raising import Matter
from services.message.model_table import Row
from services.message.model_templates import TEMPLATES
from services.message.model_words import minute
from services.message.settled import Settled


class Telling:
    """Makes notices of events."""

    def __init__(self, parts: Parts) -> None:
        self._database = parts.database
        self._settings = settings.of(parts)
        self._notices = store.notices(parts.database)
        self._preferences = store.preferences(parts.database)
        self._counties = store.counties(parts.database)
        self._settled = Settled(parts)

    def know(self, event: Heard[Any]) -> None:
        """What began, or changed, is kept for what is told of it later."""
        kind = type(event.body)
        if kind in model_matters.OPENINGS:
            store.know(self._database, model_matters.OPENINGS[kind](event.body), event.seq)
        if kind in model_matters.CHANGES:
            store.note_change(self._database, model_matters.CHANGES[kind](event.body), event.seq)

    def hear(self, event: Heard[Any]) -> None:
        """Everybody who is to be told of it is. NotYet while what it is about is not known."""
        for row in model_table.rows_of(event.body):
            self._tell(row, event)

    def _tell(self, row: Row, event: Heard[Any]) -> None:
        known = self._matter(row, event)
        recipient = row.to(event.body, known)
        if not recipient:
            return
        fields = {"time": minute(event.time), **known.fields, **row.fields(event.body)}
        matter = known._replace(subject=row.subject, region=known.region or self._settings.region, fields=fields)
        self.tell(row.template, matter, recipient, event.id, event.cause)

    def tell(self, code: str, matter: Matter, recipient: str, told_event: str, cause: Cause) -> str:
        """Raises one notice, once for an event, a template and a recipient; its id."""
        template, region = TEMPLATES[code], matter.region
        wanted = store.found(self._preferences, store.preferences_id(recipient))
        rules, wording = self._settled.rules(region), self._settled.wording(region, code)
        self._counties.know(store.county(region))
        id = record_id(f"notice/{told_event}/{code}/{recipient}")
        once = Cause(key=f"{cause.key}/{code}/{recipient}", by=cause.by, trace=cause.trace)

        def decide(id: str) -> Message:
            stated = wanted or model_rules.NOTHING_STATED
            return model_raising.raised(id, template, wording, matter, recipient, told_event, rules, stated, now())

        self._notices.create(once, decide, id)
        return id

    def _matter(self, row: Row, event: Heard[Any]) -> Matter:
        if own := model_matters.own(event.body):
            return own
        id = getattr(event.body, event.body.DESCRIPTOR.fields[0].name)
        kept = store.matter(self._database, model_matters.KEPT_AS.get(row.subject, row.subject), id, event.seq)
        if kept is None:
            raise NotYet(f"{row.subject} {id}")
        return kept
