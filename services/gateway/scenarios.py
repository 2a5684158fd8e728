"""Scenario questions (情形引导) as pages show them: answers from an address or a form, what applies, and why, in words.

Inputs and query parameters are named `q_<key>`; a question with several answers comes several times.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import orjson
from starlette.requests import Request

from services.gateway.calls import CallError, backends
from services.gateway.session import ask_public
from services.gateway.words import DEMAND, Word
from standards.scenarios import answer_text
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.rules.v1 import rules_pb2 as rules

PREFIX = "q_"
# As the contract bounds answers.
MOST_ANSWERS, MOST_VALUES, LONGEST_VALUE = 40, 50, 40
_INPUT = re.compile(r"q_([a-z][a-z0-9_]{0,39})")


@dataclass(frozen=True)
class Asked:
    """One question that is asked now, what was chosen, and that in words; `open` when nothing was."""

    question: catalog.Question
    chosen: Sequence[str] = ()
    text: str = ""
    open: bool = False
    problem: str = ""


@dataclass(frozen=True)
class Needed:
    """One material that applies, or may: what is asked, why (「经营场所为租赁」), and what it goes with."""

    material: catalog.Material
    demand: int
    word: Word
    because: Sequence[str] = ()
    # Names of the others of its group, one of which is enough.
    others: Sequence[str] = ()
    # Names of the listed materials that fall away once it is handed in; and whether it falls away with another one.
    instead_of: Sequence[str] = ()
    replaceable: bool = False

    @property
    def upload(self) -> bool:
        """Whether the applicant may hand it in now."""
        return self.demand not in (catalog.DEMAND_NOT_BY_APPLICANT, catalog.DEMAND_OPEN)

    @property
    def must(self) -> bool:
        """Whether the browser may insist on a file: nothing else can stand for it."""
        return self.demand == catalog.DEMAND_REQUIRED and not self.replaceable


@dataclass(frozen=True)
class Scenario:
    """An item under the answers given."""

    item: catalog.Item
    guide: catalog.ScenarioGuide
    questions: Sequence[Asked] = ()
    materials: Sequence[Needed] = ()
    # Answers that count, by key.
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every question that is asked is answered."""
        return not self.guide.open

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The answers as inputs: name and value."""
        return [(PREFIX + key, value) for key, values in self.answers.items() for value in values]

    @property
    def query(self) -> str:
        """The answers as a query string with its question mark; empty without any."""
        return f"?{urlencode(self.pairs)}" if self.pairs else ""

    @property
    def steps(self) -> list[catalog.Step]:
        """The steps that apply, or may."""
        return [self.item.definition.steps[at] for at in self.guide.steps]

    @property
    def fees(self) -> list[catalog.Fee]:
        """The fees that apply, or may."""
        return [self.item.definition.fees[at] for at in self.guide.fees]

    @property
    def special_procedures(self) -> list[catalog.SpecialProcedure]:
        """The special procedures that apply, or may."""
        return [self.item.definition.special_procedures[at] for at in self.guide.special_procedures]


def answers_of(
    pairs: Iterable[tuple[str, object]], questions: Iterable[catalog.Question] | None = None
) -> dict[str, list[str]]:
    """The answers among inputs or query parameters, by key; of these questions where they are given, else of any that could be."""
    known = None if questions is None else {question.key for question in questions}
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        text = value.strip() if isinstance(value, str) else ""
        if (input := _INPUT.fullmatch(name)) is None or not 0 < len(text) <= LONGEST_VALUE:
            continue
        key = input[1]
        values = found.setdefault(key, []) if known is None or key in known else []
        if text not in values and len(values) < MOST_VALUES:
            values.append(text)
    return dict(list(found.items())[:MOST_ANSWERS])


def messages(answers: Mapping[str, Sequence[str]]) -> dict[str, catalog.Answer]:
    """The answers as services take them."""
    return {key: catalog.Answer(values=values) for key, values in answers.items()}


async def look(request: Request, item: catalog.Item, answers: Mapping[str, Sequence[str]]) -> Scenario:
    """What applies to the item's edition under these answers. An answer that catalog refuses is left out, and said at its
    question."""
    problems: dict[str, str] = {}
    try:
        guide = await _guide(request, item, answers)
    except CallError as error:
        problems = {
            one.field[len("answers[") : -1]: one.text for one in error.fields if one.field.startswith("answers[")
        }
        if error.status != 400 or not problems:
            raise
        answers = {key: values for key, values in answers.items() if key not in problems}
        guide = await _guide(request, item, answers)
    return scenario(item, guide, answers, problems)


async def _guide(request: Request, item: catalog.Item, answers: Mapping[str, Sequence[str]]) -> catalog.ScenarioGuide:
    message = catalog.GuideItemRequest(item_id=item.id, edition=item.edition, answers=messages(answers))
    return await ask_public(request, backends(request).catalog.GuideItem, message)


def scenario(
    item: catalog.Item,
    guide: catalog.ScenarioGuide,
    answers: Mapping[str, Sequence[str]],
    problems: Mapping[str, str] | None = None,
) -> Scenario:
    """The guide in words."""
    questions, asked = {one.key: one for one in item.definition.questions}, list[Asked]()
    for key in guide.asked:
        chosen = answers.get(key, ())
        words = answer_text(questions[key], chosen)
        asked.append(Asked(questions[key], chosen, words, key in guide.open, (problems or {}).get(key, "")))
    counted = {key: answers[key] for key in guide.asked if key in answers}
    return Scenario(item, guide, asked, _needed(item.definition, guide), counted)


def _needed(definition: catalog.ItemDefinition, guide: catalog.ScenarioGuide) -> list[Needed]:
    materials = {one.key: one for one in definition.materials}
    listed = [materials[one.key] for one in guide.materials]
    names, replaced = {one.key: one.name for one in listed}, {key for one in listed for key in one.excludes}
    return [
        Needed(
            material=material,
            demand=one.demand,
            word=DEMAND[one.demand],
            because=reasons(one.reason, definition.questions) if one.HasField("reason") else (),
            others=_others(one, guide, names),
            instead_of=[names[key] for key in material.excludes if key in names],
            replaceable=material.key in replaced,
        )
        for one, material in zip(guide.materials, listed, strict=True)
    ]


def _others(one: catalog.GuideMaterial, guide: catalog.ScenarioGuide, names: Mapping[str, str]) -> list[str]:
    """The others of its group, where one of the group is enough."""
    if one.demand != catalog.DEMAND_ONE_OF:
        return []
    return [names[other.key] for other in guide.materials if other.one_of == one.one_of and other.key != one.key]


def reasons(verdict: rules.Verdict, questions: Iterable[catalog.Question]) -> list[str]:
    """Why a rule holds, a line for each condition that made it so; while it is unknown, what it hangs on."""
    known = {question.key: question for question in questions}
    if verdict.truth == rules.TRUTH_UNKNOWN:
        keys = dict.fromkeys(key for leaf in _leaves(verdict) for key in leaf.missing)
        return [f"取决于：{known[key].text}" for key in keys if key in known]
    return list(dict.fromkeys(_said(leaf, known) for leaf in _deciding(verdict)))


def _leaves(verdict: rules.Verdict) -> list[rules.Verdict]:
    if verdict.kind == rules.NODE_KIND_LEAF:
        return [verdict]
    return [leaf for part in verdict.parts for leaf in _leaves(part)]


def _deciding(verdict: rules.Verdict) -> list[rules.Verdict]:
    """The leaves whose truth is why the node has its own."""
    if verdict.kind == rules.NODE_KIND_LEAF:
        return [verdict]
    opposite = verdict.kind == rules.NODE_KIND_NOT
    return [leaf for part in verdict.parts if opposite or part.truth == verdict.truth for leaf in _deciding(part)]


def _said(leaf: rules.Verdict, known: Mapping[str, catalog.Question]) -> str:
    """A condition in its own words, or else by the answers it read."""
    if leaf.says:
        return leaf.says if leaf.truth == rules.TRUTH_TRUE else f"不是：{leaf.says}"
    return "；".join(
        f"{known[key].text}：{_told(known[key], leaf.facts[key])}" for key in sorted(leaf.facts) if key in known
    )


def _told(question: catalog.Question, fact: str) -> str:
    """A fact as the engine read it (JSON), in the words of its question."""
    value = orjson.loads(fact)
    if isinstance(value, bool):
        value = "yes" if value else "no"
    values = value if isinstance(value, list) else [] if value is None else [str(value)]
    return answer_text(question, values) or "不涉及"
