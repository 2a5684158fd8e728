"""What identity does about officers when it hears something, and by the clock."""

from chassis.parts import Parts


class HearsOfficers:
    """Handlers and timers."""

    parts: Parts
