"""Forms in which officers write policies and payout items: what was typed as a definition, a definition as it stands in the form, and where
a service's refusal belongs."""

import itertools
import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import FormData

from chassis import rules
from services.gateway import policy_words
from services.gateway.acts import texts
from services.gateway.calls import CallError, FieldError
from services.gateway.desk_inputs import wrong
from services.gateway.forms import text, whole
from services.gateway.market_forms import fen
from services.gateway.policy_rules import LEAF, MOST_ROWS, Row, rows_of, rule_of
from yiwang.policy.v1 import items_pb2 as items
from yiwang.policy.v1 import service_pb2 as pb

_PERCENT: Final = re.compile(r"(.{1,50}?)\s+([0-9]{1,3}(?:\.[0-9]{1,2})?)%")
_MATERIAL: Final = re.compile(r"([a-z0-9_-]{1,30})\s+(.{1,100}?)(?:\s+(必要|非必要))?")
_WORDS: Final = ("title", "object", "standard", "region", "opens_on", "closes_on", "benefit_group")
_DAYS: Final = ("publicity_days", "review_days", "confirm_days")
# Paths of a definition, as its inputs are called.
_INPUTS: Final[Mapping[str, str]] = {
    "amount.cel": "amount_cel",
    "amount.cap_fen": "amount_cap",
    "amount.unit_fen": "amount_unit",
    "amount.says": "amount_says",
    "amount.basis": "amount_basis",
    "second_review_fen": "second_review",
}
LABELS: Final = policy_words.FIELD | {
    "title": "名称",
    "amount_cel": "计算公式",
    "amount_says": "标准的说明",
    "vetoes": "信用否决",
    "shares": "资金分担",
    "materials": "材料",
    "clauses": "依据的条款",
    "region": "适用区划",
    "mode": "兑付方式",
    "period": "享受频次",
    "publicity_days": "公示工作日",
    "benefit_group": "同类政策",
    "overlap": "同类政策关系",
}


def policy_text(form: FormData, known: Mapping[str, str]) -> pb.PolicyText:
    """A policy as typed; a clause is a line of its own, `第一条：文字`, and one whose number is known keeps its id."""
    words = ("title", "document_number", "issuer_name", "region", "summary", "body", "effective_on", "expires_on")
    clauses = [_clause(line, at) for at, line in enumerate(texts(form, "clauses"), 1)]
    free = (f"c{number}" for number in itertools.count(1) if f"c{number}" not in known.values())
    for one in clauses:
        one.id = known.get(one.number) or next(free)
    told: dict[str, Any] = {name: text(form, name) for name in words}
    told |= {name: whole(text(form, name)) for name in ("level", "kind")}
    return pb.PolicyText(**told, clauses=clauses, tags=texts(form, "tags"))


def _clause(line: str, at: int) -> pb.Clause:
    number, _, said = line.partition("：")
    if not said.strip():
        raise wrong("clauses", f"第{at}行应为“第一条：条款文字”")
    return pb.Clause(number=number.strip(), text=said.strip())


def clause_lines(text: pb.PolicyText) -> str:
    """The clauses of a policy as they are typed."""
    return "\n".join(f"{one.number}：{' '.join(one.text.split())}" for one in text.clauses)


def rows_typed(form: FormData) -> list[Row]:
    """The rule's rows as they stand in the form."""
    many = min(whole(text(form, "rule_rows")), MOST_ROWS)
    rows = []
    for at in range(many):
        kind = text(form, f"rule_kind_{at}")
        said = {name: text(form, f"rule_{name}_{at}") for name in ("id", "cel", "says", "basis")}
        rows.append(Row(whole(text(form, f"rule_depth_{at}")), kind, **(said if kind == LEAF else {})))
    return rows or rows_of(None)


def definition_of(form: FormData) -> tuple[items.PayoutItemDefinition, dict[str, int]]:
    """An item as typed, and on which row each condition of its rule is. CallError names the input for what no definition could say."""
    rule, places = rule_of(rows_typed(form))
    told: dict[str, Any] = {name: text(form, name) for name in (*_WORDS, "policy_id")}
    told |= {name: whole(text(form, name)) for name in (*_DAYS, "mode", "period", "overlap")}
    told |= {name: [value for value in form.getlist(name) if isinstance(value, str)] for name in ("clauses", "vetoes")}
    told["second_review_fen"] = fen(form, "second_review", "复核金额")
    told["shares"] = [_share(line) for line in texts(form, "shares")]
    told["materials"] = [_material(line) for line in texts(form, "materials")]
    one = items.PayoutItemDefinition(**told)
    if rule is not None:
        one.rule.CopyFrom(rule)
    if cel := text(form, "amount_cel"):
        one.amount.cel = cel
        one.amount.cap_fen, one.amount.unit_fen = fen(form, "amount_cap", "封顶"), whole(text(form, "amount_unit"))
        one.amount.says, one.amount.basis = text(form, "amount_says"), text(form, "amount_basis")
    return one, places


def _share(line: str) -> items.Share:
    found = _PERCENT.fullmatch(line)
    if not found:
        raise wrong("shares", f"“{line}”应写作“市级财政 40%”")
    whole_part, _, cents = found[2].partition(".")
    return items.Share(bearer=found[1], basis_points=int(whole_part) * 100 + int(cents.ljust(2, "0") or 0))


def _material(line: str) -> items.WantedMaterial:
    found = _MATERIAL.fullmatch(line)
    if not found:
        raise wrong("materials", f"“{line}”应写作“invoice 设备发票 必要”")
    return items.WantedMaterial(code=found[1], name=found[2], required=found[3] != "非必要")


def typed_of(one: items.PayoutItemDefinition) -> dict[str, Any]:
    """A definition as it stands in the form."""
    told: dict[str, Any] = {name: getattr(one, name) for name in (*_WORDS, *_DAYS, "policy_id")}
    return told | {
        "mode": one.mode or "",
        "period": one.period or "",
        "overlap": one.overlap or "",
        "clauses": list(one.clauses),
        "vetoes": list(one.vetoes),
        "amount_cel": one.amount.cel,
        "amount_cap": yuan(one.amount.cap_fen),
        "amount_unit": one.amount.unit_fen or 1,
        "amount_says": one.amount.says,
        "amount_basis": one.amount.basis,
        "second_review": yuan(one.second_review_fen),
        "shares": "\n".join(f"{share.bearer} {share.basis_points / 100:g}%" for share in one.shares),
        "materials": "\n".join(
            f"{want.code} {want.name} {'必要' if want.required else '非必要'}" for want in one.materials
        ),
    }


def yuan(amount: int) -> str:
    """Fen as the form has them; nothing for nothing."""
    return f"{amount // 100}{f'.{amount % 100:02}' if amount % 100 else ''}" if amount else ""


def reads(one: items.PayoutItemDefinition) -> list[str]:
    """Facts a definition reads, to be stated for a trial: of a day's count, the day."""
    names = rules.formula_reads(one.amount.cel) | set(one.vetoes)
    if one.HasField("rule"):
        names |= rules.reads(one.rule)
    own = ("today", "claimed_this_period", "group_claims", "group_fen")
    return sorted({name.removesuffix("_days") if name.endswith("_on_days") else name for name in names} - set(own))


def at_inputs(error: CallError, places: Mapping[str, int], within: str = "definition.") -> CallError:
    """The refusal with the paths of a definition as its inputs are called: a condition's fault is at its row."""
    fields = [FieldError(_input(one.field.removeprefix(within), places), one.text, one.code) for one in error.fields]
    return CallError(error.code, error.reason, error.message, fields)


def _input(path: str, places: Mapping[str, int]) -> str:
    if path.startswith("rule"):
        # The longest leaf the path lies in: rule.all.rules[1].leaf.cel
        inner = path.removeprefix("rule")
        for leaf, row in places.items():
            if inner.startswith(leaf):
                return f"rule_{inner.removeprefix(leaf).lstrip('.') or 'cel'}_{row}"
        return "rule"
    if path in _INPUTS:
        return _INPUTS[path]
    return re.split(r"[\[.]", path)[0]
