"""Why a rating is counted apart (刷评防控): what is looked for, and from how much on. Pure.

Nothing here deletes or hides a rating, and nothing says that somebody cheated: it is counted apart until a supervisor looked. The numbers
are the suite's own; no national rule has any.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from standards.rating_codes import TAGS
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb

GRADES: Final[Mapping[int, str]] = {
    pb.GRADE_VERY_SATISFIED: "非常满意",
    pb.GRADE_SATISFIED: "满意",
    pb.GRADE_FAIRLY_SATISFIED: "基本满意",
    pb.GRADE_DISSATISFIED: "不满意",
    pb.GRADE_VERY_DISSATISFIED: "非常不满意",
}
# Shorter texts are alike by themselves: 服务态度非常好，办事很快.
COPIED_FROM: Final = 16
COPIED_WITHIN = SELF_WITHIN = timedelta(days=30)
BURST: Final = pb.FLAG_KIND_BURST
TERMINALS: Final = frozenset((pb.RATING_CHANNEL_TABLET, pb.RATING_CHANNEL_TERMINAL))


class Rule(NamedTuple):
    """So many ratings with one mark (a field of the state) within so long are no burst yet; one more is."""

    field: str
    most: int
    within: timedelta
    name: str


DEVICE: Final = Rule("device_mark", 3, timedelta(minutes=10), "同一设备")
TERMINAL: Final = Rule("device_mark", 5, timedelta(minutes=2), "同一窗口终端")
ADDRESS: Final = Rule("address_mark", 20, timedelta(minutes=10), "同一网络地址")


def rules_of(channel: int) -> tuple[Rule, ...]:
    """What a rating that came this way is looked at by. A terminal of the hall rates for one person after the other."""
    return (TERMINAL,) if channel in TERMINALS else (DEVICE, ADDRESS)


def plain(comment: str) -> str:
    """What of a text tells whether it was copied: letters and digits without marks, blanks and case; empty when it is too short."""
    signs = [sign for sign in unicodedata.normalize("NFKC", comment).lower() if sign.isalnum()]
    return "".join(signs) if len(signs) >= COPIED_FROM else ""


def contradiction(grade: int, tags: Sequence[str]) -> events.Raised | None:
    """The grade says one thing, what was ticked beside it another."""
    others = [TAGS[code].grade for code in tags if code in TAGS and TAGS[code].grade != grade]
    if not others:
        return None
    named = "、".join(f"“{GRADES[one]}”" for one in sorted(set(others), reverse=True))
    reason = f"评价等级为“{GRADES[grade]}”，所选{len(tags)}项指标中有{len(others)}项属于{named}"
    return events.Raised(kind=pb.FLAG_KIND_CONTRADICTION, reason=reason)


def copied(others: int) -> events.Raised | None:
    """The same words as of others; `others` is how many ratings have them."""
    if not others:
        return None
    reason = f"评价内容与{COPIED_WITHIN.days}日内他人对同一部门的{others}条评价相同（不少于{COPIED_FROM}字）"
    return events.Raised(kind=pb.FLAG_KIND_COPIED, reason=reason)


def self_rated(officers: int) -> events.Raised | None:
    """The device is one at which officers of the department signed in; `officers` is how many did."""
    if not officers:
        return None
    reason = f"评价所用设备在{SELF_WITHIN.days}日内有{officers}名被评部门工作人员登录使用"
    return events.Raised(kind=pb.FLAG_KIND_SELF, reason=reason)


def by_officer() -> events.Raised:
    """Whoever gave it had signed in as an officer of the department."""
    return events.Raised(kind=pb.FLAG_KIND_SELF, reason="由被评部门1名工作人员登录后提交")


def burst(rule: Rule, count: int) -> events.Raised:
    """One of so many ratings."""
    minutes = int(rule.within.total_seconds() // 60)
    reason = f"{rule.name}{minutes}分钟内评价{count}次（超过{rule.most}次）"
    return events.Raised(kind=BURST, reason=reason)


def bursts(rule: Rule, given: Iterable[tuple[datetime, str]]) -> dict[str, int]:
    """Of ratings with one mark (when, which), those in a burst, with how many were in the largest one each is part of."""
    rows, found, last = sorted(given), dict[str, int](), 0
    for first, (at, _) in enumerate(rows):
        last = max(last, first)
        while last < len(rows) and rows[last][0] < at + rule.within:
            last += 1
        if last - first > rule.most:
            for _, id in rows[first:last]:
                found[id] = max(found.get(id, 0), last - first)
    return found
