"""A move somebody may make, as a form: what the pages of a case of its kind draw of what its service offers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.gateway.acts import Act


@dataclass(frozen=True)
class Move:
    """A move: its act, its form (entries of the page it stands on), and whether it is shown open: what the visitor comes for."""

    act: Act
    title: str
    inputs: Sequence[Any] = ()
    hint: str = ""
    first: bool = False
    danger: bool = False

    @property
    def files(self) -> str:
        """The name of its input of files; empty without."""
        return next((one.name for one in self.inputs if one.kind == "files"), "")


def offered(moves: Mapping[str, Move], allowed: Sequence[str]) -> list[tuple[str, Move]]:
    """The moves the visitor may make now, by the last part of their address: what he comes for first."""
    found = [(move.act.name, move) for name, move in moves.items() if name in allowed]
    return sorted(found, key=lambda one: not one[1].first)
