"""What identity does about counties when it hears something, and by the clock."""

from chassis.parts import Parts


class HearsCounties:
    """Handlers and timers."""

    parts: Parts
