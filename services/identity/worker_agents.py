"""What identity does about agents when it hears something, and by the clock."""

from chassis.parts import Parts


class HearsAgents:
    """Handlers and timers."""

    parts: Parts
