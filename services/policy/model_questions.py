"""What supervision asks a department about a complaint, in its own words: all the department ever sees. Pure.

A question is a record of its own and leads to its complaint by a blind index alone.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from chassis.acts import Actor, Evolve, Moment
from chassis.errors import not_found, require
from services.policy.model_portal import COUNTY_DIGITS, end, works_at
from standards.instants import instant, text
from yiwang.policy.v1 import events_pb2 as events

# Working days to answer.
ANSWER_DAYS: Final = 5
# Of one complaint.
MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Question:
    """The present state of a question; question and answer are sealed under the question's own key."""

    id: str
    complaint_index: str
    department: str
    region: str
    county: str
    officer_id: str
    sealed_text: str
    asked_at: datetime
    answer_due: datetime
    overdue: bool = False
    sealed_answer: str = ""
    answered_at: datetime | None = None
    # When something is due by itself, and what; None = nothing is.
    due: datetime | None = None
    due_of: str = ""


def is_asked(actor: Actor, question: Question) -> bool:
    """Whether the officer's department is asked."""
    return works_at(actor, question.department)


def ask(
    id: str, complaint: str, department: str, region: str, actor: Actor, sealed: str, now: datetime
) -> events.SupervisionQuestionAsked:
    """Supervision asks; `complaint` is the blind index of the complaint."""
    return events.SupervisionQuestionAsked(
        question_id=id,
        complaint_index=complaint,
        department=department,
        region=region,
        officer_id=actor.id,
        sealed_text=sealed,
        due=text(end(now, ANSWER_DAYS, region)),
    )


def answer(question: Question, actor: Actor, sealed: str) -> events.SupervisionQuestionAnswered:
    """The department answers, once. NOT_FOUND for officers of any other; FAILED_PRECONDITION ANSWERED_ALREADY."""
    if not is_asked(actor, question):
        raise not_found()
    require(question.answered_at is None, "ANSWERED_ALREADY", "该询问已答复")
    return events.SupervisionQuestionAnswered(question_id=question.id, officer_id=actor.id, sealed_text=sealed)


def fire(question: Question, now: datetime) -> events.SupervisionQuestionOverdue | None:
    """It was not answered in time."""
    if question.due is None or question.due > now:
        return None
    return events.SupervisionQuestionOverdue(question_id=question.id)


def _asked(_none: None, event: events.SupervisionQuestionAsked, moment: Moment) -> Question:
    due = instant(event.due)
    assert due is not None
    return Question(
        id=event.question_id,
        complaint_index=event.complaint_index,
        department=event.department,
        region=event.region,
        county=event.region[:COUNTY_DIGITS],
        officer_id=event.officer_id,
        sealed_text=event.sealed_text,
        asked_at=moment.at,
        answer_due=due,
        due=due,
        due_of="overdue",
    )


def _answered(question: Question, event: events.SupervisionQuestionAnswered, moment: Moment) -> Question:
    return replace(question, sealed_answer=event.sealed_text, answered_at=moment.at, overdue=False, due=None, due_of="")


def _overdue(question: Question, _event: events.SupervisionQuestionOverdue, _moment: Moment) -> Question:
    return replace(question, overdue=True, due=None, due_of="")


EVOLVE: Evolve = {
    events.SupervisionQuestionAsked: _asked,
    events.SupervisionQuestionAnswered: _answered,
    events.SupervisionQuestionOverdue: _overdue,
}
