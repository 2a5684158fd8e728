"""A payment provider as docs/integrating.md describes it, for tests and for trying the suite out:
`python -m tests.fakes.payment_provider [PORT]`.

Nobody pays by himself: `pay(order)` and `close(order)`, or over HTTP POST /control {"pay": order} and {"close": order}; who opens the
address to pay at, pays. Refunds of paid orders are made at once. Kinds of questions for scripts: ORDER, STATE, REFUND.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import program
from tests.fakes.program import Question, Said

PAID_AT = "2026-07-01T09:30:00+08:00"


@dataclass
class PaymentProvider(program.Program):
    """Orders and refunds by their ids."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)

    def kind(self, method: str, path: list[str]) -> str:
        """By method and path."""
        if path[:1] == ["pay"]:
            return "PAY"
        if method == "GET":
            return "STATE"
        return "REFUND" if path[2:] == ["refunds"] else "ORDER"

    def control(self, told: Mapping[str, Any]) -> None:
        """Also pays and closes orders."""
        super().control(told)
        if "pay" in told:
            self.pay(told["pay"])
        if "close" in told:
            self.close(told["close"])

    def pay(self, order: str, at: str = PAID_AT) -> None:
        """The applicant pays."""
        self.orders[order] |= {"state": "PAID", "paid_at": at, "reference": f"pay-{order[-32:]}"}

    def close(self, order: str) -> None:
        """The time to pay is over."""
        self.orders[order]["state"] = "CLOSED"

    def friendly(self, question: Question) -> Said:
        """What became of it; the same for the same id."""
        if question.kind == "ORDER":
            return self._order(question.body)
        if question.kind == "REFUND":
            return self._refund(question.path[1], question.body)
        order = question.path[1]
        if question.kind == "PAY":
            self.pay(order)
            return b"paid"
        return self.orders.get(order) or {"id": order, "state": "UNKNOWN"}

    def _order(self, asked: dict[str, Any]) -> Said:
        if asked["amount_fen"] != sum(line["amount_fen"] for line in asked["lines"]):
            return 422
        id = asked["id"]
        usual = {
            "id": id,
            "amount_fen": asked["amount_fen"],
            "state": "PENDING",
            "pay_url": f"{self.url}/pay/{id}",
            "reference": f"order-{id[-32:]}",
        }
        return self.orders.setdefault(id, usual)

    def _refund(self, order: str, asked: dict[str, Any]) -> Said:
        if asked["id"] not in self.refunds:
            usual = {"id": asked["id"], "order_id": order, "amount_fen": asked["amount_fen"]}
            left = self._left(order)
            done = {"state": "REFUNDED", "refunded_at": PAID_AT, "reference": f"refund-{asked['id'][-32:]}"}
            self.refunds[asked["id"]] = {**usual, **(done if asked["amount_fen"] <= left else {"state": "REFUSED"})}
        return self.refunds[asked["id"]]

    def _left(self, order: str) -> int:
        """What of a paid order is not given back yet."""
        known = self.orders.get(order, {})
        given = [one["amount_fen"] for one in self.refunds.values() if one["order_id"] == order and "reference" in one]
        return int(known["amount_fen"]) - sum(given) if known.get("state") == "PAID" else 0


if __name__ == "__main__":
    program.main(PaymentProvider(), 8102)
