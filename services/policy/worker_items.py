"""What policy does with policies and payout items by the clock: policies whose last day is over, and dry runs, bit by bit."""

from chassis.events import every
from chassis.parts import Parts
from chassis.timers import Timing
from services.policy import dry_runs, store_policies
from services.policy.model_policies import Policy


class HearsItems:
    """The timers of policies and dry runs."""

    parts: Parts
    policy_timing: Timing[Policy]
    dry_runs: dry_runs.DryRuns

    @every(interval=5)
    def fire_policies(self) -> None:
        """Policies expire, county by county."""
        self.policy_timing.round()

    @every(interval=1)
    def count_dry_runs(self) -> None:
        """A bit of each dry run under way."""
        self.dry_runs.round()


def prepare(worker: type[HearsItems], parts: Parts) -> None:
    """What the timers work with."""
    worker.policy_timing = store_policies.timing(parts.database)
    worker.dry_runs = dry_runs.DryRuns(parts)
