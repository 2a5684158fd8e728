"""What is wrong with a definition of a payout item, each by its field. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from chassis import rules
from chassis.errors import Violation
from services.policy import model_facts, model_items, model_matches, model_writing
from services.policy.model_facts import Kind
from services.policy.model_items import PayoutItem
from services.policy.model_policies import Policy, day_of, public, text_of
from standards.codes import region_covers, region_valid
from yiwang.policy.v1 import items_pb2 as pb
from yiwang.rules.v1 import rules_pb2

WHOLE: Final = 10_000
# Leaves the explanation adds to an item's own.
RESERVED: Final = ("overlap", "once")
VETO: Final = "veto."
# What the platform itself tells: the day, what the enterprise had of the item in the period, and of its benefit group.
OWN_FACTS: Final = frozenset((model_matches.TODAY, *model_matches.UNTAKEN))
_Faults = Iterator[Violation]
_Definition = pb.PayoutItemDefinition


class Known(NamedTuple):
    """What a definition is held against: all kinds of facts, the policy it names as the officer sees it (None = there is none), the region
    of the officer, and the item it is of (None = a new one)."""

    kinds: Mapping[str, Kind]
    policy: Policy | None
    region: str
    item: PayoutItem | None = None
    # Whether it is to be opened: then only what is published of the policy counts.
    opening: bool = False
    # The kinds of period the other open items of its benefit group have.
    group_periods: frozenset[int] = frozenset()

    @property
    def period(self) -> int:
        """The kind of period the item was opened with; 0 = it was not."""
        return model_items.definition_of(self.item.definition).period if self.item and self.item.edition else 0


def readable(kinds: Mapping[str, Kind]) -> frozenset[str]:
    """The names a rule or a formula may read: facts, the days of dates, and what the platform tells."""
    days = {f"{name}{model_matches.DAYS}" for name in kinds if name.endswith(model_matches.ON)}
    return frozenset(kinds) | days | OWN_FACTS


def faults(definition: _Definition, known: Known) -> list[Violation]:
    """All that is wrong with it."""
    return [found for check in _CHECKS for found in check(definition, known)]


def _words(definition: _Definition, _known: Known) -> _Faults:
    said = {f"definition.{name}": getattr(definition, name) for name in ("title", "object", "standard")}
    said["definition.amount.says"] = definition.amount.says
    said |= {f"definition.materials[{place}].name": one.name for place, one in enumerate(definition.materials)}
    said |= {f"definition.shares[{place}].bearer": one.bearer for place, one in enumerate(definition.shares)}
    # Everybody who is not on the way to the money reads why.
    said["definition.rule"] = "\n".join(f"{one.says}\n{one.basis}" for one in _leaves(definition.rule))
    if not definition.title.strip():
        yield Violation("definition.title", "REQUIRED", "必填")
    yield from public(said)


def _place(definition: _Definition, known: Known) -> _Faults:
    if not region_valid(definition.region):
        yield Violation("definition.region", "REGION_UNKNOWN", "没有这个行政区划")
    elif not region_covers(known.region, definition.region):
        yield Violation("definition.region", "REGION_NOT_COVERED", "不在您的区域内")


def _policy(definition: _Definition, known: Known) -> _Faults:
    if known.policy is None:
        yield Violation("definition.policy_id", "POLICY_UNKNOWN", "没有这项政策")
        return
    published = text_of(known.policy.text)
    texts = [published] if known.opening else [published, text_of(known.policy.writing.working)]
    clauses = {one.id for text in texts for one in text.clauses}
    for place, id in enumerate(definition.clauses):
        if id not in clauses:
            yield Violation(f"definition.clauses[{place}]", "CLAUSE_UNKNOWN", f"政策中没有这一条款 {id}")
    if region_valid(definition.region) and not region_covers(known.policy.region, definition.region):
        yield Violation("definition.region", "OUTSIDE_POLICY", "不在政策的适用区域内")


def _days(definition: _Definition, known: Known) -> _Faults:
    for name in ("opens_on", "closes_on"):
        if getattr(definition, name) and day_of(getattr(definition, name)) is None:
            yield Violation(f"definition.{name}", "MALFORMED", "不是有效的日期")
            return
    if definition.closes_on and definition.closes_on < definition.opens_on:
        yield Violation("definition.closes_on", "BEFORE_OPENS", "截止日期早于开始日期")
    if known.period not in (0, definition.period):
        # A period of another kind has another name: an enterprise could have the item twice.
        yield Violation("definition.period", "FIXED", "已开放的兑付事项不能更改兑付周期，请另立事项")


def _rule(definition: _Definition, known: Known) -> _Faults:
    if not definition.HasField("rule"):
        return
    yield from rules.faults(definition.rule, readable(known.kinds), "definition.rule")
    for id in (one.id for one in _leaves(definition.rule)):
        if id in RESERVED or id.startswith(VETO):
            yield Violation("definition.rule", "LEAF_RESERVED", f"条件编号 {id} 由系统使用，请换一个")


def _leaves(rule: rules_pb2.Rule) -> Iterator[rules_pb2.Leaf]:
    kind = rule.WhichOneof("node")
    if kind == "leaf":
        yield rule.leaf
    for part in (
        [getattr(rule, "not")] if kind == "not" else getattr(rule, kind).rules if kind in ("all", "any") else ()
    ):
        yield from _leaves(part)


def _amount(definition: _Definition, known: Known) -> _Faults:
    if definition.HasField("amount"):
        yield from rules.formula_faults(definition.amount.cel, readable(known.kinds), "definition.amount.cel")


def _vetoes(definition: _Definition, known: Known) -> _Faults:
    for place, name in enumerate(definition.vetoes):
        path = f"definition.vetoes[{place}]"
        if name not in known.kinds:
            yield Violation(path, "FACT_UNKNOWN", f"不存在的事实 {name}")
        elif known.kinds[name].type != model_facts.BOOL:
            yield Violation(path, "NOT_BOOLEAN", f"{known.kinds[name].title}不是一个是或否的事实")


def _group(definition: _Definition, known: Known) -> _Faults:
    if known.group_periods - {definition.period}:
        # What an enterprise has of a group is held by period: of periods of two kinds it could have both.
        yield Violation("definition.period", "OTHER_IN_GROUP", "同一政策组的兑付事项应有相同的兑付周期")
    if definition.overlap and not definition.benefit_group:
        yield Violation("definition.benefit_group", "REQUIRED", "请填写不重复享受的政策组")
    if definition.benefit_group and not definition.overlap:
        yield Violation("definition.overlap", "REQUIRED", "请选择同组政策如何不重复享受")


def _shares(definition: _Definition, _known: Known) -> _Faults:
    if definition.shares and sum(one.basis_points for one in definition.shares) != WHOLE:
        yield Violation("definition.shares", "NOT_WHOLE", "各级分担比例之和应为100%")
    for place in model_writing.twice([one.bearer.strip() for one in definition.shares]):
        yield Violation(f"definition.shares[{place}].bearer", "TWICE", "分担方重复")


def _materials(definition: _Definition, _known: Known) -> _Faults:
    for place in model_writing.twice([one.code for one in definition.materials]):
        yield Violation(f"definition.materials[{place}].code", "TWICE", "材料标识重复")


def _mode(definition: _Definition, _known: Known) -> _Faults:
    if definition.mode == pb.PAYOUT_MODE_PROACTIVE:
        for name in ("rule", "amount"):
            if not definition.HasField(name):
                yield Violation(f"definition.{name}", "REQUIRED", "免申即享应有兑付条件和计算公式")
        if definition.materials:
            yield Violation("definition.materials", "NOT_WANTED", "免申即享不要求企业提交材料")
    if definition.mode != pb.PAYOUT_MODE_INSTANT and model_items.payable(definition) and not definition.publicity_days:
        yield Violation("definition.publicity_days", "REQUIRED", "请填写公示的工作日数，只有即申即享可以不公示")


_CHECKS: Final[tuple[Callable[[_Definition, Known], _Faults], ...]] = (
    *(_words, _place, _policy, _days, _rule, _amount, _vetoes, _group, _shares, _materials, _mode),
)  # fmt: skip
