"""Agencies as tests enter, review and move them; all names and numbers are made up."""

import itertools
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chassis.acts import Actor, Moment, holder
from services.intermediary import model_agencies_evolve
from services.intermediary.model_agencies import Agency
from standards.identifiers import id_number_check_digit, uscc_check_digit
from standards.workdays import local_day
from tests.support.actors import REGION, handler, person
from yiwang.intermediary.v1 import agencies_pb2 as pb
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import service_pb2

_numbers = itertools.count(1)
LEGAL, OWNER, STAFF = "诸葛试真名", "欧阳持股", "司马测绘"
PHONE, ADDRESS = "19900000555", "某县某路 8 号，3 楼 301 室"
PROMISE, REASON = "按期交付，质量终身负责", "证书与原件不一致，请更正后再提交"
# A working day at noon in China.
AT = datetime(2026, 11, 20, 4, tzinfo=UTC)
SECRETS = (LEGAL, OWNER, STAFF, PHONE, ADDRESS)


def uscc(number: int | None = None) -> str:
    """A right USCC; another one each time unless numbered."""
    first = f"91990121MA{next(_numbers) if number is None else number:07}"
    return first + uscc_check_digit(first)


def id_number(number: int | None = None) -> str:
    """A right citizen number of nobody; another one each time unless numbered."""
    first = f"99012119800101{(next(_numbers) if number is None else number) % 1000:03}"
    return first + id_number_check_digit(first)


def profile(**told: Any) -> pb.AgencyProfile:
    """What an agency states; its people are its own."""
    said: dict[str, Any] = {
        "address": f"{ADDRESS}{next(_numbers)}",
        "legal_name": LEGAL,
        "legal_number": id_number(),
        "shareholders": [pb.Shareholder(name=OWNER, number=id_number(), share=6000)],
        "people": [
            pb.AgencyPerson(
                name=STAFF,
                number=id_number(),
                certificate_kind="注册测绘师",
                certificate_number="CH-0001",
                valid_to="2030-12-31",
            )
        ],
        "services": ["建设项目环境影响评价", "工程测量"],
        "promise": PROMISE,
        "contact_name": LEGAL,
        "contact": PHONE,
    }
    return pb.AgencyProfile(**{**said, **told})


def qualification(file_id: str = "", **told: Any) -> pb.NewQualification:
    """A qualification in surveying, grade B, good for years."""
    said = {
        "kind": "surveying",
        "grade": "乙级",
        "certificate_number": "乙测资字1234567",
        "valid_from": "2020-01-01",
        "valid_to": "2030-12-31",
        "file_id": file_id or str(uuid.uuid4()),
    }
    return pb.NewQualification(**{**said, **told})


def agent_of(code: str) -> Actor:
    """A handler of the organisation with this USCC."""
    company = person(level=3)
    return handler(replace(company, holder=holder(company.id, code)))


# -- the state alone -----------------------------------------------------------------------------------------------------


def stated_qualification(**told: Any) -> events.StatedQualification:
    """A qualification as events carry it."""
    said = {
        "qualification_id": str(uuid.uuid4()),
        "kind": "surveying",
        "grade": "乙级",
        "certificate_number": "乙测资字1234567",
        "valid_from": "2020-01-01",
        "valid_to": "2030-12-31",
    }
    return events.StatedQualification(**{**said, **told})


def entered(*qualifications: events.StatedQualification, **told: Any) -> events.AgencyEntered:
    """An organisation that enters."""
    stated = {"legal_key": "l", "address_key": "a", "person_keys": ["l"], **told.pop("stated", {})}
    said = {"agency_id": str(uuid.uuid4()), "organization_id": str(uuid.uuid4()), "uscc": uscc(), "region": REGION}
    return events.AgencyEntered(
        **{**said, "agency_name": "某测绘公司", **told},
        stated=events.AgencyStated(**stated),
        qualifications=qualifications or [stated_qualification()],
    )


def evolved(state: Agency | None, *told: Any, at: datetime = AT) -> Agency:
    """The state after these events, written at that instant."""
    for event in told:
        state = model_agencies_evolve.EVOLVE[type(event)](state, event, Moment(at, "test"))
    assert state is not None
    return state


def approved(id: str) -> events.QualificationReviewed:
    """An operator approved this qualification."""
    return events.QualificationReviewed(
        qualification_id=id, decision=pb.QUALIFICATION_STATUS_APPROVED, officer_id="operator"
    )


def noticed(until: datetime = AT + timedelta(days=5)) -> events.AgencyReviewed:
    """The entry was approved by the operator; its notice runs."""
    return events.AgencyReviewed(approved=True, officer_id="operator", notice_until=until.isoformat())


def active(*qualifications: events.StatedQualification, at: datetime = AT, **told: Any) -> Agency:
    """An agency in the market, its qualifications approved."""
    start = entered(*qualifications, **told)
    steps = [approved(one.qualification_id) for one in start.qualifications]
    return evolved(None, start, *steps, noticed(at), events.AgencyAdmitted(), at=at)


def requirement(*needs: tuple[str, str], **told: Any) -> service_pb2.Requirement:
    """A requirement of these kinds and grades."""
    wanted = [service_pb2.QualificationNeed(kind=kind, grade=grade) for kind, grade in needs]
    return service_pb2.Requirement(qualifications=wanted, **told)


def today() -> date:
    """The day of AT in China."""
    return local_day(AT)
