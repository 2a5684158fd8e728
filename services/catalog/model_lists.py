"""What a rate and what a list is: two tables. Pure.

A rule says in SQL over the chapters (the columns of `search_chapters.Row` and those of `figures`) what of an item counts, of how much,
and whether the item says what is needed at all. One expression gives the number and the items behind it, so they cannot disagree.
What an item says is fixed with its edition: what was computed of an instant once is computed again at any time later.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol

from standards import codes, limits
from standards.depths import LEVELS, DepthStep
from yiwang.catalog.v1 import lists_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as items


class Said(Protocol):
    """The part of a chapter that lists tell of."""

    visits: int
    online: int
    depths: int
    statutory: int
    statutory_unit: int
    promised: int
    promised_unit: int
    visits_before: int

    @property
    def more(self) -> dict[str, Any]:
        """The rest, by name; empty values are absent."""


class RateRule(NamedTuple):
    """One rate: its words, and in SQL what counts, of how much, and which items say enough to be in the denominator."""

    name: str
    formula: str
    denominator: str
    detail: Callable[[Said], str]
    counts: str
    of: str = "1"
    known: str = "1"
    # 1 - numerator ÷ denominator; an item counts as reduced when its part of the numerator is the smaller one.
    reduction: bool = False

    @property
    def counted(self) -> str:
        """In SQL whether an item of the denominator is one of those that count."""
        return f"({self.counts}) < ({self.of})" if self.reduction else f"({self.counts}) > 0"


class ListRule(NamedTuple):
    """One list: which items stand on it, in SQL; what it tells of each; the figure beside it."""

    where: str
    detail: Callable[[Said], str]
    counts: str = "0"


UNIVERSE: Final = "status = {published} AND type_code IN ({types})".format(
    published=items.ITEM_STATUS_PUBLISHED, types=", ".join(f"'{code}'" for code in sorted(codes.APPLIED_FOR))
)
"""What lists and rates are about: items in force of the types one applies for (依申请)."""
IN_USE: Final = "查询时刻在用（已发布，未暂停、未取消）的依申请事项（{}），按事项版本计".format(
    "、".join(codes.ITEM_TYPES[code] for code in sorted(codes.APPLIED_FOR))
)
_UNITS: Final[dict[int, str]] = {
    items.TIME_UNIT_WORKING_DAY: "个工作日",
    items.TIME_UNIT_NATURAL_DAY: "个自然日",
    items.TIME_UNIT_HOUR: "小时",
    items.TIME_UNIT_MONTH: "个月",
}
_REACHES: Final[dict[int, str]] = {
    items.REACH_CITY: "全市通办",
    items.REACH_PROVINCE: "全省通办",
    items.REACH_NATION: "跨省通办",
}


def has(trait: int) -> str:
    """In SQL whether an item has a derived trait."""
    return f"(traits >> {int(trait)} & 1)"


def days(amount: str, unit: str) -> str:
    """In SQL a limit in whole working days (a begun one is a whole one); -1 where none is stated, or a placeholder stands."""
    cases = " ".join(
        f"WHEN {unit} = {number} THEN ({amount} * {one.numerator} + {one.denominator - 1}) / {one.denominator}"
        for number, one in limits.DAYS.items()
    )
    return f"CASE WHEN {amount} = {limits.PLACEHOLDER} THEN -1 {cases} ELSE -1 END"


def depth(table: Sequence[DepthStep]) -> str:
    """In SQL the level of 网上办理深度 by a table of `standards.depths`; 0 for an online item that does not tell its depth."""
    cases = " ".join(
        f"WHEN visits <= {step.most_visits} AND ({' OR '.join(_stated(one) for one in step.sets)}) THEN {step.level}"
        for step in table
    )
    return f"CASE WHEN online = 1 AND depths = 0 THEN 0 {cases} ELSE 1 END"


def _stated(wanted: frozenset[int]) -> str:
    mask = sum(1 << code for code in wanted)
    return f"depths & {mask} = {mask}"


def figures(table: Sequence[DepthStep]) -> str:
    """The columns the rules read beside those of a chapter."""
    told = {
        "depth": depth(table),
        "promised_days": days("promised", "promised_unit"),
        "statutory_days": days("statutory", "statutory_unit"),
        "days_before": days("limit_before", "limit_before_unit"),
    }
    return ", ".join(f"{sql} AS {name}" for name, sql in told.items())


def _visits(said: Said) -> str:
    return f"到现场{said.visits}次"


def _depth(said: Said) -> str:
    stated = "^".join(str(code) for code in range(1, 9) if said.depths >> code & 1)
    return f"网上办理深度 {stated or '未填写'}，{_visits(said)}"


def limit_words(amount: int, unit: int) -> str:
    """A limit for people."""
    if unit == items.TIME_UNIT_AT_ONCE:
        return "即办"
    if unit == items.TIME_UNIT_HALF_DAY:
        return limits.half_days(amount)
    return f"{amount}{_UNITS[unit]}" if unit in _UNITS else "未填写"


def _limits(said: Said) -> str:
    promised = limit_words(said.promised, said.promised_unit)
    return f"承诺{promised}，法定{limit_words(said.statutory, said.statutory_unit)}"


def _duties(said: Said) -> str:
    return "、".join(said.more.get("duty_codes", [])) or "未填写"


def _reach(said: Said) -> str:
    return _REACHES.get(said.more.get("reach", 0), "")


def _centre(said: Said) -> str:
    return str(said.more.get("not_at_centre_reason", ""))


def _nothing(said: Said) -> str:
    return ""


def _depth_rate(level: int) -> RateRule:
    name = f"网上办理深度{LEVELS[level - 1]}级及以上占比"
    left_out = f"{IN_USE}；可网办而未填写网办深度的不计；各级累计，Ⅰ≥Ⅱ≥Ⅲ≥Ⅳ"
    formula = f"深度达到{LEVELS[level - 1]}级的事项数 ÷ 填写了网办深度的在用依申请事项数"
    return RateRule(name, formula, left_out, _depth, f"depth >= {level}", known="depth > 0")


RATES: Final[dict[int, RateRule]] = {
    pb.RATE_KIND_ONLINE: RateRule(
        "网上可办率",
        "可网上申请的事项数 ÷ 在用的依申请事项数",
        IN_USE,
        lambda said: "可网办" if said.online else "不可网办",
        "online",
    ),
    pb.RATE_KIND_AT_ONCE: RateRule(
        "即办率",
        "即办件（办件类型为即办件，或承诺时限为即办）事项数 ÷ 在用的依申请事项数",
        IN_USE,
        _limits,
        has(items.TRAIT_AT_ONCE),
    ),
    pb.RATE_KIND_ONE_VISIT: RateRule(
        "最多跑一次率", "到现场次数不超过1次的事项数 ÷ 在用的依申请事项数", IN_USE, _visits, "visits <= 1"
    ),
    pb.RATE_KIND_NO_VISIT: RateRule(
        "全程网办率",
        "可网上申请且到现场次数为0的事项数 ÷ 在用的依申请事项数",
        IN_USE,
        _visits,
        has(items.TRAIT_NO_VISIT),
    ),
    pb.RATE_KIND_DEPTH_1: _depth_rate(1),
    pb.RATE_KIND_DEPTH_2: _depth_rate(2),
    pb.RATE_KIND_DEPTH_3: _depth_rate(3),
    pb.RATE_KIND_DEPTH_4: _depth_rate(4),
    pb.RATE_KIND_LIMIT_REDUCTION: RateRule(
        "时限压缩率",
        "1 - 承诺时限之和 ÷ 法定时限之和（工作日）",
        f"{IN_USE}的法定时限之和；统一换算为工作日，不足1个工作日按1个计，即办按0计；"
        f"法定或承诺时限未填写或为占位数字{limits.PLACEHOLDER}的不计",
        _limits,
        "promised_days",
        "statutory_days",
        "promised_days >= 0 AND statutory_days >= 0",
        reduction=True,
    ),
    pb.RATE_KIND_VISIT_REDUCTION: RateRule(
        "跑动压缩率",
        "1 - 到现场次数之和 ÷ 改革前到现场次数之和",
        f"{IN_USE}改革前的到现场次数之和；改革前次数取事项的基线，没有基线的取第一版",
        lambda said: f"改革前{said.visits_before}次，现{said.visits}次",
        "visits",
        "visits_before",
        reduction=True,
    ),
    pb.RATE_KIND_SCENARIOS: RateRule(
        "按情形分类展示率", "按情形分类展示申报材料的事项数 ÷ 在用的依申请事项数", IN_USE, _nothing, "scenarios"
    ),
    pb.RATE_KIND_DUTY_LINKS: RateRule(
        "权责清单关联率",
        "至少关联一条当时有效的权责清单（公共服务清单）条目的事项数 ÷ 在用的依申请事项数",
        IN_USE,
        _duties,
        "linked(duties, rest)",
    ),
    pb.RATE_KIND_AT_CENTRE: RateRule(
        "进驻率", "进驻政务服务大厅的事项数 ÷ 在用的依申请事项数", IN_USE, _centre, "at_centre"
    ),
    pb.RATE_KIND_ANYWHERE: RateRule(
        "通办率", "通办范围达到全市及以上的事项数 ÷ 在用的依申请事项数", IN_USE, _reach, has(items.TRAIT_ANYWHERE)
    ),
}
"""Every rate. What their words count is what their expressions count."""

LISTS: Final[dict[int, ListRule]] = {
    pb.LIST_KIND_FEES: ListRule(has(items.TRAIT_CHARGED), lambda said: str(said.more.get("fee", ""))),
    pb.LIST_KIND_INTERMEDIARY: ListRule(
        has(items.TRAIT_INTERMEDIARY), lambda said: "；".join(said.more.get("intermediaries", []))
    ),
    pb.LIST_KIND_PUBLIC_SERVICE: ListRule("type_code >= '20'", _visits),
    pb.LIST_KIND_ONE_VISIT: ListRule("visits <= 1", _visits, "visits"),
    pb.LIST_KIND_AUTOMATIC: ListRule(has(items.TRAIT_AUTOMATIC), lambda said: str(said.more.get("automatic", ""))),
    pb.LIST_KIND_UNLINKED: ListRule("NOT linked(duties, rest)", _duties),
    pb.LIST_KIND_ANYWHERE: ListRule(has(items.TRAIT_ANYWHERE), _reach),
    pb.LIST_KIND_NOT_AT_CENTRE: ListRule("NOT at_centre", _centre),
}
"""Every list but the 权责清单, whose lines are implementations. The words of a line stand in the digest of what was published: they
may not be reworded."""

PARTS: Final[dict[int, Callable[[RateRule], str]]] = {
    pb.RATE_PART_UNSPECIFIED: lambda rule: rule.known,
    pb.RATE_PART_DENOMINATOR: lambda rule: rule.known,
    pb.RATE_PART_COUNTED: lambda rule: f"({rule.known}) AND {rule.counted}",
    pb.RATE_PART_NOT_COUNTED: lambda rule: f"({rule.known}) AND NOT ({rule.counted})",
    pb.RATE_PART_LEFT_OUT: lambda rule: f"NOT ({rule.known})",
}
"""Which items behind a rate, in SQL."""


def value(rule: RateRule, numerator: int, denominator: int) -> float | None:
    """The rate; None when there is nothing to divide by."""
    if not denominator:
        return None
    share = numerator / denominator
    return 1 - share if rule.reduction else share
