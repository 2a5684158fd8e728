"""What policy does with claims and rolls by the clock: what is due, and what is to be done beside a single write."""

from datetime import timedelta
from typing import Final

from chassis.acts import now
from chassis.events import Heard, every, on
from chassis.parts import Parts
from chassis.timers import Timing
from services.policy import model_claims, store_claims, store_files, store_rolls, tasks
from services.policy.model import Claim
from services.policy.model_rolls import Roll
from services.policy.rolling import Rolling
from yiwang.policy.v1.events_pb2 import EnterpriseOpened

UNUSED_FOR: Final = timedelta(days=1)


class HearsClaims:
    """The timers of claims and rolls."""

    parts: Parts
    claim_timing: Timing[Claim]
    claim_tasks: tasks.Tasks
    roll_timing: Timing[Roll]
    rolling: Rolling

    @on(EnterpriseOpened)
    def tie_claims(self, event: Heard[EnterpriseOpened]) -> None:
        """Act: claims that came from lists before anybody acted for the enterprise are its organisation's."""
        all = store_claims.claims(self.parts.database)
        for id in store_claims.untied(all, event.body.uscc):
            all.change(id, event.cause, lambda one: model_claims.tie(one, event.body.organization_id))

    @every(interval=1)
    def fire_claims(self) -> None:
        """What is due happens: publicity ends, answers that did not come, steps that are late; county by county."""
        self.claim_timing.round()

    @every(interval=1)
    def do_claims(self) -> None:
        """Reservations, accounts and payments that are to be made."""
        self.claim_tasks.round()

    @every(interval=1)
    def make_rolls(self) -> None:
        """Lists whose publicity is over become claims; those that are being made go on."""
        self.roll_timing.round()
        self.rolling.round()

    @every(interval=3600)
    def sweep_claim_files(self) -> None:
        """Deletes files that no claim took within a day."""
        store_files.sweep(self.parts.database, now() - UNUSED_FOR)


def prepare(worker: type[HearsClaims], parts: Parts) -> None:
    """Gives the worker what these timers use."""
    worker.claim_timing = store_claims.timing(parts.database, store_claims.claims(parts.database))
    worker.claim_tasks = tasks.Tasks(parts)
    worker.rolling = Rolling(parts)
    worker.roll_timing = store_rolls.timing(parts.database, worker.rolling.rolls)
