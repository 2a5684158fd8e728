"""What policy counts by the clock, for its bulletin."""

from chassis.events import every
from chassis.parts import Parts
from services.policy import bulletins, store_bulletins, store_claims


class CountsBulletins:
    """The timers of the bulletin."""

    parts: Parts
    counted_claims: store_claims.Claims

    @every(interval=2)
    def recount_claims(self) -> None:
        """Months whose claims changed are counted anew."""
        self.counted_claims.counts.recount(self.counted_claims)

    @every(interval=60)
    def count_enterprises(self) -> None:
        """How many enterprises each county has."""
        store_bulletins.count_enterprises(self.parts.database, bulletins.joined(self.parts.database))


def prepare(worker: type[CountsBulletins], parts: Parts) -> None:
    """Gives the worker what these timers use."""
    worker.counted_claims = store_claims.claims(parts.database)
