"""What identity does about privacy when it hears something, and by the clock."""

from chassis.parts import Parts


class HearsPrivacy:
    """Handlers and timers."""

    parts: Parts
