"""What identity does about organizations when it hears something, and by the clock."""

from chassis.parts import Parts


class HearsOrganizations:
    """Handlers and timers."""

    parts: Parts
