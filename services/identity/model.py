"""Persons as pure functions: one per act, one per event. What else identity knows has files of its own, model_<subject>.

An act checks and returns the event; `PERSON_EVOLVE` turns events into state.
"""

import re
from dataclasses import dataclass, replace
from datetime import date

from chassis.acts import Evolve, Moment
from chassis.errors import ALREADY_EXISTS, PERMISSION_DENIED, Refused, Violation, invalid, require
from standards.identifiers import id_number_valid
from standards.names import name_unclear
from yiwang.access.v1 import access_pb2
from yiwang.identity.v1 import events_pb2 as events

ID_NUMBER = re.compile(r"[0-9]{17}[0-9Xx]")
PHONE = re.compile(r"1[0-9]{10}")
PASSWORD_LEAST = 8
REASON_LEAST = 4


@dataclass(frozen=True, slots=True)
class Person:
    """A natural person. Name and numbers are sealed under the person's key; the indexes only find them again."""

    id: str
    sealed: str
    id_index: str
    phone_index: str
    level: int
    erased: bool = False
    # While the account is stopped; the reason is sealed, and he reads it.
    suspended: bool = False
    sealed_reason: str = ""


def check_registration(name: str, id_number: str, today: date) -> None:
    """INVALID_ARGUMENT for every field at fault; the number by its date and check character (GB 11643)."""
    found = []
    if not name.strip():
        found.append(Violation("name", "REQUIRED", "请填写姓名"))
    if name_unclear(name):
        found.append(Violation("name", "NAME_UNCLEAR", "姓名请按证件填写，不得混用文字或含有隐藏字符"))
    if not id_number_valid(id_number, today):
        found.append(Violation("id_number", "CHECK_DIGIT", "身份证号码不正确，请核对"))
    if found:
        raise invalid(*found)


def taken(field: str) -> Refused:
    """ALREADY_EXISTS: another person has this ID number or phone."""
    reason, message = {
        "id_number": ("ID_NUMBER_TAKEN", "该身份证号码已注册"),
        "phone": ("PHONE_TAKEN", "该手机号码已被使用"),
    }[field]
    return Refused(ALREADY_EXISTS, reason, message, (Violation(field, reason, message),))


def register(
    id: str, sealed: str, id_index: str, phone_index: str = "", level: int = access_pb2.IDENTITY_LEVEL_NONE
) -> events.PersonRegistered:
    """The file of a person opens. Nothing of what was stated is verified yet, unless an upstream provider says so by the level."""
    return events.PersonRegistered(
        person_id=id,
        sealed=sealed,
        id_index=id_index,
        phone_index=phone_index,
        level=level,  # type: ignore[arg-type]
    )


def erase(person: Person) -> events.PersonErased | None:
    """The person is to be forgotten (个人信息保护法 art. 47); nothing when that happened already."""
    return None if person.erased else events.PersonErased(person_id=person.id)


def reason_of(text: str) -> str:
    """A reason somebody is to read; INVALID_ARGUMENT when it is blanks."""
    if len(text.strip()) < REASON_LEAST:
        raise invalid(Violation("reason", "STRING_MIN_LEN", f"请写明理由，至少{REASON_LEAST}个字"))
    return text.strip()


def suspend(person: Person, sealed_reason: str) -> events.PersonSuspended | None:
    """The account is stopped; nothing when it is already. FAILED_PRECONDITION PERSON_ERASED for who is forgotten."""
    require_present(person)
    return None if person.suspended else events.PersonSuspended(person_id=person.id, sealed_reason=sealed_reason)


def resume(person: Person) -> events.PersonResumed | None:
    """The account may be used again; nothing when it may already."""
    require_present(person)
    return events.PersonResumed(person_id=person.id) if person.suspended else None


def account_suspended(reason: str) -> Refused:
    """PERMISSION_DENIED ACCOUNT_SUSPENDED, with the reason: for who has proved that the account is his."""
    return Refused(PERMISSION_DENIED, "ACCOUNT_SUSPENDED", f"该账号已被暂停使用，原因：{reason}")


def raise_level(person: Person, level: int, source: str) -> events.PersonLevelRaised | None:
    """We are surer who the person is; nothing when we were so already, or he is forgotten. No level ever falls."""
    if person.erased or level <= person.level:
        return None
    return events.PersonLevelRaised(person_id=person.id, level=level, source=source)  # type: ignore[arg-type]


def require_present(person: Person) -> None:
    """FAILED_PRECONDITION PERSON_ERASED for a person who is forgotten."""
    require(not person.erased, "PERSON_ERASED", "该用户的个人信息已被删除")


def _registered(_person: None, event: events.PersonRegistered, _moment: Moment) -> Person:
    return Person(event.person_id, event.sealed, event.id_index, event.phone_index, event.level)


def _level_raised(person: Person, event: events.PersonLevelRaised, _moment: Moment) -> Person:
    return replace(person, level=event.level)


def _erased(person: Person, _event: events.PersonErased, _moment: Moment) -> Person:
    # The indexes are unique, so what replaces them is unique as well, and no digest of anything.
    gone = f"erased:{person.id}"
    return replace(person, id_index=gone, phone_index=gone, erased=True)


def _suspended(person: Person, event: events.PersonSuspended, _moment: Moment) -> Person:
    return replace(person, suspended=True, sealed_reason=event.sealed_reason)


def _resumed(person: Person, _event: events.PersonResumed, _moment: Moment) -> Person:
    return replace(person, suspended=False, sealed_reason="")


PERSON_EVOLVE: Evolve = {
    events.PersonRegistered: _registered,
    events.PersonLevelRaised: _level_raised,
    events.PersonSuspended: _suspended,
    events.PersonResumed: _resumed,
    events.PersonErased: _erased,
}
