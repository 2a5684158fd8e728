"""How a notice begins: its template, what it says, the channels that are tried, and from when on. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from chassis.errors import NotYet
from services.message import model_rules
from services.message.model_rules import Rules, Wanted
from services.message.model_texts import DUE, Template
from standards.instants import text
from yiwang.message.v1 import events_pb2 as events


class Matter(NamedTuple):
    """What is told about: kind, id, number, department and region. `who` is the person or organisation it belongs to, as a recipient;
    `fields` are what templates may say of it."""

    subject: str
    id: str
    who: str = ""
    number: str = ""
    department: str = ""
    region: str = ""
    fields: Mapping[str, str] = {}


class Wording(NamedTuple):
    """The edition of a template that is in force: of everybody's (no region), or of a county."""

    edition: int
    region: str


def raised(
    id: str,
    template: Template,
    wording: Wording,
    matter: Matter,
    recipient: str,
    told_event: str,
    rules: Rules,
    wanted: Wanted,
    at: datetime,
) -> events.NoticeRaised:
    """Somebody is told something. NotYet where a field the template says is not known of the matter."""
    missing = [name for name in template.fields if name not in matter.fields]
    if missing:
        raise NotYet(f"{template.code} lacks {', '.join(missing)}")
    told = events.NoticeRaised(
        notice_id=id,
        template=template.code,
        edition=wording.edition,
        template_region=wording.region,
        kind=template.kind,  # type: ignore[arg-type]
        recipient=recipient,
        region=matter.region,
        subject=matter.subject,
        subject_id=matter.id,
        subject_number=matter.number,
        department=matter.department,
        fields=[events.NoticeField(name=name, value=matter.fields[name]) for name in template.fields],
        told_event=told_event,
        must=template.must,
        urgent=template.urgent,
    )
    if recipient.startswith("person:"):
        _send(told, template, rules, wanted, at)
    return told


def _send(told: events.NoticeRaised, template: Template, rules: Rules, wanted: Wanted, at: datetime) -> None:
    """By which channels it is sent, from when on, and until when."""
    ways = model_rules.channels(rules, template, wanted)
    if not ways:
        return
    told.channels.extend(ways)  # type: ignore[arg-type]
    told.digest = _waits(template, wanted)
    begin = model_rules.next_at(at, rules.digest_at) if told.digest else at
    told.send_at = text(model_rules.awake(rules, ways[0], template.urgent, begin))
    if template.days and not template.must:
        told.expires_at = text(at + timedelta(days=template.days))


def _waits(template: Template, wanted: Wanted) -> bool:
    """Whether it waits for the digest of the day: where the template may, or the recipient wants it, and nothing has to be done soon."""
    plain = not template.must and not template.urgent and template.kind != DUE
    return template.digest or (wanted.digest and plain)
