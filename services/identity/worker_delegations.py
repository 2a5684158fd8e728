"""What identity does about delegations when it hears something, and by the clock."""

from chassis.parts import Parts


class HearsDelegations:
    """Handlers and timers."""

    parts: Parts
