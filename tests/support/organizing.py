"""Organisations as tests claim, confirm and act for them."""

import random
from datetime import timedelta

import grpc

from services.identity import (
    views_organizations,
)
from standards.identifiers import USCC_ALPHABET, uscc_check_digit
from tests.support.calling import As
from tests.support.identity_here import IdentityHere, Person
from yiwang.identity.v1 import organizations_pb2 as pb
from yiwang.identity.v1 import service_pb2

Status = grpc.StatusCode
NAME, ADDRESS = "示范县清泉水务有限公司", "示范县城关镇人民路1号"
PENDING, ACTIVE, REFUSED = 1, 2, 3


def fresh_uscc() -> str:
    first17 = "91990121" + "".join(random.choices(USCC_ALPHABET, k=9))
    return first17 + uscc_check_digit(first17)


def at(person: Person) -> As:
    return person.at("OrganizationService")


def claim(person: Person, uscc: str, name: str = NAME) -> pb.Organization:
    return at(person).RegisterOrganization(uscc=uscc, name=name, address=ADDRESS)


def get(person: Person, id: str) -> pb.Organization:
    return at(person).GetOrganization(organization_id=id)


def confirmed(here: IdentityHere, person: Person) -> str:
    """An organisation this person represents."""
    id: str = claim(person, fresh_uscc()).id
    here.work()
    return id


def day(after: int) -> str:
    return (views_organizations.today() + timedelta(days=after)).isoformat()


def authorize(by: Person, id: str, whom: Person, first: int = 0, last: int = 30) -> pb.Organization:
    fields = {"from": day(first), "until": day(last)}
    return at(by).AuthorizeHandler(organization_id=id, name=whom.name, id_number=whom.number, **fields)


def act_for(person: Person, id: str) -> service_pb2.Session:
    return at(person).ActForOrganization(organization_id=id)


def refresh(here: IdentityHere, session: service_pb2.Session) -> service_pb2.Session:
    return here.by(None).RefreshSession(refresh_token=session.refresh_token)
