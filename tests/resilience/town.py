"""The sample county in a running suite, and everybody of it as he calls the services."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import grpc
from joserfc.jwk import OKPKey

from chassis import tokens
from chassis.acts import OFFICER, Actor
from deploy.local.county import SAMPLE
from deploy.local.daemon import ROOT
from deploy.local.suite import Suite
from loadtests import world
from loadtests.campaign import until_true
from standards.identifiers import id_number_check_digit
from tests.resilience.stories_catalog import enter_duty
from tests.support.calling import As
from tests.support.serving import contract_of
from yiwang.catalog.v1.service_pb2 import Department
from yiwang.identity.v1.service_pb2 import Session

PASSWORD = "Demo-2026-yiwang"  # of everybody in the sample county
MARKET, POLICE, REGION, HALL = "11990121000001011B", "1199012100000102X3", "990121", "示范县政务服务中心"


class Known(NamedTuple):
    """A person, and how he is found."""

    id: str
    number: str
    phone: str


# Of the county: verified by face, by name and number, and not at all.
STRONG = Known("", "990101199003071018", "19900000001")
MEDIUM = Known("", "990102198511122020", "19900000002")
NONE = Known("", "990103199806213035", "19900000003")


class Somebody:
    """Who signed in: `one("CountyService").SaveWindow(…)`."""

    def __init__(self, town: "Town", session: Session) -> None:
        self.town, self.access, self.id = town, session.access_token, session.id

    def __call__(self, contract: str = "IdentityService", service: str = "identity") -> As:
        return self.town.by(self.access, contract, service)


class Town:
    """The services, and two administrators."""

    def __init__(self, suite: Suite, key: OKPKey) -> None:
        command = [sys.executable, "-m", "services.identity", "load", str(SAMPLE / "people.json")]
        environment = suite.places.environment("identity")
        subprocess.run(command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, check=True)
        self._key, self._case = key, world.database(suite.store("case").uri, "case")
        self._sessions = world.database(suite.store("identity").uri, "identity")["sessions"]
        self._channels = {name: grpc.insecure_channel(suite.address(name)) for name in suite.services}
        self.first, self.second = self.sign_in("zw-901"), self.sign_in("zw-902")

    def by(self, access: str, contract: str = "IdentityService", service: str = "identity") -> As:
        """A contract of a service as who has this token calls it."""
        return As(self._channels[service], contract_of(service, contract), None, access)

    def sign_in(self, login: str) -> Somebody:
        """Somebody with a session of its own."""
        return Somebody(self, self.by("").SignIn(login=login, password=PASSWORD))

    def person(self, number: int) -> Known:
        """Somebody who registers."""
        first17 = f"990101199003079{number:02d}"
        id_number, phone = first17 + id_number_check_digit(first17), f"199000009{number:02d}"
        told = {"name": "故事人", "password": PASSWORD, "id_number": id_number, "phone": phone}
        return Known(self.by("").RegisterPerson(**told).id, id_number, phone)

    def officer(self, number: str, *roles: str, department: str = MARKET) -> str:
        """Opens or changes the file of an officer; his id."""
        fields = {"name": "故事人", "department": department, "region": REGION, "password": PASSWORD}
        appoint = self.first("OfficerService").AppointOfficer
        id: str = appoint(staff_number=number, roles=roles or ["receive"], **fields).id
        return id

    def item(self) -> str:
        """An item of the market department that people can apply for; its id."""
        tokens_of = [
            tokens.mint(self._key, Actor(name, OFFICER, frozenset({"catalog"}), MARKET, REGION, 0, name))
            for name in ("story-writer", "story-reviewer")
        ]
        writer, reviewer = (self.by(token, "ItemService", "catalog") for token in tokens_of)
        _, definition = world.item(200)
        definition.department.CopyFrom(Department(code=MARKET, name="示范县市场监督管理局"))
        directory = [self.by(token, "DirectoryService", "catalog") for token in tokens_of]
        enter_duty(definition.duty_codes[0], definition, *directory)
        saved = writer.SaveItem(definition=definition)
        reviewer.ReviewItem(item_id=saved.id, version=saved.version)
        id: str = writer.PublishItem(item_id=saved.id).id
        until(lambda: self._case["items"].find_one({"_id": id}))
        return id

    def ended(self, **match: str) -> None:
        """Waits until no such session is open, so that what comes next comes after all that ended them was heard."""
        query = {f"state.{name}": value for name, value in match.items()}
        until(lambda: self._sessions.find_one({**query, "state.reason": ""}) is None)

    def work(self, officer: str) -> int:
        """How many cases an officer has in his hands."""
        return len(list(self._case["cases"].find({"state.handler_id": officer}, {"_id": 1})))


def until(look: Callable[[], Any], seconds: float = 30) -> None:
    """Waits until `look` gives something; TimeoutError after so many seconds."""
    until_true(look, seconds, step=0.3)
