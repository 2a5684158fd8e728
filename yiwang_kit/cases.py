"""What the rows of one case must be to each other: numbers, order, what may come once, what must have an end. Pure, over facts.

A fact is what is left of a row without what names a person: the checks of a run and of a file use the same rules.
"""

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from standards import exchange_codes
from standards.instants import stated
from yiwang.case.v1 import exchange_pb2 as pb

# Result names after which a case was decided, so that it must have been accepted before.
DECIDED: Final = ("GRANTED", "DENIED")
KINDS: Final = {
    "applied": "申请", "accepted": "受理", "step": "办理环节",
    "correction": "补正", "special": "特别程序", "closed": "办结",
}  # fmt: skip


class Fact(NamedTuple):
    """A row of a case: `flag` is answered (correction) or ended (special), `due` the promised due or the end that is expected, `code`
    the kind of the special procedure or the name of the result."""

    number: str
    seq: int
    kind: str
    at: str
    flag: bool = False
    due: str = ""
    code: str = ""


class CaseRule(NamedTuple):
    """A rule: what it says, where from, how to mend it, and the function that tells the rows at fault (case, seq, why)."""

    id: str
    title: str
    source: str
    mend: str
    # The kind of row without which there is no occasion; empty = any.
    about: str
    broken: Callable[[Sequence[Fact], datetime], list[tuple[int, str]]]


def fact_of(row: pb.ReportRow, profile: str) -> Fact:
    """What is left of a row; a row without a record has the kind ''."""
    kind = row.WhichOneof("record") or ""
    fact = Fact(row.number, row.seq, kind, row.at)
    if kind == "accepted":
        return fact._replace(due=row.accepted.promised_due)
    if kind == "correction":
        return fact._replace(flag=row.correction.answered)
    if kind == "special":
        return fact._replace(flag=row.special.ended, due=row.special.until, code=row.special.kind_code)
    if kind == "closed":
        return fact._replace(code=_result(profile or exchange_codes.DEFAULT, row.closed))
    return fact


def _result(profile: str, closed: pb.ReportedClose) -> str:
    """The result by name, whatever the profile's code; where a profile has no codes for it, what has a document was granted."""
    if exchange_codes.told(exchange_codes.RESULT, profile):
        return exchange_codes.name_of(exchange_codes.RESULT, profile, closed.result_code) or ""
    return "GRANTED" if closed.result_number or closed.result_name else ""


def of_kind(facts: Sequence[Fact], kind: str, flag: bool | None = None) -> list[Fact]:
    """The facts of a kind, with the flag if one is named."""
    return [fact for fact in facts if fact.kind == kind and flag in (None, fact.flag)]


# -- rules: facts of one case by seq, each seq once, and now → (seq, why) --------------------------------------------------


def _gaps(facts: Sequence[Fact], _now: datetime) -> list[tuple[int, str]]:
    have = {fact.seq for fact in facts}
    missing = [seq for seq in range(1, min(max(have), 500) + 1) if seq not in have]
    return [(seq, f"缺少序号 {seq}") for seq in missing[:20]]


def _first(facts: Sequence[Fact], _now: datetime) -> list[tuple[int, str]]:
    return [(fact.seq, "序号 1 不是申请") for fact in facts if fact.seq == 1 and fact.kind != "applied"]


def _later_applications(facts: Sequence[Fact], _now: datetime) -> list[tuple[int, str]]:
    return [(fact.seq, "申请不在序号 1") for fact in of_kind(facts, "applied") if fact.seq != 1]


def _order(facts: Sequence[Fact], _now: datetime) -> list[tuple[int, str]]:
    dated = [(fact, at) for fact in facts if (at := stated(fact.at))]
    pairs = itertools.pairwise(dated)
    return [(after.seq, f"早于序号 {before.seq} 的时间") for (before, was), (after, at) in pairs if at < was]


def _once(kind: str, flag: bool | None, words: str) -> Callable[[Sequence[Fact], datetime], list[tuple[int, str]]]:
    def again(facts: Sequence[Fact], _now: datetime) -> list[tuple[int, str]]:
        return [(fact.seq, words) for fact in of_kind(facts, kind, flag)[1:]]

    return again


def _answered_unasked(facts: Sequence[Fact], _now: datetime) -> list[tuple[int, str]]:
    asked = min((fact.seq for fact in of_kind(facts, "correction", False)), default=None)
    answers = of_kind(facts, "correction", True)
    return [(fact.seq, "补正受理之前没有补正告知") for fact in answers if asked is None or fact.seq < asked]


def _promised(facts: Sequence[Fact], _now: datetime) -> list[tuple[int, str]]:
    dated = [(fact, stated(fact.due), stated(fact.at)) for fact in of_kind(facts, "accepted")]
    return [(fact.seq, "承诺办结时间早于受理时间") for fact, due, at in dated if due and at and due < at]


def _after_close(facts: Sequence[Fact], _now: datetime) -> list[tuple[int, str]]:
    closed = min((fact.seq for fact in of_kind(facts, "closed")), default=None)
    return [(f.seq, "办结之后仍有记录") for f in facts if closed is not None and f.seq > closed and f.kind != "closed"]


def _unaccepted(facts: Sequence[Fact], _now: datetime) -> list[tuple[int, str]]:
    accepted = min((fact.seq for fact in of_kind(facts, "accepted")), default=None)
    closed = [fact for fact in of_kind(facts, "closed") if fact.code in DECIDED]
    return [(fact.seq, "办结之前没有受理") for fact in closed if accepted is None or fact.seq < accepted]


def _endless(facts: Sequence[Fact], now: datetime) -> list[tuple[int, str]]:
    begun: dict[str, Fact] = {}
    found = []
    for fact in facts:
        if fact.kind == "special" and not fact.flag:
            begun[fact.code] = fact
        elif fact.kind == "special":
            begun.pop(fact.code, None)
        elif fact.kind == "closed":
            found += [(one.seq, "办结时特别程序尚未结束") for one in begun.values()]
            begun = {}
    dated = [(fact, stated(fact.due)) for fact in begun.values()]
    return found + [(fact.seq, "特别程序已过预计结束时间仍未结束") for fact, until in dated if until and until < now]


def _never_begun(facts: Sequence[Fact], _now: datetime) -> list[tuple[int, str]]:
    open_kinds: set[str] = set()
    found = []
    for fact in of_kind(facts, "special"):
        if fact.flag and fact.code not in open_kinds:
            found.append((fact.seq, "特别程序没有开始就结束"))
        (open_kinds.discard if fact.flag else open_kinds.add)(fact.code)
    return found


_ROW = "proto/yiwang/case/v1/exchange.proto · ReportRow"
RULES: Final = (
    CaseRule("C01", "同一办件的序号从 1 起连续", _ROW, "按 1、2、3 … 编号，不跳号；漏报的行补报", "", _gaps),
    CaseRule("C02", "序号 1 是申请", _ROW, "首先回传申请（表 5）", "", _first),
    CaseRule("C03", "一个办件只有一条申请，且在序号 1", "GB/T 39046 表 5", "申请内容不得在后续序号重报", "applied", _later_applications),
    CaseRule("C04", "时间随序号不倒退", _ROW, "按发生先后编号，at 填发生时间而非发送时间", "", _order),
    CaseRule("C05", "受理至多一次", "GB/T 39046 表 6", "受理后的变化以环节回传", "accepted", _once("accepted", None, "再次受理")),
    CaseRule("C06", "补正告知至多一次", "行政许可法第三十二条", "一次告知需要补正的全部内容",
             "correction", _once("correction", False, "再次告知补正")),
    CaseRule("C07", "补正受理之前有补正告知", "行政许可法第三十二条", "先回传补正告知（answered=false）", "correction", _answered_unasked),
    CaseRule("C08", "承诺办结时间不早于受理时间", "GB/T 39046 表 6", "核对 promised_due 与 at 的时区", "accepted", _promised),
    CaseRule("C09", "办结至多一次", "GB/T 39046 表 8", "办结后不再回传办结", "closed", _once("closed", None, "再次办结")),
    CaseRule("C10", "办结之后没有其他记录", "GB/T 39046 表 8", "先回传环节，最后回传办结", "closed", _after_close),
    CaseRule("C11", "准予或不予的办结在受理之后", "GB/T 39046 表 6、表 8", "补报受理；未受理的用退件类办结结果", "closed", _unaccepted),
    CaseRule("C12", "特别程序有结束", "GB/T 39046 表 7；行政许可法第四十二条、第四十五条",
             "办结之前回传特别程序结束（ended=true）；延期的改报 until", "special", _endless),
    CaseRule("C13", "特别程序结束之前有开始", "GB/T 39046 表 7", "先回传特别程序开始（ended=false）", "special", _never_begun),
)  # fmt: skip


def cases_of(facts: Sequence[Fact]) -> dict[str, list[Fact]]:
    """Facts by case, by seq; of several with one seq the first counts, later ones are the same row again (or a fault of its own)."""
    found: dict[str, dict[int, Fact]] = {}
    for fact in facts:
        found.setdefault(fact.number, {}).setdefault(fact.seq, fact)
    return {number: [rows[seq] for seq in sorted(rows)] for number, rows in found.items()}


def broken(facts: Sequence[Fact], now: datetime, rules: Sequence[CaseRule] = RULES) -> list[tuple[str, str, int, str]]:
    """Every breach of these rules: (rule, case, seq, why)."""
    cases = cases_of(facts)
    return [
        (rule.id, number, seq, why)
        for rule in rules
        for number, rows in cases.items()
        for seq, why in rule.broken(rows, now)
    ]
