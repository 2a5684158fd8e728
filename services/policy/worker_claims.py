"""What policy does with claims by the clock: what is due, and what is to be done beside a single write."""

from datetime import timedelta
from typing import Final

from chassis.acts import now
from chassis.events import every
from chassis.parts import Parts
from chassis.timers import Timing
from services.policy import store_files, tasks
from services.policy.model import Claim

UNUSED_FOR: Final = timedelta(days=1)


class HearsClaims:
    """The timers of claims."""

    parts: Parts
    claim_timing: Timing[Claim]
    claim_tasks: tasks.Tasks

    @every(interval=1)
    def fire_claims(self) -> None:
        """What is due happens: publicity ends, answers that did not come, steps that are late; county by county."""
        self.claim_timing.round()

    @every(interval=1)
    def do_claims(self) -> None:
        """Reservations, accounts and payments that are to be made."""
        self.claim_tasks.round()

    @every(interval=3600)
    def sweep_claim_files(self) -> None:
        """Deletes files that no claim took within a day."""
        store_files.sweep(self.parts.database, now() - UNUSED_FOR)
