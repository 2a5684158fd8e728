"""What catalog does when it hears something. Its relay runs beside it."""

from chassis.parts import Parts
from chassis.people import HearsSessions


class Worker(HearsSessions):
    """Catalog keeps nothing of persons: it hears of sessions alone."""

    name = "catalog"


def build(parts: Parts) -> type[Worker]:
    """The worker of catalog, from its parts."""
    Worker.parts = parts
    return Worker
