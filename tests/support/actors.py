"""Who asks in the tests, with tokens of a signing key of our own that a store is told to trust."""

import uuid
from typing import Any

import orjson
from joserfc.jwk import OKPKey
from pymongo.database import Database

from chassis import tokens
from chassis.acts import OFFICER, PERSON, SERVICE, Actor

DEPARTMENT = "11990121MB0000001K"
OTHER_DEPARTMENT = "11990121MB0000002H"
REGION = "990121"
KEY = OKPKey.generate_key("Ed25519", {"kid": "tests"}, auto_kid=False)


def trust(database: Database[dict[str, Any]], key: OKPKey = KEY) -> None:
    """As if the service had heard of this signing key from identity."""
    jwk = orjson.dumps(key.as_dict(private=False)).decode()
    database["signing_keys_heard"].update_one({"_id": key.kid}, {"$set": {"jwk": jwk}}, upsert=True)


def token(actor: Actor, seconds: int = 900, key: OKPKey = KEY) -> str:
    """An access token of the actor."""
    return tokens.mint(key, actor, seconds)


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


def service(name: str = "gateway") -> Actor:
    """Another service of the suite."""
    return Actor(id=name, realm=SERVICE, session=uuid.uuid4().hex)
