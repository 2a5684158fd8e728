"""A paying bank as docs/integrating.md describes it, for tests and for trying the suite out: `python -m tests.fakes.bank [PORT]`.

Left to itself it takes every account and pays every order at once, each id once. A test tells it otherwise, besides what every fake can be
told: `answers` = "no": it does what it is asked and then gives no answer (503), "break": it does it and the connection ends, "late": it
accepts first and pays when it is asked for the order the `late`th time; `refuse(number, code)`: orders to that account are rejected;
`give_back(order)`: what was paid comes back; `twice(order)`: it pays an order a second time by its own fault; `hidden`: orders its
statements leave out. Over HTTP the same by POST /control. Kinds of questions for scripts: CHECK, STATE, SEND, STATEMENT.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import program
from tests.fakes.program import Question, Said

DAY = "2026-07-01"
AT = f"{DAY}T09:30:00+08:00"
PAGE = 50
# What comes instead of an answer after it was done.
GONE = {"no": 503, "break": 0}


@dataclass
class Bank(program.Program):
    """Its orders, and every movement of money by day."""

    answers: str = ""
    late: int = 2
    checks: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    moved: list[dict[str, Any]] = field(default_factory=list)
    # Lines left out of every statement, by order.
    hidden: set[str] = field(default_factory=set)
    day: str = DAY
    complete: bool = True

    def kind(self, method: str, path: list[str]) -> str:
        """By method and path."""
        if path[:1] == ["accounts"]:
            return "CHECK"
        if path[:1] == ["statements"]:
            return "STATEMENT"
        return "SEND" if method == "POST" else "STATE"

    def control(self, told: Mapping[str, Any]) -> None:
        """Also how it answers, and what comes back."""
        super().control(told)
        self.answers, self.day = str(told.get("answers", self.answers)), str(told.get("day", self.day))
        if "refuse" in told:
            self.refuse(told["refuse"]["number"], told["refuse"]["code"])
        if "give_back" in told:
            self.give_back(told["give_back"])
        if "receive" in told:
            self.receive(told["receive"]["subject"], told["receive"]["fen"])
        if "twice" in told:
            self.twice(told["twice"])
        self.hidden |= set(told.get("hide", ()))
        self.complete = bool(told.get("complete", self.complete))

    def refuse(self, number: str, code: str = "NO_SUCH_ACCOUNT") -> None:
        """Orders to this account are rejected."""
        self.refused[number] = code

    def give_back(self, order: str, code: str = "CLOSED") -> None:
        """What was paid comes back (退汇)."""
        known = self.orders[order]
        known |= {"state": "RETURNED", "code": code, "at": self._at(), "reference": f"back-{order[-24:]}"}
        self._move("RETURN", order, known["amount_fen"])

    def receive(self, subject: str, fen: int) -> None:
        """Somebody pays in."""
        self._move("IN", subject, fen)

    def twice(self, order: str) -> None:
        """Pays an order once more, by a fault of its own."""
        self._move("OUT", order, self.orders[order]["amount_fen"])

    def paid_fen(self, order: str) -> int:
        """What has really left for an order and not come back."""
        signs = {"OUT": 1, "RETURN": -1, "IN": 0}
        return sum(signs[one["kind"]] * one["amount_fen"] for one in self.moved if one["subject"] == order)

    def total_paid(self) -> int:
        """What has really left and not come back."""
        return sum(self.paid_fen(order) for order in self.orders)

    def friendly(self, question: Question) -> Said:
        """What it answers once it has done what it was asked."""
        if question.kind == "CHECK":
            asked = question.body
            return {"id": asked["id"], "result": self.checks.get(asked["number"], "OK")}
        if question.kind == "STATEMENT":
            return self._statement(question)
        said = self._sent(question.body) if question.kind == "SEND" else self._state(question.path[1])
        return GONE[self.answers] if self.answers in GONE and question.kind == "SEND" else said

    def _sent(self, asked: dict[str, Any]) -> Said:
        id = asked["id"]
        if known := self.orders.get(id):
            same = all(known[name] == asked[name] for name in ("amount_fen", "payee", "payer_account"))
            return self._told(known) if same else 422
        order = {**asked, "state": "ACCEPTED", "asked": 0}
        self.orders[id] = order
        if code := self.refused.get(asked["payee"]["number"]):
            order |= {"state": "REJECTED", "code": code}
        elif self.answers != "late":
            self._pay(order)
        return self._told(order)

    def _state(self, id: str) -> Said:
        if id not in self.orders:
            return {"id": id, "state": "UNKNOWN"}
        order = self.orders[id]
        order["asked"] += 1
        if order["state"] == "ACCEPTED" and order["asked"] >= self.late:
            self._pay(order)
        return self._told(order)

    def _pay(self, order: dict[str, Any]) -> None:
        order |= {"state": "PAID", "at": self._at(), "reference": f"paid-{order['id'][-24:]}"}
        self._move("OUT", order["id"], order["amount_fen"])

    def _move(self, kind: str, subject: str, fen: int) -> None:
        number = len(self.moved) + 1
        line = {"line_id": f"line-{number}", "kind": kind, "subject": subject, "amount_fen": fen, "at": self._at()}
        self.moved.append({**line, "reference": f"ref-{number}", "day": self.day})

    def _at(self) -> str:
        return f"{self.day}T09:30:00+08:00"

    def _statement(self, question: Question) -> Said:
        day, start = question.path[2], int(question.body.get("cursor", "0"))
        lines = [one for one in self.moved if one["day"] == day and one["subject"] not in self.hidden]
        rows = [{name: one[name] for name in one if name != "day"} for one in lines[start : start + PAGE]]
        more = str(start + PAGE) if start + PAGE < len(lines) else ""
        return {"day": day, "lines": rows, "next": more, "complete": self.complete}

    @staticmethod
    def _told(order: dict[str, Any]) -> dict[str, Any]:
        names = ("id", "amount_fen", "state", "at", "reference", "code")
        return {name: order[name] for name in names if name in order}


if __name__ == "__main__":
    program.main(Bank(), 8107)
