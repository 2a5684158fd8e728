"""How notices, templates and figures are told."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from chassis.acts import OFFICER, Actor
from chassis.records import Record
from services.message import model, model_plain, model_templates
from services.message.model import Notice, Sending
from services.message.model_templates import Text, Wordings
from services.message.model_texts import CENTRE, FIELDS, Template, link
from yiwang.message.v1 import desk_pb2 as desk
from yiwang.message.v1 import service_pb2 as pb


def _time(at: datetime | None) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else ""


def notice(record: Record[Notice], text: Text, actor: Actor, sendings: bool = False) -> pb.Notice:
    """A notice for a reader; `sendings`: with what was sent."""
    one = record.state
    view = pb.Notice(
        id=one.id,
        version=record.version,
        title=text.title,
        text=text.body,
        link=link(one.subject, one.subject_id, actor.realm == OFFICER),
        kind=one.kind,  # type: ignore[arg-type]
        template=one.template,
        edition=one.edition,
        subject=one.subject,
        subject_id=one.subject_id,
        subject_number=one.subject_number,
        department=one.department,
        region=one.region,
        status=one.status,  # type: ignore[arg-type]
        status_title=model.STATUSES[one.status],
        raised_at=_time(one.raised_at),
        told_at=_time(one.told_at),
        told_by=one.told_by,  # type: ignore[arg-type]
        read_at=_time(one.read_at),
        must=one.must,
        expires_at=_time(one.expires_at),
        member_ids=one.member_ids,
        told_event=one.told_event,
        text_digest=model_templates.digest(text),
    )
    if sendings:
        view.sendings.extend(map(_sending, one.sendings))
    return view


def _sending(one: Sending) -> pb.Sending:
    return pb.Sending(
        number=one.number,
        channel=one.channel,  # type: ignore[arg-type]
        provider=one.provider,
        begun_at=_time(one.begun_at),
        ended_at=_time(one.ended_at),
        delivered=one.delivered,
        outcome=one.outcome,  # type: ignore[arg-type]
        code=one.code,
        reference=one.reference,
    )


# -- templates -----------------------------------------------------------------------------------------------------------

AUDIENCES: Final[Mapping[str, str]] = {"work": "工作人员", "policy": "企业", "market": "项目业主、中介机构"}


def template(
    one: Template,
    own: Wordings | None,
    everybodys: Wordings | None,
    channels: Iterable[int],
    actor: Actor,
    editions: bool = False,
) -> desk.Template:
    """A template as a county has it: its own wording where there is one, else everybody's."""
    source = own if own and own.editions else everybodys
    view = desk.Template(
        code=one.code,
        purpose=one.purpose,
        kind=one.kind,  # type: ignore[arg-type]
        must=one.must,
        audience=AUDIENCES.get(one.code.partition(".")[0], "申请人"),
        channels=[CENTRE, *channels],  # type: ignore[list-item]
        own=bool(own and own.editions),
        version=own.version if own else 0,
    )
    for name in one.fields:
        view.fields.add(name=name, title=FIELDS[name].title, sample=FIELDS[name].sample)
    if source and source.editions:
        newest = source.editions[-1]
        view.text.CopyFrom(model_templates.told(newest.text))
        view.edition = newest.edition
    if own and own.working:
        view.working.CopyFrom(model_templates.told(own.working))
        view.written_by_me = actor.id in own.writers
        view.findings.extend(model_plain.views(model_plain.findings(one, view.working)))
    if editions and source:
        for past in reversed(source.editions):
            view.editions.add(
                edition=past.edition, text=model_templates.told(past.text), published_at=_time(past.published_at)
            )
    return view


def samples(one: Template) -> dict[str, str]:
    """A made-up value for each field."""
    return {name: FIELDS[name].sample for name in one.fields}


# -- figures -------------------------------------------------------------------------------------------------------------

_STATUS: Final[Mapping[int, str]] = {
    model.WAITING: "waiting",
    model.TOLD: "told",
    model.KEPT: "kept",
    model.FAILED: "failed",
    model.EXPIRED: "expired",
}


def figures(counts: Mapping[str, int]) -> tuple[list[desk.MessageFigures], desk.MessageFigures]:
    """Numbers by template and of all, from what notices count as (`model.counted`)."""
    found: dict[str, desk.MessageFigures] = {}
    all = desk.MessageFigures(title="合计", delays=[0] * (len(model.DELAYS) + 1))
    for kind, count in counts.items():
        code, status, tried, told_by, late = kind.split("|")
        if code not in found:
            title = model_templates.TEMPLATES[code].purpose if code in model_templates.TEMPLATES else code
            found[code] = desk.MessageFigures(template=code, title=title, delays=[0] * (len(model.DELAYS) + 1))
        for one in (found[code], all):
            _add(one, int(status), [int(way) for way in tried.split(",") if way], int(told_by), late, count)
    return [found[code] for code in sorted(found)], all


def _add(one: desk.MessageFigures, status: int, tried: list[int], told_by: int, late: str, count: int) -> None:
    one.raised += count
    if name := _STATUS.get(status):
        setattr(one, name, getattr(one, name) + count)
    for way in {*tried, *([told_by] if told_by else [])}:
        row = next((row for row in one.channels if row.channel == way), None) or one.channels.add(channel=way)
        row.sent += count
        row.told += count if way == told_by else 0
    if late:
        one.delays[int(late)] += count
