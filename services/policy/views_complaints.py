"""A complaint as its reader may see it: who complained all of it but what departments answered; supervisors all of it, and who complained
only before the end."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.acts import Actor
from chassis.records import Record
from chassis.sealed import Keyring
from services.policy import model_complaints as complaints
from services.policy import model_complaints_moves as moves
from services.policy.model_complaints import Complaint, Marks
from services.policy.model_complaints_evolve import Look
from services.policy.model_portal import COUNTY_DIGITS
from services.policy.model_questions import Question
from standards.instants import text
from standards.workdays import local_day
from yiwang.policy.v1 import complaints_pb2 as pb

CODE_BYTES = 10
_SAID = ("title", "text", "department", "department_name", "officer_name")
_WHO = ("complainant_name", "contact")
FIELDS = (*_SAID, *_WHO)


def number(keyring: Keyring, id: str, region: str, now: datetime) -> str:
    """The number of a complaint: county, day and eight characters nobody can guess from another's."""
    return f"{region[:COUNTY_DIGITS]}{local_day(now):%y%m%d}{keyring.code(f'complaint/{id}')}"


def code(keyring: Keyring, id: str) -> str:
    """What a complaint is found by without a session: sixteen base-32 characters (80 bits) only this service can derive."""
    return base64.b32encode(bytes.fromhex(keyring.blind("complaint_retrieval", id))[:CODE_BYTES]).decode()


def brief(record: Record[Complaint]) -> pb.Complaint:
    """A line of a list: numbers and dates."""
    complaint = record.state
    return pb.Complaint(
        complaint_id=record.id,
        version=record.version,
        number=complaint.number,
        status=complaint.status,  # type: ignore[arg-type]
        anonymous=not complaint.complainant_index,
        region=complaint.region,
        submitted_at=text(complaint.opened_at),
        due=text(complaint.step_due),
        overdue=complaint.overdue,
        late=complaint.late,
        outcome=complaint.outcome,  # type: ignore[arg-type]
        concluded_at=text(complaint.ended_at) if complaint.outcome else "",
    )


def own(record: Record[Complaint], keyring: Keyring, looks: Sequence[Look], open_moves: Sequence[str]) -> pb.Complaint:
    """The complaint for who complained, by his session or by his code."""
    complaint, view = record.state, brief(record)
    _tell(view, said(keyring, complaint), FIELDS)
    _tell(view, keyring.open(complaint.id, complaint.sealed_conclusion) or {}, ("reply", "measures"))
    view.looks.extend(pb.ComplaintLook(at=text(one.at), department=one.reader_department) for one in looks)
    view.open_moves.extend(open_moves)
    return view


def supervised(
    record: Record[Complaint], keyring: Keyring, questions: Sequence[Record[Question]], actor: Actor, marks: Marks
) -> pb.Complaint:
    """The complaint for a supervisor; who complained only while there is something to look into (个人信息保护法 art. 6)."""
    complaint, view = record.state, brief(record)
    fields = FIELDS if complaint.status in complaints.OPEN else _SAID
    _tell(view, said(keyring, complaint), fields)
    _tell(view, keyring.open(complaint.id, complaint.sealed_conclusion) or {}, ("reply", "measures"))
    view.questions.extend(question(one, keyring) for one in questions)
    view.open_moves.extend(moves.open_moves(complaint, actor, marks))
    return view


def said(keyring: Keyring, complaint: Complaint) -> dict[str, str]:
    """All that was said, by its field; empty once its key is gone."""
    return keyring.open(complaint.id, complaint.sealed) or {}


def question(record: Record[Question], keyring: Keyring) -> pb.SupervisionQuestion:
    """A question, the same for who asks and who is asked: nothing in it leads to its complaint."""
    asked = record.state
    return pb.SupervisionQuestion(
        question_id=record.id,
        version=record.version,
        text=keyring.open_text(asked.id, asked.sealed_text),
        asked_at=text(asked.asked_at),
        due=text(asked.answer_due),
        overdue=asked.overdue,
        answer=keyring.open_text(asked.id, asked.sealed_answer),
        answered_at=text(asked.answered_at),
    )


def _tell(view: pb.Complaint, content: Mapping[str, Any], fields: Sequence[str]) -> None:
    for field in fields:
        setattr(view, field, content.get(field, ""))
