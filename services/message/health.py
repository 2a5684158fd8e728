"""Which providers answer. One that did not is left alone for a while, longer each time; then a single message tries it."""

import time
from dataclasses import dataclass

SOONEST, LATEST = 1.0, 60.0


@dataclass
class _State:
    until: float = 0.0
    pause: float = 0.0


class Health:
    """Of the providers of one process."""

    def __init__(self) -> None:
        self._states: dict[str, _State] = {}

    def well(self, provider: str) -> bool:
        """Whether it may be asked now."""
        return self._of(provider).until <= time.monotonic()

    def proven(self, provider: str) -> bool:
        """Whether it answered the last time; else one message is enough to try it."""
        return self._of(provider).pause == 0

    def answered(self, provider: str) -> None:
        """It did."""
        self._states.pop(provider, None)

    def failed(self, provider: str) -> None:
        """It did not."""
        state = self._of(provider)
        state.pause = min(max(state.pause * 2, SOONEST), LATEST)
        state.until = time.monotonic() + state.pause

    def _of(self, provider: str) -> _State:
        return self._states.setdefault(provider, _State())
