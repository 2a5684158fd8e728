"""Who must hand in what, told by words: scenarios and conditions become questions, and rules over their answers. Pure.

`Questions` collects the questions of one guide. A phrase that is one of its scenarios reads the question 情形; any other becomes a
question of its own, to be answered yes or no. The same phrase is asked once.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from services.catalog.importing_defaults import joined
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.rules.v1 import rules_pb2 as rules

SCENARIO: Final = "scenario"
NONE: Final = "none"
_OBJECT = r"(?:提供|提交|报送)"
_WHO = r"(?P<who>(?!可|也|仅|由)[^（）；。：，]{2,40}?)"
_ONLY = re.compile(rf"仅{_WHO}(?:时|的)?(?:才|应当)?(?:需要?|须|必须)?(?:{_OBJECT}|需要)(?![^；。）]*(?:代替|即可))")
_ONLY_WHEN = re.compile(rf"仅{_WHO}时(?=$|[（。；])")
_FIT_FOR = re.compile(r"（适用于(?P<who>[^（）]{2,40}?)）")
_MUST = re.compile(rf"(?:^|[；（])(?:如有)?{_WHO}(?:情况)?(?:的|时|者)，?(?:还)?(?P<must>应当|需要?|须|必须)?{_OBJECT}")
_MUST_BARE = re.compile(rf"(?:^|[；（])(?:如有)?{_WHO}(?:情况)?，?(?P<must>应当|需要?|须|必须){_OBJECT}")
_NEED_NOT = re.compile(rf"(?:^|；){_WHO}(?:的|时)?，?(?:无需|不需要?|可以?不)(?:再)?{_OBJECT}")
_SPLIT = re.compile("[、；]")
# How much of the longer phrase the shorter one must be to say the same.
_ENOUGH = 0.6
_DROPPED = re.compile("申请|人员|致残|工程项目|[的等“”《》]")


class Condition(NamedTuple):
    """Who a material is for: the phrases (any of them), whether it is for all others instead, and whether the words say must."""

    phrases: tuple[str, ...]
    negative: bool = False
    must: bool = False


def key_of(prefix: str, text: str) -> str:
    """A key that follows from the words, so that it stays when the source puts another one before them."""
    return prefix + hashlib.sha256(text.strip().encode()).hexdigest()[:8]


def condition_of(name: str, note: str) -> list[Condition]:
    """The conditions that name and note of a material state; all of them must hold. Empty = it is for everybody."""
    found = [*_in_name(name), *_in_note(name, note)]
    return list(dict.fromkeys(found))


def _in_name(name: str) -> Iterable[Condition]:
    if fits := tuple(one["who"] for one in _FIT_FOR.finditer(name)):
        yield Condition(fits)
    elif told := _ONLY.search(name) or _MUST.search(name):
        must = bool(told.groupdict().get("must"))
        yield Condition((told["who"],), must=must)


def _in_note(name: str, note: str) -> Iterable[Condition]:
    if told := _ONLY.search(note) or _ONLY_WHEN.search(note):
        yield Condition((told["who"],))
    elif told := _NEED_NOT.search(note):
        yield Condition((told["who"],), negative=True)
    elif told := _MUST.search(note) or _MUST_BARE.search(note):
        # “…的，提交…证明” asks for something else beside this material, unless it names this one or nothing.
        rest = re.split("[（；。]", note[told.end() :])[0].strip()
        if not rest or rest == name or name.startswith(rest):
            yield Condition((told["who"],), must=bool(told["must"]))


class Questions:
    """The questions of one guide, in the order they came up."""

    def __init__(self, scenarios: Sequence[str] = ()) -> None:
        self._scenarios = {key_of("s", text): text for text in scenarios}
        self._asked: dict[str, pb.Question] = {}
        if scenarios:
            self._asked[SCENARIO] = self._scenario_question()

    def all(self) -> list[pb.Question]:
        """The questions, the scenarios first."""
        return list(self._asked.values())

    def choice(self, key: str, text: str, options: Iterable[str]) -> dict[str, rules.Rule]:
        """Asks for one of several; returns the rule of each option by its text."""
        keys = {option: key_of("o", option) for option in options}
        told = [pb.Option(key=one, text=option) for option, one in keys.items()]
        self._asked[key] = pb.Question(key=key, text=text, kind=pb.QUESTION_KIND_ONE, options=told)
        return {option: leaf(f"{key}.{one}", f'{key} == "{one}"', option) for option, one in keys.items()}

    def rule(self, condition: Condition) -> rules.Rule:
        """The rule of a condition; its phrases become questions unless they are asked already."""
        found = any_of([self._phrase(phrase) for phrase in condition.phrases])
        if not condition.negative:
            return found
        opposite = rules.Rule()
        getattr(opposite, "not").CopyFrom(found)
        return opposite

    def _phrase(self, phrase: str) -> rules.Rule:
        parts = [part for part in phrase.split("且") if len(part) > 1]
        if len(parts) > 1 and not self._scenario(phrase):
            return all_of([self._one(part) for part in parts])
        return self._one(phrase)

    def _one(self, phrase: str) -> rules.Rule:
        if chosen := self._scenario(phrase):
            return leaf(f"{SCENARIO}.{chosen}", f'"{chosen}" in {SCENARIO}', self._scenarios[chosen])
        for key, question in self._asked.items():
            if question.kind == pb.QUESTION_KIND_YES_NO and alike(question.hint or question.text, phrase):
                return leaf(key, key, phrase)
        key = key_of("q", phrase)
        text = f"是否属于以下情形：{phrase}"
        self._asked[key] = pb.Question(key=key, text=text[:300], kind=pb.QUESTION_KIND_YES_NO, hint=phrase[:500])
        return leaf(key, key, phrase)

    def _scenario(self, phrase: str) -> str:
        return next((key for key, text in self._scenarios.items() if alike(text, phrase)), "")

    def _scenario_question(self) -> pb.Question:
        options = [pb.Option(key=key, text=text[:200]) for key, text in self._scenarios.items()]
        if not any(text.startswith("其他") for text in self._scenarios.values()):
            options.append(pb.Option(key=NONE, text="以上都不是"))
        return pb.Question(
            key=SCENARIO, text="您属于以下哪种情形", kind=pb.QUESTION_KIND_MANY, options=options, hint="可选多项"
        )


def split(phrase: str) -> list[str]:
    """军人、国家工作人员 are two. What a 且 joins stays together, and so does what is too short to be a phrase."""
    parts = [part.strip() for part in _SPLIT.split(phrase)]
    return parts if all(len(part) > 1 for part in parts) and "且" not in phrase else [phrase]


def alike(one: str, other: str) -> bool:
    """Whether two phrases say the same: equal without filling words, or the one stands in the other."""
    first, second = _DROPPED.sub("", one), _DROPPED.sub("", other)
    shorter, longer = sorted((first, second), key=len)
    return len(shorter) > 1 and shorter in longer and len(shorter) >= _ENOUGH * len(longer)


def leaf(id: str, cel: str, says: str) -> rules.Rule:
    """A rule of one condition."""
    return rules.Rule(leaf=rules.Leaf(id=id, cel=cel, says=joined((says,), 200)))


def any_of(parts: list[rules.Rule]) -> rules.Rule:
    """One of them must hold."""
    return parts[0] if len(parts) == 1 else rules.Rule(any=rules.RuleList(rules=parts))


def all_of(parts: list[rules.Rule]) -> rules.Rule:
    """All of them must hold."""
    return parts[0] if len(parts) == 1 else rules.Rule(all=rules.RuleList(rules=parts))
