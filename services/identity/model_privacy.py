"""The access record of persons as pure functions: a line for each time somebody saw a person's data or acted for him.

Each line is a record of its own, written once and never changed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.acts import Actor, Evolve, Moment
from chassis.errors import Violation, invalid
from standards.identifiers import case_number_valid
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import privacy_pb2 as privacy_pb

PURPOSE_LEAST = 4
FOUND, UNMASKED, SUPERVISED, ACTED = "FOUND", "UNMASKED", "SUPERVISED", "ACTED"
VERIFIED, DELEGATION, HANDLER, CONTACTED = "VERIFIED", "DELEGATION", "HANDLER", "CONTACTED"
# As the person reads it.
WHAT = {
    FOUND: "查询",
    UNMASKED: "查看明文",
    SUPERVISED: "监督查阅",
    ACTED: "代为办理",
    VERIFIED: "现场核验",
    DELEGATION: "委托授权",
    HANDLER: "经办授权",
    CONTACTED: "发送通知",
}
# Of a person's file: the key its content is sealed with, and its Chinese name.
FIELDS = {
    privacy_pb.PERSON_FIELD_NAME: ("name", "姓名"),
    privacy_pb.PERSON_FIELD_ID_NUMBER: ("id_number", "身份证号码"),
    privacy_pb.PERSON_FIELD_PHONE: ("phone", "手机号码"),
}


@dataclass(frozen=True, slots=True)
class Access:
    """One line; name, fields and purpose are sealed under the person's key."""

    id: str
    person_id: str
    by: str
    sealed: str
    what: str
    case_number: str
    happened_at: datetime
    service: str


def field_names(*fields: int) -> list[str]:
    """Fields as the person reads them, in the order of the file."""
    return [name for field, (_, name) in FIELDS.items() if field in fields]


def check_purpose(purpose: str, case_number: str = "") -> None:
    """INVALID_ARGUMENT for a purpose that says nothing, or a case number that is none."""
    found = []
    if len(purpose.strip()) < PURPOSE_LEAST:
        found.append(Violation("purpose", "REQUIRED", "请写明用途"))
    if case_number and not case_number_valid(case_number):
        found.append(Violation("case_number", "CHECK_DIGIT", "办件编号不正确，请核对"))
    if found:
        raise invalid(*found)


def visible(actor: Actor) -> dict[str, Any]:
    """The filter of access records somebody may read: his own."""
    return {"state.person_id": actor.id}


def _noted(_before: None, event: events.AccessNoted, _moment: Moment) -> Access:
    return Access(
        id=event.access_id,
        person_id=event.person_id,
        by=event.by,
        sealed=event.sealed,
        what=event.what,
        case_number=event.case_number,
        happened_at=datetime.fromisoformat(event.happened_at),
        service=event.service,
    )


EVOLVE: Evolve = {events.AccessNoted: _noted}
