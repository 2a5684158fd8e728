"""What identity does about factors when it hears something, and by the clock."""

from chassis.parts import Parts


class HearsFactors:
    """Handlers and timers."""

    parts: Parts
