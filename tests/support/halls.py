"""A county's departments, officers and windows, as the tests of identity set them up through its api."""

import uuid
from typing import Any

from chassis.acts import OFFICER, Actor
from tests.support.calling import As
from tests.support.identity_here import IdentityHere
from tests.support.identity_service import NAME, PASSWORD
from yiwang.identity.v1 import counties_pb2
from yiwang.identity.v1 import service_pb2 as pb

MARKET, POLICE = "11990121000001011B", "1199012100000102X3"
HALL = "示范县政务服务中心"


class Halls:
    """A county with two departments and two administrators, the first of whom sets everything up."""

    def __init__(self, here: IdentityHere) -> None:
        self.here = here
        self.first, self.second = here.officer("administer"), here.officer("administer")
        for uscc, name in ((MARKET, "示范县市场监督管理局"), (POLICE, "示范县公安局")):
            self.officers().SaveDepartment(uscc=uscc, name=name, region="990121")

    def officers(self, actor: Actor | None = None, access: str = "") -> As:
        """OfficerService as this actor calls it; as the first administrator does, unless told."""
        return self.here.by(None if access else actor or self.first, access, "OfficerService")

    def counties(self, actor: Actor | None = None, access: str = "") -> As:
        """CountyService, the same."""
        return self.here.by(None if access else actor or self.first, access, "CountyService")

    def appoint(self, *roles: str, by: Actor | None = None, **changes: Any) -> pb.Officer:
        """An officer of the market department, unless told."""
        fields = {"department": MARKET, "region": "990121", "password": PASSWORD, "name": NAME}
        fields |= {"staff_number": f"sj-{uuid.uuid4().hex[:8]}", "roles": roles or ("receive",)}
        officer: pb.Officer = self.officers(by).AppointOfficer(**(fields | changes))
        return officer

    def sign_in(self, officer: pb.Officer) -> pb.Session:
        session: pb.Session = self.here.by(None).SignIn(login=officer.staff_number, password=PASSWORD)
        return session

    def window(self, number: str = "1", **changes: str) -> counties_pb2.Window:
        """A window of the market department, unless told."""
        fields = {"number": number, "hall": HALL, "region": "990121", "department": MARKET, "label": "企业开办"}
        window: counties_pb2.Window = self.counties().SaveWindow(**(fields | changes))
        return window

    def on_duty(self) -> dict[str, str]:
        """Who is on duty where: window number to officer id."""
        windows = self.counties().ListWindows(region="990121").windows
        return {one.number: one.officer_id for one in windows if one.officer_id}

    @staticmethod
    def as_actor(officer: pb.Officer) -> Actor:
        """What the officer's token says."""
        return Actor(
            id=officer.id,
            realm=OFFICER,
            roles=frozenset(officer.roles),
            department=officer.department,
            region=officer.region,
            session=uuid.uuid4().hex,
        )
