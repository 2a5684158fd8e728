"""A case as its reader may see it. Sealed texts are opened here and nowhere else."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from chassis.acts import OFFICER, PERSON, Actor
from chassis.records import Record
from chassis.sealed import Keyring
from services.case import model
from services.case.model import Case, File
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog


class Line(NamedTuple):
    """How an event reads in the timeline: its title, the sealed text of its data, and whether the applicant reads that."""

    title: str
    text: str = ""
    for_applicant: bool = True


TIMELINE: Mapping[str, Line] = {
    "CaseSubmitted": Line("提交申请"),
    "CorrectionRequested": Line("一次性告知补正", "sealedNotice"),
    "CaseCorrected": Line("已补正材料"),
    "CaseAccepted": Line("予以受理"),
    "CaseRefused": Line("不予受理", "sealedReason"),
    "ReviewStepPassed": Line("通过审查环节", "sealedOpinion", for_applicant=False),
    "CaseDecided": Line("作出决定", "sealedReason"),
    "ResultIssued": Line("制作结果文书"),
    "CaseClosed": Line("办结"),
    "CaseWithdrawn": Line("申请人撤回", "sealedReason"),
}


def brief(record: Record[Case], actor: Actor, now: datetime) -> pb.Case:
    """A line of a list: no form, no timeline."""
    case = record.state
    return pb.Case(
        id=record.id,
        version=record.version,
        number=case.number,
        status=case.status,  # type: ignore[arg-type]
        item_id=case.item_id,
        edition=case.edition,
        item_code=case.item_code,
        item_name=case.item_name,
        department=case.department,
        department_name=case.department_name,
        region=case.region,
        channel=case.channel,  # type: ignore[arg-type]
        applicant_id=case.applicant_id,
        submitted_at=_time(case.submitted_at),
        accepted_at=_time(case.accepted_at),
        promised_due=_time(case.promised_due),
        statutory_due=_time(case.statutory_due),
        closed_at=_time(case.closed_at),
        light=model.light(case, now),  # type: ignore[arg-type]
        provisional=case.provisional,
        review_steps=case.review_steps,
        review_steps_passed=case.steps_passed,
        moves=model.moves(case, actor),
        result_number=case.result_number,
        result_name=case.result_name,
    )


def full(record: Record[Case], item: catalog.ItemDefinition, actor: Actor, keyring: Keyring, now: datetime) -> pb.Case:
    """The whole case, opened for its reader."""
    case, view = record.state, brief(record, actor, now)
    form = keyring.open(case.applicant_id, case.sealed_form)
    view.erased = form is None
    view.answers.extend(pb.Answer(field=one, value=(form or {}).get(one.key, "")) for one in item.form_fields if form)
    view.materials.extend(_material(material, case, keyring) for material in item.materials)
    view.timeline.extend(_entry(entry, case, actor, keyring) for entry in record.journal)
    view.correction_notice = keyring.open_text(case.applicant_id, case.sealed_notice)
    if actor.realm == PERSON:
        view.query_code = keyring.code(case.number)
    return view


def attachment(file: File, applicant: str, keyring: Keyring) -> pb.Attachment:
    """A file of a case."""
    return pb.Attachment(
        id=file.attachment_id,
        filename=keyring.open_text(applicant, file.sealed_filename),
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
    )


def progress(record: Record[Case]) -> pb.Progress:
    """The least that says how far a case is: titles and times, no text, nobody's name."""
    case = record.state
    return pb.Progress(
        number=case.number,
        item_name=case.item_name,
        department_name=case.department_name,
        status=case.status,  # type: ignore[arg-type]
        submitted_at=_time(case.submitted_at),
        promised_due=_time(case.promised_due),
        closed_at=_time(case.closed_at),
        timeline=[
            pb.TimelineEntry(seq=entry["seq"], type=entry["type"], at=_time(entry["at"]), title=_title(entry))
            for entry in record.journal
        ],
    )


def _material(material: catalog.Material, case: Case, keyring: Keyring) -> pb.CaseMaterial:
    return pb.CaseMaterial(
        key=material.key,
        name=material.name,
        necessity=material.necessity,
        attachments=[attachment(one, case.applicant_id, keyring) for one in case.files if one.material == material.key],
        correction_open=material.key in case.correction_materials,
    )


def _entry(entry: Mapping[str, Any], case: Case, actor: Actor, keyring: Keyring) -> pb.TimelineEntry:
    line = TIMELINE[entry["type"]]
    readable = line.for_applicant or actor.realm == OFFICER
    text = keyring.open_text(case.applicant_id, entry["data"].get(line.text, "")) if readable else ""
    return pb.TimelineEntry(
        seq=entry["seq"],
        type=entry["type"],
        at=_time(entry["at"]),
        title=_title(entry),
        text=text,
        by=entry["by"] if actor.realm == OFFICER else "",
    )


def _title(entry: Mapping[str, Any]) -> str:
    title, data = TIMELINE[entry["type"]].title, entry["data"]
    if entry["type"] == "ReviewStepPassed":
        return f"{title}：{data['step']}"
    if entry["type"] == "CaseDecided":
        return f"{title}：{'准予' if data.get('granted') else '不予许可'}"
    return title


def _time(instant: datetime | None) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z") if instant else ""
