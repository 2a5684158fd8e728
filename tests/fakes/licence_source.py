"""A licence source as docs/integrating.md describes it, for tests and for trying the suite out:
`python -m tests.fakes.licence_source [PORT]`.

Left to itself every holder has one licence of every kind, signed and in force, but for holders whose number ends in 0: they have none.
`give(holder, kind, *licences)` says otherwise. The same id has the same answer. Kind of question for scripts: LICENCE.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from standards.identifiers import mod37_36_check
from tests.fakes import program
from tests.fakes.program import Question, Said

ISSUER = "11990121MB1234567X"


def identifier(kind: str = f"{ISSUER}001", serial: str = "2024000001") -> str:
    """An identifier after GB/T 36904 whose check holds."""
    parts = (kind, ISSUER, serial, "001")
    return ".".join(("1.2.156.3005.2", *parts, mod37_36_check("".join(parts))))


def licence(**other: Any) -> dict[str, Any]:
    """A licence that is signed and in force, but for what is said."""
    usual = {
        "identifier": "",
        "name": "营业执照",
        "number": "91990121MA00000001",
        "holder_name": "示范县某店",
        "issuer": "示范县市场监督管理局",
        "issued_on": "2024-03-01",
        "expires_on": "",
        "state": "01",
        "signed": True,
    }
    return {**usual, **other}


@dataclass
class LicenceSource(program.Program):
    """Which licences it has, and what it said."""

    _given: dict[tuple[str, str], list[Mapping[str, Any]]] = field(default_factory=dict)
    _said: dict[str, Said] = field(default_factory=dict)

    def kind(self, method: str, path: list[str]) -> str:
        """There is one question."""
        return "LICENCE" if (method, path) == ("POST", ["licences"]) else "OTHER"

    def give(self, holder: str, kind: str, *licences: Mapping[str, Any]) -> None:
        """A holder has these licences of a kind; none for none."""
        self._given[holder, kind] = list(licences)

    def friendly(self, question: Question) -> Said:
        """What it has; what it said before where the id is known."""
        asked = question.body
        if question.kind != "LICENCE":
            return 404
        if not asked.get("purpose"):
            return 422
        if asked["id"] not in self._said:
            usual = [] if asked["holder_code"].endswith("0") else [licence()]
            found = self._given.get((asked["holder_code"], asked["licence_type"]), usual)
            self._said[asked["id"]] = {"result": "found", "licences": found} if found else {"result": "none"}
        return self._said[asked["id"]]


if __name__ == "__main__":
    program.main(LicenceSource(), 8101)
