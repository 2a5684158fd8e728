"""A beacon as docs/integrating.md describes it, for tests and for trying the suite out: `python -m tests.fakes.beacon [PORT]`.

Left to itself it has every round of every source: SHA-256 of "<source>/<round>". Rounds from `published_below` on are not there yet. Kinds
of questions for scripts: ROUND.
"""

import hashlib
from dataclasses import dataclass

from tests.fakes import program
from tests.fakes.program import Question, Said


def value(source: str, round: int) -> str:
    """What the fake says of a round."""
    return hashlib.sha256(f"{source}/{round}".encode()).hexdigest()


@dataclass
class Beacon(program.Program):
    """Its sources and rounds."""

    published_below: int | None = None

    def kind(self, method: str, path: list[str]) -> str:
        """There is one."""
        return "ROUND"

    def friendly(self, question: Question) -> Said:
        """The value of a round that is published."""
        source, round = question.path[-2], int(question.path[-1])
        if self.published_below is not None and round >= self.published_below:
            return 425
        return {"round": round, "randomness": value(source, round)}


if __name__ == "__main__":
    program.main(Beacon(), 8106)
