"""What identity does about clients when it hears something, and by the clock."""

from chassis.parts import Parts


class HearsClients:
    """Handlers and timers."""

    parts: Parts
