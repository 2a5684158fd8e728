"""What is wrong with a need before it is taken, and its notice. Pure."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from chassis.errors import Violation, invalid
from chassis.plain import plain
from services.intermediary import model, model_qualifications
from services.intermediary.model import CHOICE, DIRECT, DRAW, PRICE, Procurement
from services.intermediary.model_rules import end
from standards import personal_data
from standards.codes import region_valid
from standards.identifiers import uscc_valid
from standards.instants import stated, text
from yiwang.intermediary.v1 import service_pb2 as pb

WHOLE: Final = 10_000
LEAST_EVALUATORS: Final = 3
# What every notice says, so that nobody argues about it afterwards.
TIE_RULE: Final = "并列时依次比较：截止时信用分高者优先，报名时间早者优先，SHA-256(名单根‖统一社会信用代码)小者优先"
MISSING_RULE: Final = (
    "平台、业主、监管三方随机数缺一时，以公告约定的公共随机数的SHA-256代替；未约定公共随机数的，以其承诺值代替；"
    "未承诺的，以32个零字节代替。平台最后公开，任何一方不能借不公开要求重抽"
)
CLUSTER_RULE: Final = "同一法定代表人、股东或者地址的机构只有一次机会，保留报名最早者"
Faults = Iterator[Violation]


def instant_of(field: str, told: str) -> datetime:
    """An RFC 3339 instant of a request, in UTC; INVALID_ARGUMENT `field` MALFORMED."""
    found = stated(told)
    if found is None:
        raise invalid(Violation(field, "MALFORMED", "不是有效的时间，应带时区"))
    return found


def require_sound(
    need: pb.Need, rules: Mapping[str, int], listed: Callable[[str], list[str] | None], own: str, now: datetime
) -> None:
    """INVALID_ARGUMENT with everything that is wrong, each by its field. `listed` tells the intermediary services of an item by its
    code (None = no such item), `own` is the owner's USCC."""
    found = [
        *_public(need),
        *_service(need, listed),
        *_avoidances(need, own),
        *_requirement(need),
        *_BY_MODE[need.mode](need, rules),
    ]
    if need.mode != DIRECT:
        found += _times(need, rules, now)
    if found:
        raise invalid(*found)


def plain_text(field: str, said: str) -> Faults:
    """What is published must lead to no person."""
    if personal_data.found(said):
        yield Violation(field, "PERSONAL_DATA", "公开的文字中不得有电话、证件号码等个人信息")


def _public(need: pb.Need) -> Faults:
    for field in ("title", "description", "direct_reason", "service"):
        yield from plain_text(f"need.{field}", getattr(need, field))
    if not region_valid(need.region):
        yield Violation("need.region", "REGION_UNKNOWN", "没有这个行政区划")


def _service(need: pb.Need, listed: Callable[[str], list[str] | None]) -> Faults:
    if not need.item_code:
        return
    services = listed(need.item_code)
    if services is None:
        yield Violation("need.item_code", "ITEM_UNKNOWN", "没有这个已发布的事项")
    elif need.service not in services:
        yield Violation("need.service", "SERVICE_NOT_LISTED", "该事项的中介服务清单没有这项服务")


def _avoidances(need: pb.Need, own: str) -> Faults:
    seen: set[str] = set()
    for position, one in enumerate(need.avoidances):
        place = f"need.avoidances[{position}]"
        if not uscc_valid(one.uscc):
            yield Violation(f"{place}.uscc", "USCC", "统一社会信用代码有误")
        if one.uscc in seen or one.uscc == own:
            yield Violation(f"{place}.uscc", "TWICE" if one.uscc in seen else "OWN", "回避单位重复，或者是业主自己")
        seen.add(one.uscc)
        yield from plain_text(f"{place}.reason", one.reason)


def _requirement(need: pb.Need) -> Faults:
    for position, one in enumerate(need.requirement.qualifications):
        place = f"need.requirement.qualifications[{position}]"
        if one.kind not in model_qualifications.KINDS:
            yield Violation(f"{place}.kind", "KIND_UNKNOWN", "没有这种资质")
        elif one.grade and one.grade not in model_qualifications.KINDS[one.kind].grades:
            yield Violation(f"{place}.grade", "GRADE_UNKNOWN", "该资质没有这个等级")
    if need.requirement.people and not need.requirement.certificate_kind:
        yield Violation("need.requirement.certificate_kind", "REQUIRED", "请填写人员应持有的证书")
    yield from plain_text("need.requirement.certificate_kind", need.requirement.certificate_kind)


def _times(need: pb.Need, rules: Mapping[str, int], now: datetime) -> Faults:
    closes, selects = (instant_of(f"need.{field}", getattr(need, field)) for field in ("signup_end", "selection_at"))
    if closes <= now:
        yield Violation("need.signup_end", "TOO_SOON", "报名截止时间应在当前时间之后")
    if selects <= closes or selects < closes + timedelta(minutes=rules["reveal_minutes"]):
        yield Violation("need.selection_at", "NOT_AFTER", f"选取时间应在报名截止至少{rules['reveal_minutes']}分钟之后")
    if need.HasField("beacon") and instant_of("need.beacon.at", need.beacon.at) < selects:
        yield Violation("need.beacon.at", "BEFORE_SELECTION", "公共随机数的公布时间不得早于选取时间")


def _unwanted(need: pb.Need, *fields: str) -> Faults:
    told = {field.name for field, _ in need.ListFields()}
    for field in fields:
        if field in told:
            yield Violation(f"need.{field}", "NOT_WANTED", "该选取方式不填写此项")


_BIDS: Final = ("price_method", "bid_least", "bid_most")
_DIRECTLY: Final = ("direct_uscc", "direct_reason")
_CHOOSING: Final = ("criteria", "evaluators")


def _direct(need: pb.Need, rules: Mapping[str, int]) -> Faults:
    yield from _unwanted(need, *_BIDS, *_CHOOSING, "beacon", "signup_end", "selection_at")
    if not uscc_valid(need.direct_uscc):
        yield Violation("need.direct_uscc", "USCC", "请填写直接选取的机构的统一社会信用代码")
    if any(one.uscc == need.direct_uscc for one in need.avoidances):
        yield Violation("need.direct_uscc", "AVOIDED", "直接选取的机构是回避单位")
    if len(need.direct_reason.strip()) < 4:
        yield Violation("need.direct_reason", "REQUIRED", "请说明直接选取的依据")
    if not need.budget_fen:
        yield Violation("need.budget_fen", "REQUIRED", "直接选取应有预算金额")
    elif need.budget_fen > rules["direct_most_fen"]:
        most = rules["direct_most_fen"] / 100
        yield Violation("need.mode", "ABOVE_DIRECT_LIMIT", f"预算超过{most:.2f}元的，不能直接选取")


def _choice(need: pb.Need, _rules: Mapping[str, int]) -> Faults:
    yield from _unwanted(need, *_BIDS, *_DIRECTLY, "beacon")
    if sum(one.weight for one in need.criteria) != WHOLE:
        yield Violation("need.criteria", "WEIGHTS", "各评分项的权重之和应为100%")
    for position, one in enumerate(need.criteria):
        yield from plain_text(f"need.criteria[{position}].name", one.name)
    names = [one.name for one in need.criteria]
    if len(set(names)) != len(names):
        yield Violation("need.criteria", "TWICE", "评分项重复")
    if need.evaluators < LEAST_EVALUATORS:
        yield Violation("need.evaluators", "TOO_FEW", f"评审专家不得少于{LEAST_EVALUATORS}人")


def _price(need: pb.Need, _rules: Mapping[str, int]) -> Faults:
    yield from _unwanted(need, *_CHOOSING, *_DIRECTLY, "beacon")
    if not need.price_method:
        yield Violation("need.price_method", "REQUIRED", "请选择竞价方法")
    if need.bid_most and need.bid_least > need.bid_most:
        yield Violation("need.bid_least", "ABOVE_MOST", "最低限高于最高限")
    if need.price_method == pb.PRICE_METHOD_DISCOUNT:
        if need.bid_most > WHOLE or need.bid_least > WHOLE:
            yield Violation("need.bid_most", "ABOVE_WHOLE", "下浮率不得超过100%")
    elif need.budget_fen and need.bid_most > need.budget_fen:
        yield Violation("need.bid_most", "ABOVE_BUDGET", "最高限价超过预算")


def _draw(need: pb.Need, _rules: Mapping[str, int]) -> Faults:
    yield from _unwanted(need, *_BIDS, *_CHOOSING, *_DIRECTLY)


_BY_MODE: Final[Mapping[int, Callable[[pb.Need, Mapping[str, int]], Faults]]] = {
    DIRECT: _direct,
    CHOICE: _choice,
    PRICE: _price,
    DRAW: _draw,
}


def bid_bounds(need: pb.Need) -> tuple[int, int]:
    """The lowest and highest bid there may be; 0 = no bound. An amount is never above the budget, a discount never above the whole."""
    if need.price_method == pb.PRICE_METHOD_DISCOUNT:
        return need.bid_least, need.bid_most or WHOLE
    return need.bid_least, need.bid_most or need.budget_fen


def too_soon(need: pb.Need, rules: Mapping[str, int], now: datetime) -> bool:
    """Whether a notice published now would be open for less than the county's days."""
    closes = instant_of("need.signup_end", need.signup_end)
    return closes <= now or closes < end(now, rules["signup_days"], need.region)


def notice(procurement: Procurement, rules: Mapping[str, int]) -> dict[str, Any]:
    """All that is published of it, as the proof of its selection stands on it. A natural person who is the owner is not named."""
    need = model.need_of(procurement)
    found: dict[str, Any] = {
        "id": procurement.id,
        "number": procurement.number,
        "owner": {"uscc": procurement.owner_uscc, "name": procurement.owner_name or "个人业主"},
        "need": {name: value for name, value in plain(need).items() if name != "contact"},
        "mode": model.MODES[procurement.mode],
        "signup_end": text(instant_of("need.signup_end", need.signup_end)) if need.signup_end else None,
        "selection_at": text(instant_of("need.selection_at", need.selection_at)) if need.selection_at else None,
        "beacon": {"source": need.beacon.source, "round": need.beacon.round, "at": need.beacon.at}
        if need.HasField("beacon")
        else None,
        "rules": dict(rules),
        "cluster_rule": CLUSTER_RULE,
    }
    if procurement.mode in (PRICE, CHOICE):
        found["tie_rule"] = TIE_RULE
    if procurement.mode == DRAW:
        found["missing_rule"] = MISSING_RULE
    return found
