"""Everybody who may ask: each realm, each role, in the own and another department, in the own and another county."""

from collections.abc import Iterator
from typing import NamedTuple

from chassis.acts import AGENT, DEVICE, MACHINE, OFFICER, PERSON, SERVICE
from yiwang.access.v1 import access_pb2

ROLES = (
    "receive",
    "review",
    "decide",
    "issue",
    "supervise",
    "catalog",
    "administer",
    "market",
    "procure",
    "policy",
    "payout",
    "finance",
)
OWN, OTHER = "own", "other"
MEDIUM = access_pb2.IDENTITY_LEVEL_MEDIUM


class Caller(NamedTuple):
    """Somebody who asks. `name` is what the world knows him by."""

    name: str
    realm: int
    role: str = ""
    department: str = ""
    county: str = ""
    level: int = 0
    # HANDLER or DELEGATE of yiwang.access.v1.Acting, when he acts for the owner.
    acting: int = 0
    # A machine that is registered for every RPC machines may be registered for.
    registered: bool = False


def officers() -> Iterator[Caller]:
    """Each role at each of the four kinds of place."""
    for role in ROLES:
        for county in (OWN, OTHER):
            for department in (OWN, OTHER):
                name = f"{role} of {department} department in {county} county"
                yield Caller(name, OFFICER, role, department, county)


CALLERS: tuple[Caller, ...] = (
    Caller("nobody", 0),
    Caller("owner", PERSON, level=MEDIUM),
    Caller("somebody else", PERSON, level=MEDIUM),
    Caller("unverified", PERSON, level=access_pb2.IDENTITY_LEVEL_NONE),
    Caller("delegate", PERSON, level=MEDIUM, acting=access_pb2.ACTING_DELEGATE),
    Caller("delegate of somebody else", PERSON, level=MEDIUM, acting=access_pb2.ACTING_DELEGATE),
    Caller(
        "handler of an organisation", PERSON, level=access_pb2.IDENTITY_LEVEL_STRONG, acting=access_pb2.ACTING_HANDLER
    ),
    *officers(),
    Caller("agent", AGENT, county=OWN),
    Caller("agent elsewhere", AGENT, county=OTHER),
    *(
        Caller(f"machine of {department} department", MACHINE, department=department, county=OWN, registered=True)
        for department in (OWN, OTHER)
    ),
    Caller("machine registered for nothing of it", MACHINE, department=OWN, county=OWN),
    Caller("device", DEVICE, county=OWN),
    Caller("device elsewhere", DEVICE, county=OTHER),
    Caller("service", SERVICE),
)
