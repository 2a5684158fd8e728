"""FactorService over gRPC."""

from typing import Any

from chassis.errors import Refused
from chassis.parts import Parts
from services.identity.opening import Opening


class FactorApi:
    """The methods of yiwang.identity.v1.FactorService, by name."""

    def __init__(self, parts: Parts, opening: Opening) -> None:
        self.parts = parts
        self.opening = opening

    def __getattr__(self, name: str) -> Any:  # TODO: stub while being built
        if not name[:1].isupper():
            raise AttributeError(name)

        def pending(request: Any, call: Any) -> Any:
            raise Refused(12, "NOT_BUILT", name)

        return pending
