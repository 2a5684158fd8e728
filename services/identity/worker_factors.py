"""What identity does about factors and passwords when it hears something, and by the clock."""

from chassis.events import Heard, every, on
from chassis.parts import Parts
from services.identity import passwords, store_factors
from services.identity.credentials import Credentials
from yiwang.identity.v1.events_pb2 import FactorRemoved


class HearsFactors:
    """Handlers and timers."""

    parts: Parts

    @on(FactorRemoved)
    def forget_factor(self, event: Heard[FactorRemoved]) -> None:
        """What the factor was checked with goes away; the record names it no more, so it was nobody's already."""
        store_factors.drop(self.parts.database, event.body.factor_id)

    @every(interval=10)
    def finish_passwords(self) -> None:
        """Journal and end of sessions for changes of passwords that a crash cut off."""
        for changed in Credentials(self.parts.database).cut_off():
            passwords.finish(self.parts, changed)
