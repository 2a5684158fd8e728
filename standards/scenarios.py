"""Scenario guides (情形引导): from the answers to exactly the materials, steps, limits, fees and special procedures that apply. Pure.

The rule engine is handed in (`judge`). The same definition and answers give the same guide, in whatever order the answers come.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from google.protobuf.json_format import MessageToDict

from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.rules.v1 import rules_pb2 as rules

TRUE, FALSE, UNKNOWN = rules.TRUTH_TRUE, rules.TRUTH_FALSE, rules.TRUTH_UNKNOWN
Judge = Callable[[rules.Rule, Mapping[str, Any]], rules.Verdict]
Answers = Mapping[str, pb.Answer]
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_DEMANDS = {
    pb.NECESSITY_REQUIRED: pb.DEMAND_REQUIRED,
    pb.NECESSITY_OPTIONAL: pb.DEMAND_OPTIONAL,
    pb.NECESSITY_DEFERRABLE: pb.DEMAND_DEFERRABLE,
    pb.NECESSITY_CONDITIONAL: pb.DEMAND_CONDITIONAL,
}
# What is not handed in with the application: officers and systems make it.
_OTHERS = (pb.MAKER_OFFICER, pb.MAKER_SYSTEM)


class Fault(NamedTuple):
    """One thing that is wrong: the field's path, a reason for programs, and in Chinese."""

    field: str
    reason: str
    message: str


class Asking(NamedTuple):
    """How far the questions are answered: keys asked and keys open, both in order, and the facts told so far. A question that is not
    asked is a fact that does not exist (None); one whose `when` hangs on an open one is not asked yet, and no fact."""

    asked: list[str]
    open: list[str]
    facts: dict[str, Any]


def asking(questions: Sequence[pb.Question], answers: Answers, judge: Judge) -> Asking:
    """Which questions are asked under these answers. Answers to others do not count, so they change nothing."""
    facts: dict[str, Any] = {}
    left, asked = {question.key: question for question in questions}, set[str]()

    def settle(question: pb.Question) -> None:
        del left[question.key]
        truth, missing = _asked(question, facts, judge)
        if needed := [left[key] for key in sorted(missing) if key in left]:
            for other in needed:
                # One of them may have settled the next.
                if other.key in left:
                    settle(other)
            truth, _ = _asked(question, facts, judge)
        if truth == TRUE:
            asked.add(question.key)
            if question.key in answers:
                facts[question.key] = fact(question, answers[question.key].values)
        elif truth == FALSE:
            facts[question.key] = None

    # What a question hangs on is settled before it, so that no rule is judged more than twice: anybody may ask for a guide.
    for question in questions:
        if question.key in left:
            settle(question)
    order = [question.key for question in questions if question.key in asked]
    return Asking(order, [key for key in order if key not in facts], facts)


def _asked(question: pb.Question, facts: Mapping[str, Any], judge: Judge) -> tuple[int, set[str]]:
    """Whether it is asked, and what that hangs on while it is unknown; one whose rule cannot be judged although all is told is asked, to
    be on the safe side."""
    if not question.HasField("when"):
        return TRUE, set()
    verdict = judge(question.when, facts)
    missing = _missing(verdict) if verdict.truth == UNKNOWN else set[str]()
    return (TRUE if verdict.truth == UNKNOWN and not missing else verdict.truth), missing


def _missing(verdict: rules.Verdict) -> set[str]:
    """The facts that something unknown lacks; none where it is impossible to judge."""
    return {*verdict.missing}.union(*(_missing(part) for part in verdict.parts))


def fact(question: pb.Question, values: Sequence[str]) -> Any:
    """An answer as rules read it: an option's key, a sorted list of keys, a bool, or a whole number."""
    if question.kind == pb.QUESTION_KIND_MANY:
        return sorted(set(values))
    if question.kind == pb.QUESTION_KIND_YES_NO:
        return values[0] == "yes"
    return int(values[0]) if question.kind == pb.QUESTION_KIND_NUMBER else values[0]


def wrong_answers(questions: Iterable[pb.Question], answers: Answers) -> list[Fault]:
    """Answers that fit no question or option, as `answers[key]`, by key."""
    known, found = {question.key: question for question in questions}, []
    for key in sorted(answers):
        reason, message = _wrong(known.get(key), list(answers[key].values))
        if reason:
            found.append(Fault(f"answers[{key}]", reason, message))
    return found


def _wrong(question: pb.Question | None, values: list[str]) -> tuple[str, str]:
    if question is None:
        return "QUESTION_UNKNOWN", "没有这个问题"
    if len(values) != 1 and question.kind != pb.QUESTION_KIND_MANY:
        return "ONE_ANSWER", "只能有一个回答"
    if question.kind == pb.QUESTION_KIND_NUMBER:
        return ("", "") if _WHOLE.fullmatch(values[0]) else ("NOT_A_NUMBER", "请填写整数")
    if len(set(values)) < len(values):
        return "OPTION_TWICE", "同一选项重复"
    yes_no = question.kind == pb.QUESTION_KIND_YES_NO
    options = {"yes", "no"} if yes_no else {option.key for option in question.options}
    return ("", "") if values and set(values) <= options else ("OPTION_UNKNOWN", "没有这个选项，请重新选择")


def answer_text(question: pb.Question, values: Iterable[str]) -> str:
    """An answer in words: the texts of its options."""
    texts = {"yes": "是", "no": "否"} if question.kind == pb.QUESTION_KIND_YES_NO else {}
    texts |= {option.key: option.text for option in question.options}
    return "、".join(texts.get(value, value) for value in values)


def unanswered(open_questions: Iterable[str], questions: Iterable[pb.Question]) -> list[Fault]:
    """A fault for each question that is asked and not answered."""
    texts = {question.key: question.text for question in questions}
    return [Fault(f"answers[{key}]", "REQUIRED", f"请回答：{texts[key]}") for key in open_questions]


def resolve(
    definition: pb.ItemDefinition, answers: Answers, judge: Judge, item_id: str = "", edition: int = 0
) -> pb.ScenarioGuide:
    """The guide of an edition under answers that are not wrong (`wrong_answers`)."""
    asked = asking(definition.questions, answers, judge)
    guide = pb.ScenarioGuide(item_id=item_id, edition=edition, asked=asked.asked, open=asked.open)
    for material in definition.materials:
        if (needed := _material(material, asked.facts, judge)) is not None:
            guide.materials.append(needed)
    guide.steps.extend(_applying(definition.steps, asked.facts, judge))
    guide.fees.extend(_applying(definition.fees, asked.facts, judge))
    guide.special_procedures.extend(_applying(definition.special_procedures, asked.facts, judge))
    _limits(guide, definition, asked.facts, judge)
    guide.digest = digest(guide)
    return guide


def _material(material: pb.Material, facts: Mapping[str, Any], judge: Judge) -> pb.GuideMaterial | None:
    reason = judge(material.when, facts) if material.HasField("when") else None
    if reason is not None and reason.truth == FALSE:
        return None
    return pb.GuideMaterial(
        key=material.key,
        demand=demand(material, reason),  # type: ignore[arg-type]
        reason=reason,
        one_of=material.one_of,
    )


def demand(material: pb.Material, reason: rules.Verdict | None) -> int:
    """What is asked of the applicant for a material that applies, or may. A rule that cannot be judged although all is told decides
    nothing: the officer does."""
    if material.maker in _OTHERS or material.kind == pb.MATERIAL_KIND_BIOMETRIC or material.stage:
        return pb.DEMAND_NOT_BY_APPLICANT
    if reason is not None and reason.truth == UNKNOWN:
        return pb.DEMAND_OPEN if _missing(reason) else pb.DEMAND_CONDITIONAL
    if material.one_of and material.necessity == pb.NECESSITY_REQUIRED:
        return pb.DEMAND_ONE_OF
    return _DEMANDS.get(material.necessity, pb.DEMAND_OPTIONAL)


def _applying(some: Sequence[Any], facts: Mapping[str, Any], judge: Judge) -> list[int]:
    """Positions of those that apply, or may."""
    return [at for at, one in enumerate(some) if not one.HasField("when") or judge(one.when, facts).truth != FALSE]


def _limits(guide: pb.ScenarioGuide, definition: pb.ItemDefinition, facts: Mapping[str, Any], judge: Judge) -> None:
    """The item's limits, or those of the first variant that holds; while an earlier one may hold still, the item's."""
    chosen: list[Any] = [definition]
    for variant in definition.limit_variants:
        truth = judge(variant.when, facts).truth
        if truth == TRUE:
            chosen.append(variant)
        if truth != FALSE:
            break
    for one in chosen:
        for name in ("statutory_limit", "promised_limit"):
            if one.HasField(name):
                getattr(guide, name).CopyFrom(getattr(one, name))


def digest(guide: pb.ScenarioGuide) -> str:
    """SHA-256 over everything the guide says but its digest: proto3 JSON with sorted keys."""
    content = MessageToDict(guide)
    content.pop("digest", None)
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def missing(definition: pb.ItemDefinition, guide: pb.ScenarioGuide, handed_in: Sequence[str]) -> list[Fault]:
    """What is wrong with the materials handed in under a complete guide, as `materials[key]`: what does not belong (`unlisted`), what
    another one stands for, and what is lacking."""
    names, given = {one.key: one.name for one in definition.materials}, set(handed_in)
    listed = brought(guide)
    excluded = _excluded(definition, given & set(listed))
    found = unlisted(definition, listed, handed_in)
    found += [
        Fault(f"materials[{key}]", "MATERIAL_EXCLUDED", f"已提交{names[by]}，不需要再提交：{names[key]}")
        for key, by in excluded.items()
        if key in given and key in listed
    ]
    return found + _lacking(guide, names, given, excluded)


def brought(guide: pb.ScenarioGuide) -> list[str]:
    """The materials that are the applicant's to hand in: nobody else's document is taken from him, nor one of a later stage."""
    return [one.key for one in guide.materials if one.demand != pb.DEMAND_NOT_BY_APPLICANT]


def unlisted(definition: pb.ItemDefinition, listed: Collection[str], handed_in: Sequence[str]) -> list[Fault]:
    """What is none of the item's materials, is not among those listed for the scenario (`brought`), or is named twice."""
    names, keys = {one.key: one.name for one in definition.materials}, list(dict.fromkeys(handed_in))
    found = [
        Fault(f"materials[{key}]", "MATERIAL_NOT_IN_SCENARIO", f"申请人的情形不需要此材料：{names[key]}")
        if key in names
        else Fault(f"materials[{key}]", "MATERIAL_NOT_LISTED", "事项清单没有此材料")
        for key in keys
        if key not in listed
    ]
    twice = [key for key in keys if list(handed_in).count(key) > 1]
    return found + [Fault(f"materials[{key}]", "MATERIAL_TWICE", "同一材料重复提交") for key in twice]


def _excluded(definition: pb.ItemDefinition, given: set[str]) -> dict[str, str]:
    """Keys that are neither asked for nor taken, and the first material handed in that says so."""
    found: dict[str, str] = {}
    for material in definition.materials:
        for key in material.excludes if material.key in given else ():
            found.setdefault(key, material.key)
    return found


def _lacking(
    guide: pb.ScenarioGuide, names: Mapping[str, str], given: set[str], excluded: Mapping[str, str]
) -> list[Fault]:
    found, groups = [], dict[str, list[str]]()
    for one in guide.materials:
        if one.demand == pb.DEMAND_ONE_OF:
            groups.setdefault(one.one_of, []).append(one.key)
        elif one.demand == pb.DEMAND_REQUIRED and one.key not in given and one.key not in excluded:
            found.append(Fault(f"materials[{one.key}]", "MATERIAL_MISSING", f"缺少必要材料：{names[one.key]}"))
    for keys in groups.values():
        # A group of which something handed in excludes a part is still satisfied by the rest only; all excluded = not asked for.
        left = [key for key in keys if key not in excluded]
        if left and given.isdisjoint(keys):
            choice = "、".join(names[key] for key in left)
            found.append(Fault(f"materials[{left[0]}]", "MATERIAL_MISSING", f"请在以下材料中任选其一提交：{choice}"))
    return found
