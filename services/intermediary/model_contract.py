"""What a contract must say before it is filed: what was awarded, for no more, in steps that add up. Pure."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from chassis.errors import Violation, invalid
from services.intermediary import model
from services.intermediary.model import Procurement, need_of
from services.intermediary.model_needs import plain_text
from standards.workdays import local_day
from yiwang.intermediary.v1 import performance_pb2 as pb
from yiwang.intermediary.v1 import service_pb2

WHOLE: Final = 10_000
Faults = Iterator[Violation]


def require_sound(procurement: Procurement, told: pb.FileContractRequest, now: datetime) -> None:
    """INVALID_ARGUMENT with everything that is wrong, each by its field: `amount_fen` NOT_THE_BID / ABOVE_BUDGET, `signed_on` MALFORMED /
    FUTURE / BEFORE_RESULT, `milestones` SHARES, `milestones[i].due` DUE, `milestones[i].name` PERSONAL_DATA / BLANK."""
    found = [*_amount(procurement, told), *_signed(procurement, told, now), *_milestones(procurement, told)]
    if found:
        raise invalid(*found)


def _amount(procurement: Procurement, told: pb.FileContractRequest) -> Faults:
    need, winner = need_of(procurement), procurement.winner
    assert winner is not None
    bid = winner.value
    if procurement.mode == model.PRICE and need.price_method != service_pb2.PRICE_METHOD_DISCOUNT:
        if told.amount_fen != bid:
            yield Violation("amount_fen", "NOT_THE_BID", f"合同金额应等于中选报价{bid / 100:.2f}元")
        return
    most = need.budget_fen
    if not most:
        return
    if procurement.mode == model.PRICE:
        most = most * (WHOLE - bid) // WHOLE
        if told.amount_fen > most:
            yield Violation("amount_fen", "NOT_THE_BID", f"按中选下浮率，合同金额不得超过{most / 100:.2f}元")
    elif told.amount_fen > most:
        yield Violation("amount_fen", "ABOVE_BUDGET", f"合同金额超过预算{most / 100:.2f}元")


def _signed(procurement: Procurement, told: pb.FileContractRequest, now: datetime) -> Faults:
    signed = _day(told.signed_on)
    if signed is None:
        yield Violation("signed_on", "MALFORMED", "签订日期无效")
    elif signed > local_day(now):
        yield Violation("signed_on", "FUTURE", "签订日期晚于今天")
    elif signed < _result_day(procurement):
        yield Violation("signed_on", "BEFORE_RESULT", "签订日期早于中选结果")


def _result_day(procurement: Procurement) -> date:
    """The day the winner became it: at the selection, or when those before gave up or were passed over."""
    assert procurement.selected_at is not None
    return local_day(max([procurement.selected_at, *(one.at for one in procurement.passed)]))


def _milestones(procurement: Procurement, told: pb.FileContractRequest) -> Faults:
    if sum(one.share for one in told.milestones) != WHOLE:
        yield Violation("milestones", "SHARES", "各节点的金额比例之和应为100%")
    earliest, days = _day(told.signed_on), need_of(procurement).days
    latest = _after(earliest, days) if earliest and days else date.max
    for position, one in enumerate(told.milestones):
        place, due = f"milestones[{position}]", _day(one.due)
        if due is None:
            yield Violation(f"{place}.due", "DUE", "节点日期无效")
        elif earliest and due < earliest:
            yield Violation(f"{place}.due", "DUE", "节点日期早于签订日期或者前一节点")
        elif due > latest:
            yield Violation(f"{place}.due", "DUE", f"节点日期超过需求规定的{days}日服务期限")
        earliest = due or earliest
        if len(one.name.strip()) < 2:
            yield Violation(f"{place}.name", "BLANK", "请填写节点名称")
        yield from plain_text(f"{place}.name", one.name)


def _day(told: str) -> date | None:
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None


def _after(day: date, days: int) -> date:
    # A date of the last years there are has nothing after it.
    return day + timedelta(days=days) if day < date.max - timedelta(days=days) else date.max
