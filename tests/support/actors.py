"""Who asks in the tests, with tokens of a signing key of our own that a store is told to trust."""

import base64
import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import orjson
from joserfc.jwk import OctKey, OKPKey
from pymongo.database import Database

from chassis import tokens
from chassis.acts import AGENT, DEVICE, MACHINE, OFFICER, PERSON, SERVICE, Acting, Actor

DEPARTMENT = "11990121MB0000001K"
OTHER_DEPARTMENT = "11990121MB0000002H"
REGION = "990121"
KEY = OKPKey.generate_key("Ed25519", {"kid": "tests"}, auto_kid=False)
# What services sign their own tokens with, where the service under test takes any: as identity is told it.
SERVICE_SECRET = base64.b64encode(b"a secret of services, for tests!!").decode()
SERVICE_SECRETS = " ".join(f"{name}={SERVICE_SECRET}" for name in ("message", "gateway", "case"))


def trust(database: Database[dict[str, Any]], key: OKPKey = KEY) -> None:
    """As if the service had heard of this signing key from identity."""
    jwk = orjson.dumps(key.as_dict(private=False)).decode()
    database["signing_keys_heard"].update_one({"_id": key.kid}, {"$set": {"jwk": jwk}}, upsert=True)


def token(actor: Actor, seconds: int = 900, key: OKPKey = KEY) -> str:
    """An access token of the actor. A service signs its own."""
    if actor.realm == SERVICE:
        return tokens.service_token(actor.id, SERVICE_SECRET)
    return tokens.mint(key, actor, seconds)


def find_key(kid: str) -> OKPKey | OctKey | None:
    """What these tokens are verified by, where services are taken at their word."""
    if kid.startswith(tokens.SERVICE):
        return OctKey.import_key(base64.b64decode(SERVICE_SECRET))
    return KEY if kid == KEY.kid else None


def person(id: str = "", level: int = 2) -> Actor:
    """A citizen; another one each time unless named."""
    return Actor(id=id or str(uuid.uuid4()), realm=PERSON, level=level, session=uuid.uuid4().hex)


def officer(*roles: str, id: str = "", department: str = DEPARTMENT) -> Actor:
    """An officer on duty with these roles."""
    return Actor(
        id=id or str(uuid.uuid4()),
        realm=OFFICER,
        roles=frozenset(roles),
        department=department,
        region=REGION,
        session=uuid.uuid4().hex,
    )


def delegate(
    applicant: Actor,
    channel: str = "helper",
    items: Iterable[str] = (),
    case: str = "",
    delegation: str = "",
    agent: str = "",
    name: str = "王某（某某社区）",
) -> Actor:
    """Somebody who acts for the applicant under a delegation: a helper, a bank's teller, or another person."""
    acting = Acting(
        agent=agent or f"{'person' if channel == 'person' else 'agent'}:{uuid.uuid4()}",
        name=name,
        channel=channel,
        delegation=delegation or str(uuid.uuid4()),
        items=frozenset(items),
        case=case,
        organization="" if channel == "person" else "organisation-of-agents",
    )
    return replace(applicant, acting=acting, session=uuid.uuid4().hex)


def handler(organization: Actor, agent: str = "", name: str = "李经办") -> Actor:
    """A person who handles matters for an organisation, which is a principal like a person."""
    acting = Acting(agent=agent or f"person:{uuid.uuid4()}", name=name, channel="handler")
    return replace(organization, acting=acting, session=uuid.uuid4().hex)


def supervisor(*roles: str, region: str = REGION, department: str = OTHER_DEPARTMENT) -> Actor:
    """An officer who supervises a region, with these roles beside it in his own department."""
    return replace(officer("supervise", *roles, department=department), region=region)


def machine(*rpcs: str, department: str = DEPARTMENT, quota: int = 1000) -> Actor:
    """A department's own system, registered for these RPCs."""
    id = str(uuid.uuid4())
    return Actor(
        id=id, realm=MACHINE, department=department, region=REGION, session=f"{id}.1", rpcs=frozenset(rpcs), quota=quota
    )


def service(name: str = "gateway") -> Actor:
    """Another service of the suite; it has no session."""
    return Actor(id=name, realm=SERVICE)


def agent(id: str = "") -> Actor:
    """A helper or teller who signed in for herself."""
    return Actor(id=id or str(uuid.uuid4()), realm=AGENT, region=REGION, session=uuid.uuid4().hex)


def device(id: str = "") -> Actor:
    """A kiosk, tablet or gate."""
    return Actor(id=id or str(uuid.uuid4()), realm=DEVICE, region=REGION, session=uuid.uuid4().hex)
