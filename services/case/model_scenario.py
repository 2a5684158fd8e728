"""The scenario of an application: its answers, and the guide they lead to, which is what case demands. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chassis import rules
from chassis.errors import Violation
from standards import scenarios
from yiwang.catalog.v1 import service_pb2 as catalog


class Scenario(NamedTuple):
    """The answers that count, by key, and the guide; its digest is that of the submission, whatever a later engine would say."""

    answers: Mapping[str, Sequence[str]]
    guide: catalog.ScenarioGuide
    digest: str

    @property
    def content(self) -> dict[str, Any]:
        """What is sealed with the case."""
        return {"answers": dict(self.answers), "guide": self.digest}


def of(
    item: catalog.ItemDefinition, answers: scenarios.Answers, item_id: str, edition: int, digest: str = ""
) -> Scenario:
    """The scenario under answers that are not wrong."""
    guide = scenarios.resolve(item, answers, rules.judge, item_id, edition)
    counted = {key: list(answers[key].values) for key in guide.asked if key in answers}
    return Scenario(counted, guide, digest or guide.digest)


def again(item: catalog.ItemDefinition, content: Mapping[str, Any], item_id: str, edition: int) -> Scenario:
    """The scenario of a case, from what was sealed with it; empty where nothing was asked."""
    answers = {key: catalog.Answer(values=values) for key, values in content.get("answers", {}).items()}
    return of(item, answers, item_id, edition, content.get("guide", ""))


def wrong(item: catalog.ItemDefinition, answers: scenarios.Answers) -> list[Violation]:
    """Answers that fit no question or option."""
    return [Violation(*one) for one in scenarios.wrong_answers(item.questions, answers)]


def lacking(item: catalog.ItemDefinition, scenario: Scenario, handed_in: Sequence[str]) -> list[Violation]:
    """What an application needs still: answers; or, when all is answered, materials, and what of them does not belong."""
    if scenario.guide.open:
        return [Violation(*one) for one in scenarios.unanswered(scenario.guide.open, item.questions)]
    return [Violation(*one) for one in scenarios.missing(item, scenario.guide, handed_in)]


def unlisted(item: catalog.ItemDefinition, scenario: Scenario | None, keys: Sequence[str]) -> list[Violation]:
    """Materials that are not of the item, or not the applicant's to bring in his scenario; None = the answers are no longer readable, and
    the item's list counts."""
    everything = [material.key for material in item.materials]
    listed = everything if scenario is None else scenarios.brought(scenario.guide)
    return [Violation(*one) for one in scenarios.unlisted(item, listed, keys)]
