"""What rating does for the public results: bulletins, once their period is past."""

from chassis import store as stores
from chassis.acts import now
from chassis.events import every
from chassis.parts import Parts
from chassis.timers import Groups
from services.rating.bulletins import Bulletins


class IssuesBulletins:
    """The timer of bulletins."""

    parts: Parts
    bulletins: Bulletins
    county_names: Groups

    @every(interval=60)
    def issue_bulletins(self) -> None:
        """Daily, weekly and monthly bulletins, once each; not while the clocks differ, since what is published stays."""
        if stores.clocks_agree(self.parts.database):
            self.bulletins.issue_due(self.county_names.all(), now())
