"""Rules L231 to L243 of the guide lint: the ways a case can go (yiwang.catalog.v1.Handling), and 秒批. Each yields (field, what is
wrong)."""

import re
from collections.abc import Iterator
from typing import Final

from standards import limits
from standards.lint_scenarios import leaves, read
from standards.lint_words import LICENCE, Item, Spot, limits_in, shown, words_of
from yiwang.catalog.v1 import service_pb2 as pb

PRE_REVIEW: Final = 3
"""网上办理深度 互联网预审."""
FACTS: Final = frozenset({"applicant_level", "handed_in"})
"""Facts of an application 秒批 may read beside answers (by the question's key), fields of the form (by their key) and `LICENCE_FACT`
with the key of a material: the applicant's identity level as a number, and the keys of the materials handed in."""
LICENCE_FACT: Final = "licence_"
ORDINARY, TOGETHER = 20, 45
_ON_SITE = re.compile(r"勘|(?:现场|实地|入户)[^，。；]{0,6}(?:核查|检查|审[查核]|查验|考察|验收|评估|核实|调查)")
_TITLE = re.compile(r"《(?!中华人民共和国行政许可法》|行政许可法》)[^《》]{2,}》")
_COUNTED = re.compile(r"(?<!不)计入")
_LONG_CORRECTION = _LONG_DEFERRAL = 60
_VISITED: Final = (pb.VISIT_NEED_POSSIBLE, pb.VISIT_NEED_REQUIRED)


def promise_unwritten(item: Item) -> Iterator[Spot]:
    """L231: who is to promise must be told what, word for word."""
    if item.commitment and not item.handling.commitment_text.strip():
        yield "handling.commitment_text", "实行告知承诺制，却没有告知承诺书全文"


def waiver_unwritten(item: Item) -> Iterator[Spot]:
    """L232: so must who promises instead of handing in a material."""
    if item.handling.commitment_text.strip():
        return
    for position, material in enumerate(item.materials):
        if material.waiver == pb.WAIVER_COMMITMENT:
            yield f"materials[{position}].waiver", f"材料“{shown(material.name)}”可用承诺代替，却没有告知承诺书全文"


def promise_unused(item: Item) -> Iterator[Spot]:
    """L233: a promise nobody makes."""
    waived = any(material.waiver == pb.WAIVER_COMMITMENT for material in item.materials)
    if item.handling.commitment_text.strip() and not item.commitment and not waived:
        yield "handling.commitment_text", "有告知承诺书全文，却不实行告知承诺制，也没有材料可用承诺代替"


def pre_review_depth(item: Item) -> Iterator[Spot]:
    """L234: what is reviewed beforehand is reviewed online."""
    if item.handling.pre_review and PRE_REVIEW not in item.online_depths:
        yield "online_depths", "提供网上预审，网上办理深度中却没有“互联网预审”"


def decided_without_visit(item: Item) -> Iterator[Spot]:
    """L235: nothing is decided on a site nobody visits."""
    if item.handling.decided_on_site and item.handling.visit not in _VISITED:
        yield "handling.decided_on_site", "现勘现审，却没有现场勘验"


def visit_without_step(item: Item) -> Iterator[Spot]:
    """L236: a visit without which nothing is granted is a step of the procedure."""
    told = (step.name for step in item.steps if step.kind == pb.STEP_KIND_REVIEW)
    if item.handling.visit == pb.VISIT_NEED_REQUIRED and not any(_ON_SITE.search(name) for name in told):
        yield "steps", "必须现场勘验，办理流程中却没有现场勘验的审查环节"


def pause_without_law(item: Item) -> Iterator[Spot]:
    """L237: the Licensing Law's closed list (art. 45) has no inspection on site: another law must say that it does not count."""
    if not item.handling.visit_pauses:
        return
    bases = [item.legal_basis, *(law.title if "《" in law.title else f"《{law.title}》" for law in item.laws)]
    bases += [one.basis for one in item.special_procedures if one.kind == pb.PROCEDURE_KIND_SITE_INSPECTION]
    if not any(_TITLE.search(text) for text in bases):
        yield "handling.visit_pauses", "现场勘验不计入法定时限，却没有行政许可法以外的依据"


def cap_without_pause(item: Item) -> Iterator[Spot]:
    """L238: what counts towards the limit needs no time of its own; where the note says that it counts, nobody is misled."""
    for position, one in enumerate(item.special_procedures):
        pauses = one.kind == pb.PROCEDURE_KIND_SITE_INSPECTION and item.handling.visit_pauses
        counts = one.kind in (pb.PROCEDURE_KIND_SITE_INSPECTION, pb.PROCEDURE_KIND_OTHER) and not pauses
        if counts and one.cap.amount and not _COUNTED.search(one.cap.note):
            yield f"special_procedures[{position}].cap", f"“{shown(one.name)}”计入办理时限，却另有最长时间"


def longer_than_the_law(item: Item) -> Iterator[Spot]:
    """L239: 20 working days, or 45 handled together, unless a law has its own limit (行政许可法 art. 42)."""
    stated = item.statutory_limit
    if item.type_code != LICENCE or stated.unit not in limits.DAYS or stated.amount == limits.PLACEHOLDER:
        return
    most = TOGETHER if item.handling.joint else ORDINARY
    if limits.working_days(stated.amount, stated.unit) <= most:
        return
    texts = [item.legal_basis, stated.note, *(f"{law.article}；{law.text}" for law in item.laws)]
    if not any(one.amount == stated.amount for text in texts for one in limits_in(text)):
        yield "statutory_limit", f"法定时限{words_of(stated)}超过{most}个工作日，依据中没有写明另有规定"


def automatic_kind(item: Item) -> Iterator[Spot]:
    """L240: what the system decides is decided at once."""
    if item.HasField("automatic") and item.case_kind != pb.CASE_KIND_AT_ONCE:
        yield "case_kind", "秒批事项应为即办件"


def automatic_facts(item: Item) -> Iterator[Spot]:
    """L241: a rule that reads what no application tells never holds: everybody would wait for a person."""
    if not item.HasField("automatic"):
        return
    asked, filled_in = {question.key for question in item.questions}, {field.key for field in item.form_fields}
    told = FACTS | asked | filled_in | {LICENCE_FACT + material.key for material in item.materials}
    names = {name for cel in leaves(item.automatic.rule) for name in read(cel).names}
    if missing := sorted(names - told):
        yield "automatic.rule", f"秒批规则读取了申请中没有的“{shown('、'.join(missing))}”，永远无法判断"
    if double := sorted(names & asked & filled_in):
        yield "automatic.rule", f"秒批规则读取的“{shown('、'.join(double))}”既是问题又是填报项，分不清读取哪一个"


def deferral(item: Item) -> Iterator[Spot]:
    """L242: days for what may follow, and something that may."""
    days = item.handling.deferral_days
    if days > _LONG_DEFERRAL:
        yield "handling.deferral_days", f"容缺补交期限{days}个工作日，超过{_LONG_DEFERRAL}个工作日"
    if days and not any(material.necessity == pb.NECESSITY_DEFERRABLE for material in item.materials):
        yield "handling.deferral_days", "填写了容缺补交期限，却没有可容缺的材料"


def long_correction(item: Item) -> Iterator[Spot]:
    """L243: whoever waits that long has forgotten it."""
    if item.handling.correction_days > _LONG_CORRECTION:
        yield (
            "handling.correction_days",
            f"补正期限{item.handling.correction_days}个工作日，超过{_LONG_CORRECTION}个工作日",
        )
