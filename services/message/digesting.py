"""Many into one: what waits for the digest of a recipient's channel becomes one message at the county's hour."""

from datetime import datetime

from google.protobuf.message import Message

from chassis.acts import Cause
from chassis.records import Record, record_id
from services.message import model, model_rules, model_sending, store
from services.message.model import Notice
from services.message.model_rules import Rules
from services.message.model_templates import TEMPLATES
from services.message.settled import Settled
from standards.instants import text
from standards.workdays import SHANGHAI, local_day
from yiwang.message.v1 import events_pb2 as events

BY = "system:message"
CODE = "digest.day"


class Digesting:
    """The digests of one store."""

    def __init__(self, notices: store.Notices, settled: Settled) -> None:
        self._notices = notices
        self._settled = settled

    def digest(self, first: Notice, rules: Rules, at: datetime) -> str:
        """The digest of what waits beside this one and is due; its id. What is not in it, since it came while another process made it,
        waits for the next one."""
        id = record_id(f"digest/{first.digest}/{local_day(at).isoformat()}")
        waiting = store.for_digest(self._notices, first.digest, at)
        cause = Cause(key=f"digest/{local_day(at).isoformat()}", by=BY)
        made = self._notices.create(cause, lambda id: self._raised(id, first, waiting, at), id).state
        for row in waiting:
            self._notices.change(row.id, Cause(key=f"digested/{id}", by=BY), lambda one: _settle(one, made, rules, at))
        return id

    def _raised(self, id: str, first: Notice, waiting: list[Record[Notice]], at: datetime) -> Message:
        template, wording = TEMPLATES[CODE], self._settled.wording(first.region, CODE)
        raised = events.NoticeRaised(
            notice_id=id,
            template=CODE,
            edition=wording.edition,
            template_region=wording.region,
            kind=template.kind,  # type: ignore[arg-type]
            recipient=first.recipient,
            region=first.region,
            subject="digest",
            subject_id=id,
            channels=[first.channel],  # type: ignore[list-item]
            send_at=text(at),
            expires_at=text(model_rules.next_at(at, local_minute(at))),
            member_ids=[row.id for row in waiting],
        )
        raised.fields.add(name="count", value=str(len(waiting)))
        return raised


def _settle(one: Notice, made: Notice, rules: Rules, at: datetime) -> Message | None:
    """Told in the digest, or waits for the next one."""
    if one.id in made.member_ids:
        return model_sending.over(one, model.KEPT, made.id)
    return model_sending.put_off(one, model_sending.NIGHT, model_rules.next_at(at, rules.digest_at))


def local_minute(at: datetime) -> int:
    """The minute of the day in China."""
    local = at.astimezone(SHANGHAI)
    return local.hour * 60 + local.minute
