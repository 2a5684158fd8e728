"""The gateway as it is reached from outside: its own process, told what production tells it, in front of the seven services of the
authority matrix with their records."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import requests

from chassis.acts import AGENT, DEVICE, MACHINE, OFFICER, PERSON
from deploy.local.places import SERVICES, Places, master_key
from deploy.local.ports import Ports
from deploy.local.processes import Process
from deploy.local.stores import Store
from services.gateway.session import COOKIE_LIMIT, Sealer, Session
from tests.service.authority.asked import DEPARTMENT, PASSWORD, REGION
from tests.service.authority.callers import ROLES
from tests.service.authority.standing import standing
from tests.service.authority.world import NAME, World, cause
from yiwang.access.v1 import access_pb2 as access
from yiwang.identity.v1 import officers_pb2 as officers

# What a sign-on with every role is: one person never has them all, so that no page and no method stays shut for want of one.
STAFF_NUMBER = "every-role"


class Sender(NamedTuple):
    """Somebody outside who asks: who he is to the world, his realm, his token."""

    name: str
    realm: int
    token: str = ""

    @property
    def realm_name(self) -> str:
        """As the document of the API calls it; empty for nobody."""
        return access.Realm.Name(self.realm).removeprefix("REALM_").lower() if self.realm else ""


class Outside:
    """Where the gateway answers, and everybody who asks it."""

    def __init__(self, world: World, places: Places) -> None:
        self.world = world
        self.host = places.http
        self.url = places.gateway_url
        self.logs = Path(places.folder) / "logs"
        self.sealer = Sealer(base64.b64decode(master_key(Path(places.folder), "gateway")), secure=True)
        self.officer = world.appointing.appoint(
            officers.AppointOfficerRequest(
                staff_number=STAFF_NUMBER,
                name=NAME,
                roles=ROLES,
                department=DEPARTMENT,
                region=REGION,
                password=PASSWORD,
            ),
            cause(),
            None,
        ).id
        self.senders = (
            Sender("owner", PERSON, world.tokens["owner"]),
            Sender("somebody else", PERSON, world.tokens["somebody else"]),
            Sender("officer of every role", OFFICER, world.signed_in(f"officer:{self.officer}").access_token),
            Sender("agent", AGENT, world.tokens["agent"]),
            Sender("machine", MACHINE, world.tokens["machine of own department"]),
            Sender("device", DEVICE, world.tokens["device"]),
            Sender("nobody", 0),
        )

    def own_of(self, sender: Sender) -> set[str]:
        """What is personal of the sender himself. Everybody who has a name has the same one."""
        world, own = self.world, {NAME} if sender.realm in (PERSON, OFFICER, AGENT) else set[str]()
        return own | {told[sender.name] for told in (world.numbers, world.phones) if sender.name in told}

    def session(self, principal: str) -> Session:
        """The session of a principal (`person:<id>` …) who has just signed in."""
        session = Session()
        session.sign_in(self.world.signed_in(principal))
        return session

    def handler(self) -> Session:
        """The session of the owner while he handles matters of his organisation; his own waits inside."""
        session = self.session(f"person:{self.world.owner_id}")
        reply = self.world.by_name("owner", "yiwang.identity.v1.OrganizationService").ActForOrganization(
            organization_id=self.world.organization
        )
        session.act_for(reply, "示范公司", "企业事项")
        return session

    def browser(self, session: Session | None = None) -> requests.Session:
        """A browser without a screen, signed in with this session or as nobody; it follows no redirects by itself."""
        browser = requests.Session()
        browser.trust_env = False
        if session:
            # Over http a Secure cookie has to be brought by hand; a long one in pieces.
            value, name = self.sealer.seal(session), self.sealer.name
            pieces = [value[at : at + COOKIE_LIMIT] for at in range(0, len(value), COOKIE_LIMIT)]
            named = [f"{name}-{number}={piece}" for number, piece in enumerate(pieces[1:], 2)]
            browser.headers["Cookie"] = "; ".join([f"{name}={pieces[0]}", *named])
        return browser


@contextmanager
def outside(store: Store, folder: Path) -> Iterator[Outside]:
    """The services in this process, the gateway in its own."""
    ports = Ports(folder / "ports.json")
    addresses = {name: f"127.0.0.1:{ports.take(name)}" for name in SERVICES}
    places = Places(str(folder), "", {}, addresses, f"127.0.0.1:{ports.take('gateway')}")
    gateway = Process(places, "gateway", "")
    gateway._environment |= {"SECURE_COOKIES": "true", "PUBLIC_URL": "", "LOG_LEVEL": "INFO", "RATE_LIMIT": "0"}
    with standing(store, addresses) as world:
        gateway.start()
        try:
            yield Outside(world, places)
        finally:
            gateway.stop()
