"""What intermediary does when it hears of items."""

from typing import Any

from chassis.parts import Parts


class HearsItems:
    """Handlers."""


def prepare(_worker: Any, _parts: Parts) -> None:
    """Gives the worker what its handlers need."""
