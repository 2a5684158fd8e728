"""`python -m services.topology`: declares every exchange and queue the events' contracts name. Run before any worker starts."""

import sys
from types import ModuleType

from chassis import bus
from chassis.config import BrokerSettings
from yiwang.case.v1 import events_pb2 as case
from yiwang.catalog.v1 import events_pb2 as catalog
from yiwang.identity.v1 import events_pb2 as identity
from yiwang.rating.v1 import events_pb2 as rating

EVENTS: tuple[ModuleType, ...] = (identity, catalog, case, rating)


def main() -> None:
    names = bus.declare(BrokerSettings().amqp_uri, EVENTS)
    sys.stdout.write("".join(f"{name}\n" for name in names))


if __name__ == "__main__":
    main()
