"""What identity does about sso when it hears something, and by the clock."""

from chassis.parts import Parts


class HearsSso:
    """Handlers and timers."""

    parts: Parts
