"""The result of a choice among proposals."""

from typing import Any

from chassis.parts import Parts
from services.intermediary.model import Procurement


def attempt(parts: Parts, procurement: Procurement) -> Any:
    """The order by the scores; None while some are missing."""
    return None
