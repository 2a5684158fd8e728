"""What catalog does when it hears something, by subject, and by the clock. Its relay runs beside it."""

from chassis.parts import Parts
from chassis.people import HearsSessions
from services.catalog.worker_directory import HearsDirectory
from services.catalog.worker_items import HearsItems


class Worker(HearsDirectory, HearsItems, HearsSessions):
    """Catalog keeps nothing of persons: it hears of sessions alone."""

    name = "catalog"


def build(parts: Parts) -> type[Worker]:
    """The worker of catalog, from its parts."""
    Worker.parts = parts
    return Worker
