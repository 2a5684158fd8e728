"""The world of the authority matrix on a store, for whoever needs it: the matrix itself, and the gateway in front of it."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from chassis import store as chassis_store
from deploy.local.places import SERVICES
from deploy.local.stores import Store, with_database
from tests.service.authority.world import World
from tests.support import actors, left_behind
from tests.support.market import MarketHere
from tests.support.policy_claims import ClaimsHere
from tests.support.rating_service import RatingHere
from tests.support.serving import Here, serving

KINDS: dict[str, type[Here]] = {"rating": RatingHere, "intermediary": MarketHere, "policy": ClaimsHere}
# No handler runs here, so nobody asks the source.
TOLD = {"verification_url": "http://127.0.0.1:1", "service_secrets": actors.SERVICE_SECRETS}


@contextmanager
def standing(store: Store, addresses: Mapping[str, str] | None = None) -> Iterator[World]:
    """The seven services in this process, each on a database of its own and at its address where it is given one, and everybody
    signed in."""
    with ExitStack() as stack:
        here: dict[str, Any] = {}
        for name in SERVICES:
            database = chassis_store.connect(with_database(store.uri, f"{name}_{uuid.uuid4().hex[:8]}"), name)
            stack.callback(left_behind.drop, database)
            told = TOLD if name == "identity" else {}
            listen = (addresses or {}).get(name, "")
            here[name] = stack.enter_context(serving(name, database, KINDS.get(name, Here), listen, **told))
        yield World(**here)
