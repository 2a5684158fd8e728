"""A case as its reader may see it. Sealed texts are opened here and nowhere else."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.acts import MACHINE, OFFICER, Actor, acting_id
from chassis.records import Record
from chassis.sealed import Keyring
from services.case import (
    masking,
    model_deadlines,
    model_intermediaries,
    model_scenario,
    model_seeing,
    timeline,
    views_parts,
)
from services.case.model import Case, File
from services.case.model_scenario import Scenario
from services.case.timeline import time_text
from standards.scenarios import answer_text
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

# They read who did what, and what officers wrote for officers.
OFFICES = (OFFICER, MACHINE)


def brief(record: Record[Case], actor: Actor, now: datetime) -> pb.Case:
    """A line of a list: no form, no timeline."""
    case = record.state
    view = pb.Case(
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
        submitted_at=time_text(case.submitted_at),
        accepted_at=time_text(case.accepted_at),
        promised_due=time_text(case.promised_due),
        statutory_due=time_text(case.statutory_due),
        closed_at=time_text(case.closed_at),
        light=model_deadlines.light(case, now),  # type: ignore[arg-type]
        provisional=case.provisional,
        review_steps=case.review_steps,
        review_steps_passed=case.steps_passed,
        moves=model_seeing.moves(case, actor),
        result_number=case.result_number,
        result_name=case.result_name,
        delegation_id=case.delegation_id,
        agent_organization_id=case.agent_organization_id,
        handler_id=case.handler_id if actor.realm in OFFICES else "",
    )
    views_parts.add_facts(view, case)
    return view


def full(record: Record[Case], item: catalog.ItemDefinition, actor: Actor, keyring: Keyring, now: datetime) -> pb.Case:
    """The whole case, opened for its reader: in clear for the applicant's side, with phones and ID numbers masked for others."""
    case, view = record.state, brief(record, actor, now)
    form = keyring.open(case.applicant_id, case.sealed_form)
    view.erased = form is None
    scenario = scenario_of(case, item, keyring)
    if form is not None and not model_seeing.shut_out(actor, case):
        view.answers.extend(_answer(one, form.get(one.key, ""), actor) for one in (item.form_fields if form else ()))
        _tell_scenario(view, item, scenario, actor)
    view.materials.extend(_materials(item, scenario, case, actor, keyring))
    view.timeline.extend(_entry(entry, case, actor, keyring) for entry in record.journal)
    views_parts.add_parts(view, case, actor, keyring)
    view.intermediary_services.extend(model_intermediaries.can_request(case, item, actor))
    view.correction_notice = _text(case, case.sealed_notice, actor, keyring)
    view.agent_name = keyring.open_text(case.agent.partition(":")[2], case.sealed_agent_name)
    if model_seeing.is_applicant(actor):
        view.query_code = keyring.code(case.number)
    return view


def scenario_of(case: Case, item: catalog.ItemDefinition, keyring: Keyring) -> Scenario | None:
    """The answers of a case and the guide they led to; None when they are no longer readable."""
    content = keyring.open(case.applicant_id, case.sealed_answers) if case.sealed_answers else {}
    return None if content is None else model_scenario.again(item, content, case.item_id, case.edition)


def _tell_scenario(view: pb.Case, item: catalog.ItemDefinition, scenario: Scenario | None, actor: Actor) -> None:
    if scenario is None:
        return
    view.guide_digest = scenario.digest
    for question in item.questions:
        if question.key in scenario.answers:
            text = answer_text(question, scenario.answers[question.key])
            shown = text if model_seeing.reads_clear(actor) else masking.masked_text(text)
            view.scenario.add(key=question.key, question=question.text, answer=shown)


def clear_answers(
    case: Case, item: catalog.ItemDefinition, keys: Sequence[str], keyring: Keyring
) -> list[pb.Answer] | None:
    """These answers as they were given, in the order of the item; None when the person is erased."""
    form = keyring.open(case.applicant_id, case.sealed_form)
    if form is None:
        return None
    return [pb.Answer(field=one, value=form.get(one.key, "")) for one in item.form_fields if one.key in keys]


def agent_text(actor: Actor) -> str:
    """Who acts for the principal, as it is shown beside what he did; empty when nobody does."""
    if actor.acting is None:
        return ""
    return f"{actor.acting.name}{'经办' if model_seeing.handles(actor) else '代办'}"


def attachment(file: File, applicant: str, actor: Actor, keyring: Keyring) -> pb.Attachment:
    """A file of a case."""
    filename = keyring.open_text(applicant, file.sealed_filename)
    return pb.Attachment(
        id=file.attachment_id,
        filename=filename if model_seeing.reads_clear(actor) else masking.masked_text(filename),
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
        submitted_at=time_text(case.submitted_at),
        promised_due=time_text(case.promised_due),
        closed_at=time_text(case.closed_at),
        timeline=[
            pb.TimelineEntry(
                seq=entry["seq"], type=entry["type"], at=time_text(entry["at"]), title=timeline.title(entry)
            )
            for entry in record.journal
        ],
    )


def _answer(field: catalog.FormField, value: str, actor: Actor) -> pb.Answer:
    shown = value if model_seeing.reads_clear(actor) else masking.masked_answer(field.kind, value)
    return pb.Answer(field=field, value=shown, masked=shown != value)


def _text(case: Case, sealed: str, actor: Actor, keyring: Keyring) -> str:
    text = keyring.open_text(case.applicant_id, sealed)
    return text if model_seeing.reads_clear(actor) else masking.masked_text(text)


def _materials(
    item: catalog.ItemDefinition, scenario: Scenario | None, case: Case, actor: Actor, keyring: Keyring
) -> list[pb.CaseMaterial]:
    """Those of the scenario and whatever has files; all of the item where the answers are no longer readable."""
    demands = {one.key: one.demand for one in scenario.guide.materials} if scenario else {}
    handed_in = {one.material for one in case.files}
    shown = [one for one in item.materials if scenario is None or one.key in demands or one.key in handed_in]
    return [_material(one, demands.get(one.key, 0), case, actor, keyring) for one in shown]


def _material(material: catalog.Material, demand: int, case: Case, actor: Actor, keyring: Keyring) -> pb.CaseMaterial:
    files = [] if model_seeing.shut_out(actor, case) else [one for one in case.files if one.material == material.key]
    return pb.CaseMaterial(
        key=material.key,
        name=material.name,
        necessity=material.necessity,
        attachments=[attachment(one, case.applicant_id, actor, keyring) for one in files],
        correction_open=material.key in case.correction_materials,
        demand=demand,  # type: ignore[arg-type]
        procurement_number=_delivered(case, material.key),
    )


def _delivered(case: Case, material: str) -> str:
    """Number of the procurement whose deliverable a material is, the latest one; empty for none."""
    found = [one.procurement_number for one in case.intermediaries if material and one.material == material]
    return found[-1] if found else ""


def _entry(entry: Mapping[str, Any], case: Case, actor: Actor, keyring: Keyring) -> pb.TimelineEntry:
    line, data = timeline.TIMELINE[entry["type"]], entry["data"]
    readable = line.for_applicant or model_seeing.inside(actor, case)
    text = _text(case, data.get(line.text, ""), actor, keyring) if readable else ""
    return pb.TimelineEntry(
        seq=entry["seq"],
        type=entry["type"],
        at=time_text(entry["at"]),
        title=timeline.title(entry),
        text=text,
        by=entry["by"] if actor.realm in OFFICES else "",
        agent_name=keyring.open_text(acting_id(entry["by"]), data.get("sealedAgentName", "")),
    )
