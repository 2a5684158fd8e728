"""Persons and officers as pure functions: one per act, one per event. Sessions have a file of their own, model_sessions.

An act checks and returns the event; `EVOLVE` turns events into state; `visible` says whose files an officer may list.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chassis.acts import OFFICER, Actor, Evolve, Moment
from chassis.errors import ALREADY_EXISTS, PERMISSION_DENIED, Refused, Violation, invalid, require
from standards.codes import region_covers, region_prefix, region_valid
from standards.identifiers import id_number_valid
from yiwang.access.v1 import access_pb2
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import officers_pb2 as officers_pb

ID_NUMBER = re.compile(r"[0-9]{17}[0-9Xx]")
PHONE = re.compile(r"1[0-9]{10}")
PASSWORD_LEAST = 8


@dataclass(frozen=True, slots=True)
class Person:
    """A natural person. Name and numbers are sealed under the person's key; the indexes only find them again."""

    id: str
    sealed: str
    id_index: str
    phone_index: str
    level: int
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Officer:
    """The post an officer holds; the name is sealed."""

    id: str
    staff_number: str
    roles: list[str]
    department: str
    department_name: str
    region: str
    sealed: str


def visible(actor: Actor) -> dict[str, Any]:
    """The filter of officers an officer may see: his region and what lies within it, as one bounded range."""
    prefix = region_prefix(actor.region)
    if actor.realm != OFFICER or not region_valid(actor.region):
        return {"state.region": ""}
    return {"state.region": {"$gte": prefix, "$lt": prefix[:-1] + chr(ord(prefix[-1]) + 1)}}


def sees(actor: Actor, officer: Officer) -> bool:
    """The same as `visible`, as a predicate."""
    return actor.realm == OFFICER and region_covers(actor.region, officer.region)


def check_registration(name: str, id_number: str, today: date) -> None:
    """INVALID_ARGUMENT for every field at fault; the number by its date and check character (GB 11643)."""
    found = []
    if not name.strip():
        found.append(Violation("name", "REQUIRED", "请填写姓名"))
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


def register(id: str, sealed: str, id_index: str, phone_index: str) -> events.PersonRegistered:
    """The file of a person opens; nothing of what was stated is verified yet."""
    return events.PersonRegistered(
        person_id=id,
        sealed=sealed,
        id_index=id_index,
        phone_index=phone_index,
        level=access_pb2.IDENTITY_LEVEL_NONE,
    )


def erase(person: Person) -> events.PersonErased | None:
    """The person is to be forgotten (个人信息保护法 art. 47); nothing when that happened already."""
    return None if person.erased else events.PersonErased(person_id=person.id)


def check_appointment(officer: Officer | None, wanted: officers_pb.AppointOfficerRequest, actor: Actor | None) -> None:
    """Whether this post may be given. `actor` is the administrator; None is the operator of the installation."""
    if found := list(_wrong_in(officer, wanted)):
        raise invalid(*found)
    regions = [wanted.region, *([officer.region] if officer else [])]
    if actor is not None and not all(region_covers(actor.region, one) for one in regions):
        raise Refused(PERMISSION_DENIED, "OUTSIDE_REGION", "只能任用本辖区内的人员")


def _wrong_in(officer: Officer | None, wanted: officers_pb.AppointOfficerRequest) -> Iterator[Violation]:
    if ID_NUMBER.fullmatch(wanted.staff_number) or PHONE.fullmatch(wanted.staff_number):
        # Sign-in tells the kinds of login apart by their form.
        yield Violation("staff_number", "LIKE_A_PERSON", "工号不得与身份证号码或手机号码形式相同")
    if not wanted.name.strip():
        yield Violation("name", "REQUIRED", "请填写姓名")
    if not region_valid(wanted.region):
        yield Violation("region", "REGION_UNKNOWN", "行政区划代码不正确")
    if not wanted.password and officer is None:
        yield Violation("password", "REQUIRED", "新任人员须设置初始密码")
    if wanted.password and len(wanted.password) < PASSWORD_LEAST:
        yield Violation("password", "STRING_MIN_LEN", f"密码至少{PASSWORD_LEAST}位")


def appoint(officer: Officer | None, wanted: events.OfficerAppointed) -> events.OfficerAppointed | None:
    """The post as wanted; nothing when the officer holds exactly that already."""
    return None if officer == _officer(wanted) else wanted


def require_present(person: Person) -> None:
    """FAILED_PRECONDITION PERSON_ERASED for a person who is forgotten."""
    require(not person.erased, "PERSON_ERASED", "该用户的个人信息已被删除")


def sorted_roles(roles: Sequence[str]) -> list[str]:
    """Roles in one order, so that the same roles are the same post."""
    return sorted(set(roles))


def _registered(_person: None, event: events.PersonRegistered, _moment: Moment) -> Person:
    return Person(event.person_id, event.sealed, event.id_index, event.phone_index, event.level)


def _erased(person: Person, _event: events.PersonErased, _moment: Moment) -> Person:
    # The indexes are unique, so what replaces them is unique as well, and no digest of anything.
    gone = f"erased:{person.id}"
    return replace(person, id_index=gone, phone_index=gone, erased=True)


def _officer(event: events.OfficerAppointed) -> Officer:
    return Officer(
        id=event.officer_id,
        staff_number=event.staff_number,
        roles=list(event.roles),
        department=event.department,
        department_name=event.department_name,
        region=event.region,
        sealed=event.sealed,
    )


def _appointed(_officer_before: Officer | None, event: events.OfficerAppointed, _moment: Moment) -> Officer:
    return _officer(event)


PERSON_EVOLVE: Evolve = {events.PersonRegistered: _registered, events.PersonErased: _erased}
OFFICER_EVOLVE: Evolve = {events.OfficerAppointed: _appointed}
