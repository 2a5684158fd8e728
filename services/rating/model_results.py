"""What the results are made of: counters over what ratings count as, rates of two counters, a department's score. Pure, integers only.

The tables are published as they stand here (ListFormulas). A number is the grade as it was given; what is flagged, mistaken or malicious
is counted apart and never deleted (C.5.4).
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from services.rating import model, model_kinds
from services.rating.model_kinds import Kind
from yiwang.rating.v1 import results_pb2 as pb
from yiwang.rating.v1 import service_pb2

# Counters that are not zero, by key.
Row = Mapping[str, int]
# Of the tables below: what was counted by another number is counted anew.
EDITION: Final = 1
POLICY: Final = "国办发〔2019〕51号"
COUNTY_RULE: Final = f"{POLICY}；整改期限由各县（市、区）规定"
CHANNELS: Final[Mapping[int, str]] = {
    service_pb2.RATING_CHANNEL_PC: "PC端",
    service_pb2.RATING_CHANNEL_MOBILE: "移动端",
    service_pb2.RATING_CHANNEL_QR: "二维码",
    service_pb2.RATING_CHANNEL_TABLET: "政务大厅平板电脑",
    service_pb2.RATING_CHANNEL_TERMINAL: "政务大厅其他终端",
    service_pb2.RATING_CHANNEL_PHONE: "电话",
    service_pb2.RATING_CHANNEL_SMS: "短信",
}
NODES: Final[Mapping[int, str]] = {
    service_pb2.SERVICE_NODE_CONSULT: "咨询",
    service_pb2.SERVICE_NODE_APPLY: "申报",
    service_pb2.SERVICE_NODE_CORRECT: "补正",
    service_pb2.SERVICE_NODE_PAY: "缴费",
    service_pb2.SERVICE_NODE_CLOSE: "签收、办结",
    service_pb2.SERVICE_NODE_WINDOW: "窗口服务",
}


def apart(kind: Kind) -> bool:
    """Whether it was given and is not counted among the others: flagged, mistaken or malicious. Not attributable counts as given: the
    service was rated, if not this department's."""
    marked = kind.mark in (model_kinds.FLAGGED, model_kinds.MISTAKEN, model_kinds.MALICIOUS)
    return kind.status == model.RATED and marked


def active(kind: Kind) -> bool:
    """Whether it is an active rating that counts (主动评价)."""
    return kind.status == model.RATED and not apart(kind)


def negative(kind: Kind) -> bool:
    """Whether it is a negative rating that counts (差评)."""
    return active(kind) and model.negative(kind.grade)


def _due(kind: Kind) -> str:
    """How the rectification of what counts stands."""
    return model_kinds.NONE if apart(kind) else kind.rectification


class Counter(NamedTuple):
    """How many services something holds of."""

    name: str
    formula: str
    holds: Callable[[Kind], bool]


def _graded(grade: int) -> Callable[[Kind], bool]:
    return lambda kind: active(kind) and kind.grade == grade


def _apart(mark: str) -> Callable[[Kind], bool]:
    return lambda kind: apart(kind) and kind.mark == mark


_GRADES: Final = {
    "very_satisfied": (service_pb2.GRADE_VERY_SATISFIED, "非常满意"),
    "satisfied": (service_pb2.GRADE_SATISFIED, "满意"),
    "fairly_satisfied": (service_pb2.GRADE_FAIRLY_SATISFIED, "基本满意"),
    "dissatisfied": (service_pb2.GRADE_DISSATISFIED, "不满意"),
    "very_dissatisfied": (service_pb2.GRADE_VERY_DISSATISFIED, "非常不满意"),
}
_ENDED: Final = (model_kinds.ON_TIME, model_kinds.LATE, model_kinds.LATE_OPEN)

COUNTERS: Final[Mapping[str, Counter]] = {
    "invited": Counter("应评服务", "在期间内结束、可以评价的服务环节，每个环节计一次", lambda kind: True),
    "open": Counter("待评价", "尚未评价、评价期限未满的服务环节", lambda kind: kind.status == model.OPEN),
    "defaulted": Counter(
        "默认评价", "期限内未评价、由系统按默认评价处理的，不计入主动评价", lambda kind: kind.status == model.DEFAULTED
    ),
    "active": Counter("主动评价", "评价人主动作出的首次评价，不含单独统计的", active),
    **{key: Counter(name, f"主动评价中等级为“{name}”的", _graded(grade)) for key, (grade, name) in _GRADES.items()},
    "good": Counter(
        "好评", "主动评价中“非常满意”“满意”“基本满意”的", lambda kind: active(kind) and not model.negative(kind.grade)
    ),
    "contented": Counter(
        "满意及以上",
        "主动评价中“非常满意”“满意”的",
        lambda kind: active(kind) and kind.grade >= service_pb2.GRADE_SATISFIED,
    ),
    "named": Counter("实名评价", "主动评价中非匿名的", lambda kind: active(kind) and kind.named),
    "negative": Counter("差评", "主动评价中“不满意”“非常不满意”的", negative),
    "negative_named": Counter("实名差评", "差评中非匿名的", lambda kind: negative(kind) and kind.named),
    "negative_published": Counter("已公开差评", "差评中已公开的", lambda kind: negative(kind) and kind.published),
    "again": Counter("追评", "主动评价中又追加评价的", lambda kind: active(kind) and kind.again > 0),
    "again_negative": Counter(
        "追评差评", "追加的评价为“不满意”“非常不满意”的", lambda kind: active(kind) and model.negative(kind.again)
    ),
    "valid": Counter(
        "属实差评", "经核实或者复核属实、须整改的差评（含追评差评）", lambda kind: _due(kind) != model_kinds.NONE
    ),
    "rectifying": Counter("整改中", "须整改、期限未满且尚未整改的", lambda kind: _due(kind) == model_kinds.RUNNING),
    "rectification_due": Counter(
        "应整改差评", "须整改的差评中已整改的，和期限已满尚未整改的", lambda kind: _due(kind) in _ENDED
    ),
    "rectified_on_time": Counter("按期整改", "在整改期限内整改的", lambda kind: _due(kind) == model_kinds.ON_TIME),
    "rectified_late": Counter("逾期整改", "整改期限满后整改的", lambda kind: _due(kind) == model_kinds.LATE),
    "rectification_overdue": Counter(
        "逾期未整改", "整改期限已满尚未整改的", lambda kind: _due(kind) == model_kinds.LATE_OPEN
    ),
    "called_back": Counter(
        "已回访",
        "实名差评中已回访的，三次未接通的也计入",
        lambda kind: negative(kind) and kind.named and kind.called != "",
    ),
    "call_back_reached": Counter(
        "回访接通",
        "实名差评中已回访并接通的",
        lambda kind: negative(kind) and kind.named and kind.called in ("satisfied", "not_satisfied"),
    ),
    "call_back_satisfied": Counter(
        "回访满意",
        "实名差评中回访时表示满意的",
        lambda kind: negative(kind) and kind.named and kind.called == "satisfied",
    ),
    "apart": Counter("单独统计", "疑似刷评、误评、恶意差评，不计入主动评价，不删除", apart),
    "flagged": Counter("疑似刷评", "单独统计中因防刷评规则标记的", _apart(model_kinds.FLAGGED)),
    "mistaken": Counter("误评", "单独统计中经复核认定为误评的", _apart(model_kinds.MISTAKEN)),
    "malicious": Counter("恶意差评", "单独统计中经复核认定为恶意差评的", _apart(model_kinds.MALICIOUS)),
    "not_attributable": Counter(
        "非承办部门原因",
        "主动评价中经复核认定为非承办部门原因的，仍按所给等级计入",
        lambda kind: kind.mark == model_kinds.UNATTRIBUTABLE,
    ),
}
"""Counters by key. A service is in a counter once or not at all."""


class RateOf(NamedTuple):
    """A rate of two counters."""

    name: str
    numerator: str
    denominator: str
    source: str = POLICY


RATES: Final[Mapping[str, RateOf]] = {
    "active_rate": RateOf("主动评价率", "active", "invited"),
    "good_rate": RateOf("好评率", "good", "active"),
    "satisfaction": RateOf("满意率", "contented", "active"),
    "negative_rate": RateOf("差评率", "negative", "active"),
    "rectified_on_time_rate": RateOf("差评按期整改率", "rectified_on_time", "rectification_due", COUNTY_RULE),
    "called_back_rate": RateOf("实名差评回访率", "called_back", "negative_named"),
    "call_back_satisfied_rate": RateOf("回访满意率", "call_back_satisfied", "call_back_reached"),
    "published_rate": RateOf("差评公开率", "negative_published", "negative"),
}
"""Rates by key; a row without the denominator has none."""

# Of different things, not of services: numerator, denominator and their names (计数单位不是服务环节).
COVERAGE: Final[Mapping[str, tuple[str, str, str]]] = {
    "item_coverage": ("事项覆盖率", "有主动评价的事项数", "有服务的事项数"),
    "channel_coverage": ("渠道覆盖率", "有主动评价的评价渠道数", "评价渠道数（七种）"),
    "department_coverage": ("部门覆盖率", "有主动评价的部门数", "有服务的部门数"),
    "window_coverage": ("场所（窗口）覆盖率", "有主动评价的窗口数", "有服务的窗口数"),
}

# What a department's score is made of: rate and weight, of 100.
SCORE: Final[Mapping[str, int]] = {
    "good_rate": 50,
    "rectified_on_time_rate": 20,
    "called_back_rate": 20,
    "active_rate": 10,
}
SCORE_FORMULA: Final = (
    "好评率×50% ＋ 差评按期整改率×20% ＋ 实名差评回访率×20% ＋ 主动评价率×10%；某项没有分母的，该项不计，其余按权重折算；"
    "没有主动评价的不评分；满分10000"
)


@lru_cache(maxsize=4096)
def counted(kind: str) -> tuple[str, ...]:
    """Keys of the counters a service of this kind is in."""
    parsed = model_kinds.parse(kind)
    return tuple(key for key, counter in COUNTERS.items() if counter.holds(parsed))


def basis_points(numerator: int, denominator: int) -> int:
    """Hundredths of a percent, rounded half up; 0 without a denominator."""
    return (20_000 * numerator + denominator) // (2 * denominator) if denominator else 0


def rate(key: str, numerator: int, denominator: int) -> pb.Rate:
    """A rate with what it is made of."""
    points = basis_points(numerator, denominator)
    return pb.Rate(key=key, numerator=numerator, denominator=denominator, basis_points=points)


def rates(row: Row, without: str = "") -> list[pb.Rate]:
    """All rates of a row that have a denominator there; `without` is a denominator that says nothing of this row."""
    return [
        rate(key, row.get(one.numerator, 0), row[one.denominator])
        for key, one in RATES.items()
        if row.get(one.denominator) and one.denominator != without
    ]


def score(row: Row) -> int:
    """A department's score by SCORE_FORMULA, 0 to 10000: the weighted mean of the rates it has, rounded half up."""
    if not row.get("active"):
        return 0
    there = [one for one in rates(row) if one.key in SCORE]
    weight = sum(SCORE[one.key] for one in there)
    return (2 * sum(SCORE[one.key] * one.basis_points for one in there) + weight) // (2 * weight)


def summed(rows: Iterable[Row]) -> dict[str, int]:
    """Rows added up."""
    total: dict[str, int] = {}
    for row in rows:
        for key, count in row.items():
            total[key] = total.get(key, 0) + count
    return total


def formulas() -> list[pb.Formula]:
    """Everything the results are made of, in words."""
    counters = [pb.Formula(key=key, name=one.name, formula=one.formula, source=POLICY) for key, one in COUNTERS.items()]
    rated = [
        pb.Formula(
            key=key,
            name=one.name,
            formula=f"{COUNTERS[one.numerator].name} ÷ {COUNTERS[one.denominator].name}",
            numerator=one.numerator,
            denominator=one.denominator,
            source=one.source,
        )
        for key, one in RATES.items()
    ]
    covered = [
        pb.Formula(key=key, name=name, formula=f"{over} ÷ {under}", source=POLICY)
        for key, (name, over, under) in COVERAGE.items()
    ]
    return [
        *counters,
        *rated,
        *covered,
        pb.Formula(key="score", name="部门得分", formula=SCORE_FORMULA, source="本平台公布"),
    ]
