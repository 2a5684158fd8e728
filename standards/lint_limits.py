"""Rules L101 to L119 of the guide lint: limits, steps, special procedures. Each yields (field, what is wrong)."""

import re
from collections.abc import Iterator

from standards.codes import APPLIED_FOR
from standards.lint_words import (
    AT_ONCE,
    HOUR,
    LICENCE,
    NATURAL,
    PLACEHOLDER_NUMBERS,
    WORKING,
    Item,
    Spot,
    at_once,
    limits_in,
    repeated,
    shown,
    span,
    words_of,
)
from yiwang.catalog.v1 import service_pb2 as pb

PAUSES = "听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审（行政许可法第四十五条）"
SPECIAL = re.compile(
    r"听证|招标|拍卖|检疫|鉴定|专家(?:评审|论证|审查)|技术(?:评审|审查)|(?:现场|实地)(?:勘验|勘查|勘察|踏勘|核查|检查|查验|考察|查勘|验收)|勘验"
)
"""Words of a special procedure in a step's name, or where it is told why somebody comes."""
_ON_SITE = re.compile(
    r"(?:工作人员|办理机关|审批部门|我(?:局|单位))[^。；]{0,12}(?:现场|实地)|(?:现场|实地)(?:勘验|勘查|勘察|踏勘|查勘)"
)
_ASIDE = re.compile(r"(?:再|可)?延长[^，。；]*|不计入[^，。；]*|特别程序[^；]*|不能当场[^，。；]*")
_IN_NAMES = re.compile(r"鉴定(?!书|意见|结论|报告|机构|人)|听证|勘验|检疫(?!证|合格)|(?:安全|消防)检查(?!表|意见)")
_CHANNELS = re.compile(r"线上.{0,20}线下|线下.{0,20}线上|窗口.{0,12}网上|网上.{0,12}窗口")
_EXTENDED = re.compile(r"延长")
_AT_ONCE_WORDS = re.compile(r"(?:当场|即时|立即|现场)(?:办结|办理|登记|出证|发证)|即办")
_LAW_LIMIT = re.compile(
    r"(?P<limit>[0-9一二三四五六七八九十百]{1,5}个?(?:工作日|自然日|日|天|月))(?=以内|之?内|[）；，。]|作出|做出|办结|$)"
)


def _pairs(item: Item) -> Iterator[tuple[str, pb.Limit, pb.Limit]]:
    """Every statutory limit beside its promise: the item's, and those of its variants."""
    yield "promised_limit", item.statutory_limit, item.promised_limit
    for position, one in enumerate(item.limit_variants):
        statutory = one.statutory_limit if one.statutory_limit.unit else item.statutory_limit
        promised = one.promised_limit if one.promised_limit.unit else item.promised_limit
        yield f"limit_variants[{position}].promised_limit", statutory, promised


def promise_too_long(item: Item) -> Iterator[Spot]:
    """L101: longer than the law allows, whenever it begins."""
    for field, statutory, promised in _pairs(item):
        law, promise = span(statutory), span(promised)
        if law is None or promise is None:
            continue
        longer = promise.usual > law.usual if statutory.unit == promised.unit else promise.least > law.most
        if longer:
            yield field, f"承诺时限{words_of(promised)}长于法定时限{words_of(statutory)}"


def promise_may_be_long(item: Item) -> Iterator[Spot]:
    """L102: in another unit than the law's, and as a rule longer."""
    for field, statutory, promised in _pairs(item):
        law, promise = span(statutory), span(promised)
        if law is None or promise is None or statutory.unit == promised.unit:
            continue
        if promise.usual > law.usual + 0.01 and promise.least <= law.most:
            yield field, f"承诺时限{words_of(promised)}通常长于法定时限{words_of(statutory)}（单位不同）"


def no_promise(item: Item) -> Iterator[Spot]:
    """L103: what is applied for has a promised limit."""
    if item.type_code in APPLIED_FOR and not item.HasField("promised_limit"):
        yield "promised_limit", "未填写承诺时限"


def no_statutory(item: Item) -> Iterator[Spot]:
    """L104: and a statutory one."""
    if item.type_code in APPLIED_FOR and not item.HasField("statutory_limit") and not at_once(item):
        yield "statutory_limit", "未填写法定时限"


def _limits(item: Item) -> Iterator[tuple[str, pb.Limit]]:
    for name in ("statutory_limit", "promised_limit"):
        if item.HasField(name):
            yield name, getattr(item, name)
    for position, step in enumerate(item.steps):
        if step.HasField("limit"):
            yield f"steps[{position}].limit", step.limit


def no_unit(item: Item) -> Iterator[Spot]:
    """L105: an amount without a unit, or a unit without an amount."""
    for field, limit in _limits(item):
        if limit.amount and not limit.unit:
            yield field, f"时限{limit.amount}没有单位（工作日、自然日、小时、月）"
        elif not limit.amount and limit.unit and limit.unit != AT_ONCE and not field.startswith("steps"):
            yield field, "时限为0而不是即办"
        elif limit.amount and limit.unit == AT_ONCE:
            yield field, f"即办的时限应为0，现为{limit.amount}"
    if "未注明单位" in item.statutory_limit.note or "未注明单位" in item.promised_limit.note:
        yield "promised_limit", "原文的时限没有单位，导入时按工作日计"


def placeholder_limit(item: Item) -> Iterator[Spot]:
    """L106: 999 is no limit."""
    for field, limit in _limits(item):
        if limit.amount in PLACEHOLDER_NUMBERS:
            yield field, f"时限{limit.amount}是占位数字"


def steps_above_promise(item: Item) -> Iterator[Spot]:
    """L107: the steps up to the decision fit into the promise; what is issued after it has a limit of its own (行政许可法 art. 44)."""
    promised = span(item.promised_limit)
    if promised is None or at_once(item):
        return
    total, units = 0.0, frozenset[int]()
    for position, step in enumerate(item.steps):
        taken = span(step.limit) if step.kind != pb.STEP_KIND_ISSUE else None
        if taken is None:
            continue
        if taken.usual > promised.usual + 0.01:
            yield (
                f"steps[{position}].limit",
                f"环节“{step.name}”的时限{words_of(step.limit)}超过承诺时限{words_of(item.promised_limit)}",
            )
        if not step.HasField("when"):
            total, units = total + taken.usual, units | {step.limit.unit}
    if total > promised.usual + 0.01:
        exact = units == {item.promised_limit.unit}
        most = sum(
            step.limit.amount for step in item.steps if step.kind != pb.STEP_KIND_ISSUE and not step.HasField("when")
        )
        told = f"{most}" if exact else f"折合{total:.1f}个自然日"
        yield "steps", f"决定以前各环节时限合计{told}，超过承诺时限{words_of(item.promised_limit)}"


def law_says_otherwise(item: Item) -> Iterator[Spot]:
    """L108: the law's text tells another limit than the one stated as the law's."""
    stated = item.statutory_limit
    if not stated.unit or not (item.laws or item.legal_basis):
        return
    texts = [item.legal_basis, *(f"{law.article}；{law.text}" for law in item.laws)]
    told = [one for text in texts for found in _LAW_LIMIT.finditer(text) for one in limits_in(found["limit"])]
    if not told or any(_same(one.amount, one.unit, stated, item.type_code) for one in told):
        return
    yield (
        "statutory_limit",
        f"法条写的是{'、'.join(dict.fromkeys(one.words for one in told[:3]))}，法定时限填写{words_of(stated)}",
    )


def _same(amount: int, unit: int, limit: pb.Limit, type_code: str) -> bool:
    # Limits of a licence count working days, whatever the law calls them (行政许可法 art. 82).
    return amount == limit.amount and (
        unit == limit.unit or (unit == NATURAL and limit.unit == WORKING and type_code == LICENCE)
    )


def note_says_otherwise(item: Item) -> Iterator[Spot]:
    """L109: the words beside a limit tell another one."""
    for field in ("statutory_limit", "promised_limit"):
        limit = getattr(item, field)
        if not limit.unit or not limit.note:
            continue
        note = _ASIDE.sub("", limit.note)
        told = limits_in(note)
        days = {WORKING, NATURAL}
        if limit.unit != AT_ONCE and not told and _AT_ONCE_WORDS.search(note):
            yield field, f"说明写“{shown(limit.note, 20)}”，时限却是{words_of(limit)}"
        elif told and not any(
            one.amount == limit.amount and (one.unit == limit.unit or {one.unit, limit.unit} <= days) for one in told
        ):
            yield field, f"说明写{told[0].words}，时限却是{words_of(limit)}"


def limit_by_case(item: Item) -> Iterator[Spot]:
    """L110: the limit depends on the channel or may be extended, and only the words say so."""
    if item.limit_variants:
        return
    for field in ("statutory_limit", "promised_limit"):
        note = getattr(item, field).note
        if note and _CHANNELS.search(note):
            yield field, f"时限分渠道不同，只写在说明里：“{shown(note)}”"
        elif note and _EXTENDED.search(note):
            yield field, f"时限可以延长，只写在说明里：“{shown(note)}”"


def at_once_special(item: Item) -> Iterator[Spot]:
    """L111: what is decided while one waits has no special procedure, and no step that takes days."""
    if not at_once(item) and item.case_kind != pb.CASE_KIND_AT_ONCE:
        return
    if item.special_procedures:
        yield "special_procedures", "即办件不应有特别程序"
    for position, step in enumerate(item.steps):
        if step.kind == pb.STEP_KIND_REVIEW and step.limit.amount and step.limit.unit != HOUR:
            yield f"steps[{position}]", f"即办件不应有需时{words_of(step.limit)}的审查环节“{step.name}”"


def special_unlisted(item: Item) -> Iterator[Spot]:
    """L112: an inspection, appraisal or hearing is told somewhere, and none is listed as special procedure."""
    # Where a commitment is enough, the inspection comes after the decision.
    if item.special_procedures or item.commitment or "告知承诺" in item.name:
        return
    for field, pattern, text in _told_of_special(item):
        if text and (found := pattern.search(text)):
            yield field, f"提到“{found[0]}”，特别程序却为“无”"
            return


def _told_of_special(item: Item) -> Iterator[tuple[str, "re.Pattern[str]", str]]:
    yield "visit_reason", SPECIAL, item.visit_reason
    yield "name", _IN_NAMES, item.name
    for position, step in enumerate(item.steps):
        yield f"steps[{position}].name", SPECIAL, step.name
    yield "promised_limit", SPECIAL, item.promised_limit.note
    yield "statutory_limit", SPECIAL, item.statutory_limit.note
    yield "windows", SPECIAL, item.windows
    for position, material in enumerate(item.materials):
        yield f"materials[{position}].note", _ON_SITE, material.note


def special_cap(item: Item) -> Iterator[Spot]:
    """L113: a special procedure has a cap."""
    for position, one in enumerate(item.special_procedures):
        if not one.cap.unit or not one.cap.amount:
            yield f"special_procedures[{position}].cap", f"特别程序“{one.name}”没有规定最长时间"


def special_longer(item: Item) -> Iterator[Spot]:
    """L114: a cap above the promise leaves the applicant without a date he can count on."""
    promised = span(item.promised_limit)
    for position, one in enumerate(item.special_procedures):
        cap = span(one.cap)
        if promised and cap and cap.least > promised.most and cap.most:
            told = f"特别程序“{one.name}”最长{words_of(one.cap)}，超过承诺时限{words_of(item.promised_limit)}"
            yield f"special_procedures[{position}].cap", told


def special_kind(item: Item) -> Iterator[Spot]:
    """L115: only the kinds of the law stop the clock."""
    for position, one in enumerate(item.special_procedures):
        if one.kind == pb.PROCEDURE_KIND_OTHER:
            yield f"special_procedures[{position}].kind", f"“{one.name}”不属于法定不计入时限的程序：{PAUSES}"


def double_steps(item: Item) -> Iterator[Spot]:
    """L116: two steps of one name."""
    for position, first in repeated(step.name.strip() for step in item.steps):
        if not (item.steps[position].HasField("when") or item.steps[first].HasField("when")):
            yield f"steps[{position}].name", f"环节名称与第{first + 1}个重复：“{shown(item.steps[position].name)}”"


def no_decision(item: Item) -> Iterator[Spot]:
    """L117: somebody accepts, and somebody decides."""
    kinds = {step.kind for step in item.steps}
    if not item.steps:
        yield "steps", "未填写办理流程"
    elif item.type_code == LICENCE and pb.STEP_KIND_DECIDE not in kinds:
        yield "steps", "办理流程中没有决定（审批）环节"


def no_role(item: Item) -> Iterator[Spot]:
    """L118: each step has a post in charge."""
    missing = [step.name for step in item.steps if not step.role]
    if missing and len(missing) < len(item.steps):
        yield "steps", f"部分环节没有岗位：{shown('、'.join(missing))}"


def hasty_promise(item: Item) -> Iterator[Spot]:
    """L119: a promise of less than a tenth of what the law allows may be a slip."""
    law, promise = span(item.statutory_limit), span(item.promised_limit)
    if law and promise and not at_once(item) and law.usual >= 10 and promise.usual * 10 < law.usual:
        told = f"承诺时限{words_of(item.promised_limit)}不到法定时限{words_of(item.statutory_limit)}的十分之一"
        yield "promised_limit", told
