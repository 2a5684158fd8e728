"""A courier as docs/integrating.md describes it, for tests and for trying the suite out:
`python -m tests.fakes.courier [PORT]`.

Parcels stay where they are: `move(parcel, status, at, place)`, or over HTTP POST /control {"move": {"parcel": …, "status": …, "at": …,
"place": …}}. Kinds of questions for scripts: PARCEL, TRACK.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import program
from tests.fakes.program import Question, Said

AT = "2026-07-02T08:00:00+08:00"


@dataclass
class Courier(program.Program):
    """Parcels by their ids: their numbers, and where they were seen."""

    numbers: dict[str, str] = field(default_factory=dict)
    scans: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def kind(self, method: str, path: list[str]) -> str:
        """By method."""
        return "PARCEL" if method == "POST" else "TRACK"

    def control(self, told: Mapping[str, Any]) -> None:
        """Also moves parcels."""
        super().control(told)
        if "move" in told:
            self.move(**told["move"])

    def move(self, parcel: str, status: str, at: str = AT, place: str = "示范县集散中心") -> None:
        """A parcel is seen."""
        self.scans[parcel].append({"at": at, "status": status, "place": place})

    def friendly(self, question: Question) -> Said:
        """The number of a parcel, the same for the same id; or where it was seen."""
        if question.kind == "PARCEL":
            id = question.body["id"]
            self.numbers.setdefault(id, f"SF{len(self.numbers) + 1:012}")
            self.scans.setdefault(id, [])
            return {"id": id, "number": self.numbers[id]}
        id = question.path[1]
        if self.numbers.get(id) != question.body.get("number"):
            return 422
        return {"id": id, "number": self.numbers[id], "scans": self.scans[id]}


if __name__ == "__main__":
    program.main(Courier(), 8103)
