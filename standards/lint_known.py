"""Rules L001 to L015 of the guide lint: the fifteen that auditors of municipal guides use. Each yields (field, what is wrong)."""

import re
from collections.abc import Iterator

from standards import depths
from standards.lint_words import LICENCE, Item, Spot, at_once, filled, objects
from yiwang.catalog.v1 import service_pb2 as pb

_QUOTES = "《》“”\"' 　。；;,，"
_HOTLINE = re.compile(r"(?:1\d{4}|400\d{7}|800\d{7}|9\d{4,5})")
_WITH_AREA = re.compile(r"0\d{9,11}(?:转?\d{1,5})?")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_NOT_DIALLED = re.compile(r"[^\d转;；、,，/\n]")
_NUMBERS = re.compile(r"[;；、,，/\n]+")
MANY_STEPS = 5


def at_once_kinds(item: Item) -> Iterator[Spot]:
    """L001: 即办 is 即办件 and 即审即办; anything else 承诺件 and 前审后批."""
    if not item.promised_limit.unit:
        return
    if at_once(item):
        case, review, names = pb.CASE_KIND_AT_ONCE, pb.REVIEW_KIND_AT_ONCE, ("即办件", "即审即办")
    else:
        case, review, names = pb.CASE_KIND_PROMISED, pb.REVIEW_KIND_THEN_DECIDED, ("承诺件", "前审后批")
    promise = "承诺即办" if at_once(item) else "承诺了办理时限"
    if item.case_kind != case:
        yield "case_kind", f"{promise}，办件类型应为“{names[0]}”，{_now(item.case_kind)}"
    if item.review_kind != review:
        yield "review_kind", f"{promise}，审查类型应为“{names[1]}”，{_now(item.review_kind)}"


def _now(kind: int) -> str:
    return "现与之不符" if kind else "现未填写"


def _results(item: Item, ending: str, kind: int, name: str) -> Iterator[Spot]:
    for position, result in enumerate(item.results):
        if result.name.strip(_QUOTES).endswith(ending) and result.kind != kind:
            yield (
                f"results[{position}].kind",
                f"结果名称以“{ending}”结尾，审批结果类型应为“{name}”，{_now(result.kind)}",
            )


def certificate(item: Item) -> Iterator[Spot]:
    """L002: …证 ends in 出证办结."""
    return _results(item, "证", pb.RESULT_KIND_CERTIFICATE, "出证办结")


def document(item: Item) -> Iterator[Spot]:
    """L003: …文 ends in 出文办结."""
    return _results(item, "文", pb.RESULT_KIND_DOCUMENT, "出文办结")


def approval(item: Item) -> Iterator[Spot]:
    """L004: …批复 ends in 审批办结."""
    return _results(item, "批复", pb.RESULT_KIND_APPROVAL, "审批办结")


def visit_reason(item: Item) -> Iterator[Spot]:
    """L005: who must come is told why."""
    if item.visits and not filled(item.visit_reason):
        yield "visit_reason", f"到现场次数为{item.visits}，未说明必须到场的理由"


def no_visit_reason(item: Item) -> Iterator[Spot]:
    """L006: who need not come is given no reason to."""
    if not item.visits and filled(item.visit_reason):
        yield "visit_reason", "到现场次数为0，却填写了必须到场的理由"


def by_post(item: Item) -> Iterator[Spot]:
    """L007: neither a visit nor online: then by post."""
    if not item.visits and not item.online and not item.postal and pb.HANDLING_FORM_POST not in item.handling_forms:
        yield "postal", "不到现场又不能网上办理，须支持快递（邮寄）申请"


def full_depth(item: Item) -> Iterator[Spot]:
    """L008: depth Ⅳ needs no visit."""
    if item.visits and depths.level(item.online_depths, 0) == depths.HIGHEST:
        yield "visits", f"网办深度达到Ⅳ级（全程网办），到现场次数应为0，现为{item.visits}"


def charge(item: Item) -> Iterator[Spot]:
    """L009: what is charged names its fees, their standard and basis, and can be paid online."""
    if not item.charged:
        return
    if not item.fees:
        yield "fees", "收费事项未列出收费项目" + ("（只有文字说明）" if filled(item.fee_note) else "和收费标准、依据")
    for position, fee in enumerate(item.fees):
        if not filled(fee.standard) and not fee.most:
            yield f"fees[{position}].standard", f"收费项目“{fee.name}”没有收费标准"
        if not filled(fee.basis):
            yield f"fees[{position}].basis", f"收费项目“{fee.name}”没有收费依据"
    if not item.pay_online:
        yield "pay_online", "收费事项未开通网上支付"


def no_charge(item: Item) -> Iterator[Spot]:
    """L010: nothing to pay, nothing to pay online."""
    if not item.charged and item.pay_online:
        yield "pay_online", "不收费的事项不应开通网上支付"


def phones(item: Item) -> Iterator[Spot]:
    """L011: two telephones, not the same, both with the area code."""
    for field, text in (("phone", item.phone), ("supervision_phone", item.supervision_phone)):
        for number in dialled(text):
            if not (_WITH_AREA.fullmatch(number) or _HOTLINE.fullmatch(number) or _MOBILE.fullmatch(number)):
                yield field, f"电话“{number}”没有区号，或不是电话号码"
    if item.phone and set(dialled(item.phone)) & set(dialled(item.supervision_phone)):
        yield "supervision_phone", "咨询电话与监督投诉电话相同"


def dialled(text: str) -> list[str]:
    """The numbers in a text, as they are dialled."""
    if not text or not filled(text):
        return []
    plain = _NOT_DIALLED.sub("", text.replace("转分机", "转"))
    return [number for part in _NUMBERS.split(plain) if (number := part.strip("转")) and len(number) > 2]


def topics(item: Item) -> Iterator[Spot]:
    """L012: who is served has topics, and nobody else has."""
    if not item.service_objects:
        yield "service_objects", "未填写服务对象"
        return
    natural, legal = objects(item)
    if natural and not item.topics:
        yield "topics", "服务对象含自然人，未填写面向自然人的主题分类"
    if legal and not item.corporate_topics and not item.topics:
        yield "corporate_topics", "服务对象含法人或其他组织，未填写面向法人的主题分类"
    if item.corporate_topics and not legal:
        yield "corporate_topics", "服务对象不含法人，却填写了面向法人的主题分类"
    if item.topics and not natural and not item.corporate_topics:
        yield "topics", "服务对象不含自然人，主题分类只填写了面向自然人的"


def faq(item: Item) -> Iterator[Spot]:
    """L013: a licence answers at least one question."""
    if item.type_code == LICENCE and not item.faq:
        yield "faq", "行政许可事项至少应有一条常见问题"


def licence_steps(item: Item) -> Iterator[Spot]:
    """L014: a licence has its five steps."""
    if item.type_code == LICENCE and len(item.steps) < MANY_STEPS:
        yield "steps", f"行政许可的办理流程应有受理、审核、审批、办结、送达等至少5个环节，现有{len(item.steps)}个"


def result_sample(item: Item) -> Iterator[Spot]:
    """L015: a result has a sample."""
    for position, result in enumerate(item.results):
        if not result.HasField("sample"):
            yield f"results[{position}].sample", f"结果“{result.name}”没有样本"
    if not item.results and filled(item.result_name):
        yield "results", f"有结果“{item.result_name[:30]}”而没有结果样本"
