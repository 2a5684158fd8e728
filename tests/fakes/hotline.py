"""A 12345 platform as docs/integrating.md describes it, for tests and for trying the suite out:
`python -m tests.fakes.hotline [PORT]`.

What it is told under an id it has already counts once. Kinds of questions for scripts: PROGRESS.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.fakes import program
from tests.fakes.program import Question, Said


@dataclass
class Hotline(program.Program):
    """What it was told of its tickets, by their numbers: each message once, by its id."""

    told: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def kind(self, method: str, path: list[str]) -> str:
        """There is one."""
        return "PROGRESS"

    def friendly(self, question: Question) -> Said:
        """Takes what it is told; refuses another content under an id it has."""
        body = question.body
        ticket = self.told.setdefault(question.path[1], {})
        if ticket.setdefault(body["id"], body) != body:
            return 422
        return {"id": body["id"]}

    def of_ticket(self, number: str) -> list[dict[str, Any]]:
        """What it knows of a ticket, in the order of the messages' own sequence."""
        return sorted(self.told.get(number, {}).values(), key=lambda one: int(one["sequence"]))


if __name__ == "__main__":
    program.main(Hotline(), 8105)
