"""The questions of a theme: its own, the choice among alternatives, and those of its items, each asked once. Pure."""

from collections.abc import Mapping, Sequence
from itertools import chain, count
from typing import NamedTuple

from standards.themes_lists import normalised
from standards.themes_parts import CHOICE, OWN, choice_key, groups
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import themes_pb2

Answers = Mapping[str, pb.Answer]


class Asking(NamedTuple):
    """The merged questions in order; of each owner its own keys and those they have here; and what is odd about them."""

    questions: list[pb.Question]
    keys: dict[str, dict[str, str]]
    oddities: list[themes_pb2.Oddity]

    def of(self, owner: str, answers: Answers) -> dict[str, pb.Answer]:
        """The answers by the owner's own keys."""
        return {key: answers[here] for key, here in self.keys[owner].items() if here in answers}


def asking(theme: themes_pb2.ThemeDefinition, definitions: Mapping[str, pb.ItemDefinition]) -> Asking:
    """The questions of a theme and of the definitions of its items, which come by owner, the theme's own first.

    Questions of one key are one question where one answer does for both. Where it does not, the later one is told apart by the key of
    its item. No question keeps its `when`: what is asked is told beside them.
    """
    found: dict[str, pb.Question] = {}
    own: set[str] = set()
    keys: dict[str, dict[str, str]] = {}
    oddities = []
    for owner, definition in definitions.items():
        keys[owner] = {}
        for question in definition.questions:
            here = _place(owner, question, found, own)
            if here != question.key:
                message = f"“{definition.name}”的问题“{question.text}”与其他事项的同名问题不同，需分别回答"
                oddities.append(themes_pb2.Oddity(reason="QUESTION_DIFFERS", message=message, field="questions"))
            keys[owner][question.key] = here
            found.setdefault(here, _plain(question, here))
        if owner == OWN:
            own = set(found)
            found |= {question.key: question for question in _choices(theme)}
    return Asking(list(found.values()), keys, oddities)


def _place(owner: str, question: pb.Question, found: Mapping[str, pb.Question], own: set[str]) -> str:
    there = found.get(question.key)
    if not question.key.startswith(CHOICE) and (there is None or _same(there, question, question.key in own)):
        return question.key
    numbered = (f"{owner[:16]}_{question.key[:16]}_{number}" for number in count(2))
    names = chain((f"{owner}_{question.key}"[:40],), numbered)
    return next(name for name in names if name not in found)


def _same(there: pb.Question, question: pb.Question, own: bool) -> bool:
    """Whether one answer does for both. The theme's own question may use other words and offer fewer options."""
    if there.kind != question.kind:
        return False
    offered, takes = _options(there), _options(question)
    if own:
        return offered.keys() <= takes.keys()
    chosen = question.kind in (pb.QUESTION_KIND_ONE, pb.QUESTION_KIND_MANY)
    return offered == takes and (chosen or normalised(there.text) == normalised(question.text))


def _options(question: pb.Question) -> dict[str, str]:
    return {option.key: normalised(option.text) for option in question.options}


def _plain(question: pb.Question, key: str) -> pb.Question:
    copied = pb.Question()
    copied.CopyFrom(question)
    copied.ClearField("when")
    copied.key = key
    return copied


def _choices(theme: themes_pb2.ThemeDefinition) -> Sequence[pb.Question]:
    """One question for each group of alternatives that no rule chooses among."""
    items = {item.key: item for item in theme.items}
    found = []
    for word, members in groups(theme).items():
        if not any(items[key].HasField("when") for key in members):
            options = [pb.Option(key=key, text=items[key].name[:200]) for key in members]
            question = pb.Question(key=choice_key(word), text="请选择要办理的事项（选一项）", kind=pb.QUESTION_KIND_ONE)
            question.options.extend(options)
            found.append(question)
    return found
