"""What holds in a county: its rules, and the wording of each template in force; looked up lately."""

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from chassis.errors import NotYet
from chassis.parts import Parts
from chassis.records import Records
from services.message import store
from services.message.model_raising import Wording
from services.message.model_rules import Rules
from services.message.model_templates import Wordings

T = TypeVar("T")
# What counties set is followed within so many seconds.
FRESH_SECONDS: Final = 2.0


class Fresh:
    """Values that were looked up lately."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Any]] = {}

    def get(self, key: str, look_up: Callable[[], T]) -> T:
        """The value, looked up anew when the last time is too long ago."""
        instant = time.monotonic()
        until, value = self._known.get(key, (0.0, None))
        if until < instant:
            value = look_up()
            self._known[key] = (instant + FRESH_SECONDS, value)
        return value  # type: ignore[no-any-return]


class Settled:
    """What holds in a county: its rules, and the wording of each template in force."""

    def __init__(self, parts: Parts) -> None:
        self._rules: Records[Rules] = store.rules(parts.database)
        self._wordings: Records[Wordings] = store.wordings(parts.database)
        self._fresh = Fresh()

    def rules(self, region: str) -> Rules:
        """A county's rules; the defaults where it set none."""
        id = store.rules_id(region)
        return self._fresh.get(id, lambda: store.found(self._rules, id) or Rules(store.county(region)))

    def wording(self, region: str, code: str) -> Wording:
        """The edition in force in a county: its own, or everybody's. NotYet before everybody's is there."""
        for place in dict.fromkeys((store.county(region), "")):
            if edition := self._edition(place, code):
                return Wording(edition, place)
        raise NotYet(f"{code} was not shipped yet")

    def _edition(self, region: str, code: str) -> int:
        id = store.wordings_id(region, code)

        def look_up() -> int:
            own = store.found(self._wordings, id)
            return own.editions[-1].edition if own and own.editions else 0

        return self._fresh.get(id, look_up)
