"""What identity does about verifications when it hears something, and by the clock."""

from chassis.parts import Parts


class HearsVerifications:
    """Handlers and timers."""

    parts: Parts
