"""`python -m services.topology`: declares every exchange and queue the events' contracts name. Run before any worker starts."""

import sys
import time
from types import ModuleType

import amqp

from chassis import bus
from chassis.config import BrokerSettings, read
from yiwang.case.v1 import events_pb2 as case
from yiwang.catalog.v1 import events_pb2 as catalog
from yiwang.identity.v1 import events_pb2 as identity
from yiwang.intermediary.v1 import events_pb2 as intermediary
from yiwang.message.v1 import events_pb2 as message
from yiwang.policy.v1 import events_pb2 as policy
from yiwang.rating.v1 import events_pb2 as rating

SETTLE_SECONDS = 1.5
# How long a broker that comes back may take to bring a stream back after it lets clients in.
RETURN_SECONDS = 30.0
EVENTS: tuple[ModuleType, ...] = (identity, catalog, case, rating, intermediary, policy, message)


def declare(uri: str) -> list[str]:
    """Declares everything, also at a broker whose streams are still on their way back. Returns the queues' names."""
    until = time.monotonic() + RETURN_SECONDS
    while True:
        try:
            return bus.declare(uri, EVENTS)
        except amqp.NotFound:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def main() -> None:
    names = declare(read(BrokerSettings).amqp_uri)
    # A quorum queue whose broker is killed within its first second never answers again; who waits for us may kill it then.
    time.sleep(SETTLE_SECONDS)
    sys.stdout.write("".join(f"{name}\n" for name in names))


if __name__ == "__main__":
    main()
